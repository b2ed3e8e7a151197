//! Whether a street has its connection, for whoever watches.

use std::sync::{Arc, Mutex, PoisonError};

use lapin::ConnectionStatus;

use super::Broker;

//------------ Presence ------------------------------------------------------

/// One street's connection to the broker, seen from outside.
#[derive(Clone, Default)]
pub struct Presence(Arc<Mutex<Option<ConnectionStatus>>>);

impl Presence {
    /// The street works on `broker` until what this gives is dropped.
    pub fn with(&self, broker: &Broker) -> Present {
        self.set(Some(broker.status()));
        Present(self.clone())
    }

    /// Whether there is a connection, and it stands as far as this side knows.
    pub fn is_connected(&self) -> bool {
        let status = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        status.as_ref().is_some_and(ConnectionStatus::connected)
    }

    fn set(&self, status: Option<ConnectionStatus>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Presence").field(&self.is_connected()).finish()
    }
}

/// A street is at work on its connection.
#[derive(Debug)]
pub struct Present(Presence);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.set(None);
    }
}
