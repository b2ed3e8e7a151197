//! What PEM files become: keys and certificates, parsed once and shared.
//!
//! Parsing an X.509 certificate costs more than signing with an elliptic
//! curve; every type here is an `Arc` around what was parsed.

use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, PKeyRef, Private, Public};
use openssl::x509::{X509, X509ExtendedKeyUsage, X509KeyUsage, X509NameRef};

use super::structure;
use crate::clock::Timestamp;

//------------ KeyForm -------------------------------------------------------

/// What kind of key a certificate holds, as far as gates care.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyForm {
    Other,
    P256,
    P384,
    /// With its size in bits.
    Rsa(u32),
}

impl KeyForm {
    fn of(key: &PKeyRef<Public>) -> KeyForm {
        match key.id() {
            Id::RSA => KeyForm::Rsa(key.bits()),
            Id::EC => match key.ec_key().ok().and_then(|ec| ec.group().curve_name()) {
                Some(Nid::X9_62_PRIME256V1) => KeyForm::P256,
                Some(Nid::SECP384R1) => KeyForm::P384,
                Some(_) | None => KeyForm::Other,
            },
            _ => KeyForm::Other,
        }
    }
}

impl fmt::Display for KeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyForm::Other => f.write_str("of a kind not offered"),
            KeyForm::P256 => f.write_str("P-256"),
            KeyForm::P384 => f.write_str("P-384"),
            KeyForm::Rsa(bits) => write!(f, "RSA-{bits}"),
        }
    }
}

//------------ X509Facts -----------------------------------------------------

/// A certificate with everything the gates ask of it, read once.
#[derive(Clone)]
pub(crate) struct X509Facts {
    pub(super) x509: X509,
    pub(super) sha256: [u8; 32],
    pub(super) issuer: Vec<u8>,
    /// The serial number, big-endian, no leading zero; a negative one, which
    /// old authorities gave, in two's complement as in its DER.
    pub(super) serial: Vec<u8>,
    pub(super) key_id: Option<Vec<u8>>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) subject: String,
    pub(super) form: KeyForm,
    pub(super) signs: bool,
    pub(super) enciphers: bool,
    pub(super) mails: bool,
}

impl X509Facts {
    pub(super) fn read(x509: X509) -> Result<Self, IdentityError> {
        let fault = IdentityError::x509;
        let digest = x509.digest(MessageDigest::sha256()).map_err(fault)?;
        let mut sha256 = [0; 32];
        if digest.len() == sha256.len() {
            sha256.copy_from_slice(&digest);
        }
        let public = x509.public_key().map_err(fault)?;
        let key_usage = x509.key_usage();
        let allows = |bits| key_usage.is_none_or(|usage| usage.intersects(bits));
        // CONTRACT section 5: absent, emailProtection or anyExtendedKeyUsage.
        let mails = x509.extended_key_usage().is_none_or(|usage| {
            usage.intersects(X509ExtendedKeyUsage::SMIME | X509ExtendedKeyUsage::ANYEKU)
        });
        Ok(X509Facts {
            sha256,
            issuer: x509.issuer_name().to_der().map_err(fault)?,
            serial: structure::serial(&x509).map_err(fault)?,
            key_id: x509.subject_key_id().map(|id| id.as_slice().to_vec()),
            not_before: moment(x509.not_before()).map_err(fault)?,
            not_after: moment(x509.not_after()).map_err(fault)?,
            subject: name_words(x509.subject_name()),
            form: KeyForm::of(&public),
            signs: allows(X509KeyUsage::DIGITAL_SIGNATURE | X509KeyUsage::NON_REPUDIATION),
            enciphers: allows(X509KeyUsage::KEY_ENCIPHERMENT | X509KeyUsage::KEY_AGREEMENT),
            mails,
            x509,
        })
    }

    pub(super) fn from_pem(pem: &[u8]) -> Result<(Self, Vec<X509>), IdentityError> {
        let mut all = X509::stack_from_pem(pem).map_err(IdentityError::x509)?;
        if all.is_empty() {
            return Err(IdentityError::NoCertificate);
        }
        let first = all.remove(0);
        Ok((X509Facts::read(first)?, all))
    }
}

impl fmt::Debug for X509Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.subject, HEXLOWER.encode(&self.sha256))
    }
}

/// A point in time of a certificate or CRL.
pub(super) fn moment(time: &Asn1TimeRef) -> Result<Timestamp, ErrorStack> {
    let span = Asn1Time::from_unix(0)?.diff(time)?;
    Ok(Timestamp::from_millis(
        (i64::from(span.days) * 86_400 + i64::from(span.secs)).saturating_mul(1000),
    ))
}

/// A name as `CN=..., O=...`, control characters escaped, cut at 200.
pub(crate) fn name_words(name: &X509NameRef) -> String {
    let parts: Vec<String> = name
        .entries()
        .map(|entry| {
            let label = entry.object().nid().short_name().unwrap_or("OID");
            let value = match entry.data().to_string() {
                Ok(text) => text,
                Err(_) => HEXLOWER.encode(entry.data().as_slice()),
            };
            format!("{label}={value}")
        })
        .collect();
    let escape = |c: char| -> String {
        if c.is_control() { c.escape_default().collect() } else { c.to_string() }
    };
    parts.join(", ").chars().take(200).map(escape).collect()
}

macro_rules! x509_answers {
    ($($name:ident)+) => {
        $(impl $name {
            /// SHA-256 of the certificate's DER.
            pub fn sha256(&self) -> [u8; 32] {
                self.facts().sha256
            }

            /// The same, in lower-case hex, as contracts write it.
            pub fn sha256_hex(&self) -> String {
                HEXLOWER.encode(&self.facts().sha256)
            }

            /// Until when the certificate is valid.
            pub fn not_after(&self) -> Timestamp {
                self.facts().not_after
            }

            /// From when the certificate is valid.
            pub fn not_before(&self) -> Timestamp {
                self.facts().not_before
            }

            /// Whose certificate it is, for people.
            pub fn subject(&self) -> &str {
                &self.facts().subject
            }

            /// What kind of key it holds.
            pub fn form(&self) -> KeyForm {
                self.facts().form
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(self.facts()).finish()
            }
        })+
    };
}
x509_answers!(SigningIdentity DecryptIdentity RecipientKey Pin);

//------------ Own -----------------------------------------------------------

/// A certificate of ours with its private key.
pub(super) struct Own {
    pub(super) facts: X509Facts,
    pub(super) chain: Vec<X509>,
    pub(super) key: PKey<Private>,
}

impl Own {
    fn from_pem(
        x509_pem: &[u8],
        key_pem: &[u8],
        passphrase: Option<&[u8]>,
    ) -> Result<Self, IdentityError> {
        let (facts, chain) = X509Facts::from_pem(x509_pem)?;
        // Always with a callback: without one OpenSSL asks the terminal.
        let key = PKey::private_key_from_pem_callback(key_pem, |buffer| {
            let Some(passphrase) = passphrase else { return Ok(0) };
            let Some(room) = buffer.get_mut(..passphrase.len()) else { return Ok(0) };
            room.copy_from_slice(passphrase);
            Ok(passphrase.len())
        })
        .map_err(|source| IdentityError::Key { source })?;
        if !facts.x509.public_key().map_err(IdentityError::x509)?.public_eq(&key) {
            return Err(IdentityError::Mismatch { subject: facts.subject });
        }
        Ok(Own { facts, chain, key })
    }
}

//------------ SigningIdentity -----------------------------------------------

/// Our certificate and key for signing.
#[derive(Clone)]
pub struct SigningIdentity(Arc<Own>);

impl SigningIdentity {
    /// From PEM; further certificates in `x509_pem` are sent along as chain.
    pub fn from_pem(
        x509_pem: &[u8],
        key_pem: &[u8],
        passphrase: Option<&[u8]>,
    ) -> Result<Self, IdentityError> {
        let own = Own::from_pem(x509_pem, key_pem, passphrase)?;
        if !own.facts.signs || !own.facts.mails {
            return Err(IdentityError::Usage { subject: own.facts.subject, wanted: SIGN_USAGE });
        }
        Ok(SigningIdentity(Arc::new(own)))
    }

    pub(super) fn facts(&self) -> &X509Facts {
        &self.0.facts
    }

    pub(super) fn private_key(&self) -> &PKeyRef<Private> {
        &self.0.key
    }

    pub(super) fn chain(&self) -> &[X509] {
        &self.0.chain
    }
}

//------------ DecryptIdentity -----------------------------------------------

/// Our certificate and key for opening letters.
#[derive(Clone)]
pub struct DecryptIdentity(pub(super) Arc<Own>);

impl DecryptIdentity {
    /// From PEM.
    pub fn from_pem(
        x509_pem: &[u8],
        key_pem: &[u8],
        passphrase: Option<&[u8]>,
    ) -> Result<Self, IdentityError> {
        let own = Own::from_pem(x509_pem, key_pem, passphrase)?;
        if !own.facts.enciphers {
            return Err(IdentityError::Usage { subject: own.facts.subject, wanted: OPEN_USAGE });
        }
        Ok(DecryptIdentity(Arc::new(own)))
    }

    pub(super) fn facts(&self) -> &X509Facts {
        &self.0.facts
    }

    pub(super) fn private_key(&self) -> &PKeyRef<Private> {
        &self.0.key
    }
}

//------------ RecipientKey --------------------------------------------------

/// A partner's certificate to which we encrypt.
#[derive(Clone)]
pub struct RecipientKey(Arc<X509Facts>);

impl RecipientKey {
    /// From PEM.
    pub fn from_pem(x509_pem: &[u8]) -> Result<Self, IdentityError> {
        Ok(RecipientKey(Arc::new(X509Facts::from_pem(x509_pem)?.0)))
    }

    /// Whether key usage, if present, lets the key take content keys.
    pub fn may_encrypt(&self) -> bool {
        self.0.enciphers
    }

    pub(super) fn facts(&self) -> &X509Facts {
        &self.0
    }
}

//------------ Pin -----------------------------------------------------------

/// A certificate whose signatures are taken as a partner's, and when.
#[derive(Clone)]
pub struct Pin {
    pub(super) facts: Arc<X509Facts>,
    /// Not before this moment; absent: since ever.
    pub from: Option<Timestamp>,
    /// Not from this moment on; absent: for ever.
    pub until: Option<Timestamp>,
}

impl Pin {
    /// From PEM, without a window.
    pub fn from_pem(x509_pem: &[u8]) -> Result<Self, IdentityError> {
        let (facts, _) = X509Facts::from_pem(x509_pem)?;
        Ok(Pin { facts: Arc::new(facts), from: None, until: None })
    }

    /// The same pin within a window.
    pub fn within(self, from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Pin { from, until, ..self }
    }

    /// Whether `at` lies in the window.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// Serial number of the certificate, in lower-case hex.
    pub fn serial_hex(&self) -> String {
        HEXLOWER.encode(&self.facts.serial)
    }

    pub(super) fn facts(&self) -> &X509Facts {
        &self.facts
    }
}

//------------ IdentityError -------------------------------------------------

/// A file that is not the key or certificate it should be; always the
/// operator's turn.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file is no CRL; name the one the authority publishes.
    #[error("this is no certificate revocation list in PEM or DER")]
    Crl {
        #[source]
        source: ErrorStack,
    },
    /// The private key cannot be read; it, or its passphrase, is wrong.
    #[error(
        "the private key cannot be read; write it as PKCS#8 PEM, and name its passphrase_file if it has one"
    )]
    Key {
        #[source]
        source: ErrorStack,
    },
    /// Certificate and private key do not belong together.
    #[error(
        "the private key is not that of the certificate of {subject}; name the two that belong together"
    )]
    Mismatch { subject: String },
    /// The file holds no certificate.
    #[error(
        "there is no certificate in PEM (-----BEGIN CERTIFICATE-----) in it; name the right file"
    )]
    NoCertificate,
    /// The certificate forbids what it is named for.
    #[error("the certificate of {subject} may not be used so; {wanted}")]
    Usage { subject: String, wanted: &'static str },
    /// The certificate cannot be read.
    #[error("the certificate cannot be read")]
    X509 {
        #[source]
        source: ErrorStack,
    },
}

impl IdentityError {
    pub(super) fn x509(source: ErrorStack) -> Self {
        IdentityError::X509 { source }
    }
}

const SIGN_USAGE: &str = "a signing certificate has digitalSignature or nonRepudiation, and \
     emailProtection if it names extended usages";
const OPEN_USAGE: &str = "a decrypting certificate has keyEncipherment or keyAgreement";
