//! Events: what happened, each chained to the one before.
//!
//! The digest of an event is the SHA-256 of its JSON, octet for octet as
//! published, but without the member `digest`; `previous` is the digest of the
//! event before, and of the first one 64 zeros. An event is written in the
//! commit of what it tells of. The head of the chain stands apart, so that a
//! tail cut off is found as well.

use rusqlite::{Connection, OptionalExtension, params};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

use crate::certificate::{CertificateId, Status};
use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, Direction, EventKind, Reason};
use crate::partner::PartnerCode;

use super::columns::{hex, sha256};
use super::error::LedgerError;

/// The one stream of a ledger with one writer.
pub(super) const STREAM: i64 = 0;
const SCHEMA: &str = "certpost/event/1";
/// Words of a reason in an event, in characters.
const WORDS_LIMIT: usize = 1_000;

//------------ NewEvent ------------------------------------------------------

/// Something that happens in this commit.
#[derive(Clone, Debug)]
pub(super) struct NewEvent<'a> {
    pub(super) direction: Direction,
    pub(super) kind: EventKind,
    pub(super) certificate: Option<(&'a CertificateId, Option<&'a Status>)>,
    pub(super) partner: Option<&'a PartnerCode>,
    pub(super) delivery: Option<DeliveryId>,
    /// Whether the delivery is at its end with this.
    pub(super) at_end: bool,
    pub(super) reason: Option<&'a Reason>,
    /// Who did it, where a person did.
    pub(super) who: Option<&'a str>,
}

impl<'a> NewEvent<'a> {
    pub(super) fn new(direction: Direction, kind: EventKind) -> Self {
        NewEvent {
            direction,
            kind,
            certificate: None,
            partner: None,
            delivery: None,
            at_end: false,
            reason: None,
            who: None,
        }
    }

    pub(super) fn of(self, id: &'a CertificateId, status: &'a Status) -> Self {
        NewEvent { certificate: Some((id, Some(status))), ..self }
    }

    pub(super) fn with(self, partner: &'a PartnerCode) -> Self {
        NewEvent { partner: Some(partner), ..self }
    }

    pub(super) fn because(self, reason: Option<&'a Reason>) -> Self {
        NewEvent { reason, ..self }
    }
}

//------------ Event ---------------------------------------------------------

/// What happened, as it is published on `certpost.events`.
// The order is the contract's.
#[derive(JsonSchema, Serialize)]
#[schemars(transform = published)]
pub struct Event<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The stream that the event is counted in; a ledger with one writer has one.
    #[schemars(range(min = 0))]
    stream: i64,
    /// Counted from 1 without gaps.
    #[schemars(range(min = 1))]
    seq: i64,
    at: Timestamp,
    direction: Direction,
    event: EventKind,
    /// The certificate, as `BV/851/N-1`; absent if the event is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    id: Option<&'a CertificateId>,
    /// The certificate's status in the version that this is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<&'a PartnerCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryId>,
    /// Whether the delivery is at its end with this.
    r#final: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    /// Who did it, where a person did: suspended and resumed a partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<&'a str>,
    /// The digest of the event before; 64 zeros in the first one.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    previous: String,
    /// SHA-256 of this JSON, octet for octet, but without this member.
    // It comes to the text when that is published: [`published_form`].
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = "^[0-9a-f]{64}$"))]
    digest: Option<String>,
}

/// What is published always has its digest.
fn published(schema: &mut Schema) {
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.push(Value::from("digest"));
    }
}

/// The JSON of an event as it is published.
pub(super) fn published_form(body: &str, digest: &[u8; 32]) -> String {
    let open = body.strip_suffix('}').unwrap_or(body);
    format!("{open},\"digest\":\"{}\"}}", hex(digest))
}

//------------ Head ----------------------------------------------------------

/// The head of the chain, as read inside the commit that goes on from it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Head {
    pub(super) seq: i64,
    digest: [u8; 32],
}

impl Head {
    pub(super) fn read(sql: &Connection) -> Result<Head, LedgerError> {
        let head = sql
            .prepare_cached("SELECT seq, digest FROM stream WHERE stream = ?")?
            .query_row([STREAM], |row| Ok(Head { seq: row.get(0)?, digest: row.get(1)? }))
            .optional()?;
        Ok(head.unwrap_or(Head { seq: 0, digest: [0; 32] }))
    }

    pub(super) fn write(&self, sql: &Connection) -> Result<(), LedgerError> {
        sql.prepare_cached(
            "INSERT INTO stream (stream, seq, digest) VALUES (?1, ?2, ?3)
             ON CONFLICT (stream) DO UPDATE SET seq = ?2, digest = ?3",
        )?
        .execute(params![STREAM, self.seq, self.digest])?;
        Ok(())
    }

    /// Writes the next event of the chain.
    pub(super) fn append(
        &mut self,
        sql: &Connection,
        at: Timestamp,
        event: &NewEvent<'_>,
    ) -> Result<(), LedgerError> {
        let seq = self.seq + 1;
        let reason = event.reason.map(|reason| {
            Reason::new(&*reason.code, reason.words.chars().take(WORDS_LIMIT).collect::<String>())
        });
        let id = event.certificate.map(|(id, _)| id);
        let text = Event {
            schema: SCHEMA,
            stream: STREAM,
            seq,
            at,
            direction: event.direction,
            event: event.kind,
            id,
            status: event.certificate.and_then(|(_, status)| status),
            partner: event.partner,
            delivery: event.delivery,
            r#final: event.at_end,
            reason,
            who: event.who,
            previous: hex(&self.digest),
            digest: None,
        };
        let body = serde_json::to_string(&text)
            .expect("an event is made of texts and numbers, which always serialise");
        let digest = sha256(body.as_bytes());
        sql.prepare_cached(
            "INSERT INTO event (stream, seq, direction, event, folded, id, body, digest)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            STREAM,
            seq,
            event.direction.as_str(),
            event.kind.as_str(),
            id.map(CertificateId::folded_number),
            id.map(CertificateId::to_string),
            body,
            digest,
        ])?;
        *self = Head { seq, digest };
        Ok(())
    }
}

//------------ Audit ---------------------------------------------------------

/// What an audit of the chain came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Audit {
    pub events: u64,
    /// What is wrong, in the order of the chain; a hundred at most.
    pub faults: Vec<ChainFault>,
}

/// One thing wrong with the chain.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChainFault {
    /// The event says other things than when it was written.
    #[error("event {seq} of stream {stream} was changed")]
    Changed { stream: i64, seq: i64 },
    /// Events are missing.
    #[error("events {from} to {to} of stream {stream} are missing")]
    Gap { stream: i64, from: i64, to: i64 },
    /// The event does not follow the one before it: that one was written anew.
    #[error("event {seq} of stream {stream} does not follow the event before it")]
    Unlinked { stream: i64, seq: i64 },
}

const FAULTS_LIMIT: usize = 100;

/// Goes through the whole chain, an event at a time.
pub(super) fn audit(sql: &Connection) -> Result<Audit, LedgerError> {
    audit_from(sql, Head { seq: 0, digest: [0; 32] })
}

/// Goes through the last `limit` events of the chain. The one before them is
/// believed.
pub(super) fn audit_last(sql: &Connection, limit: i64) -> Result<Audit, LedgerError> {
    let before = Head::read(sql)?.seq - limit;
    let believed = sql
        .prepare("SELECT digest FROM event WHERE stream = ? AND seq = ?")?
        .query_row([STREAM, before], |row| Ok(Head { seq: before, digest: row.get(0)? }))
        .optional()?;
    // Where that one is missing the gap is found from the start on.
    audit_from(sql, believed.unwrap_or(Head { seq: 0, digest: [0; 32] }))
}

fn audit_from(sql: &Connection, mut last: Head) -> Result<Audit, LedgerError> {
    let head = Head::read(sql)?;
    let mut audit = Audit::default();
    let mut statement = sql
        .prepare("SELECT seq, body, digest FROM event WHERE stream = ? AND seq > ? ORDER BY seq")?;
    let mut rows = statement.query([STREAM, last.seq])?;
    while let Some(row) = rows.next()? {
        let (seq, body, digest): (i64, String, [u8; 32]) = (row.get(0)?, row.get(1)?, row.get(2)?);
        audit.events += 1;
        if audit.faults.len() >= FAULTS_LIMIT {
            continue;
        }
        if seq != last.seq + 1 {
            audit.faults.push(gap(last.seq + 1, seq - 1));
        } else if !body.ends_with(&format!(",\"previous\":\"{}\"}}", hex(&last.digest))) {
            audit.faults.push(ChainFault::Unlinked { stream: STREAM, seq });
        }
        let same = sha256(body.as_bytes()) == digest
            && body.contains(&format!("\"stream\":{STREAM},\"seq\":{seq},"));
        if !same {
            audit.faults.push(ChainFault::Changed { stream: STREAM, seq });
        }
        last = Head { seq, digest };
    }
    if last.seq < head.seq {
        audit.faults.push(gap(last.seq + 1, head.seq));
    } else if last != head {
        audit.faults.push(ChainFault::Changed { stream: STREAM, seq: last.seq });
    }
    Ok(audit)
}

fn gap(from: i64, to: i64) -> ChainFault {
    ChainFault::Gap { stream: STREAM, from, to }
}
