//! Waits inside larger expressions, temporary values that live across a wait,
//! shadowing, and another coroutine.

use super::*;

#[corofy::coroutine]
pub fn nested(prefix: &str, (a, _): (String, String)) -> Pair {
    let text = join(prefix, after(1, "a").wait, &after(1, "b").wait);
    let text = after(1, &format!("{text}!")).wait;
    let both = after(0, "").wait.is_empty() && after(1, "").wait.is_empty();
    let text = if both { super::straight::straight().wait + &text } else { text };
    println!("{text}");
    Pair {
        left: text,
        right: [a, after(1, "c").wait].concat(),
    }
}
