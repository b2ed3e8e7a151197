//! What the demo sends: three certificates of our own, with new numbers.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::certificate::Finding;
use crate::queue::Outgoing;
use crate::queue::topology::SUBMISSIONS;
use crate::sps::{self, ReferenceDate, WriteOptions};
use crate::submission;

/// A kind of certificate: what stands in its number, and one of it.
const MODELS: [(&str, &[u8]); 3] = [
    ("PC", include_bytes!("../../../queue-config/examples/phytosanitary-851.json")),
    ("RE", include_bytes!("../../../queue-config/examples/re-export-657.json")),
    ("HC", include_bytes!("../../../queue-config/examples/health-636.json")),
];
/// One in four is submitted as XML.
const XML_EVERY: u32 = 4;
/// How a partner's entry has XML written when it says nothing about it.
const AS_SENT: WriteOptions =
    WriteOptions { empty_mandatory: true, reference_date: ReferenceDate::Text };

//------------ Specimen ------------------------------------------------------

/// One certificate to send, and the octets that have to arrive.
#[derive(Clone, Debug)]
pub struct Specimen {
    pub id: String,
    pub number: String,
    pub xml_sha256: String,
    pub outgoing: Outgoing,
}

/// The models cannot be used; a bug of ours.
#[derive(Debug, thiserror::Error)]
#[error("the demo's certificate {id} cannot be used: {words}; this is a bug, please report it")]
pub struct SpecimenError {
    id: String,
    words: String,
}

/// `count` certificates that `issuer` gives out for imports to `importer`.
pub fn specimens(issuer: &str, importer: &str, count: u32) -> Result<Vec<Specimen>, SpecimenError> {
    let models = MODELS.iter().cycle();
    (1..=count)
        .zip(models)
        .map(|(n, (kind, model))| specimen(issuer, importer, n, kind, model))
        .collect()
}

fn specimen(
    issuer: &str,
    importer: &str,
    n: u32,
    kind: &str,
    model: &[u8],
) -> Result<Specimen, SpecimenError> {
    let number = format!("{issuer}-{kind}-DEMO-{n:06}");
    let fault = |words: String| SpecimenError { id: number.clone(), words };
    let mut body: Value =
        serde_json::from_slice(model).map_err(|error| fault(error.to_string()))?;
    body["exchangedDocument"]["id"] = json!(number);
    let consignment = &mut body["consignment"];
    consignment["exportCountry"]["id"] = json!(issuer);
    consignment["importCountry"] = json!({"id": importer});
    if let Some(country) = consignment.pointer_mut("/reExportCountry/0/id") {
        *country = json!(issuer);
    }
    let written = body.to_string().into_bytes();
    let certificate = submission::from_json(&written).map_err(|found| fault(words(&found)))?;
    let facts = certificate.facts().map_err(|found| fault(words(&found)))?;
    let xml = sps::write(&certificate, &AS_SENT).as_bytes().to_vec();
    let xml_sha256 = HEXLOWER.encode(&Sha256::digest(&xml));
    let (content_type, body) = if n.is_multiple_of(XML_EVERY) {
        ("application/xml", xml)
    } else {
        ("application/json", written)
    };
    let id = facts.id.to_string();
    let outgoing = Outgoing {
        exchange: SUBMISSIONS.to_owned(),
        routing_key: format!("{}.{importer}", facts.id.document_type),
        message_id: format!("demo-{number}"),
        kind: None,
        correlation_id: Some(id.clone()),
        content_type: Some(content_type.to_owned()),
        headers: Vec::new(),
        body,
    };
    Ok(Specimen { id, number, xml_sha256, outgoing })
}

fn words(findings: &[Finding]) -> String {
    let first = findings.first();
    first.map(|finding| format!("{}: {}", finding.path, finding.words)).unwrap_or_default()
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_can_be_sent_both_ways() {
        for (issuer, importer) in [("BV", "HM"), ("HM", "BV")] {
            let all = specimens(issuer, importer, 4).unwrap();
            let ids: Vec<_> = all.iter().map(|specimen| specimen.id.clone()).collect();
            let wanted = [("851", "PC", 1), ("657", "RE", 2), ("636", "HC", 3), ("851", "PC", 4)]
                .map(|(list, kind, n)| format!("{issuer}/{list}/{issuer}-{kind}-DEMO-{n:06}"));
            assert_eq!(ids, wanted);
            assert_eq!(all[0].outgoing.routing_key, format!("851.{importer}"));
            assert_eq!(all[2].outgoing.content_type.as_deref(), Some("application/json"));
            assert!(all[3].outgoing.body.starts_with(b"<?xml"));
        }
    }
}
