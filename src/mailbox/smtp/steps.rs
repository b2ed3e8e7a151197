//! The durable steps of a letter's way in, as they are told to the log.

use std::net::SocketAddr;

use crate::telemetry::{enter, leave};

//------------ Steps ---------------------------------------------------------

/// The step that a conversation is in: entered, and left once its reply is sent.
pub struct Steps {
    peer: SocketAddr,
    open: Option<&'static str>,
}

impl Steps {
    /// None yet, with `peer`.
    pub fn new(peer: SocketAddr) -> Self {
        Steps { peer, open: None }
    }

    /// Enters `step`, and leaves the one before it.
    pub fn begin(&mut self, step: &'static str) {
        self.answered();
        enter(step, &self.peer);
        self.open = Some(step);
    }

    /// What was begun is done.
    pub fn answered(&mut self) {
        if let Some(step) = self.open.take() {
            leave(step, &self.peer);
        }
    }
}
