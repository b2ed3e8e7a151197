//! Lives: what is on record of one certificate's life, and of those that it
//! replaces or that replace it.
//!
//! What a certificate is today is worked out from what is on record of it,
//! never kept: in whatever order things came, the answer is the same. Kept is
//! only who says to replace whom, in the commit of the certificate that says
//! so, as the one named may be another partner's mistake, or not be here yet.

use rusqlite::{Connection, params};
use schemars::JsonSchema;
use serde::Serialize;

use crate::certificate::life::{self, Current, Version};
use crate::certificate::{CertificateId, ContentDigest, Facts, Status};
use crate::clock::Timestamp;
use crate::partner::PartnerCode;

use super::columns::{certificate_id, parsed, time};
use super::error::LedgerError;
use super::writer::Commit;

//------------ Life ----------------------------------------------------------

/// The life of a certificate, as far as it is on record.
#[derive(Clone, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Life {
    /// What the certificate is today, by all that is on record; null if that
    /// does not say. Replaced also where another certificate says so.
    pub current: Option<Current>,
    /// What happened to it, in the order in which it came on record.
    pub history: Vec<Step>,
    /// Which certificates it says to replace (`ADRPN`), by number.
    pub replaces: Vec<Other>,
    /// Which certificates say to replace it, by number.
    pub replaced_by: Vec<Other>,
}

/// One step of a life.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Step {
    /// The status of the version that came; absent where another certificate
    /// came that says to replace this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What that makes of the certificate; null if the status does not say.
    pub stage: Option<Current>,
    /// When it was accepted, or its letter taken in.
    pub at: Timestamp,
    /// The certificate that says to replace this one, where that is the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Another certificate of the same issuing country and type, ours or of the
/// same partner.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Other {
    /// `<issuing country>/<type>/<number>`.
    pub id: String,
    /// What it is today; null if it is not on record, or that does not say.
    pub current: Option<Current>,
}

/// The life of a certificate: ours, or if there is one, that of a partner's.
pub(super) fn life(
    sql: &Connection,
    id: &CertificateId,
    partner: Option<&PartnerCode>,
) -> Result<Life, LedgerError> {
    let mut history = versions(sql, id, partner)?;
    let current = newest(&history);
    let replaced_by = links(sql, Named::Replaced, id, partner)?;
    for (by, at) in &replaced_by {
        let (stage, by) = (Some(Current::Replaced), Some(by.to_string()));
        history.push(Step { status: None, stage, at: *at, by });
    }
    history.sort_by_key(|step| step.at);
    let others = |found: Vec<(CertificateId, Timestamp)>| {
        let other = |(id, _): (CertificateId, Timestamp)| {
            Ok(Other { current: today(sql, &id, partner)?, id: id.to_string() })
        };
        found.into_iter().map(other).collect::<Result<Vec<_>, LedgerError>>()
    };
    Ok(Life {
        current: match replaced_by.is_empty() {
            true => current,
            false => Current::when_replaced(current),
        },
        history,
        replaces: others(links(sql, Named::Replacing, id, partner)?)?,
        replaced_by: others(replaced_by)?,
    })
}

/// What a certificate is today; absent if it is not on record.
fn today(
    sql: &Connection,
    id: &CertificateId,
    partner: Option<&PartnerCode>,
) -> Result<Option<Current>, LedgerError> {
    let versions = versions(sql, id, partner)?;
    if versions.is_empty() || links(sql, Named::Replaced, id, partner)?.is_empty() {
        return Ok(newest(&versions));
    }
    Ok(Current::when_replaced(newest(&versions)))
}

fn newest(history: &[Step]) -> Option<Current> {
    let statuses = history.iter().filter_map(|step| step.status.clone());
    // Only the statuses say what is current.
    let digest = ContentDigest::from_bytes([0; 32]);
    let known: Vec<Version> = statuses.map(|status| Version { status, digest }).collect();
    life::current(&known)
}

fn versions(
    sql: &Connection,
    id: &CertificateId,
    partner: Option<&PartnerCode>,
) -> Result<Vec<Step>, LedgerError> {
    let mut statement = sql.prepare_cached(match partner {
        None => {
            "SELECT status, accepted_at FROM issued
             WHERE country = ?2 AND document_type = ?3 AND number = ?4 ORDER BY key"
        }
        Some(_) => {
            "SELECT status, received_at FROM arrival
             WHERE partner = ?1 AND country = ?2 AND document_type = ?3 AND number = ?4
             ORDER BY key"
        }
    })?;
    let rows = statement.query_map(
        params![whose(partner), id.country.as_str(), id.document_type.as_str(), id.number()],
        |row| {
            let status: Status = parsed(row, 0)?;
            let stage = Current::of(&status);
            Ok(Step { status: Some(status), stage, at: time(row, 1)?, by: None })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

//------------ Links ---------------------------------------------------------

/// By which of its two certificates a link is looked up.
#[derive(Clone, Copy)]
enum Named {
    Replaced,
    Replacing,
}

/// The certificates at the other end of a certificate's links, by number.
fn links(
    sql: &Connection,
    named: Named,
    id: &CertificateId,
    partner: Option<&PartnerCode>,
) -> Result<Vec<(CertificateId, Timestamp)>, LedgerError> {
    let mut statement = sql.prepare_cached(match named {
        Named::Replaced => {
            "SELECT country, document_type, number, at FROM replacement
             WHERE partner = ? AND country = ? AND document_type = ? AND replaced = ?
             ORDER BY number"
        }
        Named::Replacing => {
            "SELECT country, document_type, replaced, at FROM replacement
             WHERE partner = ? AND country = ? AND document_type = ? AND number = ?
             ORDER BY replaced"
        }
    })?;
    let rows = statement.query_map(
        params![whose(partner), id.country.as_str(), id.document_type.as_str(), id.number()],
        |row| Ok((certificate_id(row, 0)?, time(row, 3)?)),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Puts on record whom a version says to replace: once, when it is first said.
pub(super) fn link(
    sql: &Connection,
    facts: &Facts,
    partner: Option<&PartnerCode>,
    at: Timestamp,
) -> Result<(), LedgerError> {
    for named in life::replaced(facts) {
        sql.prepare_cached(
            "INSERT INTO replacement (partner, country, document_type, replaced, folded, number, at)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            whose(partner),
            named.country.as_str(),
            named.document_type.as_str(),
            named.number(),
            named.folded_number(),
            facts.id.number(),
            at.millis(),
        ])?;
    }
    Ok(())
}

impl Commit<'_> {
    /// As [`link`], in this commit.
    pub(super) fn link(
        &mut self,
        facts: &Facts,
        partner: Option<&PartnerCode>,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        link(self.sql, facts, partner, at)
    }
}

/// Whose certificates a link is between: a partner's, or for `''` ours.
fn whose(partner: Option<&PartnerCode>) -> &str {
    partner.map_or("", PartnerCode::as_str)
}
