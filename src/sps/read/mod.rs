//! Octets to a certificate: any prefix, any order, both spellings of a date.
//!
//! Real files break the schema's order, leave out what it makes mandatory and
//! hold what it lacks. All of that is read, kept and told as a finding; severe
//! is only what leaves no certificate to speak of.
//!
//! - here: the events of the tokenizer, one after the other, without recursion;
//! - [`open`]: what a start tag opens, or that it has no place;
//! - [`close`]: what an end tag closes, and what is found wrong with it.

mod close;
mod open;

use std::collections::HashMap;

use quick_xml::Reader as Tokens;
use quick_xml::events::Event;

use super::RSM;
use super::canon::Capture;
use super::gate::{self, Rules};
use super::octets::SpsOctets;
use crate::certificate::element::{Element, Shape, Type};
use crate::certificate::{Certificate, Extra, Finding, Leaf, Level, Node, any_severe, catalogue};
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
        let finding = Finding::new(
            catalogue::Code::Gate(fault.code),
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
                    self.tell(at, catalogue::Code::DocumentNotRead, words, "report it to us");
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
}

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// A step of a path. The root and its two parts stand without position.
fn segment(name: &Name, count: u32) -> String {
    let local = cut(name.local());
    if name.namespace == RSM && count == 1 { local } else { format!("{local}[{count}]") }
}

/// A name from outside, short enough to be shown.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Line ends as one LF, however they are written (XML 1.0, section 2.11).
fn line_ends(raw: &str) -> std::borrow::Cow<'_, str> {
    if raw.contains('\r') {
        raw.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        raw.into()
    }
}
