//! Other places in which there can be no wait.

#[corofy::coroutine]
fn elsewhere(flag: bool) {
    let future = async { after(1).wait };
    match flag {
        true if after(2).wait => {}
        _ => {}
    }
    unsafe {
        after(3).wait;
    }
    after(4).await;
    println!("{}", fallible()?);
}

fn main() {}
