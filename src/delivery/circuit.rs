//! A circuit: what is not reached is left alone, and tried by one at a time.
//!
//! It opens after some failures in a row. While it is open nobody goes, but
//! for one trial at each step of the retry schedule; a trial that succeeds
//! closes it, one that fails leads to the next step.

use super::schedule::Clocks;
use crate::clock::Timestamp;

//------------ Circuit -------------------------------------------------------

/// Whether something is reached, as far as is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Circuit {
    /// So many failures in a row open it.
    limit: u32,
    /// Failures in a row while it is closed.
    failures: u32,
    open: Option<Opened>,
    /// Somebody tries just now.
    trying: bool,
}

/// An open circuit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Opened {
    pub since: Timestamp,
    /// Trials since then that failed.
    pub trials: u32,
    /// When the next one may go.
    pub again_at: Timestamp,
}

/// Who may go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// Everybody.
    Free,
    /// Nobody before that time.
    Rest(Timestamp),
    /// Whoever asked, alone; the others hear [`Way::Tried`] until it is told
    /// how that went.
    Try,
    /// Nobody until whoever tries is back.
    Tried,
}

impl Circuit {
    /// A closed circuit that `limit` failures in a row open.
    pub const fn new(limit: u32) -> Self {
        Circuit { limit, failures: 0, open: None, trying: false }
    }

    /// A circuit that was found open on record.
    pub const fn opened(limit: u32, opened: Opened) -> Self {
        Circuit { limit, failures: limit, open: Some(opened), trying: false }
    }

    /// Since when it is open, and when it is tried; nothing if it is closed.
    pub const fn is_open(&self) -> Option<Opened> {
        self.open
    }

    /// Whether anything is held against it.
    pub const fn is_spotless(&self) -> bool {
        self.failures == 0 && self.open.is_none()
    }

    /// Who may go at `at`. [`Way::Try`] is said once, until it is told how
    /// that went.
    pub fn ask(&mut self, at: Timestamp) -> Way {
        match self.open {
            None => Way::Free,
            Some(_) if self.trying => Way::Tried,
            Some(opened) if opened.again_at > at => Way::Rest(opened.again_at),
            Some(_) => {
                self.trying = true;
                Way::Try
            }
        }
    }

    /// Whoever was to try did not: somebody else may.
    pub fn untried(&mut self) {
        self.trying = false;
    }

    /// Somebody failed at `at`; whether it is open with that, or a step on.
    ///
    /// What fails beside a trial of an open circuit began before it opened,
    /// and says nothing new. `jitter` is a fraction from 0 to 1.
    pub fn failed(&mut self, at: Timestamp, clocks: &Clocks, jitter: f64) -> bool {
        match (&mut self.open, self.trying) {
            (Some(_), false) => false,
            (Some(opened), true) => {
                opened.trials = opened.trials.saturating_add(1);
                opened.again_at = at.plus(clocks.next(opened.trials.saturating_add(1), jitter));
                self.trying = false;
                true
            }
            (None, _) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures < self.limit {
                    return false;
                }
                let again_at = at.plus(clocks.next(1, jitter));
                self.open = Some(Opened { since: at, trials: 0, again_at });
                self.trying = false;
                true
            }
        }
    }

    /// Somebody got through: it is closed; what it was before, if open.
    pub fn succeeded(&mut self) -> Option<Opened> {
        (self.failures, self.trying) = (0, false);
        self.open.take()
    }

    /// What is known may be out of date: the next trial may go at once.
    pub fn hurry(&mut self, at: Timestamp) {
        if let Some(opened) = &mut self.open {
            opened.again_at = opened.again_at.min(at);
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_795_000_000_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn clocks() -> Clocks {
        Clocks { jitter: 0.0, ..Clocks::default() }
    }

    #[test]
    fn three_in_a_row_open_it() {
        let mut circuit = Circuit::new(3);
        for _twice in 0..2 {
            assert!(!circuit.failed(AT, &clocks(), 0.0));
        }
        assert_eq!(circuit.succeeded(), None);
        for _twice in 0..2 {
            assert!(!circuit.failed(AT, &clocks(), 0.0));
        }
        assert_eq!(circuit.ask(AT), Way::Free);
        assert!(circuit.failed(AT, &clocks(), 0.0));
        assert_eq!(circuit.ask(AT), Way::Rest(AT.plus(MINUTE)));
        // One that had set out before it opened.
        assert!(!circuit.failed(AT, &clocks(), 0.0));
        assert_eq!(circuit.is_open().map(|opened| opened.trials), Some(0));
    }

    #[test]
    fn one_trial_a_step() {
        let mut circuit = Circuit::new(1);
        assert!(circuit.failed(AT, &clocks(), 0.0));
        let mut at = AT;
        let mut waits = Vec::new();
        for _trial in 0..9 {
            let Way::Rest(until) = circuit.ask(at) else { panic!("{circuit:?}") };
            waits.push(until.since(at).as_secs() / 60);
            at = until;
            assert_eq!(circuit.ask(at), Way::Try);
            assert_eq!(circuit.ask(at), Way::Tried);
            circuit.untried();
            assert_eq!(circuit.ask(at), Way::Try);
            assert!(circuit.failed(at, &clocks(), 0.0));
        }
        assert_eq!(waits, [1, 5, 15, 30, 60, 90, 120, 120, 120]);
        circuit.hurry(at);
        assert_eq!(circuit.ask(at), Way::Try);
        assert_eq!(circuit.succeeded().map(|opened| opened.since), Some(AT));
        assert_eq!(circuit.ask(at), Way::Free);
        assert!(circuit.is_spotless());
    }
}
