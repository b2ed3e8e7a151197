//! Lanes: one for each partner, from the ledger to its mailbox.
//!
//! ```text
//! ledger --claim--> [seal (crew) -> commit] -> begin -> SMTP -> conclude --> ledger
//! ```
//!
//! A lane has as many workers as the partner's entry allows connections.
//! Each claims a few due deliveries under a lease, seals those that have no
//! letter yet, and posts them one after the other over its own connection.
//! - `make`: the letter. - `transact`: the attempt. - `connection`: the road.
//!
//! A partner that is down or slow holds up nobody but itself: its workers
//! share nothing with other lanes but the crew and the ledger's writer.

mod connection;
mod make;
mod transact;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::error;

use self::connection::Connection;
use self::make::Made;
use crate::clock::{Clock, Timestamp};
use crate::config::Configuration;
use crate::delivery::{Reason, Trigger};
use crate::ledger::{Claimed, Ledger, LedgerError};
use crate::partner::{Partner, PartnerCode, State};
use crate::runtime::{Crew, Runtime};

/// How many deliveries a worker holds at once.
const BATCH: usize = 8;
/// How long a connection is kept open for the next letter.
const IDLE: Duration = Duration::from_secs(10);
/// The longest a worker waits without looking into the ledger.
const LOOK: Duration = Duration::from_secs(30);
/// The shortest: what is due and not given out is another worker's.
const SHORTEST: Duration = Duration::from_millis(50);
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

impl Lanes {
    /// Keeps a lane running for every partner of the configuration, also for
    /// those that a later reading adds, until the runtime's token is cancelled.
    pub async fn run(mut self) {
        let token = self.runtime.token().clone();
        let mut running: Vec<(PartnerCode, usize)> = Vec::new();
        loop {
            let configuration = self.configuration.borrow_and_update().clone();
            for partner in &configuration.partners {
                let begun = running.iter().filter(|(code, _)| *code == partner.code).count();
                for n in begun..partner.connections {
                    running.push((partner.code.clone(), n));
                    let worker = Worker {
                        lanes: self.clone(),
                        code: partner.code.clone(),
                        number: n,
                        unreached: 0,
                        rests_until: None,
                    };
                    self.runtime.spawn(worker.run());
                }
            }
            tokio::select! {
                () = token.cancelled() => return,
                changed = self.configuration.changed() => if changed.is_err() { return },
            }
        }
    }
}

//------------ Worker --------------------------------------------------------

struct Worker {
    lanes: Lanes,
    code: PartnerCode,
    number: usize,
    /// How often in a row its server was not reached, or nothing could be made
    /// for it.
    unreached: u32,
    /// Until when it is left alone because of that.
    rests_until: Option<Timestamp>,
}

/// What a worker needs to know of now.
struct Now {
    configuration: Arc<Configuration>,
    partner: Partner,
}

impl Worker {
    async fn run(mut self) {
        let token = self.lanes.runtime.token().clone();
        let mut connection = Connection::default();
        let mut wakes = self.lanes.ledger.wakes().deliveries;
        while !token.is_cancelled() {
            wakes.borrow_and_update();
            if self.lanes.configuration.has_changed().unwrap_or(true) {
                // Another route, another pin, mended keys: begin anew.
                connection.close().await;
                (self.unreached, self.rests_until) = (0, None);
            }
            let wait = match self.turn(&mut connection).await {
                Ok(Some(wait)) => wait,
                Ok(None) => continue,
                Err(fault) => {
                    error!(partner.code = %self.code, error = %fault, "the lane cannot use the ledger");
                    TROUBLE
                }
            };
            let idle = connection.session.is_some();
            let wait = if idle { wait.min(IDLE) } else { wait };
            tokio::select! {
                () = token.cancelled() => {}
                () = tokio::time::sleep(wait) => if idle { connection.close().await },
                woken = wakes.changed() => if woken.is_err() { break },
                changed = self.lanes.configuration.changed() => if changed.is_err() { break },
            }
        }
        connection.close().await;
    }

    /// The partner's entry of now, if it is there, active and allows this worker.
    fn now(&mut self) -> Option<Now> {
        let configuration = self.lanes.configuration.borrow_and_update().clone();
        let partner = configuration.partner(&self.code)?;
        if partner.state == State::Suspended || self.number >= partner.connections {
            return None;
        }
        Some(Now { partner: partner.clone(), configuration })
    }

    /// Leaves the partner alone for a while, longer each time.
    fn rest(&mut self, now: &Now) {
        self.unreached = self.unreached.saturating_add(1);
        let rest = now.configuration.clocks.next(self.unreached, jitter());
        self.rests_until = Some(self.lanes.clock.now().plus(rest));
    }

    /// One claim and all that comes of it; else how long there is nothing to do.
    async fn turn(&mut self, connection: &mut Connection) -> Result<Option<Duration>, LedgerError> {
        let Some(now) = self.now() else { return Ok(Some(LOOK)) };
        let at = self.lanes.clock.now();
        if let Some(until) = self.rests_until.filter(|until| *until > at) {
            return Ok(Some(until.since(at)));
        }
        let ledger = self.lanes.ledger.clone();
        let code = self.code.clone();
        let claimed = ledger.claim(&code, BATCH, now.configuration.clocks.lease).await?;
        if claimed.is_empty() {
            let due = ledger.next_due(&code).await?;
            return Ok(Some(due.map_or(LOOK, |due| due.since(at).clamp(SHORTEST, LOOK))));
        }
        let mut ready = Vec::with_capacity(claimed.len());
        let mut kept = false;
        for made in self.make_all(claimed, &now).await {
            match made? {
                Made::Ended => {}
                Made::Kept => kept = true,
                Made::Ready(claimed, letter) => ready.push((*claimed, letter)),
            }
        }
        if kept {
            self.rest(&now);
        }
        let mut ready = ready.into_iter();
        while let Some((claimed, letter)) = ready.next() {
            let stopping = self.lanes.runtime.token().is_cancelled();
            let reached = if stopping {
                ledger.release(claimed.delivery, claimed.fence).await?;
                false
            } else {
                self.post(&claimed, &letter, connection, &now).await?
            };
            if !reached {
                // The program ends or the road is closed: the others wait in
                // the ledger, not here, and are not tried one by one.
                for (claimed, _) in ready.by_ref() {
                    ledger.release(claimed.delivery, claimed.fence).await?;
                }
                if !stopping {
                    self.rest(&now);
                }
            } else {
                self.unreached = 0;
            }
        }
        Ok(None)
    }

    async fn end(
        &self,
        claimed: &Claimed,
        trigger: Trigger,
        code: &str,
        words: String,
    ) -> Result<(), LedgerError> {
        let reason = Reason::new(code, words);
        match self.lanes.ledger.end(claimed.delivery, claimed.fence, trigger, reason).await {
            Ok(_state) => Ok(()),
            Err(LedgerError::Fenced) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

/// A fraction from 0 to 1, for the schedule's jitter.
fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}
