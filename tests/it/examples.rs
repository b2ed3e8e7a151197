//! The examples and pages of `queue-config/`, against the program.
//!
//! ```text
//! <name>.md -- its json blocks --> <name>.json -- check, convert --> XML -- xmllint
//!                                                   tests/golden/<name>/certificate.xml
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

use certpost::cli::{Exit, Shared, check, convert};
use serde_json::Value;

use crate::skipped::skipped;

/// A document type for each example, as the names of the files say it.
const EXAMPLES: [&str; 5] =
    ["health-636", "phytosanitary-851", "re-export-657", "sanitary-852", "veterinary-853"];

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
    let answer = check::run(&check::Args { files: vec![file], partner: None }, &shared);
    let answer: Value = serde_json::from_slice(&answer.out).unwrap();
    answer["files"][0].clone()
}

#[track_caller]
fn check_good(file: PathBuf) {
    let answer = checked(file);
    assert_eq!(answer["severe"], 0, "{answer:#}");
    assert_eq!(answer["warning"], 0, "{answer:#}");
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
        let args = convert::Args { file: example(name, "json"), to: convert::To::Xml };
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
fn check_valid(xml: &Path) {
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
