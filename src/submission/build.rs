//! JSON to a certificate: every rule of the submission, each with its remedy.

use std::collections::HashSet;

use super::nearest::nearest;
use super::raw::Raw;
use crate::certificate::element::{Element, Kind, Shape, Type, attribute_in_json};
use crate::certificate::rules::{self, Strictness};
use crate::certificate::{
    Area, Certificate, Extra, Finding, Item, Leaf, Level, Node, Spelling, table,
};
use crate::sps;

/// The schema a certificate's JSON names.
pub(super) const SCHEMA: &str = "certpost/certificate/1";

/// How many findings are told.
const FINDING_LIMIT: usize = 500;

//------------ Builder -------------------------------------------------------

/// One reading of one document.
pub(super) struct Builder {
    strictness: Strictness,
    pub(super) findings: Vec<Finding>,
    /// The JSON Pointer of the place being read (RFC 6901).
    pointer: String,
}

impl Builder {
    pub(super) fn new(strictness: Strictness) -> Self {
        Builder { strictness, findings: Vec::new(), pointer: String::new() }
    }

    /// The whole document.
    pub(super) fn certificate(&mut self, raw: Raw) -> Option<Certificate> {
        let Raw::Object(members) = raw else {
            self.refuse(
                "submission.object-wanted",
                format!("the document is {}", raw.what()),
                "write {\"exchangedDocument\": …}",
            );
            return None;
        };
        let root = self.node(&table::CERTIFICATE, members, 1);
        let certificate = Certificate::new(root);
        let without_lines =
            certificate.consignment().is_some() && certificate.trade_lines().next().is_none();
        if without_lines && self.strictness == Strictness::Received {
            let finding = Finding::severe(
                Area::MandatoryElements,
                "trade-line.missing",
                "/consignment",
                "the consignment has no trade line",
                "write includedConsignmentItem and includedTradeLineItem",
            );
            self.push(finding);
        }
        if certificate.elements() > sps::gate::ELEMENT_LIMIT {
            let words =
                format!("the certificate has more than {} elements", sps::gate::ELEMENT_LIMIT);
            self.refuse("submission.too-many-elements", words, "part it in several");
        }
        Some(certificate)
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

    fn refuse(&mut self, code: &'static str, words: impl Into<String>, remedy: impl Into<String>) {
        self.push(Finding::severe(Area::Schema, code, self.pointer.clone(), words, remedy));
    }

    /// Does `work` one step further down.
    fn at<T>(&mut self, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let here = self.pointer.len();
        self.pointer.push('/');
        let step: String = step.chars().take(80).collect();
        self.pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
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
            self.refuse("submission.too-deep", words, "write a flatter certificate");
            return node;
        }
        let mut keys = HashSet::new();
        let mut extra = Extra::default();
        let mut spellings = Vec::new();
        for (key, raw) in members {
            self.at(&key, |builder| {
                if !keys.insert(key.clone()) {
                    builder.refuse(
                        "submission.duplicate-key",
                        format!("{} stands twice", cut(&key)),
                        "write it once",
                    );
                } else if let Some((row, element)) = of.element_in_json(&key) {
                    builder.member(&mut node, row, element, raw, depth);
                } else if key == "$xml" {
                    extra = builder.extra(raw, &mut spellings);
                } else if key == "schema" && of.is(&table::CERTIFICATE) {
                    builder.schema(&raw);
                } else {
                    builder.unknown_field(&key, of);
                }
            });
        }
        if !extra.is_empty() {
            *node.extra_mut() = extra;
        }
        node.settle();
        self.spell(&mut node, spellings);
        for (element, fault) in rules::node(&node, self.strictness) {
            let path = format!("{}/{}", self.pointer, element.json_name());
            // What is left out is written empty: no fault in a document of JSON.
            if fault.level == Level::Severe || !element.may_be_empty() {
                let words = format!("{} is missing", element.json_name());
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
                    let item = self.at(&place.to_string(), |builder| {
                        if item == Raw::Null {
                            builder.refuse(
                                "submission.null-in-list",
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
                self.refuse("submission.list-wanted", words, format!("write [{}]", raw.shown()));
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
                    "submission.single-wanted",
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
                self.refuse("submission.object-wanted", words, format!("write {{\"{first}\": …}}"));
                None
            }
            (Kind::Leaf(shape, _), raw) => {
                let leaf = self.leaf(*shape, element, raw)?;
                for fault in rules::leaf(of, element, &leaf, self.strictness) {
                    let path = self.pointer.clone();
                    self.push(Finding { path, ..fault });
                }
                Some(Item::Leaf(leaf))
            }
        }
    }

    fn unknown_field(&mut self, key: &str, of: &'static Type) {
        let names = of.elements.iter().map(Element::json_name);
        let remedy = match nearest(key, names.clone()) {
            Some(near) => format!("did you mean {near}?"),
            None => {
                let names: Vec<&str> = names.take(12).collect();
                format!("leave it out; here may stand {} …", names.join(", "))
            }
        };
        self.refuse("submission.unknown-field", format!("{} is no field here", cut(key)), remedy);
    }

    fn schema(&mut self, raw: &Raw) {
        if *raw != Raw::Text(SCHEMA.to_owned()) {
            let words = format!("the schema is {}", raw.shown());
            self.refuse("submission.schema", words, format!("write \"{SCHEMA}\", or leave it out"));
        }
    }

    //--- Leaves

    fn leaf(&mut self, shape: Shape, element: &Element, raw: Raw) -> Option<Leaf> {
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
                    builder.refuse(
                        "submission.duplicate-key",
                        format!("{} stands twice", cut(&key)),
                        "write it once",
                    );
                } else if key == "value" {
                    value = builder.value(shape, element, raw);
                } else if key == "as" && matches!(shape, Shape::DateTime | Shape::Indicator) {
                    leaf.spelling = builder.spelling(shape, &raw);
                } else if key == "$xml" {
                    let extra = builder.extra(raw, &mut Vec::new());
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
                "submission.value-wanted",
                "the object has no value",
                "write {\"value\": \"…\"}",
            );
        }
        if leaf.spelling != Spelling::Ours
            && leaf.attribute("format").is_some()
            && leaf.spelling == Spelling::Text
        {
            self.refuse(
                "submission.format-and-text",
                "a date as text has no format",
                "leave out format, or as",
            );
        }
        leaf.text = value?;
        Some(leaf)
    }

    fn value(&mut self, shape: Shape, element: &Element, raw: Raw) -> Option<String> {
        match raw {
            Raw::Text(text) => {
                let good = self.letters(&text);
                let as_text =
                    shape == Shape::Indicator && self.strictness == Strictness::Submission;
                if as_text {
                    let remedy = "write true or false, without quotes";
                    self.refuse("submission.boolean-wanted", "an indicator is no string", remedy);
                    return None;
                }
                if shape.is_number() && text.is_empty() && self.strictness == Strictness::Submission
                {
                    self.refuse(
                        "submission.number-empty",
                        "a number is empty",
                        "write it, or leave the field out",
                    );
                    return None;
                }
                let text = if shape.is_number() || shape == Shape::DateTime {
                    text
                } else {
                    sps::read::collapsed(shape, text)
                };
                good.then_some(text)
            }
            Raw::Bool(truth) if shape == Shape::Indicator => Some(truth.to_string()),
            Raw::Number(number) => {
                let code = if shape.is_number() {
                    "submission.number-not-string"
                } else {
                    "submission.string-wanted"
                };
                let words =
                    format!("{} is a number of JSON, which loses digits", element.json_name());
                self.refuse(code, words, format!("write it in quotes: \"{number}\""));
                None
            }
            Raw::Null if element.occurs.is_mandatory() => Some(String::new()),
            other @ (Raw::Bool(_) | Raw::List(_) | Raw::Null | Raw::Object(_)) => {
                let words = format!("{} is a string, not {}", element.json_name(), other.what());
                self.refuse("submission.string-wanted", words, "write it in quotes");
                None
            }
        }
    }

    /// Whether XML can hold the text at all (XML 1.0, production 2).
    fn letters(&mut self, text: &str) -> bool {
        let bad = text.chars().find(|letter| !sps::gate::is_legal(*letter));
        if let Some(letter) = bad {
            let words = format!("the character U+{:04X} cannot stand in XML", u32::from(letter));
            self.refuse("submission.illegal-character", words, "leave it out");
        }
        bad.is_none()
    }

    fn attribute(&mut self, raw: Raw) -> Option<String> {
        match raw {
            Raw::Text(text) => self.letters(&text).then_some(text),
            Raw::Null => None,
            other @ (Raw::Bool(_) | Raw::List(_) | Raw::Number(_) | Raw::Object(_)) => {
                let words = format!("an attribute is a string, not {}", other.what());
                self.refuse(
                    "submission.string-wanted",
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
        self.refuse("submission.unknown-field", format!("{} is no field here", cut(key)), remedy);
    }

    fn spelling(&mut self, shape: Shape, raw: &Raw) -> Spelling {
        let Raw::Text(text) = raw else {
            if *raw != Raw::Null {
                self.refuse("submission.string-wanted", "as is a string", "write \"text\"");
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
                    "submission.spelling",
                    format!("{} is no spelling", raw.shown()),
                    remedy,
                );
                Spelling::Ours
            }
        }
    }

    //--- $xml

    /// What a received document held beyond the schema. A submission has none.
    fn extra(&mut self, raw: Raw, spellings: &mut Vec<(String, String)>) -> Extra {
        let mut extra = Extra::default();
        let Raw::Object(members) = raw else {
            if raw != Raw::Null {
                self.refuse("submission.object-wanted", "$xml is an object", "leave it out");
            }
            return extra;
        };
        for (key, raw) in members {
            self.at(&key, |builder| match (key.as_str(), raw) {
                (_, Raw::Null) => {}
                // The order of tags is that of the lists, while they are written as lists.
                ("order", Raw::Object(_)) => {}
                ("spelling", Raw::Object(members)) => {
                    for (name, raw) in members {
                        if let Raw::Text(text) = raw {
                            spellings.push((name, text));
                        }
                    }
                }
                ("attributes" | "unknown", _) if builder.strictness == Strictness::Submission => {
                    let words = format!("{key} is beyond the schema");
                    builder.refuse(
                        "submission.beyond-the-schema",
                        words,
                        "leave it out of a submission",
                    );
                }
                ("attributes", Raw::Object(members)) => {
                    for (name, raw) in members {
                        builder.at(&name, |builder| builder.stranger(&mut extra, &name, raw));
                    }
                }
                ("unknown", Raw::List(items)) => {
                    for raw in items {
                        builder.fragment(&mut extra, raw);
                    }
                }
                (_, _) => {
                    let remedy = "here may stand order, spelling, attributes, unknown";
                    builder.refuse(
                        "submission.unknown-field",
                        format!("{} is no part of $xml", cut(&key)),
                        remedy,
                    );
                }
            });
        }
        extra
    }

    /// An attribute beyond the schema: what it makes in XML must be an attribute.
    fn stranger(&mut self, extra: &mut Extra, name: &str, raw: Raw) {
        let Some(value) = self.attribute(raw) else { return };
        let (namespace, local) = match name.strip_prefix('{').and_then(|name| name.split_once('}'))
        {
            Some((namespace, local)) => (namespace, local),
            None => ("", name),
        };
        let legal =
            namespace.chars().all(sps::gate::is_legal) && !namespace.contains(['<', '&', '"']);
        let probe = if namespace.is_empty() || namespace == "http://www.w3.org/XML/1998/namespace" {
            format!("<a {local}=\"\"/>")
        } else {
            format!("<a xmlns:p=\"{namespace}\" p:{local}=\"\"/>")
        };
        let is_name =
            !local.starts_with("xmlns") && !local.contains([' ', '=', ':', '\t', '\n', '\r']);
        if legal && is_name && sps::gate::gate_fragment(&probe).is_ok() {
            extra.set(name, value);
        } else {
            self.refuse(
                "submission.attribute-name",
                "that is no attribute",
                "write {namespace}name",
            );
        }
    }

    /// An element beyond the schema, or stray text, as escaped XML.
    fn fragment(&mut self, extra: &mut Extra, raw: Raw) {
        let Raw::Text(text) = raw else {
            self.refuse(
                "submission.string-wanted",
                "unknown is a list of strings",
                "write XML in a string",
            );
            return;
        };
        match sps::gate::gate_fragment(&format!("<a>{text}</a>")) {
            Ok(()) => extra.unknown.push(text),
            Err(refusal) => {
                self.refuse("submission.fragment", refusal.to_string(), "write well-formed XML")
            }
        }
    }

    /// Gives booleans back their spelling.
    fn spell(&mut self, node: &mut Node, spellings: Vec<(String, String)>) {
        for (name, spelled) in spellings {
            let truth = crate::certificate::digest::truth(&spelled);
            let row = node.of().element_in_json(&name).map(|(row, _)| row);
            let respelled = row.is_some_and(|row| node.respell(row, &spelled));
            if truth.is_none() || !respelled {
                self.refuse(
                    "submission.spelling",
                    format!("{} has no such spelling", cut(&name)),
                    "leave it out",
                );
            }
        }
    }
}

/// A name from outside, short enough to be shown.
fn cut(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}
