//! Composing a letter and accepting a certificate, each against what it
//! cannot do without: base64 of the same octets; a synced file of the same
//! octets.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::Path;

use bytes::Bytes;
use data_encoding::BASE64;

use super::place::{PlaceError, Places};
use super::ratio::in_turns;
use super::{Args, Stage, USUAL, numbered};
use crate::certificate::{CertificateId, ContentDigest, Facts};
use crate::clock::Clock;
use crate::ledger::{Acceptance, Access, ContentType, Ledger, LedgerError};
use crate::letter::{self, ContentKind, Environment, LetterFacts};
use crate::sps::{self, WriteOptions};
use crate::submission;

/// What the intake has under way at most: one commit takes them all.
const GROUP: usize = 64;
const NUMBER: &str = "tnei5w5s46migarjcj6hevoihe";

/// Composing the entity that is signed, and accepting a group.
pub fn stages(args: &Args, folder: &Path) -> Result<Vec<Stage>, PlaceError> {
    let certificate = submission::from_json(USUAL).map_err(|_findings| PlaceError::Model)?;
    let facts = certificate.facts().map_err(|_findings| PlaceError::Model)?;
    let mut stages = Vec::new();
    let compose = "compose the entity";
    if compose.contains(&args.only) {
        let xml = sps::write(&certificate, &WriteOptions::default()).as_bytes().to_vec();
        let facts = letter_facts(&facts)?;
        let bare = || drop(black_box(BASE64.encode(&xml)));
        let work = || drop(black_box(letter::certificate_entity(&facts, &xml)));
        let measured = in_turns(args.rounds, bare, work);
        stages.push(Stage { name: compose.to_owned(), octets: xml.len(), measured, limit: None });
    }
    let accept = format!("accept {GROUP} in a commit");
    if accept.contains(&args.only) {
        let ground = Ground { facts, digest: certificate.content_digest() };
        let measured = ground.accept(args, folder)?;
        stages.push(Stage { name: accept, octets: USUAL.len() * GROUP, measured, limit: None });
    }
    Ok(stages)
}

/// What every acceptance shares.
struct Ground {
    facts: Facts,
    digest: ContentDigest,
}

impl Ground {
    fn accept(&self, args: &Args, folder: &Path) -> Result<super::ratio::Ratio, PlaceError> {
        let rounds = (args.rounds / 2).max(1);
        let path = folder.join("ledger/certpost.db");
        let code = super::place::OURS.parse().map_err(|_fault| PlaceError::Model)?;
        let ledger = Ledger::open(&path, &code, Access::Run, Clock::system())?;
        let mut file = File::create(folder.join("bare"))?;
        let mut given = 0;
        let mut refused = None;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let measured = in_turns(
            rounds,
            || drop(black_box(write(&mut file))),
            || {
                let accepts = (0..GROUP).map(|_| {
                    given += 1;
                    ledger.accept(self.acceptance(given))
                });
                let all = runtime.block_on(futures_util::future::join_all(accepts));
                refused = refused.take().or(all.into_iter().find_map(Result::err));
            },
        );
        match refused {
            Some(fault) => Err(fault.into()),
            None => Ok(measured),
        }
    }

    fn acceptance(&self, n: u32) -> Acceptance {
        let number = numbered(n);
        let CertificateId { country, document_type, .. } = self.facts.id.clone();
        let id = CertificateId::new(country, document_type, &number);
        let id = id.unwrap_or_else(|_never| self.facts.id.clone());
        Acceptance {
            submission_message_id: Some(number),
            producer: None,
            content_type: ContentType::Json,
            body: Bytes::from_static(USUAL),
            facts: Facts { id, ..self.facts.clone() },
            digest: self.digest,
            xml_sha256: None,
            partners: super::place::THEIRS.parse().into_iter().collect(),
            named: false,
            not_useful_after: None,
            first_wait: std::time::Duration::ZERO,
        }
    }
}

/// The octets of a group, written and synced.
fn write(file: &mut File) -> io::Result<()> {
    for _ in 0..GROUP {
        file.write_all(USUAL)?;
    }
    file.sync_data()
}

fn letter_facts(facts: &Facts) -> Result<LetterFacts, PlaceError> {
    let address = |code| super::place::address(code).parse().map_err(|_fault| PlaceError::Model);
    let environment = Environment::Live;
    Ok(LetterFacts {
        letter_id: NUMBER.to_owned(),
        from: address(super::place::OURS)?,
        to: address(super::place::THEIRS)?,
        at: Places::now(),
        subject: letter::certificate_subject(&facts.id, &facts.status, environment),
        environment,
        file_name: letter::file_name(facts.id.number()),
        kind: ContentKind::Certificate,
        micalg: Some(crate::smime::DigestAlgorithm::Sha256),
    })
}

impl From<LedgerError> for PlaceError {
    fn from(fault: LedgerError) -> Self {
        PlaceError::Ledger(Box::new(fault))
    }
}
