//! S/MIME: identities, signing, sealing, opening, verifying.
//!
//! Pure: octets, keys and a time in, values out. Randomness comes from
//! OpenSSL alone.
//!
//! - [`identity`]: what PEM files become, parsed once and shared: our signing
//!   and decrypting identities, recipient keys, pins; [`authority`]: anchors,
//!   CRLs.
//! - [`profile`]: the algorithms, by the names of the contract; what a
//!   partner's entry may choose, and what is not offered.
//! - [`mod@sign`], [`mod@seal`]: outbound, entity to signed to sealed.
//! - [`der`]: a reader of DER and of the BER that other software writes.
//! - [`scan`] (gate 4), [`open`] (gate 5), [`verify`] with `strength`,
//!   [`trust`] and [`path`] (gate 7): inbound; each gate takes what only the
//!   gate before it can make.
//! - [`describe`]: what a structure is, for people, without any key.
//! - [`software`]: which settings other programs open, as it was tried.
//! - [`bare`]: what OpenSSL's own calls cost, for a bench.
//! - [`selftest`]: whether the OpenSSL we run on may be trusted with letters.
//! - [`throwaway`]: keys for demos and tests.
//!
//! Never here: a file, a clock, a decision about who may send what.
//! **Invariant:** with `tls` the only room that knows OpenSSL, and `ffi` is
//! the only unsafe code of the project.

pub mod authority;
pub mod bare;
pub mod der;
pub mod describe;
mod ffi;
pub mod handover;
pub mod identity;
pub mod open;
pub mod path;
pub mod profile;
pub mod scan;
pub mod seal;
pub mod selftest;
pub mod sign;
pub mod signed_data;
pub mod software;
mod strength;
pub mod structure;
pub mod throwaway;
pub mod trust;
pub mod verify;

pub use authority::{Anchor, Crl};
pub use identity::{DecryptIdentity, IdentityError, KeyForm, Pin, RecipientKey, SigningIdentity};
pub use path::PathRules;
pub use profile::{
    ContentCipher, DigestAlgorithm, KeyTransport, ProfileFault, SealProfile, SignatureAlgorithm,
    SignedForm, Trust,
};
pub use seal::{Sealed, SealedKind, seal};
pub use selftest::{library, self_test, wake};
pub use sign::{Signed, sign, sign_apart, sign_with};

//------------ SmimeError ----------------------------------------------------

/// Why a letter could not be signed or sealed, or OpenSSL cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum SmimeError {
    /// The running OpenSSL is known to be bad; the operator updates it.
    #[error(
        "{version} must not open letters: {words}; update libssl3, or set \
         accept_known_bad_openssl = true and live with it"
    )]
    KnownBad { version: String, words: String },
    /// OpenSSL would not do what was asked; a bug of ours, or memory ran out.
    #[error("OpenSSL could not {doing}")]
    Openssl {
        doing: &'static str,
        #[source]
        source: openssl::error::ErrorStack,
    },
    /// The partner's entry asks for what is not offered, or does not fit the
    /// key; the operator mends partners.toml.
    #[error("{0}")]
    Profile(ProfileFault),
}

impl SmimeError {
    pub(crate) fn openssl(
        doing: &'static str,
    ) -> impl FnOnce(openssl::error::ErrorStack) -> SmimeError {
        move |source| SmimeError::Openssl { doing, source }
    }
}
