//! Words and numbers as HTML and as a reader reads them.

/// Text for between tags.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Text for between double quotes.
pub fn attribute(text: &str) -> String {
    escape(text).replace('"', "&quot;")
}

/// A sentence as HTML: `code` in back quotes, the rest escaped.
pub fn inline(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escape(part);
        if index % 2 == 1 {
            html += &format!("<code>{part}</code>");
        } else {
            html += &part;
        }
    }
    html
}

/// The same sentence as text alone.
pub(crate) fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// A number with a comma after each thousand.
pub fn thousands(number: u64) -> String {
    grouped(&number.to_string())
}

/// Three digits that mean something, with commas between thousands.
pub fn measured(value: f64) -> String {
    let decimals = match value {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{}.{fraction}", grouped(whole)),
        None => grouped(&text),
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration as one says it.
pub(crate) fn spoken(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{:.1} ms", micros as f64 / 1e3),
        10_000..10_000_000 => format!("{:.0} ms", micros as f64 / 1e3),
        _ => format!("{:.0} s", micros as f64 / 1e6),
    }
}

/// A part of the width, with as many digits as a wide screen can show.
pub(crate) fn percent(value: f64) -> String {
    format!("{}%", (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_they_are_read() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_825), "1,825");
        assert_eq!(thousands(151_941_000), "151,941,000");
        assert_eq!(spoken(63), "63 µs");
        assert_eq!(spoken(5_040), "5.0 ms");
        assert_eq!(spoken(50_136), "50 ms");
        assert_eq!(percent(100.0 / 3.0), "33.33%");
    }

    #[test]
    fn measured_numbers_have_three_digits() {
        assert_eq!(measured(1.234), "1.23");
        assert_eq!(measured(52.36), "52.4");
        assert_eq!(measured(528.4), "528");
        assert_eq!(measured(1135.0), "1,135");
        assert_eq!(measured(1_234_567.0), "1,234,567");
    }

    #[test]
    fn nothing_of_a_text_becomes_markup() {
        assert_eq!(inline("`a<b>` & c"), "<code>a&lt;b&gt;</code> &amp; c");
        assert_eq!(attribute("\"<\""), "&quot;&lt;&quot;");
        assert_eq!(plain("`x` y"), "x y");
    }
}
