//! `cargo bench --bench stages`: every stage against what it cannot do
//! without, in turns, as ratios.
//!
//! Nothing is asserted: machines are noisy. `certpost bench` measures the same,
//! and with `--road` the whole road.

use std::io::Write;
use std::process::ExitCode;

use certpost::cli::{CommandLine, Exit, answer};
use clap::Parser;

fn main() -> ExitCode {
    let answer = answer(&CommandLine::parse_from(["certpost", "bench"]));
    let told = std::io::stdout().write_all(&answer.out);
    if told.is_ok() && answer.exit == Exit::Yes { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
