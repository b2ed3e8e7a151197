//! The ePhyto profile: what the IPPC's mapping and its Hub have.
//!
//! Two document types, the statuses of the mapping, tags at their level, the
//! full text of every treatment, the certifying statements by their clauses. What
//! the Hub's own form of a certificate has no place for is told as a note: the
//! Hub carries it, and whoever shows the form does not show it.

use super::super::catalogue::Code;
use super::super::element::{Element, Shape, Type};
use super::super::finding::{Finding, Level};
use super::super::leaf::{Leaf, Spelling};
use super::super::plain::PLAIN;
use super::super::table;
use super::super::tree::Node;
use super::walk::Walk;

/// The statuses of the mapping.
const STATUSES: [&str; 7] = ["17", "26", "39", "40", "41", "70", "122"];
/// Replaced: some systems mark the old certificate so, and the mapping does not.
const REPLACED: &str = "44";
const EXPORT: &str = "851";
const RE_EXPORT: &str = "657";

//------------ Rules ---------------------------------------------------------

pub(super) fn node<'c>(walk: &mut Walk<'_, 'c>, node: &'c Node) {
    // Of another certificate it is no use to know what the form lacks.
    if matches!(walk.document_type(), Some(EXPORT | RE_EXPORT)) {
        beyond_form(walk, node);
    }
    if node.of().is(&table::PROCESS) {
        treatment(walk, node);
    } else if node.of().is(&table::EXCHANGED_DOCUMENT) && node.text("TypeCode") == Some(EXPORT) {
        statements(walk, node);
    }
}

pub(super) fn leaf(
    walk: &mut Walk<'_, '_>,
    of: &'static Type,
    element: &'static Element,
    shape: Shape,
    leaf: &Leaf,
) {
    let who = walk.terms.who;
    // A reference's date may be anything.
    if shape == Shape::DateTime
        && !of.is(&table::REFERENCED_DOCUMENT)
        && !leaf.text.is_empty()
        && walk.spelling(of, leaf) != Spelling::Ours
    {
        let words = format!("the ePhyto form has dates as udt:DateTimeString; {who} may miss it");
        let finding = Finding::new(Code::ProfileDate, "", words, "write it as udt:DateTimeString");
        walk.tell(finding.at_level(Level::Warning));
        return;
    }
    let text = leaf.text.as_str();
    if of.is(&table::EXCHANGED_DOCUMENT) && element.name == "TypeCode" {
        if !matches!(text, EXPORT | RE_EXPORT) {
            let words = format!("{who} takes phytosanitary certificates alone: types 851 and 657");
            let remedy = "send it to another, or write 851 or 657";
            walk.tell(Finding::new(Code::ProfileType, "", words, remedy));
        }
    } else if of.is(&table::EXCHANGED_DOCUMENT) && element.name == "StatusCode" {
        if !STATUSES.contains(&text) {
            let words = format!("{who} takes the statuses {} of the mapping", STATUSES.join(", "));
            let remedy = "write 70 for issued, 40 for withdrawn";
            let level = if text == REPLACED { Level::Warning } else { Level::Severe };
            walk.tell(Finding::new(Code::ProfileStatus, "", words, remedy).at_level(level));
        }
    } else if of.is(&table::NOTE) && element.name == "Subject" {
        level_of_tag(walk, text);
    } else if of.is(&table::CLAUSE) && element.name == "ID" {
        clause(walk, text);
    }
}

/// A tag that the mapping has at another level of the document. The four older
/// tags stand at both.
fn level_of_tag(walk: &mut Walk<'_, '_>, tag: &str) {
    let mut rows = PLAIN.iter().filter(|plain| plain.tag == tag).peekable();
    let Some(first) = rows.peek().copied() else { return };
    let Some(step) = walk.entry() else { return };
    let here = |of: &Type, list: &str| step.parent.of().is(of) && step.element.name == list;
    if !rows.any(|plain| here(plain.of, plain.list)) {
        let words = format!("the mapping has {tag} in {}, and not here", first.list);
        let remedy = "write the tag of this level, or put the entry where the tag belongs";
        let finding = Finding::new(Code::ProfileTag, "", words, remedy);
        walk.tell_around(finding.at_level(Level::Warning));
    }
}

/// Whoever reads the mapping shows the full text of a treatment, and may show
/// none of its parts.
fn treatment(walk: &mut Walk<'_, '_>, process: &Node) {
    let mut tagged = false;
    for fact in process.nodes("ApplicableSPSProcessCharacteristic") {
        let mut said = fact.leaves("Description");
        let tag = said.next().map_or("", |tag| tag.text.as_str());
        if tag == "TTFT" && said.any(|text| !text.text.is_empty()) {
            return;
        }
        tagged |= PLAIN.iter().any(|plain| plain.of.is(&table::PROCESS) && plain.tag == tag);
    }
    if tagged {
        let words = format!("{} wants the full text of every treatment (TTFT)", walk.terms.who);
        let remedy = "write fullTreatment: the whole treatment in words";
        let finding = Finding::new(Code::ProfileTreatment, "", words, remedy);
        walk.tell_no_field("fullTreatment", finding);
    }
}

/// The certifying statements of an export certificate are clauses 1 and 2; those
/// of a re-export are told by tags, beside one clause that is empty.
fn statements<'c>(walk: &mut Walk<'_, 'c>, document: &'c Node) {
    let signatories = document.nodes("SignatorySPSAuthentication");
    let mut clauses = signatories.flat_map(|signatory| signatory.nodes("IncludedSPSClause"));
    if clauses.any(|clause| matches!(clause.text("ID"), Some("1" | "2"))) {
        return;
    }
    let words = format!("{} wants the certifying statement: clause 1 or 2", walk.terms.who);
    let remedy = "write includedClause [{\"id\": \"1\"}, {\"id\": \"2\"}] with the signatory";
    let finding = Finding::new(Code::ProfileClause, "", words, remedy);
    let Some((row, signatory)) = document.of().element("SignatorySPSAuthentication") else {
        return;
    };
    match document.node("SignatorySPSAuthentication") {
        Some(first) => walk.within(document, row, signatory, |walk| {
            if let Some((_, clause)) = first.of().element("IncludedSPSClause") {
                walk.tell_missing(clause, finding);
            }
        }),
        None => walk.tell_missing(signatory, finding),
    }
}

fn clause(walk: &mut Walk<'_, '_>, id: &str) {
    let words = match walk.document_type() {
        Some(EXPORT) if !matches!(id, "1" | "2") => {
            "the mapping has the clauses 1 and 2 in a certificate of type 851"
        }
        Some(RE_EXPORT) if !id.is_empty() => {
            "the mapping has one clause that is empty in a certificate of type 657"
        }
        _ => return,
    };
    let finding = Finding::new(Code::ProfileClause, "", words, Code::ProfileClause.remedy());
    walk.tell_around(finding.at_level(Level::Warning));
}

//------------ The Hub's form ------------------------------------------------

/// How often the Hub's form has an element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Times {
    Often,
    Once,
}

use Times::{Often, Once};

/// The form of a certificate in the Hub's interface. Where it has one type for
/// several places, the most that any of them has.
static FORM: &[(&Type, &[(&str, Times)])] = &[
    (&table::CERTIFICATE, &[("SPSExchangedDocument", Once), ("SPSConsignment", Once)]),
    (
        &table::EXCHANGED_DOCUMENT,
        &[
            ("Name", Once),
            ("ID", Once),
            ("TypeCode", Once),
            ("StatusCode", Once),
            ("IssueDateTime", Once),
            ("IssuerSPSParty", Once),
            ("IncludedSPSNote", Often),
            ("ReferenceSPSReferencedDocument", Often),
            ("SignatorySPSAuthentication", Once),
        ],
    ),
    (
        &table::CONSIGNMENT,
        &[
            ("ConsignorSPSParty", Once),
            ("ConsigneeSPSParty", Once),
            ("ExportSPSCountry", Once),
            ("ImportSPSCountry", Once),
            ("TransitSPSCountry", Often),
            ("UnloadingBaseportSPSLocation", Once),
            ("ExaminationSPSEvent", Once),
            ("MainCarriageSPSTransportMovement", Often),
            ("UtilizedSPSTransportEquipment", Once),
            ("IncludedSPSConsignmentItem", Often),
        ],
    ),
    (
        &table::TRANSPORT_MOVEMENT,
        &[("ID", Once), ("ModeCode", Once), ("UsedSPSTransportMeans", Once)],
    ),
    (&table::TRANSPORT_MEANS, &[("Name", Once)]),
    (&table::TRANSPORT_EQUIPMENT, &[("ID", Once), ("AffixedSPSSeal", Once)]),
    (&table::SEAL, &[("ID", Once)]),
    (
        &table::ADDRESS,
        &[
            ("LineOne", Once),
            ("LineTwo", Once),
            ("LineThree", Once),
            ("LineFour", Once),
            ("LineFive", Once),
        ],
    ),
    (
        &table::AUTHENTICATION,
        &[
            ("ActualDateTime", Once),
            ("IssueSPSLocation", Once),
            ("ProviderSPSParty", Once),
            ("IncludedSPSClause", Often),
        ],
    ),
    (&table::CLAUSE, &[("ID", Once), ("Content", Once)]),
    (&table::LOCATION, &[("ID", Once), ("Name", Once)]),
    (&table::NOTE, &[("Subject", Once), ("Content", Often)]),
    (
        &table::REFERENCED_DOCUMENT,
        &[
            ("IssueDateTime", Once),
            ("TypeCode", Once),
            ("RelationshipTypeCode", Once),
            ("ID", Once),
            ("AttachmentBinaryObject", Once),
            ("Information", Once),
        ],
    ),
    (
        &table::PARTY,
        &[
            ("Name", Once),
            ("TypeCode", Often),
            ("SpecifiedSPSAddress", Once),
            ("SpecifiedSPSPerson", Once),
        ],
    ),
    (&table::PERSON, &[("Name", Once)]),
    (&table::EVENT, &[("OccurrenceSPSLocation", Once)]),
    (&table::COUNTRY, &[("ID", Once), ("Name", Once), ("SubordinateSPSCountrySubDivision", Once)]),
    (&table::COUNTRY_SUB_DIVISION, &[("Name", Once), ("HierarchicalLevelCode", Once)]),
    (
        &table::CONSIGNMENT_ITEM,
        &[("NatureIdentificationSPSCargo", Once), ("IncludedSPSTradeLineItem", Often)],
    ),
    (&table::CARGO, &[("TypeCode", Once)]),
    (
        &table::TRADE_LINE_ITEM,
        &[
            ("SequenceNumeric", Once),
            ("Description", Often),
            ("CommonName", Often),
            ("ScientificName", Often),
            ("IntendedUse", Often),
            ("NetWeightMeasure", Once),
            ("GrossWeightMeasure", Once),
            ("NetVolumeMeasure", Once),
            ("GrossVolumeMeasure", Once),
            ("AdditionalInformationSPSNote", Often),
            ("ApplicableSPSClassification", Often),
            ("PhysicalSPSPackage", Often),
            ("OriginSPSCountry", Often),
            ("AppliedSPSProcess", Often),
        ],
    ),
    (&table::CLASSIFICATION, &[("SystemName", Once), ("ClassCode", Once), ("ClassName", Often)]),
    (&table::PACKAGE, &[("LevelCode", Once), ("TypeCode", Once), ("ItemQuantity", Once)]),
    (
        &table::PROCESS,
        &[
            ("TypeCode", Once),
            ("CompletionSPSPeriod", Once),
            ("ApplicableSPSProcessCharacteristic", Often),
        ],
    ),
    (&table::PROCESS_CHARACTERISTIC, &[("Description", Often), ("ValueMeasure", Once)]),
    (&table::PERIOD, &[("StartDateTime", Once), ("EndDateTime", Once), ("DurationMeasure", Once)]),
];

fn beyond_form<'c>(walk: &mut Walk<'_, 'c>, node: &'c Node) {
    let form = FORM.iter().find(|(of, _)| of.is(node.of())).map_or(&[][..], |(_, form)| form);
    // What stands in something that is beyond the form is beyond it with that.
    if form.is_empty() {
        return;
    }
    for (row, (element, entries)) in (0u8..).zip(node.rows()) {
        let times = form.iter().find(|(name, _)| *name == element.name).map(|(_, times)| *times);
        let more = match (times, entries) {
            (Some(Often), _) | (_, []) | (Some(Once), [_]) => continue,
            (Some(Once), [_, ..]) => More::Again,
            (None, [_, ..]) => More::New,
        };
        if !walk.beyond.again(node.of(), element, more) {
            let path = walk.within(node, row, element, |walk| walk.path());
            walk.beyond.met.push((node.of(), element, more, path, 1));
        }
    }
}

/// In what an element goes beyond the form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum More {
    /// The form has it once.
    Again,
    /// The form does not have it.
    New,
}

/// What goes beyond the form: each element of each type once, where it is first.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    met: Vec<(&'static Type, &'static Element, More, String, usize)>,
}

impl Beyond {
    /// Counts one that was met before; `false` if it was not.
    fn again(&mut self, of: &Type, element: &Element, more: More) -> bool {
        let same = self.met.iter_mut().find(|(known, other, known_more, ..)| {
            known.is(of) && other.name == element.name && *known_more == more
        });
        match same {
            Some((.., times)) => {
                *times += 1;
                true
            }
            None => false,
        }
    }

    /// A note for each.
    pub(super) fn findings(self, who: &str) -> impl Iterator<Item = Finding> {
        self.met.into_iter().map(move |(_, element, more, path, times)| {
            let name = element.name;
            let (words, remedy) = match more {
                More::Again => (
                    format!("the ePhyto form has {name} once: {who} may not show the others"),
                    "put what matters into the first",
                ),
                More::New => (
                    format!("the ePhyto form has no {name} here: {who} may not show it"),
                    "say what matters in an element that the form has",
                ),
            };
            let also = match times {
                1 => String::new(),
                times => format!("; so in {} places", times),
            };
            Finding::new(Code::ProfileBeyondForm, path, format!("{words}{also}"), remedy)
        })
    }
}
