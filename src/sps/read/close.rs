//! What an end tag closes, and what is found wrong with it.

use super::super::canon::escape_text;
use super::super::gate::place;
use super::{Content, FINDING_LIMIT, Frame, Reader};
use crate::certificate::catalogue::Code;
use crate::certificate::element::Shape;
use crate::certificate::rules::{self, Strictness};
use crate::certificate::value::{collapsed, is_blank};
use crate::certificate::{Certificate, Extra, Finding, Item, Level, Node, Spelling, any_severe};

impl Reader<'_> {
    //--- Text

    pub(super) fn characters(&mut self, text: &str) {
        if let Some(capture) = &mut self.capture {
            capture.text(text);
            self.keep_in_bounds();
        } else if let Some(frame) = self.frames.last_mut() {
            let keeps = match &frame.content {
                // Blanks between elements say nothing.
                Content::Node { .. } => !text.chars().all(is_blank),
                Content::Leaf { .. } | Content::Spelled { .. } => true,
            };
            if keeps {
                frame.text.push_str(text);
            }
        }
    }

    //--- End tags

    /// Closes what is open; the root's node, if it was the root.
    pub(super) fn end(&mut self) -> Option<Node> {
        if let Some(mark) = self.marks.pop() {
            self.bindings.truncate(mark);
        }
        if let Some(capture) = &mut self.capture {
            if let Some(unknown) = capture.end() {
                self.capture = None;
                self.room = self.room.saturating_sub(unknown.len());
                if let Some(frame) = self.frames.last_mut()
                    && !unknown.is_empty()
                {
                    frame.extra.unknown.push(unknown);
                }
            }
            return None;
        }
        let path = self.path();
        let Frame { at, content, text, mut extra, .. } = self.frames.pop()?;
        match content {
            Content::Spelled { mut leaf } => {
                leaf.text = text;
                if let Some(Frame {
                    content: Content::Leaf { leaf: outer, .. }, extra: kept, ..
                }) = self.frames.last_mut()
                {
                    leaf.spelling = outer.spelling;
                    *outer = leaf;
                    for (name, value) in extra.attributes() {
                        kept.set(name.clone(), value.clone());
                    }
                    kept.unknown.append(&mut extra.unknown);
                }
                None
            }
            Content::Leaf { of, element, shape, row, mut leaf, spelled } => {
                if spelled {
                    self.stray(at, &path, text.trim_matches(is_blank), &mut extra);
                } else {
                    leaf.text = text;
                    if matches!(shape, Shape::DateTime | Shape::Indicator) {
                        leaf.spelling = Spelling::Text;
                    }
                }
                leaf.text = collapsed(shape, std::mem::take(&mut leaf.text));
                if !extra.is_empty() {
                    *leaf.extra_mut() = extra;
                }
                for fault in rules::leaf(of, element, &leaf, Strictness::Received) {
                    self.push(at, Finding { path: path.clone(), ..fault });
                }
                self.add(row, Item::Leaf(leaf));
                None
            }
            Content::Node { mut node, row, .. } => {
                self.stray(at, &path, text.trim_matches(is_blank), &mut extra);
                if !extra.is_empty() {
                    *node.extra_mut() = extra;
                }
                node.settle();
                for (element, fault) in rules::node(&node, Strictness::Received) {
                    let path = format!("{path}/{}", element.name);
                    self.push(at, Finding { path, ..fault });
                }
                if self.frames.is_empty() {
                    return Some(node);
                }
                self.add(row, Item::Node(node));
                None
            }
        }
    }

    fn add(&mut self, row: u8, item: Item) {
        if let Some(Frame { content: Content::Node { node, .. }, .. }) = self.frames.last_mut() {
            node.append(row, item);
        }
    }

    /// Text where the schema has only elements.
    fn stray(&mut self, at: usize, path: &str, text: &str, extra: &mut Extra) {
        if text.is_empty() {
            return;
        }
        let mut escaped = String::new();
        escape_text(&mut escaped, text);
        extra.unknown.push(escaped);
        let words = "text stands here between elements";
        let finding = Finding::new(Code::TextStray, path, words, "leave it out");
        self.push(at, finding);
    }

    //--- Findings

    pub(super) fn path(&self) -> String {
        self.frames.iter().map(|frame| format!("/{}", frame.segment)).collect()
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

    pub(super) fn finish(mut self, certificate: Option<&Certificate>) -> Vec<Finding> {
        if let Some(certificate) = certificate
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
