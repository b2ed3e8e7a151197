//! Values and their attributes.

use std::collections::HashSet;

use compact_str::CompactString;

use super::super::nearest::nearest;
use super::super::raw::Raw;
use super::{Builder, cut};
use crate::certificate::catalogue::Code;
use crate::certificate::element::{Element, Shape, attribute_in_json};
use crate::certificate::rules::Strictness;
use crate::certificate::value::collapsed;
use crate::certificate::{Leaf, Spelling};
use crate::sps;

impl Builder {
    pub(super) fn leaf(&mut self, shape: Shape, element: &Element, raw: Raw) -> Option<Leaf> {
        let members = match raw {
            Raw::Object(members) => members,
            scalar => {
                let text = self.value(shape, element, scalar)?;
                return Some(Leaf::new(text));
            }
        };
        let mut keys = HashSet::new();
        let mut leaf = Leaf::default();
        let mut value = None;
        for (key, raw) in members {
            self.at(&key, |builder| {
                if !keys.insert(key.clone()) {
                    builder.twice(&key);
                } else if key == "value" {
                    value = builder.value(shape, element, raw);
                } else if key == "as" && matches!(shape, Shape::DateTime | Shape::Indicator) {
                    leaf.spelling = builder.spelling(shape, &raw);
                } else if key == "$xml" {
                    let extra = builder.extra(raw).extra;
                    if !extra.is_empty() {
                        *leaf.extra_mut() = extra;
                    }
                } else if let Some(known) =
                    shape.attributes().iter().copied().find(|known| attribute_in_json(known) == key)
                {
                    if let Some(text) = builder.attribute(raw) {
                        leaf.set(known, text);
                    }
                } else {
                    builder.unknown_attribute(&key, shape);
                }
            });
        }
        if !keys.contains("value") {
            self.refuse(
                Code::SubmissionValueWanted,
                "the object has no value",
                "write {\"value\": \"…\"}",
            );
        }
        if leaf.spelling != Spelling::Ours
            && leaf.attribute("format").is_some()
            && leaf.spelling == Spelling::Text
        {
            self.refuse(
                Code::SubmissionFormatAndText,
                "a date as text has no format",
                "leave out format, or as",
            );
        }
        leaf.text = value?;
        Some(leaf)
    }

    fn value(&mut self, shape: Shape, element: &Element, raw: Raw) -> Option<CompactString> {
        match raw {
            Raw::Text(text) => {
                let good = self.letters(&text);
                let as_text =
                    shape == Shape::Indicator && self.strictness == Strictness::Submission;
                if as_text {
                    let remedy = "write true or false, without quotes";
                    self.refuse(Code::SubmissionBooleanWanted, "an indicator is no string", remedy);
                    return None;
                }
                if shape.is_number() && text.is_empty() && self.strictness == Strictness::Submission
                {
                    self.refuse(
                        Code::SubmissionNumberEmpty,
                        "a number is empty",
                        "write it, or leave the field out",
                    );
                    return None;
                }
                let text = if shape.is_number() || shape == Shape::DateTime {
                    text.into()
                } else {
                    collapsed(shape, text.into())
                };
                good.then_some(text)
            }
            Raw::Bool(truth) if shape == Shape::Indicator => Some(truth.to_string().into()),
            Raw::Number(number) => {
                let code = if shape.is_number() {
                    Code::SubmissionNumberNotString
                } else {
                    Code::SubmissionStringWanted
                };
                let words =
                    format!("{} is a number of JSON, which loses digits", element.json_name());
                self.refuse(code, words, format!("write it in quotes: \"{number}\""));
                None
            }
            Raw::Null if element.occurs.is_mandatory() => Some(CompactString::default()),
            other @ (Raw::Bool(_) | Raw::List(_) | Raw::Null | Raw::Object(_)) => {
                let words = format!("{} is a string, not {}", element.json_name(), other.what());
                self.refuse(Code::SubmissionStringWanted, words, "write it in quotes");
                None
            }
        }
    }

    /// Whether XML can hold the text at all (XML 1.0, production 2).
    fn letters(&mut self, text: &str) -> bool {
        let bad = text.chars().find(|letter| !sps::gate::is_legal(*letter));
        if let Some(letter) = bad {
            let words = format!("the character U+{:04X} cannot stand in XML", u32::from(letter));
            self.refuse(Code::SubmissionIllegalCharacter, words, "leave it out");
        }
        bad.is_none()
    }

    pub(super) fn attribute(&mut self, raw: Raw) -> Option<String> {
        match raw {
            Raw::Text(text) => self.letters(&text).then_some(text),
            Raw::Null => None,
            other @ (Raw::Bool(_) | Raw::List(_) | Raw::Number(_) | Raw::Object(_)) => {
                let words = format!("an attribute is a string, not {}", other.what());
                self.refuse(
                    Code::SubmissionStringWanted,
                    words,
                    format!("write \"{}\"", other.shown()),
                );
                None
            }
        }
    }

    fn unknown_attribute(&mut self, key: &str, shape: Shape) {
        let names = shape.attributes().iter().map(|name| attribute_in_json(name));
        let remedy = match nearest(key, names.clone().chain(["value"])) {
            Some(near) => format!("did you mean {near}?"),
            None => {
                let names: Vec<&str> = names.collect();
                format!("leave it out; beside value may stand {}", names.join(", "))
            }
        };
        self.refuse(Code::SubmissionUnknownField, format!("{} is no field here", cut(key)), remedy);
    }

    fn spelling(&mut self, shape: Shape, raw: &Raw) -> Spelling {
        let Raw::Text(text) = raw else {
            if *raw != Raw::Null {
                self.refuse(Code::SubmissionStringWanted, "as is a string", "write \"text\"");
            }
            return Spelling::Ours;
        };
        match (shape, text.as_str()) {
            (_, "text") => Spelling::Text,
            (Shape::DateTime, "dateTime") | (Shape::Indicator, "string") => Spelling::Other,
            (_, _) => {
                let known = if shape == Shape::DateTime { "dateTime" } else { "string" };
                let remedy = format!("write \"{known}\" or \"text\", or leave it out");
                self.refuse(
                    Code::SubmissionSpelling,
                    format!("{} is no spelling", raw.shown()),
                    remedy,
                );
                Spelling::Ours
            }
        }
    }
}
