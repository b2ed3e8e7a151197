//! Attacks: what `tests/peers/attacks.toml` says is done to a letter, and what
//! has to come of it. A new attack is a new row there.

mod cms;
mod craft;
mod door;
mod flips;
mod steps;
mod world;

use std::collections::BTreeMap;
use std::process::Command;

use certpost::cli::{Answer, Exit, Shared, open};
use certpost::clock::Timestamp;
use certpost::inbound::opening::read_certificate;
use certpost::inbound::prove::Proven;
use certpost::refusal::Code;
use craft::{Craft, Step};
use serde::Deserialize;
use serde_json::Value;
use world::{Cast, World};

use crate::skipped::skipped;

//------------ The table -----------------------------------------------------

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    cast: Cast,
    paths: BTreeMap<String, Vec<usize>>,
    attack: Vec<Attack>,
}

/// One attack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    name: String,
    /// Where it was published, if it was.
    #[serde(default)]
    #[allow(dead_code, reason = "for people")]
    source: Option<String>,
    steps: Vec<Step>,
    /// The refusal; none: it does no harm, and exactly the proven document
    /// comes out.
    code: Option<String>,
    /// The remarks with which a harmless one is taken.
    #[serde(default)]
    remarks: Vec<String>,
    /// What the SMTP door says, where it does not take the letter.
    reply: Option<String>,
    /// What the proven signer is told, in its receipt.
    told: Option<String>,
    /// It is sent once more, and that is a duplicate.
    #[serde(default)]
    replayed: bool,
    /// Memory and time are measured.
    #[serde(default)]
    bomb: bool,
}

fn table() -> Table {
    toml::from_str(include_str!("../../peers/attacks.toml")).unwrap()
}

/// The cast at a moment that does not move.
fn world(table: &Table) -> World {
    let at: Timestamp = "2026-11-23T20:30:00Z".parse().unwrap();
    World::new(&table.cast, at, "amqp://127.0.0.1:5672/%2f".to_owned(), 2526)
}

/// What `certpost open --certificate` says of a letter.
fn judged(world: &World, letter: &[u8], json: bool) -> Answer {
    let read =
        |proven: &Proven| read_certificate(proven, &world.terms).map(|(_, _, findings)| findings);
    let shared = Shared { json, ..Shared::default() };
    open::answer(letter, &world.terms.house, world.at, open::Wanted::Document, Some(&read), &shared)
}

//------------ The tests -----------------------------------------------------

#[test]
fn each_is_refused_with_its_own_code() {
    let table = table();
    let world = world(&table);
    let mut wrong = Vec::new();
    for attack in table.attack.iter().filter(|attack| !attack.bomb) {
        let craft = Craft::new(&world, &table.paths, &attack.name, &attack.steps);
        let (letter, document) = craft.letter_and_document();
        let plain = judged(&world, &letter, false);
        let code = |answer: &Answer| {
            let said = answer.remarks.first().and_then(|said| said.split(": ").nth(1));
            said.filter(|_| answer.exit != Exit::Yes).map(str::to_owned)
        };
        let refused = code(&plain);
        let mut fault = |words: String| wrong.push(format!("{}: {words}", attack.name));
        if refused != attack.code {
            fault(format!("{refused:?}, not {:?}: {}", attack.code, plain.remarks.join("; ")));
        }
        let gate = Code::ALL
            .iter()
            .find(|code| Some(code.as_str()) == attack.code.as_deref())
            .map(|code| code.gate());
        let said: Value = serde_json::from_slice(&judged(&world, &letter, true).out).unwrap();
        match (gate, plain.exit) {
            (Some(gate), Exit::No | Exit::CannotTell) => {
                let (code, at) = (&said["refused"]["code"], &said["refused"]["gate"]);
                if at != gate || code.as_str() != refused.as_deref() {
                    fault(format!("as JSON: {code} of gate {at}"));
                }
                if !plain.out.is_empty() {
                    fault("something of a refused letter was printed".to_owned());
                }
            }
            (None, Exit::Yes) => {
                if plain.out != document {
                    fault("another document came out".to_owned());
                }
                let remarks: Vec<&str> = said["remarks"]
                    .as_array()
                    .map(|all| all.iter().filter_map(|one| one["code"].as_str()).collect())
                    .unwrap_or_default();
                if remarks != attack.remarks {
                    fault(format!("remarks {remarks:?}, not {:?}", attack.remarks));
                }
            }
            (_, exit) => fault(format!("ended with {exit:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.attack.len(), wrong.join("\n"));
    println!("{} attacks", table.attack.iter().filter(|attack| !attack.bomb).count());
}

/// Those that are meant to take memory or time, by `certpost open` in a
/// process of its own: at its peak no more than so many times the letter, and
/// a time that does not grow faster than it.
#[test]
fn bombs_go_off_in_a_small_room() {
    let table = table();
    let world = world(&table);
    let folder = &world.gateway.folder;
    let config = folder.path("certpost.toml");
    let mut wrong = Vec::new();
    for attack in table.attack.iter().filter(|attack| attack.bomb) {
        let craft = Craft::new(&world, &table.paths, &attack.name, &attack.steps);
        let (letter, _) = craft.letter_and_document();
        folder.write("bomb.eml", &letter);
        let measured =
            Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/measured.py"))
                .arg(env!("CARGO_BIN_EXE_certpost"))
                .arg("--config")
                .arg(&config)
                .args(["--json", "open", "--certificate", "--at", &world.at.to_string()])
                .arg(folder.path("bomb.eml"))
                .env_remove("CERTPOST_CONFIG")
                .output();
        let Ok(measured) = measured else {
            return skipped("memory and time of bombs: no python3");
        };
        let words = String::from_utf8_lossy(&measured.stderr);
        let measured: Value = serde_json::from_slice(&measured.stdout).expect(&words);
        let said: Value =
            serde_json::from_str(measured["out"].as_str().unwrap()).unwrap_or_default();
        let code = said["refused"]["code"].as_str();
        let (mib, size) = (measured["kib"].as_u64().unwrap() / 1024, letter.len() / 1024 / 1024);
        let seconds = measured["seconds"].as_f64().unwrap();
        println!("{}: {size} MiB: {mib} MiB at the peak, {seconds:.1} s: {code:?}", attack.name);
        if code != attack.code.as_deref() || (code.is_none() && said["ok"] != true) {
            wrong.push(format!("{}: {measured}, not {:?}", attack.name, attack.code));
        }
        // The letter, what its base64 stands for, that decrypted, that
        // decoded, and as much for the library.
        let bound = 64 + 6 * u64::try_from(size).unwrap();
        if mib > bound || seconds > 30.0 {
            wrong.push(format!("{}: {mib} MiB of {bound}, {seconds} s", attack.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every code of gates 1 to 8 has a row, and every row a code there is.
#[test]
fn every_code_is_there() {
    let table = table();
    for code in Code::ALL.iter().filter(|code| code.gate() <= 8) {
        let row = table.attack.iter().any(|row| row.code.as_deref() == Some(code.as_str()));
        assert!(row, "{code} has no row in attacks.toml");
    }
    let mut names: Vec<&str> = table.attack.iter().map(|row| row.name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None, "a name stands twice");
    for row in &table.attack {
        let known = |code: &String| Code::ALL.iter().any(|one| one.as_str() == code);
        assert!(row.code.as_ref().is_none_or(known), "{}: {:?}", row.name, row.code);
    }
}

/// A step or a key that the interpreter does not know is no row.
#[test]
fn what_is_not_known_is_no_row() {
    let row = |step: &str| toml::from_str::<Attack>(&format!("name = \"x\"\nsteps = [{step}]"));
    row("{ do = \"cut\", in = \"sealed\", last = 1 }").unwrap();
    row("{ do = \"vanish\" }").unwrap_err();
    row("{ do = \"cut\", in = \"sealed\", last = 1, first = 2 }").unwrap_err();
    row("{ do = \"cut\", in = \"cellar\", last = 1 }").unwrap_err();
    toml::from_str::<Attack>("name = \"x\"\nsteps = []\ncolour = \"red\"").unwrap_err();
}
