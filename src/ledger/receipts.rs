//! Receipts: those that letters are owed, and those that come for ours.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use crate::clock::Timestamp;
use crate::delivery::{
    DeliveryId, Direction, EventKind, Kind, LetterId, Reason, State, Trigger, decide,
};
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{certificate_id, key, parsed, perhaps};
use super::error::LedgerError;
use super::events::NewEvent;
use super::inbound::{Against, Evidence, Fate, OwedReceipt, Quarantine, SentRecord};
use super::keys::Keys;
use super::segments::Place;
use super::writer::Commit;

impl Ledger {
    /// The delivery of a certificate whose letter has this id (the left side
    /// of its Message-ID, and its envelope id), at whatever end it is.
    pub async fn sent(&self, letter_id: &str) -> Result<Option<SentRecord>, LedgerError> {
        let letter_id = letter_id.to_owned();
        self.read(move |reader| {
            let found = reader
                .sql
                .prepare_cached(
                    "SELECT d.key, d.partner, d.state, d.entity, d.signed, i.country,
                        i.document_type, i.number, i.status
                     FROM delivery d JOIN issued i ON i.key = d.issued
                     WHERE d.letter_id = ? AND d.entity IS NOT NULL",
                )?
                .query_row([&letter_id], |row| {
                    let record = SentRecord {
                        delivery: DeliveryId::from_uuid(key(row, 0)?),
                        partner: parsed(row, 1)?,
                        state: parsed(row, 2)?,
                        certificate: Some((certificate_id(row, 5)?, parsed(row, 8)?)),
                        entity: Vec::new(),
                        signed: Vec::new(),
                    };
                    Ok((record, parsed::<Place>(row, 3)?, perhaps::<Place>(row, 4)?))
                })
                .optional()?;
            let Some((record, entity, signed)) = found else { return Ok(None) };
            let entity = reader.octets(&entity)?;
            let signed = signed.map(|place| reader.octets(&place)).transpose()?;
            Ok(Some(SentRecord { entity, signed: signed.unwrap_or_default(), ..record }))
        })
        .await
    }

    /// Takes evidence in, in one commit: on record with its delivery, which
    /// moves as the table of transitions says, and its letter judged. The
    /// state that the delivery is in then.
    ///
    /// What the table does not know is recorded, and moves nothing.
    pub async fn record(&self, evidence: Evidence) -> Result<Option<State>, LedgerError> {
        self.write(0, move |commit| commit.record(&evidence)).await
    }

    /// Judges receipts again that were for no letter of ours, once the
    /// certificate's letter was sent that they speak of; how many. Those that waited for
    /// `longest` are quarantined.
    pub async fn judge_kept_again(&self, longest: Duration) -> Result<usize, LedgerError> {
        let kept = self
            .read(|reader| {
                let kept = reader
                    .sql
                    .prepare_cached("SELECT 1 FROM letter WHERE state = 'kept' LIMIT 1")?
                    .exists([])?;
                Ok(kept)
            })
            .await?;
        if !kept {
            return Ok(0);
        }
        self.write(0, move |commit| {
            let again = commit
                .sql
                .prepare_cached(
                    "UPDATE letter SET state = 'waiting' WHERE state = 'kept' AND about IN
                     (SELECT letter_id FROM delivery WHERE issued IS NOT NULL
                        AND entity IS NOT NULL AND state NOT IN ('waiting', 'sealed'))",
                )?
                .execute([])?;
            commit
                .sql
                .prepare_cached(
                    "UPDATE letter SET state = 'quarantined' WHERE state = 'kept'
                     AND taken_in_at <= ?",
                )?
                .execute([commit.at.minus(longest).millis()])?;
            commit.touched.letters |= again > 0;
            Ok(again)
        })
        .await
    }
}

impl Commit<'_> {
    //--- Ours

    /// Sees to it that a proven letter gets the receipt that it is owed.
    ///
    /// The same letter again gets the same receipt again, to the octet; only
    /// if another is due by now, or the first came to nothing, a new one.
    pub(super) fn owe(
        &mut self,
        letter: LetterId,
        partner: &PartnerCode,
        receipt: &OwedReceipt,
    ) -> Result<(), LedgerError> {
        let letter = letter.uuid().into_bytes();
        let before = self
            .sql
            .prepare_cached(
                "SELECT d.key, d.state FROM letter l
                 JOIN delivery d ON d.answers = l.key AND d.kind = 'receipt' AND d.owed = ?4
                 WHERE l.partner = ?1 AND l.message_id = ?2 AND l.entity_sha256 = ?3
                 ORDER BY d.key DESC LIMIT 1",
            )?
            .query_row(
                params![partner.as_str(), receipt.message_id, receipt.entity_sha256, receipt.owed],
                |row| Ok((row.get::<_, [u8; 16]>(0)?, parsed::<State>(row, 1)?)),
            )
            .optional()?;
        self.sql
            .prepare_cached(
                "UPDATE letter SET partner = ?, message_id = ?, entity_sha256 = ? WHERE key = ?",
            )?
            .execute(params![
                partner.as_str(),
                receipt.message_id,
                receipt.entity_sha256,
                letter
            ])?;
        match before {
            Some((key, State::HandedOver)) => return self.go_again(key, Some(self.at)),
            Some((_, state)) if !state.is_end() => return Ok(()),
            Some(_) | None => {}
        }
        let delivery = self.key()?.into_bytes();
        self.sql
            .prepare_cached(
                "INSERT INTO delivery (key, kind, answers, owed, partner, state, letter_id,
                    accepted_at, due)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                delivery,
                Kind::Receipt.as_str(),
                letter,
                receipt.owed,
                partner.as_str(),
                State::Waiting.as_str(),
                Keys::letter_id()?,
                self.at.millis(),
                self.at.millis(),
            ])?;
        self.touched.deliveries = true;
        Ok(())
    }

    //--- Theirs

    fn record(&mut self, evidence: &Evidence) -> Result<Option<State>, LedgerError> {
        let reason = evidence.reason.as_ref();
        let (code, words) = reason.map_or(("", ""), |reason| (&*reason.code, &*reason.words));
        let quarantine = Quarantine {
            partner: evidence.partner.clone(),
            held: evidence.fate == (Fate::Quarantined { held: true }),
            ..Quarantine::new(code, words)
        };
        let said = reason.is_some().then_some(&quarantine);
        match &evidence.fate {
            Fate::Quarantined { .. } => self.set_aside(evidence.letter, &quarantine)?,
            Fate::Contradicts | Fate::Recorded => {
                self.judged(evidence.letter, "recorded", None, said)?;
            }
            Fate::Kept { about } => {
                self.judged(evidence.letter, "kept", None, said)?;
                // Where such a letter went out already, and this is not about
                // it, none will turn up: judging again would never end.
                self.sql
                    .prepare_cached(
                        "UPDATE letter SET about = CASE WHEN NOT EXISTS
                         (SELECT 1 FROM delivery WHERE letter_id = ?1 AND issued IS NOT NULL
                            AND entity IS NOT NULL AND state NOT IN ('waiting', 'sealed'))
                         THEN ?1 END WHERE key = ?2",
                    )?
                    .execute(params![about, evidence.letter.uuid().into_bytes()])?;
            }
        }
        let receipt = self.key()?.into_bytes();
        self.sql
            .prepare_cached(
                "INSERT INTO receipt (key, delivery, letter, kind, at, disposition, verified,
                    signer_sha256, code, words)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                receipt,
                evidence.delivery.map(|delivery| delivery.uuid().into_bytes()),
                evidence.letter.uuid().into_bytes(),
                evidence.kind.as_str(),
                self.at.millis(),
                evidence.disposition,
                evidence.verified,
                evidence.signer_sha256,
                reason.map(|reason| &reason.code),
                reason.map(|reason| &reason.words),
            ])?;
        let Some(delivery) = evidence.delivery else { return Ok(None) };
        let row = self.row(delivery)?;
        if evidence.fate == Fate::Contradicts {
            let certificate = row.certificate.as_ref().map(|(id, status)| (id, Some(status)));
            let event = NewEvent::new(Direction::Outbound, EventKind::Contradiction);
            let event = NewEvent { delivery: Some(delivery), certificate, ..event };
            self.tell(&event.with(&row.partner).because(reason))?;
        }
        let Some(trigger) = evidence.trigger else { return Ok(Some(row.state)) };
        if decide(row.state, trigger).is_err() || !trigger.is_evidence() {
            return Ok(Some(row.state));
        }
        // The letter is already on its way again.
        let due = evidence.due.filter(|_| !row.is_under_way);
        let state = self.step(&row, trigger, due, reason)?;
        // Only what ended the delivery speaks against the lane: said again, or
        // judged beside another answer that came first, it counts for nothing.
        if let Some(reason) = reason.filter(|_| state != row.state) {
            match evidence.against {
                Against::Counts => self.count_bounce(&row.partner, reason).map(|_suspended| ())?,
                Against::Nothing => {}
                Against::Suspends => {
                    self.suspend(&row.partner, reason, None).map(|_earlier| ())?;
                }
            }
        }
        Ok(Some(state))
    }
}

//------------ The clock that waits ------------------------------------------

/// A delivery that waits for its receipt, at a step of the clock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Awaited {
    pub delivery: DeliveryId,
    pub partner: PartnerCode,
    pub state: State,
    /// How many steps were taken.
    pub steps: u32,
    pub handed_over_at: Timestamp,
    pub not_useful_after: Option<Timestamp>,
}

impl Ledger {
    /// Up to `limit` deliveries whose receipt's clock has a step to take, the
    /// longest due first.
    pub async fn awaited(&self, limit: usize) -> Result<Vec<Awaited>, LedgerError> {
        let now = self.0.clock.now();
        self.read(move |reader| {
            let mut statement = reader.sql.prepare_cached(
                "SELECT key, partner, state, receipt_step, handed_over_at, not_useful_after
                 FROM delivery WHERE receipt_due <= ? AND handed_over_at IS NOT NULL
                 ORDER BY receipt_due LIMIT ?",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![now.millis(), limit], |row| {
                Ok(Awaited {
                    delivery: DeliveryId::from_uuid(key(row, 0)?),
                    partner: parsed(row, 1)?,
                    state: parsed(row, 2)?,
                    steps: row.get(3)?,
                    handed_over_at: super::columns::time(row, 4)?,
                    not_useful_after: super::columns::perhaps_time(row, 5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Takes a step of that clock: what befalls the delivery, whether the
    /// same octets go again, and when the next step is due.
    ///
    /// Nothing happens if the delivery moved on since.
    pub async fn step_of_clock(
        &self,
        awaited: &Awaited,
        step: ClockStep,
    ) -> Result<(), LedgerError> {
        let (delivery, steps, state) = (awaited.delivery, awaited.steps, awaited.state);
        self.write(0, move |commit| {
            let key = delivery.uuid().into_bytes();
            let still = commit
                .sql
                .prepare_cached(
                    "SELECT 1 FROM delivery WHERE key = ? AND receipt_step = ? AND state = ?
                     AND receipt_due IS NOT NULL",
                )?
                .exists(params![key, steps, state.as_str()])?;
            if !still {
                return Ok(());
            }
            commit
                .sql
                .prepare_cached(
                    "UPDATE delivery SET receipt_due = ?, receipt_step = ? WHERE key = ?",
                )?
                .execute(params![step.next.map(Timestamp::millis), step.steps, key])?;
            if let Some((trigger, reason)) = &step.trigger {
                let row = commit.row(delivery)?;
                commit.step(&row, *trigger, None, Some(reason))?;
            }
            if step.again {
                commit.go_again(key, Some(commit.at))?;
            }
            Ok(())
        })
        .await
    }
}

/// A step of the clock that waits for a receipt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClockStep {
    /// How many are taken then.
    pub steps: u32,
    pub trigger: Option<(Trigger, Reason)>,
    /// Whether the same octets go again.
    pub again: bool,
    /// When the next one is due; absent after the last.
    pub next: Option<Timestamp>,
}
