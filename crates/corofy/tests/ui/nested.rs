//! A function inside the coroutine is another function.

#[corofy::coroutine]
fn outer() -> u32 {
    fn inner() -> u32 {
        after(1).wait
    }
    inner()
}

fn main() {}
