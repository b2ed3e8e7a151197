//! Letters: taken in at the door, opened, set aside.

use rusqlite::{OptionalExtension, params};

use crate::certificate::{CertificateId, Status};
use crate::clock::Timestamp;
use crate::delivery::{Direction, EventKind, LetterId, Reason};
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{key, parsed, time};
use super::error::LedgerError;
use super::events::NewEvent;
use super::inbound::{Quarantine, TakenIn, WaitingLetter};
use super::segments::Place;
use super::writer::Commit;

impl Ledger {
    /// Takes responsibility for a letter: its octets and the event `taken-in`
    /// are on disk when it returns, and the door may say 250.
    pub async fn take_in(&self, letter: TakenIn) -> Result<LetterId, LedgerError> {
        let size = letter.octets.len();
        self.write(size, move |commit| commit.take_in(&letter)).await
    }

    /// The first `limit` letters that wait to be judged, the oldest first, and
    /// not more than 32 MiB of them unless one alone is larger. One
    /// under suspicion of having ended a run comes alone.
    pub async fn waiting_letters(&self, limit: usize) -> Result<Vec<WaitingLetter>, LedgerError> {
        let found = self
            .read(move |reader| {
                let mut statement = reader.sql.prepare_cached(
                    "SELECT key, taken_in_at, reverse_path, crashes, octets, suspect FROM letter
                     WHERE state = 'waiting' ORDER BY key LIMIT ?",
                )?;
                let rows =
                    statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                        let letter = WaitingLetter {
                            id: LetterId::from_uuid(key(row, 0)?),
                            octets: Vec::new(),
                            taken_in_at: time(row, 1)?,
                            reverse_path: row.get(2)?,
                            openings: row.get(3)?,
                        };
                        Ok((letter, parsed::<Place>(row, 4)?, row.get::<_, bool>(5)?))
                    })?;
                let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
                drop(statement);
                if let Some(suspect) = rows.iter().position(|(_, _, suspect)| *suspect) {
                    rows.truncate(suspect.max(1));
                }
                rows.truncate(Place::at_once(rows.iter().map(|(_, place, _)| place)));
                let read = rows.into_iter().map(|(letter, place, _)| {
                    let octets = reader.octets(&place);
                    (letter, octets)
                });
                Ok(read.collect::<Vec<_>>())
            })
            .await?;
        let mut letters = Vec::new();
        for (letter, octets) in found {
            match octets {
                Ok(octets) => letters.push(WaitingLetter { octets, ..letter }),
                // One damaged record must not stop the others.
                Err(fault @ LedgerError::Damaged { .. }) => {
                    let quarantine = Quarantine {
                        held: true,
                        ..Quarantine::new("ledger.octets-damaged", fault.to_string())
                    };
                    self.quarantine(letter.id, quarantine).await?;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(letters)
    }

    /// Notes that a letter is about to be opened, so that a crash counts: on
    /// disk when it returns. How many openings of it never ended before.
    pub async fn begin_opening(&self, letter: LetterId) -> Result<u32, LedgerError> {
        self.write(0, move |commit| {
            commit
                .sql
                .prepare_cached(
                    "UPDATE letter SET opening = 1 WHERE key = ? AND state = 'waiting'
                     RETURNING crashes",
                )?
                .query_row([letter.uuid().into_bytes()], |row| row.get(0))
                .optional()?
                .ok_or(LedgerError::NotWaiting)
        })
        .await
    }

    /// Notes that whoever opened a letter died of it: on disk when it returns.
    /// How many openings of it never ended.
    pub async fn end_opening(&self, letter: LetterId) -> Result<u32, LedgerError> {
        self.write(0, move |commit| {
            commit
                .sql
                .prepare_cached(
                    "UPDATE letter SET opening = 0, crashes = crashes + 1
                     WHERE key = ? AND state = 'waiting' RETURNING crashes",
                )?
                .query_row([letter.uuid().into_bytes()], |row| row.get(0))
                .optional()?
                .ok_or(LedgerError::NotWaiting)
        })
        .await
    }

    /// Sets a letter aside, with its reason and the event `quarantined`: on
    /// disk when it returns.
    pub async fn quarantine(
        &self,
        letter: LetterId,
        quarantine: Quarantine,
    ) -> Result<(), LedgerError> {
        self.write(0, move |commit| {
            commit.set_aside(letter, &quarantine)?;
            if let (Some(partner), Some(owed)) = (&quarantine.partner, &quarantine.owed) {
                commit.owe(letter, partner, owed)?;
            }
            Ok(())
        })
        .await
    }

    /// Writes an event about a partner or the gateway itself into the chain.
    pub async fn note(
        &self,
        direction: Direction,
        kind: EventKind,
        partner: Option<PartnerCode>,
        reason: Option<Reason>,
    ) -> Result<(), LedgerError> {
        self.write(0, move |commit| {
            let event = NewEvent { partner: partner.as_ref(), ..NewEvent::new(direction, kind) };
            commit.tell(&event.because(reason.as_ref()))
        })
        .await
    }
}

impl Ledger {
    /// Tells of a key that will end (`key-expiring`), the partner's or ours,
    /// unless the same has been told before; whether it was told now.
    pub async fn note_ending(
        &self,
        partner: Option<PartnerCode>,
        reason: Reason,
    ) -> Result<bool, LedgerError> {
        self.write(0, move |commit| {
            let told: bool = commit
                .sql
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM event WHERE event = ?
                     AND json_extract(body, '$.reason.code') = ?
                     AND json_extract(body, '$.reason.words') = ?)",
                )?
                .query_row(
                    params![EventKind::KeyExpiring.as_str(), reason.code, reason.words],
                    |row| row.get(0),
                )?;
            if !told {
                let event = NewEvent::new(Direction::Partner, EventKind::KeyExpiring);
                let event = NewEvent { partner: partner.as_ref(), ..event };
                commit.tell(&event.because(Some(&reason)))?;
            }
            Ok(!told)
        })
        .await
    }
}

impl Commit<'_> {
    fn take_in(&mut self, letter: &TakenIn) -> Result<LetterId, LedgerError> {
        let id = LetterId::from_uuid(self.key()?);
        let place = self.keep(&letter.octets)?;
        self.sql
            .prepare_cached(
                "INSERT INTO letter (key, taken_in_at, octets, reverse_path, peer, state)
                 VALUES (?, ?, ?, ?, ?, 'waiting')",
            )?
            .execute(params![
                id.uuid().into_bytes(),
                self.at.millis(),
                place.to_string(),
                letter.reverse_path,
                letter.peer,
            ])?;
        self.touched.letters = true;
        self.tell(&NewEvent::new(Direction::Inbound, EventKind::TakenIn))?;
        Ok(id)
    }

    /// Sets a letter aside, and tells of it.
    pub(super) fn set_aside(
        &mut self,
        letter: LetterId,
        quarantine: &Quarantine,
    ) -> Result<(), LedgerError> {
        let state = if quarantine.held { "held" } else { "quarantined" };
        self.judged(letter, state, None, Some(quarantine))?;
        let reason = Reason::new(&*quarantine.code, &*quarantine.words);
        let event = NewEvent::new(Direction::Inbound, EventKind::Quarantined);
        let event = NewEvent { partner: quarantine.partner.as_ref(), ..event };
        self.tell(&event.because(Some(&reason)))
    }

    /// A waiting letter is judged: it waits no more.
    pub(super) fn judged(
        &mut self,
        letter: LetterId,
        state: &str,
        arrival: Option<[u8; 16]>,
        quarantine: Option<&Quarantine>,
    ) -> Result<(), LedgerError> {
        let changed = self
            .sql
            .prepare_cached(
                "UPDATE letter SET state = ?, judged_at = ?, opening = 0, arrival = ?, gate = ?,
                    code = ?, words = ?, partner = ? WHERE key = ? AND state = 'waiting'",
            )?
            .execute(params![
                state,
                self.at.millis(),
                arrival,
                quarantine.and_then(|quarantine| quarantine.gate),
                quarantine.map(|quarantine| &quarantine.code),
                quarantine.map(|quarantine| &quarantine.words),
                quarantine.and_then(|q| q.partner.as_ref()).map(PartnerCode::as_str),
                letter.uuid().into_bytes(),
            ])?;
        if changed == 1 { Ok(()) } else { Err(LedgerError::NotWaiting) }
    }

    /// An event on a certificate of a partner's.
    pub(super) fn tell_inbound(
        &mut self,
        kind: EventKind,
        id: &CertificateId,
        status: &Status,
        partner: &PartnerCode,
        reason: Option<&Reason>,
    ) -> Result<(), LedgerError> {
        let event = NewEvent::new(Direction::Inbound, kind).of(id, status).with(partner);
        self.tell(&event.because(reason))
    }

    /// When a letter was taken in.
    pub(super) fn taken_in_at(&self, letter: LetterId) -> Result<Timestamp, LedgerError> {
        self.sql
            .prepare_cached("SELECT taken_in_at FROM letter WHERE key = ?")?
            .query_row([letter.uuid().into_bytes()], |row| time(row, 0))
            .optional()?
            .ok_or(LedgerError::Unknown { what: "letter" })
    }
}
