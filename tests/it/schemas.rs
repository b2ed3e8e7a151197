//! The program's answers in JSON against their schemas, where no broker is
//! needed; what crosses the road is held against them in `road.rs`, and
//! letters in `commands.rs`.

use serde_json::Value;

use certpost::cli::{Shared, inspect};

use crate::conforms::{conforms, faults};
use crate::world::Gateway;

const XML: &str = include_str!("../golden/phytosanitary-851/certificate.xml");

/// A gateway that never runs: nothing is at the address of its broker.
fn gateway() -> Gateway {
    let (bv, _hm) = Gateway::pair("amqp://127.0.0.1:1/%2f".to_owned(), String::new());
    bv.folder.write("good.xml", XML);
    bv.folder.write("bad.xml", XML.replace("<ram:ID>AQ</ram:ID>", "<ram:ID>Norway</ram:ID>"));
    bv.folder.write("none.xml", "hello");
    bv
}

/// Asks for an answer in JSON, which is held against its schema.
#[track_caller]
fn check(gateway: &Gateway, words: &[&str], exit: i32, schema: &str) -> Value {
    let mut args = vec!["--json"];
    let paths: Vec<String> = words
        .iter()
        .map(|word| match word.contains(".xml") || word.ends_with(".eml") {
            true => gateway.folder.path(word).display().to_string(),
            false => (*word).to_owned(),
        })
        .collect();
    args.extend(paths.iter().map(String::as_str));
    let (found, out, words) = gateway.answer(&args);
    assert_eq!(found, exit, "{words}");
    let answer: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(answer["schema"], schema, "{answer:#}");
    answer
}

#[test]
fn answers_without_a_broker() {
    let bv = gateway();
    let answer = check(&bv, &["check", "good.xml", "bad.xml", "none.xml"], 1, "certpost/check/1");
    assert_eq!(answer["files"][1]["findings"][0]["code"], "country.unknown");
    check(&bv, &["check", "good.xml"], 0, "certpost/check/1");
    check(&bv, &["check", "good.xml", "--partner", "HM"], 0, "certpost/check/1");
    check(&bv, &["check", "gone.xml"], 3, "certpost/check/1");
    check(&bv, &["check", "--explain", "country.unknown"], 0, "certpost/explain/1");
    check(&bv, &["check", "--explain", "nothing"], 3, "certpost/explain/1");
    check(&bv, &["bench", "--rounds", "1", "--only", "gate, usual"], 0, "certpost/bench/1");
    let bare = ["bench", "--rounds", "1", "--only", "open, all gates, P-256", "--peers", "none"];
    let answer = check(&bv, &bare, 0, "certpost/bench/1");
    assert!(answer["stages"][0]["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0), "{answer:#}");
    let python = ["bench", "--rounds", "1", "--only", "open, P-256, Python", "--peers", "none"];
    let answer = check(&bv, &python, 0, "certpost/bench/1");
    assert_eq!(answer["skipped"][0]["what"], "the plain Python programs");
    check(&bv, &["check"], 2, "certpost/usage/1");
    check(&bv, &["convert", "good.xml", "--explain"], 0, "certpost/explain/1");
    check(&bv, &["convert", "gone.xml", "--explain"], 3, "certpost/explain/1");
    check(&bv, &["convert", "good.xml", "--to", "yaml"], 2, "certpost/usage/1");
    check(&bv, &["convert", "bad.xml", "--to", "json"], 1, "certpost/convert/1");
    check(&bv, &["convert", "good.xml", "--to", "xml"], 0, "certpost/convert/1");
    check(&bv, &["convert", "gone.xml", "--to", "xml"], 3, "certpost/convert/1");
    let certificate =
        check(&bv, &["convert", "good.xml", "--to", "json"], 0, "certpost/certificate/1");
    assert_eq!(faults("submission.schema.json", &certificate), [""; 0]);
    let list = check(&bv, &["partner", "list"], 0, "certpost/partner-list/1");
    assert_eq!(list["partners"][0]["types"], Value::Null);
    check(&bv, &["seal", "bad.xml", "--to", "HM"], 1, "certpost/seal/1");
    check(&bv, &["seal", "good.xml", "--to", "XX"], 3, "certpost/seal/1");
    check(&bv, &["inspect", "none.xml"], 1, "certpost/inspect/1");
    check(&bv, &["open", "none.xml"], 1, "certpost/open/1");
    check(&bv, &["open", "gone.xml"], 3, "certpost/open/1");
    check(&bv, &["show", "good.xml"], 0, "certpost/show/1");
    check(&bv, &["show", "N-1"], 4, "certpost/show/1");
    check(&bv, &["submit", "good.xml"], 4, "certpost/submit/1");
    check(&bv, &["submit", "bad.xml"], 1, "certpost/submit/1");
    check(&bv, &["trace", "N-1"], 4, "certpost/trace/1");
    check(&bv, &["verify", "N-1"], 4, "certpost/verify/1");
    let partners = std::fs::read_to_string(bv.folder.path("partners.toml")).unwrap();
    bv.folder.write("partners.toml", partners.replace("route = ", "rout = "));
    for command in [&["partner", "list"][..], &["trace", "N-1"], &["verify", "N-1"], &["run"]] {
        let name = command.join("-").replace("-N-1", "");
        check(&bv, command, 2, &format!("certpost/{name}/1"));
    }
}

/// A letter that `seal` made, looked into and shown to its own sender.
#[test]
fn letters() {
    let bv = gateway();
    let good = bv.folder.path("good.xml").display().to_string();
    let (exit, letter, words) = bv.answer(&["seal", &good, "--to", "HM"]);
    assert_eq!(exit, 0, "{words}");
    let answer = inspect::answer(&letter, &Shared { json: true, ..Shared::default() });
    let answer: Value = serde_json::from_slice(&answer.out).unwrap();
    conforms(&answer);
    assert_eq!(answer["entities"][0]["parts"][0]["smime"]["kind"], "sealed");
    bv.folder.write("letter.eml", letter);
    let answer = check(&bv, &["open", "letter.eml"], 1, "certpost/open/1");
    assert_eq!(answer["refused"]["gate"], 3);
}
