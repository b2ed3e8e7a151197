//! What each step does.

use certpost::letter::{ContentKind, Environment};
use data_encoding::HEXLOWER;
use openssl::x509::X509;

use super::cms::{Node, issuer_and_serial, of, plain};
use super::craft::{Craft, Layer, Step, fields};

impl Craft<'_> {
    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Append { r#in, hex } => {
                let octets = octets(&hex);
                self.at(r#in).extend(octets);
            }
            Step::Around { r#in, before, after } => {
                let octets = self.at(r#in);
                *octets = [before.as_bytes(), octets, after.as_bytes()].concat();
            }
            Step::AttributesAsContent {} => self.attributes_as_content(),
            Step::Claim { of } => {
                let x509 = X509::from_pem(&self.world.pair(&of).0).unwrap();
                let name = issuer_and_serial(&x509);
                self.der(Layer::Signed, "signer.name", |list, n| list[n] = name);
            }
            Step::Cut { r#in, last } => {
                let octets = self.at(r#in);
                octets.truncate(octets.len() - last);
            }
            Step::DerAdd { r#in, at, hex } => self.der(r#in, &at, |list, n| {
                list[n].inside().push(Node::read(&octets(&hex)).0);
            }),
            Step::DerDouble { r#in, at, times } => self.der(r#in, &at, |list, n| {
                let again = list[n].clone();
                list.extend(std::iter::repeat_n(again, times));
            }),
            Step::DerDrop { r#in, at } => self.der(r#in, &at, |list, n| drop(list.remove(n))),
            Step::DerInsert { r#in, at, hex, each, times } => self.der(r#in, &at, |list, n| {
                let (mut node, _) = Node::read(&octets(&hex));
                let (each, _) = Node::read(&octets(&each));
                *node.inside() = vec![each; times];
                list.insert(n, node);
            }),
            Step::DerPut { r#in, at, hex } => self.der(r#in, &at, |list, n| {
                list[n] = Node::read(&octets(&hex)).0;
            }),
            Step::DerSet { r#in, at, hex } => self.der(r#in, &at, |list, n| match &mut list[n] {
                Node::Plain { octets: content, .. } => *content = octets(&hex),
                Node::Of { inside, .. } => *inside = Node::all(&octets(&hex)),
            }),
            Step::Gadget { at, old, new } => self.gadget(at, old.as_bytes(), new.as_bytes()),
            Step::Facts { from, to, signed_at, environment, kind, country, import } => {
                if let Some(from) = from {
                    self.by = vec![format!("{from}-sign")];
                    self.country = from.to_uppercase();
                    self.facts.from = format!("push@ecert.{from}.example").parse().unwrap();
                }
                if let Some(to) = to {
                    self.facts.to = to.parse().unwrap();
                }
                if let Some(environment) = environment {
                    self.facts.environment = environment.parse::<Environment>().unwrap();
                }
                if let Some(kind) = kind {
                    self.facts.kind = ContentKind::of(&kind).unwrap();
                }
                self.signed_at = signed_at.or(self.signed_at.take());
                self.country = country.unwrap_or(std::mem::take(&mut self.country));
                self.import = import.unwrap_or(std::mem::take(&mut self.import));
            }
            Step::Fill { r#in, hex, times } => *self.at(r#in) = octets(&hex).repeat(times),
            Step::Flip { r#in, from_end } => {
                let octets = self.at(r#in);
                let at = octets.len() - from_end;
                octets[at] ^= 1;
            }
            Step::LineFeeds {} => {
                let letter = self.at(Layer::Letter);
                letter.retain(|octet| *octet != b'\r');
            }
            Step::Replace { r#in, old, new, times } => {
                let octets = self.at(r#in);
                let place = octets.windows(old.len()).position(|there| there == old.as_bytes());
                let place = place.unwrap_or_else(|| panic!("there is no {old} in {in:?}"));
                octets.splice(place..place + old.len(), new.repeat(times).into_bytes());
            }
            Step::Seal { cipher, to, transport, nonce, tag } => {
                assert!(self.layers.len() <= Layer::Sealed as usize, "it is sealed already");
                self.cipher = cipher.unwrap_or(std::mem::take(&mut self.cipher));
                self.to = to.unwrap_or(std::mem::take(&mut self.to));
                self.transport = transport.unwrap_or(std::mem::take(&mut self.transport));
                self.nonce = nonce.unwrap_or(self.nonce);
                self.tag = tag.unwrap_or(self.tag);
            }
            Step::Set { r#in, text, times } => *self.at(r#in) = text.repeat(times).into_bytes(),
            Step::Sign { by, digest, attributes, content_type, detached } => {
                assert!(self.layers.len() <= Layer::Signed as usize, "it is signed already");
                self.by = by.unwrap_or(std::mem::take(&mut self.by));
                self.digest = digest.unwrap_or(std::mem::take(&mut self.digest));
                self.attributes = attributes.unwrap_or(std::mem::take(&mut self.attributes));
                self.content_type = content_type.unwrap_or(std::mem::take(&mut self.content_type));
                self.detached = detached;
            }
            Step::SealAgain {} => {
                let sealed = self.built_seal();
                *self.at(Layer::Middle) = sealed;
            }
            Step::Unsealed {} => {
                let middle = self.at(Layer::Middle).clone();
                self.layers.push(Vec::new());
                let letter = self.letter(&middle);
                self.layers.push(letter);
            }
            Step::Unsigned {} => {
                let entity = self.at(Layer::Entity).clone();
                self.layers.extend([Vec::new(), entity]);
            }
        }
    }

    /// What is to be encrypted, encrypted, as an entity.
    fn built_seal(&mut self) -> Vec<u8> {
        self.reach(Layer::Middle);
        let sealed = self.built(Layer::Sealed);
        let base64 = data_encoding::BASE64_MIME.encode(&sealed);
        [fields("pkcs7-mime", "authEnveloped-data").as_bytes(), base64.as_bytes()].concat()
    }

    fn der(&mut self, layer: Layer, at: &str, change: impl FnOnce(&mut Vec<Node>, usize)) {
        let path = self.paths.get(at).unwrap_or_else(|| panic!("no path is called {at}")).clone();
        let der = self.at(layer);
        let (mut root, _) = Node::read(der);
        let (list, n) = root.place(&path);
        change(list, n);
        *der = root.encode();
    }

    /// The signer's signature over its attributes is as good over a content
    /// that is those attributes, if it has none itself.
    fn attributes_as_content(&mut self) {
        let der = self.at(Layer::Signed);
        let (mut root, _) = Node::read(der);
        let (list, n) = root.place(&[1, 0, 4, 0, 3]);
        let Node::Of { inside, .. } = list.remove(n) else { panic!("no attributes") };
        let content = of(0x31, inside).encode();
        let (list, n) = root.place(&[1, 0, 2, 1]);
        list[n] = of(0xa0, vec![plain(4, &content)]);
        *der = root.encode();
    }

    fn gadget(&mut self, at: usize, old: &[u8], new: &[u8]) {
        assert_eq!(old.len(), new.len());
        let middle = self.peek(Layer::Middle);
        assert_eq!(&middle[at..at + old.len()], old, "that is not what is known to stand there");
        let der = self.at(Layer::Sealed);
        let (mut root, _) = Node::read(der);
        // The IV is the block before the first one.
        let (list, n) = root.place(&[1, 0, 2, 1, 1]);
        let Node::Plain { octets: vector, .. } = &list[n] else { panic!("no IV") };
        let mut blocks = vector.clone();
        let size = blocks.len();
        let (list, n) = root.place(&[1, 0, 2, 2]);
        let Node::Plain { octets: text, .. } = &list[n] else { panic!("no ciphertext") };
        blocks.extend_from_slice(text);
        for (n, (old, new)) in old.iter().zip(new).enumerate() {
            blocks[at + n] ^= old ^ new;
        }
        let (vector, text) = blocks.split_at(size);
        let (list, n) = root.place(&[1, 0, 2, 1, 1]);
        list[n] = plain(4, vector);
        let (list, n) = root.place(&[1, 0, 2, 2]);
        list[n] = plain(0x80, text);
        *der = root.encode();
    }
}

fn octets(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.replace(' ', "").as_bytes()).unwrap_or_else(|_| panic!("no hex: {hex}"))
}
