//! The code that stands beside a picture.

use std::fmt::Write as _;

use crate::code::Part;
use crate::text::escape;

/// Parts of code with their files and line numbers; nothing, if there is none.
pub(crate) fn panel(parts: &[Part]) -> String {
    panel_beside(parts, &mut Vec::new())
}

/// The same beside other panels, whose parts are `printed`. What is there has
/// only a number here, and the script puts its lines in.
pub(crate) fn panel_beside<'a>(
    parts: &'a [Part],
    printed: &mut Vec<&'a Part>,
) -> String {
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
        if let Some(same) = printed.iter().position(|other| *other == part) {
            let _ = write!(
                html,
                "<ol start=\"{first}\" data-same=\"{same}\"></ol>"
            );
            continue;
        }
        let part_number = printed.len();
        printed.push(part);
        let _ =
            write!(html, "<ol start=\"{first}\" data-part=\"{part_number}\">");
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
