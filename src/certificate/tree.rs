//! The document as a tree over the element table.
//!
//! A tree is kept in one normal form, whatever it was made from: entries in
//! the order of the table, repeats in document order, and a mandatory element
//! that holds nothing is absent (the writer puts it back). So two documents
//! with the same content are the same tree, but for the spelling of dates.
//! What kinds of documents there are is in [`super::document`].

use super::digest::truth;
use super::element::{Element, Kind, Type};
use super::leaf::{Extra, Leaf};

//------------ Node ----------------------------------------------------------

/// An element that holds elements.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    of: &'static Type,
    entries: Vec<Entry>,
    extra: Option<Box<Extra>>,
}

/// One child of a node: which row of the node's type it is, and what it holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    at: u8,
    pub item: Item,
}

/// What an element holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Item {
    Leaf(Leaf),
    Node(Node),
}

impl Node {
    /// A node of type `of` with nothing in it.
    pub fn new(of: &'static Type) -> Self {
        Node { of, entries: Vec::new(), extra: None }
    }

    /// The type of the table this is.
    pub fn of(&self) -> &'static Type {
        self.of
    }

    /// Adds one more `name` (an XML name); a name or an item that the type
    /// does not have there is left out, and `false` returned.
    pub fn push(&mut self, name: &str, item: Item) -> bool {
        match self.of.element(name) {
            Some((at, element)) if item.fits(element) => {
                self.push_at(at, item);
                true
            }
            Some(_) | None => false,
        }
    }

    /// The same node with a text value more; for making certificates by hand.
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.push(name, Item::Leaf(Leaf::new(text)));
        self
    }

    /// The same node with a node more; for making certificates by hand.
    pub fn with_node(mut self, name: &str, node: Node) -> Self {
        self.push(name, Item::Node(node));
        self
    }

    pub(crate) fn push_at(&mut self, at: u8, item: Item) {
        self.append(at, item);
        self.settle();
    }

    /// Adds an item behind all others; [`Node::settle`] must follow.
    #[inline]
    pub(crate) fn append(&mut self, at: u8, item: Item) {
        self.make_room();
        self.entries.push(Entry { at, item });
    }

    /// Adds a value that says nothing yet behind all others, where it is
    /// filled in: [`Node::last_leaf_mut`]. [`Node::settle`] must follow.
    #[inline]
    pub(crate) fn append_leaf(&mut self, at: u8) {
        // Copied from where it lies: to put one together and move it costs more.
        const BLANK: Entry = Entry { at: 0, item: Item::Leaf(Leaf::BLANK) };
        self.make_room();
        self.entries.push(BLANK);
        self.entries.last_mut().into_iter().for_each(|entry| entry.at = at);
    }

    fn make_room(&mut self) {
        if self.entries.is_empty() {
            // Small elements have one or two, large ones several.
            self.entries.reserve_exact(self.of.elements.len().clamp(2, 8));
        }
    }

    /// The value that was added last, if it was one.
    pub(crate) fn last_leaf_mut(&mut self) -> Option<&mut Leaf> {
        match &mut self.entries.last_mut()?.item {
            Item::Leaf(leaf) => Some(leaf),
            Item::Node(_) => None,
        }
    }

    /// Takes out all items of row `at`, in document order.
    pub(crate) fn take_row(&mut self, at: u8) -> Vec<Item> {
        let taken = self.entries.extract_if(.., |entry| entry.at == at);
        taken.map(|entry| entry.item).collect()
    }

    /// Takes in everything that `other`, of the same type, holds, behind what
    /// is here already.
    pub(crate) fn take_in(&mut self, other: Node) {
        if self.of.is(other.of) {
            self.entries.extend(other.entries);
            self.extra = other.extra.or(self.extra.take());
            self.settle();
        }
    }

    /// Puts the entries into the order of the table, repeats as they came.
    pub(crate) fn settle(&mut self) {
        if !self.entries.is_sorted_by_key(|entry| entry.at) {
            self.entries.sort_by_key(|entry| entry.at);
        }
    }

    /// The children in the order of the table, each with its row.
    pub fn entries(&self) -> impl Iterator<Item = (&'static Element, &Item)> {
        let elements = self.of.elements;
        self.entries
            .iter()
            .filter_map(move |entry| Some((elements.get(usize::from(entry.at))?, &entry.item)))
    }

    /// The children in row `at`, in document order.
    pub(crate) fn row(&self, at: u8) -> &[Entry] {
        let start = self.entries.partition_point(|entry| entry.at < at);
        let end = self.entries.partition_point(|entry| entry.at <= at);
        self.entries.get(start..end).unwrap_or_default()
    }

    /// Whether row `at` holds anything, also before the node is settled.
    pub(crate) fn holds(&self, at: u8) -> bool {
        self.entries.iter().any(|entry| entry.at == at)
    }

    /// Whether row `at` holds anything.
    pub(crate) fn has_row(&self, at: u8) -> bool {
        !self.row(at).is_empty()
    }

    /// Changes how the indicator in row `at` is spelled, if it says the same.
    pub(crate) fn respell(&mut self, at: u8, spelled: &str) -> bool {
        let mut leaves = self.entries.iter_mut().filter(|entry| entry.at == at);
        match leaves.next().map(|entry| &mut entry.item) {
            Some(Item::Leaf(leaf)) if truth(&leaf.text) == truth(spelled) => {
                leaf.text = spelled.into();
                true
            }
            Some(Item::Leaf(_) | Item::Node(_)) | None => false,
        }
    }

    fn named(&self, name: &str) -> &[Entry] {
        self.of.element(name).map_or(&[], |(at, _)| self.row(at))
    }

    /// The values called `name`.
    pub fn leaves(&self, name: &str) -> impl Iterator<Item = &Leaf> {
        self.named(name).iter().filter_map(|entry| entry.item.leaf())
    }

    /// The nodes called `name`.
    pub fn nodes(&self, name: &str) -> impl Iterator<Item = &Node> {
        self.named(name).iter().filter_map(|entry| entry.item.node())
    }

    /// The first item called `name`.
    fn first(&self, name: &str) -> Option<&Item> {
        self.first_in(self.of.element(name)?.0)
    }

    fn first_in(&self, at: u8) -> Option<&Item> {
        let start = self.entries.partition_point(|entry| entry.at < at);
        self.entries.get(start).filter(|entry| entry.at == at).map(|entry| &entry.item)
    }

    /// The first value in row `at`.
    pub(crate) fn leaf_in(&self, at: u8) -> Option<&Leaf> {
        self.first_in(at)?.leaf()
    }

    /// The first value called `name`.
    pub fn leaf(&self, name: &str) -> Option<&Leaf> {
        self.first(name)?.leaf()
    }

    /// The first node called `name`.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.first(name)?.node()
    }

    /// The first node called `name`, to be changed.
    pub fn node_mut(&mut self, name: &str) -> Option<&mut Node> {
        let (at, _) = self.of.element(name)?;
        let mut entries = self.entries.iter_mut().filter(|entry| entry.at == at);
        entries.find_map(|entry| match &mut entry.item {
            Item::Leaf(_) => None,
            Item::Node(node) => Some(node),
        })
    }

    /// The text of the first value called `name`, if it is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.leaf(name).map(|leaf| leaf.text.as_str()).filter(|text| !text.is_empty())
    }

    /// What the schema has no place for, if there is any.
    pub fn extra(&self) -> Option<&Extra> {
        self.extra.as_deref()
    }

    /// Where to put what the schema has no place for.
    pub fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Whether nothing at all is in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.extra.is_none()
    }

    /// Brings the node and all below it into normal form; its depth is bounded
    /// by who made it.
    pub(super) fn normalise(&mut self) {
        for entry in &mut self.entries {
            match &mut entry.item {
                Item::Leaf(leaf) => leaf.normalise(),
                Item::Node(node) => node.normalise(),
            }
        }
        self.tidy();
    }

    /// Brings a node into normal form whose children are in it already.
    pub(crate) fn tidy(&mut self) {
        if self.extra.as_deref().is_some_and(Extra::is_empty) {
            self.extra = None;
        }
        self.settle();
        if self.says_all() {
            return;
        }
        let elements = self.of.elements;
        let says_nothing = |entry: &Entry| {
            let element = elements.get(usize::from(entry.at));
            element.is_some_and(|element| {
                element.occurs.is_mandatory() && entry.item.says_nothing(element)
            })
        };
        // Only one that is alone in its row says no more than its absence.
        let alone: Vec<bool> = (0..self.entries.len())
            .map(|place| {
                let at = |place: Option<usize>| {
                    place.and_then(|place| self.entries.get(place)).map(|entry| entry.at)
                };
                let own = at(Some(place));
                at(place.checked_sub(1)) != own && at(Some(place + 1)) != own
            })
            .collect();
        let mut alone = alone.into_iter();
        self.entries.retain(|entry| !(alone.next().unwrap_or(false) && says_nothing(entry)));
    }

    /// Whether something is said in every mandatory row, so that nothing is
    /// missing; `false` may be wrong, `true` is not.
    pub(crate) fn says_all(&self) -> bool {
        let said = self.entries.iter().filter(|entry| entry.item.says_something());
        let said = said.fold(0, |rows, entry| rows | 1 << (entry.at & 31));
        self.of.mandatory & !said == 0
    }

    /// The rows of the type in order, each with what it holds.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'static Element, &[Entry])> {
        let mut rest = self.entries.as_slice();
        (0u8..).zip(self.of.elements).map(move |(at, element)| {
            let count = rest.iter().take_while(|entry| entry.at == at).count();
            let (row, after) = rest.split_at(count);
            rest = after;
            (element, row)
        })
    }

    pub(crate) fn has_extras(&self) -> bool {
        self.extra.is_some()
            || self.entries.iter().any(|entry| match &entry.item {
                Item::Leaf(leaf) => leaf.extra.is_some(),
                Item::Node(node) => node.has_extras(),
            })
    }
}

impl Item {
    /// The value, if it is one.
    pub fn leaf(&self) -> Option<&Leaf> {
        match self {
            Item::Leaf(leaf) => Some(leaf),
            Item::Node(_) => None,
        }
    }

    /// The node, if it is one.
    pub fn node(&self) -> Option<&Node> {
        match self {
            Item::Leaf(_) => None,
            Item::Node(node) => Some(node),
        }
    }

    fn fits(&self, element: &Element) -> bool {
        match (self, &element.kind) {
            (Item::Leaf(_), Kind::Leaf(..)) => true,
            (Item::Node(node), Kind::Node(of)) => node.of.is(of),
            (Item::Leaf(_), Kind::Node(_)) | (Item::Node(_), Kind::Leaf(..)) => false,
        }
    }

    /// Whether it says no more than its absence would.
    pub(crate) fn says_nothing(&self, element: &Element) -> bool {
        match self {
            Item::Leaf(leaf) => leaf.says_nothing(element),
            Item::Node(node) => node.is_empty(),
        }
    }

    /// Whether it is a value or begins with one that has a text, and one that is not what absence
    /// stands for anywhere ([`Element::absent_value`]).
    fn says_something(&self) -> bool {
        let first = match self {
            Item::Leaf(leaf) => Some(leaf),
            Item::Node(node) => node.entries.first().and_then(|first| first.item.leaf()),
        };
        first.is_some_and(|leaf| !matches!(leaf.text.as_str(), "" | "0"))
    }

    /// Whether it is a value without a text; a node never is.
    pub(crate) fn has_no_text(&self) -> bool {
        match self {
            Item::Leaf(leaf) => leaf.text.is_empty(),
            Item::Node(_) => false,
        }
    }

    /// As [`Item::says_nothing`], all the way down: an element that holds
    /// nothing but empty mandatory ones.
    pub(crate) fn is_blank(&self, element: &Element) -> bool {
        match self {
            Item::Leaf(_) => self.says_nothing(element),
            Item::Node(node) => {
                node.extra().is_none()
                    && node
                        .entries()
                        .all(|(below, item)| below.occurs.is_mandatory() && item.is_blank(below))
            }
        }
    }
}
