//! How a partner's documents are written: its profile, and what its entry says
//! beside that.

use super::faults::Faults;
use super::section::Section;
use crate::certificate::number::CountryCode;
use crate::certificate::profile::{BEYOND, Profile, ReferenceDate, WriteOptions};

/// The keys of a partner's entry about its documents.
pub struct Dialect {
    pub profile: Profile,
    pub xml: WriteOptions,
    /// Codes beyond ISO 3166-1 that may stand for a country.
    pub xml_countries: Vec<CountryCode>,
}

/// Reads the keys; what is not there is as the profile has it.
pub fn read(section: &mut Section<'_>, countries: &[CountryCode], faults: &mut Faults) -> Dialect {
    let named = Profile::ALL.map(|profile| (profile.as_str(), profile));
    let profile = section.choice("profile", Profile::default(), &named, faults);
    let usual = profile.writing();
    let xml = WriteOptions {
        empty_mandatory: section.yes("xml_empty_mandatory", usual.empty_mandatory, faults),
        reference_date: section.choice(
            "xml_reference_date",
            usual.reference_date,
            &[("text", ReferenceDate::Text), ("udt", ReferenceDate::Udt)],
            faults,
        ),
        ..usual
    };
    if let Some((key, words, remedy)) = profile.contradiction(&xml) {
        section.fault(key, words, remedy, faults);
    }
    let mut xml_countries: Vec<CountryCode> = match section.list("xml_countries", faults) {
        Some(listed) => listed,
        None => profile.countries().iter().filter_map(|code| code.parse().ok()).collect(),
    };
    for code in &xml_countries {
        if !BEYOND.contains(&code.as_str()) {
            let words =
                format!("{code} needs no leave: it is on the list of ISO 3166-1, or on none");
            let remedy = format!("name some of: {}", BEYOND.join(", "));
            section.fault("xml_countries", words, remedy, faults);
        }
    }
    // Whoever speaks for a country knows its code.
    let own = countries.iter().filter(|code| BEYOND.contains(&code.as_str()));
    xml_countries.extend(own.cloned());
    xml_countries.sort();
    xml_countries.dedup();
    Dialect { profile, xml, xml_countries }
}
