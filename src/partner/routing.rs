//! Which partners a certificate concerns.

use super::{Partner, PartnerCode};
use crate::certificate::Facts;

/// The partners that a certificate goes to, in the order of partners.toml.
///
/// Those that speak for the importing country and take the document's type,
/// and, whatever the type, those with `transit` that speak for a country it passes through. None
/// is no fault: not every country has a gateway.
pub fn route(facts: &Facts, partners: &[Partner]) -> Vec<PartnerCode> {
    partners
        .iter()
        .filter(|partner| imports(facts, partner) || passes(facts, partner))
        .map(|partner| partner.code.clone())
        .collect()
}

/// Whether a partner gets a certificate only because the goods pass through one
/// of its countries.
pub fn only_passes(facts: &Facts, partner: &Partner) -> bool {
    !imports(facts, partner) && passes(facts, partner)
}

fn imports(facts: &Facts, partner: &Partner) -> bool {
    partner.countries.contains(&facts.import_country) && partner.takes(&facts.id.document_type)
}

fn passes(facts: &Facts, partner: &Partner) -> bool {
    partner.transit && facts.transit.iter().any(|country| partner.countries.contains(country))
}

/// The partners that a submission names itself, in place of routing.
///
/// The error is the first text that names no partner of ours.
pub fn named(wanted: &[String], partners: &[Partner]) -> Result<Vec<PartnerCode>, String> {
    let mut codes: Vec<PartnerCode> = Vec::with_capacity(wanted.len());
    for text in wanted {
        match partners.iter().find(|partner| partner.code.as_str() == text.trim()) {
            Some(partner) if codes.contains(&partner.code) => {}
            Some(partner) => codes.push(partner.code.clone()),
            None => return Err(text.chars().take(60).collect()),
        }
    }
    Ok(codes)
}
