//! `certpost partner`: the partners of partners.toml.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Answer, Exit, Shared};
use crate::certificate::{CountryCode, DocumentType};
use crate::config::Keys;
use crate::letter::Address;
use crate::partner::{Partner, PartnerCode, State, TlsPolicy};

const SCHEMA: &str = "certpost/partner-list/1";

/// The partners of partners.toml.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// One line for each partner.
    List,
}

/// Lists the partners.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    match args.command {
        Command::List => list(shared),
    }
}

fn list(shared: &Shared) -> Answer {
    let configuration = match super::configuration(shared, SCHEMA, Keys::Left) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    if shared.json {
        let partners = configuration.partners.iter().map(PartnerWords::of).collect();
        return Answer::json(Exit::Yes, &PartnerList { schema: SCHEMA, partners });
    }
    if configuration.partners.is_empty() {
        return Answer::new(Exit::Yes).remark("partners.toml has no [[partner]] yet");
    }
    let rows: Vec<[String; 6]> = configuration.partners.iter().map(row).collect();
    let head = ["CODE", "STATE", "COUNTRIES", "TYPES", "ROUTE", "NAME"].map(str::to_owned);
    let mut widths = [0; 6];
    for row in std::iter::once(&head).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&head).chain(&rows) {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            // Writing to a String cannot fail.
            let _infallible = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Answer::text(Exit::Yes, text)
}

fn row(partner: &Partner) -> [String; 6] {
    let countries: Vec<_> = partner.countries.iter().map(|country| country.as_str()).collect();
    let types: Vec<_> =
        partner.types.iter().flatten().map(|document_type| document_type.as_str()).collect();
    [
        partner.code.to_string(),
        state(partner).to_owned(),
        countries.join(","),
        if partner.types.is_some() { types.join(",") } else { "all".to_owned() },
        partner.route.to_string(),
        partner.name.clone(),
    ]
}

fn state(partner: &Partner) -> &'static str {
    match partner.state {
        State::Active => "active",
        State::Suspended => "suspended",
    }
}

//------------ PartnerList ---------------------------------------------------

/// The partners of partners.toml.
#[derive(JsonSchema, Serialize)]
pub struct PartnerList<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// In the order of the file.
    partners: Vec<PartnerWords<'a>>,
}

/// One partner.
#[derive(JsonSchema, Serialize)]
struct PartnerWords<'a> {
    code: &'a PartnerCode,
    /// For a person; may be empty.
    name: &'a str,
    #[schemars(extend("enum" = ["active", "suspended"]))]
    state: &'static str,
    /// The countries it speaks for.
    countries: &'a [CountryCode],
    /// The document types it takes; null is all.
    types: Option<&'a [DocumentType]>,
    /// Whether it is sent what only passes through its countries.
    transit: bool,
    /// The mailbox that letters to it are addressed to.
    #[schemars(with = "String")]
    address: &'a Address,
    /// `smtp://`, `smtps://` and a host, or `mx`.
    route: String,
    #[schemars(extend("enum" = ["none", "required"]))]
    tls: &'static str,
    /// How many letters may be under way at once.
    connections: usize,
    /// SHA-256 of each certificate (DER) that letters to it are sealed for, hex.
    recipients: Vec<String>,
    /// SHA-256 of each certificate (DER) that it may sign with, hex.
    signers: Vec<String>,
}

impl<'a> PartnerWords<'a> {
    fn of(partner: &'a Partner) -> Self {
        PartnerWords {
            code: &partner.code,
            name: &partner.name,
            state: state(partner),
            countries: &partner.countries,
            types: partner.types.as_deref(),
            transit: partner.transit,
            address: &partner.address,
            route: partner.route.to_string(),
            tls: match partner.tls {
                TlsPolicy::Off => "none",
                TlsPolicy::Required(_) => "required",
            },
            connections: partner.connections,
            recipients: partner.seal.recipients.iter().map(|key| key.sha256_hex()).collect(),
            signers: partner.trust.pins.iter().map(|pin| pin.sha256_hex()).collect(),
        }
    }
}
