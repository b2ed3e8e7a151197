//! `certpost check`: what is wrong with certificates, for the one who can mend them.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::answer::{Answer, Exit, Shared};
use super::document::{Examined, Format, sort, visible};
use super::explain;
use super::paint::Paint;
use crate::certificate::catalogue::Code;
use crate::certificate::rules::{self, Strictness};
use crate::certificate::{self, Certificate, Finding, Level};
use crate::clock::Clock;
use crate::config::Keys;
use crate::ledger::ContentType;
use crate::outbound::objections;
use crate::partner::{Partner, PartnerCode, routing};

const SCHEMA: &str = "certpost/check/1";

/// Tells what is wrong with certificates, in XML or JSON.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// The certificates; `-` is standard input.
    #[arg(required_unless_present = "explain", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Checks also that this partner would be sent them, and would not refuse
    /// them as they would be written for it.
    #[arg(long, value_name = "CODE")]
    pub partner: Option<PartnerCode>,
    /// Says what a code means and what to do about it; `all` for every one.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["files", "partner"])]
    pub explain: Option<String>,
}

/// Checks every file named. A file that is not there is exit 3, whatever the
/// others are.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    if let Some(code) = &args.explain {
        return explain::run(code, shared);
    }
    let Some(code) = &args.partner else {
        return run_with(args, shared, |_| {});
    };
    let configuration = match super::configuration(shared, SCHEMA, Keys::Left) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    match configuration.partner(code) {
        Some(partner) => run_with(args, shared, |document| for_partner(document, partner)),
        None => {
            let words = format!("there is no partner {code}; see certpost partner list");
            Answer::failure(shared, SCHEMA, Exit::Absent, words)
        }
    }
}

/// Adds what keeps a certificate from being sent to `partner`, and what of it the
/// partner would refuse as it would be sent.
fn for_partner(document: &mut Examined, partner: &Partner) {
    let Some(certificate) = document.certificate() else { return };
    let mut beside = concern(certificate, partner);
    let content_type = match document.format {
        Format::Json => ContentType::Json,
        Format::Neither | Format::Xml => ContentType::Xml,
    };
    let octets = &document.octets;
    beside.extend(objections::objections(content_type, octets, certificate, partner));
    let general = std::mem::take(&mut document.findings);
    document.findings = partner.told(general, beside);
}

/// Whether `partner` is concerned, and takes documents of this type.
fn concern(certificate: &Certificate, partner: &Partner) -> Vec<Finding> {
    let facts = match certificate.facts() {
        Ok(facts) => facts,
        // That it cannot be named is told in any case.
        Err(_) => return Vec::new(),
    };
    let mut findings = Vec::new();
    let document_type = &facts.id.document_type;
    if !partner.takes(document_type) {
        findings.push(Finding::new(
            Code::PartnerTypeNotAgreed,
            "",
            format!("{} does not take documents of type {document_type}", partner.code),
            "agree on the type and add it to the partner's types, or send it to another",
        ));
    } else if routing::route(&facts, std::slice::from_ref(partner)).is_empty() {
        let warning = Finding::new(
            Code::PartnerNotConcerned,
            "",
            format!("{} speaks for none of the countries of this certificate", partner.code),
            "name the partner when submitting, or correct the importing country",
        );
        findings.push(warning.at_level(Level::Warning));
    }
    findings
}

/// As [`run`], with what `beside` adds to each document.
fn run_with(args: &Args, shared: &Shared, beside: impl Fn(&mut Examined)) -> Answer {
    let mut documents = Vec::new();
    for file in &args.files {
        match Examined::read(file, Strictness::Submission) {
            Ok(mut document) => {
                let ahead = document.certificate().and_then(|certificate| {
                    rules::ahead(certificate, document.paths(), Clock::system().now())
                });
                let unnamed = document.unnamed();
                beside(&mut document);
                document.findings.extend(unnamed);
                document.findings.extend(ahead);
                sort(&mut document.findings);
                documents.push(document);
            }
            Err(words) => return Answer::failure(shared, SCHEMA, Exit::Absent, words),
        }
    }
    let severe = documents.iter().any(|document| document.count(Level::Severe) > 0);
    let exit = if severe { Exit::No } else { Exit::Yes };
    if shared.json {
        let files = documents.iter().map(CheckedFile::of).collect();
        return Answer::json(exit, &Checked { schema: SCHEMA, ok: !severe, files });
    }
    let mut lines: Vec<String> =
        documents.iter().flat_map(|document| file_lines(document, shared.paint)).collect();
    if documents.len() > 1 {
        lines.push(summary(&documents, shared.paint));
    }
    Answer::text(exit, lines.join("\n"))
}

fn file_lines(document: &Examined, paint: Paint) -> Vec<String> {
    let findings = document.findings.iter();
    let mut lines: Vec<String> = findings.map(|finding| document.line(finding, paint)).collect();
    let id = match (document.id(), &document.document) {
        (Some(id), _) => visible(&id),
        (None, Some(certificate::Document::Acknowledgement(_))) => "an acknowledgement".to_owned(),
        (None, Some(certificate::Document::Certificate(_)) | None) => {
            "no certificate we can name".to_owned()
        }
    };
    let verdict = match document.count(Level::Severe) {
        0 => paint.good("good"),
        _ => paint.level(Level::Severe, "not good"),
    };
    let counts = [Level::Severe, Level::Warning, Level::Info].map(|level| document.count(level));
    let named = document.named().map(|named| format!(" ({named})")).unwrap_or_default();
    let name = visible(&document.name);
    lines.push(format!("{name}: {verdict}: {id}{named}: {}", counted(counts)));
    lines
}

/// The last line of several files.
fn summary(documents: &[Examined], paint: Paint) -> String {
    let bad = documents.iter().filter(|document| document.count(Level::Severe) > 0).count();
    let counts = [Level::Severe, Level::Warning, Level::Info]
        .map(|level| documents.iter().map(|document| document.count(level)).sum());
    let verdict = match bad {
        0 => paint.good("all good"),
        bad => paint.level(Level::Severe, &format!("{bad} not good")),
    };
    format!("{} files: {verdict}: {}", documents.len(), counted(counts))
}

fn counted([severe, warnings, notes]: [usize; 3]) -> String {
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    format!("{severe} severe, {}, {}", plural(warnings, "warning"), plural(notes, "note"))
}

//------------ Checked -------------------------------------------------------

/// What `certpost check` says of the files it was given.
#[derive(JsonSchema, Serialize)]
pub struct Checked<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Whether no file has a severe finding.
    ok: bool,
    /// In the order they were named.
    files: Vec<CheckedFile<'a>>,
}

/// What is wrong with one file.
#[derive(JsonSchema, Serialize)]
struct CheckedFile<'a> {
    /// As it was named; `-` is standard input.
    file: &'a str,
    #[schemars(extend("enum" = ["json", "unknown", "xml"]))]
    format: &'static str,
    /// `<issuing country>/<type>/<number>`; null if not all of it can be read.
    id: Option<String>,
    /// The status as it is written; null if it cannot be read.
    status: Option<String>,
    /// Of the file's octets, hex.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    sha256: String,
    /// How many findings are severe: with one the certificate cannot be used.
    severe: usize,
    warning: usize,
    info: usize,
    /// At most some hundreds are told.
    findings: &'a [Finding],
}

impl<'a> CheckedFile<'a> {
    fn of(document: &'a Examined) -> Self {
        CheckedFile {
            file: &document.name,
            format: document.format.as_str(),
            id: document.id(),
            status: document.status(),
            sha256: HEXLOWER.encode(&Sha256::digest(&document.octets)),
            severe: document.count(Level::Severe),
            warning: document.count(Level::Warning),
            info: document.count(Level::Info),
            findings: &document.findings,
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::cli::convert;
    use crate::submission::sample::{OURS, ours};

    fn checked(files: &[PathBuf]) -> (Exit, Value) {
        let shared = Shared { json: true, ..Shared::default() };
        let args = Args { files: files.to_vec(), ..Args::default() };
        let answer = run(&args, &shared);
        (answer.exit, serde_json::from_slice(&answer.out).unwrap())
    }

    #[test]
    fn good_files_are_good_in_both_forms() {
        let names = OURS.iter().flat_map(|name| [format!("{name}.json"), format!("{name}.xml")]);
        let files: Vec<PathBuf> = names.map(|name| ours(&name)).collect();
        let (exit, answer) = checked(&files);
        assert_eq!(exit, Exit::Yes, "{answer:#}");
        assert_eq!(answer["schema"], "certpost/check/1");
        assert_eq!(answer["ok"], true);
        assert_eq!(answer["files"][1]["format"], "xml");
        assert_eq!(answer["files"][1]["id"], "BV/851/BV-PC-2026-0005120");
        assert_eq!(answer["files"][1]["status"], "70");
        let human = run(&Args { files, ..Args::default() }, &Shared::default());
        assert_eq!(human.exit, Exit::Yes);
        assert!(String::from_utf8(human.out).unwrap().contains(
            "good: GS/636/GS/HC/26-0042 (Health certificate 健康证书, Issued 已签发): 0 severe"
        ));
    }

    #[test]
    fn faults_have_their_exit_codes() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
        let bad = file("bad.xml", &golden.replace("<ram:ID>AQ</ram:ID>", "<ram:ID>ZZ</ram:ID>"));
        let (exit, answer) = checked(&[ours("phytosanitary-851.xml"), bad.clone()]);
        assert_eq!(exit, Exit::No);
        assert_eq!(answer["files"][0]["severe"], 0);
        let finding = &answer["files"][1]["findings"][0];
        assert_eq!(finding["level"], "severe");
        assert_eq!(finding["area"], "mapping");
        assert_eq!(finding["code"], "country.unknown");
        assert_eq!(finding["path"], "/SPSCertificate/SPSConsignment/ImportSPSCountry[1]/ID[1]");
        assert_eq!(finding["line"], 2);
        assert_eq!(checked(&[file("a", "hello")]).1["files"][0]["format"], "unknown");
        assert_eq!(checked(&[file("b", "")]).0, Exit::No);
        assert_eq!(
            checked(&[ours("phytosanitary-851.xml"), folder.path().join("none")]).0,
            Exit::Absent
        );
        let convert = |file: PathBuf, to| {
            let args = convert::Args { file, to: Some(to), explain: false };
            convert::run(&args, &Shared::default())
        };
        assert_eq!(convert(folder.path().join("none"), convert::To::Xml).exit, Exit::Absent);
        let refused = convert(bad, convert::To::Json);
        assert_eq!((refused.exit, refused.out.len()), (Exit::No, 0));
        assert!(refused.remarks.iter().any(|line| line.contains("country.unknown")));
        for name in OURS {
            let xml = convert(ours(&format!("{name}.json")), convert::To::Xml);
            assert_eq!(xml.exit, Exit::Yes);
            assert_eq!(xml.out, std::fs::read(ours(&format!("{name}.xml"))).unwrap());
            let json = convert(ours(&format!("{name}.xml")), convert::To::Json);
            let wanted = std::fs::read(ours(&format!("{name}.json"))).unwrap();
            let [json, wanted]: [Value; 2] =
                [json.out, wanted].map(|text| serde_json::from_slice(&text).unwrap());
            assert_eq!(json, wanted);
        }
    }
}
