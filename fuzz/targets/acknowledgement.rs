//! An acknowledgement, from XML or from JSON: what is taken is written so that
//! the gate lets it pass, read back as the same, and rendered as the same.

use crate::certificate::Document;
use crate::certificate::rules::Strictness;
use crate::sps::{SpsOctets, WriteOptions, gate, read_document, write_document};
use crate::submission::{check_document, document_to_json};

pub fn run(octets: &[u8]) {
    let reading = read_document(&SpsOctets::domestic(octets));
    if let Some(document) = reading.certificate {
        check(&document, super::is_kept(&reading.findings));
    }
    let (document, findings) = check_document(octets, Strictness::Received);
    // XML in JSON may be anything: see the target for JSON.
    if let Some(document) = document.filter(|document| !document.root().has_extras()) {
        check(&document, super::is_kept(&findings));
    }
}

fn check(document: &Document, kept: bool) {
    // A certificate has targets of its own.
    if matches!(document, Document::Certificate(_)) {
        return;
    }
    let xml = write_document(document, &WriteOptions::default());
    let octets = SpsOctets::domestic(xml.as_bytes());
    let text = || String::from_utf8_lossy(xml.as_bytes()).into_owned();
    assert!(gate(&octets).is_ok(), "the gate refuses what was written\n{}", text());
    if !kept {
        return;
    }
    let again = read_document(&octets).certificate;
    assert!(again.as_ref() == Some(document), "it is read as another\n{}", text());
    let json = document_to_json(document).to_string();
    let (again, told) = check_document(json.as_bytes(), Strictness::Received);
    assert!(again.as_ref() == Some(document), "the JSON is another: {told:?}\n{json}");
}
