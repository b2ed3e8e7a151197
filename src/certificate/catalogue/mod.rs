//! Every code that a finding may bear: what it means, and what to do about it.
//!
//! The catalogue is closed and generated into the documentation
//! (`queue-config/CODES.md`) and into `certpost check --explain`. A code is
//! never given another meaning, and never taken away; new ones are added. The
//! rows stand in [`codes`].

mod codes;

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::refusal;
pub use codes::Code;

impl Code {
    /// The code called `name`, those of gate 9 included.
    pub fn named(name: &str) -> Option<Code> {
        let gate = refusal::Code::ALL.iter().filter(|code| code.gate() == GATE);
        let mut all = Code::ALL.iter().copied().chain(gate.copied().map(Code::Gate));
        all.find(|code| code.as_str() == name)
    }

    /// Whether it is about a letter and the certificate in it not saying the
    /// same.
    pub fn is_of_letter(self) -> bool {
        self.as_str().starts_with("letter.")
    }

    /// Whether it is about a submission as JSON, and not about what it says.
    pub fn is_of_submission(self) -> bool {
        self.as_str().starts_with("submission.")
    }
}

/// The gate that judges XML as such.
const GATE: u8 = 9;

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("FindingCode")
    }

    /// A form, no list: codes are added, and a reader of today must bear it.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What it is: a code of the catalogue (CODES.md), to which codes are only ever added.",
            "type": "string",
            "pattern": "^[a-z-]+([.:][a-z-]+)?$",
        })
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sorted_and_says_something() {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
        for code in Code::ALL {
            assert!(code.meaning().ends_with('.') && code.remedy().ends_with('.'), "{code}");
            assert_eq!(Code::named(code.as_str()), Some(*code));
        }
        assert_eq!(Code::named("xml.pi"), Some(Code::Gate(refusal::Code::XmlPi)));
        assert_eq!(Code::named("octets.nul"), None);
    }
}
