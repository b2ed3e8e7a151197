//! What a start tag opens, or that it has no place.

use std::borrow::Cow;

use compact_str::CompactString;
use quick_xml::events::BytesStart;

use super::super::canon::Capture;
use super::super::gate;
use super::{Bindings, Content, Frame, Name, Namespace, Open, Reader, cut, table};
use crate::certificate::catalogue::Code;
use crate::certificate::element::{Element, Kind, Shape, Type};
use crate::certificate::{Finding, Leaf, Spelling};

impl Reader<'_> {
    /// Opens an element; `false` if the document is none of ours.
    pub(super) fn start(&mut self, at: usize, start: &BytesStart<'_>) -> bool {
        self.marks.push(self.bindings.mark());
        self.declare(start);
        let name = self.bindings.element(start.name().into_inner());
        if let Some(capture) = &mut self.capture {
            let attributes: Vec<_> = attributes(&self.bindings, start).collect();
            capture.start(&name, &attributes);
            self.keep_in_bounds();
            return true;
        }
        let Some(parent) = self.frames.last_mut() else {
            return self.root(at, &name, start);
        };
        match &mut parent.content {
            Content::Node(open) => {
                let child = Child::of(open, &name);
                self.child(at, child, &name, start);
            }
            Content::Leaf { shape, spelled, leaf, .. } => {
                match child_spelling(*shape, &name).filter(|_| !*spelled) {
                    Some((name, spelling)) => {
                        *spelled = true;
                        leaf.spelling = spelling;
                        let content = Content::Spelled { leaf: Leaf::default() };
                        self.open(at, name, 1, content, start);
                    }
                    None => self.stranger(at, 1, &name, start),
                }
            }
            Content::Spelled { .. } => self.stranger(at, 1, &name, start),
        }
        true
    }

    fn child(&mut self, at: usize, child: Child, name: &Name<'_>, start: &BytesStart<'_>) {
        let Child { position, place } = child;
        match place {
            Place::Row { of, row, element, late } => {
                let content = match &element.kind {
                    Kind::Node(of) => Content::Node(Box::new(Open::new(of, row))),
                    Kind::Leaf(shape, _) => {
                        let (shape, leaf) = (*shape, Leaf::default());
                        Content::Leaf { of, element, shape, row, leaf, spelled: false }
                    }
                };
                self.open(at, element.name, position, content, start);
                if late {
                    let words = format!("{} stands behind elements that it precedes", element.name);
                    self.tell(at, Code::ElementOrder, words, "write the schema's order");
                }
            }
            Place::Again(element) => {
                let two = element.name == "SPSConsignment";
                let code = if two { Code::ConsignmentTwo } else { Code::ElementRepeated };
                let words =
                    format!("{} stands here once more than the schema allows", element.name);
                self.beyond(at, position, code, words, name, start);
            }
            Place::None => self.stranger(at, position, name, start),
        }
    }

    fn root(&mut self, at: usize, name: &Name<'_>, start: &BytesStart<'_>) -> bool {
        let of = match (&name.namespace, name.local()) {
            (Namespace::Rsm, "SPSCertificate") => &table::CERTIFICATE,
            (Namespace::Ack, "SPSAcknowledgement") => &table::ACKNOWLEDGEMENT,
            (namespace, local @ ("SPSCertificate" | "SPSAcknowledgement")) => {
                let words = format!("the root is an {local} of {}", cut(namespace.as_str()));
                let remedy = "write version 17, in urn:un:unece:uncefact:data:standard:…:17";
                self.tell(at, Code::RootVersion, words, remedy);
                return false;
            }
            (_, local) => {
                let words = format!("the root is {}", cut(local));
                let remedy = "give a document whose root is SPSCertificate, version 17";
                self.tell(at, Code::RootWrong, words, remedy);
                return false;
            }
        };
        let content = Content::Node(Box::new(Open::new(of, 0)));
        self.open(at, of.root_name(), 1, content, start);
        true
    }

    fn open(
        &mut self,
        at: usize,
        name: &'static str,
        position: u32,
        content: Content,
        start: &BytesStart<'_>,
    ) {
        let text = CompactString::default();
        let mut frame = Frame { name, position, at, content, text, extra: None };
        if start.attributes_raw().is_empty() {
            self.frames.push(frame);
            return;
        }
        let mut strangers = Vec::new();
        for (name, value) in attributes(&self.bindings, start) {
            // Never fetched, and says nothing that we do not know.
            if name.namespace == Namespace::Xsi
                && matches!(name.local(), "schemaLocation" | "noNamespaceSchemaLocation")
            {
                self.unsaid.schema_location = true;
                continue;
            }
            let known = match &mut frame.content {
                Content::Leaf { shape: Shape::DateTime | Shape::Indicator, .. } => None,
                Content::Leaf { shape, leaf, .. } if name.namespace == Namespace::None => {
                    shape.attribute(name.local()).map(|known| (leaf, known))
                }
                Content::Spelled { leaf, .. }
                    if name.namespace == Namespace::None && name.local() == "format" =>
                {
                    Some((leaf, "format"))
                }
                Content::Leaf { .. } | Content::Node(_) | Content::Spelled { .. } => None,
            };
            if let Some((leaf, known)) = known {
                leaf.set(known, value);
            } else {
                strangers.push(cut(name.written));
                frame.extra.get_or_insert_default().set(name.expanded(), value);
            }
        }
        self.frames.push(frame);
        for stranger in strangers {
            let words = format!("the schema has no attribute {stranger} here");
            self.tell(at, Code::AttributeUnknown, words, "leave it out");
        }
    }

    /// An element that the schema does not have here.
    fn stranger(&mut self, at: usize, position: u32, name: &Name<'_>, start: &BytesStart<'_>) {
        if name.namespace == Namespace::Dsig && name.local() == "Signature" {
            let words = "the document bears an XML signature, which was not verified".to_owned();
            self.beyond(at, position, Code::SignaturePresent, words, name, start);
        } else {
            let words = format!("the schema has no {} here", cut(name.local()));
            self.beyond(at, position, Code::ElementUnknown, words, name, start);
        }
    }

    /// Tells of an element that has no place here, and begins to keep it.
    fn beyond(
        &mut self,
        at: usize,
        position: u32,
        code: Code,
        words: String,
        name: &Name<'_>,
        start: &BytesStart<'_>,
    ) {
        let path = format!("{}/{}[{position}]", self.path(), cut(name.local()));
        let remedy = match code {
            Code::SignaturePresent => "nothing: the letter's own signature is what was proven",
            _ => "leave it out, or write it where the schema has it",
        };
        self.push(at, Finding::new(code, path, words, remedy));
        let mut capture = Capture::default();
        let attributes: Vec<_> = attributes(&self.bindings, start).collect();
        capture.start(name, &attributes);
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

    /// Takes in the namespaces that a start tag declares; few do.
    fn declare(&mut self, start: &BytesStart<'_>) {
        let raw = start.attributes_raw();
        if raw.is_empty() || memchr::memmem::find(raw.as_bytes(), b"xmlns").is_none() {
            return;
        }
        for attribute in start.attributes().with_checks(false).flatten() {
            let value = gate::value(&attribute.value);
            match attribute.key.into_inner().strip_prefix("xmlns") {
                Some("") => self.bindings.declare("", &value),
                Some(prefix) => {
                    if let Some(prefix) = prefix.strip_prefix(':') {
                        self.bindings.declare(prefix, &value);
                    }
                }
                None => {}
            }
        }
    }
}

/// The attributes of a start tag, without the declarations of namespaces.
fn attributes<'n>(
    bindings: &Bindings,
    start: &'n BytesStart<'_>,
) -> impl Iterator<Item = (Name<'n>, Cow<'n, str>)> {
    let mut all = start.attributes();
    all.with_checks(false);
    all.flatten().filter_map(|attribute| {
        let name = attribute.key.into_inner();
        if name == "xmlns" || name.starts_with("xmlns:") {
            return None;
        }
        let value = match attribute.value {
            Cow::Borrowed(value) => gate::value(value),
            Cow::Owned(value) => Cow::Owned(gate::value(&value).into_owned()),
        };
        Some((bindings.attribute(name), value))
    })
}

//------------ Child ---------------------------------------------------------

/// What a child is to the node it stands in.
struct Child {
    /// Which one of its name it is.
    position: u32,
    place: Place,
}

enum Place {
    /// The schema has it once, and it is there already.
    Again(&'static Element),
    /// The schema does not have it.
    None,
    Row {
        of: &'static Type,
        row: u8,
        element: &'static Element,
        /// Whether it is the first of its row to stand too late.
        late: bool,
    },
}

impl Child {
    fn of(open: &mut Open, name: &Name<'_>) -> Child {
        let of = open.node.of();
        let found = of.element_from(open.furthest, name.local());
        let position = open.count(name.local(), found.map(|(row, _)| row));
        let Some((row, element)) = found.filter(|_| name.namespace == open.namespace) else {
            return Child { position, place: Place::None };
        };
        let bit = 1_u32.checked_shl(u32::from(row)).unwrap_or_default();
        if !element.occurs.repeats() && open.seen & bit != 0 {
            return Child { position, place: Place::Again(element) };
        }
        open.seen |= bit;
        let late = row < open.furthest && open.late & bit == 0;
        if late {
            open.late |= bit;
        }
        open.furthest = row.max(open.furthest);
        Child { position, place: Place::Row { of, row, element, late } }
    }
}

/// What the child of a date or an indicator says of its spelling.
fn child_spelling(shape: Shape, name: &Name<'_>) -> Option<(&'static str, Spelling)> {
    if name.namespace != Namespace::Udt {
        return None;
    }
    match (shape, name.local()) {
        (Shape::DateTime, "DateTimeString") => Some(("DateTimeString", Spelling::Ours)),
        (Shape::DateTime, "DateTime") => Some(("DateTime", Spelling::Other)),
        (Shape::Indicator, "Indicator") => Some(("Indicator", Spelling::Ours)),
        (Shape::Indicator, "IndicatorString") => Some(("IndicatorString", Spelling::Other)),
        (_, _) => None,
    }
}
