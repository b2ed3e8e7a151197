//! JSON to a certificate: every rule of the submission, each with its remedy.
//!
//! - here: objects and lists, as elements;
//! - [`leaf`]: values and their attributes;
//! - [`tagged`]: plain fields, as the tagged entries they stand for;
//! - [`beyond`]: `$xml`, what the schema has no place for.

mod beyond;
mod leaf;
mod tagged;

use std::collections::HashSet;

use super::nearest::{home_below, home_of_all, nearest};
use super::point::Pointers;
use super::raw::Raw;
use crate::certificate::catalogue::Code;
use crate::certificate::digest::SCHEMA;
use crate::certificate::element::{Element, Kind, Type, mechanical};
use crate::certificate::plain::Plain;
use crate::certificate::rules::{self, Strictness};
use crate::certificate::{Certificate, Document, Finding, Item, Level, Node, table};
use crate::sps;
use beyond::Beside;

/// How many findings are told.
const FINDING_LIMIT: usize = 500;

//------------ Builder -------------------------------------------------------

/// One reading of one document.
pub(super) struct Builder {
    strictness: Strictness,
    pub(super) findings: Vec<Finding>,
    /// The JSON Pointer of the place being read (RFC 6901).
    pointer: String,
    /// The plain field that the value being read stands for.
    field: Option<&'static str>,
}

impl Builder {
    pub(super) fn new(strictness: Strictness) -> Self {
        Builder { strictness, findings: Vec::new(), pointer: String::new(), field: None }
    }

    /// A whole document, whose root has the type `of`.
    pub(super) fn document(&mut self, of: &'static Type, raw: Raw) -> Option<Document> {
        let Raw::Object(members) = raw else {
            let first = of.elements.first().map_or("", Element::json_name);
            self.refuse(
                Code::SubmissionObjectWanted,
                format!("the document is {}", raw.what()),
                format!("write {{\"{first}\": …}}"),
            );
            return None;
        };
        // Of one that is not, that is told; an empty one is none in the tree.
        let has_consignment = members
            .iter()
            .any(|(key, value)| key == "consignment" && matches!(value, Raw::Object(_)));
        let document = Document::new(self.node(of, members, 1));
        if let Document::Certificate(certificate) = &document
            && certificate.trade_lines().next().is_none()
            && self.strictness == Strictness::Received
            && has_consignment
        {
            self.push(Finding::new(
                Code::TradeLineMissing,
                "/consignment",
                "the consignment has no trade line",
                "write includedConsignmentItem and includedTradeLineItem",
            ));
        }
        if document.elements() > sps::gate::ELEMENT_LIMIT {
            let words = format!("the document has more than {} elements", sps::gate::ELEMENT_LIMIT);
            self.refuse(Code::SubmissionTooManyElements, words, "part it in several");
        }
        self.judge(&document);
        Some(document)
    }

    /// Judges the document as a whole, if all of it was understood: what could
    /// not be read may be what seems to be missing.
    fn judge(&mut self, document: &Document) {
        let unread =
            |code: Code| code.is_of_submission() && code != Code::SubmissionBeyondTheSchema;
        if self.findings.iter().any(|finding| unread(finding.code)) {
            return;
        }
        let mut pointers = Pointers::new(document.root());
        for placed in rules::whole(document, self.strictness) {
            let path = pointers.to(&placed);
            self.push(Finding { path, ..placed.finding });
        }
    }

    //--- Findings

    fn push(&mut self, finding: Finding) {
        let severe = finding.level == Level::Severe;
        if self.findings.len() < FINDING_LIMIT
            || (severe && !crate::certificate::any_severe(&self.findings))
        {
            self.findings.push(finding);
        }
    }

    /// Whether nothing more would be told: then nothing is worked out either.
    pub(super) fn is_full(&self) -> bool {
        self.findings.len() >= FINDING_LIMIT && crate::certificate::any_severe(&self.findings)
    }

    fn refuse(&mut self, code: Code, words: impl Into<String>, remedy: impl Into<String>) {
        self.push(Finding::new(code, self.pointer.clone(), words, remedy));
    }

    /// Does `work` one step further down.
    fn at<T>(&mut self, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let here = self.pointer.len();
        self.pointer.push('/');
        for letter in step.chars().take(80) {
            match letter {
                '~' => self.pointer.push_str("~0"),
                '/' => self.pointer.push_str("~1"),
                other => self.pointer.push(other),
            }
        }
        let done = work(self);
        self.pointer.truncate(here);
        done
    }

    //--- Nodes

    /// An object as a node of type `of`; `depth` is its own, the root's 1.
    fn node(&mut self, of: &'static Type, members: Vec<(String, Raw)>, depth: usize) -> Node {
        let mut node = Node::new(of);
        if depth > Certificate::DEPTH_LIMIT {
            let words = format!("elements lie more than {} deep", Certificate::DEPTH_LIMIT);
            self.refuse(Code::SubmissionTooDeep, words, "write a flatter certificate");
            return node;
        }
        let again = again(&members);
        let mut beside = Beside::default();
        let mut tagged = Vec::new();
        // What was written, however wrongly, is told once and is not missing.
        let mut tried: HashSet<&str> = HashSet::new();
        for (place, (key, mut raw)) in members.into_iter().enumerate() {
            self.at(&key, |builder| {
                if again.contains(&place) {
                    builder.twice(&key);
                } else if let Some((row, element)) = of.element_in_json(&key) {
                    let before = builder.findings.len();
                    builder.member(&mut node, row, element, raw, depth);
                    if builder.findings.len() > before && !node.holds(row) {
                        tried.insert(element.json_name());
                    }
                } else if key == "$xml" {
                    beside = builder.extra(raw);
                } else if key == "schema" && of.is_root() {
                    builder.schema(of, &raw);
                } else if !builder.plain(of, &key, &mut raw, &mut tagged, depth) {
                    let mut names: Vec<&str> = of.elements.iter().map(Element::json_name).collect();
                    names.extend(Plain::names(of, ""));
                    tried.extend(builder.unknown_name(of, &key, &names));
                }
            });
        }
        if !beside.extra.is_empty() {
            *node.extra_mut() = beside.extra;
        }
        node.settle();
        self.arrange(&mut node, tagged, beside.orders);
        node.settle();
        self.spell(&mut node, beside.spellings);
        for (element, fault) in rules::node(&node, self.strictness) {
            if tried.contains(element.json_name()) {
                continue;
            }
            let path = format!("{}/{}", self.pointer, element.json_name());
            // What is left out is written empty: no fault in a document of JSON.
            if fault.level == Level::Severe || !element.may_be_empty() {
                let words = match fault.code {
                    Code::ElementEmpty => format!("{} says nothing", element.json_name()),
                    _ => format!("{} is missing", element.json_name()),
                };
                self.push(Finding { path, words, ..fault });
            }
        }
        node
    }

    fn member(
        &mut self,
        node: &mut Node,
        row: u8,
        element: &'static Element,
        raw: Raw,
        depth: usize,
    ) {
        let of = node.of();
        match raw {
            Raw::Null => {}
            Raw::List(items) if element.occurs.repeats() => {
                for (place, item) in items.into_iter().enumerate() {
                    // It is refused, and nothing more would be told.
                    if self.is_full() {
                        break;
                    }
                    let item = self.at(&place.to_string(), |builder| {
                        if item == Raw::Null {
                            builder.refuse(
                                Code::SubmissionNullInList,
                                "null stands in a list",
                                "leave it out",
                            );
                            return None;
                        }
                        builder.item(of, element, item, depth)
                    });
                    if let Some(item) = item {
                        node.append(row, item);
                    }
                }
            }
            raw if element.occurs.repeats() => {
                let words = format!("{} may repeat, so it is a list", element.json_name());
                let entry = match (&element.kind, &raw) {
                    (Kind::Node(below), Raw::Text(_) | Raw::Number(_) | Raw::Bool(_)) => {
                        let first = below.elements.first().map_or("id", Element::json_name);
                        format!("{{\"{first}\": …}}")
                    }
                    (_, raw) => raw.shown(),
                };
                self.refuse(Code::SubmissionListWanted, words, format!("write [{entry}]"));
            }
            raw => {
                if let Some(item) = self.item(of, element, raw, depth) {
                    node.append(row, item);
                }
            }
        }
    }

    fn item(
        &mut self,
        of: &'static Type,
        element: &'static Element,
        raw: Raw,
        depth: usize,
    ) -> Option<Item> {
        match (&element.kind, raw) {
            (_, Raw::List(items)) => {
                let words = format!("{} stands once, so it is no list", element.json_name());
                let shown = items.first().map_or_else(|| "it".to_owned(), Raw::shown);
                self.refuse(
                    Code::SubmissionSingleWanted,
                    words,
                    format!("write {shown} without [ ]"),
                );
                None
            }
            (Kind::Node(below), Raw::Object(members)) => {
                Some(Item::Node(self.node(below, members, depth + 1)))
            }
            (Kind::Node(below), other) => {
                let first = below.elements.first().map_or("id", Element::json_name);
                let words = format!("{} is an object, not {}", element.json_name(), other.what());
                self.refuse(
                    Code::SubmissionObjectWanted,
                    words,
                    format!("write {{\"{first}\": …}}"),
                );
                None
            }
            (Kind::Leaf(shape, _), raw) => {
                let is_object = matches!(raw, Raw::Object(_));
                let before = self.findings.len();
                let leaf = self.leaf(*shape, element, raw)?;
                let is_whole = self.findings.len() == before;
                for fault in rules::leaf(of, element, &leaf, false, self.strictness) {
                    // A unit may stand there by a mistyped name.
                    if fault.code == Code::UnitMissing && !is_whole {
                        continue;
                    }
                    let member = match fault.path.strip_prefix('@') {
                        Some(attribute) => format!("/{}", mechanical(attribute)),
                        None if is_object => "/value".to_owned(),
                        None => String::new(),
                    };
                    let path = format!("{}{member}", self.pointer);
                    self.push(Finding { path, ..fault });
                }
                Some(Item::Leaf(leaf))
            }
        }
    }

    /// Refuses a name; the one that was meant, if that can be told.
    fn unknown_name<'n>(&mut self, of: &Type, key: &str, names: &[&'n str]) -> Option<&'n str> {
        if self.is_full() {
            return None;
        }
        let near = nearest(key, names.iter().copied());
        let home = if near.is_none() { home_below(of, key) } else { None };
        let near = match (near, &home) {
            (None, None) => {
                let small = key.to_lowercase();
                names.iter().copied().find(|name| small.ends_with(&name.to_lowercase()))
            }
            (near, _) => near,
        };
        let remedy = match near {
            Some(near) => format!("did you mean {near}?"),
            None => match home.or_else(|| home_of_all(key)) {
                Some(home) => format!("it belongs into {home}"),
                None => leave_out("here may stand", names),
            },
        };
        self.refuse(Code::SubmissionUnknownField, format!("{} is no field here", cut(key)), remedy);
        near
    }

    fn twice(&mut self, key: &str) {
        let words = format!("{} stands twice", cut(key));
        self.refuse(Code::SubmissionDuplicateKey, words, "write it once");
    }

    fn schema(&mut self, of: &Type, raw: &Raw) {
        let schema = if of.is(&table::ACKNOWLEDGEMENT) { super::ACKNOWLEDGEMENT } else { SCHEMA };
        if *raw != Raw::Text(schema.to_owned()) && *raw != Raw::Null {
            let words = format!("the schema is {}", raw.shown());
            self.refuse(
                Code::SubmissionSchema,
                words,
                format!("write \"{schema}\", or leave it out"),
            );
        }
    }
}

/// The places of members whose key stood before; mostly there are none.
fn again(members: &[(String, Raw)]) -> HashSet<usize> {
    /// So few are sooner compared than hashed.
    const FEW: usize = 24;
    let mut before: HashSet<&str> = HashSet::new();
    let mut again = HashSet::new();
    for (place, (key, _)) in members.iter().enumerate() {
        let repeats = match members.len() {
            ..=FEW => members[..place].iter().any(|(other, _)| other == key),
            _ => !before.insert(key),
        };
        if repeats {
            again.insert(place);
        }
    }
    again
}

/// A remedy that names what may stand in a place.
fn leave_out(where_to: &str, names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().copied().take(12).collect();
    let more = if shown.len() < names.len() { " …" } else { "" };
    format!("leave it out; {where_to} {}{more}", shown.join(", "))
}

/// A name from outside, short enough to be shown.
fn cut(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}
