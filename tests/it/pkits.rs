//! PKITS: NIST's 224 signed mails, sealed to us and brought before all gates;
//! what they are to come to stands in `tests/peers/pkits.toml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use certpost::inbound::prove::Gatehouse;
use certpost::letter::{Headers, sealed_letter};
use certpost::refusal::{Code, Refusal};
use certpost::smime::signed_data::SignedParts;
use certpost::smime::structure::{ContentInfo, KeyName};
use certpost::smime::{Anchor, Crl, PathRules, Pin, Signed, seal, trust};
use data_encoding::BASE64_MIME;
use openssl::x509::X509;
use serde::Deserialize;

use crate::skipped::skipped;
use crate::smime_world::{at, facts, house, judge, profile};

/// What every mail says.
const SAYS: &[u8] = b"This is a sample signed message.";
/// NIST's policies: the arc under which they are numbered.
const POLICY: &str = "2.16.840.1.101.3.2.1.48";
const YEARS: Duration = Duration::from_secs(100 * 366 * 86_400);

//------------ The table -----------------------------------------------------

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
    outside: Vec<Outside>,
    exception: Vec<Exception>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    section: String,
    mail: String,
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    policies: Vec<u8>,
    inputs: Vec<Input>,
    accepted: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Input {
    Explicit,
    InhibitAny,
    InhibitMapping,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outside {
    mail: String,
    code: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    mail: String,
    reason: String,
}

impl Part {
    fn rules(&self) -> PathRules {
        let has = |input| self.inputs.contains(&input);
        PathRules {
            policies: self.policies.iter().map(|number| format!("{POLICY}.{number}")).collect(),
            explicit_policy: has(Input::Explicit),
            inhibit_any: has(Input::InhibitAny),
            inhibit_mapping: has(Input::InhibitMapping),
            ..PathRules::default()
        }
    }
}

//------------ Mail ----------------------------------------------------------

/// One mail: sealed to us, and a house that pins its signer.
struct Mail {
    letter: Vec<u8>,
    house: Gatehouse,
    pin: Pin,
    along: Vec<Vec<u8>>,
}

impl Mail {
    fn read(text: &str, anchor: &Anchor, crls: &[Crl]) -> Result<Mail, String> {
        let start = text.find("Content-Type: multipart/signed").unwrap();
        let entity = text[start..].replace("\r\n", "\n").replace('\n', "\r\n");
        let signed = Signed::from_stored(Vec::new(), entity.clone().into_bytes());
        let letter = sealed_letter(&facts(), &seal(&signed, &profile()).unwrap());

        let (_, part) = entity.split_once("filename=\"smime.p7s\"\r\n\r\n").unwrap();
        let (base64, _) = part.split_once("\r\n\r\n").unwrap();
        let der = BASE64_MIME.decode(format!("{base64}\r\n").as_bytes()).unwrap();
        let info = ContentInfo::read(&der).unwrap();
        let parts = SignedParts::read(info.content).unwrap();
        let signer = parts.certificates.iter().find(|der| names(parts.signers[0].name, der));
        let pem = X509::from_der(signer.unwrap()).unwrap().to_pem().unwrap();
        let pin = Pin::from_pem(&pem).map_err(|fault| fault.to_string())?;

        let mut house = house();
        house.signing_age = YEARS;
        let partner = &mut house.partners[0];
        partner.headers = Headers::Outer;
        partner.trust.pins = vec![pin.clone()];
        partner.trust.anchors = vec![anchor.clone()];
        partner.trust.crls = crls.to_vec();
        let along = parts.certificates.iter().map(|der| der.to_vec()).collect();
        Ok(Mail { letter, house, pin, along })
    }

    /// All gates; what comes out is what was signed.
    fn gates(&self, rules: PathRules) -> Result<(), Refusal> {
        let mut house = self.house.clone();
        house.partners[0].trust.path = rules;
        let proven = judge(&self.letter, &house)?;
        assert_eq!(proven.octets.as_bytes().trim_ascii(), SAYS);
        Ok(())
    }

    /// The path alone, as gate 7 would judge it in the year of its keys.
    fn path_of_its_day(&self) -> Result<(), Refusal> {
        let mut trust = self.house.partners[0].trust.clone();
        trust.path.security_level = 0;
        let along: Vec<&[u8]> = self.along.iter().map(Vec::as_slice).collect();
        trust::judge(&self.pin, &trust, &along, self.house.crl_stale, at()).map(drop)
    }
}

fn names(name: KeyName<'_>, der: &[u8]) -> bool {
    let x509 = X509::from_der(der).unwrap();
    let serial = |wanted| {
        let number = x509.serial_number().to_bn().unwrap();
        number.is_negative() || number.to_vec() == wanted
    };
    match name {
        KeyName::IssuerSerial { issuer, serial: wanted } => {
            x509.issuer_name().to_der().unwrap() == issuer && serial(wanted)
        }
        KeyName::KeyId(id) => x509.subject_key_id().is_some_and(|own| own.as_slice() == id),
    }
}

/// Where PKITS lies, fetched once; none, named, where it cannot be had.
fn pkits() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let folder = cache.or(home)?.join("certpost/pkits");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/pkits.sh");
    let made = Command::new(script).arg(&folder).output().unwrap();
    if !made.status.success() {
        skipped(&format!("PKITS: {}", String::from_utf8_lossy(&made.stderr).trim()));
        return None;
    }
    Some(folder.join("pkits"))
}

fn files(folder: &Path) -> impl Iterator<Item = (String, Vec<u8>)> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read(path).unwrap())
    })
}

//------------ The test ------------------------------------------------------

#[test]
fn two_hundred_and_twenty_four_mails() {
    let Some(folder) = pkits() else { return };
    let table: Table = toml::from_str(include_str!("../peers/pkits.toml")).unwrap();
    let root = fs::read(folder.join("certs/TrustAnchorRootCertificate.crt")).unwrap();
    let anchor = Anchor::from_pem(&X509::from_der(&root).unwrap().to_pem().unwrap()).unwrap();
    let crls: Vec<Crl> =
        files(&folder.join("crls")).map(|(_, der)| Crl::from_pem(&der).unwrap()).collect();
    let mails: BTreeMap<String, Result<Mail, String>> = files(&folder.join("smime"))
        .map(|(name, text)| {
            let text = String::from_utf8(text).unwrap();
            let name = name.strip_prefix("Signed").unwrap().to_owned();
            (name, Mail::read(&text, &anchor, &crls))
        })
        .collect();
    assert_eq!(mails.len(), 224);

    let (mut valid, mut invalid, mut paths) = ([0, 0], [0, 0], [0, 0]);
    let (mut wrong, mut report) = (String::new(), String::new());
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, mail) in &mails {
        let good = name.starts_with("Valid");
        if !good && !name.starts_with("Invalid") {
            continue;
        }
        let outside = table.outside.iter().find(|row| row.mail == *name);
        let judged = match mail {
            Ok(mail) => mail.gates(PathRules::default()),
            Err(words) => Err(Refusal::new(Code::SignatureKeySize, words)),
        };
        let exception = table.exception.iter().find(|row| row.mail == *name);
        let path = match (outside, mail) {
            (Some(_), Ok(mail)) => mail.path_of_its_day(),
            (Some(_) | None, _) => judged.clone(),
        };
        if let Err(refusal) = &judged {
            *codes.entry(refusal.code.as_str()).or_default() += 1;
        }
        match (outside, &judged) {
            (Some(row), Err(refusal)) if refusal.code.as_str() == row.code => {
                writeln!(report, "outside: {name}: {}: {}", row.code, row.reason).unwrap();
            }
            (Some(row), judged) => writeln!(wrong, "{name}: {judged:?}, not {}", row.code).unwrap(),
            (None, judged) => {
                let count = if good { &mut valid } else { &mut invalid };
                count[1] += 1;
                count[0] += usize::from(judged.is_ok() == good);
            }
        }
        let as_named = path.is_ok() == good;
        if good {
            paths[1] += 1;
            paths[0] += usize::from(as_named);
        }
        match (exception, as_named) {
            (None, false) => writeln!(wrong, "{name}: {path:?}").unwrap(),
            (Some(row), false) if good => {
                writeln!(report, "exception: {name}: {}", row.reason).unwrap();
            }
            (Some(_), _) => writeln!(wrong, "{name}: no exception any more").unwrap(),
            (None, true) => {}
        }
    }
    let mut parts = [0, 0];
    for case in &table.case {
        let mail = mails[&case.mail].as_ref().unwrap();
        for (n, part) in case.parts.iter().enumerate() {
            let judged = mail.gates(part.rules());
            parts[1] += 1;
            parts[0] += usize::from(judged.is_ok() == part.accepted);
            if judged.is_ok() != part.accepted {
                writeln!(wrong, "{}.{}: {}: {judged:?}", case.section, n + 1, case.mail).unwrap();
            }
        }
    }
    // An authority below the root, if the operator names that one.
    let issuing = fs::read(folder.join("certs/GoodCACert.crt")).unwrap();
    let issuing = Anchor::from_pem(&X509::from_der(&issuing).unwrap().to_pem().unwrap()).unwrap();
    for (mail, code) in [
        ("ValidSignaturesTest1", None),
        ("InvalidEESignatureTest3", Some(Code::SignerUntrusted)),
        ("InvalidRevokedEETest3", Some(Code::SignerRevoked)),
        ("InvalidRevokedCATest2", Some(Code::SignerRevoked)),
        ("ValidbasicConstraintsNotCriticalTest4", Some(Code::SignerUntrusted)),
    ] {
        let mut house = mails[mail].as_ref().unwrap().house.clone();
        house.partners[0].trust.anchors = vec![issuing.clone()];
        let judged = judge(&mails[mail].as_ref().unwrap().letter, &house);
        assert_eq!(judged.err().map(|refusal| refusal.code), code, "{mail}");
    }
    print!("{report}");
    println!("invalid mails refused by the gates: {} of {}", invalid[0], invalid[1]);
    println!("valid mails accepted by the gates: {} of {}", valid[0], valid[1]);
    println!("valid paths accepted by the path validation: {} of {}", paths[0], paths[1]);
    println!("policy tests, part by part: {} of {}", parts[0], parts[1]);
    println!("refused with: {codes:?}");
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!((invalid[0], invalid[0] + 1), (invalid[1], 114), "and one refused for its key");
    assert_eq!(valid[1] + 2, 88);
    assert!(paths[0] >= 86, "{paths:?}");
    // Every mail is judged, with the inputs of production or with its own.
    let named = |name: &&String| name.starts_with("Valid") || name.starts_with("Invalid");
    let own = |name: &&String| table.case.iter().any(|case| case.mail == **name);
    assert_eq!(mails.keys().filter(|name| named(name) || own(name)).count(), 224);
    assert!(Code::ALL.iter().any(|code| codes.contains_key(code.as_str())));
}
