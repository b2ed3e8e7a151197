//! Claims: a lane takes what is due, for as long as a lease holds.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, Reason, State, Trigger};
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{facts, key, list, parsed, perhaps, perhaps_time, time};
use super::error::LedgerError;
use super::outbound::{Cargo, Claimed, ContentType, Submission};
use super::reader::Reader;
use super::segments::Place;
use super::writer::Commit;

impl Ledger {
    /// Leases up to `limit` deliveries that are due to `partner`, the longest
    /// due first; those never tried are due in the order of acceptance. What
    /// follows another waits for that one's verdict and is not among them.
    ///
    /// The leases are on disk when it returns. One that is not begun, released
    /// or ended within `lease` can be claimed again.
    pub async fn claim(
        &self,
        partner: &PartnerCode,
        limit: usize,
        lease: Duration,
    ) -> Result<Vec<Claimed>, LedgerError> {
        // A lane with nothing to do costs no commit.
        let now = self.0.clock.now();
        if self.next_due(partner).await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let lane = partner.clone();
        let leased = self.write(0, move |commit| commit.claim(&lane, limit, lease)).await?;
        let read = self
            .read(move |reader| {
                Ok(leased.into_iter().map(|leased| leased.with(reader)).collect::<Vec<_>>())
            })
            .await?;
        let mut claims = Vec::new();
        for claimed in read {
            match claimed.map_err(|boxed| *boxed) {
                Ok(claimed) => claims.push(claimed),
                // One damaged record must not stop the lane.
                Err((leased, fault @ LedgerError::Damaged { .. })) => {
                    let reason = Reason::new("ledger.octets-damaged", fault.to_string());
                    self.end(leased.delivery, leased.fence, Trigger::Failed, reason).await?;
                }
                Err((_, fault)) => return Err(fault),
            }
        }
        Ok(claims)
    }

    /// When the next delivery to `partner` is due, or the next lease ends;
    /// never while it is suspended.
    pub async fn next_due(&self, partner: &PartnerCode) -> Result<Option<Timestamp>, LedgerError> {
        let partner = partner.clone();
        self.read(move |reader| {
            Ok(reader
                .sql
                .prepare_cached(
                    "SELECT due FROM delivery WHERE partner = ?1 AND due IS NOT NULL
                     AND NOT EXISTS (SELECT 1 FROM suspension WHERE partner = ?1)
                     ORDER BY due LIMIT 1",
                )?
                .query_row([partner.as_str()], |row| time(row, 0))
                .optional()?)
        })
        .await
    }

    /// Whether `fence` still guards the delivery: asked before MAIL and
    /// before the final dot.
    pub async fn still_ours(&self, delivery: DeliveryId, fence: i64) -> Result<bool, LedgerError> {
        self.read(move |reader| {
            Ok(reader
                .sql
                .prepare_cached("SELECT 1 FROM delivery WHERE key = ? AND fence = ?")?
                .exists(params![delivery.uuid().into_bytes(), fence])?)
        })
        .await
    }

    /// Makes a lease longer, to `lease` from now: for what comes before an
    /// attempt begins and may take long. Needs the lease.
    pub async fn prolong(
        &self,
        delivery: DeliveryId,
        fence: i64,
        lease: Duration,
    ) -> Result<(), LedgerError> {
        self.write(0, move |commit| {
            commit.leased(delivery, fence)?;
            let until = commit.at.plus(lease).millis();
            commit
                .sql
                .prepare_cached(
                    "UPDATE delivery SET lease_until = max(lease_until, ?2), due = max(due, ?2)
                     WHERE key = ?1",
                )?
                .execute(params![delivery.uuid().into_bytes(), until])?;
            Ok(())
        })
        .await
    }

    /// Gives a lease back unused: the delivery is due again at once, in its
    /// old place. Nothing happens if the lease was lost already.
    pub async fn release(&self, delivery: DeliveryId, fence: i64) -> Result<(), LedgerError> {
        self.write(0, move |commit| match commit.leased(delivery, fence) {
            Ok(row) if row.state != State::Sending => commit.give_back(delivery),
            Ok(_) | Err(LedgerError::Fenced) => Ok(()),
            Err(fault) => Err(fault),
        })
        .await
    }

    /// Gives a lease back unused: the delivery is due again at `due`. Nothing
    /// happens if the lease was lost already.
    pub async fn put_off(
        &self,
        delivery: DeliveryId,
        fence: i64,
        due: Timestamp,
    ) -> Result<(), LedgerError> {
        self.write(0, move |commit| match commit.leased(delivery, fence) {
            Ok(row) if row.state.is_pending() => {
                commit.give_back(delivery)?;
                commit
                    .sql
                    .prepare_cached("UPDATE delivery SET due = ? WHERE key = ?")?
                    .execute(params![due.millis(), delivery.uuid().into_bytes()])?;
                Ok(())
            }
            Ok(_) | Err(LedgerError::Fenced) => Ok(()),
            Err(fault) => Err(fault),
        })
        .await
    }

    /// Gives a lease back for good: the letter was handed over, and does not
    /// go again. Nothing happens if the lease was lost already.
    pub async fn let_be(&self, delivery: DeliveryId, fence: i64) -> Result<(), LedgerError> {
        self.write(0, move |commit| match commit.leased(delivery, fence) {
            Ok(row) if row.state == State::HandedOver => {
                commit.give_back(delivery)?;
                commit
                    .sql
                    .prepare_cached("UPDATE delivery SET due = NULL WHERE key = ?")?
                    .execute([delivery.uuid().into_bytes()])?;
                Ok(())
            }
            Ok(_) | Err(LedgerError::Fenced) => Ok(()),
            Err(fault) => Err(fault),
        })
        .await
    }

    /// What was signed of a sealed delivery: E, and M. For sealing it again.
    pub async fn signed_octets(
        &self,
        delivery: DeliveryId,
    ) -> Result<Option<(Vec<u8>, Vec<u8>)>, LedgerError> {
        self.read(move |reader| {
            let places: Option<(Option<Place>, Option<Place>)> = reader
                .sql
                .prepare_cached("SELECT entity, signed FROM delivery WHERE key = ?")?
                .query_row([delivery.uuid().into_bytes()], |row| {
                    Ok((perhaps(row, 0)?, perhaps(row, 1)?))
                })
                .optional()?;
            let Some((Some(entity), Some(signed))) = places else { return Ok(None) };
            Ok(Some((reader.octets(&entity)?, reader.octets(&signed)?)))
        })
        .await
    }
}

/// A claim without the octets that come with it.
struct Leased {
    delivery: DeliveryId,
    fence: i64,
    claimed: Claimed,
    octets: Octets,
}

/// Which octets come with a claim.
#[derive(Clone, Debug)]
enum Octets {
    /// The letter, once it is sealed.
    Letter(Place),
    /// None: what a receipt says stands in its row.
    None,
    Submission(ContentType, Place),
}

impl Leased {
    fn with(self, reader: &mut Reader) -> Result<Claimed, Box<(Leased, LedgerError)>> {
        let place = match &self.octets {
            Octets::Letter(place) | Octets::Submission(_, place) => place,
            Octets::None => return Ok(self.claimed),
        };
        let body = match reader.octets(place) {
            Ok(body) => body,
            Err(fault) => return Err(Box::new((self, fault))),
        };
        Ok(match self.octets {
            Octets::Submission(content_type, _) => {
                let submission = Some(Submission { content_type, body });
                Claimed { submission, ..self.claimed }
            }
            Octets::Letter(_) | Octets::None => Claimed { letter: Some(body), ..self.claimed },
        })
    }
}

macro_rules! due_of {
    ($which:literal) => {
        concat!(
            "SELECT i.country, i.document_type, i.number, i.status, i.import_country, i.transit,
                i.replaces, i.content_type, i.body,
                d.key, d.kind, d.state, d.partner, d.letter_id, d.accepted_at,
                d.not_useful_after, d.attempts, d.first_attempt_at, d.signed_at, d.letter, d.fence,
                ifnull(d.recipients_sha256, '[]'), d.owed, d.runs_from
             FROM delivery d LEFT JOIN issued i ON i.key = d.issued
             WHERE d.partner = ? AND d.due <= ? AND d.due IS NOT NULL",
            $which,
            " ORDER BY d.due, d.key LIMIT ?"
        )
    };
}

/// What is due to a partner, and of that the receipts: an index for each.
const ALL: &str = due_of!("");
const RECEIPTS: &str = due_of!(" AND d.owed IS NOT NULL");

impl Commit<'_> {
    fn claim(
        &mut self,
        partner: &PartnerCode,
        limit: usize,
        lease: Duration,
    ) -> Result<Vec<Leased>, LedgerError> {
        if self.suspension(partner)?.is_some() {
            return Ok(Vec::new());
        }
        let stood = self.stood(partner)?;
        // A receipt waits behind no backlog: who waits for it would send again.
        let mut found = self.lease_first(RECEIPTS, partner, limit, lease, stood)?;
        let rest = limit.saturating_sub(found.len());
        found.extend(self.lease_first(ALL, partner, rest, lease, stood)?);
        Ok(found)
    }

    /// Leases the first `limit` that `which` finds due.
    fn lease_first(
        &mut self,
        which: &str,
        partner: &PartnerCode,
        limit: usize,
        lease: Duration,
        stood: Duration,
    ) -> Result<Vec<Leased>, LedgerError> {
        let lease_until = self.at.plus(lease);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = self.sql.prepare_cached(which)?;
        let rows =
            statement.query_map(params![partner.as_str(), self.at.millis(), limit], |row| {
                let cargo = match row.get::<_, Option<String>>(22)? {
                    Some(owed) => Cargo::Receipt(owed),
                    None => Cargo::Certificate(facts(row, 0)?),
                };
                let delivery = DeliveryId::from_uuid(key(row, 9)?);
                let letter: Option<Place> = perhaps(row, 19)?;
                let fence = row.get::<_, i64>(20)? + 1;
                let first_attempt_at = perhaps_time(row, 17)?;
                let claimed = Claimed {
                    delivery,
                    fence,
                    cargo,
                    state: parsed(row, 11)?,
                    partner: parsed(row, 12)?,
                    letter_id: row.get(13)?,
                    accepted_at: time(row, 14)?,
                    not_useful_after: perhaps_time(row, 15)?,
                    attempts: row.get(16)?,
                    first_attempt_at,
                    stood_still: first_attempt_at
                        .zip(perhaps_time(row, 23)?)
                        .map_or(Duration::ZERO, |(at, from)| stood.saturating_sub(at.since(from))),
                    signed_at: perhaps_time(row, 18)?,
                    lease_until,
                    recipients_sha256: list(row, 21)?,
                    submission: None,
                    letter: None,
                };
                let octets = match (letter, &claimed.cargo) {
                    (Some(place), _) => Octets::Letter(place),
                    (None, Cargo::Receipt(_)) => Octets::None,
                    (None, Cargo::Certificate(_)) => {
                        Octets::Submission(parsed(row, 7)?, parsed(row, 8)?)
                    }
                };
                Ok(Leased { delivery, fence, claimed, octets })
            })?;
        let found: Vec<Leased> = rows.collect::<Result<_, _>>()?;
        for leased in &found {
            self.sql
                .prepare_cached(
                    "UPDATE delivery SET lease_owner = ?2, lease_until = ?3, due = ?3, fence = ?4
                     WHERE key = ?1",
                )?
                .execute(params![
                    leased.delivery.uuid().into_bytes(),
                    self.owner.into_bytes(),
                    lease_until.millis(),
                    leased.fence,
                ])?;
        }
        Ok(found)
    }

    /// Takes a lease off a delivery that is not being sent.
    pub(super) fn give_back(&mut self, delivery: DeliveryId) -> Result<(), LedgerError> {
        let row = self.row(delivery)?;
        let due = row.accepted_at;
        // A letter that goes again for want of a receipt is still to go.
        let goes = row.state.is_pending() || row.state == State::HandedOver;
        let due = goes.then_some(due);
        self.sql
            .prepare_cached(
                "UPDATE delivery SET lease_owner = NULL, lease_until = NULL, due = ?,
                    fence = fence + 1 WHERE key = ?",
            )?
            .execute(params![due.map(Timestamp::millis), delivery.uuid().into_bytes()])?;
        self.touched.deliveries = true;
        Ok(())
    }
}
