//! The tally: what is counted, for programs that watch.
//!
//! What happened is counted from a mark on, by the chain of events: a count
//! costs what is new, however long the ledger is. What is open is counted by
//! the partial indexes, which hold nothing else.

use rusqlite::{OptionalExtension, Row};

use crate::clock::Timestamp;
use crate::delivery::{Direction, EventKind, State};
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{parsed, perhaps, time};
use super::error::LedgerError;
use super::events::{Head, STREAM};
use super::inbound::Outlet;
use super::reader::Reader;

/// Events that one reading counts at most: others wait for the same thread.
const AT_ONCE: i64 = 50_000;

pub(super) const EVENTS: &str = "
    SELECT direction, event, json_extract(body, '$.partner'),
        json_extract(body, '$.reason.code'), count(*)
    FROM event WHERE stream = ? AND seq > ? AND seq <= ? GROUP BY 1, 2, 3, 4";

/// Those that can be claimed, those under way, and those that wait for the
/// verdict on another: each by an index of its own.
pub(super) const OPEN: &str = "
    SELECT partner, state, count(*), min(accepted_at) FROM (
        SELECT partner, state, accepted_at FROM delivery WHERE due IS NOT NULL
        UNION ALL
        SELECT partner, state, accepted_at FROM delivery WHERE under_way = 1 AND due IS NULL
        UNION ALL
        SELECT partner, state, accepted_at FROM delivery
            WHERE key IN (SELECT successor FROM follows) AND due IS NULL AND under_way = 0
    ) GROUP BY partner, state";

//------------ Mark ----------------------------------------------------------

/// How far has been counted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mark {
    /// The last event.
    seq: i64,
    /// The last certificate of ours.
    issued: Vec<u8>,
}

//------------ Counted -------------------------------------------------------

/// What happened since a mark.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Counted {
    /// Where the next count goes on.
    pub mark: Mark,
    /// Whether that is the end, for now.
    pub is_whole: bool,
    /// Versions of certificates of ours that were accepted.
    pub accepted: u64,
    pub events: Vec<Happened>,
}

/// Events of one kind about one partner, for one reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Happened {
    pub direction: Direction,
    pub kind: EventKind,
    pub partner: Option<PartnerCode>,
    /// The code of the reason, if the event has one.
    pub code: Option<String>,
    pub times: u64,
}

//------------ Waiting -------------------------------------------------------

/// What is open now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Waiting {
    pub deliveries: Vec<Open>,
    /// Letters that nobody has judged.
    pub letters: u64,
    /// What is not confirmed, for each outlet.
    pub unpublished: Vec<(Outlet, u64)>,
}

/// Deliveries to one partner in one state.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Open {
    pub partner: PartnerCode,
    pub state: State,
    pub deliveries: u64,
    /// When the oldest of them was accepted.
    pub oldest: Timestamp,
}

impl Ledger {
    /// The mark behind everything that is on record now.
    pub async fn mark(&self) -> Result<Mark, LedgerError> {
        self.study(|reader| {
            let seq = Head::read(&reader.sql)?.seq;
            let issued: Option<Vec<u8>> =
                reader.sql.query_row("SELECT max(key) FROM issued", [], |row| row.get(0))?;
            Ok(Mark { seq, issued: issued.unwrap_or_default() })
        })
        .await
    }

    /// What happened since `mark`, or the first part of it.
    pub async fn count_since(&self, mark: Mark) -> Result<Counted, LedgerError> {
        self.study(move |reader| count(reader, mark)).await
    }

    /// What is open now.
    pub async fn waiting(&self) -> Result<Waiting, LedgerError> {
        self.study(waiting).await
    }

    /// Whether the ledger can be written, by writing nothing.
    pub async fn writable(&self) -> Result<(), LedgerError> {
        self.write(0, |_commit| Ok(())).await
    }
}

fn count(reader: &mut Reader, mark: Mark) -> Result<Counted, LedgerError> {
    // One transaction: a certificate and its events are seen together.
    let sql = reader.sql.unchecked_transaction()?;
    let head = Head::read(&sql)?.seq;
    let upto = head.min(mark.seq + AT_ONCE);
    let mut statement = sql.prepare_cached(EVENTS)?;
    let events = statement.query_map([STREAM, mark.seq, upto], |row| {
        Ok(Happened {
            direction: parsed(row, 0)?,
            kind: parsed(row, 1)?,
            partner: perhaps(row, 2)?,
            code: row.get(3)?,
            times: number(row, 4)?,
        })
    })?;
    let events = events.collect::<Result<Vec<_>, _>>()?;
    let (accepted, last): (u64, Option<Vec<u8>>) = sql
        .prepare_cached("SELECT count(*), max(key) FROM issued WHERE key > ?")?
        .query_row([&mark.issued], |row| Ok((number(row, 0)?, row.get(1)?)))?;
    let issued = last.unwrap_or(mark.issued);
    Ok(Counted { mark: Mark { seq: upto, issued }, is_whole: upto == head, accepted, events })
}

fn waiting(reader: &mut Reader) -> Result<Waiting, LedgerError> {
    let sql = reader.sql.unchecked_transaction()?;
    let mut statement = sql.prepare_cached(OPEN)?;
    let deliveries = statement.query_map([], |row| {
        Ok(Open {
            partner: parsed(row, 0)?,
            state: parsed(row, 1)?,
            deliveries: number(row, 2)?,
            oldest: time(row, 3)?,
        })
    })?;
    let deliveries = deliveries.collect::<Result<Vec<_>, _>>()?;
    let letters = sql
        .prepare_cached("SELECT count(*) FROM letter WHERE state = 'waiting'")?
        .query_row([], |row| number(row, 0))?;
    let mut unpublished = Vec::new();
    for outlet in [Outlet::Received, Outlet::Rejected] {
        let rows = sql
            .prepare_cached(
                "SELECT count(*) FROM publication WHERE outlet = ? AND published_at IS NULL",
            )?
            .query_row([outlet.as_str()], |row| number(row, 0))?;
        unpublished.push((outlet, rows));
    }
    let events: Option<u64> = sql
        .prepare_cached("SELECT seq - published FROM stream WHERE stream = ?")?
        .query_row([STREAM], |row| number(row, 0))
        .optional()?;
    unpublished.push((Outlet::Events, events.unwrap_or(0)));
    Ok(Waiting { deliveries, letters, unpublished })
}

/// A column that is a count.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}
