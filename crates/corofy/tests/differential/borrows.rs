//! Borrows that are held across waits: of variables, arguments, fields, items
//! and parts of arrays. What is borrowed can neither be moved nor assigned
//! until the borrow was used for the last time.

use super::{Body, Ty};

impl Body {
    /// The value of a `match`: a variable is given away as a whole, because
    /// what may be borrowed cannot be taken apart where it is.
    pub(super) fn given(&self, value: String) -> String {
        let name = value.chars().all(|c| c.is_alphanumeric());
        if self.borrows && name {
            format!("({{ {value} }})")
        } else {
            value
        }
    }

    pub(super) fn borrow(&mut self, depth: usize) -> String {
        match self.random.below(12) {
            0..=2 => self.shared(depth),
            3 | 4 => self.exclusive(depth),
            5 => self.number(depth),
            6 => self.fields(depth),
            7 => self.part(depth),
            8 => self.items(depth),
            9 => self.inside(depth),
            10 => self.two(depth),
            _ => self.owner(depth),
        }
    }

    /// A guard to borrow: one that is there, or a new one.
    fn lender(&mut self, text: &mut String, mutable: bool) -> usize {
        let there = self.pick(|_, v| {
            v.ty == Ty::Guard && !v.gone && (!mutable || v.mutable && !v.locked)
        });
        there.unwrap_or_else(|| {
            let value = self.expr(Ty::Guard, 1);
            let name = self.new_name();
            let word = if mutable { "mut " } else { "" };
            *text += &format!("let {word}{name} = {value};\n");
            self.declare(&name, Ty::Guard, mutable);
            self.vars.len() - 1
        })
    }

    /// Statements while the variable is lent, and `last` as the last of them.
    fn lent(
        &mut self,
        at: usize,
        hidden: bool,
        depth: usize,
        last: impl FnOnce(&mut Self) -> String,
    ) -> String {
        let before = (self.vars[at].locked, self.vars[at].hidden);
        self.vars[at].locked = true;
        self.vars[at].hidden |= hidden;
        let inner = self.statements(depth);
        let last = last(self);
        (self.vars[at].locked, self.vars[at].hidden) = before;
        inner + &last
    }

    /// Something with a `&Guard` of that name.
    fn use_shared(&mut self, name: &str) -> String {
        let id = self.id();
        let value = match self.random.below(5) {
            0 => format!("watch({id}, {name}).wait"),
            1 => {
                let other = self.expr(Ty::Num, 1);
                format!("{name}.plus({other})")
            }
            2 => format!("lent({id}, {name}).wait"),
            3 => format!("look({name})"),
            _ => format!("{name}.look()"),
        };
        format!("note({value});\n")
    }

    fn use_exclusive(&mut self, name: &str) -> String {
        let id = self.id();
        let value = match self.random.below(5) {
            0 => format!("grow({id}, {name}).wait"),
            1 => {
                let other = self.expr(Ty::Num, 1);
                format!("{name}.bump({other})")
            }
            2 => format!("grow({id}, &mut *{name}).wait"),
            3 => format!("watch({id}, {name}).wait"),
            _ => format!("{name}.look()"),
        };
        format!("note({value});\n")
    }

    fn shared(&mut self, depth: usize) -> String {
        let mut text = String::new();
        let at = self.lender(&mut text, false);
        let lender = self.vars[at].name.clone();
        let name = self.new_name();
        if self.random.chance(30) {
            // What drops it looks at the lender.
            let inner = self.scoped(|body| {
                body.lent(at, false, depth, |body| {
                    body.use_shared(&format!("{name}.0"))
                })
            });
            let inner = format!("let {name} = seen(&{lender});\n{inner}");
            return format!("{text}{{\n{inner}}}\n");
        }
        let inner = self.lent(at, false, depth, |body| body.use_shared(&name));
        let inner = format!("let {name} = &{lender};\n{inner}");
        text + &inner
    }

    fn exclusive(&mut self, depth: usize) -> String {
        let mut text = String::new();
        let at = self.lender(&mut text, true);
        let lender = self.vars[at].name.clone();
        let name = self.new_name();
        let again = self.random.chance(30);
        let inner = self.lent(at, true, depth, |body| {
            let first = body.use_exclusive(&name);
            let more = if again {
                body.use_exclusive(&name)
            } else {
                String::new()
            };
            first + &more
        });
        format!("{text}let {name} = &mut {lender};\n{inner}")
    }

    fn number(&mut self, depth: usize) -> String {
        let (number, name) = (self.new_name(), self.new_name());
        let value = self.expr(Ty::Num, 1);
        self.declare(&number, Ty::Num, true);
        let at = self.vars.len() - 1;
        let inner = self.lent(at, true, depth, |body| {
            let value = body.expr(Ty::Num, 1);
            format!("*{name} ^= {value};\n")
        });
        format!(
            "let mut {number} = {value};\nlet {name} = &mut {number};\n{inner}\
             note({number});\n"
        )
    }

    fn fields(&mut self, depth: usize) -> String {
        let (pair, a, b) = (self.new_name(), self.new_name(), self.new_name());
        let (x, y) = (self.expr(Ty::Guard, 1), self.expr(Ty::Guard, 1));
        let inner = self.statements(depth);
        let first = self.use_exclusive(&b);
        let last = self.use_shared(&a);
        let more = self.statement(depth);
        let end = match self.random.below(3) {
            0 => format!("note(whole({pair}));\n"),
            1 => format!("{pair}.a = guard(5);\nnote({pair}.b.look());\n"),
            _ => String::new(),
        };
        format!(
            "let mut {pair} = Pair {{ a: {x}, b: {y} }};\nlet {a} = &{pair}.a;\n\
             let {b} = &mut {pair}.b;\n{inner}{first}{last}{more}{end}"
        )
    }

    fn part(&mut self, depth: usize) -> String {
        let (array, a, b) = (self.new_name(), self.new_name(), self.new_name());
        let (x, y) = (self.expr(Ty::Num, 1), self.expr(Ty::Num, 1));
        let inner = self.statements(depth);
        let end = self.expr(Ty::Num, 1);
        if self.random.chance(50) {
            return format!(
                "let mut {array} = [{x}, {y}, 3u32];\nlet {a} = &mut \
                 {array}[1..];\n{inner}{a}[0] ^= {end};\nnote({array}[1]);\n"
            );
        }
        format!(
            "let mut {array} = [{x}, {y}, 3u32];\nlet ({a}, {b}) = \
             {array}.split_at_mut(1);\n{inner}{a}[0] ^= {b}[1];\n{b}[0] = \
             {end};\nnote({array}[0] ^ {array}[1]);\n"
        )
    }

    fn items(&mut self, depth: usize) -> String {
        let (array, name) = (self.new_name(), self.new_name());
        let (x, y) = (self.expr(Ty::Guard, 1), self.expr(Ty::Guard, 1));
        let kind = self.random.below(3);
        let text = self.looped(false, |body| {
            let inner = body.statements(depth);
            let used = if kind == 1 {
                body.use_exclusive(&name)
            } else {
                body.use_shared(&name)
            };
            let over = match kind {
                0 => format!("&{array}"),
                1 => format!("{array}.iter_mut()"),
                _ => format!("{array}.iter().rev()"),
            };
            format!("for {name} in {over} {{\n{inner}{used}}}\n")
        });
        format!("let mut {array} = [{x}, {y}];\n{text}")
    }

    fn inside(&mut self, depth: usize) -> String {
        let (opt, name) = (self.new_name(), self.new_name());
        let value = self.expr(Ty::Opt, 1);
        self.declare(&opt, Ty::Opt, true);
        let at = self.vars.len() - 1;
        self.vars[at].locked = true;
        let mutable = self.random.chance(40);
        self.vars[at].hidden = mutable;
        let ways = self.ways(2, |body, at| {
            let inner = body.statements(depth);
            let used = match at {
                0 if mutable => body.use_exclusive(&name),
                0 => body.use_shared(&name),
                _ => String::new(),
            };
            inner + &used
        });
        self.vars[at].locked = false;
        self.vars[at].hidden = false;
        let word = if mutable { "&mut " } else { "&" };
        let (yes, no) = (&ways[0], &ways[1]);
        let body = match self.random.below(3) {
            0 => format!(
                "if let Some({name}) = {word}{opt} {{\n{yes}}} else {{\n{no}}}\n"
            ),
            1 if !mutable => format!(
                "match {opt} {{\nSome(ref {name}) => {{\n{yes}}}\nNone => \
                 {{\n{no}}}\n}}\n"
            ),
            _ => format!(
                "match {word}{opt} {{\nSome({name}) => {{\n{yes}}}\nNone => \
                 {{\n{no}}}\n}}\n"
            ),
        };
        format!("let mut {opt} = {value};\n{body}")
    }

    fn two(&mut self, depth: usize) -> String {
        let mut text = String::new();
        let (one, other) =
            (self.lender(&mut text, false), self.lender(&mut text, false));
        let (a, b) =
            (self.vars[one].name.clone(), self.vars[other].name.clone());
        let name = self.new_name();
        let was = std::mem::replace(&mut self.vars[other].locked, true);
        let inner = self.lent(one, false, depth, |body| body.use_shared(&name));
        self.vars[other].locked = was;
        format!("{text}let {name} = first(&{a}, &{b});\n{inner}")
    }

    /// A vector of borrows.
    fn owner(&mut self, depth: usize) -> String {
        let mut text = String::new();
        let at = self.lender(&mut text, false);
        let lender = self.vars[at].name.clone();
        let name = self.new_name();
        let inner = self.lent(at, false, depth, |body| {
            let used = body.use_shared(&format!("{name}[0]"));
            format!("{used}drop({name});\n")
        });
        format!(
            "{text}let mut {name} = Vec::new();\n{name}.push(&{lender});\n{inner}"
        )
    }
}
