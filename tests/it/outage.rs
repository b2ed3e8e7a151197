//! Thirty days without a partner, in a minute.
//!
//! ```text
//!            .--> HM, AQ  one server, which takes a connection and hangs up
//! ledger --> |
//!            '--> GS      a server that works
//! ```
//!
//! Ledger, lanes, keys and SMTP are the real ones; the clock is the test's.
//! It goes on when every worker has done what there was to do.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use certpost::delivery::State;
use certpost::runtime::Runtime;

use crate::street::{LIMIT, Mood, Server, Street};

const STEP: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HM_CONNECTIONS: usize = 4;

/// Nothing is lost, nothing expires that should not, what should does, in
/// its time; the server is tried as the schedule says and by one at a time;
/// the partner that is well waits for nothing; a restart in between changes
/// nothing; and when it is over everything goes in the order in which it came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_days() {
    let servers = Runtime::new();
    let dead = Server::start(Mood::Down, &servers).await;
    let healthy = Server::start(Mood::Well, &servers).await;
    let tls = "tls = \"none\"";
    let mut outage = Street::to(&[
        ("HM", dead.port, HM_CONNECTIONS, tls),
        ("AQ", dead.port, 1, tls),
        ("GS", healthy.port, 1, tls),
    ]);
    let began = outage.clock.now();
    let steps = 30 * 24 * 4;
    let mut sent: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut perishable = Vec::new();
    for step in 0..steps {
        for (to, every) in [("HM", 2), ("AQ", 30), ("GS", 6)] {
            if step % every == 0 {
                let number = format!("{to}-{step}");
                outage.accept(&number, to, None).await;
                sent.entry(to).or_default().push(number);
            }
        }
        if step % 300 == 7 {
            let number = format!("P-{step}");
            let until = outage.clock.now().plus(3 * DAY);
            outage.accept(&number, "HM", Some(until)).await;
            perishable.push((number, until));
        }
        // At the very time at which it was accepted.
        healthy.has(sent["GS"].len()).await;
        if step == steps / 2 {
            outage.restart().await;
        }
        outage.rest().await;
        outage.clock.advance(STEP);
        outage.rest().await;
    }

    // As the schedule says: 3 failures, 1, 5, 15, 30, 60, 90 minutes, then
    // every 2 hours, up to a quarter longer, and at the next step of the test;
    // one more at the restart.
    let tried = dead.refused.load(Ordering::SeqCst);
    assert!((3 + 6 + 30 * 24 * 4 / 11..=3 + 6 + 360 + 1).contains(&tried), "tried {tried} times");
    assert_eq!(dead.letters.lock().unwrap().len(), 0);
    let lanes = outage.ledger().lanes().await.unwrap();
    for lane in &lanes {
        let wanted = lane.partner.as_str() != "GS";
        assert_eq!(lane.is_cut_off, wanted, "{lane:?}");
        assert_eq!(lane.still_since.is_some_and(|at| at < began.plus(DAY)), wanted, "{lane:?}");
    }

    dead.turns(Mood::Well);
    let back = outage.clock.now();
    let all = sent["HM"].len() + sent["AQ"].len();
    let fresh = perishable.iter().filter(|(_, until)| *until > back).count();
    while outage.ledger().circuits().await.unwrap().len() == 1 {
        outage.clock.advance(STEP);
        outage.rest().await;
    }
    assert!(outage.clock.now().since(back) <= 3 * HOUR, "one step of the schedule");
    dead.has(all + fresh).await;
    outage.rest().await;
    let letters = dead.letters.lock().unwrap().clone();
    assert_eq!(letters.len(), all + fresh, "each once");

    let mut attempts = 0;
    for (to, most) in [("HM", HM_CONNECTIONS * 8), ("AQ", 0)] {
        let mut places = Vec::new();
        for number in &sent[to] {
            let delivery = outage.delivery(number).await;
            assert_eq!(delivery.state, State::HandedOver, "{number}");
            let id = delivery.message_id.unwrap();
            places.push(letters.iter().position(|letter| *letter == id).unwrap());
            attempts += delivery.attempts.len();
        }
        let in_order = {
            let mut sorted = places.clone();
            sorted.sort_unstable();
            sorted
        };
        for (n, place) in places.iter().enumerate() {
            let found = in_order.iter().position(|other| other == place).unwrap();
            assert!(found.abs_diff(n) <= most, "{to}: number {n} went as number {found}");
        }
    }
    assert_eq!(attempts, all + 3, "three that found no server, and no others");
    for (number, until) in &perishable {
        let delivery = outage.delivery(number).await;
        let wanted = if *until > back { State::HandedOver } else { State::Expired };
        assert_eq!(delivery.state, wanted, "{number}");
        assert_eq!(delivery.attempts.len(), usize::from(wanted == State::HandedOver), "{number}");
    }
    let audit = outage.ledger().audit().await.unwrap();
    assert!(audit.faults.is_empty(), "{audit:?}");
    outage.stop().await;
    servers.stop(LIMIT).await;
}
