//! `certpost demo`: the first minute of the product, all of it real.
//!
//! - [`cast`]: who plays. - [`programme`] and [`certificates`]: what is sent.
//! - [`stage`]: what runs: [`broker`], a RabbitMQ node of our own; [`gateway`],
//!   this very program in processes of their own, each in its [`place`] with
//!   its [`keys`]; [`mail`], plain mail servers that are not certpost.
//! - [`leash`]: programs and files that are gone when the demo is, however it
//!   ends. - [`play`]: what happens, in order.
//! - [`road`]: what the domestic systems publish and find. - [`tally`] and
//!   [`fate`]: what became of every certificate.
//! - [`finale`]: what others say of it: [`count`], [`tool`].
//! - [`bars`], [`screen`], [`object`], [`invitation`]: what is shown.
//!
//! It never touches a broker, a ledger or a key that is not its own, and shows
//! nothing that was not measured.

pub mod bars;
pub mod broker;
pub mod cast;
pub mod certificates;
pub mod count;
pub mod fate;
pub mod finale;
pub mod gateway;
pub mod invitation;
pub mod keys;
pub mod leash;
pub mod mail;
pub mod object;
pub mod place;
pub mod play;
pub mod programme;
pub mod road;
pub mod screen;
pub mod stage;
pub mod tally;
pub mod tool;

use std::io::Write;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use self::bars::Bars;
use self::broker::BrokerError;
use self::certificates::SpecimenError;
use self::finale::{Finale, Questions, Subjects};
use self::gateway::GatewayError;
use self::invitation::invitation;
use self::mail::PeerError;
use self::object::{Object, SCHEMA};
use self::play::Play;
use super::{Answer, Exit, Shared};
use crate::queue::QueueError;
use crate::runtime::{Crew, CrewError, Runtime};
use crate::smime::SmimeError;

/// Show the first minute on this machine: a broker of its own, throw-away keys, four partners.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End when every certificate has its end; otherwise stay up until Ctrl-C.
    #[arg(long)]
    once: bool,
    /// How many certificates go out; a fifth as many come in, and every partner sends and gets one at least.
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    certificates: u32,
}

/// Shows the road; nothing is left of it afterwards.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    super::wait_for(show(args, shared)).unwrap_or_else(|answer| answer)
}

async fn show(args: &Args, shared: &Shared) -> Answer {
    let mut stop = match Stop::new() {
        Ok(stop) => stop,
        Err(fault) => {
            return Answer::new(Exit::Bug).remark(format!("certpost: no signals: {fault}"));
        }
    };
    let runtime = Runtime::new();
    let shown = tokio::select! {
        shown = travel(args.certificates, &runtime) => shown,
        () = stop.told() => Err(DemoError::Stopped),
    };
    let answer = match shown {
        Err(fault) => {
            Answer::failure(shared, SCHEMA, fault.exit(), format!("certpost demo: {fault}"))
        }
        Ok(shown) if args.once => shown.answer(shared),
        Ok(mut shown) => {
            let answer = shown.answer(shared);
            write_now(&answer, &shown.invitation());
            // The answer has been given; what is left is its exit code.
            let answer = Answer::new(answer.exit);
            tokio::select! {
                () = stop.told() => answer,
                fault = shown.watch() => answer.remark(format!("certpost demo: {fault}")),
            }
        }
    };
    // What watches the queues ends before its broker does.
    runtime.stop(Duration::from_secs(5)).await;
    answer
}

//------------ DemoError -----------------------------------------------------

/// Why the road could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No broker; whoever runs the demo sees to RabbitMQ.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// Keys were being made when the program ended.
    #[error(transparent)]
    Crew(#[from] CrewError),
    /// A gateway did not start or ended by itself.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// There are fewer keys than players; a bug.
    #[error("there are not keys for everybody; this is a bug, please report it")]
    Keyless,
    /// Its keys could not be made; OpenSSL is to be looked at.
    #[error("keys for the demo: {0}")]
    Keys(#[from] SmimeError),
    /// The machine gave no folder or port.
    #[error("the machine: {0}")]
    Machine(#[from] std::io::Error),
    /// A program that is not certpost failed.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The broker was there, and then would not do what was asked.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A mail server ended by itself.
    #[error("a mail server of the demo ended; it said:\n{words}")]
    Server { words: String },
    /// Our own certificates cannot be used; a bug.
    #[error(transparent)]
    Specimen(#[from] SpecimenError),
    /// Somebody pressed Ctrl-C before the end.
    #[error("stopped before every certificate had its end")]
    Stopped,
}

impl DemoError {
    fn exit(&self) -> Exit {
        match self {
            DemoError::Broker(_) | DemoError::Peer(PeerError::Absent { .. }) => Exit::CannotTell,
            DemoError::Crew(_) | DemoError::Keyless | DemoError::Specimen(_) => Exit::Bug,
            DemoError::Gateway(_)
            | DemoError::Keys(_)
            | DemoError::Machine(_)
            | DemoError::Peer(_)
            | DemoError::Queue(_)
            | DemoError::Server { .. }
            | DemoError::Stopped => Exit::No,
        }
    }
}

//------------ Shown ---------------------------------------------------------

/// What was shown, still running.
pub struct Shown {
    play: Play,
    finale: Finale,
    subjects: Subjects,
    took: Duration,
}

impl Shown {
    fn is_whole(&self) -> bool {
        self.complaints().is_empty()
    }

    /// Every certificate without its end, and every fault of a judge, a line each.
    fn complaints(&self) -> Vec<String> {
        let mut lines = self.play.tally.complaints();
        lines.extend(self.finale.count.words.iter().map(|words| format!("counter.py: {words}")));
        let opener = self.play.scenery.opener().code;
        let trouble = &self.play.opened.trouble;
        lines.extend(trouble.iter().map(|words| format!("{opener}'s openssl: {words}")));
        lines.extend(self.finale.lint.words.iter().map(|words| format!("xmllint: {words}")));
        lines
    }

    fn answer(&self, shared: &Shared) -> Answer {
        let exit = if self.is_whole() { Exit::Yes } else { Exit::No };
        let mut answer = if shared.json {
            Answer::json(exit, &Object::of(self))
        } else {
            Answer::text(exit, screen::text(self, shared.paint))
        };
        answer.remarks = self.complaints();
        answer
    }

    fn invitation(&self) -> String {
        let scenery = &self.play.scenery;
        invitation(&scenery.ground, &self.subjects, scenery.opener().code)
    }

    /// Waits until something ends that should not.
    async fn watch(&mut self) -> DemoError {
        loop {
            if let Err(fault) = self.play.stage.alive() {
                return fault;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Sets everything up, lets it happen, and has it judged.
async fn travel(certificates: u32, runtime: &Runtime) -> Result<Shown, DemoError> {
    let began = Instant::now();
    let crew = Crew::start(2, 8)?;
    let mut bars = Bars::for_remarks();
    let mut play = Play::open(certificates, &crew, &mut bars).await?;
    play.run(runtime, &crew, &mut bars).await?;
    bars.say("counting");
    let questions = Questions::of(&play)?;
    let subjects = questions.subjects.clone();
    let finale = crew.run(move || questions.ask()).await??;
    Ok(Shown { play, finale, subjects, took: began.elapsed() })
}

//------------ Stop ----------------------------------------------------------

/// The signals that end a demo.
struct Stop([Signal; 3]);

impl Stop {
    fn new() -> std::io::Result<Stop> {
        let [hangup, interrupt, terminate] =
            [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        Ok(Stop([hangup?, interrupt?, terminate?]))
    }

    async fn told(&mut self) {
        let Stop([hangup, interrupt, terminate]) = self;
        tokio::select! {
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// Gives the answer while the demo stays up.
fn write_now(answer: &Answer, invitation: &str) {
    let mut err = std::io::stderr().lock();
    let remarks = answer.remarks.join("\n");
    let mut out = std::io::stdout().lock();
    // Closed outputs leave nobody to show it to.
    let _closed = out.write_all(&answer.out).and_then(|()| out.flush());
    let _closed = err.write_all(remarks.as_bytes());
    let _closed = err.write_all(invitation.as_bytes()).and_then(|()| err.flush());
}
