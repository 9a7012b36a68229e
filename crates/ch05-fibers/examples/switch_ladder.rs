//! What a switch costs, rung by rung: a round trip to a fiber and back, once
//! where the fiber yields in its first function, and once where it yields in a
//! function that this one calls. Build it with `--release`. x86-64 Unix.

#[cfg(all(unix, target_arch = "x86_64"))]
mod quiet;

#[cfg(all(unix, target_arch = "x86_64"))]
mod ladder {
    use ch05_fibers::ladder::{
        Crate, InlineJmp, InlinePaired, Loop, NakedFloat, NakedJmp, NakedRet,
        Rung,
    };
    use std::time::Instant;

    /// Rounds, and round trips in each.
    pub struct Effort(pub usize, pub usize);

    // ANCHOR: measure
    /// ns for a round trip: the median of the rounds.
    fn measure<R: Rung>(deep: bool, effort: &Effort) -> f64 {
        let mut fiber = Loop::new::<R>(deep);
        let mut rounds: Vec<f64> = (0..effort.0)
            .map(|_| {
                let start = Instant::now();
                // SAFETY: made for this rung, two lines above.
                unsafe { fiber.rounds::<R>(effort.1) };
                start.elapsed().as_secs_f64() * 1e9 / effort.1 as f64
            })
            .collect();
        rounds.sort_by(f64::total_cmp);
        rounds[effort.0 / 2]
    }
    // ANCHOR_END: measure

    /// A line of the table: the name, and both figures.
    pub type Row = (&'static str, f64, f64);

    fn row<R: Rung>(effort: &Effort) -> Row {
        let figure = |deep| measure::<R>(deep, effort);
        (R::NAME, figure(false), figure(true))
    }

    pub fn rows(effort: &Effort) -> Vec<Row> {
        vec![
            row::<NakedRet>(effort),
            row::<NakedFloat>(effort),
            row::<NakedJmp>(effort),
            row::<InlinePaired>(effort),
            row::<InlineJmp>(effort),
            row::<Crate>(effort),
        ]
    }
}

#[cfg(all(unix, target_arch = "x86_64"))]
fn main() {
    quiet::end_on_closed_pipes();
    println!("ns for a round trip                       at once in a call");
    for (name, flat, deep) in ladder::rows(&ladder::Effort(21, 100_000)) {
        println!("{name:<40} {flat:>8.1} {deep:>9.1}");
    }
}

#[cfg(not(all(unix, target_arch = "x86_64")))]
fn main() {
    println!("this program is for x86-64 Unix only");
}

/// That they switch, and come back; not how fast.
#[cfg(all(unix, target_arch = "x86_64"))]
#[test]
fn runs() {
    let rows = ladder::rows(&ladder::Effort(1, 100));
    assert_eq!(rows.len(), 6);
    for (name, flat, deep) in rows {
        assert!(flat > 0.0 && deep > 0.0, "{name}");
    }
}

#[cfg(not(all(unix, target_arch = "x86_64")))]
#[test]
fn runs() {
    main();
}
