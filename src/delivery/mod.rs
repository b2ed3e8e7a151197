//! Deliveries: our duty to hand one certificate to one partner.
//!
//! Pure: a state and a trigger in, a state and an event out. What is written
//! down, and when, is the ledger's; what is tried, and when, the street's.
//!
//! - [`identity`]: what a delivery and a letter taken in are known by;
//! - [`state`]: the closed lists of kinds, states, directions and events;
//! - [`transition`]: the one table of every step a delivery can take;
//! - [`attempt`]: one SMTP transaction and what it came to;
//! - [`circuit`]: what is not reached is left alone, and tried by one;
//! - [`schedule`]: every clock, and when to try again.
//!
//! Never here: the time of day, a socket, a row.

pub mod attempt;
pub mod circuit;
pub mod identity;
pub mod schedule;
pub mod state;
pub mod transition;

pub use attempt::{NotOnList, Phase, Reply, Verdict};
pub use circuit::{Circuit, Opened, Way};
pub use identity::{DeliveryId, LetterId};
pub use schedule::{Clocks, ReceiptStep};
pub use state::{Direction, EventKind, Kind, State};
pub use transition::{Impossible, Step, TRANSITIONS, Transition, Trigger, decide};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

//------------ Reason --------------------------------------------------------

/// Why something happened: a stable code and words for a person.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Reason {
    /// A code of a closed list, as `country.unknown`, `signer.not-pinned`, `smtp.rcpt`.
    pub code: String,
    /// What happened, for a person.
    pub words: String,
}

impl Reason {
    /// A reason with `code`, explained by `words`.
    pub fn new(code: impl Into<String>, words: impl Into<String>) -> Self {
        Reason { code: code.into(), words: words.into() }
    }
}
