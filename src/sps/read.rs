//! Octets to a certificate: any prefix, any order, both spellings of a date.
//!
//! Real files break the schema's order, leave out what it makes mandatory and
//! hold what it lacks. All of that is read, kept and told as a finding; severe
//! is only what leaves no certificate to speak of.

use std::collections::HashMap;

use quick_xml::Reader as Tokens;
use quick_xml::events::{BytesStart, Event};

use super::canon::{Capture, escape_text};
use super::gate::{self, Rules, place};
use super::octets::SpsOctets;
use super::{RAM, RSM, UDT};
use crate::certificate::element::{Element, Kind, Shape, Type};
use crate::certificate::rules::{self, Strictness};
use crate::certificate::table;
use crate::certificate::{
    Area, Certificate, Extra, Finding, Item, Leaf, Level, Node, Spelling, any_severe,
};
use crate::refusal::{Code, Refusal};

/// How many findings are told; one more says how many there were.
pub const FINDING_LIMIT: usize = 500;

//------------ Reading -------------------------------------------------------

/// What came of reading a document.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What could be made of it: absent if the gate refused the octets or
    /// they hold no certificate at all. With a severe finding it is there
    /// all the same, so that its number can be named.
    pub certificate: Option<Certificate>,
    pub findings: Vec<Finding>,
    /// Gate 9's refusal, or gate 10's `certificate.not-readable` when a
    /// finding is severe.
    pub refused: Option<Refusal>,
}

/// Reads a certificate, after the gate has let it pass.
pub fn read(octets: &SpsOctets) -> Reading {
    if let Err(fault) = gate::check(octets.as_bytes(), Rules::STRICT) {
        let finding = Finding::severe(
            Area::Schema,
            fault.code.as_str(),
            "",
            fault.words.clone(),
            "write well-formed XML in UTF-8, without DOCTYPE and processing instructions",
        );
        return Reading {
            certificate: None,
            findings: vec![finding.at_place(fault.line, fault.column)],
            refused: Some(fault.refusal()),
        };
    }
    // The gate has seen that it is UTF-8.
    let text = std::str::from_utf8(octets.as_bytes()).unwrap_or_default();
    let mut reader = Reader::new(text);
    let certificate = reader.document().map(Certificate::new);
    let findings = reader.finish(certificate.as_ref());
    let worst = findings.iter().find(|finding| finding.level == Level::Severe);
    let refused = worst.map(|finding| {
        let words = format!("{} at {}: {}", finding.code, finding.path, finding.words);
        Refusal::new(Code::CertificateNotReadable, words)
    });
    debug_assert_eq!(refused.is_some(), any_severe(&findings));
    Reading { certificate, findings, refused }
}

//------------ Name ----------------------------------------------------------

/// A name as written, and the namespace it stands for.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub written: String,
    pub namespace: String,
}

impl Name {
    pub(super) fn prefix(&self) -> &str {
        self.written.split_once(':').map_or("", |(prefix, _)| prefix)
    }

    pub(super) fn local(&self) -> &str {
        self.written.split_once(':').map_or(&self.written, |(_, local)| local)
    }

    fn is(&self, namespace: &str, local: &str) -> bool {
        self.namespace == namespace && self.local() == local
    }

    /// `{namespace}name`, or `name` outside any.
    fn expanded(&self) -> String {
        if self.namespace.is_empty() {
            self.local().to_owned()
        } else {
            format!("{{{}}}{}", self.namespace, self.local())
        }
    }
}

//------------ Frame ---------------------------------------------------------

/// An element that is open.
struct Frame {
    /// Its local name and position, as paths show them.
    segment: String,
    /// Where its start tag begins.
    at: usize,
    content: Content,
    /// Text directly inside.
    text: String,
    extra: Extra,
    /// How many children of each name there were.
    counts: HashMap<String, u32>,
}

enum Content {
    Node {
        node: Node,
        /// Its row in the parent.
        row: u8,
        /// The furthest row a child has had, and which rows had any.
        furthest: u8,
        seen: u32,
    },
    Leaf {
        of: &'static Type,
        element: &'static Element,
        shape: Shape,
        row: u8,
        leaf: Leaf,
        /// Whether the `udt` child of a date has been read.
        spelled: bool,
    },
    /// The `udt` child of a date or an indicator.
    Spelled { leaf: Leaf },
}

//------------ Reader --------------------------------------------------------

struct Reader<'a> {
    text: &'a str,
    tokens: Tokens<&'a [u8]>,
    frames: Vec<Frame>,
    bindings: Vec<(String, String)>,
    marks: Vec<usize>,
    capture: Option<Capture>,
    /// How many octets of unknown elements may still be kept.
    room: usize,
    findings: Vec<Finding>,
    untold: usize,
    /// The place found last, to count on from.
    last_place: (usize, u32, u32),
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let mut tokens = Tokens::from_str(text);
        tokens.config_mut().expand_empty_elements = true;
        Reader {
            text,
            tokens,
            frames: Vec::new(),
            bindings: Vec::new(),
            marks: Vec::new(),
            capture: None,
            // A long namespace written out again and again must not fill the memory.
            room: text.len().saturating_mul(2).saturating_add(64 * 1024),
            findings: Vec::new(),
            untold: 0,
            last_place: (0, 1, 1),
        }
    }

    /// The root, if it is a certificate at all.
    fn document(&mut self) -> Option<Node> {
        loop {
            let at = usize::try_from(self.tokens.buffer_position()).unwrap_or(usize::MAX);
            let event = match self.tokens.read_event() {
                Ok(event) => event,
                Err(fault) => {
                    // The gate is stricter than the tokenizer, so this is a bug of ours.
                    let words = format!("the document could not be read: {fault}");
                    self.tell(
                        at,
                        Level::Severe,
                        Area::Schema,
                        "document.not-read",
                        words,
                        "report it to us",
                    );
                    return None;
                }
            };
            match event {
                Event::Start(start) => {
                    if !self.start(at, &start) {
                        return None;
                    }
                }
                Event::End(_) => {
                    if let Some(root) = self.end() {
                        return Some(root);
                    }
                }
                Event::Text(text) => self.characters(&line_ends(&text)),
                Event::CData(text) => self.characters(&line_ends(&text)),
                Event::GeneralRef(reference) => {
                    if let Some(letter) = gate::meaning(&reference) {
                        self.characters(letter.encode_utf8(&mut [0; 4]));
                    }
                }
                Event::Eof => return None,
                Event::Comment(_)
                | Event::Decl(_)
                | Event::DocType(_)
                | Event::Empty(_)
                | Event::PI(_) => {}
            }
        }
    }

    //--- Start tags

    fn start(&mut self, at: usize, start: &BytesStart<'_>) -> bool {
        let (name, attributes) = self.names(start);
        if let Some(capture) = &mut self.capture {
            capture.start(&name, &attributes);
            self.keep_in_bounds();
            return true;
        }
        let Some(parent) = self.frames.last_mut() else {
            return self.root(at, &name, attributes);
        };
        let local = name.local();
        let count = parent.counts.entry(local.to_owned()).or_default();
        *count += 1;
        let segment = segment(&name, *count);
        let in_node = match &mut parent.content {
            Content::Node { node, furthest, seen, .. } => {
                let wanted = if node.of().is(&table::CERTIFICATE) { RSM } else { RAM };
                let found = if name.namespace == wanted { node.of().element(local) } else { None };
                found.map(|(row, element)| {
                    let bit = 1_u32.checked_shl(u32::from(row)).unwrap_or_default();
                    let again = *seen & bit != 0 && !element.occurs.repeats();
                    let late = row < *furthest;
                    *seen |= bit;
                    *furthest = row.max(*furthest);
                    (node.of(), row, element, again, late)
                })
            }
            Content::Leaf { shape, spelled, leaf, .. } => {
                if let Some(spelling) = child_spelling(*shape, &name)
                    && !*spelled
                {
                    *spelled = true;
                    leaf.spelling = spelling;
                    let content = Content::Spelled { leaf: Leaf::default() };
                    self.open(at, segment, content, attributes);
                    return true;
                }
                None
            }
            Content::Spelled { .. } => None,
        };
        match in_node {
            Some((of, row, element, false, late)) => {
                let content = match &element.kind {
                    Kind::Node(of) => {
                        Content::Node { node: Node::new(of), row, furthest: 0, seen: 0 }
                    }
                    Kind::Leaf(shape, _) => {
                        let (shape, leaf) = (*shape, Leaf::default());
                        Content::Leaf { of, element, shape, row, leaf, spelled: false }
                    }
                };
                self.open(at, segment, content, attributes);
                if late {
                    let words = format!("{local} stands behind elements that it should precede");
                    self.tell(
                        at,
                        Level::Warning,
                        Area::Schema,
                        "element.order",
                        words,
                        "write the schema's order",
                    );
                }
            }
            Some((_, _, element, true, _)) => {
                let two = element.name == "SPSConsignment";
                let (level, code) = if two {
                    (Level::Severe, "consignment.two")
                } else {
                    (Level::Warning, "element.repeated")
                };
                let words = format!("{local} stands here once more than the schema allows");
                self.beyond(at, segment, level, code, words, &name, &attributes);
            }
            None if name.namespace == DSIG && local == "Signature" => {
                let words = "the certificate bears an XML signature, which was not verified";
                self.beyond(
                    at,
                    segment,
                    Level::Info,
                    "signature.present",
                    words.to_owned(),
                    &name,
                    &attributes,
                );
            }
            None => {
                let words = format!("the schema has no {local} here");
                self.beyond(
                    at,
                    segment,
                    Level::Warning,
                    "element.unknown",
                    words,
                    &name,
                    &attributes,
                );
            }
        }
        true
    }

    fn root(&mut self, at: usize, name: &Name, attributes: Vec<(Name, String)>) -> bool {
        if !name.is(RSM, "SPSCertificate") {
            let (code, words) = if name.local() == "SPSCertificate" {
                let words = format!("the root is an SPSCertificate of {}", cut(&name.namespace));
                ("root.version", words)
            } else {
                ("root.wrong", format!("the root is {}", cut(name.local())))
            };
            let remedy = format!("the root is SPSCertificate in {RSM}");
            self.tell(at, Level::Severe, Area::Schema, code, words, &remedy);
            return false;
        }
        let content =
            Content::Node { node: Node::new(&table::CERTIFICATE), row: 0, furthest: 0, seen: 0 };
        self.open(at, "SPSCertificate".to_owned(), content, attributes);
        true
    }

    fn open(
        &mut self,
        at: usize,
        segment: String,
        content: Content,
        attributes: Vec<(Name, String)>,
    ) {
        let mut frame = Frame {
            segment,
            at,
            content,
            text: String::new(),
            extra: Extra::default(),
            counts: HashMap::new(),
        };
        let mut strangers = Vec::new();
        for (name, value) in attributes {
            // Never fetched, and says nothing that we do not know.
            if name.namespace == XSI
                && matches!(name.local(), "schemaLocation" | "noNamespaceSchemaLocation")
            {
                continue;
            }
            let known = match &mut frame.content {
                Content::Leaf { shape: Shape::DateTime | Shape::Indicator, .. } => None,
                Content::Leaf { shape, leaf, .. } if name.namespace.is_empty() => {
                    shape.attribute(name.local()).map(|known| (leaf, known))
                }
                Content::Spelled { leaf, .. }
                    if name.namespace.is_empty() && name.local() == "format" =>
                {
                    Some((leaf, "format"))
                }
                Content::Leaf { .. } | Content::Node { .. } | Content::Spelled { .. } => None,
            };
            if let Some((leaf, known)) = known {
                leaf.set(known, value);
            } else {
                strangers.push(name.written.clone());
                frame.extra.set(name.expanded(), value);
            }
        }
        self.frames.push(frame);
        for stranger in strangers {
            let words = format!("the schema has no attribute {} here", cut(&stranger));
            self.tell(at, Level::Warning, Area::Schema, "attribute.unknown", words, "leave it out");
        }
    }

    /// Tells of an element that has no place here, and begins to keep it.
    #[expect(clippy::too_many_arguments, reason = "one finding and one element")]
    fn beyond(
        &mut self,
        at: usize,
        segment: String,
        level: Level,
        code: &'static str,
        words: String,
        name: &Name,
        attributes: &[(Name, String)],
    ) {
        let path = format!("{}/{segment}", self.path());
        let finding = Finding::severe(
            Area::Schema,
            code,
            path,
            words,
            "leave it out, or write it where the schema has it",
        );
        self.push(at, finding.at_level(level));
        let mut capture = Capture::default();
        capture.start(name, attributes);
        self.capture = Some(capture);
        self.keep_in_bounds();
    }

    fn keep_in_bounds(&mut self) {
        if let Some(capture) = &mut self.capture
            && capture.len() > self.room
        {
            capture.drop_text();
            if self.room > 0 {
                self.room = 0;
                let words = "there is too much that the schema does not know to keep it all";
                let at = self.frames.last().map_or(0, |frame| frame.at);
                self.tell(
                    at,
                    Level::Severe,
                    Area::Schema,
                    "element.too-much",
                    words.to_owned(),
                    "leave it out",
                );
            }
        }
    }

    /// The names of a start tag, and what it declares.
    fn names(&mut self, start: &BytesStart<'_>) -> (Name, Vec<(Name, String)>) {
        self.marks.push(self.bindings.len());
        let mut raw = Vec::new();
        for attribute in start.attributes().with_checks(false).flatten() {
            let (name, value) = (attribute.key.into_inner(), gate::value(&attribute.value));
            match name.strip_prefix("xmlns") {
                Some("") => self.bindings.push((String::new(), value.into_owned())),
                Some(prefix) if prefix.starts_with(':') => {
                    let prefix = prefix.trim_start_matches(':').to_owned();
                    self.bindings.push((prefix, value.into_owned()));
                }
                Some(_) | None => raw.push((name.to_owned(), value.into_owned())),
            }
        }
        let attributes = raw.into_iter().map(|(written, value)| {
            let namespace = match written.split_once(':') {
                Some((prefix, _)) => self.namespace(prefix),
                None => String::new(),
            };
            (Name { written, namespace }, value)
        });
        let attributes = attributes.collect();
        let written = start.name().into_inner().to_owned();
        let prefix = written.split_once(':').map_or("", |(prefix, _)| prefix);
        let namespace = self.namespace(prefix);
        (Name { written, namespace }, attributes)
    }

    fn namespace(&self, prefix: &str) -> String {
        if prefix == "xml" {
            return XML.to_owned();
        }
        let bound = self.bindings.iter().rev().find(|(known, _)| known == prefix);
        bound.map(|(_, namespace)| namespace.clone()).unwrap_or_default()
    }

    //--- Text

    fn characters(&mut self, text: &str) {
        if let Some(capture) = &mut self.capture {
            capture.text(text);
            self.keep_in_bounds();
        } else if let Some(frame) = self.frames.last_mut() {
            let keeps = match &frame.content {
                // Blanks between elements say nothing.
                Content::Node { .. } => !text.chars().all(is_blank),
                Content::Leaf { .. } | Content::Spelled { .. } => true,
            };
            if keeps {
                frame.text.push_str(text);
            }
        }
    }

    //--- End tags

    /// Closes what is open; the root's node, if it was the root.
    fn end(&mut self) -> Option<Node> {
        if let Some(mark) = self.marks.pop() {
            self.bindings.truncate(mark);
        }
        if let Some(capture) = &mut self.capture {
            if let Some(unknown) = capture.end() {
                self.capture = None;
                self.room = self.room.saturating_sub(unknown.len());
                if let Some(frame) = self.frames.last_mut()
                    && !unknown.is_empty()
                {
                    frame.extra.unknown.push(unknown);
                }
            }
            return None;
        }
        let path = self.path();
        let Frame { at, content, text, mut extra, .. } = self.frames.pop()?;
        match content {
            Content::Spelled { mut leaf } => {
                leaf.text = text;
                if let Some(Frame {
                    content: Content::Leaf { leaf: outer, .. }, extra: kept, ..
                }) = self.frames.last_mut()
                {
                    leaf.spelling = outer.spelling;
                    *outer = leaf;
                    for (name, value) in extra.attributes() {
                        kept.set(name.clone(), value.clone());
                    }
                    kept.unknown.append(&mut extra.unknown);
                }
                None
            }
            Content::Leaf { of, element, shape, row, mut leaf, spelled } => {
                if spelled {
                    self.stray(at, &path, text.trim_matches(is_blank), &mut extra);
                } else {
                    leaf.text = text;
                    if matches!(shape, Shape::DateTime | Shape::Indicator) {
                        leaf.spelling = Spelling::Text;
                    }
                }
                leaf.text = collapsed(shape, std::mem::take(&mut leaf.text));
                if !extra.is_empty() {
                    *leaf.extra_mut() = extra;
                }
                for fault in rules::leaf(of, element, &leaf, Strictness::Received) {
                    self.push(at, Finding { path: path.clone(), ..fault });
                }
                self.add(row, Item::Leaf(leaf));
                None
            }
            Content::Node { mut node, row, .. } => {
                self.stray(at, &path, text.trim_matches(is_blank), &mut extra);
                if !extra.is_empty() {
                    *node.extra_mut() = extra;
                }
                node.settle();
                for (element, fault) in rules::node(&node, Strictness::Received) {
                    let path = format!("{path}/{}", element.name);
                    self.push(at, Finding { path, ..fault });
                }
                if self.frames.is_empty() {
                    return Some(node);
                }
                self.add(row, Item::Node(node));
                None
            }
        }
    }

    fn add(&mut self, row: u8, item: Item) {
        if let Some(Frame { content: Content::Node { node, .. }, .. }) = self.frames.last_mut() {
            node.append(row, item);
        }
    }

    /// Text where the schema has only elements.
    fn stray(&mut self, at: usize, path: &str, text: &str, extra: &mut Extra) {
        if text.is_empty() {
            return;
        }
        let mut escaped = String::new();
        escape_text(&mut escaped, text);
        extra.unknown.push(escaped);
        let words = "text stands here between elements";
        let finding = Finding::severe(Area::Schema, "text.stray", path, words, "leave it out");
        self.push(at, finding.at_level(Level::Warning));
    }

    //--- Findings

    fn path(&self) -> String {
        self.frames.iter().map(|frame| format!("/{}", frame.segment)).collect()
    }

    fn tell(
        &mut self,
        at: usize,
        level: Level,
        area: Area,
        code: &'static str,
        words: String,
        remedy: &str,
    ) {
        let finding = Finding::severe(area, code, self.path(), words, remedy);
        self.push(at, finding.at_level(level));
    }

    /// A severe one is always told, so that there is a reason to show.
    fn push(&mut self, at: usize, finding: Finding) {
        let has_room = self.findings.len() < FINDING_LIMIT
            || (finding.level == Level::Severe && !any_severe(&self.findings));
        if !has_room {
            self.untold += 1;
            return;
        }
        let (line, column) = self.place(at);
        self.findings.push(finding.at_place(line, column));
    }

    /// Line and column, counted on from the place asked for last.
    fn place(&mut self, at: usize) -> (u32, u32) {
        let (from, line, column) = self.last_place;
        let octets = self.text.as_bytes();
        let found = match octets.get(from..at) {
            Some(between) => {
                let (lines, columns) = place(between, between.len());
                if lines == 1 { (line, column + columns - 1) } else { (line + lines - 1, columns) }
            }
            None => place(octets, at),
        };
        self.last_place = (at, found.0, found.1);
        found
    }

    fn finish(mut self, certificate: Option<&Certificate>) -> Vec<Finding> {
        if let Some(certificate) = certificate
            && certificate.consignment().is_some()
            && certificate.trade_lines().next().is_none()
        {
            let path = "/SPSCertificate/SPSConsignment";
            let words = "the consignment has no trade line";
            let remedy = "write at least one IncludedSPSTradeLineItem";
            let area = Area::MandatoryElements;
            self.push(0, Finding::severe(area, "trade-line.missing", path, words, remedy));
        }
        if self.untold > 0 {
            let words = format!("{} more findings are not told", self.untold);
            let finding =
                Finding::severe(Area::Schema, "findings.more", "", words, "mend the first");
            self.findings.push(finding.at_level(Level::Info));
        }
        self.findings
    }
}

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

//------------ Small things --------------------------------------------------

/// What the child of a date or an indicator says of its spelling.
fn child_spelling(shape: Shape, name: &Name) -> Option<Spelling> {
    if name.namespace != UDT {
        return None;
    }
    match (shape, name.local()) {
        (Shape::DateTime, "DateTimeString") | (Shape::Indicator, "Indicator") => {
            Some(Spelling::Ours)
        }
        (Shape::DateTime, "DateTime") | (Shape::Indicator, "IndicatorString") => {
            Some(Spelling::Other)
        }
        (_, _) => None,
    }
}

/// A step of a path. The root and its two parts stand without position.
fn segment(name: &Name, count: u32) -> String {
    let local = cut(name.local());
    if name.namespace == RSM && count == 1 { local } else { format!("{local}[{count}]") }
}

/// A name from outside, short enough to be shown.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

/// Line ends as one LF, however they are written (XML 1.0, section 2.11).
fn line_ends(raw: &str) -> std::borrow::Cow<'_, str> {
    if raw.contains('\r') {
        raw.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        raw.into()
    }
}

/// The value without blanks that are no part of it: only text keeps its own.
pub(crate) fn collapsed(shape: Shape, text: String) -> String {
    if !shape.collapses() || !text.contains(is_blank) {
        return text;
    }
    let parts: Vec<&str> = text.split(is_blank).filter(|part| !part.is_empty()).collect();
    if shape == Shape::Binary {
        let joined = parts.concat();
        // What is no base64 is kept as near to what it was as may be.
        if data_encoding::BASE64.decode(joined.as_bytes()).is_ok() {
            return joined;
        }
    }
    parts.join(" ")
}
