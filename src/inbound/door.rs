//! The door's other side: a letter is in the ledger before its 250.

use std::path::PathBuf;

use tracing::error;

use crate::ledger::{Ledger, TakenIn};
use crate::mailbox::{Incoming, Room, TakeIn, Trouble};
use crate::telemetry::{enter, leave};

/// Free octets that stay after a letter: what the ledger itself needs.
const LEAST_ROOM: u64 = 64 << 20;

//------------ Door ----------------------------------------------------------

/// Takes letters into a ledger.
pub struct Door {
    pub ledger: Ledger,
    /// The folder whose file system holds the ledger.
    pub folder: PathBuf,
}

impl TakeIn for Door {
    async fn take_in(&self, incoming: Incoming, octets: Vec<u8>) -> Result<(), Trouble> {
        let from = incoming.peer.clone();
        enter("inbound.3", &from);
        let taken = self.ledger.take_in(TakenIn {
            octets,
            reverse_path: incoming.reverse_path,
            peer: incoming.peer,
        });
        match taken.await {
            Ok(_letter) => {
                leave("inbound.3", &from);
                Ok(())
            }
            Err(fault) => {
                error!(error = %fault, "a letter could not be taken in; its sender keeps it");
                Err(Trouble::Failed { words: fault.to_string() })
            }
        }
    }

    fn room(&self, octets: usize) -> Room {
        let wanted = LEAST_ROOM.saturating_add(octets as u64);
        match rustix::fs::statvfs(&self.folder) {
            Ok(facts) if facts.f_bavail.saturating_mul(facts.f_frsize) < wanted => Room::Short,
            Ok(_) => Room::Enough,
            Err(fault) => {
                error!(error = %fault, "cannot tell how much room the ledger's file system has");
                Room::Short
            }
        }
    }
}
