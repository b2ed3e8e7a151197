//! The 43 tags of the IPPC ePhyto mapping: where each may stand, and what its
//! value must be.

use super::super::codes::List;
use super::super::date::date;
use super::super::digest::truth;
use super::super::element::Type;
use super::super::table;
use super::super::value::{Form as Written, number};
use super::shown;

//------------ Tag -----------------------------------------------------------

/// One tag.
#[derive(Debug)]
pub(in super::super) struct Tag {
    pub name: &'static str,
    pub level: Level,
    pub wants: Wants,
    pub stands: Stands,
}

/// In which part of a certificate a tag stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in super::super) enum Level {
    /// `SystemName` of a classification.
    Classification,
    /// `Subject` of a note of the document.
    Document,
    /// `Subject` of a note of the document or of a trade line: the older tags.
    Either,
    /// First `Description` of a treatment's characteristic.
    Treatment,
    /// `Subject` of a note of a trade line.
    TradeLine,
}

/// What a tag's value must be.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Wants {
    Anything,
    Country,
    Date,
    /// Digits before and after the point together, and after it.
    Decimal(usize, usize),
    /// A whole number of so many digits.
    Digits(usize),
    /// A measure with its unit.
    Measure,
    /// So many characters.
    Text(usize),
    Truth,
}

/// How often a tag stands among the notes of one element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in super::super) enum Stands {
    Often,
    /// Once for each language.
    Once,
    /// Once for each value: a certificate may replace or rest upon several.
    OnceAValue,
}

macro_rules! tags {
    ($($name:ident $level:ident $wants:expr, $stands:ident;)+) => {
        /// The tags, sorted by name.
        pub(super) const TAGS: &[Tag] = &[$(Tag {
            name: stringify!($name),
            level: Level::$level,
            wants: { use Wants::*; $wants },
            stands: Stands::$stands,
        },)+];
    };
}

tags! {
    ADAO Either Anything, Often;
    ADAOEDL Document Text(8000), Often;
    ADAOTLIL TradeLine Text(8000), Often;
    ADCO Either Anything, Often;
    ADDI Either Anything, Often;
    ADDIEDL Document Date, Often;
    ADDITLIL TradeLine Date, Often;
    ADEDL Document Text(8000), Often;
    ADIP Either Anything, Often;
    ADIPEDL Document Text(256), Often;
    ADIPTLIL TradeLine Text(256), Often;
    ADRD Document Date, OnceAValue;
    ADRP Document Digits(2), Once;
    ADRPN Document Text(60), OnceAValue;
    ADRPR Document Text(512), Once;
    ADTLIL TradeLine Text(8000), Often;
    DMCL Document Text(512), Once;
    DMTLIL TradeLine Text(1024), Once;
    HS Classification Text(6), Once;
    IPPCPCC Classification Text(70), Often;
    IPPCPCVP Classification Text(70), Often;
    OPTND TradeLine Text(512), Once;
    OQU TradeLine Text(50), Once;
    OQV TradeLine Decimal(20, 4), Once;
    RPCAI TradeLine Truth, Once;
    RPCCO TradeLine Country, Often;
    RPCNC TradeLine Truth, Once;
    RPCOC TradeLine Truth, Once;
    RPCOR TradeLine Truth, Once;
    RPCPC TradeLine Truth, Once;
    RPCPK TradeLine Truth, Once;
    RPCRF TradeLine Text(60), OnceAValue;
    RPCRP TradeLine Truth, Once;
    RPCST TradeLine Digits(2), Once;
    RPCTC TradeLine Truth, Once;
    SPSFL Document Digits(2), Once;
    TTAI Treatment Text(400), Once;
    TTCH Treatment Anything, Often;
    TTCO Treatment Measure, OnceAValue;
    TTFT Treatment Text(8000), Once;
    TTL1 Treatment Text(256), Once;
    TTL2 Treatment Text(256), Once;
    TTTM Treatment Measure, Once;
}

/// A name as a number that sorts as it does; no tag has more than eight letters.
const fn key(name: &[u8]) -> Option<u64> {
    if name.len() > 8 {
        return None;
    }
    let mut key = 0;
    let mut at = 0;
    while at < 8 {
        key = (key << 8) | if at < name.len() { name[at] as u64 } else { 0 };
        at += 1;
    }
    Some(key)
}

/// The keys of [`TAGS`], in its order.
static KEYS: [u64; TAGS.len()] = {
    let mut keys = [0; TAGS.len()];
    let mut at = 0;
    while at < TAGS.len() {
        keys[at] = match key(TAGS[at].name.as_bytes()) {
            Some(key) => key,
            None => panic!("a tag of more than eight letters"),
        };
        at += 1;
    }
    keys
};

impl Tag {
    /// The tag called `name`, to the letter.
    pub fn named(name: &str) -> Option<&'static Tag> {
        TAGS.get(Tag::place(name)?)
    }

    /// The place in [`TAGS`] of the tag called `name`.
    pub fn place(name: &str) -> Option<usize> {
        let place = KEYS.binary_search(&key(name.as_bytes())?).ok()?;
        TAGS.get(place).is_some_and(|tag| tag.name.len() == name.len()).then_some(place)
    }

    /// The element that holds the tag's value, in an entry of type `of`. A
    /// classification's is its code, or its words.
    pub fn value_name(&self, of: &Type) -> &'static str {
        if of.is(&table::NOTE) {
            "Content"
        } else if of.is(&table::PROCESS_CHARACTERISTIC) {
            "Description"
        } else if self.name == "HS" {
            "ClassCode"
        } else {
            "ClassName"
        }
    }

    /// Whether it tells of a re-export.
    pub fn is_re_export(&self) -> bool {
        self.name.starts_with("RPC")
    }

    /// Whether it tells of a certificate that is replaced.
    pub fn is_replacement(&self) -> bool {
        self.name.starts_with("ADRP") || self.name == "ADRD"
    }

    /// Where it belongs, in words.
    pub fn belongs(&self) -> &'static str {
        match self.level {
            Level::Classification => "a classification (SystemName)",
            Level::Document => "a note of the document",
            Level::Either => "a note of the document or of a trade line",
            Level::Treatment => "a treatment (the first Description of a characteristic)",
            Level::TradeLine => "a note of a trade line",
        }
    }
}

//------------ Wants ---------------------------------------------------------

/// What is wrong with a tag's value.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is no country.
    Country(String),
    /// It is not of the kind that the tag wants.
    Form { words: String, remedy: &'static str },
    /// It is longer than the tag takes.
    Length(String),
}

impl Wants {
    /// What is wrong with `text`, which is not empty, as the value of `tag`.
    pub(super) fn judge(self, tag: &str, text: &str) -> Option<Fault> {
        let form = |what: &str, remedy| {
            Some(Fault::Form {
                words: format!("{} is no {what}, as {tag} is", shown(text)),
                remedy,
            })
        };
        let text = text.trim();
        match self {
            Wants::Anything | Wants::Measure => None,
            Wants::Country if List::Country.name(text).is_some() => None,
            Wants::Country => {
                Some(Fault::Country(format!("{} is no country, as {tag} is", shown(text))))
            }
            Wants::Date => match date(text, None) {
                Written::Good | Written::Loose(_) => None,
                Written::None | Written::TooLong => form("date", "write it as 2026-11-20"),
            },
            Wants::Decimal(total, fraction) => {
                let is_number = matches!(number(text), Written::Good | Written::Loose(_));
                let (whole, behind) = text.split_once('.').unwrap_or((text, ""));
                let whole = whole.trim_start_matches(['-', '+']).len();
                if is_number && whole + behind.len() <= total && behind.len() <= fraction {
                    None
                } else {
                    form(
                        "number of at most 20 digits, 4 of them behind the point",
                        "write digits and a point, as 40 or 12.5",
                    )
                }
            }
            Wants::Digits(most) => {
                let fits = (1..=most).contains(&text.len())
                    && text.bytes().all(|octet| octet.is_ascii_digit());
                if fits {
                    None
                } else {
                    form("number of one or two digits", "write the statement's number, as 4")
                }
            }
            Wants::Text(most) => {
                // As many octets can be no more characters.
                if text.len() <= most {
                    return None;
                }
                let length = text.chars().count();
                (length > most).then(|| {
                    Fault::Length(format!(
                        "{tag} has {length} characters, and takes {most}: {}",
                        shown(text)
                    ))
                })
            }
            Wants::Truth if truth(text).is_some() => None,
            Wants::Truth => form("true or false", "write true or false"),
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::super::super::plain::{PLAIN, Repeats};
    use super::*;

    /// The table is sorted, whole, and agrees with the code list and with the
    /// plain fields.
    #[test]
    fn the_table_is_whole() {
        let names: Vec<&str> = TAGS.iter().map(|tag| tag.name).collect();
        let mut listed: Vec<&str> = List::Tag.codes().iter().map(|(code, _)| *code).collect();
        listed.sort_unstable();
        assert_eq!(names, listed);
        for plain in PLAIN {
            let tag = Tag::named(plain.tag).unwrap();
            let level = match (plain.of.name, plain.list) {
                ("SPSExchangedDocumentType", _) => Level::Document,
                (_, "ApplicableSPSClassification") => Level::Classification,
                ("SPSProcessType", _) => Level::Treatment,
                (_, _) => Level::TradeLine,
            };
            assert_eq!(tag.level, level, "{}", tag.name);
            assert_eq!(tag.stands == Stands::Often, plain.repeats == Repeats::Yes, "{}", tag.name);
        }
    }

    /// Types, lengths and digits are those of the ePhyto profile.
    #[test]
    fn the_table_is_the_profile() {
        let Some(profile) = crate::submission::sample::shared("sps17/ephyto_profile.json") else {
            return;
        };
        let profile: serde_json::Value = serde_json::from_slice(&profile).unwrap();
        let tags = profile["tags"].as_object().unwrap();
        assert_eq!(tags.len(), TAGS.len());
        for (name, row) in tags {
            let tag = Tag::named(name).unwrap();
            let rule = &row["rule"];
            let number = |key: &str| rule[key].as_str().map(|text| text.parse::<usize>().unwrap());
            let wanted = match rule["childType"].as_str() {
                None => "anything".to_owned(),
                Some("integer") => format!("digits {}", number("childTotalDigits").unwrap()),
                Some("decimal") => format!(
                    "decimal {} {}",
                    number("childTotalDigits").unwrap(),
                    number("childFractionDigits").unwrap()
                ),
                Some("string") => format!("text {}", number("childMaxLength").unwrap()),
                Some(other) => other.to_owned(),
            };
            let found = match tag.wants {
                Wants::Anything | Wants::Measure => "anything".to_owned(),
                // Two characters, and those of a country.
                Wants::Country => "text 2".to_owned(),
                Wants::Date => "dateTime".to_owned(),
                Wants::Decimal(total, fraction) => format!("decimal {total} {fraction}"),
                Wants::Digits(digits) => format!("digits {digits}"),
                Wants::Text(most) => format!("text {most}"),
                Wants::Truth => "boolean".to_owned(),
            };
            assert_eq!(found, wanted, "{name}");
        }
    }

    #[track_caller]
    fn check(tag: &str, text: &str, good: bool) {
        let tag = Tag::named(tag).unwrap();
        let fault = tag.wants.judge(tag.name, text);
        assert_eq!(fault.is_none(), good, "{} {text}: {fault:?}", tag.name);
    }

    #[test]
    fn values() {
        for text in ["1", "05", "99"] {
            check("SPSFL", text, true);
        }
        for text in ["", "100", "-1", "1.0", "a"] {
            check("SPSFL", text, false);
        }
        for text in ["0", "33", "-1.5", "100.0000", "12345678901234567890"] {
            check("OQV", text, true);
        }
        for text in ["12,5", "1.23456", "123456789012345678901", "40 kg", ".", "-"] {
            check("OQV", text, false);
        }
        for text in ["True", "FALSE", "true", "1"] {
            check("RPCOR", text, true);
        }
        check("RPCOR", "yes", false);
        for text in ["2026-11-18", "2016-04-22T13:53:08-04:00", "2016-04-22T13:53:08"] {
            check("ADDIEDL", text, true);
        }
        check("ADDIEDL", "May 1,2,5,10 2020", false);
        check("RPCCO", "XK", true);
        check("RPCCO", "Norway", false);
        check("ADRPN", &"é".repeat(60), true);
        check("ADRPN", &"é".repeat(61), false);
        check("ADCO", &"x".repeat(100_000), true);
    }
}
