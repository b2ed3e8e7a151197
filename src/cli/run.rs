//! `certpost run`: the gateway.

use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tracing::{error, info, warn};

use super::vitals::{Totals, Vitals};
use super::{Answer, Exit, Shared};
use crate::clock::Clock;
use crate::config::{Configuration, Keys};
use crate::delivery::{Direction, EventKind};
use crate::inbound::{door::Door, judge::Judge, openers::Openers};
use crate::ledger::{Access, Ledger, LedgerError};
use crate::mailbox::{self, DoorSettings};
use crate::outbound::awaiting::Awaiting;
use crate::outbound::clockwork::Clockwork;
use crate::outbound::endings::Endings;
use crate::outbound::intake::Intake;
use crate::outbound::lane::Lanes;
use crate::outlet::Publishing;
use crate::queue::{Presence, QueueError};
use crate::runtime::{Crew, Runtime};
use crate::{smime, telemetry, tls, web};

const SCHEMA: &str = "certpost/run/1";
/// How long a stop waits for what is under way.
const DRAIN: Duration = Duration::from_secs(25);
/// Jobs before the crew.
const WAITING: usize = 256;

/// Run the gateway: SIGTERM drains, SIGHUP rereads the configuration.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs until it is told to stop.
pub fn run(_args: &Args, shared: &Shared) -> Answer {
    telemetry::start();
    let configuration = match super::configuration(shared, SCHEMA, Keys::Read) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => {
            return Answer::new(Exit::Bug).remark(format!("certpost: no runtime: {fault}"));
        }
    };
    match runtime.block_on(gateway(configuration, shared)) {
        Ok(()) => Answer::new(Exit::Yes),
        Err(refused) => {
            Answer::failure(shared, SCHEMA, refused.exit(), format!("certpost: {refused}"))
        }
    }
}

//------------ Refused -------------------------------------------------------

/// Why the gateway does not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
enum Refused {
    /// Another program has the port, or it is not ours to take.
    #[error("the door {1} cannot be opened: {2}; stop what listens there, or change doors.{0}")]
    Door(&'static str, SocketAddr, std::io::Error),
    /// The ledger cannot be used; the operator looks after the file.
    #[error("the ledger: {0}")]
    Ledger(#[from] LedgerError),
    /// The system's OpenSSL is known to be bad; the operator updates it.
    #[error(transparent)]
    OpenSsl(#[from] smime::SmimeError),
    /// The broker's queues are not ours; the operator chooses.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The machine gave no thread or signal.
    #[error("the machine: {0}")]
    Machine(#[from] std::io::Error),
    /// The SMTP door's certificate and key do not work.
    #[error("doors.smtp_certificate: {0}")]
    Tls(#[from] tls::TlsError),
}

impl Refused {
    fn exit(&self) -> Exit {
        match self {
            Refused::Ledger(LedgerError::HeldElsewhere { .. }) => Exit::CannotTell,
            // Not 2: started again, it may find a disk that works.
            Refused::Ledger(LedgerError::Unsafe | LedgerError::Closed) => Exit::No,
            Refused::Door(..)
            | Refused::Ledger(_)
            | Refused::OpenSsl(_)
            | Refused::Queue(_)
            | Refused::Machine(_)
            | Refused::Tls(_) => Exit::Usage,
        }
    }
}

/// Starts every part, waits for the word to stop, and drains.
async fn gateway(configuration: Configuration, shared: &Shared) -> Result<(), Refused> {
    if let Some(warning) = smime::self_test(configuration.gateway.accept_known_bad_openssl)? {
        warn!("{warning}");
    }
    for notice in &configuration.notices {
        warn!("{notice}");
    }
    let clock = Clock::system();
    let code = configuration.gateway.code.clone();
    let ledger = Ledger::open(&configuration.ledger, &code, Access::Run, clock.clone())?;
    let recovered = ledger.recover(configuration.clocks.in_doubt_hold).await?;
    info!(?recovered, "the ledger is open");
    let settings = Arc::new(door_settings(&configuration)?);
    let (smtp, http) = (configuration.doors.smtp, configuration.doors.http);
    let opening_memory = configuration.doors.opening_memory;
    let listener = open("smtp", smtp).await?;
    let watchers = open("http", http).await?;
    if !http.ip().is_loopback() {
        warn!(%http, "the HTTP door is open to other machines, and asks nobody who they are");
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;

    let runtime = Runtime::new();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let crew = Crew::start(cores, WAITING)?;
    let folder = configuration.ledger.parent().unwrap_or(std::path::Path::new(".")).to_owned();
    let (sender, configuration) = watch::channel(Arc::new(configuration));
    let (fatal, mut ended) = mpsc::channel::<Refused>(3);

    let vitals = Vitals {
        configuration: configuration.clone(),
        counted: Totals::from(ledger.mark().await?).into(),
        door: Arc::new(Door { ledger: ledger.clone(), folder }),
        is_open: Arc::default(),
        ledger: ledger.clone(),
        publications: Presence::default(),
        submissions: Presence::default(),
    };
    let lanes = Lanes {
        configuration: configuration.clone(),
        clock: clock.clone(),
        crew: crew.clone(),
        ledger: ledger.clone(),
        runtime: runtime.clone(),
    };
    let judge = Judge {
        configuration: configuration.clone(),
        ledger: ledger.clone(),
        openers: Openers::new(cores, opening_memory),
        runtime: runtime.clone(),
    };
    let intake = Intake {
        configuration: configuration.clone(),
        crew,
        ledger: ledger.clone(),
        presence: vitals.submissions.clone(),
        runtime: runtime.clone(),
    };
    let publishing = Publishing {
        configuration: configuration.clone(),
        ledger: ledger.clone(),
        presence: vitals.publications.clone(),
        runtime: runtime.clone(),
    };
    let clockwork = Clockwork {
        configuration: configuration.clone(),
        ledger: ledger.clone(),
        runtime: runtime.clone(),
    };
    let endings = Endings {
        configuration: configuration.clone(),
        ledger: ledger.clone(),
        runtime: runtime.clone(),
    };
    let awaiting = Awaiting {
        configuration: configuration.clone(),
        clock,
        ledger: ledger.clone(),
        runtime: runtime.clone(),
    };
    runtime.spawn(lanes.run());
    runtime.spawn(awaiting.run());
    runtime.spawn(endings.run());
    runtime.spawn(report(fatal.clone(), async move { clockwork.run().await }));
    runtime.spawn(judge.run());
    runtime.spawn(report(fatal.clone(), async move { intake.run().await }));
    runtime.spawn(report(fatal, async move { publishing.run().await }));
    let mail = mailbox::serve(listener, settings, Arc::clone(&vitals.door), runtime.clone());
    runtime.spawn(vitals.while_open(mail));
    runtime.spawn(web::serve(watchers, Arc::new(vitals), runtime.clone()));
    ledger.note(Direction::Gateway, EventKind::Started, None, None).await?;
    info!(gateway.code = %code, smtp = %smtp, http = %http, "the gateway is up");

    let refused = loop {
        tokio::select! {
            _ = terminate.recv() => break None,
            _ = interrupt.recv() => break None,
            _ = hangup.recv() => reread(shared, &sender),
            Some(fault) = ended.recv() => break Some(fault),
        }
    };
    info!("stopping: nothing new is taken, what is under way ends");
    if !runtime.stop(DRAIN).await {
        warn!("some work did not end in time; it goes on at the next start");
    }
    if let Err(fault) = ledger.note(Direction::Gateway, EventKind::Stopped, None, None).await {
        warn!(error = %fault, "the stop is not on record");
    }
    match refused {
        None => Ok(()),
        Some(fault) => Err(fault),
    }
}

/// Opens the door that `doors.<name>` names.
async fn open(name: &'static str, at: SocketAddr) -> Result<TcpListener, Refused> {
    TcpListener::bind(at).await.map_err(|fault| Refused::Door(name, at, fault))
}

/// Runs a part whose failure ends the gateway.
async fn report<E: Into<Refused>>(
    fatal: mpsc::Sender<Refused>,
    part: impl Future<Output = Result<(), E>>,
) {
    if let Err(fault) = part.await {
        // The gateway may be stopping for another reason already.
        let _stopping = fatal.send(fault.into()).await;
    }
}

fn door_settings(configuration: &Configuration) -> Result<DoorSettings, Refused> {
    let acceptor = match &configuration.doors.smtp_tls {
        Some(pair) => Some(tls::Acceptor::from_pem(&pair.certificate, &pair.key)?),
        None => None,
    };
    Ok(DoorSettings {
        hostname: configuration.gateway.hostname.clone(),
        mailbox: configuration.gateway.address.clone(),
        max_letter: configuration.doors.max_letter,
        tls: acceptor,
        limits: mailbox::Limits::default(),
    })
}

/// Reads the configuration again. One with faults changes nothing.
fn reread(shared: &Shared, sender: &watch::Sender<Arc<Configuration>>) {
    match Configuration::load(shared.config.as_deref()) {
        Ok(read) => {
            if !stands_on_the_same(&read, &sender.borrow()) {
                error!(
                    "the configuration stays as it was: code, address, hostname, ledger and doors change at a restart only"
                );
                return;
            }
            sender.send_replace(Arc::new(read));
            info!("the configuration was read again");
        }
        Err(faults) => error!("the configuration stays as it was:\n{faults}"),
    }
}

/// Whether two configurations agree on what is opened once, at the start.
fn stands_on_the_same(read: &Configuration, old: &Configuration) -> bool {
    let (new_doors, old_doors) = (&read.doors, &old.doors);
    let same_tls = match (&new_doors.smtp_tls, &old_doors.smtp_tls) {
        (None, None) => true,
        (Some(new), Some(old)) => new.certificate == old.certificate && new.key == old.key,
        (None, Some(_)) | (Some(_), None) => false,
    };
    read.gateway.code == old.gateway.code
        && read.gateway.address == old.gateway.address
        && read.gateway.hostname == old.gateway.hostname
        && read.ledger == old.ledger
        && (new_doors.smtp, new_doors.http) == (old_doors.smtp, old_doors.http)
        && new_doors.max_letter == old_doors.max_letter
        && same_tls
}
