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
}

impl<'n> Name<'n> {
    pub(super) fn prefix(&self) -> &'n str {
        self.written.split_once(':').map_or("", |(prefix, _)| prefix)
    }

    pub(super) fn local(&self) -> &'n str {
        self.written.split_once(':').map_or(self.written, |(_, local)| local)
    }

    /// `{namespace}name`, or `name` outside any.
    pub(super) fn expanded(&self) -> String {
        match self.namespace.as_str() {
            "" => self.local().to_owned(),
            namespace => format!("{{{namespace}}}{}", self.local()),
        }
    }
}

//------------ Bindings ------------------------------------------------------

/// Which prefix means what, declarations outermost first.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    declared: Vec<(String, Namespace)>,
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
    }

    /// What a prefix stands for here; the empty one where nothing is declared
    /// for none.
    pub(super) fn namespace(&self, prefix: &str) -> Namespace {
        if prefix == "xml" {
            return Namespace::Xml;
        }
        let bound = self.declared.iter().rev().find(|(known, _)| known == prefix);
        bound.map_or(Namespace::None, |(_, namespace)| namespace.clone())
    }

    /// An element's name, which takes the default namespace.
    pub(super) fn element<'n>(&self, written: &'n str) -> Name<'n> {
        let prefix = written.split_once(':').map_or("", |(prefix, _)| prefix);
        Name { written, namespace: self.namespace(prefix) }
    }

    /// An attribute's name, which does not.
    pub(super) fn attribute<'n>(&self, written: &'n str) -> Name<'n> {
        let namespace = match written.split_once(':') {
            Some((prefix, _)) => self.namespace(prefix),
            None => Namespace::None,
        };
        Name { written, namespace }
    }
}
