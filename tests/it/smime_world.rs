//! Two gateways and their keys, made once: BV sends, HM takes.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use certpost::clock::Timestamp;
use certpost::inbound::prove::{Gatehouse, PartnerTrust, Proven, prove};
use certpost::letter::{
    self, ContentKind, Environment, Headers, LetterFacts, LineEnds, MAX_LETTER,
};
use certpost::refusal::{Code, Refusal};
use certpost::smime::throwaway::{Authority, KeyKind, Wanted, authority};
use certpost::smime::{
    Anchor, ContentCipher, DecryptIdentity, DigestAlgorithm, Pin, RecipientKey, SealProfile,
    SigningIdentity, Trust,
};

pub const XML: &[u8] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>植物\n</a>".as_bytes();
pub const BV: &str = "push@ecert.bv.example";
pub const HM: &str = "push@ecert.hm.example";

/// A certificate and its key, PEM.
pub type Pair = (Vec<u8>, Vec<u8>);

pub struct Keys {
    pub authority: Authority,
    pub bv_sign: Pair,
    pub bv_other: Pair,
    pub hm_open: Pair,
    pub hm_open_new: Pair,
}

pub fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let authority = authority("Test Authority").unwrap();
        Keys {
            bv_sign: authority.issue("BV sign", BV).unwrap(),
            bv_other: authority.issue("BV other", BV).unwrap(),
            hm_open: authority.issue("HM open", HM).unwrap(),
            hm_open_new: authority.issue("HM open new", HM).unwrap(),
            authority,
        }
    })
}

pub fn issue(change: impl FnOnce(&mut Wanted)) -> Pair {
    let mut wanted = Wanted::mail("BV special", BV);
    change(&mut wanted);
    keys().authority.issue_as(&wanted).unwrap()
}

pub fn at() -> Timestamp {
    "2026-11-23T20:30:00Z".parse().unwrap()
}

pub fn identity(pair: &Pair) -> SigningIdentity {
    SigningIdentity::from_pem(&pair.0, &pair.1, None).unwrap()
}

pub fn facts() -> LetterFacts {
    LetterFacts {
        letter_id: "tnei5w5s46migarjcj6hevoihe".to_owned(),
        from: BV.parse().unwrap(),
        to: HM.parse().unwrap(),
        at: at(),
        subject: "SPS certificate BV 851 植物 70".to_owned(),
        environment: Environment::Live,
        file_name: letter::file_name("EC.BV.2026.0004711"),
        kind: ContentKind::Certificate,
        micalg: Some(DigestAlgorithm::Sha256),
    }
}

pub fn profile() -> SealProfile {
    SealProfile::standard(vec![RecipientKey::from_pem(&keys().hm_open.0).unwrap()])
}

pub fn house() -> Gatehouse {
    let keys = keys();
    let open = |pair: &Pair| DecryptIdentity::from_pem(&pair.0, &pair.1, None).unwrap();
    Gatehouse {
        us: HM.parse().unwrap(),
        environment: Environment::Live,
        identities: vec![open(&keys.hm_open), open(&keys.hm_open_new)],
        partners: vec![partner("BV", BV, &keys.bv_sign)],
        max_letter: MAX_LETTER,
        signing_age: Duration::from_secs(45 * 86_400),
        signing_skew: Duration::from_secs(600),
        crl_stale: Duration::from_secs(7 * 86_400),
    }
}

pub fn partner(code: &str, address: &str, signer: &Pair) -> PartnerTrust {
    PartnerTrust {
        code: code.parse().unwrap(),
        address: address.parse().unwrap(),
        senders: Vec::new(),
        headers: Headers::Protected,
        trust: Trust {
            pins: vec![Pin::from_pem(&signer.0).unwrap()],
            anchors: vec![Anchor::from_pem(&keys().authority.x509_pem().unwrap()).unwrap()],
            crls: Vec::new(),
            path: certpost::smime::PathRules::default(),
            content: vec![ContentCipher::Aes256Gcm, ContentCipher::Aes128Gcm],
        },
    }
}

pub fn judge(letter: &[u8], house: &Gatehouse) -> Result<Proven, Refusal> {
    prove(letter, LineEnds::CrlfOrLf, house, at())
}

#[track_caller]
pub fn accepted(letter: &[u8], house: &Gatehouse) -> Proven {
    match judge(letter, house) {
        Ok(proven) => proven,
        Err(refusal) => panic!("refused: {refusal}"),
    }
}

#[track_caller]
pub fn refused(letter: &[u8], house: &Gatehouse, wanted: Code) {
    match judge(letter, house) {
        Ok(proven) => panic!("taken from {}, not refused {wanted}", proven.partner),
        Err(refusal) => assert_eq!(refusal.code, wanted, "{refusal}"),
    }
}

//------------ The openssl command -------------------------------------------

/// A folder with the keys as files, for the `openssl` command.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// None, said aloud, where there is no `openssl` command.
    pub fn new() -> Option<Bench> {
        if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
            eprintln!("SKIPPED: no openssl command on this machine");
            return None;
        }
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        let keys = keys();
        bench.write("ca.pem", &keys.authority.x509_pem().unwrap());
        for (name, pair) in [
            ("sign", &keys.bv_sign),
            ("other", &keys.bv_other),
            ("open", &keys.hm_open),
            ("open-new", &keys.hm_open_new),
        ] {
            bench.pair(name, pair);
        }
        Some(bench)
    }

    pub fn pair(&self, name: &str, pair: &Pair) {
        self.write(&format!("{name}.pem"), &pair.0);
        self.write(&format!("{name}.key"), &pair.1);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, octets: &[u8]) {
        fs::write(self.path(name), octets).unwrap();
    }

    /// `openssl` with blank-separated arguments, run in the folder; its output.
    #[track_caller]
    pub fn openssl(&self, arguments: &str) -> Vec<u8> {
        let run = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "openssl {arguments}: {words}");
        run.stdout
    }

    /// Signs `entity` and encrypts it with the command; the outer header is
    /// put before what it prints. `out` of -encrypt is S/MIME.
    #[track_caller]
    pub fn letter(&self, entity: &[u8], sign: &str, encrypt: &str) -> Vec<u8> {
        self.write("entity", entity);
        let signed = self.openssl(&format!("cms -sign -in entity {sign}"));
        self.write("signed", &signed);
        self.sealed(encrypt)
    }

    /// Encrypts what `signed` holds.
    #[track_caller]
    pub fn sealed(&self, encrypt: &str) -> Vec<u8> {
        let sealed = self.openssl(&format!("cms -encrypt -in signed {encrypt} open.pem"));
        let header = format!("Date: Mon, 23 Nov 2026 20:30:00 +0000\nFrom: {BV}\nTo: {HM}\n");
        let sealed = String::from_utf8(sealed).unwrap().replace("\r\n", "\n");
        [header.into_bytes(), sealed.into_bytes()].concat()
    }
}

/// An openssl letter's inner entity, with the header repeated and marked.
pub fn protected_entity() -> Vec<u8> {
    letter::certificate_entity(&facts(), XML)
}

/// KeyKind in reach of tests.
pub const P256: KeyKind = KeyKind::P256;
pub const P384: KeyKind = KeyKind::P384;
