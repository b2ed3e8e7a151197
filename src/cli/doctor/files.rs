//! The configuration, and who may read its secrets.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::diagnosis::{Area, Checks};
use super::fail;
use crate::config::files::check_secret;
use crate::config::{Configuration, Faults, Keys};

/// A configuration that cannot be used: each fault.
pub fn faults(faults: &Faults, checks: &mut Checks) {
    for fault in faults.iter() {
        let file = fault.file.display();
        let name = if fault.key.is_empty() { file.to_string() } else { fault.key.clone() };
        let words = format!("{file}: {}", fault.words);
        checks.fail(Area::Configuration, name, words, &*fault.remedy);
    }
}

/// A configuration that can be read, and its secrets.
pub fn configuration(configuration: &Configuration, checks: &mut Checks) {
    let partners = configuration.partners.len();
    let words = format!("{}; partners: {partners}", configuration.file.display());
    checks.ok(Area::Configuration, "reads", words);
    for notice in &configuration.notices {
        let (words, remedy) =
            notice.rsplit_once("; ").unwrap_or((notice, "see certpost.toml's own words on it"));
        checks.warn(Area::Configuration, "notice", words, remedy);
    }
    for entry in &configuration.identities {
        for (key, file) in entry.secrets() {
            secret(format!("{}.{key}", entry.place), file, checks);
        }
    }
    if let Some(pair) = &configuration.doors.smtp_tls {
        secret("doors.smtp_key".to_owned(), &pair.key_file, checks);
    }
    whose(configuration, checks);
}

/// What `run` would find and nothing here has found.
pub fn as_run_reads_it(file: Option<&Path>, checks: &mut Checks) {
    if checks.failed(&[Area::Files, Area::Keys]) {
        return;
    }
    if let Err(found) = Configuration::load_with(file, Keys::Read) {
        faults(&found, checks);
    }
}

fn secret(name: String, file: &Path, checks: &mut Checks) {
    match check_secret(file) {
        Ok(()) => {
            checks.ok(Area::Files, name, format!("{} is readable by us alone", file.display()));
        }
        Err(words) => fail(checks, Area::Files, name, &words),
    }
}

/// Owners and permissions are judged for the user who asks: it has to be the
/// one whom the gateway runs as.
fn whose(configuration: &Configuration, checks: &mut Checks) {
    let us = rustix::process::geteuid().as_raw();
    let Ok(facts) = std::fs::metadata(&configuration.ledger) else { return };
    if facts.uid() != us {
        let owner = facts.uid();
        let words = format!("the ledger belongs to user {owner}, and this is user {us}");
        let remedy = format!("run doctor as user {owner}: what it says of files is about {us}");
        checks.warn(Area::Files, "user", words, remedy);
    }
}
