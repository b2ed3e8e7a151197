//! A certificate to octets: strict order, and the same octets every time.

use super::gate::{gate_fragment, is_legal};
use super::octets::SpsXml;
use super::{ACK, RAM, RSM, UDT};
use crate::certificate::element::{Element, Kind, Shape, Type};
use crate::certificate::profile::WriteOptions;
use crate::certificate::{Certificate, Document, Extra, Item, Leaf, Node, Spelling};

/// Writes a certificate.
///
/// The depth of its recursion is the depth of the tree, which every maker of
/// trees bounds ([`Certificate::DEPTH_LIMIT`], and the gate).
pub fn write(certificate: &Certificate, options: &WriteOptions) -> SpsXml<'static> {
    root(certificate.root(), RSM, options)
}

/// Writes a document, whichever it is; as [`write`].
pub fn write_document(document: &Document, options: &WriteOptions) -> SpsXml<'static> {
    match document {
        Document::Acknowledgement(acknowledgement) => root(acknowledgement.root(), ACK, options),
        Document::Certificate(certificate) => write(certificate, options),
    }
}

/// Whether an attribute beyond the schema, `{namespace}name` or `name`, can be
/// written and is then one that the gate lets pass.
pub fn is_attribute(name: &str) -> bool {
    let (namespace, local) = Extra::expanded(name);
    let is_legal = namespace.is_none_or(|namespace| {
        // Outside any namespace, the name alone is written.
        !namespace.is_empty() && namespace.chars().all(is_legal)
    });
    // A declaration is no attribute; what only begins like one is.
    let declares = namespace.is_none() && local == "xmlns";
    if !is_legal || declares || local.contains([' ', '=', ':', '\t', '\n', '\r']) {
        return false;
    }
    let mut writer = Writer { out: "<a".to_owned(), started: 0, options: WriteOptions::default() };
    writer.beyond(0, name, "");
    writer.out.push_str("/>");
    gate_fragment(&writer.out).is_ok()
}

fn root(root: &Node, namespace: &str, options: &WriteOptions) -> SpsXml<'static> {
    let out = String::with_capacity(size(root) + 1024);
    let mut writer = Writer { out, started: 0, options: *options };
    writer.out.push_str("<?xml version='1.0' encoding='UTF-8'?>\n");
    writer.start("rsm", root.of().root_name());
    for (prefix, namespace) in [("rsm", namespace), ("ram", RAM), ("udt", UDT)] {
        writer.out.push_str(" xmlns:");
        writer.out.push_str(prefix);
        writer.out.push_str("=\"");
        writer.out.push_str(namespace);
        writer.out.push('"');
    }
    writer.finish_start(root.extra());
    writer.below(root);
    writer.end("rsm", root.of().root_name());
    SpsXml::written(writer.out.into_bytes())
}

/// About how many octets a node takes when written: enough for most, so that
/// a large attachment is not moved when the rest follows.
fn size(node: &Node) -> usize {
    let items = node.entries().map(|(element, item)| {
        let tags = 2 * element.name.len() + 20;
        match item {
            Item::Leaf(leaf) => {
                let attributes = leaf.attributes().iter();
                tags + leaf.text.len()
                    + attributes.map(|(_, value)| 20 + value.len()).sum::<usize>()
            }
            Item::Node(below) => tags + size(below),
        }
    });
    items.sum::<usize>() + 80
}

//------------ Writer --------------------------------------------------------

struct Writer {
    out: String,
    /// Where the start tag written last ends.
    started: usize,
    options: WriteOptions,
}

impl Writer {
    fn start(&mut self, prefix: &str, name: &str) {
        self.out.push('<');
        self.out.push_str(prefix);
        self.out.push(':');
        self.out.push_str(name);
    }

    /// The end of a start tag.
    fn started(&mut self) {
        self.out.push('>');
        self.started = self.out.len();
    }

    fn end(&mut self, prefix: &str, name: &str) {
        // An element with nothing in it is written as `<a/>`.
        if self.out.len() == self.started {
            self.out.pop();
            self.out.push_str("/>");
            return;
        }
        self.out.push_str("</");
        self.out.push_str(prefix);
        self.out.push(':');
        self.out.push_str(name);
        self.out.push('>');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(&mut self.out, value, Place::Attribute);
        self.out.push('"');
    }

    /// Attributes beyond the schema, each namespace under a prefix of its
    /// own, and the end of the start tag.
    fn finish_start(&mut self, extra: Option<&Extra>) {
        for (at, (name, value)) in extra.map_or(&[][..], Extra::attributes).iter().enumerate() {
            self.beyond(at, name, value);
        }
        self.started();
    }

    /// The attribute beyond the schema in place `at` of its element.
    fn beyond(&mut self, at: usize, name: &str, value: &str) {
        match Extra::expanded(name) {
            (Some(XML), local) => self.attribute(&format!("xml:{local}"), value),
            (Some(namespace), local) => {
                self.attribute(&format!("xmlns:x{at}"), namespace);
                self.attribute(&format!("x{at}:{local}"), value);
            }
            (None, local) => self.attribute(local, value),
        }
    }

    fn unknown(&mut self, extra: Option<&Extra>) {
        for unknown in extra.map_or(&[][..], |extra| extra.unknown.as_slice()) {
            self.out.push_str(unknown);
        }
    }

    /// Everything below a node, in the schema's order.
    fn below(&mut self, node: &Node) {
        let prefix = if node.of().is_root() { "rsm" } else { "ram" };
        for (at, element) in (0u8..).zip(node.of().elements) {
            if node.has_row(at) {
                for entry in node.row(at) {
                    self.item(prefix, node.of(), element, &entry.item);
                }
            } else if element.occurs.is_mandatory() {
                self.absent(prefix, element);
            }
        }
        self.unknown(node.extra());
    }

    fn item(&mut self, prefix: &str, of: &Type, element: &Element, item: &Item) {
        self.start(prefix, element.name);
        match (item, &element.kind) {
            (Item::Node(node), _) => {
                self.finish_start(node.extra());
                self.below(node);
            }
            (Item::Leaf(leaf), Kind::Leaf(shape @ (Shape::DateTime | Shape::Indicator), _)) => {
                self.finish_start(leaf.extra());
                let spelling = match shape {
                    Shape::DateTime => self.options.spelling(of, leaf),
                    _ => leaf.spelling,
                };
                self.spelled(spelling, *shape, leaf);
                self.unknown(leaf.extra());
            }
            (Item::Leaf(leaf), Kind::Leaf(shape, _)) => {
                self.attributes(*shape, leaf);
                self.finish_start(leaf.extra());
                escape(&mut self.out, &leaf.text, Place::Text);
                self.unknown(leaf.extra());
            }
            // No maker of trees puts a value where elements belong.
            (Item::Leaf(_), Kind::Node(_)) => self.finish_start(None),
        }
        self.end(prefix, element.name);
    }

    /// The schema's attributes, in its order.
    fn attributes(&mut self, shape: Shape, leaf: &Leaf) {
        for name in shape.attributes() {
            if let Some(value) = leaf.attribute(name) {
                self.attribute(name, value);
            }
        }
    }

    fn spelled(&mut self, spelling: Spelling, shape: Shape, leaf: &Leaf) {
        let child = match (shape, spelling) {
            (_, Spelling::Text) => {
                escape(&mut self.out, &leaf.text, Place::Text);
                return;
            }
            (Shape::Indicator, Spelling::Ours) => "Indicator",
            (Shape::Indicator, Spelling::Other) => "IndicatorString",
            (_, Spelling::Ours) => "DateTimeString",
            (_, Spelling::Other) => "DateTime",
        };
        self.start("udt", child);
        self.attributes(shape, leaf);
        self.started();
        escape(&mut self.out, &leaf.text, Place::Text);
        self.end("udt", child);
    }

    /// A mandatory element without a value: empty, and the mandatory ones
    /// below it (which form no circle), unless the partner wants none. What
    /// cannot be empty stays out: no number is invented.
    fn absent(&mut self, prefix: &str, element: &Element) {
        let value = element.absent_value();
        if !element.may_be_empty() || (value.is_empty() && !self.options.empty_mandatory) {
            return;
        }
        self.start(prefix, element.name);
        self.started();
        match &element.kind {
            Kind::Leaf(Shape::DateTime, _) => self.out.push_str("<udt:DateTimeString/>"),
            Kind::Leaf(..) => self.out.push_str(value),
            Kind::Node(of) => {
                for below in of.elements.iter().filter(|below| below.occurs.is_mandatory()) {
                    self.absent("ram", below);
                }
            }
        }
        self.end(prefix, element.name);
    }
}

const XML: &str = "http://www.w3.org/XML/1998/namespace";

//------------ Escapes -------------------------------------------------------

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Attribute,
    Text,
}

/// Writes text so that a reader gets back exactly what it was: a CR as a
/// reference, or it would come back as LF (XML 1.0, section 2.11), and in
/// attributes every blank but the space (section 3.3.3).
fn escape(out: &mut String, text: &str, place: Place) {
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest.as_bytes().chunks(CHUNK).take_while(|chunk| is_plain(chunk)).count();
        let mut at = (plain * CHUNK).min(rest.len());
        while !rest.is_char_boundary(at) {
            at -= 1;
        }
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        // The chunk that is not plain, letter by letter.
        let mut end = CHUNK.min(after.len());
        while !after.is_char_boundary(end) {
            end += 1;
        }
        let (slow, after) = after.split_at(end);
        for letter in slow.chars() {
            escape_letter(out, letter, place);
        }
        rest = after;
    }
}

const CHUNK: usize = 64;

/// Whether all octets stand for themselves wherever they are; a chunk as a
/// whole, so that it is looked at many octets at a time.
fn is_plain(chunk: &[u8]) -> bool {
    let special = |octet: u8| {
        // 0xEF begins U+FFFE and U+FFFF, among others.
        octet < b' ' || octet == 0xEF || matches!(octet, b'"' | b'&' | b'<' | b'>')
    };
    !chunk.iter().fold(false, |found, octet| found | special(*octet))
}

fn escape_letter(out: &mut String, letter: char, place: Place) {
    match (letter, place) {
        ('&', _) => out.push_str("&amp;"),
        ('<', _) => out.push_str("&lt;"),
        ('>', _) => out.push_str("&gt;"),
        ('\r', _) => out.push_str("&#13;"),
        ('"', Place::Attribute) => out.push_str("&quot;"),
        ('\t', Place::Attribute) => out.push_str("&#9;"),
        ('\n', Place::Attribute) => out.push_str("&#10;"),
        (letter, _) if is_legal(letter) => out.push(letter),
        // No reader makes such a tree; were one made by hand, the letter
        // still goes out well-formed.
        (_, _) => out.push('\u{FFFD}'),
    }
}
