//! Mail servers that misbehave, before a gateway that runs for real.
//!
//! ```text
//! queue -> BV -> SMTP -> peers/scripted.py, a server for each behaviour
//!           |                   |
//!       trace, events       mailboxes      held against peers/behaviours.toml
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

use crate::broker::Broker;
use crate::queues::Domestic;
use crate::road::{declared, xml};
use crate::skipped::skipped;
use crate::world::{Folder, Gateway};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers");

/// Short where a row waits for it, long enough for a machine that is busy.
const CLOCK: &str = "retry = [\"0s\", \"200ms\", \"400ms\"]\nretry_max = \"1s\"\nsmtp_reply = \"4s\"\n\
                     final_reply = \"4s\"\nconnect = \"4s\"\nin_doubt_hold = \"500ms\"\n";

//------------ Behaviour -----------------------------------------------------

#[derive(Deserialize)]
struct Table {
    behaviour: Vec<Behaviour>,
}

/// One entry of behaviours.toml: what its head says.
#[derive(Deserialize)]
struct Behaviour {
    name: String,
    partner: String,
    #[serde(default = "plain")]
    tls: String,
    #[serde(default)]
    offers: Vec<String>,
    #[serde(default)]
    narrow: bool,
    #[serde(default = "one")]
    letters: usize,
    mailbox: usize,
    #[serde(flatten)]
    wanted: Wanted,
    #[serde(default)]
    repeats: bool,
    second: Option<Wanted>,
}

/// What has to come of a letter.
#[derive(Clone, Deserialize)]
struct Wanted {
    ends: String,
    attempts: Vec<String>,
    events: Vec<String>,
}

fn plain() -> String {
    "none".to_owned()
}

fn one() -> usize {
    1
}

impl Behaviour {
    fn all() -> Vec<Behaviour> {
        let text = std::fs::read_to_string(Path::new(PEERS).join("behaviours.toml")).unwrap();
        toml::from_str::<Table>(&text).unwrap().behaviour
    }

    /// The entry in partners.toml.
    fn entry(&self, peers: &Peers) -> String {
        let tls = match self.tls.as_str() {
            "none" => "tls = \"none\"\n".to_owned(),
            "pin" => format!("tls_pin = \"{}\"\n", peers.pin),
            "name" => {
                "tls_ca = \"peers/authority.pem\"\ntls_name = \"mail.hm.example\"\n".to_owned()
            }
            "authority" => {
                "tls_ca = \"authority.pem\"\ntls_name = \"mail.hm.example\"\n".to_owned()
            }
            other => panic!("no tls of this table: {other}"),
        };
        let logs_in = self.offers.iter().any(|offer| offer.starts_with("AUTH"));
        let auth = if logs_in { "auth_file = \"login\"\n" } else { "" };
        format!(
            "[[partner]]\ncode = \"{}\"\ncountries = [\"HM\"]\naddress = \"ecert@nppo.hm.example\"\n\
             route = \"smtp://127.0.0.1:{}\"\n{tls}{auth}receipt = \"none\"\nconnections = 1\n\
             [partner.seal]\nrecipients = [\"hm-decrypt.pem\"]\n\
             [partner.trust]\nsigners = [\"hm-sign.pem\"]\n",
            self.partner, peers.ports[&self.partner],
        )
    }

    fn number(&self, n: usize) -> String {
        format!("BV-{}-{n}", self.partner)
    }

    fn wanted(&self, n: usize) -> &Wanted {
        match &self.second {
            Some(second) if n == 2 => second,
            Some(_) | None => &self.wanted,
        }
    }

    /// Gives the letters' certificates to the gateway.
    fn submit(&self, domestic: &Domestic) {
        for n in 1..=self.letters {
            let number = self.number(n);
            let mut text = xml(&number);
            if self.narrow {
                // More than goes into a connection that is not read.
                text.push_str(&format!("<!--{}-->", "big ".repeat(50_000)));
            }
            domestic.submit("application/xml", &number, Some(&self.partner), text.as_bytes());
        }
    }
}

//------------ Peers ---------------------------------------------------------

/// scripted.py while it runs; it ends when this is dropped.
struct Peers {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    ports: BTreeMap<String, u16>,
    pin: String,
}

impl Peers {
    /// None, said aloud, where there is no Python.
    fn start(table: &Path, folder: &Path) -> Option<Peers> {
        let mut python = Command::new("python3");
        python.arg("-B").arg(Path::new(PEERS).join("scripted.py")).arg(table).arg(folder);
        let Ok(mut child) = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            skipped("mail servers that misbehave: no python3");
            return None;
        };
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut peers =
            Peers { child, questions, answers, ports: BTreeMap::new(), pin: String::new() };
        let begun = peers.answer();
        peers.ports = serde_json::from_value(begun["ports"].clone()).unwrap();
        peers.pin = begun["pin"].as_str().unwrap().to_owned();
        Some(peers)
    }

    /// What every server has seen so far.
    fn seen(&mut self) -> Value {
        self.questions.as_mut().unwrap().write_all(b"\n").unwrap();
        self.answer()
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|fault| panic!("{fault}: {line}"))
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _gone = self.child.wait();
    }
}

//------------ Tests ---------------------------------------------------------

/// Every behaviour of the table at once: each ends in the attempts, the state
/// and the events that its row says, and the server's mailbox holds what it
/// says, octet for octet what the gateway sealed.
#[test]
fn every_behaviour_ends_as_its_row_says() {
    let Some(broker) = Broker::shared() else { return };
    let behaviours = Behaviour::all();
    let keys = Folder::empty();
    let table = Path::new(PEERS).join("behaviours.toml");
    let Some(mut peers) = Peers::start(&table, &keys.path("peers")) else { return };
    let entries: String = behaviours.iter().map(|behaviour| behaviour.entry(&peers)).collect();
    let mut bv = Gateway::alone(broker.url(&broker.fresh_vhost()), CLOCK, &entries);
    bv.folder.copy(&keys.path("peers/authority.pem"), "peers/authority.pem");
    bv.folder.write_secret("login", "bv\ns3cret\n");
    bv.start();
    let domestic = declared(&bv);
    for behaviour in &behaviours {
        behaviour.submit(&domestic);
    }

    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for behaviour in &behaviours {
        for n in 1..=behaviour.letters {
            let more = usize::from(behaviour.repeats);
            // Accepted and sealed come first.
            let events = behaviour.wanted(n).events.len() + more + 2;
            open.insert(format!("BV/851/{}", behaviour.number(n)), events);
        }
    }
    domestic.each_event(|event| {
        if let Some(id) = event["id"].as_str()
            && let Some(left) = open.get_mut(id)
        {
            *left -= 1;
            if *left == 0 {
                open.remove(id);
            }
        }
        open.is_empty()
    });

    let seen = peers.seen();
    let mut page = String::new();
    let mut faults = String::new();
    for behaviour in &behaviours {
        let seen = &seen[&behaviour.partner];
        let letters = seen["letters"].as_array().unwrap();
        let mut report =
            |words: String| writeln!(faults, "{}: {words}", behaviour.partner).unwrap();
        if letters.len() != behaviour.mailbox {
            report(format!("its mailbox holds {} letters", letters.len()));
        }
        if seen["oddities"] != serde_json::json!([]) {
            report(format!("saw what a client does not do: {}", seen["oddities"]));
        }
        for n in 1..=behaviour.letters {
            let (exit, out, words) = bv.answer(&["--json", "trace", &behaviour.number(n)]);
            assert_eq!(exit, 0, "{words}");
            let trace: Value = serde_json::from_slice(&out).unwrap();
            let found = Found::read(&trace["certificates"][0]);
            let wanted = behaviour.wanted(n);
            if found.state != wanted.ends {
                report(format!("letter {n} is {}", found.state));
            }
            if !alike(&found.attempts, &wanted.attempts, behaviour.repeats) {
                report(format!("letter {n} came to {:#?}", found.attempts));
            }
            let events =
                [&["accepted".to_owned(), "sealed".to_owned()], &wanted.events[..]].concat();
            if !alike(&found.events, &events, behaviour.repeats) {
                report(format!("letter {n} had the events {:?}", found.events));
            }
            if let Some(words) = found.odd {
                report(format!("letter {n}: {words}"));
            }
            let taken = letters.iter().filter(|letter| letter["messageId"] == found.letter.0);
            for letter in taken {
                if letter["sha256"] != found.letter.1 {
                    report(format!("letter {n} was sent in other octets"));
                }
            }
            if n == 1 {
                let events = found.events[2..].join(", ");
                let verdicts: Vec<&str> =
                    found.attempts.iter().map(|attempt| verdict(attempt)).collect();
                let (name, state, held) = (&behaviour.name, &found.state, letters.len());
                let (verdicts, events) = (short(&verdicts.join(", ")), short(&events));
                writeln!(page, "{name:<66} {verdicts:<28} {state:<12} {events:<28} {held}")
                    .unwrap();
            }
        }
    }
    let head =
        format!("{:<66} {:<28} {:<12} {:<28} letters", "behaviour", "verdicts", "state", "events");
    // Past the harness, which would keep it to itself when all is well.
    std::io::stdout().write_all(format!("\n{head}\n{page}\n").as_bytes()).unwrap();
    assert!(faults.is_empty(), "\n{faults}");
}

//------------ Found ---------------------------------------------------------

/// What the gateway has on record of a certificate's one delivery.
struct Found {
    state: String,
    /// Verdict, phase, and the last literal reply of that phase.
    attempts: Vec<String>,
    events: Vec<String>,
    /// Message-ID and SHA-256.
    letter: (Value, Value),
    odd: Option<String>,
}

impl Found {
    fn read(certificate: &Value) -> Found {
        let list = |value: &Value| value.as_array().unwrap().clone();
        let delivery = &certificate["deliveries"][0];
        let mut odd = None;
        let mut attempts = Vec::new();
        for attempt in list(&delivery["attempts"]) {
            let of_phase = |reply: &&Value| reply["phase"] == attempt["phase"];
            let replies = list(&attempt["replies"]);
            let last = replies.iter().rev().find(of_phase);
            let text = last.map_or("-", |reply| reply["text"].as_str().unwrap());
            let words = |name: &str| attempt[name].as_str().unwrap_or("?").to_owned();
            let (verdict, phase) = (words("verdict"), words("phase"));
            let peer = words("peer");
            if !peer.starts_with("127.0.0.1:") {
                odd = Some(format!("the peer was {peer}"));
            }
            let code = format!("smtp.{phase}");
            if verdict != "handed-over" && attempt["reason"]["code"] != code.as_str() {
                odd = Some(format!("the reason was {}", attempt["reason"]));
            }
            attempts.push(format!("{verdict} {phase} {text}"));
        }
        let events = list(&certificate["events"]);
        let events = events.iter().map(|event| event["event"].as_str().unwrap().to_owned());
        Found {
            state: delivery["state"].as_str().unwrap().to_owned(),
            attempts,
            events: events.collect(),
            letter: (delivery["messageId"].clone(), delivery["letterSha256"].clone()),
            odd,
        }
    }
}

/// Whether what was found is what was wanted; a text that ends in `…` is
/// wanted at the beginning. With `repeats` the last comes twice or more often.
fn alike(found: &[String], wanted: &[String], repeats: bool) -> bool {
    let is = |found: &String, wanted: &String| match wanted.strip_suffix('…') {
        Some(begins) => found.starts_with(begins),
        None => found == wanted,
    };
    let long_enough = match repeats {
        true => found.len() > wanted.len(),
        false => found.len() == wanted.len(),
    };
    let last = wanted.last().unwrap();
    long_enough
        && found.iter().enumerate().all(|(n, found)| is(found, wanted.get(n).unwrap_or(last)))
}

fn verdict(attempt: &str) -> &str {
    attempt.split(' ').next().unwrap_or_default()
}

/// The same word many times is told by how often it came.
fn short(words: &str) -> String {
    let all: Vec<&str> = words.split(", ").collect();
    match all.as_slice() {
        [first, _, _, ..] if all.iter().all(|word| word == first) => {
            format!("{first} × {}", all.len())
        }
        _ => words.to_owned(),
    }
}
