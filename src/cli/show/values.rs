//! The values of a certificate in words.

use crate::certificate::codes::List;
use crate::certificate::{Leaf, Node};

//------------ Values --------------------------------------------------------

pub(super) const DOCUMENT_NOTES: &str = "IncludedSPSNote";
pub(super) const LINE_NOTES: &str = "AdditionalInformationSPSNote";

/// A text, with its language where it says one.
pub(super) fn spoken(leaf: &Leaf) -> String {
    match leaf.attribute("languageID") {
        Some(language) if !leaf.text.is_empty() => format!("{} [{language}]", leaf.text),
        Some(_) | None => leaf.text.to_string(),
    }
}

pub(super) fn texts(node: &Node, name: &str) -> Vec<String> {
    node.leaves(name).map(spoken).filter(|text| !text.is_empty()).collect()
}

/// Values as they stand; a measure with its unit's name.
pub(super) fn leaf(node: &Node, name: &str) -> Vec<String> {
    let found = node.leaves(name).filter(|leaf| !leaf.text.is_empty());
    found
        .map(|leaf| match leaf.attribute("unitCode") {
            Some(unit) => format!("{} {}", leaf.text, named(List::Unit, unit)),
            None => leaf.text.to_string(),
        })
        .collect()
}

pub(super) fn code(node: &Node, name: &str, list: List) -> Vec<String> {
    let found = node.leaves(name).filter(|leaf| !leaf.text.is_empty());
    found.map(|leaf| format!("{} {}", leaf.text, named(list, &leaf.text))).collect()
}

/// The name of a code in both languages.
fn named(list: List, code: &str) -> String {
    list.told(code).unwrap_or_else(|| format!("{code} (not in the list)"))
}

pub(super) fn notes(node: &Node, list: &str, tag: &str) -> Vec<String> {
    let tagged = node.nodes(list).filter(|note| note.text("Subject") == Some(tag));
    tagged.flat_map(|note| texts(note, "Content")).collect()
}

pub(super) fn country(node: &Node) -> String {
    let id = node.text("ID").unwrap_or_default();
    let name = List::Country.told(id);
    let name = name.or_else(|| texts(node, "Name").into_iter().next()).unwrap_or_default();
    let mut words = vec![format!("{id} {name}")];
    let parts = node.nodes("SubordinateSPSCountrySubDivision");
    words.extend(parts.flat_map(|part| [texts(part, "Name"), leaf(part, "ID")].concat()));
    words.join(", ")
}

pub(super) fn location(node: &Node) -> String {
    [texts(node, "Name"), leaf(node, "ID")].concat().join(", ")
}

pub(super) fn party(node: &Node) -> Vec<String> {
    let mut lines = texts(node, "Name");
    let ids = node.leaves("TypeCode").filter(|leaf| !leaf.text.is_empty());
    lines.extend(ids.map(|id| match id.attribute("listName") {
        Some(list) => format!("{list} {}", id.text),
        None => id.text.to_string(),
    }));
    if let Some(address) = node.node("SpecifiedSPSAddress") {
        let written = ["LineOne", "LineTwo", "LineThree", "LineFour", "LineFive"];
        lines.extend(written.into_iter().flat_map(|line| texts(address, line)));
        let town = [leaf(address, "PostcodeCode"), texts(address, "CityName")].concat().join(" ");
        lines.push(town);
        let id = address.text("CountryID").unwrap_or_default();
        let known = List::Country.told(id);
        let written = texts(address, "CountryName").into_iter().next();
        lines.extend(known.or(written));
    }
    let contacts = node.nodes("DefinedSPSContact").flat_map(|contact| texts(contact, "PersonName"));
    lines.extend(contacts);
    lines
}
