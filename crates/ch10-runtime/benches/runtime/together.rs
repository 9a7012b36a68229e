//! What gives several figures in one round, such as the mean and the 99th
//! percentile of the same tasks.

use testing::bench::{Result, Row};

/// A group that is measured this way.
pub struct Together {
    pub group: &'static str,
    /// What each figure is, and its unit.
    pub cases: Vec<(String, &'static str)>,
    pub rounds: usize,
    /// Whose figures, and one round of that peer.
    pub peers: Vec<(&'static str, Once)>,
}

/// One round: as many figures as there are cases. With `true`, as little of it
/// as shows that it runs.
pub type Once = fn(bool) -> Result<Vec<f64>>;

impl Together {
    /// Measures the peers in turns, and prints a row for each of their figures.
    pub fn measure(&self, quick: bool) -> Result<()> {
        let rounds = if quick { 1 } else { self.rounds };
        let mut all =
            vec![vec![Vec::new(); self.cases.len()]; self.peers.len()];
        for round in 0..rounds {
            for turn in 0..self.peers.len() {
                let peer = (round + turn) % self.peers.len();
                let figures = self.peers[peer].1(quick)?;
                assert_eq!(figures.len(), self.cases.len());
                for (all, figure) in all[peer].iter_mut().zip(figures) {
                    all.push(figure);
                }
            }
        }
        for (index, (case, unit)) in self.cases.iter().enumerate() {
            for ((peer, _), figures) in self.peers.iter().zip(&all) {
                Row {
                    group: self.group,
                    peer,
                    case,
                    unit,
                    per_iteration: 1,
                }
                .print(&figures[index])?;
            }
        }
        Ok(())
    }
}

/// The mean of these, the median and the 99th percentile.
pub fn mean_median_p99(mut figures: Vec<f64>) -> [f64; 3] {
    figures.sort_by(f64::total_cmp);
    let mean = figures.iter().sum::<f64>() / figures.len() as f64;
    let part = |hundredths| figures[(figures.len() - 1) * hundredths / 100];
    [mean, part(50), part(99)]
}
