//! Receipts: evidence from the other side, written and judged.
//!
//! Pure: octets and a time in, values out.
//!
//! - [`asked`]: what receipt a proven letter asks for;
//! - [`disposition`], [`digest`], [`fields`]: what stands in one, as peers
//!   write it;
//! - [`xtext`]: what asks for such reports.
//!
//! Never here: a decision to send, a delivery's state, the ledger.

pub mod asked;
pub mod code;
pub mod digest;
pub mod disposition;
pub mod fields;
pub mod xtext;

pub use asked::{Asked, Options, Unsupported};
pub use code::{Effect, Fault, ReceiptCode};
pub use digest::{Digests, Mic};
pub use disposition::{Answer, Disposition};
pub use fields::MessageId;
pub use xtext::ReportRequest;
