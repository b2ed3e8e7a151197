//! Posting a letter: one SMTP transaction, and what it came to.
//!
//! The only room that speaks `lettre`, and of `lettre` only its connection:
//! it writes commands and reads replies on a stream of ours.
//!
//! - [`outcome`]: what goes in and what comes out.
//! - [`connect`](connect()): the road to the server, STARTTLS and AUTH.
//! - [`survey`](survey()): the same road, to look at it.
//! - [`transaction`]: MAIL, RCPT, DATA and the dot.
//! - [`verdict`]: what a reply at a phase comes to.
//! - [`wire`]: the stream under `lettre`: keeps replies literally, caps them,
//!   and shows `lettre` only what its reader can bear.
//! - [`reply`]: replies, from octets to a code and a status.
//! - [`offers`]: what the server's EHLO reply offers.
//! - [`commands`]: MAIL and RCPT with their parameters.
//! - [`octets`]: the letter on its way: canonical, dot-stuffed.
//!
//! It holds no policy: it never retries, never looks at a clock but for time
//! limits, and never decides what a 5yz means for the partner.

pub mod commands;
pub mod connect;
pub mod octets;
pub mod offers;
pub mod outcome;
pub mod reply;
pub mod survey;
pub mod transaction;
pub mod verdict;
pub mod wire;

pub use crate::partner::Credentials;
pub use connect::connect;
pub use outcome::{Envelope, Outcome, Settings, Unreached, Unsendable};
pub use survey::{Step, Stopped, Surveyed, survey};
pub use transaction::Session;
