//! What a lane makes of what their server says, in simulated time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use certpost::delivery::State;
use certpost::runtime::Runtime;

use crate::street::{Mood, Server, Street};

const PLAIN: &str = "tls = \"none\"";
const LIMIT: Duration = Duration::from_secs(20);

/// A street to HM alone, over so many connections.
async fn street(connections: usize, mood: Mood) -> (Street, Arc<Server>, Runtime) {
    let servers = Runtime::new();
    let server = Server::start(mood, &servers).await;
    let street = Street::to(&[("HM", server.port, connections, PLAIN)]);
    street.rest().await;
    (street, server, servers)
}

async fn states(street: &Street, numbers: &[&str]) -> Vec<State> {
    let mut states = Vec::new();
    for number in numbers {
        states.push(street.delivery(number).await.state);
    }
    states
}

async fn until(what: impl Fn() -> bool) {
    let waited = async {
        while !what() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, waited).await.unwrap();
}

async fn over(street: Street, servers: Runtime) {
    let audit = street.ledger().audit().await.unwrap();
    assert!(audit.faults.is_empty(), "{audit:?}");
    street.stop().await;
    servers.stop(LIMIT).await;
}

/// Nobody there of that name, three times: the partner is suspended, nothing
/// is lost, and nothing more is tried until somebody has looked after it.
#[tokio::test]
async fn three_refusals_suspend_the_partner() {
    let says = Mood::Says("RCPT", "550 5.1.1 no such user\r\n");
    let (street, server, servers) = street(1, says).await;
    let numbers = ["N-1", "N-2", "N-3", "N-4", "N-5"];
    for number in numbers {
        street.accept(number, "HM", None).await;
        street.clock.advance(Duration::from_millis(1));
    }
    street.minutes(30).await;
    assert_eq!(server.said(), 3);
    assert!(street.events().await.contains(&"partner.suspended".to_owned()));
    let suspended = street.ledger().suspensions().await.unwrap();
    assert_eq!(suspended[0].reason.code, "lane.refused");
    assert_eq!(states(&street, &numbers).await[..3], [State::Deferred; 3]);
    let waits = street.delivery("N-4").await.waits.unwrap();
    assert_eq!(waits.code, "partner.suspended");

    server.turns(Mood::Well);
    street.clock.advance(Duration::from_secs(10 * 86_400));
    street.rest().await;
    assert_eq!(states(&street, &numbers).await[..3], [State::Deferred; 3], "it stands still");
    let who = Some("Ann".to_owned());
    street.ledger().resume(&"HM".parse().unwrap(), who).await.unwrap();
    server.has(5).await;
    street.minutes(1).await;
    assert_eq!(states(&street, &numbers).await, [State::HandedOver; 5]);
    let letters = server.letters.lock().unwrap().clone();
    for (letter, number) in letters.iter().zip(numbers) {
        assert_eq!(Some(letter), street.delivery(number).await.message_id.as_ref(), "{number}");
    }
    over(street, servers).await;
}

/// One that is refused while others are taken was about itself.
#[tokio::test]
async fn a_success_in_between_is_the_end_of_the_refused() {
    let says = Mood::Says("RCPT", "550 5.7.1 we do not like this one\r\n");
    let (street, server, servers) = street(1, says).await;
    street.accept("N-1", "HM", None).await;
    street.rest().await;
    until(|| server.said() > 0).await;
    street.rest().await;
    assert_eq!(states(&street, &["N-1"]).await, [State::Deferred]);
    server.turns(Mood::Well);
    street.accept("N-2", "HM", None).await;
    server.has(1).await;
    street.rest().await;
    assert_eq!(states(&street, &["N-1", "N-2"]).await, [State::Refused, State::HandedOver]);
    street.minutes(10).await;
    assert_eq!(server.letters.lock().unwrap().len(), 1);
    assert!(street.ledger().suspensions().await.unwrap().is_empty());
    over(street, servers).await;
}

/// 421: the lane rests for a step of the schedule, and then one letter at a
/// time shows whether their server is well again.
#[tokio::test]
async fn their_server_wants_less() {
    for (command, answer) in [
        ("MAIL", "421 4.3.2 too many of you\r\n"),
        ("RCPT", "451 4.7.1 slow down\r\n"),
        ("RCPT", "452 4.2.2 the mailbox is full\r\n"),
        ("RCPT", "552 5.2.2 the mailbox is full\r\n"),
    ] {
        let (street, server, servers) = street(2, Mood::Says(command, answer)).await;
        let numbers: Vec<String> = (0..20).map(|n| format!("N-{n}")).collect();
        for number in &numbers {
            street.accept(number, "HM", None).await;
        }
        street.rest().await;
        street.minutes(30).await;
        // Each of the two connections may have met it before the other told;
        // then one after 1, 6 and 21 minutes, up to a quarter later.
        let said = server.said();
        assert!((4..=5).contains(&said), "{answer}: {said} letters were tried");
        server.turns(Mood::Well);
        street.minutes(40).await;
        server.has(numbers.len()).await;
        street.rest().await;
        for number in &numbers {
            assert_eq!(street.delivery(number).await.state, State::HandedOver, "{number}");
        }
        over(street, servers).await;
    }
}

/// A server that has no TLS for the partner whose entry wants it has none for
/// that one alone; nothing goes in clear, and the lane's clock stands still.
#[tokio::test]
async fn a_road_that_is_not_safe() {
    let servers = Runtime::new();
    let server = Server::start(Mood::Well, &servers).await;
    let entries = [("HM", server.port, 1, ""), ("GS", server.port, 1, PLAIN)];
    let street = Street::to(&entries);
    for n in 0..8 {
        street.accept(&format!("H-{n}"), "HM", None).await;
        street.accept(&format!("G-{n}"), "GS", None).await;
        server.has(n + 1).await;
    }
    street.minutes(15).await;
    assert_eq!(server.letters.lock().unwrap().len(), 8);
    let lanes = street.ledger().lanes().await.unwrap();
    let cut_off = |code: &str| lanes.iter().find(|lane| lane.partner.as_str() == code).unwrap();
    assert!(cut_off("HM").is_cut_off && cut_off("HM").still_since.is_some());
    assert!(!cut_off("GS").is_cut_off);
    let circuits = street.ledger().circuits().await.unwrap();
    assert_eq!(circuits.len(), 1);
    assert_eq!(circuits[0].reason.code, "smtp.starttls");
    let mut attempts = 0;
    for n in 0..8 {
        let delivery = street.delivery(&format!("H-{n}")).await;
        assert!(!delivery.state.is_end(), "{}", delivery.state);
        attempts += delivery.attempts.len();
    }
    assert_eq!(attempts, 3);

    // The operator knows better, and says so: tried at once.
    street.reread(&[("HM", server.port, 1, PLAIN), ("GS", server.port, 1, PLAIN)]);
    server.has(16).await;
    street.rest().await;
    assert_eq!(street.ledger().circuits().await.unwrap(), []);
    over(street, servers).await;
}

/// A reading of the configuration has an open circuit tried at once, and one
/// that leads elsewhere now is forgotten.
#[tokio::test]
async fn a_reading_of_the_configuration() {
    let (street, server, servers) = street(2, Mood::Down).await;
    for n in 0..4 {
        street.accept(&format!("N-{n}"), "HM", None).await;
    }
    street.minutes(60).await;
    let tried = server.refused.load(Ordering::SeqCst);
    street.reread(&[("HM", server.port, 2, PLAIN)]);
    until(|| server.refused.load(Ordering::SeqCst) > tried).await;
    street.rest().await;
    assert_eq!(server.refused.load(Ordering::SeqCst), tried + 1);

    let other = Server::start(Mood::Well, &servers).await;
    street.reread(&[("HM", other.port, 2, PLAIN)]);
    street.minutes(2).await;
    other.has(4).await;
    street.rest().await;
    assert_eq!(street.ledger().circuits().await.unwrap(), []);
    let lanes = street.ledger().lanes().await.unwrap();
    assert_eq!((lanes[0].is_cut_off, lanes[0].still_since), (false, None));
    over(street, servers).await;
}

/// The first of the waits comes before the first attempt.
#[tokio::test]
async fn the_first_wait() {
    let (street, server, servers) = street(1, Mood::Well).await;
    street.clocks("retry = [\"5m\", \"10m\"]");
    street.accept("N-1", "HM", None).await;
    street.minutes(4).await;
    assert_eq!(states(&street, &["N-1"]).await, [State::Waiting]);
    street.minutes(2).await;
    server.has(1).await;
    over(street, servers).await;
}

/// A letter that was signed longer ago than the partner would take it is
/// signed anew: the same XML under the same Message-ID, and an event.
#[tokio::test]
async fn a_signature_that_grew_old() {
    let (street, server, servers) = street(1, Mood::Down).await;
    street.accept("N-1", "HM", None).await;
    street.minutes(10).await;
    let before = street.delivery("N-1").await;
    assert_eq!(before.state, State::Deferred);
    street.clock.advance(Duration::from_secs(41 * 86_400));
    street.rest().await;
    server.turns(Mood::Well);
    street.minutes(180).await;
    server.has(1).await;
    street.rest().await;
    let after = street.delivery("N-1").await;
    assert_eq!(after.state, State::HandedOver);
    assert_eq!((&after.message_id, &after.xml_sha256), (&before.message_id, &before.xml_sha256));
    assert_ne!(after.letter_sha256, before.letter_sha256);
    let events = street.events().await;
    let resealed = events.iter().filter(|event| *event == "outbound.resealed");
    assert_eq!(resealed.count(), 1, "{events:?}");
    over(street, servers).await;
}
