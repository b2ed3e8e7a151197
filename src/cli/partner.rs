//! `certpost partner`: the partners of partners.toml.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Answer, Exit, Shared};
use crate::config::Keys;
use crate::partner::{Partner, State, TlsPolicy};

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
        let partners: Vec<Value> = configuration.partners.iter().map(object).collect();
        return Answer::json(Exit::Yes, &json!({"schema": SCHEMA, "partners": partners}));
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

fn object(partner: &Partner) -> Value {
    json!({
        "code": partner.code,
        "name": partner.name,
        "state": state(partner),
        "countries": partner.countries,
        "types": partner.types,
        "transit": partner.transit,
        "address": partner.address,
        "route": partner.route.to_string(),
        "tls": match partner.tls { TlsPolicy::Off => "none", TlsPolicy::Required(_) => "required" },
        "connections": partner.connections,
        "recipients": partner.seal.recipients.iter().map(|key| key.sha256_hex()).collect::<Vec<_>>(),
        "signers": partner.trust.pins.iter().map(|pin| pin.sha256_hex()).collect::<Vec<_>>(),
    })
}

fn state(partner: &Partner) -> &'static str {
    match partner.state {
        State::Active => "active",
        State::Suspended => "suspended",
    }
}
