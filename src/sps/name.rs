//! Names as documents write them, and the namespaces that are known to us.

use std::rc::Rc;

use super::{ACK, RAM, RSM, UDT};

/// What `xml` is bound to, always.
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

//------------ Namespace -----------------------------------------------------

/// A namespace: one that means something to us, or another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Namespace {
    Ack,
    Dsig,
    None,
    Other(Rc<str>),
    Ram,
    Rsm,
    Udt,
    Xml,
    Xsi,
}

impl Namespace {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "" => Namespace::None,
            ACK => Namespace::Ack,
            DSIG => Namespace::Dsig,
            RAM => Namespace::Ram,
            RSM => Namespace::Rsm,
            UDT => Namespace::Udt,
            XML => Namespace::Xml,
            XSI => Namespace::Xsi,
            other => Namespace::Other(other.into()),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Namespace::Ack => ACK,
            Namespace::Dsig => DSIG,
            Namespace::None => "",
            Namespace::Other(name) => name,
            Namespace::Ram => RAM,
            Namespace::Rsm => RSM,
            Namespace::Udt => UDT,
            Namespace::Xml => XML,
            Namespace::Xsi => XSI,
        }
    }

    /// The prefix that we write it with; absent if we never do.
    pub(super) fn our_prefix(&self) -> Option<&'static str> {
        match self {
            Namespace::Ack | Namespace::Rsm => Some("rsm"),
            Namespace::Ram => Some("ram"),
            Namespace::Udt => Some("udt"),
            Namespace::Xml => Some("xml"),
            Namespace::Dsig | Namespace::None | Namespace::Other(_) | Namespace::Xsi => None,
        }
    }
}

//------------ Name ----------------------------------------------------------

/// A name as written, and the namespace it stands for.
#[derive(Clone, Debug)]
pub(super) struct Name<'n> {
    pub written: &'n str,
    pub namespace: Namespace,
    /// Where the local part begins.
    local: usize,
}

impl<'n> Name<'n> {
    pub(super) fn prefix(&self) -> &'n str {
        self.written.get(..self.local.saturating_sub(1)).unwrap_or_default()
    }

    pub(super) fn local(&self) -> &'n str {
        self.written.get(self.local..).unwrap_or_default()
    }

    /// `{namespace}name`, or `name` outside any.
    pub(super) fn expanded(&self) -> String {
        match self.namespace.as_str() {
            "" => self.local().to_owned(),
            namespace => format!("{{{namespace}}}{}", self.local()),
        }
    }
}

//------------ Last ----------------------------------------------------------

/// What was found for the prefix of an element.
#[derive(Debug)]
struct Last {
    /// Which declaration, and how many there were then.
    at: usize,
    count: usize,
    /// The prefix and its colon, so short that they are compared at once, and
    /// the octets of a name that are they.
    written: u32,
    mask: u32,
    /// How long both are.
    length: usize,
}

impl Last {
    /// Absent for a prefix that is longer than most, or empty.
    fn new(prefix: &str, at: usize, count: usize) -> Option<Self> {
        let length = prefix.len() + 1;
        let mut written = [0; 4];
        let mut mask = [0; 4];
        written.get_mut(..prefix.len())?.copy_from_slice(prefix.as_bytes());
        *written.get_mut(prefix.len())? = b':';
        mask.get_mut(..length)?.fill(u8::MAX);
        let (written, mask) = (u32::from_ne_bytes(written), u32::from_ne_bytes(mask));
        (length > 1).then_some(Last { at, count, written, mask, length })
    }

    fn begins(&self, name: &str) -> bool {
        let first = name.as_bytes().first_chunk().map(|first| u32::from_ne_bytes(*first));
        first.is_some_and(|first| first & self.mask == self.written)
    }
}

//------------ Bindings ------------------------------------------------------

/// Which prefix means what, declarations outermost first.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    declared: Vec<(String, Namespace)>,
    /// The declaration asked for last: most elements have the prefix of the one
    /// before.
    last: Option<Last>,
    /// Whether any declaration has a prefix that we would not have used.
    pub foreign: bool,
}

impl Bindings {
    /// How many declarations are in force.
    pub(super) fn mark(&self) -> usize {
        self.declared.len()
    }

    /// Forgets all declarations since a mark.
    pub(super) fn forget(&mut self, mark: usize) {
        self.declared.truncate(mark);
    }

    pub(super) fn declare(&mut self, prefix: &str, namespace: &str) {
        let namespace = Namespace::of(namespace);
        self.foreign |= namespace.our_prefix().is_some_and(|ours| ours != prefix);
        self.declared.push((prefix.to_owned(), namespace));
        // It may hide the one asked for last.
        self.last = None;
    }

    /// What a prefix stands for here; the empty one where nothing is declared
    /// for none.
    pub(super) fn namespace(&self, prefix: &str) -> Namespace {
        let bound = self.declared.iter().rev().find(|(known, _)| known == prefix);
        match bound {
            Some((_, namespace)) => namespace.clone(),
            None if prefix == "xml" => Namespace::Xml,
            None => Namespace::None,
        }
    }

    /// An element's name, which takes the default namespace.
    pub(super) fn element<'n>(&mut self, written: &'n str) -> Name<'n> {
        if let Some(last) = &self.last
            && last.count == self.declared.len()
            && last.begins(written)
            && let Some((_, namespace)) = self.declared.get(last.at)
        {
            return Name { written, namespace: namespace.clone(), local: last.length };
        }
        let local = local_of(written);
        let prefix = written.get(..local.saturating_sub(1)).unwrap_or_default();
        if let Some(at) = self.declared.iter().rposition(|(known, _)| known == prefix) {
            self.last = Last::new(prefix, at, self.declared.len());
        }
        Name { written, namespace: self.namespace(prefix), local }
    }

    /// An attribute's name, which does not.
    pub(super) fn attribute<'n>(&self, written: &'n str) -> Name<'n> {
        let local = local_of(written);
        let namespace = match written.get(..local.saturating_sub(1)).unwrap_or_default() {
            "" => Namespace::None,
            prefix => self.namespace(prefix),
        };
        Name { written, namespace, local }
    }
}

/// Where the local part of a name begins.
fn local_of(written: &str) -> usize {
    written.bytes().position(|octet| octet == b':').map_or(0, |colon| colon + 1)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_declaration_counts() {
        let mut bindings = Bindings::default();
        let means = |bindings: &mut Bindings, name: &str| {
            bindings.element(name).namespace.as_str().to_owned()
        };
        bindings.declare("a", "urn:1");
        let mark = bindings.mark();
        bindings.declare("b", "urn:2");
        assert_eq!(means(&mut bindings, "a:x"), "urn:1");
        // As many declarations as before, and another one hides it.
        bindings.forget(mark);
        bindings.declare("a", "urn:3");
        assert_eq!(means(&mut bindings, "a:x"), "urn:3");
        bindings.forget(mark);
        assert_eq!(means(&mut bindings, "a:x"), "urn:1");
        assert_eq!(means(&mut bindings, "x"), "");
        bindings.declare("", "urn:5");
        assert_eq!(means(&mut bindings, "x"), "urn:5");
        // The prefix asked for last, of every length, and what begins like it.
        for (at, prefix) in ["q", "qq", "qqq", "qqqq", "q.q"].into_iter().enumerate() {
            bindings.declare(prefix, &format!("urn:q{at}"));
        }
        for (at, prefix) in ["q", "qq", "qqq", "qqqq", "q.q"].into_iter().enumerate() {
            for local in ["a", "ID", "Name", "IncludedSPSNote"] {
                let name = bindings.element(&format!("{prefix}:{local}")).namespace.clone();
                assert_eq!(name.as_str(), format!("urn:q{at}"), "{prefix}:{local}");
                let written = format!("{prefix}:{local}");
                assert_eq!(bindings.element(&written).local(), local);
            }
        }
        assert_eq!(bindings.attribute("x").namespace, Namespace::None);
        assert_eq!(bindings.attribute("xml:lang").namespace, Namespace::Xml);
    }
}
