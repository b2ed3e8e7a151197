//! `certpost check`: what is wrong with certificates, for the one who can mend them.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::{Answer, Exit, Shared};
use super::document::Document;
use crate::certificate::Level;
use crate::certificate::rules::Strictness;
use crate::partner::code::PartnerCode;

const SCHEMA: &str = "certpost/check/1";

/// Tells what is wrong with certificates, in XML or JSON.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The certificates; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Checks also that this partner would be sent them.
    #[arg(long, value_name = "CODE")]
    pub partner: Option<PartnerCode>,
}

/// Checks every file named. A file that is not there is exit 3, whatever the
/// others are.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let mut documents = Vec::new();
    for file in &args.files {
        match Document::read(file, Strictness::Submission) {
            Ok(document) => documents.push(document),
            Err(words) => return Answer::failure(shared, SCHEMA, Exit::Absent, words),
        }
    }
    let severe = documents.iter().any(|document| document.count(Level::Severe) > 0);
    let exit = if severe { Exit::No } else { Exit::Yes };
    if shared.json {
        let files: Vec<Value> = documents.iter().map(file_object).collect();
        return Answer::json(exit, &json!({"schema": SCHEMA, "ok": !severe, "files": files}));
    }
    let lines: Vec<String> = documents.iter().flat_map(file_lines).collect();
    Answer::text(exit, lines.join("\n"))
}

fn file_object(document: &Document) -> Value {
    json!({
        "file": document.name,
        "format": document.format.as_str(),
        "id": document.id(),
        "status": document.status(),
        "sha256": HEXLOWER.encode(&Sha256::digest(&document.octets)),
        "severe": document.count(Level::Severe),
        "warning": document.count(Level::Warning),
        "info": document.count(Level::Info),
        "findings": document.findings,
    })
}

fn file_lines(document: &Document) -> Vec<String> {
    let mut lines: Vec<String> =
        document.findings.iter().map(|finding| document.line(finding)).collect();
    let id = document.id().unwrap_or_else(|| "no certificate we can name".to_owned());
    let (severe, warning) = (document.count(Level::Severe), document.count(Level::Warning));
    let verdict = if severe > 0 { "not good" } else { "good" };
    let id: String = id.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    lines.push(format!(
        "{}: {verdict}: {id}: {severe} severe, {warning} warnings, {} notes",
        document.name,
        document.count(Level::Info)
    ));
    lines
}
