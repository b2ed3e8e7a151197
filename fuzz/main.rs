//! One program with every fuzz target in it; `CERTPOST_FUZZ` names the one to
//! run, and its arguments are libFuzzer's.
//!
//! The rooms are compiled into it from where they stand, and not the whole
//! program with its broker, its ledger and its TLS: they are pure, so that
//! they can be.

#![no_main]
// A room has more doors than the targets go through; how it is written is
// judged where it belongs.
#![allow(dead_code, unused_imports, clippy::enum_variant_names)]

#[path = "../src/certificate/mod.rs"]
mod certificate;
#[path = "../src/clock.rs"]
mod clock;
#[path = "../src/delivery/mod.rs"]
mod delivery;
#[path = "../src/letter/mod.rs"]
mod letter;
#[path = "../src/partner/mod.rs"]
mod partner;
#[path = "../src/receipt/mod.rs"]
mod receipt;
#[path = "../src/refusal.rs"]
mod refusal;
#[path = "../src/smime/mod.rs"]
mod smime;
#[path = "../src/sps/mod.rs"]
mod sps;
#[path = "../src/submission/mod.rs"]
mod submission;
mod targets;

use std::sync::OnceLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use rustix::time::{ClockId, clock_gettime};

use targets::mutate::mutate;
use targets::{TARGETS, Target};

/// The most processor time that one input may cost, in milliseconds.
const MOST_MS: i64 = 1_000;

fuzz_target!(|octets: &[u8]| {
    let before = spent_ms();
    (chosen().run)(octets);
    let spent = spent_ms() - before;
    assert!(spent <= MOST_MS, "{} octets cost {spent} ms of a processor", octets.len());
});

fuzz_mutator!(|octets: &mut [u8], size: usize, most: usize, seed: u32| {
    mutate(octets, size, most, seed, fuzzer_mutate)
});

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&'static Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("CERTPOST_FUZZ").unwrap_or_default();
        TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            panic!("CERTPOST_FUZZ is '{name}'; set it to one of {}", names.join(", "))
        })
    })
}

/// What this thread has cost so far: another program on the same processor
/// does not count.
fn spent_ms() -> i64 {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    spent.tv_sec * 1_000 + spent.tv_nsec / 1_000_000
}
