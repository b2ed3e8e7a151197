//! The outlet: from the ledger to the domestic system's queues.
//!
//! What is to be published lies in the ledger, in order, one sequence for each
//! [`Outlet`]. It is published with confirm and marked only then; what is
//! returned or not confirmed stays and is tried again under the same
//! `message_id`. Each sequence has a channel and a pace of its own, so that
//! events nobody reads never hold up a certificate.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::config::Configuration;
use crate::ledger::{self, Ledger, LedgerError, Outlet, Publication};
use crate::queue::{Broker, HeaderField, Outgoing, Presence, PublishError, Publisher, QueueError};
use crate::runtime::Runtime;
use crate::telemetry::{enter, leave};

/// How many publications wait for their confirms, and are marked together: a
/// crash in between publishes as many again, under their old names.
const WINDOW: usize = 64;
/// How long a confirm may take.
const CONFIRM: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_secs(30);

//------------ Publishing ----------------------------------------------------

/// What publishing works with.
pub struct Publishing {
    pub configuration: watch::Receiver<Arc<Configuration>>,
    pub ledger: Ledger,
    /// Says whether there is a connection.
    pub presence: Presence,
    pub runtime: Runtime,
}

#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Publishing {
    /// Publishes what waits, until the runtime's token is cancelled.
    ///
    /// # Errors
    ///
    /// Only [`QueueError::Differs`]: the broker's queues are not ours.
    pub async fn run(self) -> Result<(), QueueError> {
        let token = self.runtime.token().clone();
        let mut pause = FIRST_PAUSE;
        while !token.is_cancelled() {
            match self.spell(&mut pause).await {
                Ok(()) => return Ok(()),
                Err(Ended::Queue(fault @ QueueError::Differs { .. })) => return Err(fault),
                Err(fault) => warn!(error = %fault, "nothing can be published"),
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
        let broker = Broker::connect(&url, "publications").await?;
        broker.declare().await?;
        let (received, rejected, events) =
            tokio::try_join!(broker.publisher(), broker.publisher(), broker.publisher())?;
        let _present = self.presence.with(&broker);
        info!("publishing");
        *pause = FIRST_PAUSE;
        let ended = tokio::try_join!(
            self.work(Outlet::Received, received),
            self.work(Outlet::Rejected, rejected),
            self.work(Outlet::Events, events),
        );
        broker.close().await;
        ended.map(|_all| ())
    }

    async fn work(&self, outlet: Outlet, publisher: Publisher) -> Result<(), Ended> {
        let token = self.runtime.token().clone();
        let mut wakes = self.ledger.wakes().publications;
        let mut pause = FIRST_PAUSE;
        while !token.is_cancelled() {
            wakes.borrow_and_update();
            let waiting = match self.ledger.unpublished(outlet, WINDOW).await {
                Ok(waiting) => waiting,
                // A ledger that does not answer holds up nobody else's connection.
                Err(fault) => {
                    error!(?outlet, error = %fault, "the ledger does not say what is to be published");
                    tokio::select! {
                        () = token.cancelled() => return Ok(()),
                        () = tokio::time::sleep(LONGEST_PAUSE) => continue,
                    }
                }
            };
            let wait = if waiting.is_empty() {
                pause = FIRST_PAUSE;
                LOOK
            } else if self.publish(outlet, &publisher, waiting).await? {
                pause = FIRST_PAUSE;
                continue;
            } else {
                pause = (pause * 2).min(LONGEST_PAUSE);
                pause
            };
            tokio::select! {
                () = token.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
                woken = wakes.changed(), if wait == LOOK => if woken.is_err() { return Ok(()) },
            }
        }
        Ok(())
    }

    /// Publishes a window; whether all of it was taken.
    async fn publish(
        &self,
        outlet: Outlet,
        publisher: &Publisher,
        waiting: Vec<Publication>,
    ) -> Result<bool, Ended> {
        let mut refused = None;
        let mut pending = Vec::with_capacity(waiting.len());
        for publication in waiting {
            let (row, outgoing) = (publication.row, outgoing(publication));
            enter("inbound.7", &outgoing.message_id);
            match publisher.publish(&outgoing, CONFIRM).await {
                Ok(confirmation) => pending.push((row, outgoing.message_id, confirmation)),
                // What went before it is on the way and is marked first.
                Err(fault) => {
                    refused = Some(fault);
                    break;
                }
            }
        }
        let mut taken = Vec::with_capacity(pending.len());
        for (row, message_id, confirmation) in pending {
            match confirmation.confirmed().await {
                Ok(()) => {
                    leave("inbound.7", &message_id);
                    taken.push((row, message_id));
                }
                Err(fault) => refused = refused.or(Some(fault)),
            }
        }
        if !taken.is_empty() {
            taken.iter().for_each(|(_, message_id)| enter("inbound.8", message_id));
            let rows: Vec<i64> = taken.iter().map(|(row, _)| *row).collect();
            self.ledger.published(outlet, &rows).await?;
            taken.iter().for_each(|(_, message_id)| leave("inbound.8", message_id));
        }
        match refused {
            None => Ok(true),
            Some(fault) if fault.needs_new_connection() => Err(fault.into()),
            Some(fault) => {
                warn!(?outlet, error = %fault, "a publication was not taken and is tried again");
                Ok(false)
            }
        }
    }
}

fn outgoing(publication: Publication) -> Outgoing {
    Outgoing {
        exchange: publication.exchange,
        routing_key: publication.routing_key,
        message_id: publication.message_id,
        kind: publication.kind,
        correlation_id: publication.correlation_id,
        content_type: publication.content_type,
        headers: publication
            .headers
            .into_iter()
            .map(|(name, field)| {
                let field = match field {
                    ledger::Header::Text(text) => HeaderField::Text(text),
                    ledger::Header::Number(number) => HeaderField::Number(number),
                };
                (name, field)
            })
            .collect(),
        body: publication.body,
    }
}
