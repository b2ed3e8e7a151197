//! `certpost partner suspend` and `resume`: a partner set aside, and taken
//! back. A small change of the ledger beside a living `run`, which obeys it
//! from its next letter on.

use schemars::JsonSchema;
use serde::Serialize;

use super::words::{SuspensionWords, state};
use crate::cli::terminal::shown;
use crate::cli::{Answer, Exit, Shared, trace};
use crate::delivery::Reason;
use crate::ledger::Suspension;
use crate::partner::{PartnerCode, State};

const SUSPEND: &str = "certpost/partner-suspend/1";
const RESUME: &str = "certpost/partner-resume/1";
/// Characters of a reason or a name.
const LIMIT: usize = 500;

/// Let a partner's deliveries wait, until it is resumed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The partner.
    #[arg(value_name = "CODE")]
    code: PartnerCode,
    /// Why, for whoever reads it later.
    #[arg(long, value_name = "WORDS", value_parser = text)]
    reason: String,
    /// Who does it [default: the user of this session].
    #[arg(long, value_name = "NAME", value_parser = text)]
    who: Option<String>,
}

/// Let a suspended partner's deliveries go.
#[derive(Debug, clap::Args)]
pub struct ResumeArgs {
    /// The partner.
    #[arg(value_name = "CODE")]
    code: PartnerCode,
    /// Who does it [default: the user of this session].
    #[arg(long, value_name = "NAME", value_parser = text)]
    who: Option<String>,
}

/// Sets a partner aside.
pub fn suspend(args: &Args, shared: &Shared) -> Answer {
    let (configuration, partner) = match super::known(&args.code, shared, SUSPEND) {
        Ok(known) => known,
        Err(answer) => return answer,
    };
    let reason = Reason::new("operator", args.reason.clone());
    let done = crate::cli::wait_for(async {
        let ledger = trace::open(&configuration)?;
        let earlier = ledger.suspend(&args.code, reason, who(args.who.as_ref())).await?;
        let all = ledger.suspensions().await?;
        Ok::<_, crate::ledger::LedgerError>((earlier.is_none(), all))
    });
    let (changed, all) = match done {
        Ok(Ok(done)) => done,
        Ok(Err(fault)) => {
            return Answer::failure(shared, SUSPEND, Exit::CannotTell, fault.to_string());
        }
        Err(answer) => return answer,
    };
    let suspension = all.iter().find(|one| one.partner == args.code);
    let set = PartnerSet::new(SUSPEND, &args.code, state(&partner, true), changed, suspension);
    let line = suspension.map(|one| SuspensionWords::of(one).line()).unwrap_or_default();
    let words = if changed { "is suspended" } else { "was suspended already" };
    set.answer(Exit::Yes, shared, &format!("{} {words} {line}", args.code))
}

/// Takes a partner back.
pub fn resume(args: &ResumeArgs, shared: &Shared) -> Answer {
    let (configuration, partner) = match super::known(&args.code, shared, RESUME) {
        Ok(known) => known,
        Err(answer) => return answer,
    };
    let done = crate::cli::wait_for(async {
        let ledger = trace::open(&configuration)?;
        ledger.resume(&args.code, who(args.who.as_ref())).await
    });
    let ended = match done {
        Ok(Ok(ended)) => ended,
        Ok(Err(fault)) => {
            return Answer::failure(shared, RESUME, Exit::CannotTell, fault.to_string());
        }
        Err(answer) => return answer,
    };
    let now = state(&partner, false);
    let set = PartnerSet::new(RESUME, &args.code, now, ended.is_some(), None);
    let code = &args.code;
    match (partner.state, ended) {
        // The record is one say, the entry another.
        (State::Suspended, _) => set
            .answer(Exit::No, shared, &format!("{code} is suspended"))
            .remark("partners.toml says state = \"suspended\": take that out, and send SIGHUP"),
        (State::Active, Some(_)) => set.answer(Exit::Yes, shared, &format!("{code} is active")),
        (State::Active, None) => {
            set.answer(Exit::Yes, shared, &format!("{code} was not suspended"))
        }
    }
}

/// Whoever is named, else whose session this is.
fn who(named: Option<&String>) -> Option<String> {
    let user = || {
        let names = ["SUDO_USER", "LOGNAME", "USER"];
        names.iter().find_map(|name| text(&std::env::var(name).ok()?).ok())
    };
    named.cloned().or_else(user)
}

/// A text that says something, on one line.
fn text(words: &str) -> Result<String, String> {
    let words = words.trim();
    if words.is_empty() {
        Err("say it in words".to_owned())
    } else if words.chars().any(char::is_control) || words.chars().count() > LIMIT {
        Err(format!("write one line of {LIMIT} characters at most"))
    } else {
        Ok(words.to_owned())
    }
}

//------------ PartnerSet ----------------------------------------------------

/// What a partner is now.
#[derive(JsonSchema, Serialize)]
pub struct PartnerSet<'a> {
    /// The schema of this object.
    #[schemars(extend("enum" = [SUSPEND, RESUME]))]
    schema: &'static str,
    partner: &'a PartnerCode,
    #[schemars(extend("enum" = ["active", "suspended"]))]
    state: &'static str,
    /// Whether this command changed anything.
    changed: bool,
    /// The suspension on record; null without one.
    suspension: Option<SuspensionWords<'a>>,
}

impl<'a> PartnerSet<'a> {
    fn new(
        schema: &'static str,
        partner: &'a PartnerCode,
        state: &'static str,
        changed: bool,
        suspension: Option<&'a Suspension>,
    ) -> Self {
        let suspension = suspension.map(SuspensionWords::of);
        PartnerSet { schema, partner, state, changed, suspension }
    }

    fn answer(&self, exit: Exit, shared: &Shared, line: &str) -> Answer {
        if shared.json { Answer::json(exit, self) } else { Answer::text(exit, shown(line)) }
    }
}
