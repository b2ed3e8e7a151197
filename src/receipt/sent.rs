//! What the caller's look-up tells of a letter that was sent.

use super::digest::Digests;
use super::fields::MessageId;
use crate::certificate::{CertificateId, Status};
use crate::delivery::{DeliveryId, State};
use crate::letter::Address;
use crate::letter::field::{self, Fields};
use crate::letter::shape::Tree;
use crate::partner::PartnerCode;

//------------ Deliveries ----------------------------------------------------

/// Where receipts and reports find what they are about: the ledger, or a
/// test's table. Deliveries that ended are found as well.
pub trait Deliveries {
    /// The delivery whose letter has this inner Message-ID.
    fn by_letter(&self, id: &MessageId) -> Option<Sent>;

    /// The delivery whose letter went out under this envelope id.
    fn by_envelope(&self, id: &str) -> Option<Sent>;

    /// Digests of other octets of that letter that a peer may have taken, to
    /// say what a MIC fits that does not fit. Asked only then.
    fn other_octets(&self, _sent: &Sent) -> Vec<(OtherOctets, Digests)> {
        Vec::new()
    }
}

/// Octets of a letter that its MIC is not made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OtherOctets {
    /// Entity E with LF in place of CRLF.
    LineFeeds,
    /// Entity M, that holds E and its signature.
    Signed,
    /// The XML alone.
    Xml,
}

impl OtherOctets {
    pub(super) const fn words(self) -> &'static str {
        match self {
            OtherOctets::LineFeeds => "the entity with LF line ends",
            OtherOctets::Signed => "the signed entity with its signature",
            OtherOctets::Xml => "the XML alone",
        }
    }
}

//------------ Sent ----------------------------------------------------------

/// A delivery, as far as receipts and reports are checked against it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub delivery: DeliveryId,
    pub partner: PartnerCode,
    /// The address it was sent to.
    pub to: Address,
    pub state: State,
    /// Of the stored entity E.
    pub entity: Digests,
    /// What it carried, if a certificate.
    pub certificate: Option<SentCertificate>,
}

impl Sent {
    /// A delivery by what the ledger keeps of it: `entity` is its entity E,
    /// whose header says to whom it went and under which Message-ID.
    /// Nothing if these octets are no letter of ours.
    pub fn of_entity(
        delivery: DeliveryId,
        partner: PartnerCode,
        state: State,
        certificate: Option<(CertificateId, Status)>,
        entity: &[u8],
    ) -> Option<(MessageId, Sent)> {
        let root = Tree::root(entity).ok()?;
        let header = Fields::read(entity.get(root.header.clone())?).ok()?;
        let document = Tree::decoded(entity, &root)?;
        let sent = Sent {
            delivery,
            partner,
            to: field::mailbox(&header.single("To")?)?,
            state,
            entity: Digests::of(entity),
            certificate: certificate.map(|(id, status)| SentCertificate {
                id,
                status,
                document: Digests::of(&document),
            }),
        };
        Some((MessageId::read(&header.single("Message-ID")?)?, sent))
    }
}

/// Digests of what else of a letter a peer may have digested, for the words
/// about a MIC that does not fit: `signed` is entity M.
pub fn other_octets(entity: &[u8], signed: &[u8]) -> Vec<(OtherOctets, Digests)> {
    let lines: Vec<&[u8]> = entity.split(|octet| *octet == b'\n').collect();
    let feeds: Vec<&[u8]> =
        lines.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
    let mut others = vec![
        (OtherOctets::LineFeeds, Digests::of(&feeds.join(&b'\n'))),
        (OtherOctets::Signed, Digests::of(signed)),
    ];
    let root = Tree::root(entity).ok();
    if let Some(xml) = root.and_then(|root| Tree::decoded(entity, &root)) {
        others.push((OtherOctets::Xml, Digests::of(&xml)));
    }
    others
}

/// The certificate of a delivery.
#[derive(Clone, Debug)]
pub struct SentCertificate {
    pub id: CertificateId,
    pub status: Status,
    /// Of the XML's octets.
    pub document: Digests,
}
