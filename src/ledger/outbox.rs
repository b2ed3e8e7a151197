//! The outbox: what waits to be published, in three orders of their own.
//!
//! What was received or rejected waits in rows; events are published by a
//! cursor over their chain. Each outlet is marked for itself, so that one that
//! nobody reads holds up no other.

use rusqlite::params;

use super::Ledger;
use super::columns::{list, list_text, parsed};
use super::error::LedgerError;
use super::events::{STREAM, published_form};
use super::inbound::{Header, NewPublication, Outlet, Publication};
use super::reader::Reader;
use super::segments::Place;
use super::writer::Commit;

impl Ledger {
    /// The first `limit` publications of `outlet` that are not confirmed, 32 MiB
    /// of bodies at the most unless one alone is larger, in
    /// their order, with their bodies.
    pub async fn unpublished(
        &self,
        outlet: Outlet,
        limit: usize,
    ) -> Result<Vec<Publication>, LedgerError> {
        let gateway = self.0.gateway.clone();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |reader| match outlet {
            Outlet::Events => events(reader, gateway.as_str(), limit),
            Outlet::Received | Outlet::Rejected => rows(reader, outlet, limit),
        })
        .await
    }

    /// Marks publications of `outlet` as confirmed: on disk when it returns.
    /// Of events the mark goes as far as they follow one another without a
    /// gap; what was confirmed beyond is published again.
    pub async fn published(&self, outlet: Outlet, rows: &[i64]) -> Result<(), LedgerError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        self.write(0, move |commit| match outlet {
            Outlet::Events => commit.events_published(&rows),
            Outlet::Received | Outlet::Rejected => commit.rows_published(&rows),
        })
        .await
    }
}

impl Commit<'_> {
    /// Puts a publication into the outbox; nothing if it is there already.
    pub(super) fn put_out(
        &mut self,
        outlet: Outlet,
        publication: &NewPublication,
    ) -> Result<(), LedgerError> {
        let body = self.keep(&publication.body)?;
        self.sql
            .prepare_cached(
                "INSERT INTO publication (outlet, exchange, routing_key, message_id, kind,
                    correlation_id, content_type, headers, body, made_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                outlet.as_str(),
                publication.exchange,
                publication.routing_key,
                publication.message_id,
                publication.kind,
                publication.correlation_id,
                publication.content_type,
                list_text(&publication.headers),
                body.to_string(),
                self.at.millis(),
            ])?;
        self.touched.publications = true;
        Ok(())
    }

    /// Has what was published go out once more, under other headers.
    pub(super) fn publish_again(
        &mut self,
        message_id: &str,
        headers: &[(String, Header)],
    ) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached(
                "UPDATE publication SET published_at = NULL, headers = ? WHERE message_id = ?",
            )?
            .execute(params![list_text(headers), message_id])?;
        self.touched.publications = true;
        Ok(())
    }

    fn rows_published(&mut self, rows: &[i64]) -> Result<(), LedgerError> {
        for row in rows {
            self.sql
                .prepare_cached("UPDATE publication SET published_at = ? WHERE row = ?")?
                .execute(params![self.at.millis(), row])?;
        }
        Ok(())
    }

    fn events_published(&mut self, rows: &[i64]) -> Result<(), LedgerError> {
        let mut cursor: i64 = self
            .sql
            .prepare_cached("SELECT published FROM stream WHERE stream = ?")?
            .query_row([STREAM], |row| row.get(0))?;
        for row in rows {
            if *row == cursor + 1 {
                cursor = *row;
            }
        }
        self.sql
            .prepare_cached("UPDATE stream SET published = ? WHERE stream = ?")?
            .execute([cursor, STREAM])?;
        Ok(())
    }
}

fn rows(reader: &mut Reader, outlet: Outlet, limit: i64) -> Result<Vec<Publication>, LedgerError> {
    let mut statement = reader.sql.prepare_cached(
        "SELECT row, exchange, routing_key, message_id, kind, correlation_id, content_type,
            headers, body
         FROM publication WHERE outlet = ? AND published_at IS NULL ORDER BY row LIMIT ?",
    )?;
    let found = statement.query_map(params![outlet.as_str(), limit], |row| {
        let publication = Publication {
            row: row.get(0)?,
            exchange: row.get(1)?,
            routing_key: row.get(2)?,
            message_id: row.get(3)?,
            kind: row.get(4)?,
            correlation_id: row.get(5)?,
            content_type: row.get(6)?,
            headers: list(row, 7)?,
            body: Vec::new(),
        };
        Ok((publication, parsed::<Place>(row, 8)?))
    })?;
    let mut found = found.collect::<Result<Vec<_>, _>>()?;
    drop(statement);
    found.truncate(Place::at_once(found.iter().map(|(_, place)| place)));
    let mut whole = Vec::with_capacity(found.len());
    for (publication, place) in found {
        match reader.octets(&place) {
            Ok(body) => whole.push(Publication { body, ..publication }),
            // One damaged record must not stop the others. It stays, unmarked.
            Err(fault @ LedgerError::Damaged { .. }) => {
                tracing::error!(publication = %publication.message_id, error = %fault, "cannot be published");
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(whole)
}

/// What of an event its publication needs besides its text.
struct Address {
    direction: String,
    event: String,
    id: Option<String>,
}

fn events(reader: &Reader, gateway: &str, limit: i64) -> Result<Vec<Publication>, LedgerError> {
    let mut statement = reader.sql.prepare_cached(
        "SELECT e.seq, e.body, e.digest, e.direction, e.event, e.id FROM event e
         WHERE e.stream = ?1
         AND e.seq > ifnull((SELECT published FROM stream WHERE stream = ?1), 0)
         ORDER BY e.seq LIMIT ?2",
    )?;
    let found = statement.query_map(params![STREAM, limit], |row| {
        let seq: i64 = row.get(0)?;
        let (body, digest): (String, [u8; 32]) = (row.get(1)?, row.get(2)?);
        let address = Address { direction: row.get(3)?, event: row.get(4)?, id: row.get(5)? };
        Ok(Publication {
            row: seq,
            exchange: "certpost.events".to_owned(),
            routing_key: format!("{}.{}", address.direction, address.event),
            message_id: format!("evt-{gateway}-{STREAM}-{seq}"),
            kind: Some(address.event),
            correlation_id: address.id,
            content_type: Some("application/json".to_owned()),
            headers: Vec::new(),
            body: published_form(&body, &digest).into_bytes(),
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}
