//! One gateway of the demo: its folder, its keys, and its own process.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::leash::{Ending, Leash};
use crate::smime::SmimeError;
use crate::smime::throwaway::{Purpose, Wanted, authority};

const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(50);

//------------ GatewayError --------------------------------------------------

/// Why a gateway of the demo is not up.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It ended by itself; its last words say why.
    #[error("the gateway {code} ended ({status}); it said:\n{words}")]
    Ended { code: &'static str, status: String, words: String },
    /// It runs and does not open its door.
    #[error("the gateway {code} did not open its SMTP door within {} s; it said:\n{words}", PATIENCE.as_secs())]
    Late { code: &'static str, words: String },
    /// The machine gave no file or program.
    #[error("the machine: {0}")]
    Machine(#[from] io::Error),
}

//------------ Keyring -------------------------------------------------------

/// The keys of one gateway, and the authority above them.
pub struct Keyring {
    authority: Vec<u8>,
    sign: Keys,
    decrypt: Keys,
    door: Keys,
}

struct Keys {
    x509: Vec<u8>,
    key: Vec<u8>,
}

impl From<(Vec<u8>, Vec<u8>)> for Keys {
    fn from((x509, key): (Vec<u8>, Vec<u8>)) -> Self {
        Keys { x509, key }
    }
}

impl Keyring {
    /// Makes the keys of the gateway `code`; takes a second or two.
    pub fn make(code: &str) -> Result<Keyring, SmimeError> {
        let authority = authority(&format!("Throw-away authority of {code}"))?;
        let issue = |what: &str| authority.issue(&format!("{what} of {code}"), &address(code));
        let server =
            Wanted { purpose: Purpose::Server, ..Wanted::mail(&host(code), &address(code)) };
        Ok(Keyring {
            authority: authority.x509_pem()?,
            sign: issue("Signing key")?.into(),
            decrypt: issue("Decrypting key")?.into(),
            door: authority.issue_as(&server)?.into(),
        })
    }
}

//------------ Place ---------------------------------------------------------

/// Where a gateway lives.
pub struct Place {
    pub code: &'static str,
    folder: PathBuf,
    smtp: u16,
    queue_url: String,
    keys: Keyring,
}

impl Place {
    /// A place under `ground`; nothing is written yet.
    pub fn new(
        code: &'static str,
        ground: &Path,
        smtp: u16,
        queue_url: String,
        keys: Keyring,
    ) -> Place {
        Place { code, folder: ground.join(code), smtp, queue_url, keys }
    }

    /// Its configuration's file.
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("certpost.toml")
    }

    /// The URL of its vhost.
    pub fn queue_url(&self) -> &str {
        &self.queue_url
    }

    /// Writes everything that the gateway reads, with `peer` as its partner.
    pub fn furnish(&self, peer: &Place) -> io::Result<()> {
        let partner = format!("certs/partners/{}", peer.code);
        for inside in ["certs/own", &partner, "certs/anchors"] {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(self.folder.join(inside))?;
        }
        let own =
            [("sign", &self.keys.sign), ("decrypt", &self.keys.decrypt), ("door", &self.keys.door)];
        for (name, keys) in own {
            self.write(&format!("certs/own/{name}.pem"), &keys.x509)?;
            self.write(&format!("certs/own/{name}.key"), &keys.key)?;
        }
        self.write(&format!("{partner}/sign.pem"), &peer.keys.sign.x509)?;
        self.write(&format!("{partner}/encrypt.pem"), &peer.keys.decrypt.x509)?;
        self.write(&format!("certs/anchors/{}.pem", peer.code), &peer.keys.authority)?;
        self.write("queue-url", self.queue_url.as_bytes())?;
        self.write("certpost.toml", self.gateway_toml().as_bytes())?;
        self.write("partners.toml", self.partners_toml(peer).as_bytes())
    }

    fn gateway_toml(&self) -> String {
        let (code, address, smtp) = (self.code, address(self.code), self.smtp);
        format!(
            r#"# A gateway of `certpost demo`: its keys are thrown away with it.
[gateway]
code = "{code}"
countries = ["{code}"]
address = "{address}"
[queue]
url_file = "queue-url"
[ledger]
url = "sqlite:var/certpost.db"
[doors]
smtp = "127.0.0.1:{smtp}"
smtp_certificate = "certs/own/door.pem"
smtp_key = "certs/own/door.key"
http = "127.0.0.1:0"
[[identity]]
x509 = "certs/own/sign.pem"
key = "certs/own/sign.key"
use = ["sign"]
[[identity]]
x509 = "certs/own/decrypt.pem"
key = "certs/own/decrypt.key"
use = ["decrypt"]
[clock]
retry = ["0s", "1s", "2s"]
retry_max = "5s"
in_doubt_hold = "2s"
"#
        )
    }

    fn partners_toml(&self, peer: &Place) -> String {
        let (code, address, smtp) = (peer.code, address(peer.code), peer.smtp);
        let pin = fingerprint(&peer.keys.door.x509);
        format!(
            r#"[[partner]]
code = "{code}"
name = "Agency of {code}"
countries = ["{code}"]
address = "{address}"
route = "smtp://127.0.0.1:{smtp}"
tls = "required"
tls_pin = "{pin}"
[partner.seal]
recipients = ["certs/partners/{code}/encrypt.pem"]
[partner.trust]
signers = ["certs/partners/{code}/sign.pem"]
anchors = ["certs/anchors/{code}.pem"]
"#
        )
    }

    /// Writes a file that nobody else may read; half of them are secrets.
    fn write(&self, inside: &str, octets: &[u8]) -> io::Result<()> {
        let path = self.folder.join(inside);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        io::Write::write_all(&mut file, octets)
    }
}

fn host(code: &str) -> String {
    format!("ecert.{}.example", code.to_ascii_lowercase())
}

fn address(code: &str) -> String {
    format!("push@{}", host(code))
}

/// The SHA-256 of the DER within a PEM.
fn fingerprint(pem: &[u8]) -> String {
    let text = String::from_utf8_lossy(pem);
    let inside: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = BASE64.decode(inside.as_bytes()).unwrap_or_default();
    HEXLOWER.encode(&Sha256::digest(der))
}

//------------ Gateway -------------------------------------------------------

/// A gateway at work, in a process of its own; ended when dropped.
#[derive(Debug)]
pub struct Gateway {
    code: &'static str,
    smtp: u16,
    leash: Leash,
}

impl Gateway {
    /// Starts `program run` in `place`.
    pub fn start(place: &Place, program: &Path) -> Result<Gateway, GatewayError> {
        let configuration = place.configuration();
        let arguments = [OsStr::new("--config"), configuration.as_os_str(), OsStr::new("run")];
        let environment = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", place.folder.display().to_string()),
            ("LANG", "C.UTF-8".to_owned()),
            ("RUST_LOG", std::env::var("RUST_LOG").unwrap_or("info".to_owned())),
        ];
        let log = place.folder.join("gateway.log");
        let leash = Leash::start(
            program.as_os_str(),
            &arguments,
            &environment,
            &place.folder,
            &log,
            Ending::Drained,
        )?;
        Ok(Gateway { code: place.code, smtp: place.smtp, leash })
    }

    /// Waits until its SMTP door greets.
    pub async fn ready(&mut self) -> Result<(), GatewayError> {
        let deadline = Instant::now() + PATIENCE;
        while !self.greets().await {
            self.alive()?;
            if Instant::now() > deadline {
                return Err(GatewayError::Late { code: self.code, words: self.leash.last_words() });
            }
            sleep(GLANCE).await;
        }
        // Another program may have taken the port and greet in its place.
        self.alive()
    }

    /// That it still runs.
    pub fn alive(&mut self) -> Result<(), GatewayError> {
        match self.leash.ended() {
            None => Ok(()),
            Some(status) => {
                let words = self.leash.last_words();
                Err(GatewayError::Ended { code: self.code, status: status.to_string(), words })
            }
        }
    }

    /// Tells it to end, without waiting for it.
    pub fn release(&mut self) {
        self.leash.release();
    }

    async fn greets(&self) -> bool {
        let mut greeting = [0; 4];
        let asked = timeout(Duration::from_secs(2), async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.smtp)).await?;
            stream.read_exact(&mut greeting).await
        });
        matches!(asked.await, Ok(Ok(_read))) && greeting == *b"220 "
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::cli::demo::leash::Ground;
    use crate::config::Configuration;

    #[test]
    fn what_is_furnished_is_a_configuration_that_loads() {
        let ground = Ground::new().unwrap();
        let place = |code, port| {
            let url = format!("amqp://x:y@127.0.0.1:1/{code}");
            Place::new(code, ground.path(), port, url, Keyring::make(code).unwrap())
        };
        let (bv, hm) = (place("BV", 2501), place("HM", 2502));
        bv.furnish(&hm).unwrap();
        let read = Configuration::load(Some(&bv.configuration())).unwrap();
        assert_eq!(read.gateway.code.as_str(), "BV");
        assert_eq!(read.partners[0].route.to_string(), "smtp://127.0.0.1:2502");
        let key = fs::metadata(ground.path().join("BV/certs/own/sign.key")).unwrap();
        assert_eq!(key.mode() & 0o777, 0o600);
    }
}
