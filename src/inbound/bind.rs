//! Gate 8: whether the signed header binds sender, recipient, time,
//! environment and kind; and what receipt it asks for.

use super::prove::{Destination, Gatehouse, PartnerTrust, Proven, Refused, Signed, Wanted};
use crate::certificate::catalogue::Code as Remark;
use crate::certificate::finding::Finding;
use crate::clock::Timestamp;
use crate::letter::entity::{Protection, ProvenEntity, remark, shown};
use crate::letter::field::{self, MediaType};
use crate::letter::root::Outer;
use crate::letter::{ContentKind, Environment, Headers};
use crate::receipt::Asked;
use crate::refusal::{Code, Refusal};
use crate::smime::verify::Authenticated;
use crate::sps::SpsOctets;

//------------ Gate 8 --------------------------------------------------------

/// Gate 8, as far as the header goes: sender, recipient, time, environment,
/// kind.
pub(super) fn bind(
    partner: &PartnerTrust,
    proven: Authenticated,
    outer: &Outer,
    house: &Gatehouse,
    at: Timestamp,
) -> Result<Proven, Refused> {
    let entity = ProvenEntity::read(&proven)?;
    let mut remarks = entity.rewritten(outer);
    let wanted = wanted(&entity, partner, &mut remarks);
    let message_id = first(&entity, "Message-ID").or(outer.single("Message-ID"));
    let message_id = message_id.unwrap_or_default().trim().to_owned();
    let bound = match binding(&entity, &proven, partner, outer, house, at, &mut remarks) {
        Ok(bound) => bound,
        Err(refusal) => {
            let signed = Signed {
                partner: partner.code.clone(),
                digest_algorithm: proven.digest(),
                entity: proven.into_octets(),
                message_id,
                wanted,
            };
            return Err(Refused { refusal, signed: Some(Box::new(signed)) });
        }
    };
    let subject = first(&entity, "Subject").or(outer.single("Subject"));
    Ok(Proven {
        partner: partner.code.clone(),
        signer: proven.signer().clone(),
        digest_algorithm: proven.digest(),
        signed_at: bound.signed_at,
        message_id,
        subject: subject.map(field::text),
        wanted,
        kind: bound.kind,
        destination: bound.destination,
        file_name: entity.file_name,
        remarks,
        octets: SpsOctets::proven(entity.octets),
        entity: proven.into_octets(),
    })
}

/// What gate 8 finds in the header.
struct Bound {
    destination: Destination,
    signed_at: Timestamp,
    kind: Option<String>,
}

fn binding(
    entity: &ProvenEntity,
    proven: &Authenticated,
    partner: &PartnerTrust,
    outer: &Outer,
    house: &Gatehouse,
    at: Timestamp,
    remarks: &mut Vec<Finding>,
) -> Result<Bound, Refusal> {
    let destination = match (entity.protection, partner.headers) {
        (Protection::Cipher | Protection::Older, Headers::Outer | Headers::Protected) => {
            whole_header(entity)?;
            Destination::ByHeader
        }
        (Protection::Absent, Headers::Outer) => hints(entity)?,
        (Protection::Absent, Headers::Protected) => {
            return Err(no_headers("no header is repeated under the signature (RFC 9788)"));
        }
        (Protection::Clear, Headers::Outer | Headers::Protected) => {
            return Err(no_headers("what is signed was made to be sent unencrypted"));
        }
    };
    sender(entity, partner, outer, remarks)?;
    recipient(entity, house)?;
    let signed_at = time(proven.signed_at(), house, at)?;
    environment(entity, house.environment)?;
    Ok(Bound { destination, signed_at, kind: kind(entity)? })
}

/// Exactly one each of the five fields that say whose letter it is.
fn whole_header(entity: &ProvenEntity) -> Result<(), Refusal> {
    for name in ["Date", "From", "To", "Subject", "Message-ID"] {
        let count = entity.values(name).len();
        if count != 1 {
            return Err(no_headers(&format!("{name} stands {count} times under the signature")));
        }
    }
    Ok(())
}

/// Where no header is wanted under the signature, one that stands there is
/// still believed, and none may stand twice.
fn hints(entity: &ProvenEntity) -> Result<Destination, Refusal> {
    for name in ["From", "To", "Message-ID"] {
        if entity.values(name).len() > 1 {
            return Err(no_headers(&format!("{name} stands twice under the signature")));
        }
    }
    Ok(match entity.values("To").as_slice() {
        [] => Destination::ByCertificate,
        [_, ..] => Destination::ByHeader,
    })
}

/// The signed From, or the outer one where none is signed, is an address of
/// the partner whose signer it was.
fn sender(
    entity: &ProvenEntity,
    partner: &PartnerTrust,
    outer: &Outer,
    remarks: &mut Vec<Finding>,
) -> Result<(), Refusal> {
    let from = match first(entity, "From") {
        Some(value) => field::mailbox(value).ok_or_else(|| {
            Refusal::new(
                Code::BindingSender,
                format!("the signed From is no one address: {}", shown(value)),
            )
        })?,
        None => outer.from.clone(),
    };
    if !partner.has(&from) {
        return Err(Refusal::new(
            Code::BindingSender,
            format!("{from} is no address of {}, whose signer it is", partner.code),
        ));
    }
    if !from.same_mailbox(&outer.from) {
        remarks.push(remark(
            Remark::FromDiffers,
            format!("the outer From is {}, the signed one {from}", outer.from),
            "look at the relays between the partner and this gateway",
        ));
    }
    Ok(())
}

/// The signed To is us: a letter signed for another, and encrypted to us by
/// whoever could read it, is not ours.
fn recipient(entity: &ProvenEntity, house: &Gatehouse) -> Result<(), Refusal> {
    let Some(value) = first(entity, "To") else { return Ok(()) };
    if field::mailbox(value).is_some_and(|to| to.same_mailbox(&house.us)) {
        return Ok(());
    }
    Err(Refusal::new(
        Code::BindingRecipient,
        format!("the signed To is {}, not {}", shown(value), house.us),
    ))
}

fn time(
    signed_at: Option<Timestamp>,
    house: &Gatehouse,
    at: Timestamp,
) -> Result<Timestamp, Refusal> {
    let refuse = |words: String| Err(Refusal::new(Code::BindingTime, words));
    let Some(signed_at) = signed_at else {
        return refuse("no signing-time is signed".to_owned());
    };
    if signed_at > at.plus(house.signing_skew) {
        return refuse(format!("signed at {signed_at}, taken in at {at}: in the future"));
    }
    if signed_at < at.minus(house.signing_age) {
        return refuse(format!("signed at {signed_at}, taken in at {at}: too long ago"));
    }
    Ok(signed_at)
}

fn environment(entity: &ProvenEntity, ours: Environment) -> Result<(), Refusal> {
    let refuse = |words: String| Err(Refusal::new(Code::BindingEnvironment, words));
    let theirs = match entity.values("Certpost-Environment").as_slice() {
        [] => Environment::Live,
        [word] => match word.to_ascii_lowercase().parse() {
            Ok(environment) => environment,
            Err(_) => return refuse(format!("an environment called {}", shown(word))),
        },
        [_, _, ..] => return refuse("the environment is named twice".to_owned()),
    };
    if theirs == ours {
        return Ok(());
    }
    refuse(format!("the letter is {theirs}, this gateway is {ours}"))
}

/// `Certpost-Kind: word; version=1`, or nothing: then the content decides.
fn kind(entity: &ProvenEntity) -> Result<Option<String>, Refusal> {
    let refuse = |words: String| Err(Refusal::new(Code::BindingKind, words));
    let value = match entity.values("Certpost-Kind").as_slice() {
        [] => return Ok(None),
        [value] => (*value).to_owned(),
        [_, _, ..] => return refuse("the kind is named twice".to_owned()),
    };
    let read = MediaType::read(&value);
    let word = read.name.clone();
    if ContentKind::of(&word).is_none() {
        return refuse(format!("a kind of letter not known here: {}", shown(&word)));
    }
    // One that is named twice is not known in the other.
    match read.parameters("version").find(|version| *version != "1") {
        None => Ok(Some(word)),
        Some(other) => refuse(format!("version {} of {word} is not known here", shown(other))),
    }
}

/// The receipt that is asked for: it goes only to an address of the
/// partner's own.
fn wanted(
    entity: &ProvenEntity,
    partner: &PartnerTrust,
    remarks: &mut Vec<Finding>,
) -> Option<Wanted> {
    match Asked::read(entity) {
        Asked::Nothing => return None,
        Asked::Receipt { to, options } if partner.has(&to) => {
            let original_recipient = first(entity, "Original-Recipient").map(shown);
            return Some(Wanted { to, options, original_recipient });
        }
        Asked::Receipt { .. } | Asked::Unclear => {}
    }
    let value = first(entity, "Disposition-Notification-To").unwrap_or_default();
    remarks.push(remark(
        Remark::ReceiptElsewhere,
        format!("a receipt is asked for at {}", shown(value)),
        "add the address to the partner's senders if it is theirs",
    ));
    None
}

fn first<'p>(entity: &'p ProvenEntity, name: &str) -> Option<&'p str> {
    entity.values(name).first().copied()
}

fn no_headers(words: &str) -> Refusal {
    Refusal::new(Code::BindingNoHeaders, words)
}
