//! The walls, a row each, and who may import whom.

use super::imports::imports;
use super::naming::names;
use super::source::Source;

/// A line that breaks a wall, and what it says there.
pub type Breach = (usize, String);

//------------ Wall ----------------------------------------------------------

/// One wall, with an example that it has to catch.
pub struct Wall {
    pub name: &'static str,
    pub reason: &'static str,
    pub remedy: &'static str,
    pub rule: Rule,
    /// A file that breaks it on its last line.
    pub planted: (&'static str, &'static str),
}

/// What a wall looks for.
pub enum Rule {
    /// The words stand in these files or folders alone.
    Only { words: &'static [&'static str], within: &'static [&'static str] },
    /// The words stand nowhere in these folders.
    Never { words: &'static [&'static str], within: &'static [&'static str] },
    /// Whatever a word cannot say.
    Seen(fn(&Source) -> Vec<Breach>),
}

impl Wall {
    /// Where `source` breaks this wall.
    pub fn breaches(&self, source: &Source) -> Vec<Breach> {
        let words_in = |words: &[&str]| {
            let lines = |word: &str| {
                source
                    .lines_with(word)
                    .into_iter()
                    .map(|line| (line, word.to_owned()))
                    .collect::<Vec<_>>()
            };
            words.iter().flat_map(|word| lines(word)).collect()
        };
        let stands = |places: &[&str]| {
            places.iter().any(|place| {
                source.path == *place || (place.ends_with('/') && source.path.starts_with(place))
            })
        };
        match self.rule {
            Rule::Only { words, within } if !stands(within) => words_in(words),
            Rule::Never { words, within } if stands(within) => words_in(words),
            Rule::Only { .. } | Rule::Never { .. } => Vec::new(),
            Rule::Seen(look) => look(source),
        }
    }
}

/// A library with a room of its own.
const fn home(
    name: &'static str,
    words: &'static [&'static str],
    within: &'static [&'static str],
    reason: &'static str,
    planted: &'static str,
) -> Wall {
    let remedy = "ask its room for what you need, in our own words and types";
    Wall {
        name,
        reason,
        remedy,
        rule: Rule::Only { words, within },
        planted: ("outbound/lane.rs", planted),
    }
}

/// Octets and a time in, values out.
const PURE: &[&str] = &[
    "certificate/",
    "sps/",
    "submission/",
    "partner/",
    "delivery/",
    "receipt/",
    "letter/",
    "smime/",
    "refusal.rs",
];

pub const WALLS: &[Wall] = &[
    // Libraries and their rooms.
    home(
        "quick-xml lives in sps/",
        &["quick_xml"],
        &["sps/"],
        "it accepts most ill-formed documents; only sps/ has the gate before it",
        "use quick_xml::Reader;",
    ),
    home(
        "lapin lives in queue/",
        &["lapin"],
        &["queue/"],
        "its Delivery, Confirmation and recovery have traps that are met once",
        "use lapin::Channel;",
    ),
    home(
        "lettre lives in post/",
        &["lettre"],
        &["post/"],
        "our transaction has phases and time-outs that its own has not",
        "use lettre::Message;",
    ),
    home(
        "mail-parser lives in letter/",
        &["mail_parser"],
        &["letter/"],
        "depth and parts are counted before it, or it ends the process",
        "use mail_parser::Message;",
    ),
    home(
        "openssl lives in smime/ and tls/",
        &["openssl", "openssl_sys", "foreign_types"],
        &["smime/", "tls/"],
        "what it takes for signed is not what we take for proven",
        "use openssl::x509::X509;",
    ),
    home(
        "tokio-openssl lives in tls/",
        &["tokio_openssl"],
        &["tls/"],
        "names, pins and the upgrade are checked in one place",
        "use tokio_openssl::SslStream;",
    ),
    home(
        "HTTP and Prometheus live in web/",
        &["axum", "hyper", "hyper_util", "prometheus"],
        &["web/"],
        "pages have limits around them, and none shows what it must not",
        "use axum::Router;",
    ),
    home(
        "SQL lives in ledger/",
        &["rusqlite"],
        &["ledger/"],
        "the ledger's words are ours, so that another database can come",
        "use rusqlite::Connection;",
    ),
    home(
        "smtp-proto lives in mailbox/",
        &["smtp_proto"],
        &["mailbox/"],
        "the door's grammar has limits around it",
        "use smtp_proto::Request;",
    ),
    home(
        "infer lives in certificate/rules/attachment.rs",
        &["infer"],
        &["certificate/rules/attachment.rs"],
        "what octets are is guessed in one place, and only of their first",
        "use infer::Type;",
    ),
    home(
        "TOML lives in config/",
        &["toml"],
        &["config/"],
        "a fault is told with file, key and remedy, all at once",
        "use toml::Table;",
    ),
    home(
        "clap lives in cli/",
        &["clap"],
        &["cli/", "main.rs"],
        "a room does not know that there is a command line",
        "use clap::Parser;",
    ),
    home(
        "schemars stands beside serde, where a contract's types are",
        &["schemars"],
        &[
            "certificate/",
            "cli/",
            "clock.rs",
            "delivery/",
            "inbound/received.rs",
            "ledger/",
            "letter/",
            "partner/",
            "refusal.rs",
            "smime/",
        ],
        "a schema is derived from the type that writes the object; what no contract shows needs none",
        "use schemars::JsonSchema;",
    ),
    home(
        "the log is set up in telemetry.rs",
        &["tracing_subscriber"],
        &["telemetry.rs"],
        "one place decides where lines go",
        "use tracing_subscriber::fmt;",
    ),
    home(
        "jiff lives in clock.rs",
        &["jiff"],
        &["clock.rs", "certificate/date.rs"],
        "one type of time, with one way to write it; a document's dates are calendar days",
        "use jiff::Timestamp;",
    ),
    home(
        "anyhow stays at the top",
        &["anyhow"],
        &["main.rs", "cli/"],
        "a room says what happened and whose turn it is, with an enum of its own",
        "use anyhow::Result;",
    ),
    // What is dangerous has one place.
    home(
        "unsafe stands in smime/ffi.rs",
        &["unsafe", "unsafe_code", "unsafe_op_in_unsafe_fn"],
        &["smime/ffi.rs"],
        "what the compiler cannot check is read by people, in one file",
        "unsafe { free(x) }",
    ),
    Wall {
        name: "one allow(unsafe_code)",
        reason: "a second one would not be looked for",
        remedy: "keep a single allow, at the top of smime/ffi.rs",
        rule: Rule::Seen(|source| {
            source
                .lines_with("unsafe_code")
                .into_iter()
                .skip(1)
                .map(|line| (line, "allow(unsafe_code)".to_owned()))
                .collect()
        }),
        planted: ("smime/ffi.rs", "#![allow(unsafe_code)]\n#[allow(unsafe_code)] fn f() {}"),
    },
    Wall {
        name: "only runtime.rs starts tasks and threads",
        reason: "a stop waits for all of them, and one place knows what runs",
        remedy: "take a Runtime or a Crew as an argument, or call runtime::thread",
        rule: Rule::Only {
            words: &[
                "tokio::spawn",
                "task::spawn",
                "thread::spawn",
                "spawn_blocking",
                "spawn_local",
                "thread::Builder",
                "thread::scope",
                "JoinSet",
            ],
            within: &["runtime.rs"],
        },
        planted: ("outbound/lane.rs", "fn f() { tokio::spawn(g()); }"),
    },
    Wall {
        name: "every channel has a bound",
        reason: "a slow partner would fill the memory",
        remedy: "use mpsc::channel(n) of tokio, or sync_channel(n)",
        rule: Rule::Only {
            words: &[
                "unbounded_channel",
                "UnboundedSender",
                "UnboundedReceiver",
                "std::sync::mpsc::channel",
            ],
            within: &[],
        },
        planted: ("outbound/lane.rs", "let (a, b) = unbounded_channel();"),
    },
    Wall {
        name: "programs are started by the demo and the bench alone, and ourselves by runtime.rs",
        reason: "a gateway that starts other programs cannot be confined",
        remedy: "do it in the program, or not at all; runtime::ourselves starts us",
        rule: Rule::Only {
            words: &["std::process::Command", "process::Command", "process::Child"],
            within: &["cli/bench/", "cli/demo/", "runtime.rs", "inbound/openers.rs"],
        },
        planted: ("outbound/lane.rs", "use std::process::Command;"),
    },
    Wall {
        name: "only clock.rs asks for the time",
        reason: "a test has to be its own clock",
        remedy: "take a Timestamp as an argument in a pure room, a Clock elsewhere",
        rule: Rule::Only { words: &["SystemTime", "UNIX_EPOCH"], within: &["clock.rs"] },
        planted: ("outbound/lane.rs", "let at = SystemTime::now();"),
    },
    // The pure rooms.
    Wall {
        name: "pure rooms do no I/O",
        reason: "what takes octets and a time can be tested, fuzzed and put in a process of its own",
        remedy: "take the octets as an argument; a door or a street reads them",
        rule: Rule::Never {
            words: &[
                "std::fs",
                "TcpStream",
                "TcpListener",
                "UdpSocket",
                "UnixStream",
                "UnixListener",
                "ToSocketAddrs",
                "std::env",
                "std::process",
                "std::thread",
                "std::io::stdin",
                "std::io::stdout",
                "std::io::stderr",
                "File::open",
                "rustix",
            ],
            within: PURE,
        },
        planted: ("sps/read.rs", "use std::fs::File;"),
    },
    Wall {
        name: "pure rooms do not wait",
        reason: "nothing in them can be slow but the work itself",
        remedy: "let the street wait, and give the room what it waited for",
        rule: Rule::Never {
            words: &["tokio", "tokio_util", "futures_util", "async", ".await"],
            within: PURE,
        },
        planted: ("letter/compose.rs", "pub async fn f() {}"),
    },
    Wall {
        name: "pure rooms do not log",
        reason: "what they have to say is in what they return",
        remedy: "return a finding, a refusal or an error",
        rule: Rule::Never {
            words: &["tracing", "log::info", "log::warn", "eprintln!", "println!"],
            within: PURE,
        },
        planted: ("delivery/decide.rs", "tracing::info!();"),
    },
    Wall {
        name: "pure rooms have no clock",
        reason: "the same octets at the same time give the same answer, for ever",
        remedy: "take a Timestamp as an argument",
        rule: Rule::Never { words: &["Clock", "Instant", "Zoned", "now_v7"], within: PURE },
        planted: ("smime/sign.rs", "fn f(clock: &Clock) {}"),
    },
    Wall {
        name: "pure rooms throw no dice",
        reason: "an answer that cannot be had twice cannot be tested; signing and sealing need it, in smime/",
        remedy: "take what is random as an argument",
        rule: Rule::Seen(|source| {
            let words = ["getrandom", "rand_bytes", "new_v4", "RandomState"];
            let pure = PURE.iter().any(|room| *room != "smime/" && source.path.starts_with(room));
            let lines = |word: &&str| {
                source
                    .lines_with(word)
                    .into_iter()
                    .map(|line| (line, (*word).to_owned()))
                    .collect::<Vec<_>>()
            };
            if pure { words.iter().flat_map(lines).collect() } else { Vec::new() }
        }),
        planted: ("letter/compose.rs", "getrandom::fill(&mut id);"),
    },
    // Types that prove something are made in few places.
    Wall {
        name: "proven octets come from a proven letter",
        reason: "octets that nobody signed must not reach the XML reader",
        remedy: "go through inbound::prove; for our own side there is SpsOctets::domestic",
        rule: Rule::Only { words: &["SpsOctets::proven"], within: &["smime/", "inbound/"] },
        planted: ("outbound/lane.rs", "let octets = SpsOctets::proven(letter);"),
    },
    Wall {
        name: "domestic octets come from our own side",
        reason: "the queue and the command line are trusted for what they are; a letter never is",
        remedy: "a letter's octets go through inbound::prove",
        rule: Rule::Only {
            words: &["SpsOctets::domestic"],
            within: &["submission/", "outbound/", "cli/"],
        },
        planted: ("inbound/judge.rs", "let octets = SpsOctets::domestic(letter);"),
    },
    Wall {
        name: "a private key is used in one place to sign and in one to open",
        reason: "what uses keys is read twice, and a key in a module is asked, never held",
        remedy: "sign through smime/sign.rs, open through smime/open.rs",
        rule: Rule::Only {
            words: &["private_key"],
            within: &["smime/handover.rs", "smime/identity.rs", "smime/open.rs", "smime/sign.rs"],
        },
        planted: ("smime/seal.rs", "let key = identity.private_key();"),
    },
    // Shape.
    Wall {
        name: "rooms import what the table allows",
        reason: "pure rooms know no door and no street, doors know no street and no other door but tls/, streets know no command",
        remedy: "pass the value in from above; if the room really is for it, add it to IMPORTS with the maintainers' agreement",
        rule: Rule::Seen(imports),
        planted: ("certificate/table.rs", "use crate::{clock, sps::SpsXml};"),
    },
    Wall {
        name: "no unwrap",
        reason: "a panic takes the gateway away from every partner at once",
        remedy: "return the error, or expect(\"why it cannot fail\") where the reason is on the same page",
        rule: Rule::Only {
            words: &[".unwrap()", ".unwrap_err()", ".unwrap_unchecked()"],
            within: &[],
        },
        planted: ("outbound/lane.rs", "let x = y.unwrap();"),
    },
    Wall {
        name: "a map at the door of every room",
        reason: "who looks for a place for a change reads mod.rs first",
        remedy: "open it with //! and say what the room does, its parts, what it never does",
        rule: Rule::Seen(|source| {
            match source.path.ends_with("mod.rs") && !source.text.starts_with("//!") {
                true => vec![(1, "//!".to_owned())],
                false => Vec::new(),
            }
        }),
        planted: ("outbound/mod.rs", "pub mod lane;"),
    },
    Wall {
        name: "no file above 400 lines without a reason",
        reason: "a file is read whole, or it is not read",
        remedy: "split it by noun, or add it to LONG with its reason",
        rule: Rule::Seen(|source| {
            let excused =
                LONG.iter().any(|(path, reason)| *path == source.path && !reason.is_empty());
            let lines = source.length();
            if lines > 400 && !excused {
                vec![(lines, format!("{lines} lines"))]
            } else {
                Vec::new()
            }
        }),
        planted: ("outbound/lane.rs", FOUR_HUNDRED_AND_ONE),
    },
    Wall {
        name: "files are named for their noun",
        reason: "a room for everything is a room where nothing is found",
        remedy: "put the thing beside the noun that it serves",
        rule: Rule::Seen(|source| {
            let named =
                source.path.trim_end_matches(".rs").split('/').find(|name| NO_FILES.contains(name));
            named.map(|name| (1, name.to_owned())).into_iter().collect()
        }),
        planted: ("outbound/utils.rs", "fn f() {}"),
    },
    Wall {
        name: "names without meaning are not ours",
        reason: "each of these words means something else to each reader",
        remedy: "use the word of ARCHITECTURE.md's glossary; a standard's own name goes to EXCUSED",
        rule: Rule::Seen(names),
        planted: ("outbound/lane.rs", "pub struct DeliveryManager;"),
    },
];

/// Files above 400 lines, and why they stay whole.
const LONG: &[(&str, &str)] = &[
    (
        "certificate/catalogue/codes.rs",
        "the one table of the codes of findings: rows only, sorted by code",
    ),
    (
        "certificate/table.rs",
        "the one table of the standard's elements: rows only, in the standard's order",
    ),
];

/// File and folder names that say nothing.
const NO_FILES: &[&str] =
    &["common", "util", "utils", "core", "types", "manager", "helper", "helpers", "misc"];

/// 401 short lines, for the wall of length to catch.
const FOUR_HUNDRED_AND_ONE: &str = {
    const LINES: [u8; 802] = {
        let mut lines = [b'x'; 802];
        let mut at = 1;
        while at < lines.len() {
            lines[at] = b'\n';
            at += 2;
        }
        lines
    };
    match std::str::from_utf8(&LINES) {
        Ok(text) => text,
        Err(_) => "",
    }
};
