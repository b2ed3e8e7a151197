//! Each of the thirteen steps says no once, with its code.

use super::*;
use crate::letter::encode::base64_entity;
use crate::refusal::Code;
use crate::smime::{Signed, seal, sign};

#[track_caller]
fn check(judgement: Judgement, step: u8, code: &str) {
    let found = judgement.code();
    assert_eq!(found.map(ReceiptCode::as_str), Some(code), "{judgement:?}");
    assert_eq!(found.map(ReceiptCode::step), Some(step));
    assert!(judgement.trigger().is_none() || matches!(step, 13), "{judgement:?}");
}

#[track_caller]
fn check_letter(letter: &[u8], step: u8, code: &str) {
    check(judged(letter, ReceiptForm::MdnSigned, State::HandedOver), step, code);
}

fn good() -> Vec<u8> {
    signed(&report(&machine(&[])), &keys().hm.0)
}

/// The letter with other octets in place of some.
fn replaced(letter: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = letter.windows(from.len()).position(|window| window == from).unwrap();
    [&letter[..at], to, &letter[at + from.len()..]].concat()
}

fn sealed(inside: &[u8], from: &str) -> Vec<u8> {
    let signed = Signed::from_stored(inside.to_vec(), inside.to_vec());
    let sealed = seal(&signed, &profile()).unwrap();
    let head = format!(
        "From: {from}\r\nContent-Type: application/pkcs7-mime; smime-type=authEnveloped-data\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    );
    base64_entity(&head, sealed.der())
}

#[test]
fn step_1_octets_and_seal() {
    check_letter(b"", 1, "shape.malformed");
    check_letter(&replaced(&good(), b"words", b"wo\0ds"), 1, "octets.nul");
    check_letter(&sealed(b"x", "a@b.example"), 1, "root.unknown-sender");
    let letter = sealed(b"x", HM);
    check_letter(
        &replaced(&letter, b"base64\r\n\r\nMII", b"base64\r\n\r\nAII"),
        1,
        "cms.malformed",
    );
    let deep = b"Content-Type: message/rfc822\r\n\r\n".repeat(20);
    check_letter(&deep, 1, "shape.too-deep");
    let mut desk = desk(ReceiptForm::Mdn);
    desk.max_letter = 100;
    let judgement = judge(&good(), LineEnds::Crlf, &desk, &table(State::HandedOver), at());
    check(judgement, 1, "octets.too-large");
}

#[test]
fn step_2_shape() {
    let letter = good();
    check_letter(b"From: a@b\r\n\r\nhello", 2, "receipt-shape");
    check_letter(
        &replaced(&letter, b"pkcs7-signature; name", b"octet-stream; name"),
        2,
        "receipt-shape",
    );
    let third = replaced(&letter, b"\r\n--=_sig.s--", b"\r\n--=_sig.s\r\n\r\nx\r\n--=_sig.s--");
    check_letter(&third, 2, "receipt-shape");
    check_letter(&report(&machine(&[])), 2, "receipt-unsigned");
    check_letter(&sealed(&report(&machine(&[])), HM), 2, "receipt-unsigned");
    check_letter(&sealed(b"hello", HM), 2, "receipt-shape");
    let opaque = sign(ENTITY, &keys().hm.0, &profile(), at()).unwrap();
    check_letter(&sealed(opaque.signed(), HM), 2, "receipt-shape");
}

/// The letter with its signature's DER changed.
fn resigned(letter: &[u8], change: impl Fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(letter.to_vec()).unwrap();
    let (head, tail) = text.split_once("smime.p7s\r\n\r\n").unwrap();
    let (body, tail) = tail.split_once("\r\n\r\n").unwrap();
    let der = data_encoding::BASE64.decode(body.replace("\r\n", "").as_bytes()).unwrap();
    let body = base64_entity("", &change(der));
    [head.as_bytes(), b"smime.p7s\r\n\r\n", &body, b"\r\n", tail.as_bytes()].concat()
}

#[test]
fn step_3_weak_signatures() {
    // SHA-224 in place of SHA-256; another content type in place of data.
    let swap = |from: &'static [u8], to: &'static [u8]| {
        move |mut der: Vec<u8>| {
            while let Some(at) = der.windows(from.len()).position(|window| window == from) {
                der[at..at + from.len()].copy_from_slice(to);
            }
            der
        }
    };
    let sha224 =
        swap(b"\x60\x86\x48\x01\x65\x03\x04\x02\x01", b"\x60\x86\x48\x01\x65\x03\x04\x02\x04");
    check_letter(&resigned(&good(), sha224), 3, "receipt-weak");
    let not_plain =
        swap(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x05");
    check_letter(&resigned(&good(), not_plain), 3, "receipt-weak");
}

#[test]
fn step_4_signatures() {
    check_letter(&signed(&report(&machine(&[])), &keys().stranger), 4, "receipt-signature");
    check_letter(&replaced(&good(), b"words", b"Words"), 4, "receipt-signature");
    let judgement = judged(&good(), ReceiptForm::Mdn, State::HandedOver);
    assert!(judgement.alarms());
    check(judgement, 4, "receipt-not-sealed");
    let mut desk = desk(ReceiptForm::MdnSigned);
    desk.partners[1].trust.pins[0].until = Some(at());
    let judgement = judge(&good(), LineEnds::Crlf, &desk, &table(State::HandedOver), at());
    check(judgement, 4, "receipt-signature");
}

#[test]
fn step_5_fields() {
    check(said(&["Final-Recipient"]), 5, "receipt-fields");
    check(said(&["Disposition"]), 5, "receipt-fields");
    for name in ["Final-Recipient", "Disposition", "Received-Content-MIC", "Original-Message-ID"] {
        check(said(&[&format!("{}: x", name.to_lowercase())]), 5, "receipt-fields");
    }
    let entity = report(&machine(&[]));
    let none = replaced(&entity, b"message/disposition-notification", b"text/plain");
    check_letter(&signed(&none, &keys().hm.0), 5, "receipt-fields");
    let two = replaced(
        &entity,
        b"\r\n\r\nwords",
        b"\r\nContent-Type: message/disposition-notification\r\n\r\nx",
    );
    check_letter(&signed(&two, &keys().hm.0), 5, "receipt-fields");
    let open = replaced(&entity, b"--=_rep--", b"");
    check_letter(&signed(&open, &keys().hm.0), 5, "receipt-fields");
}

#[test]
fn step_6_unknown_letters() {
    check(said(&["Original-Message-ID"]), 6, "receipt-unknown");
    check(said(&["Original-Message-ID: <other@ecert.bv.example>"]), 6, "receipt-unknown");
    let judgement = judged(&good(), ReceiptForm::MdnSigned, State::Sealed);
    assert!(matches!(judgement, Judgement::Kept(_)));
}

#[test]
fn step_7_another_partner() {
    let letter = signed(&report(&machine(&[])), &keys().xx.0);
    let judgement = judged(&letter, ReceiptForm::MdnSigned, State::HandedOver);
    assert!(judgement.alarms());
    check(judgement, 7, "receipt-other-partner");
}

#[test]
fn step_8_another_recipient() {
    check(said(&["Final-Recipient: rfc822;other@ecert.hm.example"]), 8, "receipt-recipient");
    check(said(&["Final-Recipient: rfc822;AS2 XX"]), 8, "receipt-recipient");
}

#[test]
fn step_9_made_for_another() {
    let with = |from: &str, to: &str| {
        let header =
            format!("From: {from}\r\nTo: {to}\r\nContent-Type: multipart/report; hp=\"clear\";");
        let entity = report(&machine(&[]));
        replaced(&entity, b"Content-Type: multipart/report;", header.as_bytes())
    };
    check_letter(&signed(&with(XX, BV), &keys().hm.0), 9, "receipt-not-ours");
    check_letter(&signed(&with(HM, XX), &keys().hm.0), 9, "receipt-not-ours");
    check_letter(&signed(&with(HM, &format!("{BV}, {XX}")), &keys().hm.0), 9, "receipt-not-ours");
    let judgement =
        judged(&signed(&with(HM, BV), &keys().hm.0), ReceiptForm::MdnSigned, State::HandedOver);
    assert!(matches!(judgement, Judgement::Positive(_)), "{judgement:?}");
}

#[test]
fn step_10_no_gateway_speaks() {
    let judgement = said(&["Disposition: manual-action/MDN-sent-manually; displayed"]);
    assert!(matches!(judgement, Judgement::Hint(_)) && !judgement.alarms());
    check(judgement, 10, "receipt-disposition");
    check(said(&["Disposition: rubbish"]), 10, "receipt-disposition");
}

#[test]
fn step_11_digests() {
    check(said(&["Received-Content-MIC"]), 11, "receipt-no-mic");
    check(said(&["Received-Content-MIC: x"]), 11, "receipt-mic-form");
    check(
        said(&["Received-Content-MIC: 2jmj7l5rSw0yVb/vlWAYkK/YBwk=, sha1"]),
        11,
        "receipt-mic-algorithm",
    );
    for (octets, words) in [(XML, "the XML alone"), (b"x".as_slice(), "none of our octets")] {
        let mic = format!("Received-Content-MIC: {}", mic_of(octets).written());
        let judgement = said(&[&mic]);
        let Judgement::Alarm(doubt) = &judgement else { panic!("{judgement:?}") };
        assert!(doubt.fault.words.contains(words), "{doubt:?}");
        assert!(doubt.delivery.is_some() && doubt.partner.is_some());
        check(judgement, 11, "receipt-mic-differs");
    }
}

#[test]
fn step_12_contradictions() {
    for value in [
        "BV; 851; 70; EC.BV.2026.0004712",
        "BV; 851; 40; EC.BV.2026.0004711",
        "XX; 851; 70; EC.BV.2026.0004711",
        "BV; 851; 70",
        "",
    ] {
        check(said(&[&format!("Certpost-Certificate: {value}")]), 12, "receipt-contradicts");
    }
    check(said(&["Certpost-Document-Digest: sha-256; AAAA"]), 12, "receipt-contradicts");
    check(said(&["Certpost-Document-Digest: x"]), 12, "receipt-contradicts");
    let no = format!("Disposition: {AUTO}processed/error: x");
    check(said(&[&no, "Certpost-Certificate: x"]), 12, "receipt-contradicts");
}

#[test]
fn step_13_after_the_end() {
    let repeat = judged(&good(), ReceiptForm::MdnSigned, State::Received);
    check(repeat, 13, "receipt-repeat");
    let late = judged(&good(), ReceiptForm::MdnSigned, State::Failed);
    assert!(late.alarms());
    check(late, 13, "receipt-late");
}

#[test]
fn a_stale_crl_holds() {
    let fault = Fault::from(crate::refusal::Refusal::new(Code::SignerCrlStale, "x"));
    let judgement = Judgement::of(Doubt { fault, partner: None, delivery: None });
    assert!(matches!(judgement, Judgement::Held(_)));
}
