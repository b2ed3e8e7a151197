//! The content digest: by what two certificates are told to be the same one.
//!
//! SHA-256 over the canonical form: the certificate's JSON in mechanical names
//! only (plain fields written out as their tags, in the order of their table),
//! keys sorted by code point, no blanks, without `$xml.order`, `$xml.spelling`
//! and the spelling of dates (which a partner's entry may change on the way). The tree's normal form sees to
//! the rest: prefixes, blanks between elements, the order of different
//! elements, and which of absent or empty a mandatory one was, leave no trace.

use std::collections::HashSet;
use std::fmt;

use sha2::{Digest, Sha256};

use super::document::Certificate;
use super::element::{Element, Kind, Shape, attribute_in_json};
use super::leaf::{Extra, Leaf};
use super::plain::{Plain, Repeats, StandsFor};
use super::tree::{Entry, Item, Node};

//------------ ContentDigest -------------------------------------------------

/// SHA-256 of a certificate's canonical form.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ContentDigest([u8; 32]);

impl ContentDigest {
    /// The version of the canonical form, stored beside every digest: two
    /// digests compare only under the same one.
    pub const VERSION: u8 = 2;

    /// A digest that was stored.
    pub const fn from_bytes(octets: [u8; 32]) -> Self {
        ContentDigest(octets)
    }

    /// The 32 octets.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl Certificate {
    /// The digest of what the certificate says, however it was spelled.
    pub fn content_digest(&self) -> ContentDigest {
        ContentDigest(Sha256::digest(self.canonical().as_bytes()).into())
    }

    /// The canonical form itself: what the digest is made of, and what two
    /// versions are compared by.
    pub fn canonical(&self) -> String {
        let mut object = members(self.root());
        object.0.push(("schema", quoted(SCHEMA)));
        object.into_text()
    }
}

//------------ The canonical form --------------------------------------------

/// The schema that a certificate's JSON names.
pub const SCHEMA: &str = "certpost/certificate/1";

/// Members already written, to be sorted by key.
struct Object(Vec<(&'static str, String)>);

impl Object {
    fn into_text(mut self) -> String {
        self.0.sort();
        let members: Vec<String> =
            self.0.into_iter().map(|(key, text)| format!("{}:{text}", quoted(key))).collect();
        format!("{{{}}}", members.join(","))
    }
}

fn node_text(node: &Node) -> String {
    members(node).into_text()
}

fn members(node: &Node) -> Object {
    let mut object = Object(Vec::new());
    for (at, element) in (0u8..).zip(node.of().elements) {
        let text = if element.occurs.repeats() {
            let items = list_texts(node, element, node.row(at));
            if items.is_empty() { None } else { Some(format!("[{}]", items.join(","))) }
        } else {
            node.row(at).first().map(|entry| item_text(element, &entry.item))
        };
        if let Some(text) = text {
            object.0.push((element.json_name(), text));
        }
    }
    if let Some(extra) = node.extra() {
        object.0.push(("$xml", extra_text(extra)));
    }
    object
}

/// A list's items: those that a plain field stands for first, in the order of
/// the fields, their booleans spelled as we do; then the others as they came.
fn list_texts(node: &Node, element: &Element, entries: &[Entry]) -> Vec<String> {
    let mut fields = HashSet::new();
    let mut ordered: Vec<(usize, String)> = entries
        .iter()
        .map(|entry| {
            let Item::Node(below) = &entry.item else {
                return (usize::MAX, item_text(element, &entry.item));
            };
            match Plain::fitting(node, element.name, below) {
                Some((order, plain)) if plain.repeats == Repeats::Yes || fields.insert(order) => {
                    let said = below.text("Content").and_then(truth);
                    let text = match said {
                        Some(truth) if plain.stands_for == StandsFor::Truth => {
                            let note = Node::new(below.of()).with("Subject", plain.tag);
                            node_text(&note.with("Content", &truth.to_string()))
                        }
                        Some(_) | None => node_text(below),
                    };
                    (order, text)
                }
                Some(_) | None => (usize::MAX, node_text(below)),
            }
        })
        .collect();
    ordered.sort_by_key(|(order, _)| *order);
    ordered.into_iter().map(|(_, text)| text).collect()
}

fn item_text(element: &Element, item: &Item) -> String {
    match (item, &element.kind) {
        (Item::Node(node), _) => node_text(node),
        (Item::Leaf(leaf), Kind::Leaf(Shape::Indicator, _)) => leaf_text(leaf, truth(&leaf.text)),
        (Item::Leaf(leaf), _) => leaf_text(leaf, None),
    }
}

fn leaf_text(leaf: &Leaf, truth: Option<bool>) -> String {
    let value = match truth {
        Some(true) => "true".to_owned(),
        Some(false) => "false".to_owned(),
        None => quoted(&leaf.text),
    };
    if leaf.attributes().is_empty() && leaf.extra().is_none() {
        return value;
    }
    let mut object = Object(vec![("value", value)]);
    for (name, value) in leaf.attributes() {
        object.0.push((attribute_in_json(name), quoted(value)));
    }
    if let Some(extra) = leaf.extra() {
        object.0.push(("$xml", extra_text(extra)));
    }
    object.into_text()
}

fn extra_text(extra: &Extra) -> String {
    let mut members = Vec::new();
    if !extra.attributes().is_empty() {
        let attributes: Vec<String> = extra
            .attributes()
            .iter()
            .map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)))
            .collect();
        members.push(format!("\"attributes\":{{{}}}", attributes.join(",")));
    }
    if !extra.unknown.is_empty() {
        let unknown: Vec<String> = extra.unknown.iter().map(|text| quoted(text)).collect();
        members.push(format!("\"unknown\":[{}]", unknown.join(",")));
    }
    format!("{{{}}}", members.join(","))
}

/// What an indicator says, in whatever case it was spelled; absent if it says
/// neither.
pub fn truth(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A JSON string with the fewest escapes (RFC 8259, section 7).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
