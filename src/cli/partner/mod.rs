//! `certpost partner`: the partners of partners.toml, and who is set aside.
//!
//! - `list`, `show`: what the entries say, and what is on record beside;
//! - `suspend`: set aside and taken back, with a reason and who did it.

pub mod list;
pub mod show;
pub mod software;
pub mod suspend;
mod words;

use crate::cli::trace;
use crate::cli::{Answer, Exit, Shared};
use crate::config::{Configuration, Keys};
use crate::ledger::{LaneAccount, LedgerError, OpenCircuit};
use crate::partner::{Partner, PartnerCode};

/// The partners of partners.toml.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// One line for each partner.
    List,
    /// All that is known of one partner.
    Show(show::Args),
    /// Let a partner's deliveries wait, until it is resumed.
    Suspend(suspend::Args),
    /// Let a suspended partner's deliveries go.
    Resume(suspend::ResumeArgs),
}

/// Does what was asked about partners.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    match &args.command {
        Command::List => list::run(shared),
        Command::Show(args) => show::run(args, shared),
        Command::Suspend(args) => suspend::suspend(args, shared),
        Command::Resume(args) => suspend::resume(args, shared),
    }
}

//------------ Record --------------------------------------------------------

/// What is on record of the lanes.
#[derive(Debug, Default)]
struct Record {
    lanes: Vec<LaneAccount>,
    circuits: Vec<OpenCircuit>,
}

impl Record {
    /// Reads it from the configured ledger. One that is not there yet has
    /// nothing to tell; of one that cannot be read the fault is told.
    fn read(configuration: &Configuration) -> Result<(Record, Option<String>), Answer> {
        let read = crate::cli::wait_for(async {
            let ledger = trace::open(configuration)?;
            Ok(Record { lanes: ledger.lanes().await?, circuits: ledger.circuits().await? })
        })?;
        match read {
            Ok(record) => Ok((record, None)),
            Err(LedgerError::Absent { .. }) => Ok((Record::default(), None)),
            Err(fault) => {
                let words = format!("what is on record is not shown: {fault}");
                Ok((Record::default(), Some(words)))
            }
        }
    }

    fn lane(&self, code: &PartnerCode) -> Option<&LaneAccount> {
        self.lanes.iter().find(|lane| lane.partner == *code)
    }

    /// The circuit that keeps letters from `partner`, if one is open.
    fn circuit(&self, partner: &Partner) -> Option<&OpenCircuit> {
        self.lane(&partner.code).filter(|lane| lane.is_cut_off)?;
        let destination = partner.destination();
        let own = format!("{destination} {}", partner.code);
        self.circuits
            .iter()
            .find(|circuit| circuit.destination == destination || circuit.destination == own)
    }
}

/// The configuration and the partner of that code, or the answer that there
/// is none.
fn known(
    code: &PartnerCode,
    shared: &Shared,
    schema: &str,
) -> Result<(Configuration, Partner), Answer> {
    let configuration = crate::cli::configuration(shared, schema, Keys::Left)?;
    match configuration.partner(code).cloned() {
        Some(partner) => Ok((configuration, partner)),
        None => {
            let words = format!("there is no partner {code}; see certpost partner list");
            Err(Answer::failure(shared, schema, Exit::Absent, words))
        }
    }
}
