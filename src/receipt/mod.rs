//! Receipts: evidence from the other side, written and judged.
//!
//! Pure: octets and a time in, values out.
//!
//! - [`asked`]: what receipt a proven letter asks for;
//! - [`mdn`] and [`compose`]: the receipts that we send, in two forms;
//! - [`disposition`], [`digest`], [`fields`]: what stands in one, as peers
//!   write it;
//! - [`xtext`]: what asks for such reports.
//!
//! Never here: a decision to send, a delivery's state, the ledger.

pub mod asked;
pub mod code;
pub mod compose;
pub mod digest;
pub mod disposition;
pub mod fields;
pub mod mdn;
pub mod xtext;

pub use asked::{Asked, Options, Unsupported};
pub use code::{Effect, Fault, ReceiptCode};
pub use compose::{ReceiptLetter, receipt_letter, report_entity};
pub use digest::{Digests, Mic};
pub use disposition::{Answer, Disposition};
pub use fields::MessageId;
pub use mdn::{Form, MdnFacts, Reason, Said};
pub use xtext::ReportRequest;
