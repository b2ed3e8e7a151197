//! Intake: claims from the queue into the ledger, then acknowledged.
//!
//! ```text
//! certpost.submissions -> claim -> read (crew) -> commit (ledger) -> acknowledge
//!                                                 or reject, also by a commit
//! ```
//!
//! Claims are read side by side and committed in the order of the queue. A
//! claim is acknowledged only after the commit that names it, so whatever
//! happens in between, the broker has it still. Nothing is ever given back by
//! a nack: what cannot be taken now stays unacknowledged, and the connection
//! goes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::admission::{self, Refused};
use super::rejection;
use crate::certificate::catalogue::Code;
use crate::certificate::finding::Finding;
use crate::config::Configuration;
use crate::ledger::{Acceptance, Accepted, Ledger, LedgerError};
use crate::queue::{Broker, Claim, Claims, Presence, QueueError, UpTo};
use crate::runtime::{Crew, CrewError, Runtime};
use crate::telemetry::{enter, leave};

/// How many claims the broker lets us hold. Enough that commits are shared,
/// little enough to be read anew after a crash.
const PREFETCH: u16 = 128;
/// Pauses between two attempts to reach the broker.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

//------------ Intake --------------------------------------------------------

/// What the intake works with.
pub struct Intake {
    pub configuration: watch::Receiver<Arc<Configuration>>,
    pub crew: Crew,
    pub ledger: Ledger,
    /// Says whether there is a connection.
    pub presence: Presence,
    pub runtime: Runtime,
}

/// Why a spell at the queue ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    /// The queue was deleted or the consumer cancelled; it is declared anew.
    #[error("the broker ended the consumer")]
    Cancelled,
    /// The gateway stops while the ledger takes nothing.
    #[error("the ledger took nothing")]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Intake {
    /// Takes submissions until the runtime's token is cancelled.
    ///
    /// # Errors
    ///
    /// Only [`QueueError::Differs`]: the broker's queues are not ours, and an
    /// operator must choose.
    pub async fn run(self) -> Result<(), QueueError> {
        let token = self.runtime.token().clone();
        let mut pause = FIRST_PAUSE;
        while !token.is_cancelled() {
            match self.spell(&mut pause).await {
                Ok(()) => return Ok(()),
                Err(Ended::Queue(fault @ QueueError::Differs { .. })) => return Err(fault),
                Err(fault) => warn!(error = %fault, "the submissions queue is out of reach"),
            }
            tokio::select! {
                () = token.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(())
    }

    /// One connection's life.
    async fn spell(&self, pause: &mut Duration) -> Result<(), Ended> {
        let url = self.configuration.borrow().queue_url.clone();
        let broker = Broker::connect(&url, "submissions").await?;
        broker.declare().await?;
        let mut claims = broker.claims(PREFETCH).await?;
        let _present = self.presence.with(&broker);
        info!("taking submissions");
        *pause = FIRST_PAUSE;
        let ended = self.work(&mut claims).await;
        broker.close().await;
        ended
    }

    async fn work(&self, claims: &mut Claims) -> Result<(), Ended> {
        let token = self.runtime.token().clone();
        let mut reading = FuturesOrdered::new();
        let mut committing = FuturesOrdered::new();
        let mut stopping = false;
        loop {
            tokio::select! {
                biased;
                () = token.cancelled(), if !stopping => stopping = true,
                Some(tag) = committing.next(), if !committing.is_empty() => {
                    let tag: Result<u64, Ended> = tag;
                    let mut tag = tag?;
                    // Committed in order, so acknowledging the last covers those before it.
                    while let Some(Some(next)) = futures_util::FutureExt::now_or_never(committing.next()) {
                        tag = next?;
                    }
                    enter("outbound.3", &tag);
                    claims.acknowledge(tag, UpTo::All).await?;
                    leave("outbound.3", &tag);
                }
                Some((claim, judged)) = reading.next(), if !reading.is_empty() => {
                    committing.push_back(self.commit(claim, judged));
                }
                claim = claims.next(), if !stopping => {
                    let claim = claim?.ok_or(Ended::Cancelled)?;
                    enter("outbound.1", &claim.tag);
                    reading.push_back(self.read(claim));
                }
                else => return Ok(()),
            }
            if stopping && reading.is_empty() && committing.is_empty() {
                return Ok(());
            }
        }
    }

    /// Reads a claim. One that our own reader cannot bear is refused: it would
    /// come again for ever, and its neighbours with it.
    async fn read(&self, claim: Claim) -> (Claim, Result<Acceptance, Refused>) {
        let configuration = self.configuration.borrow().clone();
        let claim = Arc::new(claim);
        let read = Arc::clone(&claim);
        let judged = self.crew.run(move || admission::admit(&read, &configuration)).await;
        let judged = judged.unwrap_or_else(|CrewError| {
            error!("a submission ended its reader, which is a bug; please report it");
            let words = "our reader broke on this submission, which is a bug of ours";
            let remedy = "keep it, tell the gateway's operators, and send it again after an update";
            Err(Finding::new(Code::SubmissionCrashed, "", words, remedy).into())
        });
        (Arc::unwrap_or_clone(claim), judged)
    }

    /// Commits what was read, and returns the tag to acknowledge.
    ///
    /// A ledger that takes nothing is asked again and again on the same
    /// connection: giving the claims back would count against them, and after
    /// enough rounds the broker would throw good ones out.
    async fn commit(
        &self,
        claim: Claim,
        judged: Result<Acceptance, Refused>,
    ) -> Result<u64, Ended> {
        let tag = claim.tag;
        leave("outbound.1", &tag);
        enter("outbound.2", &tag);
        let token = self.runtime.token();
        let mut pause = FIRST_PAUSE;
        loop {
            let fault = match self.try_commit(&claim, &judged).await {
                Ok(()) => {
                    leave("outbound.2", &tag);
                    return Ok(tag);
                }
                Err(fault) => fault,
            };
            error!(error = %fault, "a submission waits until the ledger can be written");
            tokio::select! {
                () = token.cancelled() => return Err(fault.into()),
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    async fn try_commit(
        &self,
        claim: &Claim,
        judged: &Result<Acceptance, Refused>,
    ) -> Result<(), LedgerError> {
        let refused = match judged {
            Ok(acceptance) => match self.ledger.accept(acceptance.clone()).await? {
                Accepted::Duplicate | Accepted::New { .. } => return Ok(()),
                Accepted::Conflict { words } => {
                    refused(acceptance, Code::SubmissionConflict, words)
                }
                Accepted::MessageIdReused { words } => {
                    refused(acceptance, Code::SubmissionMessageIdReused, words)
                }
            },
            Err(refused) => refused.clone(),
        };
        self.ledger.reject(rejection::reject(claim.clone(), refused)).await
    }
}

fn refused(acceptance: &Acceptance, code: Code, words: String) -> Refused {
    Refused {
        findings: vec![Finding::new(code, "", words, code.remedy())],
        id: Some(acceptance.facts.id.clone()),
    }
}
