//! What a certificate says of the one that it replaces.

use super::super::catalogue::Code;
use super::super::finding::Finding;
use super::super::tree::Node;
use super::measures::{is_before, is_day_before};
use super::notes::Notes;
use super::tags::Tag;
use super::way::{Lacks, Way, nodes};
use super::whole::Judge;

/// Judges the notes of a document, which `way` leads to.
pub(super) fn judge(judge: &mut Judge<'_>, document: &Node, notes: &Notes<'_>, way: &Way<'_>) {
    let tags = ["ADRP", "ADRPN", "ADRD", "ADRPR"];
    if tags.iter().all(|tag| notes.first(tag).is_none()) {
        return;
    }
    for (element, index, note) in nodes(document, "IncludedSPSNote") {
        let note_way = way.to(element, index);
        let Some(content) = note.leaf("Content") else { continue };
        let Some((_, below)) = note.of().element("Content") else { continue };
        match note.text("Subject") {
            Some("ADRPN") if judge.number.is_some_and(|own| own.trim() == content.text.trim()) => {
                let words = format!("the certificate replaces itself: {}", content.text);
                let remedy = "write the number of the certificate that is replaced";
                let finding = Finding::new(Code::ReplacementItself, "", words, remedy);
                let finding = finding.at_level(judge.level());
                judge.push(&note_way.to(below, 0), Lacks::Nothing, finding);
            }
            Some("ADRD") if judge.issued.is_some_and(|own| is_after(&content.text, own)) => {
                let words = format!(
                    "the certificate that is replaced is of {}, later than this one",
                    content.text
                );
                let remedy = "write the day on which the replaced certificate was issued";
                judge.tell(&note_way.to(below, 0), Code::ReplacementLater, words, remedy);
            }
            Some(_) | None => {}
        }
    }
    let misplaced =
        judge.misplaced.iter().filter_map(|name| Tag::named(name)).any(Tag::is_replacement);
    if notes.doubtful || document.extra().is_some() || misplaced {
        return;
    }
    let missing: Vec<&'static str> =
        ["ADRP", "ADRPN", "ADRD"].into_iter().filter(|tag| notes.first(tag).is_none()).collect();
    if let [first, ..] = missing.as_slice() {
        let lacks = Lacks::Tag(first);
        let words = format!("the replacement does not say all: {} missing", listed(&missing));
        let remedy = "write statement (ADRP), number (ADRPN) and date (ADRD), or none of them";
        judge.tell_lack(way, lacks, Code::ReplacementIncomplete, words, remedy);
    }
}

fn listed(tags: &[&str]) -> String {
    let verb = if tags.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", tags.join(" and "))
}

/// Whether a date is later than another, by its day and, of two times, by the
/// moment: zones alone make nothing late.
fn is_after(one: &str, other: &str) -> bool {
    is_day_before(other, one) && is_before(other, one)
}
