//! `certpost partner list`: one line for each partner.

use schemars::JsonSchema;
use serde::Serialize;

use super::Record;
use super::words::PartnerWords;
use crate::cli::{Answer, Exit, Shared, terminal};
use crate::config::Keys;

const SCHEMA: &str = "certpost/partner-list/1";

/// Lists the partners.
pub fn run(shared: &Shared) -> Answer {
    let configuration = match crate::cli::configuration(shared, SCHEMA, Keys::Left) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    let (record, trouble) = match Record::read(&configuration) {
        Ok(read) => read,
        Err(answer) => return answer,
    };
    let partners: Vec<PartnerWords<'_>> =
        configuration.partners.iter().map(|partner| PartnerWords::of(partner, &record)).collect();
    let answer = if shared.json {
        Answer::json(Exit::Yes, &PartnerList { schema: SCHEMA, partners })
    } else if partners.is_empty() {
        Answer::new(Exit::Yes).remark("partners.toml has no [[partner]] yet")
    } else {
        Answer::text(Exit::Yes, table(&partners))
    };
    match trouble {
        Some(words) => answer.remark(words),
        None => answer,
    }
}

fn table(partners: &[PartnerWords<'_>]) -> String {
    let rows: Vec<[String; 7]> = partners.iter().map(PartnerWords::row).collect();
    let head =
        ["CODE", "STATE", "COUNTRIES", "TYPES", "PROFILE", "ROUTE", "NAME"].map(str::to_owned);
    let mut widths = [0; 7];
    for row in std::iter::once(&head).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(terminal::width(cell));
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&head).chain(&rows) {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(&terminal::padded(cell, *width));
            line.push_str("  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
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
