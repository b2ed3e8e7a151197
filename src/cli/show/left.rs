//! What the model certificate has no place for.

use super::sheet::{Part, Row, row};
use super::values::{leaf, spoken, texts};
use super::words::Label;
use crate::certificate::codes::List;
use crate::certificate::{Certificate, Item, Node};

//------------ What is left --------------------------------------------------

/// What the model certificate has no place for, by the names of the standard:
/// nothing that is said is left off the page but tags, files and indices.
pub(super) fn rest(certificate: &Certificate, parts: &[Part]) -> Vec<Row> {
    let mut lines = Vec::new();
    let head = certificate.document();
    let head = head.map(|document| {
        [texts(document, "Name"), leaf(document, "ID"), leaf(document, "TypeCode")].concat()
    });
    let head = head.unwrap_or_default();
    let shown = |value: &str| {
        // The title says so; and ZZZ says nothing.
        if value == "ZZZ" || head.iter().any(|line| line.contains(value)) {
            return true;
        }
        let mut all = parts.iter().flat_map(|part| &part.rows).flat_map(|row| &row.lines);
        all.any(|line| line.contains(value))
    };
    for half in certificate.document().into_iter().chain(certificate.consignment()) {
        values(half, "", &shown, &mut lines);
    }
    row(Label::OTHER_VALUES, lines).into_iter().collect()
}

fn values(node: &Node, way: &str, shown: &impl Fn(&str) -> bool, lines: &mut Vec<String>) {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for (element, item) in node.entries() {
        let name = element.name;
        match item {
            Item::Node(inner) => {
                let n = match counted.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, n)) => {
                        *n += 1;
                        *n
                    }
                    None => {
                        counted.push((name, 1));
                        1
                    }
                };
                let which = if n > 1 { format!(" {n}") } else { String::new() };
                let way = format!("{way}{}{which} › ", spaced(name));
                values(inner, &way, shown, lines);
            }
            Item::Leaf(_) if TAGS.contains(&name) => {}
            Item::Leaf(leaf) if leaf.text.is_empty() || shown(&leaf.text) => {}
            // A fact's first description is its tag.
            Item::Leaf(leaf) if name == "Description" && is_tag(&leaf.text) => {}
            Item::Leaf(leaf) => lines.push(format!("{way}{}: {}", spaced(name), spoken(leaf))),
        }
    }
}

fn is_tag(text: &str) -> bool {
    List::Tag.name(text).is_some()
}

/// `CarrierSPSParty` as `Carrier Party`.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    for letter in name.replace("SPS", "").chars() {
        if letter.is_uppercase() && out.ends_with(|last: char| last.is_lowercase()) {
            out.push(' ');
        }
        out.push(letter);
    }
    out
}

const TAGS: &[&str] = &["AttachmentBinaryObject", "Subject", "SystemName"];
