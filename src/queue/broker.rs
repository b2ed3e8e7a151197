//! One connection to the broker, in one role.

use std::future::Future;
use std::time::Duration;

use lapin::options::{
    BasicConsumeOptions, BasicQosOptions, ConfirmSelectOptions, QueueBindOptions,
};
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, ConnectionStatus, ErrorKind};

use super::thing::Thing;
use super::topology::{BINDING_KEY, EXCHANGES, QUEUES, SUBMISSIONS};
use super::{Claims, Publisher, QueueError, Redacted, address};

/// For every question to the broker; a healthy one answers in milliseconds.
const ANSWER: Duration = Duration::from_secs(10);
/// For the way to an open connection, TLS and login included.
const CONNECT: Duration = Duration::from_secs(20);

//------------ Broker --------------------------------------------------------

/// One connection. It does not mend itself: when it is lost, everything made
/// from it says so, and the street opens a new one.
pub struct Broker {
    connection: Connection,
    at: String,
}

impl Broker {
    /// Connects; the broker's own pages show the connection as
    /// `certpost <role>`.
    pub async fn connect(url: &str, role: &str) -> Result<Broker, QueueError> {
        let uri = address::read(url)?;
        let at = Redacted(url).to_string();
        let properties = ConnectionProperties::default()
            .with_connection_name(format!("certpost {role}").into())
            .with_client_property("product".into(), "certpost".into());
        let connected = Connection::connect_uri(uri, properties);
        match tokio::time::timeout(CONNECT, connected).await {
            Err(_elapsed) => Err(QueueError::TimedOut { what: "let us in", limit: CONNECT }),
            Ok(Ok(connection)) => Ok(Broker { connection, at }),
            Ok(Err(error)) => Err(refusal(at, error)),
        }
    }

    /// Whether the connection still stands, as far as this side knows.
    pub fn is_connected(&self) -> bool {
        self.connection.status().connected()
    }

    /// The state of the connection, which outlives it.
    pub(super) fn status(&self) -> ConnectionStatus {
        self.connection.status().clone()
    }

    /// Sees that all of the topology is there, and makes what is not.
    ///
    /// A declaration is also the comparison: the broker refuses one that does
    /// not equal what it has. A user who may not declare is told so only
    /// where something is absent.
    pub async fn declare(&self) -> Result<(), QueueError> {
        for name in EXCHANGES {
            self.one_thing(Thing::Exchange(name)).await?;
        }
        for name in QUEUES {
            self.one_thing(Thing::Queue(name)).await?;
        }
        for name in EXCHANGES {
            let channel = self.channel().await?;
            let options = QueueBindOptions::default();
            let none = FieldTable::default();
            let bound = in_time(
                "bind a queue",
                channel.queue_bind(name.into(), name.into(), BINDING_KEY.into(), options, none),
            );
            match bound.await? {
                Ok(()) => close(&channel).await,
                // A binding cannot be looked at over AMQP; a returned
                // publication will tell if it is missing.
                Err(error) if soft(&error) == Some(AMQPSoftError::ACCESSREFUSED) => {
                    tracing::warn!(
                        queue = name,
                        "the broker does not let us bind, nor see whether the queue is bound"
                    );
                }
                Err(error) => return Err(QueueError::lost(error)),
            }
        }
        Ok(())
    }

    /// Begins to claim submissions, `prefetch` unacknowledged at most.
    pub async fn claims(&self, prefetch: u16) -> Result<Claims, QueueError> {
        self.claims_of(SUBMISSIONS, prefetch).await
    }

    /// Begins to claim what lies in `queue`, as the domestic system does with
    /// the queues that we publish to.
    pub async fn claims_of(&self, queue: &str, prefetch: u16) -> Result<Claims, QueueError> {
        let channel = self.channel().await?;
        let quality = channel.basic_qos(prefetch, BasicQosOptions::default());
        in_time("set the prefetch", quality).await?.map_err(QueueError::lost)?;
        let consume = channel.basic_consume(
            queue.into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let consumer = match in_time("give us the submissions", consume).await? {
            Ok(consumer) => consumer,
            Err(error) => return Err(absent(format!("queue {queue}"), error)),
        };
        Ok(Claims::new(channel, consumer))
    }

    /// A channel for publications, every one of them confirmed.
    pub async fn publisher(&self) -> Result<Publisher, QueueError> {
        let channel = self.channel().await?;
        let confirms = channel.confirm_select(ConfirmSelectOptions::default());
        in_time("promise confirms", confirms).await?.map_err(QueueError::lost)?;
        Ok(Publisher::new(channel))
    }

    /// Closes the connection; what is unacknowledged goes back to its queue.
    pub async fn close(&self) {
        let closed = tokio::time::timeout(ANSWER, self.connection.close(200, "bye".into()));
        if let Ok(Err(error)) = closed.await {
            tracing::debug!(broker = %self.at, %error, "the connection was closed already");
        }
    }

    pub(super) async fn channel(&self) -> Result<Channel, QueueError> {
        in_time("open a channel", self.connection.create_channel()).await?.map_err(QueueError::lost)
    }

    /// Declares one thing on a channel of its own: a refusal closes it.
    async fn one_thing(&self, thing: Thing) -> Result<(), QueueError> {
        let channel = self.channel().await?;
        let error = match in_time("declare", thing.declare(&channel, false)).await? {
            Ok(()) => {
                close(&channel).await;
                return Ok(());
            }
            Err(error) => error,
        };
        match soft(&error) {
            Some(AMQPSoftError::PRECONDITIONFAILED) => {
                Err(QueueError::Differs { what: format!("{thing}: {}", words(&error)) })
            }
            Some(AMQPSoftError::ACCESSREFUSED) => {
                let channel = self.channel().await?;
                match in_time("look", thing.declare(&channel, true)).await? {
                    Ok(()) => {
                        close(&channel).await;
                        Ok(())
                    }
                    Err(_absent) => Err(absent(thing.to_string(), error)),
                }
            }
            Some(_) | None => Err(QueueError::lost(error)),
        }
    }
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("at", &self.at).finish_non_exhaustive()
    }
}

pub(super) async fn in_time<F: Future>(
    what: &'static str,
    asked: F,
) -> Result<F::Output, QueueError> {
    tokio::time::timeout(ANSWER, asked)
        .await
        .map_err(|_elapsed| QueueError::TimedOut { what, limit: ANSWER })
}

/// Closing a channel is tidiness; that it fails changes nothing.
pub(super) async fn close(channel: &Channel) {
    if let Ok(Err(error)) = in_time("close a channel", channel.close(200, "bye".into())).await {
        tracing::debug!(%error, "a channel was closed already");
    }
}

pub(super) fn soft(error: &lapin::Error) -> Option<AMQPSoftError> {
    match error.kind() {
        ErrorKind::ProtocolError(said) => match said.kind() {
            AMQPErrorKind::Soft(soft) => Some(soft.clone()),
            AMQPErrorKind::Hard(_) => None,
        },
        _ => None,
    }
}

/// What the broker said, in its own words.
pub(super) fn words(error: &lapin::Error) -> String {
    match error.kind() {
        ErrorKind::ProtocolError(said) => said.get_message().to_string(),
        _ => error.to_string(),
    }
}

fn absent(what: String, error: lapin::Error) -> QueueError {
    match soft(&error) {
        Some(_) => QueueError::Absent { what, words: words(&error) },
        None => QueueError::lost(error),
    }
}

fn refusal(at: String, error: lapin::Error) -> QueueError {
    let refused = match error.kind() {
        ErrorKind::ProtocolError(said) => match said.kind() {
            AMQPErrorKind::Soft(soft) => *soft == AMQPSoftError::ACCESSREFUSED,
            AMQPErrorKind::Hard(hard) => *hard == AMQPHardError::NOTALLOWED,
        },
        ErrorKind::AuthProviderError(_) => true,
        _ => false,
    };
    match refused {
        true => QueueError::Login { at, words: words(&error) },
        false => QueueError::Unreachable { at, source: Box::new(error) },
    }
}
