//! Recovery: what the end of a run left open; and what time ends by itself.

use std::time::Duration;

use rusqlite::params;

use crate::delivery::{DeliveryId, Reason, Trigger, Verdict};

use super::Ledger;
use super::error::LedgerError;
use super::outbound::Recovered;
use super::writer::Commit;

impl Ledger {
    /// Settles what the last run left open; called once, before any street
    /// starts. On disk when it returns: attempts without a verdict are in
    /// doubt and due after `in_doubt_hold`; all leases are void; a letter whose
    /// opening never ended has one crash more, and is opened alone from now on.
    pub async fn recover(&self, in_doubt_hold: Duration) -> Result<Recovered, LedgerError> {
        self.write(0, move |commit| commit.recover(in_doubt_hold)).await
    }

    /// Puts attempts in doubt that began `longer_ago` and more and never
    /// ended: their task is gone. How many.
    pub async fn abandon(
        &self,
        longer_ago: Duration,
        in_doubt_hold: Duration,
    ) -> Result<u32, LedgerError> {
        self.write(0, move |commit| {
            let before = commit.at.minus(longer_ago);
            let lost = commit.deliveries(
                "SELECT d.key FROM delivery d JOIN attempt a ON a.delivery = d.key
                 AND a.n = d.attempts WHERE d.under_way = 1 AND a.started_at <= ?",
                [before.millis()],
            )?;
            commit.put_in_doubt(&lost, in_doubt_hold, "the attempt never ended")
        })
        .await
    }

    /// Expires up to `limit` deliveries, whatever they wait for, that are not
    /// useful any more, and as many that were tried for all of `give_up`
    /// while their lanes did not stand still. Not those being sent. Which.
    pub async fn expire(
        &self,
        limit: usize,
        give_up: Duration,
    ) -> Result<Vec<DeliveryId>, LedgerError> {
        self.write(0, move |commit| commit.expire(limit, give_up)).await
    }
}

impl Commit<'_> {
    fn recover(&mut self, hold: Duration) -> Result<Recovered, LedgerError> {
        let sending = self.deliveries("SELECT key FROM delivery WHERE under_way = 1", [])?;
        let in_doubt = self.put_in_doubt(&sending, hold, "the run ended during the attempt")?;
        let leased =
            self.deliveries("SELECT key FROM delivery WHERE lease_owner IS NOT NULL", [])?;
        for delivery in &leased {
            self.give_back(*delivery)?;
        }
        let openings = self.count_openings()?;
        (self.touched.deliveries, self.touched.letters) = (true, true);
        Ok(Recovered {
            in_doubt,
            leases: u32::try_from(leased.len()).unwrap_or(u32::MAX),
            openings,
        })
    }

    /// A crash counts against the letter that was open. Were several, nobody
    /// knows whose it was: all are opened alone from now on, and the next
    /// crash finds the one.
    fn count_openings(&mut self) -> Result<u32, LedgerError> {
        let open: u32 =
            self.sql
                .query_row("SELECT count(*) FROM letter WHERE opening = 1", [], |row| row.get(0))?;
        self.sql.execute(
            "UPDATE letter SET opening = 0, suspect = 1, crashes = crashes + ? WHERE opening = 1",
            [u32::from(open == 1)],
        )?;
        Ok(open)
    }

    fn put_in_doubt(
        &mut self,
        deliveries: &[DeliveryId],
        hold: Duration,
        words: &str,
    ) -> Result<u32, LedgerError> {
        let reason = Reason::new("attempt.no-verdict", words);
        let due = self.at.plus(hold);
        for delivery in deliveries {
            let row = self.row(*delivery)?;
            // How far it had come is not known: no phase.
            self.sql
                .prepare_cached(
                    "UPDATE attempt SET ended_at = ?, verdict = ?, code = ?, words = ?
                     WHERE delivery = ? AND n = ?",
                )?
                .execute(params![
                    self.at.millis(),
                    Verdict::InDoubt.as_str(),
                    reason.code,
                    reason.words,
                    delivery.uuid().into_bytes(),
                    row.attempts,
                ])?;
            self.fence_off(*delivery)?;
            self.no_longer_under_way(*delivery)?;
            self.step(&row, Trigger::Crashed, Some(due), Some(&reason))?;
        }
        Ok(u32::try_from(deliveries.len()).unwrap_or(u32::MAX))
    }

    fn expire(&mut self, limit: usize, give_up: Duration) -> Result<Vec<DeliveryId>, LedgerError> {
        let useless = self.deliveries(
            "SELECT key FROM delivery
             WHERE not_useful_after IS NOT NULL AND not_useful_after <= ?
             AND state IN ('waiting', 'sealed', 'deferred', 'in-doubt')
             ORDER BY not_useful_after LIMIT ?",
            params![self.at.millis(), i64::try_from(limit).unwrap_or(i64::MAX)],
        )?;
        let words = format!("by {} it was not useful any more, as its submission says", self.at);
        self.end_all(&useless, &Reason::new("expired", words))?;
        let tried = self.given_up(give_up, limit)?;
        let words = "nobody took it in all the time there was for it (clock.give_up)";
        self.end_all(&tried, &Reason::new("expired", words))?;
        Ok([useless, tried].concat())
    }

    fn end_all(&mut self, deliveries: &[DeliveryId], reason: &Reason) -> Result<(), LedgerError> {
        for delivery in deliveries {
            let row = self.row(*delivery)?;
            self.fence_off(*delivery)?;
            self.step(&row, Trigger::Expired, None, Some(reason))?;
        }
        Ok(())
    }
}
