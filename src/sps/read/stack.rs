//! What is open while a document is read, and what is known of its children.

use std::collections::HashMap;

use super::super::name::Namespace;
use super::order;
use crate::certificate::element::{Element, Shape, Type};
use crate::certificate::value::is_blank;
use crate::certificate::{Extra, Leaf, Node, table};

//------------ Place ---------------------------------------------------------

/// Where an element stands, and what of it the schema has no place for.
pub(super) struct Place {
    /// Its local name, and which of that name it is in its parent.
    pub name: &'static str,
    pub position: u32,
    /// Where its start tag begins.
    pub at: usize,
    /// Most have nothing of the kind.
    pub beside: Option<Box<Beside>>,
}

/// What an element holds that the schema has no place for.
#[derive(Default)]
pub(super) struct Beside {
    /// Text that stands between elements.
    pub stray: String,
    pub extra: Extra,
}

impl Place {
    pub fn new(name: &'static str, position: u32, at: usize) -> Self {
        Place { name, position, at, beside: None }
    }

    pub fn extra(&mut self) -> &mut Extra {
        &mut self.beside.get_or_insert_default().extra
    }

    /// Keeps text that stands between elements; blanks before all else are
    /// none of it.
    pub fn add_stray(&mut self, text: &str) {
        if self.beside.is_some() || !text.chars().all(is_blank) {
            self.beside.get_or_insert_default().stray.push_str(text);
        }
    }
}

//------------ OpenLeaf ------------------------------------------------------

/// A value that is open: there is never more than one. What it says is put
/// into its parent from the beginning ([`value`]), so that nothing is moved.
pub(super) struct OpenLeaf {
    pub place: Place,
    pub of: &'static Type,
    pub element: &'static Element,
    pub shape: Shape,
    /// Whether the `udt` child of a date or an indicator has been read.
    pub spelled: bool,
    /// Whether the text was seen to be base64: an attachment is looked at once.
    pub is_base64: bool,
}

/// The value that is open, in the innermost element of elements.
pub(super) fn value(opens: &mut [Open]) -> Option<&mut Leaf> {
    opens.last_mut()?.node.last_leaf_mut()
}

/// The `udt` child of a date or an indicator that is open.
pub(super) struct OpenChild {
    pub place: Place,
    pub leaf: Leaf,
}

//------------ Open ----------------------------------------------------------

/// An element of elements that is open.
pub(super) struct Open {
    pub place: Place,
    pub node: Node,
    /// Its row in the parent.
    pub row: u8,
    /// The furthest row a child has had, and how many children it has had.
    pub furthest: u8,
    pub run: u32,
    /// The rows that have had a child, a bit each.
    pub seen: u32,
    /// How many places of [`super::Reader::firsts`] are of elements further out.
    pub firsts: usize,
    pub odd: Option<Box<Odd>>,
}

/// What is counted of an element's children once they are not what the schema
/// has there, one after the other.
#[derive(Default)]
pub(super) struct Odd {
    /// How many children each row has had.
    pub counts: [u32; ROWS],
    /// How many there were of each name that is no row.
    pub strangers: HashMap<String, u32>,
    /// The rows that have one that stands too late, a bit each, and which.
    pub late: u32,
    pub lates: Vec<order::Child>,
}

/// No type of the table has more elements.
const ROWS: usize = 24;

impl Open {
    pub fn new(place: Place, of: &'static Type, row: u8, firsts: usize) -> Self {
        let node = Node::new(of);
        Open { place, node, row, furthest: 0, run: 0, seen: 0, firsts, odd: None }
    }

    /// The namespace of its children.
    pub fn namespace(&self) -> Namespace {
        if self.node.of().is(&table::CERTIFICATE) {
            Namespace::Rsm
        } else if self.node.of().is(&table::ACKNOWLEDGEMENT) {
            Namespace::Ack
        } else {
            Namespace::Ram
        }
    }

    /// What is counted from the first child on that is not as it should be.
    #[cold]
    pub fn odd(&mut self) -> &mut Odd {
        self.odd.get_or_insert_with(|| {
            let mut odd = Box::<Odd>::default();
            for row in 0..u8::try_from(ROWS).unwrap_or(u8::MAX) {
                let count = u32::try_from(self.node.row(row).len()).unwrap_or(u32::MAX);
                if let Some(slot) = odd.counts.get_mut(usize::from(row)) {
                    *slot = count;
                }
            }
            odd
        })
    }

    /// Counts one more child of a row, which stands where the schema has it;
    /// which one of its row it is.
    pub fn count(&mut self, row: u8) -> u32 {
        if let Some(odd) = &mut self.odd {
            return odd.count(row);
        }
        self.run = if row == self.furthest { self.run + 1 } else { 1 };
        self.run
    }
}

impl Odd {
    /// The first child of each row, and the first of it that stands too late;
    /// none if none does. `firsts` are the rows and places of the first.
    pub fn in_rows(self, firsts: &[(u8, usize)]) -> Vec<order::Child> {
        let mut children = self.lates;
        if !children.is_empty() {
            let late: Vec<usize> = children.iter().map(|child| child.at).collect();
            let on_time = firsts.iter().filter(|(_, at)| !late.contains(at));
            children.extend(on_time.map(|(row, at)| order::Child {
                row: *row,
                at: *at,
                position: 1,
            }));
        }
        children
    }

    pub fn count(&mut self, row: u8) -> u32 {
        let mut none = 0;
        let count = self.counts.get_mut(usize::from(row)).unwrap_or(&mut none);
        *count += 1;
        *count
    }

    /// Counts one more child called `local`, which is no row; which one of
    /// that name it is.
    pub fn count_stranger(&mut self, local: &str) -> u32 {
        let count = self.strangers.entry(local.to_owned()).or_default();
        *count += 1;
        *count
    }
}
