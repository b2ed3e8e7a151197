//! What a trace answers with, as `certpost/trace/1` writes it.
//!
//! The fields are a contract, and only ever added to.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::certificate::Status;
use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, Direction, Kind, Phase, Reason, Reply, State, Verdict};
use crate::partner::PartnerCode;

use super::events::Event;
use super::lives::Life;

//------------ TraceAnswer ---------------------------------------------------

/// What is on record under a number; empty if nothing is.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceAnswer {
    /// The schema of this object.
    #[schemars(extend("const" = "certpost/trace/1"))]
    pub schema: &'static str,
    /// The number as it was asked for.
    pub number: String,
    /// The versions of every certificate under the number, by time; empty if
    /// none is on record.
    pub certificates: Vec<TracedCertificate>,
}

/// One version of a certificate, or of one that was only ever rejected.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedCertificate {
    /// `<issuing country>/<type>/<number>`.
    pub id: String,
    pub direction: Direction,
    /// Null for one that was only ever rejected, and did not say.
    pub status: Option<Status>,
    /// Of the certificate, by all its versions: the same in each of them.
    #[serde(flatten)]
    pub life: Life,
    /// Of the XML octets: those submitted or received, else those first written.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: Option<String>,
    /// SHA-256 of the canonical certificate: by it doubles and conflicts are told.
    pub content_sha256: Option<ContentHex>,
    /// When it was accepted, or its letter taken in.
    pub accepted_at: Option<Timestamp>,
    /// Whom it came from, inbound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerCode>,
    /// The broker user that submitted it, outbound, where the broker said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<String>,
    /// The letter it came in, inbound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<TracedLetter>,
    /// What was to be handed over: outbound the certificate, a partner each;
    /// inbound the receipts that its letters were owed.
    pub deliveries: Vec<TracedDelivery>,
    /// What happened, in order, as it stood on `certpost.events`.
    #[schemars(with = "Vec<Event<'static>>")]
    pub events: Vec<Value>,
}

/// A content digest in hexadecimal digits.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ContentHex(#[schemars(regex(pattern = "^[0-9a-f]{64}$"))] pub String);

/// The letter that a received certificate came in.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedLetter {
    /// Its Message-ID, under the signature where that repeats the header.
    pub message_id: String,
    /// Of the letter's octets as they were taken in.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
    pub signed_at: Timestamp,
    /// Of the signer's X.509 certificate (DER).
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub signer_sha256: String,
    /// How it was judged: `new` or `stale`.
    #[schemars(extend("enum" = ["new", "stale"]))]
    pub judgement: String,
}

/// One delivery.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedDelivery {
    pub delivery: DeliveryId,
    pub kind: Kind,
    pub partner: PartnerCode,
    pub state: State,
    /// Of the letter; null until it is made.
    pub message_id: Option<String>,
    /// Of the letter's octets; null until it is sealed.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub letter_sha256: Option<String>,
    /// Of the XML in the letter; null until it is written.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub xml_sha256: Option<String>,
    /// When it is tried next; null if nothing is to be done.
    pub due: Option<Timestamp>,
    /// Why it waits although it is due: `partner.suspended`, `circuit.open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<Reason>,
    pub attempts: Vec<TracedAttempt>,
    /// What the other side said of it since.
    pub receipts: Vec<TracedReceipt>,
}

/// One attempt. Without a verdict it is under way; without a phase the run
/// ended in it.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedAttempt {
    /// Counted from 1.
    pub n: u32,
    pub started_at: Timestamp,
    /// Null while it is under way.
    pub ended_at: Option<Timestamp>,
    /// Address and port of the server; null without a connection.
    pub peer: Option<String>,
    /// Protocol and cipher; null without TLS.
    pub tls: Option<String>,
    /// How far it came.
    pub phase: Option<Phase>,
    pub verdict: Option<Verdict>,
    /// What the server said, literally.
    #[schemars(with = "Vec<Reply>")]
    pub replies: Vec<Value>,
    /// Why it came to this, where a code says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Reason>")]
    pub reason: Option<Value>,
}

/// One piece of evidence from the other side.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedReceipt {
    /// `mdn`, `dsn` or `acknowledgement`.
    pub kind: String,
    pub at: Timestamp,
    /// As the receipt words it, as `processed`.
    pub disposition: Option<String>,
    /// Whether a pinned signer signed it, over our letter's digest.
    pub verified: bool,
    /// Of that signer's X.509 certificate (DER).
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub signer_sha256: Option<String>,
    /// What it says beside that, or what is said against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}
