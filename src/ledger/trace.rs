//! The trace: the whole story of a number, as `certpost/trace/1`.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use serde_json::Value;

use crate::certificate::number::fold;
use crate::certificate::{CertificateId, CountryCode, DocumentType, Status};
use crate::delivery::{DeliveryId, Direction, Reason};
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{
    certificate_id, content_digest, hex, key, list, parsed, perhaps, perhaps_time, time,
};
use super::error::LedgerError;
use super::events::published_form;
use super::lanes;
use super::lives::{self, Life};
use super::reader::Reader;
use super::segments::Place;
pub use super::traced::{
    ContentHex, TraceAnswer, TracedAttempt, TracedCertificate, TracedDelivery, TracedLetter,
    TracedReceipt,
};

//------------ Query ---------------------------------------------------------

/// What is looked up: a number as typed, and what narrows it.
#[derive(Clone, Debug)]
pub struct Query {
    pub number: String,
    pub country: Option<CountryCode>,
    pub document_type: Option<DocumentType>,
    /// Outbound or inbound; absent is both.
    pub direction: Option<Direction>,
}

impl Query {
    /// Everything under `number`.
    pub fn number(number: impl Into<String>) -> Self {
        Query { number: number.into(), country: None, document_type: None, direction: None }
    }

    pub(super) fn takes(&self, id: &CertificateId, direction: Direction) -> bool {
        self.country.as_ref().is_none_or(|country| *country == id.country)
            && self.document_type.as_ref().is_none_or(|kind| *kind == id.document_type)
            && self.direction.is_none_or(|wanted| wanted == direction)
    }
}

//------------ Looking up ------------------------------------------------------

impl Ledger {
    /// The whole story of a number.
    pub async fn trace(&self, query: Query) -> Result<TraceAnswer, LedgerError> {
        self.study(move |reader| {
            // One snapshot for all of it.
            reader.sql.execute_batch("BEGIN")?;
            let answer = trace(reader, &query);
            reader.sql.execute_batch("COMMIT")?;
            answer
        })
        .await
    }
}

fn trace(reader: &mut Reader, query: &Query) -> Result<TraceAnswer, LedgerError> {
    let mut certificates = issued(reader, query)?;
    certificates.extend(arrived(reader, query)?);
    tell_lives(&reader.sql, &mut certificates)?;
    hand_out_events(reader, query, &mut certificates)?;
    certificates.sort_by_key(|certificate| certificate.accepted_at);
    let schema = "certpost/trace/1";
    Ok(TraceAnswer { schema, number: query.number.clone(), certificates })
}

fn issued(reader: &mut Reader, query: &Query) -> Result<Vec<TracedCertificate>, LedgerError> {
    let mut statement = reader.sql.prepare_cached(
        "SELECT country, document_type, number, status, digest, xml_sha256, accepted_at, producer,
            key FROM issued WHERE folded = ? ORDER BY key",
    )?;
    let rows = statement.query_map([fold(&query.number)], |row| {
        let id = certificate_id(row, 0)?;
        let xml: Option<[u8; 32]> = row.get(5)?;
        let certificate = TracedCertificate {
            id: id.to_string(),
            direction: Direction::Outbound,
            status: Some(parsed(row, 3)?),
            life: Life::default(),
            sha256: xml.map(|digest| hex(&digest)),
            content_sha256: Some(ContentHex(content_digest(row, 4)?.to_string())),
            accepted_at: Some(time(row, 6)?),
            partner: None,
            producer: row.get(7)?,
            letter: None,
            deliveries: Vec::new(),
            events: Vec::new(),
        };
        Ok((id, row.get::<_, [u8; 16]>(8)?, certificate))
    })?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    drop(statement);
    let mut found = Vec::new();
    for (_, key, mut certificate) in
        rows.into_iter().filter(|(id, _, _)| query.takes(id, Direction::Outbound))
    {
        certificate.deliveries = deliveries(reader, OF_CERTIFICATE, key)?;
        if certificate.sha256.is_none() {
            let mut written = certificate.deliveries.iter();
            certificate.sha256 = written.find_map(|delivery| delivery.xml_sha256.clone());
        }
        found.push(certificate);
    }
    Ok(found)
}

const OF_CERTIFICATE: &str = "
    SELECT key, partner, state, entity, letter, xml_sha256, due, kind FROM delivery
    WHERE issued = ? ORDER BY key";

/// The receipts that every letter with a certificate was owed.
const OF_ARRIVAL: &str = "
    SELECT key, partner, state, entity, letter, xml_sha256, due, kind FROM delivery
    WHERE answers IN (SELECT key FROM letter WHERE arrival = ?) ORDER BY key";

fn deliveries(
    reader: &mut Reader,
    which: &str,
    of: [u8; 16],
) -> Result<Vec<TracedDelivery>, LedgerError> {
    let mut statement = reader.sql.prepare_cached(which)?;
    let rows = statement.query_map([of], |row| {
        let letter: Option<Place> = perhaps(row, 4)?;
        let xml: Option<[u8; 32]> = row.get(5)?;
        let delivery = TracedDelivery {
            delivery: DeliveryId::from_uuid(key(row, 0)?),
            kind: parsed(row, 7)?,
            partner: parsed(row, 1)?,
            state: parsed(row, 2)?,
            message_id: None,
            letter_sha256: letter.map(|place| hex(&place.digest)),
            xml_sha256: xml.map(|digest| hex(&digest)),
            due: perhaps_time(row, 6)?,
            waits: None,
            attempts: Vec::new(),
            receipts: Vec::new(),
        };
        Ok((delivery, perhaps::<Place>(row, 3)?))
    })?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    drop(statement);
    let mut found = Vec::new();
    for (delivery, entity) in rows {
        let key = delivery.delivery.uuid().into_bytes();
        let lane = lanes::waits(&reader.sql, &delivery.partner)?;
        let entity = entity.map(|place| reader.octets(&place)).transpose()?;
        found.push(TracedDelivery {
            message_id: entity.as_deref().and_then(message_id),
            attempts: attempts(reader, key)?,
            receipts: receipts(reader, key)?,
            waits: lane.filter(|_| delivery.due.is_some()),
            ..delivery
        });
    }
    Ok(found)
}

/// The Message-ID in the header of an entity that we wrote.
fn message_id(entity: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(entity);
    let header = text.split("\r\n\r\n").next()?;
    let mut lines = header.split("\r\n");
    lines.find_map(|line| line.strip_prefix("Message-ID: ")).map(str::to_owned)
}

fn attempts(reader: &Reader, delivery: [u8; 16]) -> Result<Vec<TracedAttempt>, LedgerError> {
    let mut statement = reader.sql.prepare_cached(
        "SELECT n, started_at, ended_at, peer, tls, phase, verdict, replies, code, words
         FROM attempt WHERE delivery = ? ORDER BY n",
    )?;
    let rows = statement.query_map([delivery], |row| {
        let code: Option<String> = row.get(8)?;
        let words: Option<String> = row.get(9)?;
        Ok(TracedAttempt {
            n: row.get(0)?,
            started_at: time(row, 1)?,
            ended_at: perhaps_time(row, 2)?,
            peer: row.get(3)?,
            tls: row.get(4)?,
            phase: perhaps(row, 5)?,
            verdict: perhaps(row, 6)?,
            replies: list(row, 7)?,
            reason: code.map(|code| serde_json::json!({"code": code, "words": words})),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn receipts(reader: &Reader, delivery: [u8; 16]) -> Result<Vec<TracedReceipt>, LedgerError> {
    let mut statement = reader.sql.prepare_cached(
        "SELECT kind, at, disposition, verified, signer_sha256, code, words FROM receipt
         WHERE delivery = ? ORDER BY key",
    )?;
    let rows = statement.query_map([delivery], |row| {
        Ok(TracedReceipt {
            kind: row.get(0)?,
            at: time(row, 1)?,
            disposition: row.get(2)?,
            verified: row.get(3)?,
            signer_sha256: row.get(4)?,
            reason: match row.get::<_, Option<String>>(5)? {
                Some(code) => Some(Reason::new(code, row.get::<_, String>(6)?)),
                None => None,
            },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn arrived(reader: &mut Reader, query: &Query) -> Result<Vec<TracedCertificate>, LedgerError> {
    let mut statement = reader.sql.prepare_cached(
        "SELECT a.country, a.document_type, a.number, a.status, a.digest, a.xml_sha256,
            a.received_at, a.partner, a.message_id, a.signed_at, a.signer_sha256, a.judgement,
            l.octets, a.key
         FROM arrival a JOIN letter l ON l.key = a.letter WHERE a.folded = ? ORDER BY a.key",
    )?;
    let rows = statement.query_map(params![fold(&query.number)], |row| {
        let id = certificate_id(row, 0)?;
        let octets: Place = parsed(row, 12)?;
        let certificate = TracedCertificate {
            id: id.to_string(),
            direction: Direction::Inbound,
            status: Some(parsed(row, 3)?),
            life: Life::default(),
            sha256: Some(hex(&row.get::<_, [u8; 32]>(5)?)),
            content_sha256: Some(ContentHex(content_digest(row, 4)?.to_string())),
            accepted_at: Some(time(row, 6)?),
            partner: Some(parsed(row, 7)?),
            producer: None,
            letter: Some(TracedLetter {
                message_id: row.get(8)?,
                sha256: hex(&octets.digest),
                signed_at: time(row, 9)?,
                signer_sha256: row.get(10)?,
                judgement: row.get(11)?,
            }),
            deliveries: Vec::new(),
            events: Vec::new(),
        };
        Ok((id, certificate, row.get::<_, [u8; 16]>(13)?))
    })?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    drop(statement);
    let mut found = Vec::new();
    for (_, mut certificate, key) in
        rows.into_iter().filter(|(id, _, _)| query.takes(id, Direction::Inbound))
    {
        certificate.deliveries = deliveries(reader, OF_ARRIVAL, key)?;
        found.push(certificate);
    }
    Ok(found)
}

/// A life is the certificate's, and each of its versions shows it.
fn tell_lives(sql: &Connection, certificates: &mut [TracedCertificate]) -> Result<(), LedgerError> {
    let mut told: HashMap<(String, Option<PartnerCode>), Life> = HashMap::new();
    for certificate in certificates {
        let whose = (certificate.id.clone(), certificate.partner.clone());
        if let Some(life) = told.get(&whose) {
            certificate.life = life.clone();
        } else if let Ok(id) = certificate.id.parse::<CertificateId>() {
            certificate.life = lives::life(sql, &id, certificate.partner.as_ref())?;
            told.insert(whose, certificate.life.clone());
        }
    }
    Ok(())
}

/// Every event goes to the version that it names; what names none that is
/// on record (a rejection) makes an entry of its own.
fn hand_out_events(
    reader: &Reader,
    query: &Query,
    certificates: &mut Vec<TracedCertificate>,
) -> Result<(), LedgerError> {
    let mut statement = reader.sql.prepare_cached(
        "SELECT body, digest, direction FROM event WHERE folded = ? ORDER BY seq",
    )?;
    let rows = statement.query_map([fold(&query.number)], |row| {
        let (body, digest): (String, [u8; 32]) = (row.get(0)?, row.get(1)?);
        Ok((published_form(&body, &digest), parsed::<Direction>(row, 2)?))
    })?;
    for row in rows {
        let (text, direction) = row?;
        let event: Value = serde_json::from_str(&text)
            .map_err(|fault| LedgerError::damaged(format!("an event is no JSON: {fault}")))?;
        let member = |name: &str| event.get(name).and_then(Value::as_str);
        let (id, status, partner) = (member("id"), member("status"), member("partner"));
        let own = certificates.iter_mut().find(|c| {
            Some(c.id.as_str()) == id
                && c.direction == direction
                && (status.is_none() || c.status.as_ref().map(Status::as_str) == status)
                && (direction == Direction::Outbound
                    || c.partner.as_ref().map(PartnerCode::as_str) == partner)
        });
        if let Some(certificate) = own {
            certificate.events.push(event);
        } else if let Some(id) =
            id.and_then(|id| id.parse().ok()).filter(|id| query.takes(id, direction))
        {
            certificates.push(TracedCertificate {
                id: id.to_string(),
                direction,
                status: status.and_then(|status| status.parse().ok()),
                life: Life::default(),
                sha256: None,
                content_sha256: None,
                accepted_at: None,
                partner: partner.and_then(|partner| partner.parse().ok()),
                producer: None,
                letter: None,
                deliveries: Vec::new(),
                events: vec![event],
            });
        }
    }
    Ok(())
}
