//! Two gateways on paper: keys that are thrown away, and the files that a
//! gateway reads. BV sends to AQ, as the usual certificate says.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::config::{Configuration, Faults};
use crate::inbound::terms::TermsError;
use crate::ledger::LedgerError;
use crate::smime::SmimeError;
use crate::smime::throwaway::{KeyKind, Wanted, authority};

//------------ PlaceError ----------------------------------------------------

/// Why the bench has nothing to measure.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Our own configuration is refused; a bug.
    #[error("the bench's own configuration: {0}")]
    Configuration(#[from] Faults),
    /// Keys could not be made; OpenSSL is to be looked at.
    #[error("keys for the bench: {0}")]
    Keys(#[from] SmimeError),
    /// The ledger would not be opened or written; the disk is to be looked at.
    #[error("the bench's ledger: {0}")]
    Ledger(Box<LedgerError>),
    /// The machine gave no folder or file.
    #[error("the machine: {0}")]
    Machine(#[from] io::Error),
    /// Our own certificate cannot be sealed; a bug.
    #[error("the bench's own certificate cannot be used; this is a bug, please report it")]
    Model,
    /// Our own keys cannot be handed over; a bug.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

//------------ Form ----------------------------------------------------------

/// How letters are sealed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// What we do by default: AES-256-GCM, OAEP.
    Usual,
    /// What Python's `cryptography` can write: AES-256-CBC, PKCS#1 v1.5.
    Older,
}

//------------ Keyring -------------------------------------------------------

/// The keys of one side, as PEM: certificate, then key.
#[derive(Clone, Debug)]
pub struct Keyring {
    pub authority: Vec<u8>,
    pub sign: (Vec<u8>, Vec<u8>),
    pub decrypt: (Vec<u8>, Vec<u8>),
}

impl Keyring {
    /// Keys of `code`, which signs with a key of `kind` and opens with RSA-2048.
    pub fn make(code: &str, kind: KeyKind) -> Result<Keyring, SmimeError> {
        let authority = authority(&format!("Throw-away authority of {code}"))?;
        let usual = Wanted::mail(&format!("Keys of {code}"), &address(code));
        Ok(Keyring {
            authority: authority.x509_pem()?,
            sign: authority.issue_as(&Wanted { key: kind, ..usual.clone() })?,
            decrypt: authority.issue_as(&usual)?,
        })
    }
}

//------------ Ends ----------------------------------------------------------

/// Where a gateway's letters go, and where its submissions come from.
#[derive(Clone, Debug)]
pub struct Ends {
    pub queue_url: String,
    /// The port of the partner's mail server, on loopback.
    pub smtp: u16,
    pub connections: u32,
}

impl Default for Ends {
    /// Nowhere: for stages that never leave the process.
    fn default() -> Self {
        Ends { queue_url: "amqp://127.0.0.1:1/%2f".to_owned(), smtp: 1, connections: 4 }
    }
}

//------------ Places --------------------------------------------------------

/// The two gateways, their files written and read.
#[derive(Debug)]
pub struct Places {
    pub ours: Configuration,
    pub theirs: Arc<Configuration>,
    pub our_keys: Keyring,
    pub their_keys: Keyring,
}

impl Places {
    /// Writes and reads both gateways under `folder`.
    pub fn furnish(
        folder: &Path,
        kind: KeyKind,
        form: Form,
        ends: &Ends,
    ) -> Result<Places, PlaceError> {
        let our_keys = Keyring::make(OURS, kind)?;
        let their_keys = Keyring::make(THEIRS, KeyKind::Rsa2048)?;
        let signature = match kind {
            KeyKind::P256 => "ecdsa-p256-sha256",
            KeyKind::P384 => "ecdsa-p384-sha384",
            KeyKind::Rsa1024 | KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                "rsa-pkcs1-sha256"
            }
        };
        let side = |code, peer, keys, peer_keys, signature| Side {
            folder: folder.join(code),
            code,
            peer,
            keys,
            peer_keys,
            signature,
            form,
            ends,
        };
        let ours = side(OURS, THEIRS, &our_keys, &their_keys, signature).write()?;
        let theirs = side(THEIRS, OURS, &their_keys, &our_keys, "rsa-pkcs1-sha256").write()?;
        Ok(Places {
            ours: Configuration::load(Some(&ours))?,
            theirs: Arc::new(Configuration::load(Some(&theirs))?),
            our_keys,
            their_keys,
        })
    }

    /// When their signatures are made and judged: within the keys' window.
    pub fn now() -> Timestamp {
        crate::clock::Clock::system().now()
    }
}

pub const OURS: &str = "BV";
pub const THEIRS: &str = "AQ";

struct Side<'a> {
    folder: PathBuf,
    code: &'a str,
    peer: &'a str,
    keys: &'a Keyring,
    peer_keys: &'a Keyring,
    signature: &'a str,
    form: Form,
    ends: &'a Ends,
}

impl Side<'_> {
    /// Writes everything that this side reads; its configuration's file.
    fn write(&self) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        let files: [(&str, &[u8]); 8] = [
            ("sign.pem", &self.keys.sign.0),
            ("sign.key", &self.keys.sign.1),
            ("decrypt.pem", &self.keys.decrypt.0),
            ("decrypt.key", &self.keys.decrypt.1),
            ("peer-sign.pem", &self.peer_keys.sign.0),
            ("peer-encrypt.pem", &self.peer_keys.decrypt.0),
            ("peer-anchor.pem", &self.peer_keys.authority),
            ("queue-url", self.ends.queue_url.as_bytes()),
        ];
        for (name, octets) in files {
            self.write_one(name, octets)?;
        }
        self.write_one("partners.toml", self.partners().as_bytes())?;
        self.write_one("certpost.toml", self.gateway().as_bytes())?;
        Ok(self.folder.join("certpost.toml"))
    }

    /// A file that nobody else may read; half of them are secrets.
    fn write_one(&self, name: &str, octets: &[u8]) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        io::Write::write_all(&mut options.open(self.folder.join(name))?, octets)
    }

    fn gateway(&self) -> String {
        let (code, address) = (self.code, address(self.code));
        format!(
            r#"[gateway]
code = "{code}"
countries = ["{code}"]
address = "{address}"
[queue]
url_file = "queue-url"
[ledger]
url = "sqlite:var/certpost.db"
[doors]
smtp = "127.0.0.1:0"
http = "127.0.0.1:0"
[[identity]]
x509 = "sign.pem"
key = "sign.key"
use = ["sign"]
[[identity]]
x509 = "decrypt.pem"
key = "decrypt.key"
use = ["decrypt"]
"#
        )
    }

    fn partners(&self) -> String {
        let (code, address, signature) = (self.peer, address(self.peer), self.signature);
        let (content, transport) = match self.form {
            Form::Usual => ("aes-256-gcm", "oaep-sha256"),
            Form::Older => ("aes-256-cbc", "pkcs1"),
        };
        let Ends { smtp, connections, .. } = self.ends;
        format!(
            r#"[[partner]]
code = "{code}"
countries = ["{code}"]
address = "{address}"
route = "smtp://127.0.0.1:{smtp}"
tls = "none"
connections = {connections}
[partner.seal]
recipients = ["peer-encrypt.pem"]
signature = "{signature}"
content = "{content}"
key_transport = "{transport}"
[partner.trust]
signers = ["peer-sign.pem"]
anchors = ["peer-anchor.pem"]
content = ["aes-256-gcm", "aes-256-cbc"]
"#
        )
    }
}

/// The mailbox of the gateway `code`.
pub fn address(code: &str) -> String {
    format!("push@ecert.{}.example", code.to_ascii_lowercase())
}
