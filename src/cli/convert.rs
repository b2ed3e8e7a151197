//! `certpost convert`: a certificate between XML and JSON, without loss; with
//! `--explain` what stands where in both.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Exit, Shared};
use super::document::{Examined, visible};
use super::mapping;
use super::paint::Paint;
use crate::certificate::rules::Strictness;
use crate::certificate::{Finding, any_severe};
use crate::sps::{self, WriteOptions};
use crate::submission;

const SCHEMA: &str = "certpost/convert/1";

/// Writes a certificate as XML or as JSON, or says what each field is.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The certificate, in either form; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The form to write.
    #[arg(long, value_enum, required_unless_present = "explain")]
    pub to: Option<To>,
    /// Says for each value which field of the JSON and which element of the XML
    /// it is, its ePhyto tag, and what it and its codes are in words.
    #[arg(long, conflicts_with = "to")]
    pub explain: bool,
}

/// The form to write.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum To {
    Json,
    Xml,
}

/// Converts one file. What is told of it goes to standard error; with a
/// severe finding nothing is written.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let schema = if args.explain { mapping::SCHEMA } else { SCHEMA };
    let file = match Examined::read(&args.file, Strictness::Received) {
        Ok(file) => file,
        Err(words) => return Answer::failure(shared, schema, Exit::Absent, words),
    };
    let told = |answer: Answer| {
        let lines = file.findings.iter().map(|finding| file.line(finding, Paint::default()));
        lines.fold(answer, Answer::remark)
    };
    let Some(to) = args.to else {
        // What cannot be used can still be looked at.
        let severe = any_severe(&file.findings);
        let exit = if severe { Exit::No } else { Exit::Yes };
        return match &file.document {
            Some(document) => told(mapping::answer(exit, &file, document, shared)),
            None => told(Answer::failure(shared, schema, Exit::No, "it cannot be read")),
        };
    };
    let document = match &file.document {
        Some(document) if !any_severe(&file.findings) => document,
        Some(_) | None => return told(refused(&file.findings, shared)),
    };
    told(match to {
        To::Json => {
            let value = submission::document_to_json(document);
            let answer = Answer::text(Exit::Yes, format!("{value:#}"));
            match file.unsaid.lines().as_slice() {
                [] => answer,
                lines => {
                    let name = visible(&file.name);
                    let words = lines.join("; ");
                    answer.remark(format!("{name}: not content, and so not in the JSON: {words}"))
                }
            }
        }
        To::Xml => {
            let xml = sps::write_document(document, &WriteOptions::default());
            // What JSON carries beyond the schema could make it too deep.
            if let Err(refusal) = sps::gate::gate_fragment(&String::from_utf8_lossy(xml.as_bytes()))
            {
                let words = format!("the XML would be refused everywhere: {refusal}");
                return Answer::failure(shared, SCHEMA, Exit::No, words);
            }
            match std::str::from_utf8(xml.as_bytes()) {
                Ok(text) if shared.json => {
                    Answer::json(Exit::Yes, &Converted { schema: SCHEMA, ok: true, xml: text })
                }
                Ok(_) | Err(_) => Answer::octets(Exit::Yes, xml.into_bytes()),
            }
        }
    })
}

fn refused(findings: &[Finding], shared: &Shared) -> Answer {
    if shared.json {
        return Answer::json(Exit::No, &Unconverted { schema: SCHEMA, ok: false, findings });
    }
    Answer::new(Exit::No)
}

//------------ Converted -----------------------------------------------------

/// The XML of a certificate. Its JSON is an answer by itself:
/// `certpost/certificate/1`.
#[derive(JsonSchema, Serialize)]
pub struct Converted<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    #[schemars(extend("const" = true))]
    ok: bool,
    /// The whole document, in UTF-8.
    xml: &'a str,
}

/// Why a certificate is not converted.
#[derive(JsonSchema, Serialize)]
pub struct Unconverted<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    #[schemars(extend("const" = false))]
    ok: bool,
    /// One of them at least is severe.
    findings: &'a [Finding],
}
