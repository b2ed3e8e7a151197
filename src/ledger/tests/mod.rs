//! Tests of the ledger as a whole, on a real one in a folder of its own and
//! with a clock that stands still.

mod checkups;
mod crashes;
mod evidence;
mod lanes;
mod lives;
mod model;
mod receipts;
mod speed;
mod stories;
mod tallies;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::certificate::{CertificateId, ContentDigest, Facts};
use crate::clock::{Clock, Timestamp};
use crate::delivery::{DeliveryId, LetterId, Phase, Reply, Verdict};
use crate::partner::PartnerCode;

use super::columns::sha256;
use super::*;

const LEASE: Duration = Duration::from_secs(60);
const HOLD: Duration = Duration::from_secs(900);
const FOR_EVER: Duration = Duration::from_secs(1_000_000_000);

struct World {
    _dir: tempfile::TempDir,
    path: PathBuf,
    clock: Clock,
    ledger: Option<Ledger>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("certpost.db");
        let clock = Clock::simulated("2026-11-23T20:30:00Z".parse().unwrap());
        let ledger = Some(open(&path, &clock));
        World { _dir: dir, path, clock, ledger }
    }

    fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    /// As a kill: what is on the disk now, a torn tail with it, is opened by
    /// the next run.
    async fn crash(&mut self) -> Recovered {
        let image = tempfile::tempdir().unwrap();
        let copy = image.path().join("certpost.db");
        copy_image(&self.path, &copy);
        tear(&copy);
        self.ledger = None;
        (self._dir, self.path) = (image, copy);
        self.ledger = Some(open(&self.path, &self.clock));
        self.ledger().recover(HOLD).await.unwrap()
    }

    /// The one delivery that is due.
    async fn claim_one(&self, to: &str) -> Claimed {
        let mut claims = self.ledger().claim(&partner(to), 10, LEASE).await.unwrap();
        assert_eq!(claims.len(), 1, "{claims:?}");
        claims.remove(0)
    }

    /// Claims, seals and begins the one delivery that is due.
    async fn begin_one(&self, to: &str) -> (Claimed, u32) {
        let claimed = self.claim_one(to).await;
        if claimed.letter.is_none() {
            self.ledger().seal(sealed(&claimed)).await.unwrap();
        }
        let n = self.ledger().begin(claimed.delivery, claimed.fence).await.unwrap();
        (claimed, n)
    }

    async fn post_one(&self, to: &str, verdict: Verdict) -> DeliveryId {
        let (claimed, n) = self.begin_one(to).await;
        let conclusion = conclusion(claimed.delivery, claimed.fence, n, verdict, self.clock.now());
        self.ledger().conclude(conclusion).await.unwrap();
        claimed.delivery
    }

    async fn states(&self, number: &str) -> Vec<String> {
        let traced = self.ledger().trace(Query::number(number)).await.unwrap();
        let states = traced.certificates.iter().flat_map(|certificate| {
            let status = certificate.status.as_ref().unwrap();
            let each = certificate.deliveries.iter();
            each.map(move |d| format!("{status} {} {}", d.partner, d.state))
        });
        states.collect()
    }

    async fn events(&self) -> Vec<String> {
        let events = self.ledger().unpublished(Outlet::Events, 10_000).await.unwrap();
        events.into_iter().map(|event| event.routing_key).collect()
    }
}

fn open(path: &Path, clock: &Clock) -> Ledger {
    Ledger::open(path, &partner("BV"), Access::Run, clock.clone()).unwrap()
}

/// Copies a ledger as it lies on the disk, log and segments with it.
fn copy_image(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        if name(from).exists() {
            std::fs::copy(name(from), name(to)).unwrap();
        }
    }
    let folder = |path: &Path| PathBuf::from(format!("{}-octets", path.display()));
    std::fs::create_dir_all(folder(to)).unwrap();
    for entry in std::fs::read_dir(folder(from)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder(to).join(entry.file_name())).unwrap();
    }
}

/// Adds half a record to every segment.
fn tear(path: &Path) {
    for entry in std::fs::read_dir(format!("{}-octets", path.display())).unwrap() {
        let path = entry.unwrap().path();
        let mut octets = std::fs::read(&path).unwrap();
        octets.extend_from_slice(b"CPS1\0\0\0\0\0\0\0\xfftorn");
        std::fs::write(&path, octets).unwrap();
    }
}

fn partner(code: &str) -> PartnerCode {
    code.parse().unwrap()
}

fn digest(number: &str, status: &str, content: u8) -> ContentDigest {
    ContentDigest::from_bytes(sha256(format!("{number} {status} {content}").as_bytes()))
}

fn facts(country: &str, number: &str, status: &str, replaces: &[&str]) -> Facts {
    let (country, kind) = (country.parse().unwrap(), "851".parse().unwrap());
    Facts {
        id: CertificateId::new(country, kind, number).unwrap(),
        status: status.parse().unwrap(),
        import_country: "HM".parse().unwrap(),
        transit: vec![],
        replaces: replaces.iter().map(|number| (*number).to_owned()).collect(),
    }
}

fn acceptance(number: &str, status: &str, content: u8, partners: &[&str]) -> Acceptance {
    Acceptance {
        submission_message_id: None,
        producer: Some("issuing".to_owned()),
        content_type: ContentType::Json,
        body: format!("{{\"{number}\":\"{status} {content}\"}}").into_bytes().into(),
        facts: facts("BV", number, status, &[]),
        digest: digest(number, status, content),
        xml_sha256: None,
        partners: partners.iter().map(|code| partner(code)).collect(),
        named: false,
        not_useful_after: None,
        first_wait: Duration::ZERO,
    }
}

fn sealed(claimed: &Claimed) -> SealRecord {
    let entity = format!(
        "MIME-Version: 1.0\r\nMessage-ID: <{}@ecert.bv.example>\r\n\r\nx",
        claimed.letter_id
    );
    SealRecord {
        delivery: claimed.delivery,
        fence: claimed.fence,
        entity: entity.into_bytes(),
        signed: b"signed".to_vec(),
        letter: claimed.letter_id.clone().into_bytes(),
        xml_sha256: Some([7; 32]),
        signer_sha256: "aa".repeat(32),
        recipients_sha256: vec!["bb".repeat(32)],
        signed_at: claimed.accepted_at,
    }
}

fn conclusion(
    delivery: DeliveryId,
    fence: i64,
    attempt: u32,
    verdict: Verdict,
    at: Timestamp,
) -> Conclusion {
    let phase = Phase::EndOfData;
    Conclusion {
        delivery,
        fence,
        attempt,
        verdict,
        phase,
        replies: vec![Reply { phase, code: 250, text: "250 2.0.0 Ok: queued as 4F7".to_owned() }],
        peer: Some("127.0.0.1:2526".to_owned()),
        tls: None,
        ended_at: at,
        due: Some(at.plus(Duration::from_secs(300))),
        receipt_due: None,
        reason: None,
        is_held: false,
    }
}

fn letter(text: &str) -> TakenIn {
    TakenIn {
        octets: text.as_bytes().to_vec(),
        reverse_path: Some("ecert@nppo.hm.example".to_owned()),
        peer: "127.0.0.1:40000".to_owned(),
    }
}

fn arrival(id: LetterId, from: &str, number: &str, status: &str, content: u8) -> Arrival {
    let entity = format!("entity of {id}").into_bytes();
    arrival_of(id, from, number, status, content, entity)
}

fn arrival_of(
    id: LetterId,
    from: &str,
    number: &str,
    status: &str,
    content: u8,
    entity: Vec<u8>,
) -> Arrival {
    let digest = digest(number, status, content);
    Arrival {
        letter: id,
        partner: partner(from),
        facts: facts(from, number, status, &[]),
        digest,
        xml: format!("<{number} {status} {content}/>").into_bytes(),
        entity,
        message_id: format!("<{id}@ecert.hm.example>"),
        signer_sha256: "cc".repeat(32),
        signed_at: "2026-11-23T20:29:00Z".parse().unwrap(),
        remarks: serde_json::json!([]),
        publication: NewPublication {
            exchange: "certpost.received".to_owned(),
            routing_key: format!("{from}.851.{status}"),
            message_id: format!("rcv-{from}-{digest}"),
            kind: Some("certificate".to_owned()),
            correlation_id: Some(format!("{from}/851/{number}")),
            content_type: Some("application/json".to_owned()),
            headers: vec![("x-certpost-n".to_owned(), Header::Number(7))],
            body: format!("{{\"number\":\"{number}\"}}").into_bytes().into(),
        },
        owed: None,
    }
}
