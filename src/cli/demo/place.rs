//! Where a gateway of the demo lives: its folder, and the two files that it is
//! told everything in.

use std::fmt::Write;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::keys::{Keyring, fingerprint};

/// The clocks of every gateway: hours become seconds.
const CLOCK: &str = r#"[clock]
retry = ["0s", "1s", "2s"]
retry_max = "2s"
in_doubt_hold = "2s"
"#;

//------------ Place ---------------------------------------------------------

/// Where somebody lives, with keys and ports of their own.
pub struct Place {
    pub code: &'static str,
    pub keys: Keyring,
    folder: PathBuf,
    pub ports: Ports,
    queue_url: String,
}

/// Ports on this machine.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// Where partners bring letters.
    pub mail: u16,
    /// The gateway's own door; the same, where no mail server stands before it.
    pub smtp: u16,
    /// Health and numbers.
    pub http: u16,
}

/// What a partner's entry says of receipts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Receipt {
    Mdn,
    None,
}

impl Place {
    /// A place named `name` under `ground`; nothing is written yet.
    pub fn new(
        code: &'static str,
        ground: &Path,
        name: &str,
        ports: Ports,
        queue_url: String,
        keys: Keyring,
    ) -> Place {
        Place { code, keys, folder: ground.join(name), ports, queue_url }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its configuration's file.
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("certpost.toml")
    }

    /// The URL of its vhost.
    pub fn queue_url(&self) -> &str {
        &self.queue_url
    }

    /// Writes everything that a gateway here reads, with `partners`.
    pub fn furnish(&self, partners: &[(&Place, Receipt)]) -> io::Result<()> {
        self.keep_keys()?;
        let mut entries = String::new();
        for (partner, receipt) in partners {
            let folder = format!("certs/partners/{}", partner.code);
            self.make(&folder)?;
            self.write(&format!("{folder}/sign.pem"), &partner.keys.sign.x509)?;
            self.write(&format!("{folder}/encrypt.pem"), &partner.keys.decrypt.x509)?;
            self.write(&format!("certs/anchors/{}.pem", partner.code), &partner.keys.anchor)?;
            entries.push_str(&entry(partner, *receipt));
        }
        self.write("queue-url", self.queue_url.as_bytes())?;
        self.write("certpost.toml", self.gateway_toml().as_bytes())?;
        self.write("partners.toml", entries.as_bytes())
    }

    /// Writes its own keys.
    pub fn keep_keys(&self) -> io::Result<()> {
        for inside in ["certs/own", "certs/partners", "certs/anchors"] {
            self.make(inside)?;
        }
        let keys = &self.keys;
        let own = [("sign", &keys.sign), ("decrypt", &keys.decrypt), ("door", &keys.door)];
        for (name, keys) in own {
            self.write(&format!("certs/own/{name}.pem"), &keys.x509)?;
            self.write(&format!("certs/own/{name}.key"), &keys.key)?;
        }
        Ok(())
    }

    fn gateway_toml(&self) -> String {
        let (code, address, ports) = (self.code, address(self.code), self.ports);
        let (smtp, http) = (ports.smtp, ports.http);
        format!(
            r#"# A gateway of `certpost demo`: its keys are thrown away with it.
[gateway]
code = "{code}"
countries = ["{code}"]
environment = "training"
address = "{address}"
[queue]
url_file = "queue-url"
[ledger]
url = "sqlite:var/certpost.db"
[doors]
smtp = "127.0.0.1:{smtp}"
smtp_certificate = "certs/own/door.pem"
smtp_key = "certs/own/door.key"
http = "127.0.0.1:{http}"
[[identity]]
x509 = "certs/own/sign.pem"
key = "certs/own/sign.key"
use = ["sign"]
[[identity]]
x509 = "certs/own/decrypt.pem"
key = "certs/own/decrypt.key"
use = ["decrypt"]
{CLOCK}"#
        )
    }

    fn make(&self, inside: &str) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(self.folder.join(inside))
    }

    /// Writes a file that nobody else may read; half of them are secrets.
    pub fn write(&self, inside: &str, octets: &[u8]) -> io::Result<()> {
        let path = self.folder.join(inside);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        io::Write::write_all(&mut file, octets)
    }
}

/// What stands of `partner` in another's partners.toml.
fn entry(partner: &Place, receipt: Receipt) -> String {
    let (code, address, mail) = (partner.code, address(partner.code), partner.ports.mail);
    let pin = fingerprint(&partner.keys.door.x509);
    let mut entry = format!(
        r#"[[partner]]
code = "{code}"
name = "Agency of {code}"
countries = ["{code}"]
address = "{address}"
route = "smtp://127.0.0.1:{mail}"
tls = "required"
tls_pin = "{pin}"
"#
    );
    if receipt == Receipt::None {
        entry.push_str("receipt = \"none\"\n");
    }
    // Writing to a string does not fail.
    let _written = write!(
        entry,
        r#"[partner.seal]
recipients = ["certs/partners/{code}/encrypt.pem"]
[partner.trust]
signers = ["certs/partners/{code}/sign.pem"]
anchors = ["certs/anchors/{code}.pem"]
"#
    );
    entry
}

/// The mail host of `code`.
pub fn host(code: &str) -> String {
    format!("ecert.{}.example", code.to_ascii_lowercase())
}

/// The mailbox of `code`.
pub fn address(code: &str) -> String {
    format!("push@{}", host(code))
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::cli::demo::leash::Ground;
    use crate::config::Configuration;
    use crate::letter::Environment;

    #[test]
    fn what_is_furnished_is_a_configuration_that_loads() {
        let ground = Ground::new().unwrap();
        let place = |code, port| {
            let ports = Ports { mail: port, smtp: port, http: port + 1 };
            let url = format!("amqp://x:y@127.0.0.1:1/{code}");
            Place::new(code, ground.path(), code, ports, url, Keyring::make(code).unwrap())
        };
        let (bv, hm, tf) = (place("BV", 2501), place("HM", 2503), place("TF", 2505));
        bv.furnish(&[(&hm, Receipt::Mdn), (&tf, Receipt::None)]).unwrap();
        let read = Configuration::load(Some(&bv.configuration())).unwrap();
        assert_eq!(read.gateway.code.as_str(), "BV");
        assert_eq!(read.gateway.environment, Environment::Training);
        assert_eq!(read.partners[0].route.to_string(), "smtp://127.0.0.1:2503");
        let key = fs::metadata(ground.path().join("BV/certs/own/sign.key")).unwrap();
        assert_eq!(key.mode() & 0o777, 0o600);
        let stranger = hm.keys.of_a_stranger("HM").unwrap();
        assert_ne!(stranger.sign.x509, hm.keys.sign.x509);
        assert_eq!(stranger.anchor, hm.keys.anchor);
    }
}
