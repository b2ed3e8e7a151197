//! Two pieces of work in turns, in one run: a ratio means something on a
//! noisy machine, a time by itself does not.

use std::time::{Duration, Instant};

//------------ Ratio ---------------------------------------------------------

/// What a piece of work costs, beside what it is measured by.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// The median time of the yardstick.
    pub yardstick: Duration,
    /// The median time of the work.
    pub work: Duration,
    /// The median of the rounds' own ratios, work to yardstick.
    pub ratio: f64,
}

/// Does `yardstick` and `work` in turns, `rounds` times each (at least one).
pub fn in_turns(rounds: u32, mut yardstick: impl FnMut(), mut work: impl FnMut()) -> Ratio {
    // Once for the caches and the tables that are made on first use.
    yardstick();
    work();
    let mut pairs: Vec<(Duration, Duration)> = Vec::new();
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        yardstick();
        let between = Instant::now();
        work();
        pairs.push((between - start, between.elapsed()));
    }
    let ratios = pairs.iter().map(|(yardstick, work)| {
        work.as_secs_f64() / yardstick.as_secs_f64().max(f64::MIN_POSITIVE)
    });
    Ratio {
        yardstick: median(pairs.iter().map(|(yardstick, _)| *yardstick)),
        work: median(pairs.iter().map(|(_, work)| *work)),
        ratio: median(ratios),
    }
}

fn median<T: Copy + Default + PartialOrd>(all: impl Iterator<Item = T>) -> T {
    let mut all: Vec<T> = all.collect();
    all.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    all.get(all.len() / 2).copied().unwrap_or_default()
}
