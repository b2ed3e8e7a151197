//! The schema against the reader: what one takes, the other takes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::sample::{OURS, ours, random};
use super::super::{check_json, from_json, to_json};
use super::certificate;
use crate::certificate::rules::Strictness;
use crate::conforms::faults;

const LINE: &str = "/consignment/includedConsignmentItem/0/includedTradeLineItem/0";

fn phyto() -> Value {
    serde_json::from_slice(&std::fs::read(ours("phytosanitary-851.json")).unwrap()).unwrap()
}

fn submission(object: &Value) -> Vec<String> {
    faults("submission.schema.json", object)
}

fn received(object: &Value) -> Vec<String> {
    faults("certificate.schema.json", object)
}

#[test]
fn what_can_be_published_is_a_certificate_too() {
    for name in OURS {
        let file = std::fs::read(ours(&format!("{name}.json"))).unwrap();
        let object: Value = serde_json::from_slice(&file).unwrap();
        assert_eq!(submission(&object), [""; 0], "{name}");
        assert_eq!(received(&object), [""; 0], "{name}");
    }
    for strictness in [Strictness::Submission, Strictness::Received] {
        let example = &certificate(strictness)["examples"][0];
        assert!(from_json(example.to_string().as_bytes()).is_ok(), "{example:#}");
        assert_eq!(submission(example), [""; 0]);
    }
}

/// Both refuse it, or both take it.
#[track_caller]
fn check(change: impl FnOnce(&mut Value), taken: bool) {
    let mut value = phyto();
    change(&mut value);
    let read = from_json(value.to_string().as_bytes());
    assert_eq!(read.is_ok(), taken, "the reader: {:#?}", read.err());
    let faults = submission(&value);
    assert_eq!(faults.is_empty(), taken, "the schema: {faults:#?}");
}

fn line(value: &mut Value) -> &mut Value {
    value.pointer_mut(LINE).unwrap()
}

#[test]
fn what_the_reader_refuses_the_schema_refuses() {
    check(|_| {}, true);
    // Names, lists and objects.
    check(|value| value["more"] = json!("x"), false);
    check(|value| value["schema"] = json!("x"), false);
    check(|value| line(value)["nettWeightMeasure"] = json!("1"), false);
    check(|value| line(value)["description"] = json!("Apples"), false);
    check(|value| line(value)["description"] = json!([null]), false);
    check(|value| line(value)["netWeightMeasure"] = json!(["1"]), false);
    check(|value| line(value)["description"][0]["language"] = json!("en"), false);
    check(|value| value["consignment"]["importCountry"] = json!("AQ"), false);
    check(|value| value["exchangedDocument"] = json!([]), false);
    // Numbers, dates, booleans.
    check(|value| line(value)["netWeightMeasure"] = json!(20500.5), false);
    check(|value| line(value)["netWeightMeasure"]["value"] = json!(20500), false);
    check(|value| line(value)["netWeightMeasure"]["value"] = json!("12,5"), false);
    check(|value| line(value)["netWeightMeasure"]["value"] = json!("+5"), false);
    check(|value| line(value)["netWeightMeasure"]["value"] = json!(""), false);
    check(|value| line(value)["netWeightMeasure"] = json!({"unitCode": "KGM"}), false);
    check(|value| line(value)["sequenceNumeric"] = json!("123456789012345678901"), false);
    let document = |name: &'static str, new: Value| {
        move |value: &mut Value| value["exchangedDocument"][name] = new
    };
    check(document("issueDateTime", json!("26/02/2024")), false);
    check(document("issueDateTime", json!("2026-11-20T10:15:00")), false);
    check(document("issueDateTime", json!("2026-11-20T10:15:00+01:00")), true);
    check(document("issueDateTime", json!({"value": "2026-11-20", "as": "text"})), true);
    check(document("issueDateTime", json!({"value": "2026-11-20", "as": "odd"})), false);
    check(document("issueDateTime", json!({"value": "20261120", "format": "102"})), true);
    check(document("issueDateTime", json!("")), false);
    let consigned =
        |name: &'static str, new: Value| move |value: &mut Value| value["consignment"][name] = new;
    check(consigned("shipStoresIndicator", json!("true")), false);
    check(consigned("shipStoresIndicator", json!(true)), true);
    check(consigned("shipStoresIndicator", json!({"value": true, "as": "string"})), true);
    // Codes.
    check(document("typeCode", json!("issued")), false);
    check(document("statusCode", json!("7000")), false);
    check(document("statusCode", json!({"value": "7000"})), false);
    check(document("statusCode", json!({"value": "70", "listName": "x"})), true);
    check(consigned("importCountry", json!({"id": "Norway"})), false);
    check(|value| line(value)["physicalPackage"][0]["typeCode"] = json!("carton"), false);
    // What is missing, null and empty.
    for missing in ["id", "typeCode", "statusCode", "issueDateTime"] {
        check(document(missing, Value::Null), false);
        check(document(missing, json!("")), false);
    }
    for missing in [
        "consignorParty",
        "consigneeParty",
        "exportCountry",
        "importCountry",
        "includedConsignmentItem",
    ] {
        check(consigned(missing, Value::Null), false);
    }
    check(consigned("includedConsignmentItem", json!([])), false);
    check(consigned("consignorParty", json!({})), false);
    check(consigned("exportExitDateTime", Value::Null), true);
    check(consigned("exportExitDateTime", json!("")), true);
    check(consigned("transitCountry", Value::Null), true);
    check(|value| line(value)["description"][0] = json!({"value": "x", "languageId": null}), true);
    check(|value| line(value)["sequenceNumeric"] = Value::Null, false);
    // Beyond the schema.
    check(consigned("$xml", json!({"unknown": ["<a/>"]})), false);
    check(consigned("$xml", json!({"attributes": {"a": "b"}})), false);
    check(consigned("$xml", Value::Null), true);
}

#[test]
fn plain_fields() {
    fn document(name: &'static str, new: Value) -> impl FnOnce(&mut Value) {
        move |value| value["exchangedDocument"][name] = new
    }
    fn traded(name: &'static str, new: Value) -> impl FnOnce(&mut Value) {
        move |value| line(value)[name] = new
    }
    check(document("distinguishingMarks", json!("none")), true);
    check(document("distinguishingMarks", json!(["none"])), false);
    check(document("additionalDeclaration", json!("x")), false);
    check(
        document(
            "additionalDeclaration",
            json!(["x", {"value": "y", "languageId": "en"}, {"content": ["a", "b"]}]),
        ),
        true,
    );
    check(document("additionalDeclaration", json!([{"subject": "X", "content": []}])), false);
    check(document("replacement", json!({"reason": "lost", "certificateNumber": "N-1"})), true);
    check(document("replacement", json!({"raeson": "lost"})), false);
    check(document("replacement", json!("lost")), false);
    check(traded("reExport", json!({"isPacked": true, "originCountry": ["HM"]})), true);
    check(traded("reExport", json!({"isPacked": "yes"})), false);
    check(
        traded("reExport", json!({"isPacked": true, "$xml": {"spelling": {"isPacked": "1"}}})),
        true,
    );
    check(traded("otherQuantity", json!({"value": "12", "unit": "boxes"})), true);
    check(traded("hsCode", json!(80810)), false);
    check(traded("hsCode", json!({"value": "080810", "listId": "HS"})), true);
    let treated =
        |fact: Value| traded("appliedProcess", json!([{"typeCode": "ZZZ", "temperature": fact}]));
    check(treated(json!({"value": "56", "unitCode": "CEL"})), true);
    check(treated(json!({"value": "hot", "unitCode": "CEL"})), false);
    check(treated(json!("hot")), true);
    check(treated(json!({"value": "hot", "languageId": "en"})), true);
    check(treated(json!({"minimumValueMeasure": {"value": "1", "unitCode": "CEL"}})), true);
    check(treated(json!({"value": "56", "unitcode": "CEL"})), false);
    check(treated(json!(56)), false);
}

/// The mechanical lists stay, for entries that no plain field fits.
#[test]
fn tagged_lists_may_stay() {
    let note = json!([{"subject": {"value": "ADCO", "languageId": "en"}, "content": ["x"]}]);
    check(|value| value["exchangedDocument"]["includedNote"] = note, true);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_a_certificate(seed in any::<u64>()) {
        let value = to_json(&random(seed));
        prop_assert_eq!(received(&value), Vec::<String>::new(), "{:#}", value);
        let (read, _) = check_json(value.to_string().as_bytes(), Strictness::Received);
        prop_assert!(read.is_some());
    }
}
