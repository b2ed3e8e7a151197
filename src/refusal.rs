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
    ($($gate:literal { $($variant:ident $code:literal $meaning:literal $remedy:literal,)+ })+) => {
        /// Why a gate refused a letter. Ordered by gate, as they are passed.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Code { $($(#[doc = concat!("`", $code, "`: ", $meaning)] $variant,)+)+ }

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

            /// What it means, for our operator; a partner sees the code alone.
            pub const fn meaning(self) -> &'static str {
                match self { $($(Code::$variant => $meaning,)+)+ }
            }

            /// What our operator does about it.
            pub const fn remedy(self) -> &'static str {
                match self { $($(Code::$variant => $remedy,)+)+ }
            }
        }
    };
}

codes! {
    1 {
        OctetsTooLarge "octets.too-large"
            "The letter is larger than doors.max_letter (25 MiB unless set)."
            "The partner sends smaller attachments, or several certificates.",
        OctetsBareCr "octets.bare-cr"
            "A CR stands without its LF. A relay that reads it as a line end would see another letter than we do."
            "The partner's mail software must end lines with CRLF alone (RFC 5322, section 2.3).",
        OctetsBareLf "octets.bare-lf"
            "An LF stands without its CR. A relay that reads it as a line end would see another letter than we do."
            "The partner's mail software must end lines with CRLF alone (RFC 5322, section 2.3).",
        OctetsNul "octets.nul"
            "The letter holds an octet of zero, which no mail has."
            "Look for damage on the road, then have the letter sent again.",
        OctetsHeaderTooLarge "octets.header-too-large"
            "The header block is larger than 64 KiB."
            "Look at the relays on the road: certificates need a few hundred octets of header.",
        OctetsTooManyHeaders "octets.too-many-headers"
            "The header block has more than 1,000 fields."
            "Look for a loop between relays.",
    }
    2 {
        ShapeTooDeep "shape.too-deep"
            "MIME parts lie more than ten deep in each other."
            "The partner sends the sealed part alone.",
        ShapeTooManyParts "shape.too-many-parts"
            "The letter has more than 100 MIME parts."
            "The partner sends the sealed part alone.",
        ShapeMalformed "shape.malformed"
            "The letter's MIME structure cannot be read: a boundary is missing, or a header is broken."
            "Compare the letter with certpost inspect; the partner mends what composes it.",
    }
    3 {
        RootNotSmime "root.not-smime"
            "The letter's own Content-Type is no S/MIME: somebody wrote to the gateway's mailbox by hand, or a relay wrapped the letter."
            "Nothing, if it is ordinary mail; else have the relay leave letters as they are.",
        RootNotEncrypted "root.not-encrypted"
            "The letter is signed, but not encrypted."
            "The partner encrypts to the certificate that this gateway gave out.",
        RootNotAlone "root.not-alone"
            "Text stands before or behind the sealed part, or other parts beside it; none of that would be proven."
            "Have the relay add no footer, and the partner send the sealed part alone.",
        RootFromCount "root.from-count"
            "The letter has no From, or several addresses in it (RFC 5322, section 3.6.2)."
            "The partner sends with exactly one.",
        RootUnknownSender "root.unknown-sender"
            "The From is no address of any partner, so there is no key to prove the letter by."
            "Add the address to the partner's senders, if it is theirs.",
    }
    4 {
        CmsMalformed "cms.malformed"
            "The sealed part is no CMS in DER (RFC 5652)."
            "Look for damage on the road, then have the letter sent again.",
        CmsTrailingBytes "cms.trailing-bytes"
            "Octets follow the CMS structure, and would be carried unproven."
            "Have the letter sent again; look at what composes it if it happens again.",
        CmsType "cms.type"
            "The CMS content is neither EnvelopedData nor AuthEnvelopedData."
            "The partner encrypts as RFC 8551 says.",
        CmsTooManyRecipients "cms.too-many-recipients"
            "The letter is encrypted for more than 16 keys."
            "The partner encrypts for this gateway alone.",
        CmsRecipientType "cms.recipient-type"
            "The content key is wrapped by a password, a shared key or another way that is not taken."
            "The partner uses key transport (RSA) or key agreement (ECDH).",
        CmsKeyTransport "cms.key-transport"
            "The content key is wrapped with an algorithm that is not taken."
            "The partner uses RSA-OAEP with SHA-256 or SHA-1, RSA PKCS#1 v1.5, or ECDH with an AES wrap.",
        CmsCipher "cms.cipher"
            "The content is encrypted with an algorithm that is not taken."
            "The partner uses AES-256-GCM or AES-128-GCM; AES-CBC where its entry allows it.",
        CmsCbcNotAllowed "cms.cbc-not-allowed"
            "The content is encrypted with AES-CBC, and the partner's entry does not allow it."
            "Add \"aes-256-cbc\" to the partner's trust.content if its software can do no better.",
        CmsNonce "cms.nonce"
            "The nonce of AES-GCM has not 12 octets."
            "The partner mends its software.",
        CmsTag "cms.tag"
            "The tag of AES-GCM has not 16 octets: a shorter one can be forged."
            "The partner mends its software.",
        CmsNotForUs "cms.not-for-us"
            "The letter is encrypted for keys none of which is ours."
            "Give the partner the recipient certificate of today; keep the old key until it uses the new one.",
    }
    5 {
        DecryptFailed "decrypt.failed"
            "The letter could not be decrypted. Which of the possible reasons it was is not told, on purpose."
            "Compare keys with the partner, then have the letter sent again.",
    }
    6 {
        InnerNotSigned "inner.not-signed"
            "What was encrypted is not signed, so nobody knows who wrote it."
            "The partner signs, then encrypts.",
        InnerNotAlone "inner.not-alone"
            "The signed part stands beside others inside the encryption, or does not have exactly two parts."
            "The partner signs the whole entity.",
        InnerContentInDetached "inner.content-in-detached"
            "A detached signature carries a content of its own: which of the two is meant cannot be told."
            "The partner mends its software.",
    }
    7 {
        SignatureSignerCount "signature.signer-count"
            "The signature has no signer, or several."
            "The partner signs with one key.",
        SignatureNoAttributes "signature.no-attributes"
            "The signature has no signed attributes (RFC 5652, section 5.3)."
            "The partner's software must write content-type and message-digest.",
        SignatureAttributes "signature.attributes"
            "A signed attribute is missing, stands twice, or cannot be read."
            "The partner mends its software.",
        SignatureContentType "signature.content-type"
            "The signed content-type is not id-data."
            "The partner mends its software.",
        SignatureDigest "signature.digest"
            "The digest is not SHA-256, SHA-384 or SHA-512, or is not that of the content."
            "The partner signs with SHA-256; if it does, look for a relay that changes letters.",
        SignatureAlgorithm "signature.algorithm"
            "The signature's algorithm is not taken."
            "The partner signs with RSA (PKCS#1 v1.5 or PSS) or ECDSA on P-256 or P-384.",
        SignatureKeySize "signature.key-size"
            "The signer's key is smaller or larger than is taken (RSA 2048 to 4096 bits, P-256, P-384)."
            "The partner makes a new key and gives its certificate.",
        SignatureInvalid "signature.invalid"
            "The signature is not that of the content: it was changed, or signed by another key."
            "Do not release it. Ask the partner whether it sent the letter, then have it sent again.",
        SignerNotPinned "signer.not-pinned"
            "The signer is none of those pinned for this partner, whoever certified it."
            "Only after asking the partner by another way: add its new certificate to trust.signers.",
        SignerExpired "signer.expired"
            "The signer's certificate, or its window in trust.signers, was over when the letter came."
            "The partner renews its certificate; pin the new one.",
        SignerNotYetValid "signer.not-yet-valid"
            "The signer's certificate, or its window in trust.signers, had not begun when the letter came."
            "Look at both clocks, then at the window.",
        SignerUsage "signer.usage"
            "The signer's certificate is not for signing mail."
            "The partner has one made with digitalSignature and emailProtection.",
        SignerRevoked "signer.revoked"
            "The signer's certificate, or that of an authority above it, is revoked."
            "Ask the partner by another way what happened; pin its new certificate.",
        SignerUntrusted "signer.untrusted"
            "The signer's certificate does not lead to an anchor of this partner."
            "Compare trust.anchors with what the partner's authority publishes.",
        SignerCrlStale "signer.crl-stale"
            "trust.crls cannot tell whether the signer is revoked: its authority's list is older than clock.crl_stale, is not there, or is not that authority's. The letter is held rather than judged."
            "Fetch the newest list of that authority into the files of trust.crls; the letter is judged again.",
    }
    8 {
        BindingSender "binding.sender"
            "The signed From is no address of the partner whose signer it was."
            "Add the address to the partner's senders if it is theirs.",
        BindingCountry "binding.country"
            "The certificate's exporting country is none that the signing partner speaks for."
            "Correct the partner's countries, or ask why it sends another country's certificate.",
        BindingRecipient "binding.recipient"
            "The letter was signed for somebody else and encrypted to us."
            "Ask the partner; somebody may have passed on a letter that was theirs.",
        BindingTime "binding.time"
            "The letter was signed too long ago, or in the future (clock.signing_age, clock.signing_skew)."
            "Look at both clocks; the partner signs anew what is older.",
        BindingNoHeaders "binding.no-headers"
            "From, To, Subject, Date or Message-ID do not stand under the signature, each once."
            "Set headers = \"outer\" in the partner's entry if its software cannot protect headers (RFC 9788).",
        BindingKind "binding.kind"
            "The letter's signed label says another kind than what is inside."
            "The partner mends its software.",
        BindingEnvironment "binding.environment"
            "A training letter came to a live gateway, or the other way round."
            "Nothing is lost: compare gateway.environment on both sides.",
    }
    9 {
        XmlEncoding "xml.encoding"
            "The document is not in UTF-8, or declares another encoding."
            "Write UTF-8.",
        XmlDoctype "xml.doctype"
            "The document has a DOCTYPE. No certificate needs one, and it can make a reader fetch or swell."
            "Write the document without it.",
        XmlPi "xml.pi"
            "The document has a processing instruction."
            "Write the document without it.",
        XmlNotWellFormed "xml.not-well-formed"
            "The document is not well-formed XML 1.0: a tag is not closed, the end is missing, or a character is not allowed."
            "Have it written by an XML library, and look for damage on the road.",
        XmlNamespace "xml.namespace"
            "A prefix is not declared, or a name is none (Namespaces in XML 1.0)."
            "Declare every prefix where it is used.",
        XmlTooDeep "xml.too-deep"
            "Elements lie more than 64 deep in each other."
            "Write a flatter document.",
        XmlTooLarge "xml.too-large"
            "The document has more elements, attributes or namespaces than any certificate."
            "Part the certificate in several.",
    }
    10 {
        CertificateNotReadable "certificate.not-readable"
            "The letter is proven, but its document is no certificate that can be read: one of its findings is severe."
            "The partner mends the document; the finding says where.",
    }
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
