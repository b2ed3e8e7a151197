//! The files are what is made here, and what they say holds: of the
//! documentation, of our own test certificates, and of real answers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{all, asyncapi};
use crate::conforms::{conforms, faults, folder};
use crate::queue::topology::QUEUES;
use crate::submission::sample;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// Every file below `folder` whose name ends in `ending`.
fn below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(below(&path, ending));
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

//------------ Drift ---------------------------------------------------------

/// Compares a file with what is made; with `CERTPOST_WRITE_GOLDEN` writes it.
#[track_caller]
fn check_file(path: &Path, made: &Value) {
    let made = format!("{made:#}\n");
    if std::env::var_os("CERTPOST_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &made).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let at = written.lines().zip(made.lines()).take_while(|(one, other)| one == other).count();
    assert!(
        written == made,
        "{} is not what the types say, from line {}: {:?} should be {:?}; run this test with \
         CERTPOST_WRITE_GOLDEN=1 and look at the difference",
        path.display(),
        at + 1,
        written.lines().nth(at),
        made.lines().nth(at)
    );
}

#[test]
fn the_files_are_what_is_made_here() {
    let all = all();
    for (file, schema) in &all {
        check_file(&folder().join(file), schema);
    }
    check_file(&root().join("queue-config/asyncapi.json"), &asyncapi());
    let named: BTreeSet<PathBuf> = all.iter().map(|(file, _)| folder().join(file)).collect();
    let there: BTreeSet<PathBuf> = below(&folder(), "").into_iter().collect();
    assert_eq!(there, named, "a schema that nothing makes");
}

#[test]
fn every_schema_is_one_and_its_examples_are_good() {
    let all = all();
    for (file, schema) in &all {
        jsonschema::meta::validate(schema).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        let examples = schema["examples"].as_array().into_iter().flatten();
        for example in examples {
            assert_eq!(faults(file, example), [""; 0], "{file}: {example:#}");
        }
        assert_references(file, schema, schema, &all);
    }
}

/// Every `$ref` leads to something.
fn assert_references(file: &str, at: &Value, whole: &Value, all: &[(&str, Value)]) {
    match at {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let (other, pointer) = reference.split_once('#').unwrap_or((reference, ""));
                let other = other.strip_prefix("./schema/").unwrap_or(other);
                let document = match other {
                    "" => Some(whole),
                    other => all.iter().find(|(name, _)| *name == other).map(|(_, other)| other),
                };
                let found = document.and_then(|document| document.pointer(pointer));
                assert!(found.is_some(), "{file}: {reference} leads nowhere");
            }
            members.values().for_each(|below| assert_references(file, below, whole, all));
        }
        Value::Array(items) => {
            items.iter().for_each(|below| assert_references(file, below, whole, all));
        }
        _ => {}
    }
}

//------------ AsyncAPI ------------------------------------------------------

/// The structure that AsyncAPI 3.0 wants, as far as this document uses it.
#[test]
fn the_asyncapi_document_holds_together() {
    let document = read(&root().join("queue-config/asyncapi.json"));
    assert_references("asyncapi.json", &document, &document, &all());
    assert_eq!(document["asyncapi"], "3.0.0");
    for member in ["title", "version"] {
        assert!(document["info"][member].is_string(), "info.{member}");
    }
    let members: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    let known = [
        "asyncapi",
        "info",
        "defaultContentType",
        "servers",
        "channels",
        "operations",
        "components",
    ];
    assert_eq!(members, known);
    let server = &document["servers"]["broker"];
    assert_eq!((server["protocol"].as_str(), server["host"].is_string()), (Some("amqp"), true));
    let channels = document["channels"].as_object().unwrap();
    let mut queues = BTreeSet::new();
    for (name, channel) in channels {
        let binding = &channel["bindings"]["amqp"];
        assert_eq!(binding["bindingVersion"], "0.3.0", "{name}");
        let (kind, other) = match binding["is"].as_str().unwrap() {
            "queue" => ("queue", "exchange"),
            "routingKey" => ("exchange", "queue"),
            kind => panic!("{name}: {kind}"),
        };
        assert!(binding[other].is_null(), "{name}: a binding is of one thing");
        queues.insert(binding[kind]["name"].as_str().unwrap().to_owned());
        assert!(!channel["messages"].as_object().unwrap().is_empty(), "{name}");
        // Every parameter of an address is explained, and none besides.
        let address = channel["address"].as_str().unwrap();
        let used: BTreeSet<&str> =
            address.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        let told = channel["parameters"].as_object();
        let told: BTreeSet<&str> =
            told.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        assert_eq!(used, told, "{name}");
    }
    assert_eq!(queues, QUEUES.map(str::to_owned).into_iter().collect());
    let mut reached = BTreeSet::new();
    for (name, operation) in document["operations"].as_object().unwrap() {
        let channel = operation["channel"]["$ref"].as_str().unwrap();
        let action = if channel == "#/channels/submissions" { "send" } else { "receive" };
        assert_eq!(operation["action"], action, "{name}");
        for one in operation["messages"].as_array().unwrap() {
            let reference = one["$ref"].as_str().unwrap();
            assert!(reference.starts_with(&format!("{channel}/messages/")), "{name}");
            let in_channel = document.pointer(reference.trim_start_matches('#')).unwrap();
            reached.insert(in_channel["$ref"].as_str().unwrap().to_owned());
        }
    }
    let all = document["components"]["messages"].as_object().unwrap();
    let all: BTreeSet<String> =
        all.keys().map(|name| format!("#/components/messages/{name}")).collect();
    assert_eq!(reached, all);
}

//------------ Examples ------------------------------------------------------

/// The fenced blocks of JSON in a text, with the lines they begin on.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in text.lines().enumerate() {
        let fence = line.trim();
        match &mut open {
            None if fence == "```json" => open = Some((at + 1, String::new())),
            None => {}
            Some(_) if fence == "```" => found.extend(open.take()),
            Some((_, block)) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    assert!(open.is_none(), "a block without an end");
    found
}

/// Every block of JSON in the documentation that names its schema is as that
/// says; one that is a certificate can be published.
#[test]
fn the_documentation_says_what_holds() {
    let mut held = 0;
    for path in below(&root(), ".md") {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut blocks = blocks(&text);
        // An example's page holds one document in pieces.
        if path.parent().is_some_and(|folder| folder.ends_with("queue-config/examples")) {
            let whole = blocks.iter().map(|(_, block)| block.as_str()).collect();
            blocks = blocks.first().map(|(line, _)| (*line, whole)).into_iter().collect();
        }
        for (line, block) in blocks {
            let place = format!("{}:{line}", path.display());
            let object: Value =
                serde_json::from_str(&block).unwrap_or_else(|fault| panic!("{place}: {fault}"));
            if object["schema"].is_string() {
                println!("{place}");
                conforms(&object);
                held += 1;
            }
            if object["schema"] == "certpost/certificate/1" {
                assert_eq!(faults("submission.schema.json", &object), [""; 0], "{place}");
            }
        }
    }
    assert!(held > 0, "the documentation has no example any more");
}

#[test]
fn every_example_can_be_published() {
    let ours = below(&root().join("queue-config/examples"), ".json");
    assert!(ours.len() >= sample::OURS.len());
    let examples = below(&root().join("queue-config/examples"), ".json");
    for path in ours.iter().chain(&examples) {
        let object = read(path);
        let faults = faults("submission.schema.json", &object);
        assert_eq!(faults, [""; 0], "{}", path.display());
        if object["schema"].is_string() {
            conforms(&object);
        }
    }
    if let Some(example) = sample::shared("submission-example.json") {
        let example: Value = serde_json::from_slice(&example).unwrap();
        assert_eq!(faults("submission.schema.json", &example), [""; 0]);
        conforms(&example);
    }
}

//------------ Answers -------------------------------------------------------

/// What the program answers is held against these schemas where it is run:
/// `tests/it`. Here is what no test there comes to.
#[test]
fn answers_that_are_hard_to_come_by() {
    conforms(&json!({
        "schema": "certpost/open/1", "ok": false,
        "held": {"gate": 7, "code": "signer.crl-stale", "words": "x"},
        "refused": {"gate": 7, "code": "signer.crl-stale", "words": "x"},
    }));
    conforms(&json!({
        "schema": "certpost/verify/1", "verdict": "differs", "id": "BV/851/N-1", "reasons": [],
        "differences": [{"path": "/a", "presented": "1", "onRecord": null}], "candidates": ["x"],
        "current": null, "replacedBy": [{"id": "BV/851/N-2", "current": "issued"}],
    }));
}

/// A schema refuses what is not so: else every test above says nothing.
#[test]
fn what_is_not_so_is_refused() {
    let event = read(&folder().join("event.schema.json"))["examples"][0].clone();
    #[track_caller]
    fn check(file: &str, object: &Value, at: &str) {
        let faults = faults(file, object);
        assert!(faults.iter().any(|fault| fault.contains(at)), "{faults:?}");
    }
    let changed = |name: &str, value: Value| {
        let mut event = event.clone();
        event[name] = value;
        event
    };
    check("event.schema.json", &changed("more", json!(1)), "more");
    check("event.schema.json", &changed("event", json!("exploded")), "/event");
    check("event.schema.json", &changed("seq", json!("17")), "/seq");
    check("event.schema.json", &changed("at", json!("2026-11-23T20:30:00Z")), "/at");
    check("event.schema.json", &changed("digest", Value::Null), "/digest");
    let mut short = event.clone();
    short.as_object_mut().unwrap().shift_remove("digest");
    check("event.schema.json", &short, "digest");
    let named = |code: &str| {
        json!({"schema": "certpost/open/1", "ok": false,
            "refused": {"gate": 7, "code": code, "words": "x"}})
    };
    assert_eq!(faults("open.schema.json", &named("signer.expired")), [""; 0]);
    check("open.schema.json", &named("signer.odd"), "");
}
