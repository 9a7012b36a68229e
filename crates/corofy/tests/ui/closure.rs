//! A closure runs to its end when it is called.

#[corofy::coroutine]
fn closure() -> u32 {
    let later = || after(1).wait;
    later()
}

fn main() {}
