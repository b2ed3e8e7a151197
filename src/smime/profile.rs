//! The algorithms, by the names of the contract, and what a partner chooses.

use std::fmt;
use std::str::FromStr;

use openssl::hash::MessageDigest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::authority::{Anchor, Crl};
use super::identity::{KeyForm, Pin, RecipientKey, SigningIdentity};
use super::path::PathRules;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident $text:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every member.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The member as the contract writes it.
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
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|member| member.as_str() == text).ok_or_else(|| {
                    UnknownName {
                        text: text.chars().take(40).flat_map(char::escape_default).collect(),
                        known: concat!($(" ", $text),+),
                    }
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

named! {
    /// How we sign: `signature` of a partner's entry.
    SignatureAlgorithm:
    EcdsaP256Sha256 "ecdsa-p256-sha256",
    EcdsaP384Sha384 "ecdsa-p384-sha384",
    RsaPkcs1Sha256 "rsa-pkcs1-sha256",
    /// PSS with MGF1-SHA256 and a salt of 32 octets (RFC 4056).
    RsaPssSha256 "rsa-pss-sha256",
}

named! {
    /// How the content of a letter is encrypted.
    ContentCipher:
    Aes128Cbc "aes-128-cbc",
    Aes128Gcm "aes-128-gcm",
    Aes256Cbc "aes-256-cbc",
    Aes256Gcm "aes-256-gcm",
}

named! {
    /// How the content key reaches the recipient.
    KeyTransport:
    EcdhSha256 "ecdh-sha256",
    OaepSha256 "oaep-sha256",
    Pkcs1 "pkcs1",
}

named! {
    /// How the signed entity stands inside the encryption (RFC 8551, section 3.5).
    SignedForm:
    Detached "detached",
    Opaque "opaque",
}

named! {
    /// The digest of a signature, as MDNs name it (RFC 8551, section 3.5.3.2).
    DigestAlgorithm:
    Sha256 "sha-256",
    Sha384 "sha-384",
    Sha512 "sha-512",
}

impl SignatureAlgorithm {
    /// The digest that goes with it.
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            SignatureAlgorithm::EcdsaP256Sha256
            | SignatureAlgorithm::RsaPkcs1Sha256
            | SignatureAlgorithm::RsaPssSha256 => DigestAlgorithm::Sha256,
            SignatureAlgorithm::EcdsaP384Sha384 => DigestAlgorithm::Sha384,
        }
    }

    /// Whether a key of `form` can sign so.
    fn fits(self, form: KeyForm) -> bool {
        match self {
            SignatureAlgorithm::EcdsaP256Sha256 => form == KeyForm::P256,
            SignatureAlgorithm::EcdsaP384Sha384 => form == KeyForm::P384,
            SignatureAlgorithm::RsaPkcs1Sha256 | SignatureAlgorithm::RsaPssSha256 => {
                matches!(form, KeyForm::Rsa(bits) if bits >= 2048)
            }
        }
    }
}

impl KeyTransport {
    /// What to do about a key of `form` that it does not reach.
    fn unfit(self, form: KeyForm) -> Option<&'static str> {
        match (self, form) {
            (_, KeyForm::P256 | KeyForm::P384) => None,
            (KeyTransport::OaepSha256 | KeyTransport::Pkcs1, KeyForm::Rsa(bits))
                if bits >= 2048 =>
            {
                None
            }
            (KeyTransport::EcdhSha256, KeyForm::Rsa(_)) => {
                Some("write \"oaep-sha256\": EC keys beside it are reached by ECDH all the same")
            }
            (_, KeyForm::Other | KeyForm::Rsa(_)) => {
                Some("name an RSA certificate of 2048 bits or more, or one of P-256 or P-384")
            }
        }
    }
}

impl ContentCipher {
    /// Whether the ciphertext authenticates itself (AuthEnvelopedData, RFC 5083).
    pub const fn is_authenticated(self) -> bool {
        match self {
            ContentCipher::Aes128Gcm | ContentCipher::Aes256Gcm => true,
            ContentCipher::Aes128Cbc | ContentCipher::Aes256Cbc => false,
        }
    }
}

impl DigestAlgorithm {
    pub(super) fn openssl(self) -> MessageDigest {
        match self {
            DigestAlgorithm::Sha256 => MessageDigest::sha256(),
            DigestAlgorithm::Sha384 => MessageDigest::sha384(),
            DigestAlgorithm::Sha512 => MessageDigest::sha512(),
        }
    }
}

//------------ UnknownName ---------------------------------------------------

/// A name that is no algorithm of the contract; whoever wrote it mends it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{text}' is not known here; write one of:{known}")]
pub struct UnknownName {
    text: String,
    known: &'static str,
}

//------------ SealProfile ---------------------------------------------------

/// How letters to one partner are signed and sealed: `[partner.seal]`.
#[derive(Clone, Debug)]
pub struct SealProfile {
    /// Every letter opens with any one of these.
    pub recipients: Vec<RecipientKey>,
    pub signature: SignatureAlgorithm,
    pub content: ContentCipher,
    pub key_transport: KeyTransport,
    pub form: SignedForm,
}

impl SealProfile {
    /// The default profile for these recipient keys.
    pub fn standard(recipients: Vec<RecipientKey>) -> Self {
        SealProfile {
            recipients,
            signature: SignatureAlgorithm::RsaPkcs1Sha256,
            content: ContentCipher::Aes256Gcm,
            key_transport: KeyTransport::OaepSha256,
            form: SignedForm::Opaque,
        }
    }

    /// What in the profile cannot be done, each with what to write instead.
    pub fn check(&self) -> Vec<ProfileFault> {
        let mut faults = Vec::new();
        let mut fault =
            |key, words: String, remedy| faults.push(ProfileFault { key, words, remedy });
        if self.recipients.is_empty() {
            fault(
                "recipients",
                "no recipient key is named".to_owned(),
                "name the partner's encryption certificate",
            );
        }
        if self.recipients.len() > super::scan::RECIPIENT_LIMIT {
            fault(
                "recipients",
                format!("{} recipient keys are named", self.recipients.len()),
                "name 16 at most: readers refuse more",
            );
        }
        match self.content {
            ContentCipher::Aes256Cbc | ContentCipher::Aes256Gcm => {}
            ContentCipher::Aes128Cbc | ContentCipher::Aes128Gcm => fault(
                "content",
                format!("{} is read, never written", self.content),
                "write \"aes-256-gcm\" or, for older software, \"aes-256-cbc\"",
            ),
        }
        for key in &self.recipients {
            if let Some(remedy) = self.key_transport.unfit(key.form()) {
                fault(
                    "recipients",
                    format!(
                        "{} does not reach the {} key of {}",
                        self.key_transport,
                        key.form(),
                        key.subject()
                    ),
                    remedy,
                );
            }
            if !key.may_encrypt() {
                fault(
                    "recipients",
                    format!("the certificate of {} forbids encryption", key.subject()),
                    "name the one whose key usage holds keyEncipherment",
                );
            }
        }
        let is_rsa = |key: &RecipientKey| matches!(key.form(), KeyForm::Rsa(_));
        if self.key_transport != KeyTransport::EcdhSha256
            && !self.recipients.is_empty()
            && !self.recipients.iter().any(is_rsa)
        {
            fault(
                "key_transport",
                format!(
                    "{} is for RSA keys, and none of the recipients has one",
                    self.key_transport
                ),
                "write \"ecdh-sha256\"",
            );
        }
        faults
    }

    /// How the content key reaches `key`: an elliptic-curve key that stands
    /// beside an RSA key, while one takes over from the other, is always
    /// reached by ECDH.
    pub fn key_transport_to(&self, key: &RecipientKey) -> KeyTransport {
        match key.form() {
            KeyForm::P256 | KeyForm::P384 => KeyTransport::EcdhSha256,
            KeyForm::Other | KeyForm::Rsa(_) => self.key_transport,
        }
    }

    /// Whether `identity` can sign as the profile wants.
    pub fn check_identity(&self, identity: &SigningIdentity) -> Result<(), ProfileFault> {
        if self.signature.fits(identity.form()) {
            return Ok(());
        }
        Err(ProfileFault {
            key: "signature",
            words: format!(
                "{} cannot be made with the {} key of {}",
                self.signature,
                identity.form(),
                identity.subject()
            ),
            remedy: "choose the signature that fits the key in certpost.toml's [[identity]]",
        })
    }
}

//------------ ProfileFault --------------------------------------------------

/// One thing a partner's `[partner.seal]` asks that cannot be done; the
/// operator mends it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{key}: {words}; {remedy}")]
pub struct ProfileFault {
    /// The key of partners.toml.
    pub key: &'static str,
    pub words: String,
    pub remedy: &'static str,
}

//------------ Trust ---------------------------------------------------------

/// Whose signatures a partner's letters may bear: `[partner.trust]`.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    pub pins: Vec<Pin>,
    /// Empty: the pin is the anchor.
    pub anchors: Vec<Anchor>,
    pub crls: Vec<Crl>,
    /// The ciphers we open.
    pub content: Vec<ContentCipher>,
    /// What the path from pin to anchor must hold to.
    pub path: PathRules,
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_written() {
        for member in SignatureAlgorithm::ALL {
            assert_eq!(member.as_str().parse::<SignatureAlgorithm>().unwrap(), *member);
        }
        let fault = "rsa".parse::<KeyTransport>().unwrap_err();
        assert_eq!(
            fault.to_string(),
            "'rsa' is not known here; write one of: ecdh-sha256 oaep-sha256 pkcs1"
        );
    }
}
