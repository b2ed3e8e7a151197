//! What is read of attachments and line ends, which the reader looks at as
//! seldom as it can.

use super::*;
use crate::certificate::Item;

const EXAMPLE: &str = include_str!("../../../tests/golden/phytosanitary-851/certificate.xml");
/// The first attachment of the example.
const SCAN: &str = "JVBERi0xLjQKMSAwIG9iago8PD4+CmVuZG9iagp0cmFpbGVyPDw+PgolJUVPRgo=";

/// The text of the first attachment when `written` stands in its place.
fn attachment(written: &str) -> (String, bool) {
    let reading = read(&SpsOctets::domestic(EXAMPLE.replacen(SCAN, written, 1).as_bytes()));
    let certificate = reading.certificate.unwrap();
    let document = certificate.root().node("SPSExchangedDocument").unwrap();
    let mut found = None;
    for (element, row) in document.rows() {
        if element.name != "ReferenceSPSReferencedDocument" {
            continue;
        }
        for entry in row {
            let Item::Node(referenced) = &entry.item else { continue };
            if let Some(leaf) = referenced.leaf("AttachmentBinaryObject") {
                found.get_or_insert(leaf.text.to_string());
            }
        }
    }
    let told = reading.findings.iter().any(|it| it.code == catalogue::Code::AttachmentNotBase64);
    (found.unwrap(), told)
}

#[track_caller]
fn check(written: &str, wanted: &str, is_base64: bool) {
    assert_eq!(attachment(written), (wanted.to_owned(), !is_base64), "{written}");
}

#[test]
fn an_attachment_in_pieces_is_judged_as_a_whole() {
    check("JVBERi0x", "JVBERi0x", true);
    check("JV\r\n BE\tRi0x", "JVBERi0x", true);
    // Each piece is base64 and the whole is none: padding ends it.
    check("AA==<!-- -->AAAA", "AA==AAAA", false);
    // No piece is base64 and the whole is.
    check("JVB<!-- -->ERi0x", "JVBERi0x", true);
    check("JVBE&#82;i0x", "JVBERi0x", true);
    check("<![CDATA[JVBE]]>Ri0x", "JVBERi0x", true);
    check("JVBERi0", "JVBERi0", false);
    check("scan.pdf JVBERi0x", "scan.pdf JVBERi0x", false);
}

/// Which child of its name a path says it is, whatever stood before it.
#[test]
fn children_are_counted_whatever_stands_between_them() {
    let note = "<ram:IncludedSPSNote><ram:Content>a</ram:Content></ram:IncludedSPSNote>";
    let elsewhere = note.replace("ram:IncludedSPSNote", "IncludedSPSNote");
    let bad = "<ram:IncludedSPSNote bad=\"\"/>";
    let party = "<ram:IssuerSPSParty/>";
    let document = |children: &[&str]| {
        let end = "</rsm:SPSExchangedDocument>";
        let start = "<rsm:SPSExchangedDocument>";
        let head = &EXAMPLE[..EXAMPLE.find(start).unwrap()];
        let tail = &EXAMPLE[EXAMPLE.find(end).unwrap()..];
        format!("{head}{start}{}{tail}", children.concat())
    };
    for (children, code, wanted) in [
        (vec![note, note, bad], "attribute.unknown", vec!["IncludedSPSNote[3]"]),
        (vec![note, &elsewhere, bad], "attribute.unknown", vec!["IncludedSPSNote[3]"]),
        (vec![note, note, &elsewhere], "element.unknown", vec!["IncludedSPSNote[3]"]),
        (vec![note, party, bad], "attribute.unknown", vec!["IncludedSPSNote[2]"]),
        (vec![note, party, note, bad], "element.order", vec!["IssuerSPSParty[1]"]),
        (vec![note, "<x/>", note, "<x/>"], "element.unknown", vec!["x[1]", "x[2]"]),
        (
            vec![note, party, party, party, note],
            "element.repeated",
            vec!["IssuerSPSParty[2]", "IssuerSPSParty[3]"],
        ),
    ] {
        let reading = read(&SpsOctets::domestic(document(&children).as_bytes()));
        let told = reading.findings.iter().filter(|found| found.code.as_str() == code);
        let steps: Vec<&str> = told.filter_map(|found| found.path.rsplit('/').next()).collect();
        assert_eq!(steps, wanted, "{children:?}");
    }
}

#[test]
fn a_line_end_is_one_lf_in_a_document_of_any_length() {
    let short = EXAMPLE.replace('\n', "\r\n").replacen(SCAN, "a file\r\nof words\rby us", 1);
    let filler = "JVBERi0x".repeat(LONG / 8);
    let long = EXAMPLE
        .replacen("Nematode analysis", "Nematode\r\nanalysis\rof roots", 1)
        .replacen(SCAN, "a file\r\nof words\rby us", 1)
        .replacen("</ram:ReferenceSPSReferencedDocument>", &format!(
            "</ram:ReferenceSPSReferencedDocument><ram:ReferenceSPSReferencedDocument><ram:AttachmentBinaryObject>{filler}</ram:AttachmentBinaryObject></ram:ReferenceSPSReferencedDocument>"
        ), 1);
    assert!(short.len() < LONG && long.len() > LONG);
    for written in [short, long] {
        let lf = written.replace("\r\n", "\n").replace('\r', "\n");
        let with_returns = read(&SpsOctets::domestic(written.as_bytes())).certificate.unwrap();
        let without = read(&SpsOctets::domestic(lf.as_bytes())).certificate.unwrap();
        assert!(with_returns == without);
    }
}
