//! CMS as an attacker writes it: trees of DER that can be changed anywhere,
//! signatures and ciphertexts made over whatever is wanted, all of it whole
//! but for what is meant to be wrong.

use certpost::clock::Timestamp;
use openssl::asn1::Asn1Object;
use openssl::encrypt::Encrypter;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::Signer;
use openssl::symm::{self, Cipher};
use openssl::x509::X509;

//------------ Node ----------------------------------------------------------

/// One value of DER.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Of { tag: u8, inside: Vec<Node> },
    Plain { tag: u8, octets: Vec<u8> },
}

impl Node {
    /// The first value in `der`, and the rest.
    pub fn read(der: &[u8]) -> (Node, &[u8]) {
        let (tag, first) = (der[0], usize::from(der[1]));
        let (length, start) = if first < 0x80 {
            (first, 2)
        } else {
            let count = first & 0x7f;
            let length =
                der[2..2 + count].iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
            (length, 2 + count)
        };
        let (content, rest) = der[start..].split_at(length);
        if tag & 0x20 == 0 {
            return (Node::Plain { tag, octets: content.to_vec() }, rest);
        }
        (Node::Of { tag, inside: Node::all(content) }, rest)
    }

    /// All values in `der`.
    pub fn all(mut der: &[u8]) -> Vec<Node> {
        let mut all = Vec::new();
        while !der.is_empty() {
            let (node, rest) = Node::read(der);
            all.push(node);
            der = rest;
        }
        all
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.append(&mut out);
        out
    }

    fn append(&self, out: &mut Vec<u8>) {
        let (tag, content) = match self {
            Node::Plain { tag, octets } => (*tag, octets),
            Node::Of { tag, inside } => {
                let mut content = Vec::new();
                for node in inside {
                    node.append(&mut content);
                }
                (*tag, &{ content })
            }
        };
        out.push(tag);
        let length = content.len();
        if length < 0x80 {
            out.push(u8::try_from(length).unwrap());
        } else {
            let octets = length.to_be_bytes();
            let zeros = octets.iter().take_while(|octet| **octet == 0).count();
            out.push(0x80 | u8::try_from(octets.len() - zeros).unwrap());
            out.extend_from_slice(&octets[zeros..]);
        }
        out.extend_from_slice(content);
    }

    /// The list that the last step of `path` is in, and where.
    pub fn place<'n>(&'n mut self, path: &[usize]) -> (&'n mut Vec<Node>, usize) {
        let (last, before) = path.split_last().expect("a path has a step");
        let mut node = self;
        for step in before {
            node = &mut node.inside()[*step];
        }
        (node.inside(), *last)
    }

    pub fn inside(&mut self) -> &mut Vec<Node> {
        match self {
            Node::Of { inside, .. } => inside,
            Node::Plain { tag, .. } => panic!("nothing is inside a value with tag {tag:#x}"),
        }
    }
}

pub fn of(tag: u8, inside: Vec<Node>) -> Node {
    Node::Of { tag, inside }
}

pub fn plain(tag: u8, octets: &[u8]) -> Node {
    Node::Plain { tag, octets: octets.to_vec() }
}

fn oid(dotted: &str) -> Node {
    plain(6, Asn1Object::from_str(dotted).unwrap().as_slice())
}

fn algorithm(dotted: &str) -> Node {
    of(0x30, vec![oid(dotted), plain(5, b"")])
}

const DATA: &str = "1.2.840.113549.1.7.1";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const ENVELOPED_DATA: &str = "1.2.840.113549.1.7.3";
const AUTH_ENVELOPED_DATA: &str = "1.2.840.113549.1.9.16.1.23";

fn content_info(content_type: &str, content: Node) -> Vec<u8> {
    of(0x30, vec![oid(content_type), of(0xa0, vec![content])]).encode()
}

pub fn issuer_and_serial(x509: &X509) -> Node {
    let issuer = Node::read(&x509.issuer_name().to_der().unwrap()).0;
    let number = x509.serial_number().to_bn().unwrap().to_vec();
    let sign = number.first().is_some_and(|first| first & 0x80 != 0);
    let number = if sign { [&[0], number.as_slice()].concat() } else { number };
    of(0x30, vec![issuer, plain(2, &number)])
}

//------------ Signing -------------------------------------------------------

/// Certificate and key, PEM.
pub type Pair = (Vec<u8>, Vec<u8>);

/// How a signature is made.
pub struct Signing<'a> {
    pub signers: Vec<&'a Pair>,
    pub digest: &'a str,
    /// By name, with a value of its own behind `=`; none: no signed attributes.
    pub attributes: &'a [String],
    pub content_type: &'a str,
    pub at: Timestamp,
    /// Whether the content stands inside.
    pub opaque: bool,
}

/// SignedData over `content`, as DER.
pub fn sign(content: &[u8], how: &Signing<'_>) -> Vec<u8> {
    let (digest, digest_oid) = digest_of(how.digest);
    let mut along = Vec::new();
    let mut infos = Vec::new();
    for (x509, key) in &how.signers {
        let x509 = X509::from_pem(x509).unwrap();
        let key = PKey::private_key_from_pem(key).unwrap();
        along.push(Node::read(&x509.to_der().unwrap()).0);
        infos.push(signer(content, how, digest, digest_oid, &x509, &key));
    }
    let mut encapsulated = vec![oid(how.content_type)];
    if how.opaque {
        encapsulated.push(of(0xa0, vec![plain(4, content)]));
    }
    content_info(
        SIGNED_DATA,
        of(
            0x30,
            vec![
                plain(2, &[1]),
                of(0x31, vec![algorithm(digest_oid)]),
                of(0x30, encapsulated),
                of(0xa0, along),
                of(0x31, infos),
            ],
        ),
    )
}

fn signer(
    content: &[u8],
    how: &Signing<'_>,
    digest: MessageDigest,
    digest_oid: &str,
    x509: &X509,
    key: &PKey<Private>,
) -> Node {
    let mut attributes: Vec<Node> =
        how.attributes.iter().map(|named| attribute(named, content, digest, how)).collect();
    attributes.sort_by_key(Node::encode);
    let over = match attributes.as_slice() {
        [] => content.to_vec(),
        [_, ..] => of(0x31, attributes.clone()).encode(),
    };
    let mut signer = Signer::new(digest, key).unwrap();
    let signature = signer.sign_oneshot_to_vec(&over).unwrap();
    let signature_algorithm = match key.id() {
        Id::RSA => algorithm("1.2.840.113549.1.1.1"),
        _ => of(0x30, vec![oid("1.2.840.10045.4.3.2")]),
    };
    let mut info = vec![plain(2, &[1]), issuer_and_serial(x509), algorithm(digest_oid)];
    if !attributes.is_empty() {
        info.push(of(0xa0, attributes));
    }
    info.extend([signature_algorithm, plain(4, &signature)]);
    of(0x30, info)
}

fn attribute(named: &str, content: &[u8], digest: MessageDigest, how: &Signing<'_>) -> Node {
    let (name, own) = named.split_once('=').map_or((named, None), |(name, own)| (name, Some(own)));
    let (dotted, value) = match name {
        "content-type" => ("1.2.840.113549.1.9.3", oid(own.unwrap_or(DATA))),
        "message-digest" => {
            let over = own.map_or(content, str::as_bytes);
            ("1.2.840.113549.1.9.4", plain(4, &hash(digest, over).unwrap()))
        }
        "signing-time" => {
            let at = own.map_or(how.at, |offset| super::craft::moved(how.at, offset));
            let text = at.to_string().replace(['-', ':', 'T'], "");
            ("1.2.840.113549.1.9.5", plain(0x17, format!("{}Z", &text[2..14]).as_bytes()))
        }
        "signing-time-text" => {
            ("1.2.840.113549.1.9.5", plain(0x17, own.unwrap_or_default().as_bytes()))
        }
        "signing-certificate" => {
            // ESSCertIDv2 with SHA-256 left out, over what `own` says.
            let digest = hash(MessageDigest::sha256(), own.unwrap_or_default().as_bytes()).unwrap();
            let id = of(0x30, vec![plain(4, &digest)]);
            ("1.2.840.113549.1.9.16.2.47", of(0x30, vec![of(0x30, vec![id])]))
        }
        other => panic!("no attribute is called {other}"),
    };
    of(0x30, vec![oid(dotted), of(0x31, vec![value])])
}

fn digest_of(name: &str) -> (MessageDigest, &'static str) {
    match name {
        "md5" => (MessageDigest::md5(), "1.2.840.113549.2.5"),
        "sha1" => (MessageDigest::sha1(), "1.3.14.3.2.26"),
        "sha224" => (MessageDigest::sha224(), "2.16.840.1.101.3.4.2.4"),
        "sha256" => (MessageDigest::sha256(), "2.16.840.1.101.3.4.2.1"),
        "sha384" => (MessageDigest::sha384(), "2.16.840.1.101.3.4.2.2"),
        "sha512" => (MessageDigest::sha512(), "2.16.840.1.101.3.4.2.3"),
        other => panic!("no digest is called {other}"),
    }
}

//------------ Sealing -------------------------------------------------------

/// How a content is encrypted.
pub struct Sealing<'a> {
    /// Certificates, PEM.
    pub recipients: Vec<&'a [u8]>,
    pub cipher: &'a str,
    pub transport: &'a str,
    pub nonce: usize,
    pub tag: usize,
}

/// EnvelopedData or AuthEnvelopedData of `content`, as the cipher has it.
pub fn seal(content: &[u8], how: &Sealing<'_>) -> Vec<u8> {
    let (cipher, cipher_oid, aead) = match how.cipher {
        "aes-128-gcm" => (Cipher::aes_128_gcm(), "2.16.840.1.101.3.4.1.6", true),
        "aes-192-gcm" => (Cipher::aes_192_gcm(), "2.16.840.1.101.3.4.1.26", true),
        "aes-256-gcm" => (Cipher::aes_256_gcm(), "2.16.840.1.101.3.4.1.46", true),
        "aes-128-cbc" => (Cipher::aes_128_cbc(), "2.16.840.1.101.3.4.1.2", false),
        "aes-192-cbc" => (Cipher::aes_192_cbc(), "2.16.840.1.101.3.4.1.22", false),
        "aes-256-cbc" => (Cipher::aes_256_cbc(), "2.16.840.1.101.3.4.1.42", false),
        "3des" => (Cipher::des_ede3_cbc(), "1.2.840.113549.3.7", false),
        other => panic!("no cipher is called {other}"),
    };
    let key: Vec<u8> = (1..=cipher.key_len()).map(|n| u8::try_from(n * 7).unwrap()).collect();
    let size = if aead { how.nonce } else { cipher.iv_len().unwrap() };
    let vector: Vec<u8> = (1..=size).map(|n| u8::try_from(n * 5 % 256).unwrap()).collect();
    let recipients =
        how.recipients.iter().map(|x509| recipient(x509, &key, how.transport)).collect();
    let (ciphertext, parameters, mac) = if aead {
        let mut tag = vec![0; how.tag];
        let text = symm::encrypt_aead(cipher, &key, Some(&vector), b"", content, &mut tag).unwrap();
        let said = plain(2, &[u8::try_from(how.tag).unwrap()]);
        (text, of(0x30, vec![plain(4, &vector), said]), Some(plain(4, &tag)))
    } else {
        let text = symm::encrypt(cipher, &key, Some(&vector), content).unwrap();
        (text, plain(4, &vector), None)
    };
    let encrypted = of(
        0x30,
        vec![oid(DATA), of(0x30, vec![oid(cipher_oid), parameters]), plain(0x80, &ciphertext)],
    );
    let mut all = vec![plain(2, &[0]), of(0x31, recipients), encrypted];
    all.extend(mac);
    let content_type = if aead { AUTH_ENVELOPED_DATA } else { ENVELOPED_DATA };
    content_info(content_type, of(0x30, all))
}

fn recipient(x509: &[u8], key: &[u8], transport: &str) -> Node {
    let x509 = X509::from_pem(x509).unwrap();
    let public = x509.public_key().unwrap();
    let mut encrypter = Encrypter::new(&public).unwrap();
    let named = match transport {
        "pkcs1" => {
            encrypter.set_rsa_padding(Padding::PKCS1).unwrap();
            algorithm("1.2.840.113549.1.1.1")
        }
        _ => {
            let named = transport.strip_prefix("oaep-").expect("pkcs1 or oaep-…");
            let (digest, digest_oid) = digest_of(named);
            encrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
            encrypter.set_rsa_oaep_md(digest).unwrap();
            encrypter.set_rsa_mgf1_md(digest).unwrap();
            let mask = of(0x30, vec![oid("1.2.840.113549.1.1.8"), algorithm(digest_oid)]);
            let parameters = vec![of(0xa0, vec![algorithm(digest_oid)]), of(0xa1, vec![mask])];
            of(0x30, vec![oid("1.2.840.113549.1.1.7"), of(0x30, parameters)])
        }
    };
    let mut wrapped = vec![0; encrypter.encrypt_len(key).unwrap()];
    let size = encrypter.encrypt(key, &mut wrapped).unwrap();
    wrapped.truncate(size);
    of(0x30, vec![plain(2, &[0]), issuer_and_serial(&x509), named, plain(4, &wrapped)])
}
