//! What a value, and an element as a whole, must be.
//!
//! The XML reader and the JSON reader ask here, each for the element it has
//! just closed, and put path and place to the faults. How hard a fault is
//! depends on whose document it is: ours, before we send it, or a partner's.

use super::codes::List;
use super::digest::truth;
use super::element::{Element, Kind, Shape, Type};
use super::finding::{Area, Finding, Level};
use super::leaf::Leaf;
use super::table;
use super::tree::Node;
use super::value::{Form, date, number};

//------------ Strictness ----------------------------------------------------

/// Whose document is judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Strictness {
    /// One that came from elsewhere: severe is only what makes it unusable.
    Received,
    /// One of our own domestic system: what we would be ashamed to send is
    /// refused.
    Submission,
}

impl Strictness {
    fn level(self) -> Level {
        match self {
            Strictness::Received => Level::Warning,
            Strictness::Submission => Level::Severe,
        }
    }
}

//------------ Values --------------------------------------------------------

/// A finding without path and place, which the caller knows.
fn fault(
    level: Level,
    area: Area,
    code: &'static str,
    words: impl Into<String>,
    remedy: impl Into<String>,
) -> Finding {
    Finding::severe(area, code, "", words, remedy).at_level(level)
}

fn shown(text: &str) -> String {
    let cut: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if cut.len() < text.len() { format!("'{cut}…'") } else { format!("'{cut}'") }
}

/// What is wrong with a value that stands in `of` as `element`.
pub fn leaf(of: &Type, element: &Element, leaf: &Leaf, strictness: Strictness) -> Vec<Finding> {
    let Kind::Leaf(shape, list) = &element.kind else { return Vec::new() };
    let mut found = Vec::new();
    if !leaf.text.is_empty() || !may_say_nothing(*shape, strictness) {
        found.extend(form(*shape, leaf, strictness));
    }
    if let Some(list) = list
        && !leaf.text.is_empty()
    {
        found.extend(code(of, element, *list, &leaf.text));
    }
    // No code list binds the country of an address.
    if element.name == "CountryID"
        && !leaf.text.is_empty()
        && List::Country.name(&leaf.text).is_none()
    {
        found.push(unknown_code(Level::Warning, List::Country, "country.unknown", &leaf.text));
    }
    found.extend(unit(*shape, leaf));
    if let Some(language) = leaf.attribute("languageID")
        && !language_is_good(language)
    {
        found.push(fault(
            Level::Warning,
            Area::Mapping,
            "language.form",
            format!("{} is no language", shown(language)),
            "write an ISO 639-1 code or a BCP 47 tag, as en",
        ));
    }
    found
}

fn may_say_nothing(shape: Shape, strictness: Strictness) -> bool {
    match strictness {
        Strictness::Received => true,
        Strictness::Submission => !(shape.is_number() || shape == Shape::Indicator),
    }
}

fn form(shape: Shape, leaf: &Leaf, strictness: Strictness) -> Option<Finding> {
    match shape {
        Shape::Binary => {
            let good = data_encoding::BASE64.decode(leaf.text.as_bytes()).is_ok();
            (!good).then(|| {
                fault(
                    Level::Warning,
                    Area::Schema,
                    "attachment.not-base64",
                    "the attachment is not base64",
                    "encode it anew (RFC 4648, section 4)",
                )
            })
        }
        Shape::Code | Shape::Id | Shape::Text => None,
        Shape::DateTime => {
            let remedy = "write 2026-11-20, or 2026-11-20T10:15:00+01:00";
            match date(&leaf.text, leaf.attribute("format")) {
                Form::Good => None,
                Form::Loose(why) => Some(fault(
                    strictness.level(),
                    Area::Mapping,
                    "date.form",
                    format!("{} is a loose date: {why}", shown(&leaf.text)),
                    remedy,
                )),
                Form::None => Some(fault(
                    Level::Severe,
                    Area::Mapping,
                    "date.none",
                    format!("{} is no date", shown(&leaf.text)),
                    remedy,
                )),
            }
        }
        Shape::Indicator => truth(&leaf.text).is_none().then(|| {
            fault(
                strictness.level(),
                Area::Mapping,
                "indicator.none",
                format!("{} is neither true nor false", shown(&leaf.text)),
                "write true or false",
            )
        }),
        Shape::Measure | Shape::Numeric | Shape::Quantity => {
            let remedy = "write digits and a point, as 20500.00; the unit is an attribute";
            match number(&leaf.text) {
                Form::Good => None,
                Form::Loose(why) => Some(fault(
                    strictness.level(),
                    Area::Mapping,
                    "number.form",
                    format!("{} is a loose number: {why}", shown(&leaf.text)),
                    remedy,
                )),
                Form::None => Some(fault(
                    Level::Severe,
                    Area::Mapping,
                    "number.none",
                    format!("{} is no number", shown(&leaf.text)),
                    remedy,
                )),
            }
        }
    }
}

/// Whether a code is on its list. Only a status, a country, a package, a mode
/// of transport and the document's own type are severe: the others are known
/// to us from samples, or say nothing that anybody acts upon.
fn code(of: &Type, element: &Element, list: List, text: &str) -> Option<Finding> {
    // Blanks are no part of a tag, even where the schema says string.
    let text = if list == List::Tag { text.trim() } else { text };
    let own_type = list == List::DocumentName && of.is(&table::EXCHANGED_DOCUMENT);
    if list.name(text).is_none() {
        let (level, name) = match list {
            List::Country => (Level::Severe, "country.unknown"),
            List::DocumentName if own_type => (Level::Severe, "type.unknown"),
            List::DocumentName => (Level::Warning, "type.unknown"),
            List::Package => (Level::Severe, "package.unknown"),
            List::Status => (Level::Severe, "status.unknown"),
            List::Transport => (Level::Severe, "transport.unknown"),
            List::Reference => (Level::Warning, "relationship.unknown"),
            List::Tag if element.name == "SystemName" => (Level::Info, "classification.unknown"),
            List::Tag => (Level::Warning, "tag.unknown"),
            List::Cargo
            | List::GovernmentAction
            | List::MeasuredAttribute
            | List::PackagingLevel
            | List::PartyRole
            | List::Process
            | List::Temperature
            | List::Unit => (Level::Warning, "code.unknown"),
        };
        return Some(unknown_code(level, list, name, text));
    }
    let usual = matches!(text, "636" | "657" | "851" | "852" | "853" | "856");
    (own_type && !usual).then(|| {
        fault(
            Level::Warning,
            Area::Mapping,
            "type.unusual",
            format!(
                "{} is a document type, but of no sanitary or phytosanitary certificate",
                shown(text)
            ),
            "write 851, 657, 852, 853, 636 or 856",
        )
    })
}

fn unknown_code(level: Level, list: List, code: &'static str, text: &str) -> Finding {
    let remedy = match list {
        List::Country => match country_called(text) {
            Some(country) => format!("write \"{country}\""),
            None => "write the two letters of ISO 3166-1, as BV".to_owned(),
        },
        List::Status => "write 70 for issued, 40 for withdrawn".to_owned(),
        List::DocumentName => "write 851, 657, 852, 853, 636 or 856".to_owned(),
        List::Package => "write a code of Rec 21, as CT for a carton".to_owned(),
        List::Transport => "write a code of Rec 19, as 1 for maritime transport".to_owned(),
        other => format!("write a code of the list: {}", other.words()),
    };
    let words = format!("{} is no {} we know", shown(text), list.words());
    fault(level, Area::Mapping, code, words, remedy)
}

/// The code of a country that somebody wrote by its name or in small letters.
fn country_called(text: &str) -> Option<&'static str> {
    let all = rust_iso3166::ALL.iter();
    let mut named = all.filter(|country| {
        country.name.eq_ignore_ascii_case(text)
            || country.alpha2.eq_ignore_ascii_case(text)
            || country.alpha3.eq_ignore_ascii_case(text)
    });
    named.next().map(|country| country.alpha2)
}

fn unit(shape: Shape, leaf: &Leaf) -> Option<Finding> {
    if shape != Shape::Measure && shape != Shape::Quantity {
        return None;
    }
    match leaf.attribute("unitCode") {
        None if shape == Shape::Measure && !leaf.text.is_empty() => Some(fault(
            Level::Warning,
            Area::Mapping,
            "unit.missing",
            "the measure has no unit",
            "write unitCode, a code of Rec 20, as KGM",
        )),
        Some(unit) if List::Unit.name(unit).is_none() => {
            let plausible = (2..=3).contains(&unit.len())
                && unit.bytes().all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit());
            let level = if plausible { Level::Info } else { Level::Warning };
            Some(unknown_code(level, List::Unit, "unit.unknown", unit))
        }
        None | Some(_) => None,
    }
}

fn language_is_good(language: &str) -> bool {
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_alphanumeric())
    };
    language.split('-').all(part)
        && language.split('-').next().is_some_and(|first| {
            first.len() >= 2 && first.bytes().all(|octet| octet.is_ascii_alphabetic())
        })
}

//------------ Elements ------------------------------------------------------

/// What `node` lacks: one finding for each element, under the element's name.
///
/// The node may still hold mandatory elements that say nothing; in a received
/// one that is enough for all but the essential.
pub fn node(node: &Node, strictness: Strictness) -> Vec<(&'static Element, Finding)> {
    let mut found = Vec::new();
    for (at, element) in (0u8..).zip(node.of().elements) {
        if !element.occurs.is_mandatory() || !node.lacks(at) {
            continue;
        }
        let level = if is_essential(node.of(), element, strictness) {
            Level::Severe
        } else if strictness == Strictness::Received && !node.has_row(at) {
            Level::Warning
        } else {
            continue;
        };
        let name = element.name;
        let remedy = match level {
            Level::Severe => "it must be there: write it",
            Level::Warning | Level::Info => "write it, empty if there is nothing to say",
        };
        let code = match level {
            Level::Severe => "element.missing",
            Level::Warning | Level::Info => "element.absent",
        };
        let words = format!("{name} is missing");
        found.push((element, fault(level, Area::MandatoryElements, code, words, remedy)));
    }
    found
}

fn is_essential(of: &Type, element: &Element, strictness: Strictness) -> bool {
    let named = |names: &[&str]| names.contains(&element.name);
    let always = (of.is(&table::EXCHANGED_DOCUMENT)
        && named(&["ID", "TypeCode", "StatusCode", "IssueDateTime"]))
        || (of.is(&table::TRADE_LINE_ITEM) && named(&["Description"]))
        || of.is(&table::CERTIFICATE);
    let ours = of.is(&table::CONSIGNMENT) && !named(&["ExaminationSPSEvent"])
        || of.is(&table::COUNTRY) && named(&["ID"])
        || of.is(&table::CONSIGNMENT_ITEM)
        || !element.may_be_empty();
    match strictness {
        Strictness::Received => always,
        Strictness::Submission => always || ours,
    }
}
