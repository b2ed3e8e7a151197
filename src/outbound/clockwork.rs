//! The clockwork: what happens to deliveries because time passes.
//!
//! A delivery that is useful no more ends wherever it waits, and an attempt
//! whose task is gone is in doubt, not under way for ever.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::config::Configuration;
use crate::delivery::schedule::Clocks;
use crate::ledger::{Ledger, LedgerError};
use crate::runtime::Runtime;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(10);
/// How many deliveries expire in one commit.
const BATCH: usize = 1_000;

//------------ Clockwork -----------------------------------------------------

/// What the clockwork works with.
pub struct Clockwork {
    pub configuration: watch::Receiver<Arc<Configuration>>,
    pub ledger: Ledger,
    pub runtime: Runtime,
}

impl Clockwork {
    /// Runs until the runtime's token is cancelled.
    ///
    /// # Errors
    ///
    /// The ledger is of no more use to this run: a sync failed, and what is on
    /// disk is not known.
    pub async fn run(self) -> Result<(), LedgerError> {
        let token = self.runtime.token().clone();
        loop {
            tokio::select! {
                () = token.cancelled() => return Ok(()),
                () = self.ledger.clock().sleep(EVERY) => {}
            }
            match self.turn().await {
                Ok(()) => {}
                Err(fault @ (LedgerError::Unsafe | LedgerError::Closed)) => return Err(fault),
                Err(fault) => error!(error = %fault, "the clocks of deliveries stand still"),
            }
        }
    }

    async fn turn(&self) -> Result<(), LedgerError> {
        let configuration = self.configuration.borrow().clone();
        let clocks = &configuration.clocks;
        let abandoned = self.ledger.abandon(longest_attempt(clocks), clocks.in_doubt_hold).await?;
        if abandoned > 0 {
            warn!(attempts = abandoned, "attempts never ended and are in doubt");
        }
        loop {
            let expired = self.ledger.expire(BATCH, clocks.give_up).await?.len();
            if expired > 0 {
                info!(deliveries = expired, "their time is over");
            }
            if expired < BATCH {
                return Ok(());
            }
        }
    }
}

/// Longer than any attempt can take: connection and TLS, every reply, the text
/// and the reply to its final dot.
fn longest_attempt(clocks: &Clocks) -> Duration {
    const REPLIES: u32 = 8;
    let patience = clocks.connect * 2 + clocks.smtp_reply * REPLIES + clocks.final_reply * 2;
    patience + Duration::from_secs(60)
}
