//! What a start tag opens, or that it has no place.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use super::super::gate;
use super::order;
use super::{
    Bindings, Name, Namespace, Open, OpenChild, OpenLeaf, Place, Reader, Unsaid, cut, table, value,
};
use crate::certificate::catalogue::Code;
use crate::certificate::element::{Element, Kind, Shape, Type};
use crate::certificate::likeness::meant;
use crate::certificate::{Leaf, Spelling};

impl Reader<'_> {
    /// Opens an element; `false` if the document is none of ours.
    pub(super) fn start(&mut self, at: usize, start: &BytesStart<'_>) -> bool {
        self.depth += 1;
        self.declare(start);
        let name = self.bindings.element(start.name().into_inner());
        if let Some(capture) = &mut self.capture {
            let attributes: Vec<_> = attributes(&self.bindings, start).collect();
            capture.start(&name, &attributes);
            self.keep_in_bounds();
        } else if self.child.is_some() {
            self.stranger(at, 1, &name, start);
        } else if let Some(leaf) = &mut self.leaf {
            match child_spelling(leaf.shape, &name).filter(|_| !leaf.spelled) {
                Some((name, spelling)) => {
                    leaf.spelled = true;
                    if let Some(value) = value(&mut self.opens) {
                        value.spelling = spelling;
                        leaf.place.add_stray(&std::mem::take(&mut value.text));
                    }
                    self.open_child(Place::new(name, 1, at), start);
                }
                None => self.stranger(at, 1, &name, start),
            }
        } else if let Some(open) = self.opens.last_mut() {
            let child = Child::of(open, &mut self.firsts, &name, at);
            self.child(at, child, &name, start);
        } else {
            return self.root(at, &name, start);
        }
        true
    }

    fn child(&mut self, at: usize, child: Child, name: &Name<'_>, start: &BytesStart<'_>) {
        let Child { position, step } = child;
        match step {
            Step::Row { of, row, element } => {
                self.has_ram |= !of.is_root();
                let place = Place::new(element.name, position, at);
                match &element.kind {
                    Kind::Node(of) => self.open_node(place, of, row, start),
                    Kind::Leaf(shape, _) => {
                        let shape = *shape;
                        if let Some(open) = self.opens.last_mut() {
                            open.node.append_leaf(row);
                        }
                        let (spelled, is_base64) = (false, false);
                        let open = OpenLeaf { place, of, element, shape, spelled, is_base64 };
                        self.leaf = Some(open);
                        if !start.attributes_raw().is_empty() {
                            self.leaf_attributes(at, shape, start);
                        }
                    }
                }
            }
            Step::Again(element) => self.again(at, position, element, name, start),
            Step::None => self.stranger(at, position, name, start),
        }
    }

    fn root(&mut self, at: usize, name: &Name<'_>, start: &BytesStart<'_>) -> bool {
        let of = match (&name.namespace, name.local()) {
            (Namespace::Rsm, "SPSCertificate") => &table::CERTIFICATE,
            (Namespace::Ack, "SPSAcknowledgement") => &table::ACKNOWLEDGEMENT,
            (namespace, local @ ("SPSCertificate" | "SPSAcknowledgement")) => {
                let found = match namespace.as_str() {
                    "" => "no namespace".to_owned(),
                    other => cut(other),
                };
                let words = format!("the root is an {local} of {found}");
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
        self.open_node(Place::new(of.root_name(), 1, at), of, 0, start);
        true
    }

    fn open_node(&mut self, mut place: Place, of: &'static Type, row: u8, start: &BytesStart<'_>) {
        let at = place.at;
        if of.is(&table::CONSIGNMENT) {
            self.consignment = Some(at);
        } else if of.is(&table::TRADE_LINE_ITEM) {
            self.has_line = true;
        }
        let strangers = if start.attributes_raw().is_empty() {
            Vec::new()
        } else {
            self.sort(start, &mut place, &mut Leaf::default(), |_| None)
        };
        self.opens.push(Open::new(place, of, row, self.firsts.len()));
        if !strangers.is_empty() {
            self.tell_strangers(at, strangers);
        }
    }

    /// The attributes of the value that has just been opened.
    fn leaf_attributes(&mut self, at: usize, shape: Shape, start: &BytesStart<'_>) {
        let (Some(open), Some(value)) = (&mut self.leaf, value(&mut self.opens)) else { return };
        // Those of a date or an indicator stand on its child.
        let known = |name: &str| match shape {
            Shape::DateTime | Shape::Indicator => None,
            _ => shape.attribute(name),
        };
        let sorted = Sorted { place: &mut open.place, leaf: value, unsaid: &mut self.unsaid };
        let strangers = sorted.take(&self.bindings, start, known);
        if !strangers.is_empty() {
            self.tell_strangers(at, strangers);
        }
    }

    fn open_child(&mut self, mut place: Place, start: &BytesStart<'_>) {
        let at = place.at;
        let mut leaf = Leaf::default();
        let known = |name: &str| (name == "format").then_some("format");
        let strangers = self.sort(start, &mut place, &mut leaf, known);
        self.has_udt = true;
        self.child = Some(OpenChild { place, leaf });
        if !strangers.is_empty() {
            self.tell_strangers(at, strangers);
        }
    }

    /// As [`Sorted::take`].
    fn sort(
        &mut self,
        start: &BytesStart<'_>,
        place: &mut Place,
        leaf: &mut Leaf,
        known: impl Fn(&str) -> Option<&'static str>,
    ) -> Vec<String> {
        Sorted { place, leaf, unsaid: &mut self.unsaid }.take(&self.bindings, start, known)
    }

    #[cold]
    fn tell_strangers(&mut self, at: usize, strangers: Vec<String>) {
        for stranger in strangers {
            let words = format!("the schema has no attribute {stranger} here");
            let node = self.opens.last().filter(|_| self.leaf.is_none());
            let rows = node.map_or(&[][..], |open| open.node.of().elements);
            let remedy = match meant(&stranger, rows.iter().map(|element| element.name)) {
                Some(name) => format!("write it as an element: {name}"),
                None => "leave it out".to_owned(),
            };
            self.tell(at, Code::AttributeUnknown, words, &remedy);
        }
    }

    /// Takes in the namespaces that a start tag declares; few do.
    fn declare(&mut self, start: &BytesStart<'_>) {
        // Most attributes have no `x` in them, and so are no declaration.
        let raw = start.attributes_raw();
        if raw.is_empty() || memchr::memchr(b'x', raw.as_bytes()).is_none() {
            return;
        }
        self.marks.push((self.depth, self.bindings.mark()));
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

/// Where the attributes of a start tag go.
struct Sorted<'r> {
    place: &'r mut Place,
    leaf: &'r mut Leaf,
    unsaid: &'r mut Unsaid,
}

impl Sorted<'_> {
    /// Sorts the attributes of a start tag: those of the schema to the value,
    /// the others beside it; their names, to be told.
    fn take(
        self,
        bindings: &Bindings,
        start: &BytesStart<'_>,
        known: impl Fn(&str) -> Option<&'static str>,
    ) -> Vec<String> {
        let mut strangers = Vec::new();
        if start.attributes_raw().is_empty() {
            return strangers;
        }
        for (name, value) in attributes(bindings, start) {
            if name.namespace == Namespace::None
                && let Some(known) = known(name.local())
            {
                self.leaf.set(known, value);
                continue;
            }
            let is_location =
                matches!(name.local(), "schemaLocation" | "noNamespaceSchemaLocation");
            if name.namespace == Namespace::Xsi && is_location {
                // Never fetched, and says nothing that we do not know.
                self.unsaid.schema_location = true;
                continue;
            }
            strangers.push(cut(name.written));
            self.place.extra().set(name.expanded(), value);
        }
        strangers
    }
}

/// The attributes of a start tag, without the declarations of namespaces.
pub(super) fn attributes<'n>(
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
    step: Step,
}

enum Step {
    /// The schema has it once, and it is there already.
    Again(&'static Element),
    /// The schema does not have it.
    None,
    Row {
        of: &'static Type,
        row: u8,
        element: &'static Element,
    },
}

impl Child {
    fn of(open: &mut Open, firsts: &mut Vec<(u8, usize)>, name: &Name<'_>, at: usize) -> Child {
        let of = open.node.of();
        let Some((row, element)) = of.element_from(open.furthest, name.local()) else {
            let position = open.odd().count_stranger(name.local());
            return Child { position, step: Step::None };
        };
        if name.namespace != open.namespace() {
            let position = open.odd().count(row);
            return Child { position, step: Step::None };
        }
        let bit = 1_u32.checked_shl(u32::from(row)).unwrap_or_default();
        if !element.occurs.repeats() && open.seen & bit != 0 {
            let position = open.odd().count(row);
            return Child { position, step: Step::Again(element) };
        }
        let position = if row < open.furthest {
            let odd = open.odd();
            let position = odd.count(row);
            if odd.late & bit == 0 {
                odd.late |= bit;
                odd.lates.push(order::Child { row, at, position });
            }
            position
        } else {
            open.count(row)
        };
        if open.seen & bit == 0 {
            firsts.push((row, at));
        }
        open.seen |= bit;
        open.furthest = row.max(open.furthest);
        Child { position, step: Step::Row { of, row, element } }
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
