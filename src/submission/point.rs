//! The JSON Pointer to an element of a document, as the document was typed.
//!
//! Nothing has two spellings: an entry that a free plain field stands for
//! stands there and not in its list. So the way to an element in the tree says
//! where it stood in JSON.

use std::collections::HashSet;

use crate::certificate::plain::{PLAIN, Plain, Repeats};
use crate::certificate::rules::{Lacks, Placed, Step};
use crate::certificate::{Item, Node};

/// The pointer to what a finding about the whole document is about.
pub(super) fn pointer(root: &Node, placed: &Placed) -> String {
    let mut pointer = String::new();
    let mut node = root;
    for step in &placed.way {
        let mut row = node.entries().filter(|(element, _)| std::ptr::eq(*element, step.element));
        let Some((_, item)) = row.nth(step.index) else {
            // Something that is not there at all.
            pointer.push_str(&format!("/{}", step.element.json_name()));
            return pointer;
        };
        match field_of(node, step) {
            Ok((plain, index)) => {
                pointer.push_str(&path_of(plain));
                if plain.repeats == Repeats::Yes {
                    pointer.push_str(&format!("/{index}"));
                }
                // What stands in the entry is what the field's value is.
                return pointer;
            }
            Err(index) => {
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

fn path_of(plain: &Plain) -> String {
    match plain.group {
        "" => format!("/{}", plain.field),
        group => format!("/{group}/{}", plain.field),
    }
}

/// The plain field that an entry stands in, and which of its values it is; or
/// which one it is in its list.
fn field_of(node: &Node, step: &Step) -> Result<(&'static Plain, usize), usize> {
    let mut taken = HashSet::new();
    let mut fields: Vec<usize> = Vec::new();
    let mut listed = 0;
    let entries = node.entries().filter(|(element, _)| std::ptr::eq(*element, step.element));
    for (at, (element, item)) in entries.enumerate() {
        let field = item.node().and_then(|entry| {
            let (order, plain) = Plain::fitting(node, element.name, entry)?;
            let free = plain.repeats == Repeats::Yes || taken.insert(order);
            free.then_some((order, plain))
        });
        let here = at == step.index;
        match field {
            Some((order, plain)) if here => {
                let before = fields.iter().filter(|other| **other == order).count();
                return Ok((plain, before));
            }
            Some((order, _)) => fields.push(order),
            None if here => return Err(listed),
            None => listed += 1,
        }
    }
    Err(step.index)
}
