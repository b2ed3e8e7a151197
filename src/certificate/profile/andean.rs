//! The Andean profile: the INTERCOM copy of the schema.
//!
//! It narrows and widens how often elements stand, refuses text that is empty,
//! has the tags and the statuses as enumerations, and a rule for what stands
//! beside a tag.

use super::super::catalogue::Code;
use super::super::codes::List;
use super::super::element::{Element, Kind, Shape, Type};
use super::super::finding::{Finding, Level};
use super::super::leaf::Leaf;
use super::super::table;
use super::super::tree::Node;
use super::tags;
use super::walk::Walk;

//------------ Cardinalities -------------------------------------------------

/// What an element that this copy treats otherwise than the standard must do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Here {
    /// Stand there, though the standard leaves it open.
    Must,
    /// Nothing, though the standard makes it mandatory.
    May,
}

/// Every element whose least number is another one here. The greatest numbers
/// are those of the standard.
static OTHERWISE: &[(&Type, &str, Here)] = &[
    (&table::EXCHANGED_DOCUMENT, "Name", Here::May),
    (&table::EXCHANGED_DOCUMENT, "IssuerSPSParty", Here::Must),
    (&table::TRANSPORT_EQUIPMENT, "ID", Here::May),
    (&table::AUTHENTICATION, "ActualDateTime", Here::May),
    (&table::AUTHENTICATION, "IssueSPSLocation", Here::Must),
    (&table::AUTHENTICATION, "ProviderSPSParty", Here::May),
    (&table::AUTHENTICATION, "IncludedSPSClause", Here::May),
    (&table::REFERENCED_DOCUMENT, "RelationshipTypeCode", Here::May),
    (&table::REFERENCED_DOCUMENT, "ID", Here::May),
    (&table::PARTY, "Name", Here::May),
    (&table::COUNTRY, "Name", Here::May),
    (&table::CLASSIFICATION, "ClassName", Here::May),
    (&table::COUNTRY_SUB_DIVISION, "HierarchicalLevelCode", Here::May),
    (&table::CLAUSE, "ID", Here::Must),
    (&table::CLAUSE, "Content", Here::May),
];

/// Whether this copy of the schema wants `element` in `of`.
pub(super) fn is_mandatory(of: &Type, element: &Element) -> bool {
    let other = OTHERWISE.iter().find(|(known, name, _)| known.is(of) && *name == element.name);
    match other {
        Some((_, _, here)) => *here == Here::Must,
        None => element.occurs.is_mandatory(),
    }
}

/// The statuses of its enumeration.
const STATUSES: [&str; 7] = ["17", "26", "39", "40", "41", "70", "122"];

//------------ Rules ---------------------------------------------------------

pub(super) fn node<'c>(walk: &mut Walk<'_, 'c>, node: &'c Node) {
    for (element, row) in node.rows() {
        if row.is_empty() && is_mandatory(node.of(), element) {
            let inner = inner_texts(element);
            let words = format!("{} wants {}{inner}, with a value", walk.terms.who, element.name);
            let remedy = "write it: it may be neither absent nor empty";
            walk.tell_missing(element, Finding::new(Code::ProfileMissing, "", words, remedy));
        }
    }
    if let Some(tags::Fault { tag, name, at, words, remedy }) = tags::value_fault(node) {
        let words = format!("{} would refuse what stands beside {tag}: {words}", walk.terms.who);
        walk.tell_below(node, name, at, Finding::new(Code::ProfileTagValue, "", words, remedy));
    }
}

/// The way down to the first text that an absent element would have to hold.
fn inner_texts(element: &Element) -> String {
    match &element.kind {
        Kind::Leaf(..) => String::new(),
        Kind::Node(of) => match of.elements.iter().find(|below| is_mandatory(of, below)) {
            Some(below) => format!("/{}{}", below.name, inner_texts(below)),
            None => String::new(),
        },
    }
}

pub(super) fn leaf(
    walk: &mut Walk<'_, '_>,
    of: &'static Type,
    element: &'static Element,
    shape: Shape,
    leaf: &Leaf,
) {
    if leaf.text.is_empty() {
        // Of octets that go as they are, all empty ones are told together.
        let written = walk.terms.sent != super::Sent::AsItIs;
        let finding = empty(walk.terms.who, shape, element.name, String::new());
        if let Some(finding) = finding.filter(|_| written) {
            walk.tell(finding);
        }
        return;
    }
    let who = walk.terms.who;
    let list = match &element.kind {
        Kind::Leaf(_, list) => *list,
        Kind::Node(_) => None,
    };
    if list == Some(List::Tag) && List::Tag.name(&leaf.text).is_none() {
        let words = format!("{who} takes the ePhyto tags alone for {}", element.name);
        let remedy = "write one of the tags, or leave the entry out";
        walk.tell(Finding::new(Code::ProfileTag, "", words, remedy).at_level(Level::Severe));
    } else if list == Some(List::Status) && !STATUSES.contains(&leaf.text.as_str()) {
        let words = format!("{who} takes the statuses {} alone", STATUSES.join(", "));
        let remedy = "write 70 for issued, 40 for withdrawn";
        walk.tell(Finding::new(Code::ProfileStatus, "", words, remedy));
    }
    walk.plain_date(of, shape, leaf);
}

/// An element that is written without a value. What is empty is refused as text;
/// of identifiers and codes only the sense is missing.
pub(super) fn empty(who: &str, shape: Shape, name: &str, path: String) -> Option<Finding> {
    let level = match shape {
        Shape::DateTime | Shape::Text => Level::Severe,
        Shape::Code | Shape::Id => Level::Warning,
        // What says nothing here is no number, and told as that.
        Shape::Binary | Shape::Indicator | Shape::Measure | Shape::Numeric | Shape::Quantity => {
            return None;
        }
    };
    let words = format!("{who} takes no empty text, and {name} is empty");
    let remedy = "write a value, or leave the element out";
    Some(Finding::new(Code::ProfileEmpty, path, words, remedy).at_level(level))
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    /// The regional columns of the facts, where they are there.
    #[test]
    fn cardinalities_are_those_of_the_region() {
        let file = "../shared/standards/sps17/elements.tsv";
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let Ok(facts) = std::fs::read_to_string(path) else {
            crate::skipped::skipped(&format!("regional cardinalities: {file} is not there"));
            return;
        };
        let mut seen = 0;
        for line in facts.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let of = table::TYPES.iter().find(|of| of.name == cells[0]).unwrap();
            let (_, element) = of.element(cells[2]).unwrap();
            assert_eq!(is_mandatory(of, element), cells[6] == "1", "{line}");
            assert_eq!(element.occurs.repeats(), cells[7] == "n", "{line}");
            seen += 1;
        }
        assert_eq!(seen, 154);
    }

    #[test]
    fn what_is_otherwise_is_otherwise() {
        for (of, name, here) in OTHERWISE {
            let (_, element) = of.element(name).unwrap();
            assert_eq!(element.occurs.is_mandatory(), *here == Here::May, "{name}");
        }
    }
}
