//! A checkup: whether a ledger opens and holds together, nothing changed.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs::{File, TryLockError};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::clock::Timestamp;
use crate::partner::PartnerCode;

use super::circuits::{self, OpenCircuit};
use super::columns::parsed;
use super::error::LedgerError;
use super::events::{self, Audit, STREAM};
use super::schema;
use super::suspension::{self, Suspension};

/// How long a look waits for a writer's lock.
const BUSY: Duration = Duration::from_secs(5);
/// How many events are held against one another, the newest.
const EVENTS: i64 = 1_000;

//------------ Checkup -------------------------------------------------------

/// What a look at a ledger found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkup {
    /// The version of the schema, one that we know.
    pub schema: i64,
    /// How many events there are.
    pub events: u64,
    /// When the newest of them was written.
    pub newest: Option<Timestamp>,
    /// Of the last thousand of them.
    pub audit: Audit,
    /// Partners that are set aside on record.
    pub suspensions: Vec<Suspension>,
    /// Destinations that are not reached.
    pub circuits: Vec<OpenCircuit>,
    /// Deliveries that were handed over and whose receipt somebody should ask
    /// for (the clock's second step), a partner each.
    pub unanswered: Vec<(PartnerCode, u64)>,
}

/// Looks at the ledger at `path`, which is to be `gateway`'s, on a connection
/// that cannot write, beside a living run or without one.
pub fn checkup(path: &Path, gateway: &PartnerCode) -> Result<Checkup, LedgerError> {
    if !path.exists() {
        return Err(LedgerError::Absent { path: path.to_owned() });
    }
    let sql = connect(path)?;
    schema::check(&sql)?;
    super::belongs_to_gateway(&sql, gateway)?;
    let newest = sql
        .prepare(
            "SELECT seq, json_extract(body, '$.at') FROM event WHERE stream = ?
                  ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([STREAM], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    let (events, newest) = newest.map_or((0, None), |(seq, at)| (seq, at.parse().ok()));
    Ok(Checkup {
        schema: schema::VERSION,
        events: u64::try_from(events).unwrap_or(0),
        newest,
        audit: events::audit_last(&sql, EVENTS)?,
        suspensions: suspension::suspensions(&sql)?,
        circuits: circuits::circuits(&sql)?,
        unanswered: unanswered(&sql)?,
    })
}

fn unanswered(sql: &Connection) -> Result<Vec<(PartnerCode, u64)>, LedgerError> {
    let mut statement = sql.prepare(
        "SELECT partner, count(*) FROM delivery
         WHERE receipt_due IS NOT NULL AND receipt_step > 1 AND state = 'handed-over'
         GROUP BY partner ORDER BY partner",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((parsed(row, 0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a run holds the ledger at `path`.
///
/// The lock is tried and let go at once, shared: two who look do not meet.
pub fn is_held(path: &Path) -> std::io::Result<bool> {
    let file = match File::open(super::lock_name(path)) {
        Ok(file) => file,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(fault) => return Err(fault),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(fault)) => Err(fault),
    }
}

fn connect(path: &Path) -> Result<Connection, LedgerError> {
    // Where a run closed the ledger there is no log to read, and SQLite would
    // make one to read on; told that nobody writes, it does not.
    let closed = !beside(path, "-wal").exists() && matches!(is_held(path), Ok(false));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let address = format!("file:{}{}", escaped(path), if closed { "?immutable=1" } else { "" });
    let sql = Connection::open_with_flags(address, flags)?;
    sql.busy_timeout(BUSY)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(sql)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(OsStr::new(ending));
    PathBuf::from(name)
}

/// A path within a URI, as SQLite reads it.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for octet in path.as_os_str().as_bytes() {
        match octet {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'/' | b'.' | b'-' | b'_' => {
                text.push(char::from(*octet));
            }
            _ => {
                // Writing to a String cannot fail.
                let _infallible = write!(text, "%{octet:02X}");
            }
        }
    }
    text
}
