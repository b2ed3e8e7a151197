//! Which elements must be there.

use super::super::catalogue::Code;
use super::super::element::{Element, Kind, Type};
use super::super::finding::{Finding, Level};
use super::super::table;
use super::super::tree::Node;
use super::Strictness;

/// What `node` lacks: one finding for each element, under the element's name.
///
/// The node may still hold mandatory elements that say nothing; in a received
/// one that is enough for all but the essential.
pub fn node(node: &Node, strictness: Strictness) -> Vec<(&'static Element, Finding)> {
    let mut found = Vec::new();
    // As nearly all are.
    if node.says_all() {
        return found;
    }
    for (element, row) in node.rows() {
        if !element.occurs.is_mandatory() {
            continue;
        }
        let essential = is_essential(node.of(), element, strictness);
        match row {
            [] => {}
            // Whatever attributes stand there: without a text it says nothing.
            [..] if essential && row.iter().all(|entry| entry.item.has_no_text()) => {}
            // What an element is told to lack itself is not told again of it.
            [alone] if alone.item.is_blank(element) && !has_essentials(element, strictness) => {}
            [_, ..] => continue,
        }
        let level = if essential {
            Level::Severe
        } else if strictness == Strictness::Received
            && !row.is_empty()
            && matches!(element.kind, Kind::Leaf(..))
            && !element.may_be_empty()
        {
            let words = format!("{} says nothing", element.name);
            let finding = Finding::new(Code::ElementEmpty, "", words, "write its value");
            found.push((element, finding));
            continue;
        } else if strictness == Strictness::Received && row.is_empty() {
            Level::Warning
        } else {
            continue;
        };
        let name = element.name;
        let (code, remedy) = match level {
            Level::Severe => (Code::ElementMissing, "it must be there: write it"),
            Level::Warning | Level::Info if !element.may_be_empty() => {
                (Code::ElementAbsent, "write it")
            }
            Level::Warning | Level::Info => {
                (Code::ElementAbsent, "write it, empty if there is nothing to say")
            }
        };
        found.push((element, Finding::new(code, "", format!("{name} is missing"), remedy)));
    }
    found
}

/// Whether an element holds elements that must be there.
fn has_essentials(element: &Element, strictness: Strictness) -> bool {
    match &element.kind {
        Kind::Leaf(..) => false,
        // That one without a trade line has none, its reader tells.
        Kind::Node(of) if of.is(&table::CONSIGNMENT) => true,
        Kind::Node(of) => wants_essentials(of, strictness),
    }
}

/// Whether an element of type `of` holds elements that must be there, so that
/// what it lacks may be severe.
pub fn wants_essentials(of: &Type, strictness: Strictness) -> bool {
    let mut mandatory = of.elements.iter().filter(|below| below.occurs.is_mandatory());
    mandatory.any(|below| is_essential(of, below, strictness))
}

fn is_essential(of: &Type, element: &Element, strictness: Strictness) -> bool {
    let named = |names: &[&str]| names.contains(&element.name);
    let always = (of.is(&table::EXCHANGED_DOCUMENT)
        && named(&["ID", "TypeCode", "StatusCode", "IssueDateTime"]))
        || (of.is(&table::TRADE_LINE_ITEM) && named(&["Description"]))
        || (of.is(&table::ACKNOWLEDGEMENT_DOCUMENT) && named(&["IssueDateTime", "StatusCode"]))
        || of.is_root();
    let ours = of.is(&table::CONSIGNMENT) && !named(&["ExaminationSPSEvent"])
        || of.is(&table::COUNTRY) && named(&["ID"])
        || of.is(&table::CONSIGNMENT_ITEM)
        || !element.may_be_empty();
    match strictness {
        Strictness::Received => always,
        Strictness::Submission => always || ours,
    }
}
