//! The certificate as JSON: what our domestic system publishes and consumes.
//!
//! - [`raw`]: JSON as it was typed;
//! - [`build`]: JSON to a certificate, every fault with a pointer and a remedy;
//! - [`locate`]: line and column of what a pointer points to;
//! - [`point`]: the pointer to an element of the tree;
//! - [`nearest`]: what somebody may have meant;
//! - [`render`]: a certificate to JSON, always in the shortest form;
//! - [`mapped`]: where each value stands, in JSON and in XML;
//! - [`schema`]: the JSON Schema of all that.
//!
//! It knows nothing of queues and of who may publish.

mod build;
mod locate;
mod mapped;
mod nearest;
mod point;
mod raw;
mod render;
#[cfg(test)]
pub(crate) mod sample;
mod schema;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::certificate::catalogue::Code;
use crate::certificate::digest::SCHEMA;
use crate::certificate::rules::Strictness;
use crate::certificate::{Certificate, Document, Finding, Node, any_severe, table};
use build::Builder;
use raw::Raw;

pub use mapped::{Mapped, What};

/// The largest body taken, in octets.
pub const BODY_LIMIT: usize = 9 * 1024 * 1024;

/// Reads a submission; the findings are told when one of them is severe.
pub fn from_json(octets: &[u8]) -> Result<Certificate, Vec<Finding>> {
    let (certificate, findings) = check_json(octets, Strictness::Submission);
    match certificate {
        Some(certificate) if !any_severe(&findings) => Ok(certificate),
        Some(_) | None => Err(findings),
    }
}

/// Reads a certificate's JSON and tells everything about it. As a received
/// one it may hold what the schema has no place for.
pub fn check_json(octets: &[u8], strictness: Strictness) -> (Option<Certificate>, Vec<Finding>) {
    let raw = match parse(octets) {
        Ok(raw) => raw,
        Err(finding) => return (None, vec![*finding]),
    };
    let mut builder = Builder::new(strictness);
    let certificate = match builder.document(&table::CERTIFICATE, raw) {
        Some(Document::Certificate(certificate)) => Some(certificate),
        Some(Document::Acknowledgement(_)) | None => None,
    };
    (certificate, located(octets, builder.findings))
}

/// As [`check_json`], for a certificate or an acknowledgement, whichever it
/// is: by its schema, or a member `acknowledgementDocument`.
pub fn check_document(octets: &[u8], strictness: Strictness) -> (Option<Document>, Vec<Finding>) {
    let raw = match parse(octets) {
        Ok(raw) => raw,
        Err(finding) => return (None, vec![*finding]),
    };
    let named = raw.member("schema") == Some(&Raw::Text(ACKNOWLEDGEMENT.to_owned()));
    let root = if named || raw.member("acknowledgementDocument").is_some() {
        &table::ACKNOWLEDGEMENT
    } else {
        &table::CERTIFICATE
    };
    let mut builder = Builder::new(strictness);
    let document = builder.document(root, raw);
    (document, located(octets, builder.findings))
}

fn parse(octets: &[u8]) -> Result<Raw, Box<Finding>> {
    serde_json::from_slice(without_mark(octets)).map_err(|fault| Box::new(not_json(octets, &fault)))
}

/// JSON without a byte order mark, which RFC 8259 lets a reader pass over.
fn without_mark(octets: &[u8]) -> &[u8] {
    octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets)
}

/// The findings with their places in the text: line and column of what each
/// one's pointer points to.
pub fn located(octets: &[u8], mut findings: Vec<Finding>) -> Vec<Finding> {
    locate::locate(without_mark(octets), &mut findings);
    findings
}

/// The JSON of a certificate, `certpost/certificate/1`: what stands for a tag
/// as its plain field, everything else by its mechanical name.
pub fn to_json(certificate: &Certificate) -> Value {
    render::document(certificate.root(), SCHEMA)
}

/// The JSON of a document, whichever it is.
pub fn document_to_json(document: &Document) -> Value {
    match document {
        Document::Acknowledgement(acknowledgement) => {
            render::document(acknowledgement.root(), ACKNOWLEDGEMENT)
        }
        Document::Certificate(certificate) => to_json(certificate),
    }
}

/// Where everything stands that the document under `root` says, in JSON and in
/// XML, in the order of the standard.
pub fn mapped(root: &Node) -> Vec<Mapped<'_>> {
    mapped::mapped(root)
}

/// The schema that an acknowledgement's JSON names.
pub const ACKNOWLEDGEMENT: &str = "certpost/acknowledgement/1";

/// The JSON Schema of a certificate's JSON: of what may be published, or of all
/// that is `certpost/certificate/1`.
pub fn json_schema(strictness: Strictness) -> Value {
    schema::certificate(strictness)
}

/// The JSON Schema of an acknowledgement's JSON, [`ACKNOWLEDGEMENT`].
pub fn acknowledgement_schema() -> Value {
    schema::document(&table::ACKNOWLEDGEMENT, ACKNOWLEDGEMENT, Strictness::Received)
}

/// What is wrong with octets that are no JSON that can be read.
fn not_json(octets: &[u8], fault: &serde_json::Error) -> Finding {
    let words = fault.to_string();
    let finding = if words.contains("number out of range") {
        let words = "a number is larger than a JSON number can be";
        Finding::new(Code::SubmissionNumberNotString, "", words, "write it in quotes")
    } else if words.contains("recursion limit") {
        let words = "objects lie deeper in each other than in any certificate";
        Finding::new(Code::SubmissionTooDeep, "", words, "write a flatter certificate")
    } else if fault.is_eof() {
        let words = "the text ends before its JSON does: it is truncated";
        Finding::new(Code::SubmissionNotJson, "", words, "send the whole (RFC 8259)")
    } else {
        let remedy = "write one JSON object in UTF-8 (RFC 8259)";
        Finding::new(Code::SubmissionNotJson, "", format!("the body is not JSON: {fault}"), remedy)
    };
    // The parser counts octets.
    let line = octets.split(|octet| *octet == b'\n').nth(fault.line().saturating_sub(1));
    let before = line.and_then(|line| line.get(..fault.column().saturating_sub(1)));
    let column =
        before.map_or(fault.column(), |before| String::from_utf8_lossy(before).chars().count() + 1);
    let place = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
    finding.at_place(place(fault.line()), place(column))
}
