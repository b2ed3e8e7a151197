//! The commands of this very program, run as a person would run them in the
//! demo's folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A command line, and what came of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// As it can be typed in the demo's folder.
    pub line: String,
    /// Its exit code; absent if a signal ended it.
    pub exit: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
}

/// `certpost`, as it lies in the demo's folder.
#[derive(Clone, Debug)]
pub struct Tool {
    ground: PathBuf,
}

impl Tool {
    /// The one in `ground`.
    pub fn at(ground: &Path) -> Tool {
        Tool { ground: ground.to_owned() }
    }

    /// Runs `certpost` with the configuration in the folder `of`.
    pub fn ask(&self, of: &str, arguments: &[&str]) -> std::io::Result<Asked> {
        let configuration = format!("{of}/certpost.toml");
        let ran = Command::new(self.ground.join("certpost"))
            .args(["--config", &configuration])
            .args(arguments)
            .current_dir(&self.ground)
            .env_remove("CERTPOST_CONFIG")
            .output()?;
        Ok(Asked {
            line: line(of, arguments),
            exit: ran.status.code(),
            out: ran.stdout,
            err: String::from_utf8_lossy(&ran.stderr).into_owned(),
        })
    }
}

/// The command line, as it can be typed in the demo's folder.
pub fn line(of: &str, arguments: &[&str]) -> String {
    format!("./certpost --config {of}/certpost.toml {}", arguments.join(" "))
}
