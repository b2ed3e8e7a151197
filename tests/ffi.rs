//! Every way through `src/smime/ffi.rs`, the only unsafe code: right, wrong,
//! and wrong half-way, when some of it is already made.
//!
//! A program of its own and small, because `./test` runs it a second time under
//! valgrind, which sees what no assertion can: leaks, and memory that is read
//! after it was freed. The keys are made by the `openssl` command, at its own
//! speed.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "all of this is a test"
)]

#[path = "../src/smime/ffi.rs"]
mod ffi;
#[path = "it/skipped.rs"]
mod skipped;

use std::fs;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use ffi::{Attribute, Content, Envelope, Objection, SignPadding, Transport};
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509Crl, X509CrlRef, X509StoreContext};
use skipped::skipped;

const CONTENT: &[u8] = b"Content-Type: text/plain\r\n\r\n\0octets\xff\r\n";

//------------ Keys ----------------------------------------------------------

/// A certificate, signed by itself, and its key.
struct Pair {
    x509: X509,
    key: PKey<Private>,
}

struct Pairs {
    rsa: Pair,
    other: Pair,
    /// RSA-512: too short for what is put into it.
    short: Pair,
    p256: Pair,
    p384: Pair,
    /// A key that takes part in no agreement and no transport.
    edwards: Pair,
}

/// None, said aloud, where there is no `openssl` command.
fn pairs() -> Option<&'static Pairs> {
    static PAIRS: OnceLock<Option<Pairs>> = OnceLock::new();
    PAIRS.get_or_init(make).as_ref()
}

fn make() -> Option<Pairs> {
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        skipped("the unsafe code: no openssl command makes the keys");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let pair = |name: &str, kind: &str| {
        let (x509, key) = (folder.path().join("x509"), folder.path().join("key"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "3650", "-subj", &format!("/CN={name}")])
            .args(kind.split(' '))
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&x509)
            .output()
            .unwrap();
        assert!(made.status.success(), "{kind}: {}", String::from_utf8_lossy(&made.stderr));
        Pair {
            x509: X509::from_pem(&fs::read(x509).unwrap()).unwrap(),
            key: PKey::private_key_from_pem(&fs::read(key).unwrap()).unwrap(),
        }
    };
    Some(Pairs {
        rsa: pair("rsa", "-newkey rsa:2048"),
        other: pair("other", "-newkey rsa:2048"),
        short: pair("short", "-newkey rsa:512"),
        p256: pair("p256", "-newkey ec -pkeyopt ec_paramgen_curve:P-256"),
        p384: pair("p384", "-newkey ec -pkeyopt ec_paramgen_curve:P-384"),
        edwards: pair("edwards", "-newkey ed25519"),
    })
}

/// What failed left nothing in OpenSSL's queue, where the next call would
/// take it for its own.
#[track_caller]
fn fails<T>(came: Result<T, ErrorStack>) {
    assert!(came.is_err(), "it works");
    assert!(ErrorStack::get().errors().is_empty(), "something is left in the queue");
}

//------------ Signing -------------------------------------------------------

/// A signing-time, and a SEQUENCE as smimeCapabilities are one.
const ATTRIBUTES: &[Attribute<'_>] = &[
    Attribute { nid: 52, asn1_type: 23, octets: b"261123203000Z" },
    Attribute { nid: 167, asn1_type: 16, octets: &[0x30, 0] },
];

fn signed(
    pair: &Pair,
    digest: MessageDigest,
    padding: SignPadding,
    form: Content,
) -> Result<Vec<u8>, ErrorStack> {
    ffi::sign((&pair.x509, &pair.key), &[], digest, padding, form, CONTENT, ATTRIBUTES)
}

#[track_caller]
fn verifies(der: &[u8], pair: &Pair, form: Content) {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(pair.x509.clone()).unwrap();
    let store: X509Store = store.build();
    let mut cms = CmsContentInfo::from_der(der).unwrap();
    let mut out = Vec::new();
    let beside = match form {
        Content::Detached => Some(CONTENT),
        Content::Inside => None,
    };
    let flags = CMSOptions::BINARY | CMSOptions::NO_SIGNER_CERT_VERIFY;
    cms.verify(None, Some(&store), beside, Some(&mut out), flags).unwrap();
    assert_eq!(out, CONTENT);
}

#[test]
fn signatures() {
    let Some(pairs) = pairs() else { return };
    let (sha256, sha384) = (MessageDigest::sha256, MessageDigest::sha384);
    for form in [Content::Inside, Content::Detached] {
        for (pair, digest, padding) in [
            (&pairs.rsa, sha256(), SignPadding::KeyDefault),
            (&pairs.rsa, sha256(), SignPadding::Pss),
            (&pairs.rsa, MessageDigest::sha512(), SignPadding::Pss),
            (&pairs.p256, sha256(), SignPadding::KeyDefault),
            (&pairs.p384, sha384(), SignPadding::KeyDefault),
        ] {
            verifies(&signed(pair, digest, padding, form).unwrap(), pair, form);
        }
    }
}

#[test]
fn signatures_with_a_chain_without_attributes_and_over_nothing() {
    let Some(pairs) = pairs() else { return };
    let sign = |chain: &[X509], content: &[u8], attributes: &[Attribute<'_>]| {
        let Pair { x509, key } = &pairs.rsa;
        let (digest, padding) = (MessageDigest::sha256(), SignPadding::KeyDefault);
        ffi::sign((x509, key), chain, digest, padding, Content::Inside, content, attributes)
    };
    let chain = [pairs.other.x509.clone(), pairs.p256.x509.clone()];
    verifies(&sign(&chain, CONTENT, ATTRIBUTES).unwrap(), &pairs.rsa, Content::Inside);
    verifies(&sign(&[], CONTENT, &[]).unwrap(), &pairs.rsa, Content::Inside);
    assert!(CmsContentInfo::from_der(&sign(&[], b"", ATTRIBUTES).unwrap()).is_ok());
    // The signer's own certificate is there already; the second of a pair too.
    fails(sign(std::slice::from_ref(&pairs.rsa.x509), CONTENT, ATTRIBUTES));
    fails(sign(&[chain[0].clone(), chain[0].clone()], CONTENT, ATTRIBUTES));
    // No such attribute; one whose octets are none; one that is fine before one
    // that is not.
    let unknown = || Attribute { nid: 99_999, asn1_type: 16, octets: &[0x30, 0] };
    fails(sign(&[], CONTENT, &[unknown()]));
    let time = || Attribute { nid: 52, asn1_type: 23, octets: b"261123203000Z" };
    fails(sign(&[], CONTENT, &[time(), unknown()]));
    let empty = Attribute { nid: 167, asn1_type: 4, octets: &[] };
    verifies(&sign(&[], CONTENT, &[empty]).unwrap(), &pairs.rsa, Content::Inside);
}

#[test]
fn signatures_that_a_key_cannot_make() {
    let Some(pairs) = pairs() else { return };
    let sha256 = MessageDigest::sha256;
    for form in [Content::Inside, Content::Detached] {
        // PSS is not for curves: the signer is there by then.
        fails(signed(&pairs.p256, sha256(), SignPadding::Pss, form));
        // Too short for digest and salt: it shows when the content is through.
        fails(signed(&pairs.short, sha256(), SignPadding::Pss, form));
        fails(signed(&pairs.short, MessageDigest::sha512(), SignPadding::KeyDefault, form));
        // An Edwards key wants no digest of the caller's.
        fails(signed(&pairs.edwards, sha256(), SignPadding::Pss, form));
    }
    // Certificate and key of two makers, and of two kinds.
    for key in [&pairs.other.key, &pairs.p256.key] {
        let signer = (&*pairs.rsa.x509, &**key);
        let padding = SignPadding::KeyDefault;
        fails(ffi::sign(signer, &[], sha256(), padding, Content::Inside, CONTENT, ATTRIBUTES));
    }
}

//------------ Sealing -------------------------------------------------------

const ALL: [(Envelope, fn() -> Cipher); 2] =
    [(Envelope::Authenticated, Cipher::aes_256_gcm), (Envelope::Plain, Cipher::aes_256_cbc)];

fn sealed(
    to: &[(&Pair, Transport)],
    cipher: Cipher,
    envelope: Envelope,
) -> Result<Vec<u8>, ErrorStack> {
    let to = to.iter().map(|(pair, transport)| (&*pair.x509, *transport));
    ffi::seal(to, cipher, envelope, CONTENT)
}

#[track_caller]
fn opens(der: &[u8], pair: &Pair) {
    let cms = CmsContentInfo::from_der(der).unwrap();
    assert_eq!(cms.decrypt(&pair.key, &pair.x509).unwrap(), CONTENT);
}

#[test]
fn seals() {
    let Some(pairs) = pairs() else { return };
    for (envelope, cipher) in ALL {
        let each = [
            (&pairs.rsa, Transport::Oaep),
            (&pairs.rsa, Transport::Pkcs1),
            (&pairs.p256, Transport::Ecdh),
            (&pairs.p384, Transport::Ecdh),
        ];
        for (pair, transport) in each {
            opens(&sealed(&[(pair, transport)], cipher(), envelope).unwrap(), pair);
        }
        let der = sealed(&each, cipher(), envelope).unwrap();
        each.iter().for_each(|(pair, _)| opens(&der, pair));
        let many: Vec<_> = each.into_iter().cycle().take(64).collect();
        opens(&sealed(&many, cipher(), envelope).unwrap(), &pairs.p384);
        let to = std::iter::once((&*pairs.rsa.x509, Transport::Oaep));
        let empty = ffi::seal(to, cipher(), envelope, b"").unwrap();
        let cms = CmsContentInfo::from_der(&empty).unwrap();
        assert_eq!(cms.decrypt(&pairs.rsa.key, &pairs.rsa.x509).unwrap(), b"");
    }
}

#[test]
fn seals_that_a_key_cannot_take() {
    let Some(pairs) = pairs() else { return };
    for (envelope, cipher) in ALL {
        let wrong = [
            // Of the wrong kind: the recipient is there by then.
            (&pairs.rsa, Transport::Ecdh),
            (&pairs.p256, Transport::Oaep),
            (&pairs.p256, Transport::Pkcs1),
            // Neither transport nor agreement.
            (&pairs.edwards, Transport::Ecdh),
            (&pairs.edwards, Transport::Oaep),
            (&pairs.edwards, Transport::Pkcs1),
            // Too short for OAEP: it shows when the content is through.
            (&pairs.short, Transport::Oaep),
        ];
        for wrong in wrong {
            fails(sealed(&[wrong], cipher(), envelope));
            // Behind some that are right.
            let before = [(&pairs.rsa, Transport::Oaep), (&pairs.p256, Transport::Ecdh)];
            fails(sealed(&[before[0], before[1], wrong], cipher(), envelope));
        }
    }
}

#[test]
fn ciphers_that_an_envelope_does_not_take() {
    let Some(pairs) = pairs() else { return };
    let to = [(&pairs.rsa, Transport::Oaep), (&pairs.p256, Transport::Ecdh)];
    fails(sealed(&to, Cipher::aes_256_cbc(), Envelope::Authenticated));
    fails(sealed(&to, Cipher::aes_256_ctr(), Envelope::Plain));
}

//------------ Paths ---------------------------------------------------------

/// A list of an authority's that revokes nothing.
fn list_of(pair: &Pair) -> X509Crl {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("x509"), pair.x509.to_pem().unwrap()).unwrap();
    fs::write(path("key"), pair.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    fs::write(path("index"), "").unwrap();
    let setting =
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=9\n";
    fs::write(path("setting"), setting).unwrap();
    let made = Command::new("openssl")
        .args("ca -gencrl -config setting -keyfile key -cert x509 -out list".split(' '))
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    X509Crl::from_pem(&fs::read(path("list")).unwrap()).unwrap()
}

/// Whether the path of `pair` holds where `trusted` is the anchor, and what was
/// objected; with `lists`, revocation is asked for.
fn leads(pair: &Pair, trusted: &Pair, lists: &[&X509CrlRef], waives: bool) -> (bool, Vec<i32>) {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(trusted.x509.clone()).unwrap();
    let mut param = X509VerifyParam::new().unwrap();
    let mut flags = X509VerifyFlags::POLICY_CHECK;
    flags.set(X509VerifyFlags::CRL_CHECK, !lists.is_empty());
    param.set_flags(flags).unwrap();
    ffi::add_policy(&mut param, "2.5.29.32.0").unwrap();
    store.set_param(&param).unwrap();
    let store = store.build();
    let mut objected = Vec::new();
    let mut waived = |objection: &Objection<'_>| {
        // What is shown is there for as long as it is shown.
        let shown = objection.x509.map(|x509| x509.to_der().unwrap().len());
        let list = objection.crl.map(|crl| crl.to_der().unwrap().len());
        std::hint::black_box((shown, list, objection.of_signer));
        objected.push(objection.code.as_raw());
        waives
    };
    let chain = Stack::new().unwrap();
    let led = X509StoreContext::new()
        .unwrap()
        .init(&store, &pair.x509, &chain, |context| ffi::verify_path(context, lists, &mut waived))
        .unwrap();
    (led, objected)
}

#[test]
fn paths() {
    let Some(pairs) = pairs() else { return };
    assert_eq!(leads(&pairs.rsa, &pairs.rsa, &[], false), (true, Vec::new()));
    // Signed by itself, and nobody's anchor.
    let (led, objected) = leads(&pairs.p256, &pairs.rsa, &[], false);
    assert!(!led && !objected.is_empty(), "{objected:?}");
    let (led, objected) = leads(&pairs.p256, &pairs.rsa, &[], true);
    assert!(led && !objected.is_empty(), "{objected:?}");
}

#[test]
fn paths_and_lists() {
    let Some(pairs) = pairs() else { return };
    let (own, other) = (list_of(&pairs.rsa), list_of(&pairs.other));
    let (led, objected) = leads(&pairs.rsa, &pairs.rsa, &[&own, &other], false);
    assert!(led && objected.is_empty(), "{objected:?}");
    // Another's list says nothing of it.
    let (led, objected) = leads(&pairs.rsa, &pairs.rsa, &[&other], false);
    assert!(!led && !objected.is_empty(), "{objected:?}");
    // What is pushed stays the caller's: it is there after the verification.
    assert!(!own.to_der().unwrap().is_empty() && !other.to_der().unwrap().is_empty());
}

#[test]
fn policies_that_are_none() {
    let mut param = X509VerifyParam::new().unwrap();
    ffi::add_policy(&mut param, "1.2.3").unwrap();
    for none in ["", "no policy", "1.2.\0"] {
        fails(ffi::add_policy(&mut param, none));
    }
}

/// Not under valgrind: the octets would be there in earnest.
#[test]
fn longer_than_c_can_tell() {
    let Some(pairs) = pairs() else { return };
    let long = vec![0; (1 << 31) + 1];
    let (sha256, padding) = (MessageDigest::sha256(), SignPadding::KeyDefault);
    let Pair { x509, key } = &pairs.rsa;
    fails(ffi::sign((x509, key), &[], sha256, padding, Content::Inside, &long, ATTRIBUTES));
    let attribute = [Attribute { nid: 167, asn1_type: 16, octets: &long }];
    fails(ffi::sign((x509, key), &[], sha256, padding, Content::Inside, CONTENT, &attribute));
    for (envelope, cipher) in ALL {
        let to = std::iter::once((&**x509, Transport::Pkcs1));
        fails(ffi::seal(to, cipher(), envelope, &long));
    }
}
