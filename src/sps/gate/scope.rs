//! Which prefix means what: Namespaces in XML 1.0 (Third Edition).

use std::borrow::Cow;

use super::letters::meaning;
use super::names::Name;
use super::scan::Attribute;
use super::{BINDING_LIMIT, NAMESPACE_LIMIT, Stop, cut};
use crate::refusal::Code;

/// What `xml` is bound to, always (section 3).
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// What `xmlns` is bound to, always (section 3).
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

//------------ Scope ---------------------------------------------------------

/// The declarations in force, outermost first.
#[cfg_attr(test, derive(Clone))]
pub(super) struct Scope<'a> {
    bindings: Vec<(&'a [u8], Cow<'a, str>)>,
    /// How many were in force outside each element that is open.
    marks: Vec<usize>,
    /// The prefix last found bound, while nothing has been bound or forgotten
    /// since: most elements have that of the one before.
    known: Option<&'a [u8]>,
}

impl<'a> Scope<'a> {
    pub(super) fn new() -> Self {
        Scope { bindings: Vec::new(), marks: Vec::new(), known: None }
    }

    /// Takes in an element's declarations, then checks its name and those of
    /// its attributes.
    pub(super) fn enter(
        &mut self,
        at: usize,
        name: Name<'a>,
        attributes: &[Attribute<'a>],
    ) -> Result<(), Stop> {
        self.marks.push(self.bindings.len());
        if attributes.is_empty() {
            return self.element(at, name);
        }
        distinct(attributes)?;
        for attribute in attributes {
            if attribute.name.text == b"xmlns" {
                self.bind(attribute.at, b"", attribute.raw)?;
            } else if let Some(prefix) = attribute.name.text.strip_prefix(b"xmlns:") {
                if !attribute.name.is_qualified() {
                    return Err(Stop::namespace(
                        attribute.at,
                        format!("'{}' is no prefix", cut(prefix)),
                    ));
                }
                self.bind(attribute.at, prefix, attribute.raw)?;
            }
        }
        self.element(at, name)?;
        let mut prefixed = 0;
        for attribute in attributes {
            qualified(attribute.at, attribute.name)?;
            if let Some(prefix) = attribute.name.prefix()
                && prefix != b"xmlns"
            {
                self.meaning_of(attribute.at, prefix)?;
                prefixed += 1;
            }
        }
        if prefixed > 1 { self.distinct_by_meaning(attributes) } else { Ok(()) }
    }

    /// An element's own name, its declarations taken in.
    fn element(&mut self, at: usize, name: Name<'a>) -> Result<(), Stop> {
        qualified(at, name)?;
        if let Some(prefix) = name.prefix()
            // A few octets: sooner compared than handed to a routine.
            && !self.known.is_some_and(|known| known.iter().eq(prefix))
        {
            if prefix == b"xmlns" {
                return Err(Stop::namespace(at, "an element may not have the prefix xmlns"));
            }
            self.meaning_of(at, prefix)?;
            self.known = Some(prefix);
        }
        Ok(())
    }

    /// No two attributes of the same expanded name (section 6.3).
    fn distinct_by_meaning(&self, attributes: &[Attribute<'a>]) -> Result<(), Stop> {
        let mut expanded = Vec::new();
        for attribute in attributes {
            if let Some(prefix) = attribute.name.prefix()
                && prefix != b"xmlns"
            {
                let namespace = self.meaning_of(attribute.at, prefix)?;
                expanded.push((namespace, attribute.name.local(), attribute));
            }
        }
        expanded.sort_by_key(|(namespace, local, _)| (*namespace, *local));
        for pair in expanded.windows(2) {
            if let [(one, local, _), (other, same, attribute)] = pair
                && one == other
                && local == same
            {
                let name = cut(attribute.name.text);
                let words = format!("the attribute {name} stands twice, by two prefixes");
                return Err(Stop::namespace(attribute.at, words));
            }
        }
        Ok(())
    }

    /// Forgets the declarations of the element entered last.
    pub(super) fn leave(&mut self) {
        if let Some(mark) = self.marks.pop()
            && self.bindings.len() > mark
        {
            self.bindings.truncate(mark);
            self.known = None;
        }
    }

    fn bind(&mut self, at: usize, prefix: &'a [u8], raw: &'a str) -> Result<(), Stop> {
        let namespace = value(raw);
        let fault = match (prefix, namespace.as_ref()) {
            (b"xml", XML) => return Ok(()),
            (b"xml", _) => "the prefix xml may not be bound to another namespace",
            (_, XML) => "no prefix but xml may be bound to the namespace of xml",
            (b"xmlns", _) => "the prefix xmlns may not be declared",
            (_, XMLNS) => "nothing may be bound to the namespace of xmlns",
            (b"", _) => "",
            (_, "") => "a prefix may not be bound to nothing",
            (_, _) => "",
        };
        if !fault.is_empty() {
            return Err(Stop::namespace(at, fault));
        }
        if namespace.len() > NAMESPACE_LIMIT {
            let words = format!("a namespace is longer than {NAMESPACE_LIMIT} octets");
            return Err(Stop::new(Code::XmlTooLarge, at, words));
        }
        if self.bindings.len() >= BINDING_LIMIT {
            let words = format!("more than {BINDING_LIMIT} namespace declarations in force");
            return Err(Stop::new(Code::XmlTooLarge, at, words));
        }
        self.bindings.push((prefix, namespace));
        self.known = None;
        Ok(())
    }

    fn meaning_of(&self, at: usize, prefix: &[u8]) -> Result<&str, Stop> {
        if prefix == b"xml" {
            return Ok(XML);
        }
        match self.bindings.iter().rev().find(|(bound, _)| *bound == prefix) {
            Some((_, namespace)) => Ok(namespace),
            None => {
                let words = format!("the prefix {} is not declared here", cut(prefix));
                Err(Stop::namespace(at, words))
            }
        }
    }
}

/// No attribute twice (XML 1.0, section 3.1: Unique Att Spec).
fn distinct(attributes: &[Attribute<'_>]) -> Result<(), Stop> {
    // Few are compared each with each; that needs no room.
    if attributes.len() <= FEW {
        let mut others = attributes;
        let is_repeated = |(one, rest): (&Attribute<'_>, &[Attribute<'_>])| {
            rest.iter().any(|other| other.name.text == one.name.text)
        };
        let mut repeated = false;
        while let Some(parted) = others.split_first() {
            repeated |= is_repeated(parted);
            others = parted.1;
        }
        if !repeated {
            return Ok(());
        }
    }
    let mut names: Vec<(&[u8], usize)> =
        attributes.iter().map(|attribute| (attribute.name.text, attribute.at)).collect();
    names.sort_unstable();
    for pair in names.windows(2) {
        if let [(one, _), (other, at)] = pair
            && one == other
        {
            return Err(Stop::ill_formed(*at, format!("the attribute {} stands twice", cut(one))));
        }
    }
    Ok(())
}

/// Up to how many attributes are compared each with each.
const FEW: usize = 8;

/// Whether a name is a QName (Namespaces, productions 7 to 11).
pub(super) fn qualified(at: usize, name: Name<'_>) -> Result<(), Stop> {
    if name.is_qualified() {
        Ok(())
    } else {
        Err(Stop::namespace(at, format!("'{}' is no qualified name", cut(name.text))))
    }
}

/// An attribute's value, normalised (XML 1.0, section 3.3.3).
pub(crate) fn value(raw: &str) -> Cow<'_, str> {
    if !raw.contains(['&', '\t', '\r', '\n']) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    // A line end is one blank, however it is written (section 2.11).
    let raw = raw.replace("\r\n", "\n");
    let mut rest = raw.as_str();
    while let Some(at) = rest.find(['&', '\t', '\r', '\n']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        match found.strip_prefix('&').and_then(|found| found.split_once(';')) {
            Some((body, after)) => {
                out.extend(meaning(body));
                rest = after;
            }
            None => {
                out.push(' ');
                rest = found.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}
