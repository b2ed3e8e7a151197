//! The letters of XML 1.0 and its small forms, each by its production.

use std::str;

use super::{Stop, cut};
use crate::refusal::Code;

//------------ Octets to text ------------------------------------------------

/// The document as text: UTF-8, and of nothing but legal characters
/// (production 2).
pub(super) fn text(octets: &[u8]) -> Result<&str, Stop> {
    let wide = [&b"\xFF\xFE"[..], b"\xFE\xFF", b"\0<", b"<\0", b"\0\0", b"\x4C\x6F\xA7\x94"];
    if wide.iter().any(|start| octets.starts_with(start)) {
        return Err(Stop::new(Code::XmlEncoding, 0, "the document is not in UTF-8"));
    }
    let text = str::from_utf8(octets).map_err(|fault| {
        let words = format!("the document is not UTF-8: {fault}");
        Stop::new(Code::XmlEncoding, fault.valid_up_to(), words)
    })?;
    match text.char_indices().find(|(_, letter)| !is_legal(*letter)) {
        Some((at, letter)) => {
            let words = format!("the character U+{:04X} is not allowed", u32::from(letter));
            Err(Stop::ill_formed(at, words))
        }
        None => Ok(text),
    }
}

/// Char (production 2).
pub(crate) fn is_legal(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// NameStartChar (production 4), the colon aside, and without the letters
/// beyond U+FFFF. Here we are stricter than the fifth edition, because the W3C
/// suite has the same two documents on both sides: well-formed by the fifth
/// edition (errata-4e/016 and 019), and not by the four before it (xml-1.1/016
/// and 019, among the 1,252 none of which may pass). No certificate needs them.
fn starts_name(letter: char) -> bool {
    matches!(letter,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}')
}

/// NameChar (production 4a), the colon aside.
pub(super) fn continues_name(letter: char) -> bool {
    starts_name(letter)
        || matches!(letter,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Whether a name is an NCName (Namespaces in XML, production 4).
pub(super) fn is_unprefixed(name: &str) -> bool {
    name.starts_with(starts_name) && name.chars().all(continues_name)
}

fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

//------------ Attribute -----------------------------------------------------

/// An attribute as it stands in a tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a> {
    pub at: usize,
    pub name: &'a str,
    /// Without its quotes, references and all.
    pub raw: &'a str,
}

//------------ Scanner -------------------------------------------------------

/// A place in the document, moving forward.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    #[cfg(test)]
    pub(super) edition: super::Edition,
    /// The entities referred to since they were last asked for, where a
    /// DOCTYPE may have declared some.
    #[cfg(test)]
    pub(super) references: Option<Vec<(usize, &'a str)>>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Scanner {
            text,
            at: 0,
            #[cfg(test)]
            edition: super::Edition::Fifth,
            #[cfg(test)]
            references: None,
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn starts_with(&self, what: &str) -> bool {
        self.rest().starts_with(what)
    }

    /// Steps over `what` if it stands here.
    pub(super) fn eat(&mut self, what: &str) -> bool {
        let there = self.starts_with(what);
        if there {
            self.at += what.len();
        }
        there
    }

    /// Ill-formed, here.
    pub(super) fn stop(&self, words: impl Into<String>) -> Stop {
        Stop::ill_formed(self.at, words)
    }

    /// Steps over blanks (production 3); whether there were any.
    pub(super) fn blanks(&mut self) -> bool {
        let start = self.at;
        let run = self.rest().bytes().take_while(|octet| is_blank(*octet)).count();
        self.at += run;
        self.at > start
    }

    pub(super) fn run(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let run = rest.split_once(|letter| !wanted(letter)).map_or(rest, |(run, _)| run);
        self.at += run.len();
        run
    }

    /// Steps over everything up to and with `end`.
    pub(super) fn through(&mut self, end: &str, what: &str) -> Result<&'a str, Stop> {
        match self.rest().split_once(end) {
            Some((before, _)) => {
                self.at += before.len() + end.len();
                Ok(before)
            }
            None => Err(self.stop(format!("{what} does not end: '{end}' is missing"))),
        }
    }

    /// A Name (production 5), colons and all.
    pub(super) fn name(&mut self, what: &str) -> Result<&'a str, Stop> {
        if !self.rest().starts_with(|letter| starts_name(letter) || letter == ':') {
            return Err(self.stop(format!("{what} is missing here")));
        }
        #[cfg(test)]
        let start = self.at;
        let name = self.run(|letter| continues_name(letter) || letter == ':');
        #[cfg(test)]
        if self.edition == super::Edition::Fourth && !super::fourth::is_name(name) {
            let words = format!("{what} ('{}') is none in the fourth edition", cut(name));
            return Err(Stop::ill_formed(start, words));
        }
        Ok(name)
    }

    /// The XML declaration, where there is one (productions 23 to 26, 32, 80).
    pub(super) fn declaration(&mut self) -> Result<(), Stop> {
        let after = self.rest().strip_prefix("<?xml").and_then(|rest| rest.bytes().next());
        if !after.is_some_and(|octet| is_blank(octet) || octet == b'?') {
            return Ok(());
        }
        self.eat("<?xml");
        if self.pseudo_attribute("version")? != Some("1.0") {
            return Err(self.stop("the XML declaration must say version 1.0"));
        }
        if let Some(encoding) = self.pseudo_attribute("encoding")? {
            let good = encoding.starts_with(|letter: char| letter.is_ascii_alphabetic())
                && encoding
                    .bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(&octet));
            if !good {
                return Err(self.stop("the XML declaration's encoding is no name"));
            }
            if !encoding.eq_ignore_ascii_case("UTF-8") {
                let words =
                    format!("the encoding is declared as {}; only UTF-8 is taken", cut(encoding));
                return Err(Stop::new(Code::XmlEncoding, self.at, words));
            }
        }
        if let Some(standalone) = self.pseudo_attribute("standalone")?
            && !matches!(standalone, "yes" | "no")
        {
            return Err(self.stop("standalone is neither yes nor no"));
        }
        self.blanks();
        if self.eat("?>") { Ok(()) } else { Err(self.stop("the XML declaration is malformed")) }
    }

    /// One part of the XML declaration, if it is the one called `name`.
    fn pseudo_attribute(&mut self, name: &str) -> Result<Option<&'a str>, Stop> {
        let start = self.at;
        if !(self.blanks() && self.eat(name)) {
            self.at = start;
            return Ok(None);
        }
        self.equals()?;
        let quote = self.quote()?;
        Ok(Some(self.through(quote, "the XML declaration")?))
    }

    fn equals(&mut self) -> Result<(), Stop> {
        self.blanks();
        if !self.eat("=") {
            return Err(self.stop("'=' is missing here"));
        }
        self.blanks();
        Ok(())
    }

    pub(super) fn quote(&mut self) -> Result<&'static str, Stop> {
        if self.eat("\"") {
            Ok("\"")
        } else if self.eat("'") {
            Ok("'")
        } else {
            Err(self.stop("a value must stand in quotes"))
        }
    }

    /// An attribute (productions 10 and 41).
    pub(super) fn attribute(&mut self) -> Result<Attribute<'a>, Stop> {
        let at = self.at;
        let name = self.name("an attribute's name")?;
        self.equals()?;
        let raw = self.value(name)?;
        Ok(Attribute { at, name, raw })
    }

    /// What stands in the quotes of an attribute's value (production 10).
    pub(super) fn value(&mut self, name: &str) -> Result<&'a str, Stop> {
        let quote = self.quote()?;
        let start = self.at;
        loop {
            self.run(|letter| !matches!(letter, '<' | '&' | '"' | '\''));
            if self.starts_with(quote) {
                let raw = self.text.get(start..self.at).unwrap_or_default();
                self.eat(quote);
                return Ok(raw);
            }
            if self.starts_with("&") {
                self.reference()?;
            } else if self.starts_with("<") {
                return Err(
                    self.stop(format!("'<' stands in the value of {}; write &lt;", cut(name)))
                );
            } else if self.is_done() {
                return Err(self.stop(format!("the value of {} does not end", cut(name))));
            } else {
                // The other quote, which is a letter like any here.
                self.at += 1;
            }
        }
    }

    /// A reference (productions 66 to 68): to a legal character or to one of
    /// the five entities. There is no other, as there is no DOCTYPE.
    pub(super) fn reference(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.eat("&");
        #[cfg(test)]
        if self.references.is_some() {
            return self.any_reference();
        }
        let body = self.run(|letter| letter.is_ascii_alphanumeric() || letter == '#');
        if !self.eat(";") {
            return Err(Stop::ill_formed(start, "'&' begins no reference; write &amp;"));
        }
        if meaning(body).is_some() {
            return Ok(());
        }
        let shown: String = body.chars().take(20).collect();
        let words = format!("&{shown}; is not one of the five entities, nor a legal character");
        Err(Stop::ill_formed(start, words))
    }

    /// Text up to the next `<` (production 14), references included.
    pub(super) fn text_run(&mut self) -> Result<(), Stop> {
        loop {
            let start = self.at;
            let run = self.run(|letter| !matches!(letter, '<' | '&'));
            if let Some(at) = run.find("]]>") {
                return Err(Stop::ill_formed(start + at, "']]>' stands in text; write ]]&gt;"));
            }
            if !self.starts_with("&") {
                return Ok(());
            }
            self.reference()?;
        }
    }

    /// A comment (production 15): no `--` inside.
    pub(super) fn comment(&mut self) -> Result<(), Stop> {
        self.eat("<!--");
        self.through("--", "a comment")?;
        if self.eat(">") { Ok(()) } else { Err(self.stop("'--' stands inside a comment")) }
    }

    /// A CDATA section (productions 18 to 21).
    pub(super) fn cdata(&mut self) -> Result<(), Stop> {
        self.eat("<![CDATA[");
        self.through("]]>", "a CDATA section").map(|_| ())
    }

    /// A processing instruction (productions 16 and 17); its target.
    pub(super) fn instruction(&mut self) -> Result<&'a str, Stop> {
        let start = self.at;
        self.eat("<?");
        let target = self.name("a processing instruction's target")?;
        if target.eq_ignore_ascii_case("xml") {
            let words = "an XML declaration stands at the very beginning, and only there";
            return Err(Stop::ill_formed(start, words));
        }
        if target.contains(':') {
            return Err(Stop::namespace(
                start,
                "a colon stands in a processing instruction's target",
            ));
        }
        if self.eat("?>") {
            return Ok(target);
        }
        if !self.blanks() {
            return Err(self.stop("a blank is missing after a processing instruction's target"));
        }
        self.through("?>", "a processing instruction")?;
        Ok(target)
    }
}

/// What a reference stands for: `lt`, `#65`, `#x41` without `&` and `;`.
pub(crate) fn meaning(body: &str) -> Option<char> {
    let number = match body {
        "amp" => return Some('&'),
        "apos" => return Some('\''),
        "gt" => return Some('>'),
        "lt" => return Some('<'),
        "quot" => return Some('"'),
        other => other.strip_prefix('#')?,
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // from_str_radix would take a sign.
    if !digits.starts_with(|letter: char| letter.is_digit(radix)) {
        return None;
    }
    let letter = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    is_legal(letter).then_some(letter)
}
