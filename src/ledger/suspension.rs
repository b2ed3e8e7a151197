//! Suspensions: a partner is set aside, with a reason, and taken back.
//!
//! An operator does it beside a living run, or a lane whose letters are all
//! refused. What is under way ends; nothing else begins.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::clock::Timestamp;
use crate::delivery::{Direction, EventKind, Reason};
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{parsed, time};
use super::error::LedgerError;
use super::events::NewEvent;
use super::lanes::Cause;
use super::writer::Commit;

//------------ Suspension ----------------------------------------------------

/// A partner set aside: its deliveries are made, and wait.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Suspension {
    pub partner: PartnerCode,
    pub since: Timestamp,
    pub reason: Reason,
    /// Who did it; nobody where a lane did.
    pub who: Option<String>,
}

/// Who is set aside on record, and how often that has changed: who was set
/// aside and taken back between two looks is news as well.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SetAside {
    pub turns: u64,
    pub partners: BTreeSet<PartnerCode>,
}

const ALL: &str = "SELECT partner, since, code, words, who FROM suspension";

impl Ledger {
    /// Sets a partner aside; on disk when it returns, with the event
    /// `suspended`. If it was already, nothing changes: that suspension.
    pub async fn suspend(
        &self,
        partner: &PartnerCode,
        reason: Reason,
        who: Option<String>,
    ) -> Result<Option<Suspension>, LedgerError> {
        let partner = partner.clone();
        self.write(0, move |commit| commit.suspend(&partner, &reason, who.as_deref())).await
    }

    /// Takes a partner back; on disk when it returns, with the event
    /// `resumed`. The suspension that this ends; if there is none, nothing
    /// changes.
    pub async fn resume(
        &self,
        partner: &PartnerCode,
        who: Option<String>,
    ) -> Result<Option<Suspension>, LedgerError> {
        let partner = partner.clone();
        self.write(0, move |commit| commit.resume(&partner, who.as_deref())).await
    }

    /// Who is set aside on record.
    pub async fn set_aside(&self) -> Result<SetAside, LedgerError> {
        self.read(|reader| {
            let sql = reader.sql.unchecked_transaction()?;
            let turns: i64 = sql
                .prepare_cached("SELECT ifnull(sum(turns), 0) FROM lane")?
                .query_row([], |row| row.get(0))?;
            let mut statement = sql.prepare_cached("SELECT partner FROM suspension")?;
            let partners = statement.query_map([], |row| parsed(row, 0))?;
            let partners = partners.collect::<Result<_, _>>()?;
            Ok(SetAside { turns: u64::try_from(turns).unwrap_or(0), partners })
        })
        .await
    }

    /// Every partner that is set aside on record.
    pub async fn suspensions(&self) -> Result<Vec<Suspension>, LedgerError> {
        self.read(|reader| suspensions(&reader.sql)).await
    }
}

/// As [`Ledger::suspensions`], for whoever reads by itself.
pub(super) fn suspensions(sql: &Connection) -> Result<Vec<Suspension>, LedgerError> {
    let mut statement = sql.prepare_cached(ALL)?;
    let all = statement.query_map([], suspension)?;
    Ok(all.collect::<Result<_, _>>()?)
}

fn suspension(row: &Row<'_>) -> rusqlite::Result<Suspension> {
    Ok(Suspension {
        partner: parsed(row, 0)?,
        since: time(row, 1)?,
        reason: Reason::new(row.get::<_, String>(2)?, row.get::<_, String>(3)?),
        who: row.get(4)?,
    })
}

impl Commit<'_> {
    /// As [`Ledger::suspend`]. For whoever learns inside a commit that
    /// nothing should go to a partner.
    pub(super) fn suspend(
        &mut self,
        partner: &PartnerCode,
        reason: &Reason,
        who: Option<&str>,
    ) -> Result<Option<Suspension>, LedgerError> {
        if let Some(earlier) = self.suspension(partner)? {
            return Ok(Some(earlier));
        }
        self.sql
            .prepare_cached(
                "INSERT INTO suspension (partner, since, code, words, who) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![partner.as_str(), self.at.millis(), reason.code, reason.words, who])?;
        self.stand(partner, Cause::Suspended, true)?;
        self.turn(partner)?;
        self.start_anew(partner)?;
        self.tell(&NewEvent {
            who,
            ..NewEvent::new(Direction::Partner, EventKind::Suspended)
                .with(partner)
                .because(Some(reason))
        })?;
        self.touched.lanes = true;
        Ok(None)
    }

    fn resume(
        &mut self,
        partner: &PartnerCode,
        who: Option<&str>,
    ) -> Result<Option<Suspension>, LedgerError> {
        let Some(earlier) = self.suspension(partner)? else { return Ok(None) };
        self.sql
            .prepare_cached("DELETE FROM suspension WHERE partner = ?")?
            .execute([partner.as_str()])?;
        self.stand(partner, Cause::Suspended, false)?;
        self.turn(partner)?;
        self.tell(&NewEvent {
            who,
            ..NewEvent::new(Direction::Partner, EventKind::Resumed).with(partner)
        })?;
        (self.touched.lanes, self.touched.deliveries) = (true, true);
        Ok(Some(earlier))
    }

    fn turn(&mut self, partner: &PartnerCode) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached("UPDATE lane SET turns = turns + 1 WHERE partner = ?")?
            .execute([partner.as_str()])?;
        Ok(())
    }

    /// The lane has decided: what it counted is counted anew, and what it
    /// held back is tried again, in its old place, when the partner is back.
    fn start_anew(&mut self, partner: &PartnerCode) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached("UPDATE lane SET refusals = 0, bounces = 0 WHERE partner = ?")?
            .execute([partner.as_str()])?;
        self.sql
            .prepare_cached(
                "UPDATE delivery SET held = 0,
                    due = CASE WHEN due IS NULL OR lease_owner IS NOT NULL OR state <> 'deferred'
                        THEN due ELSE accepted_at END
                 WHERE partner = ? AND held = 1",
            )?
            .execute([partner.as_str()])?;
        Ok(())
    }

    /// The partner's suspension, if it is set aside on record.
    pub(super) fn suspension(
        &self,
        partner: &PartnerCode,
    ) -> Result<Option<Suspension>, LedgerError> {
        Ok(self
            .sql
            .prepare_cached(
                "SELECT partner, since, code, words, who FROM suspension WHERE partner = ?",
            )?
            .query_row([partner.as_str()], suspension)
            .optional()?)
    }
}
