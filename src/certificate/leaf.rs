//! Values, and what a document holds beyond the schema.
//!
//! Most values are short: they stand where they are, without a heap of their own.

use compact_str::CompactString;

use super::element::Element;

//------------ Leaf ----------------------------------------------------------

/// A value as it was written, with its attributes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Leaf {
    pub text: CompactString,
    /// Those the schema gives the shape: XML names, sorted, each once.
    pub(super) attributes: Vec<(&'static str, CompactString)>,
    pub spelling: Spelling,
    pub(super) extra: Option<Box<Extra>>,
}

/// How a date or an indicator is spelled in XML. Not content.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Spelling {
    /// As we write them: a date as `udt:DateTimeString`, an indicator as
    /// `udt:Indicator`. Every other shape has no spelling but this.
    #[default]
    Ours,
    /// The other child: `udt:DateTime`, or `udt:IndicatorString`.
    Other,
    /// As text, without a child.
    Text,
}

impl Leaf {
    /// A value that says nothing.
    pub(super) const BLANK: Leaf = Leaf {
        text: CompactString::const_new(""),
        attributes: Vec::new(),
        spelling: Spelling::Ours,
        extra: None,
    };

    /// A value without attributes.
    pub fn new(text: impl Into<CompactString>) -> Self {
        Leaf { text: text.into(), ..Leaf::default() }
    }

    /// Sets an attribute of the schema (an XML name, as `languageID`).
    pub fn set(&mut self, name: &'static str, value: impl Into<CompactString>) {
        let value = value.into();
        match self.attributes.binary_search_by_key(&name, |(known, _)| known) {
            Ok(at) => self.attributes[at].1 = value,
            Err(at) => {
                // One is the rule.
                self.attributes.reserve_exact(1);
                self.attributes.insert(at, (name, value));
            }
        }
    }

    /// The attribute called `name`.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(known, _)| *known == name)?;
        Some(value)
    }

    /// All attributes, sorted by name.
    pub fn attributes(&self) -> &[(&'static str, CompactString)] {
        &self.attributes
    }

    /// What the schema has no place for, if there is any.
    pub fn extra(&self) -> Option<&Extra> {
        self.extra.as_deref()
    }

    /// Where to put what the schema has no place for.
    pub fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Whether it says no more than its absence from `element` would.
    pub(crate) fn says_nothing(&self, element: &Element) -> bool {
        self.attributes.is_empty()
            && self.extra.is_none()
            && (self.text.is_empty() || self.text == element.absent_value())
    }

    pub(super) fn normalise(&mut self) {
        if self.extra.as_deref().is_some_and(Extra::is_empty) {
            self.extra = None;
        }
    }
}

//------------ Extra ---------------------------------------------------------

/// What a document holds beyond the schema; kept, so that nothing is lost.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Extra {
    /// Attributes, `{namespace}name` or `name`, sorted, each once.
    attributes: Vec<(String, String)>,
    /// Elements in exclusive C14N, and stray text, as escaped XML, in
    /// document order.
    pub unknown: Vec<String>,
}

impl Extra {
    /// Sets an attribute, `{namespace}name` or `name`.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.attributes.binary_search_by(|(known, _)| known.cmp(&name)) {
            Ok(at) => self.attributes[at].1 = value,
            Err(at) => self.attributes.insert(at, (name, value)),
        }
    }

    /// The attributes, sorted by name.
    pub fn attributes(&self) -> &[(String, String)] {
        &self.attributes
    }

    /// An expanded name, `{namespace}name` or `name`, taken apart. Anything may
    /// stand in a namespace, a brace as well; none may in a name.
    pub fn expanded(name: &str) -> (Option<&str>, &str) {
        match name.strip_prefix('{').and_then(|name| name.rsplit_once('}')) {
            Some((namespace, local)) => (Some(namespace), local),
            None => (None, name),
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.unknown.is_empty()
    }

    pub(super) fn elements(&self) -> usize {
        self.unknown.iter().map(|unknown| unknown.matches('<').count()).sum()
    }
}
