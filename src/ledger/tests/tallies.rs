//! Counting: what is new and what is open, by indexes alone.

use super::*;
use crate::delivery::{Direction, EventKind, State};

#[tokio::test]
async fn what_is_new_and_what_is_open() {
    let world = World::new();
    let ledger = world.ledger();
    ledger.accept(acceptance("N-0", "70", 1, &["HM"])).await.unwrap();
    let mark = ledger.mark().await.unwrap();
    let nothing = ledger.count_since(mark.clone()).await.unwrap();
    assert_eq!((nothing.accepted, nothing.events.len()), (0, 0));
    assert!(nothing.is_whole && nothing.mark == mark);

    // One to two partners, the same again, and a withdrawal that waits.
    let first = acceptance("N-1", "70", 1, &["HM", "GS"]);
    ledger.accept(first.clone()).await.unwrap();
    assert_eq!(ledger.accept(first).await.unwrap(), Accepted::Duplicate);
    world.clock.advance(Duration::from_secs(60));
    world.post_one("GS", Verdict::HandedOver).await;
    for claimed in ledger.claim(&partner("HM"), 2, LEASE).await.unwrap() {
        ledger.seal(sealed(&claimed)).await.unwrap();
        ledger.begin(claimed.delivery, claimed.fence).await.unwrap();
    }
    ledger.accept(acceptance("N-1", "40", 1, &["HM"])).await.unwrap();

    let counted = ledger.count_since(mark).await.unwrap();
    assert!(counted.is_whole);
    assert_eq!(counted.accepted, 2);
    let times = |kind: EventKind, to: Option<&str>| {
        let all = counted.events.iter().filter(|one| {
            one.direction == Direction::Outbound
                && one.kind == kind
                && one.partner.as_ref().map(PartnerCode::as_str) == to
        });
        all.map(|one| one.times).sum::<u64>()
    };
    assert_eq!(times(EventKind::HandedOver, Some("GS")), 1, "{counted:?}");
    assert_eq!(times(EventKind::Duplicate, None), 1, "{counted:?}");
    let again = ledger.count_since(counted.mark).await.unwrap();
    assert_eq!((again.accepted, again.events.len()), (0, 0));

    let waiting = ledger.waiting().await.unwrap();
    let open: Vec<_> = waiting
        .deliveries
        .iter()
        .map(|open| (open.partner.as_str(), open.state, open.deliveries))
        .collect();
    let wanted = [("GS", State::Waiting, 1), ("HM", State::Sending, 2), ("HM", State::Waiting, 1)];
    assert_eq!(open, wanted);
    assert_eq!(waiting.letters, 0);
    let events = waiting.unpublished.iter().find(|(outlet, _)| *outlet == Outlet::Events);
    assert!(events.is_some_and(|(_, rows)| *rows > 5), "{waiting:?}");
    ledger.writable().await.unwrap();
}

#[tokio::test]
async fn no_table_is_gone_through() {
    let world = World::new();
    let sql = Connection::open(&world.path).unwrap();
    for question in [tally::EVENTS, tally::OPEN] {
        let mut statement = sql.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
        let nothing = vec![0_i64; statement.parameter_count()];
        let plan = statement
            .query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3))
            .unwrap()
            .collect::<Result<Vec<_>, _>>()
            .unwrap();
        let whole = |step: &&String| {
            (step.contains("SCAN delivery") || step.contains("SCAN event"))
                && !step.contains("USING INDEX")
        };
        assert!(!plan.iter().any(|step| whole(&step)), "{plan:#?}");
    }
}
