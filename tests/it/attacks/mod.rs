//! Attacks: what `tests/peers/attacks.toml` says is done to a letter, and what
//! has to come of it. A new attack is a new row there.

mod cms;
mod craft;
mod door;
mod flips;
mod steps;
mod world;

use std::collections::BTreeMap;
use std::time::Instant;

use certpost::cli::{Exit, Shared, open};
use certpost::clock::{Clock, Timestamp};
use certpost::inbound::judge::read_certificate;
use certpost::inbound::prove::Proven;
use certpost::refusal::Code;
use craft::{Craft, Step};
use serde::Deserialize;
use serde_json::Value;
use world::{Cast, World};

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
fn judged(world: &World, letter: &[u8], json: bool) -> certpost::cli::Answer {
    let read = |proven: &Proven| {
        let partner = world.configuration.partner(&proven.partner);
        read_certificate(proven, partner, &world.configuration.gateway).map(drop)
    };
    let shared = Shared { json, ..Shared::default() };
    open::answer(letter, &world.house, world.at, open::Wanted::Document, Some(&read), &shared)
}

//------------ The tests -----------------------------------------------------

#[test]
fn each_is_refused_with_its_own_code() {
    let table = table();
    let world = world(&table);
    let mut wrong = Vec::new();
    for attack in &table.attack {
        let craft = Craft::new(&world, &table.paths, &attack.name, &attack.steps);
        let (letter, document) = craft.letter_and_document();
        let began = Instant::now();
        let plain = judged(&world, &letter, false);
        let took = began.elapsed();
        if took.as_millis() >= 500 {
            println!("{}: {} octets judged in {took:?}", attack.name, letter.len());
        }
        let json = judged(&world, &letter, true);
        let said: Value = serde_json::from_slice(&json.out).unwrap();
        let refused = said["refused"]["code"].as_str().map(str::to_owned);
        let mut fault = |words: String| wrong.push(format!("{}: {words}", attack.name));
        if refused != attack.code {
            fault(format!("{refused:?}, not {:?}: {}", attack.code, plain.remarks.join("; ")));
        }
        let gate = Code::ALL
            .iter()
            .find(|code| Some(code.as_str()) == attack.code.as_deref())
            .map(|code| code.gate());
        match (gate, plain.exit) {
            (Some(gate), Exit::No | Exit::CannotTell) => {
                if said["refused"]["gate"] != gate {
                    fault(format!("gate {}, not {gate}", said["refused"]["gate"]));
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
        if took.as_secs() >= 10 {
            fault(format!("judged in {took:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.attack.len(), wrong.join("\n"));
    println!("{} attacks", table.attack.len());
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

fn now() -> Timestamp {
    Clock::system().now()
}
