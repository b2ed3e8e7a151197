//! A partner in words, as `list` and `show` give them.

use schemars::JsonSchema;
use serde::Serialize;

use super::Record;
use crate::certificate::{CountryCode, DocumentType};
use crate::clock::Timestamp;
use crate::delivery::Reason;
use crate::ledger::{OpenCircuit, Suspension};
use crate::letter::Address;
use crate::partner::{Partner, PartnerCode, State, TlsPolicy};

/// One partner.
#[derive(JsonSchema, Serialize)]
pub struct PartnerWords<'a> {
    pub code: &'a PartnerCode,
    /// For a person; may be empty.
    pub name: &'a str,
    #[schemars(extend("enum" = ["active", "suspended"]))]
    pub state: &'static str,
    /// The countries it speaks for.
    pub countries: &'a [CountryCode],
    /// The document types it takes; null is all.
    pub types: Option<&'a [DocumentType]>,
    /// Whether it is sent what only passes through its countries.
    transit: bool,
    /// The dialect of the certificates that it is sent.
    #[schemars(extend("enum" = ["andean", "ephyto", "traces", "un-cefact"]))]
    pub profile: &'static str,
    /// Codes beyond ISO 3166-1 that it takes for a country.
    #[serde(rename = "xmlCountries")]
    pub xml_countries: &'a [CountryCode],
    /// The mailbox that letters to it are addressed to.
    #[schemars(with = "String")]
    pub address: &'a Address,
    /// `smtp://`, `smtps://` and a host, or `mx`.
    pub route: String,
    #[schemars(extend("enum" = ["none", "required"]))]
    pub tls: &'static str,
    /// How many letters may be under way at once.
    pub connections: usize,
    /// SHA-256 of each certificate (DER) that letters to it are sealed for, hex.
    recipients: Vec<String>,
    /// SHA-256 of each certificate (DER) that it may sign with, hex.
    signers: Vec<String>,
    /// Who set it aside, since when and why; absent if partners.toml alone
    /// says so, or nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspension: Option<SuspensionWords<'a>>,
    /// Its server, while it is left alone because it was not reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circuit: Option<CircuitWords<'a>>,
}

impl<'a> PartnerWords<'a> {
    /// The words for `partner`, with what is on record of it.
    pub(super) fn of(partner: &'a Partner, record: &'a Record) -> Self {
        let suspension = record.lane(&partner.code).and_then(|lane| lane.suspension.as_ref());
        PartnerWords {
            code: &partner.code,
            name: &partner.name,
            state: state(partner, suspension.is_some()),
            countries: &partner.countries,
            types: partner.types.as_deref(),
            transit: partner.transit,
            profile: partner.profile.as_str(),
            xml_countries: &partner.xml_countries,
            address: &partner.address,
            route: partner.route.to_string(),
            tls: match partner.tls {
                TlsPolicy::Off => "none",
                TlsPolicy::Required(_) => "required",
            },
            connections: partner.connections,
            recipients: partner.seal.recipients.iter().map(|key| key.sha256_hex()).collect(),
            signers: partner.trust.pins.iter().map(|pin| pin.sha256_hex()).collect(),
            suspension: suspension.map(SuspensionWords::of),
            circuit: record.circuit(partner).map(CircuitWords::of),
        }
    }

    /// As a line of the list.
    pub fn row(&self) -> [String; 7] {
        let countries: Vec<_> = self.countries.iter().map(|country| country.as_str()).collect();
        let types = self
            .types
            .map(|types| types.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(","));
        let state = match &self.circuit {
            Some(_) if self.state == ACTIVE => "not reached".to_owned(),
            Some(_) | None => self.state.to_owned(),
        };
        [
            self.code.to_string(),
            state,
            countries.join(","),
            types.unwrap_or_else(|| "all".to_owned()),
            self.profile.to_owned(),
            self.route.clone(),
            self.name.to_owned(),
        ]
    }
}

const ACTIVE: &str = "active";

/// What a partner is, by its entry and by the record.
pub(super) fn state(partner: &Partner, is_suspended: bool) -> &'static str {
    match partner.state {
        State::Active if !is_suspended => ACTIVE,
        State::Active | State::Suspended => "suspended",
    }
}

//------------ SuspensionWords -----------------------------------------------

/// A partner set aside.
#[derive(JsonSchema, Serialize)]
pub struct SuspensionWords<'a> {
    pub since: Timestamp,
    /// `operator`, or `lane.refused` after three refusals in a row.
    pub reason: &'a Reason,
    /// Who did it; null where the lane did.
    pub who: Option<&'a str>,
}

impl<'a> SuspensionWords<'a> {
    /// The words for `suspension`.
    pub fn of(suspension: &'a Suspension) -> Self {
        let Suspension { since, reason, who, .. } = suspension;
        SuspensionWords { since: *since, reason, who: who.as_deref() }
    }

    /// For a person.
    pub fn line(&self) -> String {
        let by = self.who.map(|who| format!(" by {who}")).unwrap_or_default();
        format!("since {}{by}: {} ({})", self.since, self.reason.words, self.reason.code)
    }
}

//------------ CircuitWords --------------------------------------------------

/// A server that is left alone, but for one try a step.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CircuitWords<'a> {
    /// Host and port; with the partner's code behind them where only what its
    /// own entry asks (TLS, password) is not had there.
    destination: &'a str,
    since: Timestamp,
    /// How often it was tried since.
    tries: u32,
    /// When it is tried again.
    next_try: Timestamp,
    /// Why the last try failed.
    reason: &'a Reason,
}

impl<'a> CircuitWords<'a> {
    fn of(circuit: &'a OpenCircuit) -> Self {
        CircuitWords {
            destination: &circuit.destination,
            since: circuit.opened.since,
            tries: circuit.opened.trials,
            next_try: circuit.opened.again_at,
            reason: &circuit.reason,
        }
    }

    /// For a person.
    pub fn line(&self) -> String {
        let CircuitWords { destination, since, tries, next_try, reason } = self;
        format!(
            "{destination} since {since}, tried {tries} times, again at {next_try}: {} ({})",
            reason.words, reason.code
        )
    }
}
