//! The certificate as UN/CEFACT SPS XML.
//!
//! - [`octets`]: what may be read, and what is to be sent;
//! - [`gate`]: the strict check before anything is read;
//! - `name`: names and the namespaces that mean something to us;
//! - [`read`]: octets to a certificate, with findings;
//! - `bare`: the tokenizer alone, for a bench to compare with;
//! - `places`: where elements stand, for findings made after the reading;
//! - [`canon`]: what the schema has no place for, kept;
//! - [`write`]: a certificate to octets, always the same ones.
//!
//! It knows no key, no letter and no partner, fetches nothing, and is the only
//! room that holds an XML library.

mod bare;
mod canon;
pub mod gate;
mod name;
pub mod octets;
mod places;
pub mod read;
pub mod write;

pub use crate::certificate::profile::{Dates, ReferenceDate, WriteOptions};
pub use bare::bare_pass;
pub use gate::gate;
pub use octets::{SpsOctets, SpsXml};
pub use places::{Empty, empties, locate};
pub use read::{Reading, Unsaid, read, read_document};
pub use write::{write, write_document};

/// The namespace of an acknowledgement, `SPSAcknowledgement` and its child.
pub const ACK: &str = "urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17";
/// The namespace of the root and its two children.
pub const RSM: &str = "urn:un:unece:uncefact:data:standard:SPSCertificate:17";
/// The namespace of everything below them.
pub const RAM: &str =
    "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21";
/// The namespace of the leaves of dates and indicators.
pub const UDT: &str = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:21";
