//! The interpreter of recipes: a good letter, layer by layer from the inside,
//! and whatever a row of `attacks.toml` does to it on the way.

use std::collections::BTreeMap;
use std::time::Duration;

use certpost::clock::Timestamp;
use certpost::letter::{
    ContentKind, Environment, LetterFacts, certificate_entity, file_name, sealed_letter,
};
use certpost::smime::{DigestAlgorithm, RecipientKey, SealProfile, Signed, seal as seal_ours};
use data_encoding::BASE64_MIME;
use serde::Deserialize;

use super::cms::{self, Sealing, Signing};
use super::world::World;

/// `at` and so much more or less: `-46d`, `+11m`.
pub fn moved(at: Timestamp, offset: &str) -> Timestamp {
    let (number, unit) = offset.split_at(offset.len() - 1);
    let second = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        other => panic!("no unit is called {other}"),
    };
    let number: i64 = number.parse().unwrap();
    let span = Duration::from_secs(number.unsigned_abs() * second);
    if number < 0 { at.minus(span) } else { at.plus(span) }
}

//------------ Layer ---------------------------------------------------------

/// What a letter is made of, from the inside.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The certificate, XML.
    Document,
    /// Entity E.
    Entity,
    /// SignedData, DER.
    Signed,
    /// The entity around it: what is encrypted.
    Middle,
    /// EnvelopedData or AuthEnvelopedData, DER.
    Sealed,
    Letter,
}

const LAYERS: [Layer; 6] =
    [Layer::Document, Layer::Entity, Layer::Signed, Layer::Middle, Layer::Sealed, Layer::Letter];

//------------ Step ----------------------------------------------------------

/// One step of a recipe. A step on a layer builds it and all below it, so
/// steps stand from the inside to the outside.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Octets behind a layer.
    Append {
        r#in: Layer,
        hex: String,
    },
    /// Text around a layer.
    Around {
        r#in: Layer,
        #[serde(default)]
        before: String,
        #[serde(default)]
        after: String,
    },
    /// The signed attributes become the content of a signature without any.
    AttributesAsContent {},
    /// The signature says that it is another's.
    Claim {
        of: String,
    },
    /// The last octets of a layer go.
    Cut {
        r#in: Layer,
        last: usize,
    },
    /// A value becomes the last one inside another.
    DerAdd {
        r#in: Layer,
        at: String,
        hex: String,
    },
    /// A value stands so often more.
    DerDouble {
        r#in: Layer,
        at: String,
        times: usize,
    },
    DerDrop {
        r#in: Layer,
        at: String,
    },
    /// A value stands before another, with so many copies of `each` in it.
    DerInsert {
        r#in: Layer,
        at: String,
        hex: String,
        each: String,
        times: usize,
    },
    /// A value is another.
    DerPut {
        r#in: Layer,
        at: String,
        hex: String,
    },
    /// A value has this content.
    DerSet {
        r#in: Layer,
        at: String,
        hex: String,
    },
    /// What is known to stand in a ciphertext of CBC becomes something else;
    /// the block before it goes to pieces.
    Gadget {
        at: usize,
        old: String,
        new: String,
    },
    /// Whose letter it says it is, and about what.
    Facts {
        from: Option<String>,
        to: Option<String>,
        signed_at: Option<String>,
        environment: Option<String>,
        kind: Option<String>,
        country: Option<String>,
        import: Option<String>,
    },
    /// A layer is these octets, so often.
    Fill {
        r#in: Layer,
        hex: String,
        times: usize,
    },
    /// One bit, at so many octets from the end.
    Flip {
        r#in: Layer,
        from_end: usize,
    },
    /// Every CRLF an LF.
    LineFeeds {},
    /// Text in a layer that must be there.
    Replace {
        r#in: Layer,
        old: String,
        new: String,
        #[serde(default = "one")]
        times: usize,
    },
    /// How it is encrypted.
    Seal {
        cipher: Option<String>,
        to: Option<Vec<String>>,
        transport: Option<String>,
        nonce: Option<usize>,
        tag: Option<usize>,
    },
    /// A layer is something else.
    Set {
        r#in: Layer,
        text: String,
        #[serde(default = "one")]
        times: usize,
    },
    /// How it is signed.
    Sign {
        by: Option<Vec<String>>,
        digest: Option<String>,
        attributes: Option<Vec<String>>,
        content_type: Option<String>,
        #[serde(default)]
        detached: bool,
    },
    /// What is encrypted once more, around itself.
    SealAgain {},
    /// What was to be encrypted is sent as it is.
    Unsealed {},
    /// What was to be signed is encrypted as it is.
    Unsigned {},
}

fn one() -> usize {
    1
}

//------------ Craft ---------------------------------------------------------

/// A letter in the making.
pub struct Craft<'w> {
    pub(super) world: &'w World,
    pub(super) paths: &'w BTreeMap<String, Vec<usize>>,
    pub(super) facts: LetterFacts,
    pub(super) number: String,
    pub(super) country: String,
    pub(super) import: String,
    pub(super) signed_at: Option<String>,
    pub(super) by: Vec<String>,
    pub(super) digest: String,
    pub(super) attributes: Vec<String>,
    pub(super) content_type: String,
    pub(super) detached: bool,
    pub(super) cipher: String,
    pub(super) to: Vec<String>,
    pub(super) transport: String,
    pub(super) nonce: usize,
    pub(super) tag: usize,
    pub(super) layers: Vec<Vec<u8>>,
}

impl<'w> Craft<'w> {
    /// The letter of a recipe, its number made of `name`.
    pub fn new(
        world: &'w World,
        paths: &'w BTreeMap<String, Vec<usize>>,
        name: &str,
        steps: &[Step],
    ) -> Craft<'w> {
        let number = format!("ATTACK-{}", name.to_uppercase());
        let id: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let facts = LetterFacts {
            letter_id: id,
            from: "push@ecert.bv.example".parse().unwrap(),
            to: "push@ecert.hm.example".parse().unwrap(),
            at: world.at,
            subject: format!("SPS certificate BV 851 {number} 70"),
            environment: Environment::Live,
            file_name: file_name(&number),
            kind: ContentKind::Certificate,
            micalg: Some(DigestAlgorithm::Sha256),
        };
        let text = |text: &str| text.to_owned();
        let mut craft = Craft {
            world,
            paths,
            facts,
            number,
            country: text("BV"),
            import: text("HM"),
            signed_at: None,
            by: vec![text("bv-sign")],
            digest: text("sha256"),
            attributes: ["content-type", "message-digest", "signing-time"].map(text).to_vec(),
            content_type: text("1.2.840.113549.1.7.1"),
            detached: false,
            cipher: text("aes-256-gcm"),
            to: vec![text("hm-open")],
            transport: text("oaep-sha256"),
            nonce: 12,
            tag: 16,
            layers: Vec::new(),
        };
        for step in steps {
            craft.step(step.clone());
        }
        craft
    }

    /// The finished letter, and the document in it.
    pub fn letter_and_document(mut self) -> (Vec<u8>, Vec<u8>) {
        self.reach(Layer::Letter);
        (self.layers.swap_remove(Layer::Letter as usize), self.layers.swap_remove(0))
    }

    /// The letter's own Message-ID.
    pub fn message_id(&self) -> String {
        self.facts.message_id()
    }

    /// A layer as it stands now, built if it was not.
    pub fn peek(&mut self, layer: Layer) -> &[u8] {
        self.reach(layer);
        &self.layers[layer as usize]
    }

    pub(super) fn reach(&mut self, layer: Layer) {
        while self.layers.len() <= layer as usize {
            let next = LAYERS[self.layers.len()];
            let octets = self.built(next);
            self.layers.push(octets);
        }
    }

    pub(super) fn at(&mut self, layer: Layer) -> &mut Vec<u8> {
        self.reach(layer);
        assert_eq!(self.layers.len(), layer as usize + 1, "a step on {layer:?} comes too late");
        &mut self.layers[layer as usize]
    }

    pub(super) fn built(&self, layer: Layer) -> Vec<u8> {
        let below = self.layers.last().map(Vec::as_slice).unwrap_or_default();
        match layer {
            Layer::Document => crate::road::xml(&self.number)
                .replace("<ram:ExportSPSCountry><ram:ID>BV<", &format!("<ram:ExportSPSCountry><ram:ID>{}<", self.country))
                .replace("<ram:ImportSPSCountry><ram:ID>HM<", &format!("<ram:ImportSPSCountry><ram:ID>{}<", self.import))
                .into_bytes(),
            Layer::Entity => certificate_entity(&self.facts, below),
            Layer::Signed => cms::sign(
                below,
                &Signing {
                    signers: self.by.iter().map(|name| self.world.pair(name)).collect(),
                    digest: &self.digest,
                    attributes: &self.attributes,
                    content_type: &self.content_type,
                    at: self.signed_at.as_ref().map_or(self.world.at, |by| moved(self.world.at, by)),
                    opaque: !self.detached,
                },
            ),
            Layer::Middle if self.detached => [
                b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"=_q\"\r\n\r\n--=_q\r\n".as_slice(),
                &self.layers[Layer::Entity as usize],
                b"\r\n--=_q\r\n",
                fields("pkcs7-signature", "signed-data").as_bytes(),
                BASE64_MIME.encode(below).as_bytes(),
                b"\r\n--=_q--\r\n",
            ]
            .concat(),
            Layer::Middle => {
                [fields("pkcs7-mime", "signed-data").as_bytes(), BASE64_MIME.encode(below).as_bytes()].concat()
            }
            Layer::Sealed => cms::seal(
                below,
                &Sealing {
                    recipients: self.to.iter().map(|name| self.world.pair(name).0.as_slice()).collect(),
                    cipher: &self.cipher,
                    transport: &self.transport,
                    nonce: self.nonce,
                    tag: self.tag,
                },
            ),
            Layer::Letter => {
                let kind = if self.cipher.ends_with("gcm") { "authEnveloped-data" } else { "enveloped-data" };
                self.letter(&[fields("pkcs7-mime", kind).as_bytes(), BASE64_MIME.encode(below).as_bytes()].concat())
            }
        }
    }

    /// The outer header around an entity.
    pub(super) fn letter(&self, entity: &[u8]) -> Vec<u8> {
        let open = RecipientKey::from_pem(&self.world.pair("hm-open").0).unwrap();
        let signed = Signed::from_stored(Vec::new(), b"x".to_vec());
        let sealed = seal_ours(&signed, &SealProfile::standard(vec![open])).unwrap();
        let ours = String::from_utf8(sealed_letter(&self.facts, &sealed)).unwrap();
        let (head, _) = ours.split_once("MIME-Version: ").unwrap();
        [head.as_bytes(), b"MIME-Version: 1.0\r\n", entity].concat()
    }
}

pub(super) fn fields(subtype: &str, kind: &str) -> String {
    format!(
        "Content-Type: application/{subtype}; smime-type={kind}; name=smime.p7m\r\n\
         Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=smime.p7m\r\n\r\n"
    )
}
