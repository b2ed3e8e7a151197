//! What the inbound street says to the ledger, and what it hears; and what
//! the publisher takes from it.

use crate::certificate::{ContentDigest, Facts};
use crate::clock::Timestamp;
use crate::delivery::LetterId;
use crate::partner::PartnerCode;
use bytes::Bytes;

use serde::{Deserialize, Serialize};

//------------ TakenIn -------------------------------------------------------

/// A letter at the door, to be taken responsibility for.
#[derive(Clone, Debug)]
pub struct TakenIn {
    pub octets: Vec<u8>,
    /// MAIL FROM; empty is the null reverse path.
    pub reverse_path: Option<String>,
    pub peer: String,
}

//------------ WaitingLetter -------------------------------------------------

/// A letter that nobody has judged yet.
#[derive(Clone, Debug)]
pub struct WaitingLetter {
    pub id: LetterId,
    pub octets: Vec<u8>,
    pub taken_in_at: Timestamp,
    pub reverse_path: Option<String>,
    /// Openings that began and never ended: after three, quarantine it unopened.
    pub openings: u32,
}

//------------ Quarantine ----------------------------------------------------

/// Why a letter is set aside.
#[derive(Clone, Debug)]
pub struct Quarantine {
    pub code: String,
    pub gate: Option<u8>,
    pub words: String,
    pub partner: Option<PartnerCode>,
    /// Held for an operator rather than refused.
    pub held: bool,
}

//------------ Arrival -------------------------------------------------------

/// A certificate proven and read, to be judged and kept.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub letter: LetterId,
    pub partner: PartnerCode,
    pub facts: Facts,
    pub digest: ContentDigest,
    pub xml: Vec<u8>,
    /// E, as its signature was proven.
    pub entity: Vec<u8>,
    /// The inner Message-ID.
    pub message_id: String,
    pub signer_sha256: String,
    pub signed_at: Timestamp,
    pub remarks: serde_json::Value,
    /// Published if the certificate is new.
    pub publication: NewPublication,
}

//------------ Outlet --------------------------------------------------------

/// Where publications go. Each has its own order and its own marking, so
/// that one that nobody reads holds up no other.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outlet {
    Events,
    Received,
    Rejected,
}

impl Outlet {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Outlet::Events => "events",
            Outlet::Received => "received",
            Outlet::Rejected => "rejected",
        }
    }
}

//------------ Publication ---------------------------------------------------

/// A publication to be made. What is missing here is the exchange's.
#[derive(Clone, Debug)]
pub struct NewPublication {
    pub exchange: String,
    pub routing_key: String,
    pub message_id: String,
    /// AMQP's `type`.
    pub kind: Option<String>,
    pub correlation_id: Option<String>,
    pub content_type: Option<String>,
    pub headers: Vec<(String, Header)>,
    pub body: Bytes,
}

/// A publication on record, not yet confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    /// Its place in its outlet's order.
    pub row: i64,
    pub exchange: String,
    pub routing_key: String,
    pub message_id: String,
    /// AMQP's `type`.
    pub kind: Option<String>,
    pub correlation_id: Option<String>,
    pub content_type: Option<String>,
    pub headers: Vec<(String, Header)>,
    pub body: Vec<u8>,
}

/// The value of a header.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Header {
    Number(i64),
    Text(String),
}
