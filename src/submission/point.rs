//! The JSON Pointer to an element of a document, as the document was typed.
//!
//! Nothing has two spellings: an entry that a free plain field stands for
//! stands there and not in its list. So the way to an element in the tree says
//! where it stood in JSON.

use std::collections::{HashMap, HashSet};

use crate::certificate::element::Element;
use crate::certificate::plain::{PLAIN, Plain, Repeats};
use crate::certificate::rules::{Lacks, Placed, Step};
use crate::certificate::{Item, Node};

//------------ Pointers ------------------------------------------------------

/// The pointers into one document.
pub(super) struct Pointers<'d> {
    root: &'d Node,
    /// Where the entries of a list stand, by the addresses of the node and of
    /// the element: a list is gone through once, however many are asked for.
    lists: HashMap<(usize, usize), Vec<Stands>>,
}

/// Where an entry stands in JSON.
#[derive(Clone, Copy)]
enum Stands {
    /// In a plain field, and which of its values it is.
    InField(&'static Plain, usize),
    /// In its list, and which one it is there.
    InList(usize),
}

impl<'d> Pointers<'d> {
    pub fn new(root: &'d Node) -> Self {
        Pointers { root, lists: HashMap::new() }
    }

    /// The pointer to what a finding about the whole document is about.
    pub fn to(&mut self, placed: &Placed) -> String {
        let mut pointer = String::new();
        let mut node = self.root;
        for step in &placed.way {
            let mut row =
                node.entries().filter(|(element, _)| std::ptr::eq(*element, step.element));
            let Some((_, item)) = row.nth(step.index) else {
                // Something that is not there at all.
                pointer.push_str(&format!("/{}", step.element.json_name()));
                return pointer;
            };
            match self.stands(node, step) {
                Stands::InField(plain, index) => {
                    pointer.push_str(&path_of(plain));
                    if plain.repeats == Repeats::Yes {
                        pointer.push_str(&format!("/{index}"));
                    }
                    // What stands in the entry is what the field's value is.
                    return pointer;
                }
                Stands::InList(index) => {
                    pointer.push_str(&format!("/{}", step.element.json_name()));
                    if step.element.occurs.repeats() {
                        pointer.push_str(&format!("/{index}"));
                    }
                }
            }
            match item {
                Item::Node(below) => node = below,
                Item::Leaf(_) => return pointer,
            }
        }
        match placed.lacks {
            Lacks::Element(name) => {
                if let Some((_, element)) = node.of().element(name) {
                    pointer.push_str(&format!("/{}", element.json_name()));
                }
            }
            Lacks::Nothing => {}
            Lacks::Tag(tag) => {
                let mut fields = PLAIN.iter().filter(|plain| plain.of.is(node.of()));
                if let Some(plain) = fields.find(|plain| plain.tag == tag) {
                    pointer.push_str(&path_of(plain));
                }
            }
        }
        pointer
    }

    fn stands(&mut self, node: &'d Node, step: &Step) -> Stands {
        let address = |node: &Node| std::ptr::from_ref(node).addr();
        let key = (address(node), std::ptr::from_ref(step.element).addr());
        let list = self.lists.entry(key).or_insert_with(|| list_of(node, step.element));
        list.get(step.index).copied().unwrap_or(Stands::InList(step.index))
    }
}

fn path_of(plain: &Plain) -> String {
    match plain.group {
        "" => format!("/{}", plain.field),
        group => format!("/{group}/{}", plain.field),
    }
}

/// Where each entry of a list stands.
fn list_of(node: &Node, list: &Element) -> Vec<Stands> {
    let mut taken = HashSet::new();
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let mut listed = 0;
    let entries = node.entries().filter(|(element, _)| std::ptr::eq(*element, list));
    let stands = entries.map(|(element, item)| {
        let field = item.node().and_then(|entry| {
            let (order, plain) = Plain::fitting(node, element.name, entry)?;
            let free = plain.repeats == Repeats::Yes || taken.insert(order);
            free.then_some((order, plain))
        });
        let next = |count: &mut usize| {
            *count += 1;
            *count - 1
        };
        match field {
            Some((order, plain)) => Stands::InField(plain, next(counts.entry(order).or_default())),
            None => Stands::InList(next(&mut listed)),
        }
    });
    stands.collect()
}
