//! Sealing and opening a letter, against OpenSSL's own calls over the same
//! octets; by one thread, and on every core at once.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use super::place::{Ends, Form, PlaceError, Places};
use super::ratio::{in_turns, on_every_core};
use super::{Args, Stage, USUAL};
use crate::certificate::{Certificate, ContentDigest, Facts};
use crate::clock::Timestamp;
use crate::delivery::LetterId;
use crate::inbound::opening::{self, Judged, Letter};
use crate::inbound::prove;
use crate::inbound::terms::Terms;
use crate::ledger::ContentType;
use crate::letter::LineEnds;
use crate::outbound::sealing::{self, Order, SealedLetter};
use crate::smime::bare::Bare;
use crate::smime::throwaway::KeyKind;
use crate::sps::{self, WriteOptions};
use crate::submission;

/// Sealing may cost a quarter more than OpenSSL alone.
const SEAL_LIMIT: f64 = 1.25;
/// Letters that each core makes in one round.
const EACH: usize = 8;
const KINDS: &[(&str, KeyKind)] =
    &[("RSA-2048", KeyKind::Rsa2048), ("RSA-3072", KeyKind::Rsa3072), ("P-256", KeyKind::P256)];

/// Every stage of sealing and opening, for each kind of signing key.
pub fn stages(args: &Args, folder: &Path) -> Result<Vec<Stage>, PlaceError> {
    let mut stages = Vec::new();
    for (name, kind) in KINDS {
        let wanted = |what: &&str| format!("{what}, {name}").contains(&args.only);
        if !STAGES.iter().any(wanted) {
            continue;
        }
        let desk =
            Arc::new(Desk::furnish(&folder.join(name), *kind, Form::Usual, &Ends::default())?);
        for what in STAGES.iter().copied().filter(|what| wanted(what)) {
            let (measured, limit) = match what {
                "seal" => (
                    in_turns(args.rounds, || desk.bare_seal(), || drop(desk.seal())),
                    Some(SEAL_LIMIT),
                ),
                "seal from JSON" => {
                    (in_turns(args.rounds, || desk.bare_seal(), || drop(desk.seal_json())), None)
                }
                "seal on every core" => {
                    let (bare, work) = (Arc::clone(&desk), Arc::clone(&desk));
                    let rounds = (args.rounds / 10).max(1);
                    let bare = move || bare.bare_seal();
                    let work = move || drop(work.seal());
                    (on_every_core(rounds, EACH, bare, work)?, Some(SEAL_LIMIT))
                }
                "open, gates 1 to 8" => {
                    (in_turns(args.rounds, || desk.bare_open(), || desk.prove()), None)
                }
                _ => (in_turns(args.rounds, || desk.bare_open(), || desk.open()), None),
            };
            let (name, octets) = (format!("{what}, {name}"), desk.letter.letter.len());
            stages.push(Stage { name, octets, measured, limit });
        }
    }
    Ok(stages)
}

const STAGES: &[&str] =
    &["seal", "seal on every core", "seal from JSON", "open, gates 1 to 8", "open, all gates"];

//------------ Desk ----------------------------------------------------------

/// One certificate, the two sides' keys, and its letter.
#[derive(Debug)]
pub struct Desk {
    places: Places,
    certificate: Certificate,
    terms: Terms,
    facts: Facts,
    bare: Bare,
    /// The letter, and what OpenSSL alone makes of the same octets.
    pub letter: SealedLetter,
    bare_signed: Vec<u8>,
    bare_sealed: Vec<u8>,
    at: Timestamp,
}

impl Desk {
    /// Makes keys and the first letter.
    pub fn furnish(
        folder: &Path,
        kind: KeyKind,
        form: Form,
        ends: &Ends,
    ) -> Result<Desk, PlaceError> {
        let places = Places::furnish(folder, kind, form, ends)?;
        let (ours, theirs) = (&places.our_keys, &places.their_keys);
        let bare = Bare::from_pem(
            (&ours.sign.0, &ours.sign.1),
            (&theirs.decrypt.0, &theirs.decrypt.1),
            &ours.authority,
        )?;
        let certificate = submission::from_json(USUAL).map_err(|_findings| PlaceError::Model)?;
        let facts = certificate.facts().map_err(|_findings| PlaceError::Model)?;
        let at = Places::now();
        let letter = seal(&places, &facts, ContentType::Json, USUAL, at)?;
        let bare_signed = bare.sign(&letter.entity)?;
        let bare_sealed = bare.encrypt(&letter.signed)?;
        let terms = Terms::of(&places.theirs)?;
        Ok(Desk { places, terms, certificate, facts, bare, letter, bare_signed, bare_sealed, at })
    }

    /// Writes the XML of a certificate, signs, seals and composes its letter.
    pub fn seal(&self) -> Result<SealedLetter, PlaceError> {
        let xml = sps::write(&self.certificate, &WriteOptions::default());
        black_box(seal(&self.places, &self.facts, ContentType::Xml, xml.as_bytes(), self.at))
    }

    /// The same from the submission, as the ledger keeps it.
    pub fn seal_json(&self) -> Result<SealedLetter, PlaceError> {
        black_box(seal(&self.places, &self.facts, ContentType::Json, USUAL, self.at))
    }

    /// The signature and the encryption alone, of the same octets.
    fn bare_seal(&self) {
        drop(black_box(self.bare.sign(&self.letter.entity)));
        drop(black_box(self.bare.encrypt(&self.letter.signed)));
    }

    fn prove(&self) {
        let proven = prove::prove(&self.letter.letter, LineEnds::Crlf, &self.terms.house, self.at);
        drop(black_box(proven));
    }

    /// What `inbound` does with a letter of the ledger: its road, all ten gates,
    /// and the publication for the domestic system.
    pub fn open(&self) {
        drop(black_box(self.opens(&self.letter.letter)));
    }

    /// Whether the gates let a letter pass; number and digest of what it carries.
    pub fn opens(&self, letter: &[u8]) -> Result<(String, ContentDigest), String> {
        let letter = Letter {
            id: LetterId::from_uuid(Uuid::nil()),
            octets: letter.to_vec(),
            path: None,
            at: self.at,
        };
        match opening::open(letter, &self.terms) {
            Judged::Arrived(arrival) => Ok((arrival.facts.id.number().to_owned(), arrival.digest)),
            Judged::SetAside(aside) => Err(format!("{}: {}", aside.code, aside.words)),
            Judged::Reported(_) => Err("no certificate".to_owned()),
        }
    }

    fn bare_open(&self) {
        drop(black_box(self.bare.decrypt(&self.bare_sealed)));
        drop(black_box(self.bare.verify(&self.bare_signed)));
    }
}

fn seal(
    places: &Places,
    facts: &Facts,
    content_type: ContentType,
    body: &[u8],
    at: Timestamp,
) -> Result<SealedLetter, PlaceError> {
    let order = Order {
        content_type,
        body,
        letter_id: "tnei5w5s46migarjcj6hevoihe",
        id: &facts.id,
        status: &facts.status,
    };
    let partner = places.ours.partners.first().ok_or(PlaceError::Model)?;
    Ok(sealing::seal(&order, partner, &places.ours, at)?)
}

impl From<sealing::SealingError> for PlaceError {
    fn from(fault: sealing::SealingError) -> Self {
        match fault {
            sealing::SealingError::Smime(fault) => PlaceError::Keys(fault),
            sealing::SealingError::Certificate(_)
            | sealing::SealingError::Objection(..)
            | sealing::SealingError::NoIdentity
            | sealing::SealingError::Receipt(_)
            | sealing::SealingError::TooLarge(_) => PlaceError::Model,
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::leash::Ground;

    /// A stage that fails at once would be measured as a fast one.
    #[test]
    fn what_is_measured_succeeds() {
        let ground = Ground::new().unwrap();
        for (name, kind) in [("rsa", KeyKind::Rsa2048), ("p256", KeyKind::P256)] {
            for form in [Form::Usual, Form::Older] {
                let folder = ground.path().join(format!("{name}-{form:?}"));
                let desk = Desk::furnish(&folder, kind, form, &Ends::default()).unwrap();
                let (again, json) = (desk.seal().unwrap(), desk.seal_json().unwrap());
                assert_eq!(desk.opens(&again.letter), desk.opens(&json.letter));
                assert!(desk.opens(&again.letter).is_ok(), "{:?}", desk.opens(&again.letter));
                assert_eq!(desk.bare.verify(&desk.bare_signed).unwrap(), desk.letter.entity);
                assert_eq!(desk.bare.decrypt(&desk.bare_sealed).unwrap(), desk.letter.signed);
            }
        }
    }
}
