//! Tagged entries: notes, classifications and the characteristics of a
//! treatment, each by itself and beside the others of its list.

use super::super::catalogue::Code;
use super::super::leaf::Leaf;
use super::super::table;
use super::super::tree::{Item, Node};
use super::shown;
use super::tags::{Fault, Level, Stands, TAGS, Tag, Wants};
use super::way::{Lacks, Way, children};
use super::whole::Judge;

//------------ Notes ---------------------------------------------------------

/// The tagged entries of one list, as far as they have been judged.
pub(super) struct Notes<'d> {
    level: Level,
    /// The row that holds the tag, in the entries of this list.
    row: Option<u8>,
    /// The first entry with each tag that was met: the tag's place in
    /// [`TAGS`], which entry of its list it is, and the entry.
    first: Vec<(usize, usize, &'d Node)>,
    /// Whether something in the list could not be understood, so that nobody
    /// can say what it lacks.
    pub doubtful: bool,
    /// Whether something is told of a re-export.
    pub has_re_export: bool,
}

impl<'d> Notes<'d> {
    pub fn new(level: Level) -> Self {
        Notes { level, row: None, first: Vec::new(), doubtful: false, has_re_export: false }
    }

    /// The first entry with a tag, and which entry of its list it is.
    pub fn first(&self, name: &str) -> Option<(usize, &'d Node)> {
        // As of most lists: there is none.
        if self.first.is_empty() {
            return None;
        }
        let wanted = Tag::place(name)?;
        let (_, index, entry) = self.first.iter().find(|(place, _, _)| *place == wanted)?;
        Some((*index, *entry))
    }

    /// What the first entry with a tag says.
    pub fn says(&self, name: &str) -> Option<&'d str> {
        self.first(name)?.1.text("Content")
    }

    /// Judges one more entry of the list, which `way` leads to.
    pub fn take(&mut self, judge: &mut Judge<'d>, entry: &'d Node, way: &Way<'_>) {
        self.doubtful |= entry.extra().is_some();
        let name = match self.level {
            Level::Classification => "SystemName",
            Level::Document | Level::Either | Level::TradeLine => "Subject",
            Level::Treatment => "Description",
        };
        let row = self.row.or_else(|| Some(entry.of().element(name)?.0));
        self.row = row;
        let said = row.and_then(|row| entry.leaf_in(row));
        let Some(said) = said.filter(|said| !said.text.is_empty()) else {
            self.untagged(judge, entry, name, way);
            return;
        };
        let place = Tag::place(&said.text);
        let Some((place, tag)) = place.and_then(|at| Some((at, TAGS.get(at)?))) else {
            self.stranger(judge, entry, said, way);
            return;
        };
        let at_home = tag.level == self.level
            || tag.level == Level::Either
                && matches!(self.level, Level::Document | Level::TradeLine);
        if !at_home {
            let words = format!("{} stands here, and belongs into {}", tag.name, tag.belongs());
            let remedy = format!("write it into {}", tag.belongs());
            judge.tell(way, Code::TagLevel, words, remedy);
            judge.misplaced.push(tag.name);
            self.doubtful = true;
            return;
        }
        self.has_re_export |= tag.is_re_export();
        value(judge, tag, entry, way);
        self.count(judge, (place, tag), entry, way);
    }

    /// An entry without a tag, and without a code that would stand for one.
    fn untagged(&mut self, judge: &mut Judge<'d>, entry: &Node, name: &'static str, way: &Way<'_>) {
        let by_code = ["SubjectCode", "SystemID", "TypeCode"];
        // Other certificates have notes in words alone.
        let is_phytosanitary = matches!(judge.document_type, Some("657" | "851"));
        let has_code = by_code.iter().any(|code| entry.text(code).is_some());
        if !is_phytosanitary || has_code || entry.extra().is_some() {
            return;
        }
        self.doubtful = true;
        let words = format!("nobody knows what this tells: {name} is missing");
        let remedy = format!("write {name}, one of the tags");
        judge.tell_lack(way, Lacks::Element(name), Code::TagMissing, words, remedy);
    }

    /// A tag that is none. Those of notes are told where they stand, with all
    /// other codes.
    fn stranger(&mut self, judge: &mut Judge<'d>, entry: &Node, said: &Leaf, way: &Way<'_>) {
        if self.level != Level::Classification {
            self.doubtful = true;
        }
        // What is measured by a code of its own needs no tag.
        let is_known_otherwise = entry.extra().is_some() || entry.text("TypeCode").is_some();
        if self.level != Level::Treatment || is_known_otherwise {
            return;
        }
        let trimmed = said.text.trim();
        let meant = Tag::named(trimmed).or_else(|| Tag::named(&trimmed.to_uppercase()));
        let (words, remedy) = match meant {
            Some(tag) => (
                format!("{} is not taken for the tag {}", shown(&said.text), tag.name),
                format!("write \"{}\"", tag.name),
            ),
            None => (
                format!("{} is no tag of a treatment", shown(&said.text)),
                "write the tag as the first Description, the value as the second".to_owned(),
            ),
        };
        let Some((_, element)) = entry.of().element("Description") else { return };
        judge.tell(&way.to(element, 0), Code::TreatmentTagUnknown, words, remedy);
    }

    /// A tag that stands there once more than it may.
    fn count(
        &mut self,
        judge: &mut Judge<'d>,
        (place, tag): (usize, &Tag),
        entry: &'d Node,
        way: &Way<'_>,
    ) {
        let earlier = self.first.iter().find(|(known, _, _)| *known == place);
        let Some((_, _, earlier)) = earlier.copied() else {
            self.first.push((place, way.index(), entry));
            return;
        };
        let again = match tag.stands {
            Stands::Often | Stands::OnceAValue => earlier == entry,
            Stands::Once => language(earlier) == language(entry),
        };
        if again {
            let words = match tag.stands {
                Stands::Once => format!("{} stands here once more", tag.name),
                Stands::Often | Stands::OnceAValue => {
                    format!("{} says here once more what it said before", tag.name)
                }
            };
            judge.tell(way, Code::TagRepeated, words, "write it once");
        }
    }

    /// A quantity without its unit, or a unit without its quantity.
    pub fn other_quantity(&self, judge: &mut Judge<'d>, line: &Node, way: &Way<'_>) {
        let (there, missing, what) = match (self.first("OQV"), self.first("OQU")) {
            (Some((at, _)), None) => (at, "OQU", "unit"),
            (None, Some((at, _))) => (at, "OQV", "value"),
            (None, None) | (Some(_), Some(_)) => return,
        };
        if self.doubtful || line.extra().is_some() {
            return;
        }
        let Some((_, element)) = line.of().element("AdditionalInformationSPSNote") else { return };
        let words = format!("the other quantity has no {what}: {missing} is missing");
        let remedy = format!("write {missing}, or leave the quantity out");
        judge.tell(&way.to(element, there), Code::QuantityHalf, words, remedy);
    }
}

//------------ Values --------------------------------------------------------

/// What is wrong with what an entry says beside its tag.
fn value(judge: &mut Judge<'_>, tag: &Tag, entry: &Node, way: &Way<'_>) {
    let of = entry.of();
    let judged = tag.value_name(of);
    let mut said = false;
    let mut told = false;
    for (element, index, item) in children(entry) {
        let Item::Leaf(leaf) = item else { continue };
        // The first Description is the tag.
        let is_tag = matches!(element.name, "SystemName" | "Subject")
            || element.name == "Description" && index == 0;
        if is_tag || leaf.text.trim().is_empty() {
            continue;
        }
        said |= !matches!(element.name, "SystemID" | "SubjectCode" | "TypeCode");
        if told || element.name != judged {
            continue;
        }
        let Some(fault) = tag.wants.judge(tag.name, &leaf.text) else { continue };
        let way = way.to(element, index);
        told = true;
        match fault {
            Fault::Country(words) => {
                judge.tell(&way, Code::TagCountry, words, "write the two letters of ISO 3166-1");
            }
            Fault::Form { words, remedy } => judge.tell(&way, Code::TagForm, words, remedy),
            Fault::Length(words) => {
                let remedy = match tag.name {
                    "HS" => "write the six digits that all countries share, without points",
                    _ => "write it shorter",
                };
                judge.tell(&way, Code::TagLength, words, remedy);
            }
        }
    }
    if !said {
        // The tag of a treatment stands in the same element as its value.
        let is_fact = of.is(&table::PROCESS_CHARACTERISTIC);
        let lacks = if is_fact { Lacks::Nothing } else { Lacks::Element(judged) };
        // What is kept beside the schema may be the value.
        if entry.extra().is_none() {
            let words = format!("{} says nothing", tag.name);
            judge.tell_lack(way, lacks, Code::TagEmpty, words, "write its value, or leave it out");
        }
    } else if matches!(tag.wants, Wants::Measure) {
        super::treatment::measure(judge, tag, entry, way);
    }
}

/// In which language an entry says what it says.
fn language(entry: &Node) -> Option<&str> {
    let name = if entry.of().is(&table::NOTE) {
        "Content"
    } else if entry.of().is(&table::PROCESS_CHARACTERISTIC) {
        "Description"
    } else {
        "ClassName"
    };
    entry.leaves(name).last().and_then(|leaf| leaf.attribute("languageID"))
}
