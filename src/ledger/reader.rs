//! Readers: threads that read rows and octets on connections of their own.

use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::LedgerError;
use super::segments::{Folder, Library, Place};

/// Something to read, for one of the readers.
pub(super) type Task = Box<dyn FnOnce(&mut Reader) + Send>;

//------------ Reader --------------------------------------------------------

/// One reader's own things.
pub(super) struct Reader {
    pub(super) sql: Connection,
    library: Library,
}

impl Reader {
    pub(super) fn new(sql: Connection, folder: Folder) -> Result<Self, LedgerError> {
        sql.execute_batch("PRAGMA query_only = ON")?;
        Ok(Reader { sql, library: Library::new(folder) })
    }

    /// Works until the channel closes.
    pub(super) fn run(mut self, mut waiting: mpsc::Receiver<Task>) {
        while let Some(task) = waiting.blocking_recv() {
            task(&mut self);
        }
    }

    /// The octets at `place`.
    pub(super) fn octets(&mut self, place: &Place) -> Result<Vec<u8>, LedgerError> {
        self.library.read(place)
    }
}

/// Has a reader do `act`, and waits for what it finds.
pub(super) async fn ask<T, F>(
    reader: Option<&mpsc::Sender<Task>>,
    limit: Duration,
    act: F,
) -> Result<T, LedgerError>
where
    T: Send + 'static,
    F: FnOnce(&mut Reader) -> Result<T, LedgerError> + Send + 'static,
{
    let answered = async {
        let (reply, answer) = oneshot::channel();
        let task: Task = Box::new(move |reader| {
            // Whoever asked may have gone away.
            let _gone = reply.send(act(reader));
        });
        let reader = reader.ok_or(LedgerError::Closed)?;
        reader.send(task).await.map_err(|_closed| LedgerError::Closed)?;
        answer.await.map_err(|_closed| LedgerError::Closed)?
    };
    tokio::time::timeout(limit, answered).await.map_err(|_late| LedgerError::Slow)?
}
