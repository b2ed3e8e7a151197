//! Gate 9: whether octets are XML that may be read at all.
//!
//! A strict check of well-formedness and of namespaces, of our own, because
//! the tokenizer behind the reader is no gate: it lets most ill-formed
//! documents pass, and ends truncated ones cleanly. What passes here is UTF-8,
//! XML 1.0 (Fifth Edition) and Namespaces in XML 1.0 (Third Edition), with no
//! DOCTYPE and no processing instruction, and bounded in depth and number.
//!
//! - [`scan`]: the letters and small forms: names, references, attribute values;
//! - [`scope`]: which prefix means what, and where;
//! - here: the document, from its first octet to its last.
//!
//! No recursion, no allocation that grows with anything but depth and
//! attributes, no panic.

mod scan;
mod scope;
#[cfg(test)]
mod w3c;

use super::octets::SpsOctets;
use crate::refusal::{Code, Refusal};
use scan::Scanner;
pub(crate) use scan::{is_legal, meaning};
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
    /// Refuse a DOCTYPE and processing instructions, rather than step over
    /// them. Off in tests alone, so that a test suite full of DOCTYPEs says
    /// something about everything behind them.
    refuses_extras: bool,
}

impl Rules {
    pub(super) const STRICT: Rules = Rules { refuses_extras: true };
    #[cfg(test)]
    pub(super) const STEPPING_OVER: Rules = Rules { refuses_extras: false };
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
    let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
    let start = before.iter().rposition(|octet| *octet == b'\n').map_or(0, |last| last + 1);
    let in_line = before.get(start..).unwrap_or_default();
    // Every octet of a letter but its first is 10xxxxxx.
    let column = in_line.iter().filter(|octet| **octet & 0xC0 != 0x80).count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// A name from outside, short enough to be shown.
fn cut(name: &str) -> String {
    name.chars().take(80).collect()
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
    let text = scan::text(octets)?;
    let mut document = Document {
        scanner: Scanner::new(text),
        rules,
        scope: Scope::new(),
        open: Vec::new(),
        elements: 0,
        doctypes: 0,
    };
    document.scanner.eat("\u{FEFF}");
    document.scanner.declaration()?;
    document.beside_the_root(true)?;
    document.root()?;
    document.beside_the_root(false)?;
    if document.scanner.is_done() {
        Ok(())
    } else {
        Err(document.scanner.stop("after the root element only comments and blanks may stand"))
    }
}

struct Document<'a> {
    scanner: Scanner<'a>,
    rules: Rules,
    scope: Scope<'a>,
    /// The names of the elements that are open, outermost first.
    open: Vec<&'a str>,
    elements: usize,
    doctypes: usize,
}

impl<'a> Document<'a> {
    /// Comments and blanks before the root or after it (productions 22, 27).
    fn beside_the_root(&mut self, before: bool) -> Result<(), Stop> {
        loop {
            self.scanner.blanks();
            if self.scanner.starts_with("<!--") {
                self.scanner.comment()?;
            } else if self.scanner.starts_with("<?") {
                self.instruction()?;
            } else if self.scanner.starts_with("<!DOCTYPE") {
                self.doctype(before)?;
            } else {
                return Ok(());
            }
        }
    }

    fn instruction(&mut self) -> Result<(), Stop> {
        let at = self.scanner.at();
        let target = self.scanner.instruction()?;
        if self.rules.refuses_extras {
            return Err(Stop::new(
                Code::XmlPi,
                at,
                format!("a processing instruction ('{}') is not taken", cut(target)),
            ));
        }
        Ok(())
    }

    fn doctype(&mut self, before_the_root: bool) -> Result<(), Stop> {
        if self.rules.refuses_extras {
            return Err(Stop::new(
                Code::XmlDoctype,
                self.scanner.at(),
                "a DOCTYPE is not taken: a certificate has none",
            ));
        }
        self.doctypes += 1;
        if self.doctypes > 1 || !before_the_root {
            return Err(self.scanner.stop("a DOCTYPE stands before the root, once"));
        }
        self.scanner.step_over_doctype()
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
        if self.scanner.is_done() {
            let name = self.open.last().copied().unwrap_or_default();
            Err(self
                .scanner
                .stop(format!("the document ends inside <{}>: it is truncated", cut(name))))
        } else if self.scanner.starts_with("</") {
            self.end_tag()
        } else if self.scanner.starts_with("<!--") {
            self.scanner.comment()
        } else if self.scanner.starts_with("<![CDATA[") {
            self.scanner.cdata()
        } else if self.scanner.starts_with("<?") {
            self.instruction()
        } else if self.scanner.starts_with("<!") {
            Err(self.scanner.stop("'<!' begins neither a comment nor a CDATA section here"))
        } else {
            self.start_tag()
        }
    }

    /// A start tag or an empty-element tag (productions 40, 44).
    fn start_tag(&mut self) -> Result<(), Stop> {
        let start = self.scanner.at();
        self.scanner.eat("<");
        let name = self.scanner.name("an element's name")?;
        self.elements += 1;
        if self.elements > ELEMENT_LIMIT {
            let words = format!("more than {ELEMENT_LIMIT} elements");
            return Err(Stop::new(Code::XmlTooLarge, start, words));
        }
        if self.open.len() >= DEPTH_LIMIT {
            let words = format!("elements lie more than {DEPTH_LIMIT} deep");
            return Err(Stop::new(Code::XmlTooDeep, start, words));
        }
        let mut attributes = Vec::new();
        let is_empty = loop {
            let parted = self.scanner.blanks();
            if self.scanner.eat("/>") {
                break true;
            }
            if self.scanner.eat(">") {
                break false;
            }
            if !parted {
                return Err(self
                    .scanner
                    .stop(format!("a blank, '>' or '/>' is missing in <{}", cut(name))));
            }
            if attributes.len() >= ATTRIBUTE_LIMIT {
                let words = format!("more than {ATTRIBUTE_LIMIT} attributes in one element");
                return Err(Stop::new(Code::XmlTooLarge, self.scanner.at(), words));
            }
            attributes.push(self.scanner.attribute()?);
        };
        self.scope.enter(start, name, &attributes)?;
        if is_empty {
            self.scope.leave();
        } else {
            self.open.push(name);
        }
        Ok(())
    }

    /// An end tag, which must be that of the element open last (production 42).
    fn end_tag(&mut self) -> Result<(), Stop> {
        let start = self.scanner.at();
        self.scanner.eat("</");
        let name = self.scanner.name("an element's name")?;
        self.scanner.blanks();
        if !self.scanner.eat(">") {
            return Err(self.scanner.stop(format!("'>' is missing after </{}", cut(name))));
        }
        match self.open.pop() {
            Some(open) if open == name => {
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
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(text: impl AsRef<[u8]>, wanted: Option<Code>) {
        let text = text.as_ref();
        let found = check(text, Rules::STRICT).err().map(|fault| fault.code);
        assert_eq!(found, wanted, "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn what_passes() {
        for text in [
            "<a/>",
            "<a></a>",
            "<a ></a >",
            "\u{FEFF}<?xml version=\"1.0\" encoding='utf-8' standalone='yes'?>\n<a/>",
            "<?xml version='1.0'?><!-- - --><a/><!---->\n",
            "<a b='1' c=\"'\">&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;&#xD;</a>",
            "<a><![CDATA[<&]] >]]></a>",
            "<a>></a>",
            "<a xmlns='u' xmlns:p='v' p:b='' b=''><p:b xmlns=''/></a>",
            "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='x'/>",
            "<é·/>",
            "<a>\u{7F}\u{85}\u{FFFD}</a>",
        ] {
            check_text(text, None);
        }
    }

    #[test]
    fn what_is_ill_formed() {
        for text in [
            "",
            " ",
            " <?xml version='1.0'?><a/>",
            "<?xml?><a/>",
            "<?xml version='1.1'?><a/>",
            "<?xml version='1.0' standalone='maybe'?><a/>",
            "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>",
            "<?xml encoding='UTF-8'?><a/>",
            "<?XML version='1.0'?><a/>",
            "<a>",
            "<a><b></a></b>",
            "<a/><b/>",
            "<a/>x",
            "x<a/>",
            "<a/>&#32;",
            "<a b/>",
            "<a b=1/>",
            "<a b='1'c='2'/>",
            "<a b='1' b='2'/>",
            "<a b='<'/>",
            "<a b='&'/>",
            "<a b='&x;'/>",
            "<a>&</a>",
            "<a>&nbsp;</a>",
            "<a>&#0;</a>",
            "<a>&#xFFFE;</a>",
            "<a>&#xD800;</a>",
            "<a>&#x110000;</a>",
            "<a>&#99999999999999999999;</a>",
            "<a>&#;</a>",
            "<a>&#x;</a>",
            "<a>&#X41;</a>",
            "<a>]]></a>",
            "<a><!-- -- --></a>",
            "<a><!-- ---></a>",
            "<a><!--",
            "<a><![CDATA[</a>",
            "<![CDATA[]]><a/>",
            "<a><![cdata[]]></a>",
            "<a>\u{1}</a>",
            "<a>\u{FFFF}</a>",
            "<a b='\u{0}'/>",
            "< a/>",
            "<1/>",
            "<a></ a>",
            "<a/ >",
            "<a",
            "<a b='",
            "<a><!DOCTYPE a></a>",
            "<a></a></a>",
            "<·/>",
        ] {
            check_text(text, Some(Code::XmlNotWellFormed));
        }
    }

    #[test]
    fn what_else_is_refused() {
        check_text("<!DOCTYPE a><a/>", Some(Code::XmlDoctype));
        check_text("<a/><?b?>", Some(Code::XmlPi));
        check_text("<a><?b c?></a>", Some(Code::XmlPi));
        check_text("<?xml-stylesheet href='x'?><a/>", Some(Code::XmlPi));
        check_text("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", Some(Code::XmlEncoding));
        check_text(b"<a>\xFF</a>", Some(Code::XmlEncoding));
        check_text(b"\xFF\xFE<\0a\0/\0>\0", Some(Code::XmlEncoding));
        check_text(b"\0<\0a\0/\0>", Some(Code::XmlEncoding));
        check_text(b"<\0a\0/\0>\0", Some(Code::XmlEncoding));
        for text in [
            "<p:a/>",
            "<a p:b=''/>",
            "<a:b:c xmlns:a='u'/>",
            "<:a/>",
            "<a:/>",
            "<a xmlns:p='u'><p:1/></a>",
            "<a xmlns:p=''/>",
            "<a xmlns:xml='u'/>",
            "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
            "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
            "<a xmlns:xmlns='u'/>",
            "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
            "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
            "<xmlns:a/>",
            "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>",
            "<a xmlns:p='u' xmlns:q='&#117;' p:b='' q:b=''/>",
            "<a><b xmlns:p='u'/><p:c/></a>",
        ] {
            check_text(text, Some(Code::XmlNamespace));
        }
    }

    #[test]
    fn bounds() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        check_text(nested(64), None);
        check_text(nested(65), Some(Code::XmlTooDeep));
        check_text(nested(100_000), Some(Code::XmlTooDeep));
        check_text(format!("<a>{}</a>", "<b/>".repeat(199_999)), None);
        check_text(format!("<a>{}</a>", "<b/>".repeat(200_000)), Some(Code::XmlTooLarge));
        let attributes: String = (0..300).map(|n| format!(" b{n}=''")).collect();
        check_text(format!("<a{attributes}/>"), Some(Code::XmlTooLarge));
        let bindings: String = (0..200).map(|n| format!(" xmlns:b{n}='u'")).collect();
        check_text(format!("<a{bindings}><a{bindings}/></a>"), Some(Code::XmlTooLarge));
    }

    #[test]
    fn says_where() {
        let fault = check("<a>\n  é<b></a>".as_bytes(), Rules::STRICT).unwrap_err();
        assert_eq!((fault.line, fault.column), (2, 7));
        assert_eq!(
            fault.refusal().to_string(),
            "xml.not-well-formed: line 2, column 7: </a> stands where <b> is open"
        );
    }
}
