//! The same certificate, written in each dialect, and who finds it good.
//!
//! ```text
//! queue-config/examples/….json -> the writer, by profile -> tests/golden/profiles/….xml
//!                                   xmllint with the XSD, or tests/peers/andean.py
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

use certpost::certificate::profile::{Profile, Sent, Terms};
use certpost::certificate::{Certificate, any_severe};
use certpost::{sps, submission};
use serde_json::{Value, json};

use crate::examples::check_valid;
use crate::skipped::skipped;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn example() -> Value {
    let text = include_str!("../../queue-config/examples/phytosanitary-851.json");
    serde_json::from_str(text).unwrap()
}

fn read(value: &Value) -> Certificate {
    submission::from_json(value.to_string().as_bytes()).unwrap()
}

fn written(profile: Profile, certificate: &Certificate) -> String {
    let xml = sps::write(certificate, &profile.writing());
    assert_eq!(xml, sps::write(certificate, &profile.writing()), "not the same octets twice");
    String::from_utf8(xml.into_bytes()).unwrap()
}

#[test]
fn every_dialect_has_its_golden() {
    let certificate = read(&example());
    for profile in Profile::ALL {
        let made = written(profile, &certificate);
        let golden = root(&format!("tests/golden/profiles/{}.xml", profile.as_str()));
        if std::env::var_os("CERTPOST_WRITE_GOLDEN").is_some() {
            std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
            std::fs::write(&golden, &made).unwrap();
        }
        assert_eq!(made, std::fs::read_to_string(&golden).unwrap(), "{}", profile.as_str());
        let empties = made.matches("/>").count();
        let typed = made.matches("<udt:DateTime>").count();
        let plain = made.matches("<ram:IssueDateTime>2026-10-01<").count();
        let seen = (empties > 0, typed, plain);
        let wanted = match profile {
            Profile::Andean => (false, 0, 0),
            Profile::Ephyto | Profile::UnCefact => (true, 0, 1),
            // The moments; days stay strings.
            Profile::Traces => (true, 3, 0),
        };
        assert_eq!(seen, wanted, "{}", profile.as_str());
        match profile {
            // The standard's own schema has no date as plain text.
            Profile::Ephyto | Profile::UnCefact | Profile::Andean => {}
            Profile::Traces => check_valid(&golden),
        }
    }
    // All of a certificate is in each of them: it is the same one.
    let digests = Profile::ALL.map(|profile| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.xml");
        std::fs::write(&file, written(profile, &certificate)).unwrap();
        let args = certpost::cli::convert::Args {
            file,
            to: Some(certpost::cli::convert::To::Json),
            explain: false,
        };
        let answer = certpost::cli::convert::run(&args, &certpost::cli::Shared::default());
        submission::from_json(&answer.out).unwrap().content_digest()
    });
    assert!(digests.iter().all(|digest| *digest == certificate.content_digest()));
}

//------------ The Andean judge ----------------------------------------------

/// What the judge says of each of these documents; absent where it cannot be.
fn judged(documents: &[String]) -> Option<Vec<String>> {
    let facts = root("../shared/standards/sps17");
    if !facts.join("elements.tsv").is_file() {
        skipped("the Andean judge: ../shared/standards/sps17/elements.tsv is not there");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> =
        (0..documents.len()).map(|at| folder.path().join(format!("{at}.xml"))).collect();
    for (file, text) in files.iter().zip(documents) {
        std::fs::write(file, text).unwrap();
    }
    let mut judge = Command::new("python3");
    judge.arg(root("tests/peers/andean.py")).arg(facts).args(files);
    let Ok(output) = judge.output() else {
        skipped("the Andean judge: no python3");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    Some(lines.lines().map(str::to_owned).collect())
}

/// A program that was written from the facts alone and we say yes and no to the
/// same documents.
#[test]
fn the_andean_judge_agrees() {
    let line = "/consignment/includedConsignmentItem/0/includedTradeLineItem/0";
    let signatory = "/exchangedDocument/signatoryAuthentication/0";
    let long = |letters: usize| json!("x".repeat(letters));
    let changes: Vec<(String, Value)> = vec![
        ("/exchangedDocument/issuerParty".into(), json!(null)),
        ("/exchangedDocument/name".into(), json!(null)),
        ("/exchangedDocument/statusCode".into(), json!("39")),
        ("/exchangedDocument/statusCode".into(), json!("44")),
        ("/exchangedDocument/statusCode".into(), json!("122")),
        ("/exchangedDocument/financialLiability".into(), json!("123")),
        ("/exchangedDocument/inspectionDate".into(), json!(["2 October 2026"])),
        ("/exchangedDocument/distinguishingMarks".into(), long(512)),
        ("/exchangedDocument/distinguishingMarks".into(), long(513)),
        ("/exchangedDocument/description".into(), json!([""])),
        ("/exchangedDocument/includedNote".into(), json!([{"subject": "X", "content": ["x"]}])),
        ("/exchangedDocument/includedNote".into(), json!([{"subject": "ADCO", "content": ["x"]}])),
        ("/exchangedDocument/referencedDocument/0/relationshipTypeCode".into(), json!("AWR")),
        (format!("{signatory}/issueLocation"), json!(null)),
        (format!("{signatory}/actualDateTime"), json!(null)),
        (format!("{signatory}/providerParty"), json!(null)),
        (format!("{signatory}/includedClause"), json!(null)),
        (format!("{signatory}/includedClause/1/id"), json!(null)),
        ("/consignment/examinationEvent".into(), json!(null)),
        ("/consignment/consignorParty/name".into(), json!(null)),
        ("/consignment/consignorParty/specifiedAddress/lineOne".into(), json!("")),
        (format!("{line}/commonName"), json!([""])),
        (format!("{line}/hsCode"), json!("0602209090")),
        (format!("{line}/plantPart"), json!(["x"])),
        (format!("{line}/otherQuantity"), json!({"value": "1.2345", "unit": "plants"})),
        (format!("{line}/otherQuantity"), json!({"value": "1.23456", "unit": "plants"})),
        (format!("{line}/reExport"), json!({"statement": "3", "originCountry": ["GSX"]})),
        (
            format!("{line}/applicableClassification"),
            json!([{"systemName": ["EPPO"], "classCode": "MABSD"}]),
        ),
        (format!("{line}/appliedProcess/0/treatmentType"), long(257)),
    ];
    let mut cases = vec![("nothing".to_owned(), example())];
    for (pointer, broken) in changes {
        let mut value = example();
        let (above, member) = pointer.rsplit_once('/').unwrap();
        let above = value.pointer_mut(above).unwrap().as_object_mut().unwrap();
        let words = format!("{pointer}: {broken}");
        if broken.is_null() {
            assert!(above.remove(member).is_some(), "{pointer}");
        } else {
            above.insert(member.to_owned(), broken);
        }
        cases.push((words, value));
    }
    let sent = Sent::Written(Profile::Andean.writing());
    let terms = Terms { who: "HM", profile: Profile::Andean, countries: &[], sent };
    let certificates: Vec<_> = cases.iter().map(|(_, value)| read(value)).collect();
    let documents: Vec<_> = certificates.iter().map(|one| written(Profile::Andean, one)).collect();
    let Some(verdicts) = judged(&documents) else { return };
    assert_eq!(verdicts.len(), cases.len());
    let mut refused = 0;
    for (((words, _), certificate), verdict) in cases.iter().zip(&certificates).zip(&verdicts) {
        let findings = terms.judge(certificate);
        assert_eq!(any_severe(&findings), verdict != "good", "{words}: {verdict}; {findings:#?}");
        refused += usize::from(verdict != "good");
    }
    assert!(refused > 12 && refused < cases.len() - 8, "{refused} of {}", cases.len());
    // As the standard has it, and not the region, it refuses it.
    let standard = vec![written(Profile::UnCefact, &certificates[0])];
    assert_ne!(judged(&standard).unwrap(), ["good"]);
}
