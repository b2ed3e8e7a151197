//! The circuits of the lanes: what is not reached is left alone.
//!
//! One for each destination, shared by every worker of every lane that leads
//! there: three connection failures in a row open it. One for what a lane's
//! own entry asks of the road there (TLS, password), so that a wrong pin makes
//! nobody else wait. Both are on record, and the lanes' clocks stand still
//! while they are open. And one for each lane, which a server slows that says
//! 421, 4.7.x or that the mailbox is full: one such reply opens it, and the
//! clocks go on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tracing::{info, warn};

use crate::clock::Timestamp;
use crate::config::Configuration;
use crate::delivery::{Circuit, Opened, Reason, Way};
use crate::ledger::{Cause, Ledger, LedgerError, OpenCircuit};
use crate::partner::{Partner, PartnerCode};

/// Connection failures in a row that open a circuit.
const FAILURES: u32 = 3;

//------------ Scope ---------------------------------------------------------

/// What a circuit is about.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Scope {
    /// Host and port: whether there is a server.
    Destination(String),
    /// What one lane's entry asks of the road to its destination.
    Proof(String, PartnerCode),
    /// A lane: whether their server wants less.
    Lane(PartnerCode),
}

impl Scope {
    /// The circuit of the destination of `partner`.
    pub fn destination(partner: &Partner) -> Scope {
        Scope::Destination(partner.destination())
    }

    /// The circuit of what the entry of `partner` asks of the road.
    pub fn proof(partner: &Partner) -> Scope {
        Scope::Proof(partner.destination(), partner.code.clone())
    }

    const fn limit(&self) -> u32 {
        match self {
            Scope::Destination(_) | Scope::Proof(..) => FAILURES,
            Scope::Lane(_) => 1,
        }
    }

    /// The name on record; a slowed lane has none.
    fn name(&self) -> Option<String> {
        match self {
            Scope::Destination(destination) => Some(destination.clone()),
            Scope::Proof(destination, partner) => Some(format!("{destination} {partner}")),
            Scope::Lane(_) => None,
        }
    }

    fn named(name: &str) -> Option<Scope> {
        match name.split_once(' ') {
            None => Some(Scope::Destination(name.to_owned())),
            Some((destination, code)) => {
                Some(Scope::Proof(destination.to_owned(), code.parse().ok()?))
            }
        }
    }

    fn concerns(&self, partner: &Partner) -> bool {
        match self {
            Scope::Destination(destination) => *destination == partner.destination(),
            Scope::Proof(destination, code) => {
                *code == partner.code && *destination == partner.destination()
            }
            Scope::Lane(code) => *code == partner.code,
        }
    }
}

//------------ Circuits ------------------------------------------------------

/// All circuits of a running gateway. Clones are the same.
#[derive(Clone, Debug)]
pub struct Circuits(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    ledger: Ledger,
    all: Mutex<HashMap<Scope, Entry>>,
    /// Rings when a circuit opens or closes, or may be tried.
    bell: watch::Sender<u64>,
    /// Held while the record is brought to what is known.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Entry {
    circuit: Circuit,
    /// Why the last one failed.
    reason: Reason,
    /// What stands in the ledger.
    recorded: Option<Opened>,
}

/// A failure, with what is needed to say when to try again.
pub struct Failure<'a> {
    pub reason: Reason,
    pub at: Timestamp,
    pub configuration: &'a Configuration,
    /// A fraction from 0 to 1.
    pub jitter: f64,
}

/// Who may go.
#[derive(Debug)]
pub enum Answer {
    /// Everybody.
    Free,
    /// Nobody before that time; or, without one, until the bell rings.
    Rest(Option<Timestamp>),
    /// Whoever asked, alone.
    Try(Trial),
}

impl Circuits {
    /// The circuits as the last run left them.
    pub async fn restore(ledger: &Ledger) -> Result<Circuits, LedgerError> {
        let mut all = HashMap::new();
        for OpenCircuit { destination, opened, reason } in ledger.circuits().await? {
            if let Some(scope) = Scope::named(&destination) {
                let circuit = Circuit::opened(scope.limit(), opened);
                all.insert(scope, Entry { circuit, reason, recorded: Some(opened) });
            }
        }
        Ok(Circuits(Arc::new(Shared {
            ledger: ledger.clone(),
            all: Mutex::new(all),
            bell: watch::Sender::new(0),
            turn: tokio::sync::Mutex::new(()),
        })))
    }

    /// Rings when somebody who rests should ask again.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.0.bell.subscribe()
    }

    /// Whether `scope` may be used at `at`.
    pub fn ask(&self, scope: &Scope, at: Timestamp) -> Answer {
        let mut all = self.lock();
        match all.get_mut(scope).map_or(Way::Free, |entry| entry.circuit.ask(at)) {
            Way::Free => Answer::Free,
            Way::Rest(until) => Answer::Rest(Some(until)),
            Way::Tried => Answer::Rest(None),
            Way::Try => {
                let (circuits, scope) = (self.clone(), scope.clone());
                Answer::Try(Trial { circuits, scope, is_told: false })
            }
        }
    }

    /// Whether `scope` is left alone just now.
    pub fn is_open(&self, scope: &Scope) -> bool {
        self.lock().get(scope).is_some_and(|entry| entry.circuit.is_open().is_some())
    }

    /// Whether letters to `partner` have no road.
    pub fn is_cut_off(&self, partner: &Partner) -> bool {
        self.is_open(&Scope::destination(partner)) || self.is_open(&Scope::proof(partner))
    }

    /// The world may have changed: everything open may be tried at once.
    pub fn hurry(&self, at: Timestamp) {
        self.lock().values_mut().for_each(|entry| entry.circuit.hurry(at));
        self.ring();
    }

    /// Somebody failed. Whether that was news: what fails beside a trial of an
    /// open circuit is not.
    ///
    /// # Errors
    ///
    /// The ledger does not have it; [`Circuits::tend`] tries again.
    pub async fn failed(&self, scope: &Scope, failure: Failure<'_>) -> Result<bool, LedgerError> {
        let Failure { reason, at, configuration, jitter } = failure;
        let step = {
            let mut all = self.lock();
            let entry = all.entry(scope.clone()).or_insert_with(|| Entry {
                circuit: Circuit::new(scope.limit()),
                reason: reason.clone(),
                recorded: None,
            });
            let was_open = entry.circuit.is_open().is_some();
            let step = entry.circuit.failed(at, &configuration.clocks, jitter);
            if was_open && !step {
                return Ok(false);
            }
            entry.reason = reason;
            step.then(|| entry.circuit.is_open()).flatten()
        };
        if let Some(opened) = step {
            let (what, words) = (scope.words(), self.reason(scope));
            warn!(%what, trials = opened.trials, again_at = %opened.again_at, words, "left alone for a while");
            self.ring();
            self.record(scope, configuration).await?;
        }
        Ok(true)
    }

    /// Somebody got through: everybody may go.
    pub async fn succeeded(
        &self,
        scope: &Scope,
        configuration: &Configuration,
    ) -> Result<(), LedgerError> {
        {
            let mut all = self.lock();
            let Some(entry) = all.get_mut(scope).filter(|entry| !entry.circuit.is_spotless())
            else {
                return Ok(());
            };
            if entry.circuit.is_open().is_none() {
                entry.circuit.succeeded();
                return Ok(());
            }
        }
        self.close(scope, configuration).await?;
        info!(what = %scope.words(), "reached again");
        Ok(())
    }

    async fn close(&self, scope: &Scope, configuration: &Configuration) -> Result<(), LedgerError> {
        let turn = self.0.turn.lock().await;
        // First on record, so that what waits is in its old place when the
        // first worker asks for it.
        if let Some(name) = scope.name() {
            let reached = configuration.partners.iter().filter(|partner| {
                let other = match scope {
                    Scope::Destination(_) | Scope::Lane(_) => Scope::proof(partner),
                    Scope::Proof(..) => Scope::destination(partner),
                };
                scope.concerns(partner) && !self.is_open(&other)
            });
            let reached = reached.map(|partner| partner.code.clone()).collect();
            self.0.ledger.close_circuit(&name, reached).await?;
        }
        if let Some(entry) = self.lock().get_mut(scope) {
            entry.circuit.succeeded();
            entry.recorded = None;
        }
        drop(turn);
        self.ring();
        Ok(())
    }

    /// Brings on record what a ledger refused earlier.
    pub async fn tend(&self, configuration: &Configuration) -> Result<(), LedgerError> {
        let scopes: Vec<Scope> = self.lock().keys().cloned().collect();
        for scope in scopes {
            self.record(&scope, configuration).await?;
        }
        Ok(())
    }

    /// Brings the record to a `configuration` just read: destinations that no
    /// entry names any more, and lanes that lead elsewhere now.
    pub async fn settle(&self, configuration: &Configuration) -> Result<(), LedgerError> {
        let scopes: Vec<Scope> = self.lock().keys().cloned().collect();
        for scope in scopes {
            if !configuration.partners.iter().any(|partner| scope.concerns(partner)) {
                self.close(&scope, configuration).await?;
                self.lock().remove(&scope);
            }
        }
        for partner in &configuration.partners {
            let _turn = self.0.turn.lock().await;
            let is_cut_off = self.is_cut_off(partner);
            self.0.ledger.stand(&partner.code, Cause::CutOff, is_cut_off).await?;
        }
        Ok(())
    }

    async fn record(
        &self,
        scope: &Scope,
        configuration: &Configuration,
    ) -> Result<(), LedgerError> {
        let Some(destination) = scope.name() else { return Ok(()) };
        let _turn = self.0.turn.lock().await;
        let news = self.lock().get(scope).and_then(|entry| {
            let opened =
                entry.circuit.is_open().filter(|_| entry.circuit.is_open() != entry.recorded)?;
            Some((opened, entry.reason.clone()))
        });
        let Some((opened, reason)) = news else { return Ok(()) };
        let cut_off = configuration.partners.iter().filter(|partner| scope.concerns(partner));
        let cut_off = cut_off.map(|partner| partner.code.clone()).collect();
        let circuit = OpenCircuit { destination, opened, reason };
        self.0.ledger.open_circuit(circuit, cut_off).await?;
        if let Some(entry) = self.lock().get_mut(scope) {
            entry.recorded = Some(opened);
        }
        Ok(())
    }

    fn reason(&self, scope: &Scope) -> String {
        self.lock().get(scope).map(|entry| entry.reason.words.clone()).unwrap_or_default()
    }

    fn ring(&self) {
        self.0.bell.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, Entry>> {
        // What is in it is whole at every line that could panic.
        self.0.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scope {
    fn words(&self) -> String {
        match self {
            Scope::Destination(destination) => destination.clone(),
            Scope::Proof(destination, code) => format!("{destination} as {code} asks for it"),
            Scope::Lane(code) => format!("the lane of {code}"),
        }
    }
}

//------------ Trial ---------------------------------------------------------

/// The right to try what is open, alone; given back when it is dropped
/// without a word on how it went.
#[derive(Debug)]
pub struct Trial {
    circuits: Circuits,
    scope: Scope,
    is_told: bool,
}

impl Trial {
    /// It is told how the trial went.
    pub fn told(mut self) {
        self.is_told = true;
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if !self.is_told
            && let Some(entry) = self.circuits.lock().get_mut(&self.scope)
        {
            entry.circuit.untried();
        }
    }
}
