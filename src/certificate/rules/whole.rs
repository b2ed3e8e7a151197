//! What the values of a certificate say together: one walk over the whole.
//!
//! Only what some rule is about is looked at, each entry once, and nothing is
//! put together where nothing is told. What depends on something that could
//! not be read is not judged: the fault is told where it is, and once.

use super::super::catalogue::Code;
use super::super::document::Document;
use super::super::element::{Kind, Shape, Type};
use super::super::finding::{Finding, Level};
use super::super::table;
use super::super::tree::{Item, Node};
use super::Strictness;
use super::notes::Notes;
use super::way::{Lacks, Placed, Way, children};
use super::{attachment, measures, parties, re_export, replacement, statements, treatment};

/// How many findings of this kind are told of one document.
const LIMIT: usize = 600;

/// What is wrong with a document as a whole, beyond each value and element by
/// itself. Only certificates have such rules.
pub fn whole(document: &Document, strictness: Strictness) -> Vec<Placed> {
    let Document::Certificate(certificate) = document else { return Vec::new() };
    let text = |name: &str| certificate.document().and_then(|document| document.text(name));
    let mut judge = Judge {
        strictness,
        document_type: text("TypeCode"),
        number: text("ID"),
        issued: text("IssueDateTime"),
        misplaced: Vec::new(),
        told: Vec::new(),
    };
    for (element, index, item) in children(certificate.root()) {
        let way = Way::from_root(element, index);
        match item {
            Item::Node(node) if node.of().is(&table::EXCHANGED_DOCUMENT) => {
                judge.exchanged_document(node, &way);
            }
            Item::Node(node) => judge.consignment(node, &way),
            Item::Leaf(_) => {}
        }
    }
    judge.told
}

//------------ Judge ---------------------------------------------------------

/// One walk over one certificate.
pub(super) struct Judge<'d> {
    pub strictness: Strictness,
    pub document_type: Option<&'d str>,
    pub number: Option<&'d str>,
    pub issued: Option<&'d str>,
    /// The tags that were told to stand in the wrong place: what they say is
    /// not missing elsewhere.
    pub misplaced: Vec<&'static str>,
    told: Vec<Placed>,
}

impl<'d> Judge<'d> {
    //--- Findings

    pub fn tell(&mut self, way: &Way<'_>, code: Code, words: String, remedy: impl Into<String>) {
        self.push(way, Lacks::Nothing, Finding::new(code, "", words, remedy));
    }

    /// As [`Judge::tell`], of something that is not there.
    pub fn tell_lack(
        &mut self,
        way: &Way<'_>,
        lacks: Lacks,
        code: Code,
        words: String,
        remedy: impl Into<String>,
    ) {
        self.push(way, lacks, Finding::new(code, "", words, remedy));
    }

    pub fn push(&mut self, way: &Way<'_>, lacks: Lacks, finding: Finding) {
        if self.told.len() < LIMIT {
            self.told.push(Placed { way: way.steps(), lacks, finding });
        }
    }

    /// The level of what is severe in a submission, and a warning in what
    /// others send.
    pub fn level(&self) -> Level {
        self.strictness.level()
    }

    /// An entry that is the same as the one before it; `last` is that one.
    /// Tagged ones are judged by their tags.
    fn twice(&mut self, last: &mut Option<&'d Node>, node: &'d Node, way: &Way<'_>) {
        let of = node.of();
        if of.is(&table::NOTE) || of.is(&table::CLASSIFICATION) {
            return;
        }
        let before = last.replace(node);
        if way.index() > 0 && before == Some(node) {
            let words = "this is the same as what stands before it".to_owned();
            self.tell(way, Code::ElementTwice, words, "leave one out, or write what differs");
        }
    }

    //--- The walk

    fn exchanged_document(&mut self, document: &'d Node, way: &Way<'_>) {
        let mut notes = Notes::new(super::tags::Level::Document);
        let mut last = None;
        for (element, index, item) in children(document) {
            let Item::Node(node) = item else { continue };
            let way = way.to(element, index);
            self.twice(&mut last, node, &way);
            if node.of().is(&table::NOTE) {
                notes.take(self, node, &way);
            } else if node.of().is(&table::REFERENCED_DOCUMENT) {
                self.referenced(node, &way);
            }
        }
        replacement::judge(self, document, &notes, way);
        statements::judge(self, document, way);
    }

    fn referenced(&mut self, referenced: &'d Node, way: &Way<'_>) {
        for (element, index, item) in children(referenced) {
            if let (Kind::Leaf(Shape::Binary, _), Item::Leaf(leaf)) = (&element.kind, item) {
                attachment::judge(self, leaf, &way.to(element, index));
            }
        }
    }

    fn consignment(&mut self, consignment: &'d Node, way: &Way<'_>) {
        parties::countries(self, consignment, way);
        let mut last = None;
        for (element, index, item) in children(consignment) {
            let Item::Node(node) = item else { continue };
            self.twice(&mut last, node, &way.to(element, index));
            if node.of().is(&table::TRANSPORT_EQUIPMENT) {
                measures::equipment(self, node, &way.to(element, index));
            } else if node.of().is(&table::CONSIGNMENT_ITEM) {
                let way = way.to(element, index);
                parties::sequence(self, node, &way);
                for (element, index, item) in children(node) {
                    if let Item::Node(line) = item
                        && line.of().is(&table::TRADE_LINE_ITEM)
                    {
                        self.trade_line(line, &way.to(element, index));
                    }
                }
            }
        }
    }

    fn trade_line(&mut self, line: &'d Node, way: &Way<'_>) {
        let mut notes = Notes::new(super::tags::Level::TradeLine);
        let mut classes = Notes::new(super::tags::Level::Classification);
        measures::weights(self, line, way);
        let mut last = None;
        for (element, index, item) in children(line) {
            let Item::Node(node) = item else { continue };
            let way = way.to(element, index);
            self.twice(&mut last, node, &way);
            let is = |of: &Type| node.of().is(of);
            if is(&table::NOTE) {
                notes.take(self, node, &way);
            } else if is(&table::CLASSIFICATION) {
                classes.take(self, node, &way);
            } else if is(&table::PACKAGE) {
                measures::package(self, node, &way);
            } else if is(&table::TRANSPORT_EQUIPMENT) {
                measures::equipment(self, node, &way);
            } else if is(&table::PROCESS) {
                treatment::judge(self, node, &way);
            } else if is(&table::REFERENCED_DOCUMENT) {
                self.referenced(node, &way);
            }
        }
        notes.other_quantity(self, line, way);
        re_export::judge(self, line, &notes, way);
    }
}
