//! The content digest: by what two certificates are told to be the same one.
//!
//! SHA-256 over the canonical form: the certificate's JSON in mechanical names
//! only (plain fields written out as their tags, in the order of their table),
//! keys sorted by code point, no blanks, without `$xml.order`, `$xml.spelling`
//! and the spelling of dates (which a partner's entry may change on the way). The tree's normal form sees to
//! the rest: prefixes, blanks between elements, the order of different
//! elements, and which of absent or empty a mandatory one was, leave no trace.

use std::collections::HashSet;
use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::document::Certificate;
use super::element::{Element, Kind, Shape, attribute_in_json};
use super::leaf::{Extra, Leaf};
use super::plain::{Plain, Repeats, StandsFor, tag_name};
use super::tree::{Entry, Item, Node};

//------------ ContentDigest -------------------------------------------------

/// SHA-256 of a certificate's canonical form.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
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
        let mut out = String::with_capacity(8 * 1024);
        write_members(&mut out, self.root(), Some(SCHEMA));
        out
    }
}

//------------ The canonical form --------------------------------------------

/// The schema that a certificate's JSON names.
pub const SCHEMA: &str = "certpost/certificate/1";

/// The comma before every member and item but the first.
struct Commas(bool);

impl Commas {
    fn next(&mut self, out: &mut String) {
        if std::mem::replace(&mut self.0, true) {
            out.push(',');
        }
    }

    /// The next member's key; its value follows.
    fn key(&mut self, out: &mut String, key: &str) {
        self.next(out);
        write_quoted(out, key);
        out.push(':');
    }
}

fn write_node(out: &mut String, node: &Node) {
    write_members(out, node, None);
}

/// The members of an object, sorted by key; `$xml` sorts before all names.
fn write_members(out: &mut String, node: &Node, mut schema: Option<&str>) {
    let mut commas = Commas(false);
    out.push('{');
    if let Some(extra) = node.extra() {
        commas.key(out, "$xml");
        write_extra(out, extra);
    }
    for (at, element) in node.of().by_json_name() {
        let entries = node.row(at);
        let Some(first) = entries.first() else { continue };
        if element.json_name() > "schema" {
            write_schema(out, &mut commas, schema.take());
        }
        commas.key(out, element.json_name());
        if element.occurs.repeats() {
            write_list(out, node, element, entries);
        } else {
            write_item(out, element, &first.item);
        }
    }
    write_schema(out, &mut commas, schema);
    out.push('}');
}

fn write_schema(out: &mut String, commas: &mut Commas, schema: Option<&str>) {
    if let Some(schema) = schema {
        commas.key(out, "schema");
        write_quoted(out, schema);
    }
}

/// A list's items: those that a plain field stands for first, in the order of
/// the fields, their booleans spelled as we do; then the others as they came.
fn write_list(out: &mut String, node: &Node, element: &Element, entries: &[Entry]) {
    let mut commas = Commas(false);
    out.push('[');
    let tagged = matches!(element.kind, Kind::Node(of) if tag_name(of).is_some());
    if tagged {
        for (below, fits) in in_order(node, element, entries) {
            commas.next(out);
            let said = fits
                .filter(|plain| plain.stands_for == StandsFor::Truth)
                .and_then(|plain| Some((plain, truth(below.text("Content")?)?)));
            match said {
                Some((plain, truth)) => {
                    let note = Node::new(below.of()).with("Subject", plain.tag);
                    write_node(out, &note.with("Content", &truth.to_string()));
                }
                None => write_node(out, below),
            }
        }
    } else {
        for entry in entries {
            commas.next(out);
            write_item(out, element, &entry.item);
        }
    }
    out.push(']');
}

/// The entries of a tagged list in the order they are written, each with the
/// plain field that stands for it.
fn in_order<'a>(
    node: &Node,
    element: &Element,
    entries: &'a [Entry],
) -> Vec<(&'a Node, Option<&'static Plain>)> {
    let mut fields = HashSet::new();
    let mut ordered: Vec<(usize, &Node, Option<&'static Plain>)> = entries
        .iter()
        .filter_map(|entry| match &entry.item {
            Item::Node(below) => Some(below),
            // A row of nodes holds no leaf.
            Item::Leaf(_) => None,
        })
        .map(|below| match Plain::fitting(node, element.name, below) {
            Some((order, plain)) if plain.repeats == Repeats::Yes || fields.insert(order) => {
                (order, below, Some(plain))
            }
            Some(_) | None => (usize::MAX, below, None),
        })
        .collect();
    ordered.sort_by_key(|(order, ..)| *order);
    ordered.into_iter().map(|(_, below, fits)| (below, fits)).collect()
}

fn write_item(out: &mut String, element: &Element, item: &Item) {
    match (item, &element.kind) {
        (Item::Node(node), _) => write_node(out, node),
        (Item::Leaf(leaf), Kind::Leaf(Shape::Indicator, _)) => {
            write_leaf(out, leaf, truth(&leaf.text));
        }
        (Item::Leaf(leaf), _) => write_leaf(out, leaf, None),
    }
}

fn write_leaf(out: &mut String, leaf: &Leaf, truth: Option<bool>) {
    let write_value = |out: &mut String| match truth {
        Some(true) => out.push_str("true"),
        Some(false) => out.push_str("false"),
        None => write_quoted(out, &leaf.text),
    };
    if leaf.attributes().is_empty() && leaf.extra().is_none() {
        return write_value(out);
    }
    let mut commas = Commas(false);
    out.push('{');
    if let Some(extra) = leaf.extra() {
        commas.key(out, "$xml");
        write_extra(out, extra);
    }
    let attributes = leaf.attributes().iter();
    let mut members: Vec<(&str, Option<&str>)> =
        attributes.map(|(name, value)| (attribute_in_json(name), Some(value.as_ref()))).collect();
    members.push(("value", None));
    members.sort_unstable_by_key(|(key, _)| *key);
    for (key, value) in members {
        commas.key(out, key);
        match value {
            Some(value) => write_quoted(out, value),
            None => write_value(out),
        }
    }
    out.push('}');
}

fn write_extra(out: &mut String, extra: &Extra) {
    let mut commas = Commas(false);
    out.push('{');
    if !extra.attributes().is_empty() {
        commas.key(out, "attributes");
        let mut commas = Commas(false);
        out.push('{');
        for (name, value) in extra.attributes() {
            commas.key(out, name);
            write_quoted(out, value);
        }
        out.push('}');
    }
    if !extra.unknown.is_empty() {
        commas.key(out, "unknown");
        let mut commas = Commas(false);
        out.push('[');
        for text in &extra.unknown {
            commas.next(out);
            write_quoted(out, text);
        }
        out.push(']');
    }
    out.push('}');
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
fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, octet) in text.bytes().enumerate() {
        // Octets of longer characters are all above these.
        if octet >= b' ' && octet != b'"' && octet != b'\\' {
            continue;
        }
        out.push_str(&text[from..at]);
        match octet {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            control => {
                // Writing to a String does not fail.
                write!(out, "\\u{control:04x}").ok();
            }
        }
        from = at + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}
