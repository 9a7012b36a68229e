//! Expressions of each type.

use super::{Body, Ty};

impl Body {
    pub(super) fn expr(&mut self, ty: Ty, depth: usize) -> String {
        if depth == 0 || !self.burn() {
            return self.simple(ty);
        }
        let deeper = depth - 1;
        match self.random.below(12) {
            0 => self.choice(ty, deeper),
            1 => self.block_value(ty, deeper),
            2 => self.loop_value(ty, deeper),
            3 => self.match_value(ty, deeper),
            4 | 5 => self.value_of(ty).unwrap_or_else(|| self.simple(ty)),
            _ => match ty {
                Ty::Num => self.num(deeper),
                Ty::Bool => self.bool(deeper),
                Ty::Guard => self.guard(deeper),
                Ty::Opt => self.opt(deeper),
                Ty::Res => self.res(deeper),
            },
        }
    }

    fn simple(&mut self, ty: Ty) -> String {
        if self.random.chance(40)
            && let Some(name) = self.value_of(ty)
        {
            return name;
        }
        let id = self.id();
        match ty {
            Ty::Num if self.random.chance(30) => format!("{}u32", id % 5),
            Ty::Num => format!("ev({id})"),
            Ty::Bool if self.random.chance(30) => "true".to_owned(),
            Ty::Bool => "flip()".to_owned(),
            Ty::Guard => format!("guard({id})"),
            Ty::Opt => format!("opt({id})"),
            Ty::Res => format!("res({id})"),
        }
    }

    fn choice(&mut self, ty: Ty, depth: usize) -> String {
        let condition = self.expr(Ty::Bool, depth);
        let ways = self.ways(2, |body, _| body.expr(ty, depth));
        let (a, b) = (&ways[0], &ways[1]);
        parenthesised(format!("if {condition} {{ {a} }} else {{ {b} }}"))
    }

    fn block_value(&mut self, ty: Ty, depth: usize) -> String {
        let text = self.scoped(|body| {
            let statements = body.statements(depth);
            let value = body.expr(ty, depth);
            format!("{{\n{statements}{value}\n}}")
        });
        parenthesised(text)
    }

    fn loop_value(&mut self, ty: Ty, depth: usize) -> String {
        let text = self.looped(true, |body| {
            let first = body.statement(depth);
            let value = body.expr(ty, depth);
            format!("loop {{\ntick();\n{first}break {value};\n}}")
        });
        // What a label begins is no statement here.
        parenthesised(text)
    }

    fn match_value(&mut self, ty: Ty, depth: usize) -> String {
        let on = self.expr(Ty::Opt, depth);
        let on = self.given(on);
        let name = self.new_name();
        let ways = self.ways(2, |body, at| {
            if at == 0 {
                body.declare(&name, Ty::Guard, false);
            }
            body.expr(ty, depth)
        });
        let (a, b) = (&ways[0], &ways[1]);
        parenthesised(format!(
            "match {on} {{ Some({name}) => {{ note({name}.look()); {a} }}\n\
             None => {b},\n}}"
        ))
    }

    /// A guard that is there and stays there while `inside` is generated.
    fn borrowed(
        &mut self,
        inside: impl FnOnce(&mut Self, &str) -> String,
    ) -> Option<String> {
        let at = self.pick(|_, v| v.ty == Ty::Guard && !v.gone)?;
        let was = std::mem::replace(&mut self.vars[at].locked, true);
        let name = self.vars[at].name.clone();
        let text = inside(self, &name);
        self.vars[at].locked = was;
        Some(text)
    }

    fn num(&mut self, depth: usize) -> String {
        let id = self.id();
        match self.random.below(16) {
            0..=2 => {
                let value = self.expr(Ty::Num, depth);
                format!("wn({id}, {value}).wait")
            }
            3 => {
                let a = self.expr(Ty::Num, depth);
                let b = self.expr(Ty::Num, depth);
                format!("add({a}, {b})")
            }
            4 => {
                let a = self.expr(Ty::Num, depth);
                let b = self.expr(Ty::Num, depth);
                format!("({a} ^ {b})")
            }
            5 => {
                let a = self.expr(Ty::Num, depth);
                let b = self.expr(Ty::Num, depth);
                format!("{a}.wrapping_add({b})")
            }
            6 => {
                let a = self.expr(Ty::Guard, depth);
                format!("look(&{a})")
            }
            7 => {
                let a = self.expr(Ty::Guard, depth);
                format!("lent({id}, &{a}).wait")
            }
            8 => format!("guard({id}).probe({id}).wait"),
            9 => {
                let text = self.borrowed(|body, name| {
                    let b = body.expr(Ty::Num, depth);
                    format!("two(&{name}, {b})")
                });
                text.unwrap_or_else(|| format!("ev({id})"))
            }
            10 => {
                let a = self.expr(Ty::Guard, depth);
                format!("{a}.into_num()")
            }
            11 => {
                let a = self.expr(Ty::Num, depth);
                let b = self.expr(Ty::Guard, depth);
                format!("({a}, {b}).0")
            }
            12 => {
                let a = self.expr(Ty::Num, depth);
                let b = self.expr(Ty::Num, depth);
                let c = self.expr(Ty::Num, depth);
                format!("[{a}, {b}][({c} % 2) as usize]")
            }
            13 => {
                let a = self.expr(Ty::Guard, depth);
                let b = self.expr(Ty::Num, depth);
                format!("sub({a}, {b}).wait")
            }
            14 => {
                let a = self.expr(Ty::Guard, depth);
                let b = self.expr(Ty::Num, depth);
                format!("{a}.plus({b})")
            }
            _ => {
                let text = self.borrowed(|body, name| {
                    let b = body.expr(Ty::Num, depth);
                    format!("{name}.plus({b})")
                });
                text.unwrap_or_else(|| format!("ev({id})"))
            }
        }
    }

    fn bool(&mut self, depth: usize) -> String {
        let id = self.id();
        match self.random.below(6) {
            0 => {
                let value = self.expr(Ty::Bool, depth);
                format!("wb({id}, {value}).wait")
            }
            1 | 2 => {
                let word = if self.random.chance(50) { "&&" } else { "||" };
                let a = self.expr(Ty::Bool, depth);
                // The right side may not be run.
                let b = self.ways(1, |b, _| b.expr(Ty::Bool, depth)).remove(0);
                format!("({a} {word} {b})")
            }
            3 => {
                let a = self.expr(Ty::Bool, depth);
                format!("!{a}")
            }
            4 => {
                let a = self.expr(Ty::Num, depth);
                let b = self.expr(Ty::Num, depth);
                format!("({a} < {b})")
            }
            _ => {
                let a = self.expr(Ty::Num, depth);
                format!("({a} % 2 == 0)")
            }
        }
    }

    fn guard(&mut self, depth: usize) -> String {
        let id = self.id();
        match self.random.below(9) {
            0..=2 => {
                let value = self.expr(Ty::Guard, depth);
                format!("wg({id}, {value}).wait")
            }
            3 => {
                let a = self.expr(Ty::Num, depth);
                let b = self.expr(Ty::Guard, depth);
                let c = self.expr(Ty::Guard, depth);
                format!("select({a}, {b}, {c})")
            }
            4 if self.returns == Ty::Res => {
                let a = self.expr(Ty::Res, depth);
                format!("{a}?")
            }
            4 if self.returns == Ty::Opt => {
                let a = self.expr(Ty::Opt, depth);
                format!("{a}?")
            }
            5 => {
                let a = self.expr(Ty::Guard, depth);
                let b = self.expr(Ty::Guard, depth);
                parenthesised(format!(
                    "{{ let Pair {{ a, .. }} = Pair {{ b: {a}, a: {b} }}; a }}"
                ))
            }
            6 => {
                let a = self.expr(Ty::Opt, depth);
                format!("{a}.unwrap_or_else(|| guard({id}))")
            }
            7 => {
                let a = self.expr(Ty::Num, depth);
                let b = self.expr(Ty::Guard, depth);
                format!("({{ let (_, b) = ({a}, {b}); b }})")
            }
            _ => {
                let a = self.expr(Ty::Guard, depth);
                let b = self.expr(Ty::Guard, depth);
                format!("({{ let (_, b) = wg2({id}, {a}, {b}).wait; b }})")
            }
        }
    }

    fn opt(&mut self, depth: usize) -> String {
        let id = self.id();
        let value = self.expr(Ty::Guard, depth);
        match self.random.below(3) {
            0 => format!("some_if(flip(), {value})"),
            1 => format!("wo({id}, Some({value})).wait"),
            _ => format!("Some({value})"),
        }
    }

    fn res(&mut self, depth: usize) -> String {
        let id = self.id();
        let value = self.expr(Ty::Guard, depth);
        match self.random.below(3) {
            0 => format!("ok_if(flip(), {value})"),
            1 => format!("wr({id}, Ok({value})).wait"),
            _ => {
                let other = self.expr(Ty::Num, 0);
                format!("wr({id}, ok_if({other} % 3 > 0, {value})).wait")
            }
        }
    }
}

fn parenthesised(text: String) -> String {
    format!("({text})")
}
