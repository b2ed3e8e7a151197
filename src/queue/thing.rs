//! One thing of the topology: declared, or only looked at.

use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use super::topology::QUEUE_TYPE;

//------------ Thing ---------------------------------------------------------

/// One thing of the topology that is declared.
#[derive(Clone, Copy)]
pub(super) enum Thing {
    Exchange(&'static str),
    Queue(&'static str),
}

impl Thing {
    /// Declares it, or with `passive` only looks whether it is there.
    pub(super) async fn declare(self, channel: &Channel, passive: bool) -> lapin::Result<()> {
        match self {
            Thing::Exchange(name) => {
                let options = ExchangeDeclareOptions {
                    passive,
                    durable: true,
                    ..ExchangeDeclareOptions::default()
                };
                let none = FieldTable::default();
                channel.exchange_declare(name.into(), ExchangeKind::Topic, options, none).await
            }
            Thing::Queue(name) => {
                let options = QueueDeclareOptions {
                    passive,
                    durable: true,
                    ..QueueDeclareOptions::default()
                };
                let mut arguments = FieldTable::default();
                let (key, value) = QUEUE_TYPE;
                arguments.insert(key.into(), AMQPValue::LongString(value.into()));
                channel.queue_declare(name.into(), options, arguments).await.map(drop)
            }
        }
    }
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Thing::Exchange(name) => write!(f, "exchange {name}"),
            Thing::Queue(name) => write!(f, "queue {name}"),
        }
    }
}
