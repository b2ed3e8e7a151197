//! What the demo sends: three certificates of our own, with new numbers, and
//! what may become of one.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::certificate::Finding;
use crate::queue::Outgoing;
use crate::queue::topology::SUBMISSIONS;
use crate::sps::{self, Dates, ReferenceDate, WriteOptions};
use crate::submission;

/// A kind of certificate: what stands in its number, and one of it.
const MODELS: [(&str, &[u8]); 3] = [
    ("PC", include_bytes!("../../../queue-config/examples/phytosanitary-851.json")),
    ("RE", include_bytes!("../../../queue-config/examples/re-export-657.json")),
    ("HC", include_bytes!("../../../queue-config/examples/health-636.json")),
];
/// One in four is submitted as XML.
const XML_EVERY: u32 = 4;
const JSON: &str = "application/json";
const XML: &str = "application/xml";
/// How a partner's entry has XML written when it says nothing about it.
const AS_SENT: WriteOptions =
    WriteOptions { reference_date: ReferenceDate::Text, empty_mandatory: true, dates: Dates::AsIs };

//------------ Specimen ------------------------------------------------------

/// One certificate to send, and the octets that have to arrive.
#[derive(Clone, Debug)]
pub struct Specimen {
    pub id: String,
    pub number: String,
    pub status: String,
    pub to: &'static str,
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

//------------ Pad -----------------------------------------------------------

/// Where one issuer writes certificates, under numbers that go up.
#[derive(Clone, Debug)]
pub struct Pad {
    issuer: &'static str,
    next: u32,
}

impl Pad {
    /// A new one; the first number is 1.
    pub const fn new(issuer: &'static str) -> Pad {
        Pad { issuer, next: 1 }
    }

    /// `count` certificates for imports to `importer`.
    pub fn issue(
        &mut self,
        importer: &'static str,
        count: u32,
    ) -> Result<Vec<Specimen>, SpecimenError> {
        (0..count).map(|_| Draft::new(self, importer)?.specimen()).collect()
    }

    /// A certificate that replaces `old`: a number of its own, and the old
    /// one's in it.
    pub fn replace(&mut self, old: &Specimen) -> Result<Specimen, SpecimenError> {
        let mut draft = Draft::new(self, old.to)?;
        draft.body["exchangedDocument"]["replacement"] = json!({
            "statement": "This certificate replaces and cancels the one named here.",
            "certificateNumber": old.number,
        });
        draft.specimen()
    }

    /// What somebody wrote who has not read the manual: a date in words. It is
    /// no certificate, and so has no digest.
    pub fn misspell(&mut self, importer: &'static str) -> Result<Specimen, SpecimenError> {
        let mut draft = Draft::new(self, importer)?;
        let right = draft.specimen()?;
        draft.body["exchangedDocument"]["issueDateTime"] = json!("5 October 2026");
        let outgoing = Outgoing {
            content_type: Some(JSON.to_owned()),
            body: draft.written(),
            ..right.outgoing
        };
        Ok(Specimen { xml_sha256: String::new(), outgoing, ..right })
    }
}

/// The withdrawal of `issued`: the same number once more, with status 40.
pub fn withdraw(issued: &Specimen) -> Result<Specimen, SpecimenError> {
    let mut draft = Draft::of(issued)?;
    draft.body["exchangedDocument"]["statusCode"] = json!("40");
    draft.specimen()
}

/// What somebody might show at a border: `issued`, with another consignee.
pub fn alter(issued: &Specimen) -> Result<Vec<u8>, SpecimenError> {
    let mut draft = Draft::of(issued)?;
    draft.body["consignment"]["consigneeParty"]["name"] = json!("Somebody Else Ltd.");
    Ok(draft.written())
}

//------------ Draft ---------------------------------------------------------

/// A certificate in writing.
struct Draft {
    number: String,
    /// As XML or as JSON.
    content_type: &'static str,
    to: &'static str,
    body: Value,
}

impl Draft {
    fn new(pad: &mut Pad, to: &'static str) -> Result<Draft, SpecimenError> {
        let (issuer, n) = (pad.issuer, pad.next);
        pad.next += 1;
        let which = usize::try_from(n - 1).unwrap_or_default() % MODELS.len();
        let (kind, model) = MODELS[which];
        let number = format!("{issuer}-{kind}-DEMO-{n:06}");
        let mut body: Value = serde_json::from_slice(model)
            .map_err(|error| SpecimenError { id: number.clone(), words: error.to_string() })?;
        body["exchangedDocument"]["id"] = json!(number);
        let consignment = &mut body["consignment"];
        consignment["exportCountry"]["id"] = json!(issuer);
        consignment["importCountry"] = json!({"id": to});
        if let Some(country) = consignment.pointer_mut("/reExportCountry/0/id") {
            *country = json!(issuer);
        }
        let content_type = if n.is_multiple_of(XML_EVERY) { XML } else { JSON };
        Ok(Draft { number, content_type, to, body })
    }

    /// What was written of a certificate that went out as JSON.
    fn of(issued: &Specimen) -> Result<Draft, SpecimenError> {
        let body = serde_json::from_slice(&issued.outgoing.body).map_err(|error| {
            SpecimenError { id: issued.number.clone(), words: error.to_string() }
        })?;
        Ok(Draft { number: issued.number.clone(), content_type: JSON, to: issued.to, body })
    }

    fn written(&self) -> Vec<u8> {
        format!("{:#}\n", self.body).into_bytes()
    }

    fn specimen(&self) -> Result<Specimen, SpecimenError> {
        let fault =
            |found: Vec<Finding>| SpecimenError { id: self.number.clone(), words: words(&found) };
        let written = self.written();
        let certificate = submission::from_json(&written).map_err(fault)?;
        let facts = certificate.facts().map_err(fault)?;
        let xml = sps::write(&certificate, &AS_SENT).as_bytes().to_vec();
        let xml_sha256 = HEXLOWER.encode(&Sha256::digest(&xml));
        let body = if self.content_type == XML { xml } else { written };
        let id = facts.id.to_string();
        let outgoing = Outgoing {
            exchange: SUBMISSIONS.to_owned(),
            routing_key: format!("{}.{}", facts.id.document_type, self.to),
            message_id: format!("demo-{}-{}", self.number, facts.status),
            kind: None,
            correlation_id: Some(id.clone()),
            content_type: Some(self.content_type.to_owned()),
            headers: Vec::new(),
            body,
        };
        Ok(Specimen {
            id,
            number: self.number.clone(),
            status: facts.status.to_string(),
            to: self.to,
            xml_sha256,
            outgoing,
        })
    }
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
            let mut pad = Pad::new(issuer);
            let all = pad.issue(importer, 4).unwrap();
            let ids: Vec<_> = all.iter().map(|specimen| specimen.id.clone()).collect();
            let wanted = [("851", "PC", 1), ("657", "RE", 2), ("636", "HC", 3), ("851", "PC", 4)]
                .map(|(list, kind, n)| format!("{issuer}/{list}/{issuer}-{kind}-DEMO-{n:06}"));
            assert_eq!(ids, wanted);
            assert_eq!(all[0].outgoing.routing_key, format!("851.{importer}"));
            assert_eq!(all[2].outgoing.content_type.as_deref(), Some("application/json"));
            assert!(all[3].outgoing.body.starts_with(b"<?xml"));
            assert!(pad.issue(importer, 1).unwrap()[0].id.ends_with("-000005"));
        }
    }

    #[test]
    fn what_follows_a_certificate() {
        let mut pad = Pad::new("BV");
        let issued = pad.issue("HM", 1).unwrap().remove(0);
        let withdrawn = withdraw(&issued).unwrap();
        assert_eq!((withdrawn.id, withdrawn.status.as_str()), (issued.id.clone(), "40"));
        let instead = pad.replace(&issued).unwrap();
        let read = submission::from_json(&instead.outgoing.body).unwrap();
        assert_eq!(read.facts().unwrap().replaces, [issued.number.as_str()]);
        let wrong = pad.misspell("HM").unwrap();
        assert!(submission::from_json(&wrong.outgoing.body).is_err());
        let altered = submission::from_json(&alter(&issued).unwrap()).unwrap();
        assert_eq!(altered.facts().unwrap().id.to_string(), issued.id);
        assert_ne!(altered.content_digest(), read.content_digest());
    }
}
