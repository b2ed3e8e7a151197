//! A worker: one connection of a lane, and a turn after the other.

use std::time::Duration;

use std::sync::Arc;

use tracing::error;

use super::connection::Connection;
use super::make::Made;
use super::transact::Posted;
use super::{Common, Lanes, TROUBLE, jitter};
use crate::clock::Timestamp;
use crate::config::Configuration;
use crate::delivery::{Phase, Reason, Trigger};
use crate::ledger::{Claimed, LedgerError};
use crate::outbound::circuits::{Answer, Failure, Scope, Trial};
use crate::partner::{Partner, PartnerCode, State};
use crate::post::Outcome;

/// How many deliveries a worker holds at once.
const BATCH: usize = 8;
/// How long a connection is kept open for the next letter.
const IDLE: Duration = Duration::from_secs(10);
/// The longest a worker waits without looking into the ledger.
const LOOK: Duration = Duration::from_secs(30);
/// The shortest: what is due and not given out is another worker's.
const SHORTEST: Duration = Duration::from_millis(50);

//------------ Worker --------------------------------------------------------

pub(super) struct Worker {
    pub lanes: Lanes,
    pub common: Common,
    pub code: PartnerCode,
    number: usize,
    /// How often in a row there was no connection for it beside others.
    crowded: u32,
    /// Until when it leaves the letters to those.
    rests_until: Option<Timestamp>,
}

/// What a worker needs to know of now.
pub(super) struct Now {
    pub configuration: Arc<Configuration>,
    pub partner: Partner,
}

impl Worker {
    /// Worker `number` of the lane of `code`.
    pub fn new(lanes: Lanes, common: Common, code: PartnerCode, number: usize) -> Self {
        Worker { lanes, common, code, number, crowded: 0, rests_until: None }
    }

    pub async fn run(mut self) {
        let token = self.lanes.runtime.token().clone();
        let mut connection = Connection::default();
        let mut wakes = self.lanes.ledger.wakes().deliveries;
        let mut bell = self.common.circuits.bell();
        while !token.is_cancelled() {
            wakes.borrow_and_update();
            bell.borrow_and_update();
            if self.lanes.configuration.has_changed().unwrap_or(true) {
                // Another route, another pin, mended keys: begin anew.
                connection.close().await;
                (self.crowded, self.rests_until) = (0, None);
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
                () = self.lanes.clock.sleep(wait) => if idle { connection.close().await },
                woken = wakes.changed() => if woken.is_err() { break },
                rung = bell.changed() => if rung.is_err() { break },
                changed = self.common.suspended.changed() => if changed.is_err() { break },
                changed = self.lanes.configuration.changed() => if changed.is_err() { break },
            }
        }
        connection.close().await;
    }

    /// The partner's entry of now, if it is there, active and allows this worker.
    fn now(&mut self) -> Option<Now> {
        let is_suspended = self.common.suspended.borrow_and_update().partners.contains(&self.code);
        let configuration = self.lanes.configuration.borrow_and_update().clone();
        let partner = configuration.partner(&self.code)?;
        if is_suspended || partner.state == State::Suspended || self.number >= partner.connections {
            return None;
        }
        Some(Now { partner: partner.clone(), configuration })
    }

    /// One claim and all that comes of it; else how long there is nothing to do.
    async fn turn(&mut self, connection: &mut Connection) -> Result<Option<Duration>, LedgerError> {
        let Some(now) = self.now() else { return Ok(Some(LOOK)) };
        let at = self.lanes.clock.now();
        if let Some(until) = self.rests_until.filter(|until| *until > at) {
            return Ok(Some(rest(Some(until), at)));
        }
        for scope in [Scope::destination(&now.partner), Scope::proof(&now.partner)] {
            match self.common.circuits.ask(&scope, at) {
                Answer::Free => {}
                Answer::Rest(until) => return Ok(Some(rest(until, at))),
                Answer::Try(trial) => {
                    self.probe(&scope, trial, connection, &now).await?;
                    return Ok(None);
                }
            }
        }
        let ledger = self.lanes.ledger.clone();
        let lane = Scope::Lane(self.code.clone());
        if self.common.circuits.is_open(&lane) {
            // A trial needs a letter.
            let due = ledger.next_due(&self.code).await?;
            if due.is_none_or(|due| due > at) {
                return Ok(Some(look(due, at)));
            }
        }
        let trial = match self.common.circuits.ask(&lane, at) {
            Answer::Free => None,
            Answer::Rest(until) => return Ok(Some(rest(until, at))),
            Answer::Try(trial) => Some(trial),
        };
        let claimed = ledger.claim(&self.code, BATCH, now.configuration.clocks.lease).await?;
        if claimed.is_empty() {
            return Ok(Some(look(ledger.next_due(&self.code).await?, at)));
        }
        let mut ready = Vec::with_capacity(claimed.len());
        let mut kept = Vec::new();
        for made in self.make_all(claimed, &now).await {
            match made? {
                Made::Ended => {}
                Made::Kept(claimed) => kept.push(*claimed),
                Made::Ready(claimed, letter) => ready.push((*claimed, letter)),
            }
        }
        let mut is_told = false;
        if !kept.is_empty() {
            is_told = self.keep_back(kept, ready.is_empty(), &now).await?;
        }
        let mut ready = ready.into_iter();
        while let Some((claimed, letter)) = ready.next() {
            let stopping = self.lanes.runtime.token().is_cancelled();
            // A trial is one letter.
            let tried = trial.is_some() && is_told;
            let posted = if stopping || tried || (trial.is_none() && self.is_held_up(&now)) {
                ledger.release(claimed.delivery, claimed.fence).await?;
                Posted::Stopped
            } else {
                self.post(&claimed, &letter, connection, &now, trial.is_some()).await?
            };
            is_told |= matches!(posted, Posted::Answered | Posted::Slowed);
            match posted {
                Posted::Answered | Posted::Slowed => self.crowded = 0,
                Posted::Crowded => {
                    self.crowded = self.crowded.saturating_add(1);
                    let rest = now.configuration.clocks.next(self.crowded, jitter());
                    self.rests_until = Some(self.lanes.clock.now().plus(rest));
                }
                Posted::Stopped | Posted::Untold => {}
            }
            if matches!(posted, Posted::Crowded | Posted::Slowed | Posted::Stopped) {
                // The program ends, the road is closed or their server wants
                // less: the others wait in the ledger, not here, and are not
                // tried one by one.
                for (claimed, _) in ready.by_ref() {
                    ledger.release(claimed.delivery, claimed.fence).await?;
                }
            }
        }
        if let Some(trial) = trial.filter(|_| is_told) {
            trial.told();
        }
        Ok(None)
    }

    /// Tries an open circuit with a connection, and nothing over it: no letter
    /// is risked, and no attempt spent.
    async fn probe(
        &self,
        scope: &Scope,
        trial: Trial,
        connection: &mut Connection,
        now: &Now,
    ) -> Result<(), LedgerError> {
        match connection.open(&now.partner, &now.configuration, &self.common.standing).await {
            Ok(()) => self.reached(now).await?,
            Err(outcome) => {
                self.unreached(&outcome, now).await?;
                match (scope, obstacle(&outcome, &now.partner)) {
                    // There is a server, and it is not for us.
                    (Scope::Destination(_), Scope::Proof(..)) => {
                        self.common.circuits.succeeded(scope, &now.configuration).await?;
                    }
                    // Nobody got as far as what was to be tried.
                    (Scope::Proof(..), Scope::Destination(_)) => return Ok(()),
                    _ => {}
                }
            }
        }
        trial.told();
        Ok(())
    }

    /// Whether `outcome` says only that others have all the connections that
    /// there are: their letters show that the server is well.
    pub fn is_crowded(&self, outcome: &Outcome, now: &Now) -> bool {
        outcome.code() == Some(421) && self.common.standing.is_at(&now.partner.destination())
    }

    /// What could not be made keeps its place where nothing could, and the lane
    /// rests; else it is put off, so that the others go. Whether the lane rests.
    async fn keep_back(
        &self,
        kept: Vec<Claimed>,
        is_all: bool,
        now: &Now,
    ) -> Result<bool, LedgerError> {
        let ledger = &self.lanes.ledger;
        let later = self.lanes.clock.now().plus(now.configuration.clocks.next(1, jitter()));
        for claimed in kept {
            match is_all {
                true => ledger.release(claimed.delivery, claimed.fence).await?,
                false => ledger.put_off(claimed.delivery, claimed.fence, later).await?,
            }
        }
        if !is_all {
            return Ok(false);
        }
        let reason = Reason::new("lane.kept", "nothing can be sealed for it");
        self.fail(&Scope::Lane(self.code.clone()), reason, now).await
    }

    /// There is a road.
    pub async fn reached(&self, now: &Now) -> Result<(), LedgerError> {
        for scope in [Scope::destination(&now.partner), Scope::proof(&now.partner)] {
            self.common.circuits.succeeded(&scope, &now.configuration).await?;
        }
        Ok(())
    }

    /// There is no road. Whether that was news.
    pub async fn unreached(&self, outcome: &Outcome, now: &Now) -> Result<bool, LedgerError> {
        if outcome.is_unsafe {
            error!(partner.code = %self.code, words = outcome.words, "the road is not as safe as the partner's entry asks: nothing goes");
        }
        let reason = Reason::new(format!("smtp.{}", outcome.phase), outcome.words.clone());
        self.fail(&obstacle(outcome, &now.partner), reason, now).await
    }

    /// Holds a failure against `scope`. Whether it was news.
    pub async fn fail(
        &self,
        scope: &Scope,
        reason: Reason,
        now: &Now,
    ) -> Result<bool, LedgerError> {
        let at = self.lanes.clock.now();
        let failure = Failure { reason, at, configuration: &now.configuration, jitter: jitter() };
        self.common.circuits.failed(scope, failure).await
    }

    /// Whether others found out meanwhile that nothing should go.
    fn is_held_up(&self, now: &Now) -> bool {
        let circuits = &self.common.circuits;
        circuits.is_cut_off(&now.partner) || circuits.is_open(&Scope::Lane(self.code.clone()))
    }

    pub async fn end(
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

/// What a road's end says something about: the server, or what our entry asks
/// of it.
fn obstacle(outcome: &Outcome, partner: &Partner) -> Scope {
    if outcome.is_unsafe || outcome.phase == Phase::Auth {
        Scope::proof(partner)
    } else {
        Scope::destination(partner)
    }
}

/// How long nothing is due.
fn look(due: Option<Timestamp>, at: Timestamp) -> Duration {
    due.map_or(LOOK, |due| due.since(at).clamp(SHORTEST, LOOK))
}

fn rest(until: Option<Timestamp>, at: Timestamp) -> Duration {
    until.map_or(LOOK, |until| until.since(at).max(SHORTEST))
}
