//! Crashes, locks, lost leases and damage.

use std::os::unix::fs::FileExt;

use crate::delivery::State;

use super::*;

#[tokio::test]
async fn a_second_run_is_refused_and_a_tool_is_not() {
    let mut world = World::new();
    let second = Ledger::open(&world.path, &partner("BV"), Access::Run, world.clock.clone());
    assert!(matches!(second, Err(LedgerError::HeldElsewhere { .. })), "{second:?}");
    world.ledger().accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let tool = Ledger::open(&world.path, &partner("BV"), Access::Tool, world.clock.clone());
    let tool = tool.unwrap();
    assert_eq!(tool.trace(Query::number("N-1")).await.unwrap().certificates.len(), 1);
    let octets = tool.accept(acceptance("N-2", "70", 1, &["HM"])).await;
    assert!(matches!(octets, Err(LedgerError::RunOnly)), "{octets:?}");
    // A small change goes on from the chain's head, and the run from it.
    let direction = crate::delivery::Direction::Partner;
    let suspended = crate::delivery::EventKind::Suspended;
    tool.note(direction, suspended, Some(partner("HM")), None).await.unwrap();
    world.ledger().accept(acceptance("N-3", "70", 1, &["HM"])).await.unwrap();
    assert_eq!(tool.audit().await.unwrap(), Audit { events: 3, faults: vec![] });
    let other = Ledger::open(&world.path, &partner("GS"), Access::Tool, world.clock.clone());
    assert!(matches!(other, Err(LedgerError::OtherGateway { .. })), "{other:?}");
    world.ledger = None;
    open(&world.path, &world.clock);
    let none = world.path.with_file_name("none.db");
    let absent = Ledger::open(&none, &partner("BV"), Access::Tool, world.clock.clone());
    assert!(matches!(absent, Err(LedgerError::Absent { .. })), "{absent:?}");
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let mut world = World::new();
    world.ledger = None;
    let sql = Connection::open(&world.path).unwrap();
    sql.execute_batch("PRAGMA user_version = 99").unwrap();
    let newer = Ledger::open(&world.path, &partner("BV"), Access::Run, world.clock.clone());
    assert!(matches!(newer, Err(LedgerError::NewerSchema { found: 99, known: 2 })), "{newer:?}");
}

#[tokio::test]
async fn a_crash_in_an_attempt_leaves_a_doubt() {
    let mut world = World::new();
    for number in ["N-1", "N-2", "N-3"] {
        world.ledger().accept(acceptance(number, "70", 1, &["HM"])).await.unwrap();
    }
    let claims = world.ledger().claim(&partner("HM"), 2, LEASE).await.unwrap();
    for claimed in &claims {
        world.ledger().seal(sealed(claimed)).await.unwrap();
    }
    let old = &claims[0];
    let n = world.ledger().begin(old.delivery, old.fence).await.unwrap();
    let id = world.ledger().take_in(letter("poison")).await.unwrap();
    world.ledger().begin_opening(id).await.unwrap();

    let recovered = world.crash().await;
    assert_eq!(recovered, Recovered { in_doubt: 1, leases: 1, openings: 1 });
    let ledger = world.ledger();
    let states = ["70 HM in-doubt", "70 HM sealed", "70 HM waiting"];
    for (number, wanted) in ["N-1", "N-2", "N-3"].into_iter().zip(states) {
        assert_eq!(world.states(number).await, [wanted]);
    }
    // The old run's verdict comes too late.
    let now = world.clock.now();
    let late = conclusion(old.delivery, old.fence, n, Verdict::HandedOver, now);
    let late = ledger.conclude(late).await;
    assert!(matches!(late, Err(LedgerError::Fenced)), "{late:?}");
    // The doubt is held; the others go in the order of acceptance.
    let claims = ledger.claim(&partner("HM"), 9, LEASE).await.unwrap();
    let numbers: Vec<&str> = claims.iter().map(|c| c.cargo.facts().unwrap().id.number()).collect();
    assert_eq!(numbers, ["N-2", "N-3"]);
    assert!(claims[0].letter.is_some());
    world.clock.advance(HOLD);
    let claims = ledger.claim(&partner("HM"), 9, LEASE).await.unwrap();
    let again = claims.iter().find(|c| c.delivery == old.delivery).unwrap();
    assert_eq!(again.letter.as_deref(), Some(old.letter_id.as_bytes()));
    assert_eq!(ledger.begin(again.delivery, again.fence).await.unwrap(), 2);

    // Three crashes on one letter are counted.
    assert_eq!(ledger.begin_opening(id).await.unwrap(), 1);
    world.crash().await;
    world.ledger().begin_opening(id).await.unwrap();
    world.crash().await;
    assert_eq!(world.ledger().waiting_letters(9).await.unwrap()[0].openings, 3);
    assert!(world.ledger().audit().await.unwrap().faults.is_empty());
    let traced = world.ledger().trace(Query::number("N-1")).await.unwrap();
    let attempts = &traced.certificates[0].deliveries[0].attempts;
    assert_eq!(attempts[0].verdict, Some(Verdict::InDoubt));
    assert_eq!(attempts[0].phase, None);
}

#[tokio::test]
async fn letters_open_side_by_side_at_a_crash_are_opened_alone() {
    let mut world = World::new();
    let mut ids = Vec::new();
    for text in ["a", "b", "c"] {
        ids.push(world.ledger().take_in(letter(text)).await.unwrap());
    }
    for id in &ids[..2] {
        world.ledger().begin_opening(*id).await.unwrap();
    }
    assert_eq!(world.crash().await.openings, 2);
    let waiting = |waiting: Vec<WaitingLetter>| {
        waiting.iter().map(|letter| (letter.id, letter.openings)).collect::<Vec<_>>()
    };
    let alone = waiting(world.ledger().waiting_letters(9).await.unwrap());
    assert_eq!(alone, [(ids[0], 0)]);
    world.ledger().begin_opening(ids[0]).await.unwrap();
    assert_eq!(world.crash().await.openings, 1);
    let alone = waiting(world.ledger().waiting_letters(9).await.unwrap());
    assert_eq!(alone, [(ids[0], 1)]);
    world.ledger().receive(arrival(ids[0], "HM", "N-1", "70", 1)).await.unwrap();
    world.ledger().receive(arrival(ids[1], "HM", "N-2", "70", 1)).await.unwrap();
    let rest = waiting(world.ledger().waiting_letters(9).await.unwrap());
    assert_eq!(rest, [(ids[2], 0)]);
}

#[tokio::test]
async fn a_lapsed_lease_is_claimed_again_and_the_old_one_fenced() {
    let world = World::new();
    let ledger = world.ledger();
    ledger.accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let stopped = world.claim_one("HM").await;
    world.clock.advance(LEASE);
    let next = world.claim_one("HM").await;
    assert_eq!(stopped.delivery, next.delivery);
    // Whoever has it may keep it for longer, and nobody else.
    ledger.prolong(next.delivery, next.fence, LEASE * 3).await.unwrap();
    let late = ledger.prolong(stopped.delivery, stopped.fence, LEASE * 9).await;
    assert!(matches!(late, Err(LedgerError::Fenced)), "{late:?}");
    world.clock.advance(LEASE * 2);
    assert!(ledger.claim(&partner("HM"), 9, LEASE).await.unwrap().is_empty());
    let fenced = ledger.seal(sealed(&stopped)).await;
    assert!(matches!(fenced, Err(LedgerError::Fenced)), "{fenced:?}");
    assert!(!ledger.still_ours(stopped.delivery, stopped.fence).await.unwrap());
    ledger.seal(sealed(&next)).await.unwrap();
    let n = ledger.begin(next.delivery, next.fence).await.unwrap();
    // An attempt is never claimed away; only given up as in doubt.
    world.clock.advance(HOLD);
    assert!(ledger.claim(&partner("HM"), 9, LEASE).await.unwrap().is_empty());
    assert_eq!(ledger.abandon(Duration::from_secs(3_600), HOLD).await.unwrap(), 0);
    assert_eq!(ledger.abandon(HOLD, HOLD).await.unwrap(), 1);
    let now = world.clock.now();
    let late = conclusion(next.delivery, next.fence, n, Verdict::Refused, now);
    assert!(matches!(ledger.conclude(late).await, Err(LedgerError::Fenced)));
    world.clock.advance(HOLD);
    assert_eq!(world.claim_one("HM").await.state, State::InDoubt);
}

#[tokio::test]
async fn a_verdict_counts_once() {
    let world = World::new();
    world.ledger().accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let (claimed, n) = world.begin_one("HM").await;
    let now = world.clock.now();
    let verdict = conclusion(claimed.delivery, claimed.fence, n, Verdict::HandedOver, now);
    world.ledger().conclude(verdict.clone()).await.unwrap();
    let twice = world.ledger().conclude(verdict).await;
    assert!(matches!(twice, Err(LedgerError::Fenced)), "{twice:?}");
}

#[tokio::test]
async fn damaged_octets_do_not_stop_the_lane() {
    let world = World::new();
    let ledger = world.ledger();
    ledger.accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    ledger.accept(acceptance("N-2", "70", 1, &["HM"])).await.unwrap();
    let segment = PathBuf::from(format!("{}-octets/2026-11.seg", world.path.display()));
    let file = OpenOptions::new().write(true).open(segment).unwrap();
    file.write_all_at(b"!", 44).unwrap();
    assert_eq!(world.claim_one("HM").await.cargo.facts().unwrap().id.number(), "N-2");
    assert_eq!(world.states("N-1").await, ["70 HM failed"]);
}

#[tokio::test]
async fn a_changed_event_and_a_missing_one_are_named() {
    let world = World::new();
    for number in ["N-1", "N-2", "N-3", "N-4", "N-5"] {
        world.ledger().accept(acceptance(number, "70", 1, &["HM"])).await.unwrap();
    }
    let found = |sql: &str| {
        let image = tempfile::tempdir().unwrap();
        let copy = image.path().join("certpost.db");
        copy_image(&world.path, &copy);
        let damaged = Connection::open(&copy).unwrap();
        damaged.execute_batch(sql).unwrap();
        let audit = events::audit(&damaged).unwrap();
        audit.faults.iter().map(ChainFault::to_string).collect::<Vec<_>>()
    };
    assert_eq!(found("SELECT 1"), [""; 0]);
    let change = "UPDATE event SET body = replace(body, 'N-2', 'N-8') WHERE seq = 2";
    assert_eq!(found(change), ["event 2 of stream 0 was changed"]);
    let gap = "DELETE FROM event WHERE seq IN (2, 3)";
    assert_eq!(found(gap), ["events 2 to 3 of stream 0 are missing"]);
    let tail = "DELETE FROM event WHERE seq > 3";
    assert_eq!(found(tail), ["events 4 to 5 of stream 0 are missing"]);
    // Written anew with a digest that fits: the next one does not follow it.
    let image = tempfile::tempdir().unwrap();
    let copy = image.path().join("certpost.db");
    copy_image(&world.path, &copy);
    let sql = Connection::open(&copy).unwrap();
    let body: String =
        sql.query_row("SELECT body FROM event WHERE seq = 2", [], |row| row.get(0)).unwrap();
    let body = body.replace("N-2", "N-8");
    sql.execute(
        "UPDATE event SET body = ?, digest = ? WHERE seq = 2",
        (&body, sha256(body.as_bytes())),
    )
    .unwrap();
    let faults = events::audit(&sql).unwrap().faults;
    assert_eq!(faults, [ChainFault::Unlinked { stream: 0, seq: 3 }]);
}

#[tokio::test]
async fn what_cannot_be_committed_is_not_said_to_be_done() {
    let world = World::new();
    let ledger = world.ledger();
    ledger.accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    // Another writer holds the ledger for longer than anybody waits.
    let other = Connection::open(&world.path).unwrap();
    other.execute_batch("PRAGMA user_version = 2; BEGIN IMMEDIATE").unwrap();
    let (first, second) = tokio::join!(
        ledger.accept(acceptance("N-2", "70", 1, &["HM"])),
        ledger.take_in(letter("x"))
    );
    assert!(matches!(first, Err(LedgerError::NotCommitted(_))), "{first:?}");
    assert!(second.is_err());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(world.states("N-2").await, [""; 0]);
    ledger.accept(acceptance("N-2", "70", 1, &["HM"])).await.unwrap();
    assert_eq!(world.claim_two("HM").await, ["N-1", "N-2"]);
    assert!(ledger.audit().await.unwrap().faults.is_empty());
}

impl World {
    async fn claim_two(&self, to: &str) -> Vec<String> {
        let claims = self.ledger().claim(&partner(to), 2, LEASE).await.unwrap();
        claims.iter().map(|claimed| claimed.cargo.facts().unwrap().id.number().to_owned()).collect()
    }
}
