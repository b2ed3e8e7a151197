//! Every rule is broken once: a good certificate, one thing changed in it, and
//! the one finding that is told of it, in JSON and in XML.

use serde_json::{Value, json};

use super::super::check_json;
use super::super::sample::ours;
use super::octets;
use crate::certificate::catalogue::Code;
use crate::certificate::rules::Strictness;
use crate::certificate::{Finding, Level};
use crate::sps::{WriteOptions, read, write};

const LINE: &str = "/consignment/includedConsignmentItem/0/includedTradeLineItem/0";
const LINE_IN_XML: &str =
    "/SPSConsignment/IncludedSPSConsignmentItem[1]/IncludedSPSTradeLineItem[1]";

//------------ Row -----------------------------------------------------------

/// One way to break a rule.
struct Row {
    code: &'static str,
    example: &'static str,
    change: Change,
    /// Path and level of what is told of it in JSON.
    json: Option<(&'static str, Level)>,
    /// Path and level of what is told of it in XML, from the root.
    xml: Option<(&'static str, Level)>,
}

enum Change {
    /// What is set at pointers of the JSON; the XML is written from that.
    Json(Vec<(&'static str, Value)>),
    /// A text of the XML, and what stands there instead.
    Xml(&'static str, &'static str),
}

/// A change in JSON. In paths `…` is the trade line, and `§` the document.
#[track_caller]
fn told(
    code: &'static str,
    level: Level,
    json: &'static str,
    xml: &'static str,
    set: &[(&'static str, Value)],
) -> Row {
    Row {
        code,
        example: "phytosanitary-851",
        change: Change::Json(set.to_vec()),
        json: (!json.is_empty()).then_some((json, level)),
        xml: (!xml.is_empty()).then_some((xml, level)),
    }
}

fn in_xml(
    code: &'static str,
    level: Level,
    path: &'static str,
    from: &'static str,
    to: &'static str,
) -> Row {
    Row {
        code,
        example: "phytosanitary-851",
        change: Change::Xml(from, to),
        json: None,
        xml: Some((path, level)),
    }
}

impl Row {
    /// The same with another level in JSON, where it is a submission.
    fn severe_in_submissions(mut self) -> Row {
        self.json = self.json.map(|(path, _)| (path, Level::Severe));
        self
    }

    fn of_re_export(mut self) -> Row {
        self.example = "re-export-657";
        self
    }

    fn check(&self) {
        let good = std::fs::read(ours(&format!("{}.json", self.example))).unwrap();
        let mut value: Value = serde_json::from_slice(&good).unwrap();
        let mut replaced = None;
        match &self.change {
            Change::Json(set) => set.iter().for_each(|(pointer, new)| {
                put(&mut value, &pointer.replace('…', LINE), new.clone());
            }),
            Change::Xml(from, to) => replaced = Some((*from, *to)),
        }
        if let Some((path, level)) = self.json {
            let text = value.to_string();
            let (_, findings) = check_json(text.as_bytes(), Strictness::Submission);
            let path = path.replace('…', LINE);
            self.compare(&findings, &path, level);
            check_place_in_json(&findings[0], &text, &value);
        }
        if let Some((path, level)) = self.xml {
            let (certificate, _) = check_json(value.to_string().as_bytes(), Strictness::Received);
            let written = write(&certificate.unwrap(), &WriteOptions::default());
            let lines = String::from_utf8_lossy(written.as_bytes()).replace("><", ">\n<");
            let text = match replaced {
                Some((from, to)) => {
                    assert_eq!(lines.matches(from).count().min(1), 1, "{from} is not there");
                    let count = if self.code.starts_with("root.") { usize::MAX } else { 1 };
                    lines.replacen(from, to, count)
                }
                None => lines,
            };
            let findings = read(&octets(&text)).findings;
            let path = path.replace('…', LINE_IN_XML).replace('§', "/SPSExchangedDocument");
            if self.code.starts_with("root.") {
                self.compare(&findings, "", level);
            } else {
                self.compare(&findings, &format!("/SPSCertificate{path}"), level);
                check_place_in_xml(&findings[0], &text);
            }
        }
    }

    #[track_caller]
    fn compare(&self, findings: &[Finding], path: &str, level: Level) {
        let found: Vec<_> =
            findings.iter().map(|f| (f.code.as_str(), f.path.as_str(), f.level)).collect();
        assert_eq!(found, [(self.code, path, level)], "{findings:#?}");
        let Finding { words, remedy, area, code, .. } = &findings[0];
        assert!(!words.is_empty() && !remedy.is_empty());
        assert_eq!(*area, code.area());
    }
}

/// Sets, adds (`/-`) or, with null, takes away what a pointer points to.
fn put(value: &mut Value, pointer: &str, new: Value) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}")) {
        Value::Array(list) if last == "-" => list.push(new),
        Value::Array(list) if new.is_null() => {
            list.remove(last.parse().unwrap());
        }
        Value::Array(list) => list[last.parse::<usize>().unwrap()] = new,
        Value::Object(object) if new.is_null() => {
            object.remove(last).unwrap_or_else(|| panic!("no {pointer}"));
        }
        Value::Object(object) => {
            object.insert(last.to_owned(), new);
        }
        _ => panic!("no list or object: {parent}"),
    }
}

/// The place is that of the value that the path points to, or of the nearest
/// that there is.
#[track_caller]
fn check_place_in_json(finding: &Finding, text: &str, value: &Value) {
    let mut path = finding.path.as_str();
    while value.pointer(path).is_none() {
        path = path.rsplit_once('/').unwrap().0;
    }
    let place = (finding.line.unwrap(), finding.column.unwrap());
    let from: String = text.chars().skip(usize::try_from(place.1).unwrap() - 1).collect();
    assert_eq!(place.0, 1);
    assert!(from.starts_with(&value.pointer(path).unwrap().to_string()), "{finding:?}");
}

/// The place is that of an element whose name is the last, or the last but
/// one, of the path.
#[track_caller]
fn check_place_in_xml(finding: &Finding, text: &str) {
    let line = text.lines().nth(usize::try_from(finding.line.unwrap()).unwrap() - 1).unwrap();
    let from: String =
        line.chars().skip(usize::try_from(finding.column.unwrap()).unwrap() - 1).collect();
    let names: Vec<&str> = finding
        .path
        .rsplit('/')
        .filter(|step| !step.starts_with('@'))
        .map(|step| step.split('[').next().unwrap())
        .collect();
    let name = from.trim_start_matches('<').split([' ', '>', '/']).next().unwrap();
    let local = name.rsplit(':').next().unwrap();
    // What is absent stands nowhere: its parent does.
    let absent = !finding.path.ends_with(']');
    let wanted = if absent && local != names[0] { names[1] } else { names[0] };
    assert!(from.starts_with('<') && local == wanted, "{local}: {finding:?}");
}

//------------ The rows ------------------------------------------------------

fn rows() -> Vec<Row> {
    use Level::{Info, Severe, Warning};
    let none = Value::Null;
    let attachment = "/exchangedDocument/referencedDocument/0/attachmentBinaryObject/0";
    let attachment_in_xml = "§/ReferenceSPSReferencedDocument[1]/AttachmentBinaryObject[1]";
    let file = |value: &str, media_type: &str, name: &str| json!({"value": value, "mimeCode": media_type, "filename": name});
    let pdf = "JVBERi0xLjQKJSVFT0YK";
    let clauses = "/exchangedDocument/signatoryAuthentication/0/includedClause";
    let replacement = |more: Value| {
        let mut whole = json!({
            "statement": "4", "certificateNumber": "BV-PC-2026-0005001",
            "reason": "Change of consignee", "issueDateTime": "2026-10-01",
        });
        for (name, value) in more.as_object().unwrap() {
            put(&mut whole, &format!("/{name}"), value.clone());
        }
        whole
    };
    let replaces = "/exchangedDocument/replacement";
    let mut rows = vec![
        //--- Attachments
        told(
            "attachment.empty",
            Warning,
            attachment,
            attachment_in_xml,
            &[(attachment, file("", "application/pdf", "a.pdf"))],
        ),
        told(
            "attachment.name-missing",
            Info,
            attachment,
            attachment_in_xml,
            &[(attachment, json!({"value": pdf, "mimeCode": "application/pdf"}))],
        ),
        told(
            "attachment.name-unsafe",
            Warning,
            attachment,
            attachment_in_xml,
            &[(attachment, file(pdf, "application/pdf", "../a.pdf"))],
        ),
        Row {
            xml: Some((attachment_in_xml, Info)),
            ..told(
                "attachment.too-large",
                Warning,
                attachment,
                "",
                &[(attachment, file(&large(), "application/pdf", "a.pdf"))],
            )
        },
        told(
            "attachment.type-differs",
            Warning,
            attachment,
            attachment_in_xml,
            &[(attachment, file(pdf, "image/png", "a.png"))],
        ),
        told(
            "attachment.type-missing",
            Info,
            attachment,
            attachment_in_xml,
            &[(attachment, json!({"value": pdf, "filename": "a.pdf"}))],
        ),
        told(
            "attachment.type-missing",
            Warning,
            attachment,
            attachment_in_xml,
            &[(attachment, json!({"value": pdf, "filename": "a"}))],
        ),
        told(
            "attachment.type-unknown",
            Warning,
            attachment,
            attachment_in_xml,
            &[(attachment, file(pdf, "PDF", "a.pdf"))],
        ),
        Row {
            json: Some((
                "/exchangedDocument/referencedDocument/0/attachmentBinaryObject/0/value",
                Severe,
            )),
            ..told(
                "attachment.not-base64",
                Warning,
                "",
                attachment_in_xml,
                &[(attachment, file("JVBER", "application/pdf", "a.pdf"))],
            )
        },
        //--- Statements
        told(
            "clause.missing",
            Info,
            "/exchangedDocument/signatoryAuthentication/0/includedClause",
            "§/SignatorySPSAuthentication[1]/IncludedSPSClause",
            &[("/exchangedDocument/signatoryAuthentication/0/includedClause/1", none.clone())],
        ),
        told(
            "clause.missing",
            Warning,
            clauses,
            "§/SignatorySPSAuthentication[1]/IncludedSPSClause",
            &[("/exchangedDocument/signatoryAuthentication/0/includedClause/0", none.clone())],
        ),
        told("clause.missing", Info, clauses, "", &[(clauses, none.clone())]),
        told(
            "clause.unexpected",
            Info,
            "/exchangedDocument/signatoryAuthentication/0/includedClause/0",
            "§/SignatorySPSAuthentication[1]/IncludedSPSClause[1]",
            &[(clauses, json!([{"id": "1"}]))],
        )
        .of_re_export(),
        //--- Countries, lines
        told(
            "country.same",
            Warning,
            "/consignment/importCountry/id",
            "/SPSConsignment/ImportSPSCountry[1]/ID[1]",
            &[("/consignment/importCountry/id", json!("BV"))],
        ),
        told(
            "trade-line.sequence",
            Info,
            "/consignment/includedConsignmentItem/0/includedTradeLineItem/1/sequenceNumeric",
            "/SPSConsignment/IncludedSPSConsignmentItem[1]/IncludedSPSTradeLineItem[2]/SequenceNumeric[1]",
            &[(
                "/consignment/includedConsignmentItem/0/includedTradeLineItem/1/sequenceNumeric",
                json!("1"),
            )],
        ),
        //--- Amounts
        told(
            "measure.negative",
            Warning,
            "…/grossWeightMeasure",
            "…/GrossWeightMeasure[1]",
            &[("…/grossWeightMeasure/value", json!("-905"))],
        )
        .severe_in_submissions(),
        told(
            "measure.net-over-gross",
            Warning,
            "…/netWeightMeasure",
            "…/NetWeightMeasure[1]",
            &[("…/netWeightMeasure", json!({"value": "1", "unitCode": "TNE"}))],
        ),
        told(
            "measure.range",
            Warning,
            "/consignment/utilizedTransportEquipment/0/settingTemperature/0/minimumValueMeasure",
            "/SPSConsignment/UtilizedSPSTransportEquipment[1]/SettingSPSTemperature[1]/MinimumValueMeasure[1]",
            &[(
                "/consignment/utilizedTransportEquipment/0/settingTemperature/0/minimumValueMeasure/value",
                json!("5"),
            )],
        ),
        told(
            "measure.zero",
            Info,
            "…/netWeightMeasure",
            "…/NetWeightMeasure[1]",
            &[("…/netWeightMeasure/value", json!("0.00"))],
        ),
        told(
            "package.fraction",
            Info,
            "…/physicalPackage/0/itemQuantity",
            "…/PhysicalSPSPackage[1]/ItemQuantity[1]",
            &[("…/physicalPackage/0/itemQuantity", json!("44.5"))],
        ),
        told(
            "period.reversed",
            Warning,
            "…/appliedProcess/0/completionPeriod/endDateTime",
            "…/AppliedSPSProcess[1]/CompletionSPSPeriod[1]/EndDateTime[1]",
            &[("…/appliedProcess/0/completionPeriod/endDateTime", json!("2026-10-02"))],
        ),
        told(
            "quantity.half",
            Warning,
            "…/otherQuantity/value",
            "…/AdditionalInformationSPSNote[1]",
            &[("…/otherQuantity", json!({"value": "40"}))],
        ),
        told(
            "quantity.half",
            Warning,
            "…/otherQuantity/unit",
            "…/AdditionalInformationSPSNote[1]",
            &[("…/otherQuantity", json!({"unit": "Crates"}))],
        ),
        //--- Re-export
        told(
            "re-export.contradiction",
            Warning,
            "…/reExport/isCertifiedCopy",
            "…/AdditionalInformationSPSNote[5]",
            &[("…/reExport/isCertifiedCopy", json!(true))],
        )
        .of_re_export(),
        told(
            "re-export.contradiction",
            Warning,
            "…/reExport/isRepacked",
            "…/AdditionalInformationSPSNote[6]",
            &[("…/reExport/isPacked", json!(true)), ("…/reExport/isRepacked", json!(true))],
        )
        .of_re_export(),
        told(
            "re-export.missing",
            Warning,
            "…/reExport/certificateNumber",
            "…",
            &[("…/reExport/certificateNumber", none.clone())],
        )
        .of_re_export(),
        told(
            "re-export.missing",
            Warning,
            "…/reExport/originCountry",
            "…",
            &[("…/reExport/originCountry", none.clone())],
        )
        .of_re_export(),
        told(
            "re-export.missing",
            Warning,
            "…/reExport/originCountry",
            "…",
            &[("…/reExport", none.clone())],
        )
        .of_re_export(),
        told(
            "re-export.type",
            Warning,
            "…/reExport/originCountry/0",
            "…/AdditionalInformationSPSNote[3]",
            &[("…/reExport", json!({"originCountry": ["HM"], "certificateNumber": "HM-1"}))],
        ),
        //--- Replacement
        told(
            "replacement.incomplete",
            Warning,
            "/exchangedDocument/replacement/issueDateTime",
            "§",
            &[(replaces, replacement(json!({"issueDateTime": null})))],
        ),
        told(
            "replacement.incomplete",
            Warning,
            "/exchangedDocument/replacement/certificateNumber",
            "§",
            &[(replaces, replacement(json!({"certificateNumber": null})))],
        ),
        told(
            "replacement.incomplete",
            Warning,
            "/exchangedDocument/replacement/statement",
            "§",
            &[(replaces, replacement(json!({"statement": null})))],
        ),
        told(
            "replacement.itself",
            Warning,
            "/exchangedDocument/replacement/certificateNumber",
            "§/IncludedSPSNote[6]/Content[1]",
            &[(replaces, replacement(json!({"certificateNumber": "BV-PC-2026-0005120"})))],
        )
        .severe_in_submissions(),
        told(
            "replacement.later",
            Warning,
            "/exchangedDocument/replacement/issueDateTime",
            "§/IncludedSPSNote[8]/Content[1]",
            &[(replaces, replacement(json!({"issueDateTime": "2026-10-06"})))],
        ),
        //--- Tags
        told(
            "tag.country",
            Warning,
            "…/reExport/originCountry/0",
            "…/AdditionalInformationSPSNote[2]/Content[1]",
            &[("…/reExport/originCountry/0", json!("Bouvet"))],
        )
        .of_re_export(),
        told(
            "tag.empty",
            Warning,
            "/exchangedDocument/financialLiability",
            "§/IncludedSPSNote[1]/Content",
            &[("/exchangedDocument/financialLiability", json!(""))],
        ),
        told(
            "tag.empty",
            Warning,
            "…/hsCode",
            "…/ApplicableSPSClassification[1]/ClassCode",
            &[("…/hsCode", json!(""))],
        ),
        told(
            "tag.empty",
            Warning,
            "…/appliedProcess/1/fullTreatment",
            "…/AppliedSPSProcess[2]/ApplicableSPSProcessCharacteristic[2]",
            &[("…/appliedProcess/1/fullTreatment", json!(""))],
        ),
        told(
            "tag.form",
            Warning,
            "/exchangedDocument/financialLiability",
            "§/IncludedSPSNote[1]/Content[1]",
            &[("/exchangedDocument/financialLiability", json!("100"))],
        ),
        told(
            "tag.form",
            Warning,
            "/exchangedDocument/inspectionDate/0",
            "§/IncludedSPSNote[4]/Content[1]",
            &[("/exchangedDocument/inspectionDate/0", json!("May 1 2026"))],
        ),
        told(
            "tag.form",
            Warning,
            "…/otherQuantity/value",
            "…/AdditionalInformationSPSNote[1]/Content[1]",
            &[("…/otherQuantity", json!({"value": "12,5", "unit": "Crates"}))],
        ),
        told(
            "tag.form",
            Warning,
            "…/additionalInformationNote/0/content/0",
            "…/AdditionalInformationSPSNote[8]/Content[1]",
            &[(
                "…/additionalInformationNote",
                json!([{"subject": "RPCAI", "content": ["perhaps"]}]),
            )],
        )
        .of_re_export(),
        told(
            "tag.length",
            Warning,
            "…/hsCode",
            "…/ApplicableSPSClassification[1]/ClassCode[1]",
            &[("…/hsCode", json!("06022090"))],
        ),
        told(
            "tag.length",
            Warning,
            "…/plantPart/0",
            "…/ApplicableSPSClassification[2]/ClassName[1]",
            &[("…/plantPart/0", json!("x".repeat(71)))],
        ),
        told(
            "tag.level",
            Warning,
            "/exchangedDocument/includedNote/0",
            "§/IncludedSPSNote[6]",
            &[(
                "/exchangedDocument/includedNote",
                json!([{"subject": "DMTLIL", "content": ["LOT 1"]}]),
            )],
        ),
        told(
            "tag.level",
            Warning,
            "…/additionalInformationNote/0",
            "…/AdditionalInformationSPSNote[3]",
            &[("…/additionalInformationNote", json!([{"subject": "TTFT", "content": ["Cold"]}]))],
        ),
        told(
            "tag.repeated",
            Warning,
            "/exchangedDocument/includedNote/0",
            "§/IncludedSPSNote[6]",
            &[("/exchangedDocument/includedNote", json!([{"subject": "SPSFL", "content": ["2"]}]))],
        ),
        told(
            "tag.blanks",
            Warning,
            "/exchangedDocument/includedNote/0/subject",
            "§/IncludedSPSNote[6]/Subject[1]",
            &[(
                "/exchangedDocument/includedNote",
                json!([{"subject": " ADEDL", "content": ["x"]}]),
            )],
        ),
        told(
            "tag.unknown",
            Warning,
            "/exchangedDocument/includedNote/0/subject",
            "§/IncludedSPSNote[6]/Subject[1]",
            &[("/exchangedDocument/includedNote", json!([{"subject": "ADXDL", "content": ["x"]}]))],
        ),
        told(
            "classification.unknown",
            Info,
            "…/applicableClassification/0/systemName/0",
            "…/ApplicableSPSClassification[4]/SystemName[1]",
            &[(
                "…/applicableClassification",
                json!([{"systemName": ["CN"], "classCode": "06022090"}]),
            )],
        ),
        //--- Treatments
        told(
            "treatment.full-missing",
            Warning,
            "…/appliedProcess/0/fullTreatment",
            "…/AppliedSPSProcess[1]",
            &[("…/appliedProcess/0/fullTreatment", none.clone())],
        ),
        told(
            "treatment.measure-missing",
            Info,
            "…/appliedProcess/0/temperature",
            "…/AppliedSPSProcess[1]/ApplicableSPSProcessCharacteristic[5]",
            &[("…/appliedProcess/0/temperature", json!("warm"))],
        ),
        told(
            "treatment.tag-unknown",
            Warning,
            "…/appliedProcess/0/applicableProcessCharacteristic/0/description/0",
            "…/AppliedSPSProcess[1]/ApplicableSPSProcessCharacteristic[7]/Description[1]",
            &[(
                "…/appliedProcess/0/applicableProcessCharacteristic",
                json!([{"description": ["TTXX", "x"]}]),
            )],
        ),
        told(
            "treatment.unit",
            Warning,
            "…/appliedProcess/0/temperature",
            "…/AppliedSPSProcess[1]/ApplicableSPSProcessCharacteristic[5]/ValueMeasure[1]",
            &[("…/appliedProcess/0/temperature/unitCode", json!("KGM"))],
        ),
        told(
            "process.other",
            Warning,
            "…/appliedProcess/1/typeCode",
            "…/AppliedSPSProcess[2]/TypeCode[1]",
            &[("…/appliedProcess/1/typeCode", json!("16"))],
        ),
    ];
    rows.extend(codes());
    rows.extend(forms());
    rows
}

/// An attachment of more than 4 MiB.
fn large() -> String {
    format!("JVBERi0x{}", "AAAA".repeat(1_400_000))
}

fn codes() -> Vec<Row> {
    use Level::{Severe, Warning};
    vec![
        told(
            "code.unknown",
            Warning,
            "…/physicalPackage/0/levelCode",
            "…/PhysicalSPSPackage[1]/LevelCode[1]",
            &[("…/physicalPackage/0/levelCode", json!("9"))],
        ),
        told(
            "country.unknown",
            Severe,
            "/consignment/transitCountry/0/id",
            "/SPSConsignment/TransitSPSCountry[1]/ID[1]",
            &[("/consignment/transitCountry/0/id", json!("ZZ"))],
        ),
        told(
            "country.unknown",
            Warning,
            "/consignment/consignorParty/specifiedAddress/countryId",
            "/SPSConsignment/ConsignorSPSParty[1]/SpecifiedSPSAddress[1]/CountryID[1]",
            &[("/consignment/consignorParty/specifiedAddress/countryId", json!("Bouvet"))],
        ),
        told(
            "package.unknown",
            Severe,
            "…/physicalPackage/0/typeCode",
            "…/PhysicalSPSPackage[1]/TypeCode[1]",
            &[("…/physicalPackage/0/typeCode", json!("QQQ"))],
        ),
        told(
            "relationship.unknown",
            Warning,
            "/exchangedDocument/referencedDocument/0/relationshipTypeCode",
            "§/ReferenceSPSReferencedDocument[1]/RelationshipTypeCode[1]",
            &[("/exchangedDocument/referencedDocument/0/relationshipTypeCode", json!("QQQ"))],
        ),
        told(
            "status.unknown",
            Severe,
            "/exchangedDocument/statusCode",
            "§/StatusCode[1]",
            &[("/exchangedDocument/statusCode", json!("9999"))],
        ),
        told(
            "transport.unknown",
            Severe,
            "/consignment/mainCarriageTransportMovement/0/modeCode",
            "/SPSConsignment/MainCarriageSPSTransportMovement[1]/ModeCode[1]",
            &[("/consignment/mainCarriageTransportMovement/0/modeCode", json!("sea"))],
        ),
        told(
            "type.unknown",
            Severe,
            "/exchangedDocument/typeCode",
            "§/TypeCode[1]",
            &[("/exchangedDocument/typeCode", json!("9999"))],
        ),
        told(
            "type.unknown",
            Warning,
            "/exchangedDocument/referencedDocument/0/typeCode",
            "§/ReferenceSPSReferencedDocument[1]/TypeCode[1]",
            &[("/exchangedDocument/referencedDocument/0/typeCode", json!("9999"))],
        ),
        told(
            "type.unusual",
            Warning,
            "/exchangedDocument/typeCode",
            "§/TypeCode[1]",
            &[("/exchangedDocument/typeCode", json!("85"))],
        )
        .severe_in_submissions(),
        told(
            "unit.missing",
            Warning,
            "…/netWeightMeasure",
            "…/NetWeightMeasure[1]",
            &[("…/netWeightMeasure", json!("820.50"))],
        ),
        told(
            "unit.unknown",
            Warning,
            "…/netWeightMeasure/unitCode",
            "…/NetWeightMeasure[1]/@unitCode",
            &[("…/netWeightMeasure/unitCode", json!("kg"))],
        )
        .severe_in_submissions(),
        told(
            "unit.kind",
            Warning,
            "…/netWeightMeasure/unitCode",
            "…/NetWeightMeasure[1]/@unitCode",
            &[("…/netWeightMeasure/unitCode", json!("CEL"))],
        ),
        told(
            "language.form",
            Warning,
            "…/description/0/languageId",
            "…/Description[1]/@languageID",
            &[("…/description/0/languageId", json!("e"))],
        ),
    ]
}

fn forms() -> Vec<Row> {
    use Level::{Info, Severe, Warning};
    let exit = "/consignment/exportExitDateTime";
    let status = "<ram:StatusCode>70</ram:StatusCode>";
    let end = "</rsm:SPSCertificate>";
    vec![
        told(
            "date.form",
            Warning,
            exit,
            "/SPSConsignment/ExportExitDateTime[1]",
            &[(exit, json!("2026-10-07T10:00:00"))],
        )
        .severe_in_submissions(),
        told(
            "date.none",
            Severe,
            exit,
            "/SPSConsignment/ExportExitDateTime[1]",
            &[(exit, json!("07/10/2026"))],
        ),
        told(
            "number.form",
            Warning,
            "…/sequenceNumeric",
            "…/SequenceNumeric[1]",
            &[("…/sequenceNumeric", json!("+1"))],
        )
        .severe_in_submissions(),
        told(
            "number.none",
            Severe,
            "…/sequenceNumeric",
            "…/SequenceNumeric[1]",
            &[("…/sequenceNumeric", json!("one"))],
        ),
        in_xml(
            "indicator.none",
            Warning,
            "/SPSConsignment/ShipStoresIndicator[1]",
            "<ram:ConsignorSPSParty>",
            "<ram:ShipStoresIndicator><udt:Indicator>perhaps</udt:Indicator></ram:ShipStoresIndicator><ram:ConsignorSPSParty>",
        ),
        in_xml(
            "attribute.unknown",
            Warning,
            "§/StatusCode[1]",
            status,
            "<ram:StatusCode x=\"1\">70</ram:StatusCode>",
        ),
        in_xml(
            "consignment.two",
            Severe,
            "/SPSConsignment[2]",
            end,
            "<rsm:SPSConsignment/></rsm:SPSCertificate>",
        ),
        in_xml(
            "element.absent",
            Warning,
            "…/PhysicalSPSPackage[1]/LevelCode",
            "<ram:LevelCode>1</ram:LevelCode>",
            "",
        ),
        in_xml(
            "element.empty",
            Warning,
            "…/PhysicalSPSPackage[1]/ItemQuantity",
            "<ram:ItemQuantity>44</ram:ItemQuantity>",
            "<ram:ItemQuantity/>",
        ),
        told(
            "element.twice",
            Info,
            "/consignment/transitCountry/1",
            "/SPSConsignment/TransitSPSCountry[2]",
            &[("/consignment/transitCountry/-", json!({"id": "GS"}))],
        ),
        told(
            "tag.missing",
            Info,
            "/exchangedDocument/includedNote/0/subject",
            "§/IncludedSPSNote[6]/Subject",
            &[("/exchangedDocument/includedNote", json!([{"content": ["x"]}]))],
        ),
        told(
            "element.missing",
            Severe,
            "/exchangedDocument/id",
            "§/ID",
            &[("/exchangedDocument/id", Value::Null)],
        ),
        in_xml(
            "element.order",
            Warning,
            "§/TypeCode[1]",
            "<ram:TypeCode>851</ram:TypeCode>\n<ram:StatusCode>70</ram:StatusCode>",
            "<ram:StatusCode>70</ram:StatusCode><ram:TypeCode>851</ram:TypeCode>",
        ),
        in_xml(
            "element.repeated",
            Warning,
            "§/StatusCode[2]",
            status,
            "<ram:StatusCode>70</ram:StatusCode><ram:StatusCode>40</ram:StatusCode>",
        ),
        in_xml(
            "element.unknown",
            Warning,
            "§/Statuscode[1]",
            status,
            "<ram:StatusCode>70</ram:StatusCode><ram:Statuscode/>",
        ),
        in_xml("root.version", Severe, "", "SPSCertificate:17", "SPSCertificate:5"),
        in_xml("root.wrong", Severe, "", "rsm:SPSCertificate", "rsm:SPSCertificat"),
        in_xml(
            "signature.present",
            Info,
            "/Signature[1]",
            end,
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></rsm:SPSCertificate>",
        ),
        in_xml(
            "text.stray",
            Warning,
            "/SPSConsignment",
            "<rsm:SPSConsignment>",
            "<rsm:SPSConsignment>and",
        ),
        told(
            "trade-line.missing",
            Severe,
            "",
            "/SPSConsignment",
            &[("/consignment/includedConsignmentItem", json!([]))],
        ),
    ]
}

//------------ The tests -----------------------------------------------------

/// Codes that no change of a certificate brings about, and where they are tested.
const ELSEWHERE: &[(&str, &str)] = &[
    ("date.future", "needs a time: certificate/rules/ahead.rs"),
    ("document.not-read", "a bug of ours, which nobody can bring about"),
    ("element.too-much", "needs megabytes: sps/"),
    ("facts.", "what a certificate is known by: submission/tests.rs"),
    ("file.format", "of files: cli/"),
    ("findings.more", "needs hundreds of faults: sps/"),
    ("from-differs", "of letters: inbound/"),
    ("letter.", "of letters: inbound/agree.rs"),
    ("outer-rewritten:", "of letters: inbound/"),
    ("partner.", "needs a configuration: cli/check.rs"),
    ("profile.", "of partners' dialects: tests/it/profiles.rs"),
    ("receipt-elsewhere", "of letters: inbound/"),
    ("submission.", "of JSON alone: submission/tests.rs"),
];

#[test]
fn every_rule_is_broken_once() {
    let rows = rows();
    for row in &rows {
        row.check();
    }
    for code in Code::ALL {
        let broken = rows.iter().any(|row| row.code == code.as_str());
        let elsewhere = ELSEWHERE.iter().any(|(name, why)| {
            !why.is_empty()
                && (*name == code.as_str()
                    || name.ends_with(['.', ':']) && code.as_str().starts_with(name))
        });
        assert!(broken != elsewhere, "{code} has no row, or one too many");
    }
}

/// The levels in the catalogue are those at which the rows are told.
#[test]
fn every_level_is_told() {
    let rows = rows();
    for code in Code::ALL {
        let told = rows.iter().filter(|row| row.code == code.as_str());
        let levels: Vec<Level> =
            told.flat_map(|row| [row.json, row.xml]).flatten().map(|(_, level)| level).collect();
        for level in code.levels() {
            // In JSON it is no string to begin with: submission.boolean-wanted.
            let is_json = code.as_str() == "indicator.none" && *level == Level::Severe;
            let is_told = levels.is_empty() || levels.contains(level) || is_json;
            assert!(is_told, "{code} is never {level:?}");
        }
    }
}

/// Nothing is told of the examples, in either form.
#[test]
fn nothing_is_told_of_what_is_good() {
    for name in
        ["phytosanitary-851", "re-export-657", "health-636", "sanitary-852", "veterinary-853"]
    {
        let json = std::fs::read(ours(&format!("{name}.json"))).unwrap();
        let (_, findings) = check_json(&json, Strictness::Submission);
        assert!(findings.is_empty(), "{name}: {findings:#?}");
        let xml = std::fs::read(ours(&format!("{name}.xml"))).unwrap();
        let findings = read(&octets(&xml)).findings;
        assert!(findings.is_empty(), "{name}: {findings:#?}");
    }
}

/// However many entries are wrong, each list is gone through once or twice.
#[test]
fn a_flood_of_faulty_notes_ends() {
    let good = std::fs::read(ours("phytosanitary-851.json")).unwrap();
    let mut value: Value = serde_json::from_slice(&good).unwrap();
    let note = json!({"subject": "OQV", "content": ["x"]});
    value["exchangedDocument"]["includedNote"] = Value::Array(vec![note; 20_000]);
    let (certificate, findings) = check_json(value.to_string().as_bytes(), Strictness::Submission);
    assert_eq!(findings.len(), 500);
    let last = findings.last().unwrap();
    assert_eq!(last.path, "/exchangedDocument/includedNote/499");
    let written = write(&certificate.unwrap(), &WriteOptions::default());
    let findings = read(&octets(written.as_bytes())).findings;
    assert_eq!(findings.len(), 501);
    assert_eq!(findings[499].path, "/SPSCertificate/SPSExchangedDocument/IncludedSPSNote[505]");
}
