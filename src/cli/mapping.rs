//! `certpost convert --explain`: a document's own map, field by field: where a
//! value stands in JSON and in XML, the ePhyto tag, and what it is in words.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use unicode_width::UnicodeWidthStr;

use super::answer::{Answer, Exit, Shared};
use super::columns::{cut, isolated, visible, wrapped, wrapped_path};
use super::document::Examined;
use super::paint::Paint;
use super::terminal::padded;
use crate::certificate::codes::{Language, List};
use crate::certificate::element::{Element, Kind};
use crate::certificate::words::Words;
use crate::certificate::{Document, Leaf};
use crate::submission::{Mapped, What, mapped};

pub(super) const SCHEMA: &str = "certpost/explain/1";

/// How much of a value the table shows, in columns.
const VALUE: usize = 60;
/// The narrowest terminal that a table is made for, and how wide one is that
/// goes to no terminal.
const NARROW: usize = 60;
const WIDE: usize = 120;

/// The answer for a document that could be read.
pub(super) fn answer(exit: Exit, file: &Examined, document: &Document, shared: &Shared) -> Answer {
    let all: Vec<Explained<'_>> = mapped(document.root()).into_iter().map(Explained::of).collect();
    if shared.json {
        let explanation = Explanation {
            schema: SCHEMA,
            ok: exit == Exit::Yes,
            file: &file.name,
            format: file.format.as_str(),
            id: file.id(),
            values: all,
        };
        return Answer::json(exit, &explanation);
    }
    let columns = shared.columns.unwrap_or(WIDE).max(NARROW);
    Answer::text(exit, table(&all, columns, shared.paint))
}

//------------ Explanation ---------------------------------------------------

/// What `certpost convert --explain` answers: every value of one document.
#[derive(JsonSchema, Serialize)]
pub struct Explanation<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Whether the document has no severe finding.
    ok: bool,
    /// As it was named; `-` is standard input.
    file: &'a str,
    #[schemars(extend("enum" = ["json", "xml"]))]
    format: &'static str,
    /// `<issuing country>/<type>/<number>`; null if not all of it can be read.
    id: Option<String>,
    /// In the order of the standard.
    values: Vec<Explained<'a>>,
}

/// One value: where it stands, and what it is.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Explained<'a> {
    /// A JSON Pointer into the document's JSON.
    field: String,
    /// The way to its element in XML: local names with positions.
    element: String,
    /// The ePhyto tag of the entry it stands in; null if there is none.
    tag: Option<&'a str>,
    kind: Sort,
    /// As it stands in the document.
    value: &'a str,
    /// Its attributes, as `languageID` and `unitCode`.
    attributes: Map<String, Value>,
    /// What it is.
    english: &'static str,
    chinese: &'static str,
    /// What it is of, outermost first, below the document, the consignment or
    /// the item.
    within_english: Vec<&'static str>,
    within_chinese: Vec<&'static str>,
    /// The codes in it, the value's own first, then those of its attributes.
    codes: Vec<Coded>,
    /// Where the object that it stands in ends: in `field`, and in `element`.
    #[serde(skip)]
    #[schemars(skip)]
    inside: (usize, usize),
}

/// What it is to the standard.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Sort {
    /// A value that the standard has a place for.
    Known,
    /// An attribute that the standard does not have.
    UnknownAttribute,
    /// An element that the standard does not have, as XML.
    UnknownElement,
}

/// A code with its names.
#[derive(JsonSchema, Serialize)]
struct Coded {
    code: String,
    /// The list, as `unit (Rec 20)`.
    list: &'static str,
    /// Null if the list does not have the code.
    english: Option<&'static str>,
    chinese: Option<&'static str>,
}

impl<'a> Explained<'a> {
    fn of(mapped: Mapped<'a>) -> Self {
        let Mapped { field, element, tag, within, what, inside } = mapped;
        let (kind, value, words) = match what {
            What::Attribute(_, value) => (Sort::UnknownAttribute, value, UNKNOWN_ATTRIBUTE),
            What::Leaf(of, row, leaf) => (Sort::Known, leaf.text.as_str(), Words::of(of, row)),
            What::Unknown(xml) => (Sort::UnknownElement, xml, UNKNOWN_ELEMENT),
        };
        let (codes, attributes, says) = match what {
            What::Leaf(_, row, leaf) => (codes(row, leaf), attributes(leaf), says(row)),
            What::Attribute(..) | What::Unknown(_) => (Vec::new(), Map::new(), false),
        };
        let tagged = tag.filter(|tag| says && *tag != value).and_then(|tag| {
            let name = |language| List::Tag.name_in(language, tag);
            Some(Words { english: name(Language::English)?, chinese: name(Language::Chinese)? })
        });
        let words = tagged.unwrap_or(words);
        Explained {
            field,
            element,
            tag,
            kind,
            value,
            attributes,
            english: words.english,
            chinese: words.chinese,
            within_english: within.iter().map(|words| words.english).collect(),
            within_chinese: within.iter().map(|words| words.chinese).collect(),
            codes,
            inside,
        }
    }

    /// The value as a table shows it.
    fn shown(&self) -> String {
        let mut out = cut(&visible(self.value), VALUE);
        for name in ["unitCode", "languageID"] {
            if let Some(Value::String(said)) = self.attributes.get(name) {
                out.push_str(&format!(" [{}]", cut(&visible(said), VALUE)));
            }
        }
        out
    }

    /// What it is, and what its codes stand for, a line each.
    fn words(&self) -> Vec<String> {
        let mut words = vec![format!("{} {}", self.english, self.chinese)];
        words.extend(self.codes.iter().map(|coded| match (coded.english, coded.chinese) {
            (Some(english), chinese) => {
                format!("{} = {english} {}", visible(&coded.code), chinese.unwrap_or_default())
            }
            (None, _) => format!("{} is no {} we know", visible(&coded.code), coded.list),
        }));
        words
    }

    /// What the object that it stands in is.
    fn object(&self) -> String {
        let joined = |words: &[&str]| words.join(" › ");
        format!("{} {}", joined(&self.within_english), joined(&self.within_chinese))
    }
}

const UNKNOWN_ATTRIBUTE: Words = Words {
    english: "an attribute that the standard does not have",
    chinese: "标准中没有的属性",
};
const UNKNOWN_ELEMENT: Words = Words {
    english: "an element that the standard does not have",
    chinese: "标准中没有的元素",
};

/// Whether an element says what the tag beside it announces.
fn says(row: &Element) -> bool {
    matches!(row.name, "ClassCode" | "ClassName" | "Content" | "Description" | "ValueMeasure")
}

fn codes(row: &Element, leaf: &Leaf) -> Vec<Coded> {
    let coded = |list: List, code: &str| Coded {
        code: code.to_owned(),
        list: list.words(),
        english: list.name_in(Language::English, code),
        chinese: list.name_in(Language::Chinese, code),
    };
    let own = match &row.kind {
        // No code list binds the country of an address.
        _ if row.name == "CountryID" => Some(List::Country),
        Kind::Leaf(_, list) => *list,
        Kind::Node(_) => None,
    };
    // A subject or a classification system may be anything; a tag is known.
    let own = own.filter(|list| *list != List::Tag || list.name(&leaf.text).is_some());
    let own = own.filter(|_| !leaf.text.is_empty());
    let mut codes: Vec<Coded> = own.map(|list| coded(list, &leaf.text)).into_iter().collect();
    codes.extend(leaf.attribute("unitCode").map(|unit| coded(List::Unit, unit)));
    codes.extend(leaf.attribute("languageID").map(|tag| {
        let first = tag.split('-').next().unwrap_or_default().to_lowercase();
        Coded { code: tag.to_owned(), ..coded(List::Language, &first) }
    }));
    codes
}

fn attributes(leaf: &Leaf) -> Map<String, Value> {
    let all = leaf.attributes().iter();
    all.map(|(name, value)| ((*name).to_owned(), json!(value.as_str()))).collect()
}

//------------ Table ---------------------------------------------------------

const HEAD: [&str; 5] = ["FIELD", "ELEMENT", "TAG", "VALUE", "WORDS"];

/// Values under the object that they stand in, cells broken to fit.
fn table(all: &[Explained<'_>], columns: usize, paint: Paint) -> String {
    let tag = all.iter().filter_map(|one| one.tag).map(str::width).max().unwrap_or(0).clamp(3, 8);
    // Four gaps of two, and the blanks before the first.
    let room = columns.saturating_sub(10 + tag);
    let share = |parts: usize| room * parts / 100;
    let widths = [share(21), share(26), tag, share(23), share(30)];
    let heads = HEAD.map(|head| vec![head.to_owned()]);
    let heads: Vec<String> = row(&heads).map(|line| filled(&line, &widths)).collect();
    let mut lines = vec![paint.strong(&heads.concat())];
    let mut last = None;
    for one in all {
        let (field_end, element_end) = one.inside;
        let object = (one.field.get(..field_end), one.element.get(..element_end));
        if last != Some(object) {
            last = Some(object);
            lines.push(String::new());
            let field = object.0.filter(|field| !field.is_empty()).unwrap_or("/");
            let strong = wrapped_path(&visible(field), columns);
            lines.extend(strong.iter().map(|line| paint.strong(line)));
            let faint = wrapped_path(&visible(object.1.unwrap_or_default()), columns);
            lines.extend(faint.iter().map(|line| paint.faint(line)));
            let words = wrapped(one.object().trim(), columns);
            lines.extend(words.into_iter().filter(|line| !line.is_empty()));
        }
        let below = |text: &str, end: usize| {
            visible(text.get(end..).unwrap_or_default().trim_start_matches('/'))
        };
        let value = wrapped(&one.shown(), widths[3]);
        let cells = [
            wrapped_path(&below(&one.field, field_end), widths[0]),
            wrapped_path(&below(&one.element, element_end), widths[1]),
            wrapped(&visible(one.tag.unwrap_or("-")), widths[2]),
            // A piece of text that was broken is isolated by itself.
            value.iter().map(|piece| isolated(piece)).collect(),
            one.words().iter().flat_map(|words| wrapped(words, widths[4])).collect(),
        ];
        lines.extend(row(&cells).map(|line| filled(&line, &widths)));
    }
    lines.join("\n")
}

/// The lines of one row of a table, a piece of each cell in each.
fn row(cells: &[Vec<String>; 5]) -> impl Iterator<Item = [&str; 5]> {
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..height).map(|at| {
        std::array::from_fn(|cell| cells[cell].get(at).map(String::as_str).unwrap_or_default())
    })
}

fn filled(line: &[&str; 5], widths: &[usize; 5]) -> String {
    let parts = line.iter().zip(widths).map(|(piece, width)| padded(piece, *width));
    format!("  {}", parts.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::convert;
    use crate::submission::sample::ours;

    fn explained(file: &std::path::Path, shared: &Shared) -> (Exit, String) {
        let args = convert::Args { file: file.to_owned(), to: None, explain: true };
        let answer = convert::run(&args, shared);
        (answer.exit, String::from_utf8(answer.out).unwrap())
    }

    #[test]
    fn fields_elements_tags_and_words_in_one_table() {
        for form in ["json", "xml"] {
            let file = ours(&format!("phytosanitary-851.{form}"));
            for columns in [None, Some(80), Some(200)] {
                let (exit, text) = explained(&file, &Shared { columns, ..Shared::default() });
                assert_eq!(exit, Exit::Yes);
                for wanted in
                    ["/exchangedDocument\n", "hsCode", "ADEDL", "附加声明", "851", "植物检疫证书"]
                {
                    assert!(text.contains(wanted), "{wanted} is not in {text}");
                }
                let most = columns.unwrap_or(WIDE);
                assert!(text.lines().all(|line| line.width() <= most), "{most}: {text}");
            }
        }
    }

    #[test]
    fn what_the_standard_lacks_is_told_and_nothing_is_obeyed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("odd.xml");
        let golden = std::fs::read_to_string(ours("phytosanitary-851.xml")).unwrap();
        let odd = golden
            .replace("<ram:ID>AQ</ram:ID>", "<ram:ID>AQ</ram:ID><ram:Odd>x</ram:Odd>")
            .replace("unitCode=\"MTQ\"", "unitCode=\"ZZZ9\"")
            .replace("Pinus radiata", "Pinus\u{202e}\u{9b}radiata תפוח");
        assert_ne!(odd, golden);
        std::fs::write(&path, odd).unwrap();
        let (_, text) = explained(&path, &Shared::default());
        assert!(text.contains("标准中没有的元素") && text.contains("ram:Odd"), "{text}");
        assert!(text.contains("ZZZ9 is no unit"), "{text}");
        assert!(text.contains("Pinus[U+202E]") && !text.contains('\u{9b}'), "{text}");
        assert!(text.contains("\u{2068}"), "right to left is isolated: {text}");
        let (_, json) = explained(&path, &Shared { json: true, ..Shared::default() });
        let json: Value = serde_json::from_str(&json).unwrap();
        let values = json["values"].as_array().unwrap();
        let odd = values.iter().find(|one| one["kind"] == "unknown-element").unwrap();
        assert_eq!(odd["field"], "/consignment/importCountry/$xml/unknown/0");
        let status = values.iter().find(|one| one["field"] == "/exchangedDocument/statusCode");
        let status = status.unwrap();
        assert_eq!(status["codes"][0]["chinese"], "已签发");
        assert_eq!(status["element"], "/SPSCertificate/SPSExchangedDocument/StatusCode[1]");
    }
}
