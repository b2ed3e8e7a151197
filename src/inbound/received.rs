//! What the domestic system gets for a certificate taken in.

use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::prove::Proven;
use crate::certificate::{Certificate, ContentDigest, Facts, Finding};
use crate::clock::Timestamp;
use crate::ledger::NewPublication;
use crate::letter::Environment;
use crate::partner::PartnerCode;
use crate::queue::topology::RECEIVED;
use crate::submission;

/// The publication on `certpost.received`.
pub fn publication(
    proven: &Proven,
    facts: &Facts,
    certificate: &Certificate,
    findings: &[Finding],
    letter_sha256: &[u8],
    environment: Environment,
    received_at: Timestamp,
) -> NewPublication {
    let id = facts.id.to_string();
    let xml = proven.octets.as_bytes();
    let digest = certificate.content_digest();
    let body = json!({
        "schema": "certpost/received/1",
        "partner": proven.partner,
        "environment": environment,
        "id": id,
        "issuer": facts.id.country,
        "type": facts.id.document_type,
        "number": facts.id.number(),
        "status": facts.status,
        "receivedAt": received_at,
        "certificate": submission::to_json(certificate),
        "xml": BASE64.encode(xml),
        "xmlSha256": HEXLOWER.encode(&Sha256::digest(xml)),
        "findings": findings,
        "signer": proven.signer,
        "letter": {
            "messageId": proven.message_id,
            "sha256": HEXLOWER.encode(letter_sha256),
            "signedAt": proven.signed_at,
        },
    });
    NewPublication {
        exchange: RECEIVED.to_owned(),
        routing_key: format!("{}.{}.{}", proven.partner, facts.id.document_type, facts.status),
        message_id: received_id(&proven.partner, &digest),
        kind: Some("certificate".to_owned()),
        correlation_id: Some(id),
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        body: Value::to_string(&body).into_bytes(),
    }
}

/// `rcv-` and the digest of partner, NUL and content digest: the same
/// certificate from the same partner is the same, however often it comes.
pub fn received_id(partner: &PartnerCode, digest: &ContentDigest) -> String {
    let digest = Sha256::new()
        .chain_update(partner.as_str())
        .chain_update([0])
        .chain_update(digest.as_bytes())
        .finalize();
    format!("rcv-{}", HEXLOWER.encode(&digest))
}
