//! The fuzz targets: a file each, a row each.
//!
//! A target takes any octets, and fails by panicking. The tests of the program
//! run every target over its seeds as well, so that what was found once stays
//! mended where there is no fuzzer.

mod acknowledgement;
mod gate;
mod json;
mod letter;
pub mod mutate;
mod opened;
mod reader;
mod report;
mod signed;
mod structure;

use crate::certificate::catalogue::Code;
use crate::certificate::{Certificate, Finding, any_severe};
use crate::sps::read::FINDING_LIMIT;
use crate::sps::{SpsOctets, SpsXml, WriteOptions, gate as passes, read, write};

/// A property of one reader.
pub struct Target {
    /// As its file, and the folder of its seeds.
    pub name: &'static str,
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "acknowledgement", run: acknowledgement::run },
    Target { name: "gate", run: gate::run },
    Target { name: "json", run: json::run },
    Target { name: "letter", run: letter::run },
    Target { name: "opened", run: opened::run },
    Target { name: "reader", run: reader::run },
    Target { name: "report", run: report::run },
    Target { name: "signed", run: signed::run },
    Target { name: "structure", run: structure::run },
];

/// Writes a certificate, which the gate always lets pass, and reads it back:
/// if it was taken, it is the same, writes the same octets, and nothing is
/// found in it that was not found (`before`) when it first came in.
fn check_written(certificate: &Certificate, before: &[Finding], whence: &str) {
    let xml = written(certificate, whence);
    if !is_kept(before) {
        return;
    }
    let text = || String::from_utf8_lossy(xml.as_bytes()).into_owned();
    let reading = read(&SpsOctets::domestic(xml.as_bytes()));
    let Some(again) = &reading.certificate else {
        panic!("{whence}: what was written is not read: {:?}\n{}", reading.findings, text());
    };
    if again != certificate {
        panic!("{whence}: it is read as another certificate\n{}", difference(certificate, again));
    }
    assert!(write(again, &WriteOptions::default()) == xml, "{whence}: it is written otherwise");
    // What was empty and may not be is not written, and then absent.
    let was_there = |found: &Finding, had: &Finding| {
        had.code == found.code
            || (had.code == Code::ElementEmpty && found.code == Code::ElementAbsent)
    };
    let is_new = |found: &&Finding| {
        !of_the_whole(found.code) && !before.iter().any(|had| was_there(found, had))
    };
    let new = reading.findings.iter().find(is_new);
    // Beyond the limit findings are not told.
    if let Some(found) = new.filter(|_| before.len() < FINDING_LIMIT) {
        panic!("{whence}: a finding comes by writing: {found:?}\n{}", text());
    }
}

/// Whether what was read with these findings is the same when it was written.
///
/// One too many is written behind all others, where it may stand alone and so
/// be read: if the first, which counts, was empty and is not written.
fn is_kept(findings: &[Finding]) -> bool {
    let repeated = |found: &Finding| found.code == Code::ElementRepeated;
    !any_severe(findings) && !findings.iter().any(repeated)
}

/// Whether a code is of a rule about what values say together. Of two such
/// findings about one mistake, or of one and an absent element, one is told;
/// which one, depends on what is written empty.
fn of_the_whole(code: Code) -> bool {
    let code = code.as_str();
    let area = code.split('.').next().unwrap_or_default();
    matches!(
        area,
        "attachment"
            | "clause"
            | "measure"
            | "period"
            | "process"
            | "quantity"
            | "re-export"
            | "replacement"
            | "tag"
            | "treatment"
    ) || matches!(
        code,
        "country.same" | "element.twice" | "package.fraction" | "trade-line.sequence"
    )
}

/// A certificate as it is written; the gate lets it pass.
fn written(certificate: &Certificate, whence: &str) -> SpsXml<'static> {
    let xml = write(certificate, &WriteOptions::default());
    if let Err(refusal) = passes(&SpsOctets::domestic(xml.as_bytes())) {
        let text = String::from_utf8_lossy(xml.as_bytes());
        panic!("{whence}: the gate refuses what was written: {refusal:?}\n{text}");
    }
    xml
}

/// Where two trees part.
fn difference(one: &Certificate, other: &Certificate) -> String {
    let (one, other) = (format!("{one:?}"), format!("{other:?}"));
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let from = same.saturating_sub(300);
    let near = |text: &str| text.chars().skip(from).take(600).collect::<String>();
    format!("{}\n{}", near(&one), near(&other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_seed_of_every_target_is_good() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        for target in TARGETS {
            let mut count = 0;
            for entry in std::fs::read_dir(seeds.join(target.name)).unwrap() {
                (target.run)(&std::fs::read(entry.unwrap().path()).unwrap());
                count += 1;
            }
            assert!(count > 0, "{} has no seed", target.name);
        }
        let folders = std::fs::read_dir(seeds).unwrap().count();
        assert_eq!(folders, TARGETS.len(), "a folder of seeds without a target");
    }
}
