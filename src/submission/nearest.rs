//! What somebody may have meant by a name that is none where it stands.

use std::collections::{HashSet, VecDeque};

use crate::certificate::element::{Element, Kind, Type};
use crate::certificate::likeness::distance;
use crate::certificate::plain::Plain;
use crate::certificate::table::{self, TYPES};

/// The candidate with the fewest letters to change, if it is near at all; else
/// the shortest that the typed name is a part of, as `netWeight`.
pub(super) fn nearest<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let typed: Vec<char> = typed.chars().take(60).flat_map(char::to_lowercase).collect();
    let limit = (typed.len() / 3).max(1);
    let near = candidates
        .iter()
        .map(|candidate| (distance(&typed, candidate), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, candidate)) = near {
        return Some(candidate);
    }
    let typed: String = typed.into_iter().collect();
    let holds = |candidate: &&&str| {
        let candidate = candidate.to_lowercase();
        typed.len() > 3 && (candidate.starts_with(&typed) || candidate.ends_with(&typed))
    };
    candidates.iter().filter(holds).min_by_key(|candidate| candidate.len()).copied()
}

/// Where in an object of type `of` a member called `name` belongs, if that is
/// near; absent if it is not.
pub(super) fn home_below(of: &Type, name: &str) -> Option<String> {
    let here = TYPES.iter().copied().find(|known| known.is(of));
    let home = here.and_then(|of| home_of(of, name));
    home.filter(|home| home != WHOLE && home.matches('.').count() < 2)
}

/// Where in the whole document a member called `name` belongs; absent if it is
/// no name at all.
pub(super) fn home_of_all(name: &str) -> Option<String> {
    home_of(&table::CERTIFICATE, name)
}

const WHOLE: &str = "the document itself";

/// The object nearest to `root` that has a member called `name`, as
/// `consignment.includedConsignmentItem[]`; absent if none has.
fn home_of(root: &'static Type, name: &str) -> Option<String> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut next: VecDeque<(&'static Type, String)> = VecDeque::new();
    next.push_back((root, String::new()));
    while let Some((of, way)) = next.pop_front() {
        if !seen.insert(of.name) {
            continue;
        }
        let has = of.element_in_json(name).is_some() || Plain::names(of, "").contains(&name);
        if has {
            return Some(if way.is_empty() { WHOLE.to_owned() } else { way });
        }
        next.extend(of.elements.iter().filter_map(|element| step(element, &way)));
    }
    None
}

fn step(element: &'static Element, way: &str) -> Option<(&'static Type, String)> {
    let Kind::Node(of) = &element.kind else { return None };
    let list = if element.occurs.repeats() { "[]" } else { "" };
    let dot = if way.is_empty() { "" } else { "." };
    Some((of, format!("{way}{dot}{}{list}", element.json_name())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, wanted: Option<&str>) {
        let names = ["netWeightMeasure", "grossWeightMeasure", "description", "id"];
        assert_eq!(nearest(typed, names), wanted, "{typed}");
    }

    #[test]
    fn finds_where_a_name_belongs() {
        let line = "consignment.includedConsignmentItem[].includedTradeLineItem[]";
        for (name, home) in [
            ("netWeightMeasure", Some(line)),
            ("hsCode", Some(line)),
            ("statusCode", Some("exchangedDocument")),
            ("importCountry", Some("consignment")),
            ("fullTreatment", Some(&*format!("{line}.appliedProcess[]"))),
            ("consignment", Some("the document itself")),
            ("colour", None),
        ] {
            assert_eq!(home_of(&table::CERTIFICATE, name).as_deref(), home, "{name}");
        }
        let home = home_below(&table::PARTY, "countryId");
        assert_eq!(home.as_deref(), Some("specifiedAddress"));
        assert_eq!(home_below(&table::PARTY, "hsCode"), None);
        assert_eq!(home_of_all("hsCode").as_deref(), Some(line));
    }

    #[test]
    fn finds_the_typo() {
        check("nettWeightMeasure", Some("netWeightMeasure"));
        check("NetWeightMeasure", Some("netWeightMeasure"));
        check("nettoWeight", None);
        check("netWeight", Some("netWeightMeasure"));
        check("weightMeasure", Some("netWeightMeasure"));
        check("descripton", Some("description"));
        check("ID", Some("id"));
        check("farbe", None);
        check("", None);
        check(&"x".repeat(100_000), None);
        assert_eq!(distance(&['a', 'b', 'c'], "abd"), 1);
        assert_eq!(distance(&[], "abc"), 3);
    }
}
