//! Values and their attributes.

use std::collections::HashSet;

use compact_str::CompactString;

use super::super::nearest::nearest;
use super::super::raw::Raw;
use super::{Builder, cut, leave_out};
use crate::certificate::catalogue::Code;
use crate::certificate::date::date_meant;
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
        let all_known = keys.iter().all(|key| {
            let mut known = shape.attributes().iter().map(|known| attribute_in_json(known));
            known.any(|known| known == key) || matches!(key.as_str(), "$xml" | "as")
        });
        if !keys.contains("value") && all_known {
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
        // Those of a date and an indicator stand on their child, so that on the
        // element itself any name is beyond the schema.
        let on_itself = !matches!(shape, Shape::DateTime | Shape::Indicator);
        let ours = leaf.extra().filter(|_| on_itself).and_then(|extra| {
            let mut names = extra.attributes().iter().map(|(name, _)| name.clone());
            names.find(|name| shape.attributes().contains(&name.as_str()))
        });
        if let Some(name) = ours {
            let words = format!("{name} is an attribute of the schema");
            let remedy = format!("write {} beside value", attribute_in_json_of(shape, &name));
            self.refuse(Code::SubmissionAttributeName, words, remedy);
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
                let is_kept = shape.is_number() || shape == Shape::DateTime;
                let collapsed = collapsed(shape, &text).filter(|_| !is_kept);
                good.then(|| collapsed.unwrap_or_else(|| text.into()))
            }
            Raw::Bool(truth) if shape == Shape::Indicator => Some(truth.to_string().into()),
            Raw::Number(_) if shape == Shape::Indicator => {
                let words = "an indicator is true or false, not a number";
                self.refuse(Code::SubmissionBooleanWanted, words, "write true or false");
                None
            }
            Raw::Number(number) => {
                let name = self.field.unwrap_or(element.json_name());
                let remedy = match date_meant(&number).filter(|_| shape == Shape::DateTime) {
                    Some(meant) => format!("write \"{meant}\""),
                    None => format!("write it in quotes: \"{number}\""),
                };
                let code = if shape.is_number() {
                    Code::SubmissionNumberNotString
                } else {
                    Code::SubmissionStringWanted
                };
                let words = format!("{name} is a number of JSON, which loses digits");
                self.refuse(code, words, remedy);
                None
            }
            Raw::Null if element.occurs.is_mandatory() => Some(CompactString::default()),
            other @ (Raw::Bool(_) | Raw::List(_) | Raw::Null | Raw::Object(_)) => {
                let name = self.field.unwrap_or(element.json_name());
                let words = format!("{name} is a string, not {}", other.what());
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
            Raw::List(items) if matches!(items.as_slice(), [Raw::Text(_)]) => {
                let shown = items.first().map(Raw::shown).unwrap_or_default();
                let words = "an attribute is a string, not a list";
                self.refuse(Code::SubmissionStringWanted, words, format!("write {shown}"));
                None
            }
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
        if self.is_full() {
            return;
        }
        let names = shape.attributes().iter().map(|name| attribute_in_json(name));
        let remedy = match nearest(key, names.clone().chain(["value"])) {
            Some(near) => format!("did you mean {near}?"),
            None => {
                let names: Vec<&str> = names.collect();
                leave_out("beside value may stand", &names)
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

/// The JSON name of one of a shape's attributes.
fn attribute_in_json_of(shape: Shape, name: &str) -> &'static str {
    let known = shape.attributes().iter().find(|known| **known == name);
    known.map_or("it", |known| attribute_in_json(known))
}
