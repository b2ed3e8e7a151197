//! A certificate as a person reads one: the parts of the model certificate of
//! ISPM 12 (annexes 1 and 2), each label in English and Chinese, codes with
//! their names.

use super::left::rest;
use super::values::{
    DOCUMENT_NOTES, LINE_NOTES, code, country, leaf, location, notes, party, spoken, texts,
};
use super::words::Label;
use crate::certificate::codes::List;
use crate::certificate::{Certificate, Node};

//------------ Sheet ---------------------------------------------------------

/// What stands on the page.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub title: Label,
    /// What the certificate says it is, where that is something else.
    pub name: Vec<String>,
    pub number: String,
    pub parts: Vec<Part>,
}

/// A part of the page, with its heading.
#[derive(Clone, Debug)]
pub struct Part {
    pub heading: Label,
    pub rows: Vec<Row>,
}

/// A label and what stands beside it, a line each.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    pub label: Label,
    pub lines: Vec<String>,
}

impl Sheet {
    /// Reads a certificate; what it does not say has no row.
    pub fn of(certificate: &Certificate) -> Sheet {
        let document = certificate.document();
        let consignment = certificate.consignment();
        let mut parts = Vec::new();
        let mut part = |heading: Label, rows: Vec<Option<Row>>| {
            let rows: Vec<Row> = rows.into_iter().flatten().collect();
            if !rows.is_empty() {
                parts.push(Part { heading, rows });
            }
        };
        if let Some(document) = document {
            part(Label::ISSUED, head(document, consignment));
        }
        if let Some(consignment) = consignment {
            part(Label::CONSIGNMENT, of_consignment(document, consignment));
        }
        for (line, n) in certificate.trade_lines().zip(1_usize..) {
            part(Label::item(n), of_line(line));
        }
        if let Some(document) = document {
            part(Label::DECLARATION, declarations(certificate, document));
        }
        for (line, n) in certificate.trade_lines().zip(1_usize..) {
            let treatments: Vec<&Node> = line.nodes("AppliedSPSProcess").collect();
            for treatment in treatments {
                part(Label::treatment(n), of_treatment(treatment));
            }
        }
        for (line, n) in certificate.trade_lines().zip(1_usize..) {
            part(Label::re_export(n), of_re_export(line));
        }
        if let Some(document) = document {
            part(Label::REPLACES, replaced(document));
            part(Label::ATTACHED, vec![attached(document)]);
            for signature in document.nodes("SignatorySPSAuthentication") {
                part(Label::SIGNED, of_signature(signature));
            }
        }
        let rest = rest(certificate, &parts);
        if !rest.is_empty() {
            parts.push(Part { heading: Label::FURTHER, rows: rest });
        }
        let kind = document.and_then(|document| document.text("TypeCode")).unwrap_or_default();
        Sheet {
            title: Label::document(kind),
            name: document.map(|document| texts(document, "Name")).unwrap_or_default(),
            number: document
                .and_then(|document| document.text("ID"))
                .unwrap_or_default()
                .to_owned(),
            parts,
        }
    }
}

pub(super) fn row(label: Label, lines: Vec<String>) -> Option<Row> {
    let lines: Vec<String> = lines.into_iter().filter(|line| !line.trim().is_empty()).collect();
    (!lines.is_empty()).then_some(Row { label, lines })
}

//------------ The parts -----------------------------------------------------

fn head(document: &Node, consignment: Option<&Node>) -> Vec<Option<Row>> {
    let issuer = document.node("IssuerSPSParty").map(party).unwrap_or_default();
    let countries = |name: &str| {
        let found = consignment.into_iter().flat_map(|consignment| consignment.nodes(name));
        found.map(country).collect::<Vec<_>>()
    };
    vec![
        row(Label::STATUS, code(document, "StatusCode", List::Status)),
        row(Label::ISSUER, issuer),
        row(Label::ISSUE_DATE, leaf(document, "IssueDateTime")),
        row(Label::EXPORT, countries("ExportSPSCountry")),
        row(Label::RE_EXPORT_FROM, countries("ReExportSPSCountry")),
        row(Label::IMPORT, countries("ImportSPSCountry")),
        row(Label::TRANSIT, countries("TransitSPSCountry")),
        row(Label::LIABILITY, notes(document, DOCUMENT_NOTES, "SPSFL")),
    ]
}

fn of_consignment(document: Option<&Node>, consignment: &Node) -> Vec<Option<Row>> {
    let parties = |name: &str| consignment.node(name).map(party).unwrap_or_default();
    let places = |name: &str| consignment.nodes(name).map(location).collect::<Vec<_>>();
    let movements = consignment.nodes("MainCarriageSPSTransportMovement").map(|movement| {
        let mut words = code(movement, "ModeCode", List::Transport);
        let means = movement.node("UsedSPSTransportMeans");
        words.extend(means.into_iter().flat_map(|means| texts(means, "Name")));
        words.extend(leaf(movement, "ID"));
        words.join(", ")
    });
    let containers = consignment.nodes("UtilizedSPSTransportEquipment").map(|equipment| {
        let mut words = leaf(equipment, "ID");
        let seals = equipment.nodes("AffixedSPSSeal").flat_map(|seal| leaf(seal, "ID"));
        words.extend(seals.map(|seal| format!("seal {seal}")));
        for setting in equipment.nodes("SettingSPSTemperature") {
            let measured = |name: &str| leaf(setting, name);
            let all = ["ValueMeasure", "MinimumValueMeasure", "MaximumValueMeasure"];
            let found: Vec<String> = all.into_iter().flat_map(measured).collect();
            words.push(found.join(" – "));
        }
        words.join(", ")
    });
    let marks = document.map(|document| notes(document, DOCUMENT_NOTES, "DMCL"));
    vec![
        row(Label::EXPORTER, parties("ConsignorSPSParty")),
        row(Label::CONSIGNEE, parties("ConsigneeSPSParty")),
        row(Label::CONVEYANCE, movements.collect()),
        row(Label::EXIT_DATE, leaf(consignment, "ExportExitDateTime")),
        row(Label::ENTRY, places("UnloadingBaseportSPSLocation")),
        row(Label::MARKS, marks.unwrap_or_default()),
        row(Label::CONTAINERS, containers.collect()),
        row(
            Label::EXAMINED,
            consignment
                .nodes("ExaminationSPSEvent")
                .flat_map(|event| event.nodes("OccurrenceSPSLocation"))
                .map(location)
                .collect(),
        ),
    ]
}

fn of_line(line: &Node) -> Vec<Option<Row>> {
    let class = |tag: &str| {
        let tagged = line
            .nodes("ApplicableSPSClassification")
            .filter(|class| class.leaves("SystemName").next().is_some_and(|name| name.text == tag));
        let said =
            tagged.flat_map(|class| [leaf(class, "ClassCode"), texts(class, "ClassName")].concat());
        said.collect::<Vec<_>>()
    };
    let amounts =
        ["NetWeightMeasure", "GrossWeightMeasure", "NetVolumeMeasure", "GrossVolumeMeasure"];
    let words = ["net", "gross", "net volume", "gross volume"];
    let amounts = amounts.into_iter().zip(words).flat_map(|(name, what)| {
        leaf(line, name).into_iter().map(move |amount| format!("{amount} ({what})"))
    });
    let other = [notes(line, LINE_NOTES, "OQV"), notes(line, LINE_NOTES, "OQU")].concat();
    let mut amounts: Vec<String> = amounts.collect();
    amounts.push(other.join(" "));
    let packages = line.nodes("PhysicalSPSPackage").map(|package| {
        let mut words = leaf(package, "ItemQuantity");
        words.extend(code(package, "TypeCode", List::Package));
        words.extend(code(package, "LevelCode", List::PackagingLevel));
        words.extend(leaf(package, "NominalGrossWeightMeasure"));
        let marks = package.nodes("PhysicalSPSShippingMarks");
        words.extend(marks.flat_map(|marks| texts(marks, "Marking")));
        words.join(", ")
    });
    let mut packages: Vec<String> = packages.collect();
    packages.extend(notes(line, LINE_NOTES, "OPTND"));
    vec![
        row(Label::PRODUCE, texts(line, "Description")),
        row(Label::COMMON_NAME, texts(line, "CommonName")),
        row(Label::BOTANICAL, texts(line, "ScientificName")),
        row(Label::QUANTITY, amounts),
        row(Label::PACKAGES, packages),
        row(Label::MARKS, notes(line, LINE_NOTES, "DMTLIL")),
        row(Label::ORIGIN, line.nodes("OriginSPSCountry").map(country).collect()),
        row(Label::ORIGIN_PLACE, line.nodes("OriginSPSLocation").map(location).collect()),
        row(Label::BATCH, leaf(line, "ProductionBatchID")),
        row(Label::USE, texts(line, "IntendedUse")),
        row(Label::EXPIRY, leaf(line, "ExpiryDateTime")),
        row(Label::HS, class("HS")),
        row(Label::PLANT_PART, class("IPPCPCVP")),
        row(Label::CONDITION, class("IPPCPCC")),
    ]
}

fn declarations(certificate: &Certificate, document: &Node) -> Vec<Option<Row>> {
    let mut rows: Vec<Option<Row>> = [
        (Label::ADDITIONAL, "ADEDL"),
        (Label::PERMIT, "ADIPEDL"),
        (Label::INSPECTED, "ADDIEDL"),
        (Label::OFFICIAL, "ADAOEDL"),
    ]
    .into_iter()
    .map(|(label, tag)| row(label, notes(document, DOCUMENT_NOTES, tag)))
    .collect();
    for (line, n) in certificate.trade_lines().zip(1_usize..) {
        for tag in ["ADTLIL", "ADIPTLIL", "ADDITLIL", "ADAOTLIL"] {
            rows.push(row(Label::item(n), notes(line, LINE_NOTES, tag)));
        }
    }
    rows
}

fn of_treatment(process: &Node) -> Vec<Option<Row>> {
    let fact = |tag: &str| {
        let tagged = process
            .nodes("ApplicableSPSProcessCharacteristic")
            .filter(|fact| fact.leaves("Description").next().is_some_and(|name| name.text == tag));
        let said = tagged.flat_map(|fact| {
            let words = fact.leaves("Description").skip(1).map(spoken);
            let measured = ["ValueMeasure", "MinimumValueMeasure", "MaximumValueMeasure"];
            words.chain(measured.into_iter().flat_map(|name| leaf(fact, name))).collect::<Vec<_>>()
        });
        said.collect::<Vec<_>>()
    };
    let period = process.node("CompletionSPSPeriod");
    let dates = period.map(|period| {
        [leaf(period, "StartDateTime"), leaf(period, "EndDateTime")].concat().join(" – ")
    });
    let lasting = period.map(|period| leaf(period, "DurationMeasure")).unwrap_or_default();
    let kind = code(process, "TypeCode", List::Process);
    // ZZZ says "see the facts" and nothing more.
    let kind = kind.into_iter().filter(|kind| !kind.starts_with("ZZZ")).collect();
    vec![
        row(Label::TREATMENT, [fact("TTL1"), fact("TTL2"), kind].concat()),
        row(Label::DATE, dates.into_iter().collect()),
        row(Label::CHEMICAL, fact("TTCH")),
        row(Label::DURATION, [lasting, fact("TTTM")].concat()),
        row(Label::CONCENTRATION, fact("TTCO")),
        row(Label::MORE, [fact("TTAI"), fact("TTFT")].concat()),
    ]
}

fn of_re_export(line: &Node) -> Vec<Option<Row>> {
    let note = |tag: &str| notes(line, LINE_NOTES, tag);
    let marked = |tag: &str, words: &str| {
        let yes = note(tag).iter().any(|said| said.eq_ignore_ascii_case("true") || said == "1");
        yes.then(|| words.to_owned())
    };
    let facts = [
        marked("RPCOR", "with the original certificate"),
        marked("RPCTC", "with a certified true copy"),
        marked("RPCPK", "packed"),
        marked("RPCRP", "repacked"),
        marked("RPCOC", "in original containers"),
        marked("RPCNC", "in new containers"),
        marked("RPCPC", "by the original certificate"),
        marked("RPCAI", "by an additional inspection"),
    ];
    vec![
        row(Label::ORIGIN, note("RPCCO")),
        row(Label::ORIGINAL, note("RPCRF")),
        row(Label::STATED, note("RPCST")),
        row(Label::FACTS, facts.into_iter().flatten().collect()),
    ]
}

fn replaced(document: &Node) -> Vec<Option<Row>> {
    let note = |tag: &str| notes(document, DOCUMENT_NOTES, tag);
    vec![
        row(Label::NUMBER, note("ADRPN")),
        row(Label::ISSUE_DATE, note("ADRD")),
        row(Label::REASON, note("ADRPR")),
        row(Label::STATED, note("ADRP")),
    ]
}

fn attached(document: &Node) -> Option<Row> {
    let found = document.nodes("ReferenceSPSReferencedDocument").map(|other| {
        let mut words = texts(other, "Information");
        words.extend(leaf(other, "ID"));
        words.extend(leaf(other, "IssueDateTime"));
        words.extend(code(other, "TypeCode", List::DocumentName));
        words.extend(code(other, "RelationshipTypeCode", List::Reference));
        let files = other.leaves("AttachmentBinaryObject");
        words.extend(files.map(|file| {
            let part = |name: &str| file.attribute(name).unwrap_or_default().to_owned();
            let octets = file.text.len() / 4 * 3;
            format!("{} {} ({octets} octets)", part("filename"), part("mimeCode"))
        }));
        words.join(", ")
    });
    row(Label::DOCUMENTS, found.collect())
}

fn of_signature(signature: &Node) -> Vec<Option<Row>> {
    let provider = signature.node("ProviderSPSParty");
    let person = provider.and_then(|party| party.node("SpecifiedSPSPerson"));
    let mut officer = person.map(|person| texts(person, "Name")).unwrap_or_default();
    let qualified = person.into_iter().flat_map(|person| person.nodes("AttainedSPSQualification"));
    officer.extend(qualified.flat_map(|attained| texts(attained, "Name")));
    let clauses = signature.nodes("IncludedSPSClause").map(|clause| {
        let words = texts(clause, "Content").join(" ");
        match (clause.text("ID").unwrap_or_default(), words.as_str()) {
            ("", words) => words.to_owned(),
            (id, words) => format!("{id}. {words}"),
        }
    });
    vec![
        row(Label::STATEMENT, clauses.collect()),
        row(Label::PLACE, signature.nodes("IssueSPSLocation").map(location).collect()),
        row(Label::OFFICER, vec![officer.join(", ")]),
        row(Label::ORGANIZATION, provider.map(|party| texts(party, "Name")).unwrap_or_default()),
        row(Label::DATE, leaf(signature, "ActualDateTime")),
    ]
}
