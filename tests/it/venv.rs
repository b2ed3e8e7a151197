//! A Python environment with what peers need and Debian does not have.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Its Python; None where pip cannot make it. Made once, kept in `target/`.
pub fn python() -> Option<&'static str> {
    static PYTHON: OnceLock<Option<String>> = OnceLock::new();
    let make = || {
        let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/as1");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/as1.sh");
        let made = Command::new(script).arg(folder).stdin(Stdio::null()).output().unwrap();
        made.status.success().then(|| format!("{folder}/bin/python"))
    };
    PYTHON.get_or_init(make).as_deref()
}
