//! A partner that is set aside by hand, and one that is not reached: what
//! waits, what the commands show, and that everything goes afterwards.

use std::time::Duration;

use serde_json::Value;

use crate::broker::Broker;
use crate::queues::Domestic;
use crate::road::{declared, xml};
use crate::web::{numbers, told};
use crate::world::{Gateway, wait_for};

const LONG: Duration = Duration::from_secs(30);

/// BV, and HM which may run or not; absent where there is no broker to be had.
fn road(hm_runs: bool) -> Option<(Gateway, Gateway, Domestic, Option<Domestic>)> {
    let broker = Broker::shared()?;
    let url = || broker.url(&broker.fresh_vhost());
    let (mut bv, mut hm) = Gateway::pair(url(), url());
    bv.start();
    let bv_side = declared(&bv);
    let hm_side = hm_runs.then(|| {
        hm.start();
        declared(&hm)
    });
    Some((bv, hm, bv_side, hm_side))
}

/// A command's answer in JSON, which is as its schema says.
#[track_caller]
fn json(gateway: &Gateway, args: &[&str], exit: i32) -> Value {
    let all: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    let (found, out, words) = gateway.answer(&all);
    assert_eq!(found, exit, "{args:?}: {words}");
    serde_json::from_slice(&out).unwrap()
}

/// What doctor says of the lanes: verdict and words of each check.
fn doctor_on_lanes(gateway: &Gateway) -> Vec<String> {
    let (_, out, _) = gateway.answer(&["doctor", "--json"]);
    let answer: Value = serde_json::from_slice(&out).unwrap();
    let checks = answer["checks"].as_array().unwrap().clone();
    let lanes = checks.into_iter().filter(|check| check["area"] == "lanes");
    lanes
        .map(|check| format!("{} {}: {}", check["verdict"], check["name"], check["words"]))
        .collect()
}

/// How a certificate's one delivery stands.
fn delivery(gateway: &Gateway, number: &str) -> Option<Value> {
    let (exit, out, _) = gateway.answer(&["trace", number, "--json"]);
    let answer: Value = serde_json::from_slice(&out).unwrap();
    (exit == 0).then(|| answer["certificates"][0]["deliveries"][0].clone())
}

#[test]
fn set_aside_and_taken_back() {
    let Some((bv, _hm, bv_side, Some(hm_side))) = road(true) else { return };
    let suspend = ["partner", "suspend", "HM", "--reason", "their keys are stolen", "--who", "Ann"];
    let answer = json(&bv, &suspend, 0);
    assert_eq!((&answer["state"], &answer["changed"]), (&"suspended".into(), &true.into()));
    let again = ["partner", "suspend", "HM", "--reason", "the same", "--who", "Bob"];
    let answer = json(&bv, &again, 0);
    assert_eq!(answer["changed"], false);
    assert_eq!(answer["suspension"]["who"], "Ann");
    let shown = json(&bv, &["partner", "show", "HM"], 0);
    assert_eq!(shown["partner"]["suspension"]["reason"]["words"], "their keys are stolen");
    assert!(shown["standsStillSince"].is_string(), "{shown:#}");
    let list = json(&bv, &["partner", "list"], 0);
    assert_eq!(list["partners"][0]["state"], "suspended");

    bv_side.submit("application/xml", "s-1", None, xml("BV-SUS-1").as_bytes());
    let waiting =
        wait_for("a delivery that waits", LONG, || delivery(&bv, "BV-SUS-1").filter(is_held_up));
    assert_eq!(waiting["waits"]["code"], "partner.suspended");
    wait_for("the number that tells of it", LONG, || {
        (told(&numbers(&bv), "partner_active{partner=\"HM\"}") == 0.0).then_some(())
    });
    assert_eq!(delivery(&bv, "BV-SUS-1").unwrap()["attempts"], serde_json::json!([]));
    let told_of = doctor_on_lanes(&bv);
    assert!(
        told_of[0].starts_with("\"warn\" \"HM\"") && told_of[0].contains("by Ann"),
        "{told_of:?}"
    );

    let answer = json(&bv, &["partner", "resume", "HM", "--who", "Ann"], 0);
    assert_eq!((&answer["state"], &answer["changed"]), (&"active".into(), &true.into()));
    assert_eq!(hm_side.take("certpost.received", 1).len(), 1);
    let answer = json(&bv, &["partner", "resume", "HM"], 0);
    assert_eq!(answer["changed"], false);
    let events: Vec<Value> = bv_side
        .events_until(|event| event["event"] == "handed-over")
        .iter()
        .filter(|event| event["direction"] == "partner")
        .map(|event| serde_json::json!([event["event"], event["who"], event["reason"]["words"]]))
        .collect();
    let wanted = serde_json::json!([
        ["suspended", "Ann", "their keys are stolen"],
        ["resumed", "Ann", null]
    ]);
    assert_eq!(Value::from(events), wanted);

    // The entry has a say of its own.
    let partners = std::fs::read_to_string(bv.folder.path("partners.toml")).unwrap();
    let set = partners.replacen("code = \"HM\"", "code = \"HM\"\nstate = \"suspended\"", 1);
    bv.folder.write("partners.toml", set);
    bv.hang_up();
    let (exit, _, words) = bv.answer(&["partner", "resume", "HM"]);
    assert_eq!(exit, 1, "{words}");
    assert!(words.contains("partners.toml"), "{words}");
    wait_for("the entry's say on record", LONG, || {
        json(&bv, &["partner", "show", "HM"], 0)["standsStillSince"].is_string().then_some(())
    });
}

fn is_held_up(delivery: &Value) -> bool {
    delivery["waits"].is_object()
}

/// A server that is not there: three attempts, then none is spent until it is.
#[test]
fn not_reached_and_reached_again() {
    let Some((bv, mut hm, bv_side, None)) = road(false) else { return };
    let count = 12;
    for n in 0..count {
        let (id, number) = (format!("c-{n}"), format!("BV-CUT-{n}"));
        bv_side.submit("application/xml", &id, None, xml(&number).as_bytes());
    }
    wait_for("an open circuit", LONG, || {
        (told(&numbers(&bv), "circuit_open{partner=\"HM\"}") == 1.0).then_some(())
    });
    let list = json(&bv, &["partner", "list"], 0);
    let circuit = &list["partners"][0]["circuit"];
    assert_eq!(circuit["reason"]["code"], "smtp.connect", "{list:#}");
    wait_for("some tries", LONG, || {
        let list = json(&bv, &["partner", "list"], 0);
        list["partners"][0]["circuit"]["tries"].as_u64().filter(|tries| *tries >= 3)
    });
    let (_, text, _) = bv.answer(&["partner", "list"]);
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("not reached"), "{text}");
    let deferred = "attempts_total{partner=\"HM\",verdict=\"deferred\"}";
    wait_for("three attempts on record", LONG, || {
        (told(&numbers(&bv), deferred) == 3.0).then_some(())
    });

    hm.start();
    let hm_side = declared(&hm);
    assert_eq!(hm_side.take("certpost.received", count).len(), count);
    let last = wait_for("a closed circuit", LONG, || {
        let numbers = numbers(&bv);
        (told(&numbers, "circuit_open{partner=\"HM\"}") == 0.0).then_some(numbers)
    });
    assert_eq!(told(&last, deferred), 3.0);
    assert!(told(&last, "stood_still_seconds{partner=\"HM\"}") > 0.0);
}

/// What the commands say where there is nothing to change, or nobody.
#[test]
fn nothing_to_change() {
    let (bv, _hm) = Gateway::pair("amqp://127.0.0.1:1/%2f".to_owned(), String::new());
    let shown = json(&bv, &["partner", "show", "HM"], 0);
    assert_eq!((&shown["partner"]["state"], &shown["refusals"]), (&"active".into(), &0.into()));
    json(&bv, &["partner", "show", "XX"], 3);
    json(&bv, &["partner", "suspend", "XX", "--reason", "gone"], 3);
    json(&bv, &["partner", "resume", "XX"], 3);
    // There is no ledger yet.
    json(&bv, &["partner", "suspend", "HM", "--reason", "gone"], 4);
    json(&bv, &["partner", "resume", "HM"], 4);
    json(&bv, &["partner", "suspend", "HM"], 2);
    json(&bv, &["partner", "suspend", "HM", "--reason", "  "], 2);
    json(&bv, &["partner", "suspend", "HM", "--reason", "two\nlines"], 2);
}
