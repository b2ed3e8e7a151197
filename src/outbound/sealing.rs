//! Sealing: from what the ledger holds to the letter that is posted.
//!
//! Pure, and run by the crew: write, sign, seal, compose. A delivery is
//! sealed once, just before its first attempt; a retry sends the same octets.

use super::objections;
use crate::certificate::catalogue::Code;
use crate::certificate::rules::Strictness;
use crate::certificate::{Area, Certificate, CertificateId, Facts, Level, Status};
use crate::clock::Timestamp;
use crate::config::Configuration;
use crate::delivery::Clocks;
use crate::ledger::{Cargo, Claimed, ContentType};
use crate::letter::shape::Tree;
use crate::letter::{self, ContentKind, LetterFacts};
use crate::partner::{Partner, ReceiptForm, routing};
use crate::receipt::{self, Form, MdnFacts, Owed};
use crate::smime::{self, Signed, SigningIdentity, SmimeError};
use crate::sps::{self, SpsOctets, SpsXml};
use crate::submission;

//------------ SealedLetter --------------------------------------------------

/// A letter ready to be posted, and what is kept as evidence.
#[derive(Clone, Debug)]
pub struct SealedLetter {
    /// The entity that was signed: what the receipt's digest covers.
    pub entity: Vec<u8>,
    /// The signed entity: what a new sealing encrypts again.
    pub signed: Vec<u8>,
    /// The octets that are posted.
    pub letter: Vec<u8>,
    /// Of the XML in it, if a certificate.
    pub xml_sha256: Option<[u8; 32]>,
    pub signer_sha256: String,
    pub recipients_sha256: Vec<String>,
    pub signed_at: Timestamp,
}

/// Why a certificate could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// A certificate in the ledger can no longer be read: a newer version's
    /// ledger, or damage. The operator looks.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// No signing identity was read; the operator mends `[[identity]]`.
    #[error("there is no signing identity")]
    NoIdentity,
    /// A receipt in the ledger cannot be read: a newer version's ledger, or
    /// damage. The operator looks.
    #[error(transparent)]
    Receipt(#[from] receipt::owed::Unreadable),
    /// The partner, through whose country the goods only pass, would refuse the
    /// certificate; the producer mends it, or it goes to the others alone.
    #[error("the partner would refuse it: {0}: {words}", words = .1)]
    Objection(Code, String),
    /// OpenSSL refused; the operator looks at keys and certificates.
    #[error(transparent)]
    Smime(#[from] SmimeError),
    /// The letter would pass the limit; the producer sends less.
    #[error("the letter has {0} octets, more than the partner or we allow")]
    TooLarge(usize),
}

/// A certificate on its way: its octets as the ledger has them.
pub struct Order<'a> {
    pub content_type: ContentType,
    pub body: &'a [u8],
    pub letter_id: &'a str,
    pub id: &'a CertificateId,
    pub status: &'a Status,
}

/// The XML that `partner` is sent: a ready one as it is, else written for it.
pub fn xml<'a>(
    content_type: ContentType,
    body: &'a [u8],
    partner: &Partner,
) -> Result<SpsXml<'a>, SealingError> {
    match content_type {
        ContentType::Xml => Ok(SpsXml::ready(&SpsOctets::domestic(body))),
        ContentType::Json => Ok(sps::write(&certificate(content_type, body)?, &partner.xml)),
    }
}

/// Stops what a partner on the way would refuse, before it is signed.
pub fn check_objection(
    facts: &Facts,
    content_type: ContentType,
    body: &[u8],
    partner: &Partner,
) -> Result<(), SealingError> {
    if !routing::only_passes(facts, partner) {
        return Ok(());
    }
    let read = certificate(content_type, body)?;
    match objections::on_the_way(facts, content_type, body, &read, partner) {
        Some(finding) => Err(SealingError::Objection(finding.code, finding.words)),
        None => Ok(()),
    }
}

/// Writes, signs and seals one certificate for one partner.
pub fn seal(
    order: &Order<'_>,
    partner: &Partner,
    configuration: &Configuration,
    at: Timestamp,
) -> Result<SealedLetter, SealingError> {
    let identity = configuration.signing_at(at).ok_or(SealingError::NoIdentity)?;
    let xml = xml(order.content_type, order.body, partner)?;
    let facts = facts(order.letter_id, order.id, order.status, partner, configuration, at);
    seal_xml(&facts, &xml, partner, identity, configuration.doors.max_letter)
}

/// Whether the signature on a letter would be too old for the partner when it
/// comes: a ninth of `clocks.signing_age` (5 of 45 days) is left for the road.
pub fn is_aged(claimed: &Claimed, clocks: &Clocks, at: Timestamp) -> bool {
    let most = clocks.signing_age.saturating_sub(clocks.signing_age / 9);
    claimed.letter.is_some() && claimed.signed_at.is_some_and(|signed| signed.plus(most) <= at)
}

/// Signs what was signed too long ago once more, and seals it: the same XML
/// under the same Message-ID, with the date of now.
pub fn sign_anew(
    entity: &[u8],
    (id, status): (&CertificateId, &Status),
    letter_id: &str,
    partner: &Partner,
    configuration: &Configuration,
    at: Timestamp,
) -> Result<SealedLetter, SealingError> {
    let identity = configuration.signing_at(at).ok_or(SealingError::NoIdentity)?;
    let root = Tree::root(entity).ok();
    let xml = root.and_then(|root| Tree::decoded(entity, &root));
    let lost = || SealingError::Certificate("what was signed is no entity of ours".to_owned());
    let octets = xml.ok_or_else(lost)?;
    let facts = facts(letter_id, id, status, partner, configuration, at);
    let octets = SpsOctets::domestic(&octets);
    let most = configuration.doors.max_letter;
    seal_xml(&facts, &SpsXml::ready(&octets), partner, identity, most)
}

/// The same signed octets for the partner's keys of now, under the same
/// Message-ID (DELIVERY: a new sealing). `signed_at` is when they were signed.
pub fn reseal(
    claimed: &Claimed,
    signed: Signed,
    partner: &Partner,
    configuration: &Configuration,
    signed_at: Timestamp,
) -> Result<Vec<u8>, SealingError> {
    let letter = match &claimed.cargo {
        Cargo::Certificate(carried) => {
            let (id, status) = (&carried.id, &carried.status);
            let facts = facts(&claimed.letter_id, id, status, partner, configuration, signed_at);
            letter::sealed_letter(&facts, &smime::seal(&signed, &partner.seal)?)
        }
        Cargo::Receipt(owed) => {
            let facts = said(Owed::read(owed)?, &claimed.letter_id, configuration, signed_at);
            receipt::sealed_again(&facts, &signed, &partner.seal)?
        }
    };
    if letter.len() > configuration.doors.max_letter {
        return Err(SealingError::TooLarge(letter.len()));
    }
    Ok(letter)
}

/// Composes, signs and seals the receipt that a letter is owed.
pub fn seal_receipt(
    owed: &str,
    letter_id: &str,
    partner: &Partner,
    configuration: &Configuration,
    at: Timestamp,
) -> Result<SealedLetter, SealingError> {
    let identity = configuration.signing_at(at).ok_or(SealingError::NoIdentity)?;
    let facts = said(Owed::read(owed)?, letter_id, configuration, at);
    let made = receipt::receipt_letter(&facts, identity, &partner.seal)?;
    Ok(SealedLetter {
        entity: made.entity,
        signed: made.signed,
        letter: made.letter,
        xml_sha256: None,
        signer_sha256: identity.sha256_hex(),
        // What goes in clear is sealed for nobody, and never sealed anew.
        recipients_sha256: match facts.owed.form {
            Form::InClear => Vec::new(),
            Form::Sealed => recipients(partner),
        },
        signed_at: at,
    })
}

/// What a receipt says, once we say it.
fn said(owed: Owed, letter_id: &str, configuration: &Configuration, at: Timestamp) -> MdnFacts {
    MdnFacts {
        letter_id: letter_id.to_owned(),
        gateway: configuration.gateway.code.clone(),
        product: concat!("certpost ", env!("CARGO_PKG_VERSION")).to_owned(),
        from: configuration.gateway.address.clone(),
        at,
        environment: configuration.gateway.environment,
        owed,
    }
}

/// The keys that a letter to `partner` is sealed for.
pub fn recipients(partner: &Partner) -> Vec<String> {
    partner.seal.recipients.iter().map(|key| key.sha256_hex()).collect()
}

fn facts(
    letter_id: &str,
    id: &CertificateId,
    status: &Status,
    partner: &Partner,
    configuration: &Configuration,
    at: Timestamp,
) -> LetterFacts {
    let environment = configuration.gateway.environment;
    LetterFacts {
        letter_id: letter_id.to_owned(),
        from: configuration.gateway.address.clone(),
        to: partner.address.clone(),
        at,
        subject: letter::certificate_subject(id, status, environment),
        environment,
        file_name: letter::file_name(id.number()),
        kind: ContentKind::Certificate,
        micalg: (partner.receipt != ReceiptForm::None).then(|| partner.seal.signature.digest()),
    }
}

fn seal_xml(
    facts: &LetterFacts,
    xml: &SpsXml<'_>,
    partner: &Partner,
    identity: &SigningIdentity,
    most: usize,
) -> Result<SealedLetter, SealingError> {
    let entity = letter::certificate_entity(facts, xml.as_bytes());
    let signed = smime::sign(&entity, identity, &partner.seal, facts.at)?;
    let sealed = smime::seal(&signed, &partner.seal)?;
    let letter = letter::sealed_letter(facts, &sealed);
    if letter.len() > most {
        return Err(SealingError::TooLarge(letter.len()));
    }
    Ok(SealedLetter {
        entity,
        signed: signed.signed().to_vec(),
        letter,
        xml_sha256: Some(xml.sha256()),
        signer_sha256: identity.sha256_hex(),
        recipients_sha256: recipients(partner),
        signed_at: facts.at,
    })
}

/// Reads a certificate of our own side again.
///
/// It was judged when it was accepted, perhaps by a milder version: here only
/// what would leave something out of it stands in its way.
pub fn certificate(content_type: ContentType, body: &[u8]) -> Result<Certificate, SealingError> {
    let (certificate, findings) = match content_type {
        ContentType::Json => submission::check_json(body, Strictness::Received),
        ContentType::Xml => {
            let reading = sps::read(&SpsOctets::domestic(body));
            (reading.certificate, reading.findings)
        }
    };
    let mut severe = findings.iter().filter(|finding| finding.level == Level::Severe);
    let in_the_way =
        severe.find(|found| found.area == Area::Schema && found.code != Code::SubmissionTagInList);
    match (certificate, in_the_way) {
        (Some(certificate), None) => Ok(certificate),
        (_, finding) => {
            let words = finding.map(|finding| format!("{}: {}", finding.code, finding.words));
            Err(SealingError::Certificate(words.unwrap_or_default()))
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    /// What an older version accepted is sealed by a stricter one.
    #[test]
    fn what_was_accepted_stays_so() {
        let text = include_str!("../../queue-config/examples/phytosanitary-851.json");
        let tagged = r#""includedNote": [{"subject": "SPSFL", "content": ["1"]}]"#;
        let older = text.replacen(r#""financialLiability": "1""#, tagged, 1);
        let older = older.replacen(r#""KGM""#, r#""kg""#, 1);
        assert!(older.contains(tagged) && older.contains(r#""kg""#));
        assert!(submission::from_json(older.as_bytes()).is_err());
        let read = certificate(ContentType::Json, older.as_bytes()).unwrap();
        let notes = read.document().unwrap().nodes("IncludedSPSNote");
        assert!(notes.filter_map(|note| note.text("Subject")).any(|tag| tag == "SPSFL"));
        let unknown = text.replacen("\"netWeightMeasure\"", "\"nettWeightMeasure\"", 1);
        assert!(certificate(ContentType::Json, unknown.as_bytes()).is_err());
    }
}
