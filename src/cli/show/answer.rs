//! An authority's answer to a certificate (`SPSAcknowledgement`) as a person
//! reads one: whose certificate, and what is said to it.

use super::parts::answered;
use super::sheet::{Part, Place, Rendering, Row, Sheet};
use super::values::{Said, codes, values};
use super::words::Label;
use crate::certificate::codes::List;
use crate::certificate::{Acknowledgement, Node};

/// Reads an answer; nothing is added to what it says.
pub(super) fn sheet(answer: &Acknowledgement) -> Sheet {
    let empty = Node::new(&crate::certificate::table::ACKNOWLEDGEMENT_DOCUMENT);
    let document = answer.root().node("SPSAcknowledgementDocument").unwrap_or(&empty);
    let certificates = |of: fn(&Node) -> Vec<Said>| -> Vec<Said> {
        document.nodes("ReferenceSPSReferencedDocument").flat_map(of).collect()
    };
    let kind = |other: &Node| codes(other, "TypeCode", List::DocumentName);
    let head = vec![
        Row::kept(Label::ANSWERED_NUMBER, certificates(|other| values(other, "ID"))),
        Row::kept(Label::ANSWERED_KIND, certificates(kind)),
        Row::kept(Label::ANSWERED_DATE, certificates(|other| values(other, "IssueDateTime"))),
        Row::kept(Label::ANSWER_STATUS, codes(document, "StatusCode", List::Status)),
    ];
    let lines = vec![
        vec![Row::kept(Label::ANSWERED_ON, values(document, "IssueDateTime"))],
        vec![Row::kept(Label::REASONS, values(document, "ReasonInformation"))],
    ];
    let said = Part::boxes(None, Place::Form, lines);
    let mut sheet = Sheet {
        title: Label::ANSWER,
        names: Vec::new(),
        head,
        rendering: Rendering::Answer,
        parts: said.into_iter().chain(answered(document)).collect(),
    };
    sheet.with_rest(answer.root());
    sheet
}
