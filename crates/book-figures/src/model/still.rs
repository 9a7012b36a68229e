//! A model on paper, and for readers without JavaScript: a solution of each
//! challenge as a table of states, and the picture of the last one.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::definition::Challenge;
use super::drawing::{self, Piece};
use super::figure::Model;
use crate::text::{escape, inline, plain};

impl Model {
    /// All challenges. A row of a table has the address of what was done up to
    /// there; the script takes it for the live form.
    pub(super) fn still(&self, pieces: &[Piece]) -> Result<String, String> {
        let mut html = String::new();
        // Two solutions may begin alike: the first has the address.
        let mut taken = HashSet::new();
        for (nth, challenge) in self.definition.challenge.iter().enumerate() {
            html += &self.solved(nth, challenge, pieces, &mut taken)?;
        }
        Ok(html)
    }

    fn solved(
        &self,
        nth: usize,
        challenge: &Challenge,
        pieces: &[Piece],
        taken: &mut HashSet<String>,
    ) -> Result<String, String> {
        let (own, way) = self.solution(challenge)?;
        let (run, recorded) = self.runs().nth(own).ok_or("no such run")?;
        let ways: Vec<String> = self
            .runs()
            .map(|(run, recorded)| {
                let ways = self.sentence(challenge, recorded);
                format!("{}: {ways}", inline(&run.label))
            })
            .collect();
        let mut html = format!(
            "<div class=\"fig-still-run\"><p><strong>{}. {}</strong> {}</p>\
             <p class=\"fig-ways\">{}.</p>",
            nth + 1,
            inline(&challenge.goal),
            inline(&challenge.why),
            ways.join("; "),
        );
        let mut id = |address: String| {
            let is_new = taken.insert(address.clone());
            is_new.then(|| format!(" id=\"{address}\""))
        };
        let address = format!("figure-{}.{}", self.name, run.id);
        let mut table = format!(
            "<div class=\"table-wrapper\"><table{}><caption>{}: \
             <code>{}</code></caption><thead><tr><th scope=\"col\">Step</th>\
             <th scope=\"col\">What happens</th>",
            id(address.clone()).unwrap_or_default(),
            inline(&run.label),
            escape(&recorded.command),
        );
        let told: Vec<(&str, &str)> = self.definition.told().collect();
        for (_, label) in &told {
            let _ = write!(table, "<th scope=\"col\">{}</th>", inline(label));
        }
        table += "</tr></thead><tbody>";
        let first = recorded.states.first().ok_or("no state")?;
        let row = |node: &super::Node| -> String {
            let cells = told.iter().map(|(id, _)| escape(&node.values[*id]));
            cells.map(|cell| format!("<td>{cell}</td>")).collect()
        };
        let _ = write!(table, "<tr><td>0</td><td></td>{}</tr>", row(first));
        let mut before = first;
        let mut letters = String::new();
        for (step, &(action, to)) in way.iter().enumerate() {
            letters.push(self.definition.action[action].key);
            let (_, say) = self.say(run, recorded, before, action)?;
            let answer = &before.moves[action].0;
            before = &recorded.states[to];
            let _ = write!(
                table,
                "<tr{}><td>{}</td><td><strong>{}.</strong> {}</td>{}</tr>",
                id(format!("{address}.{letters}")).unwrap_or_default(),
                step + 1,
                inline(&self.definition.action[action].label),
                inline(&say.text.replace("{answer}", answer)),
                row(before),
            );
        }
        table += "</tbody></table></div>";
        let label = format!("{} {}", self.definition.alt, challenge.goal);
        html += &table;
        html += &drawing::svg(
            &self.definition,
            pieces,
            Some(before),
            &plain(&label),
        );
        Ok(html + "</div>")
    }
}

#[cfg(test)]
mod tests {
    use crate::model::tests::{JSON, TOML, counter};
    use crate::model::{Definition, Model};

    #[test]
    fn each_solution_is_a_table_whose_rows_have_addresses() {
        let html = counter().html("../figures/counter.json").unwrap();
        for row in ["large.b", "large.bb", "large.bbc", "small.c"] {
            let row = format!("<tr id=\"figure-counter.{row}\">");
            assert_eq!(html.matches(&row).count(), 1, "{row}");
        }
        let own = html.matches(" id=\"figure-counter").count();
        assert_eq!(html.matches(" id=").count(), own);
        assert!(html.contains(
            "A small counter: no way in 4 states; A large counter: 3 steps, \
             1 way."
        ));
        // Two pictures in it, and the live one.
        assert_eq!(html.matches("<svg ").count(), 3);
    }

    #[test]
    fn an_address_is_given_once() {
        let toml =
            TOML.replace("run = \"small\"", "run = \"large\"\nway = \"bbc\"");
        let definition = Definition::parse("c.toml", &toml).unwrap();
        let model =
            Model::recorded("counter", definition, ("c.json", JSON)).unwrap();
        let html = model.html("../figures/counter.json").unwrap();
        assert_eq!(html.matches("id=\"figure-counter.large.bb\"").count(), 1);
        assert_eq!(html.matches("id=\"figure-counter.large\"").count(), 1);
        assert_eq!(html.matches("<tbody>").count(), 2);
    }
}
