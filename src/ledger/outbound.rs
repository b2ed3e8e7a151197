//! What the outbound street says to the ledger, and what it hears.

use bytes::Bytes;

use crate::certificate::{CertificateId, ContentDigest, Facts};
use crate::clock::Timestamp;
use crate::delivery::attempt::closed_list;
use crate::delivery::{DeliveryId, NotOnList, Phase, Reason, Reply, State, Verdict};
use crate::partner::PartnerCode;

use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

closed_list! {
    /// What form a submission has.
    ContentType:
    Json "application/json",
    Xml "application/xml",
}

//------------ Acceptance ----------------------------------------------------

/// A submission that is good, to be taken responsibility for.
#[derive(Clone, Debug)]
pub struct Acceptance {
    pub submission_message_id: Option<String>,
    /// The broker-checked user.
    pub producer: Option<String>,
    pub content_type: ContentType,
    pub body: Bytes,
    pub facts: Facts,
    pub digest: ContentDigest,
    /// Of a submission that is XML already.
    pub xml_sha256: Option<[u8; 32]>,
    /// As routed, or as the submission names them. An ending (40, 44) of a
    /// certificate that has deliveries goes to those partners instead.
    pub partners: Vec<PartnerCode>,
    /// Whether the submission named them itself, in place of routing.
    pub named: bool,
    pub not_useful_after: Option<Timestamp>,
    /// How long its deliveries wait before their first attempt.
    pub first_wait: Duration,
}

//------------ Accepted ------------------------------------------------------

/// What an acceptance came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Accepted {
    /// Same number and status with other content: nothing changed; reject it.
    Conflict { words: String },
    /// The same again: an event, no delivery.
    Duplicate,
    /// The same message id stood on another certificate: nothing changed;
    /// reject it.
    MessageIdReused { words: String },
    /// On record; no delivery where no partner is concerned.
    New { deliveries: Vec<(PartnerCode, DeliveryId)> },
}

//------------ Rejection -----------------------------------------------------

/// A submission that is refused, to be put on `certpost.rejected`.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// `rej-…`; the second of the same is nothing new.
    pub message_id: String,
    pub original_message_id: Option<String>,
    pub content_type: Option<String>,
    pub body: Bytes,
    /// A JSON array, already limited.
    pub findings: String,
    pub findings_total: u32,
    pub id: Option<CertificateId>,
    pub reason: Reason,
}

//------------ Claimed -------------------------------------------------------

/// A delivery leased to a lane.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub delivery: DeliveryId,
    pub fence: i64,
    pub cargo: Cargo,
    pub state: State,
    pub partner: PartnerCode,
    /// 26 characters of base32, made at acceptance.
    pub letter_id: String,
    pub accepted_at: Timestamp,
    pub not_useful_after: Option<Timestamp>,
    pub attempts: u32,
    pub first_attempt_at: Option<Timestamp>,
    /// For how long the lane has stood still since then.
    pub stood_still: Duration,
    pub signed_at: Option<Timestamp>,
    pub lease_until: Timestamp,
    /// For which keys its letter was sealed; empty where there is none yet.
    pub recipients_sha256: Vec<String>,
    /// Of a certificate, while it is not sealed.
    pub submission: Option<Submission>,
    /// Once it is sealed.
    pub letter: Option<Vec<u8>>,
}

/// What a delivery carries.
#[derive(Clone, Debug)]
pub enum Cargo {
    Certificate(Facts),
    /// What it says, as the inbound street wrote it (`receipt::Owed`).
    Receipt(String),
}

impl Cargo {
    /// The certificate's facts, if it is one.
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Cargo::Certificate(facts) => Some(facts),
            Cargo::Receipt(_) => None,
        }
    }
}

/// What a delivery is made from.
#[derive(Clone, Debug)]
pub struct Submission {
    pub content_type: ContentType,
    pub body: Vec<u8>,
}

//------------ SealRecord ----------------------------------------------------

/// A letter made, to be kept: the first time, or again for the same delivery.
#[derive(Clone, Debug)]
pub struct SealRecord {
    pub delivery: DeliveryId,
    pub fence: i64,
    /// E: what is signed.
    pub entity: Vec<u8>,
    /// M: the signed entity.
    pub signed: Vec<u8>,
    pub letter: Vec<u8>,
    /// Of the XML in it, if a certificate.
    pub xml_sha256: Option<[u8; 32]>,
    pub signer_sha256: String,
    pub recipients_sha256: Vec<String>,
    pub signed_at: Timestamp,
}

//------------ Conclusion ----------------------------------------------------

/// What an attempt came to.
#[derive(Clone, Debug)]
pub struct Conclusion {
    pub delivery: DeliveryId,
    pub fence: i64,
    /// The number that `begin` gave.
    pub attempt: u32,
    pub verdict: Verdict,
    pub phase: Phase,
    pub replies: Vec<Reply>,
    pub peer: Option<String>,
    pub tls: Option<String>,
    pub ended_at: Timestamp,
    /// When to try again, if deferred or in doubt.
    pub due: Option<Timestamp>,
    /// When the clock that waits for a receipt takes its first step, if this
    /// is the first hand-over and a receipt is asked for.
    pub receipt_due: Option<Timestamp>,
    pub reason: Option<Reason>,
    /// Deferred after 5.1.x or 5.7.x: about all letters, or about this one
    /// alone; the lane decides.
    pub is_held: bool,
}

//------------ Recovered -----------------------------------------------------

/// What the end of the last run had left open.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Recovered {
    /// Attempts without a verdict, now in doubt.
    pub in_doubt: u32,
    /// Leases voided.
    pub leases: u32,
    /// Letters whose opening had begun and never ended.
    pub openings: u32,
}
