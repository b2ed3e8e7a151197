//! What a value by itself must be: its shape, its attributes.

use super::super::catalogue::Code;
use super::super::codes::{List, unit_called};
use super::super::date::{date, date_meant};
use super::super::digest::truth;
use super::super::element::{Element, Kind, Shape, Type};
use super::super::finding::{Finding, Level};
use super::super::leaf::{Leaf, Spelling};
use super::super::table;
use super::super::value::{self, Form, number, number_meant};
use super::{Strictness, listed, shown, units};

/// What is wrong with a value that stands in `of` as `element`. The path of a
/// finding is empty, or `@` and the attribute that it is about; the way to the
/// value is the caller's to put before it. `is_base64` says that the text has
/// been seen to be.
pub fn leaf(
    of: &Type,
    element: &Element,
    leaf: &Leaf,
    is_base64: bool,
    strictness: Strictness,
) -> Vec<Finding> {
    let Kind::Leaf(shape, list) = &element.kind else { return Vec::new() };
    let mut found = Vec::new();
    // Most of a certificate is words, which may be any.
    if *shape == Shape::Text && list.is_none() && leaf.attributes().is_empty() {
        return found;
    }
    if !leaf.text.is_empty() || !may_say_nothing(*shape, strictness) {
        found.extend(form(of, *shape, leaf, is_base64, strictness));
    }
    if let Some(list) = list
        && !leaf.text.is_empty()
    {
        found.extend(listed::code(of, element, *list, &leaf.text, strictness));
    }
    // No code list binds the country of an address.
    if element.name == "CountryID"
        && !leaf.text.is_empty()
        && List::Country.name(&leaf.text).is_none()
    {
        let finding = listed::unknown_code(List::Country, Code::CountryUnknown, &leaf.text);
        found.push(finding.at_level(Level::Warning));
    }
    found.extend(units::unit(of, element, *shape, leaf, strictness));
    if let Some(language) = leaf.attribute("languageID")
        && !listed::language_is_good(language)
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

fn form(
    of: &Type,
    shape: Shape,
    leaf: &Leaf,
    is_base64: bool,
    strictness: Strictness,
) -> Option<Finding> {
    let text = &leaf.text;
    let at = |code: Code, words: String, remedy: String| {
        Some(Finding::new(code, "", words, remedy).at_level(strictness.level()))
    };
    match shape {
        Shape::Binary => {
            if is_base64 || value::is_base64(text) {
                return None;
            }
            let remedy = "encode it anew (RFC 4648, section 4), without the file's name before it";
            at(Code::AttachmentNotBase64, "the attachment is not base64".into(), remedy.into())
        }
        Shape::Code | Shape::Id | Shape::Text => None,
        Shape::DateTime => {
            let remedy = || match date_meant(text) {
                _ if date(text, None) == Form::Good => "leave out format".to_owned(),
                Some(meant) if meant != text.as_str() => format!("write \"{meant}\""),
                Some(_) | None => "write 2026-11-20, or 2026-11-20T10:15:00+01:00".to_owned(),
            };
            match date(text, leaf.attribute("format")) {
                Form::Good if leaf.spelling == Spelling::Other && !text.contains('T') => {
                    let words = format!("{} is a day, and udt:DateTime wants a time", shown(text));
                    let remedy = "write a time, or spell it as we do";
                    Some(Finding::new(Code::DateForm, "", words, remedy))
                }
                // That of a document referred to is text for some, and udt for others.
                Form::Good
                    if leaf.spelling == Spelling::Text && !of.is(&table::REFERENCED_DOCUMENT) =>
                {
                    let words = format!("{} stands here as text alone", shown(text));
                    let remedy = "write it in udt:DateTimeString";
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
    let general = match shape {
        Shape::Measure => "digits and a point, as 20500.00; the unit is an attribute",
        _ => "digits, as 12",
    };
    match number_meant(text) {
        Some((meant, "")) => format!("write \"{meant}\""),
        // What is counted is told elsewhere: the type of the package.
        Some((meant, _)) if shape != Shape::Measure => format!("write \"{meant}\""),
        Some((meant, unit)) => match unit_called(unit) {
            Some(code) => format!("write \"{meant}\", with the unit beside it: \"{code}\""),
            None => format!("write \"{meant}\"; the unit is an attribute, a code of Rec 20"),
        },
        None => format!("write {general}"),
    }
}
