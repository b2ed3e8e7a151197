//! What a value, and an element as a whole, must be.
//!
//! The XML reader and the JSON reader ask here, each for the element it has
//! just closed, and put path and place to the faults. How hard a fault is
//! depends on whose document it is: ours, before we send it, or a partner's.

use super::catalogue::Code;
use super::codes::{List, code_called, country_called, unit_called};
use super::date::{date, date_meant};
use super::digest::truth;
use super::element::{Element, Kind, Shape, Type};
use super::finding::{Finding, Level};
use super::leaf::{Leaf, Spelling};
use super::table;
use super::tree::Node;
use super::value::{Form, is_base64, number, number_meant};

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

fn shown(text: &str) -> String {
    let cut: String = text.chars().take(60).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    let letter = |letter: char| match letter {
        // What cannot be seen, or looks like a blank and is none.
        control if control.is_control() => format!("U+{:04X}", u32::from(control)),
        blank if blank.is_whitespace() && blank != ' ' => format!("U+{:04X}", u32::from(blank)),
        other => other.to_string(),
    };
    format!("'{}{more}'", cut.chars().map(letter).collect::<String>())
}

/// What is wrong with a value that stands in `of` as `element`. The path of a
/// finding is empty, or `@` and the attribute that it is about; the way to the
/// value is the caller's to put before it.
pub fn leaf(of: &Type, element: &Element, leaf: &Leaf, strictness: Strictness) -> Vec<Finding> {
    let Kind::Leaf(shape, list) = &element.kind else { return Vec::new() };
    let mut found = Vec::new();
    // Most of a certificate is words, which may be any.
    if *shape == Shape::Text && list.is_none() && leaf.attributes().is_empty() {
        return found;
    }
    if !leaf.text.is_empty() || !may_say_nothing(*shape, strictness) {
        found.extend(form(*shape, leaf, strictness));
    }
    if let Some(list) = list
        && !leaf.text.is_empty()
    {
        found.extend(code(of, element, *list, &leaf.text, strictness));
    }
    // No code list binds the country of an address.
    if element.name == "CountryID"
        && !leaf.text.is_empty()
        && List::Country.name(&leaf.text).is_none()
    {
        let finding = unknown_code(List::Country, Code::CountryUnknown, &leaf.text);
        found.push(finding.at_level(Level::Warning));
    }
    found.extend(unit(*shape, leaf, strictness));
    if let Some(language) = leaf.attribute("languageID")
        && !language_is_good(language)
    {
        found.push(Finding::new(
            Code::LanguageForm,
            "@languageID",
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
    let text = &leaf.text;
    let at = |code: Code, words: String, remedy: String| {
        Some(Finding::new(code, "", words, remedy).at_level(strictness.level()))
    };
    match shape {
        Shape::Binary => {
            if is_base64(text) {
                return None;
            }
            let remedy = "encode it anew (RFC 4648, section 4), without the file's name before it";
            at(Code::AttachmentNotBase64, "the attachment is not base64".into(), remedy.into())
        }
        Shape::Code | Shape::Id | Shape::Text => None,
        Shape::DateTime => {
            let remedy = || match date_meant(text) {
                _ if date(text, None) == Form::Good => "leave out format".to_owned(),
                Some(meant) => format!("write \"{meant}\""),
                None => "write 2026-11-20, or 2026-11-20T10:15:00+01:00".to_owned(),
            };
            match date(text, leaf.attribute("format")) {
                Form::Good if leaf.spelling == Spelling::Other && !text.contains('T') => {
                    let words = format!("{} is a day, and udt:DateTime wants a time", shown(text));
                    let remedy = "write a time, or spell it as we do";
                    Some(Finding::new(Code::DateForm, "", words, remedy))
                }
                Form::Good => None,
                Form::Loose(why) => {
                    let words = format!("{} is a loose date: {why}", shown(text));
                    at(Code::DateForm, words, remedy())
                }
                Form::None | Form::TooLong => {
                    let words = format!("{} is no date", shown(text));
                    Some(Finding::new(Code::DateNone, "", words, remedy()))
                }
            }
        }
        Shape::Indicator => {
            if truth(text).is_some() {
                return None;
            }
            let words = format!("{} is neither true nor false", shown(text));
            at(Code::IndicatorNone, words, "write true or false".into())
        }
        Shape::Measure | Shape::Numeric | Shape::Quantity => match number(text) {
            Form::Good => None,
            Form::Loose(why) => {
                let words = format!("{} is a loose number: {why}", shown(text));
                at(Code::NumberForm, words, number_remedy(shape, text))
            }
            Form::None => {
                let words = format!("{} is no number", shown(text));
                Some(Finding::new(Code::NumberNone, "", words, number_remedy(shape, text)))
            }
            Form::TooLong => {
                let words = format!("{} has more than 20 digits before the point", shown(text));
                let remedy = "write a larger unit, or look whether it is meant";
                Some(Finding::new(Code::NumberNone, "", words, remedy))
            }
        },
    }
}

/// How a number should have been written, as far as that can be told.
fn number_remedy(shape: Shape, text: &str) -> String {
    let general = "digits and a point, as 20500.00; the unit is an attribute";
    match number_meant(text) {
        Some((meant, "")) => format!("write \"{meant}\""),
        Some((meant, _)) if shape == Shape::Numeric => format!("write \"{meant}\""),
        Some((meant, unit)) => match unit_called(unit) {
            Some(code) => format!("write \"{meant}\", with the unit beside it: \"{code}\""),
            None => format!("write \"{meant}\"; the unit is an attribute, a code of Rec 20"),
        },
        None => format!("write {general}"),
    }
}

/// Whether a code is on its list. Only a status, a country, a package, a mode
/// of transport and the document's own type are severe: the others are known
/// to us from samples, or say nothing that anybody acts upon.
fn code(
    of: &Type,
    element: &Element,
    list: List,
    text: &str,
    strictness: Strictness,
) -> Option<Finding> {
    if list == List::Tag && text.trim() != text && list.name(text.trim()).is_some() {
        let words = format!("{} has blanks around it, so it is not taken for the tag", shown(text));
        let remedy = format!("write \"{}\"", text.trim());
        return Some(Finding::new(Code::TagBlanks, "", words, remedy));
    }
    let own_type = list == List::DocumentName && of.is(&table::EXCHANGED_DOCUMENT);
    if list.name(text).is_none() {
        return Some(match list {
            List::Country => unknown_code(list, Code::CountryUnknown, text),
            List::DocumentName if own_type => unknown_code(list, Code::TypeUnknown, text),
            List::DocumentName => {
                unknown_code(list, Code::TypeUnknown, text).at_level(Level::Warning)
            }
            List::Package => unknown_code(list, Code::PackageUnknown, text),
            List::Status => unknown_code(list, Code::StatusUnknown, text),
            List::Transport => unknown_code(list, Code::TransportUnknown, text),
            List::Reference => unknown_code(list, Code::RelationshipUnknown, text),
            List::Tag if element.name == "SystemName" => Finding {
                remedy: "nothing, if the partners concerned know the system".to_owned(),
                ..unknown_code(list, Code::ClassificationUnknown, text)
            },
            List::Tag => unknown_code(list, Code::TagUnknown, text),
            List::Cargo
            | List::GovernmentAction
            | List::MeasuredAttribute
            | List::PackagingLevel
            | List::PartyRole
            | List::Process
            | List::Temperature
            | List::Unit => unknown_code(list, Code::CodeUnknown, text),
        });
    }
    let usual = matches!(text, "636" | "657" | "851" | "852" | "853" | "856");
    (own_type && !usual).then(|| {
        let name = list.name(text).unwrap_or_default();
        let words =
            format!("{} ({name}) is no certificate for plants, animals or food", shown(text));
        Finding::new(Code::TypeUnusual, "", words, "write 851, 657, 852, 853, 636 or 856")
            .at_level(strictness.level())
    })
}

fn unknown_code(list: List, code: Code, text: &str) -> Finding {
    let remedy = match list {
        List::Country => match country_called(text) {
            Some(country) => format!("write \"{country}\""),
            None => "write the two letters of ISO 3166-1, as BV".to_owned(),
        },
        List::Status => "write 70 for issued, 40 for withdrawn".to_owned(),
        List::DocumentName => "write 851, 657, 852, 853, 636 or 856".to_owned(),
        List::Package => "write a code of Rec 21, as CT for a carton".to_owned(),
        List::Transport => "write a code of Rec 19, as 1 for maritime transport".to_owned(),
        List::Unit => match unit_called(text) {
            Some(unit) => format!("write \"{unit}\""),
            None => "write a code of Rec 20, as KGM for kilograms".to_owned(),
        },
        other => format!("write a code of the list: {}", other.words()),
    };
    let remedy = match list {
        List::Package | List::Status | List::Transport => match code_called(list, text) {
            Some(meant) => format!("write \"{meant}\""),
            None => remedy,
        },
        _ => remedy,
    };
    Finding::new(code, "", format!("{} is no {} we know", shown(text), list.words()), remedy)
}

/// A unit that is not on the list: received, it may be of a newer edition.
fn unit(shape: Shape, leaf: &Leaf, strictness: Strictness) -> Option<Finding> {
    if shape != Shape::Measure && shape != Shape::Quantity {
        return None;
    }
    match leaf.attribute("unitCode") {
        None if shape == Shape::Measure && !leaf.text.is_empty() => Some(Finding::new(
            Code::UnitMissing,
            "",
            "the measure has no unit",
            "write unitCode, a code of Rec 20, as KGM",
        )),
        Some(unit) if List::Unit.name(unit).is_none() => {
            let finding = unknown_code(List::Unit, Code::UnitUnknown, unit);
            let path = "@unitCode".to_owned();
            Some(Finding { path, ..finding }.at_level(strictness.level()))
        }
        None | Some(_) => None,
    }
}

fn language_is_good(language: &str) -> bool {
    // Nearly all are two small letters.
    if let [b'a'..=b'z', b'a'..=b'z'] = language.as_bytes() {
        return true;
    }
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
    for (element, row) in node.rows() {
        if !element.occurs.is_mandatory() {
            continue;
        }
        let essential = is_essential(node.of(), element, strictness);
        match row {
            [] => {}
            // Whatever attributes stand there: without a text it says nothing.
            [..] if essential && row.iter().all(|entry| entry.item.has_no_text()) => {}
            // What an element is told to lack itself is not told again of it.
            [alone] if alone.item.is_blank(element) && !has_essentials(element, strictness) => {}
            [_, ..] => continue,
        }
        let level = if essential {
            Level::Severe
        } else if strictness == Strictness::Received
            && (row.is_empty() || must_say_something(element))
        {
            Level::Warning
        } else {
            continue;
        };
        let name = element.name;
        let (code, remedy) = match level {
            Level::Severe => (Code::ElementMissing, "it must be there: write it"),
            Level::Warning | Level::Info if !element.may_be_empty() => {
                (Code::ElementAbsent, "write it")
            }
            Level::Warning | Level::Info => {
                (Code::ElementAbsent, "write it, empty if there is nothing to say")
            }
        };
        found.push((element, Finding::new(code, "", format!("{name} is missing"), remedy)));
    }
    found
}

/// Whether an element is a value of which the schema has no empty one, as of
/// a number: written so, it is not there. Of others their parts are told.
fn must_say_something(element: &Element) -> bool {
    matches!(element.kind, Kind::Leaf(..)) && !element.may_be_empty()
}

/// Whether an element holds elements that must be there.
fn has_essentials(element: &Element, strictness: Strictness) -> bool {
    match &element.kind {
        Kind::Leaf(..) => false,
        // That one without a trade line has none, its reader tells.
        Kind::Node(of) if of.is(&table::CONSIGNMENT) => true,
        Kind::Node(of) => {
            let mut mandatory = of.elements.iter().filter(|below| below.occurs.is_mandatory());
            mandatory.any(|below| is_essential(of, below, strictness))
        }
    }
}

fn is_essential(of: &Type, element: &Element, strictness: Strictness) -> bool {
    let named = |names: &[&str]| names.contains(&element.name);
    let always = (of.is(&table::EXCHANGED_DOCUMENT)
        && named(&["ID", "TypeCode", "StatusCode", "IssueDateTime"]))
        || (of.is(&table::TRADE_LINE_ITEM) && named(&["Description"]))
        || (of.is(&table::ACKNOWLEDGEMENT_DOCUMENT) && named(&["IssueDateTime", "StatusCode"]))
        || of.is_root();
    let ours = of.is(&table::CONSIGNMENT) && !named(&["ExaminationSPSEvent"])
        || of.is(&table::COUNTRY) && named(&["ID"])
        || of.is(&table::CONSIGNMENT_ITEM)
        || !element.may_be_empty();
    match strictness {
        Strictness::Received => always,
        Strictness::Submission => always || ours,
    }
}
