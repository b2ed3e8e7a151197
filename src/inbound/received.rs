//! What the domestic system gets for a certificate taken in.

use data_encoding::{BASE64, HEXLOWER};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::prove::Proven;
use crate::certificate::{
    Certificate, ContentDigest, CountryCode, DocumentType, Facts, Finding, Status,
};
use crate::clock::Timestamp;
use crate::ledger::{Life, NewPublication};
use crate::letter::Environment;
use crate::partner::PartnerCode;
use crate::queue::topology::RECEIVED;
use crate::smime::verify::Signer;
use crate::submission;

const SCHEMA: &str = "certpost/received/1";

//------------ Received ------------------------------------------------------

/// A certificate taken in, as it is published on `certpost.received`.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Received<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Who signed the letter.
    partner: &'a PartnerCode,
    environment: Environment,
    /// `<issuing country>/<type>/<number>`.
    id: &'a str,
    /// The issuing country: that of export, of a 657 the re-exporting one.
    issuer: &'a CountryCode,
    r#type: &'a DocumentType,
    number: &'a str,
    status: &'a Status,
    /// When the letter was taken in.
    received_at: Timestamp,
    /// The certificate; what makes it one is always in it.
    #[schemars(extend(
        "$ref" = "certificate.schema.json",
        "required" = ["schema", "exchangedDocument", "consignment"],
        "properties" = {
            "exchangedDocument": {"required": ["id", "typeCode", "statusCode", "issueDateTime"]},
            "consignment": {"required": ["exportCountry", "importCountry"]},
        }
    ))]
    certificate: Value,
    /// The certificate's exact octets in base64; XML in UTF-8.
    #[schemars(extend("contentEncoding" = "base64", "contentMediaType" = "application/xml"))]
    xml: String,
    /// Of those octets, hex.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    xml_sha256: String,
    /// What is not as it should be; none of them severe.
    findings: &'a [Finding],
    signer: &'a Signer,
    letter: ReceivedLetter<'a>,
    /// Said by the ledger, in the commit that takes the certificate in.
    #[serde(flatten)]
    #[schemars(with = "Life")]
    life: (),
}

/// The letter that a certificate came in.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceivedLetter<'a> {
    /// Its Message-ID, under the signature where that repeats the header.
    message_id: &'a str,
    /// Of the letter's octets as they were taken in, hex.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    sha256: String,
    /// By the signer's clock.
    signed_at: Timestamp,
}

/// The publication on `certpost.received`, but for the members of a [`Life`],
/// which the ledger adds.
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
    let received = Received {
        schema: SCHEMA,
        partner: &proven.partner,
        environment,
        id: &id,
        issuer: &facts.id.country,
        r#type: &facts.id.document_type,
        number: facts.id.number(),
        status: &facts.status,
        received_at,
        certificate: submission::to_json(certificate),
        xml: BASE64.encode(xml),
        xml_sha256: HEXLOWER.encode(&Sha256::digest(xml)),
        findings,
        signer: &proven.signer,
        letter: ReceivedLetter {
            message_id: &proven.message_id,
            sha256: HEXLOWER.encode(letter_sha256),
            signed_at: proven.signed_at,
        },
        life: (),
    };
    let body = serde_json::to_vec(&received)
        .expect("what is received is made of texts and lists, which always serialise");
    NewPublication {
        exchange: RECEIVED.to_owned(),
        routing_key: format!("{}.{}.{}", proven.partner, facts.id.document_type, facts.status),
        message_id: received_id(&proven.partner, &digest),
        kind: Some("certificate".to_owned()),
        correlation_id: Some(id),
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        body: body.into(),
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
