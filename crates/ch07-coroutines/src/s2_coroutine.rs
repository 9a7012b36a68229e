//! Stage 2 of chapter 7: the coroutine of stage 1, written by a macro.

use crate::http::Http;
use std::io;

// ANCHOR: greeting
/// Asks for a name, and then greets it.
#[corofy::coroutine]
pub fn greeting(http: Http) -> io::Result<String> {
    let name = http.get("/200/Ada").wait?;
    let reply = http.get(&format!("/100/hello-{name}")).wait?;
    Ok(format!("{name}: {reply}"))
}
// ANCHOR_END: greeting
