//! What a delivery and a letter taken in are known by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, schemars::JsonSchema)]
        #[schemars(extend("format" = "uuid"))]
        pub struct $name(#[schemars(with = "String")] Uuid);

        impl $name {
            /// The identity that `uuid` is.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                $name(uuid)
            }

            /// The UUID (RFC 9562, section 5.7).
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text)
                    .map($name)
                    .map_err(|source| KeyError { what: $what, source })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

key! {
    /// A delivery: a UUID of version 7, so that a later one sorts later.
    DeliveryId, "delivery"
}

key! {
    /// A letter taken in: a UUID of version 7, made when it was written down.
    LetterId, "letter"
}

//------------ KeyError ------------------------------------------------------

/// A text that is no UUID; whoever typed it mends it.
#[derive(Debug, thiserror::Error)]
#[error("this is no {what}'s id; write a UUID, as trace shows it")]
pub struct KeyError {
    what: &'static str,
    #[source]
    source: uuid::Error,
}
