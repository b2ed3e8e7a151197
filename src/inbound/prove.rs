//! Gates 1 to 8, in order: from octets to a proven letter.
//!
//! One pure function of octets, keys and a time. Each gate is a function of
//! its own, takes what only the gate before it can make, and refuses with a
//! code of its own; the first that refuses decides. Gates 9 and 10 are the
//! document's: see `sps`.
//!
//! Gates 1 to 3 and 6 stand in `letter`, gates 4, 5 and 7 in `smime`; here is
//! who is who: whose entry is tried, whose signature it was, and whether the
//! signed header binds sender, recipient, time and environment (gate 8).

use std::time::Duration;

use crate::certificate::catalogue::Code as Remark;
use crate::certificate::finding::Finding;
use crate::clock::Timestamp;
use crate::letter::entity::{Protection, ProvenEntity, remark, shown};
use crate::letter::root::Outer;
use crate::letter::{Address, ContentKind, Environment, Headers, LineEnds};
use crate::letter::{field, inner, limits, root, shape};
use crate::partner::PartnerCode;
use crate::refusal::{Code, Refusal};
use crate::smime::verify::{Authenticated, Signer};
use crate::smime::{DecryptIdentity, DigestAlgorithm, Trust};
use crate::smime::{open, scan, verify};
use crate::sps::SpsOctets;

//------------ PartnerTrust --------------------------------------------------

/// What the gates need to know of one partner.
#[derive(Clone, Debug)]
pub struct PartnerTrust {
    pub code: PartnerCode,
    pub address: Address,
    /// Further addresses from which it sends.
    pub senders: Vec<Address>,
    pub trust: Trust,
    pub headers: Headers,
}

impl PartnerTrust {
    /// Whether `address` is one of the partner's own.
    pub fn has(&self, address: &Address) -> bool {
        self.address.same_mailbox(address)
            || self.senders.iter().any(|sender| sender.same_mailbox(address))
    }
}

//------------ Gatehouse -----------------------------------------------------

/// All that the gates hold on to: us, our keys, whom we trust, how long.
#[derive(Clone, Debug)]
pub struct Gatehouse {
    pub us: Address,
    pub environment: Environment,
    pub identities: Vec<DecryptIdentity>,
    pub partners: Vec<PartnerTrust>,
    pub max_letter: usize,
    pub signing_age: Duration,
    pub signing_skew: Duration,
    pub crl_stale: Duration,
}

//------------ Proven --------------------------------------------------------

/// How the destination is bound under the signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Destination {
    /// Not by the header: whoever reads the certificate must see that it
    /// names us as import or transit country.
    ByCertificate,
    /// By the signed To.
    ByHeader,
}

/// A letter that passed gates 1 to 8.
///
/// ```compile_fail
/// fn forge(octets: Vec<u8>) -> certpost::sps::SpsOctets<'static> {
///     certpost::sps::SpsOctets::proven(octets)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Proven {
    pub partner: PartnerCode,
    pub signer: Signer,
    /// Entity E: the octets that are signed.
    pub entity: Vec<u8>,
    pub digest_algorithm: DigestAlgorithm,
    pub signed_at: Timestamp,
    /// The inner one; the outer one where nothing stands inside.
    pub message_id: String,
    pub subject: Option<String>,
    /// Where a receipt goes: asked for under the signature, to an address of
    /// the partner's own.
    pub receipt_to: Option<Address>,
    /// The word of Certpost-Kind. Whether the content agrees is seen when it
    /// is read.
    pub kind: Option<String>,
    pub destination: Destination,
    /// The name the document was sent under; never a path.
    pub file_name: Option<String>,
    pub remarks: Vec<Finding>,
    /// The innermost part, transfer encoding undone.
    pub octets: SpsOctets<'static>,
}

/// Gates 1 to 8, in order. `at` is when the letter was taken in.
pub fn prove(
    octets: &[u8],
    line_ends: LineEnds,
    house: &Gatehouse,
    at: Timestamp,
) -> Result<Proven, Refusal> {
    let bounded = limits::bound(octets, line_ends, house.max_letter)?;
    let shaped = shape::shape(bounded)?;
    let (outer, sealed) = root::root(&shaped)?;
    let thought = known_sender(&outer, house)?;
    let scanned = scan::scan(sealed, &thought.trust.content, &house.identities)?;
    let opened = open::open(scanned)?;
    let inner = inner::inner(opened)?;
    let (partner, proven) = signature(inner, thought, house, at)?;
    bind(partner, proven, &outer, house, at)
}

/// The end of gate 3: the outer From names a partner. It chooses whose entry
/// is tried, and proves nothing.
fn known_sender<'h>(outer: &Outer, house: &'h Gatehouse) -> Result<&'h PartnerTrust, Refusal> {
    house.partners.iter().find(|partner| partner.has(&outer.from)).ok_or_else(|| {
        Refusal::new(Code::RootUnknownSender, format!("{} is no partner's address", outer.from))
    })
}

/// Gate 7, with every partner's pins, those of `thought` first; then the
/// permissions of the partner whose signer it was, again.
fn signature<'h>(
    inner: inner::Inner,
    thought: &'h PartnerTrust,
    house: &'h Gatehouse,
    at: Timestamp,
) -> Result<(&'h PartnerTrust, Authenticated), Refusal> {
    let others = house.partners.iter().filter(|partner| partner.code != thought.code);
    let partners: Vec<&PartnerTrust> = std::iter::once(thought).chain(others).collect();
    let trusts: Vec<&Trust> = partners.iter().map(|partner| &partner.trust).collect();
    let proven = verify::verify(inner, &trusts, house.crl_stale, at)?;
    let partner = *partners
        .get(proven.whose())
        .ok_or_else(|| Refusal::new(Code::SignerNotPinned, "no partner has this signer"))?;
    scan::check_allowed(proven.cipher(), &partner.trust.content)?;
    Ok((partner, proven))
}

//------------ Gate 8 --------------------------------------------------------

/// Gate 8, as far as the header goes: sender, recipient, time, environment,
/// kind.
fn bind(
    partner: &PartnerTrust,
    proven: Authenticated,
    outer: &Outer,
    house: &Gatehouse,
    at: Timestamp,
) -> Result<Proven, Refusal> {
    let entity = ProvenEntity::read(&proven)?;
    let mut remarks = entity.rewritten(outer);
    let destination = match (entity.protection, partner.headers) {
        (Protection::Cipher | Protection::Older, Headers::Outer | Headers::Protected) => {
            whole_header(&entity)?;
            Destination::ByHeader
        }
        (Protection::Absent, Headers::Outer) => hints(&entity)?,
        (Protection::Absent, Headers::Protected) => {
            return Err(no_headers("no header is repeated under the signature (RFC 9788)"));
        }
        (Protection::Clear, Headers::Outer | Headers::Protected) => {
            return Err(no_headers("what is signed was made to be sent unencrypted"));
        }
    };
    sender(&entity, partner, outer, &mut remarks)?;
    recipient(&entity, house)?;
    let signed_at = time(proven.signed_at(), house, at)?;
    environment(&entity, house.environment)?;
    let kind = kind(&entity)?;
    let receipt_to = receipt_to(&entity, partner, &mut remarks);
    let message_id = first(&entity, "Message-ID").or(outer.single("Message-ID"));
    let subject = first(&entity, "Subject").or(outer.single("Subject"));
    Ok(Proven {
        partner: partner.code.clone(),
        signer: proven.signer().clone(),
        digest_algorithm: proven.digest(),
        signed_at,
        message_id: shown(message_id.unwrap_or_default()),
        subject: subject.map(field::text),
        receipt_to,
        kind,
        destination,
        file_name: entity.file_name,
        remarks,
        octets: SpsOctets::proven(entity.octets),
        entity: proven.into_octets(),
    })
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
    let mut parts = value.split(';').map(str::trim);
    let word = parts.next().unwrap_or_default().to_ascii_lowercase();
    if ContentKind::of(&word).is_none() {
        return refuse(format!("a kind of letter not known here: {}", shown(&word)));
    }
    let version = parts.find_map(|part| part.strip_prefix("version="));
    match version {
        None | Some("1") => Ok(Some(word)),
        Some(other) => refuse(format!("version {} of {word} is not known here", shown(other))),
    }
}

/// Whom a receipt may go to: only an address of the partner's own.
fn receipt_to(
    entity: &ProvenEntity,
    partner: &PartnerTrust,
    remarks: &mut Vec<Finding>,
) -> Option<Address> {
    let values = entity.values("Disposition-Notification-To");
    let value = values.first()?;
    let address = match values.as_slice() {
        [one] => field::mailbox(one),
        [] | [_, _, ..] => None,
    };
    let own = address.filter(|address| partner.has(address));
    if own.is_none() {
        remarks.push(remark(
            Remark::ReceiptElsewhere,
            format!("a receipt is asked for at {}", shown(value)),
            "add the address to the partner's senders if it is theirs",
        ));
    }
    own
}

fn first<'p>(entity: &'p ProvenEntity, name: &str) -> Option<&'p str> {
    entity.values(name).first().copied()
}

fn no_headers(words: &str) -> Refusal {
    Refusal::new(Code::BindingNoHeaders, words)
}
