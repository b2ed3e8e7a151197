//! What the gateway stands on at home: OpenSSL, doors, disk, ledger, clock.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use super::diagnosis::{Area, Checks};
use crate::clock::Timestamp;
use crate::config::Configuration;
use crate::ledger::{Checkup, LedgerError, OpenCircuit, Suspension, checkup, is_held};
use crate::smime;

/// Free octets below which the disk is looked after, and below which nothing
/// goes on for long.
const LITTLE: u64 = 5 << 30;
const LEAST: u64 = 500 << 20;
/// The same of inodes: the ledger makes few files, what else lies there many.
const FEW: u64 = 10_000;
const FEWEST: u64 = 100;
/// Clocks of machines in step differ by less.
const STEP: Duration = Duration::from_secs(60);
/// systemd-timesyncd touches it whenever it has set the clock.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// The OpenSSL that letters are opened with.
pub fn library(accept_known_bad: bool, checks: &mut Checks) {
    let remedy = "bring libssl3 up to date: apt-get update && apt-get install libssl3";
    match smime::self_test(accept_known_bad) {
        Ok(None) => {
            let words = format!("{} passes its self-test", smime::library());
            checks.ok(Area::OpenSsl, "self-test", words);
        }
        Ok(Some(warning)) => checks.warn(Area::OpenSsl, "self-test", warning, remedy),
        Err(fault) => checks.fail(Area::OpenSsl, "self-test", fault.to_string(), remedy),
    }
}

/// Where we listen: held by a gateway that runs, or free for one.
pub fn doors(configuration: &Configuration, checks: &mut Checks) {
    let runs = match is_held(&configuration.ledger) {
        Ok(runs) => runs,
        // Said where the ledger is looked at.
        Err(_unreadable) => return,
    };
    for (name, address) in [("smtp", configuration.doors.smtp), ("http", configuration.doors.http)]
    {
        door(name, address, runs, checks);
    }
}

fn door(name: &str, address: SocketAddr, runs: bool, checks: &mut Checks) {
    let change = format!("stop what listens there, or change doors.{name}");
    match (TcpListener::bind(address), runs) {
        (Ok(_free), false) => {
            checks.ok(Area::Doors, name, format!("{address} is free, and no gateway runs"));
        }
        // Port 0 is a free one, whichever.
        (Ok(_free), true) if address.port() == 0 => {
            checks.ok(Area::Doors, name, format!("{address} is whatever was free"));
        }
        (Ok(_free), true) => checks.fail(
            Area::Doors,
            name,
            format!("a gateway runs, and nothing listens at {address}"),
            "start it again: doors change at a restart only",
        ),
        (Err(fault), true) if fault.kind() == ErrorKind::AddrInUse => {
            checks.ok(Area::Doors, name, format!("{address} is held, and a gateway runs"));
        }
        (Err(fault), false) if fault.kind() == ErrorKind::AddrInUse => {
            let words = format!("another program listens at {address}");
            checks.fail(Area::Doors, name, words, change);
        }
        (Err(fault), _) if fault.kind() == ErrorKind::PermissionDenied => checks.warn(
            Area::Doors,
            name,
            format!("this user may not open {address}"),
            "give the unit CAP_NET_BIND_SERVICE (RUNBOOK.md, \"Port 25\"), if it has it not",
        ),
        (Err(fault), _) => {
            checks.fail(Area::Doors, name, format!("{address}: {fault}"), change);
        }
    }
}

/// Room where the ledger lies, or is to lie.
pub fn disk(configuration: &Configuration, checks: &mut Checks) {
    let Some(folder) = existing(&configuration.ledger) else { return };
    let facts = match rustix::fs::statvfs(folder) {
        Ok(facts) => facts,
        Err(fault) => {
            let words = format!("{}: {fault}", folder.display());
            return checks.fail(Area::Disk, "room", words, "look at the disk");
        }
    };
    let octets = facts.f_bavail.saturating_mul(facts.f_frsize);
    let words = format!("{} MiB free at {}", octets >> 20, folder.display());
    let remedy =
        "make room: nothing is taken in on a full disk (a year of a busy partner is 100 GB)";
    match octets {
        ..LEAST => checks.fail(Area::Disk, "room", words, remedy),
        LEAST..LITTLE => checks.warn(Area::Disk, "room", words, remedy),
        LITTLE.. => checks.ok(Area::Disk, "room", words),
    }
    // Some file systems do not count them.
    if facts.f_files > 0 {
        let words = format!("{} inodes free at {}", facts.f_favail, folder.display());
        let remedy = "remove small files there, or make a file system with more inodes";
        match facts.f_favail {
            ..FEWEST => checks.fail(Area::Disk, "inodes", words, remedy),
            FEWEST..FEW => checks.warn(Area::Disk, "inodes", words, remedy),
            FEW.. => checks.ok(Area::Disk, "inodes", words),
        }
    }
}

/// The nearest folder above `path` that is there.
fn existing(path: &Path) -> Option<&Path> {
    let named = |folder: &&Path| !folder.as_os_str().is_empty();
    let above = path.ancestors().skip(1).filter(named).find(|folder| folder.exists());
    above.or(Some(Path::new(".")))
}

/// The ledger, and the clock beside its newest event.
pub fn ledger(configuration: &Configuration, now: Timestamp, checks: &mut Checks) {
    let path = &configuration.ledger;
    let newest = match checkup(path, &configuration.gateway.code) {
        Ok(found) => {
            told(&found, checks);
            lanes(&found, checks);
            found.newest
        }
        Err(LedgerError::Absent { path }) => {
            absent(&path, checks);
            None
        }
        Err(fault) => {
            checks.fail(Area::Ledger, "opens", fault.to_string(), remedy(&fault));
            None
        }
    };
    clock(newest, now, checks);
}

fn told(found: &Checkup, checks: &mut Checks) {
    let words = format!("schema {}, {} events on record", found.schema, found.events);
    checks.ok(Area::Ledger, "opens", words);
    match found.audit.faults.first() {
        None => {
            let words = format!("the last {} events follow one another", found.audit.events);
            checks.ok(Area::Ledger, "chain", words);
        }
        Some(first) => checks.fail(
            Area::Ledger,
            "chain",
            format!("{first} ({} in all)", found.audit.faults.len()),
            "stop the gateway, keep this ledger as evidence, and restore the last good copy",
        ),
    }
}

/// Partners that are left alone, and those that do not answer.
fn lanes(found: &Checkup, checks: &mut Checks) {
    for Suspension { partner, since, reason, who } in &found.suspensions {
        let who = who.as_deref().map(|who| format!(" by {who}")).unwrap_or_default();
        let words = format!(
            "suspended{who} since {since}: {} ({}); its deliveries wait",
            reason.words, reason.code
        );
        let remedy = format!("once the reason is gone: certpost partner resume {partner}");
        checks.warn(Area::Lanes, partner.to_string(), words, remedy);
    }
    for OpenCircuit { destination, opened, reason } in &found.circuits {
        let words = format!(
            "not reached since {}, tried again at {}: {}",
            opened.since, opened.again_at, reason.words
        );
        let remedy = "look at the way there; certpost partner show CODE says who waits for it";
        checks.warn(Area::Lanes, destination.clone(), words, remedy);
    }
    for (partner, letters) in &found.unanswered {
        let words = format!("{letters} letters were handed over, and no receipt has come in time");
        let remedy = "ask the partner whether its gateway runs; certpost trace NUMBER has their server's words";
        checks.warn(Area::Lanes, partner.to_string(), words, remedy);
    }
    if found.suspensions.is_empty() && found.circuits.is_empty() && found.unanswered.is_empty() {
        checks.ok(Area::Lanes, "partners", "nobody is suspended, unreached or overdue");
    }
}

fn absent(path: &Path, checks: &mut Checks) {
    let Some(folder) = existing(path) else { return };
    let words = format!("there is no ledger at {} yet", path.display());
    if rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err() {
        let words = format!("{words}, and {} is not ours to write in", folder.display());
        let remedy = "let the service's user write there, or correct ledger.url";
        return checks.fail(Area::Ledger, "opens", words, remedy);
    }
    let remedy = "none, if this gateway has never run: it makes one; else correct ledger.url";
    checks.warn(Area::Ledger, "opens", words, remedy);
}

/// What an operator does about a ledger that does not open.
fn remedy(fault: &LedgerError) -> &'static str {
    match fault {
        LedgerError::NewerSchema { .. } => "run the version of certpost that wrote it",
        LedgerError::OlderSchema { .. } => {
            "start `certpost run` of this version: it changes the ledger, so keep a copy first"
        }
        LedgerError::OtherGateway { .. } => "correct ledger.url, or gateway.code",
        LedgerError::Damaged { .. } => "keep it as evidence, and restore the last good copy",
        LedgerError::Octets { .. } | LedgerError::Sql(_) => {
            "look at the disk, at who owns the file and its folder, and at who holds it"
        }
        LedgerError::Absent { .. }
        | LedgerError::Closed
        | LedgerError::Fenced
        | LedgerError::HeldElsewhere { .. }
        | LedgerError::Impossible(_)
        | LedgerError::NotCommitted(_)
        | LedgerError::NotWaiting
        | LedgerError::RunOnly
        | LedgerError::Slow
        | LedgerError::Unknown { .. }
        | LedgerError::Unsafe => "try again; if it stays, report it",
    }
}

/// The machine's clock: what signs and judges dates has to know the day.
fn clock(newest: Option<Timestamp>, now: Timestamp, checks: &mut Checks) {
    if let Some(newest) = newest.filter(|newest| *newest > now.plus(STEP)) {
        let words = format!("it is {now} here, and the ledger has an event of {newest}");
        let remedy = "set the clock and keep it in step (systemd-timesyncd, chrony)";
        return checks.fail(Area::Clock, "time", words, remedy);
    }
    let step = match Path::new(SYNCHRONISED).exists() {
        true => "systemd-timesyncd keeps it in step",
        false => "whether it is kept in step cannot be seen from here: timedatectl tells",
    };
    let after = if newest.is_some() { ", not before the newest event" } else { "" };
    checks.ok(Area::Clock, "time", format!("it is {now}{after}; {step}"));
}
