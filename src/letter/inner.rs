//! Gate 6: what was encrypted is signed, and nothing else stands beside it.

use std::borrow::Cow;

use super::field::MediaType;
use super::shape::{Part, Shaped, Tree};
use crate::refusal::{Code, Refusal};
use crate::smime::der::Malformed;
use crate::smime::open::Opened;
use crate::smime::profile::ContentCipher;
use crate::smime::signed_data::SignedParts;
use crate::smime::structure::{ContentInfo, oid};

//------------ Inner ---------------------------------------------------------

/// A signature to be verified, and what it is over.
///
/// ```compile_fail
/// let inner = certpost::letter::inner::Inner { der: Vec::new() };
/// ```
pub struct Inner {
    signature: Signature,
    cipher: ContentCipher,
}

/// Where the signed octets stand.
pub(crate) enum Signature {
    /// multipart/signed: part 1, to the octet, and the signature of part 2.
    Detached { content: Vec<u8>, der: Vec<u8> },
    /// signed-data with its content inside.
    Opaque { der: Vec<u8> },
}

impl Signature {
    pub(crate) fn der(&self) -> &[u8] {
        match self {
            Signature::Detached { der, .. } | Signature::Opaque { der } => der,
        }
    }

    /// What the signed content says it is: nothing is proven yet.
    fn media_type(&self) -> MediaType {
        let content = match self {
            Signature::Detached { content, .. } => Some(Cow::Borrowed(content.as_slice())),
            Signature::Opaque { der } => ContentInfo::read(der)
                .and_then(|info| SignedParts::read(info.content))
                .and_then(|parts| parts.content.map(|value| value.octets()).transpose())
                .unwrap_or(None)
                .map(Cow::Owned),
        };
        let root = content.and_then(|octets| Tree::root(&octets).ok());
        root.map_or(MediaType::NONE, |root| root.media_type)
    }
}

impl Inner {
    /// What the signed content says it is: nothing is proven yet.
    pub fn media_type(&self) -> MediaType {
        self.signature.media_type()
    }

    /// What it was encrypted with.
    pub fn cipher(&self) -> ContentCipher {
        self.cipher
    }

    pub(crate) fn into_signature(self) -> Signature {
        self.signature
    }
}

//------------ InClear -------------------------------------------------------

/// A signature to be verified over a report that came unencrypted.
///
/// ```compile_fail
/// let report = certpost::letter::inner::InClear { der: Vec::new() };
/// ```
pub struct InClear(Signature);

impl InClear {
    pub(crate) fn into_signature(self) -> Signature {
        self.0
    }
}

/// What stands in place of gate 6 for a receipt in clear: the letter is
/// signed, and what is signed calls itself a receipt.
pub fn in_clear(letter: &Shaped<'_>) -> Result<InClear, Refusal> {
    let signature = signature_in(letter.octets(), letter.tree())?;
    if signature.media_type().is_receipt() {
        return Ok(InClear(signature));
    }
    Err(Refusal::new(Code::RootNotEncrypted, "what is signed in clear is no receipt"))
}

//------------ Gate 6 --------------------------------------------------------

/// Gate 6.
pub fn inner(opened: Opened) -> Result<Inner, Refusal> {
    let cipher = opened.cipher();
    signature(opened.octets()).map(|signature| Inner { signature, cipher })
}

/// The signature in an entity, by its form alone: it proves nothing yet.
pub(crate) fn signature(octets: &[u8]) -> Result<Signature, Refusal> {
    // What is no entity at all was not signed either.
    let root = Tree::root(octets)
        .map_err(|_no_entity| not_signed("what was encrypted is no MIME entity"))?;
    if root.media_type.is_pkcs7() {
        return opaque(octets, &root);
    }
    if !root.media_type.is_multipart() && root.media_type.name != "message/rfc822" {
        return Err(not_signed("what was encrypted is not signed"));
    }
    signature_in(octets, &Tree::read(octets)?)
}

fn opaque(octets: &[u8], root: &Part) -> Result<Signature, Refusal> {
    let der = Tree::decoded(octets, root)
        .ok_or_else(|| not_signed("what was encrypted is not encoded as it says"))?;
    if !read(&der)? {
        return Err(not_signed("signed-data without the content that it signs"));
    }
    Ok(Signature::Opaque { der })
}

/// The same in an entity whose parts are known.
fn signature_in(octets: &[u8], tree: &Tree) -> Result<Signature, Refusal> {
    let root = tree.parts().first().ok_or_else(|| not_signed("no entity"))?;
    if root.media_type.is_pkcs7() {
        return opaque(octets, root);
    }
    let parts: Vec<_> = tree.children(0).collect();
    if root.media_type.name != "multipart/signed" {
        let beside = tree.parts().iter().any(|part| {
            part.media_type.is_pkcs7()
                || is_signature(&part.media_type.name)
                || part.media_type.name == "multipart/signed"
        });
        return Err(if beside {
            Refusal::new(Code::InnerNotAlone, "a signed part is not the whole of the letter")
        } else {
            not_signed("what was encrypted is not signed")
        });
    }
    let [content, signature] = parts.as_slice() else {
        return Err(Refusal::new(
            Code::InnerNotAlone,
            format!("multipart/signed of {} parts, not two", parts.len()),
        ));
    };
    if !is_signature(&signature.media_type.name) {
        return Err(not_signed("the second part is no S/MIME signature"));
    }
    let der = Tree::decoded(octets, signature)
        .ok_or_else(|| not_signed("the signature cannot be decoded"))?;
    if read(&der)? {
        return Err(Refusal::new(
            Code::InnerContentInDetached,
            "a detached signature that brings a content of its own",
        ));
    }
    // RFC 1847, section 2.1: header and body of part 1, as they stand.
    let whole = octets.get(content.header.start..content.body.end).unwrap_or(&[]);
    Ok(Signature::Detached { content: whole.to_vec(), der })
}

/// Whether the structure is SignedData alone, and whether a content is in it.
fn read(der: &[u8]) -> Result<bool, Refusal> {
    let malformed = |Malformed(words)| not_signed(words);
    let info = ContentInfo::read(der).map_err(malformed)?;
    if info.content_type != oid::SIGNED_DATA {
        return Err(not_signed(&format!(
            "{} where a signature must be",
            oid::name(info.content_type)
        )));
    }
    if !info.trailing.is_empty() {
        return Err(Refusal::new(Code::InnerNotAlone, "octets follow the signed structure"));
    }
    Ok(SignedParts::read(info.content).map_err(malformed)?.content.is_some())
}

fn is_signature(name: &str) -> bool {
    matches!(name, "application/pkcs7-signature" | "application/x-pkcs7-signature")
}

fn not_signed(words: &str) -> Refusal {
    Refusal::new(Code::InnerNotSigned, words)
}
