//! Receipts before a judge we did not write: Python's email package and the
//! `openssl` command.
//!
//! ```text
//! HM: certpost composes ---- receipt.eml ----> peers/receipts.py judges
//! BV: certpost judges <----- *.eml ----------- peers/receipts.py makes
//! ```

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use certpost::certificate::CertificateId;
use certpost::delivery::{DeliveryId, State};
use certpost::letter::{Environment, LineEnds, MAX_LETTER, certificate_entity};
use certpost::partner::ReceiptForm;
use certpost::receipt::{
    Correspondent, Deliveries, Desk, Digests, Form, Judgement, MdnFacts, MessageId, Mic, Owed,
    Reason, Said, Sent, judge, receipt_letter,
};
use certpost::smime::DigestAlgorithm;

use crate::skipped::skipped;
use crate::smime_world::partner as trusted;
use crate::smime_world::{BV, Bench, HM, Pair, XML, at, facts, identity, issue, profile};

/// HM's signer, which the world of letters has no need of.
fn hm() -> Pair {
    issue(|wanted| HM.clone_into(&mut wanted.email))
}

fn entity() -> Vec<u8> {
    certificate_entity(&facts(), XML)
}

fn mdn(said: Said, algorithm: DigestAlgorithm, form: Form) -> MdnFacts {
    let id = CertificateId::new("BV".parse().unwrap(), "851".parse().unwrap(), "N-1").unwrap();
    let digests = Digests::of(&entity());
    MdnFacts {
        letter_id: "rfvbsxloxmthxsh55c3cjucfba".to_owned(),
        gateway: "HM".parse().unwrap(),
        product: "certpost 1.0".to_owned(),
        from: HM.parse().unwrap(),
        at: at(),
        environment: Environment::Live,
        owed: Owed {
            to: BV.parse().unwrap(),
            form,
            original_message_id: facts().message_id(),
            original_recipient: None,
            said,
            mic: Mic::new(digests.by(algorithm), algorithm, algorithm.as_str()),
            certificate: Some((id, "70".parse().unwrap())),
            document: Some((DigestAlgorithm::Sha256, Digests::of(XML).sha256.to_vec())),
        },
    }
}

/// None, said aloud, where the judge cannot sit.
fn run(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/receipts.py");
    let mut python = Command::new("python3");
    python.arg("-B").arg(script).args(arguments).current_dir(folder).stdin(Stdio::null());
    match python.output() {
        Ok(output) => Some(output),
        Err(_) => {
            skipped("receipts before another judge: no python3");
            None
        }
    }
}

#[track_caller]
fn words(output: &Output) -> String {
    let faults = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{faults}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// openssl verifies our receipt, and the email package reads the facts in it.
#[test]
fn another_judge_takes_our_receipt() {
    let Some(bench) = Bench::new() else {
        return skipped("receipts before another judge: no openssl command");
    };
    bench.write("entity", &entity());
    let signer = hm();
    let reason = Reason::CertificateNotReadable;
    let failed = Said::Failed { reason, words: "number N-1 is none".to_owned() };
    for (said, algorithm, form) in [
        (failed.clone(), DigestAlgorithm::Sha256, Form::Sealed),
        (Said::Processed, DigestAlgorithm::Sha512, Form::Sealed),
        (Said::Processed, DigestAlgorithm::Sha256, Form::InClear),
        (Said::Processed, DigestAlgorithm::Sha512, Form::InClear),
        (failed, DigestAlgorithm::Sha384, Form::InClear),
    ] {
        let mdn = mdn(said.clone(), algorithm, form);
        let made = receipt_letter(&mdn, &identity(&signer), &profile()).unwrap();
        bench.write("receipt.eml", &made.letter);
        let folder = bench.path("");
        let Some(output) = run(&folder, &["judge", "receipt.eml", "entity", "."]) else {
            return;
        };
        let found: serde_json::Value = serde_json::from_str(&words(&output)).unwrap();
        assert_eq!(found["to"], BV);
        let fields = &found["fields"];
        assert_eq!(fields["Final-Recipient"], format!("rfc822;{HM}"));
        assert_eq!(fields["Original-Message-ID"], facts().message_id());
        let number = fields["Certpost-Certificate"].as_str();
        let told = output.stdout.windows(3).any(|window| window == b"N-1");
        match form {
            Form::InClear => assert!(number.is_none() && !told, "a number in clear"),
            Form::Sealed => assert_eq!(number, Some("BV; 851; 70; N-1")),
        }
        let human = found["human"].as_str().unwrap();
        assert!(human.starts_with("The gateway of HM opened the letter named below"), "{human}");
        let no = "certificate-not-readable";
        let wanted = if said == Said::Processed { None } else { Some(no) };
        assert_eq!(fields["Certpost-Reason"].as_str(), wanted);
    }
    // The judge is no yes-man.
    bench.write("entity", b"other octets");
    let output = run(&bench.path(""), &["judge", "receipt.eml", "entity", "."]).unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the MIC is not the entity's"), "{said}");
}

//------------ The other way -------------------------------------------------

struct One(Sent);

impl Deliveries for One {
    fn by_letter(&self, id: &MessageId) -> Option<Sent> {
        (id.to_string() == facts().message_id()).then(|| self.0.clone())
    }

    fn by_envelope(&self, _id: &str) -> Option<Sent> {
        None
    }
}

/// Receipts by the email package and openssl, right ones and others.
#[test]
fn we_judge_receipts_of_others() {
    let Some(bench) = Bench::new() else {
        return skipped("receipts of others: no openssl command");
    };
    let partner = hm();
    bench.pair("partner", &partner);
    bench.pair("stranger", &hm());
    bench.write("entity", &entity());
    let told = serde_json::json!({ "us": BV, "partner": HM, "original": facts().message_id() });
    bench.write("facts.json", told.to_string().as_bytes());
    let Some(output) = run(&bench.path(""), &["make", ".", "entity"]) else { return };
    words(&output);

    let correspondent = Correspondent {
        code: "HM".parse().unwrap(),
        address: HM.parse().unwrap(),
        senders: Vec::new(),
        aliases: Vec::new(),
        form: ReceiptForm::MdnSigned,
        trust: trusted("HM", HM, &partner).trust,
    };
    let desk = Desk {
        us: BV.parse().unwrap(),
        identities: Vec::new(),
        partners: vec![correspondent],
        max_letter: MAX_LETTER,
        crl_stale: std::time::Duration::from_secs(86_400),
    };
    let one = One(Sent {
        delivery: DeliveryId::from_uuid(uuid::Uuid::from_u128(1)),
        partner: "HM".parse().unwrap(),
        to: HM.parse().unwrap(),
        state: State::HandedOver,
        entity: Digests::of(&entity()),
        certificate: None,
    });
    let judged = |name: &str| {
        let letter = fs::read(bench.path(name)).unwrap();
        judge(&letter, LineEnds::Crlf, &desk, &one, at())
    };
    for (name, code) in [
        ("wrong-mic.eml", "receipt-mic-differs"),
        ("other-signer.eml", "receipt-signature"),
        ("altered.eml", "receipt-signature"),
        ("no-mic.eml", "receipt-no-mic"),
        ("plain.eml", "receipt-unsigned"),
        ("two-signers.eml", "receipt-weak"),
        ("sha1.eml", "receipt-weak"),
    ] {
        let judgement = judged(name);
        assert_eq!(judgement.code().map(|c| c.as_str()), Some(code), "{name}: {judgement:?}");
        assert_eq!(judgement.trigger(), None, "{name}");
    }
    for name in ["right.eml", "opaque.eml"] {
        let right = judged(name);
        assert!(matches!(right, Judgement::Positive(_)), "{name}: {right:?}");
    }
    let error = judged("error.eml");
    assert!(matches!(error, Judgement::Negative(_)), "{error:?}");
    let duplicate = judged("duplicate.eml");
    assert!(matches!(duplicate, Judgement::CopyOnly(_)), "{duplicate:?}");
}
