//! The code by which a partner, and we ourselves, are known.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

//------------ PartnerCode ---------------------------------------------------

/// The short name of a gateway: `[A-Z][A-Z0-9-]{1,15}`, as `BV` or `HM-FISH`.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[schemars(extend("pattern" = "^[A-Z][A-Z0-9-]{1,15}$"))]
#[serde(transparent)]
pub struct PartnerCode(String);

impl PartnerCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PartnerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PartnerCode {
    type Err = PartnerCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let octets = text.as_bytes();
        let first = octets.first().is_some_and(u8::is_ascii_uppercase);
        let rest = octets
            .iter()
            .skip(1)
            .all(|octet| octet.is_ascii_uppercase() || octet.is_ascii_digit() || *octet == b'-');
        if first && rest && (2..=16).contains(&octets.len()) {
            Ok(PartnerCode(text.to_owned()))
        } else {
            Err(PartnerCodeError { text: text.chars().take(40).collect() })
        }
    }
}

impl<'de> Deserialize<'de> for PartnerCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

//------------ PartnerCodeError ----------------------------------------------

/// A text that is no partner code; whoever wrote it mends it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{text}' is no partner code; write 2 to 16 of A-Z, 0-9 and -, a letter first, as HM")]
pub struct PartnerCodeError {
    text: String,
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, good: bool) {
        assert_eq!(text.parse::<PartnerCode>().is_ok(), good, "{text:?}");
    }

    #[test]
    fn pattern() {
        for text in ["BV", "HM-FISH", "A0", "ABCDEFGHIJKLMNOP"] {
            check(text, true);
        }
        for text in ["", "B", "bv", "0B", "-B", "B V", "ÄB", "ABCDEFGHIJKLMNOPQ"] {
            check(text, false);
        }
    }
}
