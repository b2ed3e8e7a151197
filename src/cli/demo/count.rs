//! Two judges that are not certpost: `peers/counter.py`, which compares what
//! was submitted with what came out, and xmllint.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::mail::{PeerError, Peers};
use super::place::Place;

/// How many files xmllint is given at once.
const AT_ONCE: usize = 500;

//------------ Count ---------------------------------------------------------

/// What the counter counted.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// Submissions that the broker took, both ways.
    pub submitted: usize,
    /// Those of them that had been submitted before.
    pub repeats: usize,
    /// Certificates that came out where they were to go.
    pub came_out: usize,
    /// Submissions that came back on `certpost.rejected`.
    pub refused: usize,
    /// Submissions for a country without a partner.
    pub nobody: usize,
    /// Submitted, and never came out.
    pub lost: usize,
    /// Came out more than once, under different names.
    pub twice: usize,
    /// Came out, and never went in.
    pub forged: usize,
    /// Came out with other octets than went in.
    pub differs: usize,
    /// Came out once more under the same name, so that the reader drops it.
    pub again: usize,
    /// Letters at the partner that has no certpost.
    pub letters: usize,
    /// What came back, with its findings.
    rejected: Vec<Rejected>,
    /// Each fault; the first twenty.
    pub words: Vec<String>,
}

/// A submission on `certpost.rejected`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
struct Rejected {
    by: String,
    findings: Vec<FindingTold>,
}

/// A finding, as the broker's header has it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default)]
pub struct FindingTold {
    pub area: String,
    pub code: String,
    pub path: String,
    pub words: String,
    pub remedy: String,
}

impl Count {
    /// Has it counted: what the broker holds in the vhosts of `queues`, and what
    /// the opener, by its code and folder, opened.
    pub fn take(
        peers: &Peers,
        queues: &[(String, String)],
        (opener, folder): &(String, PathBuf),
    ) -> Result<Count, PeerError> {
        let urls = queues.iter().map(|(code, url)| (code.clone(), json!(url)));
        let facts = json!({
            "gateways": urls.collect::<serde_json::Map<_, _>>(),
            "opened": {opener.as_str(): folder},
        });
        let told = peers.run("counter.py", &[], "counter.json", &facts)?;
        serde_json::from_slice(&told)
            .map_err(|source| PeerError::Unclear { what: "counter.py".to_owned(), source })
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.lost + self.twice + self.forged + self.differs == 0
    }

    /// The finding that a bad submission was refused for.
    pub fn finding(&self) -> Option<&FindingTold> {
        self.rejected.iter().find_map(|rejected| rejected.findings.first())
    }
}

//------------ Opened --------------------------------------------------------

/// What the openssl command opened.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The XML that it opened, in order of arrival.
    pub files: Vec<OpenedFile>,
    /// Letters that came a second time, under the same name.
    pub again: usize,
    /// Letters that it could not open or prove, and why.
    pub trouble: Vec<String>,
}

/// One XML.
#[derive(Clone, Debug)]
pub struct OpenedFile {
    pub letter: PathBuf,
    pub xml: PathBuf,
    pub sha256: String,
}

/// A line of the opener's journal.
#[derive(Deserialize)]
struct Line {
    letter: PathBuf,
    again: bool,
    xml: Option<PathBuf>,
    sha256: Option<String>,
    trouble: Option<String>,
}

impl Opened {
    /// Reads what has been opened so far.
    pub fn read(opener: &Place) -> Opened {
        let journal = fs::read_to_string(opener.folder().join("opened.jsonl")).unwrap_or_default();
        let mut opened = Opened::default();
        // A last line that is not whole yet is read the next time.
        for line in journal.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            let Line { letter, again, xml, sha256, trouble } = line;
            opened.trouble.extend(trouble);
            opened.again += usize::from(again);
            if let (Some(xml), Some(sha256), false) = (xml, sha256, again) {
                opened.files.push(OpenedFile { letter, xml, sha256 });
            }
        }
        opened
    }
}

//------------ Lint ----------------------------------------------------------

/// What xmllint says of the XML, without a network.
#[derive(Clone, Debug)]
pub struct Lint {
    pub well_formed: usize,
    /// The first thing that it did not like.
    pub words: Option<String>,
}

impl Lint {
    /// Has `files` judged.
    pub fn of(files: &[OpenedFile]) -> Result<Lint, PeerError> {
        let mut lint = Lint { well_formed: 0, words: None };
        for some in files.chunks(AT_ONCE) {
            if xmllint(some.iter().map(|file| file.xml.as_path()))?.is_none() {
                lint.well_formed += some.len();
                continue;
            }
            for file in some {
                match xmllint([file.xml.as_path()])? {
                    None => lint.well_formed += 1,
                    Some(words) => lint.words = lint.words.or(Some(words)),
                }
            }
        }
        Ok(lint)
    }
}

/// An XML as xmllint lays it out.
pub fn laid_out(xml: &Path) -> Result<String, PeerError> {
    let ran = Command::new("xmllint").args(["--nonet", "--format"]).arg(xml).output()?;
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

/// What it did not like of the files, if anything.
fn xmllint<'a>(files: impl IntoIterator<Item = &'a Path>) -> Result<Option<String>, PeerError> {
    let ran = Command::new("xmllint").args(["--nonet", "--noout"]).args(files).output()?;
    let said = String::from_utf8_lossy(&ran.stderr);
    Ok((!ran.status.success()).then(|| said.lines().next().unwrap_or("no words").to_owned()))
}
