//! The fixed wording of the model certificates (ISPM 12, annexes 1 and 2), in
//! English and Chinese. It is printed only where the document names a clause
//! and holds no text of its own, and said to be the model's.

use super::items::numbered;
use super::values::{LINE_NOTES, Said, mark, named, notes, values};
use super::words::Label;
use crate::certificate::codes::List;
use crate::certificate::digest::truth;
use crate::certificate::{Certificate, Node};

//------------ Paragraph -----------------------------------------------------

/// A paragraph of a statement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Paragraph {
    pub said: Said,
    /// What it is put together of, where the wording is ours.
    pub pieces: Vec<Piece>,
    /// Whose wording it is, where it is not the document's.
    pub whose: Option<Label>,
}

/// A piece of a wording of ours, which runs from left to right whatever is put
/// into it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Piece {
    Ours(String),
    /// What the document says, by its own direction.
    Theirs(String),
}

impl Piece {
    fn text(&self) -> &str {
        match self {
            Piece::Ours(text) | Piece::Theirs(text) => text,
        }
    }

    /// What the document says, or a blank of ours.
    fn or(said: &str, blank: &str) -> Piece {
        match said {
            "" => Piece::Ours(blank.to_owned()),
            said => Piece::Theirs(said.to_owned()),
        }
    }

    /// A wording with a piece for each `{}` in it, in their order.
    fn filled(wording: &str, with: &[Piece]) -> Vec<Piece> {
        let ours = wording.split("{}").map(|text| Piece::Ours(text.to_owned()));
        let mut with = with.iter().cloned();
        ours.flat_map(|ours| [Some(ours), with.next()]).flatten().collect()
    }
}

impl Paragraph {
    fn own(said: Said) -> Paragraph {
        Paragraph { said, pieces: Vec::new(), whose: None }
    }

    /// Words of ours around what the document says.
    fn ours(pieces: Vec<Piece>, language: Option<&str>, of: Vec<usize>) -> Paragraph {
        let text = pieces.iter().map(Piece::text).collect();
        let language = language.map(str::to_owned);
        Paragraph { said: Said { text, language, of }, pieces, whose: None }
    }

    /// Our rendering of a fixed text, in both languages; the note once.
    fn model([english, chinese]: [Vec<Piece>; 2], of: Vec<usize>, whose: Label) -> [Paragraph; 2] {
        let chinese = Paragraph::ours(chinese, Some("zh"), of.clone());
        [Paragraph::ours(english, Some("en"), of), Paragraph { whose: Some(whose), ..chinese }]
    }
}

//------------ Clauses -------------------------------------------------------

/// What a certification says: the text of its clauses, or the model's where
/// there is only the number of one.
pub(super) fn clauses(kind: &str, signature: &Node) -> Vec<Paragraph> {
    let mut all = Vec::new();
    for clause in signature.nodes("IncludedSPSClause") {
        let id = clause.leaf("ID").filter(|id| !id.text.is_empty());
        let texts = values(clause, "Content");
        let model = match (kind, id.map(|id| id.text.as_str())) {
            ("851", Some("1")) => Some((CLAUSE_1, Label::MODEL_1)),
            ("851", Some("2")) => Some((CLAUSE_2, Label::MODEL_2)),
            _ => None,
        };
        match (id, model) {
            (Some(id), Some((words, whose))) if texts.is_empty() => {
                let numbered = words.map(|text| vec![Piece::Ours(format!("{}. {text}", id.text))]);
                all.extend(Paragraph::model(numbered, vec![mark(id)], whose));
            }
            (Some(id), _) if texts.is_empty() => all.push(Paragraph::own(Said::of(id))),
            (Some(id), _) => {
                let numbered = texts.into_iter().map(|text| {
                    let text = text.within(&format!("{}. ", id.text), "");
                    Paragraph::own(Said { of: [text.of, vec![mark(id)]].concat(), ..text })
                });
                all.extend(numbered);
            }
            (None, _) => all.extend(texts.into_iter().map(Paragraph::own)),
        }
    }
    all
}

/// What is said of liability: the text, or the model's clause where there is
/// only its number.
pub(super) fn liability(said: &Said, kind: &str, organization: &str) -> Vec<Paragraph> {
    let is_number = said.text.len() <= 2 && said.text.bytes().all(|octet| octet.is_ascii_digit());
    if !(is_number && matches!(kind, "851" | "657")) {
        return vec![Paragraph::own(said.clone())];
    }
    let number = Piece::Theirs(said.told());
    let english = Piece::filled(
        "No financial liability with respect to this certificate shall attach to {} or to any of \
         its officers or representatives. ({})",
        &[Piece::or(organization, "…… (name of Plant Protection Organization)"), number.clone()],
    );
    let chinese = Piece::filled(
        "{}及其任何官员或代表均不承担与本证书有关的任何经济责任。（{}）",
        &[Piece::or(organization, "……（植物保护机构名称）"), number],
    );
    Paragraph::model([english, chinese], said.of.clone(), Label::MODEL_LIABILITY).to_vec()
}

const CLAUSE_1: [&str; 2] = [
    "This is to certify that the plants, plant products or other regulated articles described \
     herein have been inspected and/or tested according to appropriate official procedures and \
     are considered to be free from the quarantine pests specified by the importing contracting \
     party and to conform with the current phytosanitary requirements of the importing \
     contracting party, including those for regulated non-quarantine pests.",
    "兹证明本证书所述植物、植物产品或其他限定物已按照适当的官方程序进行检查和/或检测，被认为不带有输入缔约方规定的检疫性有害生物，\
     并且符合输入缔约方的现行植物检疫要求，包括对限定的非检疫性有害生物的要求。",
];

const CLAUSE_2: [&str; 2] = [
    "They are deemed to be practically free from other pests.",
    "它们被认为基本不带有其他有害生物。",
];

//------------ Re-export -----------------------------------------------------

/// What is certified of goods that are exported again, item by item; once
/// where it is the same of all.
pub(super) fn re_export(
    certificate: &Certificate,
    re_exporter: &str,
) -> Vec<(Option<usize>, Vec<Paragraph>)> {
    let lines = numbered(certificate.trade_lines()).into_iter();
    let all: Vec<(usize, Facts, Vec<usize>)> = lines
        .map(|(n, line)| {
            let (facts, of) = Facts::of(line);
            (n, facts, of)
        })
        .collect();
    let same = all.iter().all(|(_, facts, _)| Some(facts) == all.first().map(|first| &first.1));
    if let (true, Some((_, facts, _))) = (same, all.first()) {
        let of: Vec<usize> = all.iter().flat_map(|(.., of)| of.clone()).collect();
        return vec![(None, facts.told(re_exporter, of))];
    }
    let told = all.iter();
    told.map(|(n, facts, of)| (Some(*n), facts.told(re_exporter, of.clone()))).collect()
}

/// The facts of one item.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Facts {
    statement: Vec<String>,
    origin: Vec<String>,
    certificate: Vec<String>,
    /// Original, certified copy, packed, repacked, original containers, new
    /// ones, by the original certificate, by an inspection.
    ticks: [Option<bool>; 8],
}

const TICKS: [&str; 8] = ["RPCOR", "RPCTC", "RPCPK", "RPCRP", "RPCOC", "RPCNC", "RPCPC", "RPCAI"];

impl Facts {
    fn of(line: &Node) -> (Facts, Vec<usize>) {
        let mut of = Vec::new();
        let mut note = |tag: &str| -> Vec<Said> {
            let found = notes(line, LINE_NOTES, tag);
            of.extend(found.iter().flat_map(|said| said.of.clone()));
            found
        };
        let texts = |found: Vec<Said>| found.iter().map(Said::told).collect::<Vec<_>>();
        let statement = texts(note("RPCST"));
        let origin = note("RPCCO").into_iter().map(|said| match List::Country.name(&said.text) {
            Some(_) if said.language.is_none() => named(List::Country, &said.text),
            Some(_) | None => said.told(),
        });
        let origin = origin.collect();
        let certificate = texts(note("RPCRF"));
        let ticks = TICKS.map(|tag| {
            let found = notes(line, LINE_NOTES, tag);
            let [said] = found.as_slice() else { return None };
            // One that says more than yes or no is told as it stands.
            if said.language.is_some() {
                return None;
            }
            let truth = truth(&said.text)?;
            of.extend(said.of.clone());
            Some(truth)
        });
        (Facts { statement, origin, certificate, ticks }, of)
    }

    fn told(&self, re_exporter: &str, of: Vec<usize>) -> Vec<Paragraph> {
        let blank = |said: &str| Piece::or(said, "……");
        let (origin, number) =
            (blank(&self.origin.join(", ")), blank(&self.certificate.join(", ")));
        let [original, copy, packed, repacked, old, new, paper, inspection] =
            self.ticks.map(|tick| if tick == Some(true) { "☒" } else { "☐" });
        let here = blank(re_exporter);
        let stated = self.statement.join("; ");
        // A number names the model's statement; a text is the document's own.
        if stated.bytes().any(|octet| !octet.is_ascii_digit()) {
            let facts = format!(
                "From {{}} 原产缔约方; phytosanitary certificate No. {{}} 植物检疫证书编号; \
                 {original} original 原件 {copy} certified true copy 核证副本; {packed} packed 已包装 \
                 {repacked} repacked 已重新包装; in {old} original 原容器 {new} new containers 新容器; \
                 based on the {paper} original certificate 原证书 {inspection} additional inspection \
                 补充检验"
            );
            let own = Said { text: stated, language: None, of };
            let facts = Piece::filled(&facts, &[origin, number]);
            return vec![Paragraph::own(own), Paragraph::ours(facts, None, Vec::new())];
        }
        let english = format!(
            "This is to certify that the plants, plant products or other regulated articles \
             described above were imported into {{}} (contracting party of re-export) from \
             {{}} (contracting party of origin) covered by phytosanitary certificate \
             No. {{}}, {original} original {copy} certified true copy of which is attached to \
             this certificate; that they are {packed} packed {repacked} repacked in {old} original \
             {new} new containers, that based on the {paper} original phytosanitary certificate \
             and {inspection} additional inspection, they are considered to conform with the \
             current phytosanitary requirements of the importing contracting party, and that \
             during storage in {{}}, the consignment has not been subjected to the risk of \
             infestation or infection."
        );
        let chinese = format!(
            "兹证明上述植物、植物产品或其他限定物系从 {{}}（原产缔约方）输入 {{}}（转口缔约方），\
             附有第 {{}} 号植物检疫证书，其 {original} 原件 {copy} 核证副本附于本证书之后；\
             这些物品 {packed} 已包装 {repacked} 已重新包装，置于 {old} 原容器 {new} 新容器内；\
             根据 {paper} 原植物检疫证书和 {inspection} 补充检验，被认为符合输入缔约方的现行植物检疫要求；\
             并且在 {{}} 储存期间，该批货物没有受到侵染或感染的危险。"
        );
        let words = [
            Piece::filled(&english, &[here.clone(), origin.clone(), number.clone(), here.clone()]),
            Piece::filled(&chinese, &[origin, here.clone(), number, here]),
        ];
        let mut all = Paragraph::model(words, of, Label::MODEL_RE_EXPORT).to_vec();
        if !stated.is_empty() {
            let stated = vec![Piece::Ours(format!("{}: ", Label::STATED)), Piece::Theirs(stated)];
            all.push(Paragraph::ours(stated, None, Vec::new()));
        }
        all
    }
}
