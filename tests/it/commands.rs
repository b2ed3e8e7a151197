//! The commands on letters, against the `openssl` command.
//!
//! ```text
//! certpost seal -> openssl cms -decrypt -> openssl cms -verify -> the XML
//! openssl cms -sign -> openssl cms -encrypt -> certpost open   -> the XML
//! ```

use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;
use serde_json::Value;

use crate::world::Folder;

const XML: &str = include_str!("../golden/phytosanitary-851/certificate.xml");

/// A folder in which BV's gateway is set up with the partner HM, whose
/// software repeats no header fields.
fn folder() -> Folder {
    let folder = Folder::with_keys();
    folder.write_gateway("BV", "HM");
    let text = std::fs::read_to_string(folder.path("partners.toml")).unwrap();
    let text = text.replace("tls = \"none\"\n", "tls = \"none\"\nheaders = \"outer\"\n");
    let text = text.replace(
        "signers = [\"hm-sign.pem\"]",
        "signers = [\"hm-sign.pem\"]\nanchors = [\"authority.pem\"]\ncontent = [\"aes-256-gcm\", \"aes-256-cbc\"]",
    );
    folder.write("partners.toml", text);
    folder
}

#[track_caller]
fn openssl(folder: &Folder, args: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").current_dir(folder.path(".")).args(args).output().unwrap();
    assert!(
        output.status.success(),
        "openssl {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// A certificate of HM for BV, as HM's software would sign it.
fn of_hm() -> String {
    XML.replace("<ram:ExportSPSCountry><ram:ID>BV<", "<ram:ExportSPSCountry><ram:ID>HM<")
        .replace("<ram:ImportSPSCountry><ram:ID>AQ<", "<ram:ImportSPSCountry><ram:ID>BV<")
}

fn entity(xml: &str) -> String {
    let mut lines = BASE64.encode(xml.as_bytes());
    for at in (76..lines.len()).step_by(76).rev() {
        lines.insert_str(at, "\r\n");
    }
    format!(
        "Content-Type: application/xml; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{lines}\r\n"
    )
}

/// Signs by `signer` and encrypts for BV, all by the openssl command.
fn letter(folder: &Folder, entity: &str, signer: &str, cipher: &str) {
    folder.write("entity", entity);
    let (x509, key) = (format!("{signer}.pem"), format!("{signer}.key"));
    let sign = [
        "cms",
        "-sign",
        "-binary",
        "-nodetach",
        "-md",
        "sha256",
        "-in",
        "entity",
        "-signer",
        &x509,
        "-inkey",
        &key,
        "-out",
        "signed",
    ];
    openssl(folder, &sign);
    encrypt(folder, "signed", cipher);
}

fn encrypt(folder: &Folder, named: &str, cipher: &str) {
    let encrypt = [
        "cms",
        "-encrypt",
        cipher,
        "-in",
        named,
        "-from",
        "ecert@nppo.hm.example",
        "-to",
        "push@ecert.bv.example",
        "-subject",
        "x",
        "-out",
        "letter",
        "own-decrypt.pem",
    ];
    openssl(folder, &encrypt);
}

#[track_caller]
fn refused(folder: &Folder, code: &str) {
    let (exit, out, words) = folder.certpost(&["open", "letter"]);
    assert_eq!(exit, 1, "{words}");
    assert!(out.is_empty(), "something of a refused letter came out");
    assert!(words.contains(&format!("refused: {code}: ")), "{words}");
    let (exit, out, _) = folder.certpost(&["open", "letter", "--json"]);
    let answer: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(
        (exit, answer["ok"].clone(), answer["refused"]["code"].clone()),
        (1, false.into(), code.into())
    );
}

/// What `seal` prints is opened and verified by the openssl command, and
/// holds the exact XML.
#[test]
fn openssl_opens_what_seal_prints() {
    let folder = folder();
    folder.write("certificate.xml", XML);
    let (exit, letter, words) = folder.certpost(&["seal", "certificate.xml", "--to", "HM"]);
    assert_eq!(exit, 0, "{words}");
    assert!(!String::from_utf8_lossy(&letter).contains("BV-PC-"), "the number shows outside");
    folder.write("letter", letter);
    openssl(
        &folder,
        &[
            "cms",
            "-decrypt",
            "-in",
            "letter",
            "-recip",
            "hm-decrypt.pem",
            "-inkey",
            "hm-decrypt.key",
            "-out",
            "signed",
        ],
    );
    openssl(
        &folder,
        &["cms", "-verify", "-in", "signed", "-CAfile", "authority.pem", "-out", "entity"],
    );
    let entity = std::fs::read_to_string(folder.path("entity")).unwrap();
    let (header, body) = entity.split_once("\r\n\r\n").unwrap();
    assert!(header.contains("hp=\"cipher\""), "{header}");
    let xml = BASE64.decode(body.replace("\r\n", "").as_bytes()).unwrap();
    assert_eq!(xml, XML.as_bytes());
    // Who is not there, and what is not.
    assert_eq!(folder.certpost(&["seal", "certificate.xml", "--to", "XX"]).0, 3);
    assert_eq!(folder.certpost(&["seal", "gone.xml", "--to", "HM"]).0, 3);
}

/// What the openssl command signs and encrypts is opened, with either cipher.
#[test]
fn open_opens_what_openssl_makes() {
    let folder = folder();
    for cipher in ["-aes-256-gcm", "-aes-256-cbc"] {
        letter(&folder, &entity(&of_hm()), "hm-sign", cipher);
        let (exit, out, words) = folder.certpost(&["open", "letter"]);
        assert_eq!(exit, 0, "{cipher}: {words}");
        assert_eq!(out, of_hm().as_bytes(), "{cipher}");
        let (exit, out, words) = folder.certpost(&["open", "--certificate", "--json", "letter"]);
        assert_eq!(exit, 0, "{cipher}: {words}");
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap()["partner"], "HM");
    }
    let (exit, out, words) = folder.certpost(&["inspect", "letter"]);
    assert_eq!((exit, out.is_empty()), (0, false), "{words}");
    let (exit, out, _) = folder.certpost(&["--json", "inspect", "letter"]);
    let sealed = &serde_json::from_slice::<Value>(&out).unwrap()["entities"][0]["parts"][0];
    assert_eq!((exit, sealed["smime"]["kind"].as_str()), (0, Some("sealed")));
    assert_eq!(folder.certpost(&["open", "gone"]).0, 3);
}

/// A letter whose signed Subject names another certificate than the one in it
/// is opened, and the difference told.
#[test]
fn open_tells_what_letter_and_certificate_say_differently() {
    let folder = folder();
    for (subject, wanted) in [
        ("SPS certificate HM 851 BV-PC-2026-0005120 70", Vec::new()),
        (
            "SPS certificate HM 851 BV-PC-2026-0005121 40",
            vec!["letter.number-differs", "letter.status-differs"],
        ),
        ("Phytosanitary certificate BV-PC-2026-0005121", Vec::new()),
    ] {
        let signed = format!("Subject: {subject}\r\n{}", entity(&of_hm()));
        letter(&folder, &signed, "hm-sign", "-aes-256-gcm");
        let (exit, out, words) = folder.certpost(&["open", "--certificate", "--json", "letter"]);
        assert_eq!(exit, 0, "{words}");
        let answer: Value = serde_json::from_slice(&out).unwrap();
        let told = answer["remarks"].as_array().unwrap().iter();
        let codes: Vec<&str> = told.map(|remark| remark["code"].as_str().unwrap()).collect();
        assert_eq!(codes, wanted, "{subject}");
    }
}

/// The refusals that matter most, each with its own code and nothing on
/// standard output.
#[test]
fn open_refuses() {
    let folder = folder();
    // Another signer of the same authority.
    letter(&folder, &entity(&of_hm()), "own-sign", "-aes-256-gcm");
    refused(&folder, "signer.not-pinned");
    // No signature at all.
    folder.write("entity", entity(&of_hm()));
    encrypt(&folder, "entity", "-aes-256-gcm");
    refused(&folder, "inner.not-signed");
    // One octet of the signed content is another.
    folder.write("entity", entity(&of_hm()));
    let sign = [
        "cms",
        "-sign",
        "-binary",
        "-nodetach",
        "-md",
        "sha256",
        "-in",
        "entity",
        "-signer",
        "hm-sign.pem",
        "-inkey",
        "hm-sign.key",
        "-outform",
        "DER",
        "-out",
        "signed.der",
    ];
    openssl(&folder, &sign);
    let mut der = std::fs::read(folder.path("signed.der")).unwrap();
    let at = der.windows(4).position(|four| four == b"PD94").unwrap();
    der[at] = b'Q';
    let signed = format!(
        "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        BASE64.encode(&der)
    );
    folder.write("signed", signed);
    encrypt(&folder, "signed", "-aes-256-gcm");
    refused(&folder, "signature.invalid");
    // One octet of the sealed content is another: a real tag, a wrong text.
    letter(&folder, &entity(&of_hm()), "hm-sign", "-aes-256-gcm");
    flip(&folder.path("letter"));
    refused(&folder, "decrypt.failed");
    // Signed, and sent in clear; the command mixes line ends, a mail server
    // would not.
    openssl(
        &folder,
        &[
            "cms",
            "-sign",
            "-binary",
            "-in",
            "entity",
            "-signer",
            "hm-sign.pem",
            "-inkey",
            "hm-sign.key",
            "-from",
            "ecert@nppo.hm.example",
            "-to",
            "push@ecert.bv.example",
            "-subject",
            "x",
            "-out",
            "mixed",
        ],
    );
    let mixed = std::fs::read_to_string(folder.path("mixed")).unwrap();
    folder.write("letter", mixed.replace("\r\n", "\n"));
    refused(&folder, "root.not-encrypted");
}

/// Changes an octet in the middle of a letter's base64.
fn flip(path: &Path) {
    let mut octets = std::fs::read(path).unwrap();
    let mut at = octets.len() / 2;
    while !octets[at].is_ascii_alphabetic() {
        at += 1;
    }
    octets[at] = if octets[at] == b'A' { b'B' } else { b'A' };
    std::fs::write(path, octets).unwrap();
}

/// Which programs open what we send, and what the others would need.
#[test]
fn what_a_partners_software_needs() {
    let folder = folder();
    let shown = |args: &[&str]| {
        let (exit, text, words) = folder.certpost(&[&["partner", "show", "HM"], args].concat());
        assert_eq!(exit, 0, "{words}");
        String::from_utf8(text).unwrap()
    };
    let text = shown(&[]);
    for wanted in [
        "  sealed       content aes-256-gcm, key_transport oaep-sha256, signature \
         rsa-pkcs1-sha256, form opaque; to RSA-2048",
        "  software     OpenSSL (openssl cms) 3.0 (content aes-256-gcm, aes-256-cbc; key_transport \
         oaep-sha256, ecdh-sha256, pkcs1): opens our letters, we open its letters\n",
        "GnuPG (gpgsm) 2.2 (content aes-256-cbc; key_transport pkcs1): does not open our letters, we open its letters; needs \
         seal.content = \"aes-256-cbc\", seal.key_transport = \"pkcs1\"\n",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    let entry = std::fs::read_to_string(folder.path("partners.toml")).unwrap();
    let entry = entry
        .replace(
            "[partner.seal]\n",
            "[partner.seal]\ncontent = \"aes-256-cbc\"\nkey_transport = \"pkcs1\"\n",
        )
        .replace("\"aes-256-gcm\", \"aes-256-cbc\"", "\"aes-256-gcm\"");
    folder.write("partners.toml", entry);
    let told: Value = serde_json::from_str(&shown(&["--json"])).unwrap();
    assert_eq!(told["seal"]["keys"], serde_json::json!(["RSA-2048"]));
    for software in told["software"].as_array().unwrap() {
        assert_eq!(software["opensOurs"], true, "{software}");
        let name = software["name"].as_str().unwrap();
        let seals_gcm = name.starts_with("OpenSSL") || name.starts_with("Bouncy");
        assert_eq!(software["isOpened"], seals_gcm, "{software}");
        let needs = &software["needs"][0];
        let needed = serde_json::json!({"key": "trust.content", "write": "aes-256-cbc"});
        assert_eq!(*needs == needed, !seals_gcm, "{software}");
        // Nobody can tell cmsutil what to choose.
        let more = software["needs"].as_array().unwrap().len() == 2;
        assert_eq!(more, name.starts_with("NSS"), "{software}");
    }
}
