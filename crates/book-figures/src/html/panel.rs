//! The code that stands beside a picture.

use std::fmt::Write as _;

use crate::code::Part;
use crate::text::escape;

/// Parts of code with their files and line numbers; nothing, if there is none.
pub(crate) fn panel(parts: &[Part]) -> String {
    if parts.is_empty() {
        return String::new();
    }
    let mut html = "<div class=\"fig-code\">".to_owned();
    let mut file = "";
    for part in parts {
        if part.file != file {
            let _ = write!(
                html,
                "<p class=\"fig-file\"><code>{}</code></p>",
                escape(&part.file)
            );
            file = &part.file;
        }
        let first = part.lines.first().map_or(1, |(number, _)| *number);
        let _ = write!(html, "<ol start=\"{first}\">");
        for (number, line) in &part.lines {
            // As far as the line stands in, so far its continuation does.
            let indent = line.len() - line.trim_start().len();
            let _ = write!(
                html,
                "<li value=\"{number}\" style=\"--in: {indent}ch\">\
                 <code class=\"language-rust noplayground\">{}</code></li>",
                escape(line.trim_start())
            );
        }
        html += "</ol>";
    }
    html + "</div>"
}
