//! Whether a letter and the certificate in it say the same.
//!
//! The certificate counts: what differs is told and refuses nothing. A file's
//! name is never compared, and a Subject that is not written as ours are says
//! nothing of a certificate.

use crate::certificate::catalogue::Code;
use crate::certificate::facts::Paths;
use crate::certificate::{CountryCode, DocumentType, Facts, Finding, Status};

/// What a letter's Subject says otherwise than the certificate.
pub(super) fn differences(subject: Option<&str>, facts: &Facts) -> Vec<Finding> {
    let Some(stated) = subject.and_then(Stated::read) else { return Vec::new() };
    let id = &facts.id;
    let country = ["SPSConsignment", "ExportSPSCountry", "ID"];
    let document = |name| ["SPSExchangedDocument", name];
    let compared: [(bool, Code, &[&str], String, String); 4] = [
        (
            stated.issuer == id.country,
            Code::LetterIssuerDiffers,
            &country,
            format!("issuing country {}", stated.issuer),
            id.country.to_string(),
        ),
        (
            stated.number == single_blanks(id.number()),
            Code::LetterNumberDiffers,
            &document("ID"),
            format!("number {}", stated.number),
            id.number().to_owned(),
        ),
        (
            stated.status == facts.status,
            Code::LetterStatusDiffers,
            &document("StatusCode"),
            format!("status {}", stated.status),
            facts.status.to_string(),
        ),
        (
            stated.document_type == id.document_type,
            Code::LetterTypeDiffers,
            &document("TypeCode"),
            format!("type {}", stated.document_type),
            id.document_type.to_string(),
        ),
    ];
    let differing = compared.into_iter().filter(|(same, ..)| !same);
    let told = differing.map(|(_, code, way, stated, found)| {
        let words = format!("the letter's Subject states {stated}, the certificate {found}");
        let remedy = "ask the partner which of the two was meant";
        Finding::new(code, Paths::Xml.of(way), words, remedy)
    });
    told.collect()
}

//------------ Stated --------------------------------------------------------

/// What a Subject states: `SPS certificate BV 851 EC.BV.2026.0004711 70`.
struct Stated {
    issuer: CountryCode,
    document_type: DocumentType,
    number: String,
    status: Status,
}

impl Stated {
    /// What is stated, if the Subject is written so.
    fn read(subject: &str) -> Option<Stated> {
        let subject = subject.trim();
        let subject = subject.strip_prefix("[TRAINING]").unwrap_or(subject).trim_start();
        let mut words = subject.strip_prefix("SPS certificate ")?.split_whitespace();
        let issuer = words.next()?.parse().ok()?;
        let document_type = words.next()?.parse().ok()?;
        let status = words.next_back()?.parse().ok()?;
        let number = words.collect::<Vec<&str>>().join(" ");
        (!number.is_empty()).then_some(Stated { issuer, document_type, number, status })
    }
}

/// A text with runs of blanks as one: a header is folded at them.
fn single_blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::CertificateId;
    use crate::letter::{Environment, certificate_subject};

    fn facts(number: &str) -> Facts {
        let id = CertificateId::new("BV".parse().unwrap(), "851".parse().unwrap(), number).unwrap();
        Facts {
            id,
            status: "70".parse().unwrap(),
            import_country: "HM".parse().unwrap(),
            transit: Vec::new(),
            replaces: Vec::new(),
        }
    }

    #[track_caller]
    fn check(subject: &str, wanted: &[&str]) {
        let found = differences(Some(subject), &facts("N 1/26"));
        let codes: Vec<&str> = found.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, wanted, "{subject}");
    }

    #[test]
    fn what_is_stated_is_compared() {
        check("SPS certificate BV 851 N 1/26 70", &[]);
        check("[TRAINING] SPS certificate BV 851 N 1/26 70", &[]);
        check("SPS certificate HM 851 N 1/26 70", &["letter.issuer-differs"]);
        check("SPS certificate BV 657 N 1/26 70", &["letter.type-differs"]);
        check("SPS certificate BV 851 N 2/26 70", &["letter.number-differs"]);
        check("SPS certificate BV 851 N 1/26 40", &["letter.status-differs"]);
        for other in ["[...]", "", "Phytosanitary certificate N-2", "SPS certificate N-2"] {
            check(other, &[]);
        }
        let found = differences(Some("SPS certificate BV 851 N-2 70"), &facts("N-1"));
        assert_eq!(found[0].path, "/SPSCertificate/SPSExchangedDocument/ID[1]");
        assert!(found[0].words.contains("N-2") && found[0].words.contains("N-1"));
        assert!(differences(None, &facts("N-1")).is_empty());
    }

    /// What we write ourselves is read for what it says, whatever the number.
    #[test]
    fn our_own_subjects_agree() {
        for number in ["N-1", "N 1  2", "EC.BV.2026.0004711", "70", "Ä/1 70"] {
            let facts = facts(number);
            for environment in [Environment::Live, Environment::Training] {
                let subject = certificate_subject(&facts.id, &facts.status, environment);
                assert!(differences(Some(&subject), &facts).is_empty(), "{subject}");
            }
        }
    }
}
