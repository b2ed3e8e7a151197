//! What is wrong with a configuration: all of it, at once.

use std::fmt;
use std::path::{Path, PathBuf};

//------------ Fault ---------------------------------------------------------

/// One thing wrong, and what to do about it. The operator mends it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    pub file: PathBuf,
    /// As it stands in the file: `gateway.address`, `partner[2].seal.content`.
    pub key: String,
    pub words: String,
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.display())?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.words, self.remedy)
    }
}

//------------ Faults --------------------------------------------------------

/// Everything wrong with a configuration, in the order of the files.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Faults {
    list: Vec<Fault>,
}

impl Faults {
    /// Adds one.
    pub fn add(
        &mut self,
        file: &Path,
        key: impl Into<String>,
        words: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.list.push(Fault {
            file: file.to_owned(),
            key: key.into(),
            words: words.into(),
            remedy: remedy.into(),
        });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Each fault.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.list.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.list.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
