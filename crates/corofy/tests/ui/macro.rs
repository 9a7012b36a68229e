//! What a macro makes of its arguments is not known.

#[corofy::coroutine]
fn in_a_macro() {
    println!("{}", after(1).wait);
    let list = vec![1, after(2).wait];
    println!("{list:?} is it .wait or not?");
}

fn main() {}
