//! Configurations as operators and programs write them.
//!
//! ```text
//! certpost.toml -> partners.toml -> certs/…      all read, or all faults listed
//! ```

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use certpost::certificate::{CertificateId, Facts};
use certpost::config::{Configuration, Keys};
use certpost::partner::routing;
use certpost::smime::throwaway::{KeyKind, Wanted, authority};

use crate::world::Folder;

fn read(folder: &Folder) -> Result<Configuration, Vec<String>> {
    Configuration::load(Some(&folder.path("certpost.toml")))
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

/// The smallest pair of files works, and the rest is as the contract says.
#[test]
fn the_smallest_configuration() {
    let folder = Folder::with_keys();
    folder.write(
        "certpost.toml",
        "[gateway]\ncode = \"BV\"\naddress = \"push@ecert.bv.example\"\n[queue]\nurl = \"amqp://127.0.0.1:5672/%2f\"\n\
         [[identity]]\nx509 = \"own-sign.pem\"\nkey = \"own-sign.key\"\nuse = [\"sign\"]\n\
         [[identity]]\nx509 = \"own-decrypt.pem\"\nkey = \"own-decrypt.key\"\nuse = [\"decrypt\"]\n",
    );
    folder.write(
        "partners.toml",
        "[[partner]]\ncode = \"HM\"\naddress = \"ecert@nppo.hm.example\"\nroute = \"smtp://127.0.0.1:2526\"\n\
         [partner.seal]\nrecipients = [\"hm-decrypt.pem\"]\n[partner.trust]\nsigners = [\"hm-sign.pem\"]\n",
    );
    let configuration = read(&folder).unwrap();
    assert_eq!(configuration.gateway.hostname, "ecert.bv.example");
    assert_eq!(configuration.gateway.countries[0].as_str(), "BV");
    assert_eq!(configuration.ledger, folder.path("var/certpost.db"));
    assert_eq!(configuration.doors.smtp.port(), 2525);
    assert_eq!(configuration.doors.max_letter, 25 << 20);
    assert_eq!(configuration.clocks.retry.len(), 6);
    let partner = &configuration.partners[0];
    assert_eq!(partner.connections, 4);
    assert_eq!(partner.countries[0].as_str(), "HM");
    assert!(partner.types.is_none());
}

/// The shipped files name every key, and every value shown is the default.
#[test]
fn the_shipped_files_are_read() {
    let folder = Folder::with_keys();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["certpost.toml", "partners.toml"] {
        fs::copy(root.join(file), folder.path(file)).unwrap();
    }
    for (from, to) in [
        ("own-sign.pem", "certs/own/sign.pem"),
        ("own-sign.key", "certs/own/sign.key"),
        ("own-decrypt.pem", "certs/own/decrypt.pem"),
        ("own-decrypt.key", "certs/own/decrypt.key"),
        ("hm-decrypt.pem", "certs/partners/HM/encrypt-2026.pem"),
        ("hm-sign.pem", "certs/partners/HM/sign-2026.pem"),
        ("authority.pem", "certs/anchors/hm-ca.pem"),
    ] {
        let to = folder.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(folder.path(from), to).unwrap();
    }
    let configuration = read(&folder).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(configuration.gateway.code.as_str(), "BV");
    assert_eq!(configuration.partners[0].code.as_str(), "HM");
}

/// Every fault is listed at once, with file, key and remedy.
#[test]
fn all_faults_at_once() {
    let folder = Folder::with_keys();
    folder.write(
        "certpost.toml",
        "[gateway]\ncode = \"bv\"\nadress = \"push@ecert.bv.example\"\n[queue]\nurl = \"http://x\"\n\
         [clock]\nretry = [\"soon\"]\njitter = 7\n[doors]\nsmtp = \"nowhere\"\n\
         [[identity]]\nx509 = \"gone.pem\"\nkey = \"own-sign.key\"\nuse = [\"sing\"]\n",
    );
    folder.write(
        "partners.toml",
        "[[partner]]\ncode = \"HM\"\nroute = \"smtp://mail.hm.example\"\ntls = \"none\"\n",
    );
    let faults = read(&folder).unwrap_err();
    for wanted in [
        "gateway.code",
        "gateway.address",
        "did you mean address?",
        "queue.url",
        "clock.retry",
        "clock.jitter",
        "doors.smtp",
        "identity[1].use",
        "no identity opens",
        "partner[1].address",
        "partner[1].tls",
        "partner[1].seal.recipients",
        "partner[1].trust.signers",
    ] {
        assert!(
            faults.iter().any(|fault| fault.contains(wanted)),
            "{wanted} is not in {faults:#?}"
        );
    }
}

/// A key that others may read stops the start, and only what needs the key.
#[test]
fn a_key_that_others_may_read() {
    let folder = Folder::with_keys();
    folder.write_gateway("BV", "HM");
    fs::set_permissions(folder.path("own-sign.key"), fs::Permissions::from_mode(0o640)).unwrap();
    let faults = read(&folder).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert!(faults[0].contains("chmod 600"), "{faults:#?}");
    let read = Configuration::load_with(Some(&folder.path("certpost.toml")), Keys::Left);
    assert!(read.is_ok(), "{read:?}");
}

/// Routing: by importing country and type; by transit whatever the type; none
/// is no fault.
#[test]
fn routes() {
    let folder = Folder::with_keys();
    folder.write_gateway("BV", "HM");
    let one = fs::read_to_string(folder.path("partners.toml")).unwrap();
    let more = |code: &str, keys: &str| {
        one.replace("code = \"HM\"\n", &format!("code = \"{code}\"\n{keys}"))
    };
    let transit = more("GS", "transit = true\ntypes = [\"657\"]\n");
    let typed = more("HM-FISH", "countries = [\"HM\"]\ntypes = [\"852\"]\n");
    folder.write("partners.toml", format!("{one}\n{transit}\n{typed}"));
    let configuration = read(&folder).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let facts = |import: &str, transit: &[&str], document_type: &str| Facts {
        id: CertificateId::new("BV".parse().unwrap(), document_type.parse().unwrap(), "N-1")
            .unwrap(),
        status: "70".parse().unwrap(),
        import_country: import.parse().unwrap(),
        transit: transit.iter().map(|country| country.parse().unwrap()).collect(),
        replaces: Vec::new(),
    };
    let check = |facts: Facts, wanted: &[&str]| {
        let routed = routing::route(&facts, &configuration.partners);
        let routed: Vec<_> = routed.iter().map(|code| code.as_str()).collect();
        assert_eq!(routed, wanted, "{facts:?}");
    };
    check(facts("HM", &[], "851"), &["HM"]);
    check(facts("HM", &[], "852"), &["HM", "HM-FISH"]);
    check(facts("HM", &["GS"], "851"), &["HM", "GS"]);
    check(facts("GS", &[], "851"), &[]);
    check(facts("AQ", &[], "851"), &[]);
}

/// What [partner.seal] asks and no key can do is told when the files are read,
/// each with what to write instead.
#[test]
fn seals_that_cannot_be() {
    let folder = Folder::with_keys();
    folder.write_gateway("BV", "HM");
    let authority = authority("Curves").unwrap();
    for (name, kind) in
        [("p256.pem", KeyKind::P256), ("p384.pem", KeyKind::P384), ("short.pem", KeyKind::Rsa1024)]
    {
        let wanted = Wanted { key: kind, ..Wanted::mail("HM open", "ecert@nppo.hm.example") };
        folder.write(name, authority.issue_as(&wanted).unwrap().0);
    }
    let whole = fs::read_to_string(folder.path("partners.toml")).unwrap();
    let check = |recipients: &str, keys: &str, wanted: &[[&str; 2]]| {
        let entry = whole.replace(
            "recipients = [\"hm-decrypt.pem\"]",
            &format!("recipients = [{recipients}]\n{keys}"),
        );
        folder.write("partners.toml", entry);
        let faults = read(&folder).err().unwrap_or_default();
        assert_eq!(faults.len(), wanted.len(), "{recipients} {keys}: {faults:#?}");
        for (fault, wanted) in faults.iter().zip(wanted) {
            for words in wanted {
                assert!(fault.contains(words), "{words} is not in {fault}");
            }
        }
    };
    const RSA: &str = "\"hm-decrypt.pem\"";
    const EC: &str = "\"p256.pem\"";
    check(RSA, "", &[]);
    check(RSA, "content = \"aes-256-cbc\"\nkey_transport = \"pkcs1\"", &[]);
    check(EC, "key_transport = \"ecdh-sha256\"", &[]);
    check("\"p256.pem\", \"p384.pem\"", "key_transport = \"ecdh-sha256\"", &[]);
    check("\"hm-decrypt.pem\", \"p384.pem\"", "", &[]);
    let write = "write \"ecdh-sha256\"";
    check(EC, "", &[["seal.key_transport: oaep-sha256 is for RSA keys", write]]);
    check(EC, "key_transport = \"pkcs1\"", &[["seal.key_transport: pkcs1 is for RSA keys", write]]);
    check(
        RSA,
        "key_transport = \"ecdh-sha256\"",
        &[["ecdh-sha256 does not reach the RSA-2048 key", "write \"oaep-sha256\""]],
    );
    check(
        "\"hm-decrypt.pem\", \"p256.pem\"",
        "key_transport = \"ecdh-sha256\"",
        &[["ecdh-sha256 does not reach the RSA-2048 key", "EC keys beside it"]],
    );
    let short = "name an RSA certificate of 2048 bits or more";
    check("\"short.pem\"", "", &[["does not reach the RSA-1024 key", short]]);
    for content in ["aes-128-gcm", "aes-128-cbc"] {
        let instead = "write \"aes-256-gcm\" or, for older software, \"aes-256-cbc\"";
        check(RSA, &format!("content = \"{content}\""), &[["seal.content: aes-128-", instead]]);
    }
    for signature in ["ecdsa-p256-sha256", "ecdsa-p384-sha384"] {
        let instead = "choose the signature that fits the key";
        check(
            RSA,
            &format!("signature = \"{signature}\""),
            &[["cannot be made with the RSA-2048 key", instead]],
        );
    }
    check(RSA, "signature = \"rsa-pss-sha256\"", &[]);
    check(RSA, "key_transport = \"oaep\"", &[["seal.key_transport", "write one of"]]);
}
