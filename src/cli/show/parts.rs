//! The parts of the form behind the description of the consignment: what is
//! declared, how it was treated, who signed, what is attached.

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use super::items::{alike, by_item, numbered, of_items};
use super::sheet::{Body, Part, Place, Row, Table};
use super::values::{
    DOCUMENT_NOTES, LINE_NOTES, Said, codes, country, joined, location, mark, notes, party, person,
    untagged, values,
};
use super::words::Label;
use crate::certificate::codes::List;
use crate::certificate::{Certificate, Leaf, Node};

/// How many treatments stand on the form; more are continued.
const ON_FORM: usize = 6;

//------------ II. -----------------------------------------------------------

pub(super) fn declarations(
    certificate: &Certificate,
    document: &Node,
    is_model: bool,
) -> Option<Part> {
    let kinds: [(Label, &[&str]); 5] = [
        (Label::ADDITIONAL, &["ADEDL", "ADTLIL"]),
        (Label::OLDER, &["ADCO"]),
        (Label::PERMIT, &["ADIPEDL", "ADIPTLIL", "ADIP"]),
        (Label::INSPECTED, &["ADDIEDL", "ADDITLIL", "ADDI"]),
        (Label::OFFICIAL, &["ADAOEDL", "ADAOTLIL", "ADAO"]),
    ];
    let mut lines = kinds.into_iter().map(|(label, tags)| {
        // A tag says what it says, also where another one belongs.
        let tagged = |node: &Node, list: &str| -> Vec<Said> {
            tags.iter().flat_map(|tag| notes(node, list, tag)).collect()
        };
        let mut said = tagged(document, DOCUMENT_NOTES);
        said.extend(by_item(certificate, |line| tagged(line, LINE_NOTES)));
        if label == Label::ADDITIONAL && replaced(document).is_some() {
            said.push(Said::ours(Label::SEE_REPLACES.to_string()));
        }
        match (label == Label::ADDITIONAL, is_model) {
            (true, true) => Row::kept(label, said),
            (true, false) | (false, _) => Row::new(label, said),
        }
    });
    let mut all: Vec<Vec<Row>> = lines.by_ref().take(2).map(|row| vec![row]).collect();
    let mut others = untagged(document, DOCUMENT_NOTES);
    others.extend(by_item(certificate, |line| untagged(line, LINE_NOTES)));
    all.push(vec![Row::new(Label::NOTES, others)]);
    all.push(lines.collect());
    let lines = all;
    Part::boxes(Some(Label::DECLARATION), Place::Form, lines)
}

//------------ III. ----------------------------------------------------------

pub(super) fn treatments(certificate: &Certificate, is_model: bool) -> Vec<Part> {
    let heading = if is_model { Label::DISINFESTATION } else { Label::TREATMENTS };
    let heads = vec![
        Label::DATE,
        Label::TREATMENT,
        Label::CHEMICAL,
        Label::DURATION,
        Label::CONCENTRATION,
        Label::MORE,
    ];
    let lines = numbered(certificate.trade_lines()).into_iter();
    let all = lines.flat_map(|(n, line)| {
        line.nodes("AppliedSPSProcess").map(move |process| (n, treatment(process)))
    });
    let several = certificate.trade_lines().count() > 1;
    let all = all.filter(|(_, row)| row.iter().flatten().any(|said| !said.is_blank()));
    let rows: Vec<Vec<Vec<Said>>> = alike(all)
        .into_iter()
        .map(|(items, mut row)| {
            if let Some(first) = row.first_mut().filter(|_| several) {
                first.insert(0, Said::ours(of_items(&items)));
            }
            row
        })
        .collect();
    if rows.is_empty() {
        // The form has the boxes all the same.
        let kept = vec![vec![Row::kept(Label::TREATMENT, Vec::new())]];
        let part = Part::boxes(Some(heading), Place::Form, kept);
        return part.filter(|_| is_model).into_iter().collect();
    }
    let continued = rows.len() > ON_FORM;
    let table = |place| Part {
        heading: Some(heading),
        place,
        body: Body::Table(Table { heads: heads.clone(), rows: rows.clone() }),
    };
    if !continued {
        return vec![table(Place::Form)];
    }
    let Label { english, chinese, .. } = Label::SEE_TREATMENTS;
    let words = format!("{english} {n} · {chinese} {n}", n = rows.len());
    let there = vec![vec![Row::new(Label::TREATMENT, vec![Said::ours(words)])]];
    let part = Part::boxes(Some(heading), Place::Form, there);
    part.into_iter().chain([table(Place::Continuation)]).collect()
}

fn treatment(process: &Node) -> Vec<Vec<Said>> {
    let fact = |tag: &str| {
        let tagged = process
            .nodes("ApplicableSPSProcessCharacteristic")
            .filter(|fact| fact.leaf("Description").is_some_and(|name| name.text == tag));
        let said = tagged.flat_map(|fact| {
            let words = fact.leaves("Description").skip(1).filter(|leaf| !leaf.text.is_empty());
            let mut said: Vec<Said> = words.map(Said::of).collect();
            said.extend(values(fact, "ValueMeasure"));
            let ends = ["MinimumValueMeasure", "MaximumValueMeasure"];
            let ends = ends.into_iter().flat_map(|name| values(fact, name)).collect();
            said.extend(joined(ends, " – "));
            said
        });
        said.collect::<Vec<_>>()
    };
    let period = process.node("CompletionSPSPeriod");
    let dates = period.and_then(|period| {
        joined([values(period, "StartDateTime"), values(period, "EndDateTime")].concat(), " – ")
    });
    let lasting = period.map(|period| values(period, "DurationMeasure")).unwrap_or_default();
    // ZZZ says "see the facts" and nothing more.
    let kinds = process.leaves("TypeCode").filter(|leaf| !leaf.text.is_empty());
    let kinds = kinds.map(|leaf| match leaf.text.as_str() {
        "ZZZ" if leaf.attributes().is_empty() => Said { text: String::new(), ..Said::of(leaf) },
        _ => Said::code(List::Process, leaf),
    });
    let mut more = [fact("TTAI"), fact("TTFT")].concat();
    let others = process.nodes("ApplicableSPSProcessCharacteristic");
    more.extend(others.filter_map(characteristic));
    more.extend(process.nodes("OperationSPSCountry").flat_map(country));
    let operators = process.nodes("OperatorSPSParty").filter_map(|who| joined(party(who), ", "));
    more.extend(operators);
    vec![
        dates.into_iter().collect(),
        [fact("TTL1"), fact("TTL2"), kinds.collect()].concat(),
        fact("TTCH"),
        [lasting, fact("TTTM")].concat(),
        fact("TTCO"),
        more,
    ]
}

/// A fact of a treatment that no tag of ePhyto announces.
fn characteristic(fact: &Node) -> Option<Said> {
    let is_tagged =
        fact.leaf("Description").is_some_and(|name| TREATMENT.contains(&name.text.as_str()));
    if is_tagged {
        return None;
    }
    let mut says = codes(fact, "TypeCode", List::MeasuredAttribute);
    says.extend(values(fact, "Description"));
    let words = joined(says, ", ");
    let mut amounts = values(fact, "ValueMeasure");
    for (name, what) in
        [("MinimumValueMeasure", "min. 最小 "), ("MaximumValueMeasure", "max. 最大 ")]
    {
        amounts.extend(values(fact, name).into_iter().map(|amount| amount.within(what, "")));
    }
    joined(words.into_iter().chain(joined(amounts, ", ")).collect(), ": ")
}

const TREATMENT: [&str; 7] = ["TTL1", "TTL2", "TTCH", "TTCO", "TTTM", "TTAI", "TTFT"];

//------------ Signatures ----------------------------------------------------

pub(super) fn signatures(document: &Node) -> Vec<Part> {
    let issued = values(document, "IssueDateTime");
    let mut all: Vec<&Node> = document.nodes("SignatorySPSAuthentication").collect();
    let nobody = Node::new(&crate::certificate::table::AUTHENTICATION);
    if all.is_empty() {
        all.push(&nobody);
    }
    let several = all.len() > 1;
    let parts = all.into_iter().zip(1_usize..).map(|(signature, n)| {
        let provider = signature.node("ProviderSPSParty");
        let officer = provider.and_then(|provider| provider.node("SpecifiedSPSPerson"));
        let officer = officer.and_then(person).into_iter().collect();
        let mut organization = provider.map(organization).unwrap_or_default();
        let local = signature.node("LocationProviderSPSParty");
        organization.extend(local.map(party).unwrap_or_default());
        let place = signature.nodes("IssueSPSLocation").filter_map(location).collect();
        // The document has one date of issue, whoever signs after the first.
        let dated = match n {
            1 => Row::kept(Label::ISSUE_DATE, issued.clone()),
            _ => Row::new(Label::ISSUE_DATE, Vec::new()),
        };
        let lines = vec![
            vec![
                Row::kept(Label::PLACE, place),
                dated,
                Row::new(Label::SIGNED_ON, values(signature, "ActualDateTime")),
                Row::new(Label::ACTION, codes(signature, "TypeCode", List::GovernmentAction)),
            ],
            vec![
                Row::kept(Label::OFFICER, officer),
                Row::new(Label::SIGNER, organization),
                Row::room(Label::STAMP),
                Row::room(Label::SIGNATURE),
            ],
        ];
        let heading = if several { Label::SIGNED.nth(n) } else { Label::SIGNED };
        Part::boxes(Some(heading), Place::Form, lines)
    });
    parts.flatten().collect()
}

/// A party without its person, who is told apart.
fn organization(provider: &Node) -> Vec<Said> {
    let person = provider.node("SpecifiedSPSPerson").and_then(person);
    let person: Vec<usize> = person.map(|said| said.of).unwrap_or_default();
    let lines = party(provider).into_iter();
    lines.filter(|said| person.is_empty() || said.of != person).collect()
}

//------------ Behind the form -----------------------------------------------

pub(super) fn replaced(document: &Node) -> Option<Part> {
    let note = |tag: &str| notes(document, DOCUMENT_NOTES, tag);
    let lines = vec![
        vec![
            Row::new(Label::REPLACED_NUMBER, note("ADRPN")),
            Row::new(Label::ISSUE_DATE, note("ADRD")),
            Row::new(Label::REASON, note("ADRPR")),
        ],
        vec![Row::new(Label::REPLACEMENT, note("ADRP"))],
    ];
    Part::boxes(Some(Label::REPLACES), Place::Annex, lines)
}

/// Referenced documents, with what is attached: its type, size and digest, so
/// that a file at hand can be compared.
pub(super) fn documents(certificate: &Certificate, document: &Node) -> Option<Part> {
    let mut rows = Vec::new();
    let name = "ReferenceSPSReferencedDocument";
    rows.extend(document.nodes(name).map(|other| referenced(other, None)));
    for (n, line) in numbered(certificate.trade_lines()) {
        rows.extend(line.nodes(name).map(|other| referenced(other, Some(n))));
    }
    let heads = vec![Label::DOCUMENT, Label::RELATION, Label::FILES];
    let body = Body::Table(Table { heads, rows: rows.clone() });
    (!rows.is_empty()).then_some(Part {
        heading: Some(Label::DOCUMENTS),
        place: Place::Annex,
        body,
    })
}

/// The certificates that an answer is to.
pub(super) fn answered(answer: &Node) -> Option<Part> {
    let all = answer.nodes("ReferenceSPSReferencedDocument");
    let rows: Vec<Vec<Vec<Said>>> = all.map(|other| referenced(other, None)).collect();
    let heads = vec![Label::DOCUMENT, Label::RELATION, Label::FILES];
    (!rows.is_empty()).then_some(Part {
        heading: Some(Label::ANSWERED),
        place: Place::Form,
        body: Body::Table(Table { heads, rows }),
    })
}

fn referenced(other: &Node, item: Option<usize>) -> Vec<Vec<Said>> {
    let item = item
        .map(|n| Said::ours(format!("{} {n} {} {n}", Label::ITEM.english, Label::ITEM.chinese)));
    let mut about: Vec<Said> = item.into_iter().collect();
    about.extend(values(other, "Information"));
    about.extend(joined([values(other, "ID"), values(other, "IssueDateTime")].concat(), ", "));
    let mut relation = codes(other, "TypeCode", List::DocumentName);
    relation.extend(codes(other, "RelationshipTypeCode", List::Reference));
    let files = other.leaves("AttachmentBinaryObject").flat_map(attachment);
    vec![about, relation, files.collect()]
}

/// A file: name, type, address, size and SHA-256; what is no base64 is said to
/// be none, and of what is elsewhere there is no size.
fn attachment(file: &Leaf) -> Vec<Said> {
    let part = |name: &str| file.attribute(name).map(str::to_owned);
    let name: Vec<String> = ["filename", "mimeCode", "uri"].into_iter().filter_map(part).collect();
    let letters: Vec<u8> = file.text.bytes().filter(|octet| !octet.is_ascii_whitespace()).collect();
    let (size, digest) = match BASE64.decode(&letters) {
        Ok(_) if file.text.is_empty() && name.is_empty() => return Vec::new(),
        Ok(_) if file.text.is_empty() => {
            ("not in the certificate 不在证书内".to_owned(), String::new())
        }
        Ok(octets) => {
            let digest = HEXLOWER.encode(&Sha256::digest(&octets));
            (format!("{} octets 字节", octets.len()), format!("SHA-256 {digest}"))
        }
        Err(_) => (format!("{} characters, no base64 不是 base64", file.text.len()), String::new()),
    };
    let first = name.into_iter().chain([size]).collect::<Vec<_>>().join(", ");
    let said = Said { text: first, language: None, of: vec![mark(file)] };
    [said, Said::ours(digest)].into_iter().filter(|said| !said.is_blank()).collect()
}
