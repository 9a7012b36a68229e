//! What a coroutine's signature cannot say.

#[corofy::coroutine]
async fn asynchronous() {}

#[corofy::coroutine]
unsafe fn not_safe() {}

#[corofy::coroutine]
const fn constant() {}

#[corofy::coroutine(fast)]
fn argument() {}

struct Client;

impl Client {
    #[corofy::coroutine]
    fn method(&self) {}
}

fn main() {}
