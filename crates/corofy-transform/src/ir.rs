//! The control-flow graph between source and state machine: blocks of
//! statements without a wait, joined by jumps, branches and waits.

use proc_macro2::{Ident, Span};
use syn::{Block, Expr, Pat, Type};

/// Which local variable: its place in [`Graph::locals`]. They are numbered in
/// the order in which they come into being.
pub(crate) type LocalId = usize;

/// Which block: its place in [`Graph::blocks`].
pub(crate) type BlockId = usize;

/// A variable of the body, an argument, or a temporary value.
#[derive(Debug)]
pub(crate) struct Local {
    pub ident: Ident,
    pub mutable: bool,
    /// The type, where the source says it.
    pub ty: Option<Type>,
    /// The type that its first value has by its looks: `0u8`, `true`.
    pub looks: Option<Type>,
    /// It is known that dropping it does nothing.
    pub plain: bool,
    /// The local of this coroutine that it borrows, and where.
    pub borrows: Option<(Ident, Span)>,
    /// How many scopes are open around it.
    pub depth: usize,
    /// It is the operand of an expression that is not complete yet. Rust drops
    /// these before the temporary values of the same statement.
    pub operand: bool,
    /// It is a temporary value that a reference in its statement is to.
    pub lent: bool,
    /// Only this transformation uses it.
    pub made: bool,
    /// The name of its handle, if it lives in a slot of the machine: see
    /// [`crate::pins`].
    pub slot: Option<Ident>,
}

impl Local {
    /// Of the variables that exist at one time, the one with the greatest key
    /// is dropped first.
    pub fn key(&self, id: LocalId) -> (usize, bool, LocalId) {
        (self.depth, self.operand, id)
    }

    /// What the arms and the states call it: the handle, or the value.
    pub fn name(&self) -> &Ident {
        self.slot.as_ref().unwrap_or(&self.ident)
    }
}

/// A step inside a block.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a function has few of them")]
pub(crate) enum Instr {
    Let {
        pat: Pat,
        ty: Option<Type>,
        init: Option<Expr>,
        diverge: Option<Box<Block>>,
        declares: Vec<LocalId>,
    },
    Assign {
        local: LocalId,
        value: Expr,
    },
    /// A statement; whether it had a semicolon.
    Expr(Expr, bool),
    /// The end of the local's scope.
    Drop(LocalId),
}

/// What a `match` does next.
#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub pat: Pat,
    pub guard: Option<Expr>,
    pub declares: Vec<LocalId>,
    pub target: BlockId,
}

/// How a block ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Goto(BlockId),
    If(Expr, BlockId, BlockId),
    Match(Expr, Vec<Arm>),
    Wait {
        future: Expr,
        result: Option<LocalId>,
        next: BlockId,
    },
    Return(Expr),
    /// The expression never comes to its end.
    Diverge(Expr),
    /// Nothing comes here: what stands behind a `return`.
    Unreachable,
}

/// A block, and what it comes from in the source.
#[derive(Debug)]
pub(crate) struct Section {
    pub steps: Vec<Instr>,
    pub end: End,
    /// Its place in the source, from 1; 0 if nothing was put into it.
    pub order: usize,
    pub origin: Origin,
}

/// What a block comes from, for `--explain` and for names.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub what: String,
    /// The stem of the variant's name.
    pub stem: &'static str,
    pub span: Span,
}

/// The body of a coroutine as a graph. The first block is the entry.
#[derive(Debug)]
pub(crate) struct Graph {
    pub locals: Vec<Local>,
    pub blocks: Vec<Section>,
    pub arguments: Vec<LocalId>,
}

impl Graph {
    /// The variables that get a first value in `block` or on its ways out.
    pub fn declares(&self, block: BlockId) -> Vec<LocalId> {
        let section = &self.blocks[block];
        let mut all = Vec::new();
        if block == 0 {
            all.extend(&self.arguments);
        }
        for step in &section.steps {
            match step {
                Instr::Let { declares, .. } => all.extend(declares),
                Instr::Assign { local, .. } => all.push(*local),
                Instr::Expr(..) | Instr::Drop(_) => {}
            }
        }
        match &section.end {
            End::Match(_, arms) => {
                all.extend(arms.iter().flat_map(|arm| &arm.declares));
            }
            End::Wait { result, .. } => all.extend(result),
            _ => {}
        }
        all
    }

    /// The blocks that may come after `block`.
    pub fn successors(&self, block: BlockId) -> Vec<BlockId> {
        match &self.blocks[block].end {
            End::Goto(next) | End::Wait { next, .. } => vec![*next],
            End::If(_, yes, no) => vec![*yes, *no],
            End::Match(_, arms) => arms.iter().map(|arm| arm.target).collect(),
            End::Return(_) | End::Diverge(_) | End::Unreachable => Vec::new(),
        }
    }
}
