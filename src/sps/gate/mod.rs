//! Gate 9: whether octets are XML that may be read at all.
//!
//! A strict check of well-formedness and of namespaces, of our own, because
//! the tokenizer behind the reader is no gate: it lets most ill-formed
//! documents pass, and ends truncated ones cleanly. What passes here is UTF-8,
//! XML 1.0 (Fifth Edition) and Namespaces in XML 1.0 (Third Edition), with no
//! DOCTYPE and no processing instruction, and bounded in depth and number.
//!
//! - [`letters`]: which octets are text;
//! - [`names`]: which letters are a name, and what its parts are;
//! - [`scan`]: the small forms: references, attribute values, comments;
//! - [`scope`]: which prefix means what, and where;
//! - here: the document, from its first octet to its last.
//!
//! No recursion, no allocation that grows with anything but depth and
//! attributes, no panic.

#[cfg(test)]
mod doctype;
#[cfg(test)]
mod entities;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod fourth;
mod letters;
mod names;
mod scan;
mod scope;
#[cfg(test)]
mod w3c;

use super::octets::SpsOctets;
use crate::refusal::{Code, Refusal};
pub(crate) use letters::{is_legal, meaning};
use scan::{Attribute, Scanner};
use scope::Scope;
pub(crate) use scope::value;

/// How deep elements may lie, the root being 1.
pub const DEPTH_LIMIT: usize = 64;
/// How many elements a document may have.
pub const ELEMENT_LIMIT: usize = 200_000;
/// How many attributes one element may have, declarations included.
pub const ATTRIBUTE_LIMIT: usize = 256;
/// How many namespace declarations may be in force at one place.
pub const BINDING_LIMIT: usize = 256;

/// How long the name of a namespace may be, in octets.
pub const NAMESPACE_LIMIT: usize = 2048;

/// Whether `octets` may be given to the reader.
pub fn gate(octets: &SpsOctets) -> Result<(), Refusal> {
    check(octets.as_bytes(), Rules::STRICT).map_err(|fault| fault.refusal())
}

/// Whether `fragment` is one element in itself: as [`gate`], for what a
/// document holds beyond the schema and JSON carries as text.
pub(crate) fn gate_fragment(fragment: &str) -> Result<(), Refusal> {
    check(fragment.as_bytes(), Rules::STRICT).map_err(|fault| fault.refusal())
}

//------------ Rules ---------------------------------------------------------

/// What is done about the two things that XML has and we do not take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    doctype: Extra,
    instructions: Extra,
    /// Whose names are names.
    #[cfg(test)]
    edition: Edition,
}

impl Rules {
    pub(super) const STRICT: Rules = Rules {
        doctype: Extra::Refused,
        instructions: Extra::Refused,
        #[cfg(test)]
        edition: Edition::Fifth,
    };
}

/// Whether something of XML that no certificate needs is refused. There is no
/// other way outside tests, so that nothing can switch it off.
#[derive(Clone, Copy, Debug)]
enum Extra {
    /// Checked by its grammar, so that a test suite full of DOCTYPEs says
    /// something about them and about everything behind them.
    #[cfg(test)]
    Checked,
    Refused,
}

/// An edition of XML 1.0: the fifth took in many names that the four before
/// it call ill-formed, and the test suite asks for both.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Edition {
    Fourth,
    Fifth,
}

//------------ Fault ---------------------------------------------------------

/// Why a document does not pass, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Fault {
    pub code: Code,
    pub line: u32,
    pub column: u32,
    pub words: String,
}

impl Fault {
    pub(super) fn refusal(&self) -> Refusal {
        let Fault { code, line, column, words } = self;
        Refusal::new(*code, format!("line {line}, column {column}: {words}"))
    }
}

/// A fault before its octet has been counted out as line and column.
#[derive(Debug)]
struct Stop {
    code: Code,
    at: usize,
    words: String,
}

impl Stop {
    fn new(code: Code, at: usize, words: impl Into<String>) -> Self {
        Stop { code, at, words: words.into() }
    }

    fn ill_formed(at: usize, words: impl Into<String>) -> Self {
        Stop::new(Code::XmlNotWellFormed, at, words)
    }

    fn namespace(at: usize, words: impl Into<String>) -> Self {
        Stop::new(Code::XmlNamespace, at, words)
    }
}

/// Line and column, from 1, of the octet `at` of `octets`.
pub(super) fn place(octets: &[u8], at: usize) -> (u32, u32) {
    let before = octets.get(..at).unwrap_or(octets);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |last| last + 1);
    let in_line = before.get(start..).unwrap_or_default();
    let letters = match std::str::from_utf8(in_line) {
        Ok(text) => text.chars().count(),
        // Every octet of a letter but its first is 10xxxxxx.
        Err(_) => in_line.iter().filter(|octet| **octet & 0xC0 != 0x80).count(),
    };
    let column = letters + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// A name from outside, short enough to be shown.
fn cut(name: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(name.as_ref()).chars().take(80).collect()
}

//------------ The document --------------------------------------------------

/// Checks a whole document.
pub(super) fn check(octets: &[u8], rules: Rules) -> Result<(), Fault> {
    whole(octets, rules).map_err(|stop| {
        let (line, column) = place(octets, stop.at);
        Fault { code: stop.code, line, column, words: stop.words }
    })
}

fn whole(octets: &[u8], rules: Rules) -> Result<(), Stop> {
    letters::text(octets)?;
    let mut document = Document {
        scanner: Scanner::new(octets),
        rules,
        scope: Scope::new(),
        open: Vec::new(),
        elements: 0,
        attributes: Vec::new(),
        #[cfg(test)]
        beyond: entities::Beyond::default(),
    };
    #[cfg(test)]
    document.scanner.names_by(rules.edition);
    document.scanner.eat("\u{FEFF}");
    document.scanner.declaration()?;
    document.beside_the_root()?;
    document.root()?;
    document.beside_the_root()?;
    if !document.scanner.is_done() {
        let words = "after the root element only comments and blanks may stand";
        return Err(document.scanner.stop(words));
    }
    #[cfg(test)]
    document.nothing_unseen()?;
    Ok(())
}

struct Document<'a> {
    scanner: Scanner<'a>,
    rules: Rules,
    scope: Scope<'a>,
    /// The names of the elements that are open, outermost first.
    open: Vec<&'a [u8]>,
    elements: usize,
    /// Those of the element at hand; kept for its room alone.
    attributes: Vec<Attribute<'a>>,
    /// What a DOCTYPE declares.
    #[cfg(test)]
    beyond: entities::Beyond,
}

impl<'a> Document<'a> {
    /// Comments and blanks before the root or after it (productions 22, 27).
    fn beside_the_root(&mut self) -> Result<(), Stop> {
        loop {
            self.scanner.blanks();
            if self.scanner.starts_with("<!--") {
                self.scanner.comment()?;
            } else if self.scanner.starts_with("<?") {
                self.instruction()?;
            } else if self.scanner.starts_with("<!DOCTYPE") {
                self.doctype()?;
            } else {
                return Ok(());
            }
        }
    }

    fn instruction(&mut self) -> Result<(), Stop> {
        let at = self.scanner.at();
        let target = self.scanner.instruction()?;
        match self.rules.instructions {
            #[cfg(test)]
            Extra::Checked => Ok(()),
            Extra::Refused => {
                let words = format!("a processing instruction ('{}') is not taken", cut(target));
                Err(Stop::new(Code::XmlPi, at, words))
            }
        }
    }

    fn doctype(&mut self) -> Result<(), Stop> {
        match self.rules.doctype {
            #[cfg(test)]
            Extra::Checked => self.read_doctype(),
            Extra::Refused => {
                let words = "a DOCTYPE is not taken: a certificate has none";
                Err(Stop::new(Code::XmlDoctype, self.scanner.at(), words))
            }
        }
    }

    fn root(&mut self) -> Result<(), Stop> {
        if !self.scanner.starts_with("<") {
            let words = if self.scanner.is_done() {
                "the document ends before its root element"
            } else {
                "before the root element only comments and blanks may stand"
            };
            return Err(self.scanner.stop(words));
        }
        self.start_tag()?;
        while !self.open.is_empty() {
            self.content()?;
        }
        Ok(())
    }

    /// One piece of what stands between the root's tags (production 43).
    fn content(&mut self) -> Result<(), Stop> {
        self.scanner.text_run()?;
        #[cfg(test)]
        self.entities_in_content()?;
        if self.scanner.is_done() {
            let name = self.open.last().copied().unwrap_or_default();
            Err(self
                .scanner
                .stop(format!("the document ends inside <{}>: it is truncated", cut(name))))
        } else {
            match self.scanner.octet(1) {
                Some(b'/') => self.end_tag(),
                Some(b'!') if self.scanner.starts_with("<!--") => self.scanner.comment(),
                Some(b'!') if self.scanner.starts_with("<![CDATA[") => self.scanner.cdata(),
                Some(b'!') => {
                    let words = "'<!' begins neither a comment nor a CDATA section here";
                    Err(self.scanner.stop(words))
                }
                Some(b'?') => self.instruction(),
                _ => self.start_tag(),
            }
        }
    }

    /// A start tag or an empty-element tag (productions 40, 44).
    fn start_tag(&mut self) -> Result<(), Stop> {
        let start = self.scanner.at();
        self.scanner.step();
        let name = self.scanner.tag_name("an element's name")?;
        self.elements += 1;
        if self.elements > ELEMENT_LIMIT {
            let words = format!("more than {ELEMENT_LIMIT} elements");
            return Err(Stop::new(Code::XmlTooLarge, start, words));
        }
        if self.open.len() >= DEPTH_LIMIT {
            let words = format!("elements lie more than {DEPTH_LIMIT} deep");
            return Err(Stop::new(Code::XmlTooDeep, start, words));
        }
        let is_empty = self.attributes(name.text)?;
        #[cfg(test)]
        self.beyond.complete(start, name.text, &mut self.attributes);
        self.scope.enter(start, name, &self.attributes)?;
        if is_empty {
            self.scope.leave();
        } else {
            self.open.push(name.text);
        }
        Ok(())
    }

    /// The attributes of a tag, up to its end; whether it is an empty-element
    /// tag.
    fn attributes(&mut self, name: &[u8]) -> Result<bool, Stop> {
        self.attributes.clear();
        loop {
            let parted = self.scanner.blanks();
            match self.scanner.octet(0) {
                Some(b'>') => {
                    self.scanner.step();
                    return Ok(false);
                }
                Some(b'/') if self.scanner.eat("/>") => return Ok(true),
                _ => {}
            }
            if !parted {
                let words = format!("a blank, '>' or '/>' is missing in <{}", cut(name));
                return Err(self.scanner.stop(words));
            }
            if self.attributes.len() >= ATTRIBUTE_LIMIT {
                let words = format!("more than {ATTRIBUTE_LIMIT} attributes in one element");
                return Err(Stop::new(Code::XmlTooLarge, self.scanner.at(), words));
            }
            let attribute = self.scanner.attribute()?;
            self.attributes.push(attribute);
            #[cfg(test)]
            self.entities_in_a_value()?;
        }
    }

    /// An end tag, which must be that of the element open last (production 42).
    fn end_tag(&mut self) -> Result<(), Stop> {
        if self.open.last().is_some_and(|open| self.scanner.closes(open)) {
            self.open.pop();
            self.scope.leave();
            return Ok(());
        }
        // Anything else, and most of it wrong.
        let start = self.scanner.at();
        self.scanner.eat("</");
        let name = self.scanner.name("an element's name")?;
        self.scanner.blanks();
        if !self.scanner.eat(">") {
            return Err(self.scanner.stop(format!("'>' is missing after </{}", cut(name))));
        }
        match self.open.pop() {
            Some(open) if open == name.as_bytes() => {
                self.scope.leave();
                Ok(())
            }
            Some(open) => Err(Stop::ill_formed(
                start,
                format!("</{}> stands where <{}> is open", cut(name), cut(open)),
            )),
            None => Err(Stop::ill_formed(start, format!("</{}> closes nothing", cut(name)))),
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests;
