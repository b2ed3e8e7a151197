//! Octets to a document: any prefix, any order, both spellings of a date.
//!
//! Real files break the schema's order, leave out what it makes mandatory and
//! hold what it lacks. All of that is read, kept and told as a finding; severe
//! is only what leaves no certificate to speak of.
//!
//! - here: the events of the tokenizer, one after the other, without recursion;
//! - [`stack`]: what is open, and what is known of its children;
//! - [`open`]: what a start tag opens, or that it has no place;
//! - [`strange`]: what the schema has no place for;
//! - [`order`]: what stands out of the schema's order;
//! - [`close`]: what an end tag closes, and what is found wrong with it;
//! - [`told`]: what is told of it: path, place, and how much;
//! - [`places`]: where that is which is wrong with the document as a whole;
//! - [`unsaid`]: what the octets say that is no content.
//!
//! What is usual costs little: names are compared where they stand, a value is
//! copied once, and paths are put together only for a finding.

mod close;
mod open;
mod order;
mod places;
mod stack;
mod strange;
#[cfg(test)]
mod tests;
mod told;
mod unsaid;

use quick_xml::Reader as Tokens;
use quick_xml::events::Event;

use super::canon::Capture;
use super::gate::{self, Rules};
use super::name::{Bindings, Name, Namespace};
use super::octets::SpsOctets;
use crate::certificate::{
    Certificate, Document, Finding, Level, Node, any_severe, catalogue, table,
};
use crate::refusal::{Code, Refusal};
use stack::{Beside, Open, OpenChild, OpenLeaf, Place, value};
pub use unsaid::Unsaid;

/// How many octets make a document so long that it is not looked through for
/// its line ends beforehand, but value by value.
const LONG: usize = 4 * 1024 * 1024;
/// How many findings are told; one more says how many there were.
pub const FINDING_LIMIT: usize = 500;

//------------ Reading -------------------------------------------------------

/// What came of reading a document.
#[derive(Clone, Debug)]
pub struct Reading<T = Certificate> {
    /// What could be made of it: absent if the gate refused the octets or
    /// they hold no such document at all. With a severe finding it is there
    /// all the same, so that its number can be named.
    pub certificate: Option<T>,
    pub findings: Vec<Finding>,
    /// Gate 9's refusal, or gate 10's `certificate.not-readable` when a
    /// finding is severe.
    pub refused: Option<Refusal>,
    /// What the octets say beyond that, and is no content.
    pub unsaid: Unsaid,
}

/// Reads a certificate, after the gate has let it pass.
pub fn read(octets: &SpsOctets<'_>) -> Reading {
    let Reading { certificate: document, mut findings, unsaid, .. } = whole(octets);
    let certificate = match document {
        Some(Document::Certificate(certificate)) => Some(certificate),
        Some(Document::Acknowledgement(_)) => {
            let words = "the document is an SPSAcknowledgement, the answer to a certificate";
            let remedy = "give the certificate";
            findings = vec![Finding::new(catalogue::Code::RootWrong, "", words, remedy)];
            None
        }
        None => None,
    };
    judged(certificate, findings, unsaid)
}

/// Reads a certificate or an acknowledgement, whichever it is.
pub fn read_document(octets: &SpsOctets<'_>) -> Reading<Document> {
    let Reading { certificate, findings, unsaid, .. } = whole(octets);
    judged(certificate, findings, unsaid)
}

fn judged<T>(certificate: Option<T>, findings: Vec<Finding>, unsaid: Unsaid) -> Reading<T> {
    let worst = findings.iter().find(|finding| finding.level == Level::Severe);
    let refused = worst.map(|finding| match finding.code {
        catalogue::Code::Gate(code) => {
            let (line, column) = (finding.line.unwrap_or(1), finding.column.unwrap_or(1));
            Refusal::new(code, format!("line {line}, column {column}: {}", finding.words))
        }
        code => {
            let words = format!("{code} at {}: {}", finding.path, finding.words);
            Refusal::new(Code::CertificateNotReadable, words)
        }
    });
    debug_assert_eq!(refused.is_some(), any_severe(&findings));
    Reading { certificate, findings, refused, unsaid }
}

/// As [`read_document`], before anything is made of the findings.
fn whole(octets: &SpsOctets<'_>) -> Reading<Document> {
    if let Err(fault) = gate::check(octets.as_bytes(), Rules::STRICT) {
        let remedy = fault.code.remedy();
        let finding = Finding::new(catalogue::Code::Gate(fault.code), "", fault.words, remedy);
        let findings = vec![finding.at_place(fault.line, fault.column)];
        return Reading { certificate: None, findings, refused: None, unsaid: Unsaid::default() };
    }
    let mut reader = Reader::new(octets.as_bytes());
    let certificate = reader.document().map(Document::of_tidy);
    if let Some(document) = &certificate {
        reader.judge(document);
    }
    let unsaid = reader.unsaid();
    let findings = reader.finish();
    Reading { certificate, findings, refused: None, unsaid }
}

//------------ Reader --------------------------------------------------------

struct Reader<'a> {
    octets: &'a [u8],
    tokens: Tokens<&'a [u8]>,
    /// The elements of elements that are open, outermost first; in the last a
    /// value may be open, and in that its `udt` child.
    opens: Vec<Open>,
    /// Row and place of the first child of each row, of all that are open.
    firsts: Vec<(u8, usize)>,
    leaf: Option<OpenLeaf>,
    child: Option<OpenChild>,
    bindings: Bindings,
    /// How many elements are open, those that are kept as they are included.
    depth: usize,
    /// At which depths something is declared, and how many declarations were
    /// in force outside.
    marks: Vec<(usize, usize)>,
    capture: Option<Capture>,
    /// How many octets of unknown elements may still be kept.
    room: usize,
    findings: Vec<Finding>,
    untold: usize,
    /// Whether there may be a CR, so that line ends have to be looked at.
    has_returns: bool,
    /// The place found last, to count on from.
    last_place: (usize, u32, u32),
    unsaid: Unsaid,
    /// Where elements begin that the schema has no place for.
    beyond: Vec<usize>,
    /// Where the consignment begins, and whether a trade line was seen.
    consignment: Option<usize>,
    has_line: bool,
    /// Whether anything below the parts of the root was read.
    has_ram: bool,
    /// Whether a date or an indicator was read from its `udt` child.
    has_udt: bool,
    /// Whether the document was told to be of another version: then nothing
    /// else is told.
    is_other_version: bool,
}

impl<'a> Reader<'a> {
    /// The octets are what the gate let pass, so they are UTF-8.
    fn new(octets: &'a [u8]) -> Self {
        let octets = octets.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(octets);
        let mut tokens = Tokens::from_reader(octets);
        // The gate has seen that tags match.
        tokens.config_mut().check_end_names = false;
        Reader {
            octets,
            tokens,
            opens: Vec::new(),
            firsts: Vec::new(),
            leaf: None,
            child: None,
            bindings: Bindings::default(),
            depth: 0,
            marks: Vec::new(),
            capture: None,
            // A long namespace written out again and again must not fill the memory.
            room: octets.len().saturating_mul(2).saturating_add(64 * 1024),
            findings: Vec::new(),
            untold: 0,
            has_returns: octets.len() > LONG || memchr::memchr(b'\r', octets).is_some(),
            last_place: (0, 1, 1),
            unsaid: Unsaid::default(),
            beyond: Vec::new(),
            consignment: None,
            has_line: false,
            has_ram: false,
            has_udt: false,
            is_other_version: false,
        }
    }

    /// The root's node, if the document is one of ours at all.
    fn document(&mut self) -> Option<Node> {
        loop {
            let at = usize::try_from(self.tokens.buffer_position()).unwrap_or(usize::MAX);
            // Looked at where it lies: moved, it would cost as much as the
            // pass itself.
            let event = self.tokens.read_event();
            match &event {
                Ok(Event::Start(start)) => {
                    if !self.start(at, start) {
                        return None;
                    }
                }
                Ok(Event::Empty(start)) => {
                    if !self.start(at, start) {
                        return None;
                    }
                    if let Some(root) = self.end() {
                        return Some(root);
                    }
                }
                Ok(Event::End(_)) => {
                    if let Some(root) = self.end() {
                        return Some(root);
                    }
                }
                Ok(Event::Text(text)) if self.attachment(text) => {}
                Ok(Event::Text(text)) if !self.has_returns => self.characters(text),
                Ok(Event::Text(text)) => self.characters(&line_ends(text)),
                Ok(Event::CData(text)) => self.characters(&line_ends(text)),
                Ok(Event::GeneralRef(reference)) => {
                    if let Some(letter) = gate::meaning(reference) {
                        self.characters(letter.encode_utf8(&mut [0; 4]));
                    }
                }
                Ok(Event::Eof) => return None,
                Ok(Event::Comment(_)) => self.unsaid.comments += 1,
                Ok(Event::Decl(_) | Event::DocType(_) | Event::PI(_)) => {}
                Err(fault) => {
                    // The gate is stricter than the tokenizer, so this is a bug of ours.
                    let words = format!("the document could not be read: {fault}");
                    self.tell(at, catalogue::Code::DocumentNotRead, words, "report it to us");
                    return None;
                }
            }
        }
    }
}

/// A name from outside, short enough to be shown; those of our namespaces fit.
fn cut(text: &str) -> String {
    let mut letters = text.chars();
    let mut cut: String = letters.by_ref().take(100).collect();
    if letters.next().is_some() {
        cut.push('…');
    }
    cut
}

/// Line ends as one LF, however they are written (XML 1.0, section 2.11).
fn line_ends(raw: &str) -> std::borrow::Cow<'_, str> {
    if raw.contains('\r') {
        raw.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        raw.into()
    }
}
