//! `peers/scripted.py`, and the tables that it plays.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

use crate::queues::Domestic;
use crate::road::xml;
use crate::skipped::skipped;
use crate::world::{Folder, Gateway};

//------------ Behaviour -----------------------------------------------------

#[derive(Deserialize)]
struct Table {
    behaviour: Vec<Behaviour>,
}

/// One entry of a table; the head of behaviours.toml tells of its keys.
#[derive(Deserialize)]
pub struct Behaviour {
    pub name: String,
    pub partner: String,
    #[serde(default)]
    tls: Option<String>,
    #[serde(default)]
    offers: Vec<String>,
    #[serde(default)]
    pub down: bool,
    #[serde(default = "one")]
    connections: usize,
    narrow: Option<String>,
    letters: Option<usize>,
    pub mailbox: usize,
    #[serde(flatten)]
    wanted: Wanted,
    #[serde(default)]
    pub repeats: Repeats,
    second: Option<Wanted>,
    #[serde(default)]
    pub told: Vec<String>,
}

/// What has to come of a letter.
#[derive(Clone, Deserialize)]
pub struct Wanted {
    pub ends: String,
    #[serde(default)]
    pub attempts: Vec<String>,
    #[serde(default)]
    pub events: Vec<String>,
    pub words: Option<String>,
}

/// How often the same attempt comes in a row.
#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Repeats {
    /// Others may come before.
    Before,
    /// The last one twice, or more often.
    Often,
    /// Once.
    #[default]
    Once,
    /// Once, or more often.
    Perhaps,
}

fn one() -> usize {
    1
}

impl Behaviour {
    /// The entry in partners.toml.
    fn entry(&self, peers: &Peers) -> String {
        let tls = match self.tls.as_deref() {
            None => "tls = \"none\"\n".to_owned(),
            Some("pin") => format!("tls_pin = \"{}\"\n", peers.pin),
            Some("name") => "tls_ca = \"peers.pem\"\ntls_name = \"mail.hm.example\"\n".to_owned(),
            Some("authority") => {
                "tls_ca = \"authority.pem\"\ntls_name = \"mail.hm.example\"\n".to_owned()
            }
            Some(other) => panic!("no tls of this table: {other}"),
        };
        let logs_in = self.offers.iter().any(|offer| offer.starts_with("AUTH"));
        let auth = if logs_in { "auth_file = \"login\"\n" } else { "" };
        format!(
            "[[partner]]\ncode = \"{}\"\ncountries = [\"HM\"]\naddress = \"ecert@nppo.hm.example\"\n\
             route = \"smtp://127.0.0.1:{}\"\n{tls}{auth}receipt = \"none\"\n\
             connections = {}\n\
             [partner.seal]\nrecipients = [\"hm-decrypt.pem\"]\n\
             [partner.trust]\nsigners = [\"hm-sign.pem\"]\n",
            self.partner, peers.ports[&self.partner], self.connections,
        )
    }

    /// The numbers of its certificates.
    pub fn numbers(&self) -> Vec<String> {
        let letters = 1..=self.letters.unwrap_or(1);
        letters.map(|n| format!("BV-{}-{n}", self.partner)).collect()
    }

    /// What has to come of the letter at `index`.
    pub fn wanted(&self, index: usize) -> &Wanted {
        match &self.second {
            Some(second) if index == 1 => second,
            Some(_) | None => &self.wanted,
        }
    }

    /// Gives its certificates to the gateway.
    pub fn submit(&self, domestic: &Domestic) {
        self.submit_these(domestic, &self.numbers());
    }

    /// Gives these of its certificates to the gateway.
    pub fn submit_these(&self, domestic: &Domestic, numbers: &[String]) {
        for number in numbers {
            let mut text = xml(number);
            if self.narrow.is_some() {
                // More than goes into a connection that is not read.
                text.push_str(&format!("<!--{}-->", "big ".repeat(50_000)));
            }
            domestic.submit("application/xml", number, Some(&self.partner), text.as_bytes());
        }
    }
}

//------------ Peers ---------------------------------------------------------

/// scripted.py while it plays a table; it ends when this is dropped.
pub struct Peers {
    pub behaviours: Vec<Behaviour>,
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    ports: BTreeMap<String, u16>,
    pin: String,
    folder: Folder,
}

impl Peers {
    /// Plays the table in that file; none, said aloud, where there is no
    /// Python.
    pub fn play(file: &str) -> Option<Peers> {
        let home = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers"));
        let table = home.join(file);
        let text = std::fs::read_to_string(&table).unwrap();
        let folder = Folder::empty();
        let mut python = Command::new("python3");
        python.arg("-B").arg(home.join("scripted.py")).arg(table).arg(folder.path(""));
        let Ok(mut child) = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            skipped("mail servers that misbehave: no python3");
            return None;
        };
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut peers = Peers {
            behaviours: toml::from_str::<Table>(&text).unwrap().behaviour,
            child,
            questions,
            answers,
            ports: BTreeMap::new(),
            pin: String::new(),
            folder,
        };
        let begun = peers.answer();
        peers.ports = serde_json::from_value(begun["ports"].clone()).unwrap();
        peers.pin = begun["pin"].as_str().unwrap().to_owned();
        Some(peers)
    }

    /// A gateway whose partners they are, with these lines in `[clock]`; not
    /// yet running.
    pub fn gateway(&self, url: String, clock: &str) -> Gateway {
        let entries = self.behaviours.iter().map(|behaviour| behaviour.entry(self));
        let gateway = Gateway::alone(url, clock, &entries.collect::<String>());
        let authority = std::fs::read(self.folder.path("authority.pem")).unwrap();
        gateway.folder.write("peers.pem", authority);
        gateway.folder.write_secret("login", "bv\ns3cret\n");
        gateway
    }

    /// What every server has seen so far.
    pub fn seen(&mut self) -> Value {
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

//------------ Found ---------------------------------------------------------

/// What a gateway has on record of a certificate's one delivery.
pub struct Found {
    pub state: String,
    /// Verdict, phase, and the last literal reply of that phase.
    pub attempts: Vec<String>,
    pub events: Vec<String>,
    pub message_id: Value,
    pub sha256: Value,
    /// Of the first attempt, why it came to that.
    pub words: String,
    /// What should be so whatever the server does, and is not.
    pub odd: Option<String>,
}

impl Found {
    /// As `certpost trace` tells it.
    pub fn read(gateway: &Gateway, number: &str, down: bool) -> Found {
        let (exit, out, words) = gateway.answer(&["--json", "trace", number]);
        assert_eq!(exit, 0, "{words}");
        let trace: Value = serde_json::from_slice(&out).unwrap();
        let list = |value: &Value| value.as_array().unwrap().clone();
        let certificate = &trace["certificates"][0];
        let delivery = &certificate["deliveries"][0];
        let (mut odd, mut attempts) = (None, Vec::new());
        let tried = list(&delivery["attempts"]);
        // What is under way has nothing to tell yet.
        for attempt in tried.iter().filter(|attempt| !attempt["verdict"].is_null()) {
            let replies = list(&attempt["replies"]);
            let last = replies.iter().rev().find(|reply| reply["phase"] == attempt["phase"]);
            let text = last.map_or("-", |reply| reply["text"].as_str().unwrap());
            let verdict = attempt["verdict"].as_str().unwrap();
            let phase = attempt["phase"].as_str().unwrap();
            let peer = attempt["peer"].as_str();
            if peer.is_some_and(|peer| peer.starts_with("127.0.0.1:")) == down {
                odd = Some(format!("the peer was {peer:?}"));
            }
            let code = format!("smtp.{phase}");
            if verdict != "handed-over" && attempt["reason"]["code"] != code.as_str() {
                odd = Some(format!("the reason was {}", attempt["reason"]));
            }
            attempts.push(format!("{verdict} {phase} {text}"));
        }
        let words = tried.first().and_then(|first| first["reason"]["words"].as_str());
        let events = list(&certificate["events"]);
        let events = events.iter().map(|event| event["event"].as_str().unwrap().to_owned());
        Found {
            state: delivery["state"].as_str().unwrap().to_owned(),
            attempts,
            events: events.collect(),
            message_id: delivery["messageId"].clone(),
            sha256: delivery["letterSha256"].clone(),
            words: words.unwrap_or_default().to_owned(),
            odd,
        }
    }
}
