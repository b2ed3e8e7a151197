//! What is told: its path, its place, and how much of it.

use super::super::gate;
use super::stack::Place;
use super::unsaid::Unsaid;
use super::{FINDING_LIMIT, Reader};
use crate::certificate::catalogue::Code;
use crate::certificate::likeness::meant;
use crate::certificate::{Finding, Level, any_severe};

impl Reader<'_> {
    /// The way to the innermost element that is open.
    pub(super) fn path(&self) -> String {
        let opens = self.opens.iter().map(|open| &open.place);
        let leaf = self.leaf.iter().map(|leaf| &leaf.place);
        let child = self.child.iter().map(|child| &child.place);
        opens.chain(leaf).chain(child).map(shown).collect()
    }

    /// The way to an element that has just been closed.
    pub(super) fn path_to(&self, place: &Place) -> String {
        self.path() + &shown(place)
    }

    pub(super) fn tell(&mut self, at: usize, code: Code, words: String, remedy: &str) {
        self.push_by(at, Finding::new(code, "", words, remedy), Self::path);
    }

    /// Whether no more findings are told, but for a first severe one.
    pub(super) fn is_full(&self) -> bool {
        self.findings.len() >= FINDING_LIMIT
    }

    /// Whether a finding of this level is told; one that is not is counted. A
    /// severe one is always told, so that there is a reason to show.
    fn has_room(&mut self, level: Level) -> bool {
        // What is of another version has everything wrong, and that is told.
        if self.is_other_version {
            return false;
        }
        let has_room = !self.is_full() || (level == Level::Severe && !any_severe(&self.findings));
        self.untold += usize::from(!has_room);
        has_room
    }

    pub(super) fn push(&mut self, at: usize, finding: Finding) {
        if self.has_room(finding.level) {
            let (line, column) = self.place(at);
            self.findings.push(finding.at_place(line, column));
        }
    }

    /// As [`Reader::push`]; `path` is put together only for what is told.
    pub(super) fn push_by(
        &mut self,
        at: usize,
        finding: Finding,
        path: impl FnOnce(&Self) -> String,
    ) {
        if self.has_room(finding.level) {
            let path = path(self);
            let (line, column) = self.place(at);
            self.findings.push(Finding { path, ..finding }.at_place(line, column));
        }
    }

    /// Line and column, counted on from the place asked for last.
    fn place(&mut self, at: usize) -> (u32, u32) {
        let (from, line, column) = self.last_place;
        let octets = self.octets;
        let found = match octets.get(from..at) {
            Some(between) => {
                let (lines, columns) = gate::place(between, between.len());
                if lines == 1 { (line, column + columns - 1) } else { (line + lines - 1, columns) }
            }
            None => gate::place(octets, at),
        };
        self.last_place = (at, found.0, found.1);
        found
    }

    /// What is no content, once all has been read.
    pub(super) fn unsaid(&self) -> Unsaid {
        let reordered = self.findings.iter().any(|finding| finding.code == Code::ElementOrder);
        Unsaid { prefixes: self.bindings.foreign, reordered, ..self.unsaid }
    }

    pub(super) fn finish(mut self) -> Vec<Finding> {
        if let Some(finding) = self.elsewhere() {
            return vec![finding];
        }
        if let Some(at) = self.consignment.filter(|_| !self.has_line) {
            // One thing that is missing is told once, and as what it means.
            let lines = ["IncludedSPSConsignmentItem", "IncludedSPSTradeLineItem"];
            let is_about_lines = |told: &mut Finding| {
                let step = told.path.rsplit('/').next().unwrap_or_default();
                let name = step.split('[').next().unwrap_or_default();
                match told.code {
                    Code::ElementAbsent => lines.contains(&name),
                    Code::ElementUnknown => meant(name, lines.into_iter()).is_some(),
                    _ => false,
                }
            };
            let about: Vec<Finding> = self.findings.extract_if(.., is_about_lines).collect();
            let unknown = about.into_iter().find(|told| told.code == Code::ElementUnknown);
            let path = "/SPSCertificate/SPSConsignment";
            let words = "the consignment has no trade line";
            let (words, remedy) = match unknown {
                Some(unknown) => (format!("{words}: {}", unknown.words), unknown.remedy),
                None => {
                    (words.to_owned(), "write at least one IncludedSPSTradeLineItem".to_owned())
                }
            };
            self.push(at, Finding::new(Code::TradeLineMissing, path, words, remedy));
        }
        if self.untold > 0 {
            let words = format!("at least {} more findings are not told", self.untold);
            let finding = Finding::new(Code::FindingsMore, "", words, "mend the first");
            self.findings.push(finding);
        }
        self.findings
    }
}

/// A step of a path. The root and its parts stand without position.
pub(super) fn shown(place: &Place) -> String {
    let (name, position) = (place.name, place.position);
    let is_part = PARTS.contains(&name);
    if is_part && position == 1 { format!("/{name}") } else { format!("/{name}[{position}]") }
}

/// The roots and their children.
const PARTS: [&str; 5] = [
    "SPSAcknowledgement",
    "SPSAcknowledgementDocument",
    "SPSCertificate",
    "SPSConsignment",
    "SPSExchangedDocument",
];
