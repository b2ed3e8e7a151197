//! What can go wrong with the ledger, and whose turn it is.

use std::path::PathBuf;
use std::sync::Arc;

use crate::delivery::Impossible;

//------------ LedgerError ---------------------------------------------------

/// A transaction that did not happen: nothing of it is on record.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no ledger at that place yet; `run` makes it.
    #[error("there is no ledger at {path}; `certpost run` makes it at its first start")]
    Absent { path: PathBuf },
    /// The ledger is being closed; the caller stops.
    #[error("the ledger is closed")]
    Closed,
    /// Something on record is not what was written; the operator restores
    /// from a copy, after keeping this one.
    #[error("the ledger is damaged: {words}")]
    Damaged { words: String },
    /// The lease was lost: somebody else may have the delivery; the caller
    /// lets go of it.
    #[error("the lease on this delivery was lost")]
    Fenced,
    /// Another `run` has this ledger; the operator ends one of them.
    #[error("another run holds the ledger at {path}")]
    HeldElsewhere { path: PathBuf },
    /// A step that the table of transitions does not have; the caller's bug.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// A newer version wrote this ledger; the operator runs that one.
    #[error("this ledger has schema {found}; this version of certpost reads up to {known}")]
    NewerSchema { found: i64, known: i64 },
    /// The commit failed as a whole; the caller may try again.
    #[error("not committed: {0}")]
    NotCommitted(#[source] Arc<LedgerError>),
    /// The letter has been judged already; the caller goes on.
    #[error("this letter is not waiting any more")]
    NotWaiting,
    /// The octets' files cannot be read or written; the operator looks at
    /// disk and permissions.
    #[error("octets of the ledger at {path}: {source}")]
    Octets {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// An older version wrote this ledger, and only a run may change it; the
    /// operator starts the new one.
    #[error(
        "this ledger has schema {found}, and this version of certpost reads {known}; \
         `certpost run` of this version brings it up to date at its start"
    )]
    OlderSchema { found: i64, known: i64 },
    /// The ledger belongs to another gateway; the operator mends the path.
    #[error("this ledger is the one of gateway {found}, not of {wanted}")]
    OtherGateway { found: String, wanted: String },
    /// This access only reads, or makes small changes; the caller's bug.
    #[error("only `run` writes octets into the ledger")]
    RunOnly,
    /// No answer in all the time there is; the caller tries again, and finds
    /// out then whether it happened.
    #[error("the ledger did not answer in time")]
    Slow,
    /// SQLite's own words; the operator looks at disk, permissions and locks.
    #[error("the ledger: {0}")]
    Sql(#[from] rusqlite::Error),
    /// No such thing on record; the caller's bug.
    #[error("there is no {what} of that id on record")]
    Unknown { what: &'static str },
    /// A sync failed: what is on disk is not known any more. The operator
    /// looks at the disk and starts again; until then nothing is taken.
    #[error("a sync to disk failed earlier; the ledger takes nothing more")]
    Unsafe,
}

impl LedgerError {
    pub(super) fn damaged(words: impl Into<String>) -> Self {
        LedgerError::Damaged { words: words.into() }
    }
}
