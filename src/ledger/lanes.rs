//! Lanes: how long each has stood still, and why; who is set aside.
//!
//! A lane's own clock stands still while its circuit is open or its partner
//! suspended, and `give_up` goes by that clock. The account is kept here, so
//! that a restart changes nothing.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, Reason, State, Trigger};
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{parsed, perhaps_time};
use super::error::LedgerError;
use super::suspension::Suspension;
use super::writer::Commit;

/// So many 5.1.x and 5.7.x in a row suspend a partner.
const REFUSALS: u32 = 3;

//------------ Cause ---------------------------------------------------------

/// What makes a lane's clock stand still.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// Its destination's circuit is open.
    CutOff,
    /// partners.toml says so.
    SetAside,
    /// It is suspended on record.
    Suspended,
}

//------------ LaneAccount ---------------------------------------------------

/// What is on record of a lane.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LaneAccount {
    pub partner: PartnerCode,
    /// 5.1.x and 5.7.x in a row, reports of them included.
    pub refusals: u32,
    /// Since when its clock stands still, if it does.
    pub still_since: Option<Timestamp>,
    /// For how long it had stood still before that.
    pub stood: Duration,
    /// Whether its circuit is open.
    pub is_cut_off: bool,
    pub suspension: Option<Suspension>,
}

impl Ledger {
    /// The accounts of all lanes that ever had something on record.
    pub async fn lanes(&self) -> Result<Vec<LaneAccount>, LedgerError> {
        self.read(|reader| {
            let mut statement = reader.sql.prepare_cached(
                "SELECT l.partner, l.refusals + l.bounces, l.still_since, l.stood, l.cut_off,
                    s.since, s.code, s.words, s.who
                 FROM lane l LEFT JOIN suspension s ON s.partner = l.partner ORDER BY l.partner",
            )?;
            let accounts = statement.query_map([], account)?;
            Ok(accounts.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Says whether `cause` makes the lane's clock stand still. The same again
    /// changes nothing.
    pub async fn stand(
        &self,
        partner: &PartnerCode,
        cause: Cause,
        stands: bool,
    ) -> Result<(), LedgerError> {
        let partner = partner.clone();
        self.write(0, move |commit| commit.stand(&partner, cause, stands)).await
    }

    /// Counts a report that a letter bounced with 5.1.x or 5.7.x: with two
    /// others in a row it suspends the partner. Whether it did.
    pub async fn count_bounce(
        &self,
        partner: &PartnerCode,
        reason: Reason,
    ) -> Result<bool, LedgerError> {
        let partner = partner.clone();
        self.write(0, move |commit| commit.count_bounce(&partner, &reason)).await
    }
}

fn account(row: &Row<'_>) -> rusqlite::Result<LaneAccount> {
    let partner: PartnerCode = parsed(row, 0)?;
    let suspension = perhaps_time(row, 5)?.map(|since| {
        let reason = Reason::new(row.get::<_, String>(6)?, row.get::<_, String>(7)?);
        Ok::<_, rusqlite::Error>(Suspension {
            partner: partner.clone(),
            since,
            reason,
            who: row.get(8)?,
        })
    });
    Ok(LaneAccount {
        refusals: row.get(1)?,
        still_since: perhaps_time(row, 2)?,
        stood: millis(row.get(3)?),
        is_cut_off: row.get(4)?,
        suspension: suspension.transpose()?,
        partner,
    })
}

/// Why nothing goes to `partner`, if the lane's record says so.
pub(super) fn waits(
    sql: &Connection,
    partner: &PartnerCode,
) -> Result<Option<Reason>, LedgerError> {
    let found: Option<(bool, bool, Option<Timestamp>, Option<String>)> = sql
        .prepare_cached(
            "SELECT l.cut_off, l.suspended OR l.set_aside, l.still_since, s.words
             FROM lane l LEFT JOIN suspension s ON s.partner = l.partner WHERE l.partner = ?",
        )?
        .query_row([partner.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, perhaps_time(row, 2)?, row.get(3)?))
        })
        .optional()?;
    let Some((is_cut_off, is_suspended, since, words)) = found else { return Ok(None) };
    let since = since.map(|at| format!(" since {at}")).unwrap_or_default();
    Ok(if is_suspended {
        let words = words.unwrap_or_else(|| "partners.toml says so".to_owned());
        Some(Reason::new("partner.suspended", format!("{partner} is suspended{since}: {words}")))
    } else if is_cut_off {
        let words = format!("its server is not reached{since}, and tried once a step");
        Some(Reason::new("circuit.open", words))
    } else {
        None
    })
}

fn millis(count: i64) -> Duration {
    Duration::from_millis(u64::try_from(count).unwrap_or(0))
}

//------------ Commit --------------------------------------------------------

impl Commit<'_> {
    /// As [`Ledger::stand`].
    pub(super) fn stand(
        &mut self,
        partner: &PartnerCode,
        cause: Cause,
        stands: bool,
    ) -> Result<(), LedgerError> {
        self.lane(partner)?;
        let column = match cause {
            Cause::CutOff => "UPDATE lane SET cut_off = ?2 WHERE partner = ?1",
            Cause::SetAside => "UPDATE lane SET set_aside = ?2 WHERE partner = ?1",
            Cause::Suspended => "UPDATE lane SET suspended = ?2 WHERE partner = ?1",
        };
        self.sql.prepare_cached(column)?.execute(params![partner.as_str(), stands])?;
        // A clock that was set back must not give time away.
        self.sql
            .prepare_cached(
                "UPDATE lane SET
                    stood = stood + CASE WHEN cut_off + suspended + set_aside = 0
                        THEN max(0, ?2 - ifnull(still_since, ?2)) ELSE 0 END,
                    still_since = CASE WHEN cut_off + suspended + set_aside = 0
                        THEN NULL ELSE ifnull(still_since, ?2) END
                 WHERE partner = ?1",
            )?
            .execute(params![partner.as_str(), self.at.millis()])?;
        Ok(())
    }

    /// Makes the lane's account if there is none.
    pub(super) fn lane(&mut self, partner: &PartnerCode) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached("INSERT INTO lane (partner) VALUES (?) ON CONFLICT DO NOTHING")?
            .execute([partner.as_str()])?;
        Ok(())
    }

    /// For how long the lane has stood still in all, until now.
    pub(super) fn stood(&self, partner: &PartnerCode) -> Result<Duration, LedgerError> {
        let found: Option<(i64, Option<Timestamp>)> = self
            .sql
            .prepare_cached("SELECT stood, still_since FROM lane WHERE partner = ?")?
            .query_row([partner.as_str()], |row| Ok((row.get(0)?, perhaps_time(row, 1)?)))
            .optional()?;
        let (stood, since) = found.unwrap_or((0, None));
        Ok(millis(stood) + since.map_or(Duration::ZERO, |since| self.at.since(since)))
    }

    /// Deliveries tried for the first time `give_up` ago and more, by the
    /// clocks of their lanes.
    pub(super) fn given_up(
        &self,
        give_up: Duration,
        limit: usize,
    ) -> Result<Vec<DeliveryId>, LedgerError> {
        let mut statement = self.sql.prepare_cached("SELECT partner FROM lane")?;
        let lanes = statement.query_map([], |row| parsed::<PartnerCode>(row, 0))?;
        let mut over = Vec::new();
        for lane in lanes.collect::<Result<Vec<_>, _>>()? {
            let before = self.at.minus(give_up).minus(self.stood(&lane)?);
            over.extend(self.deliveries(
                "SELECT key FROM delivery WHERE partner = ? AND runs_from <= ?
                 AND runs_from IS NOT NULL AND state IN ('deferred', 'in-doubt')
                 ORDER BY runs_from LIMIT ?",
                params![
                    lane.as_str(),
                    before.millis(),
                    i64::try_from(limit.saturating_sub(over.len())).unwrap_or(i64::MAX)
                ],
            )?);
        }
        Ok(over)
    }

    /// An attempt ended with 5.1.x or 5.7.x: the delivery waits until the lane
    /// decides, and the third in a row suspends the partner.
    pub(super) fn hold(
        &mut self,
        delivery: DeliveryId,
        partner: &PartnerCode,
        reason: &Reason,
    ) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached("UPDATE delivery SET held = 1 WHERE key = ?")?
            .execute([delivery.uuid().into_bytes()])?;
        self.lane(partner)?;
        self.sql
            .prepare_cached("UPDATE lane SET refusals = refusals + 1 WHERE partner = ?")?
            .execute([partner.as_str()])?;
        self.decide_lane(partner, reason)?;
        Ok(())
    }

    /// As [`Ledger::count_bounce`].
    pub(super) fn count_bounce(
        &mut self,
        partner: &PartnerCode,
        reason: &Reason,
    ) -> Result<bool, LedgerError> {
        self.lane(partner)?;
        self.sql
            .prepare_cached("UPDATE lane SET bounces = bounces + 1 WHERE partner = ?")?
            .execute([partner.as_str()])?;
        self.decide_lane(partner, reason)
    }

    /// A receipt proved that letters reach the partner: earlier bounces count
    /// no more.
    pub(super) fn forget_bounces(&mut self, partner: &PartnerCode) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached("UPDATE lane SET bounces = 0 WHERE partner = ? AND bounces > 0")?
            .execute([partner.as_str()])?;
        Ok(())
    }

    fn decide_lane(&mut self, partner: &PartnerCode, last: &Reason) -> Result<bool, LedgerError> {
        let in_a_row: u32 = self
            .sql
            .prepare_cached("SELECT refusals + bounces FROM lane WHERE partner = ?")?
            .query_row([partner.as_str()], |row| row.get(0))?;
        if in_a_row < REFUSALS {
            return Ok(false);
        }
        let words = format!("refused {in_a_row} times in a row; the last time: {}", last.words);
        let reason = Reason::new("lane.refused", words);
        Ok(self.suspend(partner, &reason, None)?.is_none())
    }

    /// A letter was taken: what was refused before it is refused for good.
    pub(super) fn lane_succeeded(
        &mut self,
        delivery: DeliveryId,
        partner: &PartnerCode,
    ) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached("UPDATE lane SET refusals = 0 WHERE partner = ? AND refusals > 0")?
            .execute([partner.as_str()])?;
        let held = self.deliveries(
            "SELECT key FROM delivery WHERE partner = ? AND held = 1",
            [partner.as_str()],
        )?;
        for refused in held {
            let row = self.row(refused)?;
            // One that is on its way again has a verdict coming.
            if row.is_under_way && refused != delivery {
                continue;
            }
            self.unhold(refused)?;
            if row.state == State::Deferred {
                let reason = self.last_reason(refused)?;
                self.fence_off(refused)?;
                self.step(&row, Trigger::Refused, None, Some(&reason))?;
            }
        }
        Ok(())
    }

    /// The delivery does not wait for the lane any more.
    pub(super) fn unhold(&mut self, delivery: DeliveryId) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached("UPDATE delivery SET held = 0 WHERE key = ? AND held = 1")?
            .execute([delivery.uuid().into_bytes()])?;
        Ok(())
    }

    fn last_reason(&self, delivery: DeliveryId) -> Result<Reason, LedgerError> {
        let reason: Option<(Option<String>, Option<String>)> = self
            .sql
            .prepare_cached(
                "SELECT code, words FROM attempt WHERE delivery = ? ORDER BY n DESC LIMIT 1",
            )?
            .query_row([delivery.uuid().into_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (code, words) = reason.unwrap_or_default();
        let code = code.unwrap_or_else(|| "lane.refused".to_owned());
        let words = words.unwrap_or_else(|| "refused by their server".to_owned());
        Ok(Reason::new(code, format!("{words}; another letter was taken since")))
    }
}
