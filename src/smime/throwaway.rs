//! Throw-away keys, for demos and tests: an authority and what it issues.
//!
//! Valid from 2020 to 2049, so that a test's own clock always falls within.

use openssl::asn1::{Asn1Integer, Asn1IntegerRef, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
    SubjectKeyIdentifier,
};
use openssl::x509::{
    X509, X509Builder, X509CrlBuilder, X509Extension, X509Name, X509NameBuilder, X509Revoked,
    X509RevokedBuilder,
};

use super::SmimeError;
use crate::clock::Timestamp;

//------------ KeyKind -------------------------------------------------------

/// What kind of key to make.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    P256,
    P384,
    Rsa1024,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

impl KeyKind {
    fn make(self) -> Result<PKey<Private>, ErrorStack> {
        let curve = |nid| -> Result<PKey<Private>, ErrorStack> {
            let group = EcGroup::from_curve_name(nid)?;
            PKey::from_ec_key(EcKey::generate(&group)?)
        };
        match self {
            KeyKind::P256 => curve(Nid::X9_62_PRIME256V1),
            KeyKind::P384 => curve(Nid::SECP384R1),
            KeyKind::Rsa1024 => PKey::from_rsa(Rsa::generate(1024)?),
            KeyKind::Rsa2048 => PKey::from_rsa(Rsa::generate(2048)?),
            KeyKind::Rsa3072 => PKey::from_rsa(Rsa::generate(3072)?),
            KeyKind::Rsa4096 => PKey::from_rsa(Rsa::generate(4096)?),
        }
    }
}

//------------ Purpose -------------------------------------------------------

/// What the extended key usage says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// emailProtection.
    Mail,
    /// serverAuth alone: a certificate that may not sign letters.
    Server,
    /// No extended key usage.
    Unsaid,
}

//------------ Wanted --------------------------------------------------------

/// What to issue; [`Wanted::mail`] and then change what a test is about.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub name: String,
    pub email: String,
    pub key: KeyKind,
    pub purpose: Purpose,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

impl Wanted {
    /// An RSA-2048 certificate for signing and for taking content keys.
    pub fn mail(name: &str, email: &str) -> Self {
        Wanted {
            name: name.to_owned(),
            email: email.to_owned(),
            key: KeyKind::Rsa2048,
            purpose: Purpose::Mail,
            not_before: Timestamp::from_millis(YEAR_2020),
            not_after: Timestamp::from_millis(YEAR_2049),
        }
    }
}

//------------ Authority -----------------------------------------------------

/// A throw-away authority.
pub struct Authority {
    x509: X509,
    key: PKey<Private>,
}

/// A new authority with an RSA-2048 key.
pub fn authority(name: &str) -> Result<Authority, SmimeError> {
    Authority::new(name).map_err(SmimeError::openssl("make a throw-away authority"))
}

impl Authority {
    fn new(name: &str) -> Result<Self, ErrorStack> {
        let key = KeyKind::Rsa2048.make()?;
        let subject = name_of(name)?;
        let window = (Timestamp::from_millis(YEAR_2020), Timestamp::from_millis(YEAR_2049));
        let mut builder = started(&subject, &subject, &key, window)?;
        builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        let key_id = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
        builder.append_extension(key_id)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Authority { x509: builder.build(), key })
    }

    /// The authority's own certificate.
    pub fn x509_pem(&self) -> Result<Vec<u8>, SmimeError> {
        self.x509.to_pem().map_err(SmimeError::openssl("write a certificate"))
    }

    /// The authority's private key, as PKCS#8.
    pub fn key_pem(&self) -> Result<Vec<u8>, SmimeError> {
        self.key.private_key_to_pem_pkcs8().map_err(SmimeError::openssl("write a key"))
    }

    /// A certificate for mail and its private key, both PEM.
    pub fn issue(&self, name: &str, email: &str) -> Result<(Vec<u8>, Vec<u8>), SmimeError> {
        self.issue_as(&Wanted::mail(name, email))
    }

    /// What `wanted` says, and its private key, both PEM.
    pub fn issue_as(&self, wanted: &Wanted) -> Result<(Vec<u8>, Vec<u8>), SmimeError> {
        self.issued(wanted).map_err(SmimeError::openssl("issue a throw-away certificate"))
    }

    /// One more certificate for a key that has one already, both PEM.
    pub fn renew(&self, key_pem: &[u8], wanted: &Wanted) -> Result<Vec<u8>, SmimeError> {
        let renewed = || self.issued_for(&*PKey::private_key_from_pem(key_pem)?, wanted);
        renewed().map_err(SmimeError::openssl("renew a throw-away certificate"))
    }

    /// A list of revoked certificates (PEM), as PEM.
    pub fn crl(
        &self,
        revoked: &[&[u8]],
        last_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<Vec<u8>, SmimeError> {
        self.listed(revoked, last_update, next_update)
            .map_err(SmimeError::openssl("make a throw-away CRL"))
    }

    fn listed(
        &self,
        revoked: &[&[u8]],
        last_update: Timestamp,
        next_update: Timestamp,
    ) -> Result<Vec<u8>, ErrorStack> {
        let last_update = Asn1Time::from_unix(last_update.seconds())?;
        let next_update = Asn1Time::from_unix(next_update.seconds())?;
        let mut builder = X509CrlBuilder::new()?;
        builder.set_issuer_name(self.x509.subject_name())?;
        builder.set_last_update(&last_update)?;
        builder.set_next_update(&next_update)?;
        let issuer = X509::builder()?;
        let key_id = AuthorityKeyIdentifier::new()
            .keyid(true)
            .build(&issuer.x509v3_context(Some(&self.x509), None))?;
        builder.append_extension(key_id)?;
        let number = Asn1OctetString::new_from_bytes(&[2, 1, 1])?;
        let crl_number = Asn1Object::from_str("2.5.29.20")?;
        builder.append_extension(X509Extension::new_from_der(&crl_number, false, &number)?)?;
        let entry = |serial: &Asn1IntegerRef| -> Result<X509Revoked, ErrorStack> {
            let mut entry = X509RevokedBuilder::new()?;
            entry.set_serial_number(serial)?;
            entry.set_revocation_date(&last_update)?;
            Ok(entry.build())
        };
        for pem in revoked {
            builder.add_revoked(entry(X509::from_pem(pem)?.serial_number())?)?;
        }
        builder.sign(&self.key, MessageDigest::sha256())?;
        builder.build()?.to_pem()
    }

    fn issued(&self, wanted: &Wanted) -> Result<(Vec<u8>, Vec<u8>), ErrorStack> {
        let key = wanted.key.make()?;
        Ok((self.issued_for(&key, wanted)?, key.private_key_to_pem_pkcs8()?))
    }

    fn issued_for(&self, key: &PKeyRef<Private>, wanted: &Wanted) -> Result<Vec<u8>, ErrorStack> {
        let subject = name_of(&wanted.name)?;
        let window = (wanted.not_before, wanted.not_after);
        let mut builder = started(&subject, self.x509.subject_name(), key, window)?;
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        let mut usage = KeyUsage::new();
        usage.critical().digital_signature();
        match wanted.key {
            KeyKind::P256 | KeyKind::P384 => usage.key_agreement(),
            KeyKind::Rsa1024 | KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                usage.key_encipherment()
            }
        };
        builder.append_extension(usage.build()?)?;
        match wanted.purpose {
            Purpose::Mail => {
                builder.append_extension(ExtendedKeyUsage::new().email_protection().build()?)?;
            }
            Purpose::Server => {
                builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
            }
            Purpose::Unsaid => {}
        }
        let context = builder.x509v3_context(Some(&self.x509), None);
        let extensions = [
            SubjectAlternativeName::new().email(&wanted.email).build(&context)?,
            SubjectKeyIdentifier::new().build(&context)?,
            AuthorityKeyIdentifier::new().keyid(true).build(&context)?,
        ];
        for extension in extensions {
            builder.append_extension(extension)?;
        }
        builder.sign(&self.key, MessageDigest::sha256())?;
        builder.build().to_pem()
    }
}

fn started(
    subject: &X509Name,
    issuer: &openssl::x509::X509NameRef,
    key: &PKeyRef<Private>,
    window: (Timestamp, Timestamp),
) -> Result<X509Builder, ErrorStack> {
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::ONE, false)?;
    let serial = Asn1Integer::from_bn(&serial)?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    let not_before = Asn1Time::from_unix(window.0.seconds())?;
    let not_after = Asn1Time::from_unix(window.1.seconds())?;
    builder.set_not_before(&not_before)?;
    builder.set_not_after(&not_after)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

fn name_of(common_name: &str) -> Result<X509Name, ErrorStack> {
    let mut builder: X509NameBuilder = X509Name::builder()?;
    builder.append_entry_by_nid(Nid::COMMONNAME, common_name)?;
    Ok(builder.build())
}

/// 2020-01-01T00:00:00Z and 2049-12-31T00:00:00Z.
const YEAR_2020: i64 = 1_577_836_800_000;
const YEAR_2049: i64 = 2_524_521_600_000;
