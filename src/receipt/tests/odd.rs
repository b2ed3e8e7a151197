//! What peers really send, and what nobody does.

use proptest::prelude::*;

use super::*;
use crate::letter::xtext;

#[track_caller]
fn taken(judgement: &Judgement, why: &str) {
    assert!(matches!(judgement, Judgement::Positive(_)), "{why}: {judgement:?}");
}

#[track_caller]
fn taken_report(entity: &str, why: &str) {
    let letter = signed(entity.as_bytes(), &keys().hm.0);
    taken(&judged(&letter, ReceiptForm::MdnSigned, State::HandedOver), why);
}

#[test]
fn fields_of_peers() {
    let bare = mic_of(ENTITY).written();
    let (digest, _) = bare.split_once(',').unwrap();
    for (why, change) in [
        ("brackets lost", format!("Original-Message-ID: {LETTER}@ecert.bv.example")),
        ("blanks inside", format!("Original-Message-ID: < {LETTER} @ ecert.bv.example >")),
        ("in quotes", format!("Original-Message-ID: \"<{LETTER}@ecert.bv.example>\"")),
        ("an AS2 name, a blank", "Final-Recipient: rfc822; AS2 HM".to_owned()),
        ("an AS2 name in quotes", "Final-Recipient: rfc822; \"AS2 HM\"".to_owned()),
        ("brackets", format!("Final-Recipient: RFC822 ; <{HM}>")),
        ("domain in capitals", "Final-Recipient: rfc822;push@ECERT.HM.EXAMPLE".to_owned()),
        ("capitals", "Disposition: Automatic-Action/MDN-Sent-Automatically; Processed".to_owned()),
        ("a bare colon", format!("Disposition: {AUTO}processed/warning:")),
        (
            "folded",
            "Disposition: automatic-action/\r\n MDN-sent-automatically;\r\n\tprocessed".to_owned(),
        ),
        ("no stroke", format!("Received-Content-MIC: {digest}, sha256")),
        ("no blank", format!("Received-Content-MIC: {digest},SHA256")),
        ("older", format!("Received-Content-MIC: {digest}, rsa-sha256")),
        ("no padding", format!("Received-Content-MIC: {}, sha-256", digest.trim_end_matches('='))),
        ("folded", format!("Received-Content-MIC: {digest},\r\n sha-256")),
        ("a certificate", "Certpost-Certificate: BV;851; 70;EC.BV+2E2026.0004711".to_owned()),
        ("unknown fields", "X-Other: y\r\nno field at all".to_owned()),
    ] {
        taken(&said(&[&change]), why);
    }
    let original = format!("Original-Recipient: rfc822;{HM}");
    taken(&said(&["Final-Recipient: rfc822;Somebody", &original]), "by the original recipient");
}

#[test]
fn reports_of_peers() {
    let entity = String::from_utf8(report(&machine(&[]))).unwrap();
    let machine = machine(&[]);
    let base64 = data_encoding::BASE64_MIME.encode(machine.as_bytes());
    let encoded = entity
        .replace(
            "notification\r\n\r\n",
            "notification\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        )
        .replace(
            "disposition-notification\r\nContent-Transfer-Encoding: base64\r\n\r\n--",
            "disposition-notification\r\n\r\n--",
        )
        .replace(&machine, &base64);
    taken_report(&encoded, "a machine part in base64");
    let around = entity.replacen("--=_rep\r\n", "preamble\r\n--=_rep\r\n", 1) + "epilogue\r\n";
    taken_report(&around, "preamble and epilogue");
    let ordered = entity.replace(
        "multipart/report; boundary=\"=_rep\"; report-type=disposition-notification",
        "Multipart/Report; Report-Type=\"Disposition-Notification\";\r\n\tboundary=\"=_rep\"",
    );
    taken_report(&ordered, "parameters in another order");
    let third = entity.replace(
        "\r\n--=_rep--",
        "\r\n--=_rep\r\nContent-Type: message/rfc822\r\n\r\n\
         Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\ncut\r\n--=_rep--",
    );
    taken_report(&third, "a third part that is cut");
}

#[test]
fn letters_of_peers() {
    let letter = String::from_utf8(signed(&report(&machine(&[])), &keys().hm.0)).unwrap();
    for (why, changed) in [
        (
            "x-",
            letter.replace(
                "application/pkcs7-signature; name",
                "application/x-pkcs7-signature; name",
            ),
        ),
        (
            "smime-type",
            letter
                .replace("pkcs7-signature; name", "pkcs7-signature; smime-type=signed-data; name"),
        ),
        ("micalg is not believed", letter.replace("micalg=sha-256", "micalg=md5")),
        ("no protocol", letter.replace("protocol=\"application/pkcs7-signature\";", "x=y;")),
        ("LF, as files have it", letter.replace("\r\n", "\n")),
        (
            "preamble and epilogue",
            letter.replacen("\r\n--=_sig.s\r\n", "\r\npreamble\r\n--=_sig.s\r\n", 1) + "more\r\n",
        ),
    ] {
        taken(&judged(changed.as_bytes(), ReceiptForm::MdnSigned, State::HandedOver), why);
    }
    // Signed with CRLF, encrypted with LF: made canonical once.
    let bare = letter.split_once("MIME-Version: 1.0\r\n").unwrap().1.replace("\r\n", "\n");
    let inside = crate::smime::Signed::from_stored(Vec::new(), bare.into_bytes());
    let sealed = crate::smime::seal(&inside, &profile()).unwrap();
    let fields = [("From", HM.to_owned())];
    let letter = crate::letter::compose::letter_around(&fields, &sealed);
    taken(&judged(&letter, ReceiptForm::Mdn, State::HandedOver), "LF inside");
}

#[test]
fn opaque_in_clear() {
    let entity = report(&machine(&[]));
    let opaque = crate::smime::sign(&entity, &keys().hm.0, &profile(), at()).unwrap();
    let letter = [format!("From: {HM}\r\n").as_bytes(), opaque.signed()].concat();
    taken(&judged(&letter, ReceiptForm::MdnSigned, State::HandedOver), "opaque");
}

#[test]
fn a_duplicate_without_digest_is_no_receipt() {
    let duplicate = format!("Disposition: {AUTO}processed/Warning: duplicate-document");
    let judgement = said(&[&duplicate, "Received-Content-MIC"]);
    assert!(matches!(judgement, Judgement::CopyOnly(_)), "{judgement:?}");
    assert_eq!((judgement.trigger(), judgement.code()), (None, None));
    taken(&said(&[&duplicate]), "with its digest it is one");
}

#[test]
fn who_cannot_decrypt_stops_the_lane() {
    let said = said(&[
        &format!("Disposition: {AUTO}processed/Error: decryption-failed"),
        "Received-Content-MIC",
    ]);
    assert!(matches!(said, Judgement::Negative(_)) && said.suspends(), "{said:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_octets_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        let text = String::from_utf8_lossy(&octets).into_owned();
        let _ = judged(&octets, ReceiptForm::MdnSigned, State::HandedOver);
        let _ = Road::of(&octets, LineEnds::CrlfOrLf, MAX_LETTER);
        let _ = Disposition::read(&text);
        let _ = Mic::read(&text);
        let _ = MessageId::read(&text);
        let _ = Options::read(&[&text]);
        let _ = xtext::decode(&text);
        let _ = fields::Group::all(&octets);
        prop_assert_eq!(xtext::decode(&xtext::encode(&text)), Some(text.clone()));
        prop_assert_eq!(xtext::decode(&xtext::encode_item(&text)), Some(text));
    }

    #[test]
    fn a_damaged_receipt_never_panics_and_rarely_counts(
        at in any::<proptest::sample::Index>(),
        octet in any::<u8>(),
    ) {
        let mut letter = signed(&report(&machine(&[])), &keys().hm.0);
        let at = at.index(letter.len());
        letter[at] = octet;
        let judgement = judged(&letter, ReceiptForm::MdnSigned, State::HandedOver);
        // Where it still counts, what was signed is untouched.
        if let Judgement::Positive(receipt) = judgement {
            prop_assert_eq!(receipt.mic, Some(mic_of(ENTITY)));
        }
    }

    #[test]
    fn a_signed_machine_part_never_panics(machine in "[ -~\r\n]{0,300}") {
        let machine = machine.replace('\r', "").replace('\n', "\r\n");
        let letter = signed(&report(&machine), &keys().hm.0);
        let judgement = judged(&letter, ReceiptForm::MdnSigned, State::HandedOver);
        prop_assert!(!matches!(judgement, Judgement::Positive(_)));
    }
}
