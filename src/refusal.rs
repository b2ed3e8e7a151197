//! Refusals: the closed list of reasons for which a gate refuses a letter.
//!
//! The list is a contract: partners' operators and outside programs hold on
//! to the codes. The gates themselves stand in `letter`, `smime`, `sps` and
//! `inbound`; each makes its refusals from this table and from nothing else.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($gate:literal: $($variant:ident $code:literal),+ $(,)?;)+) => {
        /// Why a gate refused a letter. Ordered by gate, as they are passed.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Code { $($(#[doc = concat!("`", $code, "`")] $variant,)+)+ }

        impl Code {
            /// Every code, in the order of the gates.
            pub const ALL: &'static [Code] = &[$($(Code::$variant,)+)+];

            /// The number of the gate that refuses with this code.
            pub const fn gate(self) -> u8 {
                match self { $($(Code::$variant => $gate,)+)+ }
            }

            /// The code as operators and outside programs know it.
            pub const fn as_str(self) -> &'static str {
                match self { $($(Code::$variant => $code,)+)+ }
            }
        }
    };
}

codes! {
    1: OctetsTooLarge "octets.too-large", OctetsBareCr "octets.bare-cr",
       OctetsBareLf "octets.bare-lf", OctetsNul "octets.nul",
       OctetsHeaderTooLarge "octets.header-too-large",
       OctetsTooManyHeaders "octets.too-many-headers";
    2: ShapeTooDeep "shape.too-deep", ShapeTooManyParts "shape.too-many-parts",
       ShapeMalformed "shape.malformed";
    3: RootNotSmime "root.not-smime", RootNotEncrypted "root.not-encrypted",
       RootNotAlone "root.not-alone", RootFromCount "root.from-count",
       RootUnknownSender "root.unknown-sender";
    4: CmsMalformed "cms.malformed", CmsTrailingBytes "cms.trailing-bytes",
       CmsType "cms.type", CmsTooManyRecipients "cms.too-many-recipients",
       CmsRecipientType "cms.recipient-type", CmsKeyTransport "cms.key-transport",
       CmsCipher "cms.cipher", CmsCbcNotAllowed "cms.cbc-not-allowed",
       CmsNonce "cms.nonce", CmsTag "cms.tag", CmsNotForUs "cms.not-for-us";
    5: DecryptFailed "decrypt.failed";
    6: InnerNotSigned "inner.not-signed", InnerNotAlone "inner.not-alone",
       InnerContentInDetached "inner.content-in-detached";
    7: SignatureSignerCount "signature.signer-count",
       SignatureNoAttributes "signature.no-attributes",
       SignatureAttributes "signature.attributes",
       SignatureContentType "signature.content-type",
       SignatureDigest "signature.digest", SignatureAlgorithm "signature.algorithm",
       SignatureKeySize "signature.key-size", SignatureInvalid "signature.invalid",
       SignerNotPinned "signer.not-pinned", SignerExpired "signer.expired",
       SignerNotYetValid "signer.not-yet-valid", SignerUsage "signer.usage",
       SignerRevoked "signer.revoked", SignerUntrusted "signer.untrusted",
       SignerCrlStale "signer.crl-stale";
    8: BindingSender "binding.sender", BindingCountry "binding.country",
       BindingRecipient "binding.recipient", BindingTime "binding.time",
       BindingNoHeaders "binding.no-headers", BindingKind "binding.kind",
       BindingEnvironment "binding.environment";
    9: XmlEncoding "xml.encoding", XmlDoctype "xml.doctype", XmlPi "xml.pi",
       XmlNotWellFormed "xml.not-well-formed", XmlNamespace "xml.namespace",
       XmlTooDeep "xml.too-deep", XmlTooLarge "xml.too-large";
    10: CertificateNotReadable "certificate.not-readable";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("RefusalCode")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        json_schema!({
            "description": "Why a gate refused a letter; in the order of the gates.",
            "type": "string",
            "enum": codes,
        })
    }
}

//------------ Refusal -------------------------------------------------------

/// One gate's no: its code, and what was found and what is allowed.
///
/// The words are for our operator and the ledger. What a partner may see is
/// the code alone, and a stranger sees nothing (SECURITY: no bounce after 250).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{code}: {words}")]
pub struct Refusal {
    pub code: Code,
    pub words: String,
}

impl Refusal {
    /// A refusal with `code`, explained by `words`.
    pub fn new(code: Code, words: impl Into<String>) -> Self {
        Refusal { code, words: words.into() }
    }

    /// The gate that said no.
    pub fn gate(&self) -> u8 {
        self.code.gate()
    }

    /// Whether the letter is held for an operator rather than refused: a
    /// stale CRL says nothing against the signer.
    pub fn is_held(&self) -> bool {
        self.code == Code::SignerCrlStale
    }
}
