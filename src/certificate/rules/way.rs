//! Where in a whole document a finding is: the way from the root, which each
//! reader turns into its own path and place.

use super::super::element::Element;
use super::super::finding::Finding;
use super::super::tree::{Item, Node};

//------------ Placed --------------------------------------------------------

/// A finding about a document as a whole, without path and place.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The steps from the root to the element that it is about.
    pub way: Vec<Step>,
    /// What that element lacks, if it is about something that is not there.
    pub lacks: Lacks,
    pub finding: Finding,
}

/// One step of a way: an element, and which of its name it is, from 0.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub element: &'static Element,
    pub index: usize,
}

/// What an element lacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lacks {
    /// The element of this name (an XML name); who has told that it is absent
    /// need not tell it again.
    Element(&'static str),
    Nothing,
    /// The entry with this ePhyto tag.
    Tag(&'static str),
}

//------------ Way -----------------------------------------------------------

/// The way to an element, while it is being judged: a chain on the stack, so
/// that it costs nothing where nothing is told.
#[derive(Clone, Copy)]
pub(super) struct Way<'w> {
    above: Option<&'w Way<'w>>,
    step: Step,
}

impl<'w> Way<'w> {
    /// One more step down from `self`.
    pub fn to(&'w self, element: &'static Element, index: usize) -> Way<'w> {
        Way { above: Some(self), step: Step { element, index } }
    }

    /// A step down from the root.
    pub fn from_root(element: &'static Element, index: usize) -> Way<'static> {
        Way { above: None, step: Step { element, index } }
    }

    /// Which of its name the element is, from 0.
    pub fn index(&self) -> usize {
        self.step.index
    }

    /// The steps, outermost first.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut way = Some(self);
        while let Some(here) = way {
            steps.push(here.step);
            way = here.above;
        }
        steps.reverse();
        steps
    }
}

//------------ Children ------------------------------------------------------

/// The children of a node in order, each with its element and which of its
/// name it is, from 0.
pub(super) fn children(node: &Node) -> impl Iterator<Item = (&'static Element, usize, &Item)> {
    let mut last: Option<(&'static Element, usize)> = None;
    node.entries().map(move |(element, item)| {
        let index = match last {
            Some((before, index)) if std::ptr::eq(before, element) => index + 1,
            Some(_) | None => 0,
        };
        last = Some((element, index));
        (element, index, item)
    })
}

/// The nodes called `name`, each with its element and its index.
pub(super) fn nodes<'n>(
    node: &'n Node,
    name: &'static str,
) -> impl Iterator<Item = (&'static Element, usize, &'n Node)> {
    children(node)
        .filter(move |(element, _, _)| element.name == name)
        .filter_map(|(element, index, item)| Some((element, index, item.node()?)))
}
