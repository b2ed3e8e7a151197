//! A certificate as a person reads one: the boxes of the model certificates of
//! ISPM 12 (annexes 1 and 2), or, for other documents, boxes like them; and
//! behind them whatever else the certificate holds.

use super::items::{Item, item_boxes, numbered, particulars};
use super::left::rest;
use super::parts::{declarations, documents, replaced, signatures, treatments};
use super::statements::{Paragraph, clauses, liability, re_export};
use super::unclear::unclear;
use super::values::{
    DOCUMENT_NOTES, Said, codes, country, joined, location, named, notes, party, values,
};
use super::words::Label;
use crate::certificate::codes::List;
use crate::certificate::{Certificate, Node};

/// How many items stand in the boxes of the form; more are continued.
const IN_BOXES: usize = 3;

//------------ Sheet ---------------------------------------------------------

/// What stands on the page.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub title: Label,
    /// What the certificate calls itself.
    pub names: Vec<Said>,
    /// The boxes beside the title, its number first.
    pub head: Vec<Row>,
    pub rendering: Rendering,
    pub parts: Vec<Part>,
}

/// What it is a page of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Rendering {
    /// An authority's answer to a certificate.
    Answer,
    Certificate {
        /// The status as its code.
        status: String,
        /// Of what it does not say one thing, where only one can be.
        unclear: Vec<[&'static str; 2]>,
    },
}

/// A part of the page.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub heading: Option<Label>,
    pub place: Place,
    pub body: Body,
}

/// Where a part stands.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Place {
    /// On the certificate itself.
    Form,
    /// On the sheet that continues it.
    Continuation,
    /// What the form has no place for.
    Annex,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    /// Lines of boxes.
    Boxes(Vec<Vec<Row>>),
    Statement(Vec<Paragraph>),
    Table(Table),
}

/// A label and what stands beside it, a line each.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Row {
    pub label: Label,
    pub lines: Vec<Said>,
    pub empty: Empty,
}

/// What becomes of a box with nothing in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Empty {
    /// It is left out.
    Absent,
    /// The form has it all the same.
    Kept,
    /// It is for a pen or a stamp.
    Room,
}

/// Columns with the same label in every row.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub heads: Vec<Label>,
    pub rows: Vec<Vec<Vec<Said>>>,
}

impl Row {
    /// A box that the form has in any case.
    pub fn kept(label: Label, lines: Vec<Said>) -> Row {
        Row { empty: Empty::Kept, ..Row::new(label, lines) }
    }

    /// A box that is there if it holds anything.
    pub fn new(label: Label, lines: Vec<Said>) -> Row {
        let lines = lines.into_iter().filter(|line| !line.is_blank()).collect();
        Row { label, lines, empty: Empty::Absent }
    }

    /// A box to be filled by hand.
    pub fn room(label: Label) -> Row {
        Row { empty: Empty::Room, ..Row::new(label, Vec::new()) }
    }
}

impl Part {
    /// A part of boxes, those that are left out left out.
    pub fn boxes(heading: Option<Label>, place: Place, lines: Vec<Vec<Row>>) -> Option<Part> {
        let there = |row: &Row| row.empty != Empty::Absent || !row.lines.is_empty();
        let kept = lines.into_iter().map(|line| line.into_iter().filter(there).collect::<Vec<_>>());
        let lines: Vec<Vec<Row>> = kept.filter(|line| !line.is_empty()).collect();
        (!lines.is_empty()).then_some(Part { heading, place, body: Body::Boxes(lines) })
    }

    /// Every line of the part that is shown; one without any text says what
    /// needs no words.
    pub fn lines(&self) -> Vec<&Said> {
        let mut lines = self.all_lines();
        lines.retain(|said| said.text.is_empty() || !said.is_blank());
        lines
    }

    fn all_lines(&self) -> Vec<&Said> {
        match &self.body {
            Body::Boxes(lines) => lines.iter().flatten().flat_map(|row| &row.lines).collect(),
            Body::Statement(paragraphs) => paragraphs.iter().map(|one| &one.said).collect(),
            Body::Table(table) => table.rows.iter().flatten().flatten().collect(),
        }
    }
}

impl Sheet {
    /// Reads a certificate; nothing is added to what it says but the fixed
    /// wording of the model, where it names that.
    pub fn of(certificate: &Certificate) -> Sheet {
        let empty = Node::new(&crate::certificate::table::EXCHANGED_DOCUMENT);
        let nothing = Node::new(&crate::certificate::table::CONSIGNMENT);
        let document = certificate.document().unwrap_or(&empty);
        let consignment = certificate.consignment().unwrap_or(&nothing);
        let form = Form::of(document);
        let items = numbered(certificate.trade_lines()).into_iter();
        let items: Vec<Item> = items.map(Item::of).collect();
        let mut parts: Vec<Part> = Vec::new();
        parts.extend(heading(&form, document, consignment));
        parts.extend(description(&form, document, consignment, &items));
        parts.extend(statement(&form, certificate, document, consignment));
        parts.extend(declarations(certificate, document, form.is_model()));
        parts.extend(treatments(certificate, form.is_model()));
        parts.extend(signatures(document));
        parts.extend(of_liability(&form, document));
        if items.len() > IN_BOXES {
            parts.push(continuation(&form, &items));
        }
        // What is continued stands behind the signature.
        parts.sort_by_key(|part| part.place);
        parts.extend(replaced(document));
        parts.extend(particulars(consignment, certificate, IN_BOXES));
        parts.extend(documents(certificate, document));
        let mut sheet = Sheet {
            title: Label::document(&form.kind),
            names: values(document, "Name"),
            head: vec![
                Row::kept(Label::NUMBER, values(document, "ID")),
                Row::kept(Label::KIND, codes(document, "TypeCode", List::DocumentName)),
                Row::kept(Label::STATUS, codes(document, "StatusCode", List::Status)),
            ],
            rendering: Rendering::Certificate {
                status: document.text("StatusCode").unwrap_or_default().to_owned(),
                unclear: unclear(certificate),
            },
            parts,
        };
        sheet.with_rest(certificate.root());
        sheet
    }

    /// Puts what nothing on it says yet at its end.
    pub fn with_rest(&mut self, root: &Node) {
        let rest = rest(root, self);
        self.parts.extend(Part::boxes(Some(Label::ANNEX), Place::Annex, vec![vec![rest]]));
    }

    /// The number in its head.
    pub fn number(&self) -> &str {
        let first = self.head.first().and_then(|row| row.lines.first());
        first.map(|said| said.text.as_str()).unwrap_or_default()
    }
}

//------------ Form ----------------------------------------------------------

/// Which form a document has.
pub(super) struct Form {
    /// Its type (list 1001).
    pub kind: String,
}

impl Form {
    fn of(document: &Node) -> Form {
        Form { kind: document.text("TypeCode").unwrap_or_default().to_owned() }
    }

    /// Whether ISPM 12 has a model for it.
    fn is_model(&self) -> bool {
        matches!(self.kind.as_str(), "657" | "851")
    }

    fn is_re_export(&self) -> bool {
        self.kind == "657"
    }
}

//------------ The form ------------------------------------------------------

fn heading(form: &Form, document: &Node, consignment: &Node) -> Option<Part> {
    let (of, to) = match (form.is_model(), form.is_re_export()) {
        (true, true) => (Label::ORGANIZATION_OF_RE_EXPORT, Label::TO_RE_EXPORT),
        (true, false) => (Label::ORGANIZATION_OF, Label::TO),
        (false, _) => (Label::AUTHORITY, Label::TO_AUTHORITY),
    };
    let countries = |name: &str| consignment.nodes(name).flat_map(country).collect::<Vec<Said>>();
    let mut issuer = countries("ExportSPSCountry");
    issuer.extend(document.node("IssuerSPSParty").map(party).unwrap_or_default());
    let lines = vec![vec![
        Row::kept(of, issuer),
        Row::kept(to, countries("ImportSPSCountry")),
        Row::new(Label::TRANSIT, countries("TransitSPSCountry")),
        Row::new(Label::RE_EXPORT_FROM, countries("ReExportSPSCountry")),
    ]];
    Part::boxes(None, Place::Form, lines)
}

fn description(form: &Form, document: &Node, consignment: &Node, items: &[Item]) -> Option<Part> {
    let parties = |name: &str| consignment.node(name).map(party).unwrap_or_default();
    let movements = consignment.nodes("MainCarriageSPSTransportMovement").flat_map(|movement| {
        let mut says = codes(movement, "ModeCode", List::Transport);
        let means = movement.node("UsedSPSTransportMeans");
        says.extend(means.map(|means| values(means, "Name")).unwrap_or_default());
        says.extend(values(movement, "ID"));
        joined(says, ", ")
    });
    let entry = consignment.nodes("UnloadingBaseportSPSLocation").filter_map(location).collect();
    let boxes = item_boxes(items, IN_BOXES);
    let tagged = ["DMCL", "DMTLIL"].into_iter();
    let tagged = tagged.flat_map(|tag| notes(document, DOCUMENT_NOTES, tag));
    let marks = tagged.chain(boxes.marks).collect();
    let botanical = if form.is_model() { Label::BOTANICAL } else { Label::SCIENTIFIC };
    let lines = vec![
        vec![
            Row::kept(Label::EXPORTER, parties("ConsignorSPSParty")),
            Row::kept(Label::CONSIGNEE, parties("ConsigneeSPSParty")),
        ],
        vec![Row::kept(Label::PACKAGES, boxes.packages), Row::kept(Label::MARKS, marks)],
        vec![
            Row::kept(Label::ORIGIN, boxes.origin),
            Row::kept(Label::CONVEYANCE, movements.collect()),
            Row::kept(Label::ENTRY, entry),
        ],
        vec![Row::kept(Label::PRODUCE, boxes.produce), Row::kept(botanical, boxes.botanical)],
    ];
    Part::boxes(Some(Label::CONSIGNMENT), Place::Form, lines)
}

fn statement(
    form: &Form,
    certificate: &Certificate,
    document: &Node,
    consignment: &Node,
) -> Vec<Part> {
    let mut parts = Vec::new();
    let part = |heading, paragraphs| Part {
        heading: Some(heading),
        place: Place::Form,
        body: Body::Statement(paragraphs),
    };
    let signatures = document.nodes("SignatorySPSAuthentication");
    let own: Vec<Paragraph> =
        signatures.flat_map(|signature| clauses(&form.kind, signature)).collect();
    if !own.is_empty() || !form.is_re_export() {
        parts.push(part(Label::STATEMENT, own));
    }
    if form.is_re_export() {
        let here = consignment.node("ExportSPSCountry").and_then(|country| country.text("ID"));
        let here = here.map(|code| named(List::Country, code)).unwrap_or_default();
        for (n, paragraphs) in re_export(certificate, &here) {
            let heading = n.map_or(Label::STATEMENT, |n| Label::ITEM.nth(n));
            parts.push(part(heading, paragraphs));
        }
    }
    parts
}

fn of_liability(form: &Form, document: &Node) -> Option<Part> {
    let issuer = document.node("IssuerSPSParty").and_then(|party| party.text("Name"));
    let said = notes(document, DOCUMENT_NOTES, "SPSFL");
    let paragraphs: Vec<Paragraph> = said
        .iter()
        .flat_map(|said| liability(said, &form.kind, issuer.unwrap_or_default()))
        .collect();
    let body = Body::Statement(paragraphs);
    (!said.is_empty()).then_some(Part { heading: Some(Label::LIABILITY), place: Place::Form, body })
}

/// The items that the boxes have no room for, a row each.
fn continuation(form: &Form, items: &[Item]) -> Part {
    let botanical = if form.is_model() { Label::BOTANICAL } else { Label::SCIENTIFIC };
    let heads =
        vec![Label::ITEM, Label::PRODUCE, botanical, Label::PACKAGES, Label::MARKS, Label::ORIGIN];
    let rows = items.iter().map(|item| {
        let item = item.clone();
        vec![
            vec![Said::ours(item.n.to_string())],
            [item.produce, item.quantity].concat(),
            item.botanical,
            item.packages,
            item.marks,
            item.origin,
        ]
    });
    let table = Table { heads, rows: rows.collect() };
    Part { heading: Some(Label::ITEMS), place: Place::Continuation, body: Body::Table(table) }
}
