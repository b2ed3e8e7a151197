//! What happens to certificates, told as stories.

use crate::certificate::life::Judgement;
use crate::delivery::{Reason, State, Trigger};

use super::*;

#[tokio::test]
async fn a_certificate_goes_out() {
    let world = World::new();
    let ledger = world.ledger();
    let mut new = acceptance("N-1", "70", 1, &["HM", "GS"]);
    new.submission_message_id = Some("m-1".to_owned());
    let Accepted::New { deliveries } = ledger.accept(new.clone()).await.unwrap() else { panic!() };
    assert_eq!(deliveries.len(), 2);

    let claimed = world.claim_one("HM").await;
    assert_eq!(claimed.letter_id.len(), 26);
    assert_eq!(claimed.submission.as_ref().unwrap().body, new.body);
    assert_eq!(claimed.cargo.facts(), Some(&new.facts));
    assert!(ledger.claim(&partner("HM"), 9, LEASE).await.unwrap().is_empty());
    ledger.seal(sealed(&claimed)).await.unwrap();
    let n = ledger.begin(claimed.delivery, claimed.fence).await.unwrap();
    assert!(ledger.still_ours(claimed.delivery, claimed.fence).await.unwrap());
    let at = world.clock.now();
    let deferred = conclusion(claimed.delivery, claimed.fence, n, Verdict::Deferred, at);
    assert_eq!(ledger.conclude(deferred).await.unwrap(), State::Deferred);
    let due = ledger.next_due(&partner("HM")).await.unwrap();
    assert_eq!(due, Some(at.plus(Duration::from_secs(300))));
    assert!(ledger.claim(&partner("HM"), 9, LEASE).await.unwrap().is_empty());
    world.clock.advance(Duration::from_secs(300));
    let again = world.claim_one("HM").await;
    assert_eq!(again.letter.as_deref(), Some(claimed.letter_id.as_bytes()), "the same octets");
    assert_eq!((again.attempts, again.first_attempt_at), (1, Some(at)));
    ledger.release(again.delivery, again.fence).await.unwrap();
    assert!(!ledger.still_ours(again.delivery, again.fence).await.unwrap());
    world.post_one("HM", Verdict::HandedOver).await;

    assert_eq!(ledger.accept(new).await.unwrap(), Accepted::Duplicate);
    assert_eq!(world.states("n1").await, ["70 HM handed-over", "70 GS waiting"]);
    assert_eq!(
        world.events().await,
        [
            "outbound.accepted",
            "outbound.accepted",
            "outbound.sealed",
            "outbound.deferred",
            "outbound.handed-over",
            "outbound.duplicate"
        ]
    );
    assert_eq!(ledger.audit().await.unwrap(), Audit { events: 6, faults: vec![] });
}

#[tokio::test]
async fn conflicts_message_ids_and_new_partners() {
    let world = World::new();
    let ledger = world.ledger();
    let under = |message_id: &str, new: Acceptance| Acceptance {
        submission_message_id: Some(message_id.to_owned()),
        ..new
    };
    let first = under("m-1", acceptance("N-1", "70", 1, &["HM"]));
    assert!(matches!(ledger.accept(first.clone()).await.unwrap(), Accepted::New { .. }));
    let other = acceptance("N-1", "70", 2, &["HM"]);
    assert!(matches!(ledger.accept(other).await.unwrap(), Accepted::Conflict { .. }));
    let reused = under("m-1", acceptance("N-2", "70", 1, &["HM"]));
    let answer = ledger.accept(reused.clone()).await.unwrap();
    assert!(matches!(answer, Accepted::MessageIdReused { .. }), "{answer:?}");
    // Under a second id the same certificate is a duplicate, and the id is taken.
    let second = under("m-2", first.clone());
    assert_eq!(ledger.accept(second).await.unwrap(), Accepted::Duplicate);
    let answer = ledger.accept(under("m-2", reused)).await.unwrap();
    assert!(matches!(answer, Accepted::MessageIdReused { .. }), "{answer:?}");
    // For another partner it is new, there alone.
    let named = acceptance("N-1", "70", 1, &["HM", "GS"]);
    let Accepted::New { deliveries } = ledger.accept(named).await.unwrap() else { panic!() };
    assert_eq!(deliveries.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), ["GS"]);
    // Nobody concerned: on record, and can go later.
    let nobody = acceptance("N-3", "70", 1, &[]);
    let none = Accepted::New { deliveries: vec![] };
    assert_eq!(ledger.accept(nobody.clone()).await.unwrap(), none);
    assert_eq!(ledger.accept(nobody).await.unwrap(), Accepted::Duplicate);
    let later = acceptance("N-3", "70", 1, &["HM"]);
    assert!(matches!(ledger.accept(later).await.unwrap(), Accepted::New { .. }));
    assert_eq!(world.states("N-2").await, [""; 0]);
    let events = world.events().await;
    assert!(events.contains(&"outbound.no-partner".to_owned()), "{events:?}");
}

#[tokio::test]
async fn a_withdrawal_goes_where_the_issue_went() {
    let world = World::new();
    let ledger = world.ledger();
    ledger.accept(acceptance("N-1", "70", 1, &["HM", "GS", "AQ"])).await.unwrap();
    world.post_one("HM", Verdict::HandedOver).await;
    world.post_one("GS", Verdict::Refused).await;
    let (aq, n) = world.begin_one("AQ").await;
    // Routes say somebody else today.
    let Accepted::New { deliveries } =
        ledger.accept(acceptance("N-1", "40", 1, &["XX"])).await.unwrap()
    else {
        panic!()
    };
    let to: Vec<&str> = deliveries.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["HM", "AQ"]);
    assert_eq!(world.claim_one("HM").await.cargo.facts().unwrap().status.as_str(), "40");
    // AQ's issue has no verdict yet: the withdrawal waits, also for a doubt.
    assert!(ledger.claim(&partner("AQ"), 9, LEASE).await.unwrap().is_empty());
    let at = world.clock.now();
    let doubt = conclusion(aq.delivery, aq.fence, n, Verdict::InDoubt, at);
    assert_eq!(ledger.conclude(doubt).await.unwrap(), State::InDoubt);
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(world.post_one("AQ", Verdict::HandedOver).await, aq.delivery);
    assert_eq!(world.claim_one("AQ").await.cargo.facts().unwrap().status.as_str(), "40");
}

#[tokio::test]
async fn what_was_never_attempted_is_withdrawn_with_its_withdrawal() {
    let world = World::new();
    let ledger = world.ledger();
    ledger.accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let claimed = world.claim_one("HM").await;
    ledger.seal(sealed(&claimed)).await.unwrap();
    ledger.accept(acceptance("N-1", "40", 1, &["HM"])).await.unwrap();
    assert_eq!(world.states("N-1").await, ["70 HM withdrawn", "40 HM withdrawn"]);
    let fenced = ledger.begin(claimed.delivery, claimed.fence).await;
    assert!(matches!(fenced, Err(LedgerError::Fenced)), "{fenced:?}");
    world.clock.advance(Duration::from_secs(3_600));
    assert!(ledger.claim(&partner("HM"), 9, LEASE).await.unwrap().is_empty());
    // A withdrawal that comes first is sent, and the issue after it.
    ledger.accept(acceptance("N-2", "40", 1, &["HM"])).await.unwrap();
    ledger.accept(acceptance("N-2", "70", 1, &["HM"])).await.unwrap();
    world.post_one("HM", Verdict::HandedOver).await;
    world.post_one("HM", Verdict::HandedOver).await;
    assert_eq!(world.states("N-2").await, ["40 HM handed-over", "70 HM handed-over"]);
    let traced = ledger.trace(Query::number("N-2")).await.unwrap();
    let current = traced.certificates[1].life.current;
    assert_eq!(current.map(|current| current.as_str()), Some("withdrawn"));
}

#[tokio::test]
async fn a_replacement_waits_for_what_it_replaces() {
    let world = World::new();
    let ledger = world.ledger();
    ledger.accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let mut new = acceptance("N-2", "70", 1, &["HM"]);
    new.facts.replaces = vec!["N-1".to_owned()];
    ledger.accept(new).await.unwrap();
    ledger.accept(acceptance("N-3", "70", 1, &["HM"])).await.unwrap();
    let claims = ledger.claim(&partner("HM"), 9, LEASE).await.unwrap();
    let numbers: Vec<&str> = claims.iter().map(|c| c.cargo.facts().unwrap().id.number()).collect();
    assert_eq!(numbers, ["N-1", "N-3"]);
    let reason = Reason::new("expired", "too late");
    let first = &claims[0];
    ledger.end(first.delivery, first.fence, Trigger::Expired, reason).await.unwrap();
    assert_eq!(world.claim_one("HM").await.cargo.facts().unwrap().id.number(), "N-2");
}

#[tokio::test]
async fn expiry_is_enforced_in_every_state_but_sending() {
    let world = World::new();
    let ledger = world.ledger();
    let limit = world.clock.now().plus(Duration::from_secs(100));
    let short = |number: &str, status: &str| Acceptance {
        not_useful_after: Some(limit),
        ..acceptance(number, status, 1, &["HM"])
    };
    ledger.accept(short("N-1", "70")).await.unwrap();
    let (sending, n) = world.begin_one("HM").await;
    ledger.accept(short("N-1", "40")).await.unwrap();
    ledger.accept(short("N-2", "70")).await.unwrap();
    ledger.accept(acceptance("N-3", "70", 1, &["HM"])).await.unwrap();
    assert!(ledger.expire(10, FOR_EVER).await.unwrap().is_empty());
    world.clock.advance(Duration::from_secs(100));
    assert_eq!(
        ledger.expire(10, FOR_EVER).await.unwrap().len(),
        2,
        "the one held back and the one waiting"
    );
    let now = world.clock.now();
    let deferred = conclusion(sending.delivery, sending.fence, n, Verdict::Deferred, now);
    ledger.conclude(deferred).await.unwrap();
    assert_eq!(ledger.expire(10, FOR_EVER).await.unwrap(), [sending.delivery]);
    assert_eq!(world.claim_one("HM").await.cargo.facts().unwrap().id.number(), "N-3");
}

#[tokio::test]
async fn an_ending_goes_to_whom_its_submission_names_as_well() {
    let world = World::new();
    let ledger = world.ledger();
    ledger.accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    world.begin_one("HM").await;
    // Routed: to those that have it, and to no other.
    let ending = |content: u8, named: bool| Acceptance {
        named,
        ..acceptance("N-1", if named { "44" } else { "40" }, content, &["GS"])
    };
    let partners = |accepted: Accepted| match accepted {
        Accepted::New { deliveries } => {
            deliveries.into_iter().map(|(code, _)| code.to_string()).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(partners(ledger.accept(ending(2, false)).await.unwrap()), ["HM"]);
    assert_eq!(partners(ledger.accept(ending(3, true)).await.unwrap()), ["HM", "GS"]);
}

#[tokio::test]
async fn letters_are_judged_once() {
    let world = World::new();
    let ledger = world.ledger();
    let mut judged = Vec::new();
    let steps: [(&str, &str, u8, &[u8]); 6] = [
        ("N-1", "70", 1, b"one"),
        ("N-1", "70", 1, b"one"),
        ("N-1", "70", 1, b"signed anew"),
        ("N-1", "70", 2, b"other"),
        ("N-1", "40", 1, b"end"),
        ("N-1", "39", 1, b"late"),
    ];
    for (number, status, content, entity) in steps {
        let id = ledger.take_in(letter("octets")).await.unwrap();
        assert_eq!(ledger.begin_opening(id).await.unwrap(), 0);
        let arrival = arrival_of(id, "HM", number, status, content, entity.to_vec());
        judged.push(ledger.receive(arrival.clone()).await.unwrap());
        let again = ledger.receive(arrival).await;
        assert!(matches!(again, Err(LedgerError::NotWaiting)), "{again:?}");
    }
    use Judgement::{Conflict, Duplicate, New, Stale};
    assert_eq!(judged, [New, Duplicate, Duplicate, Conflict, New, Stale]);
    // Another partner's is another certificate.
    let id = ledger.take_in(letter("octets")).await.unwrap();
    assert_eq!(ledger.receive(arrival(id, "GS", "N-1", "70", 2)).await.unwrap(), New);

    let events = ledger.unpublished(Outlet::Events, 100).await.unwrap();
    let keys: Vec<&str> = events
        .iter()
        .map(|event| event.routing_key.as_str())
        .filter(|key| *key != "inbound.taken-in")
        .collect();
    let wanted =
        ["received", "duplicate", "duplicate", "conflict", "received", "stale", "received"];
    assert_eq!(keys, wanted.map(|event| format!("inbound.{event}")));
    let reasons = events.iter().filter(|e| String::from_utf8_lossy(&e.body).contains("re-sent"));
    assert_eq!(reasons.count(), 1);
    assert!(ledger.waiting_letters(9).await.unwrap().is_empty());

    let publications = ledger.unpublished(Outlet::Received, 9).await.unwrap();
    assert_eq!(publications.len(), 3);
    assert_eq!(publications[0].headers, [("x-certpost-n".to_owned(), Header::Number(7))]);
    let body = String::from_utf8_lossy(&publications[0].body);
    assert!(body.starts_with("{\"number\":\"N-1\",\"current\":\"issued\","), "{body}");
    ledger.published(Outlet::Received, &[publications[1].row]).await.unwrap();
    let left = ledger.unpublished(Outlet::Received, 9).await.unwrap();
    assert_eq!(left, [publications[0].clone(), publications[2].clone()]);

    let standing = ledger.standing(Query::number("n 1")).await.unwrap();
    assert_eq!(standing.len(), 2);
    assert_eq!(standing[0].conflicts, 1);
    assert_eq!(standing[0].life.current.unwrap().as_str(), "withdrawn");
    assert_eq!(standing[1].life.current.unwrap().as_str(), "issued");
}

#[tokio::test]
async fn the_outbox_keeps_three_orders() {
    let world = World::new();
    let ledger = world.ledger();
    let rejection = Rejection {
        message_id: "rej-1".to_owned(),
        original_message_id: Some("m-1".to_owned()),
        content_type: Some("text/plain".to_owned()),
        body: b"not JSON".to_vec().into(),
        findings: "[]".to_owned(),
        findings_total: 3,
        id: Some(facts("BV", "N-9", "70", &[]).id),
        reason: Reason::new("submission.not-json", "octet 0"),
    };
    ledger.reject(rejection.clone()).await.unwrap();
    ledger.reject(rejection.clone()).await.unwrap();
    let rejected = ledger.unpublished(Outlet::Rejected, 9).await.unwrap();
    assert_eq!(rejected.len(), 1);
    assert_eq!((rejected[0].exchange.as_str(), &*rejected[0].body), ("", &b"not JSON"[..]));
    assert_eq!(rejected[0].headers[2].1, Header::Number(3));
    ledger.published(Outlet::Rejected, &[rejected[0].row]).await.unwrap();
    assert!(ledger.unpublished(Outlet::Rejected, 9).await.unwrap().is_empty());
    // Submitted once more, and still no good: its producer is told once more.
    let again = Rejection { findings: "[1]".to_owned(), ..rejection };
    ledger.reject(again).await.unwrap();
    let rejected = ledger.unpublished(Outlet::Rejected, 9).await.unwrap();
    assert_eq!(rejected.len(), 1);
    assert_eq!(rejected[0].message_id, "rej-1");
    assert_eq!(rejected[0].headers[1].1, Header::Text("[1]".to_owned()));
    ledger.published(Outlet::Rejected, &[rejected[0].row]).await.unwrap();

    for number in ["N-1", "N-2", "N-3"] {
        ledger.accept(acceptance(number, "70", 1, &["HM"])).await.unwrap();
    }
    let events = ledger.unpublished(Outlet::Events, 9).await.unwrap();
    assert_eq!(events[2].message_id, "evt-BV-0-3");
    assert_eq!(events[2].correlation_id.as_deref(), Some("BV/851/N-1"));
    // The fourth is confirmed before the third: the mark waits for the third.
    ledger.published(Outlet::Events, &[1, 2, 4]).await.unwrap();
    let left = ledger.unpublished(Outlet::Events, 9).await.unwrap();
    assert_eq!(left.iter().map(|event| event.row).collect::<Vec<_>>(), [3, 4, 5]);

    // A number that was only ever rejected is on record as that.
    let traced = ledger.trace(Query::number("N-9")).await.unwrap();
    assert_eq!(traced.certificates[0].events[0]["event"], "rejected");
    assert_eq!(traced.certificates[0].events[0]["reason"]["code"], "submission.not-json");
}

#[tokio::test]
async fn evidence_moves_a_delivery_and_never_an_end() {
    let world = World::new();
    let ledger = world.ledger();
    ledger.accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let delivery = world.post_one("HM", Verdict::HandedOver).await;
    for (trigger, wanted) in [
        (Trigger::Overdue, State::HandedOver),
        (Trigger::Received, State::Received),
        (Trigger::NotReadable, State::Received),
        (Trigger::Bounced, State::Received),
        (Trigger::Answered, State::Answered),
    ] {
        assert_eq!(ledger.apply(delivery, trigger, None, None).await.unwrap(), wanted);
    }
    let refused = ledger.apply(delivery, Trigger::Expired, None, None).await;
    assert!(matches!(refused, Err(LedgerError::Impossible(_))), "{refused:?}");
    let events = world.events().await;
    let last: Vec<&str> = events.iter().skip(3).map(String::as_str).collect();
    assert_eq!(
        last,
        [
            "outbound.overdue",
            "outbound.received-by-partner",
            "outbound.contradiction",
            "outbound.contradiction",
            "outbound.answered"
        ]
    );
}

#[tokio::test]
async fn the_trace_is_the_contract_s() {
    let world = World::new();
    world.ledger().accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let delivery = world.post_one("HM", Verdict::HandedOver).await;
    let traced = world.ledger().trace(Query::number("n 1")).await.unwrap();
    let traced = serde_json::to_value(&traced).unwrap();
    let members = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(members(&traced), "schema number certificates");
    let certificate = &traced["certificates"][0];
    for member in ["id", "direction", "status", "current", "sha256", "acceptedAt", "events"] {
        assert!(!certificate[member].is_null(), "{member}");
    }
    assert_eq!(certificate["id"], "BV/851/N-1");
    assert_eq!(certificate["current"], "issued");
    let posted = &certificate["deliveries"][0];
    assert_eq!(posted["delivery"], delivery.to_string());
    assert_eq!(posted["state"], "handed-over");
    assert!(posted["messageId"].as_str().unwrap().ends_with("@ecert.bv.example>"));
    assert_eq!(posted["letterSha256"].as_str().unwrap().len(), 64);
    let attempt = &posted["attempts"][0];
    assert_eq!(members(attempt), "n startedAt endedAt peer tls phase verdict replies");
    assert_eq!(attempt["verdict"], "handed-over");
    assert_eq!(attempt["replies"][0]["text"], "250 2.0.0 Ok: queued as 4F7");
    let event = &certificate["events"][2];
    assert_eq!(
        members(event),
        "schema stream seq at direction event id status partner delivery final previous digest"
    );
    assert_eq!(event["previous"], certificate["events"][1]["digest"]);
    assert_eq!(event["final"], false);
}
