//! What a start tag opens, or that it has no place.

use std::collections::HashMap;

use quick_xml::events::BytesStart;

use super::super::canon::Capture;
use super::super::gate;
use super::super::{RAM, RSM, UDT};
use super::{Content, DSIG, Frame, Name, Reader, XML, XSI, cut, segment};
use crate::certificate::catalogue::Code;
use crate::certificate::element::{Kind, Shape};
use crate::certificate::table;
use crate::certificate::{Extra, Finding, Leaf, Node, Spelling};

impl Reader<'_> {
    pub(super) fn start(&mut self, at: usize, start: &BytesStart<'_>) -> bool {
        let (name, attributes) = self.names(start);
        if let Some(capture) = &mut self.capture {
            capture.start(&name, &attributes);
            self.keep_in_bounds();
            return true;
        }
        let Some(parent) = self.frames.last_mut() else {
            return self.root(at, &name, attributes);
        };
        let local = name.local();
        let count = parent.counts.entry(local.to_owned()).or_default();
        *count += 1;
        let segment = segment(&name, *count);
        let in_node = match &mut parent.content {
            Content::Node { node, furthest, seen, .. } => {
                let wanted = if node.of().is(&table::CERTIFICATE) { RSM } else { RAM };
                let found = if name.namespace == wanted { node.of().element(local) } else { None };
                found.map(|(row, element)| {
                    let bit = 1_u32.checked_shl(u32::from(row)).unwrap_or_default();
                    let again = *seen & bit != 0 && !element.occurs.repeats();
                    let late = row < *furthest;
                    *seen |= bit;
                    *furthest = row.max(*furthest);
                    (node.of(), row, element, again, late)
                })
            }
            Content::Leaf { shape, spelled, leaf, .. } => {
                if let Some(spelling) = child_spelling(*shape, &name)
                    && !*spelled
                {
                    *spelled = true;
                    leaf.spelling = spelling;
                    let content = Content::Spelled { leaf: Leaf::default() };
                    self.open(at, segment, content, attributes);
                    return true;
                }
                None
            }
            Content::Spelled { .. } => None,
        };
        match in_node {
            Some((of, row, element, false, late)) => {
                let content = match &element.kind {
                    Kind::Node(of) => {
                        Content::Node { node: Node::new(of), row, furthest: 0, seen: 0 }
                    }
                    Kind::Leaf(shape, _) => {
                        let (shape, leaf) = (*shape, Leaf::default());
                        Content::Leaf { of, element, shape, row, leaf, spelled: false }
                    }
                };
                self.open(at, segment, content, attributes);
                if late {
                    let words = format!("{local} stands behind elements that it should precede");
                    self.tell(at, Code::ElementOrder, words, "write the schema's order");
                }
            }
            Some((_, _, element, true, _)) => {
                let two = element.name == "SPSConsignment";
                let code = if two { Code::ConsignmentTwo } else { Code::ElementRepeated };
                let words = format!("{local} stands here once more than the schema allows");
                self.beyond(at, segment, code, words, &name, &attributes);
            }
            None if name.namespace == DSIG && local == "Signature" => {
                let words = "the certificate bears an XML signature, which was not verified";
                self.beyond(
                    at,
                    segment,
                    Code::SignaturePresent,
                    words.to_owned(),
                    &name,
                    &attributes,
                );
            }
            None => {
                let words = format!("the schema has no {} here", cut(local));
                self.beyond(at, segment, Code::ElementUnknown, words, &name, &attributes);
            }
        }
        true
    }

    fn root(&mut self, at: usize, name: &Name, attributes: Vec<(Name, String)>) -> bool {
        if !name.is(RSM, "SPSCertificate") {
            let (code, words) = if name.local() == "SPSCertificate" {
                let words = format!("the root is an SPSCertificate of {}", cut(&name.namespace));
                (Code::RootVersion, words)
            } else {
                (Code::RootWrong, format!("the root is {}", cut(name.local())))
            };
            let remedy = format!("the root is SPSCertificate in {RSM}");
            self.tell(at, code, words, &remedy);
            return false;
        }
        let content =
            Content::Node { node: Node::new(&table::CERTIFICATE), row: 0, furthest: 0, seen: 0 };
        self.open(at, "SPSCertificate".to_owned(), content, attributes);
        true
    }

    fn open(
        &mut self,
        at: usize,
        segment: String,
        content: Content,
        attributes: Vec<(Name, String)>,
    ) {
        let mut frame = Frame {
            segment,
            at,
            content,
            text: String::new(),
            extra: Extra::default(),
            counts: HashMap::new(),
        };
        let mut strangers = Vec::new();
        for (name, value) in attributes {
            // Never fetched, and says nothing that we do not know.
            if name.namespace == XSI
                && matches!(name.local(), "schemaLocation" | "noNamespaceSchemaLocation")
            {
                continue;
            }
            let known = match &mut frame.content {
                Content::Leaf { shape: Shape::DateTime | Shape::Indicator, .. } => None,
                Content::Leaf { shape, leaf, .. } if name.namespace.is_empty() => {
                    shape.attribute(name.local()).map(|known| (leaf, known))
                }
                Content::Spelled { leaf, .. }
                    if name.namespace.is_empty() && name.local() == "format" =>
                {
                    Some((leaf, "format"))
                }
                Content::Leaf { .. } | Content::Node { .. } | Content::Spelled { .. } => None,
            };
            if let Some((leaf, known)) = known {
                leaf.set(known, value);
            } else {
                strangers.push(name.written.clone());
                frame.extra.set(name.expanded(), value);
            }
        }
        self.frames.push(frame);
        for stranger in strangers {
            let words = format!("the schema has no attribute {} here", cut(&stranger));
            self.tell(at, Code::AttributeUnknown, words, "leave it out");
        }
    }

    /// Tells of an element that has no place here, and begins to keep it.
    fn beyond(
        &mut self,
        at: usize,
        segment: String,
        code: Code,
        words: String,
        name: &Name,
        attributes: &[(Name, String)],
    ) {
        let path = format!("{}/{segment}", self.path());
        let finding =
            Finding::new(code, path, words, "leave it out, or write it where the schema has it");
        self.push(at, finding);
        let mut capture = Capture::default();
        capture.start(name, attributes);
        self.capture = Some(capture);
        self.keep_in_bounds();
    }

    pub(super) fn keep_in_bounds(&mut self) {
        if let Some(capture) = &mut self.capture
            && capture.len() > self.room
        {
            capture.drop_text();
            if self.room > 0 {
                self.room = 0;
                let words = "there is too much that the schema does not know to keep it all";
                let at = self.frames.last().map_or(0, |frame| frame.at);
                self.tell(at, Code::ElementTooMuch, words.to_owned(), "leave it out");
            }
        }
    }

    /// The names of a start tag, and what it declares.
    fn names(&mut self, start: &BytesStart<'_>) -> (Name, Vec<(Name, String)>) {
        self.marks.push(self.bindings.len());
        let mut raw = Vec::new();
        for attribute in start.attributes().with_checks(false).flatten() {
            let (name, value) = (attribute.key.into_inner(), gate::value(&attribute.value));
            match name.strip_prefix("xmlns") {
                Some("") => self.bindings.push((String::new(), value.into_owned())),
                Some(prefix) if prefix.starts_with(':') => {
                    let prefix = prefix.trim_start_matches(':').to_owned();
                    self.bindings.push((prefix, value.into_owned()));
                }
                Some(_) | None => raw.push((name.to_owned(), value.into_owned())),
            }
        }
        let attributes = raw.into_iter().map(|(written, value)| {
            let namespace = match written.split_once(':') {
                Some((prefix, _)) => self.namespace(prefix),
                None => String::new(),
            };
            (Name { written, namespace }, value)
        });
        let attributes = attributes.collect();
        let written = start.name().into_inner().to_owned();
        let prefix = written.split_once(':').map_or("", |(prefix, _)| prefix);
        let namespace = self.namespace(prefix);
        (Name { written, namespace }, attributes)
    }

    fn namespace(&self, prefix: &str) -> String {
        if prefix == "xml" {
            return XML.to_owned();
        }
        let bound = self.bindings.iter().rev().find(|(known, _)| known == prefix);
        bound.map(|(_, namespace)| namespace.clone()).unwrap_or_default()
    }
}

/// What the child of a date or an indicator says of its spelling.
fn child_spelling(shape: Shape, name: &Name) -> Option<Spelling> {
    if name.namespace != UDT {
        return None;
    }
    match (shape, name.local()) {
        (Shape::DateTime, "DateTimeString") | (Shape::Indicator, "Indicator") => {
            Some(Spelling::Ours)
        }
        (Shape::DateTime, "DateTime") | (Shape::Indicator, "IndicatorString") => {
            Some(Spelling::Other)
        }
        (_, _) => None,
    }
}
