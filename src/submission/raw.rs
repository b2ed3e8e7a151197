//! JSON as it was typed: numbers kept apart from strings, doubled keys kept.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

//------------ Raw -----------------------------------------------------------

/// A JSON value. How deep it is, the parser bounds (128).
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    Bool(bool),
    List(Vec<Raw>),
    Null,
    /// Near enough to what was typed to be shown; never used as a value.
    Number(String),
    Object(Vec<(String, Raw)>),
    Text(String),
}

impl Raw {
    /// What it is, in words.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Raw::Bool(_) => "true or false",
            Raw::List(_) => "a list",
            Raw::Null => "null",
            Raw::Number(_) => "a number",
            Raw::Object(_) => "an object",
            Raw::Text(_) => "a string",
        }
    }

    /// The member called `name`, if it is an object that has one.
    pub(super) fn member(&self, name: &str) -> Option<&Raw> {
        match self {
            Raw::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, raw)| raw),
            Raw::Bool(_) | Raw::List(_) | Raw::Null | Raw::Number(_) | Raw::Text(_) => None,
        }
    }

    /// A scalar as JSON, short enough to be shown.
    pub(super) fn shown(&self) -> String {
        match self {
            Raw::Bool(truth) => truth.to_string(),
            Raw::List(_) => "[…]".to_owned(),
            Raw::Null => "null".to_owned(),
            Raw::Number(number) => number.clone(),
            Raw::Object(_) => "{…}".to_owned(),
            Raw::Text(text) => {
                let cut: String = text.chars().take(40).collect();
                let more = if cut.len() < text.len() { "…" } else { "" };
                serde_json::Value::from(format!("{cut}{more}")).to_string()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsTyped)
    }
}

struct AsTyped;

impl<'de> Visitor<'de> for AsTyped {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Raw, A::Error> {
        let mut object = Vec::new();
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        Ok(Raw::Object(object))
    }
}
