//! Gates 1 to 8, in order: from octets to a proven letter.
//!
//! One pure function of octets, keys and a time. Each gate is a function of
//! its own, takes what only the gate before it can make, and refuses with a
//! code of its own; the first that refuses decides. Gates 9 and 10 are the
//! document's: see `sps`.
//!
//! Gates 1 to 3 and 6 stand in `letter`, gates 4, 5 and 7 in `smime`, gate 8
//! in `bind`; here is who is who: whose entry is tried, and whose signature it
//! was.

use std::time::Duration;

use super::bind;
use crate::certificate::finding::Finding;
use crate::clock::Timestamp;
use crate::letter::inner::Inner;
use crate::letter::root::Outer;
use crate::letter::{Address, Environment, Headers, LineEnds};
use crate::letter::{inner, limits, root, shape};
use crate::partner::PartnerCode;
use crate::receipt::{self, Options};
use crate::refusal::{Code, Refusal};
use crate::smime::open::Opened;
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
    /// The inner one, whole; the outer one where nothing stands inside.
    pub message_id: String,
    pub subject: Option<String>,
    /// The receipt that is asked for.
    pub wanted: Option<Wanted>,
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

/// A receipt asked for under the signature, to an address of the partner's own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted {
    pub to: Address,
    pub options: Options,
    /// The Original-Recipient that is to be said again, if there is one.
    pub original_recipient: Option<String>,
}

//------------ Refused -------------------------------------------------------

/// A letter that a gate did not let pass.
#[derive(Clone, Debug)]
pub struct Refused {
    pub refusal: Refusal,
    /// Whose it was, if that was proven before: only then is there anybody
    /// to be told.
    pub signed: Option<Box<Signed>>,
}

/// Who signed a letter, and which.
#[derive(Clone, Debug)]
pub struct Signed {
    pub partner: PartnerCode,
    pub entity: Vec<u8>,
    pub digest_algorithm: DigestAlgorithm,
    pub message_id: String,
    pub wanted: Option<Wanted>,
}

impl Signed {
    /// The same of a letter that passed.
    pub fn of(proven: &Proven) -> Signed {
        Signed {
            partner: proven.partner.clone(),
            entity: proven.entity.clone(),
            digest_algorithm: proven.digest_algorithm,
            message_id: proven.message_id.clone(),
            wanted: proven.wanted.clone(),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused { refusal, signed: None }
    }
}

//------------ The gates -----------------------------------------------------

/// Gates 1 to 8, in order. `at` is when the letter was taken in.
pub fn prove(
    octets: &[u8],
    line_ends: LineEnds,
    house: &Gatehouse,
    at: Timestamp,
) -> Result<Proven, Refusal> {
    let (outer, opened, thought) = opened(octets, line_ends, house)?;
    let inner = inner::inner(opened)?;
    rest(inner, &outer, thought, house, at).map_err(|refused| refused.refusal)
}

/// What came out of a sealed letter.
pub enum Unsealed {
    Letter(Box<Proven>),
    /// A receipt, its signature not looked at: its own road goes on from
    /// gate 6. The address is the outer From.
    Report(Inner, Address),
    /// A receipt that nobody signed.
    UnsignedReport,
}

/// As [`prove`], for all that comes on the sealed road (WIRE, section 0).
pub fn unseal(octets: &[u8], house: &Gatehouse, at: Timestamp) -> Result<Unsealed, Refused> {
    let (outer, opened, thought) = opened(octets, LineEnds::Crlf, house)?;
    if receipt::proof::is_unsigned(&opened) {
        return Ok(Unsealed::UnsignedReport);
    }
    let inner = inner::inner(opened)?;
    if inner.media_type().is_receipt() {
        return Ok(Unsealed::Report(inner, outer.from));
    }
    rest(inner, &outer, thought, house, at).map(|proven| Unsealed::Letter(Box::new(proven)))
}

/// Gates 1 to 5.
fn opened<'h>(
    octets: &[u8],
    line_ends: LineEnds,
    house: &'h Gatehouse,
) -> Result<(Outer, Opened, &'h PartnerTrust), Refusal> {
    let bounded = limits::bound(octets, line_ends, house.max_letter)?;
    let shaped = shape::shape(bounded)?;
    let (outer, sealed) = root::root(&shaped)?;
    let thought = known_sender(&outer, house)?;
    let scanned = scan::scan(sealed, &thought.trust.content, &house.identities)?;
    Ok((outer, open::open(scanned)?, thought))
}

/// Gates 7 and 8.
fn rest(
    inner: Inner,
    outer: &Outer,
    thought: &PartnerTrust,
    house: &Gatehouse,
    at: Timestamp,
) -> Result<Proven, Refused> {
    let (partner, proven) = signature(inner, thought, house, at)?;
    bind::bind(partner, proven, outer, house, at)
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
    inner: Inner,
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
