//! The writer: one thread that commits whatever waits whenever it is free.
//!
//! Group commit without a timer: it takes the first transaction that comes,
//! and all that came meanwhile; does each in a savepoint of its own; syncs the
//! octets they appended; commits once; and answers all. A transaction that
//! fails is rolled back alone. If the commit fails, all have failed, and
//! nobody hears that anything was done.

use std::fs::File;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use uuid::Uuid;

use crate::clock::{Clock, Timestamp};

use super::error::LedgerError;
use super::events::{Head, NewEvent};
use super::keys::Keys;
use super::segments::{Appender, Place};
use super::wakes::{Bells, Touched};

/// Transactions that go into one commit at most.
const GROUP_LIMIT: usize = 1_024;

//------------ Work ----------------------------------------------------------

/// A transaction on its way to the writer and back.
pub(super) trait Work: Send {
    /// Does it; whether it may stay.
    fn perform(&mut self, commit: &mut Commit<'_>) -> bool;
    /// Tells whoever waits, once it is known whether the commit held.
    fn answer(self: Box<Self>, failed: Option<&Arc<LedgerError>>);
}

/// A closure as [`Work`].
pub(super) struct Job<T, F> {
    act: F,
    outcome: Option<Result<T, LedgerError>>,
    reply: oneshot::Sender<Result<T, LedgerError>>,
    /// Room in memory for its octets, given back when it is answered.
    _room: Option<OwnedSemaphorePermit>,
}

impl<T, F> Job<T, F> {
    pub(super) fn new(
        act: F,
        reply: oneshot::Sender<Result<T, LedgerError>>,
        room: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Job { act, outcome: None, reply, _room: room }
    }
}

impl<T, F> Work for Job<T, F>
where
    T: Send,
    F: FnMut(&mut Commit<'_>) -> Result<T, LedgerError> + Send,
{
    fn perform(&mut self, commit: &mut Commit<'_>) -> bool {
        let outcome = (self.act)(commit);
        let good = outcome.is_ok();
        self.outcome = Some(outcome);
        good
    }

    fn answer(self: Box<Self>, failed: Option<&Arc<LedgerError>>) {
        let outcome = match (failed, self.outcome) {
            // What failed by itself says why by itself.
            (_, Some(Err(fault))) => Err(fault),
            (Some(fault), _) => Err(LedgerError::NotCommitted(Arc::clone(fault))),
            (None, Some(Ok(value))) => Ok(value),
            (None, None) => Err(LedgerError::Closed),
        };
        // Whoever asked may have gone away; it is on record all the same.
        let _gone = self.reply.send(outcome);
    }
}

//------------ Commit --------------------------------------------------------

/// An open transaction. The rooms' own transactions are methods on this.
pub(super) struct Commit<'a> {
    pub(super) sql: &'a Connection,
    /// One time for the whole transaction.
    pub(super) at: Timestamp,
    /// This run's lease owner.
    pub(super) owner: Uuid,
    head: &'a mut Head,
    keys: &'a mut Keys,
    octets: Option<&'a mut Appender>,
    pub(super) touched: &'a mut Touched,
}

impl Commit<'_> {
    /// A key, later than all before it.
    pub(super) fn key(&mut self) -> Result<Uuid, LedgerError> {
        self.keys.next(self.at)
    }

    /// Keeps octets; synced before the commit that names their place.
    pub(super) fn keep(&mut self, octets: &[u8]) -> Result<Place, LedgerError> {
        let appender = self.octets.as_deref_mut().ok_or(LedgerError::RunOnly)?;
        let sql = self.sql;
        appender.append(octets, self.at, |file| {
            let known = sql
                .prepare_cached("SELECT length FROM segment WHERE file = ?")?
                .query_map([file], |row| row.get::<_, i64>(0))?
                .next()
                .transpose()?;
            Ok(known.and_then(|length| u64::try_from(length).ok()).unwrap_or(0))
        })
    }

    /// Writes an event into the chain.
    pub(super) fn tell(&mut self, event: &NewEvent<'_>) -> Result<(), LedgerError> {
        self.touched.publications = true;
        self.head.append(self.sql, self.at, event)
    }
}

//------------ Writer --------------------------------------------------------

/// The writer's own things; dropped with its thread, the lock last.
pub(super) struct Writer {
    pub(super) sql: Connection,
    pub(super) octets: Option<Appender>,
    pub(super) keys: Keys,
    pub(super) owner: Uuid,
    pub(super) clock: Clock,
    pub(super) bells: Bells,
    /// A sync failed: what the disk holds is not known any more.
    pub(super) is_unsafe: bool,
    /// The lock of a run.
    pub(super) _lock: Option<File>,
}

impl Writer {
    /// Works until the channel closes.
    pub(super) fn run(mut self, mut waiting: mpsc::Receiver<Box<dyn Work>>) {
        let mut group: Vec<Box<dyn Work>> = Vec::new();
        while let Some(first) = waiting.blocking_recv() {
            group.push(first);
            while group.len() < GROUP_LIMIT
                && let Ok(next) = waiting.try_recv()
            {
                group.push(next);
            }
            let mut touched = Touched::default();
            let failed = self.commit(&mut group, &mut touched).err().map(Arc::new);
            if failed.is_some() {
                self.back_out();
            }
            for work in group.drain(..) {
                work.answer(failed.as_ref());
            }
            if failed.is_none() {
                self.bells.ring(touched);
            }
        }
    }

    fn commit(
        &mut self,
        group: &mut [Box<dyn Work>],
        touched: &mut Touched,
    ) -> Result<(), LedgerError> {
        if self.is_unsafe {
            return Err(LedgerError::Unsafe);
        }
        // IMMEDIATE: the head of the chain is read under the write lock, as a
        // command beside a living run may have gone on from it.
        self.sql.execute_batch("BEGIN IMMEDIATE")?;
        let mut head = Head::read(&self.sql)?;
        let before = head;
        let at = self.clock.now();
        for work in group {
            self.sql.prepare_cached("SAVEPOINT one")?.execute([])?;
            let (mark, heard) = (head, *touched);
            let marks = self.octets.as_ref().map(Appender::marks);
            let good = work.perform(&mut Commit {
                sql: &self.sql,
                at,
                owner: self.owner,
                head: &mut head,
                keys: &mut self.keys,
                octets: self.octets.as_mut(),
                touched,
            });
            if !good {
                self.sql.prepare_cached("ROLLBACK TO one")?.execute([])?;
                (head, *touched) = (mark, heard);
                if let (Some(octets), Some(marks)) = (self.octets.as_mut(), marks) {
                    octets.back_to(&marks);
                }
            }
            self.sql.prepare_cached("RELEASE one")?.execute([])?;
        }
        if head != before {
            head.write(&self.sql)?;
        }
        if let Some(octets) = self.octets.as_mut() {
            let grown = octets.sync().inspect_err(|_fault| self.is_unsafe = true)?;
            for (file, length) in grown {
                let length = i64::try_from(length).unwrap_or(i64::MAX);
                self.sql
                    .prepare_cached(
                        "INSERT INTO segment (file, length) VALUES (?1, ?2)
                         ON CONFLICT (file) DO UPDATE SET length = ?2",
                    )?
                    .execute((file, length))?;
            }
        }
        self.sql.execute_batch("COMMIT")?;
        if let Some(octets) = self.octets.as_mut() {
            octets.committed(at);
        }
        Ok(())
    }

    fn back_out(&mut self) {
        if !self.sql.is_autocommit() && self.sql.execute_batch("ROLLBACK").is_err() {
            self.is_unsafe = true;
        }
        if let Some(octets) = self.octets.as_mut() {
            octets.forget();
        }
    }
}
