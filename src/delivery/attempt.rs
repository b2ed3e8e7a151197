//! Attempts: one SMTP transaction each, and what it came to.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident $text:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, schemars::JsonSchema)]
        pub enum $name { $($(#[$variant_doc])* #[schemars(rename = $text)] $variant,)+ }

        impl $name {
            /// Every member, in the order of the contract.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The member as the contracts write it.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = NotOnList;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|member| member.as_str() == text)
                    .ok_or_else(|| NotOnList::new(stringify!($name), text))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use closed_list;

closed_list! {
    /// What an attempt came to.
    Verdict:
    /// Their server said 2xx to the final dot: it has the letter.
    HandedOver "handed-over",
    /// Not now; the same octets again at a later time.
    Deferred "deferred",
    /// Never: their server said 5yz to this letter.
    Refused "refused",
    /// The final dot was sent and no reply came: they may have it or not.
    InDoubt "in-doubt",
}

closed_list! {
    /// How far an SMTP transaction has come (RFC 5321, section 3).
    Phase:
    Connect "connect",
    Ehlo "ehlo",
    Starttls "starttls",
    Auth "auth",
    Mail "mail",
    Rcpt "rcpt",
    Data "data",
    EndOfData "end-of-data",
}

//------------ Reply ---------------------------------------------------------

/// One reply of the other side, literally.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Reply {
    pub phase: Phase,
    /// The three digits (RFC 5321, section 4.2); 0 if what came is no reply,
    /// or not the whole of one.
    #[schemars(range(min = 0, max = 599))]
    pub code: u16,
    /// The whole reply, code and all, lines parted by `\n`, control
    /// characters escaped.
    pub text: String,
}

//------------ NotOnList -----------------------------------------------------

/// A text that is no member of a closed list: a ledger or file that a newer
/// version wrote, or damage.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{text}' is no {list} of this version")]
pub struct NotOnList {
    pub(crate) list: &'static str,
    pub(crate) text: String,
}

impl NotOnList {
    /// A `text` that does not stand on `list`.
    pub(crate) fn new(list: &'static str, text: &str) -> Self {
        NotOnList { list, text: text.chars().take(40).collect() }
    }
}
