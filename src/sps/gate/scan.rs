//! The small forms of XML 1.0, each by its production.

use std::str;

use memchr::{memchr3, memmem};

use super::letters::{is_blank, meaning};
use super::names::{
    Name, WHOLE, continues_name, is_plain, plain_name, starts_name, starts_plain_name,
};
use super::{Stop, cut};
use crate::refusal::Code;

//------------ Attribute -----------------------------------------------------

/// An attribute as it stands in a tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a> {
    pub at: usize,
    pub name: Name<'a>,
    /// Without its quotes, references and all.
    pub raw: &'a str,
}

//------------ Scanner -------------------------------------------------------

/// A place in the document, moving forward.
pub(super) struct Scanner<'a> {
    /// Octets that have been seen to be text, all of them.
    pub(super) octets: &'a [u8],
    pub(super) at: usize,
    #[cfg(test)]
    pub(super) edition: super::Edition,
    /// The entities referred to since they were last asked for, where a
    /// DOCTYPE may have declared some.
    #[cfg(test)]
    pub(super) references: Option<Vec<(usize, &'a str)>>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Scanner {
            octets,
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

    fn rest(&self) -> &'a [u8] {
        self.octets.get(self.at..).unwrap_or_default()
    }

    /// What stands between two places, which lie beside letters of ASCII.
    fn between(&self, start: usize, end: usize) -> &'a str {
        let octets = self.octets.get(start..end).unwrap_or_default();
        str::from_utf8(octets).unwrap_or_default()
    }

    /// The octet `ahead` of this place, of which this is 0.
    pub(super) fn octet(&self, ahead: usize) -> Option<u8> {
        self.rest().get(ahead).copied()
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.octets.len()
    }

    pub(super) fn starts_with(&self, what: &str) -> bool {
        self.rest().starts_with(what.as_bytes())
    }

    /// Steps over one octet, which the caller has seen to be ASCII.
    pub(super) fn step(&mut self) {
        self.at += 1;
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
        let run = self.rest().iter().take_while(|octet| is_blank(**octet)).count();
        self.at += run;
        self.at > start
    }

    /// Steps over everything up to and with `end`.
    pub(super) fn through(&mut self, end: &str, what: &str) -> Result<&'a [u8], Stop> {
        let rest = self.rest();
        match memmem::find(rest, end.as_bytes()) {
            Some(run) => {
                let before = rest.get(..run).unwrap_or_default();
                self.at += run + end.len();
                Ok(before)
            }
            None => Err(self.stop(format!("{what} does not end: '{end}' is missing"))),
        }
    }

    /// A Name (production 5), colons and all.
    pub(super) fn name(&mut self, what: &str) -> Result<&'a str, Stop> {
        let start = self.at;
        let may_continue = |octet: &&u8| !octet.is_ascii() || **octet == b':' || is_plain(**octet);
        let run = self.rest().iter().take_while(may_continue).count();
        let run = self.between(start, start + run);
        if !run.starts_with(|letter| starts_name(letter) || letter == ':') {
            return Err(self.stop(format!("{what} is missing here")));
        }
        let continues = |letter| continues_name(letter) || letter == ':';
        let name = run.split_once(|letter| !continues(letter)).map_or(run, |(name, _)| name);
        self.at += name.len();
        #[cfg(test)]
        if self.edition == super::Edition::Fourth && !super::fourth::is_name(name) {
            let words = format!("{what} ('{}') is none in the fourth edition", cut(name));
            return Err(Stop::ill_formed(start, words));
        }
        Ok(name)
    }

    /// A tag's or an attribute's name (production 5), and its parts.
    #[inline(always)]
    pub(super) fn tag_name(&mut self, what: &str) -> Result<Name<'a>, Stop> {
        match self.plain_tag_name() {
            Some(name) => Ok(name),
            // More than ASCII, more than one colon, or no name at all.
            None => self.name(what).map(Name::new),
        }
    }

    #[inline(always)]
    fn plain_tag_name(&mut self) -> Option<Name<'a>> {
        let octets = self.rest();
        let first = plain_name(octets);
        let (colon, length) = match octets.get(first) {
            Some(b':') => {
                let behind = octets.get(first + 1..).unwrap_or_default();
                (first, first + 1 + plain_name(behind))
            }
            _ => (WHOLE, first),
        };
        let starts = |at| octets.get(at).is_some_and(|octet| starts_plain_name(*octet));
        let is_whole = octets.get(length).is_none_or(|octet| octet.is_ascii() && *octet != b':');
        if !(is_whole && starts(0) && (colon == WHOLE || starts(colon + 1))) {
            return None;
        }
        let text = octets.get(..length).unwrap_or_default();
        self.at += length;
        Some(Name { text, colon })
    }

    /// Steps over `</name>` where it is written just so, as it nearly always is.
    pub(super) fn closes(&mut self, name: &[u8]) -> bool {
        let behind = self.rest().strip_prefix(b"</").and_then(|rest| rest.strip_prefix(name));
        let is_there = behind.is_some_and(|rest| rest.starts_with(b">"));
        if is_there {
            self.at += "</>".len() + name.len();
        }
        is_there
    }

    /// The XML declaration, where there is one (productions 23 to 26, 32, 80).
    pub(super) fn declaration(&mut self) -> Result<(), Stop> {
        let after = self.rest().strip_prefix(b"<?xml").and_then(|rest| rest.first());
        if !after.is_some_and(|octet| is_blank(*octet) || *octet == b'?') {
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
        let value = self.through(quote, "the XML declaration")?;
        Ok(Some(str::from_utf8(value).unwrap_or_default()))
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
        let name = self.tag_name("an attribute's name")?;
        self.equals()?;
        let raw = self.value(name.text)?;
        Ok(Attribute { at, name, raw })
    }

    /// What stands in the quotes of an attribute's value (production 10).
    pub(super) fn value(&mut self, name: &[u8]) -> Result<&'a str, Stop> {
        let quote = self.quote()?;
        let start = self.at;
        loop {
            let octets = self.rest();
            let mark = if quote == "'" { b'\'' } else { b'"' };
            let Some(run) = memchr3(mark, b'<', b'&', octets) else {
                self.at = self.octets.len();
                return Err(self.stop(format!("the value of {} does not end", cut(name))));
            };
            self.at += run;
            match octets.get(run) {
                Some(b'&') => self.reference()?,
                Some(b'<') => {
                    let words = format!("'<' stands in the value of {}; write &lt;", cut(name));
                    return Err(self.stop(words));
                }
                _ => {
                    let raw = self.between(start, self.at);
                    self.at += quote.len();
                    return Ok(raw);
                }
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
        let is_body = |octet: &&u8| octet.is_ascii_alphanumeric() || **octet == b'#';
        let run = self.rest().iter().take_while(is_body).count();
        let body = self.between(self.at, self.at + run);
        self.at += run;
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
            let octets = self.rest();
            // Most tags stand side by side.
            if octets.first() == Some(&b'<') {
                return Ok(());
            }
            let Some(run) = memchr3(b'<', b'&', b']', octets) else {
                self.at = self.octets.len();
                return Ok(());
            };
            self.at += run;
            match octets.get(run) {
                Some(b'&') => self.reference()?,
                Some(b']') if self.starts_with("]]>") => {
                    return Err(self.stop("']]>' stands in text; write ]]&gt;"));
                }
                Some(b']') => self.at += 1,
                _ => return Ok(()),
            }
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
