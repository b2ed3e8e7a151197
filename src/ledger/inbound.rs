//! What the inbound street says to the ledger, and what it hears; and what
//! the publisher takes from it.

use bytes::Bytes;

use crate::certificate::{CertificateId, ContentDigest, Facts, Status};
use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, LetterId, Reason, State, Trigger};
use crate::partner::PartnerCode;

use serde::{Deserialize, Serialize};

use super::error::LedgerError;

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
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Quarantine {
    pub code: String,
    pub gate: Option<u8>,
    pub words: String,
    pub partner: Option<PartnerCode>,
    /// Held for an operator rather than refused.
    pub held: bool,
    /// Of a letter whose signature was proven: its receipt, if it is owed one.
    pub owed: Option<OwedReceipt>,
}

impl Quarantine {
    /// A letter set aside under `code`, from nobody known, and owed nothing.
    pub fn new(code: impl Into<String>, words: impl Into<String>) -> Self {
        let (code, words) = (code.into(), words.into());
        Quarantine { code, gate: None, words, partner: None, held: false, owed: None }
    }
}

//------------ OwedReceipt ---------------------------------------------------

/// What a proven letter is known by, when it comes again, and the receipt
/// that it asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OwedReceipt {
    /// The inner Message-ID.
    pub message_id: String,
    pub entity_sha256: [u8; 32],
    /// What the receipt says (`receipt::Owed`).
    pub owed: String,
}

/// What the receipt for a certificate says, by what comes of the certificate.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OwedReceipts {
    /// New, or known already.
    pub taken: String,
    pub stale: String,
    pub conflict: String,
}

//------------ Arrival -------------------------------------------------------

/// A certificate proven and read, to be judged and kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Arrival {
    pub letter: LetterId,
    pub partner: PartnerCode,
    pub facts: Facts,
    pub digest: ContentDigest,
    #[serde(with = "serde_bytes")]
    pub xml: Vec<u8>,
    /// E, as its signature was proven.
    #[serde(with = "serde_bytes")]
    pub entity: Vec<u8>,
    /// The inner Message-ID.
    pub message_id: String,
    pub signer_sha256: String,
    pub signed_at: Timestamp,
    pub remarks: serde_json::Value,
    /// Published if the certificate is new. Its body is a JSON object, to which
    /// the commit adds the members of a [`Life`](super::Life).
    pub publication: NewPublication,
    /// Absent if no receipt was asked for, or none may go.
    pub owed: Option<OwedReceipts>,
}

//------------ Evidence ------------------------------------------------------

/// What the other side, or the road, says of a delivery of ours.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Evidence {
    /// The letter that says it.
    pub letter: LetterId,
    pub delivery: Option<DeliveryId>,
    pub kind: EvidenceKind,
    /// Who signed it, if a partner did.
    pub partner: Option<PartnerCode>,
    /// As it words it.
    pub disposition: Option<String>,
    /// Whether a pinned signer signed it over the octets of our letter.
    pub verified: bool,
    pub signer_sha256: Option<String>,
    /// What befalls the delivery, if anything.
    pub trigger: Option<Trigger>,
    /// When it goes again, if it does.
    pub due: Option<Timestamp>,
    /// What is said against it, or what it says.
    pub reason: Option<Reason>,
    pub fate: Fate,
    pub against: Against,
}

/// Whether evidence speaks against the whole lane, beside its delivery.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Against {
    /// One of three in a row that suspend the partner (a 5.1.x or 5.7.x).
    Counts,
    Nothing,
    /// Every further letter would fail as this one did: the partner is
    /// suspended.
    Suspends,
}

/// The kinds of evidence.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum EvidenceKind {
    Dsn,
    Mdn,
}

impl EvidenceKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            EvidenceKind::Dsn => "dsn",
            EvidenceKind::Mdn => "mdn",
        }
    }
}

/// What becomes of the letter that brought evidence.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Fate {
    /// It contradicts what we know of the delivery: an event.
    Contradicts,
    /// Kept until the delivery turns up that it speaks of.
    Kept {
        /// The id of the letter it is about.
        about: String,
    },
    /// Set aside, with an event; held if it may yet be good.
    Quarantined { held: bool },
    /// On record with its delivery.
    Recorded,
}

/// A delivery of ours, as far as evidence is checked against it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SentRecord {
    pub delivery: DeliveryId,
    pub partner: PartnerCode,
    pub state: State,
    pub certificate: Option<(CertificateId, Status)>,
    /// Entity E, as it was signed.
    #[serde(with = "serde_bytes")]
    pub entity: Vec<u8>,
    /// Entity M: E and its signature.
    #[serde(with = "serde_bytes")]
    pub signed: Vec<u8>,
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
#[derive(Clone, Debug, Deserialize, Serialize)]
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

impl NewPublication {
    /// The same with more members at the end of the object in its body. The
    /// body may be large and is not read for that.
    pub(super) fn with(&self, more: &impl Serialize) -> Result<NewPublication, LedgerError> {
        let more = serde_json::to_vec(more)
            .map_err(|fault| LedgerError::damaged(format!("members are no JSON: {fault}")))?;
        let mut body = Vec::with_capacity(self.body.len() + more.len());
        body.extend_from_slice(self.body.strip_suffix(b"}").unwrap_or(&self.body));
        body.push(b',');
        body.extend_from_slice(more.strip_prefix(b"{").unwrap_or(&more));
        Ok(NewPublication { body: body.into(), ..self.clone() })
    }
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
