//! What the form has no place for.

use std::collections::HashSet;

use super::items::{alike, numbered, of_items};
use super::sheet::{Row, Sheet};
use super::values::{Said, mark, named};
use super::words::Label;
use crate::certificate::codes::List;
use crate::certificate::element::{Element, Kind};
use crate::certificate::words::Words;
use crate::certificate::{Leaf, Node};
use crate::submission::{Mapped, What, mapped};

/// Attributes that are told with the value they are of.
const TOLD: &[&str] = &["languageID", "unitCode", "filename", "mimeCode", "uri"];

/// What no part of the sheet says yet, each with what it is: nothing that the
/// certificate holds is left off the page.
pub(super) fn rest(root: &Node, sheet: &Sheet) -> Row {
    let head = std::iter::once(&sheet.names).chain(sheet.head.iter().map(|row| &row.lines));
    let parts = sheet.parts.iter().flat_map(|part| part.lines());
    let all = head.flatten().chain(parts);
    let told = all.filter(|said| said.text.is_empty() || !said.is_blank());
    let mut shown: HashSet<usize> = told.flat_map(|said| said.of.iter().copied()).collect();
    // A number that the item is told by.
    let groups = groups(root).flat_map(|group| group.nodes("IncludedSPSTradeLineItem"));
    let numbered = numbered(groups);
    let numbers = numbered.iter().filter_map(|(n, line)| {
        line.leaf("SequenceNumeric").filter(|leaf| leaf.text == n.to_string())
    });
    shown.extend(numbers.map(mark));
    let items = items(root);
    let all = mapped(root);
    let several = several(&all);
    let mut lines = Vec::new();
    let mut by_item = Vec::new();
    for one in &all {
        let item = items.iter().position(|item| one.field.starts_with(item.as_str()));
        let told = of(one, &several, &shown);
        match item {
            Some(at) => {
                let n = numbered.get(at).map_or(at + 1, |(n, _)| *n);
                by_item.extend(told.into_iter().map(|said| (n, vec![vec![said]])));
            }
            None => lines.extend(told),
        }
    }
    for (items, cells) in alike(by_item.into_iter()) {
        let before = format!("{} › ", of_items(&items));
        lines.extend(cells.into_iter().flatten().map(|said| said.within(&before, "")));
    }
    Row::new(Label::OTHER_VALUES, lines)
}

/// How the fields of every trade line begin, in their order.
fn items(root: &Node) -> Vec<String> {
    let items = groups(root).zip(0_usize..).flat_map(|(group, at)| {
        let lines = group.nodes("IncludedSPSTradeLineItem").zip(0_usize..);
        let lines = lines.map(move |(_, line)| {
            format!("/consignment/includedConsignmentItem/{at}/includedTradeLineItem/{line}/")
        });
        lines.collect::<Vec<_>>()
    });
    items.collect()
}

/// The groups of trade lines; an answer has none.
fn groups(root: &Node) -> impl Iterator<Item = &Node> {
    let consignment = root.node("SPSConsignment").into_iter();
    consignment.flat_map(|consignment| consignment.nodes("IncludedSPSConsignmentItem"))
}

/// The elements that stand more than once in theirs, without their positions.
fn several<'a>(all: &'a [Mapped<'_>]) -> HashSet<&'a str> {
    all.iter().flat_map(way).filter_map(|step| step.strip_suffix("[2]")).collect()
}

/// What of its way leads to each element that it lies in, outermost first.
fn way<'a>(one: &'a Mapped<'_>) -> impl Iterator<Item = &'a str> {
    let ends = one.element.match_indices('/').map(|(at, _)| at).skip(1);
    let ends = ends.chain([one.element.len()]);
    let steps = ends.filter_map(|end| one.element.get(..end));
    let inner = steps.filter(|step| !FRAME.iter().any(|name| name_of(step) == *name));
    inner.skip(1).take(one.within.len())
}

fn name_of(step: &str) -> &str {
    let last = step.rsplit_once('/').map_or(step, |(_, last)| last);
    last.split_once('[').map_or(last, |(name, _)| name)
}

/// What everything lies in.
const FRAME: &[&str] = &[
    "IncludedSPSConsignmentItem",
    "IncludedSPSTradeLineItem",
    "SPSAcknowledgementDocument",
    "SPSConsignment",
    "SPSExchangedDocument",
];

fn of(one: &Mapped<'_>, several: &HashSet<&str>, shown: &HashSet<usize>) -> Vec<Said> {
    let numbered = one.within.iter().zip(way(one)).map(|(words, step)| {
        let (parent, n) = step.rsplit_once('[').unwrap_or((step, ""));
        match several.contains(parent) {
            true => format!("{words} {}", n.trim_end_matches(']')),
            false => words.to_string(),
        }
    });
    let way: Vec<String> = numbered.collect();
    let line = |what: &str, value: String| {
        let way = way.iter().map(String::as_str).chain([what]).collect::<Vec<_>>().join(" › ");
        Said::ours(format!("{way}: {value}"))
    };
    match one.what {
        What::Attribute(name, value) => vec![line(&format!("@{name}"), value.to_owned())],
        What::Unknown(xml) => vec![line("XML", xml.to_owned())],
        What::Leaf(of, row, leaf) => {
            let words = Words::of(of, row).to_string();
            // What a tag announces is what it is.
            let tag = one.tag.filter(|tag| leaf.text != *tag).and_then(|tag| List::Tag.told(tag));
            let words = match tag {
                Some(tag) => format!("{tag} › {words}"),
                None => words,
            };
            let mut lines = Vec::new();
            if !leaf.text.is_empty() && !shown.contains(&mark(leaf)) {
                let said = value(row, leaf);
                let text = line(&words, said.text).text;
                lines.push(Said { text, language: said.language, of: said.of });
            }
            let others = leaf.attributes().iter().filter(|(name, _)| !TOLD.contains(name));
            let others = others.filter(|(name, _)| {
                let is_party = of.name == "SPSPartyType" && row.name == "TypeCode";
                !(*name == "listName" && is_party && shown.contains(&mark(leaf)))
            });
            lines.extend(
                others.map(|(name, said)| line(&format!("{words} @{name}"), said.to_string())),
            );
            // Of a value without a text, its attributes are all there is.
            if leaf.text.is_empty() && !shown.contains(&mark(leaf)) {
                let told = leaf.attributes().iter().filter(|(name, _)| TOLD.contains(name));
                lines.extend(
                    told.map(|(name, said)| line(&format!("{words} @{name}"), said.to_string())),
                );
            }
            lines
        }
    }
}

fn value(row: &Element, leaf: &Leaf) -> Said {
    match &row.kind {
        _ if row.name == "CountryID" => Said::code(List::Country, leaf),
        // A subject may be anything; a tag is known.
        Kind::Leaf(_, Some(List::Tag)) if List::Tag.name(&leaf.text).is_none() => Said::of(leaf),
        Kind::Leaf(_, Some(list)) => Said { text: named(*list, &leaf.text), ..Said::of(leaf) },
        Kind::Leaf(_, None) | Kind::Node(_) => Said::of(leaf),
    }
}
