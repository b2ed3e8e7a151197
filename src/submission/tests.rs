//! The whole way: JSON, tree, XML and back, and what is refused on it.

mod broken;
mod mutants;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::sample::{OURS, ours, random, random_acknowledgement, shared};
use super::{check_document, check_json, document_to_json, from_json, to_json};
use crate::certificate::facts::Paths;
use crate::certificate::rules::Strictness;
use crate::certificate::{Certificate, Level, any_severe};
use crate::sps::{
    ReferenceDate, SpsOctets, WriteOptions, gate, read, read_document, write, write_document,
};

fn octets(text: impl AsRef<[u8]>) -> SpsOctets<'static> {
    SpsOctets::domestic(text.as_ref().to_vec().leak())
}

/// XML → tree → JSON → tree → XML, the same at every stop.
#[track_caller]
fn check_round_trip(certificate: &Certificate) {
    let xml = write(certificate, &WriteOptions::default());
    let passed = gate(&octets(xml.as_bytes()));
    assert!(passed.is_ok(), "{passed:?}\n{}", String::from_utf8_lossy(xml.as_bytes()));
    let reading = read(&octets(xml.as_bytes()));
    let again = reading.certificate.expect("what we write, we read");
    assert_same(&again, certificate);
    let value = to_json(certificate);
    let (from_json, findings) = check_json(value.to_string().as_bytes(), Strictness::Received);
    assert_same(&from_json.expect("what we render, we take"), certificate);
    assert!(
        !findings.iter().any(|finding| finding.code.as_str().starts_with("submission.")),
        "{findings:?}"
    );
    assert_eq!(again.content_digest(), certificate.content_digest());
    assert_eq!(write(&again, &WriteOptions::default()), xml);
}

/// Equal, or the first place where they differ: whole trees are long.
#[track_caller]
fn assert_same(one: &Certificate, other: &Certificate) {
    if one != other {
        let (one, other) = (format!("{one:?}"), format!("{other:?}"));
        let at = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        let near =
            |text: &str| text.chars().skip(at.saturating_sub(200)).take(400).collect::<String>();
        panic!("not the same:\n{}\n{}", near(&one), near(&other));
    }
}

/// Whether libxml2 finds what the writer makes valid, where it is there.
fn check_valid(xml: &[u8]) {
    check_valid_by("SPSCertificate_17.xsd", xml);
}

fn check_valid_by(schema: &str, xml: &[u8]) {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/standards/sps17/xsd");
    let schema = folder.join(schema);
    if !schema.is_file() {
        crate::skipped::skipped("xmllint with the XSD: ../shared/standards/sps17/xsd is not there");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.xml");
    std::fs::write(&file, xml).unwrap();
    let run = std::process::Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .args([&schema, &file])
        .output();
    match run {
        Ok(output) => assert!(
            output.status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(xml)
        ),
        Err(_) => crate::skipped::skipped("xmllint with the XSD: no xmllint"),
    }
}

#[test]
fn our_own_three_cross_the_road() {
    for name in OURS {
        let json = std::fs::read(ours(&format!("{name}.json"))).unwrap();
        let (_, findings) = check_json(&json, Strictness::Submission);
        let told: Vec<_> = findings.iter().filter(|f| f.level != Level::Info).collect();
        assert!(told.is_empty(), "{name}: {told:?}");
        let certificate = from_json(&json).unwrap();
        assert_eq!(to_json(&certificate), serde_json::from_slice::<Value>(&json).unwrap());
        let written = write(&certificate, &WriteOptions::default());
        let golden = ours(&format!("{name}.xml"));
        if std::env::var_os("CERTPOST_WRITE_GOLDEN").is_some() {
            std::fs::write(&golden, written.as_bytes()).unwrap();
        }
        let golden = std::fs::read(golden).unwrap();
        assert_eq!(String::from_utf8_lossy(written.as_bytes()), String::from_utf8_lossy(&golden));
        let reading = read(&octets(&golden));
        assert_eq!(reading.refused, None);
        let told: Vec<_> = reading.findings.iter().filter(|f| f.level != Level::Info).collect();
        assert!(told.is_empty(), "{name}: {told:?}");
        check_round_trip(&certificate);
        check_valid(written.as_bytes());
        let facts = certificate.facts().unwrap();
        assert!(
            ["BV/851/BV-PC-2026-0005120", "HM/657/HM-RE-2026-000318", "GS/636/GS/HC/26-0042"]
                .contains(&facts.id.to_string().as_str())
        );
        let bare = WriteOptions { empty_mandatory: false, ..WriteOptions::default() };
        let bare = write(&certificate, &bare);
        assert!(!String::from_utf8_lossy(bare.as_bytes()).contains("<ram:Name/>"));
        assert_eq!(read(&octets(bare.as_bytes())).certificate.as_ref(), Some(&certificate));
    }
}

#[test]
fn the_norwegian_sample_keeps_everything() {
    let Some(xml) = shared("sps17/samples/norway-nppo-test.xml") else { return };
    let reading = read(&octets(&xml));
    assert_eq!(reading.refused, None, "{:?}", reading.findings);
    let certificate = reading.certificate.unwrap();
    let codes: Vec<_> = reading.findings.iter().map(|finding| finding.code.as_str()).collect();
    for code in ["element.order", "element.unknown"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    let misplaced = reading.findings.iter().find(|f| f.code.as_str() == "element.unknown").unwrap();
    assert!(misplaced.path.ends_with("/AppliedSPSProcess[1]/AdditionalInformationSPSNote[1]"));
    assert!(misplaced.line.is_some_and(|line| line > 100));
    // Its faults are there on purpose: each is told once, where it is.
    let mut told: Vec<_> = reading
        .findings
        .iter()
        .filter(|finding| finding.code.as_str() != "element.order")
        .map(|finding| (finding.line.unwrap(), finding.code.as_str(), finding.level))
        .collect();
    told.sort_unstable();
    let (warning, info) = (Level::Warning, Level::Info);
    let wanted = [
        (34, "tag.form", warning),
        (64, "clause.missing", info),
        (89, "attachment.type-missing", info),
        (96, "attachment.type-missing", info),
        (99, "date.form", warning),
        (103, "attachment.type-missing", info),
        (110, "attachment.type-missing", info),
        (116, "attachment.type-missing", warning),
        (122, "attachment.not-base64", warning),
        (203, "tag.length", warning),
        (218, "re-export.type", warning),
        (347, "element.unknown", warning),
        (386, "tag.empty", warning),
        (402, "treatment.full-missing", warning),
    ];
    assert_eq!(told, wanted);
    check_round_trip(&certificate);
    // Every leaf's text is still there: nothing got lost on the way.
    let written = write(&certificate, &WriteOptions::default());
    let written = String::from_utf8_lossy(written.as_bytes()).into_owned();
    for leaf in String::from_utf8_lossy(&xml).split('>').filter_map(|piece| piece.split_once("</"))
    {
        let text = leaf.0.trim();
        assert!(written.contains(text), "{text} is lost");
    }
}

#[test]
fn the_submission_example_is_written_to_the_octet() {
    let Some(xml) = shared("submission-example.xml") else { return };
    let reading = read(&octets(&xml));
    assert!(!any_severe(&reading.findings), "{:?}", reading.findings);
    let certificate = reading.certificate.unwrap();
    let written = write(&certificate, &WriteOptions::default());
    let at = written.as_bytes().iter().zip(&xml).take_while(|(a, b)| a == b).count();
    let near = |octets: &[u8]| {
        String::from_utf8_lossy(octets.get(at.saturating_sub(60)..).unwrap_or_default())
            .chars()
            .take(160)
            .collect::<String>()
    };
    assert_eq!(near(written.as_bytes()), near(&xml));
    assert_eq!(written.as_bytes(), xml);
    check_round_trip(&certificate);
    check_valid(written.as_bytes());
    let value = to_json(&certificate).to_string();
    assert_eq!(from_json(value.as_bytes()), Ok(certificate.clone()));
    let facts = certificate.facts().unwrap();
    assert_eq!(facts.id.to_string(), "BV/851/BV-PC-2026-0004711");
    assert_eq!(facts.replaces, ["BV-PC-2026-0004688"]);
    assert_eq!(facts.transit, ["GS".parse().unwrap()]);
    let text = WriteOptions { reference_date: ReferenceDate::Text, ..WriteOptions::default() };
    let text = write(&certificate, &text);
    let text_shown = String::from_utf8_lossy(text.as_bytes()).into_owned();
    assert!(text_shown.contains("<ram:IssueDateTime>2026-11-19</ram:IssueDateTime>"));
    check_valid(text.as_bytes());
    let other = read(&octets(text.as_bytes())).certificate.unwrap();
    assert_eq!(other.content_digest(), certificate.content_digest());
    assert_ne!(other, certificate);
}

#[test]
fn plain_fields_become_tagged_entries() {
    let Some(json) = shared("submission-example.json") else { return };
    let Some(xml) = shared("submission-example.xml") else { return };
    let certificate = from_json(&json).unwrap();
    let written = write(&certificate, &WriteOptions::default());
    assert_eq!(String::from_utf8_lossy(written.as_bytes()), String::from_utf8_lossy(&xml));
    check_round_trip(&certificate);
}

#[test]
fn plain_fields_say_what_is_wrong() {
    fn line(value: &mut Value) -> &mut Value {
        value.pointer_mut(LINE).unwrap()
    }
    let at = |below: &str| format!("{LINE}{below}");
    check_refused(
        |value| line(value)["additionalDeclaration"] = json!("x"),
        &at("/additionalDeclaration"),
        "submission.list-wanted",
        "write [\"x\"]",
    );
    check_refused(
        |value| line(value)["hsCode"] = json!(80810),
        &at("/hsCode"),
        "submission.string-wanted",
        "\"80810\"",
    );
    check_refused(
        |value| line(value)["hscode"] = json!("080810"),
        &at("/hscode"),
        "submission.unknown-field",
        "did you mean hsCode?",
    );
    check_refused(
        |value| line(value)["reExport"] = json!({"isPackd": true}),
        &at("/reExport/isPackd"),
        "submission.unknown-field",
        "did you mean isPacked?",
    );
    check_refused(
        |value| line(value)["reExport"] = json!({"isPacked": "yes"}),
        &at("/reExport/isPacked"),
        "submission.boolean-wanted",
        "without quotes",
    );
    check_refused(
        |value| {
            value["exchangedDocument"]["additionalDeclaration"] =
                json!([{"subject": "X", "content": []}])
        },
        "/exchangedDocument/additionalDeclaration/0",
        "submission.plain-tag",
        "leave",
    );
    check_refused(
        |value| {
            line(value)["plantPart"] = json!([{"systemName": ["IPPCPCVP"], "className": ["Leaf"]}])
        },
        &at("/plantPart/0"),
        "submission.plain-tag",
        "leave",
    );
    check_refused(
        |value| {
            line(value)["additionalInformationNote"] = json!([{"subject": "ADCO", "content": ["x"]}, {"subject": "RPCCO", "content": ["BV"]}])
        },
        &at("/additionalInformationNote/1"),
        "submission.tag-in-list",
        "reExport.originCountry",
    );
    check_refused(
        |value| {
            value["exchangedDocument"]["financialLiability"] = Value::Null;
            value["exchangedDocument"]["includedNote"] =
                json!([{"subject": "SPSFL", "content": ["5"]}])
        },
        "/exchangedDocument/includedNote/0",
        "submission.tag-in-list",
        "financialLiability",
    );
    for (order, why) in [
        (json!(["DMTLIL", "DMTLIL", "ADTLIL"]), "more"),
        (json!(["DMTLIL"]), "every"),
        (json!(["DMTLIL", "-", "ADTLIL"]), "more"),
        (json!("DMTLIL"), "list"),
        (json!([1]), "list"),
    ] {
        let mut value = phyto();
        line(&mut value)["$xml"] = json!({"order": {"additionalInformationNote": order}});
        let findings = from_json(value.to_string().as_bytes()).unwrap_err();
        assert_eq!(findings[0].code.as_str(), "submission.order", "{findings:#?}");
        assert!(findings[0].words.contains(why), "{findings:#?}");
    }
    // A second copy of what stands once has no free field.
    let mut value = phyto();
    value["exchangedDocument"]["includedNote"] = json!([{"subject": "SPSFL", "content": ["6"]}]);
    assert_eq!(to_json(&from_json(value.to_string().as_bytes()).unwrap()), value);
    let mut value = phyto();
    line(&mut value)["reExport"] =
        json!({"isPacked": false, "$xml": {"spelling": {"isPacked": "False"}}});
    line(&mut value)["$xml"] =
        json!({"order": {"additionalInformationNote": ["DMTLIL", "RPCPK", "ADTLIL"]}});
    let certificate = from_json(value.to_string().as_bytes()).unwrap();
    let notes = certificate.trade_lines().next().unwrap().nodes("AdditionalInformationSPSNote");
    let tags: Vec<_> = notes.map(|note| (note.text("Subject"), note.text("Content"))).collect();
    assert_eq!(tags[1], (Some("RPCPK"), Some("False")), "{tags:?}");
}

//------------ Acknowledgements ----------------------------------------------

const ANSWER: &str = r#"{
  "schema": "certpost/acknowledgement/1",
  "acknowledgementDocument": {
    "issueDateTime": "2026-11-24T08:00:00Z",
    "statusCode": "41",
    "reasonInformation": [{ "value": "DIFFERS: net weight", "languageId": "en" }],
    "referencedDocument": [
      { "typeCode": "851", "relationshipTypeCode": "AWR", "id": "BV-PC-2026-0004711" }
    ]
  }
}"#;

#[test]
fn an_acknowledgement_crosses_both_ways() {
    let (document, findings) = check_document(ANSWER.as_bytes(), Strictness::Submission);
    assert_eq!(findings, []);
    let document = document.unwrap();
    assert_eq!(document.status(), Some("41"));
    let written = write_document(&document, &WriteOptions::default());
    check_valid_by("SPSAcknowledgement_17.xsd", written.as_bytes());
    let reading = read_document(&octets(written.as_bytes()));
    assert_eq!((reading.refused, reading.certificate.as_ref()), (None, Some(&document)));
    assert_eq!(document_to_json(&document), serde_json::from_str::<Value>(ANSWER).unwrap());
    // It is no certificate, and the queue takes none for one.
    let reading = read(&octets(written.as_bytes()));
    assert_eq!(reading.findings[0].code.as_str(), "root.wrong");
    check_text_refused(ANSWER, "/acknowledgementDocument", "submission.unknown-field", "");
    check_text_refused(ANSWER, "/schema", "submission.schema", "certpost/certificate/1");
    let (_, findings) = check_document(b"{\"acknowledgementDocument\": {}}", Strictness::Received);
    let paths: Vec<&str> = findings.iter().map(|finding| finding.path.as_str()).collect();
    let document = "/acknowledgementDocument";
    let wanted = ["issueDateTime", "statusCode", "referencedDocument"];
    assert_eq!(paths, wanted.map(|name| format!("{document}/{name}")));
}

//------------ The content digest --------------------------------------------

fn phyto() -> Value {
    serde_json::from_slice(&std::fs::read(ours("phytosanitary-851.json")).unwrap()).unwrap()
}

#[track_caller]
fn check_digest(change: impl FnOnce(&str) -> String, same: bool) {
    let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
    let changed = change(&golden);
    assert_ne!(changed, golden, "the change changes nothing");
    let one = read(&octets(golden)).certificate.unwrap().content_digest();
    let other = read(&octets(changed)).certificate.unwrap().content_digest();
    assert_eq!(one == other, same);
}

#[test]
fn spelling_does_not_change_the_digest() {
    check_digest(|xml| xml.replace("ram:", "a:").replace(":ram=", ":a="), true);
    check_digest(|xml| xml.replace("><", ">\n  <"), true);
    check_digest(|xml| xml.replace("udt:DateTimeString>", "udt:DateTime>"), true);
    check_digest(
        |xml| xml.replace("<udt:DateTimeString>2026-10-07</udt:DateTimeString>", "2026-10-07"),
        true,
    );
    check_digest(|xml| xml.replace("<ram:Name/>", ""), true);
    check_digest(
        |xml| xml.replace("<rsm:SPSExchangedDocument>", "<rsm:SPSExchangedDocument><!-- -->"),
        true,
    );
    check_digest(|xml| xml.replace("<ram:ID>BV</ram:ID>", "<ram:ID> BV\n</ram:ID>"), true);
    check_digest(|xml| xml.replace("&lt;", "&#60;"), true);
    check_digest(
        |xml| {
            xml.replace("<ram:StatusCode>70</ram:StatusCode>", "").replace(
                "<ram:TypeCode>851</ram:TypeCode>",
                "<ram:StatusCode>70</ram:StatusCode><ram:TypeCode>851</ram:TypeCode>",
            )
        },
        true,
    );
    check_digest(
        |xml| {
            xml.replace("<rsm:SPSCertificate ", "<rsm:SPSCertificate xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"a b\" ")
        },
        true,
    );
}

#[test]
fn content_changes_the_digest() {
    check_digest(|xml| xml.replace("820.50", "820.5"), false);
    check_digest(|xml| xml.replace("820.50", "8200.50"), false);
    check_digest(|xml| xml.replace("unitCode=\"KGM\"", "unitCode=\"TNE\""), false);
    check_digest(|xml| xml.replace("dormant", "dormant "), false);
    check_digest(|xml| xml.replace(" languageID=\"de\"", ""), false);
    check_digest(|xml| xml.replace("2026-10-07", "2026-10-08"), false);
    check_digest(
        |xml| {
            xml.replace("LOT 26-118", "X")
                .replace("LOT 26-119", "LOT 26-118")
                .replace('X', "LOT 26-119")
        },
        false,
    );
    check_digest(|xml| xml.replace("<ram:ID>V-0417</ram:ID>", ""), false);
    check_digest(|xml| xml.replace("<ram:ID>V-0417</ram:ID>", "<ram:ID/>"), false);
    check_digest(|xml| xml.replace("</rsm:SPSConsignment>", "<x/></rsm:SPSConsignment>"), false);
}

/// The canonical form is JSON in mechanical names alone, with sorted keys.
#[test]
fn the_digest_is_that_of_canonical_json() {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(object) => {
                let mut keys: Vec<_> = object.keys().collect();
                keys.sort();
                keys.into_iter().map(|key| (key.clone(), sorted(&object[key]))).collect()
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    for name in OURS {
        let json = std::fs::read(ours(&format!("{name}.json"))).unwrap();
        let certificate = from_json(&json).unwrap();
        let canonical: Value = serde_json::from_str(&certificate.canonical()).unwrap();
        assert_eq!(certificate.canonical(), sorted(&canonical).to_string());
        for plain in ["hsCode", "additionalDeclaration", "reExport", "$xml"] {
            assert!(!certificate.canonical().contains(&format!("\"{plain}\"")), "{plain}");
        }
        assert_eq!(certificate.content_digest().to_string().len(), 64);
    }
}

/// Where tags stand among others of their list, and how booleans are spelled,
/// is no content; what stands beside them keeps its order.
#[test]
fn the_order_of_tags_is_no_content() {
    let note = |subject: &str, content: &str| json!({"subject": subject, "content": [content]});
    let with = |order: &[&str], others: [&str; 2], spelled: &str| {
        let mut value = phyto();
        let line = value.pointer_mut(LINE).unwrap();
        line["reExport"] = json!({"isOriginal": true, "isPacked": false,
            "$xml": {"spelling": {"isOriginal": spelled}}});
        line.as_object_mut().unwrap().remove("distinguishingMarks");
        line.as_object_mut().unwrap().remove("additionalDeclaration");
        line["additionalInformationNote"] = json!(others.map(|tag| note("ADCO", tag)));
        line["$xml"] = json!({"order": {"additionalInformationNote": order}});
        from_json(value.to_string().as_bytes()).unwrap()
    };
    let one = with(&["RPCOR", "RPCPK", "-", "-"], ["x", "y"], "true");
    let other = with(&["-", "RPCPK", "-", "RPCOR"], ["x", "y"], "TRUE");
    assert_ne!(one, other);
    assert_eq!(one.content_digest(), other.content_digest());
    let third = with(&["RPCOR", "RPCPK", "-", "-"], ["y", "x"], "true");
    assert_ne!(one.content_digest(), third.content_digest());
}

//------------ Refusals ------------------------------------------------------

#[track_caller]
fn check_refused(change: impl FnOnce(&mut Value), pointer: &str, code: &str, remedy: &str) {
    let mut value = phyto();
    change(&mut value);
    check_text_refused(&value.to_string(), pointer, code, remedy);
}

#[track_caller]
fn check_text_refused(text: &str, pointer: &str, code: &str, remedy: &str) {
    let findings = from_json(text.as_bytes()).expect_err("it is taken");
    let found = findings.iter().any(|finding| {
        finding.level == Level::Severe
            && finding.path == pointer
            && finding.code.as_str() == code
            && finding.remedy.contains(remedy)
            && !finding.words.is_empty()
    });
    assert!(found, "{findings:#?}");
}

const LINE: &str = "/consignment/includedConsignmentItem/0/includedTradeLineItem/0";

#[test]
fn mutations_are_refused_where_they_are() {
    fn line(value: &mut Value) -> &mut Value {
        value.pointer_mut(LINE).unwrap()
    }
    let at = |below: &str| format!("{LINE}{below}");
    check_refused(
        |value| line(value)["netWeightMeasure"]["value"] = json!(20500.0),
        &at("/netWeightMeasure/value"),
        "submission.number-not-string",
        "\"20500.0\"",
    );
    check_refused(
        |value| line(value)["netWeightMeasure"] = json!(20500.5),
        &at("/netWeightMeasure"),
        "submission.number-not-string",
        "\"20500.5\"",
    );
    check_refused(
        |value| line(value)["netWeightMeasure"]["value"] = json!("12,5"),
        &at("/netWeightMeasure/value"),
        "number.none",
        "\"12.5\"",
    );
    check_refused(
        |value| line(value)["nettWeightMeasure"] = json!("1"),
        &at("/nettWeightMeasure"),
        "submission.unknown-field",
        "did you mean netWeightMeasure?",
    );
    check_refused(
        |value| line(value)["description"] = json!("Apples"),
        &at("/description"),
        "submission.list-wanted",
        "write [\"Apples\"]",
    );
    check_refused(
        |value| line(value)["netWeightMeasure"] = json!(["1"]),
        &at("/netWeightMeasure"),
        "submission.single-wanted",
        "without [ ]",
    );
    check_refused(
        |value| line(value)["description"][0]["language"] = json!("en"),
        &at("/description/0/language"),
        "submission.unknown-field",
        "languageId",
    );
    check_refused(
        |value| {
            line(value).as_object_mut().unwrap().remove("description");
        },
        &at("/description"),
        "element.missing",
        "write it",
    );
    check_refused(
        |value| value["exchangedDocument"]["id"] = Value::Null,
        "/exchangedDocument/id",
        "element.missing",
        "write it",
    );
    check_refused(
        |value| value["exchangedDocument"]["id"] = json!(4711),
        "/exchangedDocument/id",
        "submission.string-wanted",
        "\"4711\"",
    );
    for missing in ["consignorParty", "exportCountry", "importCountry", "includedConsignmentItem"] {
        check_refused(
            |value| {
                value["consignment"].as_object_mut().unwrap().remove(missing);
            },
            &format!("/consignment/{missing}"),
            "element.missing",
            "write it",
        );
    }
    check_refused(
        |value| value["consignment"]["importCountry"]["id"] = json!("Norway"),
        "/consignment/importCountry/id",
        "country.unknown",
        "\"NO\"",
    );
    check_refused(
        |value| value["consignment"]["importCountry"] = json!("AQ"),
        "/consignment/importCountry",
        "submission.object-wanted",
        "{\"id\"",
    );
    check_refused(
        |value| value["exchangedDocument"]["issueDateTime"] = json!("26/02/2024"),
        "/exchangedDocument/issueDateTime",
        "date.none",
        "\"2024-02-26\"",
    );
    check_refused(
        |value| value["exchangedDocument"]["issueDateTime"] = json!("2026-11-20T10:15:00"),
        "/exchangedDocument/issueDateTime",
        "date.form",
        "+01:00",
    );
    check_refused(
        |value| value["exchangedDocument"]["typeCode"] = json!("9999"),
        "/exchangedDocument/typeCode",
        "type.unknown",
        "851",
    );
    check_refused(
        |value| value["exchangedDocument"]["statusCode"] = json!("issued"),
        "/exchangedDocument/statusCode",
        "status.unknown",
        "70",
    );
    check_refused(
        |value| line(value)["physicalPackage"][0]["typeCode"] = json!("carton"),
        &at("/physicalPackage/0/typeCode"),
        "package.unknown",
        "CT",
    );
    check_refused(
        |value| line(value)["description"][0] = json!("a\u{1}b"),
        &at("/description/0"),
        "submission.illegal-character",
        "leave it out",
    );
    check_refused(
        |value| value["consignment"]["$xml"] = json!({"unknown": ["<a/>"]}),
        "/consignment/$xml/unknown",
        "submission.beyond-the-schema",
        "leave it out",
    );
    check_refused(
        |value| value["exchangedDocument"] = json!([]),
        "/exchangedDocument",
        "submission.single-wanted",
        "[ ]",
    );
    check_refused(
        |value| value["schema"] = json!("x"),
        "/schema",
        "submission.schema",
        "certpost/certificate/1",
    );
    check_refused(
        |value| value["consignment"]["shipStoresIndicator"] = json!("true"),
        "/consignment/shipStoresIndicator",
        "submission.boolean-wanted",
        "without quotes",
    );
}

/// One mistake, one severe finding: no echo of it elsewhere.
#[test]
fn one_mistake_has_one_reason() {
    #[track_caller]
    fn check(pointer: &str, written: Value, code: &str, path: &str) {
        let mut value = phyto();
        let pointer = pointer.replace('…', LINE);
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap()[name] = written;
        let findings = from_json(value.to_string().as_bytes()).expect_err("it is taken");
        let severe: Vec<_> = findings.iter().filter(|f| f.level == Level::Severe).collect();
        let found: Vec<_> = severe.iter().map(|f| (f.code.as_str(), f.path.as_str())).collect();
        let path = path.replace('…', LINE);
        assert_eq!(found, [(code, path.as_str())], "{severe:#?}");
        assert!(severe[0].line.is_some());
    }
    let missing = "element.missing";
    check("…/description", json!("Apples"), "submission.list-wanted", "…/description");
    check("…/description", json!([null]), "submission.null-in-list", "…/description/0");
    check("…/description", json!([{"value": "", "languageId": "en"}]), missing, "…/description");
    check("…/sequenceNumeric", json!(1), "submission.number-not-string", "…/sequenceNumeric");
    check("…/sequenceNumeric", json!(true), "submission.string-wanted", "…/sequenceNumeric");
    let document = "/exchangedDocument";
    let at = |name: &str| format!("{document}/{name}");
    check(&at("id"), json!({"value": "", "schemeId": "x"}), missing, &at("id"));
    check(&at("id"), json!(["x"]), "submission.single-wanted", &at("id"));
    check(&at("typeCode"), json!(851), "submission.string-wanted", &at("typeCode"));
    check(&at("typeCode"), json!({"value": "", "listId": "x"}), missing, &at("typeCode"));
    check(
        &at("issueDateTime"),
        json!({"value": "", "format": "102"}),
        missing,
        &at("issueDateTime"),
    );
    let country = "/consignment/exportCountry";
    check(country, json!("BV"), "submission.object-wanted", country);
    check(country, json!({}), missing, &format!("{country}/id"));
    check(country, json!({"ID": "BV"}), "submission.unknown-field", &format!("{country}/ID"));
    let items = "/consignment/includedConsignmentItem";
    let lines = format!("{items}/0/includedTradeLineItem");
    check(items, json!([{}]), missing, &lines);
    check(&lines, json!({}), "submission.list-wanted", &lines);
    let unknown = "submission.unknown-field";
    check("…/hsCode", json!({"valuex": "060220"}), unknown, "…/hsCode/valuex");
    let typed = json!({"valuex": "Fresh", "languageId": "en"});
    check("…/condition", json!([typed]), unknown, "…/condition/0/valuex");
    let mut value = phyto();
    value.pointer_mut(LINE).unwrap()["netWeightMeasure"] =
        json!({"value": "1", "unitCodex": "KGM"});
    let findings = from_json(value.to_string().as_bytes()).unwrap_err();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let number = json!("9".repeat(249));
    let mut value = phyto();
    value["exchangedDocument"]["id"] = number;
    let facts = from_json(value.to_string().as_bytes()).unwrap().facts_by(Paths::Json);
    assert_eq!(facts.unwrap_err()[0].path, "/exchangedDocument/id");
}

/// The same in XML, where what is received is judged more mildly.
#[test]
fn one_mistake_in_xml_has_one_reason() {
    #[track_caller]
    fn check(from: &str, to: &str, wanted: &[(&str, &str)]) {
        let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
        let changed = golden.replacen(from, to, 1);
        assert_ne!(changed, golden);
        let findings = read(&octets(changed)).findings;
        let severe = findings.iter().filter(|f| f.level == Level::Severe);
        let found: Vec<_> = severe.map(|f| (f.code.as_str(), f.path.as_str())).collect();
        assert_eq!(found, wanted, "{findings:#?}");
    }
    let missing = |name: &'static str| [("element.missing", name)];
    let number = "<ram:ID>BV-PC-2026-0005120</ram:ID>";
    let document = missing("/SPSCertificate/SPSExchangedDocument/ID");
    check(number, "<ram:ID schemeID=\"x\"/>", &document);
    check(number, "<ram:ID><ram:X/></ram:ID>", &document);
    check("<ram:ExportSPSCountry>", "<ram:ExportSPSCountry y=\"\">", &[]);
    let consignment = "/SPSCertificate/SPSConsignment";
    check(
        "<ram:IncludedSPSConsignmentItem>",
        "<ram:IncludedSPSConsignmentItem/><ram:IncludedSPSConsignmentItem>",
        &[],
    );
    let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
    let between = |start: &str, end: &str| {
        let from = golden.find(start).unwrap();
        golden[from..golden.rfind(end).unwrap() + end.len()].to_owned()
    };
    let lines = between("<ram:IncludedSPSTradeLineItem>", "</ram:IncludedSPSTradeLineItem>");
    check(&lines, "", &[("trade-line.missing", consignment)]);
    let line = format!("{consignment}/IncludedSPSConsignmentItem[1]/IncludedSPSTradeLineItem[1]");
    let description = format!("{line}/Description");
    check(&lines, "<ram:IncludedSPSTradeLineItem/>", &[("element.missing", &description)]);
    let whole = between("<rsm:SPSConsignment>", "</rsm:SPSConsignment>");
    check(&whole, "<rsm:SPSConsignment/>", &[("trade-line.missing", consignment)]);
    for date in ["2026-10-07 10:00:00", "20261007", "2026-10-07T10:00Z", "2026-10-07T24:00:00Z"] {
        check(">2026-10-07<", &format!(">{date}<"), &[]);
    }
    let leaves = "/SPSCertificate/SPSConsignment/ExportExitDateTime[1]";
    check(">2026-10-07<", ">07/10/2026<", &[("date.none", leaves)]);
}

/// A name that is mistyped is told once: where it stands, or, where nothing can
/// do without it, as what is missing.
#[test]
fn a_mistyped_element_is_told_once() {
    #[track_caller]
    fn check(from: &str, to: &str, code: &str, path: &str, says: &str) {
        let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
        let changed = golden.replacen(from, to, 1);
        assert_ne!(changed, golden);
        let findings = read(&octets(changed)).findings;
        let found: Vec<_> = findings.iter().map(|f| (f.code.as_str(), f.path.as_str())).collect();
        assert_eq!(found, [(code, format!("/SPSCertificate{path}").as_str())], "{findings:#?}");
        let told = format!("{}; {}", findings[0].words, findings[0].remedy);
        assert!(told.contains(says), "{told}");
    }
    check(
        "<ram:ID>BV</ram:ID>",
        "<ram:Id>BV</ram:Id>",
        "element.unknown",
        "/SPSConsignment/ExportSPSCountry[1]/Id[1]",
        "did you mean ID?",
    );
    check(
        "<ram:ID>BV</ram:ID>",
        "<rsm:ID>BV</rsm:ID>",
        "element.unknown",
        "/SPSConsignment/ExportSPSCountry[1]/ID[1]",
        "write it in the namespace urn:un:unece:uncefact:data:standard:Reusable",
    );
    check(
        "<ram:ExportSPSCountry><ram:ID>BV</ram:ID><ram:Name/></ram:ExportSPSCountry>",
        "<ram:ExportCountry><ram:ID>BV</ram:ID><ram:Name/></ram:ExportCountry>",
        "element.unknown",
        "/SPSConsignment/ExportCountry[1]",
        "did you mean ExportSPSCountry?",
    );
    check(
        "<ram:ExportSPSCountry><ram:ID>BV</ram:ID>",
        "<ram:ExportSPSCountry ID=\"BV\">",
        "attribute.unknown",
        "/SPSConsignment/ExportSPSCountry[1]",
        "write it as an element: ID",
    );
    check(
        "<ram:ID>BV</ram:ID><ram:Name/>",
        "BV",
        "text.stray",
        "/SPSConsignment/ExportSPSCountry[1]",
        "write it into one of its elements: ID, Name",
    );
    check(
        "<udt:DateTimeString>2026-10-07</udt:DateTimeString>",
        "<udt:DateTimeString>2026-10-07</udt:DateTimeString><udt:DateTime>2026-10-08</udt:DateTime>",
        "element.repeated",
        "/SPSConsignment/ExportExitDateTime[1]/DateTime[1]",
        "write the value once",
    );
    check(
        "Entity:21",
        "Entity:20",
        "root.version",
        "/SPSExchangedDocument",
        "Entity:20; write it in the namespace",
    );
    check(
        "DataType:21",
        "DataType:20",
        "root.version",
        "/SPSExchangedDocument/IssueDateTime[1]",
        "DataType:20; write it in the namespace",
    );
    check(
        "<ram:StatusCode>70</ram:StatusCode>",
        "<ram:Statuscode>70</ram:Statuscode>",
        "element.missing",
        "/SPSExchangedDocument/StatusCode",
        "the schema has no Statuscode here; did you mean StatusCode?",
    );
}

/// Whatever is near a value says what the value should have been.
#[test]
fn remedies_fit_what_they_are_about() {
    let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
    let date = "<udt:DateTimeString>2026-10-07</udt:DateTimeString>";
    for (from, to, code, says) in [
        (
            "<ram:SequenceNumeric>1<",
            "<ram:SequenceNumeric>one<",
            "number.none",
            "; write digits, as 12",
        ),
        (
            date,
            "<udt:DateTimeString>0000-10-07</udt:DateTimeString>",
            "date.form",
            "; write 2026-11-20,",
        ),
        (
            date,
            "2026-10-07",
            "date.form",
            "stands here as text alone; write it in udt:DateTimeString",
        ),
        (
            "languageID=\"en\"",
            "languageID=\"English\"",
            "language.form",
            "'English' is no language",
        ),
        ("languageID=\"en\"", "languageID=\"cn\"", "language.form", "'cn' is no language"),
        (
            "unitCode=\"KGM\"",
            "unitCode=\"LTR\"",
            "unit.kind",
            "is a weight, and 'LTR' a unit of a volume",
        ),
    ] {
        let changed = golden.replacen(from, to, 1);
        assert_ne!(changed, golden, "{from}");
        let found = read(&octets(changed)).findings;
        let told: Vec<_> = found.iter().filter(|it| it.code.as_str() == code).collect();
        let [finding] = told.as_slice() else { panic!("{from}: {found:#?}") };
        let told = format!("{}; {}", finding.words, finding.remedy);
        assert!(told.contains(says), "{told}");
    }
    for tag in ["en", "zh-Hant", "sr-Latn-RS", "ENG", "gsw", "x-klingon", "EN"] {
        let changed = golden.replacen("languageID=\"en\"", &format!("languageID=\"{tag}\""), 1);
        let found = read(&octets(changed)).findings;
        assert!(found.iter().all(|it| it.code.as_str() != "language.form"), "{tag}");
    }
}

/// Whoever took one namespace for all is told that, and not every element.
#[test]
fn a_document_in_another_namespace_is_told_once() {
    let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
    let parts = ["SPSExchangedDocument>", "SPSConsignment>"];
    let unprefixed = |text: String, part: &str| {
        text.replace(&format!("<rsm:{part}"), &format!("<{part}"))
            .replace(&format!("</rsm:{part}"), &format!("</{part}"))
    };
    for (changed, says) in [
        (
            golden.replace("ram:", "rsm:"),
            "Name stands in the namespace urn:un:unece:uncefact:data:standard:SPSC",
        ),
        (golden.replace("<ram:", "<").replace("</ram:", "</"), "Name stands in no namespace"),
        (parts.into_iter().fold(golden, unprefixed), "SPSExchangedDocument stands in no namespace"),
    ] {
        let found = read(&octets(changed)).findings;
        let [finding] = found.as_slice() else { panic!("{found:#?}") };
        assert_eq!(finding.code.as_str(), "root.version");
        assert!(finding.words.starts_with(says), "{}", finding.words);
        assert!(finding.remedy.starts_with("write it in the namespace"), "{}", finding.remedy);
    }
}

/// A line that is not read as one is told as what is missing, and why it is.
#[test]
fn a_trade_line_that_is_none_says_why() {
    let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
    for (from, to, says) in [
        (
            "IncludedSPSTradeLineItem>",
            "IncludedSPSTradelineItem>",
            "no IncludedSPSTradelineItem here; did you mean IncludedSPSTradeLineItem?",
        ),
        (
            "ram:IncludedSPSConsignmentItem>",
            "ram:IncludedSPSConsignementItem>",
            "no IncludedSPSConsignementItem here; did you mean IncludedSPSConsignmentItem?",
        ),
    ] {
        let found = read(&octets(golden.replace(from, to))).findings;
        let [finding] = found.as_slice() else { panic!("{found:#?}") };
        assert_eq!(finding.code.as_str(), "trade-line.missing");
        assert!(format!("{}; {}", finding.words, finding.remedy).contains(says), "{finding:?}");
    }
}

/// What is told no more is not worked out either: a flood of faults in a body
/// of the largest size costs about as much as reading it.
#[test]
fn a_flood_of_unknown_fields_ends() {
    let members: String = (0..200_000).map(|n| format!(",\"f{n}\":1")).collect();
    let text = format!("{{\"exchangedDocument\":{{\"x\":1{members}}}}}");
    let findings = from_json(text.as_bytes()).unwrap_err();
    assert!(findings.len() <= 501);
}

#[test]
fn a_trade_line_is_never_invented() {
    let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
    let item = "<ram:IncludedSPSConsignmentItem>";
    let changed = golden.replace(item, &format!("<ram:IncludedSPSConsignmentItem/>{item}"));
    let certificate = read(&octets(changed)).certificate.unwrap();
    let written = write(&certificate, &WriteOptions::default());
    let again = read(&octets(written.as_bytes()));
    assert_eq!((again.refused, again.certificate.as_ref()), (None, Some(&certificate)));
}

#[test]
fn what_is_no_json_object_is_refused() {
    for text in ["", "not JSON", "{", "{\"a\":1,}", "{} {}", "\u{1}", "{\"a\":\"\\ud800\"}"] {
        check_text_refused(text, "", "submission.not-json", "RFC 8259");
    }
    check_text_refused("[]", "", "submission.object-wanted", "exchangedDocument");
    check_text_refused("{}", "/exchangedDocument", "element.missing", "write it");
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    check_text_refused(&deep, "", "submission.too-deep", "flatter");
    let doubled = phyto().to_string().replacen("\"id\":", "\"id\":\"x\",\"id\":", 1);
    check_text_refused(&doubled, "/exchangedDocument/id", "submission.duplicate-key", "once");
    let mut nested = json!([{"id": "1"}]);
    for _ in 0..40 {
        nested = json!([{"subordinateCountrySubDivision": nested}]);
    }
    let mut value = phyto();
    value["consignment"]["exportCountry"]["subordinateCountrySubDivision"] = nested;
    assert!(from_json(value.to_string().as_bytes()).is_ok(), "forty levels are few");
    let many: Vec<Value> = (0..120_000).map(|_| json!({})).collect();
    value["consignment"]["transitCountry"] = json!(many);
    let findings = from_json(value.to_string().as_bytes()).unwrap_err();
    assert!(findings.len() <= 501, "{}", findings.len());
}

#[test]
fn xml_that_is_no_certificate_says_so() {
    #[track_caller]
    fn check(change: impl FnOnce(&str) -> String, code: &str, path: &str) {
        let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
        let changed = change(&golden);
        assert_ne!(changed, golden);
        let reading = read(&octets(changed));
        let found = reading
            .findings
            .iter()
            .any(|f| f.level == Level::Severe && f.code.as_str() == code && f.path == path);
        assert!(found, "{:#?}", reading.findings);
        assert!(reading.refused.is_some());
    }
    let document = "/SPSCertificate/SPSExchangedDocument";
    let line =
        "/SPSCertificate/SPSConsignment/IncludedSPSConsignmentItem[1]/IncludedSPSTradeLineItem[2]";
    check(|xml| xml.replace("rsm:SPSCertificate", "rsm:SPSInvoice"), "root.wrong", "");
    check(|xml| xml.replace("SPSCertificate:17", "SPSCertificate:5"), "root.version", "");
    check(
        |xml| xml.replace("<rsm:SPSCertificate", "<!DOCTYPE a><rsm:SPSCertificate"),
        "xml.doctype",
        "",
    );
    check(|xml| xml.replace("</rsm:SPSCertificate>", ""), "xml.not-well-formed", "");
    check(
        |xml| xml.replace("</rsm:SPSCertificate>", "<rsm:SPSConsignment/></rsm:SPSCertificate>"),
        "consignment.two",
        "/SPSCertificate/SPSConsignment[2]",
    );
    check(
        |xml| xml.replace("<ram:ID>BV-PC-2026-0005120</ram:ID>", "<ram:ID/>"),
        "element.missing",
        &format!("{document}/ID"),
    );
    check(
        |xml| xml.replace("<ram:StatusCode>70<", "<ram:StatusCode>7000<"),
        "status.unknown",
        &format!("{document}/StatusCode[1]"),
    );
    check(
        |xml| xml.replace("2026-10-07", "07/10/2026"),
        "date.none",
        "/SPSCertificate/SPSConsignment/ExportExitDateTime[1]",
    );
    check(
        |xml| xml.replace(">1.250<", ">12,5 kg<"),
        "number.none",
        &format!("{line}/NetVolumeMeasure[1]"),
    );
    check(
        |xml| {
            xml.replace(
                "<ram:Description languageID=\"en\">Dunnage, pine, heat treated</ram:Description>",
                "",
            )
        },
        "element.missing",
        &format!("{line}/Description"),
    );
    check(
        |xml| xml.replace("<ram:ID>AQ</ram:ID>", "<ram:ID>ZZ</ram:ID>"),
        "country.unknown",
        "/SPSCertificate/SPSConsignment/ImportSPSCountry[1]/ID[1]",
    );
    check(
        |xml| xml.replace("<ram:ModeCode>1<", "<ram:ModeCode>ship<"),
        "transport.unknown",
        "/SPSCertificate/SPSConsignment/MainCarriageSPSTransportMovement[1]/ModeCode[1]",
    );
}

//------------ Properties ----------------------------------------------------

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn random_certificates_cross_the_road(seed in any::<u64>()) {
        check_round_trip(&random(seed));
    }

    #[test]
    fn random_acknowledgements_cross_the_road(seed in any::<u64>()) {
        let document = random_acknowledgement(seed);
        let xml = write_document(&document, &WriteOptions::default());
        let again = read_document(&octets(xml.as_bytes())).certificate;
        prop_assert_eq!(again.as_ref(), Some(&document));
        let value = document_to_json(&document).to_string();
        let (from_json, findings) = check_document(value.as_bytes(), Strictness::Received);
        let refused = findings.iter().find(|found| found.code.as_str().starts_with("submission."));
        prop_assert_eq!(refused, None);
        prop_assert_eq!(from_json.as_ref(), Some(&document));
    }

    #[test]
    fn arbitrary_octets_never_panic(text in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(gate(&octets(&text)));
        drop(read(&octets(&text)));
        drop(from_json(&text));
    }

    #[test]
    fn mutated_documents_never_panic(
        which in 0_usize..3,
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..5), 1..12),
    ) {
        for ending in ["xml", "json"] {
            let mut text = std::fs::read(ours(&format!("{}.{ending}", OURS[which]))).unwrap();
            for (at, octet, how) in &cuts {
                let at = at.index(text.len());
                match how {
                    0 => text[at] = *octet,
                    1 => { text.remove(at); }
                    2 => text.insert(at, *octet),
                    3 => { let end = (at + usize::from(*octet)).min(text.len()); text.drain(at..end); }
                    _ => { let end = (at + usize::from(*octet)).min(text.len()); let copy = text[at..end].to_vec(); text.splice(at..at, copy); }
                }
                if text.is_empty() { text.push(b' '); }
            }
            let passed = gate(&octets(&text)).is_ok();
            let reading = read(&octets(&text));
            prop_assert!(passed || reading.certificate.is_none());
            if let Some(certificate) = &reading.certificate {
                check_round_trip(certificate);
            }
            if let Ok(certificate) = from_json(&text) {
                check_round_trip(&certificate);
            }
            let (kept, findings) = check_json(&text, Strictness::Received);
            if let (Some(certificate), false) = (kept, any_severe(&findings)) {
                check_round_trip(&certificate);
            }
        }
    }
}

/// Nothing that comes of a document grows faster than the document: these
/// would fill the memory or never end if it did.
#[test]
fn hostile_documents_end() {
    let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
    let flood = |inside: &str| {
        golden.replace("</rsm:SPSConsignment>", &format!("{inside}</rsm:SPSConsignment>"))
    };
    for document in [
        flood(&"<y/>".repeat(30_000)),
        flood(&"<ram:ReExportSPSCountry/><ram:TransitSPSCountry/>".repeat(12_000)),
        flood(&format!(
            "<a xmlns:p=\"{}\">{}</a>",
            "u".repeat(2000),
            "<b p:c=\"\"/>".repeat(15_000)
        )),
        flood(&"text<y/>".repeat(15_000)),
        format!("<a xmlns=\"{}\"/>", "u".repeat(1_000_000)),
        format!("<{0}></{0}>", "a".repeat(500_000)),
        format!("<a {}/>", "b='' ".repeat(100_000)),
        "<".repeat(1_000_000),
        "&".repeat(1_000_000),
        "<a>".repeat(1_000_000),
    ] {
        let reading = read(&octets(document));
        assert!(reading.findings.len() <= 503);
        assert!(reading.findings.iter().all(|finding| finding.words.len() < 2000));
    }
    let json = format!(
        "{{\"exchangedDocument\":{{{}}}}}",
        "\"x\":1,".repeat(60_000).trim_end_matches(',')
    );
    assert!(from_json(json.as_bytes()).is_err());
}
