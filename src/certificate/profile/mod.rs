//! Profiles: what a partner's software asks of a document, beyond the standard.
//!
//! UN/CEFACT has one certificate, and agencies have several dialects of it. A
//! profile says how a document is written for one, and what of a document that
//! dialect would refuse, before anybody signs it. Nothing here makes reading
//! stricter: what a partner sends is judged by the standard alone.
//!
//! - here: the four, and [`Terms`], which judge a certificate;
//! - [`writing`]: how elements without a value and dates are written;
//! - `way`: where a finding is, in XML and in JSON;
//! - `walk`: every element of a certificate, and who has a say in it;
//! - `andean`, `ephyto`, `traces`: the rules of each; `tags`: what stands
//!   beside a tag.
//!
//! `un-cefact` has no rule of its own. Great Britain's forms are that, with `XI`
//! as a country and EPPO codes as classifications.

mod andean;
mod ephyto;
mod tags;
mod traces;
mod walk;
mod way;
pub mod writing;

use super::document::Certificate;
use super::element::Shape;
use super::facts::Paths;
use super::finding::Finding;
use super::number::CountryCode;
use walk::Walk;
pub use writing::{Dates, ReferenceDate, WriteOptions};

//------------ Profile -------------------------------------------------------

/// A dialect of the certificate, as partners.toml names it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Profile {
    /// The INTERCOM copy of the schema, in the Andes: cardinalities of its own,
    /// no empty text, tags and statuses as enumerations.
    Andean,
    /// The IPPC's ePhyto, as its Hub and its generic national system have it.
    Ephyto,
    /// The forms of the European Union's TRACES: dates typed, several
    /// signatories, notes by `SubjectCode`.
    Traces,
    /// The standard, and nothing more.
    #[default]
    UnCefact,
}

impl Profile {
    /// All of them, by name.
    pub const ALL: [Profile; 4] =
        [Profile::Andean, Profile::Ephyto, Profile::Traces, Profile::UnCefact];

    /// The name in partners.toml.
    pub const fn as_str(self) -> &'static str {
        match self {
            Profile::Andean => "andean",
            Profile::Ephyto => "ephyto",
            Profile::Traces => "traces",
            Profile::UnCefact => "un-cefact",
        }
    }

    /// How documents are written where the partner's entry says no more.
    pub const fn writing(self) -> WriteOptions {
        let (empty_mandatory, reference_date, dates) = match self {
            Profile::Andean => (false, ReferenceDate::Udt, Dates::Strings),
            Profile::Ephyto => (true, ReferenceDate::Text, Dates::Strings),
            Profile::Traces => (true, ReferenceDate::Udt, Dates::Typed),
            Profile::UnCefact => (true, ReferenceDate::Text, Dates::AsIs),
        };
        WriteOptions { empty_mandatory, reference_date, dates }
    }

    /// The codes beyond ISO 3166-1 that it takes for a country, where the
    /// partner's entry says no more.
    pub const fn countries(self) -> &'static [&'static str] {
        match self {
            Profile::Traces => &BEYOND,
            Profile::Andean | Profile::Ephyto | Profile::UnCefact => &[],
        }
    }

    /// Why an entry cannot ask for both this profile and `writing`: the key, what
    /// is wrong, and what to do.
    pub fn contradiction(
        self,
        writing: &WriteOptions,
    ) -> Option<(&'static str, &'static str, &'static str)> {
        if self == Profile::Andean && writing.empty_mandatory {
            return Some((
                "xml_empty_mandatory",
                "true contradicts profile = \"andean\", which refuses empty text",
                "take it out, or name another profile",
            ));
        }
        let typed = matches!(self, Profile::Andean | Profile::Traces);
        (typed && writing.reference_date == ReferenceDate::Text).then_some((
            "xml_reference_date",
            "\"text\" contradicts the profile, whose schema has no date as plain text",
            "take it out, or name another profile",
        ))
    }
}

/// Codes that are met, and that are on no list of ISO 3166-1: Northern Ireland
/// and Kosovo.
pub const BEYOND: [&str; 2] = ["XI", "XK"];

//------------ Terms ---------------------------------------------------------

/// What one partner asks of the documents it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Who asks, for the words of findings.
    pub who: &'a str,
    pub profile: Profile,
    /// The codes of [`BEYOND`] that it takes for a country.
    pub countries: &'a [CountryCode],
    pub sent: Sent,
}

/// Which octets the partner gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sent {
    /// Those that were submitted: findings are about XML.
    AsItIs,
    /// Those that we write from a submission in JSON: findings are about that.
    Written(WriteOptions),
}

impl Sent {
    /// How findings say where they are.
    pub const fn paths(self) -> Paths {
        match self {
            Sent::AsItIs => Paths::Xml,
            Sent::Written(_) => Paths::Json,
        }
    }
}

impl Terms<'_> {
    /// What of `certificate` this partner would refuse (severe) or complain of
    /// (warning), as it would be sent to it.
    ///
    /// A tree does not say which of its mandatory elements were written empty;
    /// of octets that go as they are, that is [`Terms::empty`]'s to tell.
    pub fn judge(&self, certificate: &Certificate) -> Vec<Finding> {
        Walk::of(self, certificate).finish()
    }

    /// What is wrong with an element of `shape` that is written without a value,
    /// for octets that go as they are.
    pub fn empty(&self, shape: Shape, name: &str, path: String) -> Option<Finding> {
        match self.profile {
            Profile::Andean => andean::empty(self.who, shape, name, path),
            Profile::Ephyto | Profile::Traces | Profile::UnCefact => None,
        }
    }
}
