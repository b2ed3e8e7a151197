//! The examples and pages of `queue-config/`, against the program.
//!
//! ```text
//! <name>.md -- its json blocks --> <name>.json -- check, convert --> XML -- xmllint
//!                                                   tests/golden/<name>/certificate.xml
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

use certpost::cli::{Exit, Shared, check, convert};
use certpost::delivery::{DeliveryId, Direction, EventKind};
use serde_json::Value;

use crate::skipped::skipped;

/// A document type for each example, as the names of the files say it.
const EXAMPLES: [&str; 5] =
    ["health-636", "phytosanitary-851", "re-export-657", "sanitary-852", "veterinary-853"];
const PAGES: [&str; 3] = ["SUBMISSION.md", "README.md", "examples/README.md"];

fn queue_config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("queue-config").join(name)
}

fn example(name: &str, ending: &str) -> PathBuf {
    queue_config(&format!("examples/{name}.{ending}"))
}

/// What stands in the `json` blocks of a page, block by block.
fn blocks(page: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (&mut open, line) {
            (None, "```json") => open = Some(String::new()),
            (Some(_), "```") => blocks.extend(open.take()),
            (Some(block), line) => *block += &format!("{line}\n"),
            (None, _) => {}
        }
    }
    assert_eq!(open, None, "{} has a block without an end", page.display());
    blocks
}

/// What `certpost check` says of a file.
fn checked(file: PathBuf) -> Value {
    let shared = Shared { json: true, ..Shared::default() };
    let answer = check::run(&check::Args { files: vec![file], ..check::Args::default() }, &shared);
    let answer: Value = serde_json::from_slice(&answer.out).unwrap();
    answer["files"][0].clone()
}

#[track_caller]
fn check_good(file: PathBuf) {
    let answer = checked(file);
    assert_eq!(answer["severe"], 0, "{answer:#}");
    assert_eq!(answer["warning"], 0, "{answer:#}");
}

/// What `certpost check` says of a text.
fn checked_text(text: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.json");
    std::fs::write(&file, text).unwrap();
    checked(file)
}

#[test]
fn every_example_is_here() {
    let folder = std::fs::read_dir(queue_config("examples")).unwrap();
    let mut names: Vec<String> = folder
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".json")?.to_owned()))
        .collect();
    names.sort();
    assert_eq!(names, EXAMPLES);
}

/// A page shows its example whole: annotation and example cannot drift.
#[test]
fn every_example_stands_in_its_page() {
    for name in EXAMPLES {
        let json = std::fs::read_to_string(example(name, "json")).unwrap();
        let shown = blocks(&example(name, "md")).concat();
        let differs = json.lines().zip(shown.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "{name}.json and its page");
        assert!(json == shown, "{name}.json and its page are not of one length");
    }
}

#[test]
fn every_example_is_good() {
    for name in EXAMPLES {
        check_good(example(name, "json"));
        let json: Value =
            serde_json::from_slice(&std::fs::read(example(name, "json")).unwrap()).unwrap();
        let (_, document_type) = name.rsplit_once('-').unwrap();
        assert_eq!(json["exchangedDocument"]["typeCode"], document_type);
    }
}

#[test]
fn every_example_becomes_its_xml() {
    for name in EXAMPLES {
        let args = convert::Args {
            file: example(name, "json"),
            to: Some(convert::To::Xml),
            explain: false,
        };
        let answer = convert::run(&args, &Shared::default());
        assert_eq!(answer.exit, Exit::Yes, "{name}");
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        let golden = golden.join("certificate.xml");
        if std::env::var_os("CERTPOST_WRITE_GOLDEN").is_some() {
            std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
            std::fs::write(&golden, &answer.out).unwrap();
        }
        let wanted = std::fs::read_to_string(&golden).unwrap();
        assert_eq!(String::from_utf8(answer.out).unwrap(), wanted, "{name}");
        check_good(golden.clone());
        check_valid(&golden);
    }
}

/// Whether libxml2 finds the XML valid, where it and the schema are there.
#[track_caller]
pub(crate) fn check_valid(xml: &Path) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/standards/sps17/xsd/SPSCertificate_17.xsd");
    if !schema.is_file() {
        skipped("the examples with the XSD: ../shared/standards/sps17/xsd is not there");
        return;
    }
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--nonet", "--noout", "--schema"]).arg(schema).arg(xml);
    match xmllint.output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(_) => skipped("the examples with the XSD: no xmllint"),
    }
}

//------------ Pages ---------------------------------------------------------

/// What a page shows as a document of a schema is one.
#[test]
fn every_document_in_a_page_is_of_its_schema() {
    let mut seen = 0;
    for page in PAGES {
        for block in blocks(&queue_config(page)) {
            let value: Value = serde_json::from_str(&block).unwrap();
            let Some(schema) = value.get("schema") else { continue };
            seen += 1;
            match schema.as_str().unwrap() {
                "certpost/certificate/1" => {
                    let answer = checked_text(&block);
                    assert_eq!((&answer["severe"], &answer["warning"]), (&0.into(), &0.into()));
                }
                "certpost/event/1" => check_event(&value),
                other => panic!("{page} shows {other}, which no test knows"),
            }
        }
    }
    assert!(seen >= 2, "the pages show {seen} documents");
}

/// The members and words of CONTRACT section 1.
#[track_caller]
fn check_event(event: &Value) {
    let always = ["schema", "stream", "seq", "at", "direction", "event", "final"];
    let always = always.iter().chain(&["previous", "digest"]);
    let may = ["id", "status", "partner", "delivery", "reason"];
    for member in always.clone() {
        assert!(event.get(member).is_some(), "{member} is missing");
    }
    for member in event.as_object().unwrap().keys() {
        let known = always.clone().chain(&may).any(|known| known == member);
        assert!(known, "{member} is no member of an event");
    }
    let direction: Direction = event["direction"].as_str().unwrap().parse().unwrap();
    let kind: EventKind = event["event"].as_str().unwrap().parse().unwrap();
    assert!(kind.belongs_to(direction));
    if let Some(delivery) = event.get("delivery") {
        delivery.as_str().unwrap().parse::<DeliveryId>().unwrap();
    }
}

/// The table of mistakes says what the program says.
#[test]
fn every_mistake_gets_its_answer() {
    let page = std::fs::read_to_string(queue_config("SUBMISSION.md")).unwrap();
    let (_, table) =
        page.split_once("<!-- mistakes in examples/phytosanitary-851.json -->").unwrap();
    let (table, _) = table.split_once("<!-- end of mistakes -->").unwrap();
    let good: Value =
        serde_json::from_slice(&std::fs::read(example("phytosanitary-851", "json")).unwrap())
            .unwrap();
    let mut made = 0;
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [_, place, written, level, code, remedy, _] = cells[..] else { panic!("{row}") };
        let line = "/consignment/includedConsignmentItem/0/includedTradeLineItem/0";
        let place = place.replace('…', line);
        let (parent, member) = place.rsplit_once('/').unwrap();
        let mut bad = good.clone();
        bad.pointer_mut(parent).unwrap()[member] = serde_json::from_str(written).unwrap();
        let answer = checked_text(&bad.to_string());
        let findings = answer["findings"].as_array().unwrap();
        let found = findings.iter().any(|finding| {
            let path = finding["path"].as_str().unwrap();
            finding["level"] == level
                && finding["code"] == code
                && finding["remedy"] == remedy
                && (path.starts_with(&place) || place.starts_with(path))
        });
        assert!(found, "{row}\n{findings:#?}");
        made += 1;
    }
    assert_eq!(made, 16);
}
