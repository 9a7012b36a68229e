//! `?` and `return`.

use super::*;

#[corofy::coroutine]
pub fn errors(text: &str) -> Result<u32, std::num::ParseIntError> {
    let first: u32 = after(1, text).wait.trim().parse()?;
    if first == 0 {
        return Ok(0);
    }
    let second = parse(after(1, text).wait)?;
    Ok(first + second)
}
