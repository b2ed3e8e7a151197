//! What a trace answers with, as `certpost/trace/1` writes it.
//!
//! The fields are a contract, and only ever added to.

use serde::Serialize;
use serde_json::Value;

use crate::certificate::Status;
use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, Direction, Phase, State, Verdict};
use crate::partner::PartnerCode;

//------------ TraceAnswer ---------------------------------------------------

/// What is on record under a number; empty if nothing is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceAnswer {
    pub schema: &'static str,
    pub number: String,
    pub certificates: Vec<TracedCertificate>,
}

/// One version of a certificate, or of one that was only ever rejected.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedCertificate {
    pub id: String,
    pub direction: Direction,
    pub status: Option<Status>,
    /// What the certificate is today, by all its versions.
    pub current: Option<String>,
    /// Of the XML octets: those submitted or received, else those first written.
    pub sha256: Option<String>,
    pub content_sha256: Option<ContentHex>,
    /// When it was accepted, or its letter taken in.
    pub accepted_at: Option<Timestamp>,
    /// Whom it came from, inbound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<TracedLetter>,
    pub deliveries: Vec<TracedDelivery>,
    pub events: Vec<Value>,
}

/// A content digest in hexadecimal digits.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ContentHex(pub String);

/// The letter that a received certificate came in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedLetter {
    pub message_id: String,
    pub sha256: String,
    pub signed_at: Timestamp,
    pub signer_sha256: String,
    /// How it was judged: `new` or `stale`.
    pub judgement: String,
}

/// One delivery.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedDelivery {
    pub delivery: DeliveryId,
    pub partner: PartnerCode,
    pub state: State,
    pub message_id: Option<String>,
    pub letter_sha256: Option<String>,
    pub xml_sha256: Option<String>,
    pub due: Option<Timestamp>,
    pub attempts: Vec<TracedAttempt>,
    pub receipts: Vec<TracedReceipt>,
}

/// One attempt. Without a verdict it is under way; without a phase the run
/// ended in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedAttempt {
    pub n: u32,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub peer: Option<String>,
    pub tls: Option<String>,
    pub phase: Option<Phase>,
    pub verdict: Option<Verdict>,
    /// As `Reply` writes them.
    pub replies: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Value>,
}

/// One piece of evidence from the other side.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedReceipt {
    pub kind: String,
    pub at: Timestamp,
    pub disposition: Option<String>,
    pub verified: bool,
    pub signer_sha256: Option<String>,
}
