//! Outbound: from a submission to a letter handed over.
//!
//! ```text
//! queue -> intake -> LEDGER -> lane (seal, post) -> partner's mailbox
//! ```
//!
//! - [`intake`]: claims are read, committed, acknowledged.
//! - [`admission`]: whether a submission is taken; [`objections`]: what partners
//!   would refuse of it. - [`rejection`]: what a producer gets back.
//! - [`lane`]: a partner's workers. - [`circuits`]: whom they leave alone.
//! - [`standing`]: to whom they have a connection.
//! - [`sealing`]: the letter.
//! - [`verdict`]: what an attempt's outcome means. - [`clockwork`],
//!   [`awaiting`] and [`endings`]: what happens because time passes.
//!
//! Policy without protocol: nothing here knows AMQP, SMTP, SQL or CMS.

pub mod admission;
pub mod awaiting;
pub mod circuits;
pub mod clockwork;
pub mod endings;
pub mod intake;
pub mod lane;
pub mod objections;
pub mod rejection;
pub mod sealing;
pub mod standing;
pub mod verdict;
