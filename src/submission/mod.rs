//! The certificate as JSON: what our domestic system publishes and consumes.
//!
//! - [`raw`]: JSON as it was typed;
//! - [`build`]: JSON to a certificate, every fault with a pointer and a remedy;
//! - [`plain`]: the plain fields for ePhyto tags;
//! - [`nearest`]: what somebody may have meant;
//! - [`render`]: a certificate to JSON, always in the shortest form;
//! - [`schema`]: the JSON Schema of all that.
//!
//! It knows nothing of queues and of who may publish.

mod build;
mod nearest;
mod plain;
mod raw;
mod render;
#[cfg(test)]
pub(crate) mod sample;
mod schema;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::certificate::rules::Strictness;
use crate::certificate::{Area, Certificate, Finding, any_severe};
use build::Builder;
use raw::Raw;

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
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    let raw: Raw = match serde_json::from_slice(octets) {
        Ok(raw) => raw,
        Err(fault) => return (None, vec![not_json(&fault)]),
    };
    let mut builder = Builder::new(strictness);
    let certificate = builder.certificate(raw);
    (certificate, builder.findings)
}

/// The JSON of a certificate: `certpost/certificate/1`, mechanical names.
pub fn to_json(certificate: &Certificate) -> Value {
    render::certificate(certificate)
}

/// The JSON Schema of a certificate's JSON: of what may be published, or of all
/// that is `certpost/certificate/1`.
pub fn json_schema(strictness: Strictness) -> Value {
    schema::certificate(strictness)
}

fn not_json(fault: &serde_json::Error) -> Finding {
    let place = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
    Finding::severe(
        Area::Schema,
        "submission.not-json",
        "",
        format!("the body is not JSON: {fault}"),
        "write one JSON object in UTF-8 (RFC 8259)",
    )
    .at_place(place(fault.line()), place(fault.column()))
}
