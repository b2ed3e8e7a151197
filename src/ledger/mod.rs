//! The ledger: what we have taken responsibility for.
//!
//! SQLite for the rows, segment files for the octets; both are on disk, synced,
//! when a transaction returns. The transactions are in our own words, and no
//! SQL leaves this room. One thread writes, two read.
//!
//! - [`acceptance`], [`claims`], [`attempts`], [`recovery`]: the outbound
//!   street's transactions, on values of [`outbound`];
//! - [`lanes`], [`circuits`], [`suspension`]: what is on record of lanes;
//! - [`letters`], [`arrivals`], [`receipts`]: the inbound street's, on values of
//!   [`inbound`];
//! - [`lives`]: what a certificate is today, its history, and who replaces whom;
//! - [`outbox`]: what waits to be published, in three orders of their own;
//! - [`trace`], [`standing`], [`documents`], [`checkup`]: reading for people; [`tally`]: what
//!   is counted, for programs that watch;
//! - [`events`]: the chain of what happened, and its audit;
//! - `writer`, `reader`, `wakes`: the threads, and how they are waited for;
//! - `schema`, `columns`, `keys`, `segments`: how it lies on the disk.
//!
//! What may happen to a delivery is not decided here: every move is asked of
//! [`crate::delivery::decide`] inside the commit.
//!
//! Never here: a key, a partner's configuration, a socket.

pub mod acceptance;
pub mod arrivals;
pub mod attempts;
pub mod checkup;
pub mod circuits;
pub mod claims;
mod columns;
pub mod documents;
mod error;
pub mod events;
pub mod inbound;
mod keys;
pub mod lanes;
pub mod letters;
pub mod lives;
mod moves;
pub mod outbound;
pub mod outbox;
mod reader;
pub mod receipts;
pub mod recovery;
mod schema;
mod segments;
pub mod standing;
pub mod suspension;
pub mod tally;
#[cfg(test)]
mod tests;
pub mod trace;
mod traced;
mod wakes;
mod writer;

pub use checkup::{Checkup, checkup, is_held};
pub use circuits::OpenCircuit;
pub use documents::Document;
pub use error::LedgerError;
pub use events::{Audit, ChainFault, Event};
pub use inbound::{
    Against, Arrival, Evidence, EvidenceKind, Fate, Header, NewPublication, Outlet, OwedReceipt,
    OwedReceipts, Publication, Quarantine, SentRecord, TakenIn, WaitingLetter,
};
pub use lanes::{Cause, LaneAccount};
pub use lives::{Life, Other, Step};
pub use outbound::{
    Acceptance, Accepted, Cargo, Claimed, Conclusion, ContentType, Recovered, Rejection,
    SealRecord, Submission,
};
pub use receipts::{Awaited, ClockStep};
pub use standing::{Standing, StandingVersion};
pub use suspension::{SetAside, Suspension};
pub use tally::{Counted, Happened, Mark, Open, Waiting};
pub use trace::{Query, Query as TraceQuery, TraceAnswer};
pub use wakes::Wakes;

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, mpsc, oneshot};
use uuid::Uuid;

use crate::clock::Clock;
use crate::partner::PartnerCode;
use crate::runtime;

use keys::Keys;
use reader::{Reader, Task};
use segments::{Appender, Folder};
use wakes::Bells;
use writer::{Commit, Job, Work, Writer};

/// Transactions that may wait for the writer.
const WAITING_LIMIT: usize = 1_024;
/// Octets that may wait for the writer, in KiB.
const WAITING_KIB: usize = 128 * 1_024;
/// How long SQLite waits for another writer's lock.
const BUSY: Duration = Duration::from_secs(10);
/// The longest that anybody waits for an answer.
const ANSWER: Duration = Duration::from_secs(120);

//------------ Access --------------------------------------------------------

/// How a ledger is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// As the one `run`: the ledger is made if need be, and locked.
    Run,
    /// Beside a living run: reads, and small changes without octets.
    Tool,
}

//------------ Ledger --------------------------------------------------------

/// An open ledger. Clones are the same one; it closes with the last of them.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gateway: PartnerCode,
    clock: Clock,
    wakes: Wakes,
    /// Memory for octets on their way to the writer.
    room: Arc<Semaphore>,
    /// The ends of the threads' channels; gone when the ledger closes.
    writer: Option<mpsc::Sender<Box<dyn Work>>>,
    /// For the streets, and for what may take long.
    reader: Option<mpsc::Sender<Task>>,
    student: Option<mpsc::Sender<Task>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Ledger {
    /// Opens the ledger at `path`, which is `gateway`'s.
    ///
    /// As [`Access::Run`] it is made if it is not there, locked against every
    /// other run, and the unnamed tails of its segments are cut off.
    pub fn open(
        path: &Path,
        gateway: &PartnerCode,
        access: Access,
        clock: Clock,
    ) -> Result<Ledger, LedgerError> {
        let lock = match access {
            Access::Run => Some(lock(path)?),
            Access::Tool if path.exists() => None,
            Access::Tool => return Err(LedgerError::Absent { path: path.to_owned() }),
        };
        let sql = connect(path, access)?;
        match access {
            Access::Run => schema::prepare(&sql)?,
            Access::Tool => schema::check(&sql)?,
        }
        belongs_to(&sql, gateway, access, &clock)?;
        let folder = Folder::of(path);
        let octets = match access {
            Access::Run => Some(Appender::open(folder.clone(), &segment_lengths(&sql)?)?),
            Access::Tool => None,
        };

        let (bells, wakes) = Bells::new();
        let (to_writer, waiting) = mpsc::channel(WAITING_LIMIT);
        let mut keys = Keys::after(last_key(&sql)?);
        let writer = Writer {
            owner: keys.next(clock.now())?,
            sql,
            octets,
            keys,
            clock: clock.clone(),
            bells,
            is_unsafe: false,
            _lock: lock,
        };
        let mut threads = vec![thread("ledger-writer", path, move || writer.run(waiting))?];
        let mut start_reader = |name| {
            let (tasks, waiting) = mpsc::channel(WAITING_LIMIT);
            let reader = Reader::new(connect(path, Access::Tool)?, folder.clone())?;
            threads.push(thread(name, path, move || reader.run(waiting))?);
            Ok::<_, LedgerError>(tasks)
        };
        let (reader, student) = (start_reader("ledger-reader")?, start_reader("ledger-student")?);
        Ok(Ledger(Arc::new(Inner {
            gateway: gateway.clone(),
            clock,
            wakes,
            room: Arc::new(Semaphore::new(WAITING_KIB)),
            writer: Some(to_writer),
            reader: Some(reader),
            student: Some(student),
            threads: Mutex::new(threads),
        })))
    }

    /// Whose ledger this is.
    pub fn gateway(&self) -> &PartnerCode {
        &self.0.gateway
    }

    /// The clock that the ledger goes by.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// What rings when there is something to do.
    pub fn wakes(&self) -> Wakes {
        self.0.wakes.clone()
    }

    /// Goes through the chain of events, first to last.
    pub async fn audit(&self) -> Result<Audit, LedgerError> {
        self.study(|reader| events::audit(&reader.sql)).await
    }

    /// Has the writer do `act` in one transaction, and waits until it is
    /// committed. `octets` is how much memory it holds on to.
    async fn write<T, F>(&self, octets: usize, act: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnMut(&mut Commit<'_>) -> Result<T, LedgerError> + Send + 'static,
    {
        let inner = &self.0;
        let answered = async {
            let kib = u32::try_from((octets / 1_024).min(WAITING_KIB)).unwrap_or(u32::MAX);
            let room = Arc::clone(&inner.room).acquire_many_owned(kib).await;
            let room = room.map_err(|_closed| LedgerError::Closed)?;
            let (reply, answer) = oneshot::channel();
            let job: Box<dyn Work> = Box::new(Job::new(act, reply, Some(room)));
            let writer = inner.writer.as_ref().ok_or(LedgerError::Closed)?;
            writer.send(job).await.map_err(|_closed| LedgerError::Closed)?;
            answer.await.map_err(|_closed| LedgerError::Closed)?
        };
        tokio::time::timeout(ANSWER, answered).await.map_err(|_late| LedgerError::Slow)?
    }

    /// Reads for a street.
    async fn read<T, F>(&self, act: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader) -> Result<T, LedgerError> + Send + 'static,
    {
        reader::ask(self.0.reader.as_ref(), ANSWER, act).await
    }

    /// Reads for a person: it may take long, and holds up no street.
    async fn study<T, F>(&self, act: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader) -> Result<T, LedgerError> + Send + 'static,
    {
        reader::ask(self.0.student.as_ref(), ANSWER, act).await
    }
}

impl Drop for Inner {
    /// Closes the channels and waits for the last commit, so that the lock is
    /// free when this returns.
    fn drop(&mut self) {
        drop((self.writer.take(), self.reader.take(), self.student.take()));
        let threads = match self.threads.get_mut() {
            Ok(threads) => std::mem::take(threads),
            Err(poisoned) => std::mem::take(poisoned.into_inner()),
        };
        for thread in threads {
            // A thread that panicked has nothing more to close.
            let _ended = thread.join();
        }
    }
}

/// The file that a run locks.
fn lock_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Takes the lock of a run; the system lets it go with the process.
fn lock(path: &Path) -> Result<File, LedgerError> {
    let name = lock_name(path);
    let trouble = |source| LedgerError::Octets { path: name.clone(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(trouble)?;
    }
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
    let file = file.map_err(trouble)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::HeldElsewhere { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(trouble(source)),
    }
}

fn connect(path: &Path, access: Access) -> Result<Connection, LedgerError> {
    let create = match access {
        Access::Run => OpenFlags::SQLITE_OPEN_CREATE,
        Access::Tool => OpenFlags::empty(),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let sql = Connection::open_with_flags(path, flags)?;
    sql.busy_timeout(BUSY)?;
    sql.set_prepared_statement_cache_capacity(128);
    // Without it SQLite plans a statement anew at every other value that it
    // compares with a partial index: a third of the writer's time.
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // FULL: NORMAL in WAL mode loses the last commits when the power goes.
    sql.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 8000;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(sql)
}

fn belongs_to(
    sql: &Connection,
    gateway: &PartnerCode,
    access: Access,
    clock: &Clock,
) -> Result<(), LedgerError> {
    if access == Access::Run {
        sql.execute(
            "INSERT INTO gateway (code, made_at)
             SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM gateway)",
            (gateway.as_str(), clock.now().millis()),
        )?;
    }
    belongs_to_gateway(sql, gateway)
}

fn belongs_to_gateway(sql: &Connection, gateway: &PartnerCode) -> Result<(), LedgerError> {
    let found: String = sql.query_row("SELECT code FROM gateway", [], |row| row.get(0))?;
    if found == gateway.as_str() {
        Ok(())
    } else {
        Err(LedgerError::OtherGateway { found, wanted: gateway.to_string() })
    }
}

/// The latest key that any run made.
fn last_key(sql: &Connection) -> Result<Option<Uuid>, LedgerError> {
    let last: Option<[u8; 16]> = sql.query_row(
        "SELECT max(key) FROM (SELECT max(key) AS key FROM issued
            UNION ALL SELECT max(key) FROM delivery
            UNION ALL SELECT max(key) FROM letter UNION ALL SELECT max(key) FROM arrival)",
        [],
        |row| row.get(0),
    )?;
    Ok(last.map(Uuid::from_bytes))
}

fn segment_lengths(sql: &Connection) -> Result<HashMap<u32, u64>, LedgerError> {
    let mut statement = sql.prepare("SELECT file, length FROM segment")?;
    let rows = statement.query_map([], |row| {
        let length: i64 = row.get(1)?;
        Ok((row.get(0)?, u64::try_from(length).unwrap_or(0)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn thread<F>(name: &str, path: &Path, work: F) -> Result<JoinHandle<()>, LedgerError>
where
    F: FnOnce() + Send + 'static,
{
    runtime::thread(name, work)
        .map_err(|source| LedgerError::Octets { path: path.to_owned(), source })
}
