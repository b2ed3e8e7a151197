//! The certifying statements: clauses 1 and 2 of a phytosanitary certificate,
//! one empty clause of a re-export certificate, whatever is agreed of others.

use super::super::catalogue::Code;
use super::super::finding::{Finding, Level};
use super::super::tree::Node;
use super::way::{Lacks, Way, nodes};
use super::whole::Judge;

/// Judges the clauses of a document, which `way` leads to.
pub(super) fn judge(judge: &mut Judge<'_>, document: &Node, way: &Way<'_>) {
    match judge.document_type {
        Some("657") => re_export(judge, document, way),
        Some("851") => phytosanitary(judge, document, way),
        Some(_) | None => {}
    }
}

fn phytosanitary(judge: &mut Judge<'_>, document: &Node, way: &Way<'_>) {
    let mut first = None;
    let mut found = [false; 2];
    // Of what could not be read, nobody can say that a clause is missing.
    let mut unclear = document.extra().is_some();
    for (element, index, authentication) in nodes(document, "SignatorySPSAuthentication") {
        first.get_or_insert((element, index));
        unclear |= authentication.extra().is_some();
        for clause in authentication.nodes("IncludedSPSClause") {
            let id = clause.text("ID");
            found[0] |= id == Some("1");
            found[1] |= id == Some("2");
            // Who writes a statement out needs no number for it.
            let in_words = id.is_none() && clause.text("Content").is_some();
            unclear |= clause.extra().is_some() || in_words;
        }
    }
    if found == [true; 2] || unclear {
        return;
    }
    let (which, level) = match found {
        [false, false] => ("clauses 1 and 2 are missing", Level::Info),
        [false, true] => ("clause 1 is missing", Level::Warning),
        [true, _] => ("clause 2 is missing", Level::Info),
    };
    let finding = Finding::new(
        Code::ClauseMissing,
        "",
        format!("the certificate does not certify in full: {which}"),
        "write two clauses with the signatory, with the IDs 1 and 2",
    );
    let finding = finding.at_level(level);
    match first {
        Some((element, index)) => {
            judge.push(&way.to(element, index), Lacks::Element("IncludedSPSClause"), finding);
        }
        None => judge.push(way, Lacks::Element("SignatorySPSAuthentication"), finding),
    }
}

fn re_export(judge: &mut Judge<'_>, document: &Node, way: &Way<'_>) {
    for (element, index, authentication) in nodes(document, "SignatorySPSAuthentication") {
        let way = way.to(element, index);
        for (element, index, clause) in nodes(authentication, "IncludedSPSClause") {
            let Some(id @ ("1" | "2")) = clause.text("ID") else { continue };
            let words = format!("clause {id} is a statement of an 851, and the document is a 657");
            let remedy = "leave its ID out: what is certified is said by RPCST";
            judge.tell(&way.to(element, index), Code::ClauseUnexpected, words, remedy);
        }
    }
}
