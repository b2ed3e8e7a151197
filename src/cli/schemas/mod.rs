//! Every contract in JSON as a JSON Schema (2020-12), and the queues as an
//! AsyncAPI document, for the programs on the other side.
//!
//! - here: which files there are, and the schemas that our types give;
//! - [`examples`]: one short object for each;
//! - [`asyncapi`]: the channels, with what goes over them.
//!
//! The files lie in `queue-config/`. A test compares them with what is made
//! here, and with `CERTPOST_WRITE_GOLDEN` set writes them. Nothing of this is
//! read while certpost runs.

mod asyncapi;
mod examples;
#[cfg(test)]
mod tests;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    answer, bench, check, convert, demo, doctor, explain, inspect, mapping, open, partner, show,
    submit, verify,
};
use crate::certificate::Finding;
use crate::certificate::rules::Strictness;
use crate::inbound::received::Received;
use crate::ledger::{Event, TraceAnswer};
use crate::submission;

pub use asyncapi::asyncapi;

/// Where the schemas say they are. No such host exists: it is a name.
const HOME: &str = "https://certpost.example/schema/";
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Every schema, under the name of its file.
pub fn all() -> Vec<(&'static str, Value)> {
    let mut all = vec![
        ("certificate.schema.json", certificate(&CERTIFICATE, Strictness::Received)),
        ("submission.schema.json", certificate(&SUBMISSION, Strictness::Submission)),
        (ACKNOWLEDGEMENT.file, headed(&ACKNOWLEDGEMENT, submission::acknowledgement_schema())),
    ];
    all.extend(PUBLISHED.iter().map(|(head, kind)| (head.file, published(head, *kind))));
    all.extend(COMMANDS.iter().map(|command| (command.file, command.schema())));
    all
}

//------------ The table -----------------------------------------------------

/// What stands at the head of a schema.
struct Head {
    file: &'static str,
    title: &'static str,
    words: &'static str,
}

/// The schema of one type, as it is written.
type Kind = fn(&mut SchemaGenerator) -> Schema;

const CERTIFICATE: Head = Head {
    file: "certificate.schema.json",
    title: "certpost/certificate/1",
    words: "A sanitary or phytosanitary certificate, as it lies in certpost.received and as `certpost convert` writes it. A received one may lack anything that does not make it unusable, and may hold what the standard has no place for.",
};

const SUBMISSION: Head = Head {
    file: "submission.schema.json",
    title: "certpost/certificate/1, to be published",
    words: "A certificate as it may be published on certpost.submissions. It is judged by certpost alone: `certpost check` says what a schema cannot (a code of a long list, a day that no month has), and takes some spellings that this schema does not (blanks around a code).",
};

const ACKNOWLEDGEMENT: Head = Head {
    file: "acknowledgement.schema.json",
    title: "certpost/acknowledgement/1",
    words: "An authority's answer to a certificate (SPSAcknowledgement), as `certpost convert` writes it.",
};

/// What is published, and what is part of several answers.
const PUBLISHED: &[(Head, Kind)] = &[
    (
        Head {
            file: "received.schema.json",
            title: "certpost/received/1",
            words: "A certificate taken in, as it is published on certpost.received. Members are only ever added.",
        },
        kind::<Received<'_>>,
    ),
    (
        Head {
            file: "event.schema.json",
            title: "certpost/event/1",
            words: "What happened, as it is published on certpost.events; each event is chained to the one before. Members are only ever added.",
        },
        kind::<Event<'_>>,
    ),
    (
        Head {
            file: "finding.schema.json",
            title: "certpost: a finding",
            words: "One thing wrong with a certificate, or with the submission that holds it. The header x-certpost-findings is a JSON array of these. Members are only ever added.",
        },
        kind::<Finding>,
    ),
    (
        Head {
            file: "failure.schema.json",
            title: "certpost: a failure",
            words: "What every command answers with --json when it could not do what it was asked. Members are only ever added.",
        },
        kind::<answer::Failure<'_>>,
    ),
];

/// What commands answer with `--json`.
const COMMANDS: &[Command] = &[
    Command::new("bench.schema.json", "certpost/bench/1", &[kind::<bench::told::Measured>]),
    Command::new("check.schema.json", "certpost/check/1", &[kind::<check::Checked<'_>>]),
    Command::new(
        "convert.schema.json",
        "certpost/convert/1",
        &[kind::<convert::Converted<'_>>, kind::<convert::Unconverted<'_>>],
    ),
    Command::new("demo.schema.json", "certpost/demo/1", &[kind::<demo::object::Object>]),
    Command::new(
        "doctor.schema.json",
        "certpost/doctor/1",
        &[kind::<doctor::diagnosis::Diagnosis>],
    ),
    Command::new(
        "explain.schema.json",
        "certpost/explain/1",
        &[kind::<explain::Codes>, kind::<mapping::Explanation<'_>>],
    ),
    Command::new("inspect.schema.json", "certpost/inspect/1", &[kind::<inspect::Inspected>]),
    Command::new(
        "open.schema.json",
        "certpost/open/1",
        &[kind::<open::Opened<'_>>, kind::<open::Unopened<'_>>],
    ),
    Command::new(
        "partner-list.schema.json",
        "certpost/partner-list/1",
        &[kind::<partner::list::PartnerList<'_>>],
    ),
    Command::new(
        "partner-resume.schema.json",
        "certpost/partner-resume/1",
        &[kind::<partner::suspend::PartnerSet<'_>>],
    ),
    Command::new(
        "partner-show.schema.json",
        "certpost/partner-show/1",
        &[kind::<partner::show::PartnerShow<'_>>],
    ),
    Command::new(
        "partner-suspend.schema.json",
        "certpost/partner-suspend/1",
        &[kind::<partner::suspend::PartnerSet<'_>>],
    ),
    Command::new("run.schema.json", "certpost/run/1", &[]),
    Command::new("seal.schema.json", "certpost/seal/1", &[]),
    Command::new(
        "show.schema.json",
        "certpost/show/1",
        &[kind::<show::Shown<'_>>, kind::<show::ShownAnswer>],
    ),
    Command::new("submit.schema.json", "certpost/submit/1", &[kind::<submit::Submitted<'_>>]),
    Command::new("trace.schema.json", "certpost/trace/1", &[kind::<TraceAnswer>]),
    Command::new("usage.schema.json", "certpost/usage/1", &[]),
    Command::new("verify.schema.json", "certpost/verify/1", &[kind::<verify::Verified<'_>>]),
];

fn kind<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

//------------ Command -------------------------------------------------------

/// One command's answers; with none of its own it only ever fails in JSON.
struct Command {
    file: &'static str,
    title: &'static str,
    answers: &'static [Kind],
}

impl Command {
    const fn new(file: &'static str, title: &'static str, answers: &'static [Kind]) -> Self {
        Command { file, title, answers }
    }

    fn schema(&self) -> Value {
        let mut generator = generator();
        let mut either: Vec<Value> =
            self.answers.iter().map(|kind| kind(&mut generator).to_value()).collect();
        either.push(json!({
            "$ref": "failure.schema.json",
            "properties": {"schema": {"const": self.title}},
        }));
        let mut root = root(self.file, self.title, &self.words());
        root.insert("anyOf".to_owned(), Value::Array(either));
        finished(root, self.file, generator.take_definitions(true))
    }

    fn words(&self) -> String {
        if self.title == "certpost/usage/1" {
            return "What any command answers with --json when its words are none of its own. Members are only ever added.".to_owned();
        }
        if self.title == "certpost/explain/1" {
            return "What `certpost check --explain` (`codes`) and `certpost convert --explain` (`values`) answer with --json. Members are only ever added.".to_owned();
        }
        let name = self.file.trim_end_matches(".schema.json").replace('-', " ");
        let when = if self.answers.is_empty() {
            " when it could not do what it was asked; else its answer is no JSON"
        } else {
            ""
        };
        format!("What `certpost {name}` answers with --json{when}. Members are only ever added.")
    }
}

//------------ Making one ----------------------------------------------------

fn root(file: &str, title: &str, words: &str) -> Map<String, Value> {
    let mut root = Map::new();
    root.insert("$schema".to_owned(), json!(DIALECT));
    root.insert("$id".to_owned(), json!(format!("{HOME}{file}")));
    root.insert("title".to_owned(), json!(title));
    root.insert("description".to_owned(), json!(words));
    root
}

fn certificate(head: &Head, strictness: Strictness) -> Value {
    headed(head, submission::json_schema(strictness))
}

fn headed(head: &Head, body: Value) -> Value {
    let mut root = root(head.file, head.title, head.words);
    if let Value::Object(rest) = body {
        root.extend(rest);
    }
    Value::Object(root)
}

/// The schema of a type that is a document by itself.
fn published(head: &Head, kind: Kind) -> Value {
    let mut generator = generator();
    let reference = kind(&mut generator).to_value();
    let mut defs = generator.take_definitions(true);
    let mut root = root(head.file, head.title, head.words);
    let name = reference["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"));
    if let Some(Value::Object(body)) = name.and_then(|name| defs.remove(name)) {
        let rest = body.into_iter().filter(|(key, _)| key != "description");
        root.extend(rest);
    }
    finished(root, head.file, defs)
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

/// The document, with what has a file of its own named by that file.
fn finished(root: Map<String, Value>, file: &str, defs: Map<String, Value>) -> Value {
    let mut document = Value::Object(root);
    tidy(&mut document);
    if let Some(example) = examples::of(file) {
        document["examples"] = json!([example]);
    }
    let mut defs: Vec<(String, Value)> = defs.into_iter().collect();
    defs.iter_mut().for_each(|(_, schema)| tidy(schema));
    // A definition that only others lead to is in use when they are.
    let mut used = Map::new();
    loop {
        let text = format!("{document}{}", Value::Object(used.clone()));
        let named = |name: &str| text.contains(&format!("\"#/$defs/{name}\""));
        let Some(at) = defs.iter().position(|(name, _)| named(name)) else { break };
        let (name, schema) = defs.remove(at);
        used.insert(name, schema);
    }
    used.sort_keys();
    if !used.is_empty() {
        document["$defs"] = Value::Object(used);
    }
    document
}

/// What schemars cannot know: what has a file of its own; that a member which
/// may be absent is never null; and which words are for a reader of the source.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let foreign = match members.get("$ref").and_then(Value::as_str) {
                Some("#/$defs/Event") => Some("event.schema.json"),
                Some("#/$defs/Finding") => Some("finding.schema.json"),
                Some(_) | None => None,
            };
            if let Some(file) = foreign {
                members.insert("$ref".to_owned(), json!(file));
            }
            // Of a number's width in Rust.
            let width = ["uint", "int", "double"];
            let format = members.get("format").and_then(Value::as_str).unwrap_or_default();
            if width.iter().any(|width| format.starts_with(width)) {
                members.shift_remove("format");
            }
            if let Some(Value::String(words)) = members.get_mut("description") {
                *words = words.split("\n\n").next().unwrap_or_default().replace('\n', " ");
            }
            let required = members.get("required").cloned().unwrap_or_default();
            let required = required.as_array().map_or(&[][..], Vec::as_slice);
            if let Some(Value::Object(properties)) = members.get_mut("properties") {
                let optional = properties.iter_mut().filter(|(name, _)| {
                    !required.iter().any(|required| required.as_str() == Some(name))
                });
                optional.for_each(|(_, schema)| never_null(schema));
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

fn never_null(schema: &mut Value) {
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            schema["type"] = kind.clone();
        }
    }
    let Some(Value::Array(either)) = schema.get_mut("anyOf") else { return };
    either.retain(|one| *one != json!({"type": "null"}));
    let only = match either.as_slice() {
        [Value::Object(only)] => only.clone(),
        _ => return,
    };
    if let Value::Object(members) = schema {
        members.shift_remove("anyOf");
        members.extend(only);
    }
}
