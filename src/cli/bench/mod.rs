//! `certpost bench`: what each stage costs, as a ratio to what it cannot do
//! without, measured in turns in one run.
//!
//! - [`document`]: reading and writing a certificate, against a bare pass of
//!   the tokenizer over the same octets;
//! - [`sealing`]: sealing and opening a letter, against OpenSSL's own calls;
//! - [`keeping`]: composing an entity, accepting into a ledger;
//! - [`peers`]: sealing and opening, against plain Python programs;
//! - [`road`]: letters a second from the queue to a mail server, of a gateway
//!   and of a plain Python worker, through one broker and one sink;
//! - [`place`]: keys and files of two gateways; [`ratio`]: how two pieces of
//!   work are measured; [`told`]: the answer, as a table and as JSON.

pub mod document;
pub mod keeping;
pub mod peers;
pub mod place;
pub mod ratio;
pub mod road;
pub mod sealing;
pub mod told;

use std::path::PathBuf;

use super::answer::{Answer, Exit, Shared};
use super::demo::leash::Ground;
use place::PlaceError;
use told::{Measured, Skipped};

const SCHEMA: &str = "certpost/bench/1";
/// The usual certificate: what every stage works on.
const USUAL: &[u8] = include_bytes!("../../../queue-config/examples/phytosanitary-851.json");
const USUAL_NUMBER: &str = "BV-PC-2026-0005120";

/// Measures the stages, each against its yardstick.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How often each pair is measured; the medians are told.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub rounds: u32,
    /// Measures only the stages whose names hold these words.
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub only: String,
    /// Measures the whole road as well: a private RabbitMQ, a gateway, a mail sink.
    #[arg(long)]
    pub road: bool,
    /// How many letters a turn of the road takes; the Python worker gets a tenth.
    #[arg(long, default_value_t = 3000, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub letters: u32,
    /// How often the road is travelled; the medians are told.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub turns: u32,
    /// Connections to the mail sink, of the gateway and of the Python worker.
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32))]
    pub connections: u32,
    /// The folder of the plain Python programs; its `install` makes it ready.
    #[arg(long, default_value = "benches/peers", value_name = "FOLDER")]
    pub peers: PathBuf,
    /// Be the mail sink of a road, on this port of loopback.
    #[arg(long, hide = true, value_name = "PORT")]
    pub sink: Option<u16>,
}

//------------ Stage ---------------------------------------------------------

/// One stage, measured.
#[derive(Clone, Debug)]
pub struct Stage {
    pub name: String,
    /// The octets of one piece of work.
    pub octets: usize,
    pub measured: ratio::Ratio,
    /// The ratio that is to be reached, if one is.
    pub limit: Option<f64>,
}

/// Measures all stages. Nothing is judged: a ratio above its limit is told,
/// and is no failure of the command. What cannot be measured is named.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    if let Some(port) = args.sink {
        return match super::wait_for(road::sink::serve(port)) {
            Ok(Err(fault)) => Answer::failure(shared, SCHEMA, Exit::No, fault.to_string()),
            Ok(Ok(())) => Answer::new(Exit::Yes),
            Err(answer) => answer,
        };
    }
    match measure(args) {
        Ok(measured) if shared.json => Answer::json(Exit::Yes, &measured),
        Ok(measured) => Answer::text(Exit::Yes, measured.table()),
        Err(fault) => Answer::failure(shared, SCHEMA, Exit::No, format!("certpost bench: {fault}")),
    }
}

fn measure(args: &Args) -> Result<Measured, PlaceError> {
    let ground = Ground::new()?;
    let mut stages = document::stages(args);
    stages.extend(sealing::stages(args, ground.path())?);
    stages.extend(keeping::stages(args, ground.path())?);
    let mut skipped = Vec::new();
    let peers = peers::stages(args, ground.path())?.unwrap_or_else(|why| {
        skipped.push(Skipped::new("the plain Python programs", why));
        Vec::new()
    });
    let mut roads = Vec::new();
    if args.road {
        let travelled = super::wait_for(road::travel(args, ground.path()));
        let travelled = travelled.map_err(|_answer| PlaceError::Model)?;
        match travelled {
            Ok(told) => roads = told,
            Err(fault) => skipped.push(Skipped::new("the road", fault.to_string())),
        }
    }
    Ok(Measured::new(&stages, peers, roads, skipped))
}

/// The number of the `n`th certificate of a bench.
fn numbered(n: u32) -> String {
    format!("BV-PC-BENCH-{n:07}")
}

/// The usual certificate with a number of its own.
fn certificate(n: u32) -> Vec<u8> {
    String::from_utf8_lossy(USUAL).replacen(USUAL_NUMBER, &numbered(n), 1).into_bytes()
}
