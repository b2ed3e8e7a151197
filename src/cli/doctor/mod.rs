//! `certpost doctor`: whether everything that a gateway stands on is in order.
//!
//! Each part asks one room for facts and says what they mean; nothing is
//! changed, and every wait for somebody outside has an end.
//!
//! - [`diagnosis`]: checks, their verdicts, and how they are shown;
//! - [`files`]: the configuration, and who may read its secrets;
//! - [`keys`]: our identities and the partners' keys, pins, anchors and CRLs;
//! - [`house`]: OpenSSL, doors, disk, ledger, clock;
//! - [`broker`]: the queues and their policies;
//! - [`routes`]: the way to each partner.
//!
//! Never here: a protocol, SQL, a repair.

pub mod broker;
pub mod diagnosis;
pub mod files;
pub mod house;
pub mod keys;
pub mod routes;

use diagnosis::{Area, Checks, Diagnosis};

use super::{Answer, Exit, Shared};
use crate::clock::Clock;
use crate::config::{Configuration, Keys};

/// Say what keeps the gateway from working, or soon will, with the remedy.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Looks at everything; exit 1 if anything fails.
pub fn run(_args: &Args, shared: &Shared) -> Answer {
    let checks = match super::wait_for(examine(shared)) {
        Ok(checks) => checks,
        Err(answer) => return answer,
    };
    let diagnosis = Diagnosis::of(checks);
    let exit = if diagnosis.ok() { Exit::Yes } else { Exit::No };
    match shared.json {
        true => Answer::json(exit, &diagnosis),
        false => Answer::text(exit, diagnosis.lines(shared.paint).join("\n")),
    }
}

async fn examine(shared: &Shared) -> Checks {
    let now = Clock::system().now();
    let mut checks = Checks::default();
    // The keys are read apart, so that a fault in one hides nothing else.
    let file = shared.config.as_deref();
    let configuration = match Configuration::load_with(file, Keys::Left) {
        Ok(configuration) => configuration,
        Err(faults) => {
            files::faults(&faults, &mut checks);
            house::library(false, &mut checks);
            return checks;
        }
    };
    files::configuration(&configuration, &mut checks);
    keys::ours(&configuration, now, &mut checks);
    keys::theirs(&configuration, now, &mut checks);
    files::as_run_reads_it(file, &mut checks);
    house::library(configuration.gateway.accept_known_bad_openssl, &mut checks);
    house::doors(&configuration, &mut checks);
    house::disk(&configuration, &mut checks);
    house::ledger(&configuration, now, &mut checks);
    let (broker, routes) =
        futures_util::join!(broker::examine(&configuration), routes::examine(&configuration));
    checks.extend(broker);
    checks.extend(routes);
    checks
}

/// Our errors read `what is wrong; what to do`.
fn split(words: &str) -> (&str, &str) {
    words.split_once("; ").unwrap_or((words, "mend it"))
}

/// Fails with an error of ours, which names its remedy.
fn fail(checks: &mut Checks, area: Area, name: impl Into<String>, words: &str) {
    let (words, remedy) = split(words);
    checks.fail(area, name, words, remedy);
}
