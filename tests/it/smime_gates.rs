//! Letters changed on the road, or made by somebody else: each gate refuses
//! with its own code, and nothing but the original octets ever comes out.

use std::time::Duration;

use certpost::cli::{Exit, Shared, inspect, open};
use certpost::inbound::prove::prove;
use certpost::letter::Headers;
use certpost::letter::{Environment, LetterFacts, LineEnds, certificate_entity, sealed_letter};
use certpost::refusal::Code;
use certpost::smime::throwaway::Authority;
use certpost::smime::{Crl, RecipientKey, SealProfile, Signed, seal, sign};
use data_encoding::BASE64_MIME;
use proptest::prelude::*;

use crate::smime_world::{
    BV, HM, XML, accepted, at, facts, house, identity, issue, judge, keys, partner, profile,
    refused,
};

fn letter() -> Vec<u8> {
    letter_of(&facts())
}

fn letter_of(facts: &LetterFacts) -> Vec<u8> {
    letter_with(facts, &certificate_entity(facts, XML))
}

fn letter_with(facts: &LetterFacts, entity: &[u8]) -> Vec<u8> {
    let signed = sign(entity, &identity(&keys().bv_sign), &profile(), facts.at).unwrap();
    sealed_letter(facts, &seal(&signed, &profile()).unwrap())
}

/// A letter around any octets sealed to HM.
fn letter_around(signed: &[u8]) -> Vec<u8> {
    let signed = Signed::from_stored(Vec::new(), signed.to_vec());
    sealed_letter(&facts(), &seal(&signed, &profile()).unwrap())
}

/// The same letter with its CMS changed.
fn with_der(letter: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let text = String::from_utf8(letter.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut der = BASE64_MIME.decode(body.as_bytes()).unwrap();
    change(&mut der);
    format!("{head}\r\n\r\n{}", BASE64_MIME.encode(&der)).into_bytes()
}

fn replaced(letter: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(letter.to_vec()).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn a_good_letter() {
    let proven = accepted(&letter(), &house());
    assert_eq!(proven.octets.as_bytes(), XML);
    assert_eq!(proven.entity, certificate_entity(&facts(), XML));
    assert_eq!(proven.message_id, "<tnei5w5s46migarjcj6hevoihe@ecert.bv.example>");
    assert_eq!(proven.subject.as_deref(), Some("SPS certificate BV 851 植物 70"));
    assert_eq!(proven.wanted.unwrap().to.to_string(), BV);
    assert_eq!(proven.file_name.as_deref(), Some("EC.BV.2026.0004711.xml"));
    assert_eq!(proven.signed_at, at());
    assert!(proven.remarks.is_empty(), "{:?}", proven.remarks);
    assert!(proven.signer.subject.contains("BV sign"));
    let lf = String::from_utf8(letter()).unwrap().replace("\r\n", "\n");
    assert_eq!(accepted(lf.as_bytes(), &house()).octets.as_bytes(), XML);
    let at_the_door = prove(lf.as_bytes(), LineEnds::Crlf, &house(), at()).unwrap_err();
    assert_eq!(at_the_door.code, Code::OctetsBareLf);
}

#[test]
fn our_octets() {
    let entity = certificate_entity(&facts(), XML);
    let once = sign(&entity, &identity(&keys().bv_sign), &profile(), at()).unwrap();
    let again = sign(&entity, &identity(&keys().bv_sign), &profile(), at()).unwrap();
    assert_eq!(once, again, "the same octets, time and key give the same signature");
    for octets in [letter(), once.signed().to_vec(), entity] {
        let text = String::from_utf8(octets).unwrap();
        assert!(text.is_ascii());
        assert!(text.ends_with("\r\n"));
        for line in text.split_terminator("\r\n") {
            assert!(line.len() <= 78 && !line.contains(['\r', '\n']), "{line}");
        }
    }
    let text = String::from_utf8(letter()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("0004711") && !head.contains("HP-Outer"), "{head}");
}

#[test]
fn gate_1_to_3() {
    let good = letter();
    let house = house();
    let check = |letter: &[u8], wanted| refused(letter, &house, wanted);
    check(b"", Code::ShapeMalformed);
    check(b"\r\n\r\n", Code::ShapeMalformed);
    check(&replaced(&good, "Date:", "X: \rDate:"), Code::OctetsBareCr);
    check(&replaced(&good, "Date:", "X: \0\r\nDate:"), Code::OctetsNul);
    check(&replaced(&good, "Date:", "X: y\nDate:"), Code::OctetsBareLf);
    check(&vec![b'a'; 26 * 1024 * 1024], Code::OctetsTooLarge);
    check(
        &replaced(&good, "Date:", &format!("X: {}\r\nDate:", "y".repeat(70_000))),
        Code::OctetsHeaderTooLarge,
    );
    check(
        &replaced(&good, "Date:", &format!("{}Date:", "X: y\r\n".repeat(1_001))),
        Code::OctetsTooManyHeaders,
    );
    check(&b"Content-Type: message/rfc822\r\n\r\n".repeat(50_000), Code::ShapeTooDeep);
    let from = format!("From: {BV}\r\n");
    check(&replaced(&good, &from, ""), Code::RootFromCount);
    check(&replaced(&good, &from, &from.repeat(2)), Code::RootFromCount);
    check(&replaced(&good, &from, &format!("From: {BV}, x@y.example\r\n")), Code::RootFromCount);
    check(&replaced(&good, &from, "From: x@y.example\r\n"), Code::RootUnknownSender);
    check(
        &replaced(&good, &from, &format!("From: \"{BV}\" <x@y.example>\r\n")),
        Code::RootUnknownSender,
    );
    check(&replaced(&good, "application/pkcs7-mime", "text/plain"), Code::RootNotSmime);
    check(&replaced(&good, "authEnveloped-data", "signed-data"), Code::RootNotEncrypted);
    check(&replaced(&good, "authEnveloped-data", "compressed-data"), Code::RootNotSmime);
    let text = String::from_utf8(good.clone()).unwrap();
    let (head, body) = text.split_once("Content-Type").unwrap();
    let mixed = format!(
        "{head}Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type{body}\r\n--q--\r\n"
    );
    check(mixed.as_bytes(), Code::RootNotAlone);
    let footer = [good.as_slice(), b"-- \r\nSent through a list\r\n"].concat();
    check(&footer, Code::CmsMalformed);
}

#[test]
fn gate_4_and_5() {
    let good = letter();
    let house = house();
    let check = |change: fn(&mut Vec<u8>), wanted| {
        refused(&with_der(&good, change), &house, wanted);
    };
    check(|der| der.push(0), Code::CmsTrailingBytes);
    check(|der| der.truncate(100), Code::CmsMalformed);
    check(Vec::clear, Code::CmsMalformed);
    // One octet of the sealed content; of the tag, the structure's last.
    check(
        |der| {
            let at = der.len() - 100;
            der[at] ^= 1;
        },
        Code::DecryptFailed,
    );
    check(
        |der| {
            let at = der.len() - 1;
            der[at] ^= 1;
        },
        Code::DecryptFailed,
    );
    // The encrypted content key.
    check(|der| der[400] ^= 1, Code::DecryptFailed);
    // A tag cut short, with every length made right for it.
    check(shorten_tag, Code::CmsTag);
    let many = SealProfile {
        recipients: vec![RecipientKey::from_pem(&keys().hm_open.0).unwrap(); 16],
        ..profile()
    };
    let entity = certificate_entity(&facts(), XML);
    let signed = sign(&entity, &identity(&keys().bv_sign), &profile(), at()).unwrap();
    let letter = sealed_letter(&facts(), &seal(&signed, &many).unwrap());
    assert_eq!(accepted(&letter, &house).octets.as_bytes(), XML);
    let seventeen = SealProfile { recipients: vec![many.recipients[0].clone(); 17], ..profile() };
    assert!(seal(&signed, &seventeen).is_err());
}

/// Cuts the tag to 4 octets, in place: every enclosing length less 12, and the
/// ICV length said.
fn shorten_tag(der: &mut Vec<u8>) {
    der.truncate(der.len() - 12);
    let at = der.len() - 5;
    assert_eq!(der[at], 16);
    der[at] = 4;
    for at in [0, 17, 21] {
        assert_eq!(der[at + 1], 0x82, "{at}");
        let length = u16::from_be_bytes([der[at + 2], der[at + 3]]) - 12;
        der[at + 2..at + 4].copy_from_slice(&length.to_be_bytes());
    }
    let icv = der.windows(3).rposition(|w| w == [2, 1, 16]).unwrap();
    der[icv + 2] = 4;
}

#[test]
fn gate_6() {
    let house = house();
    let check = |signed: &[u8], wanted| refused(&letter_around(signed), &house, wanted);
    let entity = certificate_entity(&facts(), XML);
    check(&entity, Code::InnerNotSigned);
    check(XML, Code::InnerNotSigned);
    check(b"", Code::InnerNotSigned);
    let signed = sign(&entity, &identity(&keys().bv_sign), &profile(), at()).unwrap();
    let part = String::from_utf8(signed.signed().to_vec()).unwrap();
    let mixed = format!(
        "Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n{part}\r\n--q\r\n\r\nhello\r\n--q--"
    );
    check(mixed.as_bytes(), Code::InnerNotAlone);
    check(&with_der(part.as_bytes(), |der| der.extend_from_slice(b"x")), Code::InnerNotAlone);
    let bomb = b"Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
    check(&bomb, Code::ShapeTooDeep);
    // Opaque content in a detached form.
    let both = format!(
        "Content-Type: multipart/signed; boundary=q\r\n\r\n--q\r\nA: b\r\n\r\nc\r\n--q\r\n{}\r\n--q--",
        part.replace("pkcs7-mime", "pkcs7-signature")
    );
    check(both.as_bytes(), Code::InnerContentInDetached);
    let three = both.replacen("--q\r\n", "--q\r\n\r\nx\r\n--q\r\n", 1);
    check(three.as_bytes(), Code::InnerNotAlone);
}

#[test]
fn gate_7() {
    let house = house();
    let entity = certificate_entity(&facts(), XML);
    for form in [certpost::smime::SignedForm::Opaque, certpost::smime::SignedForm::Detached] {
        let profile = SealProfile { form, ..profile() };
        let signed = sign(&entity, &identity(&keys().bv_sign), &profile, at()).unwrap();
        let good = letter_around(signed.signed());
        assert_eq!(accepted(&good, &house).octets.as_bytes(), XML);
    }
    let signed = sign(&entity, &identity(&keys().bv_sign), &profile(), at()).unwrap();
    // One octet of the signed content, sealed again by whoever could open it.
    let changed = with_der(signed.signed(), |der| {
        let at = der.windows(12).position(|w| w == b"MIME-Version").unwrap();
        der[at + 14] = b'2';
    });
    refused(&letter_around(&changed), &house, Code::SignatureInvalid);
    // The last octet of the signature.
    let changed = with_der(signed.signed(), |der| {
        let at = der.len() - 1;
        der[at] ^= 1;
    });
    refused(&letter_around(&changed), &house, Code::SignatureInvalid);
    let other = sign(&entity, &identity(&keys().bv_other), &profile(), at()).unwrap();
    refused(&letter_around(other.signed()), &house, Code::SignerNotPinned);
    // Detached, its line ends made LF on the way: verified as canonical.
    let profile = SealProfile { form: certpost::smime::SignedForm::Detached, ..profile() };
    let signed = sign(&entity, &identity(&keys().bv_sign), &profile, at()).unwrap();
    let lf = String::from_utf8(signed.signed().to_vec()).unwrap().replace("\r\n", "\n");
    assert_eq!(accepted(&letter_around(lf.as_bytes()), &house).entity, entity);
    let changed = lf.replace("Certpost-Environment: live", "Certpost-Environment: life");
    refused(&letter_around(changed.as_bytes()), &house, Code::SignatureInvalid);
}

#[test]
fn gate_7_windows_and_anchors() {
    let letter = letter();
    let mut house = house();
    let pin = house.partners[0].trust.pins[0].clone();
    let minute = Duration::from_secs(60);
    house.partners[0].trust.pins = vec![pin.clone().within(Some(at().plus(minute)), None)];
    refused(&letter, &house, Code::SignerNotPinned);
    house.partners[0].trust.pins = vec![pin.clone().within(None, Some(at()))];
    refused(&letter, &house, Code::SignerNotPinned);
    house.partners[0].trust.pins = vec![pin.clone().within(Some(at()), Some(at().plus(minute)))];
    assert_eq!(accepted(&letter, &house).octets.as_bytes(), XML);
    house.partners[0].trust.anchors.clear();
    assert_eq!(accepted(&letter, &house).octets.as_bytes(), XML);
}

fn crl(authority: &Authority, revoked: &[&[u8]], next_update: &str) -> Crl {
    let last_update = "2026-11-01T00:00:00Z".parse().unwrap();
    let pem = authority.crl(revoked, last_update, next_update.parse().unwrap()).unwrap();
    Crl::from_pem(&pem).unwrap()
}

#[test]
fn gate_7_revocation() {
    let letter = letter();
    let ours = &keys().authority;
    // Of the same name, with another key.
    let impostor = certpost::smime::throwaway::authority("Test Authority").unwrap();
    let with = |list: Crl| {
        let mut house = house();
        house.partners[0].trust.crls = vec![list];
        house
    };
    let fresh = with(crl(ours, &[], "2026-12-01T00:00:00Z"));
    let proven = accepted(&letter, &fresh);
    assert!(proven.signer.crl_sha256.is_some());
    let late = with(crl(ours, &[], "2026-11-20T00:00:00Z"));
    assert_eq!(accepted(&letter, &late).octets.as_bytes(), XML);
    let stale = with(crl(ours, &[], "2026-11-10T00:00:00Z"));
    refused(&letter, &stale, Code::SignerCrlStale);
    assert!(judge(&letter, &stale).unwrap_err().is_held());
    let forged = with(crl(&impostor, &[], "2026-12-01T00:00:00Z"));
    refused(&letter, &forged, Code::SignerCrlStale);
    let revoked = with(crl(ours, &[&keys().bv_sign.0], "2026-11-10T00:00:00Z"));
    refused(&letter, &revoked, Code::SignerRevoked);
    // A letter that waited is judged as of its day, by the list of a later one.
    let (made, until) = ("2026-11-30T00:00:00Z", "2026-12-30T00:00:00Z");
    let later = |revoked: &[&[u8]]| {
        let pem = ours.crl(revoked, made.parse().unwrap(), until.parse().unwrap()).unwrap();
        with(Crl::from_pem(&pem).unwrap())
    };
    accepted(&letter, &later(&[]));
    accepted(&letter, &later(&[&keys().bv_sign.0]));
    // Lists are named, and none is of the signer's authority.
    let stranger = certpost::smime::throwaway::authority("Stranger").unwrap();
    let mut other = with(crl(&stranger, &[], "2026-12-01T00:00:00Z"));
    refused(&letter, &other, Code::SignerCrlStale);
    other.partners[0].trust.anchors.clear();
    refused(&letter, &other, Code::SignerCrlStale);
    // Without an anchor, the operator's list is taken at its word.
    let mut alone = with(crl(&impostor, &[&keys().bv_sign.0], "2026-12-01T00:00:00Z"));
    alone.partners[0].trust.anchors.clear();
    refused(&letter, &alone, Code::SignerRevoked);
    // The newest of two lists counts, whichever stands first.
    let lists = [
        crl(ours, &[], "2026-11-10T00:00:00Z"),
        Crl::from_pem(&ours.crl(&[], at(), until.parse().unwrap()).unwrap()).unwrap(),
    ];
    for order in [[0, 1], [1, 0]] {
        let mut both = house();
        both.partners[0].trust.crls = order.map(|n| lists[n].clone()).to_vec();
        accepted(&letter, &both);
    }
}

#[test]
fn gate_8() {
    let house = house();
    let check = |facts: LetterFacts, wanted| refused(&letter_of(&facts), &house, wanted);
    check(LetterFacts { to: "x@y.example".parse().unwrap(), ..facts() }, Code::BindingRecipient);
    check(LetterFacts { environment: Environment::Training, ..facts() }, Code::BindingEnvironment);
    check(LetterFacts { at: at().plus(Duration::from_secs(660)), ..facts() }, Code::BindingTime);
    check(
        LetterFacts { at: at().minus(Duration::from_secs(46 * 86_400)), ..facts() },
        Code::BindingTime,
    );
    let late = LetterFacts { at: at().plus(Duration::from_secs(500)), ..facts() };
    assert_eq!(accepted(&letter_of(&late), &house).octets.as_bytes(), XML);

    let entity = String::from_utf8(certificate_entity(&facts(), XML)).unwrap();
    let change = |from: &str, to: &str, wanted| {
        assert!(entity.contains(from));
        refused(&letter_with(&facts(), entity.replacen(from, to, 1).as_bytes()), &house, wanted);
    };
    change(&format!("From: {BV}"), "From: x@y.example", Code::BindingSender);
    change(&format!("From: {BV}"), &format!("From: {BV}, x@y.example"), Code::BindingSender);
    change("Date: ", &format!("From: {BV}\r\nDate: "), Code::BindingNoHeaders);
    change("Subject: ", "X-Subject: ", Code::BindingNoHeaders);
    change("hp=\"cipher\"", "x=\"y\"", Code::BindingNoHeaders);
    change("Certpost-Kind: certificate", "Certpost-Kind: poem", Code::BindingKind);
    change("version=1", "version=2", Code::BindingKind);
    change("Environment: live", "Environment: test", Code::BindingEnvironment);
    let spelled = entity.replacen(&format!("To: {HM}"), "To: \"HM\" <PUSH@Ecert.HM.example>", 1);
    assert_eq!(accepted(&letter_with(&facts(), spelled.as_bytes()), &house).octets.as_bytes(), XML);
}

#[test]
fn whose_signer_it_was() {
    // GS signs under BV's outer From: GS's permissions count, and the inner
    // From must be GS's.
    let gs_signer = issue(|wanted| wanted.name = "GS sign".to_owned());
    let mut house = house();
    house.partners.push(partner("GS", "push@ecert.gs.example", &gs_signer));
    let entity = certificate_entity(&facts(), XML);
    let signed = sign(&entity, &identity(&gs_signer), &profile(), at()).unwrap();
    refused(&letter_around(signed.signed()), &house, Code::BindingSender);
    let gs = LetterFacts { from: "push@ecert.gs.example".parse().unwrap(), ..facts() };
    let signed =
        sign(&certificate_entity(&gs, XML), &identity(&gs_signer), &profile(), at()).unwrap();
    let proven = accepted(&letter_around(signed.signed()), &house);
    assert_eq!(proven.partner.as_str(), "GS");
    let codes: Vec<&str> = proven.remarks.iter().map(|remark| remark.code.as_str()).collect();
    assert!(
        codes.contains(&"from-differs") && codes.contains(&"outer-rewritten:from"),
        "{codes:?}"
    );
    house.partners[1].trust.content.clear();
    refused(&letter_around(signed.signed()), &house, Code::CmsCipher);
    // Where only the outer header is there, it must be the signer's partner's.
    let bare = b"Content-Type: application/xml\r\n\r\n<a/>";
    let signed = sign(bare, &identity(&keys().bv_sign), &profile(), at()).unwrap();
    let mut house = self::house();
    house.partners[0].headers = Headers::Outer;
    assert_eq!(accepted(&letter_around(signed.signed()), &house).octets.as_bytes(), b"<a/>");
    let signed = sign(bare, &identity(&gs_signer), &profile(), at()).unwrap();
    house.partners.push(partner("GS", "push@ecert.gs.example", &gs_signer));
    house.partners[1].headers = Headers::Outer;
    refused(&letter_around(signed.signed()), &house, Code::BindingSender);
}

#[test]
fn remarks_on_a_changed_road() {
    let changed = replaced(&letter(), "Subject: [...]", "Subject: [SPAM?] [...]");
    let changed = replaced(&changed, "Date: ", "Received: from x\r\nDate: ");
    let proven = accepted(&changed, &house());
    let codes: Vec<&str> = proven.remarks.iter().map(|remark| remark.code.as_str()).collect();
    assert_eq!(codes, ["outer-rewritten:subject"]);
    let entity = String::from_utf8(certificate_entity(&facts(), XML)).unwrap();
    let elsewhere =
        entity.replacen(&format!("Notification-To: {BV}"), "Notification-To: x@y.example", 1);
    let proven = accepted(&letter_with(&facts(), elsewhere.as_bytes()), &house());
    assert_eq!(proven.wanted, None);
    assert!(proven.remarks.iter().any(|remark| remark.code.as_str() == "receipt-elsewhere"));
}

#[test]
fn the_commands() {
    let json = Shared { json: true, ..Shared::default() };
    let plain = Shared::default();
    let house = house();
    let run = |letter: &[u8], wanted, shared: &Shared| {
        open::answer(letter, &house, at(), wanted, None, shared)
    };
    let good = run(&letter(), open::Wanted::Document, &plain);
    assert_eq!((good.exit, good.out.as_slice()), (Exit::Yes, XML));
    let good = run(&letter(), open::Wanted::Entity, &plain);
    assert_eq!(good.out, certificate_entity(&facts(), XML));
    let good = run(&letter(), open::Wanted::Document, &json);
    let object: serde_json::Value = serde_json::from_slice(&good.out).unwrap();
    assert_eq!(object["schema"], "certpost/open/1");
    assert_eq!((&object["ok"], &object["partner"]), (&true.into(), &"BV".into()));
    let bad = with_der(&letter(), |der| der.push(0));
    let no = run(&bad, open::Wanted::Document, &plain);
    assert_eq!((no.exit, no.out.as_slice()), (Exit::No, b"".as_slice()));
    assert!(no.remarks[0].starts_with("refused: cms.trailing-bytes: "), "{:?}", no.remarks);
    let no = run(&bad, open::Wanted::Document, &json);
    let object: serde_json::Value = serde_json::from_slice(&no.out).unwrap();
    assert_eq!(object["refused"]["gate"], 4);
    assert_eq!(object["refused"]["code"], "cms.trailing-bytes");

    let shown = inspect::answer(&letter(), &plain);
    let text = String::from_utf8(shown.out).unwrap();
    for wanted in [
        "authEnveloped-data",
        "aes-256-gcm",
        "nonce 12",
        "tag 16",
        "rsa-oaep",
        "issuer CN=Test Authority",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let entity = certificate_entity(&facts(), XML);
    let signed = sign(&entity, &identity(&keys().bv_sign), &profile(), at()).unwrap();
    let text = String::from_utf8(inspect::answer(signed.signed(), &plain).out).unwrap();
    for wanted in
        ["signed-data", "sha-256", "2026-11-23T20:30:00.000Z", "CN=BV sign", "application/xml"]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert_eq!(inspect::answer(b"", &json).exit, Exit::No);
}

/// Never other octets than the original, whatever is done to the letter.
fn never_other(octets: &[u8]) {
    if let Ok(proven) = judge(octets, &house()) {
        assert_eq!(proven.octets.as_bytes(), XML);
    }
    let _ = inspect::answer(octets, &Shared::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_octets(octets in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        never_other(&octets);
        refused(&letter_around(&octets), &house(), judge(&letter_around(&octets), &house()).unwrap_err().code);
    }

    #[test]
    fn mutated_letters(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut octets = letter();
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        never_other(&octets);
    }

    #[test]
    fn mutated_structures(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let change = |der: &mut Vec<u8>| {
            for (at, octet) in &changes {
                let at = at.index(der.len());
                der[at] = *octet;
            }
            if let Some(cut) = cut {
                der.truncate(cut.index(der.len()));
            }
        };
        never_other(&with_der(&letter(), change));
        let entity = certificate_entity(&facts(), XML);
        let signed = sign(&entity, &identity(&keys().bv_sign), &profile(), at()).unwrap();
        never_other(&letter_around(&with_der(signed.signed(), change)));
        let detached = SealProfile { form: certpost::smime::SignedForm::Detached, ..profile() };
        let signed = sign(&entity, &identity(&keys().bv_sign), &detached, at()).unwrap();
        let mut octets = signed.signed().to_vec();
        for (at, octet) in &changes {
            let at = at.index(octets.len());
            octets[at] = *octet;
        }
        never_other(&letter_around(&octets));
    }
}
