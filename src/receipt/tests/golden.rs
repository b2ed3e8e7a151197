//! The receipt drawn in the specification of the wire, line by line.

use std::fs;

use data_encoding::BASE64;

use super::*;

const WIRE: &str = "../shared/WIRE.md";

/// The drawing in the chapter on receipts; nothing, said aloud, where the
/// specification does not lie beside the project.
fn drawing() -> Option<Vec<String>> {
    let Ok(text) = fs::read_to_string(WIRE) else {
        crate::skipped::skipped(&format!("the receipt as drawn: {WIRE} is not there"));
        return None;
    };
    let chapter = text.split("\n## ").find(|chapter| chapter.starts_with("2. ")).unwrap();
    let drawing = chapter.split("```").nth(1).unwrap();
    // What stands behind blanks and a semicolon is a remark.
    let plain = |line: &str| line.split("  ;").next().unwrap().trim_end().to_owned();
    Some(drawing.trim_start_matches('\n').lines().map(plain).collect())
}

fn example() -> MdnFacts {
    let octets = |text: &str| BASE64.decode(text.as_bytes()).unwrap();
    let mic = octets("cGJ4lu/YELRycpqmBxzPJoEN7xAXZs4Lxj81zkApKuw=");
    let document = octets("HP9OOO4mODmRvvorzN78ZVMPVQNINQZ2u4L6MBpvhfM=");
    let owed = Owed {
        mic: Mic::new(&mic, DigestAlgorithm::Sha256, "sha-256"),
        document: Some((DigestAlgorithm::Sha256, document)),
        ..owed(Form::Sealed)
    };
    MdnFacts { owed, ..facts() }
}

/// Compares line by line; a drawn line that is cut stands for what it begins
/// with, one of field names for these fields, and cut base64 for any.
#[track_caller]
fn check(drawn: &[String], ours: &str) {
    let mut ours = ours.strip_suffix("\r\n").unwrap_or(ours).split("\r\n").peekable();
    for line in drawn {
        let Some((start, _)) = line.split_once('…') else {
            assert_eq!(ours.next(), Some(line.as_str()));
            continue;
        };
        if start.contains(':') {
            for name in line.split_whitespace().filter(|word| word.ends_with(':')) {
                let next = ours.next().unwrap();
                assert!(next.starts_with(&format!("{name} ")), "{name} and {next}");
            }
            continue;
        }
        assert!(ours.peek().is_some_and(|next| next.starts_with("MII")));
        while ours.next_if(|next| !next.is_empty()).is_some() {}
    }
    assert_eq!(ours.next(), None);
}

#[test]
fn in_clear_it_is_the_drawing_without_the_number() {
    let Some(mut drawn) = drawing() else { return };
    drawn.retain(|line| !line.starts_with("Certpost-Certificate:"));
    let made =
        receipt_letter(&in_form(example(), Form::InClear), &keys().hm.0, &profile()).unwrap();
    check(&drawn, &String::from_utf8(made.letter).unwrap());
}

#[test]
fn sealed_it_is_the_drawn_report_under_another_header() {
    let Some(drawn) = drawing() else { return };
    let from = drawn.iter().position(|line| line == "--=_rfvbsxloxmthxsh55c3cjucfba.r").unwrap();
    let end = drawn.iter().position(|line| line == "--=_rfvbsxloxmthxsh55c3cjucfba.r--").unwrap();
    let entity = String::from_utf8(report_entity(&example())).unwrap();
    let (head, body) = entity.split_once("\r\n\r\n").unwrap();
    check(&drawn[from..=end], body);
    let wanted = "MIME-Version: 1.0\r\n\
        Date: Mon, 23 Nov 2026 20:31:07 +0000\r\n\
        From: push@ecert.hm.example\r\n\
        To: push@ecert.bv.example\r\n\
        Subject: Disposition notification\r\n\
        Message-ID: <rfvbsxloxmthxsh55c3cjucfba@ecert.hm.example>\r\n\
        In-Reply-To: <tnei5w5s46migarjcj6hevoihe@ecert.bv.example>\r\n\
        References: <tnei5w5s46migarjcj6hevoihe@ecert.bv.example>\r\n\
        Auto-Submitted: auto-replied\r\n\
        HP-Outer: Date: Mon, 23 Nov 2026 20:31:07 +0000\r\n\
        HP-Outer: From: push@ecert.hm.example\r\n\
        HP-Outer: To: push@ecert.bv.example\r\n\
        HP-Outer: Subject: [...]\r\n\
        HP-Outer: Message-ID: <rfvbsxloxmthxsh55c3cjucfba@ecert.hm.example>\r\n\
        HP-Outer: In-Reply-To: <tnei5w5s46migarjcj6hevoihe@ecert.bv.example>\r\n\
        HP-Outer: References: <tnei5w5s46migarjcj6hevoihe@ecert.bv.example>\r\n\
        HP-Outer: Auto-Submitted: auto-replied\r\n\
        Content-Type: multipart/report; report-type=disposition-notification;\r\n \
        boundary=\"=_rfvbsxloxmthxsh55c3cjucfba.r\"; hp=\"cipher\"";
    assert_eq!(head, wanted);
}

/// The machine part of a receipt that says `said`.
fn machine_of(said: Said, form: Form) -> Vec<String> {
    let facts = saying(said, form);
    let entity = String::from_utf8(report_entity(&facts)).unwrap();
    let machine = entity.split("\r\n\r\n").nth(4).unwrap();
    machine.lines().map(str::to_owned).collect()
}

#[test]
fn a_no_tells_the_partner_and_no_relay() {
    let reason = Reason::CertificateNotReadable;
    let words = "number EC.BV.1\r\nX: y, weight „20“".to_owned();
    let lines = machine_of(Said::Failed { reason, words: words.clone() }, Form::Sealed);
    assert_eq!(
        lines[3..5],
        [
            format!("Disposition: {AUTO}processed/error: unexpected-processing-error"),
            "Error: certificate-not-readable: number EC.BV.1 X: y, weight ?20?".to_owned(),
        ]
    );
    assert!(lines[5].starts_with("Received-Content-MIC: "), "{lines:?}");
    assert_eq!(lines[6], "Certpost-Reason: certificate-not-readable");
    assert_eq!(lines[7], "Certpost-Certificate: BV; 851; 70; EC.BV.2026.0004711");
    let clear = machine_of(Said::Failed { reason, words }, Form::InClear).join("\n");
    assert!(!clear.contains("EC.BV") && clear.contains("Error: certificate-not-readable: the"));
}

#[test]
fn warnings_are_ten_at_most() {
    let findings = vec![("unit.unknown".to_owned(), "kg is none".to_owned()); 11];
    let lines = machine_of(Said::Warned(findings.clone()), Form::Sealed);
    let warning = |line: &&String| *line == "Warning: unit.unknown: kg is none";
    assert_eq!(lines.iter().filter(warning).count(), 10);
    assert!(lines[3].ends_with("; processed/warning: delivered-with-warnings"));
    let clear = machine_of(Said::Warned(findings), Form::InClear);
    assert_eq!(clear.iter().filter(|line| *line == "Warning: unit.unknown").count(), 10);
}

#[test]
fn nothing_breaks_out_of_a_line() {
    let evil = "x\r\nBcc: y@z\r\n\r\n--=_rfvbsxloxmthxsh55c3cjucfba.r";
    let owed = Owed {
        original_message_id: evil.to_owned(),
        original_recipient: Some(evil.to_owned()),
        said: Said::Failed { reason: Reason::Internal, words: evil.repeat(50) },
        mic: Mic::new(&[0; 32], DigestAlgorithm::Sha256, evil),
        certificate: Some((
            CertificateId::new("BV".parse().unwrap(), "851".parse().unwrap(), "植;a,b+ c").unwrap(),
            "70".parse().unwrap(),
        )),
        ..owed(Form::Sealed)
    };
    let facts = MdnFacts {
        letter_id: format!("{LETTER}\"\r\nBcc: y"),
        product: evil.to_owned(),
        owed,
        ..facts()
    };
    for form in [Form::InClear, Form::Sealed] {
        let entity = String::from_utf8(report_entity(&in_form(facts.clone(), form))).unwrap();
        assert!(!entity.contains("\nBcc") && entity.is_ascii(), "{entity}");
        assert!(entity.lines().all(|line| line.len() <= 998));
        assert_eq!(entity.matches("\n--=_").count(), 3);
        assert!(!entity.replace("\r\n", "").contains(['\r', '\n']));
    }
    let entity = String::from_utf8(report_entity(&facts)).unwrap();
    assert!(entity.contains("Certificate: BV; 851; 70; +E6+A4+8D+3Ba+2Cb+2B+20c\r\n"), "{entity}");
}
