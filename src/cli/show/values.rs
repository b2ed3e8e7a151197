//! The values of a certificate in words, each with where it was taken from.

use crate::certificate::codes::List;
use crate::certificate::{Leaf, Node};

//------------ Said ----------------------------------------------------------

/// A line of what the certificate says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Said {
    pub text: String,
    /// The language it says it is in.
    pub language: Option<String>,
    /// The leaves it was made from, by where they lie in memory: what is on
    /// the page and what is not yet is told apart by it.
    pub of: Vec<usize>,
}

impl Said {
    /// Words of ours.
    pub fn ours(text: impl Into<String>) -> Said {
        Said { text: text.into(), ..Said::default() }
    }

    /// A value as it stands; a measure with its unit's name.
    pub fn of(leaf: &Leaf) -> Said {
        let text = match leaf.attribute("unitCode") {
            Some(unit) => format!("{} {}", leaf.text, named(List::Unit, unit)),
            None => leaf.text.to_string(),
        };
        let language = leaf.attribute("languageID").map(str::to_owned);
        Said { text, language, of: vec![mark(leaf)] }
    }

    /// A code with its names.
    pub fn code(list: List, leaf: &Leaf) -> Said {
        Said { text: named(list, &leaf.text), ..Said::of(leaf) }
    }

    /// The text, with its language behind it.
    pub fn told(&self) -> String {
        match &self.language {
            Some(language) => format!("{} [{language}]", self.text),
            None => self.text.clone(),
        }
    }

    /// The same with other words around it.
    pub fn within(self, before: &str, behind: &str) -> Said {
        Said { text: format!("{before}{}{behind}", self.text), ..self }
    }

    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Several in one line; absent if there is nothing in any.
pub(super) fn joined(parts: Vec<Said>, between: &str) -> Option<Said> {
    let mut parts: Vec<Said> = parts.into_iter().filter(|part| !part.is_blank()).collect();
    if parts.len() == 1 {
        return parts.pop();
    }
    let text = parts.iter().map(Said::told).collect::<Vec<_>>().join(between);
    let of = parts.into_iter().flat_map(|part| part.of).collect();
    (!text.is_empty()).then_some(Said { text, language: None, of })
}

/// What tells one leaf from every other.
pub(super) fn mark(leaf: &Leaf) -> usize {
    std::ptr::from_ref(leaf).addr()
}

/// The name of a code in both languages, and the code.
pub(super) fn named(list: List, code: &str) -> String {
    match list.told(code) {
        // The list says which minute is meant; whoever reads a duration knows.
        Some(name) if list == List::Unit => {
            let (before, behind) = name.split_once(" [").unwrap_or((&name, ""));
            let behind = behind.split_once(']').map_or(behind, |(_, behind)| behind);
            format!("{before}{behind} ({code})")
        }
        Some(name) => format!("{name} ({code})"),
        None => format!("{code} (not in the list 不在代码表中)"),
    }
}

//------------ Values --------------------------------------------------------

pub(super) const DOCUMENT_NOTES: &str = "IncludedSPSNote";
pub(super) const LINE_NOTES: &str = "AdditionalInformationSPSNote";

/// The values called `name` that hold anything.
pub(super) fn values(node: &Node, name: &str) -> Vec<Said> {
    node.leaves(name).filter(|leaf| !leaf.text.is_empty()).map(Said::of).collect()
}

pub(super) fn codes(node: &Node, name: &str, list: List) -> Vec<Said> {
    let found = node.leaves(name).filter(|leaf| !leaf.text.is_empty());
    found.map(|leaf| Said::code(list, leaf)).collect()
}

/// What the notes with a tag say; whoever shows it says what the tag says.
pub(super) fn notes(node: &Node, list: &str, tag: &str) -> Vec<Said> {
    let tagged = node.nodes(list).filter(|note| note.text("Subject") == Some(tag));
    let said = tagged.flat_map(|note| {
        let subject = note.leaf("Subject").map(mark);
        let said = values(note, "Content").into_iter();
        said.map(move |said| Said { of: said.of.into_iter().chain(subject).collect(), ..said })
    });
    said.collect()
}

/// What the notes say that have no tag we know, each after its subject.
pub(super) fn untagged(node: &Node, list: &str) -> Vec<Said> {
    let others = node.nodes(list).filter(|note| {
        note.text("Subject").is_none_or(|subject| List::Tag.name(subject).is_none())
    });
    let told = others.flat_map(|note| {
        let subject = values(note, "Subject");
        let subject = [subject, values(note, "SubjectCode")].concat();
        let texts = [values(note, "Content"), values(note, "ContentCode")].concat();
        let mut told = Vec::new();
        if texts.len() == 1 {
            told.extend(joined([subject, texts].concat(), ": "));
        } else {
            told.extend(joined(subject, ", "));
            told.extend(texts);
        }
        told
    });
    told.collect()
}

/// A country: its name as the list has it, and what else the certificate says.
pub(super) fn country(node: &Node) -> Vec<Said> {
    let mut lines = codes(node, "ID", List::Country);
    for name in values(node, "Name") {
        // What the list says already is not said twice.
        let listed = node.text("ID").and_then(|code| List::Country.name(code));
        let is_same = listed == Some(name.text.as_str()) && name.language.is_none();
        match lines.first_mut().filter(|_| is_same) {
            Some(line) => line.of.extend(name.of),
            None => lines.push(name),
        }
    }
    let regions = node.nodes("SubordinateSPSCountrySubDivision");
    lines.extend(regions.filter_map(|region| {
        let says = [values(region, "Name"), values(region, "ID")].concat();
        joined(says, ", ")
    }));
    lines
}

pub(super) fn location(node: &Node) -> Option<Said> {
    joined([values(node, "Name"), values(node, "ID")].concat(), ", ")
}

/// A party as on an envelope.
pub(super) fn party(node: &Node) -> Vec<Said> {
    let mut lines = values(node, "Name");
    if let Some(address) = node.node("SpecifiedSPSAddress") {
        lines.extend(self::address(address));
    }
    lines.extend(node.node("SpecifiedSPSPerson").and_then(person));
    lines.extend(node.nodes("DefinedSPSContact").flat_map(|contact| values(contact, "PersonName")));
    let ids = node.leaves("TypeCode").filter(|leaf| !leaf.text.is_empty());
    lines.extend(ids.map(|leaf| match leaf.attribute("listName") {
        Some(list) => Said::of(leaf).within(&format!("{list} "), ""),
        None => Said::of(leaf),
    }));
    lines.extend(values(node, "ID"));
    lines.extend(codes(node, "RoleCode", List::PartyRole));
    lines
}

fn address(address: &Node) -> Vec<Said> {
    let written = ["LineOne", "LineTwo", "LineThree", "LineFour", "LineFive"];
    let mut lines: Vec<Said> = written.into_iter().flat_map(|name| values(address, name)).collect();
    let town = [values(address, "PostcodeCode"), values(address, "CityName")].concat();
    lines.extend(joined(town, " "));
    let region =
        [values(address, "CountrySubDivisionName"), values(address, "CountrySubDivisionID")];
    lines.extend(joined(region.concat(), ", "));
    let country = [codes(address, "CountryID", List::Country), values(address, "CountryName")];
    lines.extend(joined(country.concat(), ", "));
    lines
}

/// A person, with what makes it one of the office.
pub(super) fn person(person: &Node) -> Option<Said> {
    let mut says = values(person, "Name");
    for attained in person.nodes("AttainedSPSQualification") {
        says.extend(values(attained, "Name"));
        says.extend(values(attained, "AbbreviatedName"));
    }
    joined(says, ", ")
}
