//! The queue room against a real broker.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::time::Duration;

use certpost::queue::topology::{QUEUES, RECEIVED, SUBMISSIONS};
use certpost::queue::{Broker, HeaderField, Outgoing, PublishError, QueueError, UpTo};
use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, ExchangeKind};

use crate::broker::{self, IMPORTED, NARROW};

const SOON: Duration = Duration::from_secs(30);

fn submission(number: usize) -> Outgoing {
    Outgoing {
        exchange: SUBMISSIONS.to_owned(),
        routing_key: "851".to_owned(),
        message_id: format!("m-{number}"),
        kind: Some("submission".to_owned()),
        correlation_id: None,
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        body: format!("{{\"n\":{number}}}").into_bytes(),
    }
}

async fn publish(broker: &Broker, outgoing: &Outgoing) -> Result<(), PublishError> {
    let publisher = broker.publisher().await.unwrap();
    publisher.publish(outgoing, SOON).await?.confirmed().await
}

/// What somebody else, with another client, may do to the broker.
async fn stranger(url: &str) -> (Connection, lapin::Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

#[tokio::test]
async fn declares_what_is_absent_and_takes_what_is_there() {
    let Some(node) = broker::Broker::shared() else { return };
    let vhost = node.fresh_vhost();
    let narrow = Broker::connect(&node.url_as(NARROW, &vhost), "narrow").await.unwrap();
    match narrow.declare().await {
        Err(QueueError::Absent { what, .. }) => assert!(what.contains("certpost."), "{what}"),
        other => panic!("{other:?}"),
    }
    let broker = Broker::connect(&node.url(&vhost), "test").await.unwrap();
    broker.declare().await.unwrap();
    broker.declare().await.unwrap();
    narrow.declare().await.unwrap();
    let imported = Broker::connect(&node.url(IMPORTED), "test").await.unwrap();
    imported.declare().await.unwrap();
    for broker in [broker, narrow, imported] {
        broker.close().await;
    }
}

#[tokio::test]
async fn names_what_differs() {
    let Some(node) = broker::Broker::shared() else { return };
    let check = async |exchange: Option<&str>, queue: Option<&str>, wanted: &str| {
        let url = node.url(&node.fresh_vhost());
        let (other, channel) = stranger(&url).await;
        if let Some(name) = exchange {
            let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
            let none = FieldTable::default();
            let kind = ExchangeKind::Direct;
            channel.exchange_declare(name.into(), kind, options, none).await.unwrap();
        }
        if let Some(name) = queue {
            let options = QueueDeclareOptions { durable: true, ..Default::default() };
            channel.queue_declare(name.into(), options, FieldTable::default()).await.unwrap();
        }
        let broker = Broker::connect(&url, "test").await.unwrap();
        match broker.declare().await {
            Err(error @ QueueError::Differs { .. }) => {
                assert!(!error.is_passing());
                let words = error.to_string();
                assert!(words.contains(wanted), "{words}");
            }
            other => panic!("{other:?}"),
        }
        other.close(200, "bye".into()).await.unwrap();
    };
    check(Some(RECEIVED), None, "exchange certpost.received").await;
    check(None, Some(QUEUES[1]), "x-queue-type").await;
}

#[tokio::test]
async fn says_why_there_is_no_connection() {
    let Some(node) = broker::Broker::shared() else { return };
    let good = node.url("bv");
    let wrong = good.replace("certpost:certpost@", "certpost:s3cret@");
    let error = Broker::connect(&wrong, "test").await.unwrap_err();
    assert!(matches!(error, QueueError::Login { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    let error = Broker::connect(&node.url("nowhere"), "test").await.unwrap_err();
    assert!(matches!(error, QueueError::Login { .. }), "{error:?}");
    let error = Broker::connect("amqp://u:s3cret@127.0.0.1:1/%2f", "test").await.unwrap_err();
    assert!(matches!(error, QueueError::Unreachable { .. }) && error.is_passing(), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn claims_what_was_published() {
    let Some(node) = broker::Broker::shared() else { return };
    let url = node.url(&node.fresh_vhost());
    let broker = Broker::connect(&url, "test").await.unwrap();
    broker.declare().await.unwrap();
    let mut first = submission(1);
    let text = |text: &str| HeaderField::Text(text.to_owned());
    first.headers = vec![
        ("x-certpost-partners".to_owned(), HeaderField::List(vec!["HM".into(), "GS".into()])),
        ("x-certpost-not-useful-after".to_owned(), text("2026-12-01T00:00:00Z")),
    ];
    let mut second = submission(2);
    second.headers = vec![
        ("x-certpost-partners".to_owned(), text("HM, GS")),
        ("x-certpost-not-useful-after".to_owned(), HeaderField::Number(7)),
    ];
    publish(&broker, &first).await.unwrap();
    publish(&broker, &second).await.unwrap();
    let mut claims = broker.claims(10).await.unwrap();
    let one = claims.next().await.unwrap().unwrap();
    assert_eq!(one.message_id.as_deref(), Some("m-1"));
    assert_eq!(one.content_type.as_deref(), Some("application/json"));
    assert_eq!(one.partners, Some(Ok(vec!["HM".to_owned(), "GS".to_owned()])));
    assert_eq!(one.not_useful_after, Some(Ok("2026-12-01T00:00:00Z".to_owned())));
    assert_eq!((&one.body[..], one.redelivered), (&b"{\"n\":1}"[..], false));
    let two = claims.next().await.unwrap().unwrap();
    assert_eq!(two.partners, one.partners);
    assert!(two.not_useful_after.is_some_and(|read| read.is_err()));
    claims.acknowledge(one.tag, UpTo::One).await.unwrap();
    // What was not acknowledged comes again, and says so.
    broker.close().await;
    let broker = Broker::connect(&url, "test").await.unwrap();
    let mut claims = broker.claims(10).await.unwrap();
    let again = claims.next().await.unwrap().unwrap();
    assert_eq!((again.message_id.as_deref(), again.redelivered), (Some("m-2"), true));
    broker.close().await;
}

/// Prefetch 10: after ten the broker waits, and one acknowledgement frees all.
#[tokio::test]
async fn acknowledges_many_at_once() {
    let Some(node) = broker::Broker::shared() else { return };
    let url = node.url(&node.fresh_vhost());
    let broker = Broker::connect(&url, "test").await.unwrap();
    broker.declare().await.unwrap();
    let publisher = broker.publisher().await.unwrap();
    let mut window = Vec::new();
    for number in 0..30 {
        window.push(publisher.publish(&submission(number), SOON).await.unwrap());
    }
    for confirmation in window {
        confirmation.confirmed().await.unwrap();
    }
    let mut claims = broker.claims(10).await.unwrap();
    for number in 0..30 {
        let claim = claims.next().await.unwrap().unwrap();
        assert_eq!(claim.message_id, Some(format!("m-{number}")));
        if number % 10 == 9 {
            claims.acknowledge(claim.tag, UpTo::All).await.unwrap();
        }
    }
    broker.close().await;
}

/// Among many in one window: what has no queue is never taken for kept.
#[tokio::test]
async fn tells_what_came_back() {
    let Some(node) = broker::Broker::shared() else { return };
    let broker = Broker::connect(&node.url(&node.fresh_vhost()), "test").await.unwrap();
    broker.declare().await.unwrap();
    let publisher = broker.publisher().await.unwrap();
    let mut lost = submission(1);
    (lost.exchange, lost.routing_key) = (String::new(), "no.such.queue".to_owned());
    let answer = publisher.publish(&lost, SOON).await.unwrap().confirmed().await;
    assert!(matches!(answer, Err(PublishError::Returned { code: 312, .. })), "{answer:?}");
    let mut window = Vec::new();
    for number in 0..200 {
        let outgoing = Outgoing {
            message_id: format!("w-{number}"),
            ..if number % 3 == 0 { lost.clone() } else { submission(number) }
        };
        window.push((number, publisher.publish(&outgoing, SOON).await.unwrap()));
    }
    // Awaited out of order, as a street might.
    window.reverse();
    let (mut kept, mut returned) = (0, 0);
    for (number, confirmation) in window {
        match confirmation.confirmed().await {
            Ok(()) => {
                assert_ne!(number % 3, 0, "w-{number} has no queue");
                kept += 1;
            }
            Err(PublishError::Returned { .. }) => {
                assert_eq!(number % 3, 0, "w-{number} has a queue");
                returned += 1;
            }
            Err(PublishError::Unclear) => {}
            Err(other) => panic!("w-{number}: {other}"),
        }
    }
    assert!(kept > 0 && returned > 0, "{kept} kept, {returned} returned");
    broker.close().await;
}

#[tokio::test]
async fn ends_when_the_queue_is_deleted() {
    let Some(node) = broker::Broker::shared() else { return };
    let url = node.url(&node.fresh_vhost());
    let broker = Broker::connect(&url, "test").await.unwrap();
    broker.declare().await.unwrap();
    let mut claims = broker.claims(10).await.unwrap();
    let (other, channel) = stranger(&url).await;
    channel.queue_delete(SUBMISSIONS.into(), QueueDeleteOptions::default()).await.unwrap();
    assert_eq!(claims.next().await.unwrap(), None);
    other.close(200, "bye".into()).await.unwrap();
    broker.close().await;
}

/// The node goes away: claims end, publications are not confirmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tells_when_the_broker_goes() {
    let Some(node) = broker::Broker::start() else { return };
    let broker = Broker::connect(&node.url("bv"), "test").await.unwrap();
    broker.declare().await.unwrap();
    let mut claims = broker.claims(10).await.unwrap();
    let publisher = broker.publisher().await.unwrap();
    tokio::task::block_in_place(|| drop(node));
    let ended = tokio::time::timeout(SOON, claims.next()).await.unwrap();
    assert!(matches!(ended, Ok(None) | Err(QueueError::Lost { .. })), "{ended:?}");
    let limit = Duration::from_millis(500);
    let answer = match publisher.publish(&submission(1), limit).await {
        Ok(confirmation) => confirmation.confirmed().await,
        Err(error) => Err(error),
    };
    let error = answer.unwrap_err();
    assert!(error.needs_new_connection(), "{error}");
    assert!(!broker.is_connected());
    broker.close().await;
}
