//! `cargo bench --bench document`: reading and writing certificates against a
//! bare pass of the tokenizer over the same octets, in turns, as ratios.
//!
//! Nothing is asserted: machines are noisy. `certpost bench` measures the same.

use std::io::Write;
use std::process::ExitCode;

use certpost::cli::bench::{Args, run};
use certpost::cli::{Exit, Shared};

fn main() -> ExitCode {
    let args = Args { rounds: 200, only: String::new() };
    let answer = run(&args, &Shared::default());
    let told = std::io::stdout().write_all(&answer.out);
    if told.is_ok() && answer.exit == Exit::Yes { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
