//! The command line: one file for each command.
//!
//! A command takes its arguments and returns an [`Answer`]; only `main.rs`
//! writes it out and ends the process. The answer proper goes to standard
//! output, everything else to standard error.

pub mod answer;
pub mod bench;
pub mod check;
pub mod columns;
pub mod convert;
pub mod demo;
pub mod doctor;
pub mod document;
pub mod explain;
pub mod inspect;
pub mod mapping;
pub mod open;
pub mod paint;
pub mod partner;
pub mod prove;
pub mod run;
pub mod schemas;
pub mod seal;
pub mod show;
pub mod submit;
pub mod terminal;
pub mod trace;
pub mod verify;
mod vitals;

use std::future::Future;
use std::path::PathBuf;

pub use answer::{Answer, Exit, Shared};
use clap::{Parser, Subcommand};

use crate::config::{Configuration, Keys};

/// An SMTP push-delivery broker for government e-certificates.
#[derive(Debug, Parser)]
#[command(name = "certpost", version, about, disable_help_subcommand = true)]
pub struct CommandLine {
    /// The gateway's configuration [default: $CERTPOST_CONFIG, ./certpost.toml, /etc/certpost/certpost.toml].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer with one JSON object.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure each stage against what it cannot do without.
    Bench(bench::Args),
    /// Say what is wrong with certificates.
    Check(check::Args),
    /// Turn a certificate from XML to JSON or back, or say what each field is.
    Convert(convert::Args),
    /// Show a private road: broker, two gateways, certificates both ways.
    Demo(demo::Args),
    /// Say what keeps the gateway from working, or soon will.
    Doctor(doctor::Args),
    /// Show what a letter is made of, without any key.
    Inspect(inspect::Args),
    /// Open a letter, prove who sent it, and print what it holds.
    Open(open::Args),
    /// The partners of partners.toml.
    Partner(partner::Args),
    /// Open letters for `run`; of no use by hand.
    #[command(hide = true)]
    Prove(prove::Args),
    /// Run the gateway.
    Run(run::Args),
    /// Print the letter that `run` would send.
    Seal(seal::Args),
    /// Show a certificate as a person reads one: NUMBER is a number on record, or a file.
    Show(show::Args),
    /// Put certificates on the submissions queue.
    Submit(submit::Args),
    /// Tell the whole story of a certificate number.
    Trace(trace::Args),
    /// Say whether a certificate is authentic and in force.
    Verify(verify::Args),
}

/// Has a command done.
pub fn answer(line: &CommandLine) -> Answer {
    let (paint, columns) = (paint::Paint::for_output(), columns::of_output());
    let shared = Shared { config: line.config.clone(), json: line.json, paint, columns };
    match &line.command {
        Command::Bench(args) => bench::run(args, &shared),
        Command::Check(args) => check::run(args, &shared),
        Command::Convert(args) => convert::run(args, &shared),
        Command::Demo(args) => demo::run(args, &shared),
        Command::Doctor(args) => doctor::run(args, &shared),
        Command::Inspect(args) => inspect::run(args, &shared),
        Command::Open(args) => open::run(args, &shared),
        Command::Partner(args) => partner::run(args, &shared),
        Command::Prove(args) => prove::run(args, &shared),
        Command::Run(args) => run::run(args, &shared),
        Command::Seal(args) => seal::run(args, &shared),
        Command::Show(args) => show::run(args, &shared),
        Command::Submit(args) => submit::run(args, &shared),
        Command::Trace(args) => trace::run(args, &shared),
        Command::Verify(args) => verify::run(args, &shared),
    }
}

/// What a command line that is none is answered with `--json`; the words have
/// been written to standard error.
pub fn usage(words: &str) -> Answer {
    let shared = Shared { json: true, ..Shared::default() };
    let answer = Answer::failure(&shared, "certpost/usage/1", Exit::Usage, words.trim_end());
    Answer { remarks: Vec::new(), ..answer }
}

/// Reads the configuration for a command, or answers why it cannot be used.
pub fn configuration(shared: &Shared, schema: &str, keys: Keys) -> Result<Configuration, Answer> {
    Configuration::load_with(shared.config.as_deref(), keys)
        .map_err(|faults| Answer::failure(shared, schema, Exit::Usage, faults.to_string()))
}

/// Waits for `work` on a small runtime of its own.
///
/// # Errors
///
/// The operating system gave no runtime; exit 70.
pub fn wait_for<T>(work: impl Future<Output = T>) -> Result<T, Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .map(|runtime| runtime.block_on(work))
        .map_err(|fault| Answer::new(Exit::Bug).remark(format!("certpost: no runtime: {fault}")))
}
