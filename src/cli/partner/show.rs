//! `certpost partner show`: all that is known of one partner.

use schemars::JsonSchema;
use serde::Serialize;

use super::Record;
use super::software::{SealWords, SoftwareWords};
use super::words::PartnerWords;
use crate::cli::terminal::shown;
use crate::cli::{Answer, Exit, Shared};
use crate::clock::Timestamp;
use crate::partner::PartnerCode;

const SCHEMA: &str = "certpost/partner-show/1";

/// All that is known of one partner.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The partner.
    #[arg(value_name = "CODE")]
    code: PartnerCode,
}

/// Shows one partner.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let (configuration, partner) = match super::known(&args.code, shared, SCHEMA) {
        Ok(known) => known,
        Err(answer) => return answer,
    };
    let (record, trouble) = match Record::read(&configuration) {
        Ok(read) => read,
        Err(answer) => return answer,
    };
    let lane = record.lane(&args.code);
    let shown = PartnerShow {
        schema: SCHEMA,
        refusals: lane.map_or(0, |lane| lane.refusals),
        stands_still_since: lane.and_then(|lane| lane.still_since),
        seal: SealWords::of(&partner),
        software: SoftwareWords::all(&partner),
        partner: PartnerWords::of(&partner, &record),
    };
    let answer = if shared.json {
        Answer::json(Exit::Yes, &shown)
    } else {
        Answer::text(Exit::Yes, shown.text())
    };
    match trouble {
        Some(words) => answer.remark(words),
        None => answer,
    }
}

//------------ PartnerShow ---------------------------------------------------

/// One partner.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnerShow<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    partner: PartnerWords<'a>,
    /// Refusals in a row that may be about the partner and not about one
    /// letter (5.1.x, 5.7.x); the third suspends it.
    refusals: u32,
    /// Since when `clock.give_up` stands still for its deliveries; null while
    /// it runs.
    stands_still_since: Option<Timestamp>,
    seal: SealWords,
    /// Which programs open letters sealed so, as it was tried with each; what
    /// was not tried does not stand here.
    software: Vec<SoftwareWords>,
}

impl PartnerShow<'_> {
    fn text(&self) -> String {
        let PartnerWords { code, name, state, profile, address, route, tls, connections, .. } =
            &self.partner;
        let beyond: Vec<_> = self.partner.xml_countries.iter().map(|code| code.as_str()).collect();
        let beyond = match beyond.as_slice() {
            [] => String::new(),
            codes => format!(", takes {} for a country", codes.join(", ")),
        };
        let mut lines = vec![
            format!("{code}  {name}"),
            format!("  state        {state}"),
            format!("  profile      {profile}{beyond}"),
            format!("  address      {address}"),
            format!("  route        {route}, tls {tls}, {connections} connections"),
        ];
        if let Some(suspension) = &self.partner.suspension {
            lines.push(format!("  suspended    {}", suspension.line()));
        }
        if let Some(circuit) = &self.partner.circuit {
            lines.push(format!("  not reached  {}", circuit.line()));
        }
        if self.refusals > 0 {
            lines.push(format!("  refusals     {} in a row; 3 suspend it", self.refusals));
        }
        lines.push(format!("  sealed       {}", self.seal.line()));
        for (at, software) in self.software.iter().enumerate() {
            let head = if at == 0 { "software" } else { "" };
            lines.push(format!("  {head:<12} {}", software.line(&self.seal)));
        }
        lines.iter().map(|line| shown(line)).collect::<Vec<_>>().join("\n")
    }
}
