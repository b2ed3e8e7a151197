//! The documents of the standard: a certificate, and the answer to one.

use super::element::{Element, Kind, Shape};
use super::leaf::Extra;
use super::table;
use super::tree::{Item, Node};

//------------ Document ------------------------------------------------------

/// A document of the standard, whichever it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Document {
    Acknowledgement(Acknowledgement),
    Certificate(Certificate),
}

impl Document {
    /// The document of a root; any root but that of an acknowledgement is
    /// taken for a certificate's.
    pub fn new(mut root: Node) -> Self {
        root.normalise();
        Document::of_tidy(root)
    }

    /// As [`Document::new`], for a root that is in normal form already.
    pub(crate) fn of_tidy(root: Node) -> Self {
        if root.of().is(&table::ACKNOWLEDGEMENT) {
            Document::Acknowledgement(Acknowledgement { root })
        } else {
            Document::Certificate(Certificate { root })
        }
    }

    /// The root.
    pub fn root(&self) -> &Node {
        match self {
            Document::Acknowledgement(acknowledgement) => &acknowledgement.root,
            Document::Certificate(certificate) => &certificate.root,
        }
    }

    /// The status as it is written: the certificate's, or the answer's.
    pub fn status(&self) -> Option<&str> {
        let part = match self {
            Document::Acknowledgement(_) => self.root().node("SPSAcknowledgementDocument"),
            Document::Certificate(_) => self.root().node("SPSExchangedDocument"),
        };
        part.and_then(|part| part.text("StatusCode"))
    }

    /// How many elements the document has when it is written with every
    /// mandatory one.
    pub fn elements(&self) -> usize {
        elements(self.root())
    }
}

//------------ Acknowledgement -----------------------------------------------

/// An `SPSAcknowledgement`: an authority's answer to a certificate, as a tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Acknowledgement {
    root: Node,
}

impl Acknowledgement {
    /// The root, `SPSAcknowledgement`.
    pub fn root(&self) -> &Node {
        &self.root
    }
}

//------------ Certificate ---------------------------------------------------

/// A sanitary or phytosanitary certificate: one document, as a tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    root: Node,
}

impl Certificate {
    /// How deep elements may lie below the root: what the gate lets pass,
    /// less the root and the `udt` element of a date.
    pub const DEPTH_LIMIT: usize = 60;

    /// A certificate from its two parts and whatever else the root held.
    pub fn new(mut root: Node) -> Self {
        root.normalise();
        Certificate { root }
    }

    /// The root, `SPSCertificate`.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// `SPSExchangedDocument`.
    pub fn document(&self) -> Option<&Node> {
        self.root.node("SPSExchangedDocument")
    }

    /// `SPSConsignment`.
    pub fn consignment(&self) -> Option<&Node> {
        self.root.node("SPSConsignment")
    }

    /// Every trade line of the consignment, in document order.
    pub fn trade_lines(&self) -> impl Iterator<Item = &Node> {
        self.consignment()
            .into_iter()
            .flat_map(|consignment| consignment.nodes("IncludedSPSConsignmentItem"))
            .flat_map(|item| item.nodes("IncludedSPSTradeLineItem"))
    }

    /// How many elements the certificate has when it is written with every
    /// mandatory one.
    pub fn elements(&self) -> usize {
        elements(&self.root)
    }

    /// Whether it holds what the schema has no place for.
    pub fn has_extras(&self) -> bool {
        self.root.has_extras()
    }
}

impl Default for Certificate {
    /// A certificate with nothing in it.
    fn default() -> Self {
        Certificate::new(Node::new(&table::CERTIFICATE))
    }
}

//------------ Size ----------------------------------------------------------

/// How many elements a node is when it is written, itself included.
fn elements(node: &Node) -> usize {
    let of_item = |(element, item): (&Element, &Item)| match (item, &element.kind) {
        (Item::Node(node), _) => elements(node),
        (Item::Leaf(leaf), Kind::Leaf(Shape::DateTime | Shape::Indicator, _)) => {
            2 + leaf.extra().map_or(0, Extra::elements)
        }
        (Item::Leaf(leaf), _) => 1 + leaf.extra().map_or(0, Extra::elements),
    };
    let there: usize = node.entries().map(of_item).sum();
    let extra = node.extra().map_or(0, Extra::elements);
    let missing: usize = (0u8..)
        .zip(node.of().elements)
        .filter(|(at, element)| element.occurs.is_mandatory() && !node.has_row(*at))
        .map(|(_, element)| absent_elements(element))
        .sum();
    1 + there + extra + missing
}

/// How many elements a mandatory one that is absent takes when written; the
/// mandatory elements of the table form no circle, so this ends.
fn absent_elements(element: &Element) -> usize {
    match &element.kind {
        Kind::Leaf(Shape::DateTime, _) => 2,
        Kind::Leaf(..) => 1,
        Kind::Node(of) => {
            let below = of.elements.iter().filter(|element| element.occurs.is_mandatory());
            1 + below.map(absent_elements).sum::<usize>()
        }
    }
}
