//! A graph as HTML, in two forms at once: the live one, where the reader
//! chooses who acts, and the still one, a schedule as a table.
//!
//! Each `id` begins with the figure's, because a print page may have all pages
//! in one.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::count::Odds;
use super::definition::{End, Level};
use super::figure::Graph;
use super::map;
use super::recording::{Node, Recorded};
use crate::code::Part;
use crate::html::panel_beside;
use crate::text::{attribute, escape, inline, plain, thousands};

/// What stands on the card of an actor that has nothing more to do.
const DONE: &str = "is done";

impl Graph {
    /// The figure as it stands in a page. `recording` is the address of the
    /// recording's file, to which the figure links.
    ///
    /// All of it is on one line: in markdown, HTML ends at a blank line.
    ///
    /// # Errors
    /// When a line of code is not shown or has no words, or when the schedules
    /// are too many to be counted.
    pub fn html(&self, recording: &str) -> Result<String, String> {
        let definition = &self.definition;
        let mut live = String::new();
        let mut still = String::new();
        let mut data = Vec::new();
        let mut printed = Vec::new();
        for (nth, (level, recorded)) in self.levels().enumerate() {
            let odds = self.odds(&level.id).ok_or_else(|| {
                format!("level {:?}: too many schedules", level.id)
            })?;
            live += &self.live(nth, level, recorded, &odds, &mut printed)?;
            still += &self.still(nth, level, recorded, &odds)?;
            data.push(self.data(nth, level, recorded)?);
        }
        let keys: Vec<char> = definition.lane.iter().map(|l| l.key).collect();
        let names: Vec<String> =
            definition.lane.iter().map(|l| escape(&l.label)).collect();
        let data = json!({ "levels": data, "keys": keys, "names": names });
        // Nothing in it may look like the end of the script.
        let data = data.to_string().replace('<', "\\u003c");
        let html = format!(
            "<figure class=\"recorded\" id=\"figure-{}\">\
             <figcaption>{}</figcaption><by-hand-graph>\
             <div class=\"fig-live\">{}{live}</div>\
             <div class=\"fig-still\">{still}</div>{}\
             <script type=\"application/json\">{data}</script>\
             </by-hand-graph></figure>",
            self.name,
            inline(&definition.title),
            self.chooser(),
            self.provenance(recording),
        );
        Ok(html.replace('\n', " "))
    }

    /// The levels, to choose from.
    fn chooser(&self) -> String {
        let mut html =
            "<fieldset class=\"fig-runs\"><legend>Level</legend>".to_owned();
        for (index, level) in self.definition.run.iter().enumerate() {
            let checked = if index == 0 { " checked" } else { "" };
            let _ = write!(
                html,
                "<label><input type=\"radio\" name=\"figure-{}\" \
                 value=\"{index}\" autocomplete=\"off\"{checked}>\
                 <span>{}</span></label>",
                self.name,
                inline(&level.label)
            );
        }
        html + "</fieldset>"
    }

    fn live<'a>(
        &'a self,
        nth: usize,
        level: &Level,
        recorded: &Recorded,
        odds: &Odds,
        printed: &mut Vec<&'a Part>,
    ) -> Result<String, String> {
        let mut actors = String::new();
        let first = recorded.states.first().ok_or("no state")?;
        for (index, lane) in self.definition.lane.iter().enumerate() {
            let stand = self.stand(nth, level, &first.actors[index])?;
            let _ = write!(
                actors,
                "<button type=\"button\" class=\"fig-actor\" \
                 data-actor=\"{index}\"><span class=\"fig-who\">\
                 <kbd>{}</kbd>{}</span><span class=\"fig-next\">\
                 <span>{}</span></span><span class=\"fig-at\"><code></code>\
                 </span></button>",
                lane.key.to_ascii_uppercase(),
                escape(&lane.label),
                inline(stand.words.unwrap_or(DONE)),
            );
        }
        let mut values = String::new();
        for state in self.definition.states(&level.id) {
            let _ = write!(
                values,
                "<div data-state=\"{}\"><dt>{}</dt><dd>\
                 <div class=\"fig-value\">{}</div></dd></div>",
                state.id,
                inline(&state.label),
                escape(&first.values[&state.id])
            );
        }
        let label = format!(
            "{}: {} states. {}",
            plain(&level.label),
            recorded.states.len(),
            self.definition.alt
        );
        let hidden = if nth == 0 { "" } else { " hidden" };
        Ok(format!(
            "<div class=\"fig-level\" tabindex=\"0\" role=\"group\" \
             aria-label=\"Level: {}\"{hidden}><p class=\"fig-goal\">\
             <strong>{}</strong> {}</p><div class=\"fig-desk\">\
             <div class=\"fig-actors\" role=\"group\" aria-label=\"Who acts \
             next?\">{actors}</div><div class=\"fig-caption\">\
             <p class=\"fig-words\" aria-live=\"polite\"></p></div>\
             <p class=\"fig-news fig-aloud\" aria-live=\"polite\"></p>\
             <dl class=\"fig-state\">{values}</dl>{}\
             <ol class=\"fig-history\" aria-label=\"The schedule so far\" \
             style=\"--steps: {}\"></ol></div>{}\
             <div class=\"fig-map\">{}{}</div></div>",
            attribute(&plain(&level.label)),
            inline(&level.goal),
            self.sentence(level, odds),
            controls(level),
            odds.longest,
            panel_beside(self.code(nth), printed),
            map::svg(level, recorded, &label),
            legend(level),
        ))
    }

    /// How many schedules there are, and how many lose.
    fn sentence(&self, level: &Level, odds: &Odds) -> String {
        let losing = self.losing(level, odds);
        let verb = if losing == 1 { "loses" } else { "lose" };
        format!(
            "<span class=\"fig-odds\">{} of {} schedules {verb}.</span>",
            thousands(losing),
            thousands(odds.schedules)
        )
    }

    /// On paper: how the schedules end, and one of them as a table.
    fn still(
        &self,
        nth: usize,
        level: &Level,
        recorded: &Recorded,
        odds: &Odds,
    ) -> Result<String, String> {
        let mut html = format!(
            "<div class=\"fig-still-run\"><p><strong>{}.</strong> {} {}</p>\
             <ul>",
            inline(&level.label),
            inline(&level.goal),
            self.sentence(level, odds)
        );
        for end in &level.end {
            let count = odds.ends.get(&end.id).copied().unwrap_or(0);
            let _ = write!(
                html,
                "<li><strong>{}</strong> ({}): {}</li>",
                inline(&end.label),
                thousands(count),
                inline(&end.why)
            );
        }
        html += "</ul>";
        html += &self.table(nth, level, recorded)?;
        Ok(html + "</div>")
    }

    /// The schedule that a level shows. Each row has the address of the
    /// schedule up to there; the script takes it for the live form.
    fn table(
        &self,
        nth: usize,
        level: &Level,
        recorded: &Recorded,
    ) -> Result<String, String> {
        let states: Vec<_> = self.definition.states(&level.id).collect();
        let way = self.way(level, recorded)?;
        let address = format!("figure-{}.{}", self.name, level.id);
        let mut html = format!(
            "<div class=\"table-wrapper\"><table id=\"{address}\"><caption>{}: \
             a schedule of {} steps: <code>{}</code></caption><thead><tr>\
             <th scope=\"col\">Step</th><th scope=\"col\">Who acts</th>\
             <th scope=\"col\">What happens</th>",
            inline(&show(level).map_or(String::new(), |e| e.label.clone())),
            way.len(),
            escape(&recorded.command),
        );
        for state in &states {
            let _ =
                write!(html, "<th scope=\"col\">{}</th>", inline(&state.label));
        }
        html += "</tr></thead><tbody>";
        let mut before = &recorded.states[0];
        let mut letters = String::new();
        for (index, &(actor, to)) in way.iter().enumerate() {
            let lane = &self.definition.lane[actor];
            letters.push(lane.key);
            let stand = self.stand(nth, level, &before.actors[actor])?;
            let source = before.actors[actor].source.as_ref();
            let line = source.map_or("", |source| &source.text);
            let _ = write!(
                html,
                "<tr id=\"{address}.{letters}\"><td>{}</td><td>{}</td>\
                 <td>{}<br><code class=\"fig-raw\">{}</code></td>",
                index + 1,
                escape(&lane.label),
                inline(stand.words.unwrap_or(DONE)),
                escape(line)
            );
            before = &recorded.states[to];
            for state in &states {
                let _ = write!(
                    html,
                    "<td>{}</td>",
                    escape(&before.values[&state.id])
                );
            }
            html += "</tr>";
        }
        Ok(html + "</tbody></table></div>")
    }

    /// What the script needs to know of a level. Words are told by numbers:
    /// the same few stand in many states.
    fn data(
        &self,
        nth: usize,
        level: &Level,
        recorded: &Recorded,
    ) -> Result<Json, String> {
        let mut words: Vec<String> = Vec::new();
        let mut number = |text: String| {
            let known = words.iter().position(|own| *own == text);
            known.unwrap_or_else(|| {
                words.push(text);
                words.len() - 1
            })
        };
        let mut states = Vec::new();
        for state in &recorded.states {
            let mut actors = Vec::new();
            for actor in &state.actors {
                let stand = self.stand(nth, level, actor)?;
                let words = number(inline(stand.words.unwrap_or(DONE)));
                actors.push(json!([words, stand.line, actor.to]));
            }
            let values: Vec<usize> = self
                .definition
                .states(&level.id)
                .map(|shown| number(escape(&state.values[&shown.id])))
                .collect();
            states.push(json!([actors, values, end_of(level, state)]));
        }
        let way = self.way(level, recorded)?;
        let way: Vec<usize> = way.into_iter().map(|(actor, _)| actor).collect();
        let ends: Vec<Json> = level
            .end
            .iter()
            .map(|end| json!([inline(&end.label), inline(&end.why), end.loses]))
            .collect();
        Ok(json!({
            "id": level.id,
            "words": words,
            "states": states,
            "ends": ends,
            "show": way,
        }))
    }

    fn provenance(&self, address: &str) -> String {
        let recorded = &self.recording.recorded;
        let note = match self.definition.note.as_str() {
            "" => String::new(),
            note => format!(" {}", inline(note)),
        };
        format!(
            "<p class=\"fig-how\"><a href=\"{address}\">Enumerated</a> by \
             <code>{}</code>: {}{note}</p>",
            escape(&recorded.command),
            escape(&recorded.sentence()),
        )
    }
}

/// The end of a state, by its number among those that are defined.
fn end_of(level: &Level, state: &Node) -> Option<usize> {
    let id = state.end.as_ref()?;
    level.end.iter().position(|end| end.id == *id)
}

/// The end that a level shows.
fn show(level: &Level) -> Option<&End> {
    level.end.iter().find(|end| end.id == level.show)
}

fn controls(level: &Level) -> String {
    let button = |go: &str, name: &str| {
        format!("<button type=\"button\" data-go=\"{go}\">{name}</button>")
    };
    let label = show(level).map_or("", |end| &end.label);
    format!(
        "<div class=\"fig-controls\">{}{}{}<button type=\"button\" \
         data-go=\"show\" aria-label=\"Show one: {}\">Show one</button></div>",
        button("undo", "Undo"),
        button("redo", "Redo"),
        button("restart", "Restart"),
        attribute(&plain(label)),
    )
}

/// What the shapes of the map mean.
fn legend(level: &Level) -> String {
    let lost = level.end.iter().find(|end| end.loses);
    let lost = lost.map_or(String::new(), |end| {
        format!(
            "<li><span class=\"fig-key fig-key-lost\"></span>{}</li>",
            inline(&end.label)
        )
    });
    format!(
        "<ul class=\"fig-legend\" aria-hidden=\"true\"><li><span class=\"fig-key \
         fig-key-node\"></span>state</li><li><span class=\"fig-key \
         fig-key-now\"></span>you are here</li><li><span class=\"fig-key \
         fig-key-end\"></span>end</li>{lost}</ul>"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::graph::tests::baker;

    fn data(html: &str) -> Json {
        let (_, data) = html.split_once("application/json\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        assert!(!data.contains('<'), "{data}");
        serde_json::from_str(data).unwrap()
    }

    #[test]
    fn it_is_one_html_block_and_its_data_leads_from_state_to_state() {
        let graph = baker();
        let html = graph.html("../figures/baker.json").unwrap();
        assert!(!html.contains('\n'));
        let data = data(&html);
        let states = data["levels"][0]["states"].as_array().unwrap();
        // What the button shows leads from the first state to that end.
        let mut at = 0;
        for actor in data["levels"][0]["show"].as_array().unwrap() {
            let actor = usize::try_from(actor.as_u64().unwrap()).unwrap();
            at = usize::try_from(states[at][0][actor][2].as_u64().unwrap())
                .unwrap();
        }
        let end = usize::try_from(states[at][2].as_u64().unwrap()).unwrap();
        assert_eq!(data["levels"][0]["ends"][end][2], true);
    }

    #[test]
    fn each_level_says_how_many_schedules_there_are_and_how_many_lose() {
        let graph = baker();
        let html = graph.html("../figures/baker.json").unwrap();
        for (level, _) in graph.levels() {
            let odds = graph.odds(&level.id).unwrap();
            let losing = graph.losing(level, &odds);
            let verb = if losing == 1 { "loses" } else { "lose" };
            let says =
                format!("{losing} of {} schedules {verb}.", odds.schedules);
            // Live and still.
            assert_eq!(html.matches(&says).count(), 2, "{says}");
        }
    }

    #[test]
    fn code_that_levels_share_is_printed_once() {
        let graph = baker();
        let html = graph.html("../figures/baker.json").unwrap();
        let mut parts: Vec<&Part> = Vec::new();
        let mut again = 0;
        for (nth, _) in graph.levels().enumerate() {
            for part in graph.code(nth) {
                match parts.contains(&part) {
                    true => again += 1,
                    false => parts.push(part),
                }
            }
        }
        assert!(again > 0, "no level shares a part");
        assert_eq!(html.matches(" data-part=").count(), parts.len());
        assert_eq!(html.matches(" data-same=").count(), again);
    }

    #[test]
    fn the_still_form_has_the_schedule_as_a_table_with_addresses() {
        let graph = baker();
        let html = graph.html("../figures/baker.json").unwrap();
        let schedule = graph.schedule("late", "burnt").unwrap();
        let letters: String = schedule.iter().map(|lane| &lane[..1]).collect();
        let row = format!("<tr id=\"figure-baker.late.{letters}\">");
        assert!(html.contains(&row), "{row}");
        assert!(html.contains("<table id=\"figure-baker.early\">"));
        let own = html.matches(" id=\"figure-baker").count();
        assert_eq!(html.matches(" id=").count(), own);
    }
}
