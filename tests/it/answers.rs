//! Receipts and reports, as partners see them that are not certpost.
//!
//! ```text
//! queue -> BV -> letter  -> peers/answers.py: Python and openssl
//! queue <- BV <- receipt <-       it answers, right and wrong
//!          BV <- letter  <-       it sends, and asks for a receipt
//!          BV -> receipt ->       it judges
//! ```
//!
//! One run of the gateway takes all rows of a table; a row says what is done
//! and what must come of it, and the table is printed.

use serde_json::json;

use crate::answers_office::{HASTY, Office, PATIENT, Peer};
use crate::answers_ours::{PROCESSED, our_answers};
use crate::answers_theirs::{RECEIVED, their_answers};
use crate::broker::Broker;
use crate::skipped::skipped;

//------------ Tests ---------------------------------------------------------

#[test]
fn answers_of_others() {
    let Some(broker) = Broker::shared() else { return };
    let keys = tempfile::tempdir().unwrap();
    let Some(peer) = Peer::start(keys.path()) else { return };
    let url = broker.url(&broker.fresh_vhost());
    let mut office = Office::open(keys.path(), peer.port, PATIENT, url);
    our_answers(&office, &peer);
    their_answers(&office, &peer);
    an_as1_product(&office, &peer);
    receipts_survive(&mut office, &peer);
    let oddities = peer.ask(&json!({"do": "oddities"}));
    assert_eq!(oddities["oddities"], json!([]));
}

/// No receipt comes: overdue, the same octets again, and the end; a receipt
/// stops the clock at any step, and after the end changes nothing.
#[test]
fn the_clock_of_receipts() {
    let Some(broker) = Broker::shared() else { return };
    let keys = tempfile::tempdir().unwrap();
    let Some(peer) = Peer::start(keys.path()) else { return };
    let url = broker.url(&broker.fresh_vhost());
    let office = Office::open(keys.path(), peer.port, HASTY, url);
    let door = office.gateway.smtp;
    let answer = |number: &str| {
        peer.ask(&json!({"do": "receipt", "said": {}, "door": door, "number": number}));
    };
    const OVERDUE: &str = "overdue:receipt.overdue";
    const WEEK: &[&str] = &["handed-over", OVERDUE, "resent", "resent", "unconfirmed:receipt.none"];
    for number in ["C-NEVER", "C-AT-ONCE", "C-OVERDUE", "C-TOO-LATE", "C-RELAY"] {
        office.submit(number, "HM");
    }
    office.submit("C-NO-RECEIPTS", "TF");
    // A receipt of ours waits for none itself.
    let ours = peer.ask(&json!({"do": "send", "door": door, "partner": "HM", "name": "C-OURS",
        "number": "C-OURS"}));
    // Answered by theirs, as no receipt should be: kept, and looked at once.
    peer.ask(&json!({"do": "judge", "of": "C-OURS", "count": 1}));
    peer.ask(&json!({"do": "receipt", "said": {"original": "of C-OURS"}, "door": door,
        "number": "C-NEVER"}));
    // The same for an id of ours with another domain.
    peer.ask(&json!({"do": "receipt", "said": {"original": "elsewhere"}, "door": door,
        "number": "C-NEVER"}));
    answer("C-AT-ONCE");
    office.told_of("C-AT-ONCE", RECEIVED);
    office.told_of("C-OVERDUE", &["handed-over", OVERDUE, "resent"]);
    answer("C-OVERDUE");
    // A relay gives up when our own time for attempts is over.
    const BACK: &[&str] = &["handed-over", OVERDUE, "resent", "deferred:dsn-failed", "handed-over"];
    office.told_of("C-RELAY", &BACK[..3]);
    peer.ask(&json!({"do": "report", "said": {"action": "failed", "status": "4.4.7"},
        "door": door, "number": "C-RELAY"}));
    office.told_of("C-RELAY", BACK);
    office.told_of("C-NEVER", WEEK);
    office.told_of("C-TOO-LATE", WEEK);
    answer("C-TOO-LATE");
    office.told_of("C-TOO-LATE", &["contradiction:receipt-late"]);
    println!("the clock that waits for receipts:");
    let unknown = office.gateway.log().matches("receipt-unknown").count();
    println!("  receipts for no letter of ours, each judged once: {unknown}");
    assert_eq!(unknown, 2);
    let relay = office.all_of("C-RELAY");
    println!("  C-RELAY      {}", relay.join(", "));
    assert_eq!(relay[..BACK.len()], *BACK);
    assert_eq!(peer.letters(ours["messageId"].as_str().unwrap(), 1)["count"], 1);
    assert_eq!(office.all_of("C-OURS"), ["received", "receipt-sent"]);
    let too_late = [WEEK, &["contradiction:receipt-late"]].concat();
    for (number, state, copies, told) in [
        ("C-AT-ONCE", "received", 1, RECEIVED),
        ("C-OVERDUE", "received", 2, &["handed-over", OVERDUE, "resent", "received-by-partner"]),
        ("C-NO-RECEIPTS", "handed-over", 1, &["handed-over"]),
        ("C-NEVER", "unconfirmed", 3, WEEK),
        ("C-TOO-LATE", "unconfirmed", 3, &too_late),
    ] {
        let letters = peer.letters(number, copies);
        assert_eq!((&letters["count"], &letters["different"]), (&json!(copies), &json!(1)));
        assert_eq!(letters["messageIds"].as_array().unwrap().len(), 1, "{number}");
        let found = office.all_of(number);
        println!("  {number:12} {state:12} {}", found.join(", "));
        assert_eq!(found, told, "{number}");
        assert_eq!(office.delivery(number)["state"], state, "{number}");
    }
}
//------------ pyas2lib ------------------------------------------------------

/// An AS1 product takes our receipt for its own letter, with the digest that
/// it worked out itself; and its receipt counts for ours.
fn an_as1_product(office: &Office, peer: &Peer) {
    let Some(python) = crate::venv::python() else {
        skipped("an AS1 product as partner: pyas2lib could not be installed");
        return;
    };
    let door = office.gateway.smtp;
    let send = json!({"do": "as1_send", "door": door, "python": python, "number": "AS1-1"});
    let sent = peer.ask(&send);
    office.told_of("AS1-1", &["received", "receipt-sent"]);
    let judge = json!({"do": "as1_judge", "python": python, "about": sent["messageId"]});
    let judged = peer.ask(&judge);
    println!("an AS1 product, of our receipt: {judged}");
    assert_eq!(judged["mic"], true, "its digest is ours");
    let right = json!({"status": "processed", "detail": null, "digest": "sha256", "asked": true});
    assert_eq!(judged["said"]["right"], right);
    // It is no yes-man.
    assert_eq!(judged["said"]["other"]["status"], "processed/warning");

    office.submit("BV-AS1", "IO");
    office.told_of("BV-AS1", &["handed-over"]);
    peer.ask(&json!({"do": "as1_receipt", "door": door, "python": python, "number": "BV-AS1"}));
    office.told_of("BV-AS1", RECEIVED);
    println!("an AS1 product's receipt: {}", office.all_of("BV-AS1").join(", "));
}

//------------ Kills ---------------------------------------------------------

/// A receipt that is owed goes out after the gateway was killed, and once;
/// where its 250 was lost, in the same octets.
fn receipts_survive(office: &mut Office, peer: &Peer) {
    let send = |office: &Office, name: &str, befalls: &[&str]| {
        let door = office.gateway.smtp;
        let request = json!({"do": "send", "door": door, "partner": "HM", "name": name,
            "number": name, "befalls": befalls});
        peer.ask(&request)["messageId"].as_str().unwrap().to_owned()
    };
    // Killed as soon as a letter was taken, before or while it is judged; and
    // when the certificate is out and its receipt is not. No receipt is let in
    // before the next start: one that is under way at a kill comes twice, as
    // K-CUT does, and that is no fault.
    let mut taken = Vec::new();
    for name in ["K-0", "K-1", "K-2", "K-LATE"] {
        let message_id = send(office, name, &["later"; 50]);
        if name == "K-LATE" {
            office.told_of(name, &["received"]);
        }
        office.gateway.kill();
        assert_eq!(peer.letters(&message_id, 0)["count"], 0, "{name}: none was let in yet");
        office.gateway.start();
        peer.ask(&json!({"do": "befalls", "about": message_id, "what": []}));
        office.told_of(name, &["received", "receipt-sent"]);
        taken.push((message_id, name));
    }
    let cut = send(office, "K-CUT", &["cut_taken"]);
    println!("receipts after a kill:");
    for (message_id, name) in &taken {
        let receipts = peer.ask(&json!({"do": "judge", "of": name, "count": 1}));
        assert_eq!(receipts["last"]["fields"]["Disposition"], PROCESSED, "{name}");
        office.told_of(name, &["received", "receipt-sent"]);
        println!("  {name:8} {}", peer.letters(message_id, 1)["count"]);
    }
    let receipts = peer.ask(&json!({"do": "judge", "of": "K-CUT", "count": 2}));
    assert_eq!(receipts["different"], 1, "a receipt goes again in the same octets");
    office.told_of("K-CUT", &["received", "receipt-sent"]);
    println!("  {:8} {}, its 250 was lost", "K-CUT", receipts["count"]);
    // Their receipt counts, and once, though the gateway dies on taking it in.
    office.submit("BV-K", "HM");
    office.told_of("BV-K", &["handed-over"]);
    let door = office.gateway.smtp;
    peer.ask(&json!({"do": "receipt", "said": {}, "door": door, "number": "BV-K"}));
    office.gateway.kill();
    office.gateway.start();
    office.told_of("BV-K", RECEIVED);
    println!("  BV-K     their receipt counted");
    // Whatever else were to go is before this one in the lane.
    send(office, "K-END", &[]);
    peer.ask(&json!({"do": "judge", "of": "K-END", "count": 1}));
    office.told_of("K-END", &["received", "receipt-sent"]);
    for (message_id, name) in &taken {
        assert_eq!(peer.letters(message_id, 1)["count"], 1, "{name}: once");
        let told = office.all_of(name);
        assert_eq!(told, ["received", "receipt-sent"], "{name}");
    }
    assert_eq!(peer.letters(&cut, 2)["count"], 2);
    assert_eq!(office.all_of("BV-K"), RECEIVED);
    assert_eq!(office.delivery("BV-K")["receipts"].as_array().unwrap().len(), 1);
}
