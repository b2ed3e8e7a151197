//! The domestic side of a test: what it puts on queues and finds there.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Connection, ConnectionProperties};

use crate::conforms::conforms;

/// How long anything on a queue may take in a test.
const LIMIT: Duration = Duration::from_secs(60);

//------------ Taken ---------------------------------------------------------

/// A publication as a consumer sees it.
#[derive(Clone, Debug)]
pub struct Taken {
    pub message_id: String,
    pub kind: String,
    pub correlation_id: String,
    pub content_type: String,
    pub headers: FieldTable,
    pub body: Vec<u8>,
}

impl Taken {
    /// The body as JSON; it is as its schema says.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        let object = serde_json::from_slice(&self.body).unwrap();
        conforms(&object);
        object
    }

    /// A header that is text.
    pub fn header(&self, name: &str) -> Option<String> {
        match self.headers.inner().get(&ShortString::from(name))? {
            AMQPValue::LongString(text) => Some(text.to_string()),
            AMQPValue::ShortString(text) => Some(text.to_string()),
            other => Some(format!("{other:?}")),
        }
    }
}

//------------ Domestic ------------------------------------------------------

/// A connection of the domestic system.
pub struct Domestic {
    runtime: tokio::runtime::Runtime,
    connection: Connection,
}

impl Domestic {
    /// Connects.
    pub fn connect(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let connection = runtime.block_on(async {
            tokio::time::timeout(LIMIT, Connection::connect(url, ConnectionProperties::default()))
                .await
                .unwrap()
                .unwrap()
        });
        Domestic { runtime, connection }
    }

    /// Publishes a submission with confirm.
    pub fn submit(
        &self,
        content_type: &str,
        message_id: &str,
        partners: Option<&str>,
        body: &[u8],
    ) {
        self.submit_as(None, content_type, message_id, partners, body);
    }

    /// Publishes a submission with confirm, in the name of a broker user.
    pub fn submit_as(
        &self,
        user: Option<&str>,
        content_type: &str,
        message_id: &str,
        partners: Option<&str>,
        body: &[u8],
    ) {
        self.runtime.block_on(async {
            let channel = self.connection.create_channel().await.unwrap();
            channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
            let mut headers = FieldTable::default();
            if let Some(partners) = partners {
                headers
                    .insert("x-certpost-partners".into(), AMQPValue::LongString(partners.into()));
            }
            let mut properties = BasicProperties::default()
                .with_content_type(content_type.into())
                .with_message_id(message_id.into())
                .with_delivery_mode(2)
                .with_headers(headers);
            if let Some(user) = user {
                properties = properties.with_user_id(user.into());
            }
            let options = BasicPublishOptions { mandatory: true, ..Default::default() };
            let confirm = channel
                .basic_publish(
                    "certpost.submissions".into(),
                    "851.HM".into(),
                    options,
                    body,
                    properties,
                )
                .await
                .unwrap()
                .await
                .unwrap();
            assert!(matches!(confirm, lapin::Confirmation::Ack(None)), "{confirm:?}");
            channel.close(200, "".into()).await.unwrap();
        });
    }

    /// Takes `count` publications from `queue`, acknowledged.
    #[track_caller]
    pub fn take(&self, queue: &str, count: usize) -> Vec<Taken> {
        let taken = self.take_within(queue, count, LIMIT);
        assert_eq!(taken.len(), count, "publications on {queue} within {LIMIT:?}");
        taken
    }

    /// Takes up to `count` publications, as far as each comes within `limit`.
    pub fn take_within(&self, queue: &str, count: usize, limit: Duration) -> Vec<Taken> {
        self.runtime.block_on(async {
            let channel = self.connection.create_channel().await.unwrap();
            let mut consumer = channel
                .basic_consume(
                    queue.into(),
                    "test".into(),
                    BasicConsumeOptions::default(),
                    FieldTable::default(),
                )
                .await
                .unwrap();
            let mut taken = Vec::new();
            while taken.len() < count {
                let Ok(Some(claimed)) = tokio::time::timeout(limit, consumer.next()).await else {
                    break;
                };
                let claimed = claimed.unwrap();
                claimed.ack(BasicAckOptions::default()).await.unwrap();
                let text = |text: &Option<ShortString>| {
                    text.as_ref().map(ToString::to_string).unwrap_or_default()
                };
                taken.push(Taken {
                    message_id: text(claimed.properties.message_id()),
                    kind: text(claimed.properties.kind()),
                    correlation_id: text(claimed.properties.correlation_id()),
                    content_type: text(claimed.properties.content_type()),
                    headers: claimed.properties.headers().clone().unwrap_or_default(),
                    body: claimed.data,
                });
            }
            channel.close(200, "".into()).await.unwrap();
            taken
        })
    }

    /// Takes events, one after the other, until `enough` says so of one.
    /// Whether it did before a long time was over.
    pub fn each_event(&self, mut enough: impl FnMut(&serde_json::Value) -> bool) -> bool {
        self.runtime.block_on(async {
            let channel = self.connection.create_channel().await.unwrap();
            // One at a time: what is not looked at stays on the queue.
            channel.basic_qos(1, BasicQosOptions::default()).await.unwrap();
            let mut consumer = channel
                .basic_consume(
                    "certpost.events".into(),
                    "test".into(),
                    BasicConsumeOptions::default(),
                    FieldTable::default(),
                )
                .await
                .unwrap();
            let until = tokio::time::Instant::now() + LIMIT;
            let mut ended = false;
            while !ended {
                let Ok(Some(claimed)) = tokio::time::timeout_at(until, consumer.next()).await
                else {
                    break;
                };
                let claimed = claimed.unwrap();
                claimed.ack(BasicAckOptions::default()).await.unwrap();
                let event = serde_json::from_slice(&claimed.data).unwrap();
                conforms(&event);
                ended = enough(&event);
            }
            channel.close(200, "".into()).await.unwrap();
            ended
        })
    }

    /// Takes events until one is `wanted`, and gives all of them.
    #[track_caller]
    pub fn events_until(
        &self,
        wanted: impl Fn(&serde_json::Value) -> bool,
    ) -> Vec<serde_json::Value> {
        let mut events = Vec::new();
        loop {
            let event = self.take("certpost.events", 1)[0].json();
            let found = wanted(&event);
            events.push(event);
            if found {
                return events;
            }
        }
    }
}
