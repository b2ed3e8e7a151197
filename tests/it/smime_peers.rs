//! The `openssl` command opens our letters, and we open its letters.

use certpost::inbound::prove::Destination;
use certpost::letter::Headers;
use certpost::letter::{certificate_entity, sealed_letter};
use certpost::refusal::Code;
use certpost::smime::throwaway::{KeyKind, Purpose};
use certpost::smime::{
    ContentCipher, DigestAlgorithm, KeyTransport, Pin, RecipientKey, SealProfile, Sealed,
    SignatureAlgorithm, SignedForm, seal, sign,
};

use crate::smime_world::{
    BV, Bench, HM, P256, P384, XML, accepted, at, facts, house, identity, issue, keys, profile,
    protected_entity, refused,
};

const SIGN: &str = "-signer sign.pem -inkey sign.key -nodetach -binary";
const GCM: &str = "-aes-256-gcm";
/// What the command's clock says is now; the letters' own clock is not asked.
fn ours(profile: &SealProfile) -> (Vec<u8>, Sealed, Vec<u8>) {
    let entity = certificate_entity(&facts(), XML);
    let signed = sign(&entity, &identity(&keys().bv_sign), profile, at()).unwrap();
    let sealed = seal(&signed, profile).unwrap();
    let letter = sealed_letter(&facts(), &sealed);
    (entity, sealed, letter)
}

#[track_caller]
fn command_opens(profile: &SealProfile, key: &str) {
    let Some(bench) = Bench::new() else { return };
    let (entity, _, letter) = ours(profile);
    bench.write("letter", &letter);
    let signed =
        bench.openssl(&format!("cms -decrypt -in letter -recip {key}.pem -inkey {key}.key"));
    bench.write("signed", &signed);
    // Detached, the command makes line ends canonical only without -binary.
    let binary = match profile.form {
        SignedForm::Detached => "",
        SignedForm::Opaque => "-binary",
    };
    let verified = bench
        .openssl(&format!("cms -verify -in signed -CAfile ca.pem -purpose smimesign {binary}"));
    assert_eq!(String::from_utf8(verified).unwrap(), String::from_utf8(entity).unwrap());
    let print = bench.openssl("cms -cmsout -print -noout -in signed");
    let print = String::from_utf8(print).unwrap();
    for wanted in ["signingTime", "id-smime-aa-signingCertificateV2", "S/MIME Capabilities"] {
        assert!(print.contains(wanted), "{wanted}: {print}");
    }
    for unwanted in ["rc2", "des-ede3"] {
        assert!(!print.contains(unwanted), "{print}");
    }
    assert!(print.contains("Nov 23 20:30:00 2026 GMT"), "{print}");
    assert_eq!(
        accepted(&letter, &{
            let mut house = house();
            house.partners[0].trust.content.push(ContentCipher::Aes256Cbc);
            house
        })
        .octets
        .as_bytes(),
        XML
    );
}

#[test]
fn the_command_opens_what_we_seal() {
    command_opens(&profile(), "open");
}

#[test]
fn the_command_opens_every_profile_we_offer() {
    let standard = profile();
    command_opens(&SealProfile { content: ContentCipher::Aes256Cbc, ..standard.clone() }, "open");
    command_opens(&SealProfile { key_transport: KeyTransport::Pkcs1, ..standard.clone() }, "open");
    command_opens(&SealProfile { form: SignedForm::Detached, ..standard.clone() }, "open");
    command_opens(
        &SealProfile { signature: SignatureAlgorithm::RsaPssSha256, ..standard.clone() },
        "open",
    );
    let both = vec![
        RecipientKey::from_pem(&keys().hm_open.0).unwrap(),
        RecipientKey::from_pem(&keys().hm_open_new.0).unwrap(),
    ];
    let rotation = SealProfile { recipients: both, ..standard };
    command_opens(&rotation, "open");
    command_opens(&rotation, "open-new");
}

/// An elliptic-curve key that takes over from an RSA key: either opens.
#[test]
fn the_command_opens_by_key_agreement() {
    let Some(bench) = Bench::new() else { return };
    let rsa = RecipientKey::from_pem(&keys().hm_open.0).unwrap();
    for (kind, name) in [(P256, "p256"), (P384, "p384")] {
        let opener = issue(|wanted| wanted.key = kind);
        bench.pair(name, &opener);
        let curve = RecipientKey::from_pem(&opener.0).unwrap();
        let alone = SealProfile {
            recipients: vec![curve.clone()],
            key_transport: KeyTransport::EcdhSha256,
            ..profile()
        };
        let both = SealProfile { recipients: vec![rsa.clone(), curve], ..profile() };
        for content in [ContentCipher::Aes256Gcm, ContentCipher::Aes256Cbc] {
            for (profile, openers) in [(&alone, &[name][..]), (&both, &[name, "open"][..])] {
                let profile = SealProfile { content, ..profile.clone() };
                let (entity, sealed, letter) = ours(&profile);
                bench.write("letter", &letter);
                for opener in openers {
                    let signed = bench.openssl(&format!(
                        "cms -decrypt -in letter -recip {opener}.pem -inkey {opener}.key"
                    ));
                    bench.write("signed", &signed);
                    let verify = "cms -verify -in signed -CAfile ca.pem -purpose smimesign -binary";
                    assert_eq!(bench.openssl(verify), entity, "{name} {opener}");
                }
                bench.write("sealed", sealed.der());
                let print = bench.openssl("cms -cmsout -print -noout -inform DER -in sealed");
                let print = String::from_utf8(print).unwrap();
                for wanted in ["dhSinglePass-stdDH-sha256kdf-scheme", "id-aes256-wrap"] {
                    assert!(print.contains(wanted), "{wanted}: {print}");
                }
                let mut house = house();
                house.partners[0].trust.content.push(ContentCipher::Aes256Cbc);
                let identity =
                    certpost::smime::DecryptIdentity::from_pem(&opener.0, &opener.1, None).unwrap();
                house.identities = vec![identity];
                assert_eq!(accepted(&letter, &house).octets.as_bytes(), XML, "{name}");
            }
        }
    }
}

#[test]
fn a_key_that_the_transport_does_not_reach_is_refused() {
    let rsa = RecipientKey::from_pem(&keys().hm_open.0).unwrap();
    let curve = RecipientKey::from_pem(&issue(|wanted| wanted.key = P256).0).unwrap();
    let weak = RecipientKey::from_pem(&issue(|wanted| wanted.key = KeyKind::Rsa1024).0).unwrap();
    let told = |key_transport, recipients: &[&RecipientKey]| {
        let recipients = recipients.iter().copied().cloned().collect();
        let profile = SealProfile { key_transport, recipients, ..profile() };
        profile.check().iter().map(|fault| fault.key).collect::<Vec<_>>()
    };
    use KeyTransport::{EcdhSha256, OaepSha256, Pkcs1};
    assert_eq!(told(EcdhSha256, &[&curve]), Vec::<&str>::new());
    assert_eq!(told(OaepSha256, &[&rsa, &curve]), Vec::<&str>::new());
    assert_eq!(told(OaepSha256, &[&curve]), ["key_transport"]);
    assert_eq!(told(Pkcs1, &[&curve]), ["key_transport"]);
    assert_eq!(told(EcdhSha256, &[&curve, &rsa]), ["recipients"]);
    assert_eq!(told(OaepSha256, &[&weak]), ["recipients"]);
    assert_eq!(told(EcdhSha256, &[&weak]), ["recipients"]);
}

#[test]
fn oaep_is_sha256_throughout() {
    let Some(bench) = Bench::new() else { return };
    let (_, sealed, _) = ours(&profile());
    bench.write("sealed", sealed.der());
    let print = bench.openssl("cms -cmsout -print -noout -inform DER -in sealed");
    let print = String::from_utf8(print).unwrap();
    for wanted in ["rsaesOaep", "aes-256-gcm", "mgf1", "sha256", "authEnvelopedData"] {
        assert!(print.contains(wanted), "{wanted}: {print}");
    }
}

//------------ Their letters -------------------------------------------------

/// What the command signs it signs now: the letters are judged now.
fn house_now() -> certpost::inbound::prove::Gatehouse {
    let mut house = house();
    // The command's clock and the tests' differ by years at most.
    house.signing_age = std::time::Duration::from_secs(20 * 366 * 86_400);
    house.signing_skew = std::time::Duration::from_secs(20 * 366 * 86_400);
    house
}

#[test]
fn we_open_what_the_command_makes() {
    let Some(bench) = Bench::new() else { return };
    let entity = protected_entity();
    let mut cbc = house_now();
    cbc.partners[0].trust.content.push(ContentCipher::Aes256Cbc);
    let oaep =
        "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha256";
    for encrypt in [
        "-aes-256-gcm -recip".to_owned(),
        "-aes-128-gcm -recip".to_owned(),
        "-aes-256-gcm -stream -recip".to_owned(),
        "-aes-256-cbc -recip".to_owned(),
        "-aes-256-cbc -stream -binary -recip".to_owned(),
        "-aes-256-gcm -keyid -recip".to_owned(),
        format!("-aes-256-gcm {oaep} -recip"),
        "-aes-256-gcm -keyopt rsa_padding_mode:oaep -recip".to_owned(),
    ] {
        for form in [
            "-nodetach -binary",
            "-nodetach -binary -stream",
            "-nodetach -binary -md sha512 -keyid",
            "-nodetach -binary -nocerts -nosmimecap -cades",
            "-nodetach -binary -keyopt rsa_padding_mode:pss",
            "-binary",
            "-md sha384",
        ] {
            // With -recip last, the command takes the key options for it.
            let sealing = encrypt.replace("-recip", "");
            let (options, recipient) = match sealing.split_once("-keyopt") {
                Some((before, after)) => {
                    (before.to_owned(), format!("-recip open.pem -keyopt{after}"))
                }
                None => (sealing, String::new()),
            };
            bench.write("entity", &entity);
            let signed = bench
                .openssl(&format!("cms -sign -in entity -signer sign.pem -inkey sign.key {form}"));
            bench.write("signed", &signed);
            let last = if recipient.is_empty() { "open.pem" } else { "" };
            let sealed =
                bench.openssl(&format!("cms -encrypt -in signed {options} {recipient} {last}"));
            let header = format!("Date: Mon, 23 Nov 2026 20:30:00 +0000\nFrom: {BV}\nTo: {HM}\n");
            let sealed = String::from_utf8(sealed).unwrap().replace("\r\n", "\n");
            let letter = format!("{header}{sealed}");
            let proven = accepted(letter.as_bytes(), &cbc);
            assert_eq!(proven.octets.as_bytes(), XML, "{encrypt} / {form}");
            assert_eq!(proven.entity, entity, "{encrypt} / {form}");
            assert_eq!(proven.partner.as_str(), "BV");
            assert_eq!(proven.kind.as_deref(), Some("certificate"));
            assert_eq!(proven.destination, Destination::ByHeader);
            if form.contains("sha512") {
                assert_eq!(proven.digest_algorithm, DigestAlgorithm::Sha512);
            }
        }
    }
    refused(&bench.letter(&entity, SIGN, "-aes-256-cbc"), &house_now(), Code::CmsCbcNotAllowed);
    refused(&bench.letter(&entity, SIGN, "-aes-192-cbc"), &cbc, Code::CmsCipher);
    refused(&bench.letter(&entity, SIGN, "-des3"), &cbc, Code::CmsCipher);
    refused(&bench.letter(&entity, SIGN, "-aes-192-gcm"), &cbc, Code::CmsCipher);
}

#[test]
fn elliptic_curves_are_read() {
    let Some(bench) = Bench::new() else { return };
    let signer = issue(|wanted| wanted.key = P256);
    bench.pair("p256", &signer);
    let mut house = house_now();
    house.partners[0].trust.pins = vec![Pin::from_pem(&signer.0).unwrap()];
    let sign = "-signer p256.pem -inkey p256.key -nodetach -binary";
    let letter = bench.letter(&protected_entity(), sign, GCM);
    assert_eq!(accepted(&letter, &house).octets.as_bytes(), XML);

    let opener = issue(|wanted| wanted.key = P256);
    house
        .identities
        .insert(0, certpost::smime::DecryptIdentity::from_pem(&opener.0, &opener.1, None).unwrap());
    bench.write("ec.pem", &opener.0);
    let header = format!("From: {BV}\n");
    for kdf in ["", "-keyopt ecdh_kdf_md:sha256", "-keyopt ecdh_kdf_md:sha384"] {
        let sealed =
            bench.openssl(&format!("cms -encrypt -in signed -aes-256-gcm -recip ec.pem {kdf}"));
        let letter = [header.as_bytes(), &sealed].concat();
        let letter = String::from_utf8(letter).unwrap().replace("\r\n", "\n");
        assert_eq!(accepted(letter.as_bytes(), &house).octets.as_bytes(), XML, "{kdf}");
    }
}

#[test]
fn headers_that_nobody_repeats() {
    let Some(bench) = Bench::new() else { return };
    let xml = String::from_utf8(XML.to_vec()).unwrap();
    let bare =
        format!("Content-Type: application/xml\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{xml}");
    let letter = bench.letter(bare.as_bytes(), SIGN, GCM);
    refused(&letter, &house_now(), Code::BindingNoHeaders);
    let mut outer = house_now();
    outer.partners[0].headers = Headers::Outer;
    let proven = accepted(&letter, &outer);
    assert_eq!(proven.octets.as_bytes(), XML);
    assert_eq!(proven.destination, Destination::ByCertificate);

    let unmarked =
        format!("From: {BV}\r\nTo: {HM}\r\nDate: x\r\nSubject: y\r\nMessage-ID: <z@bv>\r\n{bare}");
    let letter = bench.letter(unmarked.as_bytes(), SIGN, GCM);
    refused(&letter, &house_now(), Code::BindingNoHeaders);
    assert_eq!(accepted(&letter, &outer).message_id, "<z@bv>");
    let marked = unmarked.replace("application/xml", "application/xml; hp=\"cipher\"");
    let letter = bench.letter(marked.as_bytes(), SIGN, GCM);
    assert_eq!(accepted(&letter, &house_now()).subject.as_deref(), Some("y"));
    let older = unmarked.replace("application/xml", "application/xml; protected-headers=\"v1\"");
    let letter = bench.letter(older.as_bytes(), SIGN, GCM);
    assert_eq!(accepted(&letter, &house_now()).octets.as_bytes(), XML);
    let clear = unmarked.replace("application/xml", "application/xml; hp=\"clear\"");
    let letter = bench.letter(clear.as_bytes(), SIGN, GCM);
    refused(&letter, &house_now(), Code::BindingNoHeaders);
    let missing = marked.replace("Date: x\r\n", "");
    let letter = bench.letter(missing.as_bytes(), SIGN, GCM);
    refused(&letter, &house_now(), Code::BindingNoHeaders);
    let raw = bench.letter(XML, SIGN, GCM);
    refused(&raw, &house_now(), Code::BindingNoHeaders);
}

#[test]
fn what_the_command_makes_and_we_refuse() {
    let Some(bench) = Bench::new() else { return };
    let entity = protected_entity();
    let house = house_now();
    let check = |letter: &[u8], wanted| refused(letter, &house, wanted);

    // Another signer of the same authority.
    let other = "-signer other.pem -inkey other.key -nodetach -binary";
    check(&bench.letter(&entity, other, GCM), Code::SignerNotPinned);
    // Two signers, one of them pinned.
    let two = format!("{SIGN} -signer other.pem -inkey other.key");
    check(&bench.letter(&entity, &two, GCM), Code::SignatureSignerCount);
    // No signature at all: a MIME entity, and mere octets.
    bench.write("signed", &entity);
    check(&bench.sealed(GCM), Code::InnerNotSigned);
    bench.write("signed", XML);
    check(&bench.sealed(&format!("{GCM} -binary")), Code::InnerNotSigned);
    // Signed and not encrypted.
    bench.write("entity", &entity);
    for form in ["-nodetach", ""] {
        let signed = bench.openssl(&format!(
            "cms -sign -in entity -binary -signer sign.pem -inkey sign.key {form}"
        ));
        let letter = [format!("From: {BV}\n").as_bytes(), &signed].concat();
        let letter = String::from_utf8_lossy(&letter).replace("\r\n", "\n");
        check(letter.as_bytes(), Code::RootNotEncrypted);
    }
    // No signed attributes, weak digest.
    check(&bench.letter(&entity, &format!("{SIGN} -noattr"), GCM), Code::SignatureNoAttributes);
    check(&bench.letter(&entity, &format!("{SIGN} -md sha1"), GCM), Code::SignatureDigest);
    check(&bench.letter(&entity, &format!("{SIGN} -md md5"), GCM), Code::SignatureDigest);
    // A password as well as the key; another's key alone.
    check(
        &bench.letter(&entity, SIGN, "-aes-256-cbc -pwri_password secret"),
        Code::CmsRecipientType,
    );
    bench.write("signed", &entity);
    let sealed = bench.openssl("cms -encrypt -in signed -aes-256-gcm sign.pem");
    let letter = format!("From: {BV}\n{}", String::from_utf8_lossy(&sealed).replace("\r\n", "\n"));
    check(letter.as_bytes(), Code::CmsNotForUs);
    // Encrypted twice, signed inside; signed twice.
    bench.write("entity", &entity);
    let signed = bench.openssl(&format!("cms -sign -in entity {SIGN}"));
    bench.write("signed", &signed);
    let sealed = bench.openssl("cms -encrypt -in signed -aes-256-gcm open.pem");
    bench.write("signed", &sealed);
    check(&bench.sealed(GCM), Code::InnerNotSigned);
}

#[test]
fn weak_and_wrong_certificates() {
    let Some(bench) = Bench::new() else { return };
    let entity = protected_entity();
    let check = |change: fn(&mut certpost::smime::throwaway::Wanted), wanted| {
        let signer = issue(change);
        bench.pair("special", &signer);
        let mut house = house_now();
        house.partners[0].trust.pins = vec![Pin::from_pem(&signer.0).unwrap()];
        let sign = "-signer special.pem -inkey special.key -nodetach -binary";
        refused(&bench.letter(&entity, sign, GCM), &house, wanted);
    };
    check(|wanted| wanted.not_after = "2026-11-22T00:00:00Z".parse().unwrap(), Code::SignerExpired);
    check(
        |wanted| wanted.not_before = "2026-11-24T00:00:00Z".parse().unwrap(),
        Code::SignerNotYetValid,
    );
    check(|wanted| wanted.purpose = Purpose::Server, Code::SignerUsage);
    check(
        |wanted| wanted.key = certpost::smime::throwaway::KeyKind::Rsa1024,
        Code::SignatureKeySize,
    );
    // Of another authority than the partner's anchor.
    let stranger = certpost::smime::throwaway::authority("Stranger").unwrap();
    let signer = stranger.issue("BV", BV).unwrap();
    bench.pair("special", &signer);
    let mut house = house_now();
    house.partners[0].trust.pins = vec![Pin::from_pem(&signer.0).unwrap()];
    let sign = "-signer special.pem -inkey special.key -nodetach -binary";
    let letter = bench.letter(&entity, sign, GCM);
    refused(&letter, &house, Code::SignerUntrusted);
    house.partners[0].trust.anchors.clear();
    assert_eq!(accepted(&letter, &house).octets.as_bytes(), XML);
}
