//! Whether an object is what its schema in `queue-config/schema` says.
//!
//! A schema lets members pass that are to come, so that nobody who validates
//! by it breaks on them. A test does not: what is not in the schema is an
//! answer that has changed without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

/// The folder of the schemas.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("queue-config/schema")
}

/// Fails unless `object` is as the schema that it names says; an answer that
/// it could not be given is one of that schema too.
#[track_caller]
pub(crate) fn conforms(object: &Value) {
    let schema = object["schema"].as_str().unwrap_or_default();
    let name = schema.strip_prefix("certpost/").and_then(|rest| rest.strip_suffix("/1"));
    let name = name.unwrap_or_else(|| panic!("it names no schema of ours: {object:#}"));
    let faults = faults(&format!("{name}.schema.json"), object);
    assert!(faults.is_empty(), "{faults:#?}\n{object:#}");
}

/// What is wrong with `object` by the schema in `file`.
#[track_caller]
pub(crate) fn faults(file: &str, object: &Value) -> Vec<String> {
    let validator = VALIDATORS.get(file).unwrap_or_else(|| panic!("there is no schema {file}"));
    let faults = validator.iter_errors(object);
    faults.map(|fault| format!("{}: {fault}", fault.instance_path())).take(20).collect()
}

static VALIDATORS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let mut schemas = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let mut schema: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        close(&mut schema);
        schemas.insert(path.file_name().unwrap().to_string_lossy().into_owned(), schema);
    }
    let mut registry = Registry::new();
    for schema in schemas.values() {
        registry = registry.add(schema["$id"].as_str().unwrap(), schema).unwrap();
    }
    let registry = registry.prepare().unwrap();
    let build = |schema: &Value| {
        let options = jsonschema::options().should_validate_formats(true);
        options.with_registry(&registry).build(schema).unwrap()
    };
    schemas.iter().map(|(file, schema)| (file.clone(), build(schema))).collect()
});

/// Makes every object that lists its members refuse others. One beside a
/// reference says more of what the reference has closed already.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            let object =
                members.get("type").is_some_and(|kind| kind.to_string().contains("object"));
            if object && members.contains_key("properties") {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}
