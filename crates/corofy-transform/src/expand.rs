//! The whole function: its signature, the enum of its states, and the
//! machine.

mod held;
mod pinned;
mod states;
mod witness;

use std::collections::{BTreeMap, HashSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::visit_mut::VisitMut as _;
use syn::{FnArg, ImplItemFn, Pat, ReturnType, Type, parse_quote};

use crate::emit::{Emit, Variant};
use crate::flow::Flow;
use crate::ir::{Graph, LocalId};
use crate::lower::lower;
use crate::names::{Names, Unique};
use crate::native::Leave;
use crate::shape::{Options, Shape};
use crate::storage::{Groups, Tenant};
use crate::{Notes, Origin, moves, passes, pins, refuse, types};
use states::FieldType;

/// A transformed function.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub tokens: TokenStream,
    pub origins: Vec<Origin>,
}

/// The names that the generated code needs for itself.
struct Own {
    future: Ident,
    waker: Ident,
    slots: Ident,
    slot: Ident,
}

/// Transforms a coroutine.
pub(crate) fn expand(
    function: &ImplItemFn,
    options: &Options,
    notes: Notes,
) -> syn::Result<Expanded> {
    let mut errors = signature_faults(&function.sig);
    errors.extend(refuse::faults(&function.block));
    combined(errors)?;

    let mut names = Names::of(function.to_token_stream());
    let mut arguments = arguments(function);
    let mut body = function.block.clone();
    let mut unique = Unique::new(&mut names);
    for (pat, _) in &mut arguments {
        unique.declare(pat);
    }
    unique.visit_block_mut(&mut body);
    crate::marks::put(&mut body);

    let span = Span::call_site();
    let leave = leave(function, options, &mut names);
    let own = Own {
        future: names.fresh("future", span),
        waker: names.fresh("waker", span),
        slots: names.fresh("slots", span),
        slot: names.fresh_type("Slot", span),
    };
    let source = Source {
        function,
        options,
        notes,
        arguments,
        body,
        leave,
        own,
        names,
    };
    let mut learnt = Learnt::default();
    loop {
        if let Some(expanded) = source.attempt(&mut learnt)? {
            return Ok(expanded);
        }
    }
}

/// A coroutine that is to be transformed.
struct Source<'s> {
    function: &'s ImplItemFn,
    options: &'s Options,
    notes: Notes,
    arguments: Vec<(Pat, Type)>,
    body: syn::Block,
    leave: Leave<'s>,
    own: Own,
    names: Names,
}

/// What one attempt finds out for the next.
#[derive(Default)]
struct Learnt {
    /// Expressions that move a variable in some branches only, and so have to
    /// be taken apart: this is found when the arms are written.
    forced: HashSet<usize>,
    /// Variables that have to stay where they are.
    pinned: HashSet<String>,
}

impl Source<'_> {
    /// The whole, or `None` when something was learnt on the way.
    fn attempt(&self, learnt: &mut Learnt) -> syn::Result<Option<Expanded>> {
        let (options, own) = (self.options, &self.own);
        let pinned = options.shape == Shape::Pinned;
        let mut fresh = self.names.clone();
        let body = moves::write(&self.body, &learnt.pinned);
        let mut lowered =
            lower(&self.arguments, &body, &mut fresh, &learnt.forced, pinned);
        combined(std::mem::take(&mut lowered.errors))?;
        let mut graph = lowered.graph;
        let known = lowered.known;
        let items = lowered.items;
        give_slots(&mut graph, &learnt.pinned, &mut fresh);
        let (heads, groups) = passes::prepare(&mut graph, &known);
        let flow = Flow::of(&graph, &known);
        let heads = passes::heads(&graph, &flow, &heads);
        if pinned {
            let found = pins::find(&graph, &flow, &known, &heads);
            combined(found.errors)?;
            if !found.names.is_subset(&learnt.pinned) {
                learnt.pinned.extend(found.names);
                return Ok(None);
            }
        }
        let groups = reached(groups, &graph, &flow);
        let groups = pinned::Placed::of(groups, &graph, &mut fresh);
        let layout = groups.layout(&graph, &own.slots, &own.slot);
        let (future, waker) = (&own.future, &own.waker);
        let leave = &self.leave;
        let emit =
            Emit::new(&flow, &graph, heads, leave, future, waker, &layout);
        let variants = emit.variants();
        let before = learnt.forced.len();
        learnt.forced.extend(emit.unsure.take());
        if learnt.forced.len() > before {
            // Temporary values may have other names now.
            learnt.pinned.clear();
            return Ok(None);
        }
        combined(emit.errors.take())?;
        let whole = Whole {
            function: self.function,
            options,
            graph: &graph,
            body: &body,
            arguments: &self.arguments,
            variants: &variants,
            items: &items,
            leave,
            own,
            groups: &groups,
            types: BTreeMap::new(),
            names: fresh,
            notes: self.notes,
        };
        whole.refuse_hidden_output()?;
        Ok(Some(whole.assemble()))
    }
}

/// Marks the variables that have to stay where they are.
fn give_slots(graph: &mut Graph, pinned: &HashSet<String>, names: &mut Names) {
    for local in &mut graph.locals {
        let name = local.ident.to_string();
        if pinned.contains(&name) {
            let wish = format!("{}_slot", name.trim_start_matches("r#"));
            local.slot = Some(names.fresh(&wish, local.ident.span()));
            // It is there to the end of its scope, used or not.
            local.plain = false;
        }
    }
}

/// The slots that are used: nothing is known of code that is never reached.
fn reached(groups: Groups, graph: &Graph, flow: &Flow<'_>) -> Groups {
    let declared: HashSet<LocalId> = (0..graph.blocks.len())
        .filter(|&block| flow.entry[block].is_some())
        .flat_map(|block| graph.declares(block))
        .collect();
    let groups = groups.into_iter().map(|group| {
        let mut group = group;
        group.retain(|tenant| match tenant {
            Tenant::Local(local) => declared.contains(local),
            Tenant::Future(block) => flow.entry[*block].is_some(),
        });
        group
    });
    groups.filter(|group| !group.is_empty()).collect()
}

fn combined(errors: Vec<syn::Error>) -> syn::Result<()> {
    let all = errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    });
    all.map_or(Ok(()), Err)
}

fn signature_faults(signature: &syn::Signature) -> Vec<syn::Error> {
    let mut errors = Vec::new();
    let mut refuse = |span, text: &str| {
        errors.push(syn::Error::new(span, text));
    };
    if let Some(word) = &signature.asyncness {
        refuse(
            word.span,
            "a coroutine is no `async fn`: take the word `async` away",
        );
    }
    if let Some(word) = &signature.constness {
        refuse(word.span, "a coroutine cannot be `const`");
    }
    if let Some(word) = &signature.unsafety {
        refuse(
            word.span,
            "a coroutine cannot be `unsafe`: its body runs later, outside the \
             `unsafe` block of the caller",
        );
    }
    if let Some(receiver) = signature.receiver() {
        refuse(
            receiver.self_token.span,
            "a coroutine has no `self`: give what it needs as arguments",
        );
    }
    errors
}

fn arguments(function: &ImplItemFn) -> Vec<(Pat, Type)> {
    let inputs = function.sig.inputs.iter();
    inputs
        .filter_map(|input| match input {
            FnArg::Typed(typed) => {
                Some(((*typed.pat).clone(), (*typed.ty).clone()))
            }
            FnArg::Receiver(_) => None,
        })
        .collect()
}

fn leave<'o>(
    function: &ImplItemFn,
    options: &'o Options,
    names: &mut Names,
) -> Leave<'o> {
    let span = Span::call_site();
    let output: Type = match &function.sig.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    let last = match &output {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let unit = matches!(&output, Type::Tuple(tuple) if tuple.elems.is_empty());
    let text = output.to_token_stream().to_string();
    let written = !text.split_whitespace().any(|word| word == "impl");
    Leave {
        options,
        state: names.fresh("state", span),
        states: names.fresh_type("State", span),
        result: names.fresh("result", span),
        error: names.fresh("error", span),
        option: last.is_some_and(|segment| segment.ident == "Option"),
        unit,
        output: written.then_some(output),
        finishes: Default::default(),
    }
}

struct Whole<'w> {
    function: &'w ImplItemFn,
    options: &'w Options,
    graph: &'w Graph,
    body: &'w syn::Block,
    arguments: &'w [(Pat, Type)],
    variants: &'w [Variant],
    items: &'w [syn::Item],
    leave: &'w Leave<'w>,
    own: &'w Own,
    groups: &'w pinned::Placed,
    /// The types of the fields, as far as they are chosen.
    types: BTreeMap<Tenant, FieldType>,
    names: Names,
    /// Comments are documentation marked by `@`: there is no other comment
    /// that a syntax tree can hold.
    notes: Notes,
}

impl Whole<'_> {
    fn assemble(mut self) -> Expanded {
        let states = self.states();
        let pinned = self.options.shape == Shape::Pinned;
        let slots = pinned.then(|| self.slots());
        let machine = self.machine();
        let witness = self.has_slots().then(|| self.witness());
        let signature = self.signature();
        let allowed = pinned.then(|| self.allowed());
        let (attributes, visibility) =
            (&self.function.attrs, &self.function.vis);
        let items = self.items;
        let tokens = quote! {
            #(#attributes)*
            #[allow(
                unreachable_code,
                unused_assignments,
                unused_braces,
                unused_mut,
                unused_variables,
                reason = "each arm names all that its state keeps"
            )]
            #[allow(
                clippy::all,
                dropping_copy_types,
                dropping_references,
                reason = "scopes end where the source ends them"
            )]
            #allowed
            #visibility #signature {
                #(#items)*
                #states
                #slots
                #witness
                #machine
            }
        };
        Expanded {
            tokens,
            origins: self.origins(),
        }
    }

    /// `-> impl Future<Output = T>`, and a name for each argument.
    fn signature(&mut self) -> syn::Signature {
        let mut signature = self.function.sig.clone();
        let future = self.options.future();
        let output = match &signature.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, ty) => quote!(#ty),
        };
        if self.has_slots() {
            held::outlive(&mut signature, &mut self.names);
        }
        signature.output = parse_quote!(-> impl #future<Output = #output>);
        let inputs = signature.inputs.iter_mut();
        for (input, &local) in inputs.zip(&self.graph.arguments) {
            if let FnArg::Typed(typed) = input {
                let ident = &self.graph.locals[local].ident;
                *typed.pat = parse_quote!(#ident);
            }
        }
        debug_assert_eq!(self.arguments.len(), self.graph.arguments.len());
        signature
    }

    fn machine(&mut self) -> TokenStream {
        let function = self.function.sig.ident.to_string();
        let span = Span::call_site();
        let name = self.names.fresh_type(&types::camel(&function), span);
        let start_machine = self.names.fresh("machine", span);
        let machine = self.machine_type(&name, &start_machine);
        let states = &self.leave.states;
        let start = self.graph.arguments.iter().map(|&local| {
            let ident = &self.graph.locals[local].ident;
            quote!(#ident)
        });
        let start: Vec<TokenStream> = start.collect();
        let start = (!start.is_empty()).then(|| quote!({ #(#start),* }));
        let state = &self.leave.state;
        let waker = &self.own.waker;
        let waker = self.options.companion().map(|_| quote!(#waker));
        let poll_state = self.options.poll_state();
        let output = self.leave.output.as_ref();
        let output = output.map(|ty| quote!(-> #poll_state<#ty>));
        let arms = self.variants.iter().zip(self.origins());
        let arms = arms.map(|(variant, origin)| {
            let arm = &variant.arm;
            let text = format!("line {}: {}", origin.line, origin.what);
            let origin = (self.notes == Notes::All).then(|| note(&text));
            let safety = self.safety(variant);
            quote!(#origin #safety #arm)
        });
        let finished = format!("`{function}` was polled after it had finished");
        let panicked = format!("`{function}` was polled after it had panicked");
        let done = self
            .leave
            .finishes
            .get()
            .then(|| quote!(#states::Done => panic!(#finished),));
        let body = quote! {
            {
                loop {
                    match std::mem::replace(#state, #states::Panicked) {
                        #(#arms)*
                        #done
                        #states::Panicked => panic!(#panicked),
                    }
                }
            }
        };
        if self.options.shape == Shape::Pinned {
            let slots = self.slots_parameter();
            let tie = self.tie();
            return quote! {
                #machine
                #start_machine(
                    #states::Start #start,
                    #tie
                    |#state, #slots, #waker| #output #body
                )
            };
        }
        quote! {
            #machine
            #start_machine(#states::Start #start, |#state, #waker| #output #body)
        }
    }

    /// The machine's type and its `poll`.
    fn machine_type(&self, name: &Ident, start: &Ident) -> TokenStream {
        let (future, poll_state) =
            (self.options.future(), self.options.poll_state());
        let companion = self.options.companion();
        let waker = companion.as_ref().map(|_| quote!(waker));
        let argument = companion.as_ref().map(|ty| quote!(waker: #ty));
        if self.options.shape == Shape::Pinned {
            return self.pinned_machine_type(name, start);
        }
        quote! {
            struct #name<S, P> {
                state: S,
                resume: P,
            }
            fn #start<S, P, T>(state: S, resume: P) -> #name<S, P>
            where
                P: FnMut(&mut S, #companion) -> #poll_state<T>,
            {
                #name { state, resume }
            }
            impl<S, P, T> #future for #name<S, P>
            where
                P: FnMut(&mut S, #companion) -> #poll_state<T>,
            {
                type Output = T;

                fn poll(&mut self, #argument) -> #poll_state<T> {
                    (self.resume)(&mut self.state, #waker)
                }
            }
        }
    }

    fn origins(&self) -> Vec<Origin> {
        let variants = self.variants.iter();
        variants
            .map(|variant| {
                let start = variant.origin.span.start();
                Origin {
                    function: self.function.sig.ident.to_string(),
                    variant: variant.name.to_string(),
                    what: variant.origin.what.clone(),
                    line: start.line,
                    column: start.column + 1,
                }
            })
            .collect()
    }
}

/// A comment for the printed text.
fn note(text: &str) -> TokenStream {
    let text = format!("@ {text}");
    quote!(#[doc = #text])
}
