//! `certpost show`: a certificate as a person reads one, on a terminal or as a
//! page to print.
//!
//! - `sheet`: what stands where; `answer`: the same of an acknowledgement;
//!   `items`, `parts`: its parts; `statements`: the fixed wording of the models; `values`: in which words; `left`: what has no
//!   place there; `unclear`: what it says twice; `about`: what is known beside it.
//! - `words`: labels. - `text`: for a terminal. - `page`: HTML.

mod about;
mod answer;
mod items;
mod left;
mod page;
mod parts;
mod sheet;
mod statements;
#[cfg(test)]
mod tests;
mod text;
mod unclear;
mod values;
mod words;

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::answer::{Answer, Exit, Shared};
use super::document::{Examined, visible};
use super::trace::Wanted;
use crate::certificate::rules::Strictness;
use crate::certificate::{Acknowledgement, Certificate, Document, Finding, Level};
use crate::config::{self, Keys};
use crate::ledger::Document as OnRecord;
use crate::letter::Environment;
use crate::submission;
use about::About;
use sheet::Sheet;

const SCHEMA: &str = "certpost/show/1";

/// Shows a certificate as a person reads one: the one in a file, or the one on
/// record under a number.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub wanted: Wanted,
    /// A page to print, in the layout of the model certificate of ISPM 12.
    #[arg(long)]
    pub html: bool,
}

/// Shows the certificate in a file, or the one on record under a number: an
/// argument that names a file, or `-`, is a file.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let path = Path::new(&args.wanted.number);
    if args.wanted.number == "-" || path.is_file() {
        return match Examined::read(path, Strictness::Received) {
            Ok(file) => of_file(args, shared, &file),
            Err(words) => Answer::failure(shared, SCHEMA, Exit::Absent, words),
        };
    }
    let configuration = match super::configuration(shared, SCHEMA, Keys::Left) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    let found = super::wait_for(async {
        let ledger = super::trace::open(&configuration)?;
        ledger.documents(args.wanted.query()).await
    });
    let found = match found {
        Ok(Ok(found)) => found,
        Ok(Err(fault)) => {
            return Answer::failure(shared, SCHEMA, Exit::CannotTell, fault.to_string());
        }
        Err(answer) => return answer,
    };
    of_found(args, shared, &found, configuration.gateway.environment)
}

/// Of several nothing is chosen: they are listed.
fn of_found(args: &Args, shared: &Shared, found: &[OnRecord], environment: Environment) -> Answer {
    match found {
        [] => {
            let words = format!("{} is not on record", args.wanted.number);
            Answer::failure(shared, SCHEMA, Exit::Absent, words)
        }
        [one] => of_record(args, shared, one, environment),
        several => {
            let all: Vec<String> = several.iter().map(OnRecord::to_string).collect();
            let words = format!(
                "several are on record; narrow it by --country, --type, --in or --out: {}",
                all.join("; ")
            );
            Answer::failure(shared, SCHEMA, Exit::Absent, words)
        }
    }
}

fn of_file(args: &Args, shared: &Shared, file: &Examined) -> Answer {
    let Some(document) = &file.document else {
        let first = file.findings.first().map(|finding| file.line(finding, shared.paint));
        let words = first.unwrap_or_else(|| format!("{}: it cannot be read", visible(&file.name)));
        return Answer::failure(shared, SCHEMA, Exit::No, words);
    };
    let severe: Vec<Finding> =
        file.findings.iter().filter(|finding| finding.level == Level::Severe).cloned().collect();
    let about = About::of(
        format!("file 文件 {}", file.name),
        file.format.as_str(),
        &file.octets,
        None,
        // No configuration is needed; but at a gateway for training nothing
        // leaves without its mark.
        config::environment(shared.config.as_deref()),
    );
    let answer = match document {
        Document::Acknowledgement(answer) => shown_answer(args, shared, answer, &about),
        Document::Certificate(certificate) => shown(args, shared, certificate, &about),
    };
    // It is shown, and said that it would not be taken.
    severe.iter().fold(answer, |answer, finding| answer.remark(file.line(finding, shared.paint)))
}

fn of_record(args: &Args, shared: &Shared, found: &OnRecord, environment: Environment) -> Answer {
    let read = Examined::judged(found.to_string(), found.octets.clone(), Strictness::Received);
    match read.certificate() {
        Some(certificate) => {
            let about = About::of(
                format!("ledger 台账 {found}"),
                read.format.as_str(),
                &found.octets,
                found.current.clone(),
                environment,
            );
            shown(args, shared, certificate, &about)
        }
        None => {
            let words = format!("{found}: what is on record cannot be read");
            Answer::failure(shared, SCHEMA, Exit::CannotTell, words)
        }
    }
}

fn shown(args: &Args, shared: &Shared, certificate: &Certificate, about: &About) -> Answer {
    if shared.json {
        let id = certificate.facts().ok().map(|facts| facts.id.to_string());
        let certificate = submission::to_json(certificate);
        let (current, environment) = (about.current.as_deref(), about.environment);
        let shown = Shown { schema: SCHEMA, ok: true, id, current, environment, certificate };
        return Answer::json(Exit::Yes, &shown);
    }
    printed(args, shared, &Sheet::of(certificate), about)
}

fn shown_answer(args: &Args, shared: &Shared, answer: &Acknowledgement, about: &About) -> Answer {
    if shared.json {
        let document = Document::Acknowledgement(answer.clone());
        let acknowledgement = submission::document_to_json(&document);
        let environment = about.environment;
        let shown = ShownAnswer { schema: SCHEMA, ok: true, environment, acknowledgement };
        return Answer::json(Exit::Yes, &shown);
    }
    printed(args, shared, &answer::sheet(answer), about)
}

fn printed(args: &Args, shared: &Shared, sheet: &Sheet, about: &About) -> Answer {
    let out = if args.html {
        page::page(sheet, about)
    } else {
        text::text(sheet, about, shared.columns, shared.paint)
    };
    Answer::text(Exit::Yes, out)
}

/// What `certpost show --json` answers.
#[derive(JsonSchema, Serialize)]
pub struct Shown<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    #[schemars(extend("const" = true))]
    ok: bool,
    /// `<issuing country>/<type>/<number>`; null if it cannot be told.
    id: Option<String>,
    /// What it is today, as `withdrawn`; null of a file.
    current: Option<&'a str>,
    environment: Environment,
    /// The certificate as JSON.
    #[schemars(extend("$ref" = "certificate.schema.json"))]
    certificate: Value,
}

/// What `certpost show --json` answers of an authority's answer to a certificate.
#[derive(JsonSchema, Serialize)]
pub struct ShownAnswer {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    #[schemars(extend("const" = true))]
    ok: bool,
    environment: Environment,
    /// The answer as JSON.
    #[schemars(extend("$ref" = "acknowledgement.schema.json"))]
    acknowledgement: Value,
}
