//! `$xml`: what a received document held beyond the schema, and its spelling.

use std::collections::BTreeMap;

use super::super::raw::Raw;
use super::{Builder, cut};
use crate::certificate::catalogue::Code;
use crate::certificate::digest::truth;
use crate::certificate::rules::Strictness;
use crate::certificate::{Extra, Finding, Node};
use crate::sps;

//------------ Beside --------------------------------------------------------

/// What `$xml` says of the object it stands in.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub extra: Extra,
    /// How booleans are spelled, by field.
    pub spellings: Vec<(String, String)>,
    /// The order of tags in the lists, by field.
    pub orders: BTreeMap<String, Vec<String>>,
}

fn text(raw: Raw) -> Option<String> {
    match raw {
        Raw::Text(text) => Some(text),
        Raw::Bool(_) | Raw::List(_) | Raw::Null | Raw::Number(_) | Raw::Object(_) => None,
    }
}

impl Builder {
    /// What a received document held beyond the schema. A submission has none.
    pub(super) fn extra(&mut self, raw: Raw) -> Beside {
        let mut beside = Beside::default();
        let Raw::Object(members) = raw else {
            if raw != Raw::Null {
                self.refuse(Code::SubmissionObjectWanted, "$xml is an object", "leave it out");
            }
            return beside;
        };
        for (key, raw) in members {
            self.at(&key, |builder| match (key.as_str(), raw) {
                (_, Raw::Null) => {}
                ("order", Raw::Object(members)) => {
                    for (name, raw) in members {
                        let steps = builder.at(&name, |builder| builder.steps(raw));
                        beside.orders.insert(name, steps);
                    }
                }
                ("spelling", Raw::Object(members)) => {
                    for (name, raw) in members {
                        let spelled = builder.at(&name, |builder| builder.attribute(raw));
                        beside.spellings.extend(spelled.map(|spelled| (name, spelled)));
                    }
                }
                ("attributes" | "unknown", _) if builder.strictness == Strictness::Submission => {
                    let words = format!("{key} is beyond the schema");
                    builder.refuse(
                        Code::SubmissionBeyondTheSchema,
                        words,
                        "leave it out of a submission",
                    );
                }
                ("attributes", Raw::Object(members)) => {
                    for (name, raw) in members {
                        builder
                            .at(&name, |builder| builder.stranger(&mut beside.extra, &name, raw));
                    }
                }
                ("unknown", Raw::List(items)) => {
                    for raw in items {
                        builder.fragment(&mut beside.extra, raw);
                    }
                }
                (_, _) => {
                    let remedy = "here may stand order, spelling, attributes, unknown";
                    builder.refuse(
                        Code::SubmissionUnknownField,
                        format!("{} is no part of $xml", cut(&key)),
                        remedy,
                    );
                }
            });
        }
        beside
    }

    /// The steps of one list's order.
    fn steps(&mut self, raw: Raw) -> Vec<String> {
        let steps = match raw {
            Raw::List(items) => items.into_iter().map(text).collect(),
            Raw::Bool(_) | Raw::Null | Raw::Number(_) | Raw::Object(_) | Raw::Text(_) => None,
        };
        if steps.is_none() {
            let words = "the order of a list is a list of tags and \"-\"";
            self.refuse(Code::SubmissionOrder, words, "leave it out");
        }
        steps.unwrap_or_default()
    }

    /// An attribute beyond the schema: what it makes in XML must be an attribute.
    fn stranger(&mut self, extra: &mut Extra, name: &str, raw: Raw) {
        let Some(value) = self.attribute(raw) else { return };
        if sps::write::is_attribute(name) {
            extra.set(name, value);
        } else {
            self.refuse(
                Code::SubmissionAttributeName,
                "that is no attribute",
                "write {namespace}name",
            );
        }
    }

    /// An element beyond the schema, or stray text, as escaped XML.
    fn fragment(&mut self, extra: &mut Extra, raw: Raw) {
        let Raw::Text(text) = raw else {
            self.refuse(
                Code::SubmissionStringWanted,
                "unknown is a list of strings",
                "write XML in a string",
            );
            return;
        };
        match sps::gate::gate_fragment(&format!("<a>{text}</a>")) {
            Ok(()) => extra.unknown.push(text),
            Err(refusal) => {
                self.refuse(Code::SubmissionFragment, refusal.to_string(), "write well-formed XML")
            }
        }
    }

    /// Gives booleans back their spelling.
    pub(super) fn spell(&mut self, node: &mut Node, spellings: Vec<(String, String)>) {
        for (name, spelled) in spellings {
            let truth = truth(&spelled);
            let row = node.of().element_in_json(&name).map(|(row, _)| row);
            let respelled = row.is_some_and(|row| node.respell(row, &spelled));
            if truth.is_none() || !respelled {
                self.misspelled(&name);
            }
        }
    }

    /// An entry of `$xml.spelling` that says nothing of this object.
    pub(super) fn misspelled(&mut self, name: &str) {
        let words = format!("{} has no such spelling", cut(name));
        let path = format!("{}/$xml/spelling/{name}", self.pointer);
        self.push(Finding::new(Code::SubmissionSpelling, path, words, "leave it out"));
    }
}
