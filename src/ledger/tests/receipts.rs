//! Receipts: those that are owed, those that come, and those that do not.

use super::*;
use crate::certificate::life::Judgement;
use crate::delivery::{Reason, State, Trigger};

fn owed() -> Option<OwedReceipts> {
    let said = |what: &str| format!("{{\"said\":\"{what}\"}}");
    Some(OwedReceipts { taken: said("taken"), stale: said("stale"), conflict: said("conflict") })
}

impl World {
    /// Takes a letter in and receives what it carries; the entity names it.
    async fn receives(&self, letter_name: &str, number: &str, content: u8) -> Judgement {
        let id = self.ledger().take_in(letter(letter_name)).await.unwrap();
        let entity = format!("entity of {letter_name}").into_bytes();
        let arrival = arrival_of(id, "HM", number, "70", content, entity);
        let message_id = format!("<{letter_name}@ecert.hm.example>");
        let arrival = Arrival { message_id, owed: owed(), ..arrival };
        self.ledger().receive(arrival).await.unwrap()
    }

    /// Posts the receipt that is due; what it says, and its letter's id.
    async fn posts_receipt(&self) -> (String, String) {
        let (claimed, n) = self.begin_one("HM").await;
        let Cargo::Receipt(said) = claimed.cargo else { panic!("no receipt: {claimed:?}") };
        let now = self.clock.now();
        let taken = conclusion(claimed.delivery, claimed.fence, n, Verdict::HandedOver, now);
        assert_eq!(self.ledger().conclude(taken).await.unwrap(), State::HandedOver);
        (said, claimed.letter_id)
    }

    async fn is_quiet(&self) -> bool {
        self.ledger().claim(&partner("HM"), 10, LEASE).await.unwrap().is_empty()
    }

    async fn evidence(&self, delivery: DeliveryId, trigger: Option<Trigger>) -> Evidence {
        let letter = self.ledger().take_in(letter("a receipt")).await.unwrap();
        Evidence {
            letter,
            delivery: Some(delivery),
            kind: EvidenceKind::Mdn,
            partner: Some(partner("HM")),
            disposition: Some("processed".to_owned()),
            verified: true,
            signer_sha256: Some("aa".repeat(32)),
            trigger,
            due: None,
            reason: None,
            fate: Fate::Recorded,
            against: Against::Nothing,
        }
    }

    async fn told(&self, which: &str) -> usize {
        self.events().await.iter().filter(|event| *event == which).count()
    }
}

#[tokio::test]
async fn the_same_letter_gets_the_same_receipt() {
    let world = World::new();
    assert_eq!(world.receives("one", "N-1", 1).await, Judgement::New);
    let (said, first) = world.posts_receipt().await;
    assert!(said.contains("taken"), "{said}");
    assert!(world.is_quiet().await);
    // The very letter again: its 250 was lost.
    assert_eq!(world.receives("one", "N-1", 1).await, Judgement::Duplicate);
    assert_eq!(world.posts_receipt().await, (said.clone(), first.clone()));
    // The same content in another letter: that one waits for its own.
    assert_eq!(world.receives("two", "N-1", 1).await, Judgement::Duplicate);
    let (again, second) = world.posts_receipt().await;
    assert_eq!(again, said);
    assert_ne!(second, first);
    // Other content: another answer.
    assert_eq!(world.receives("three", "N-1", 2).await, Judgement::Conflict);
    assert!(world.posts_receipt().await.0.contains("conflict"));
    assert!(world.is_quiet().await);
    assert_eq!(world.told("inbound.receipt-sent").await, 4);
    assert_eq!(world.told("outbound.handed-over").await, 0);
}

#[tokio::test]
async fn one_that_waits_is_not_made_twice() {
    let mut world = World::new();
    world.receives("one", "N-1", 1).await;
    world.receives("one", "N-1", 1).await;
    world.crash().await;
    world.posts_receipt().await;
    assert!(world.is_quiet().await);
}

#[tokio::test]
async fn a_receipt_waits_behind_no_backlog() {
    let world = World::new();
    for n in 0..20 {
        let new = acceptance(&format!("N-{n}"), "70", 1, &["HM"]);
        world.ledger().accept(new).await.unwrap();
    }
    world.clock.advance(Duration::from_secs(60));
    world.receives("one", "M-1", 1).await;
    let claims = world.ledger().claim(&partner("HM"), 3, LEASE).await.unwrap();
    let kinds: Vec<bool> = claims.iter().map(|claim| claim.cargo.facts().is_none()).collect();
    assert_eq!(kinds, [true, false, false]);
}

#[tokio::test]
async fn a_receipt_confirms_once() {
    let world = World::new();
    world.ledger().accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let delivery = world.post_one("HM", Verdict::HandedOver).await;
    let states = [
        (Trigger::Received, State::Received),
        (Trigger::Received, State::Received),
        (Trigger::NotReadable, State::Received),
    ];
    for (trigger, state) in states {
        let evidence = world.evidence(delivery, Some(trigger)).await;
        assert_eq!(world.ledger().record(evidence).await.unwrap(), Some(state));
    }
    assert_eq!(world.told("outbound.received-by-partner").await, 1);
    assert_eq!(world.told("outbound.contradiction").await, 1);
    let traced = world.ledger().trace(Query::number("N-1")).await.unwrap();
    assert_eq!(traced.certificates[0].deliveries[0].receipts.len(), 3);
    // What the table does not know is recorded, and moves nothing.
    let evidence = world.evidence(delivery, Some(Trigger::RelayGaveUp)).await;
    assert_eq!(world.ledger().record(evidence).await.unwrap(), Some(State::Received));
}

#[tokio::test]
async fn a_receipt_ends_a_doubt_and_stops_what_is_under_way() {
    let world = World::new();
    world.ledger().accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let delivery = world.post_one("HM", Verdict::InDoubt).await;
    let evidence = world.evidence(delivery, Some(Trigger::Received)).await;
    assert_eq!(world.ledger().record(evidence).await.unwrap(), Some(State::Received));
    world.clock.advance(Duration::from_secs(3_600));
    assert!(world.is_quiet().await, "nothing goes again");
}

#[tokio::test]
async fn what_cannot_be_decrypted_suspends_the_partner() {
    let world = World::new();
    world.ledger().accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let delivery = world.post_one("HM", Verdict::HandedOver).await;
    let evidence = Evidence {
        against: Against::Suspends,
        reason: Some(Reason::new("decryption-failed", "wrong key")),
        ..world.evidence(delivery, Some(Trigger::NotReadable)).await
    };
    assert_eq!(world.ledger().record(evidence).await.unwrap(), Some(State::Failed));
    assert_eq!(world.ledger().suspensions().await.unwrap().len(), 1);
    assert_eq!(world.told("partner.suspended").await, 1);
}

/// A receipt for a letter that is not there waits for it, and not for ever.
#[tokio::test]
async fn what_is_about_nothing_is_kept_for_a_while() {
    let month = Duration::from_secs(30 * 86_400);
    let world = World::new();
    let stray = |letter| Evidence {
        letter,
        delivery: None,
        kind: EvidenceKind::Mdn,
        partner: Some(partner("HM")),
        disposition: None,
        verified: false,
        signer_sha256: None,
        trigger: None,
        due: None,
        reason: Some(Reason::new("receipt-unknown", "no such letter")),
        fate: Fate::Kept { about: "a".repeat(26) },
        against: Against::Nothing,
    };
    let letter = world.ledger().take_in(letter("a receipt")).await.unwrap();
    assert_eq!(world.ledger().record(stray(letter)).await.unwrap(), None);
    assert_eq!(world.ledger().judge_kept_again(month).await.unwrap(), 0);
    assert!(world.ledger().waiting_letters(9).await.unwrap().is_empty());
    // Its letter turns up.
    world.ledger().accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    world.post_one("HM", Verdict::HandedOver).await;
    let sql = rusqlite::Connection::open(&world.path).unwrap();
    sql.execute("UPDATE delivery SET letter_id = ?", ["a".repeat(26)]).unwrap();
    assert_eq!(world.ledger().judge_kept_again(month).await.unwrap(), 1);
    assert_eq!(world.ledger().waiting_letters(9).await.unwrap().len(), 1);
    // Or does not, in all the time there is.
    sql.execute("UPDATE delivery SET letter_id = ?", ["b".repeat(26)]).unwrap();
    let letter = world.ledger().waiting_letters(9).await.unwrap()[0].id;
    world.ledger().record(stray(letter)).await.unwrap();
    world.clock.advance(month);
    assert_eq!(world.ledger().judge_kept_again(month).await.unwrap(), 0);
    let state: String = sql.query_row("SELECT state FROM letter", [], |row| row.get(0)).unwrap();
    assert_eq!(state, "quarantined");
}

/// The clock starts at the first hand-over, and a receipt stops it.
#[tokio::test]
async fn the_clock_that_waits() {
    let hour = Duration::from_secs(3_600);
    let world = World::new();
    for number in ["N-1", "N-2"] {
        world.ledger().accept(acceptance(number, "70", 1, &["HM"])).await.unwrap();
        let claim = world.ledger().claim(&partner("HM"), 1, LEASE).await.unwrap().remove(0);
        world.ledger().seal(sealed(&claim)).await.unwrap();
        let n = world.ledger().begin(claim.delivery, claim.fence).await.unwrap();
        let now = world.clock.now();
        let taken = conclusion(claim.delivery, claim.fence, n, Verdict::HandedOver, now);
        let receipt_due = Some(now.plus(hour));
        world.ledger().conclude(Conclusion { receipt_due, ..taken }).await.unwrap();
    }
    assert!(world.ledger().awaited(9).await.unwrap().is_empty());
    world.clock.advance(hour);
    let awaited = world.ledger().awaited(9).await.unwrap();
    assert_eq!(awaited.len(), 2);
    let evidence = world.evidence(awaited[1].delivery, Some(Trigger::Received)).await;
    world.ledger().record(evidence).await.unwrap();
    let reason = Reason::new("receipt.overdue", "none came");
    let step = ClockStep {
        steps: 1,
        trigger: Some((Trigger::Overdue, reason)),
        again: true,
        next: Some(world.clock.now().plus(hour)),
    };
    for one in &awaited {
        world.ledger().step_of_clock(one, step.clone()).await.unwrap();
    }
    assert_eq!(world.told("outbound.overdue").await, 1, "the other has its receipt");
    // It goes again, and the clock goes on from where it was.
    world.post_one("HM", Verdict::HandedOver).await;
    assert_eq!(world.told("outbound.resent").await, 1);
    assert!(world.ledger().awaited(9).await.unwrap().is_empty());
    world.clock.advance(hour);
    let awaited = world.ledger().awaited(9).await.unwrap();
    assert_eq!((awaited.len(), awaited[0].steps), (1, 1));
    let unanswered = || checkup(&world.path, &partner("BV")).unwrap().unanswered;
    assert_eq!(unanswered(), []);
    let asked = ClockStep { steps: 2, trigger: None, again: false, next: Some(world.clock.now()) };
    world.ledger().step_of_clock(&awaited[0], asked).await.unwrap();
    assert_eq!(unanswered(), [(partner("HM"), 1)]);
    let awaited = world.ledger().awaited(9).await.unwrap();
    // The same step twice is one.
    let reason = Reason::new("receipt.none", "none came");
    let trigger = Some((Trigger::TimeForReceiptOver, reason));
    let last = ClockStep { steps: 3, trigger, again: false, next: None };
    for _twice in 0..2 {
        world.ledger().step_of_clock(&awaited[0], last.clone()).await.unwrap();
    }
    assert_eq!(world.told("outbound.unconfirmed").await, 1);
    assert!(world.is_quiet().await);
}

/// A certificate that was refused for its address is not given up because a
/// receipt, to another address perhaps, was taken.
#[tokio::test]
async fn a_receipt_that_is_taken_proves_no_address() {
    let world = World::new();
    world.ledger().accept(acceptance("N-1", "70", 1, &["HM"])).await.unwrap();
    let (claimed, n) = world.begin_one("HM").await;
    let now = world.clock.now();
    let refused = conclusion(claimed.delivery, claimed.fence, n, Verdict::Deferred, now);
    let reason = Some(Reason::new("smtp.rcpt", "550 5.1.1"));
    let refused = Conclusion { is_held: true, reason, ..refused };
    world.ledger().conclude(refused).await.unwrap();
    world.receives("one", "M-1", 1).await;
    world.posts_receipt().await;
    assert_eq!(world.states("N-1").await, ["70 HM deferred"]);
    world.ledger().accept(acceptance("N-2", "70", 1, &["HM"])).await.unwrap();
    world.post_one("HM", Verdict::HandedOver).await;
    assert_eq!(world.states("N-1").await, ["70 HM refused"]);
}
