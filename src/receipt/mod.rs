//! Receipts: evidence from the other side, written and judged.
//!
//! Pure: octets and a time in, values out. What is looked up, the caller
//! looks up ([`Deliveries`]).
//!
//! - [`road`]: which road a letter takes, by its root;
//! - [`asked`]: what receipt a proven letter asks for;
//! - [`owed`], [`mdn`] and [`compose`]: the receipts that we send, in two forms;
//! - [`proof`] (steps 1 to 4), [`report`] (step 5), [`check`] (steps 6 to 13):
//!   the receipts that we take; [`code`] has a code for every no, and
//!   [`judgement`] says what a receipt comes to;
//! - [`disposition`], [`digest`], [`fields`], `recipient`: what stands in one,
//!   as peers write it;
//! - [`dsn`] and [`effect`]: reports from the road, which only ever fail or
//!   delay a delivery.
//!
//! Never here: a decision to send, a delivery's state, the ledger.
//! **Invariant:** a [`Judgement::Positive`] needs a pinned signature and the
//! digest of the very octets that were signed; nothing else makes one.

pub mod asked;
pub mod check;
pub mod code;
pub mod compose;
pub mod digest;
pub mod disposition;
pub mod dsn;
pub mod effect;
pub mod fields;
pub mod judgement;
pub mod mdn;
pub mod owed;
pub mod proof;
mod recipient;
pub mod report;
pub mod road;
pub mod sent;
#[cfg(test)]
mod tests;

pub use asked::{Asked, Options, Unsupported};
pub use check::{check, judge};
pub use code::{Effect, Fault, ReceiptCode};
pub use compose::{ReceiptLetter, receipt_letter, report_entity, sealed_again};
pub use digest::{Digests, Mic};
pub use disposition::{Answer, Disposition};
pub use dsn::{Action, Dsn, RecipientReport, ReversePath};
pub use effect::{DsnCode, DsnEffect, effect};
pub use fields::MessageId;
pub use judgement::{Doubt, Judgement, Receipt};
pub use mdn::{Form, MdnFacts, Reason, Said};
pub use owed::Owed;
pub use proof::{Correspondent, Desk, ProvenReport};
pub use road::Road;
pub use sent::{Deliveries, OtherOctets, Sent, SentCertificate};
