//! What a CMS structure is, for people: nothing is decrypted, verified or
//! believed.

use data_encoding::HEXLOWER;
use openssl::x509::{X509, X509Name};
use schemars::JsonSchema;
use serde::Serialize;

use super::der::{Malformed, OCTET_STRING};
use super::identity::{X509Facts, name_words};
use super::signed_data::{self, SignedParts, SignerParts};
use super::structure::{Claimed, ContentInfo, KeyName, Recipient, SealedParts, oid};
use crate::clock::Timestamp;

//------------ Layer ---------------------------------------------------------

/// One CMS structure, described.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Layer {
    /// A content type that is not taken, by its name.
    Other { content_type: String, octets: usize },
    /// EnvelopedData or AuthEnvelopedData.
    Sealed {
        content_type: String,
        /// Of the whole structure.
        octets: usize,
        /// Octets that follow the structure.
        trailing: usize,
        cipher: String,
        /// The nonce's octets; null if there is none.
        nonce: Option<usize>,
        /// The tag's octets; null if there is none.
        tag: Option<usize>,
        recipients: Vec<RecipientWords>,
    },
    /// SignedData.
    Signed {
        content_type: String,
        /// Of the whole structure.
        octets: usize,
        /// Octets that follow the structure.
        trailing: usize,
        /// Whether the signed content stands outside.
        detached: bool,
        signers: Vec<SignerWords>,
        certificates: Vec<X509Words>,
    },
}

/// A certificate as a structure names it.
#[derive(Clone, Debug, Default, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NameWords {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The subject key identifier, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}

/// One recipient.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecipientWords {
    pub algorithm: String,
    #[serde(flatten)]
    pub name: NameWords,
}

/// One signer.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignerWords {
    #[serde(flatten)]
    pub name: NameWords,
    pub digest: String,
    pub signature: String,
    /// The signer's own clock; null if it did not say.
    pub signing_time: Option<Timestamp>,
    /// The names of the signed attributes.
    pub attributes: Vec<String>,
}

/// One certificate that came along.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct X509Words {
    pub subject: String,
    pub issuer: String,
    /// Hex.
    pub serial: String,
    /// SHA-256 of the certificate's DER, hex.
    pub sha256: String,
    /// Kind and size of the key, for a person.
    pub key: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// Describes a structure; and gives the signed octets if they are inside,
/// which nobody has verified.
pub fn describe(der: &[u8]) -> Result<(Layer, Option<Vec<u8>>), Malformed> {
    let info = ContentInfo::read(der)?;
    let content_type = oid::name(info.content_type);
    let octets = der.len();
    let trailing = info.trailing.len();
    let claimed = match info.content_type {
        oid::AUTH_ENVELOPED_DATA => Claimed::AuthEnveloped,
        oid::ENVELOPED_DATA => Claimed::Enveloped,
        oid::SIGNED_DATA => {
            let parts = SignedParts::read(info.content)?;
            let content = parts.content.map(|value| value.octets()).transpose()?;
            let layer = Layer::Signed {
                content_type,
                octets,
                trailing,
                detached: content.is_none(),
                signers: parts.signers.iter().map(signer).collect(),
                certificates: parts.certificates.iter().filter_map(|der| x509(der)).collect(),
            };
            return Ok((layer, content));
        }
        _ => return Ok((Layer::Other { content_type, octets }, None)),
    };
    let parts = SealedParts::read(info.content, claimed)?;
    let nonce = parts.cipher.parameters.and_then(|value| match value.tag {
        OCTET_STRING => Some(value.content.len()),
        _ => value.inside().expect(OCTET_STRING, "no nonce").ok().map(|n| n.content.len()),
    });
    let layer = Layer::Sealed {
        content_type,
        octets,
        trailing,
        cipher: oid::name(parts.cipher.oid),
        nonce,
        tag: parts.mac.map(<[u8]>::len),
        recipients: parts.recipients.iter().flat_map(recipient).collect(),
    };
    Ok((layer, None))
}

fn recipient(recipient: &Recipient<'_>) -> Vec<RecipientWords> {
    let algorithm = match recipient {
        Recipient::Agreement { algorithm, .. } | Recipient::Transport { algorithm, .. } => {
            oid::name(algorithm.oid)
        }
        Recipient::Other(words) => {
            return vec![RecipientWords {
                algorithm: (*words).to_owned(),
                name: NameWords::default(),
            }];
        }
    };
    let words = |name| RecipientWords { algorithm: algorithm.clone(), name: name_of(name) };
    recipient.names().iter().map(words).collect()
}

fn signer(signer: &SignerParts<'_>) -> SignerWords {
    let time = signer.of_type(oid::SIGNING_TIME).first().and_then(|attribute| attribute.single());
    let attributes = signer.attributes.as_deref().unwrap_or(&[]);
    SignerWords {
        name: name_of(&signer.name),
        digest: oid::name(signer.digest.oid),
        signature: oid::name(signer.signature.oid),
        signing_time: time.and_then(signed_data::time),
        attributes: attributes.iter().map(|attribute| oid::name(attribute.oid)).collect(),
    }
}

fn name_of(name: &KeyName<'_>) -> NameWords {
    match name {
        KeyName::IssuerSerial { issuer, serial } => NameWords {
            issuer: X509Name::from_der(issuer).ok().map(|name| name_words(&name)),
            serial: Some(HEXLOWER.encode(serial)),
            key_id: None,
        },
        KeyName::KeyId(id) => {
            NameWords { key_id: Some(HEXLOWER.encode(id)), ..NameWords::default() }
        }
    }
}

fn x509(der: &[u8]) -> Option<X509Words> {
    let facts = X509Facts::read(X509::from_der(der).ok()?).ok()?;
    Some(X509Words {
        issuer: name_words(facts.x509.issuer_name()),
        serial: HEXLOWER.encode(&facts.serial),
        sha256: HEXLOWER.encode(&facts.sha256),
        key: facts.form.to_string(),
        not_before: facts.not_before,
        not_after: facts.not_after,
        subject: facts.subject,
    })
}
