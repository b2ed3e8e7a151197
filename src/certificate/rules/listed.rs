//! Whether a code is on the list that its element refers to.

use super::super::catalogue::Code;
use super::super::codes::{List, SYSTEMS_MET, code_called, country_called, unit_called};
use super::super::element::{Element, Type};
use super::super::finding::{Finding, Level};
use super::super::likeness::distance;
use super::super::table;
use super::{Strictness, shown};

/// Whether a code is on its list. Only a status, a country, a package, a mode
/// of transport and the document's own type are severe: the others are known
/// to us from samples, or say nothing that anybody acts upon.
pub(super) fn code(
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
            List::Tag if element.name == "SystemName" && SYSTEMS_MET.contains(&text) => {
                return None;
            }
            List::Tag if element.name == "SystemName" => Finding {
                remedy: "nothing, if the partners concerned know the system".to_owned(),
                ..unknown_code(list, Code::ClassificationUnknown, text)
            },
            List::Tag => unknown_code(list, Code::TagUnknown, text),
            List::Cargo
            | List::GovernmentAction
            | List::Language
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

pub(super) fn unknown_code(list: List, code: Code, text: &str) -> Finding {
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
        List::Tag => match tag_meant(text) {
            Some(meant) => format!("did you mean {meant}?"),
            None => remedy,
        },
        List::Package | List::Status | List::Transport => match code_called(list, text) {
            Some(meant) => format!("write \"{meant}\""),
            None => remedy,
        },
        _ => remedy,
    };
    Finding::new(code, "", format!("{} is no {} we know", shown(text), list.words()), remedy)
}

/// The tag that somebody mistyped, if only one is like it.
fn tag_meant(text: &str) -> Option<&'static str> {
    let typed: Vec<char> = text.trim().chars().take(20).flat_map(char::to_lowercase).collect();
    let mut near = List::Tag.rows().map(|(tag, _)| tag).filter(|tag| distance(&typed, tag) <= 1);
    let first = near.next()?;
    near.next().is_none().then_some(first)
}

/// Whether a language is a tag of BCP 47 (section 2.1) whose first part is a
/// code of ISO 639-1, or has three letters as those of ISO 639-3.
pub(super) fn language_is_good(language: &str) -> bool {
    // Nearly all are two small letters, and nearly always one of these.
    if matches!(language, "ar" | "en" | "es" | "fr" | "nl" | "ru" | "zh") {
        return true;
    }
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_alphanumeric())
    };
    let mut parts = language.split('-');
    let first = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_known = match first.len() {
        // Private use and the tags from before BCP 47 (`x-…`, `i-…`).
        1 => matches!(first.as_str(), "i" | "x") && language.len() > 2,
        2 => List::Language.name(&first).is_some(),
        3 => first.bytes().all(|octet| octet.is_ascii_alphabetic()),
        _ => false,
    };
    is_known && parts.all(part)
}
