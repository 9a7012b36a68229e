//! Constants and statics are computed by the compiler.

#[corofy::coroutine]
fn constant() {
    const LIMIT: u32 = after(1).wait;
    static COUNT: u32 = after(2).wait;
    let block = const { after(3).wait };
    let array = [0; after(4).wait];
}

fn main() {}
