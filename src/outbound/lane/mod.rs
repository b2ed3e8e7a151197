//! Lanes: one for each partner, from the ledger to its mailbox.
//!
//! ```text
//! ledger --claim--> [seal (crew) -> commit] -> begin -> SMTP -> conclude --> ledger
//! ```
//!
//! A lane has as many workers as the partner's entry allows connections.
//! Each claims a few due deliveries under a lease, seals those that have no
//! letter yet, and posts them one after the other over its own connection.
//! - `worker`: a turn. - `make`: the letter. - `transact`: the attempt.
//! - `connection`: the road.
//!
//! A partner that is down or slow holds up nobody but itself: its workers
//! share nothing with other lanes but the crew, the ledger's writer and, with
//! those that lead to the same server, what is known of that one
//! ([`super::circuits`]). No worker rests on its own account.

mod connection;
mod make;
mod transact;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{error, warn};

use self::worker::Worker;
use super::circuits::Circuits;
use super::standing::Standing;
use crate::clock::Clock;
use crate::config::Configuration;
use crate::ledger::{Cause, Ledger, LedgerError, SetAside};
use crate::partner::{PartnerCode, State};
use crate::runtime::{Crew, Runtime};

/// How often the ledger is asked who is set aside: a command may have done it.
const LISTEN: Duration = Duration::from_secs(2);
/// The pause after the ledger refused.
const TROUBLE: Duration = Duration::from_secs(1);

//------------ Lanes ---------------------------------------------------------

/// What lanes work with.
#[derive(Clone)]
pub struct Lanes {
    pub configuration: watch::Receiver<Arc<Configuration>>,
    pub clock: Clock,
    pub crew: Crew,
    pub ledger: Ledger,
    pub runtime: Runtime,
}

/// What the workers of all lanes know together.
#[derive(Clone)]
struct Common {
    circuits: Circuits,
    standing: Standing,
    /// Who is set aside on record.
    suspended: watch::Receiver<SetAside>,
}

impl Lanes {
    /// Keeps a lane running for every partner of the configuration, also for
    /// those that a later reading adds, until the runtime's token is cancelled.
    pub async fn run(mut self) {
        let token = self.runtime.token().clone();
        let Some(circuits) = self.restore().await else { return };
        let (suspended, receiver) = watch::channel(SetAside::default());
        let common = Common { circuits, standing: Standing::default(), suspended: receiver };
        let mut running: Vec<(PartnerCode, usize)> = Vec::new();
        let mut wakes = self.ledger.wakes().lanes;
        let mut is_new = true;
        while !token.is_cancelled() {
            wakes.borrow_and_update();
            is_new |= self.configuration.has_changed().unwrap_or(false);
            let configuration = self.configuration.borrow_and_update().clone();
            match self.keep(&configuration, is_new, &common, &suspended).await {
                Ok(()) => is_new = false,
                Err(fault) => error!(error = %fault, "the lanes' accounts cannot be kept"),
            }
            for partner in &configuration.partners {
                let begun = running.iter().filter(|(code, _)| *code == partner.code).count();
                for n in begun..partner.connections {
                    running.push((partner.code.clone(), n));
                    let worker = Worker::new(self.clone(), common.clone(), partner.code.clone(), n);
                    self.runtime.spawn(worker.run());
                }
            }
            tokio::select! {
                () = token.cancelled() => {}
                () = self.clock.sleep(LISTEN) => {}
                woken = wakes.changed() => if woken.is_err() { return },
                changed = self.configuration.changed() => match changed {
                    Ok(()) => is_new = true,
                    Err(_) => return,
                },
            }
        }
    }

    /// The circuits of the last run; nothing if the program ends.
    async fn restore(&self) -> Option<Circuits> {
        loop {
            match Circuits::restore(&self.ledger).await {
                Ok(circuits) => return Some(circuits),
                Err(fault) => error!(error = %fault, "the lanes cannot use the ledger"),
            }
            tokio::select! {
                () = self.runtime.token().cancelled() => return None,
                () = self.clock.sleep(TROUBLE) => {}
            }
        }
    }

    /// Brings what is on record and what the workers know together.
    async fn keep(
        &self,
        configuration: &Configuration,
        is_new: bool,
        common: &Common,
        suspended: &watch::Sender<SetAside>,
    ) -> Result<(), LedgerError> {
        let on_record = self.ledger.set_aside().await?;
        suspended.send_if_modified(|known| {
            for partner in on_record.partners.difference(&known.partners) {
                warn!(partner.code = %partner, "suspended: its deliveries wait");
            }
            for partner in known.partners.difference(&on_record.partners) {
                warn!(partner.code = %partner, "resumed");
            }
            let is_news = *known != on_record;
            *known = on_record;
            is_news
        });
        if is_new {
            for partner in &configuration.partners {
                let is_suspended = partner.state == State::Suspended;
                self.ledger.stand(&partner.code, Cause::SetAside, is_suspended).await?;
            }
            common.circuits.settle(configuration).await?;
            // Another route, another pin, mended keys, a new start: whoever
            // was not reached may be now.
            common.circuits.hurry(self.clock.now());
        }
        common.circuits.tend(configuration).await
    }
}

/// A fraction from 0 to 1, for the schedule's jitter.
fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}
