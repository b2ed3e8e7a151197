//! The W3C XML Conformance Test Suite against the gate, where it is there.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Rules, check};
use crate::refusal::Code;

const SUITE: &str = "../shared/corpora/xmlts20130923.zip";

/// One listed test: its file, and the attributes of its entry.
struct Listed {
    file: PathBuf,
    kind: String,
    entry: String,
}

/// The tests that the suite's lists name, with their files.
fn listed(list: &Path) -> Vec<Listed> {
    let octets = std::fs::read(list).unwrap_or_default();
    let text = String::from_utf8_lossy(&octets);
    let base = list.parent().unwrap();
    let of = |entry: &str, name: &str| {
        let found = entry.split_once(&format!("{name}=\""))?.1;
        found.split_once('"').map(|(value, _)| value.to_owned())
    };
    let text = text.replace('\'', "\"");
    let entries = text.split("<TEST ").skip(1);
    entries
        .filter_map(|entry| {
            let entry = entry.split_once('>').map_or(entry, |(tag, _)| tag);
            let kind = of(entry, "TYPE")?;
            Some(Listed { file: base.join(of(entry, "URI")?), kind, entry: entry.to_owned() })
        })
        .collect()
}

fn lists(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            lists(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "xml") {
            let octets = std::fs::read(&path).unwrap_or_default();
            if String::from_utf8_lossy(&octets).contains("<TESTCASES") {
                found.push(path);
            }
        }
    }
}

fn suite() -> Option<(tempfile::TempDir, Vec<Listed>)> {
    let places = [SUITE.to_owned(), std::env::var("CERTPOST_XML_SUITE").unwrap_or_default()];
    let Some(zip) = places.iter().find(|place| Path::new(place).is_file()) else {
        crate::skipped::skipped(&format!("W3C XML suite: {SUITE} is not there"));
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let unpacked = Command::new("python3")
        .args(["-m", "zipfile", "-e", zip])
        .arg(folder.path())
        .status()
        .is_ok_and(|status| status.success());
    if !unpacked {
        crate::skipped::skipped(&format!("W3C XML suite: no python3 to unpack {zip}"));
        return None;
    }
    let mut found = Vec::new();
    lists(folder.path(), &mut found);
    let all: Vec<Listed> = found.iter().flat_map(|list| listed(list)).collect();
    Some((folder, all))
}

#[test]
fn nothing_ill_formed_passes() {
    let Some((_folder, tests)) = suite() else { return };
    let mut seen = 0;
    let mut behind_a_doctype = 0;
    for test in tests.iter().filter(|test| test.kind == "not-wf") {
        let Ok(octets) = std::fs::read(&test.file) else { continue };
        seen += 1;
        let name = test.file.display();
        assert!(check(&octets, Rules::STRICT).is_err(), "{name} passed: {}", test.entry);
        // Stepping over the DOCTYPE, the rest must show the fault, if it is there.
        if check(&octets, Rules::STEPPING_OVER).is_ok() {
            let text = String::from_utf8_lossy(&octets).into_owned();
            assert!(text.contains("<!DOCTYPE") || text.contains("<?"), "{name} passed");
            behind_a_doctype += 1;
        }
    }
    println!(
        "{seen} ill-formed documents refused, {behind_a_doctype} for what a DOCTYPE or an instruction holds"
    );
    assert!(seen > 1200, "only {seen} found");
    assert!(behind_a_doctype < seen / 2);
}

#[test]
fn what_is_well_formed_passes() {
    let Some((_folder, tests)) = suite() else { return };
    let (mut seen, mut passed) = (0, 0);
    for test in tests.iter().filter(|test| matches!(test.kind.as_str(), "valid" | "invalid")) {
        let Ok(octets) = std::fs::read(&test.file) else { continue };
        let other = test.entry.contains("1.1")
            || test.entry.contains("EDITION=\"5")
            || test.entry.contains("NAMESPACE=\"no\"");
        let Ok(text) = std::str::from_utf8(&octets) else { continue };
        // Entities of a DOCTYPE that was stepped over are unknown to us.
        if other || text.contains("<!ENTITY") || text.contains('%') {
            continue;
        }
        seen += 1;
        match check(&octets, Rules::STEPPING_OVER) {
            Ok(()) => passed += 1,
            Err(fault) => assert!(
                fault.code == Code::XmlEncoding
                    || fault.words.contains("five entities")
                    || fault.words.contains("begins no reference")
                    || fault.words.contains("version 1.0"),
                "{}: {fault:?}",
                test.file.display()
            ),
        }
    }
    println!("{passed} of {seen} well-formed documents pass behind their DOCTYPE");
    assert!(passed > 300);
}
