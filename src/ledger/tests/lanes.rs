//! Lanes on record: whose clock stands still, who is set aside, and what
//! becomes of what was refused.

use super::*;
use crate::delivery::{Opened, Reason, State};

const DAY: Duration = Duration::from_secs(86_400);
const GIVE_UP: Duration = Duration::from_secs(5 * 86_400);

async fn accept(world: &World, number: &str, to: &[&str]) -> DeliveryId {
    let accepted = world.ledger().accept(acceptance(number, "70", 1, to)).await.unwrap();
    let Accepted::New { deliveries } = accepted else { panic!("{accepted:?}") };
    deliveries[0].1
}

/// Posts the one delivery that is due; `refused` is 5.1.x or 5.7.x.
async fn post(world: &World, to: &str, verdict: Verdict, refused: bool) -> State {
    let (claimed, n) = world.begin_one(to).await;
    let at = world.clock.now();
    let conclusion = Conclusion {
        is_held: refused,
        reason: Some(Reason::new("smtp.rcpt", "the server said 550 5.1.1 no such user")),
        ..conclusion(claimed.delivery, claimed.fence, n, verdict, at)
    };
    world.ledger().conclude(conclusion).await.unwrap()
}

async fn account(world: &World, of: &str) -> LaneAccount {
    let lanes = world.ledger().lanes().await.unwrap();
    lanes.into_iter().find(|lane| lane.partner == partner(of)).unwrap()
}

fn circuit(at: Timestamp) -> OpenCircuit {
    OpenCircuit {
        destination: "127.0.0.1:2526".to_owned(),
        opened: Opened { since: at, trials: 3, again_at: at.plus(DAY) },
        reason: Reason::new("smtp.connect", "no connection"),
    }
}

#[tokio::test]
async fn three_refusals_in_a_row_suspend_and_nothing_is_lost() {
    let world = World::new();
    for n in 1..=3 {
        let number = format!("N-{n}");
        accept(&world, &number, &["HM"]).await;
        assert!(account_is_clean(&world).await, "before {number}");
        assert_eq!(post(&world, "HM", Verdict::Deferred, true).await, State::Deferred);
        world.clock.advance(Duration::from_millis(5));
    }
    let suspended = world.ledger().suspensions().await.unwrap();
    assert_eq!(suspended.len(), 1);
    assert_eq!(suspended[0].reason.code, "lane.refused");
    assert!(suspended[0].reason.words.contains("550 5.1.1"), "{suspended:?}");
    assert!(world.events().await.contains(&"partner.suspended".to_owned()));

    // All wait, those that were refused as well.
    world.clock.advance(DAY);
    let claim = || async { world.ledger().claim(&partner("HM"), 10, LEASE).await.unwrap() };
    assert_eq!(claim().await.len(), 0);
    assert_eq!(world.ledger().next_due(&partner("HM")).await.unwrap(), None);
    let ended = world.ledger().resume(&partner("HM"), Some("ann".to_owned())).await;
    assert_eq!(ended.unwrap(), Some(suspended[0].clone()));
    assert_eq!(world.ledger().resume(&partner("HM"), None).await.unwrap(), None);
    let claimed = claim().await;
    let numbers: Vec<&str> =
        claimed.iter().map(|one| one.cargo.facts().unwrap().id.number()).collect();
    assert_eq!(numbers, ["N-1", "N-2", "N-3"]);
    // The day apart counts for nothing.
    assert_eq!(claimed[2].stood_still, DAY.saturating_add(Duration::from_millis(5)));
    assert_eq!(account(&world, "HM").await.refusals, 0);
}

async fn account_is_clean(world: &World) -> bool {
    world.ledger().suspensions().await.unwrap().is_empty()
}

#[tokio::test]
async fn a_success_in_between_refuses_what_was_held() {
    let world = World::new();
    for n in ["N-1", "N-2"] {
        accept(&world, n, &["HM"]).await;
        post(&world, "HM", Verdict::Deferred, true).await;
    }
    // Greylisting in between decides nothing.
    accept(&world, "N-3", &["HM"]).await;
    post(&world, "HM", Verdict::Deferred, false).await;
    assert_eq!(world.states("N-1").await, ["70 HM deferred"]);
    accept(&world, "N-4", &["HM"]).await;
    post(&world, "HM", Verdict::HandedOver, false).await;
    assert_eq!(world.states("N-1").await, ["70 HM refused"]);
    assert_eq!(world.states("N-2").await, ["70 HM refused"]);
    assert_eq!(world.states("N-3").await, ["70 HM deferred"]);
    // Counted anew: two more are not three.
    for n in ["N-5", "N-6"] {
        accept(&world, n, &["HM"]).await;
        post(&world, "HM", Verdict::Deferred, true).await;
    }
    assert!(account_is_clean(&world).await);
}

#[tokio::test]
async fn one_that_is_taken_in_the_end_was_never_refused() {
    let world = World::new();
    accept(&world, "N-1", &["HM"]).await;
    post(&world, "HM", Verdict::Deferred, true).await;
    world.clock.advance(HOLD);
    post(&world, "HM", Verdict::HandedOver, false).await;
    accept(&world, "N-2", &["HM"]).await;
    post(&world, "HM", Verdict::HandedOver, false).await;
    assert_eq!(world.states("N-1").await, ["70 HM handed-over"]);
}

#[tokio::test]
async fn bounces_count_to_the_three() {
    let world = World::new();
    accept(&world, "N-1", &["HM"]).await;
    post(&world, "HM", Verdict::Deferred, true).await;
    let reason = || Reason::new("dsn.failed", "5.1.1");
    assert!(!world.ledger().count_bounce(&partner("HM"), reason()).await.unwrap());
    assert!(world.ledger().count_bounce(&partner("HM"), reason()).await.unwrap());
    assert!(!world.ledger().count_bounce(&partner("HM"), reason()).await.unwrap(), "it is already");
}

/// `give_up` goes by the lane's clock, over a restart; the other goes on.
#[tokio::test]
async fn the_clock_stands_still() {
    let mut world = World::new();
    for number in ["N-1", "N-2"] {
        accept(&world, number, &["HM"]).await;
        post(&world, "HM", Verdict::Deferred, false).await;
    }
    let mut perishable = acceptance("N-3", "70", 1, &["HM"]);
    perishable.not_useful_after = Some(world.clock.now().plus(20 * DAY));
    world.ledger().accept(perishable).await.unwrap();

    world.clock.advance(3 * DAY);
    let at = world.clock.now();
    world.ledger().open_circuit(circuit(at), vec![partner("HM")]).await.unwrap();
    world.clock.advance(10 * DAY);
    let who = Some("ann".to_owned());
    let reason = Reason::new("operator", "moving house");
    world.ledger().suspend(&partner("HM"), reason, who).await.unwrap();
    world.clock.advance(9 * DAY);
    assert_eq!(expired(&world).await, 1, "not-useful-after always runs");
    assert_eq!(world.states("N-3").await, ["70 HM expired"]);
    world.crash().await;
    assert_eq!(world.ledger().circuits().await.unwrap(), [circuit(at)]);
    world.ledger().close_circuit("127.0.0.1:2526", vec![partner("HM")]).await.unwrap();
    world.clock.advance(8 * DAY);
    assert_eq!(account(&world, "HM").await.still_since, Some(at), "it is suspended still");
    assert_eq!(expired(&world).await, 0);
    world.ledger().resume(&partner("HM"), None).await.unwrap();
    assert_eq!(account(&world, "HM").await.stood, 27 * DAY);
    world.clock.advance(2 * DAY - Duration::from_millis(1));
    assert_eq!(expired(&world).await, 0);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(expired(&world).await, 2);
    assert!(world.ledger().audit().await.unwrap().faults.is_empty());
}

async fn expired(world: &World) -> usize {
    world.ledger().expire(10, GIVE_UP).await.unwrap().len()
}

#[tokio::test]
async fn a_command_beside_a_living_run() {
    let world = World::new();
    accept(&world, "N-1", &["HM"]).await;
    let tool =
        Ledger::open(&world.path, &partner("BV"), Access::Tool, world.clock.clone()).unwrap();
    let claimed = world.claim_one("HM").await;
    world.ledger().seal(sealed(&claimed)).await.unwrap();
    let reason = Reason::new("operator", "their keys are stolen");
    tool.suspend(&partner("HM"), reason.clone(), Some("ann".to_owned())).await.unwrap();
    // What was claimed before does not begin any more.
    let begun = world.ledger().begin(claimed.delivery, claimed.fence).await;
    assert!(matches!(begun, Err(LedgerError::Fenced)), "{begun:?}");
    accept(&world, "N-2", &["HM"]).await;
    let again = tool.suspend(&partner("HM"), reason, None).await.unwrap().unwrap();
    assert_eq!(again.who.as_deref(), Some("ann"));
    tool.resume(&partner("HM"), None).await.unwrap();
    let events = world.ledger().unpublished(Outlet::Events, 100).await.unwrap();
    let suspended = events.iter().find(|event| event.routing_key == "partner.suspended").unwrap();
    let body: serde_json::Value = serde_json::from_slice(&suspended.body).unwrap();
    assert_eq!(body["who"], "ann");
    assert_eq!(body["reason"]["words"], "their keys are stolen");
    assert!(world.ledger().audit().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn what_lacked_a_road_keeps_its_place() {
    let world = World::new();
    let first = accept(&world, "N-1", &["HM"]).await;
    world.clock.advance(Duration::from_millis(1));
    let (claimed, n) = world.begin_one("HM").await;
    let at = world.clock.now();
    let conclusion = Conclusion {
        phase: Phase::Connect,
        ..conclusion(claimed.delivery, claimed.fence, n, Verdict::Deferred, at)
    };
    world.ledger().conclude(conclusion).await.unwrap();
    accept(&world, "N-2", &["HM"]).await;
    world.ledger().open_circuit(circuit(at), vec![partner("HM")]).await.unwrap();
    world.ledger().close_circuit("127.0.0.1:2526", vec![partner("HM")]).await.unwrap();
    let claims = world.ledger().claim(&partner("HM"), 1, LEASE).await.unwrap();
    assert_eq!(claims[0].delivery, first);
}
