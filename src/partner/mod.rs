//! Partners: the agencies abroad that we push to and take in from.
//!
//! A [`Partner`] is one entry of partners.toml, parsed: who it is, which
//! countries it speaks for, the way to its mailbox and what its software can
//! read. Pure: it knows no file and no connection.
//!
//! - [`code`]: the short name. - [`route`]: the way there and its proof.
//! - [`routing`]: which partners a certificate concerns.
//! - [`asks`]: what of a certificate they would refuse.

pub mod asks;
pub mod code;
pub mod route;
pub mod routing;

pub use asks::Form;
pub use code::PartnerCode;
pub use route::{Route, TlsPolicy, TlsProof};
use zeroize::Zeroizing;

use crate::certificate::number::{CountryCode, DocumentType};
use crate::certificate::profile::{Profile, WriteOptions};
use crate::letter::{Address, Headers};
use crate::smime::{SealProfile, Trust};

//------------ Partner -------------------------------------------------------

/// An agency abroad, as partners.toml has it.
#[derive(Clone, Debug)]
pub struct Partner {
    pub code: PartnerCode,
    pub name: String,
    /// The countries it speaks for: imports to them go to it, certificates of
    /// them come from it.
    pub countries: Vec<CountryCode>,
    /// The document types agreed; absent is all.
    pub types: Option<Vec<DocumentType>>,
    /// Whether it also wants what only passes through its countries.
    pub transit: bool,
    pub address: Address,
    /// From addresses of what it sends, beside `address`.
    pub senders: Vec<Address>,
    pub route: Route,
    pub tls: TlsPolicy,
    pub credentials: Option<Credentials>,
    /// Whether the route is a relay of our own.
    pub relay: bool,
    /// How many connections at most, at once.
    pub connections: usize,
    pub receipt: ReceiptForm,
    pub receipt_warnings: bool,
    /// Whether its software repeats header fields under the signature.
    pub headers: Headers,
    pub state: State,
    /// Other names in Final-Recipient (AS2 names).
    pub aliases: Vec<String>,
    /// The dialect of its documents.
    pub profile: Profile,
    pub xml: WriteOptions,
    /// Codes beyond ISO 3166-1 that may stand for a country in what it is sent.
    pub xml_countries: Vec<CountryCode>,
    pub seal: SealProfile,
    pub trust: Trust,
}

impl Partner {
    /// Whether this partner was agreed to exchange documents of `document_type`.
    pub fn takes(&self, document_type: &DocumentType) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(document_type))
    }

    /// Where its letters are handed over: host and port, or `mx` and a domain.
    pub fn destination(&self) -> String {
        let domain = || format!("mx/{}", self.address.domain().to_ascii_lowercase());
        self.route.destination().unwrap_or_else(domain)
    }
}

/// The form of receipt asked of a partner, and given to it.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
pub enum ReceiptForm {
    /// A signed MDN, sealed.
    Mdn,
    /// A signed MDN in clear, as AS1 software sends it.
    MdnSigned,
    None,
}

/// Whether a partner's deliveries go out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    Active,
    /// Deliveries are made and wait.
    Suspended,
}

//------------ Credentials ---------------------------------------------------

/// What a route's server asks for (RFC 4954). Never shown.
#[derive(Clone, Eq, PartialEq)]
pub struct Credentials {
    pub user: String,
    pub password: Zeroizing<String>,
}

impl Credentials {
    /// A user and a password.
    pub fn new(user: String, password: String) -> Self {
        Credentials { user, password: Zeroizing::new(password) }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}
