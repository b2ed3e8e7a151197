//! Mail servers that misbehave, before a gateway that runs for real.
//!
//! ```text
//! queue -> BV -> SMTP -> peers/scripted.py, a server for each behaviour
//!           |                   |
//!       trace, events       mailboxes      held against peers/behaviours.toml
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::broker::Broker;
use crate::road::declared;
use crate::scripted::{Behaviour, Found, Peers, Repeats};
use crate::world::{Gateway, wait_for};

/// Short where a row waits for it, long enough for a machine that is busy.
const CLOCK: &str = "retry = [\"0s\", \"700ms\", \"1s\"]\nretry_max = \"2s\"\n\
                     smtp_reply = \"4s\"\nfinal_reply = \"4s\"\nconnect = \"4s\"\n\
                     in_doubt_hold = \"500ms\"\nlease = \"1s\"\n";

/// Every behaviour of the table at once: each ends in the attempts, the state
/// and the events that its row says, and the server's mailbox holds what it
/// says, octet for octet what the gateway sealed.
#[test]
fn every_behaviour_ends_as_its_row_says() {
    let Some(broker) = Broker::shared() else { return };
    let Some(mut peers) = Peers::play("behaviours.toml") else { return };
    let mut bv = peers.gateway(broker.url(&broker.fresh_vhost()), CLOCK);
    bv.start();
    let domestic = declared(&bv);
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for behaviour in &peers.behaviours {
        behaviour.submit(&domestic);
        for (index, number) in behaviour.numbers().iter().enumerate() {
            let wanted = match behaviour.repeats {
                Repeats::Before => 1,
                Repeats::Once | Repeats::Perhaps => events(behaviour, index).len(),
                Repeats::Often => events(behaviour, index).len() + 1,
            };
            open.insert(format!("BV/851/{number}"), wanted);
        }
        for event in &behaviour.told {
            open.insert(format!("{} {event}", behaviour.partner), 1);
        }
    }
    let varied = peers.behaviours.iter().filter(|one| one.repeats == Repeats::Before);
    let varied: Vec<String> = varied.map(|one| one.partner.clone()).collect();
    // Compared all the same if some do not come: the page says of which.
    let told = domestic.each_event(|event| {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let about = match event["id"].as_str() {
            Some(id) => id.to_owned(),
            None => format!("{} {}", text("partner"), text("event")),
        };
        // Nobody knows how many come before the last.
        let counts = !varied.contains(&text("partner")) || text("event") == "handed-over";
        if let Some(left) = open.get_mut(&about).filter(|_| counts) {
            *left -= 1;
            if *left == 0 {
                open.remove(&about);
            }
        }
        open.is_empty()
    });

    let seen = peers.seen();
    let mut page = format!(
        "\n{:<66} {:<28} {:<12} {:<28} letters\n",
        "behaviour", "verdicts", "state", "events"
    );
    let mut faults = if told { String::new() } else { format!("events short of: {open:?}\n") };
    for behaviour in &peers.behaviours {
        let seen = &seen[&behaviour.partner];
        let held = seen["letters"].as_array().unwrap();
        for words in compare(behaviour, seen, &bv, &mut page) {
            writeln!(faults, "{}: {words}", behaviour.partner).unwrap();
        }
        writeln!(page, " {}", held.len()).unwrap();
    }
    // Past the harness, which would keep it to itself when all is well.
    std::io::stdout().write_all(page.as_bytes()).unwrap();
    assert!(faults.is_empty(), "\n{faults}");
}

/// What is not as the row says; and the row's line, but for its end.
fn compare(behaviour: &Behaviour, seen: &Value, bv: &Gateway, page: &mut String) -> Vec<String> {
    let mut faults = Vec::new();
    let held = seen["letters"].as_array().unwrap();
    if held.len() != behaviour.mailbox {
        faults.push(format!("its mailbox holds {} letters", held.len()));
    }
    if seen["oddities"] != json!([]) {
        faults.push(format!("it saw what no client does: {}", seen["oddities"]));
    }
    let mut strange: Vec<&Value> = held.iter().collect();
    for (index, number) in behaviour.numbers().iter().enumerate() {
        let found = Found::read(bv, number, behaviour.down);
        let wanted = behaviour.wanted(index);
        let mut fault = |words: String| faults.push(format!("{number} {words}"));
        if found.state != wanted.ends {
            fault(format!("is {}", found.state));
        }
        if !alike(&found.attempts, &wanted.attempts, behaviour.repeats) {
            fault(format!("came to {:#?}", found.attempts));
        }
        if !alike(&found.events, &events(behaviour, index), behaviour.repeats) {
            fault(format!("had the events {:?}", found.events));
        }
        if !wanted.words.as_ref().is_none_or(|words| found.words.contains(words)) {
            fault(format!("was told of as {:?}", found.words));
        }
        if let Some(words) = found.odd {
            fault(words);
        }
        let is_copy = |one: &&Value| one["messageId"] == found.message_id;
        if held.iter().filter(is_copy).any(|copy| copy["sha256"] != found.sha256) {
            fault("was sent in other octets than were sealed".to_owned());
        }
        strange.retain(|one| !is_copy(one));
        if index == 0 {
            let words = found.attempts.iter().filter_map(|attempt| attempt.split(' ').next());
            let (verdicts, events) = (short(words), short(found.events.iter().skip(2)));
            let (name, state) = (&behaviour.name, &found.state);
            write!(page, "{name:<66} {verdicts:<28} {state:<12} {events:<28}").unwrap();
        }
    }
    if !strange.is_empty() {
        faults.push(format!("its mailbox holds letters of others: {strange:?}"));
    }
    faults
}

/// The events that the letter at `index` has to have, the first two included.
fn events(behaviour: &Behaviour, index: usize) -> Vec<String> {
    let begins = ["accepted".to_owned(), "sealed".to_owned()];
    [&begins[..], &behaviour.wanted(index).events].concat()
}

/// Whether what was found is what was wanted; a text that ends in `…` is
/// wanted at the beginning.
fn alike(found: &[String], wanted: &[String], repeats: Repeats) -> bool {
    let is = |found: &String, wanted: &String| match wanted.strip_suffix('…') {
        Some(begins) => found.starts_with(begins),
        None => found == wanted,
    };
    let all = |found: &[String]| {
        found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, one)| is(found, one))
    };
    let mut alone = found.to_vec();
    alone.dedup();
    match repeats {
        Repeats::Before => is(found.last().unwrap(), wanted.last().unwrap()),
        Repeats::Once => all(found),
        Repeats::Perhaps => all(&alone),
        Repeats::Often => found.len() > wanted.len() && all(&alone),
    }
}

/// Words in a row; the same one many times is told by how often it came.
fn short<T: AsRef<str>>(words: impl Iterator<Item = T>) -> String {
    let all: Vec<String> = words.map(|word| word.as_ref().to_owned()).collect();
    match all.as_slice() {
        [first, _, _, ..] if all.iter().all(|word| word == first) => {
            format!("{first} × {}", all.len())
        }
        words => words.join(", "),
    }
}

/// Servers that hold every connection, with the clocks as they come: while
/// none of them has let go, their neighbour has all its letters, each at its
/// first attempt. No clock decides this, only that they still hold.
#[test]
fn a_server_that_holds_us_makes_no_partner_wait() {
    const CONNECTIONS: usize = 4;
    let Some(broker) = Broker::shared() else { return };
    let Some(mut peers) = Peers::play("holding.toml") else { return };
    let mut bv = peers.gateway(broker.url(&broker.fresh_vhost()), "");
    bv.start();
    let domestic = declared(&bv);
    let (well, bad): (Vec<_>, Vec<_>) =
        std::mem::take(&mut peers.behaviours).into_iter().partition(|one| one.partner == "WELL");
    let holding: Vec<&Behaviour> = bad.iter().filter(|behaviour| !behaviour.down).collect();
    for behaviour in &bad {
        behaviour.submit(&domestic);
    }
    let all_hold = |seen: &Value| {
        holding.iter().all(|one| {
            let (held, had) = (&seen[&one.partner]["holding"], &seen[&one.partner]["connections"]);
            (held, had) == (&json!(CONNECTIONS), &json!(CONNECTIONS))
        })
    };
    wait_for("servers that all hold us", Duration::from_secs(60), || {
        all_hold(&peers.seen()).then_some(())
    });
    let [well] = &well[..] else { panic!("one is well") };
    well.submit(&domestic);
    let mut left = well.numbers().len();
    let told = domestic.each_event(|event| {
        let verdict = ["handed-over", "deferred", "in-doubt", "refused"];
        if verdict.contains(&event["event"].as_str().unwrap()) {
            match event["partner"].as_str() {
                Some("WELL") => {
                    assert_eq!(event["event"], "handed-over");
                    left -= 1;
                }
                Some("DOWN") => {}
                partner => panic!("a verdict for {partner:?}: {event:#}"),
            }
        }
        left == 0
    });
    assert!(told, "{left} letters were not handed over");
    let seen = peers.seen();
    assert!(all_hold(&seen), "they let go: {seen:#}");
    for behaviour in [well].into_iter().chain(&bad) {
        let seen = &seen[&behaviour.partner];
        assert_eq!(seen["letters"].as_array().unwrap().len(), behaviour.mailbox, "{seen:#}");
        assert_eq!(seen["oddities"], json!([]), "{}", behaviour.partner);
        // The first of a lane is among those that are held.
        let number = &behaviour.numbers()[0];
        let found = Found::read(&bv, number, behaviour.down);
        assert_eq!(found.state, behaviour.wanted(0).ends, "{number}");
    }
    println!("{} letters went while {} connections were held", well.mailbox, 4 * holding.len());
}

/// A server that takes one connection is asked for four: it is there, so it
/// is not left alone, and all letters go over the one. With the clocks as they
/// come, whoever left it alone would do so for a minute.
#[test]
fn a_server_that_takes_one_connection_gets_all_letters_over_it() {
    let Some(broker) = Broker::shared() else { return };
    let Some(mut peers) = Peers::play("crowded.toml") else { return };
    let mut bv = peers.gateway(broker.url(&broker.fresh_vhost()), "");
    bv.start();
    let domestic = declared(&bv);
    let numbers = peers.behaviours[0].numbers();
    // The first letter's connection stands when the others come.
    let (first, others) = numbers.split_at(1);
    for numbers in [first, others] {
        peers.behaviours[0].submit_these(&domestic, numbers);
        let mut left = numbers.len();
        let told = domestic.each_event(|event| {
            assert_ne!(event["event"], "deferred", "{event:#}");
            left -= usize::from(event["event"] == "handed-over");
            left == 0
        });
        assert!(told, "{left} letters were not handed over");
    }
    let seen = peers.seen();
    assert!(seen["LATER-SECOND"]["connections"].as_u64() > Some(1), "nobody knocked: {seen:#}");
    let faults = compare(&peers.behaviours[0], &seen["LATER-SECOND"], &bv, &mut String::new());
    assert!(faults.is_empty(), "{faults:#?}");
}
