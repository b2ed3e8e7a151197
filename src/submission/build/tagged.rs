//! Plain fields to the tagged entries they stand for.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::super::raw::Raw;
use super::{Builder, again, cut};
use crate::certificate::catalogue::Code;
use crate::certificate::digest::truth;
use crate::certificate::element::Type;
use crate::certificate::likeness::is_like;
use crate::certificate::plain::{Plain, Repeats, StandsFor, tag_name};
use crate::certificate::{Finding, Item, Leaf, Node, table};

/// A tagged entry, and where its field stands in the order of the table.
pub(super) struct Tagged {
    order: usize,
    plain: &'static Plain,
    entry: Node,
}

impl Builder {
    /// A plain field, or an object of plain fields; `false` if `key` is neither.
    pub(super) fn plain(
        &mut self,
        of: &'static Type,
        key: &str,
        raw: &mut Raw,
        tagged: &mut Vec<Tagged>,
        depth: usize,
    ) -> bool {
        if let Some((order, plain)) = Plain::find(of, "", key) {
            self.field(order, plain, std::mem::replace(raw, Raw::Null), tagged, depth);
            return true;
        }
        if !Plain::is_group(of, key) {
            return false;
        }
        match std::mem::replace(raw, Raw::Null) {
            Raw::Null => {}
            Raw::Object(members) => self.group(of, key, members, tagged, depth),
            other => {
                let words = format!("{} is an object, not {}", cut(key), other.what());
                let first = Plain::names(of, key).first().copied().unwrap_or_default();
                let remedy = format!("write {{\"{first}\": …}}");
                self.refuse(Code::SubmissionObjectWanted, words, remedy);
            }
        }
        true
    }

    fn group(
        &mut self,
        of: &'static Type,
        group: &str,
        members: Vec<(String, Raw)>,
        tagged: &mut Vec<Tagged>,
        depth: usize,
    ) {
        let again = again(&members);
        let mut spellings = Vec::new();
        let first = tagged.len();
        for (place, (key, raw)) in members.into_iter().enumerate() {
            self.at(&key, |builder| {
                if again.contains(&place) {
                    builder.twice(&key);
                } else if let Some((order, plain)) = Plain::find(of, group, &key) {
                    builder.field(order, plain, raw, tagged, depth);
                } else if key == "$xml" {
                    spellings = builder.extra(raw).spellings;
                } else {
                    builder.unknown_name(of, &key, &Plain::names(of, group));
                }
            });
        }
        for (name, spelled) in spellings {
            let field = tagged.iter_mut().skip(first).find(|tagged| tagged.plain.field == name);
            let good = field.is_some_and(|tagged| respelled(&mut tagged.entry, &spelled));
            if !good {
                self.misspelled(&name);
            }
        }
    }

    fn field(
        &mut self,
        order: usize,
        plain: &'static Plain,
        raw: Raw,
        tagged: &mut Vec<Tagged>,
        depth: usize,
    ) {
        match (plain.repeats, raw) {
            (_, Raw::Null) => {}
            (Repeats::Yes, Raw::List(items)) => {
                for (place, item) in items.into_iter().enumerate() {
                    if self.is_full() {
                        break;
                    }
                    let entry =
                        self.at(&place.to_string(), |builder| builder.entry(plain, item, depth));
                    tagged.extend(entry.map(|entry| Tagged { order, plain, entry }));
                }
            }
            (Repeats::Yes, raw) => {
                let words = format!("{} may repeat, so it is a list", plain.field);
                let remedy = format!("write [{}]", raw.shown());
                self.refuse(Code::SubmissionListWanted, words, remedy);
            }
            (Repeats::No, Raw::List(items)) => {
                let words = format!("{} stands once, so it is no list", plain.field);
                let shown = items.first().map_or_else(|| "it".to_owned(), Raw::shown);
                self.refuse(
                    Code::SubmissionSingleWanted,
                    words,
                    format!("write {shown} without [ ]"),
                );
            }
            (Repeats::No, raw) => {
                let entry = self.entry(plain, raw, depth);
                tagged.extend(entry.map(|entry| Tagged { order, plain, entry }));
            }
        }
    }

    /// The entry for one value: the tag, and what the value stands for; or,
    /// from an object without `value`, the tag and all that the object holds.
    fn entry(&mut self, plain: &'static Plain, raw: Raw, depth: usize) -> Option<Node> {
        let (of, tag_name, value_name) = match plain.stands_for {
            StandsFor::ClassCode => (&table::CLASSIFICATION, "SystemName", "ClassCode"),
            StandsFor::ClassName => (&table::CLASSIFICATION, "SystemName", "ClassName"),
            StandsFor::Content | StandsFor::Truth => (&table::NOTE, "Subject", "Content"),
            StandsFor::Fact => (&table::PROCESS_CHARACTERISTIC, "Description", "Description"),
        };
        let tag = Node::new(of).with(tag_name, plain.tag);
        let members = match (plain.stands_for, raw) {
            (StandsFor::Truth, Raw::Bool(truth)) => {
                return Some(tag.with(value_name, &truth.to_string()));
            }
            (StandsFor::Truth, other) => {
                let words = format!("{} is true or false, not {}", plain.field, other.what());
                self.refuse(
                    Code::SubmissionBooleanWanted,
                    words,
                    "write true or false, without quotes",
                );
                return None;
            }
            (_, Raw::Object(members)) => members,
            (StandsFor::Fact, scalar @ (Raw::Number(_) | Raw::Bool(_)))
                if matches!(plain.field, "temperature" | "concentration") =>
            {
                let words = format!("{} is a measure, not {}", plain.field, scalar.what());
                let remedy =
                    format!("write {{\"value\": \"{}\", \"unitCode\": …}}", scalar.shown());
                self.refuse(Code::SubmissionObjectWanted, words, remedy);
                return None;
            }
            (_, scalar) => {
                self.field = Some(plain.field);
                return self.valued(tag, value_name, scalar, depth);
            }
        };
        let has = |name: &str| members.iter().any(|(key, _)| key == name);
        // Nor does a mistyped value make an entry of it.
        let is_value = |key: &str| {
            key == "value" || of.element_in_json(key).is_none() && is_like(key, "value")
        };
        if members.iter().any(|(key, _)| is_value(key)) {
            let measured = plain.stands_for == StandsFor::Fact && has("unitCode");
            let value_name = if measured { "ValueMeasure" } else { value_name };
            return self.valued(tag, value_name, Raw::Object(members), depth);
        }
        let rest = self.node(of, members, depth + 1);
        let mut names = tag_name_leaves(&rest);
        let again = match plain.stands_for {
            StandsFor::Content | StandsFor::Truth => names.next().is_some(),
            StandsFor::ClassCode | StandsFor::ClassName => names.any(|name| name == plain.tag),
            // The description beside a tag may be any text.
            StandsFor::Fact => false,
        };
        drop(names);
        if again {
            let words = format!("{} says by itself that the tag is {}", plain.field, plain.tag);
            self.refuse(Code::SubmissionPlainTag, words, "leave the tag out");
            return None;
        }
        let mut entry = tag;
        entry.take_in(rest);
        Some(entry)
    }

    fn valued(&mut self, mut tag: Node, name: &str, raw: Raw, depth: usize) -> Option<Node> {
        let (_, element) = tag.of().element(name)?;
        let item = self.item(tag.of(), element, raw, depth);
        self.field = None;
        let item = item?;
        tag.push(name, item);
        Some(tag)
    }

    /// Puts tagged entries into their lists: in the order of the table and
    /// before all others, or as `$xml.order` says.
    pub(super) fn arrange(
        &mut self,
        node: &mut Node,
        mut tagged: Vec<Tagged>,
        orders: BTreeMap<String, Vec<String>>,
    ) {
        self.check_listed(node, &tagged);
        tagged.sort_by_key(|tagged| tagged.order);
        let mut lists: Vec<(u8, Vec<(&'static str, Node)>)> = Vec::new();
        for Tagged { plain, entry, .. } in tagged {
            let Some((row, _)) = node.of().element(plain.list) else { continue };
            match lists.iter_mut().find(|(known, _)| *known == row) {
                Some((_, entries)) => entries.push((plain.tag, entry)),
                None => lists.push((row, vec![(plain.tag, entry)])),
            }
        }
        for (name, steps) in orders {
            let row = node.of().element_in_json(&name).map(|(row, _)| row);
            let is_list = |row: &u8| lists.iter().any(|(known, _)| known == row);
            let Some(row) = row.filter(|row| is_list(row) || node.has_row(*row)) else {
                self.disorder(&name, "there is no such list here");
                continue;
            };
            let at = lists.iter().position(|(known, _)| *known == row);
            let mut entries = at.map(|at| lists.swap_remove(at).1).unwrap_or_default();
            let mut listed: VecDeque<Item> = node.take_row(row).into();
            for step in steps {
                let next = if step == "-" {
                    listed.pop_front()
                } else {
                    let at = entries.iter().position(|(tag, _)| *tag == step);
                    at.map(|at| Item::Node(entries.remove(at).1))
                };
                match next {
                    Some(item) => node.append(row, item),
                    None => self.disorder(&name, "it names more entries than there are"),
                }
            }
            if !(entries.is_empty() && listed.is_empty()) {
                self.disorder(&name, "it does not name every entry");
            }
        }
        for (row, entries) in lists {
            let listed = node.take_row(row);
            for (_, entry) in entries {
                node.append(row, Item::Node(entry));
            }
            for item in listed {
                node.append(row, item);
            }
        }
    }

    fn disorder(&mut self, list: &str, why: &str) {
        self.at("$xml", |builder| {
            builder.at("order", |builder| {
                builder.at(list, |builder| {
                    let words = format!("the order of {} cannot be followed: {why}", cut(list));
                    builder.refuse(Code::SubmissionOrder, words, "leave it out");
                });
            });
        });
    }

    /// Nothing has two spellings: an entry that a free plain field stands for
    /// may not stand in the list.
    fn check_listed(&mut self, node: &Node, tagged: &[Tagged]) {
        let mut taken: HashSet<usize> = tagged.iter().map(|tagged| tagged.order).collect();
        for (row, element) in (0u8..).zip(node.of().elements) {
            for (place, entry) in node.row(row).iter().enumerate() {
                let Item::Node(entry) = &entry.item else { continue };
                let Some((order, plain)) = Plain::fitting(node, element.name, entry) else {
                    continue;
                };
                if plain.repeats == Repeats::No && !taken.insert(order) {
                    continue;
                }
                let field = match plain.group {
                    "" => plain.field.to_owned(),
                    group => format!("{group}.{}", plain.field),
                };
                let path = format!("{}/{}/{place}", self.pointer, element.json_name());
                let words = format!("{} has a field of its own: {field}", plain.tag);
                let remedy = format!("write it as {field}, without the tag");
                self.push(Finding::new(Code::SubmissionTagInList, path, words, remedy));
            }
        }
    }
}

/// The texts of an entry's element for tags.
fn tag_name_leaves(entry: &Node) -> impl Iterator<Item = &str> {
    let name = tag_name(entry.of()).unwrap_or_default();
    entry.leaves(name).map(|leaf| leaf.text.as_str())
}

/// Gives a boolean back its spelling, if it says the same.
fn respelled(entry: &mut Node, spelled: &str) -> bool {
    let Some((row, _)) = entry.of().element("Content") else { return false };
    let says = entry.text("Content").and_then(truth);
    if says.is_none() || says != truth(spelled) {
        return false;
    }
    entry.take_row(row);
    entry.push("Content", Item::Leaf(Leaf::new(spelled)))
}
