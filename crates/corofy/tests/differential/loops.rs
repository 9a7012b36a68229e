//! Loops, and how to leave them.

use super::{Body, Loop, Ty};

impl Body {
    pub(super) fn looped(
        &mut self,
        valued: bool,
        inside: impl FnOnce(&mut Self) -> String,
    ) -> String {
        let label = format!("l{}", self.names);
        self.names += 1;
        self.loops.push(Loop {
            label,
            valued,
            outside: self.vars.len(),
        });
        let before: Vec<bool> = self.vars.iter().map(|v| v.gone).collect();
        let text = self.scoped(inside);
        for (var, gone) in self.vars.iter_mut().zip(before) {
            var.gone = gone;
        }
        let label = self.loops.pop().map(|l| l.label).unwrap_or_default();
        format!("'{label}: {text}")
    }

    pub(super) fn loop_(&mut self, depth: usize) -> String {
        let count = self.new_name();
        let limit = 1 + self.random.below(2);
        if self.random.chance(50) {
            let text = self.looped(false, |body| {
                let inner = body.statements(depth);
                format!(
                    "loop {{\ntick();\n{count} += 1;\nif {count} > {limit} {{ break; \
                     }}\n{inner}}}\n"
                )
            });
            return format!("let mut {count} = 0u32;\n{text}");
        }
        let text = self.looped(false, |body| {
            let condition = body.expr(Ty::Bool, 1);
            let inner = body.statements(depth);
            format!(
                "while {{ tick(); {count} += 1; {count} <= {limit} }} && {condition} \
                 {{\n{inner}}}\n"
            )
        });
        format!("let mut {count} = 0u32;\n{text}")
    }

    pub(super) fn for_(&mut self, depth: usize) -> String {
        let name = self.new_name();
        if self.random.chance(40) {
            return self.looped(false, |body| {
                body.declare(&name, Ty::Num, false);
                let inner = body.statements(depth);
                format!("for {name} in 0..2u32 {{\n{inner}}}\n")
            });
        }
        let (a, b) = (self.expr(Ty::Guard, depth), self.expr(Ty::Guard, 1));
        let wild = self.random.chance(20);
        self.looped(false, |body| {
            if !wild {
                body.declare(&name, Ty::Guard, false);
            }
            let inner = body.statements(depth);
            let pat = if wild { "_" } else { &name };
            format!("for {pat} in [{a}, {b}] {{\n{inner}}}\n")
        })
    }

    pub(super) fn jump(&mut self, depth: usize) -> String {
        let condition = self.expr(Ty::Bool, depth);
        let leave = self.ways(1, |body, _| body.leave(depth)).remove(0);
        format!("if {condition} {{ {leave} }}\n")
    }

    /// Something that does not come to its end.
    pub(super) fn leave(&mut self, depth: usize) -> String {
        if self.loops.is_empty() || self.random.chance(30) {
            // The innermost loop does not come round again.
            let loops = std::mem::take(&mut self.loops);
            let value = self.expr(self.returns, depth);
            self.loops = loops;
            return format!("return {value};");
        }
        let at = self.random.below(self.loops.len());
        let label = self.loops[at].label.clone();
        let innermost = at + 1 == self.loops.len();
        let go_on = self.loops[at].valued || self.random.chance(50);
        let word = if go_on { "continue" } else { "break" };
        if innermost && self.random.chance(50) {
            format!("{word};")
        } else {
            format!("{word} '{label};")
        }
    }
}
