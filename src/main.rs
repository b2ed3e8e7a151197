//! The program: reads the command line, has it done, and ends.

use std::io::Write;
use std::process::ExitCode;

use certpost::cli::{self, Answer, Exit};
use clap::Parser;
use mimalloc::MiMalloc;

/// Trees of many small values are made and dropped for every certificate: the
/// system's allocator takes a twentieth of that time (`certpost bench`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let line = match cli::CommandLine::try_parse() {
        Ok(line) => line,
        Err(usage) => return explain(&usage),
    };
    // A panic is a bug of ours: it has its own exit code, and prints nothing
    // on standard output.
    let answer = std::panic::catch_unwind(|| cli::answer(&line)).unwrap_or_else(|_panic| {
        Answer::new(Exit::Bug)
            .remark("certpost: this is a bug; please report it with what was asked")
    });
    write_out(&answer)
}

/// What clap has to say: help and versions are answers, the rest is usage.
fn explain(usage: &clap::Error) -> ExitCode {
    // A closed standard error leaves nobody to tell.
    let _closed = usage.print();
    if usage.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        return write_out(&cli::usage(&usage.to_string()));
    }
    match usage.kind() {
        clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion => {
            ExitCode::from(Exit::Yes.code())
        }
        _ => ExitCode::from(Exit::Usage.code()),
    }
}

fn write_out(answer: &Answer) -> ExitCode {
    let mut error = std::io::stderr().lock();
    for remark in &answer.remarks {
        let _closed = writeln!(error, "{remark}");
    }
    let mut out = std::io::stdout().lock();
    if out.write_all(&answer.out).and_then(|()| out.flush()).is_err() && answer.exit == Exit::Yes {
        // Nobody got the answer, so it is none.
        return ExitCode::from(Exit::CannotTell.code());
    }
    ExitCode::from(answer.exit.code())
}
