//! Which prefix means what: Namespaces in XML 1.0 (Third Edition).

use std::borrow::Cow;

use super::scan::{Attribute, is_unprefixed, meaning};
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
    bindings: Vec<(&'a str, Cow<'a, str>)>,
    /// How many were in force outside each element that is open.
    marks: Vec<usize>,
}

impl<'a> Scope<'a> {
    pub(super) fn new() -> Self {
        Scope { bindings: Vec::new(), marks: Vec::new() }
    }

    /// Takes in an element's declarations, then checks its name and those of
    /// its attributes.
    pub(super) fn enter(
        &mut self,
        at: usize,
        name: &'a str,
        attributes: &[Attribute<'a>],
    ) -> Result<(), Stop> {
        self.marks.push(self.bindings.len());
        distinct(attributes)?;
        for attribute in attributes {
            if attribute.name == "xmlns" {
                self.bind(attribute.at, "", attribute.raw)?;
            } else if let Some(prefix) = attribute.name.strip_prefix("xmlns:") {
                if !is_unprefixed(prefix) {
                    return Err(Stop::namespace(
                        attribute.at,
                        format!("'{}' is no prefix", cut(prefix)),
                    ));
                }
                self.bind(attribute.at, prefix, attribute.raw)?;
            }
        }
        let (prefix, _) = split(at, name)?;
        if prefix == Some("xmlns") {
            return Err(Stop::namespace(at, "an element may not have the prefix xmlns"));
        }
        self.meaning_of(at, prefix)?;
        let mut expanded = Vec::new();
        for attribute in attributes {
            let (prefix, local) = split(attribute.at, attribute.name)?;
            if let Some(prefix) = prefix
                && prefix != "xmlns"
            {
                let namespace = self.meaning_of(attribute.at, Some(prefix))?;
                expanded.push((namespace, local, attribute));
            }
        }
        expanded.sort_by_key(|(namespace, local, _)| (*namespace, *local));
        // Section 6.3: no two attributes of the same expanded name.
        for pair in expanded.windows(2) {
            if let [(one, local, _), (other, same, attribute)] = pair
                && one == other
                && local == same
            {
                let words =
                    format!("the attribute {} stands twice, by two prefixes", cut(attribute.name));
                return Err(Stop::namespace(attribute.at, words));
            }
        }
        Ok(())
    }

    /// Forgets the declarations of the element entered last.
    pub(super) fn leave(&mut self) {
        if let Some(mark) = self.marks.pop() {
            self.bindings.truncate(mark);
        }
    }

    fn bind(&mut self, at: usize, prefix: &'a str, raw: &'a str) -> Result<(), Stop> {
        let namespace = value(raw);
        let fault = match (prefix, namespace.as_ref()) {
            ("xml", XML) => return Ok(()),
            ("xml", _) => "the prefix xml may not be bound to another namespace",
            (_, XML) => "no prefix but xml may be bound to the namespace of xml",
            ("xmlns", _) => "the prefix xmlns may not be declared",
            (_, XMLNS) => "nothing may be bound to the namespace of xmlns",
            ("", _) => "",
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
        Ok(())
    }

    fn meaning_of(&self, at: usize, prefix: Option<&str>) -> Result<&str, Stop> {
        if prefix == Some("xml") {
            return Ok(XML);
        }
        let wanted = prefix.unwrap_or_default();
        let bound = self.bindings.iter().rev().find(|(bound, _)| *bound == wanted);
        match (bound, prefix) {
            (Some((_, namespace)), _) => Ok(namespace),
            (None, None) => Ok(""),
            (None, Some(prefix)) => {
                Err(Stop::namespace(at, format!("the prefix {} is not declared here", cut(prefix))))
            }
        }
    }
}

/// No attribute twice (XML 1.0, section 3.1: Unique Att Spec).
fn distinct(attributes: &[Attribute<'_>]) -> Result<(), Stop> {
    let mut names: Vec<(&str, usize)> =
        attributes.iter().map(|attribute| (attribute.name, attribute.at)).collect();
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

/// A QName in its two parts (Namespaces, productions 7 to 11).
pub(super) fn split(at: usize, name: &str) -> Result<(Option<&str>, &str), Stop> {
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) => (Some(prefix), local),
        None => (None, name),
    };
    if prefix.is_none_or(is_unprefixed) && is_unprefixed(local) {
        Ok((prefix, local))
    } else {
        Err(Stop::namespace(at, format!("'{}' is no qualified name", cut(name))))
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
