//! Configuration: certpost.toml, partners.toml and the files they name.
//!
//! Bytes become the real thing once, here: a [`Configuration`] holds parsed
//! keys, addresses and clocks, and nothing downstream checks them again. All
//! faults are found in one reading and listed together, each with its file,
//! its key and its remedy, because an operator mends a file in one go.
//!
//! - [`faults`]: the list of what is wrong.
//! - [`section`]: one TOML table being read: takes keys out, reports the rest.
//! - [`units`]: durations and sizes as people write them.
//! - [`overrides`]: the environment's say.
//! - [`files`]: certificates, keys and secrets, and who may read them.
//! - [`gateway`]: certpost.toml; [`doors`] and `queue`: two of its tables;
//!   [`identity`] and [`producer`]: its lists.
//! - [`partners`]: partners.toml; `dialect`: how a partner's documents are written.
//!
//! - [`endings`]: until when its keys are of use.
//!
//! It never writes, never opens a connection, and never logs.

mod dialect;
pub mod doors;
mod endings;
pub mod faults;
pub mod files;
pub mod gateway;
pub mod identity;
pub mod overrides;
pub mod partners;
pub mod producer;
mod queue;
pub mod section;
pub mod units;

use std::env;
use std::path::{Path, PathBuf};

pub use doors::Doors;
pub use endings::{Ending, KeyUse};
pub use faults::{Fault, Faults};
pub use gateway::{Configuration, Gateway};
pub use identity::{IdentityEntry, IdentityPair};
pub use producer::Producer;

use crate::letter::Environment;

/// Where a configuration is looked for when nothing names one.
const LOCAL: &str = "certpost.toml";
const PACKAGED: &str = "/etc/certpost/certpost.toml";

/// Whether the private keys are read as well.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Keys {
    /// Not needed: reading the ledger or the partners' list works for people
    /// who may not read keys.
    Left,
    /// Read, and refused if others may read them.
    Read,
}

impl Configuration {
    /// Reads the configuration with its keys.
    ///
    /// `explicit` is `--config`; else `$CERTPOST_CONFIG`, else
    /// `./certpost.toml`, else the packaged file.
    pub fn load(explicit: Option<&Path>) -> Result<Configuration, Faults> {
        Self::load_with(explicit, Keys::Read)
    }

    /// Reads the configuration, with or without the private keys.
    pub fn load_with(explicit: Option<&Path>, keys: Keys) -> Result<Configuration, Faults> {
        gateway::read(&find(explicit), keys)
    }
}

/// Whether a gateway is for training, whatever else is wrong with its
/// configuration; without one, it is not. What is shown and printed is marked
/// by it, and a mark must not be missing for a fault elsewhere.
pub fn environment(explicit: Option<&Path>) -> Environment {
    if let Ok(configuration) = Configuration::load_with(explicit, Keys::Left) {
        return configuration.gateway.environment;
    }
    let text = std::fs::read_to_string(find(explicit)).unwrap_or_default();
    let table: toml::Table = text.parse().unwrap_or_default();
    let written = table.get("gateway").and_then(|gateway| gateway.get("environment"));
    let written = written.and_then(toml::Value::as_str).map(str::to_owned);
    let said = env::var("CERTPOST_GATEWAY__ENVIRONMENT").ok().or(written);
    match said.as_deref() {
        Some("training") => Environment::Training,
        Some(_) | None => Environment::Live,
    }
}

/// The file that [`Configuration::load`] reads.
pub fn find(explicit: Option<&Path>) -> PathBuf {
    if let Some(path) = explicit {
        return path.to_owned();
    }
    if let Some(path) = env::var_os("CERTPOST_CONFIG").filter(|path| !path.is_empty()) {
        return path.into();
    }
    let local = PathBuf::from(LOCAL);
    let packaged = PathBuf::from(PACKAGED);
    if !local.exists() && packaged.exists() { packaged } else { local }
}
