//! The world of receipts: partners that are not certpost, and the gateway
//! that deals with them.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::queues::{Domestic, Taken};
use crate::road::{declared, xml};
use crate::skipped::skipped;
use crate::world::Gateway;

/// The longest time between two events.
pub const EVENT: Duration = Duration::from_secs(10);

/// Who there is: code, and what its entry has beside the usual.
pub const PARTNERS: [(&str, &str); 9] = [
    ("HM", "senders = [\"gate@ecert.hm.example\"]\n"),
    ("GS", "receipt = \"mdn-signed\"\n"),
    ("AQ", ""),
    ("TF", "receipt = \"none\"\n"),
    ("NU", ""),
    ("CK", ""),
    ("PN", "receipt_warnings = true\n"),
    ("FK", ""),
    ("IO", "receipt = \"mdn-signed\"\nheaders = \"outer\"\naliases = [\"IO-AS2\"]\n"),
];

/// Clocks: doubts are short, and receipts may take their time.
pub const PATIENT: &str = "in_doubt_hold = \"3s\"\n";
/// Clocks: no receipt for six seconds is the end; a letter is tried for one.
pub const HASTY: &str = "give_up = \"1s\"\nreceipt_expected = \"200ms\"\nreceipt_warn = \"1s\"\n\
     receipt_overdue = \"2s\"\nreceipt_resend = [\"2s\", \"4s\"]\nreceipt_close = \"6s\"\n";

//------------ Peer ----------------------------------------------------------

/// All partners: a process that is asked in JSON.
pub struct Peer {
    child: Child,
    asks: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
    pub port: u64,
}

impl Peer {
    /// None, said aloud, where there is no python3.
    pub fn start(folder: &Path) -> Option<Peer> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/answers.py");
        let mut python = Command::new("python3");
        python.arg("-B").arg(script).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut child) = python.spawn() else {
            skipped("partners that answer: no python3");
            return None;
        };
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut stdout = BufReader::new(stdout);
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        let first: Value = serde_json::from_str(&first).expect("the peer starts");
        let asks = RefCell::new((stdin, stdout));
        Some(Peer { child, asks, port: first["port"].as_u64().unwrap() })
    }

    #[track_caller]
    pub fn ask(&self, request: &Value) -> Value {
        let mut asks = self.asks.borrow_mut();
        writeln!(asks.0, "{request}").unwrap();
        let mut line = String::new();
        asks.1.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).expect("the peer answers");
        assert_eq!(answer.get("fault"), None, "{request}");
        answer
    }

    /// The copies of a letter that came, once there are `count`.
    #[track_caller]
    pub fn letters(&self, about: &str, count: u64) -> Value {
        self.ask(&json!({"do": "letters", "about": about, "count": count}))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

//------------ Office --------------------------------------------------------

/// A gateway, its domestic system, and what that has been told.
pub struct Office {
    pub gateway: Gateway,
    pub side: Domestic,
    pub events: RefCell<Vec<Value>>,
}

impl Office {
    pub fn open(keys: &Path, port: u64, clocks: &str, url: String) -> Office {
        let mut gateway = Gateway::bare("BV", url);
        let folder = keys.display();
        let identity = |name: &str, used: &str| {
            format!(
                "[[identity]]\nx509 = \"{folder}/own-{name}.pem\"\nkey = \"{folder}/own-{name}.key\"\nuse = [\"{used}\"]\n"
            )
        };
        let own = format!(
            "[gateway]\ncode = \"BV\"\naddress = \"push@ecert.bv.example\"\n\
             [queue]\nurl = \"{}\"\n[doors]\nsmtp = \"127.0.0.1:{}\"\nhttp = \"127.0.0.1:{}\"\n{}{}\
             [clock]\nretry = [\"0s\", \"200ms\", \"300ms\"]\nretry_max = \"300ms\"\njitter = 0.0\n{clocks}",
            gateway.url,
            gateway.smtp,
            gateway.http,
            identity("sign", "sign"),
            identity("decrypt", "decrypt"),
        );
        gateway.folder.write("certpost.toml", own);
        let partners: String = PARTNERS.iter().map(|(code, more)| {
            let small = code.to_lowercase();
            // An AS1 product knows nothing newer.
            let content = if *code == "IO" { "content = [\"aes-256-cbc\"]\n" } else { "" };
            format!(
                "[[partner]]\ncode = \"{code}\"\naddress = \"push@ecert.{small}.example\"\n\
                 route = \"smtp://127.0.0.1:{port}\"\ntls = \"none\"\n{more}\
                 [partner.seal]\nrecipients = [\"{folder}/decrypt.pem\"]\n\
                 [partner.trust]\nsigners = [\"{folder}/{small}.pem\"]\nanchors = [\"{folder}/authority.pem\"]\n{content}"
            )
        }).collect();
        gateway.folder.write("partners.toml", partners);
        gateway.start();
        let side = declared(&gateway);
        Office { gateway, side, events: RefCell::default() }
    }

    pub fn submit(&self, number: &str, partner: &str) {
        let import = format!("<ram:ImportSPSCountry><ram:ID>{partner}<");
        let text = xml(number).replace("<ram:ImportSPSCountry><ram:ID>HM<", &import);
        assert!(text.contains(&import));
        self.side.submit("application/xml", number, None, text.as_bytes());
    }

    /// Waits until something was told so often; `what` is for whoever waits
    /// in vain.
    #[track_caller]
    pub fn told(&self, what: &str, wanted: impl Fn(&Value) -> bool, count: usize) {
        loop {
            if self.events.borrow().iter().filter(|event| wanted(event)).count() >= count {
                return;
            }
            let taken = self.side.take_within("certpost.events", 1, EVENT);
            let Some(event) = taken.first().map(Taken::json) else {
                let all: Vec<String> = self.events.borrow().iter().map(words).collect();
                panic!("not told within {EVENT:?}: {what}, {count} times; after {all:?}");
            };
            // Said again after a kill, under the same number, it is the same.
            let mut events = self.events.borrow_mut();
            if events.iter().all(|earlier| earlier["seq"] != event["seq"]) {
                events.push(event);
            }
        }
    }

    /// Waits for the events of a certificate, as [`words`] has them.
    #[track_caller]
    pub fn told_of(&self, number: &str, wanted: &[&str]) {
        for (at, event) in wanted.iter().enumerate() {
            let before = wanted[..at].iter().filter(|earlier| *earlier == event).count();
            let is_it = |one: &Value| is_about(one, number) && words(one) == *event;
            self.told(&format!("{number} {event}"), is_it, before + 1);
        }
    }

    /// All that was told of a certificate, but for how it was made.
    pub fn all_of(&self, number: &str) -> Vec<String> {
        let events = self.events.borrow();
        let own = events.iter().filter(|event| is_about(event, number)).map(words);
        own.filter(|word| !matches!(&**word, "accepted" | "sealed")).collect()
    }

    pub fn delivery(&self, number: &str) -> Value {
        let (exit, out, words) = self.gateway.answer(&["--json", "trace", number]);
        assert_eq!(exit, 0, "{number}: {words}");
        let trace: Value = serde_json::from_slice(&out).unwrap();
        trace["certificates"][0]["deliveries"][0].clone()
    }
}

/// An event's name, and the code of its reason.
pub fn words(event: &Value) -> String {
    let name = event["event"].as_str().unwrap();
    match event["reason"]["code"].as_str() {
        Some(code) => format!("{name}:{code}"),
        None => name.to_owned(),
    }
}

pub fn is_about(event: &Value, number: &str) -> bool {
    event["id"].as_str().is_some_and(|id| id.rsplit('/').next() == Some(number))
}
