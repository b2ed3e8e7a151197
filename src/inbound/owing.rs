//! Owing: which receipt a letter gets, if any (WIRE, section 2).
//!
//! One goes out only where a partner's signature was proven, that partner
//! asked for it under the signature, and asked for it at an address of its
//! own. To anybody else nothing is said at all.

use sha2::{Digest, Sha256};

use super::prove::{Proven, Signed, Wanted};
use super::terms::Entry;
use crate::certificate::{Facts, Finding, Level};
use crate::ledger::{OwedReceipt, OwedReceipts};
use crate::partner::ReceiptForm;
use crate::receipt::mdn::Reason;
use crate::receipt::{Form, Mic, Owed, Said, digest};
use crate::refusal::{Code, Refusal};
use crate::smime::DigestAlgorithm;

/// What the receipt for a certificate says, by what comes of it.
pub fn for_certificate(
    proven: &Proven,
    facts: &Facts,
    findings: &[Finding],
    partner: Option<&Entry>,
) -> Option<OwedReceipts> {
    let partner = partner?;
    let wanted = proven.wanted.as_ref()?;
    let (entity, algorithm) = (&proven.entity, proven.digest_algorithm);
    let plain = plain(wanted, partner, entity, algorithm, &proven.message_id)?;
    let document = digest::of(algorithm, proven.octets.as_bytes());
    let plain = Owed {
        certificate: Some((facts.id.clone(), facts.status.clone())),
        document: Some((algorithm, document)),
        ..plain
    };
    let saying = |said: Said| Owed { said, ..plain.clone() }.text();
    let failed = |reason: Reason| saying(Said::Failed { reason, words: reason.words().to_owned() });
    // What is only worth knowing is no warning to anybody.
    let warnings = findings.iter().filter(|found| found.level != Level::Info);
    let warnings: Vec<(String, String)> =
        warnings.map(|found| (found.code.to_string(), found.words.clone())).collect();
    let taken = match wanted.options.unsupported() {
        Some(what) => saying(Said::Unsupported(what)),
        None if partner.receipt_warnings && !warnings.is_empty() => saying(Said::Warned(warnings)),
        None => saying(Said::Processed),
    };
    Some(OwedReceipts { taken, stale: failed(Reason::Stale), conflict: failed(Reason::Conflict) })
}

/// What a letter is told that was refused behind gate 7; most are told nothing.
pub fn for_refusal(
    signed: &Signed,
    refusal: &Refusal,
    partner: Option<&Entry>,
) -> Option<OwedReceipt> {
    let reason = reason(refusal)?;
    let (entity, algorithm) = (&signed.entity, signed.digest_algorithm);
    let wanted = signed.wanted.as_ref()?;
    let plain = plain(wanted, partner?, entity, algorithm, &signed.message_id)?;
    let said = Said::Failed { reason, words: refusal.words.clone() };
    Some(OwedReceipt {
        message_id: signed.message_id.clone(),
        entity_sha256: Sha256::digest(&signed.entity).into(),
        owed: Owed { said, ..plain }.text(),
    })
}

/// The reason that a receipt gives for a refusal; none where the letter may
/// not be its signer's doing, or the fault is one of headers and clocks that
/// the operators settle between them.
fn reason(refusal: &Refusal) -> Option<Reason> {
    match refusal.code {
        Code::BindingCountry => Some(Reason::WrongIssuer),
        Code::BindingEnvironment | Code::BindingRecipient => Some(Reason::NotForUs),
        Code::BindingKind => Some(Reason::TypeNotAgreed),
        _ if refusal.gate() >= 9 => Some(Reason::CertificateNotReadable),
        _ => None,
    }
}

fn plain(
    wanted: &Wanted,
    partner: &Entry,
    entity: &[u8],
    algorithm: DigestAlgorithm,
    message_id: &str,
) -> Option<Owed> {
    let form = match partner.receipt {
        ReceiptForm::Mdn => Form::Sealed,
        ReceiptForm::MdnSigned => Form::InClear,
        ReceiptForm::None => return None,
    };
    let spelling = wanted.options.spelling(algorithm);
    Some(Owed {
        to: wanted.to.clone(),
        form,
        original_message_id: message_id.to_owned(),
        original_recipient: wanted.original_recipient.clone(),
        said: Said::Processed,
        mic: Mic::new(&digest::of(algorithm, entity), algorithm, spelling),
        certificate: None,
        document: None,
    })
}
