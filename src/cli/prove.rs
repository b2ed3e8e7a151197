//! `certpost prove`: opens letters for `run`, and can do nothing else.
//!
//! It talks with the gateway that started it, on standard input and output,
//! in the form of `inbound::wire`. Of use to nobody by hand: that is `open`.

use std::io;

use super::answer::{Answer, Exit, Shared};
use crate::confine::confine;
use crate::inbound::opening::{Ask, Opening};
use crate::inbound::wire;
use crate::smime;

/// Opens letters for `run`, without network, broker, ledger or files.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How much memory it may take, in octets.
    #[arg(long, value_name = "OCTETS", default_value_t = 1 << 30)]
    pub memory: u64,
}

/// Answers questions until standard input ends.
pub fn run(args: &Args, _shared: &Shared) -> Answer {
    let bug = |words: String| Answer::new(Exit::Bug).remark(format!("certpost prove: {words}"));
    // Before it is confined: OpenSSL reads its own configuration, once. The
    // gateway that started us has judged its version.
    if let Err(fault) = smime::wake() {
        return bug(fault.to_string());
    }
    if let Err(fault) = confine(args.memory) {
        return bug(fault.to_string());
    }
    match serve() {
        Ok(()) => Answer::new(Exit::Yes),
        Err(fault) => bug(fault.to_string()),
    }
}

fn serve() -> io::Result<()> {
    let (mut questions, mut answers) = (io::stdin().lock(), io::stdout().lock());
    let mut opening = Opening::default();
    while let Some(ask) = wire::read::<Ask>(&mut questions)? {
        wire::write(&mut answers, &opening.answer(ask))?;
    }
    Ok(())
}
