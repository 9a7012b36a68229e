//! All states of a level as a picture: a dot for each, a line for each step.
//! What was visited is the script's to mark.

use std::fmt::Write as _;

use super::count::{depths, forward};
use super::definition::Level;
use super::recording::Recorded;
use crate::text::attribute;

/// From the first state to the ends, in units of the picture.
const COLUMN: usize = 40;
/// Between two states that are equally far from the first.
const ROW: usize = 18;
/// Around all of it.
const EDGE: usize = 12;

/// The map; `label` says what it shows.
pub(super) fn svg(level: &Level, recorded: &Recorded, label: &str) -> String {
    let states = &recorded.states;
    // That no state leads back is checked on load.
    let order = forward(states).unwrap_or_default();
    let depth = depths(states, &order);
    let columns = 1 + depth.iter().copied().max().unwrap_or(0);
    let rows = rows(recorded, &order, &depth, columns);
    let tallest = depth.iter().fold(vec![0; columns], |mut count, &depth| {
        count[depth] += 1;
        count
    });
    let most = tallest.iter().copied().max().unwrap_or(1);
    let width = 2 * EDGE + COLUMN * (columns - 1);
    let height = 2 * EDGE + ROW * (most - 1);
    let at = |state: usize| {
        let column = depth[state];
        // Each column is centred.
        let above = ROW * (most - tallest[column]);
        let y = EDGE as f64 + (above as f64) / 2.0;
        (EDGE + COLUMN * column, y + (ROW * rows[state]) as f64)
    };
    let mut svg = format!(
        "<svg class=\"fig-svg fig-graph\" role=\"img\" \
         viewBox=\"0 0 {width} {height}\" aria-label=\"{}\">",
        attribute(label)
    );
    for (from, state) in states.iter().enumerate() {
        for (actor, to) in state.moves() {
            let ((x1, y1), (x2, y2)) = (at(from), at(to));
            let _ = write!(
                svg,
                "<line data-step=\"{from}-{actor}\" x1=\"{x1}\" y1=\"{y1}\" \
                 x2=\"{x2}\" y2=\"{y2}\"/>"
            );
        }
    }
    for (index, state) in states.iter().enumerate() {
        let (x, y) = at(index);
        let end = state.end.as_ref();
        let end = end.and_then(|id| level.end.iter().find(|e| e.id == *id));
        let shape = match end {
            None => format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"4\"/>"),
            Some(end) => {
                let cross = if end.loses {
                    format!(
                        "<path d=\"M{} {}l6 6m0 -6l-6 6\"/>",
                        x - 3,
                        y - 3.0
                    )
                } else {
                    String::new()
                };
                format!(
                    "<rect x=\"{}\" y=\"{}\" width=\"12\" \
                     height=\"12\"/>{cross}",
                    x - 6,
                    y - 6.0
                )
            }
        };
        let _ = write!(svg, "<g data-node=\"{index}\">{shape}</g>");
    }
    svg + "</svg>"
}

/// The place of each state within its column: near the states that lead to
/// it, so that few lines cross.
fn rows(
    recorded: &Recorded,
    order: &[usize],
    depth: &[usize],
    columns: usize,
) -> Vec<usize> {
    let mut rows = vec![0_usize; depth.len()];
    let mut pulls = vec![(0.0_f64, 0_u32); depth.len()];
    for column in 0..columns {
        let mut here: Vec<usize> = order
            .iter()
            .copied()
            .filter(|&state| depth[state] == column)
            .collect();
        let pull = |state: usize| match pulls[state] {
            (_, 0) => 0.0,
            (sum, count) => sum / f64::from(count),
        };
        here.sort_by(|&a, &b| pull(a).total_cmp(&pull(b)).then(a.cmp(&b)));
        let middle = (here.len() as f64 - 1.0) / 2.0;
        for (row, &state) in here.iter().enumerate() {
            rows[state] = row;
            let moves: Vec<_> = recorded.states[state].moves().collect();
            let half = (moves.len() as f64 - 1.0) / 2.0;
            for (nth, (_, to)) in moves.into_iter().enumerate() {
                // Of the steps from a state, the first goes above the others.
                pulls[to].0 += row as f64 - middle + (nth as f64 - half) / 4.0;
                pulls[to].1 += 1;
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use crate::graph::tests::baker;

    #[test]
    fn each_state_and_each_step_is_drawn_once_and_in_its_own_place() {
        let graph = baker();
        let (level, recorded) = graph.levels().next().unwrap();
        let svg = super::svg(level, recorded, "a \"map\"");
        let steps = recorded.states.iter().flat_map(|s| s.moves()).count();
        assert_eq!(svg.matches("data-node=").count(), recorded.states.len());
        assert_eq!(svg.matches("<line ").count(), steps);
        assert!(svg.contains("a &quot;map&quot;"));
        let lost = recorded
            .states
            .iter()
            .filter(|state| state.end.as_deref() == Some("burnt"));
        assert_eq!(svg.matches("<path ").count(), lost.count());
        let mut places: Vec<&str> = svg
            .split("<circle ")
            .skip(1)
            .filter_map(|circle| circle.split(" r=").next())
            .collect();
        let count = places.len();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), count);
    }
}
