//! The whole road: from a queue of RabbitMQ to a mail server, by a gateway
//! with its ledger and by a plain Python worker, in turns.
//!
//! Both find the same number of submissions waiting in a queue of the same
//! broker, use the same keys and algorithms, and post to the same sink; each
//! runs in a process of its own, and so do broker and sink. What is measured
//! lies between the first and the last letter at the sink, so that a start
//! costs neither anything.
//!
//! - [`sink`]: the mail server; [`asked`]: what it is asked.
//! - [`queues`]: what is put on the queues. - [`usage`]: what a program used.

pub mod asked;
pub mod queues;
pub mod sink;
pub mod usage;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use self::asked::Asked;
use self::usage::Usage;
use super::peers::{interpreter, set_up};
use super::place::{Ends, Form, PlaceError};
use super::sealing::Desk;
use super::told::{Road, Traveller};
use super::{Args, certificate};
use crate::cli::demo::broker::{BrokerError, PrivateBroker};
use crate::cli::demo::leash::{Ending, Leash, free_ports};
use crate::queue::QueueError;
use crate::smime::throwaway::KeyKind;
use crate::submission;

/// The road is to be so many times as fast as the Python worker.
const GOAL: f64 = 10.0;
/// Nothing new at the sink for so long: somebody has ended or stands still.
const STALL: Duration = Duration::from_secs(30);
/// Of the Python worker; of 1 to 1,000 among the fastest there.
const PREFETCH: u32 = 64;

//------------ RoadError -----------------------------------------------------

/// Why the road could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum RoadError {
    /// No broker; whoever measures sees to RabbitMQ.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The machine gave no file, port or program, or letters did not come.
    #[error("{doing}: {source}")]
    Machine {
        doing: &'static str,
        #[source]
        source: io::Error,
    },
    /// Keys or files could not be made.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The broker was there, and then would not do what was asked.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A program ended, or posted what does not open; its last words.
    #[error("{who}: {words}")]
    Wrong { who: &'static str, words: String },
}

fn machine(doing: &'static str) -> impl FnOnce(io::Error) -> RoadError {
    move |source| RoadError::Machine { doing, source }
}

/// Travels the road, once for each kind of signing key.
pub async fn travel(args: &Args, folder: &Path) -> Result<Vec<Road>, RoadError> {
    let folder = folder.join("road");
    std::fs::create_dir_all(&folder).map_err(machine("make a folder"))?;
    let program = std::env::current_exe().map_err(machine("find ourselves"))?;
    let broker = PrivateBroker::start(&folder, &[CERTPOST, PYTHON]).await?;
    let [port] = free_ports().map_err(machine("find a port"))?;
    let number = port.to_string();
    let words = ["bench", "--sink", &number].map(OsStr::new);
    let _sink = start(program.as_os_str(), &words, &folder, "sink.log", Ending::AtOnce)
        .map_err(machine("start the sink"))?;
    let sink = Asked::reach(port).await.map_err(machine("reach the sink"))?;
    let mut journey = Journey { args, broker, folder, port, program, sink };
    let mut roads = Vec::new();
    for (name, kind) in [("RSA-2048", KeyKind::Rsa2048), ("P-256", KeyKind::P256)] {
        if format!("road, {name}").contains(&args.only) {
            roads.push(journey.road(name, kind).await?);
        }
    }
    Ok(roads)
}

const CERTPOST: &str = "certpost";
const PYTHON: &str = "python";

fn start(
    program: &OsStr,
    arguments: &[&OsStr],
    folder: &Path,
    log: &str,
    ending: Ending,
) -> io::Result<Leash> {
    let environment = [
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("HOME", folder.display().to_string()),
        ("LANG", "C.UTF-8".to_owned()),
    ];
    Leash::start(program, arguments, &environment, folder, &folder.join(log), ending)
}

//------------ Journey -------------------------------------------------------

/// What all turns share.
struct Journey<'a> {
    args: &'a Args,
    broker: PrivateBroker,
    folder: PathBuf,
    port: u16,
    program: PathBuf,
    sink: Asked,
}

/// A program that takes submissions and posts letters.
struct Program<'a> {
    who: &'static str,
    vhost: &'static str,
    letters: u32,
    file: &'a OsStr,
    arguments: Vec<&'a OsStr>,
    ending: Ending,
}

impl Journey<'_> {
    async fn road(&mut self, name: &str, kind: KeyKind) -> Result<Road, RoadError> {
        let folder = self.folder.join(name);
        let ends = Ends {
            queue_url: self.broker.url(CERTPOST),
            smtp: self.port,
            connections: self.args.connections,
        };
        let desk = Desk::furnish(&folder, kind, Form::Older, &ends)?;
        let told = json!({
            "queueUrl": self.broker.url(PYTHON), "smtp": self.port,
            "connections": self.args.connections, "prefetch": PREFETCH,
        });
        let setup = set_up(&folder, &desk, &told)?;
        let configuration = folder.join("BV/certpost.toml");
        let program = self.program.clone();
        let ours = Program {
            who: "certpost run",
            vhost: CERTPOST,
            letters: self.args.letters,
            file: program.as_os_str(),
            arguments: ["--config".as_ref(), configuration.as_os_str(), "run".as_ref()].into(),
            ending: Ending::Drained,
        };
        let python = interpreter(&self.args.peers).ok();
        let worker = std::path::absolute(self.args.peers.join("worker.py"))
            .map_err(machine("find the Python worker"))?;
        let theirs = python.as_ref().map(|python| Program {
            who: "the Python worker",
            vhost: PYTHON,
            letters: (self.args.letters / 10).max(10),
            file: python.as_os_str(),
            arguments: ["-B".as_ref(), worker.as_os_str(), setup.as_os_str()].into(),
            ending: Ending::AtOnce,
        });
        let mut turns = Vec::new();
        for _ in 0..self.args.turns {
            let certpost = self.turn(&ours, &folder, &desk).await?;
            let python = match &theirs {
                Some(theirs) => Some(self.turn(theirs, &folder, &desk).await?),
                None => None,
            };
            turns.push((certpost, python));
        }
        let sink = self.ceiling(&desk.letter.letter).await.map_err(machine("measure the sink"))?;
        let python: Option<Vec<_>> = turns.iter().map(|(_, python)| python.clone()).collect();
        let times = turns.iter().filter_map(|(certpost, python)| {
            Some(certpost.letters_per_second / python.as_ref()?.letters_per_second)
        });
        Ok(Road {
            key: name.to_owned(),
            connections: self.args.connections,
            sink_letters_per_second: sink,
            times: python.is_some().then(|| super::ratio::median(times)),
            certpost: Traveller::median(turns.iter().map(|(certpost, _)| certpost.clone())),
            python: python.map(|turns| Traveller::median(turns.into_iter())),
            goal: GOAL,
        })
    }

    /// One turn: submissions wait, the program starts, letters come.
    async fn turn(
        &mut self,
        program: &Program<'_>,
        folder: &Path,
        desk: &Desk,
    ) -> Result<Traveller, RoadError> {
        let Program { who, letters, .. } = *program;
        // A new ledger each time; there is none for Python.
        match std::fs::remove_dir_all(folder.join("BV/var")) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => {
                return Err(machine("remove a ledger")(fault));
            }
            Ok(()) | Err(_) => {}
        }
        queues::fill(&self.broker.url(program.vhost), letters).await?;
        self.sink.reset().await.map_err(machine("ask the sink"))?;
        let begun = self.sink.told().await.map_err(machine("ask the sink"))?.now;
        let log = format!("{}.log", program.vhost);
        let mut leash = start(program.file, &program.arguments, folder, &log, program.ending)
            .map_err(machine("start a program"))?;
        let mut seen = |words: String| match leash.ended() {
            Some(status) => {
                RoadError::Wrong { who, words: format!("ended ({status}): {}", leash.last_words()) }
            }
            None => RoadError::Wrong { who, words },
        };
        let first = self.sink.wait_for(1, STALL).await.map_err(|fault| seen(fault.to_string()))?;
        let number = leash.number();
        let before = Usage::of(number).map_err(machine("see what a program used"))?;
        let last = self.sink.wait_for(u64::from(letters), STALL).await;
        let after = Usage::of(number).map_err(machine("see what a program used"))?;
        let mut seen = |words: String| RoadError::Wrong {
            who,
            words: format!("{words}; it said: {}", leash.last_words()),
        };
        let last = last.map_err(|fault| seen(fault.to_string()))?;
        let letter = self.sink.last().await.map_err(machine("ask the sink"))?;
        check(desk, &letter).map_err(&mut seen)?;
        let count = u32::try_from(last.letters - first.letters).unwrap_or(u32::MAX).max(1);
        Ok(Traveller {
            letters,
            letter_octets: letter.len(),
            letters_per_second: last.per_second(),
            processor_microseconds: (after.processor - before.processor).as_secs_f64() * 1e6
                / f64::from(count),
            first_letter_milliseconds: last.first.saturating_sub(begun).as_secs_f64() * 1e3,
            peak_kibibytes: after.peak_kibibytes,
        })
    }

    /// What the sink takes from senders that only send, letters a second.
    async fn ceiling(&mut self, letter: &[u8]) -> io::Result<f64> {
        self.sink.reset().await?;
        let each = self.args.letters / self.args.connections + 1;
        let senders = (0..self.args.connections).map(|_| queues::send(self.port, letter, each));
        for sent in futures_util::future::join_all(senders).await {
            sent?;
        }
        Ok(self.sink.told().await?.per_second())
    }
}

/// That a letter opens, and carries what was submitted.
fn check(desk: &Desk, letter: &[u8]) -> Result<(), String> {
    let (number, digest) = desk.opens(letter)?;
    let submitted = number.rsplit('-').next().and_then(|n| n.parse().ok()).map(certificate);
    let read = submitted.and_then(|body| submission::from_json(&body).ok());
    match read.map(|read| read.content_digest()) {
        Some(submitted) if submitted == digest => Ok(()),
        Some(_) | None => Err(format!("the letter of {number} carries another certificate")),
    }
}
