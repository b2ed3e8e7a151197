//! What a re-export certificate (657) says of the certificate that it rests
//! upon (ISPM 12, section 6).

use super::super::catalogue::Code;
use super::super::codes::List;
use super::super::digest::truth;
use super::super::tree::Node;
use super::notes::Notes;
use super::tags::TAGS;
use super::way::{Lacks, Way};
use super::whole::Judge;

/// The phytosanitary certificate for re-export (list 1001).
const RE_EXPORT: &str = "657";

/// Judges what a trade line says of its re-export.
pub(super) fn judge(judge: &mut Judge<'_>, line: &Node, notes: &Notes<'_>, way: &Way<'_>) {
    let Some(document_type) = judge.document_type else { return };
    let Some((_, note)) = line.of().element("AdditionalInformationSPSNote") else { return };
    if document_type != RE_EXPORT {
        // A type that is none is told.
        if !notes.has_re_export || List::DocumentName.name(document_type).is_none() {
            return;
        }
        let facts = TAGS.iter().filter(|tag| tag.is_re_export());
        let there = facts.filter_map(|tag| Some((notes.first(tag.name)?.0, tag.name)));
        if let Some((at, tag)) = there.min() {
            let words =
                format!("{tag} tells of a re-export, and the document is of type {document_type}");
            let remedy = "leave the facts of re-export out, or issue a 657";
            judge.tell(&way.to(note, at), Code::ReExportType, words, remedy);
        }
        return;
    }
    let misplaced = judge.misplaced.iter().any(|tag| tag.starts_with("RPC"));
    if !(notes.doubtful || line.extra().is_some() || misplaced) {
        let missing = match (notes.first("RPCCO"), notes.first("RPCRF")) {
            (None, None) => Some((
                "RPCCO",
                "neither the country of origin nor the original certificate: RPCCO and RPCRF are missing",
            )),
            (None, Some(_)) => Some(("RPCCO", "no country of origin: RPCCO is missing")),
            (Some(_), None) => {
                Some(("RPCRF", "no number of the original certificate: RPCRF is missing"))
            }
            (Some(_), Some(_)) => None,
        };
        if let Some((tag, what)) = missing {
            let words = format!("the line names {what}");
            let remedy = "write country (RPCCO) and number (RPCRF) for each trade line";
            judge.tell_lack(way, Lacks::Tag(tag), Code::ReExportMissing, words, remedy);
        }
    }
    let says = |tag: &str| notes.says(tag).and_then(truth);
    for (one, other, words) in [
        ("RPCOR", "RPCTC", "the certificate is both an original and a certified copy"),
        ("RPCPK", "RPCRP", "the products are both packed and repacked"),
        ("RPCOC", "RPCNC", "the containers are both the original and new ones"),
    ] {
        let both = says(one) == Some(true) && says(other) == Some(true);
        let neither = one == "RPCOR" && says(one) == Some(false) && says(other) == Some(false);
        let Some((at, _)) = notes.first(other).filter(|_| both || neither) else { continue };
        let words = if neither {
            "the certificate is neither an original nor a certified copy"
        } else {
            words
        };
        let words = format!("{words} ({one} and {other})");
        judge.tell(
            &way.to(note, at),
            Code::ReExportContradiction,
            words,
            "write one of the two as true",
        );
    }
}
