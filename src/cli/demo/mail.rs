//! The mail servers that stand at the partners, and the hand that posts a
//! forged letter: `peers/mail.py`, which knows nothing of certpost.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::leash::{Ending, Leash};
use super::place::{Place, address, host};

const MAIL: &str = include_str!("peers/mail.py");
const COUNTER: &str = include_str!("peers/counter.py");
/// The one that Debian's packages install for; another one may lack them.
const PYTHON: &str = "/usr/bin/python3";
/// How long a sender that is not known yet is put off, in seconds.
const GREYLISTED: u32 = 5;

//------------ Peers ---------------------------------------------------------

/// The programs that are not certpost, at hand.
#[derive(Clone, Debug)]
pub struct Peers {
    python: &'static str,
    ground: PathBuf,
}

/// One of them did not do what it is for.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// It is not installed; whoever runs the demo sees to it.
    #[error("{what} is not there; run deploy/prerequisites demo")]
    Absent { what: &'static str },
    /// It could not be started or read.
    #[error("the machine: {0}")]
    Machine(#[from] io::Error),
    /// It ended with a fault; what it said is all there is to go by.
    #[error("{what} failed: {words}; deploy/prerequisites demo installs what it needs")]
    Failed { what: String, words: String },
    /// It said something that cannot be read; a bug of ours.
    #[error("{what} answered with what is no answer: {source}")]
    Unclear {
        what: String,
        #[source]
        source: serde_json::Error,
    },
}

impl Peers {
    /// Writes them to `ground`, and sees that what they need is there.
    pub fn at(ground: &Path) -> Result<Peers, PeerError> {
        fs::write(ground.join("mail.py"), MAIL)?;
        fs::write(ground.join("counter.py"), COUNTER)?;
        let python = if Path::new(PYTHON).exists() { PYTHON } else { "python3" };
        needs("xmllint", "xmllint", &["--version"])?;
        needs("openssl", "openssl", &["version"])?;
        needs("python3 with python3-pika", python, &["-c", "import pika"])?;
        Ok(Peers { python, ground: ground.to_owned() })
    }

    /// A mail server before the gateway in `place`, which greylists, and keeps
    /// back its reply to letter number `hold`.
    pub fn greylisting(&self, place: &Place, hold: u32) -> io::Result<Leash> {
        self.serve(place, hold, json!({"greylist": GREYLISTED, "next": place.ports.smtp}))
    }

    /// A mail server that keeps letters and opens those of `sender`; it keeps
    /// back a reply as well.
    pub fn keeping(&self, place: &Place, sender: &Place, hold: u32) -> io::Result<Leash> {
        place.keep_keys()?;
        place.write("certs/partners/sign.pem", &sender.keys.sign.x509)?;
        place.write("certs/anchors/anchor.pem", &sender.keys.anchor)?;
        let opening = json!({
            "keep": place.folder(),
            "recipient": place.folder().join("certs/own/decrypt.pem"),
            "recipient_key": place.folder().join("certs/own/decrypt.key"),
            "signer": place.folder().join("certs/partners/sign.pem"),
            "anchor": place.folder().join("certs/anchors/anchor.pem"),
        });
        self.serve(place, hold, opening)
    }

    fn serve(&self, place: &Place, hold: u32, more: Value) -> io::Result<Leash> {
        let mut facts = json!({
            "port": place.ports.mail,
            "name": host(place.code),
            "mailbox": address(place.code),
            "hold": hold,
            "holding": holding(place),
            "certificate": place.folder().join("certs/own/door.pem"),
            "key": place.folder().join("certs/own/door.key"),
        });
        if let (Some(facts), Value::Object(more)) = (facts.as_object_mut(), more) {
            facts.extend(more);
        }
        place.write("mail.json", facts.to_string().as_bytes())?;
        let (program, facts) = (self.ground.join("mail.py"), place.folder().join("mail.json"));
        let arguments = [program.as_os_str(), OsStr::new("serve"), facts.as_os_str()];
        let log = place.folder().join("mail.log");
        let environment = self.environment();
        let python = OsStr::new(self.python);
        Leash::start(python, &arguments, &environment, place.folder(), &log, Ending::AtOnce)
    }

    /// Posts the letter in `file` to `to` at `port`, as if it came from `from`;
    /// what the server said.
    pub fn post(&self, file: &Path, from: &str, to: &str, port: u16) -> Result<String, PeerError> {
        let facts = json!({
            "port": port, "name": host(from), "letter": file,
            "sender": address(from), "recipient": address(to),
        });
        let said = self.run("mail.py", &["post"], "posted.json", &facts)?;
        Ok(String::from_utf8_lossy(&said).trim().to_owned())
    }

    /// Runs a script on `facts`, kept as `name`; what it printed.
    pub fn run(
        &self,
        script: &str,
        verbs: &[&str],
        name: &str,
        facts: &Value,
    ) -> Result<Vec<u8>, PeerError> {
        let facts_file = self.ground.join(name);
        fs::write(&facts_file, facts.to_string())?;
        let ran = Command::new(self.python)
            .arg(self.ground.join(script))
            .args(verbs)
            .arg(facts_file)
            .env_clear()
            .envs(self.environment())
            .output()?;
        if ran.status.success() {
            return Ok(ran.stdout);
        }
        let words = String::from_utf8_lossy(&ran.stderr);
        let words = words.lines().last().unwrap_or("it said nothing").to_owned();
        Err(PeerError::Failed { what: script.to_owned(), words })
    }

    fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", self.ground.display().to_string()),
            ("LANG", "C.UTF-8".to_owned()),
        ]
    }
}

/// The file that is there once the mail server in `place` keeps a reply back.
pub fn holding(place: &Place) -> PathBuf {
    place.folder().join("holding")
}

/// That `program` works.
fn needs(what: &'static str, program: &str, arguments: &[&str]) -> Result<(), PeerError> {
    match Command::new(program).args(arguments).output() {
        Ok(ran) if ran.status.success() => Ok(()),
        Ok(_) => Err(PeerError::Absent { what }),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Err(PeerError::Absent { what }),
        Err(fault) => Err(fault.into()),
    }
}
