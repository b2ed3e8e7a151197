//! The way to an element, as findings say it: local names with positions for
//! XML, a JSON Pointer (RFC 6901) for a submission in JSON.

use super::super::element::{Element, Type};
use super::super::facts::Paths;
use super::super::plain::{Plain, Repeats, tag_name};
use super::super::tree::{Entry, Node};

//------------ Step ----------------------------------------------------------

/// One step down: the `at`th `element` of `parent`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'c> {
    pub parent: &'c Node,
    pub element: &'static Element,
    /// The element's row in its type.
    pub row: u8,
    /// Which of its row it is, counted from 0.
    pub at: usize,
}

/// The path that `steps` lead along from a document's root of type `root`.
pub(super) fn path(paths: Paths, root: &Type, steps: &[Step<'_>]) -> String {
    match paths {
        Paths::Json => pointer(steps),
        Paths::Xml => {
            let mut path = format!("/{}", root.root_name());
            for (depth, step) in steps.iter().enumerate() {
                path.push('/');
                path.push_str(step.element.name);
                // A root's parts stand without position, as the reader says them.
                if depth > 0 || step.at > 0 {
                    path.push_str(&format!("[{}]", step.at + 1));
                }
            }
            path
        }
    }
}

/// The path of an element that is not there, below `path`.
pub(super) fn missing(paths: Paths, path: &str, element: &Element) -> String {
    match paths {
        Paths::Json => format!("{path}/{}", element.json_name()),
        Paths::Xml => format!("{path}/{}", element.name),
    }
}

//------------ Pointers ------------------------------------------------------

fn pointer(steps: &[Step<'_>]) -> String {
    let mut pointer = String::new();
    let mut in_field = false;
    for step in steps {
        if in_field && is_the_value(step.parent) {
            break;
        }
        let entries = step.parent.row(step.row);
        match Told::of(step, entries) {
            Told::Field { plain, nth } => {
                for name in [plain.group, plain.field] {
                    if !name.is_empty() {
                        pointer.push('/');
                        pointer.push_str(name);
                    }
                }
                if plain.repeats == Repeats::Yes {
                    pointer.push_str(&format!("/{nth}"));
                }
                in_field = true;
            }
            Told::Plainly { nth } => {
                // The tag that a plain field stands for is not written.
                let tag = in_field && tag_name(step.parent.of()) == Some(step.element.name);
                pointer.push('/');
                pointer.push_str(step.element.json_name());
                if step.element.occurs.repeats() {
                    pointer.push_str(&format!("/{}", nth.saturating_sub(usize::from(tag))));
                }
                in_field = false;
            }
        }
    }
    pointer
}

/// Whether a tagged entry is written as what is left of it: one value.
fn is_the_value(entry: &Node) -> bool {
    entry.entries().count() <= 2
}

/// How an entry of a list stands in JSON.
enum Told {
    /// By a plain field, the `nth` of it.
    Field { plain: &'static Plain, nth: usize },
    /// In its list, as the `nth` of it.
    Plainly { nth: usize },
}

impl Told {
    fn of(step: &Step<'_>, entries: &[Entry]) -> Told {
        let mut seen: Vec<usize> = Vec::new();
        let mut plainly = 0;
        for (at, entry) in entries.iter().enumerate() {
            let node = entry.item.node();
            let field = node.and_then(|node| Plain::fitting(step.parent, step.element.name, node));
            // A second copy of what stands once stays in the list.
            let field = field
                .filter(|(order, plain)| plain.repeats == Repeats::Yes || !seen.contains(order));
            if at == step.at {
                return match field {
                    Some((order, plain)) => {
                        let nth = seen.iter().filter(|other| **other == order).count();
                        Told::Field { plain, nth }
                    }
                    None => Told::Plainly { nth: plainly },
                };
            }
            match field {
                Some((order, _)) => seen.push(order),
                None => plainly += 1,
            }
        }
        Told::Plainly { nth: plainly }
    }
}
