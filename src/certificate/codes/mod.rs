//! The code lists a certificate refers to: codes and names, nothing else.
//!
//! The lists stand beside this file, a code and its name a line. Countries
//! come from a crate that follows ISO 3166, and `XI` and `XK`, which are met.

use std::collections::HashMap;
use std::sync::LazyLock;

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
            /// What a code of this list is, in words.
            pub const fn words(self) -> &'static str {
                match self {
                    List::Country => "country code (ISO 3166-1 alpha-2)",
                    $(List::$list => $words,)+
                }
            }

            /// Every code with its name, in the order of the list.
            pub fn codes(self) -> Vec<(&'static str, &'static str)> {
                match self {
                    List::Country => countries(),
                    $(List::$list => {
                        include_str!($file).lines().filter_map(|line| line.split_once(' ')).collect()
                    })+
                }
            }

            /// The name of `code`; absent if the list does not have it.
            pub fn name(self, code: &str) -> Option<&'static str> {
                match self {
                    List::Country => country(code),
                    $(List::$list => {
                        static TABLE: LazyLock<HashMap<&str, &str>> =
                            LazyLock::new(|| read(include_str!($file)));
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
    /// UN/EDIFACT 6313.
    MeasuredAttribute "measured attribute (list 6313)" "measured_attribute.txt",
    /// UN/ECE Recommendation 21.
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
    /// UN/ECE Recommendation 19.
    Transport "mode of transport (Rec 19)" "transport.txt",
    /// The units of UN/ECE Recommendation 20 that certificates use; not all of it.
    Unit "unit (Rec 20)" "unit.txt",
}

fn read(table: &'static str) -> HashMap<&'static str, &'static str> {
    table.lines().filter_map(|line| line.split_once(' ')).collect()
}

fn countries() -> Vec<(&'static str, &'static str)> {
    let listed = rust_iso3166::ALL.iter().map(|country| (country.alpha2, country.name));
    listed.chain(["XI", "XK"].into_iter().filter_map(|code| Some((code, country(code)?)))).collect()
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
        check(List::Unit, "kg", None);
        check(List::Tag, "ADEDL", Some("Additional declaration at document level"));
        check(List::Transport, "1", Some("Maritime transport"));
        for code in ["BV", "HM", "GS", "AQ", "XI", "XK", "SS"] {
            assert!(List::Country.name(code).is_some(), "{code}");
        }
        for code in ["", "XA", "bv", "Norway", "AN"] {
            check(List::Country, code, None);
        }
    }
}
