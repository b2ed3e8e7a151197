//! Inbound: from a letter taken in to a certificate published.
//!
//! ```text
//! mailbox -> door (commit, then 250) -> LEDGER -> judge (prove, read) -> LEDGER -> outlet
//! ```
//!
//! - [`door`]: what the SMTP door is told. - [`prove`] and `bind`: gates 1 to 8.
//! - [`judge`]: what letters come to, recorded. - [`opening`]: what they come
//!   to, and [`openers`]: the processes that say it, by the [`terms`].
//! - `agree`: whether letter and certificate say the same.
//! - [`received`]: what the domestic system gets. - [`owing`]: the receipt that
//!   the partner gets.
//! - [`reports`]: receipts and reports about what we sent.
//!
//! A letter is written down before it is answered, and opened only then: what
//! it contains never shows in an SMTP reply.

mod agree;
mod bind;
pub mod door;
pub mod judge;
pub mod openers;
pub mod opening;
pub mod owing;
pub mod prove;
pub mod received;
pub mod reports;
pub mod terms;
pub mod wire;
