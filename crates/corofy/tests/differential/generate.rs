//! Bodies at random: typed, so that they compile, and with every value that
//! can be dropped telling when. Equal seeds give equal bodies.

#[path = "borrows.rs"]
mod borrows;
#[path = "expressions.rs"]
mod expressions;
#[path = "loops.rs"]
mod loops;

/// A stream of numbers that a seed fixes (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// The types of the bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ty {
    Num,
    Bool,
    /// Tells when it is dropped.
    Guard,
    Opt,
    Res,
}

#[derive(Clone, Debug)]
struct Var {
    name: String,
    ty: Ty,
    mutable: bool,
    gone: bool,
    /// Borrowed by what is being generated.
    locked: bool,
    /// Borrowed by `&mut`, so that it cannot even be looked at.
    hidden: bool,
}

#[derive(Clone, Debug)]
struct Loop {
    label: String,
    /// `break` needs a value.
    valued: bool,
    /// How many variables are outside it: those cannot be moved in it.
    outside: usize,
}

struct Body {
    random: Random,
    vars: Vec<Var>,
    loops: Vec<Loop>,
    ids: usize,
    names: usize,
    returns: Ty,
    /// What may still be generated.
    fuel: usize,
    /// Hold borrows across waits.
    borrows: bool,
}

/// A function `name` with `.wait` in it; `async` puts `.await` in its place.
///
/// With `borrows`, it holds borrows across waits.
pub fn body(name: &str, seed: u64, borrows: bool) -> String {
    let mut random = Random(seed);
    let fuel = 6 + random.below(30);
    let returns = [Ty::Num, Ty::Guard, Ty::Res, Ty::Opt][random.below(4)];
    let mut body = Body {
        random,
        vars: Vec::new(),
        loops: Vec::new(),
        ids: 0,
        names: 0,
        returns,
        fuel,
        borrows,
    };
    let arguments = body.arguments();
    let statements = body.statements(4);
    let tail = body.expr(returns, 3);
    let ty = written(returns);
    format!("fn {name}({arguments}) -> {ty} {{\n{statements}{tail}\n}}\n")
}

fn written(ty: Ty) -> &'static str {
    match ty {
        Ty::Num => "u32",
        Ty::Bool => "bool",
        Ty::Guard => "Guard",
        Ty::Opt => "Option<Guard>",
        Ty::Res => "Result<Guard, u32>",
    }
}

impl Body {
    fn id(&mut self) -> usize {
        self.ids += 1;
        self.ids
    }

    fn burn(&mut self) -> bool {
        let left = self.fuel > 0;
        self.fuel = self.fuel.saturating_sub(1);
        left
    }

    /// A name, now and then one that shadows another.
    fn name(&mut self) -> String {
        if self.random.chance(25)
            && let Some(at) = self.pick(|_, _| true)
        {
            return self.vars[at].name.clone();
        }
        self.names += 1;
        format!("v{}", self.names)
    }

    fn declare(&mut self, name: &str, ty: Ty, mutable: bool) {
        self.vars.push(Var {
            name: name.to_owned(),
            ty,
            mutable,
            gone: false,
            locked: false,
            hidden: false,
        });
    }

    /// A variable that fits, and that no other one shadows.
    fn pick(&mut self, fits: impl Fn(usize, &Var) -> bool) -> Option<usize> {
        let seen: Vec<usize> = (0..self.vars.len())
            .filter(|&at| {
                let var = &self.vars[at];
                let later = &self.vars[at + 1..];
                !var.hidden
                    && fits(at, var)
                    && !later.iter().any(|v| v.name == var.name)
            })
            .collect();
        (!seen.is_empty()).then(|| seen[self.random.below(seen.len())])
    }

    /// A variable by value; what is not `Copy` is then gone.
    fn value_of(&mut self, ty: Ty) -> Option<String> {
        let outside = self.outside();
        let copy = matches!(ty, Ty::Num | Ty::Bool);
        let at = self.pick(|at, var| {
            let free = !var.locked && at >= outside;
            var.ty == ty && !var.gone && (copy || free)
        })?;
        self.vars[at].gone = !copy;
        Some(self.vars[at].name.clone())
    }

    fn arguments(&mut self) -> String {
        let mut list = Vec::new();
        for _ in 0..self.random.below(4) {
            list.push(match self.random.below(6) {
                0 => "_: Guard".to_owned(),
                1 => {
                    let (a, b) = (self.new_name(), self.new_name());
                    self.declare(&a, Ty::Guard, false);
                    self.declare(&b, Ty::Num, false);
                    format!("({a}, {b}): (Guard, u32)")
                }
                2 => {
                    let a = self.new_name();
                    self.declare(&a, Ty::Guard, true);
                    format!("mut {a}: Guard")
                }
                3 => {
                    let a = self.new_name();
                    self.declare(&a, Ty::Num, true);
                    format!("mut {a}: u32")
                }
                4 => {
                    let a = self.new_name();
                    self.declare(&a, Ty::Guard, false);
                    format!("({a}, _): (Guard, Guard)")
                }
                _ => {
                    let a = self.new_name();
                    self.declare(&a, Ty::Guard, false);
                    format!("{a}: Guard")
                }
            });
        }
        list.join(", ")
    }

    fn new_name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    // Statements

    /// Runs `inside` and takes away the variables that it made.
    fn scoped<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.vars.len();
        let result = inside(self);
        self.vars.truncate(before);
        result
    }

    /// Two ways, of which one is taken: what either moves is gone after.
    fn ways(
        &mut self,
        count: usize,
        mut way: impl FnMut(&mut Self, usize) -> String,
    ) -> Vec<String> {
        let start = self.vars.clone();
        let mut gone: Vec<bool> = start.iter().map(|v| v.gone).collect();
        let mut all = Vec::new();
        for at in 0..count {
            self.vars = start.clone();
            all.push(self.scoped(|body| way(body, at)));
            for (gone, var) in gone.iter_mut().zip(&self.vars) {
                *gone |= var.gone;
            }
        }
        self.vars = start;
        for (var, gone) in self.vars.iter_mut().zip(gone) {
            var.gone = gone;
        }
        all
    }

    fn block(&mut self, depth: usize) -> String {
        self.scoped(|body| body.statements(depth))
    }

    fn statements(&mut self, depth: usize) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.random.below(4) {
            text += &self.statement(depth);
        }
        text
    }

    fn statement(&mut self, depth: usize) -> String {
        if !self.burn() || depth == 0 {
            let value = self.expr(Ty::Num, 1);
            return format!("note({value});\n");
        }
        let deeper = depth - 1;
        if self.borrows && self.random.chance(40) {
            return self.borrow(deeper);
        }
        match self.random.below(19) {
            0..=3 => self.let_(deeper),
            4 => self.destructure(deeper),
            5 => self.let_else(deeper),
            6 | 7 => self.assign(deeper),
            8 => self.deferred(deeper),
            9 | 10 => self.if_(deeper),
            11 => self.if_let(deeper),
            12 => self.match_(deeper),
            13 => self.loop_(deeper),
            14 => self.for_(deeper),
            15 => self.jump(deeper),
            16 => format!("{{\n{}}}\n", self.block(deeper)),
            17 => {
                let value = self.expr(Ty::Guard, deeper);
                format!("{value};\n")
            }
            _ => {
                let value = self.expr(Ty::Num, deeper);
                format!("note({value});\n")
            }
        }
    }

    fn let_(&mut self, depth: usize) -> String {
        let all = [Ty::Num, Ty::Bool, Ty::Guard, Ty::Guard, Ty::Opt, Ty::Res];
        let ty = all[self.random.below(all.len())];
        let value = self.expr(ty, depth);
        let name = self.name();
        let mutable = self.random.chance(50);
        self.declare(&name, ty, mutable);
        let word = if mutable { "mut " } else { "" };
        if self.random.chance(25) {
            format!("let {word}{name}: {} = {value};\n", written(ty))
        } else {
            format!("let {word}{name} = {value};\n")
        }
    }

    fn destructure(&mut self, depth: usize) -> String {
        let swap = self.random.below(4);
        let first = self.expr(Ty::Guard, depth);
        let second = self.expr(Ty::Guard, depth);
        let (a, b) = (self.new_name(), self.new_name());
        self.declare(&a, Ty::Guard, false);
        match swap {
            0 => format!("let ({a}, _) = ({first}, {second});\n"),
            1 => {
                let id = self.id();
                format!("let ({a}, _) = wg2({id}, {first}, {second}).wait;\n")
            }
            2 => {
                self.declare(&b, Ty::Guard, true);
                let second = format!("b: {first}, a: {second}");
                format!(
                    "let Pair {{ a: {a}, b: mut {b} }} = Pair {{ {second} }};\n"
                )
            }
            _ => {
                self.declare(&b, Ty::Guard, false);
                format!("let ({a}, {b}) = ({first}, {second});\n")
            }
        }
    }

    fn let_else(&mut self, depth: usize) -> String {
        let value = self.expr(Ty::Opt, depth);
        let value = self.given(value);
        let leave = self.ways(1, |body, _| body.leave(1)).remove(0);
        let name = self.name();
        self.declare(&name, Ty::Guard, false);
        format!("let Some({name}) = {value} else {{ {leave} }};\n")
    }

    fn assign(&mut self, depth: usize) -> String {
        let Some(at) = self.pick(|_, v| v.mutable && !v.locked) else {
            return self.let_(depth);
        };
        let ty = self.vars[at].ty;
        let name = self.vars[at].name.clone();
        if ty == Ty::Num && self.random.chance(50) {
            let value = self.expr(ty, depth);
            return format!("{name} ^= {value};\n");
        }
        self.vars[at].locked = true;
        let value = self.expr(ty, depth);
        self.vars[at].locked = false;
        self.vars[at].gone = false;
        format!("{name} = {value};\n")
    }

    fn outside(&self) -> usize {
        self.loops.last().map_or(0, |l| l.outside)
    }

    fn deferred(&mut self, depth: usize) -> String {
        let condition = self.expr(Ty::Bool, depth);
        let name = self.new_name();
        let both = self.ways(2, |body, _| {
            let before = body.statement(depth);
            let value = body.expr(Ty::Guard, depth);
            format!("{before}{name} = {value};\n")
        });
        self.declare(&name, Ty::Guard, false);
        let (yes, no) = (&both[0], &both[1]);
        format!("let {name};\nif {condition} {{\n{yes}}} else {{\n{no}}}\n")
    }

    fn if_(&mut self, depth: usize) -> String {
        let condition = self.expr(Ty::Bool, depth);
        let two = self.random.chance(50);
        let ways = self.ways(2, |body, at| {
            if at == 0 || two {
                body.statements(depth)
            } else {
                String::new()
            }
        });
        let (yes, no) = (&ways[0], &ways[1]);
        if two {
            format!("if {condition} {{\n{yes}}} else {{\n{no}}}\n")
        } else {
            format!("if {condition} {{\n{yes}}}\n")
        }
    }

    fn if_let(&mut self, depth: usize) -> String {
        let opt = self.random.chance(60);
        let ty = if opt { Ty::Opt } else { Ty::Res };
        let value = self.expr(ty, depth);
        let value = self.given(value);
        let name = self.new_name();
        let wild = self.random.chance(20);
        let chain =
            (opt && self.random.chance(30)).then(|| self.expr(Ty::Bool, 1));
        let ways = self.ways(2, |body, at| {
            if at == 0 && !wild {
                body.declare(&name, Ty::Guard, false);
            }
            body.statements(depth)
        });
        let inner = if wild { "_" } else { &name };
        let word = if opt { "Some" } else { "Ok" };
        let chain = chain.map(|c| format!(" && {c}")).unwrap_or_default();
        let (yes, no) = (&ways[0], &ways[1]);
        format!(
            "if let {word}({inner}) = {value}{chain} {{\n{yes}}} else {{\n{no}}}\n"
        )
    }

    fn match_(&mut self, depth: usize) -> String {
        let name = self.new_name();
        if self.random.chance(50) {
            let value = self.expr(Ty::Num, depth);
            let ways = self.ways(3, |body, at| {
                if at == 2 {
                    body.declare(&name, Ty::Num, false);
                }
                body.statements(depth)
            });
            let (a, b, c) = (&ways[0], &ways[1], &ways[2]);
            return format!(
                "match {value} % 4 {{\n0 => {{\n{a}}}\n1 | 2 if flip() => \
                 {{\n{b}}}\n{name} => {{\n{c}}}\n}}\n"
            );
        }
        let value = self.expr(Ty::Res, depth);
        let value = self.given(value);
        let ways = self.ways(2, |body, at| {
            let ty = if at == 0 { Ty::Guard } else { Ty::Num };
            body.declare(&name, ty, false);
            body.statements(depth)
        });
        let (a, b) = (&ways[0], &ways[1]);
        format!(
            "match {value} {{\nOk({name}) => {{\n{a}}}\nErr({name}) => \
             {{\n{b}}}\n}}\n"
        )
    }
}
