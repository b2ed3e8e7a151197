//! What a certificate is known by: issuing country, type and number.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

//------------ CountryCode ---------------------------------------------------

/// Two capital letters, as ISO 3166-1 alpha-2 has them (`BV`), and `XI`, `XK`.
///
/// The form only: whether the code is on the current list is a finding on the
/// certificate that bears it, so that a received one can still be named.
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[schemars(extend("pattern" = "^[A-Z]{2}$"))]
#[serde(transparent)]
pub struct CountryCode(String);

impl CountryCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CountryCode {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_uppercase()) {
            Ok(CountryCode(text.to_owned()))
        } else {
            Err(NumberError::new("country code", text, "two capital letters, as BV"))
        }
    }
}

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

//------------ DocumentType --------------------------------------------------

/// A document name code of UN/CEFACT list 1001: `851`, `657`, `636` ...
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[schemars(extend("pattern" = "^[0-9]{1,3}$"))]
#[serde(transparent)]
pub struct DocumentType(String);

impl DocumentType {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DocumentType {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if (1..=3).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit()) {
            Ok(DocumentType(text.to_owned()))
        } else {
            Err(NumberError::new("document type", text, "one to three digits, as 851"))
        }
    }
}

impl<'de> Deserialize<'de> for DocumentType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

//------------ Status --------------------------------------------------------

/// A status code of UN/CEFACT list 4405: `70` issued, `40` withdrawn ...
#[derive(Clone, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[schemars(extend("pattern" = "^[0-9]{1,3}$"))]
#[serde(transparent)]
pub struct Status(String);

impl Status {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this ends a certificate: withdrawn (40) or replaced (44).
    pub fn is_ending(&self) -> bool {
        matches!(self.0.as_str(), "40" | "44")
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Status {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if (1..=3).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit()) {
            Ok(Status(text.to_owned()))
        } else {
            Err(NumberError::new("status", text, "one to three digits, as 70"))
        }
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

//------------ CertificateId -------------------------------------------------

/// `<issuing country>/<type>/<number>`, as `BV/851/BV-PC-2026-0004711`.
///
/// The number is kept as written; [`CertificateId::folded_number`] is for
/// looking it up.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CertificateId {
    pub country: CountryCode,
    pub document_type: DocumentType,
    number: String,
}

impl CertificateId {
    /// The longest number taken, in octets of UTF-8.
    ///
    /// With country, type and two strokes it makes 255, the most that an AMQP
    /// short string holds, and the identity is published as one.
    pub const NUMBER_LIMIT: usize = 248;

    /// An identity from its parts.
    ///
    /// The number is 1 to 248 octets without control characters.
    pub fn new(
        country: CountryCode,
        document_type: DocumentType,
        number: &str,
    ) -> Result<Self, NumberError> {
        if number.is_empty()
            || number.len() > Self::NUMBER_LIMIT
            || number.chars().any(char::is_control)
        {
            return Err(NumberError::new(
                "certificate number",
                number,
                "1 to 248 octets, no control characters",
            ));
        }
        Ok(CertificateId { country, document_type, number: number.to_owned() })
    }

    /// The number, exactly as it was written.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The number as it is looked up: see [`fold`].
    pub fn folded_number(&self) -> String {
        fold(&self.number)
    }
}

impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.country, self.document_type, self.number)
    }
}

impl FromStr for CertificateId {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default();
        let (country, document_type, number) = (part(), part(), part());
        CertificateId::new(country.parse()?, document_type.parse()?, number)
    }
}

impl<'de> Deserialize<'de> for CertificateId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for CertificateId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number as people type it from paper: letters and digits only, lower case.
///
/// Two numbers that fold alike are still two numbers; a look-up lists both.
pub fn fold(number: &str) -> String {
    let folded: String =
        number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if folded.is_empty() { number.to_owned() } else { folded }
}

//------------ NumberError ---------------------------------------------------

/// A text that is not what its place wants; whoever wrote it mends it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{text}' is no {what}; write {wanted}")]
pub struct NumberError {
    what: &'static str,
    text: String,
    wanted: &'static str,
}

impl NumberError {
    fn new(what: &'static str, text: &str, wanted: &'static str) -> Self {
        let text = text.chars().take(60).flat_map(char::escape_default).collect();
        NumberError { what, text, wanted }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_fits_a_short_string() {
        let made = |number: &str| {
            CertificateId::new("BV".parse().unwrap(), "851".parse().unwrap(), number)
        };
        let longest = made(&"9".repeat(CertificateId::NUMBER_LIMIT)).unwrap();
        assert_eq!(longest.to_string().len(), 255);
        assert!(made(&"9".repeat(CertificateId::NUMBER_LIMIT + 1)).is_err());
        assert!(made("").is_err() && made("a\nb").is_err());
    }

    #[test]
    fn a_number_is_found_as_people_type_it() {
        assert_eq!(fold("BV-PC 2026/0004711"), "bvpc20260004711");
        assert_eq!(fold("--"), "--");
    }
}
