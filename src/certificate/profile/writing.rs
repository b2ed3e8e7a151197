//! How a document is written: the switches of a partner's entry.

use super::super::date::date;
use super::super::element::Type;
use super::super::leaf::{Leaf, Spelling};
use super::super::table;
use super::super::value::Form;

//------------ WriteOptions --------------------------------------------------

/// The switches of a partner's entry; the same ones give the same octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WriteOptions {
    /// Whether mandatory elements without a value are written, empty.
    pub empty_mandatory: bool,
    /// How the issue date of a referenced document is written.
    pub reference_date: ReferenceDate,
    /// How all dates are written.
    pub dates: Dates,
}

/// How the issue date of a referenced document is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReferenceDate {
    /// As the certificate has it.
    #[default]
    AsIs,
    /// As plain text.
    Text,
    /// As `udt:DateTimeString`, or `udt:DateTime` where the certificate has that.
    Udt,
}

/// How dates are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Dates {
    /// As the certificate has them.
    #[default]
    AsIs,
    /// As `udt:DateTimeString`.
    Strings,
    /// As `udt:DateTime`, which is a moment: a day stays `udt:DateTimeString`,
    /// because no time of day is invented.
    Typed,
}

impl WriteOptions {
    /// How a date that stands in `of` is spelled. One with an attribute stays as
    /// it came: the attribute needs its element.
    pub fn spelling(&self, of: &Type, leaf: &Leaf) -> Spelling {
        if !leaf.attributes().is_empty() {
            return leaf.spelling;
        }
        if of.is(&table::REFERENCED_DOCUMENT) {
            match (self.reference_date, leaf.spelling) {
                (ReferenceDate::Text, _) | (ReferenceDate::AsIs, Spelling::Text) => {
                    return Spelling::Text;
                }
                (ReferenceDate::AsIs | ReferenceDate::Udt, _) => {}
            }
        }
        match (self.dates, leaf.spelling) {
            (Dates::AsIs, Spelling::Text) if of.is(&table::REFERENCED_DOCUMENT) => Spelling::Ours,
            (Dates::AsIs, spelling) => spelling,
            (Dates::Typed, _) if is_moment(&leaf.text) => Spelling::Other,
            (Dates::Strings | Dates::Typed, _) => Spelling::Ours,
        }
    }
}

impl Default for WriteOptions {
    fn default() -> Self {
        WriteOptions {
            empty_mandatory: true,
            reference_date: ReferenceDate::AsIs,
            dates: Dates::AsIs,
        }
    }
}

/// Whether a text is a time of a day with its zone, as `udt:DateTime` wants it
/// (XML Schema Part 2, section 3.2.7).
pub(super) fn is_moment(text: &str) -> bool {
    text.contains('T') && date(text, None) == Form::Good
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    /// One date, in a document and in a referenced one, by every switch.
    #[test]
    fn dates_are_spelled_by_the_switches() {
        use Dates::{AsIs, Strings, Typed};
        use Spelling::{Other, Ours, Text};
        let moment = "2026-11-20T10:15:00+01:00";
        #[track_caller]
        fn check(dates: Dates, text: &str, came: Spelling, written: Spelling) {
            let options = WriteOptions { dates, ..WriteOptions::default() };
            let leaf = Leaf { spelling: came, ..Leaf::new(text) };
            assert_eq!(options.spelling(&table::EXCHANGED_DOCUMENT, &leaf), written);
        }
        for came in [Ours, Other, Text] {
            check(AsIs, moment, came, came);
            check(Strings, moment, came, Ours);
            check(Typed, moment, came, Other);
            check(Typed, "2026-11-20", came, Ours);
            check(Typed, "2026-11-20T10:15:00", came, Ours);
            check(Typed, "", came, Ours);
        }
        let mut formatted = Leaf::new("20261120");
        formatted.set("format", "102");
        let typed = WriteOptions { dates: Typed, ..WriteOptions::default() };
        assert_eq!(typed.spelling(&table::EXCHANGED_DOCUMENT, &formatted), Ours);
        #[track_caller]
        fn check_reference(reference_date: ReferenceDate, came: Spelling, written: Spelling) {
            let options = WriteOptions { reference_date, ..WriteOptions::default() };
            let leaf = Leaf { spelling: came, ..Leaf::new("2026-11-20") };
            assert_eq!(options.spelling(&table::REFERENCED_DOCUMENT, &leaf), written);
        }
        for came in [Ours, Other, Text] {
            check_reference(ReferenceDate::AsIs, came, came);
            check_reference(ReferenceDate::Text, came, Text);
        }
        check_reference(ReferenceDate::Udt, Ours, Ours);
        check_reference(ReferenceDate::Udt, Other, Other);
        check_reference(ReferenceDate::Udt, Text, Ours);
    }
}
