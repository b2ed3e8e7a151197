//! `[[identity]]`: our own certificates and keys, and what each is for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::Value;

use super::faults::Faults;
use super::partners::{moment, split};
use super::section::Section;
use super::{Keys, files};
use crate::clock::Timestamp;
use crate::smime::{DecryptIdentity, SigningIdentity};

//------------ IdentityEntry -------------------------------------------------

/// One `[[identity]]`, as it stands in the file.
#[derive(Clone, Debug)]
pub struct IdentityEntry {
    /// As faults name it: `identity[1]`.
    pub place: String,
    pub x509: PathBuf,
    pub key: PathBuf,
    pub passphrase_file: Option<PathBuf>,
    pub signs: bool,
    pub decrypts: bool,
    /// When signing with it begins; absent: it has begun.
    pub from: Option<Timestamp>,
}

/// What the files of an entry hold: one for each of its uses.
#[derive(Debug)]
pub struct IdentityPair {
    pub signing: Option<SigningIdentity>,
    pub decrypting: Option<DecryptIdentity>,
}

impl IdentityEntry {
    /// Every file of it that only the service's own user may read.
    pub fn secrets(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let passphrase = self.passphrase_file.iter().map(|file| ("passphrase_file", file));
        std::iter::once(("key", &self.key)).chain(passphrase).map(|(key, file)| (key, &**file))
    }

    /// Reads the files.
    ///
    /// # Errors
    ///
    /// Each fault, as `what is wrong; what to do`, with the key of the file
    /// that has it.
    pub fn load(&self) -> Result<IdentityPair, Vec<(&'static str, String)>> {
        let certificate = files::read_public(&self.x509);
        let private = files::read_secret(&self.key);
        let passphrase =
            self.passphrase_file.as_ref().map(|file| files::read_secret_line(file)).transpose();
        let (certificate, private, passphrase) = match (certificate, private, passphrase) {
            (Ok(certificate), Ok(private), Ok(passphrase)) => (certificate, private, passphrase),
            (certificate, private, passphrase) => {
                let certificate = certificate.err().map(|words| ("x509", words));
                let private = private.err().map(|words| ("key", words));
                let passphrase = passphrase.err().map(|words| ("passphrase_file", words));
                return Err([certificate, private, passphrase].into_iter().flatten().collect());
            }
        };
        let passphrase = passphrase.as_ref().map(|text| text.as_bytes());
        let signing =
            self.signs.then(|| SigningIdentity::from_pem(&certificate, &private, passphrase));
        let decrypting =
            self.decrypts.then(|| DecryptIdentity::from_pem(&certificate, &private, passphrase));
        match (signing.transpose(), decrypting.transpose()) {
            (Ok(signing), Ok(decrypting)) => Ok(IdentityPair { signing, decrypting }),
            (signing, decrypting) => {
                let faults = signing.err().into_iter().chain(decrypting.err());
                Err(faults.map(|fault| ("key", fault.to_string())).collect())
            }
        }
    }
}

//------------ Identities ----------------------------------------------------

/// What every `[[identity]]` came to.
#[derive(Default)]
pub(super) struct Identities {
    pub entries: Vec<IdentityEntry>,
    pub signing: Vec<(Option<Timestamp>, SigningIdentity)>,
    pub decrypting: Vec<DecryptIdentity>,
    pub notices: Vec<String>,
    uses: BTreeSet<String>,
}

impl Identities {
    /// Reads one.
    pub fn read(&mut self, mut section: Section<'_>, keys: Keys, faults: &mut Faults) {
        let x509 = section.required_text("x509", "certs/own/sign.pem", faults);
        let key = section.required_text("key", "certs/own/sign.key", faults);
        let passphrase_file = section.text("passphrase_file", faults);
        let uses = section.take("use");
        let from = moment(&mut section, "from", faults);
        let mut signs = false;
        let mut decrypts = false;
        let listed = uses.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for used in listed {
            match used.as_str() {
                Some("sign") => signs = true,
                Some("decrypt") => decrypts = true,
                _ => section.fault(
                    "use",
                    format!("{used} is no use"),
                    "write \"sign\" or \"decrypt\"",
                    faults,
                ),
            }
        }
        if listed.is_empty() {
            section.fault(
                "use",
                "is missing",
                "write use = [\"sign\"] or use = [\"decrypt\"]",
                faults,
            );
        }
        if signs {
            self.uses.insert("sign".to_owned());
        }
        if decrypts {
            self.uses.insert("decrypt".to_owned());
        }
        if signs && decrypts {
            self.notices.push(format!(
                "{}: {}: one key signs and opens; make two: they can be replaced one at a time",
                section.file().display(),
                section.key("use")
            ));
        }
        if let (Some(x509), Some(key)) = (x509, key) {
            let entry = IdentityEntry {
                place: section.key(""),
                x509: section.path(&x509),
                key: section.path(&key),
                passphrase_file: passphrase_file.map(|named| section.path(&named)),
                signs,
                decrypts,
                from,
            };
            if keys == Keys::Read {
                match entry.load() {
                    Ok(pair) => {
                        self.signing.extend(pair.signing.map(|identity| (from, identity)));
                        self.decrypting.extend(pair.decrypting);
                    }
                    Err(all) => {
                        all.iter().for_each(|(key, words)| split(&section, key, words, faults));
                    }
                }
            }
            self.entries.push(entry);
        }
        section.finish(faults);
    }

    /// Adds a fault for each use that none has.
    pub fn check(&self, file: &Path, faults: &mut Faults) {
        for (wanted, does) in [("sign", "signs"), ("decrypt", "opens")] {
            if !self.uses.contains(wanted) {
                faults.add(
                    file,
                    "identity",
                    format!("no identity {does}"),
                    format!("add an [[identity]] with x509, key and use = [\"{wanted}\"]"),
                );
            }
        }
    }
}
