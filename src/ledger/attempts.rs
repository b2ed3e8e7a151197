//! Attempts: a letter is sealed, tried, and judged; and what else can befall
//! a delivery.

use rusqlite::params;

use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, Impossible, Kind, Reason, State, Trigger, Verdict};

use super::Ledger;
use super::columns::list_text;
use super::error::LedgerError;
use super::outbound::{Conclusion, SealRecord};
use super::writer::Commit;

impl Ledger {
    /// Keeps a letter, what was signed of it, and by and for whom: on disk
    /// when it returns, with the event `sealed`, or `resealed` if the delivery
    /// had a letter already. Needs the lease.
    pub async fn seal(&self, record: SealRecord) -> Result<(), LedgerError> {
        let size = record.entity.len() + record.signed.len() + record.letter.len();
        self.write(size, move |commit| commit.seal(&record)).await
    }

    /// Keeps the same signed octets sealed for other keys: on disk when it
    /// returns, with the event `resealed`. Needs the lease.
    pub async fn reseal(
        &self,
        delivery: DeliveryId,
        fence: i64,
        letter: Vec<u8>,
        recipients_sha256: Vec<String>,
    ) -> Result<(), LedgerError> {
        self.write(letter.len(), move |commit| {
            let row = commit.leased(delivery, fence)?;
            commit.step(&row, Trigger::SealedAnew, None, None)?;
            let place = commit.keep(&letter)?;
            commit
                .sql
                .prepare_cached(
                    "UPDATE delivery SET letter = ?, recipients_sha256 = ? WHERE key = ?",
                )?
                .execute(params![
                    place.to_string(),
                    list_text(&recipients_sha256),
                    delivery.uuid().into_bytes()
                ])?;
            Ok(())
        })
        .await
    }

    /// Begins an attempt: it is on disk when this returns, and the first SMTP
    /// command may go. The number of the attempt. Needs the lease.
    pub async fn begin(&self, delivery: DeliveryId, fence: i64) -> Result<u32, LedgerError> {
        self.write(0, move |commit| commit.begin(delivery, fence)).await
    }

    /// Ends an attempt with its verdict and the literal replies: on disk when
    /// it returns, with the event. The state that the delivery is in then.
    pub async fn conclude(&self, conclusion: Conclusion) -> Result<State, LedgerError> {
        self.write(0, move |commit| commit.conclude(&conclusion)).await
    }

    /// Moves a delivery that nobody is sending, for what the lane knows of it:
    /// expired, failed, or refused after all. No other trigger is taken.
    pub async fn end(
        &self,
        delivery: DeliveryId,
        fence: i64,
        trigger: Trigger,
        reason: Reason,
    ) -> Result<State, LedgerError> {
        self.write(0, move |commit| {
            let row = commit.guarded(delivery, fence)?;
            if row.is_under_way || !trigger.is_lane_end() {
                return Err(Impossible { state: row.state, trigger }.into());
            }
            commit.step(&row, trigger, None, Some(&reason))
        })
        .await
    }

    /// Moves a delivery for what comes from outside any attempt: a receipt,
    /// a report, an answer, a clock. No lease is needed, and none is broken;
    /// `due` is for what goes again. Also ends one as [`Ledger::end`] does, for
    /// whoever has no lease; who had one loses it.
    pub async fn apply(
        &self,
        delivery: DeliveryId,
        trigger: Trigger,
        due: Option<Timestamp>,
        reason: Option<Reason>,
    ) -> Result<State, LedgerError> {
        self.write(0, move |commit| {
            let row = commit.row(delivery)?;
            let from_here = trigger.is_lane_end() && !row.is_under_way;
            if !trigger.is_evidence() && !from_here {
                return Err(Impossible { state: row.state, trigger }.into());
            }
            // The letter is already on its way again.
            if row.is_under_way && trigger == Trigger::RelayGaveUp {
                return Ok(row.state);
            }
            let state = commit.step(&row, trigger, due, reason.as_ref())?;
            if from_here {
                commit.fence_off(delivery)?;
            }
            Ok(state)
        })
        .await
    }
}

impl Commit<'_> {
    fn seal(&mut self, record: &SealRecord) -> Result<(), LedgerError> {
        let row = self.leased(record.delivery, record.fence)?;
        let trigger = match row.state {
            State::Waiting => Trigger::Sealed,
            State::Sealed
            | State::Sending
            | State::Deferred
            | State::InDoubt
            | State::HandedOver
            | State::Received
            | State::Answered
            | State::Refused
            | State::Bounced
            | State::Expired
            | State::Withdrawn
            | State::Failed
            | State::Unconfirmed => Trigger::SealedAnew,
        };
        self.step(&row, trigger, None, None)?;
        let entity = self.keep(&record.entity)?;
        let signed = self.keep(&record.signed)?;
        let letter = self.keep(&record.letter)?;
        self.sql
            .prepare_cached(
                "UPDATE delivery SET entity = ?, signed = ?, letter = ?, xml_sha256 = ?,
                    signer_sha256 = ?, recipients_sha256 = ?, signed_at = ? WHERE key = ?",
            )?
            .execute(params![
                entity.to_string(),
                signed.to_string(),
                letter.to_string(),
                record.xml_sha256,
                record.signer_sha256,
                list_text(&record.recipients_sha256),
                record.signed_at.millis(),
                record.delivery.uuid().into_bytes(),
            ])?;
        Ok(())
    }

    fn begin(&mut self, delivery: DeliveryId, fence: i64) -> Result<u32, LedgerError> {
        let row = self.leased(delivery, fence)?;
        // Suspended since it was claimed: nothing begins.
        if self.suspension(&row.partner)?.is_some() {
            return Err(LedgerError::Fenced);
        }
        self.step(&row, Trigger::Begun, None, None)?;
        self.lane(&row.partner)?;
        let runs_from = self.at.minus(self.stood(&row.partner)?);
        let n = row.attempts + 1;
        let key = delivery.uuid().into_bytes();
        self.sql
            .prepare_cached("INSERT INTO attempt (delivery, n, started_at) VALUES (?, ?, ?)")?
            .execute(params![key, n, self.at.millis()])?;
        self.sql
            .prepare_cached(
                "UPDATE delivery SET attempts = ?2, under_way = 1, due = NULL,
                    first_attempt_at = ifnull(first_attempt_at, ?3),
                    runs_from = ifnull(runs_from, ?4) WHERE key = ?1",
            )?
            .execute(params![key, n, self.at.millis(), runs_from.millis()])?;
        Ok(n)
    }

    fn conclude(&mut self, conclusion: &Conclusion) -> Result<State, LedgerError> {
        let row = self.guarded(conclusion.delivery, conclusion.fence)?;
        if !row.is_under_way || row.attempts != conclusion.attempt {
            return Err(LedgerError::Fenced);
        }
        let key = row.delivery.uuid().into_bytes();
        let reason = conclusion.reason.as_ref();
        self.sql
            .prepare_cached(
                "UPDATE attempt SET ended_at = ?, peer = ?, tls = ?, phase = ?, verdict = ?,
                    replies = ?, code = ?, words = ? WHERE delivery = ? AND n = ?",
            )?
            .execute(params![
                conclusion.ended_at.millis(),
                conclusion.peer,
                conclusion.tls,
                conclusion.phase.as_str(),
                conclusion.verdict.as_str(),
                list_text(&conclusion.replies),
                reason.map(|reason| &reason.code),
                reason.map(|reason| &reason.words),
                key,
                conclusion.attempt,
            ])?;
        self.no_longer_under_way(row.delivery)?;
        // What was taken does not go again by itself.
        let due = conclusion.due.filter(|_| conclusion.verdict != Verdict::HandedOver);
        let after_all = Reason::new("smtp.end-of-data", "their server took it all the same");
        let told = match (row.state, conclusion.verdict) {
            (State::Bounced, Verdict::HandedOver) => Some(&after_all),
            _ => reason,
        };
        let state = self.step(&row, conclusion.verdict.into(), due, told)?;
        // The first hand-over starts the clock; a later one starts none.
        if row.state == State::Sending
            && state == State::HandedOver
            && let Some(due) = conclusion.receipt_due
        {
            self.sql
                .prepare_cached(
                    "UPDATE delivery SET receipt_due = ifnull(receipt_due, ?) WHERE key = ?",
                )?
                .execute(params![due.millis(), key])?;
        }
        self.unhold(row.delivery)?;
        // A receipt may go to another mailbox, and proves nothing of this one.
        if conclusion.verdict == Verdict::HandedOver && row.kind != Kind::Receipt {
            self.lane_succeeded(row.delivery, &row.partner)?;
        }
        if let Some(reason) = reason.filter(|_| conclusion.is_held && state == State::Deferred) {
            self.hold(row.delivery, &row.partner, reason)?;
        }
        Ok(state)
    }

    /// The attempt is over; the lease with it.
    pub(super) fn no_longer_under_way(&mut self, delivery: DeliveryId) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached(
                "UPDATE delivery SET under_way = 0, lease_owner = NULL, lease_until = NULL
                 WHERE key = ?",
            )?
            .execute([delivery.uuid().into_bytes()])?;
        Ok(())
    }
}
