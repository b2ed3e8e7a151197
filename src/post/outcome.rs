//! What goes into an SMTP transaction, and what comes out of it.

use std::time::Duration;

use super::reply::Status;
use crate::delivery::attempt::{Phase, Reply, Verdict};
use crate::letter::address::Address;

//------------ Envelope ------------------------------------------------------

/// Sender and recipient of one transaction (RFC 5321, section 2.3.1). One
/// recipient: then a reply to the dot is the verdict on exactly one delivery.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// MAIL FROM; absent is the null reverse path of receipts (RFC 8098,
    /// section 3).
    pub from: Option<Address>,
    pub to: Address,
    /// ENVID of RFC 3461: the letter's id, 26 characters.
    pub envelope_id: String,
}

//------------ Settings ------------------------------------------------------

/// Who we are, and how long we wait.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our name in EHLO.
    pub hostname: String,
    /// For the address, the TCP connection and TLS.
    pub connect: Duration,
    /// For every reply but the last (RFC 5321, section 4.5.3.2).
    pub reply: Duration,
    /// For the whole text, and for the reply to the final dot.
    pub final_reply: Duration,
}

//------------ Outcome -------------------------------------------------------

/// What a transaction came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    pub verdict: Verdict,
    /// How far it came.
    pub phase: Phase,
    /// Every reply of the other side, in order.
    pub replies: Vec<Reply>,
    /// One sentence for the operator.
    pub words: String,
    /// The enhanced status code of the reply that decided (RFC 3463): the
    /// lane judges by it whether a refusal is about this letter or about all.
    pub status: Option<Status>,
    /// Whether the road ended because it is not as safe as the partner's
    /// entry asks: no STARTTLS, no TLS, another certificate.
    pub is_unsafe: bool,
    /// Whether the connection may carry another transaction.
    pub reusable: bool,
}

impl Outcome {
    /// The code of the reply that decided, if a reply did.
    pub fn code(&self) -> Option<u16> {
        let deciding = self.replies.iter().rev().find(|reply| reply.phase == self.phase)?;
        (deciding.code != 0).then_some(deciding.code)
    }
}

//------------ Unreached -----------------------------------------------------

/// A road that did not lead to MAIL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unreached {
    pub outcome: Outcome,
    /// Address and port of the server; absent if there was no connection.
    pub peer: Option<String>,
    /// Version and suite; absent if TLS did not come about.
    pub tls: Option<String>,
}

//------------ Unsendable ----------------------------------------------------

/// The letter's own octets cannot go over SMTP as they are. Nothing was
/// sent, no attempt was made; a bug of ours, the delivery fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unsendable {
    /// A CR without its LF, or the other way round (SECURITY: smuggling).
    #[error("a line end at octet {at} is not CRLF")]
    LineEnd { at: usize },
    /// A line of more than 998 octets (RFC 5321, section 4.5.3.1.6).
    #[error("the line that ends at octet {at} is longer than 998 octets")]
    LineLength { at: usize },
    /// NUL, or an octet above 127: our letters are ASCII.
    #[error("octet {at} is not an ASCII character")]
    NotAscii { at: usize },
    /// The last line has no end.
    #[error("the last line does not end with CRLF")]
    NoLastLineEnd,
    /// The envelope's id does not go into ENVID (RFC 3461, section 4.4).
    #[error("the envelope id is empty, longer than 100 characters or not printable ASCII")]
    EnvelopeId,
}
