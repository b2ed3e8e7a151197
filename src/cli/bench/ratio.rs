//! Two pieces of work in turns, in one run: a ratio means something on a
//! noisy machine, a time by itself does not.

use std::cell::Cell;
use std::io;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use crate::runtime;

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

/// The same on every core at once: as many threads as there are cores do each
/// of the two `each` times a round. The times are of one piece of work.
///
/// # Errors
///
/// The machine gave no thread.
pub fn on_every_core(
    rounds: u32,
    each: usize,
    yardstick: impl Fn() + Send + Sync + 'static,
    work: impl Fn() + Send + Sync + 'static,
) -> io::Result<Ratio> {
    let cores = std::thread::available_parallelism()?.get();
    let refused = Cell::new(None);
    let (yardstick, work) = (Arc::new(yardstick), Arc::new(work));
    let note = |done: io::Result<()>| {
        if let Err(fault) = done {
            refused.set(Some(fault));
        }
    };
    let measured = in_turns(
        rounds,
        || note(all_at_once(cores, each, &yardstick)),
        || note(all_at_once(cores, each, &work)),
    );
    let pieces = u32::try_from(cores * each).unwrap_or(u32::MAX);
    match refused.take() {
        Some(fault) => Err(fault),
        None => Ok(Ratio {
            yardstick: measured.yardstick / pieces,
            work: measured.work / pieces,
            ratio: measured.ratio,
        }),
    }
}

fn all_at_once<F>(cores: usize, each: usize, work: &Arc<F>) -> io::Result<()>
where
    F: Fn() + Send + Sync + 'static,
{
    let together = Arc::new(Barrier::new(cores));
    let mut threads = Vec::with_capacity(cores);
    for n in 0..cores {
        let (work, together) = (Arc::clone(work), Arc::clone(&together));
        threads.push(runtime::thread(&format!("bench-{n}"), move || {
            together.wait();
            (0..each).for_each(|_| work());
        })?);
    }
    for thread in threads {
        // A panic has been told on standard error.
        let _ended = thread.join();
    }
    Ok(())
}

/// The median; nothing of nothing.
pub fn median<T: Copy + Default + PartialOrd>(all: impl Iterator<Item = T>) -> T {
    let mut all: Vec<T> = all.collect();
    all.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    all.get(all.len() / 2).copied().unwrap_or_default()
}
