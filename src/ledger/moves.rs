//! Moves: the one place where a delivery's state changes.

use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use crate::certificate::{CertificateId, Status};
use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, Direction, EventKind, Kind, Reason, State, Trigger, decide};
use crate::partner::PartnerCode;

use super::columns::{certificate_id, parsed, perhaps_time, time};
use super::error::LedgerError;
use super::events::NewEvent;
use super::writer::Commit;

//------------ Row -----------------------------------------------------------

/// What a move needs to know of a delivery.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) delivery: DeliveryId,
    pub(super) kind: Kind,
    /// The certificate it carries, or that of the letter it answers; absent
    /// where none could be read.
    pub(super) certificate: Option<(CertificateId, Status)>,
    pub(super) partner: PartnerCode,
    pub(super) state: State,
    pub(super) accepted_at: Timestamp,
    pub(super) lease_until: Option<Timestamp>,
    pub(super) fence: i64,
    pub(super) attempts: u32,
    pub(super) is_under_way: bool,
}

impl Commit<'_> {
    /// A delivery, whoever holds it.
    pub(super) fn row(&self, delivery: DeliveryId) -> Result<Row, LedgerError> {
        self.sql
            .prepare_cached(
                "SELECT ifnull(i.country, a.country), ifnull(i.document_type, a.document_type),
                    ifnull(i.number, a.number), ifnull(i.status, a.status), d.partner, d.state,
                    d.accepted_at, d.lease_until, d.fence, d.attempts, d.under_way, d.kind
                 FROM delivery d LEFT JOIN issued i ON i.key = d.issued
                 LEFT JOIN letter l ON l.key = d.answers LEFT JOIN arrival a ON a.key = l.arrival
                 WHERE d.key = ?",
            )?
            .query_row([delivery.uuid().into_bytes()], |row| {
                let known = row.get::<_, Option<String>>(0)?.is_some();
                let certificate = match known {
                    true => Some((certificate_id(row, 0)?, parsed(row, 3)?)),
                    false => None,
                };
                Ok(Row {
                    delivery,
                    kind: parsed(row, 11)?,
                    certificate,
                    partner: parsed(row, 4)?,
                    state: parsed(row, 5)?,
                    accepted_at: time(row, 6)?,
                    lease_until: perhaps_time(row, 7)?,
                    fence: row.get(8)?,
                    attempts: row.get(9)?,
                    is_under_way: row.get(10)?,
                })
            })
            .optional()?
            .ok_or(LedgerError::Unknown { what: "delivery" })
    }

    /// A delivery that `fence` still guards.
    pub(super) fn guarded(&self, delivery: DeliveryId, fence: i64) -> Result<Row, LedgerError> {
        let row = self.row(delivery)?;
        if row.fence == fence { Ok(row) } else { Err(LedgerError::Fenced) }
    }

    /// A delivery that `fence` guards and a lease holds.
    pub(super) fn leased(&self, delivery: DeliveryId, fence: i64) -> Result<Row, LedgerError> {
        let row = self.guarded(delivery, fence)?;
        if row.lease_until.is_some() { Ok(row) } else { Err(LedgerError::Fenced) }
    }

    /// Moves a delivery as the table says, and tells of it.
    ///
    /// A new state that can be claimed is due at `due`, or at once; what stays
    /// handed over, at `due` if it goes again. A move
    /// to any state but `sealed` and `sending` gives the lease back. A verdict lets
    /// the successors go that waited for it.
    pub(super) fn step(
        &mut self,
        row: &Row,
        trigger: Trigger,
        due: Option<Timestamp>,
        reason: Option<&Reason>,
    ) -> Result<State, LedgerError> {
        let step = decide(row.state, trigger)?;
        if trigger == Trigger::Received {
            self.forget_bounces(&row.partner)?;
        }
        let key = row.delivery.uuid().into_bytes();
        if step.state != row.state {
            match step.state {
                // Still the lane's: due is the end of the lease, or never.
                State::Sealed | State::Sending => {
                    let due = row.lease_until.filter(|_end| step.state == State::Sealed);
                    self.sql
                        .prepare_cached("UPDATE delivery SET state = ?, due = ? WHERE key = ?")?
                        .execute(params![step.state.as_str(), due.map(Timestamp::millis), key])?;
                }
                State::Waiting
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
                | State::Unconfirmed => self.settle(step.state, key, due)?,
            }
            // What comes back from a relay is sent anew, with all its time.
            if trigger == Trigger::RelayGaveUp {
                self.sql
                    .prepare_cached(
                        "UPDATE delivery SET first_attempt_at = NULL, runs_from = NULL
                         WHERE key = ?",
                    )?
                    .execute([key])?;
            }
            if row.state.lacks_verdict() && !step.state.lacks_verdict() {
                self.let_successors_go(row.delivery)?;
            }
        }
        if step.state == row.state && step.state == State::HandedOver {
            self.go_again(key, due)?;
        }
        if let Some(kind) = step.event {
            self.tell_of(row, kind, step.state.is_end(), reason)?;
        }
        Ok(step.state)
    }

    /// Tells what befell a delivery. Of a receipt of ours nobody hears but
    /// that it was sent, or that it never will be.
    fn tell_of(
        &mut self,
        row: &Row,
        kind: EventKind,
        at_end: bool,
        reason: Option<&Reason>,
    ) -> Result<(), LedgerError> {
        let (delivery, certificate) = (Some(row.delivery), row.certificate.as_ref());
        let event = match (row.kind, kind) {
            (Kind::Receipt, EventKind::HandedOver | EventKind::Resent) => {
                NewEvent::new(Direction::Inbound, EventKind::ReceiptSent)
            }
            (Kind::Receipt, _) if at_end => {
                // Of no certificate of ours.
                let event = NewEvent::new(Direction::Outbound, kind).with(&row.partner);
                return self.tell(&NewEvent { delivery, at_end, ..event }.because(reason));
            }
            (Kind::Receipt, _) => return Ok(()),
            (Kind::Acknowledgement | Kind::Certificate | Kind::Inquiry, _) => {
                NewEvent { at_end, ..NewEvent::new(Direction::Outbound, kind) }
            }
        };
        let certificate = certificate.map(|(id, status)| (id, Some(status)));
        let event = NewEvent { delivery, certificate, ..event };
        self.tell(&event.with(&row.partner).because(reason))
    }

    /// What was handed over is due once more, at `due` if at all; its state
    /// stays what it is.
    pub(super) fn go_again(
        &mut self,
        key: [u8; 16],
        due: Option<Timestamp>,
    ) -> Result<(), LedgerError> {
        let Some(due) = due else { return Ok(()) };
        self.sql
            .prepare_cached("UPDATE delivery SET due = ? WHERE key = ? AND under_way = 0")?
            .execute(params![due.millis(), key])?;
        self.touched.deliveries = true;
        Ok(())
    }

    fn settle(
        &mut self,
        state: State,
        key: [u8; 16],
        due: Option<Timestamp>,
    ) -> Result<(), LedgerError> {
        let now = self.at.millis();
        let due = state.is_pending().then(|| due.unwrap_or(self.at).millis());
        self.sql
            .prepare_cached(
                "UPDATE delivery SET state = ?1, due = ?2, lease_owner = NULL, lease_until = NULL,
                    handed_over_at = CASE WHEN ?3 THEN ifnull(handed_over_at, ?5)
                        ELSE handed_over_at END,
                    ended_at = CASE WHEN ?4 THEN ?5 END,
                    receipt_due = CASE WHEN ?7 THEN receipt_due END
                 WHERE key = ?6",
            )?
            .execute(params![
                state.as_str(),
                due,
                state == State::HandedOver,
                state.is_end(),
                now,
                key,
                // What is handed over, or goes again, waits for its receipt.
                state == State::HandedOver || state.lacks_verdict(),
            ])?;
        self.touched.deliveries |= due.is_some();
        Ok(())
    }

    fn let_successors_go(&mut self, predecessor: DeliveryId) -> Result<(), LedgerError> {
        let predecessor = predecessor.uuid().into_bytes();
        let successors: Vec<[u8; 16]> = self
            .sql
            .prepare_cached("DELETE FROM follows WHERE predecessor = ? RETURNING successor")?
            .query_map([predecessor], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for successor in successors {
            let freed = self
                .sql
                .prepare_cached(
                    "UPDATE delivery SET due = ?2
                     WHERE key = ?1 AND due IS NULL AND state IN ('waiting', 'sealed')
                     AND NOT EXISTS (SELECT 1 FROM follows WHERE successor = ?1)",
                )?
                .execute(params![successor, self.at.millis()])?;
            self.touched.deliveries |= freed > 0;
        }
        // What came to its end waits for nothing any more.
        self.sql
            .prepare_cached("DELETE FROM follows WHERE successor = ?")?
            .execute([predecessor])?;
        Ok(())
    }

    /// Takes a delivery from whoever holds it: what they do with it fails.
    pub(super) fn fence_off(&mut self, delivery: DeliveryId) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached("UPDATE delivery SET fence = fence + 1 WHERE key = ?")?
            .execute([delivery.uuid().into_bytes()])?;
        Ok(())
    }

    /// The deliveries of certificates that `found` gives, as keys.
    pub(super) fn deliveries<P: rusqlite::Params>(
        &self,
        found: &str,
        with: P,
    ) -> Result<Vec<DeliveryId>, LedgerError> {
        let mut statement = self.sql.prepare_cached(found)?;
        let keys = statement.query_map(with, |row| row.get::<_, [u8; 16]>(0))?;
        let ids = keys.map(|key| Ok(DeliveryId::from_uuid(Uuid::from_bytes(key?))));
        ids.collect()
    }
}
