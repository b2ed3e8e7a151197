//! Wakes: how the ledger tells the streets that there is something to do, so
//! that no loop has to look again and again.

use tokio::sync::watch;

//------------ Touched -------------------------------------------------------

/// What a commit left to do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Touched {
    pub(super) deliveries: bool,
    pub(super) lanes: bool,
    pub(super) letters: bool,
    pub(super) publications: bool,
}

//------------ Wakes ---------------------------------------------------------

/// Counters; each changes when a commit left something of its kind to
/// do. Wait with `changed`, then ask the ledger; `changed` after that misses
/// nothing that came in between.
#[derive(Clone, Debug)]
pub struct Wakes {
    /// A delivery may be due.
    pub deliveries: watch::Receiver<u64>,
    /// A partner was suspended or resumed by this program.
    pub lanes: watch::Receiver<u64>,
    /// A letter waits to be judged.
    pub letters: watch::Receiver<u64>,
    /// Something waits to be published: an event at the least.
    pub publications: watch::Receiver<u64>,
}

//------------ Bells ---------------------------------------------------------

/// The writer's end of [`Wakes`].
pub(super) struct Bells {
    deliveries: watch::Sender<u64>,
    lanes: watch::Sender<u64>,
    letters: watch::Sender<u64>,
    publications: watch::Sender<u64>,
}

impl Bells {
    pub(super) fn new() -> (Bells, Wakes) {
        let [deliveries, lanes, letters, publications] = [(); 4].map(|()| watch::Sender::new(0));
        let wakes = Wakes {
            deliveries: deliveries.subscribe(),
            lanes: lanes.subscribe(),
            letters: letters.subscribe(),
            publications: publications.subscribe(),
        };
        (Bells { deliveries, lanes, letters, publications }, wakes)
    }

    pub(super) fn ring(&self, touched: Touched) {
        for (bell, rings) in [
            (&self.deliveries, touched.deliveries),
            (&self.lanes, touched.lanes),
            (&self.letters, touched.letters),
            (&self.publications, touched.publications),
        ] {
            if rings {
                bell.send_modify(|count| *count = count.wrapping_add(1));
            }
        }
    }
}
