//! Mailbox addresses, as they stand in envelopes and in our headers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

//------------ Address -------------------------------------------------------

/// A bare `local-part@domain` (RFC 5321, section 4.1.2), ASCII only.
///
/// The local part is a Dot-string: quoted local parts, address literals and
/// SMTPUTF8 are not offered. Compared with the domain folded and the local
/// part as written.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Address {
    local: String,
    domain: String,
}

impl Address {
    /// The part before the `@`.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain, in lower case.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether both name the same mailbox, case of the local part aside, as
    /// the receiver of a letter compares (WIRE: both parts without case).
    pub fn same_mailbox(&self, other: &Address) -> bool {
        self.domain == other.domain && self.local.eq_ignore_ascii_case(&other.local)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || AddressError {
            text: text.chars().take(80).flat_map(char::escape_default).collect(),
        };
        let (local, domain) = text.rsplit_once('@').ok_or_else(fault)?;
        let atom =
            |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet);
        let local_good = local.len() <= 64
            && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
        let label_good = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
        };
        // RFC 5321, section 4.5.3.1: 64 octets and 255; a path has 256 with its brackets.
        if local_good && domain.split('.').all(label_good) && text.len() <= 254 {
            Ok(Address { local: local.to_owned(), domain: domain.to_ascii_lowercase() })
        } else {
            Err(fault())
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

//------------ AddressError --------------------------------------------------

/// A text that is no address; whoever wrote it mends it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{text}' is no mailbox address; write it bare and in ASCII, as push@ecert.bv.example")]
pub struct AddressError {
    text: String,
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, good: bool) {
        assert_eq!(text.parse::<Address>().is_ok(), good, "{text:?}");
    }

    #[test]
    fn forms() {
        for text in ["push@ecert.bv.example", "a.b+c@x", "A@B.C"] {
            check(text, true);
        }
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b\r\nRCPT TO:<x@y>",
            "a..b@c",
            ".a@c",
            "a@-b",
            "a@b..c",
            "\"a\"@b",
            "a@[127.0.0.1]",
            "<a@b>",
            "ä@b",
            "a@b\0",
        ] {
            check(text, false);
        }
    }

    #[test]
    fn compares_the_domain_without_case() {
        let one: Address = "push@Ecert.BV.example".parse().unwrap();
        let two: Address = "push@ecert.bv.example".parse().unwrap();
        let three: Address = "PUSH@ecert.bv.example".parse().unwrap();
        assert_eq!(one, two);
        assert_ne!(two, three);
        assert!(two.same_mailbox(&three));
    }
}
