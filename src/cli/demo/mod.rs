//! `certpost demo`: the road shown on one machine, all of it real.
//!
//! - [`broker`]: a RabbitMQ node of its own. - [`gateway`]: two gateways, BV
//!   and HM, this very program in processes of their own.
//! - [`certificates`]: what they send each other. - [`road`]: what the two
//!   domestic systems publish and find. - [`screen`]: what is shown.
//! - [`leash`]: programs and files that are gone when the demo is, however it
//!   ends.
//!
//! It never touches a broker, a ledger or a key that is not its own.

pub mod broker;
pub mod certificates;
pub mod gateway;
pub mod leash;
pub mod road;
pub mod screen;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use self::broker::{BrokerError, PrivateBroker};
use self::certificates::{SpecimenError, specimens};
use self::gateway::{Gateway, GatewayError, Keyring, Place};
use self::leash::{Ground, free_ports};
use self::road::Tally;
use super::{Answer, Exit, Shared};
use crate::queue::QueueError;
use crate::runtime::{Crew, CrewError, Runtime};
use crate::smime::SmimeError;

/// Nothing new for so long, and the rest is not waited for.
const STALL: Duration = Duration::from_secs(60);
/// How often a gateway is looked at while nothing is found.
const GLANCE: Duration = Duration::from_secs(1);
/// A certificate to send by hand.
const SPARE: &str = "certificate";
/// Things found and not yet counted.
const FOUND: usize = 256;

/// Show the road on this machine: a broker of its own, throw-away keys, two gateways on loopback.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End when every certificate has its end; otherwise stay up until Ctrl-C.
    #[arg(long)]
    once: bool,
    /// How many certificates go each way.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
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
            Answer::failure(shared, screen::SCHEMA, fault.exit(), format!("certpost demo: {fault}"))
        }
        Ok(shown) if args.once => shown.answer(shared),
        Ok(shown) => {
            let answer = shown.answer(shared);
            write_now(&answer, &shown.invitation());
            stop.told().await;
            // The answer has been given; what is left is its exit code.
            Answer::new(answer.exit)
        }
    };
    // What watches the queues ends before its broker does.
    runtime.stop(Duration::from_secs(5)).await;
    answer
}

//------------ DemoError -----------------------------------------------------

/// Why the road could not be shown.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    /// No broker; whoever runs the demo sees to RabbitMQ.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// Keys were being made when the program ended.
    #[error(transparent)]
    Crew(#[from] CrewError),
    /// A gateway did not start or ended by itself.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// Its keys could not be made; OpenSSL is to be looked at.
    #[error("keys for the demo: {0}")]
    Keys(#[from] SmimeError),
    /// The machine gave no folder or port.
    #[error("the machine: {0}")]
    Machine(#[from] std::io::Error),
    /// The broker was there, and then would not do what was asked.
    #[error(transparent)]
    Queue(#[from] QueueError),
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
            DemoError::Broker(_) => Exit::CannotTell,
            DemoError::Crew(_) | DemoError::Specimen(_) => Exit::Bug,
            DemoError::Gateway(_)
            | DemoError::Keys(_)
            | DemoError::Machine(_)
            | DemoError::Queue(_)
            | DemoError::Stopped => Exit::No,
        }
    }
}

//------------ Stage ---------------------------------------------------------

/// Everything that runs; dropped in this order.
struct Stage {
    gateways: Vec<Gateway>,
    broker: PrivateBroker,
    _ground: Ground,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // All are told at once, and then waited for one by one.
        self.gateways.iter_mut().for_each(Gateway::release);
        self.gateways.clear();
        self.broker.release();
    }
}

/// What was shown, still running.
struct Shown {
    tally: Tally,
    places: [Place; 2],
    program: PathBuf,
    ground: PathBuf,
    story: String,
    took: Duration,
    _stage: Stage,
}

impl Shown {
    fn answer(&self, shared: &Shared) -> Answer {
        let exit = if self.tally.is_whole() { Exit::Yes } else { Exit::No };
        let mut answer = if shared.json {
            Answer::json(exit, &screen::shown(&self.tally, &self.places, self.took))
        } else {
            Answer::text(exit, screen::text(&self.tally, &self.places, self.took, &self.story))
        };
        answer.remarks = screen::complaints(&self.tally);
        answer
    }

    fn invitation(&self) -> String {
        let first = self.tally.fates().next().map(|(_, fate)| fate.number.as_str());
        screen::invitation(&self.ground, &self.program, first.unwrap_or_default())
    }
}

/// Sets everything up and sends the certificates, until each has its end.
async fn travel(count: u32, runtime: &Runtime) -> Result<Shown, DemoError> {
    let began = Instant::now();
    let program = std::env::current_exe()?;
    let ground = Ground::new()?;
    say(
        "starting a RabbitMQ node of our own, on loopback; making keys for two gateways, BV and HM",
    );
    let crew = Crew::start(1, 1)?;
    let keys = crew.run(|| (Keyring::make("BV"), Keyring::make("HM")));
    let broker = PrivateBroker::start(ground.path(), &["bv", "hm"]);
    let (broker, keys) = tokio::join!(broker, keys);
    let (broker, (bv_keys, hm_keys)) = (broker?, keys?);
    let [bv_port, hm_port] = free_ports()?;
    let places = [
        Place::new("BV", ground.path(), bv_port, broker.url("bv"), bv_keys?),
        Place::new("HM", ground.path(), hm_port, broker.url("hm"), hm_keys?),
    ];
    let [bv, hm] = &places;
    bv.furnish(hm)?;
    hm.furnish(bv)?;
    let ground_path = ground.path().to_owned();
    let mut stage = Stage { gateways: Vec::new(), broker, _ground: ground };
    for place in &places {
        stage.gateways.push(Gateway::start(place, &program)?);
    }
    for gateway in &mut stage.gateways {
        gateway.ready().await?;
    }
    say(&format!("sending {count} certificates from BV to HM, and {count} from HM to BV"));
    let (found, mut finds) = mpsc::channel(FOUND);
    for place in &places {
        road::watch(place.code, place.queue_url(), &found, runtime).await?;
    }
    let mut tally = Tally::default();
    let mut there = specimens(bv.code, hm.code, count + 1)?;
    // The last one is for whoever wants to send one by hand.
    if let Some(spare) = there.pop() {
        std::fs::write(ground_path.join(SPARE), spare.outgoing.body)?;
    }
    let back = specimens(hm.code, bv.code, count)?;
    tally.expect(bv.code, hm.code, &there);
    tally.expect(hm.code, bv.code, &back);
    // Counted while they are sent: a queue that nobody reads would hold up
    // the one that is written.
    let sending = async {
        tokio::try_join!(road::submit(bv.queue_url(), &there), road::submit(hm.queue_url(), &back))
            .map(drop)
    };
    let counting = settle(&mut tally, &mut finds, &mut stage.gateways);
    tokio::try_join!(async { sending.await.map_err(DemoError::from) }, counting)?;
    let story =
        tell(&program, &bv.configuration(), there.first().map_or("", |specimen| &specimen.number));
    Ok(Shown {
        tally,
        places,
        program,
        ground: ground_path,
        story,
        took: began.elapsed(),
        _stage: stage,
    })
}

/// Counts until every certificate has its end, or nothing comes any more.
async fn settle(
    tally: &mut Tally,
    finds: &mut mpsc::Receiver<road::Seen>,
    gateways: &mut [Gateway],
) -> Result<(), DemoError> {
    let mut last = Instant::now();
    while !tally.is_settled() && last.elapsed() < STALL {
        match timeout(GLANCE, finds.recv()).await {
            Ok(Some(seen)) => {
                tally.note(seen);
                last = Instant::now();
            }
            Ok(None) => break,
            Err(_nothing_new) => {
                for gateway in gateways.iter_mut() {
                    gateway.alive()?;
                }
            }
        }
    }
    Ok(())
}

/// The story of one certificate, as `certpost trace` tells it.
fn tell(program: &Path, configuration: &Path, number: &str) -> String {
    let told =
        Command::new(program).arg("--config").arg(configuration).args(["trace", number]).output();
    match told {
        Ok(told) if told.status.success() => {
            format!("certpost trace {number}\n{}", String::from_utf8_lossy(&told.stdout))
        }
        Ok(told) => format!("certpost trace {number}: {}", String::from_utf8_lossy(&told.stderr)),
        Err(fault) => format!("certpost trace {number}: {fault}"),
    }
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

/// A line for whoever waits.
fn say(words: &str) {
    // A closed standard error leaves nobody to tell.
    let _closed = writeln!(std::io::stderr(), "{words}");
}

/// Gives the answer while the demo stays up.
fn write_now(answer: &Answer, invitation: &str) {
    for remark in &answer.remarks {
        say(remark);
    }
    let mut out = std::io::stdout().lock();
    // A closed standard output leaves nobody to show it to.
    let _closed = out.write_all(&answer.out).and_then(|()| out.flush());
    say(invitation);
}
