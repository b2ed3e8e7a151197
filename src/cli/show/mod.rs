//! `certpost show`: a certificate as a person reads one, on a terminal or as a
//! page to print.
//!
//! - `sheet`: what stands where; `values`: in which words; `left`: what has no
//!   place there. - `words`: labels.
//! - `text`: for a terminal. - `page`: HTML.

mod left;
mod page;
mod sheet;
mod text;
mod values;
mod words;

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::answer::{Answer, Exit, Shared};
use super::document::Examined;
use super::trace::Wanted;
use crate::certificate::rules::Strictness;
use crate::certificate::{Certificate, Finding, Level};
use crate::config::Keys;
use crate::ledger::Document as OnRecord;
use crate::letter::Environment;
use crate::submission;
use sheet::Sheet;

const SCHEMA: &str = "certpost/show/1";

/// Shows a certificate as a person reads one.
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
    match found.as_slice() {
        [] => {
            let words = format!("{} is not on record", args.wanted.number);
            Answer::failure(shared, SCHEMA, Exit::Absent, words)
        }
        [one] => of_record(args, shared, one, configuration.gateway.environment),
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
    let Some(certificate) = file.certificate() else {
        let first = file.findings.first();
        let words = first.map(|finding| file.line(finding, shared.paint)).unwrap_or_default();
        return Answer::failure(shared, SCHEMA, Exit::No, words);
    };
    let severe: Vec<Finding> =
        file.findings.iter().filter(|finding| finding.level == Level::Severe).cloned().collect();
    let answer = shown(args, shared, certificate, None, Environment::Live);
    // It is shown, and said that it would not be taken.
    severe.iter().fold(answer, |answer, finding| answer.remark(file.line(finding, shared.paint)))
}

fn of_record(args: &Args, shared: &Shared, found: &OnRecord, environment: Environment) -> Answer {
    let read = Examined::judged(found.to_string(), found.octets.clone(), Strictness::Received);
    match read.certificate() {
        Some(certificate) => {
            shown(args, shared, certificate, found.current.as_deref(), environment)
        }
        None => {
            let words = format!("{found}: what is on record cannot be read");
            Answer::failure(shared, SCHEMA, Exit::CannotTell, words)
        }
    }
}

/// `current`: what it is today, where the ledger knows.
fn shown(
    args: &Args,
    shared: &Shared,
    certificate: &Certificate,
    current: Option<&str>,
    environment: Environment,
) -> Answer {
    if shared.json {
        let id = certificate.facts().ok().map(|facts| facts.id.to_string());
        let certificate = submission::to_json(certificate);
        let shown = Shown { schema: SCHEMA, ok: true, id, current, environment, certificate };
        return Answer::json(Exit::Yes, &shown);
    }
    let sheet = Sheet::of(certificate);
    let is_training = environment == Environment::Training;
    let out = if args.html {
        page::page(&sheet, current, is_training)
    } else {
        text::text(&sheet, current, is_training, shared.paint)
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

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{Item, Node};

    const EXAMPLES: &[&[u8]] = &[
        include_bytes!("../../../queue-config/examples/phytosanitary-851.json"),
        include_bytes!("../../../queue-config/examples/re-export-657.json"),
        include_bytes!("../../../queue-config/examples/sanitary-852.json"),
        include_bytes!("../../../queue-config/examples/veterinary-853.json"),
        include_bytes!("../../../queue-config/examples/health-636.json"),
    ];

    /// Every value of a node, but for the tags that only say what another is.
    fn values(node: &Node, found: &mut Vec<String>) {
        for (element, item) in node.entries() {
            match item {
                Item::Node(node) => values(node, found),
                Item::Leaf(_)
                    if matches!(
                        element.name,
                        "AttachmentBinaryObject" | "Subject" | "SystemName"
                    ) => {}
                Item::Leaf(leaf) => found.push(leaf.text.to_string()),
            }
        }
    }

    /// Nothing that a person has to know is left off the page: what is, is
    /// told here, by name.
    #[test]
    fn every_value_is_on_the_page() {
        let left_off = [
            // Tags of facts, levels of districts, numbers of lines.
            "TTL1", "TTL2", "TTCH", "TTCO", "TTTM", "TTAI", "TTFT",
        ];
        let mut lost = Vec::new();
        for example in EXAMPLES {
            let certificate = submission::from_json(example).unwrap();
            let sheet = Sheet::of(&certificate);
            let page = page::page(&sheet, None, false);
            let page = page.replace("&lt;", "<").replace("&gt;", ">");
            let page = page.replace("&quot;", "\"").replace("&amp;", "&");
            let mut all = Vec::new();
            values(certificate.root(), &mut all);
            let missing: Vec<&String> = all
                .iter()
                .filter(|value| value.len() > 3 && !left_off.contains(&value.as_str()))
                .filter(|value| !value.eq_ignore_ascii_case("true"))
                .filter(|value| !value.eq_ignore_ascii_case("false"))
                .filter(|value| !page.contains(value.as_str()))
                .collect();
            lost.extend(missing.into_iter().cloned());
        }
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[test]
    fn training_is_marked_across_the_page_and_text_stays_text() {
        let text = String::from_utf8_lossy(EXAMPLES[0]).replace("MV Lars", "<script>MV");
        let certificate = submission::from_json(text.as_bytes()).unwrap();
        let sheet = Sheet::of(&certificate);
        let live = page::page(&sheet, Some("withdrawn"), false);
        assert!(!live.contains("<script") && live.contains("&lt;script&gt;MV"), "{live}");
        assert!(live.contains("withdrawn") && !live.contains("class=\"training\""));
        let training = page::page(&sheet, None, true);
        assert!(training.contains("class=\"training\"") && training.contains("培训用"));
    }
}
