//! Every element of a certificate, and what the profile says of it.

use super::super::catalogue::Code;
use super::super::codes::List;
use super::super::document::Certificate;
use super::super::element::{Element, Kind, Shape, Type};
use super::super::facts::Paths;
use super::super::finding::{Finding, Level};
use super::super::leaf::{Leaf, Spelling};
use super::super::tree::{Item, Node};
use super::way::{self, Step};
use super::{BEYOND, Profile, Sent, Terms, andean, ephyto, traces};

/// How many findings are told of one certificate.
const MOST: usize = 200;

//------------ Walk ----------------------------------------------------------

/// A walk over a certificate; paths are put together only for a finding.
pub(super) struct Walk<'t, 'c> {
    pub terms: &'t Terms<'t>,
    root: &'static Type,
    document_type: Option<&'c str>,
    steps: Vec<Step<'c>>,
    findings: Vec<Finding>,
    untold: usize,
    /// What the ePhyto form has no place for.
    pub beyond: ephyto::Beyond,
}

impl<'t, 'c> Walk<'t, 'c> {
    /// Walks through all of `certificate`.
    pub(super) fn of(terms: &'t Terms<'t>, certificate: &'c Certificate) -> Self {
        let root = certificate.root();
        let mut walk = Walk {
            terms,
            root: root.of(),
            document_type: certificate.document().and_then(|document| document.text("TypeCode")),
            steps: Vec::new(),
            findings: Vec::new(),
            untold: 0,
            beyond: ephyto::Beyond::default(),
        };
        walk.node(root);
        walk
    }

    /// What was found.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        let beyond = std::mem::take(&mut self.beyond);
        self.findings.extend(beyond.findings(self.terms.who));
        if self.untold > 0 {
            let words = format!("{} more findings are not told", self.untold);
            self.findings.push(Finding::new(Code::FindingsMore, "", words, "mend the first"));
        }
        self.findings
    }

    /// The depth of this recursion is the tree's, which its maker bounds.
    fn node(&mut self, node: &'c Node) {
        match self.terms.profile {
            Profile::Andean => andean::node(self, node),
            Profile::Ephyto => ephyto::node(self, node),
            Profile::Traces => traces::node(self, node),
            Profile::UnCefact => {}
        }
        for (row, (element, entries)) in (0u8..).zip(node.rows()) {
            for (at, entry) in entries.iter().enumerate() {
                self.steps.push(Step { parent: node, element, row, at });
                match &entry.item {
                    Item::Leaf(leaf) => self.leaf(node.of(), element, leaf),
                    Item::Node(below) => self.node(below),
                }
                self.steps.pop();
            }
        }
    }

    fn leaf(&mut self, of: &'static Type, element: &'static Element, leaf: &Leaf) {
        let Kind::Leaf(shape, list) = &element.kind else { return };
        if *list == Some(List::Country) || element.name == "CountryID" {
            self.country(*list, &leaf.text);
        }
        match self.terms.profile {
            Profile::Andean => andean::leaf(self, of, element, *shape, leaf),
            Profile::Ephyto => ephyto::leaf(self, of, element, *shape, leaf),
            Profile::Traces => traces::leaf(self, of, *shape, leaf),
            Profile::UnCefact => {}
        }
    }

    /// A country that is on no list goes to those alone who know it. Nothing
    /// binds the country of an address, so nobody need refuse one there.
    fn country(&mut self, list: Option<List>, text: &str) {
        let known = |code: &&str| self.terms.countries.iter().any(|taken| taken.as_str() == *code);
        if let Some(code) = BEYOND.iter().find(|code| **code == text).filter(|code| !known(code)) {
            let words = format!("{} was not agreed to take {code} for a country", self.terms.who);
            let remedy = format!("write the code they know, or add \"{code}\" to xml_countries");
            let finding = Finding::new(Code::ProfileCountry, "", words, remedy);
            let level = if list.is_some() { Level::Severe } else { Level::Warning };
            self.tell(finding.at_level(level));
        }
    }

    /// How a date that stands in `of` is spelled in what is sent.
    pub(super) fn spelling(&self, of: &Type, leaf: &Leaf) -> Spelling {
        match self.terms.sent {
            Sent::AsItIs => leaf.spelling,
            Sent::Written(options) => options.spelling(of, leaf),
        }
    }

    /// A date as plain text, which the schema itself does not have: who checks
    /// by a schema refuses it.
    pub(super) fn plain_date(&mut self, of: &'static Type, shape: Shape, leaf: &Leaf) -> bool {
        let plain = shape == Shape::DateTime && self.spelling(of, leaf) == Spelling::Text;
        if plain {
            let words = format!("{} takes no date as plain text", self.terms.who);
            let remedy = "write it as udt:DateTimeString, or as udt:DateTime";
            let finding = Finding::new(Code::ProfileDate, "", words, remedy);
            self.tell(finding.at_level(Level::Severe));
        }
        plain
    }

    /// The step that led to where the walk is.
    pub(super) fn here(&self) -> Option<Step<'c>> {
        self.steps.last().copied()
    }

    /// As [`Walk::tell`], about the element that holds the value where the walk is.
    pub(super) fn tell_around(&mut self, finding: Finding) {
        let step = self.steps.pop();
        self.tell(finding);
        self.steps.extend(step);
    }

    /// As [`Walk::tell`], about the `at`th `name` (from 0) of the node where the
    /// walk is.
    pub(super) fn tell_below(&mut self, node: &'c Node, name: &str, at: usize, finding: Finding) {
        let Some((row, element)) = node.of().element(name) else { return self.tell(finding) };
        self.steps.push(Step { parent: node, element, row, at });
        self.tell(finding);
        self.steps.pop();
    }

    /// The step that led to the element that holds the value where the walk is.
    pub(super) fn entry(&self) -> Option<Step<'c>> {
        self.steps.iter().nth_back(1).copied()
    }

    /// The document's type as it is written.
    pub(super) fn document_type(&self) -> Option<&'c str> {
        self.document_type
    }

    /// Goes on to the first `element` below where the walk is, for a while.
    pub(super) fn within<T>(
        &mut self,
        node: &'c Node,
        row: u8,
        element: &'static Element,
        there: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.steps.push(Step { parent: node, element, row, at: 0 });
        let came = there(self);
        self.steps.pop();
        came
    }

    /// Where the walk is.
    pub(super) fn path(&self) -> String {
        way::path(self.terms.sent.paths(), self.root, &self.steps)
    }

    /// Tells a finding about where the walk is.
    pub(super) fn tell(&mut self, finding: Finding) {
        self.tell_at(finding, |walk| walk.path());
    }

    /// Tells a finding about an element that is not there.
    pub(super) fn tell_missing(&mut self, element: &Element, finding: Finding) {
        self.tell_at(finding, |walk| way::missing(walk.terms.sent.paths(), &walk.path(), element));
    }

    /// Tells a finding about a plain field that is not there; in XML about the
    /// element where the walk is.
    pub(super) fn tell_no_field(&mut self, field: &str, finding: Finding) {
        self.tell_at(finding, |walk| match walk.terms.sent.paths() {
            Paths::Json => format!("{}/{field}", walk.path()),
            Paths::Xml => walk.path(),
        });
    }

    /// A path in JSON costs a look at all that stands before, so that of what is
    /// not told is not made.
    fn tell_at(&mut self, finding: Finding, path: impl FnOnce(&Self) -> String) {
        if self.findings.len() >= MOST {
            self.untold += 1;
        } else {
            let path = path(self);
            self.findings.push(Finding { path, ..finding });
        }
    }
}
