//! Receipts, whole: BV sent a certificate to HM, and HM answers.

mod dsn;
mod golden;
mod odd;
mod round;
mod steps;

use std::sync::OnceLock;
use std::time::Duration;

use super::*;
use crate::certificate::CertificateId;
use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, State};
use crate::letter::{Environment, LineEnds, MAX_LETTER};
use crate::partner::ReceiptForm;
use crate::smime::throwaway::authority;
use crate::smime::{
    ContentCipher, DecryptIdentity, DigestAlgorithm, Pin, RecipientKey, SealProfile,
    SigningIdentity, Trust, sign_apart,
};

/// Entity E as BV signed it.
const ENTITY: &[u8] = b"Content-Type: application/xml\r\n\r\n<a/>\r\n";
const XML: &[u8] = b"<a/>";
const LETTER: &str = "tnei5w5s46migarjcj6hevoihe";
const BV: &str = "push@ecert.bv.example";
const HM: &str = "push@ecert.hm.example";
const XX: &str = "push@ecert.xx.example";

struct Keys {
    hm: (SigningIdentity, Pin),
    xx: (SigningIdentity, Pin),
    stranger: SigningIdentity,
    bv_open: DecryptIdentity,
    bv_key: RecipientKey,
}

fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let authority = authority("Test Authority").unwrap();
        let signer = |name: &str, mail: &str| {
            let (x509, key) = authority.issue(name, mail).unwrap();
            let identity = SigningIdentity::from_pem(&x509, &key, None).unwrap();
            (identity, Pin::from_pem(&x509).unwrap())
        };
        let (x509, key) = authority.issue("BV open", BV).unwrap();
        Keys {
            hm: signer("HM sign", HM),
            xx: signer("XX sign", XX),
            stranger: signer("HM sign", HM).0,
            bv_open: DecryptIdentity::from_pem(&x509, &key, None).unwrap(),
            bv_key: RecipientKey::from_pem(&x509).unwrap(),
        }
    })
}

fn at() -> Timestamp {
    "2026-11-23T20:31:07Z".parse().unwrap()
}

fn correspondent(code: &str, address: &str, pin: &Pin, form: ReceiptForm) -> Correspondent {
    Correspondent {
        code: code.parse().unwrap(),
        address: address.parse().unwrap(),
        senders: Vec::new(),
        aliases: vec![format!("AS2 {code}")],
        form,
        trust: Trust {
            pins: vec![pin.clone()],
            path: crate::smime::PathRules::default(),
            content: vec![ContentCipher::Aes256Gcm],
            ..Trust::default()
        },
    }
}

fn desk(form: ReceiptForm) -> Desk {
    Desk {
        us: BV.parse().unwrap(),
        identities: vec![keys().bv_open.clone()],
        partners: vec![
            correspondent("XX", XX, &keys().xx.1, form),
            correspondent("HM", HM, &keys().hm.1, form),
        ],
        max_letter: MAX_LETTER,
        crl_stale: Duration::from_secs(86_400),
    }
}

fn profile() -> SealProfile {
    SealProfile::standard(vec![keys().bv_key.clone()])
}

fn certificate() -> CertificateId {
    CertificateId::new("BV".parse().unwrap(), "851".parse().unwrap(), "EC.BV.2026.0004711").unwrap()
}

/// The delivery as a ledger of one row knows it.
struct Table(Sent);

fn table(state: State) -> Table {
    Table(Sent {
        delivery: DeliveryId::from_uuid(uuid::Uuid::from_u128(7)),
        partner: "HM".parse().unwrap(),
        to: HM.parse().unwrap(),
        state,
        entity: Digests::of(ENTITY),
        certificate: Some(SentCertificate {
            id: certificate(),
            status: "70".parse().unwrap(),
            document: Digests::of(XML),
        }),
    })
}

impl Deliveries for Table {
    fn by_letter(&self, id: &MessageId) -> Option<Sent> {
        (id.bare() == format!("{LETTER}@ecert.bv.example")).then(|| self.0.clone())
    }

    fn by_envelope(&self, id: &str) -> Option<Sent> {
        (id == LETTER).then(|| self.0.clone())
    }

    fn other_octets(&self, _sent: &Sent) -> Vec<(OtherOctets, Digests)> {
        vec![(OtherOctets::Xml, Digests::of(XML))]
    }
}

fn facts() -> MdnFacts {
    MdnFacts {
        letter_id: "rfvbsxloxmthxsh55c3cjucfba".to_owned(),
        gateway: "HM".parse().unwrap(),
        product: "certpost 1.0".to_owned(),
        from: HM.parse().unwrap(),
        at: at(),
        environment: Environment::Live,
        owed: owed(Form::Sealed),
    }
}

/// What BV's letter is owed, in that form.
fn owed(form: Form) -> Owed {
    Owed {
        to: BV.parse().unwrap(),
        form,
        original_message_id: format!("<{LETTER}@ecert.bv.example>"),
        original_recipient: None,
        said: Said::Processed,
        mic: mic_of(ENTITY),
        certificate: Some((certificate(), "70".parse().unwrap())),
        document: Some((DigestAlgorithm::Sha256, Digests::of(XML).sha256.to_vec())),
    }
}

/// A receipt that says something of its own.
fn saying(said: Said, form: Form) -> MdnFacts {
    MdnFacts { owed: Owed { said, ..owed(form) }, ..facts() }
}

/// The same receipt in another form.
fn in_form(facts: MdnFacts, form: Form) -> MdnFacts {
    MdnFacts { owed: Owed { form, ..facts.owed }, ..facts }
}

fn mic_of(octets: &[u8]) -> Mic {
    Mic::new(&Digests::of(octets).sha256, DigestAlgorithm::Sha256, "sha-256")
}

/// `entity` signed in clear by that identity, in a letter from HM.
fn signed(entity: &[u8], identity: &SigningIdentity) -> Vec<u8> {
    let digest = DigestAlgorithm::Sha256;
    let signed = sign_apart(entity, identity, &profile(), digest, "=_sig.s", at()).unwrap();
    [format!("From: {HM}\r\nTo: {BV}\r\nMIME-Version: 1.0\r\n").as_bytes(), signed.signed()]
        .concat()
}

/// A report without a header of its own, with these fields as machine part.
fn report(machine: &str) -> Vec<u8> {
    format!(
        "Content-Type: multipart/report; boundary=\"=_rep\"; report-type=disposition-notification\
         \r\n\r\n--=_rep\r\n\r\nwords\r\n--=_rep\r\nContent-Type: message/disposition-notification\
         \r\n\r\n{machine}\r\n--=_rep--\r\n"
    )
    .into_bytes()
}

/// The machine part of a good receipt, some fields changed (`Name: value`),
/// dropped (`Name`) or added.
fn machine(changes: &[&str]) -> String {
    let mut fields = vec![
        ("Final-Recipient".to_owned(), format!(" rfc822;{HM}")),
        ("Original-Message-ID".to_owned(), format!(" <{LETTER}@ecert.bv.example>")),
        ("Disposition".to_owned(), format!(" {AUTO}processed")),
        ("Received-Content-MIC".to_owned(), format!(" {}", mic_of(ENTITY).written())),
    ];
    for change in changes {
        let (name, value) = change.split_once(':').unwrap_or((change, ""));
        match fields.iter_mut().find(|(other, _)| other == name) {
            Some(_) if !change.contains(':') => fields.retain(|(other, _)| other != name),
            Some((_, old)) => value.clone_into(old),
            None => fields.push((name.to_owned(), value.to_owned())),
        }
    }
    fields.iter().map(|(name, value)| format!("{name}:{value}\r\n")).collect()
}

const AUTO: &str = "automatic-action/MDN-sent-automatically; ";

fn judged(letter: &[u8], form: ReceiptForm, state: State) -> Judgement {
    judge(letter, LineEnds::CrlfOrLf, &desk(form), &table(state), at())
}

/// A receipt of HM's with that machine part, in clear, to a delivery that is
/// handed over.
fn said(changes: &[&str]) -> Judgement {
    let letter = signed(&report(&machine(changes)), &keys().hm.0);
    judged(&letter, ReceiptForm::MdnSigned, State::HandedOver)
}
