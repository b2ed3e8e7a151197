//! `certpost seal`: the letter to one partner, as `run` would send it.

use std::path::PathBuf;

use super::answer::{Answer, Exit, Shared};
use crate::certificate::number::{CertificateId, Status};
use crate::clock::Timestamp;
use crate::letter::{
    self, Address, ContentKind, Environment, LetterFacts, MAX_LETTER, certificate_subject,
};
use crate::smime::{SealProfile, SigningIdentity, SmimeError, seal, sign};

/// The schema of what `--json` prints when there is no letter.
pub const SCHEMA: &str = "certpost/seal/1";

/// Seal a certificate for a partner and print the letter.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The certificate, as JSON or XML: a file, or - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The partner's code.
    #[arg(long, value_name = "CODE")]
    pub to: String,
}

/// A certificate ready to travel.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    pub id: &'a CertificateId,
    pub status: &'a Status,
    pub xml: &'a [u8],
}

/// Who sends, and who takes.
#[derive(Clone, Copy, Debug)]
pub struct Parties<'a> {
    pub from: &'a Address,
    pub environment: Environment,
    pub identity: &'a SigningIdentity,
    pub to: &'a Address,
    pub profile: &'a SealProfile,
}

/// The letter, sealed at `at` under a letter id made of `random`.
pub fn letter(
    document: Document<'_>,
    parties: Parties<'_>,
    random: [u8; 16],
    at: Timestamp,
) -> Result<Vec<u8>, SmimeError> {
    let facts = LetterFacts {
        letter_id: letter::letter_id(random),
        from: parties.from.clone(),
        to: parties.to.clone(),
        at,
        subject: certificate_subject(document.id, document.status, parties.environment),
        environment: parties.environment,
        file_name: letter::file_name(document.id.number()),
        kind: ContentKind::Certificate,
        micalg: parties.profile.signature.digest(),
    };
    let entity = letter::certificate_entity(&facts, document.xml);
    let signed = sign(&entity, parties.identity, parties.profile, at)?;
    let sealed = seal(&signed, parties.profile)?;
    Ok(letter::sealed_letter(&facts, &sealed))
}

/// The answer for a certificate that has no severe finding.
pub fn answer(
    document: Document<'_>,
    parties: Parties<'_>,
    random: [u8; 16],
    at: Timestamp,
    shared: &Shared,
) -> Answer {
    match letter(document, parties, random, at) {
        Ok(letter) if letter.len() > MAX_LETTER => Answer::failure(
            shared,
            SCHEMA,
            Exit::No,
            format!(
                "submission.letter-too-large: the letter has {} octets; {MAX_LETTER} may be sent",
                letter.len()
            ),
        ),
        Ok(letter) => Answer::octets(Exit::Yes, letter),
        Err(fault @ (SmimeError::KnownBad { .. } | SmimeError::Profile(_))) => {
            Answer::failure(shared, SCHEMA, Exit::Usage, fault.to_string())
        }
        Err(fault @ SmimeError::Openssl { .. }) => {
            Answer::failure(shared, SCHEMA, Exit::Bug, format!("{fault}: {}", sources(&fault)))
        }
    }
}

fn sources(fault: &dyn std::error::Error) -> String {
    let mut words = Vec::new();
    let mut next = fault.source();
    while let Some(source) = next {
        words.push(source.to_string());
        next = source.source();
    }
    words.join(": ")
}
