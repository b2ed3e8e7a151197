//! The code lists a certificate refers to: codes and names, nothing else.
//!
//! The lists stand beside this file, a line each: the code, its name in English,
//! a tab, its name in Chinese. Countries and their English names come from a
//! crate that follows ISO 3166, and `XI` and `XK`, which are met; their Chinese
//! names, as China's customs writes them, from `country.txt`.

mod called;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use called::{code_called, country_called, unit_called};

/// What a code is called. The codes in it are ours, so that no care need be
/// taken for keys that an attacker chose, and each value of a document is
/// looked for in one.
type Table<T> = HashMap<&'static str, T, foldhash::fast::FixedState>;

/// A name in English and, where there is one, in Chinese.
type Names = (&'static str, Option<&'static str>);

//------------ Language ------------------------------------------------------

/// The languages that codes have names in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Language {
    Chinese,
    English,
}

//------------ List ----------------------------------------------------------

macro_rules! lists {
    ($($(#[$doc:meta])* $list:ident $words:literal $file:literal),+ $(,)?) => {
        /// A code list, by what it names.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum List {
            /// ISO 3166-1 alpha-2, today's list.
            Country,
            $($(#[$doc])* $list,)+
        }

        impl List {
            /// Every code and its name, in the order of the list's file.
            pub fn rows(self) -> impl Iterator<Item = (&'static str, &'static str)> {
                let (countries, table) = match self {
                    List::Country => (rust_iso3166::ALL, ""),
                    $(List::$list => (&[][..], include_str!($file)),)+
                };
                let countries = countries.iter().map(|country| (country.alpha2, country.name));
                countries.chain(lines(table).map(|(code, (name, _))| (code, name)))
            }

            /// What a code of this list is, in words.
            pub const fn words(self) -> &'static str {
                match self {
                    List::Country => "country code (ISO 3166-1 alpha-2)",
                    $(List::$list => $words,)+
                }
            }

            /// The name of `code` in English; absent if the list does not have it.
            pub fn name(self, code: &str) -> Option<&'static str> {
                match self {
                    List::Country => country(code),
                    $(List::$list => self.names(code).map(|(name, _)| name),)+
                }
            }

            fn names(self, code: &str) -> Option<Names> {
                match self {
                    List::Country => {
                        static TABLE: LazyLock<Table<&str>> =
                            LazyLock::new(|| pairs(include_str!("country.txt")).collect());
                        Some((country(code)?, TABLE.get(code).copied()))
                    }
                    $(List::$list => {
                        static TABLE: LazyLock<Table<Names>> =
                            LazyLock::new(|| lines(include_str!($file)).collect());
                        TABLE.get(code).copied()
                    })+
                }
            }
        }
    };
}

lists! {
    /// UN/EDIFACT 7085.
    Cargo "cargo type (list 7085)" "cargo.txt",
    /// UN/EDIFACT 1001.
    DocumentName "document type (list 1001)" "document_name.txt",
    /// UN/EDIFACT 9417.
    GovernmentAction "government action (list 9417)" "government_action.txt",
    /// ISO 639-1, every language of two letters; of tags like `zh-Hans` the
    /// first part.
    Language "language (ISO 639-1)" "language.txt",
    /// UN/EDIFACT 6313.
    MeasuredAttribute "measured attribute (list 6313)" "measured_attribute.txt",
    /// UN/ECE Recommendation 21, as of revision 12 (2021), whole.
    Package "package type (Rec 21)" "package.txt",
    /// UN/EDIFACT 7075.
    PackagingLevel "packaging level (list 7075)" "packaging_level.txt",
    /// UN/EDIFACT 3035.
    PartyRole "party role (list 3035)" "party_role.txt",
    /// UN/EDIFACT 7187.
    Process "process type (list 7187)" "process.txt",
    /// UN/EDIFACT 1153.
    Reference "relationship (list 1153)" "reference.txt",
    /// UN/EDIFACT 4405, not 1373.
    Status "status (list 4405)" "status.txt",
    /// The tags of the IPPC ePhyto mapping.
    Tag "ePhyto tag" "tag.txt",
    /// UN/EDIFACT 6245.
    Temperature "temperature type (list 6245)" "temperature.txt",
    /// UN/ECE Recommendation 19, whole: one digit.
    Transport "mode of transport (Rec 19)" "transport.txt",
    /// UN/ECE Recommendation 20, every code in force, as the European invoice
    /// standard EN 16931 lists them; by the same list the packages of
    /// Recommendation 21 count as units too, an `X` before the code. What
    /// Recommendation 20 marks as deprecated or deleted is not there, but for
    /// `NPR`.
    Unit "unit (Rec 20)" "unit.txt",
}

impl List {
    /// Every code with its name, in the order of the list; of countries also
    /// those that are met and not listed.
    pub fn codes(self) -> Vec<(&'static str, &'static str)> {
        let met: &[&'static str] = if self == List::Country { &["XI", "XK"] } else { &[] };
        let met = met.iter().filter_map(|code| Some((*code, self.name(code)?)));
        self.rows().chain(met).collect()
    }

    /// The name of `code` in a language; absent if the list does not have it.
    pub fn name_in(self, language: Language, code: &str) -> Option<&'static str> {
        let (english, chinese) = self.names(code)?;
        match language {
            Language::Chinese => chinese,
            Language::English => Some(english),
        }
    }

    /// The name of `code` as a person is told it: in English, then in Chinese.
    pub fn told(self, code: &str) -> Option<String> {
        let (english, chinese) = self.names(code)?;
        Some([Some(english), chinese].into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    /// The code of this list whose name somebody wrote instead of it.
    pub fn called(self, name: &str) -> Option<&'static str> {
        let mut named = self.rows().filter(|(code, known)| {
            known.eq_ignore_ascii_case(name) || code.eq_ignore_ascii_case(name)
        });
        // A name that stands for two codes says neither.
        let (code, _) = named.next()?;
        named.next().is_none().then_some(code)
    }
}

/// Classification systems beside the ePhyto tags that are met by these names: the
/// EPPO codes of Europe and Great Britain, and the European customs tariff.
pub const SYSTEMS_MET: [&str; 3] =
    ["CN Code (Combined Nomenclature)", "EPPO", "EPPO Plant Protection Thesaurus"];

fn pairs(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter_map(|line| line.split_once(' '))
}

fn lines(table: &'static str) -> impl Iterator<Item = (&'static str, Names)> {
    pairs(table).map(|(code, names)| match names.split_once('\t') {
        Some((english, chinese)) => (code, (english, Some(chinese))),
        None => (code, (names, None)),
    })
}

fn country(code: &str) -> Option<&'static str> {
    match code {
        "XI" => Some("Northern Ireland"),
        "XK" => Some("Kosovo"),
        listed => rust_iso3166::from_alpha2(listed).map(|country| country.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: List, code: &str, name: Option<&str>) {
        assert_eq!(list.name(code), name, "{list:?} {code}");
    }

    #[test]
    fn codes_and_names() {
        check(List::DocumentName, "851", Some("Phytosanitary certificate"));
        check(List::DocumentName, "9999", None);
        check(List::Status, "70", Some("Issued"));
        check(List::Package, "CT", Some("Carton"));
        check(List::Unit, "KGM", Some("kilogram"));
        check(List::Unit, "A93", Some("gram per cubic metre"));
        check(List::Unit, "TNE", Some("tonne (metric ton)"));
        check(List::Unit, "XCT", Some("Carton"));
        for code in ["kg", "KG", "CT", "XXX"] {
            check(List::Unit, code, None);
        }
        check(List::Tag, "ADEDL", Some("Additional declaration at document level"));
        check(List::Transport, "1", Some("Maritime transport"));
        for code in ["BV", "HM", "GS", "AQ", "XI", "XK", "SS"] {
            assert!(List::Country.name(code).is_some(), "{code}");
        }
        for code in ["", "XA", "bv", "Norway", "AN"] {
            check(List::Country, code, None);
        }
    }
    /// The lists of Recommendations 19, 20 and 21 are whole and in order: an
    /// unknown package or transport code refuses a certificate.
    #[test]
    fn recommendations_are_whole() {
        let rows = |file: &'static str| -> Vec<(&str, &str)> {
            lines(file).map(|(code, (name, _))| (code, name)).collect()
        };
        let packages = rows(include_str!("package.txt"));
        let units = rows(include_str!("unit.txt"));
        assert_eq!((packages.len(), units.len()), (406, 1757 + 406));
        assert_eq!(rows(include_str!("transport.txt")).len(), 10);
        for list in [&packages, &units] {
            assert!(list.is_sorted_by(|one, other| one.0 < other.0));
            assert!(list.iter().all(|(code, name)| code.len() <= 3 && *name == name.trim()));
        }
        for (code, name) in packages {
            check(List::Unit, &format!("X{code}"), Some(name));
        }
    }

    const ALL: &[List] = &[
        List::Cargo,
        List::Country,
        List::DocumentName,
        List::GovernmentAction,
        List::Language,
        List::MeasuredAttribute,
        List::Package,
        List::PackagingLevel,
        List::PartyRole,
        List::Process,
        List::Reference,
        List::Status,
        List::Tag,
        List::Temperature,
        List::Transport,
        List::Unit,
    ];

    /// A code of the standards that is in a list twice under one name.
    const NAMED_TWICE: &[(List, &str, &str)] =
        &[(List::Status, "127", "362"), (List::Unit, "A49", "M83")];

    #[test]
    fn every_code_has_a_name_of_its_own_in_both_languages() {
        for list in ALL {
            for language in [Language::Chinese, Language::English] {
                let mut seen: HashMap<String, &str> = HashMap::new();
                for (code, _) in list.codes() {
                    let name = list
                        .name_in(language, code)
                        .unwrap_or_else(|| panic!("{list:?} {code} has no name in {language:?}"));
                    assert_eq!(name, name.trim(), "{list:?} {code}");
                    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
                    assert_eq!(name.contains(han), language == Language::Chinese, "{code} {name}");
                    // By the same list, packages are units: X and their code.
                    if *list == List::Unit && code.strip_prefix('X').is_some_and(is_package) {
                        continue;
                    }
                    if let Some(other) = seen.insert(name.to_lowercase(), code) {
                        let excused = NAMED_TWICE.contains(&(*list, other, code));
                        assert!(excused, "{list:?}: {other} and {code} are both {name}");
                    }
                }
            }
        }
    }

    fn is_package(code: &str) -> bool {
        List::Package.name(code).is_some()
    }

    #[test]
    fn codes_are_told_in_both_languages() {
        for (list, code, told) in [
            (List::Status, "70", "Issued 已签发"),
            (List::Status, "40", "Withdrawn 已撤销"),
            (List::DocumentName, "851", "Phytosanitary certificate 植物检疫证书"),
            (List::Country, "NL", "Netherlands (Kingdom of the) 荷兰"),
            (List::Package, "CT", "Carton 纸箱"),
            (List::Unit, "XCT", "Carton 纸箱"),
            (List::Unit, "KGM", "kilogram 千克"),
            (List::Language, "zh", "Chinese 中文"),
            (List::Country, "XK", "Kosovo 科索沃"),
        ] {
            assert_eq!(list.told(code).as_deref(), Some(told));
        }
        assert_eq!(List::Status.told("999"), None);
        for line in include_str!("country.txt").lines() {
            assert!(country(&line[..2]).is_some(), "{line} is no country of ours");
        }
    }

    #[test]
    fn shared_tables_are_covered() {
        for (list, file) in [
            (List::Package, "rec21_package_type"),
            (List::Transport, "rec19_transport_mode"),
            (List::Unit, "rec20_duration"),
            (List::Unit, "rec20_temperature"),
            (List::Unit, "rec20_volume"),
            (List::Unit, "rec20_weight"),
        ] {
            let name = format!("sps17/codes/{file}.tsv");
            let Some(table) = crate::submission::sample::shared(&name) else { return };
            for row in String::from_utf8(table).unwrap().lines().skip(1) {
                let code = row.split('\t').next().unwrap();
                assert!(list.name(code).is_some(), "{list:?} {code}");
            }
        }
    }
}
