//! Steps 1 to 4: from a letter's octets to a report that a partner signed.

use std::time::Duration;

use super::code::{Fault, ReceiptCode};
use super::road::{self, Road};
use crate::clock::Timestamp;
use crate::letter::inner::Inner;
use crate::letter::root::{Outer, SealedPart};
use crate::letter::shape::Shaped;
use crate::letter::{Address, LineEnds, inner, root};
use crate::partner::{Partner, PartnerCode, ReceiptForm};
use crate::refusal::{Code, Refusal};
use crate::smime::open::Opened;
use crate::smime::verify::{self, Authenticated, Signer};
use crate::smime::{DecryptIdentity, Trust, open, scan};

//------------ Correspondent -------------------------------------------------

/// What is known of one partner that sends receipts.
#[derive(Clone, Debug)]
pub struct Correspondent {
    pub code: PartnerCode,
    pub address: Address,
    /// Further addresses from which it sends.
    pub senders: Vec<Address>,
    /// Other names under which its receipts speak of it.
    pub aliases: Vec<String>,
    pub form: ReceiptForm,
    pub trust: Trust,
}

impl Correspondent {
    /// Whether `address` is one of the partner's own.
    pub fn has(&self, address: &Address) -> bool {
        self.address.same_mailbox(address)
            || self.senders.iter().any(|sender| sender.same_mailbox(address))
    }
}

impl From<&Partner> for Correspondent {
    fn from(partner: &Partner) -> Self {
        Correspondent {
            code: partner.code.clone(),
            address: partner.address.clone(),
            senders: partner.senders.clone(),
            aliases: partner.aliases.clone(),
            form: partner.receipt,
            trust: partner.trust.clone(),
        }
    }
}

//------------ Desk ----------------------------------------------------------

/// All that receipts are judged with: us, our keys, the partners, how long.
#[derive(Clone, Debug)]
pub struct Desk {
    pub us: Address,
    pub identities: Vec<DecryptIdentity>,
    pub partners: Vec<Correspondent>,
    pub max_letter: usize,
    pub crl_stale: Duration,
}

impl Desk {
    /// The partners, the one that the outer From names first: it chooses
    /// whose entry is tried, and proves nothing.
    fn ordered(&self, from: Option<&Address>) -> Vec<&Correspondent> {
        let named = |partner: &&Correspondent| from.is_some_and(|from| partner.has(from));
        let (mut first, others): (Vec<_>, Vec<_>) = self.partners.iter().partition(named);
        first.extend(others);
        first
    }
}

//------------ ProvenReport --------------------------------------------------

/// A report under the signature of a partner's pinned signer.
///
/// ```compile_fail
/// let report = certpost::receipt::proof::ProvenReport { octets: Vec::new() };
/// ```
#[derive(Clone, Debug)]
pub struct ProvenReport {
    pub(super) octets: Vec<u8>,
    pub(super) partner: Correspondent,
    pub(super) signer: Signer,
    pub(super) signed_at: Option<Timestamp>,
}

impl ProvenReport {
    /// What gate 7 proved of a sealed letter, if it is a receipt; `partner`
    /// is the one whose signer it was. Else nothing: it is a letter.
    pub fn of_sealed(proven: &Authenticated, partner: &Correspondent) -> Option<Self> {
        calls_itself_receipt(proven.octets()).then(|| ProvenReport {
            octets: proven.octets().to_vec(),
            partner: partner.clone(),
            signer: proven.signer().clone(),
            signed_at: proven.signed_at(),
        })
    }

    /// The octets that are signed: evidence.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Whose signature it is.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Whose signer it is.
    pub fn partner(&self) -> &PartnerCode {
        &self.partner.code
    }
}

/// Steps 1 to 4, in order. `at` is when the letter was taken in.
pub fn prove(
    octets: &[u8],
    line_ends: LineEnds,
    desk: &Desk,
    at: Timestamp,
) -> Result<ProvenReport, Fault> {
    let letter = road::shaped(octets, line_ends, desk.max_letter)?;
    match Road::of_shaped(&letter) {
        Road::Sealed => sealed(&letter, desk, at),
        Road::SignedReceipt => in_clear(&letter, desk, at),
        Road::UnsignedReceipt => Err(unsigned()),
        Road::DeliveryReport | Road::Other => {
            Err(Fault::new(ReceiptCode::Shape, "the letter is no receipt"))
        }
    }
}

//------------ The two forms -------------------------------------------------

/// Gates 3 to 5, then steps 2 to 4 on what is inside.
fn sealed(letter: &Shaped<'_>, desk: &Desk, at: Timestamp) -> Result<ProvenReport, Fault> {
    let (outer, part): (Outer, SealedPart) = root::root(letter)?;
    let partners = desk.ordered(Some(&outer.from));
    let thought = partners.first().filter(|partner| partner.has(&outer.from));
    let thought = thought.ok_or_else(|| {
        Refusal::new(Code::RootUnknownSender, format!("{} is no partner's address", outer.from))
    })?;
    let scanned = scan::scan(part, &thought.trust.content, &desk.identities)?;
    let opened = open::open(scanned)?;
    if is_unsigned(&opened) {
        return Err(unsigned());
    }
    let inner = inner::inner(opened).map_err(shape)?;
    of_inner(inner, &outer.from, desk, at)
}

/// Whether what was encrypted is a receipt that nobody signed.
pub fn is_unsigned(opened: &Opened) -> bool {
    calls_itself_receipt(opened.octets())
}

/// Steps 2 to 4 on what gates 1 to 6 found inside a sealed letter; `from` is
/// its outer From.
pub fn of_inner(
    inner: Inner,
    from: &Address,
    desk: &Desk,
    at: Timestamp,
) -> Result<ProvenReport, Fault> {
    let partners = desk.ordered(Some(from));
    if !inner.media_type().is_receipt() {
        return Err(Fault::new(ReceiptCode::Shape, "what is signed is no receipt"));
    }
    let trusts: Vec<&Trust> = partners.iter().map(|partner| &partner.trust).collect();
    let proven = verify::verify(inner, &trusts, desk.crl_stale, at).map_err(signature)?;
    let partner = *partners.get(proven.whose()).ok_or_else(nobody)?;
    scan::check_allowed(proven.cipher(), &partner.trust.content)?;
    ProvenReport::of_sealed(&proven, partner)
        .ok_or_else(|| Fault::new(ReceiptCode::Shape, "what is signed is no receipt"))
}

/// Steps 2 to 4 on a letter that is signed alone; only from a partner whose
/// entry says that its receipts come so.
fn in_clear(letter: &Shaped<'_>, desk: &Desk, at: Timestamp) -> Result<ProvenReport, Fault> {
    let report = inner::in_clear(letter).map_err(shape)?;
    let partners = desk.ordered(root::from(letter).as_ref());
    let trusts: Vec<&Trust> = partners.iter().map(|partner| &partner.trust).collect();
    let proven = verify::verify_in_clear(report, &trusts, desk.crl_stale, at).map_err(signature)?;
    let partner = *partners.get(proven.whose()).ok_or_else(nobody)?;
    match partner.form {
        ReceiptForm::MdnSigned => {}
        ReceiptForm::Mdn | ReceiptForm::None => {
            return Err(Fault::new(
                ReceiptCode::NotSealed,
                format!("{} signed it and sent it in clear", partner.code),
            ));
        }
    }
    Ok(ProvenReport {
        octets: proven.octets().to_vec(),
        partner: partner.clone(),
        signer: proven.signer().clone(),
        signed_at: proven.signed_at(),
    })
}

//------------ Faults --------------------------------------------------------

/// Step 2: what gate 6 says of a form that is none.
fn shape(refusal: Refusal) -> Fault {
    match refusal.code.gate() {
        1 | 2 => refusal.into(),
        _ => Fault::new(ReceiptCode::Shape, refusal.words),
    }
}

/// Steps 3 and 4: what gate 7 says of a signature. A CRL that is stale says
/// nothing against the signer.
fn signature(refusal: Refusal) -> Fault {
    if refusal.is_held() {
        return refusal.into();
    }
    let weak = matches!(
        refusal.code,
        Code::SignatureSignerCount
            | Code::SignatureNoAttributes
            | Code::SignatureAttributes
            | Code::SignatureContentType
            | Code::SignatureDigest
            | Code::SignatureAlgorithm
            | Code::SignatureKeySize
    );
    let code = if weak { ReceiptCode::Weak } else { ReceiptCode::Signature };
    Fault::new(code, refusal.to_string())
}

/// What is said of such a one.
pub fn unsigned() -> Fault {
    Fault::new(ReceiptCode::Unsigned, "a receipt without any signature")
}

fn nobody() -> Fault {
    Fault::new(ReceiptCode::Signature, "no partner has this signer")
}

fn calls_itself_receipt(octets: &[u8]) -> bool {
    crate::letter::shape::Tree::root(octets).is_ok_and(|root| root.media_type.is_receipt())
}
