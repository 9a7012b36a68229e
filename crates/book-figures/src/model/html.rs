//! A model as HTML: the live form, where the reader works on it, and all that
//! its script needs to know. `still` has the other form.
//!
//! Each `id` begins with the figure's, because a print page may have all pages
//! in one.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::definition::{Action, Run};
use super::drawing::{self, Piece};
use super::figure::Model;
use super::recording::{Move, Recorded};
use crate::text::{attribute, escape, inline, plain, thousands};

impl Model {
    /// The figure as it stands in a page. `recording` is the address of the
    /// recording's file, to which the figure links.
    ///
    /// All of it is on one line: in markdown, HTML ends at a blank line.
    ///
    /// # Errors
    /// When something that can be done has no words, or a challenge no
    /// solution.
    pub fn html(&self, recording: &str) -> Result<String, String> {
        let definition = &self.definition;
        let pieces = drawing::pieces(definition, &self.recording);
        let data = self.data(&pieces)?.to_string();
        // Nothing in it may look like the end of the script.
        let data = data.replace('<', "\\u003c");
        let svg = drawing::svg(definition, &pieces, None, &definition.alt);
        let html = format!(
            "<figure class=\"recorded\" id=\"figure-{}\">\
             <figcaption>{}</figcaption><by-hand-model>\
             <div class=\"fig-live\">{}{}\
             <div class=\"fig-bench\" tabindex=\"0\" role=\"group\" \
             aria-label=\"{}\"><div class=\"fig-object\">{svg}</div>{}</div>\
             </div><div class=\"fig-still\">{}</div>{}\
             <script type=\"application/json\">{data}</script>\
             </by-hand-model></figure>",
            self.name,
            inline(&definition.title),
            self.chooser(),
            self.tasks(),
            attribute(&plain(&definition.title)),
            self.desk(),
            self.still(&pieces)?,
            self.provenance(recording),
        );
        Ok(html.replace('\n', " "))
    }

    /// The runs, to choose from.
    fn chooser(&self) -> String {
        let mut html =
            "<fieldset class=\"fig-runs\"><legend>Variant</legend>".to_owned();
        for (index, run) in self.definition.run.iter().enumerate() {
            let checked = if index == 0 { " checked" } else { "" };
            let _ = write!(
                html,
                "<label><input type=\"radio\" name=\"figure-{}\" \
                 value=\"{index}\" autocomplete=\"off\"{checked}>\
                 <span>{}</span></label>",
                self.name,
                inline(&run.label)
            );
        }
        html + "</fieldset>"
    }

    /// The challenges. What is said of a solution is the script's to put in.
    fn tasks(&self) -> String {
        let mut html = "<ol class=\"fig-tasks\">".to_owned();
        for (nth, challenge) in self.definition.challenge.iter().enumerate() {
            let _ = write!(
                html,
                "<li data-task=\"{nth}\"><div class=\"fig-task\">\
                 <div class=\"fig-goal-words\">{}</div></div>\
                 <span class=\"fig-ways\"></span>\
                 <button type=\"button\" data-show=\"{nth}\" \
                 aria-label=\"Show a way: {}\">Show</button></li>",
                inline(&challenge.goal),
                attribute(&plain(&challenge.goal)),
            );
        }
        html + "</ol>"
    }

    /// What can be done, what was done, and the way back.
    fn desk(&self) -> String {
        let mut groups: Vec<(&str, String)> = Vec::new();
        for (nth, action) in self.definition.action.iter().enumerate() {
            let own = button(nth, action);
            match groups.last_mut() {
                Some((who, all)) if *who == action.who => *all += &own,
                _ => groups.push((&action.who, own)),
            }
        }
        let mut html =
            "<div class=\"fig-desk\"><div class=\"fig-acts\">".to_owned();
        for (who, buttons) in groups {
            let _ = write!(
                html,
                "<div class=\"fig-group\" role=\"group\" aria-label=\"{}\">\
                 <span aria-hidden=\"true\">{}</span>{buttons}</div>",
                attribute(&plain(who)),
                inline(who)
            );
        }
        let go = |go: &str, name: &str| {
            format!("<button type=\"button\" data-go=\"{go}\">{name}</button>")
        };
        html + &format!(
            "</div><div class=\"fig-caption\">\
             <p class=\"fig-words\" aria-live=\"polite\"></p></div>\
             <p class=\"fig-news fig-aloud\" aria-live=\"polite\"></p>\
             <div class=\"fig-controls\">{}{}{}</div>\
             <ol class=\"fig-history\" aria-label=\"What was done\"></ol></div>",
            go("undo", "Undo"),
            go("redo", "Redo"),
            go("restart", "Start again"),
        )
    }

    /// What the script needs to know.
    fn data(&self, pieces: &[Piece]) -> Result<Json, String> {
        let definition = &self.definition;
        let mut words = Vec::new();
        let runs = self
            .runs()
            .map(|(run, recorded)| self.run(run, recorded, pieces, &mut words))
            .collect::<Result<Vec<_>, _>>()?;
        let tasks: Vec<String> = definition
            .challenge
            .iter()
            .map(|c| inline(&c.why))
            .collect();
        let keys: Vec<char> = definition.action.iter().map(|a| a.key).collect();
        let labels: Vec<String> =
            definition.action.iter().map(|a| plain(&a.label)).collect();
        let told: Vec<String> =
            definition.told().map(|(_, label)| plain(label)).collect();
        Ok(json!({
            "alt": plain(&definition.alt),
            "start": inline(&definition.start),
            "keys": keys,
            "labels": labels,
            "told": told,
            "tasks": tasks,
            "words": words,
            "runs": runs,
        }))
    }

    /// A run: its states, and the ways to what the challenges ask for. Words
    /// are told by numbers: the same few stand in many states.
    fn run(
        &self,
        run: &Run,
        recorded: &Recorded,
        pieces: &[Piece],
        words: &mut Vec<String>,
    ) -> Result<Json, String> {
        let mut number = |text: String| {
            let known = words.iter().position(|own| *own == text);
            known.unwrap_or_else(|| {
                words.push(text);
                words.len() - 1
            })
        };
        let mut states = Vec::new();
        for node in &recorded.states {
            let mut moves = Vec::new();
            for (action, Move(answer, to)) in node.moves.iter().enumerate() {
                let (_, say) = self.say(run, recorded, node, action)?;
                let said = inline(&say.text.replace("{answer}", answer));
                moves.push(json!([number(said), to]));
            }
            let told = self.definition.told();
            let values: Vec<usize> = told
                .map(|(id, _)| number(node.values[id].clone()))
                .collect();
            states.push(json!([drawing::bits(pieces, node), values, moves]));
        }
        let tasks: Vec<Json> = self
            .definition
            .challenge
            .iter()
            .map(|challenge| {
                let goals = recorded.states.iter().enumerate();
                let goals: Vec<usize> = goals
                    .filter(|(_, node)| challenge.state.holds(&node.values))
                    .map(|(nth, _)| nth)
                    .collect();
                let actions = self.definition.action.iter().enumerate();
                let by: Vec<usize> = actions
                    .filter(|(_, action)| challenge.by.contains(&action.id))
                    .map(|(nth, _)| nth)
                    .collect();
                let show = self.shortest(challenge, recorded);
                let show = show.unwrap_or_default();
                let show: Vec<usize> =
                    show.into_iter().map(|(action, _)| action).collect();
                json!({
                    "ways": self.sentence(challenge, recorded),
                    "goals": goals,
                    "by": by,
                    "show": show,
                })
            })
            .collect();
        Ok(json!({ "id": run.id, "states": states, "tasks": tasks }))
    }

    /// How many ways there are.
    pub(super) fn sentence(
        &self,
        challenge: &super::Challenge,
        recorded: &Recorded,
    ) -> String {
        let Some(ways) = self.ways(challenge, recorded) else {
            let count = recorded.states.len() as u64;
            return format!("no way in {} states", thousands(count));
        };
        let plural = |count: u64, what: &str| {
            let s = if count == 1 { "" } else { "s" };
            format!("{} {what}{s}", thousands(count))
        };
        let steps = plural(ways.least as u64, "step");
        format!("{steps}, {}", plural(ways.count, "way"))
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

fn button(nth: usize, action: &Action) -> String {
    format!(
        "<button type=\"button\" class=\"fig-act\" data-action=\"{nth}\">\
         <kbd>{}</kbd>{}</button>",
        action.key.to_ascii_uppercase(),
        inline(&action.label)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use crate::model::tests::counter;

    fn html() -> String {
        counter().html("../figures/counter.json").unwrap()
    }

    fn data(html: &str) -> Json {
        let (_, data) = html.split_once("application/json\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        assert!(!data.contains('<'), "{data}");
        serde_json::from_str(data).unwrap()
    }

    fn numbers(list: &Json) -> Vec<usize> {
        let all = list.as_array().unwrap().iter();
        all.map(|n| usize::try_from(n.as_u64().unwrap()).unwrap())
            .collect()
    }

    #[test]
    fn it_is_one_html_block_and_what_it_shows_meets_each_challenge() {
        let html = html();
        assert!(!html.contains('\n'));
        let data = data(&html);
        let mut shown = 0;
        for run in data["runs"].as_array().unwrap() {
            for task in run["tasks"].as_array().unwrap() {
                let way = numbers(&task["show"]);
                let goals = numbers(&task["goals"]);
                // No way, no state.
                assert_eq!(way.is_empty(), goals.is_empty());
                let mut at = 0;
                for action in &way {
                    let to = &run["states"][at][2][action][1];
                    at = usize::try_from(to.as_u64().unwrap()).unwrap();
                }
                assert!(way.is_empty() || goals.contains(&at));
                shown += way.len();
            }
        }
        assert!(shown > 3, "{shown}");
    }

    #[test]
    fn each_challenge_says_how_many_ways_there_are() {
        let data = data(&html());
        let ways = |run: usize, task: usize| {
            data["runs"][run]["tasks"][task]["ways"].as_str().unwrap()
        };
        assert_eq!(ways(0, 0), "no way in 4 states");
        assert_eq!(ways(1, 0), "3 steps, 1 way");
        assert_eq!(ways(0, 1), "1 step, 1 way");
    }

    #[test]
    fn buttons_of_one_actor_stand_together() {
        let html = html();
        let group = "<div class=\"fig-group\" role=\"group\" ";
        assert_eq!(html.matches(group).count(), 3);
        assert_eq!(html.matches("data-action=").count(), 3);
        assert!(html.contains("<kbd>B</kbd>Bake</button>"));
    }

    #[test]
    fn words_have_the_answer_in_them() {
        let data = data(&html());
        let words = data["words"].as_array().unwrap();
        let has = |text: &str| words.iter().any(|own| own == text);
        assert!(has("The door is closed: done."), "{words:?}");
        assert!(has("Two loaves lie on the <code>counter</code>."));
    }
}
