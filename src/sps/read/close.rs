//! What an end tag closes, and what is found wrong with it.

use super::super::canon::escape_text;
use super::{Beside, Open, OpenChild, OpenLeaf, Place, Reader, value};
use crate::certificate::catalogue::Code;
use crate::certificate::element::{Shape, Type};
use crate::certificate::likeness::meant;
use crate::certificate::rules::{self, Strictness};
use crate::certificate::value::{collapsed, is_base64, is_blank};
use crate::certificate::{Extra, Finding, Item, Level, Node, Spelling, any_severe};

impl Reader<'_> {
    //--- Text

    /// Takes the text of an attachment that is as it should be, in one look
    /// and one copy; `false` if it is another text.
    pub(super) fn attachment(&mut self, text: &str) -> bool {
        let Some(leaf) = &mut self.leaf else { return false };
        if leaf.shape != Shape::Binary || self.capture.is_some() {
            return false;
        }
        match value(&mut self.opens) {
            Some(value) if value.text.is_empty() && is_base64(text) => {
                value.text.push_str(text);
                leaf.is_base64 = true;
                true
            }
            Some(_) | None => false,
        }
    }

    pub(super) fn characters(&mut self, text: &str) {
        if let Some(capture) = &mut self.capture {
            capture.text(text);
            self.keep_in_bounds();
        } else if let Some(child) = &mut self.child {
            child.leaf.text.push_str(text);
        } else if let Some(leaf) = &mut self.leaf {
            leaf.is_base64 = false;
            if leaf.spelled {
                leaf.place.add_stray(text);
            } else if let Some(value) = value(&mut self.opens) {
                value.text.push_str(text);
            }
        } else if let Some(open) = self.opens.last_mut() {
            // Blanks between elements say nothing.
            if text.chars().all(is_blank) {
                self.unsaid.blanks = true;
            } else {
                open.place.add_stray(text);
            }
        }
    }

    //--- End tags

    /// Closes what is open; the root's node, if it was the root.
    pub(super) fn end(&mut self) -> Option<Node> {
        if let Some((depth, mark)) = self.marks.last().copied()
            && depth == self.depth
        {
            self.marks.pop();
            self.bindings.forget(mark);
        }
        self.depth = self.depth.saturating_sub(1);
        if let Some(capture) = &mut self.capture {
            if let Some(unknown) = capture.end() {
                self.capture = None;
                self.room = self.room.saturating_sub(unknown.len());
                if !unknown.is_empty()
                    && let Some(place) = self.innermost()
                {
                    place.extra().unknown.push(unknown);
                }
            }
            None
        } else if let Some(child) = self.child.take() {
            self.end_child(child);
            None
        } else if self.leaf.is_some() {
            self.end_leaf();
            None
        } else {
            self.end_node()
        }
    }

    /// The innermost element that is open.
    fn innermost(&mut self) -> Option<&mut Place> {
        let child = self.child.as_mut().map(|child| &mut child.place);
        let leaf = self.leaf.as_mut().map(|leaf| &mut leaf.place);
        child.or(leaf).or_else(|| self.opens.last_mut().map(|open| &mut open.place))
    }

    /// The `udt` child of a date or an indicator: its text is the outer value.
    fn end_child(&mut self, child: OpenChild) {
        let Some(outer) = &mut self.leaf else { return };
        let OpenChild { place, mut leaf } = child;
        if let Some(value) = value(&mut self.opens) {
            leaf.spelling = value.spelling;
            *value = leaf;
        }
        if let Some(mut beside) = place.beside {
            let kept = outer.place.extra();
            for (name, value) in beside.extra.attributes() {
                kept.set(name.clone(), value.clone());
            }
            kept.unknown.append(&mut beside.extra.unknown);
        }
    }

    fn end_leaf(&mut self) {
        let Some(open) = &mut self.leaf else { return };
        let OpenLeaf { of, element, shape, spelled, is_base64, .. } = *open;
        let (name, position, at) = (open.place.name, open.place.position, open.place.at);
        let mut beside = open.place.beside.take();
        self.leaf = None;
        let place = Place::new(name, position, at);
        if let Some(beside) = &mut beside {
            self.tell_stray(&place, beside, None);
        }
        let Some(leaf) = value(&mut self.opens) else { return };
        if !spelled && matches!(shape, Shape::DateTime | Shape::Indicator) {
            leaf.spelling = Spelling::Text;
        }
        if !is_base64 && let Some(text) = collapsed(shape, &leaf.text) {
            leaf.text = text;
            self.unsaid.collapsed = true;
        }
        if let Some(beside) = beside
            && !beside.extra.is_empty()
        {
            *leaf.extra_mut() = beside.extra;
        }
        if element.occurs.is_mandatory() && leaf.says_nothing(element) {
            self.unsaid.empty += 1;
        }
        let found = rules::leaf(of, element, leaf, is_base64, Strictness::Received);
        if !found.is_empty() {
            self.tell_faults(&place, found);
        }
    }

    /// Tells what is wrong with the value that has been closed at `place`.
    #[cold]
    fn tell_faults(&mut self, place: &Place, mut found: Vec<Finding>) {
        if self.is_full() {
            let told = found.len();
            found.retain(|fault| fault.level == Level::Severe);
            self.untold += told - found.len();
            if found.is_empty() {
                return;
            }
        }
        let path = self.path_to(place);
        for fault in found {
            let path = match fault.path.as_str() {
                "" => path.clone(),
                attribute => format!("{path}/{attribute}"),
            };
            self.push(place.at, Finding { path, ..fault });
        }
    }

    /// An element of elements; its node, if it was the root.
    fn end_node(&mut self) -> Option<Node> {
        let Open { mut place, mut node, row, firsts, odd, .. } = self.opens.pop()?;
        let lates = match odd {
            Some(odd) => odd.in_rows(self.firsts.get(firsts..).unwrap_or_default()),
            None => Vec::new(),
        };
        self.firsts.truncate(firsts);
        if let Some(mut beside) = place.beside.take() {
            self.tell_stray(&place, &mut beside, says_nothing(&node).then_some(node.of()));
            if !beside.extra.is_empty() {
                *node.extra_mut() = beside.extra;
            }
        }
        if !lates.is_empty() {
            let path = self.path_to(&place);
            self.tell_order(node.of(), &path, lates);
        }
        node.settle();
        if !node.says_all() {
            self.tell_lacks(&node, &place);
            node.tidy();
        }
        match self.opens.last_mut() {
            Some(open) => {
                open.node.append(row, Item::Node(node));
                None
            }
            None => Some(node),
        }
    }

    /// Tells what the `node` lacks that has been closed at `place`.
    #[cold]
    fn tell_lacks(&mut self, node: &Node, place: &Place) {
        // What is told no more is not worked out either: a flood of faults is
        // to cost no more than the octets that it stands in.
        let may_be_severe = || rules::wants_essentials(node.of(), Strictness::Received);
        if self.is_full() && (any_severe(&self.findings) || !may_be_severe()) {
            self.untold += 1;
            return;
        }
        let found = rules::node(node, Strictness::Received);
        if found.is_empty() {
            return;
        }
        let path = self.path_to(place);
        // Whoever wrote text alone is told where it belongs.
        let is_text = says_nothing(node)
            && node
                .extra()
                .is_some_and(|extra| extra.unknown.iter().any(|unknown| !unknown.starts_with('<')));
        for (element, mut fault) in found {
            if is_text && fault.level != Level::Severe {
                continue;
            }
            if let Some(at) = self.mistyped(node, &path, element.name) {
                // One mistake is told once: where it is, or as what it means.
                if fault.level != Level::Severe {
                    continue;
                }
                let unknown = self.findings.remove(at);
                fault.words = format!("{}: {}", fault.words, unknown.words);
                fault.remedy = unknown.remedy;
            }
            let path = format!("{path}/{}", element.name);
            self.push(place.at, Finding { path, ..fault });
        }
    }

    /// The finding that tells of an element which nobody knows, and which is
    /// what `node`, at `path`, lacks: by a name that is nearly `wanted`, or as
    /// what stands in it.
    fn mistyped(&self, node: &Node, path: &str, wanted: &str) -> Option<usize> {
        let unknown = node.extra().map(|extra| extra.unknown.as_slice()).unwrap_or_default();
        let rows = || node.of().elements.iter().map(|element| element.name);
        let mut typed = unknown.iter().map(|xml| local_name(xml));
        let typed = typed.find(|name| meant(name, rows()) == Some(wanted));
        let attributes = node.extra().map(Extra::attributes).unwrap_or_default();
        let is_attribute = attributes.iter().any(|(name, _)| meant(name, rows()) == Some(wanted));
        self.findings.iter().position(|told| {
            let step = told.path.strip_prefix(path).and_then(|rest| rest.strip_prefix('/'));
            let mut names = step.into_iter().flat_map(|step| step.split('/'));
            let name = names.next().and_then(|step| step.split('[').next());
            let is_inside = names.next().is_some() && name == Some(wanted);
            told.code == Code::ElementUnknown && (is_inside || typed.is_some() && name == typed)
                || told.code == Code::AttributeUnknown && is_attribute && told.path == path
        })
    }

    /// Text where the schema has only elements, in one that has been closed;
    /// `alone`: of that type, and nothing else is in it.
    #[cold]
    fn tell_stray(&mut self, place: &Place, beside: &mut Beside, alone: Option<&'static Type>) {
        let text = beside.stray.trim_matches(is_blank);
        if text.is_empty() {
            return;
        }
        let mut escaped = String::new();
        escape_text(&mut escaped, text);
        beside.extra.unknown.push(escaped);
        let words = "text stands here between elements";
        let path = self.path_to(place);
        let remedy = match alone {
            Some(of) => {
                let names: Vec<&str> = of.elements.iter().map(|element| element.name).collect();
                format!("write it into one of its elements: {}", names.join(", "))
            }
            None => "leave it out".to_owned(),
        };
        self.push(place.at, Finding::new(Code::TextStray, path, words, remedy));
    }
}

/// Whether all that is in a node is empty.
fn says_nothing(node: &Node) -> bool {
    node.entries().all(|(element, item)| item.is_blank(element))
}

/// The local name of an element that is kept as it was written; of stray
/// text, nothing.
fn local_name(xml: &str) -> &str {
    let tag = xml.strip_prefix('<').unwrap_or_default();
    let name = tag.split([' ', '>', '/']).next().unwrap_or_default();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
