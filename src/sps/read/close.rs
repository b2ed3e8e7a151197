//! What an end tag closes, and what is found wrong with it.

use compact_str::CompactString;

use super::super::canon::escape_text;
use super::super::gate::place;
use super::{Content, FINDING_LIMIT, Frame, Open, Reader, Unsaid};
use crate::certificate::catalogue::Code;
use crate::certificate::element::Shape;
use crate::certificate::rules::{self, Strictness};
use crate::certificate::value::{collapsed, is_blank};
use crate::certificate::{Document, Extra, Finding, Item, Leaf, Level, Node, Spelling, any_severe};

impl Reader<'_> {
    //--- Text

    pub(super) fn characters(&mut self, text: &str) {
        if let Some(capture) = &mut self.capture {
            capture.text(text);
            self.keep_in_bounds();
        } else if let Some(frame) = self.frames.last_mut() {
            match &frame.content {
                // Blanks between elements say nothing.
                Content::Node(_) if text.chars().all(is_blank) => self.unsaid.blanks = true,
                Content::Leaf { .. } | Content::Node(_) | Content::Spelled { .. } => {
                    frame.text.push_str(text);
                }
            }
        }
    }

    //--- End tags

    /// Closes what is open; the root's node, if it was the root.
    pub(super) fn end(&mut self) -> Option<Node> {
        if let Some(mark) = self.marks.pop() {
            self.bindings.forget(mark);
        }
        if let Some(capture) = &mut self.capture {
            if let Some(unknown) = capture.end() {
                self.capture = None;
                self.room = self.room.saturating_sub(unknown.len());
                if let Some(frame) = self.frames.last_mut()
                    && !unknown.is_empty()
                {
                    frame.extra.get_or_insert_default().unknown.push(unknown);
                }
            }
            return None;
        }
        let Frame { name, position, at, content, text, mut extra } = self.frames.pop()?;
        let step = (name, position);
        match content {
            Content::Spelled { leaf } => self.end_spelled(leaf, text, extra),
            Content::Leaf { of, element, shape, row, mut leaf, spelled } => {
                if spelled {
                    self.stray(at, step, text.trim_matches(is_blank), &mut extra);
                } else {
                    leaf.text = text;
                    if matches!(shape, Shape::DateTime | Shape::Indicator) {
                        leaf.spelling = Spelling::Text;
                    }
                }
                leaf.text = collapsed(shape, std::mem::take(&mut leaf.text));
                if let Some(extra) = extra {
                    *leaf.extra_mut() = *extra;
                }
                let found = rules::leaf(of, element, &leaf, Strictness::Received);
                if !found.is_empty() {
                    let path = self.path_to(step);
                    for fault in found {
                        let path = match fault.path.as_str() {
                            "" => path.clone(),
                            attribute => format!("{path}/{attribute}"),
                        };
                        self.push(at, Finding { path, ..fault });
                    }
                }
                let item = Item::Leaf(leaf);
                if element.occurs.is_mandatory() && item.says_nothing(element) {
                    self.unsaid.empty += 1;
                }
                self.add(row, item);
            }
            Content::Node(open) => {
                let Open { mut node, row, .. } = *open;
                self.stray(at, step, text.trim_matches(is_blank), &mut extra);
                if let Some(extra) = extra {
                    *node.extra_mut() = *extra;
                }
                node.settle();
                let found = rules::node(&node, Strictness::Received);
                if !found.is_empty() {
                    let path = self.path_to(step);
                    for (element, fault) in found {
                        let path = format!("{path}/{}", element.name);
                        self.push(at, Finding { path, ..fault });
                    }
                }
                node.tidy();
                if self.frames.is_empty() {
                    return Some(node);
                }
                self.add(row, Item::Node(node));
            }
        }
        None
    }

    /// The `udt` child of a date or an indicator: its text is the outer value.
    fn end_spelled(&mut self, mut leaf: Leaf, text: CompactString, extra: Option<Box<Extra>>) {
        leaf.text = text;
        let outer = self.frames.last_mut();
        if let Some(Frame { content: Content::Leaf { leaf: outer, .. }, extra: kept, .. }) = outer {
            leaf.spelling = outer.spelling;
            *outer = leaf;
            if let Some(mut extra) = extra {
                let kept = kept.get_or_insert_default();
                for (name, value) in extra.attributes() {
                    kept.set(name.clone(), value.clone());
                }
                kept.unknown.append(&mut extra.unknown);
            }
        }
    }

    fn add(&mut self, row: u8, item: Item) {
        if let Some(Frame { content: Content::Node(open), .. }) = self.frames.last_mut() {
            open.node.append(row, item);
        }
    }

    /// Text where the schema has only elements.
    fn stray(&mut self, at: usize, step: (&str, u32), text: &str, extra: &mut Option<Box<Extra>>) {
        if text.is_empty() {
            return;
        }
        let mut escaped = String::new();
        escape_text(&mut escaped, text);
        extra.get_or_insert_default().unknown.push(escaped);
        let words = "text stands here between elements";
        let path = self.path_to(step);
        let finding = Finding::new(Code::TextStray, path, words, "leave it out");
        self.push(at, finding);
    }

    //--- Findings

    /// The way to the innermost element that is open.
    pub(super) fn path(&self) -> String {
        let steps = self.frames.iter().map(|frame| (frame.name, frame.position));
        steps.map(shown).collect()
    }

    /// The way to an element that has just been closed.
    fn path_to(&self, step: (&str, u32)) -> String {
        self.path() + &shown(step)
    }

    pub(super) fn tell(&mut self, at: usize, code: Code, words: String, remedy: &str) {
        let finding = Finding::new(code, self.path(), words, remedy);
        self.push(at, finding);
    }

    /// A severe one is always told, so that there is a reason to show.
    pub(super) fn push(&mut self, at: usize, finding: Finding) {
        let has_room = self.findings.len() < FINDING_LIMIT
            || (finding.level == Level::Severe && !any_severe(&self.findings));
        if !has_room {
            self.untold += 1;
            return;
        }
        let (line, column) = self.place(at);
        self.findings.push(finding.at_place(line, column));
    }

    /// Line and column, counted on from the place asked for last.
    fn place(&mut self, at: usize) -> (u32, u32) {
        let (from, line, column) = self.last_place;
        let octets = self.text.as_bytes();
        let found = match octets.get(from..at) {
            Some(between) => {
                let (lines, columns) = place(between, between.len());
                if lines == 1 { (line, column + columns - 1) } else { (line + lines - 1, columns) }
            }
            None => place(octets, at),
        };
        self.last_place = (at, found.0, found.1);
        found
    }

    /// What is no content, once all has been read.
    pub(super) fn unsaid(&self) -> Unsaid {
        let reordered = self.findings.iter().any(|finding| finding.code == Code::ElementOrder);
        Unsaid { prefixes: self.bindings.foreign, reordered, ..self.unsaid }
    }

    pub(super) fn finish(mut self, document: Option<&Document>) -> Vec<Finding> {
        if let Some(Document::Certificate(certificate)) = document
            && certificate.consignment().is_some()
            && certificate.trade_lines().next().is_none()
        {
            let path = "/SPSCertificate/SPSConsignment";
            let words = "the consignment has no trade line";
            let remedy = "write at least one IncludedSPSTradeLineItem";
            self.push(0, Finding::new(Code::TradeLineMissing, path, words, remedy));
        }
        if self.untold > 0 {
            let words = format!("{} more findings are not told", self.untold);
            let finding = Finding::new(Code::FindingsMore, "", words, "mend the first");
            self.findings.push(finding);
        }
        self.findings
    }
}

/// A step of a path. The root and its parts stand without position.
fn shown((name, position): (&str, u32)) -> String {
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
