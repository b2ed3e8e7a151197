//! The broker's side: topology, claims, publishing with confirm.
//!
//! The only room that speaks `lapin`.
//!
//! - [`address`]: the broker's URL, and how it may be shown.
//! - [`topology`]: one table of exchanges, queues, bindings and policies.
//! - [`broker`]: one connection, in one role; `thing`: what it declares.
//! - [`compare`]: what is on the broker beside what has to be, nothing changed;
//!   [`management`]: the same of policies, from the broker's own pages.
//! - [`claims`]: what was submitted, to be acknowledged after the commit.
//! - [`publisher`]: publishing, persistent, mandatory and confirmed.
//! - [`presence`]: whether a street has its connection.
//!
//! It never nacks, never requeues and never reconnects: a connection that is
//! lost is told to the street, which opens a new one. Two connections are
//! wanted, one to consume and one to publish, because a broker short of memory
//! blocks a publishing connection whole, its acknowledgements too.

pub mod address;
pub mod broker;
pub mod claims;
pub mod compare;
pub mod management;
pub mod presence;
pub mod publisher;
mod thing;
pub mod topology;

use std::time::Duration;

pub use address::Redacted;
pub use broker::Broker;
pub use claims::{Claim, Claims, UpTo};
pub use compare::{Compared, Standing};
pub use management::{ManagementError, Unruled, policies};
pub use presence::{Presence, Present};
pub use publisher::{Confirmation, HeaderField, Outgoing, PublishError, Publisher};

//------------ QueueError ----------------------------------------------------

/// Why the broker's side does not work.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// `queue.url` is no AMQP URL; the operator mends it.
    #[error("queue.url is no AMQP URL ({words}); write it as amqp://user:password@host:5672/vhost")]
    Address { words: String },
    /// The broker does not let us in: user, password or vhost; the operator
    /// mends queue.url or the broker's permissions.
    #[error("the broker at {at} refuses us: {words}")]
    Login { at: String, words: String },
    /// No connection to the broker; tried again by the street.
    #[error("no connection to the broker at {at}: {source}")]
    Unreachable {
        at: String,
        #[source]
        source: Box<lapin::Error>,
    },
    /// The broker did not answer in time; tried again by the street.
    #[error("the broker did not {what} within {} s", limit.as_secs_f32())]
    TimedOut { what: &'static str, limit: Duration },
    /// Something of our name is there, and is not what it has to be; the
    /// operator removes it or gives us a vhost of our own.
    #[error("the broker's topology differs: {what}")]
    Differs { what: String },
    /// Something is not there and we may not make it; the operator imports
    /// queue-config/definitions.json or gives us the permission.
    #[error("{what} does not exist on the broker, and we may not declare it: {words}")]
    Absent { what: String, words: String },
    /// The connection or channel is gone; the street opens a new one.
    #[error("the broker's connection is lost: {source}")]
    Lost {
        #[source]
        source: Box<lapin::Error>,
    },
}

impl QueueError {
    /// Whether trying again can help without an operator.
    pub fn is_passing(&self) -> bool {
        match self {
            QueueError::Unreachable { .. }
            | QueueError::TimedOut { .. }
            | QueueError::Lost { .. } => true,
            QueueError::Address { .. }
            | QueueError::Login { .. }
            | QueueError::Differs { .. }
            | QueueError::Absent { .. } => false,
        }
    }

    fn lost(source: lapin::Error) -> Self {
        QueueError::Lost { source: Box::new(source) }
    }
}
