//! Evidence on record: what the other side and the road say of a delivery.

use super::*;
use crate::delivery::{Reason, State, Trigger};

/// A letter that brings evidence; each is one of its own.
async fn evidence(world: &World, delivery: DeliveryId, trigger: Trigger) -> Evidence {
    let letter = world.ledger().take_in(letter("a report")).await.unwrap();
    Evidence {
        letter,
        delivery: Some(delivery),
        kind: EvidenceKind::Dsn,
        partner: None,
        disposition: None,
        verified: false,
        signer_sha256: None,
        trigger: Some(trigger),
        due: None,
        reason: Some(Reason::new("said", "no such user")),
        fate: Fate::Recorded,
        against: Against::Nothing,
    }
}

impl World {
    async fn letter_id(&self, delivery: DeliveryId) -> String {
        let key = delivery.uuid().into_bytes();
        let read = move |reader: &mut super::super::reader::Reader| {
            let sql = "SELECT letter_id FROM delivery WHERE key = ?";
            Ok(reader.sql.query_row(sql, [key], |row| row.get(0))?)
        };
        self.ledger().read(read).await.unwrap()
    }
}

async fn handed_over(world: &World, number: &str) -> DeliveryId {
    world.ledger().accept(acceptance(number, "70", 1, &["HM"])).await.unwrap();
    world.post_one("HM", Verdict::HandedOver).await
}

/// The same bounce three times, each judged before the others were recorded,
/// is one bounce and no reason to suspend.
#[tokio::test]
async fn a_bounce_that_comes_three_times_counts_once() {
    let world = World::new();
    let delivery = handed_over(&world, "N-1").await;
    for _ in 0..3 {
        let plain = evidence(&world, delivery, Trigger::Bounced).await;
        let bounce = Evidence { against: Against::Counts, ..plain };
        assert_eq!(world.ledger().record(bounce).await.unwrap(), Some(State::Bounced));
    }
    assert_eq!(world.ledger().suspensions().await.unwrap(), []);
    for number in ["N-2", "N-3"] {
        let delivery = handed_over(&world, number).await;
        let plain = evidence(&world, delivery, Trigger::Bounced).await;
        let bounce = Evidence { against: Against::Counts, ..plain };
        world.ledger().record(bounce).await.unwrap();
    }
    assert_eq!(world.ledger().suspensions().await.unwrap().len(), 1, "three letters are three");
}

/// A yes and a no judged side by side: the first on record decides, and what
/// speaks against the lane counts only if it did.
#[tokio::test]
async fn the_first_on_record_decides() {
    let world = World::new();
    let delivery = handed_over(&world, "N-1").await;
    let yes = evidence(&world, delivery, Trigger::Received).await;
    let plain = evidence(&world, delivery, Trigger::NotReadable).await;
    let no = Evidence { against: Against::Suspends, ..plain };
    assert_eq!(world.ledger().record(yes).await.unwrap(), Some(State::Received));
    assert_eq!(world.ledger().record(no).await.unwrap(), Some(State::Received));
    assert_eq!(world.ledger().suspensions().await.unwrap(), []);
    assert_eq!(world.events().await.last().unwrap(), "outbound.contradiction");
}

/// What is kept is judged again once its letter was sent, and not over and
/// over for a letter that is there and is not the one.
#[tokio::test]
async fn what_is_kept_is_judged_again_once() {
    let world = World::new();
    let sent = handed_over(&world, "N-1").await;
    world.ledger().accept(acceptance("N-2", "70", 1, &["GS"])).await.unwrap();
    let waits = world.claim_one("GS").await;
    world.ledger().seal(sealed(&waits)).await.unwrap();
    world.ledger().release(waits.delivery, waits.fence).await.unwrap();
    let there: String = world.letter_id(sent).await;
    for about in [there, "a".repeat(26), waits.letter_id.clone()] {
        let plain = evidence(&world, sent, Trigger::Received).await;
        let fate = Fate::Kept { about };
        let kept = Evidence { delivery: None, trigger: None, fate, ..plain };
        assert_eq!(world.ledger().record(kept).await.unwrap(), None);
    }
    assert_eq!(world.ledger().judge_kept_again(FOR_EVER).await.unwrap(), 0);
    world.post_one("GS", Verdict::HandedOver).await;
    assert_eq!(world.ledger().judge_kept_again(FOR_EVER).await.unwrap(), 1);
    // It is not about that one after all.
    let again = world.ledger().waiting_letters(9).await.unwrap().pop().unwrap().id;
    let plain = evidence(&world, sent, Trigger::Received).await;
    let fate = Fate::Kept { about: waits.letter_id };
    let kept = Evidence { letter: again, delivery: None, trigger: None, fate, ..plain };
    world.ledger().record(kept).await.unwrap();
    assert_eq!(world.ledger().judge_kept_again(FOR_EVER).await.unwrap(), 0);
}

/// A relay gives up after days, when our own time for attempts is long over:
/// the letter goes again all the same, with that time before it.
#[tokio::test]
async fn what_a_relay_gave_up_has_all_its_time_again() {
    let give_up = Duration::from_secs(5 * 86_400);
    let world = World::new();
    let delivery = handed_over(&world, "N-1").await;
    world.clock.advance(give_up + LEASE);
    let back = evidence(&world, delivery, Trigger::RelayGaveUp).await;
    assert_eq!(world.ledger().record(back).await.unwrap(), Some(State::Deferred));
    assert_eq!(world.ledger().expire(10, give_up).await.unwrap(), []);
    assert_eq!(world.claim_one("HM").await.first_attempt_at, None);
    // And no more than that time.
    world.clock.advance(LEASE);
    world.post_one("HM", Verdict::Deferred).await;
    world.clock.advance(give_up);
    assert_eq!(world.ledger().expire(10, give_up).await.unwrap(), [delivery]);
}
