//! `[[identity]]`: our own certificates and keys, and what each is for.

use std::collections::BTreeSet;
use std::path::Path;

use toml::Value;

use super::faults::Faults;
use super::partners::{moment, split};
use super::section::Section;
use super::{Keys, files};
use crate::clock::Timestamp;
use crate::smime::{DecryptIdentity, SigningIdentity};

//------------ Identities ----------------------------------------------------

/// What every `[[identity]]` came to.
#[derive(Default)]
pub(super) struct Identities {
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
                "{}: {}: one key signs and opens; two keys can be replaced one at a time",
                section.file().display(),
                section.key("use")
            ));
        }
        if let (Some(x509), Some(key), Keys::Read) = (x509, key, keys) {
            self.load(&section, &x509, &key, passphrase_file, (signs, decrypts, from), faults);
        }
        section.finish(faults);
    }

    fn load(
        &mut self,
        section: &Section<'_>,
        x509: &str,
        key: &str,
        passphrase_file: Option<String>,
        (signs, decrypts, from): (bool, bool, Option<Timestamp>),
        faults: &mut Faults,
    ) {
        let certificate = files::read_public(&section.path(x509));
        let private = files::read_secret(&section.path(key));
        let passphrase =
            passphrase_file.map(|named| files::read_secret_line(&section.path(&named))).transpose();
        let mut split = |key: &str, words: String| split(section, key, &words, faults);
        let (certificate, private, passphrase) = match (certificate, private, passphrase) {
            (Ok(certificate), Ok(private), Ok(passphrase)) => (certificate, private, passphrase),
            (certificate, private, passphrase) => {
                certificate.err().into_iter().for_each(|words| split("x509", words));
                private.err().into_iter().for_each(|words| split("key", words));
                passphrase.err().into_iter().for_each(|words| split("passphrase_file", words));
                return;
            }
        };
        let passphrase = passphrase.as_ref().map(|text| text.as_bytes());
        if signs {
            match SigningIdentity::from_pem(&certificate, &private, passphrase) {
                Ok(identity) => self.signing.push((from, identity)),
                Err(fault) => split("key", fault.to_string()),
            }
        }
        if decrypts {
            match DecryptIdentity::from_pem(&certificate, &private, passphrase) {
                Ok(identity) => self.decrypting.push(identity),
                Err(fault) => split("key", fault.to_string()),
            }
        }
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
