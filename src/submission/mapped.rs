//! Where every value of a document stands: its field in JSON, its element in
//! XML, and the ePhyto tag that says what it is.
//!
//! It goes by the same rules as [`super::render`]; a test holds the two
//! together.

use std::collections::HashSet;

use crate::certificate::element::{Element, Type};
use crate::certificate::plain::{Plain, Repeats, StandsFor, tag_name};
use crate::certificate::words::Words;
use crate::certificate::{Extra, Item, Leaf, Node, table};

//------------ Mapped --------------------------------------------------------

/// One thing that a document says.
#[derive(Clone, Debug)]
pub struct Mapped<'a> {
    /// A JSON Pointer (RFC 6901) into the document's JSON.
    pub field: String,
    /// Local names with positions, as in findings.
    pub element: String,
    /// The tag of the entry it stands in.
    pub tag: Option<&'a str>,
    /// The elements it lies in, outermost first, below the document, the
    /// consignment or the item.
    pub within: Vec<Words>,
    pub what: What<'a>,
    /// How much of `field` and of `element` names the object it stands in.
    pub inside: (usize, usize),
}

/// What stands there.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// An attribute that the schema lacks: its name and value.
    Attribute(&'a str, &'a str),
    /// A value, and the row of the table it is of.
    Leaf(&'static Type, &'static Element, &'a Leaf),
    /// An element that the schema lacks, as XML.
    Unknown(&'a str),
}

/// Everything a document says, in the order of the standard.
pub(super) fn mapped(root: &Node) -> Vec<Mapped<'_>> {
    let mut walk = Walk { all: Vec::new() };
    let here = Here { element: format!("/{}", root.of().root_name()), ..Here::default() };
    walk.node(root, &here);
    walk.all
}

//------------ Walk ----------------------------------------------------------

/// How the walk came to where it is.
#[derive(Clone, Default)]
struct Here<'a> {
    field: String,
    element: String,
    tag: Option<&'a str>,
    within: Vec<Words>,
    inside: (usize, usize),
}

struct Walk<'a> {
    all: Vec<Mapped<'a>>,
}

impl<'a> Walk<'a> {
    /// Its depth is the tree's, which is bounded.
    fn node(&mut self, node: &'a Node, here: &Here<'a>) {
        let here = &Here { inside: (here.field.len(), here.element.len()), ..here.clone() };
        for (element, row) in node.rows() {
            let mut taken = HashSet::new();
            let mut rest = 0_usize;
            let mut entries: Vec<usize> = Vec::new();
            for (entry, position) in row.iter().zip(1_usize..) {
                let mut below = here.clone();
                below.element = match node.of().is_root() {
                    true => format!("{}/{}", here.element, element.name),
                    false => format!("{}/{}[{position}]", here.element, element.name),
                };
                let plain = entry.item.node().and_then(|entry| {
                    let (order, plain) = Plain::fitting(node, element.name, entry)?;
                    let free = plain.repeats == Repeats::Yes || taken.insert(order);
                    free.then_some((order, plain, entry))
                });
                if let Some((order, plain, entry)) = plain {
                    let nth = entries.iter().filter(|known| **known == order).count();
                    entries.push(order);
                    below.field = field(&here.field, plain, nth);
                    below.tag = Some(plain.tag);
                    self.tagged(plain, entry, &below);
                    continue;
                }
                below.field = match element.occurs.repeats() {
                    true => format!("{}/{}/{rest}", here.field, element.json_name()),
                    false => format!("{}/{}", here.field, element.json_name()),
                };
                rest += 1;
                match &entry.item {
                    Item::Leaf(leaf) => self.leaf(node, element, leaf, below),
                    Item::Node(inner) => {
                        if !FRAME.iter().any(|frame| frame.is(inner.of())) {
                            below.within.push(Words::of(node.of(), element));
                        }
                        below.tag = tag_of(inner).or(here.tag);
                        self.node(inner, &below);
                    }
                }
            }
        }
        self.extra(node.extra(), here);
    }

    /// What a plain field says: the entry without its tag, which is shortened
    /// to the one value left where there is but one.
    fn tagged(&mut self, plain: &Plain, entry: &'a Node, here: &Here<'a>) {
        let mut left = Vec::new();
        for (element, row) in entry.rows() {
            let tags = usize::from(tag_name(entry.of()) == Some(element.name));
            for (entry, position) in row.iter().zip(1_usize..).skip(tags) {
                let index = position - 1 - tags;
                left.extend(entry.item.leaf().map(|leaf| (element, position, index, leaf)));
            }
        }
        let short = match left.as_slice() {
            [(element, _, _, leaf)] => {
                entry.extra().is_none() && stands_alone(plain, element, leaf)
            }
            _ => false,
        };
        for (element, position, index, leaf) in left {
            let mut below = here.clone();
            below.element = format!("{}/{}[{position}]", here.element, element.name);
            if !short {
                below.field = match element.occurs.repeats() {
                    true => format!("{}/{}/{index}", here.field, element.json_name()),
                    false => format!("{}/{}", here.field, element.json_name()),
                };
            }
            self.leaf(entry, element, leaf, below);
        }
        self.extra(entry.extra(), here);
    }

    fn leaf(&mut self, node: &Node, element: &'static Element, leaf: &'a Leaf, here: Here<'a>) {
        self.add(&here, What::Leaf(node.of(), element, leaf));
        self.extra(leaf.extra(), &here);
    }

    fn extra(&mut self, extra: Option<&'a Extra>, here: &Here<'a>) {
        let Some(extra) = extra else { return };
        for (name, value) in extra.attributes() {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            let at = Here {
                field: format!("{}/$xml/attributes/{escaped}", here.field),
                element: format!("{}/@{name}", here.element),
                ..here.clone()
            };
            self.add(&at, What::Attribute(name, value));
        }
        for (unknown, index) in extra.unknown.iter().zip(0_usize..) {
            let field = format!("{}/$xml/unknown/{index}", here.field);
            self.add(&Here { field, ..here.clone() }, What::Unknown(unknown));
        }
    }

    fn add(&mut self, here: &Here<'a>, what: What<'a>) {
        let Here { field, element, tag, within, inside } = here.clone();
        self.all.push(Mapped { field, element, tag, within, what, inside });
    }
}

/// What everything lies in, so that nobody has to be told.
static FRAME: [&Type; 5] = [
    &table::ACKNOWLEDGEMENT_DOCUMENT,
    &table::CONSIGNMENT,
    &table::CONSIGNMENT_ITEM,
    &table::EXCHANGED_DOCUMENT,
    &table::TRADE_LINE_ITEM,
];

fn field(above: &str, plain: &Plain, nth: usize) -> String {
    let mut field = above.to_owned();
    for step in [plain.group, plain.field].into_iter().filter(|step| !step.is_empty()) {
        field.push('/');
        field.push_str(step);
    }
    if plain.repeats == Repeats::Yes {
        field.push_str(&format!("/{nth}"));
    }
    field
}

/// Whether the only value left of an entry is written as the field itself.
fn stands_alone(plain: &Plain, element: &Element, leaf: &Leaf) -> bool {
    match plain.stands_for {
        StandsFor::ClassCode => element.name == "ClassCode",
        StandsFor::ClassName => element.name == "ClassName",
        StandsFor::Content | StandsFor::Truth => element.name == "Content",
        StandsFor::Fact => match element.name {
            "Description" => true,
            "ValueMeasure" => leaf.attribute("unitCode").is_some(),
            _ => false,
        },
    }
}

/// The tag of an entry that no plain field stands for.
fn tag_of(entry: &Node) -> Option<&str> {
    entry.text(tag_name(entry.of())?)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::sample::{OURS, ours, random, random_acknowledgement};
    use super::super::{check_document, document_to_json};
    use super::*;
    use crate::certificate::Document;
    use crate::certificate::digest::truth;
    use crate::certificate::rules::Strictness;

    /// Every value, tags that a plain field stands for left out.
    fn count(node: &Node) -> usize {
        let below = node.entries().map(|(element, item)| match item {
            Item::Leaf(leaf) => 1 + beyond(leaf.extra()),
            Item::Node(entry) => {
                count(entry) - usize::from(Plain::fitting(node, element.name, entry).is_some())
            }
        });
        below.sum::<usize>() + beyond(node.extra())
    }

    fn beyond(extra: Option<&Extra>) -> usize {
        extra.map_or(0, |extra| extra.attributes().len() + extra.unknown.len())
    }

    /// Whether what stands at a field is what is said to stand there.
    #[track_caller]
    fn check(document: &Document) {
        let json = document_to_json(document);
        let all = mapped(document.root());
        for Mapped { field, what, .. } in &all {
            let found = json.pointer(field).unwrap_or_else(|| panic!("nothing at {field}"));
            let found = if let Some(value) = found.get("value") { value } else { found };
            let wanted = match what {
                What::Leaf(_, _, leaf) => leaf.text.as_str(),
                What::Attribute(_, value) => value,
                What::Unknown(xml) => xml,
            };
            let same = match found {
                Value::Bool(yes) => truth(wanted) == Some(*yes),
                found => found == wanted,
            };
            assert!(same, "{field}: {found} is not {wanted:?}");
        }
        let fields: HashSet<&String> = all.iter().map(|one| &one.field).collect();
        assert_eq!(fields.len(), all.len(), "a field is named twice");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn every_field_is_where_it_is_said_to_be(seed in any::<u64>()) {
            let document = Document::Certificate(random(seed));
            check(&document);
            check(&random_acknowledgement(seed));
        }
    }

    #[test]
    fn nothing_is_left_out() {
        for name in OURS {
            let octets = std::fs::read(ours(&format!("{name}.json"))).unwrap();
            let (document, _) = check_document(&octets, Strictness::Submission);
            let document = document.unwrap();
            assert_eq!(mapped(document.root()).len(), count(document.root()), "{name}");
            check(&document);
        }
    }

    #[test]
    fn elements_are_named_as_in_findings() {
        let octets = std::fs::read(ours("phytosanitary-851.json")).unwrap();
        let (document, _) = check_document(&octets, Strictness::Submission);
        let document = document.unwrap();
        let all = mapped(document.root());
        let (way, item) =
            ("/SPSCertificate/SPSConsignment", "/consignment/includedConsignmentItem/0");
        for (field, element, tag) in [
            (
                "/exchangedDocument/id",
                "/SPSCertificate/SPSExchangedDocument/ID[1]".to_owned(),
                None,
            ),
            ("/consignment/importCountry/id", format!("{way}/ImportSPSCountry[1]/ID[1]"), None),
            (
                &format!("{item}/includedTradeLineItem/0/hsCode"),
                format!(
                    "{way}/IncludedSPSConsignmentItem[1]/IncludedSPSTradeLineItem[1]\
                     /ApplicableSPSClassification[1]/ClassCode[1]"
                ),
                Some("HS"),
            ),
        ] {
            let found = all.iter().find(|one| one.field == field);
            let found = found.unwrap_or_else(|| panic!("{field} is not told"));
            assert_eq!((&found.element, found.tag), (&element, tag));
        }
    }
}
