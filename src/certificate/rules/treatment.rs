//! Treatments: processes of type `ZZZ`, told by tags.

use super::super::catalogue::Code;
use super::super::codes::List;
use super::super::table;
use super::super::tree::{Item, Node};
use super::notes::Notes;
use super::tags::{Level, Tag};
use super::units::Kind;
use super::way::{Lacks, Way, children, nodes};
use super::whole::Judge;
use super::{measures, shown};

/// The type of a treatment among processes (list 7187).
const TREATMENT: &str = "ZZZ";

/// Judges a process, which `way` leads to.
pub(super) fn judge<'d>(judge: &mut Judge<'d>, process: &'d Node, way: &Way<'_>) {
    for (element, index, item) in children(process) {
        if let Item::Node(period) = item
            && period.of().is(&table::PERIOD)
        {
            measures::period(judge, period, &way.to(element, index));
        }
    }
    match process.text("TypeCode") {
        Some(TREATMENT) => treatment(judge, process, way),
        Some(code) if List::Process.name(code).is_some() => other(judge, process, way),
        // That it is unknown or missing is told.
        Some(_) | None => {}
    }
}

fn treatment<'d>(judge: &mut Judge<'d>, process: &'d Node, way: &Way<'_>) {
    let mut facts = Notes::new(Level::Treatment);
    for (element, index, fact) in nodes(process, "ApplicableSPSProcessCharacteristic") {
        facts.take(judge, fact, &way.to(element, index));
    }
    let unclear = facts.doubtful || process.extra().is_some() || judge.misplaced.contains(&"TTFT");
    if facts.first("TTFT").is_none() && !unclear {
        let words = "the treatment has no full text: TTFT is missing".to_owned();
        let remedy = "write TTFT, which every reader can show";
        judge.tell_lack(way, Lacks::Tag("TTFT"), Code::TreatmentFullMissing, words, remedy);
    }
}

/// Facts of a treatment in a process that is something else.
fn other(judge: &mut Judge<'_>, process: &Node, way: &Way<'_>) {
    let is_treatment = |fact: &Node| {
        let tag = fact.leaf("Description").and_then(|leaf| Tag::named(&leaf.text));
        tag.is_some_and(|tag| tag.level == Level::Treatment)
    };
    if !process.nodes("ApplicableSPSProcessCharacteristic").any(is_treatment) {
        return;
    }
    let Some((_, element)) = process.of().element("TypeCode") else { return };
    let words = "facts of a treatment stand in a process that is not of type ZZZ".to_owned();
    judge.tell(&way.to(element, 0), Code::ProcessOther, words, "write the type \"ZZZ\"");
}

/// A fact that should be a measure: a temperature or a concentration, which
/// says something.
pub(super) fn measure(judge: &mut Judge<'_>, tag: &Tag, fact: &Node, way: &Way<'_>) {
    let names = ["ValueMeasure", "MinimumValueMeasure", "MaximumValueMeasure"];
    measures::range(judge, fact, way);
    if names.iter().all(|name| fact.text(name).is_none()) {
        let words = format!("{} is told in words, not as a measure", tag.name);
        let remedy = "write ValueMeasure with its unit, as 21 and CEL";
        judge.tell(way, Code::TreatmentMeasureMissing, words, remedy);
        return;
    }
    for (element, index, item) in children(fact) {
        let Item::Leaf(leaf) = item else { continue };
        if !names.contains(&element.name) {
            continue;
        }
        let unit = leaf.attribute("unitCode");
        // A unit that is missing or unknown is told where it stands.
        let known = unit.filter(|unit| List::Unit.name(unit).is_some());
        let Some(unit) = known else { continue };
        let (what, remedy) = match (tag.name, Kind::of(unit)) {
            ("TTTM", found) if found != Some(Kind::Temperature) => {
                ("a temperature", "write CEL or FAH")
            }
            ("TTCO", Some(Kind::Duration | Kind::Temperature)) => {
                ("a concentration", "write the unit, as A93 for grams per cubic metre")
            }
            _ => continue,
        };
        let words = format!("{} is no unit of {what}", shown(unit));
        judge.tell(&way.to(element, index), Code::TreatmentUnit, words, remedy);
    }
}
