//! The environment's say over scalars of certpost.toml's tables.
//!
//! `CERTPOST_QUEUE__URL` stands for `url` in `[queue]`. Lists, `[[identity]]`,
//! `[[producer]]` and partners.toml are not overridden: a gateway whose keys
//! or partners come from a shell's environment cannot be audited.

use std::path::Path;

use toml::{Table, Value};

use super::faults::Faults;

const PREFIX: &str = "CERTPOST_";

/// Puts the environment's scalars into `root`.
pub fn apply(
    root: &mut Table,
    variables: impl Iterator<Item = (String, String)>,
    file: &Path,
    faults: &mut Faults,
) {
    let mut ours: Vec<_> = variables
        .filter_map(|(name, value)| {
            let (table, key) = name.strip_prefix(PREFIX)?.split_once("__")?;
            Some((table.to_ascii_lowercase(), key.to_ascii_lowercase(), value, name))
        })
        .collect();
    ours.sort();
    for (table, key, text, name) in ours {
        if !super::gateway::TABLES.contains(&table.as_str()) {
            faults.add(
                file,
                &name,
                format!("there is no table [{table}]"),
                format!("unset it, or name one of {}", super::gateway::TABLES.join(", ")),
            );
            continue;
        }
        let value = match (table.as_str(), key.as_str()) {
            ("gateway", "accept_known_bad_openssl") => match text.parse() {
                Ok(yes) => Value::Boolean(yes),
                Err(_) => Value::String(text),
            },
            ("clock", "retry_factor" | "jitter") => match text.parse() {
                Ok(number) => Value::Float(number),
                Err(_) => Value::String(text),
            },
            _ => Value::String(text),
        };
        let entry = root.entry(table).or_insert_with(|| Value::Table(Table::new()));
        match entry.as_table_mut() {
            Some(entry) if matches!(entry.get(&key), Some(Value::Array(_) | Value::Table(_))) => {
                faults.add(
                    file,
                    &name,
                    "the environment overrides single values only",
                    "unset it and write the list in the file",
                );
            }
            Some(entry) => {
                entry.insert(key, value);
            }
            // A table that is none is reported where it is read.
            None => {}
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_only() {
        let mut root: Table = "[queue]\nurl = 'a'\n[gateway]\ncountries = ['BV']".parse().unwrap();
        let mut faults = Faults::default();
        let set = [
            ("CERTPOST_QUEUE__URL", "b"),
            ("CERTPOST_GATEWAY__ACCEPT_KNOWN_BAD_OPENSSL", "true"),
            ("CERTPOST_GATEWAY__COUNTRIES", "HM"),
            ("CERTPOST_NONE__URL", "b"),
            ("CERTPOST_CONFIG", "/x"),
            ("HOME", "/x"),
        ];
        let set = set.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        apply(&mut root, set, Path::new("certpost.toml"), &mut faults);
        assert_eq!(root["queue"]["url"].as_str(), Some("b"));
        assert_eq!(root["gateway"]["accept_known_bad_openssl"].as_bool(), Some(true));
        assert_eq!(root["gateway"]["countries"].as_array().map(Vec::len), Some(1));
        assert_eq!(faults.iter().count(), 2, "{faults}");
    }
}
