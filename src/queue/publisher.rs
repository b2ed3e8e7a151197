//! Publishing: persistent, mandatory, confirmed, in a window.
//!
//! lapin gives a returned publication to whichever confirm completes next,
//! which in a window need not be its own. So the confirms of one channel are
//! kept together here, and a publication counts as confirmed only when its
//! own id is among nothing that came back.

use std::collections::{BTreeMap, HashMap};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use lapin::message::BasicReturnMessage;
use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation as Confirmed, PublisherConfirm};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::QueueError;

/// Publications on the way at once.
const WINDOW: usize = 256;
/// AMQP 0-9-1: delivery mode 2 is persistent.
const PERSISTENT: u8 = 2;

//------------ Outgoing ------------------------------------------------------

/// What is to be published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outgoing {
    pub exchange: String,
    pub routing_key: String,
    /// Ours, and different from that of any other publication on the way.
    pub message_id: String,
    /// The AMQP property `type`.
    pub kind: Option<String>,
    pub correlation_id: Option<String>,
    pub content_type: Option<String>,
    pub headers: Vec<(String, HeaderField)>,
    pub body: Vec<u8>,
}

/// The value of a header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HeaderField {
    List(Vec<String>),
    Number(i64),
    Text(String),
}

impl Outgoing {
    fn properties(&self) -> Result<BasicProperties, PublishError> {
        let short = |text: &str| {
            ShortString::try_new(text).map_err(|_too_long| PublishError::TooLong {
                text: text.chars().take(40).collect(),
            })
        };
        let mut properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_message_id(short(&self.message_id)?);
        if let Some(kind) = &self.kind {
            properties = properties.with_type(short(kind)?);
        }
        if let Some(id) = &self.correlation_id {
            properties = properties.with_correlation_id(short(id)?);
        }
        if let Some(content_type) = &self.content_type {
            properties = properties.with_content_type(short(content_type)?);
        }
        if !self.headers.is_empty() {
            let mut table = FieldTable::default();
            for (name, field) in &self.headers {
                let long = |text: &String| AMQPValue::LongString(text.as_str().into());
                let value = match field {
                    HeaderField::List(texts) => {
                        AMQPValue::FieldArray(texts.iter().map(long).collect::<Vec<_>>().into())
                    }
                    HeaderField::Number(number) => AMQPValue::LongLongInt(*number),
                    HeaderField::Text(text) => long(text),
                };
                table.insert(short(name)?, value);
            }
            properties = properties.with_headers(table);
        }
        Ok(properties)
    }
}

//------------ PublishError --------------------------------------------------

/// Why a publication is not known to be kept by the broker. All of them stay
/// in the ledger and are published again.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The broker has no queue for it; the operator mends the bindings.
    #[error("returned by the broker: {code} {words} (exchange '{exchange}', key '{routing_key}')")]
    Returned { exchange: String, routing_key: String, code: u16, words: String },
    /// The queue is full or has no leader; the consumer or operator acts.
    #[error("the broker refused to keep it: the queue is full, or has no majority of its nodes")]
    Nacked,
    /// A neighbour came back in place of this one's answer; published again.
    #[error("the broker's answer cannot be told apart from its neighbour's")]
    Unclear,
    /// No confirm in time; a new connection is needed.
    #[error("no confirm within {} s", limit.as_secs_f32())]
    TimedOut { limit: Duration },
    /// A property longer than AMQP's 255 octets; a bug of ours.
    #[error("'{text}...' is longer than 255 octets")]
    TooLong { text: String },
    /// The connection or channel is gone; a new one is needed.
    #[error("the broker's connection is lost: {source}")]
    Lost {
        #[source]
        source: Box<lapin::Error>,
    },
}

impl PublishError {
    /// Whether the channel is of no more use.
    pub fn needs_new_connection(&self) -> bool {
        match self {
            PublishError::TimedOut { .. } | PublishError::Lost { .. } => true,
            PublishError::Returned { .. }
            | PublishError::Nacked
            | PublishError::Unclear
            | PublishError::TooLong { .. } => false,
        }
    }
}

//------------ Publisher -----------------------------------------------------

/// A channel for publications. Clones share its window.
#[derive(Clone)]
pub struct Publisher {
    channel: Channel,
    window: Arc<Semaphore>,
    flight: Arc<Mutex<Flight>>,
}

impl Publisher {
    pub(super) fn new(channel: Channel) -> Self {
        Publisher {
            channel,
            window: Arc::new(Semaphore::new(WINDOW)),
            flight: Arc::new(Mutex::new(Flight::default())),
        }
    }

    /// Puts a publication on the way, once there is place in the window.
    /// `timeout` runs from now until its confirm.
    pub async fn publish(
        &self,
        outgoing: &Outgoing,
        timeout: Duration,
    ) -> Result<Confirmation, PublishError> {
        let deadline = Instant::now() + timeout;
        let properties = outgoing.properties()?;
        let short = |text: &str| {
            ShortString::try_new(text).map_err(|_too_long| PublishError::TooLong {
                text: text.chars().take(40).collect(),
            })
        };
        let (exchange, key) = (short(&outgoing.exchange)?, short(&outgoing.routing_key)?);
        let late = |_elapsed| PublishError::TimedOut { limit: timeout };
        let place = tokio::time::timeout_at(deadline, Arc::clone(&self.window).acquire_owned());
        let place = place.await.map_err(late)?.map_err(|_closed| PublishError::Unclear)?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sent = self.channel.basic_publish(exchange, key, options, &outgoing.body, properties);
        let confirm = tokio::time::timeout_at(deadline, sent)
            .await
            .map_err(late)?
            .map_err(|source| PublishError::Lost { source: Box::new(source) })?;
        let number = lock(&self.flight).add(outgoing.message_id.clone(), confirm);
        Ok(Confirmation {
            number,
            deadline,
            limit: timeout,
            flight: Arc::clone(&self.flight),
            _place: place,
        })
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Publisher")
    }
}

//------------ Confirmation --------------------------------------------------

/// A publication on the way.
#[must_use = "a publication is kept by the broker only once it is confirmed"]
pub struct Confirmation {
    number: u64,
    deadline: Instant,
    limit: Duration,
    flight: Arc<Mutex<Flight>>,
    _place: OwnedSemaphorePermit,
}

impl Confirmation {
    /// Waits for the broker's answer, until the time limit is up.
    pub async fn confirmed(self) -> Result<(), PublishError> {
        let answer = poll_fn(|cx| lock(&self.flight).poll(self.number, cx));
        match tokio::time::timeout_at(self.deadline, answer).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(PublishError::TimedOut { limit: self.limit }),
        }
    }
}

impl Drop for Confirmation {
    fn drop(&mut self) {
        lock(&self.flight).forget(self.number);
    }
}

impl std::fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Confirmation({})", self.number)
    }
}

//------------ Flight --------------------------------------------------------

/// All confirms of a channel that are still awaited.
#[derive(Default)]
struct Flight {
    last: u64,
    awaited: BTreeMap<u64, Awaited>,
    /// What came back, by its message id.
    returned: HashMap<String, PublishError>,
}

struct Awaited {
    message_id: String,
    confirm: PublisherConfirm,
    /// Set once the confirm has completed.
    answer: Option<Result<Answer, lapin::Error>>,
}

/// What lapin said of one publication.
#[derive(Clone, Copy)]
enum Answer {
    Kept,
    Nacked,
    /// Kept or returned: the answer carried another one's return, and its
    /// own may be carried by a later answer.
    Unclear,
}

impl Flight {
    fn add(&mut self, message_id: String, confirm: PublisherConfirm) -> u64 {
        self.last += 1;
        self.awaited.insert(self.last, Awaited { message_id, confirm, answer: None });
        self.last
    }

    fn forget(&mut self, number: u64) {
        if let Some(awaited) = self.awaited.remove(&number) {
            self.returned.remove(&awaited.message_id);
        }
        if self.awaited.is_empty() {
            self.returned.clear();
        }
    }

    fn poll(&mut self, number: u64, cx: &mut Context<'_>) -> Poll<Result<(), PublishError>> {
        self.complete(number, cx);
        let Some(awaited) = self.awaited.get(&number) else {
            return Poll::Ready(Err(PublishError::Unclear));
        };
        let message_id = awaited.message_id.clone();
        let Some(answer) = &awaited.answer else { return Poll::Pending };
        let answer = match answer {
            Ok(answer) => *answer,
            Err(error) => {
                let source = Box::new(error.clone());
                return Poll::Ready(Err(PublishError::Lost { source }));
            }
        };
        // A return of ours that another confirm took was taken before our own
        // confirm completed, so that one is complete as well: look at all.
        let others: Vec<u64> = self.awaited.keys().copied().collect();
        for other in others {
            self.complete(other, &mut Context::from_waker(std::task::Waker::noop()));
        }
        Poll::Ready(match (self.returned.remove(&message_id), answer) {
            (Some(returned), _) => Err(returned),
            (None, Answer::Kept) => Ok(()),
            (None, Answer::Nacked) => Err(PublishError::Nacked),
            (None, Answer::Unclear) => Err(PublishError::Unclear),
        })
    }

    /// Notes the answer of one confirm, if it is there.
    fn complete(&mut self, number: u64, cx: &mut Context<'_>) {
        let Some(awaited) = self.awaited.get_mut(&number) else { return };
        if awaited.answer.is_some() {
            return;
        }
        let Poll::Ready(confirmed) = Pin::new(&mut awaited.confirm).poll(cx) else { return };
        let (answer, carried) = match confirmed {
            Ok(Confirmed::Ack(carried)) => (Answer::Kept, carried),
            Ok(Confirmed::Nack(carried)) => (Answer::Nacked, carried),
            Ok(Confirmed::NotRequested) => (Answer::Unclear, None),
            Err(error) => {
                awaited.answer = Some(Err(error));
                return;
            }
        };
        let own = awaited.message_id.clone();
        let id_of = |returned: &BasicReturnMessage| {
            returned.properties.message_id().as_ref().map(ToString::to_string)
        };
        let id = carried.as_ref().and_then(id_of);
        let clear = carried.is_none() || id.as_ref() == Some(&own);
        awaited.answer = Some(Ok(if clear { answer } else { Answer::Unclear }));
        if let (Some(returned), Some(id)) = (carried, id) {
            let fault = PublishError::Returned {
                exchange: returned.exchange.to_string(),
                routing_key: returned.routing_key.to_string(),
                code: returned.reply_code,
                words: returned.reply_text.to_string(),
            };
            self.returned.insert(id, fault);
        }
    }
}

fn lock(flight: &Mutex<Flight>) -> MutexGuard<'_, Flight> {
    flight.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<PublishError> for QueueError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::TimedOut { limit } => {
                QueueError::TimedOut { what: "confirm a publication", limit }
            }
            PublishError::Lost { source } => QueueError::Lost { source },
            other @ (PublishError::Returned { .. }
            | PublishError::Nacked
            | PublishError::Unclear
            | PublishError::TooLong { .. }) => QueueError::Differs { what: other.to_string() },
        }
    }
}
