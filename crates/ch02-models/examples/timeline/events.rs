//! The events of the figure: what both boxes hold after each step.

use std::fmt::Display;

/// A row of a box: what it is, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    at: &'static str,
    value: String,
    /// Shown in place of a value that is not the same on every machine.
    shown: Option<String>,
}

impl Row {
    pub fn new(at: &'static str, value: impl Display) -> Self {
        Self {
            at,
            value: value.to_string(),
            shown: None,
        }
    }

    /// A number of bytes, which is another one with another compiler.
    pub fn sized(at: &'static str, bytes: usize) -> Self {
        let shown = match bytes {
            0..1_048_576 => format!("{bytes} bytes"),
            _ => format!("{} MiB reserved", bytes >> 20),
        };
        Self {
            shown: Some(shown),
            ..Self::new(at, "some bytes")
        }
    }

    /// What an errand of stage 4 says of itself by `{:?}`: the name of its
    /// variant, and a row for each field.
    pub fn of_errand(inside: &str, bytes: usize) -> (String, Vec<Self>) {
        let after = |name: &str| inside.split_once(name).map(|(_, rest)| rest);
        // The fields of a request, and no others, end so.
        let end = |rest: &str| rest.find([',', '}', ')']).unwrap_or(rest.len());
        let field = |name: &str| after(name).map(|rest| &rest[..end(rest)]);
        let at = after("at: ").expect("an errand stands somewhere");
        let name = at.find(|c: char| !c.is_alphanumeric()).unwrap_or(at.len());
        let (variant, rest) = at.split_at(name);
        let mut rows = vec![Self::new("at", variant)];
        rows.extend(field("title: ").map(|t| Self::new("title", t)));
        let first = rest.trim_start_matches('(');
        let number = &first[..end(first)];
        if number.parse::<u32>().is_ok() {
            rows.push(Self::new("number", number));
        }
        let delay = field("delay: ").map(|delay| Self::new("delay", delay));
        let result = after("result: ").and_then(|rest| rest.split_once(" }"));
        let result = result.map(|(result, _)| Self::new("result", result));
        rows.extend(delay.into_iter().chain(result));
        rows.push(Self::sized("bytes", bytes));
        (variant.to_string(), rows)
    }

    fn json(&self) -> String {
        let shown = match &self.shown {
            Some(shown) => format!(", \"shown\": {}", json(shown)),
            None => String::new(),
        };
        let (at, value) = (json(self.at), json(&self.value));
        format!("{{\"at\": {at}, \"value\": {value}{shown}}}")
    }
}

/// A text as JSON.
fn json(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list(rows: &[Row]) -> String {
    let rows: Vec<_> = rows.iter().map(Row::json).collect();
    format!("[{}]", rows.join(", "))
}

/// The events so far, a line for each, and what the next one will say of the
/// boxes.
#[derive(Debug)]
pub struct Events {
    pub text: String,
    main: Vec<Row>,
    /// What keeps the errand's place.
    pub errand: Vec<Row>,
    /// Is the next one a frame in print?
    pub key: bool,
}

impl Default for Events {
    fn default() -> Self {
        let mut events = Self {
            text: String::new(),
            main: Vec::new(),
            errand: vec![Row::new("errand", "nothing yet")],
            key: false,
        };
        events.main("runs", "–");
        events
    }
}

impl Events {
    /// What the main thread does, and what it has of the errand.
    pub fn main(&mut self, thread: &str, errand: &str) {
        self.main = vec![Row::new("thread", thread), Row::new("has", errand)];
    }

    /// An event of a lane: its words, the caption, the line of code.
    pub fn step(
        &mut self,
        lane: &str,
        kind: &str,
        [text, detail, at]: [&str; 3],
    ) {
        let fields = [
            ("lane", lane),
            ("kind", kind),
            ("text", text),
            ("detail", detail),
            ("at", at),
        ];
        let fields =
            fields.map(|(name, value)| format!("\"{name}\": {}", json(value)));
        let key = match std::mem::take(&mut self.key) {
            true => ", \"key\": true",
            false => "",
        };
        self.text += &format!(
            "{{{}{key}, \"state\": {{\"main\": {}, \"errand\": {}}}}}\n",
            fields.join(", "),
            list(&self.main),
            list(&self.errand),
        );
    }
}
