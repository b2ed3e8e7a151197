//! What is asked when everything has its end: the counter, xmllint, and
//! `certpost` itself, as an official would ask it.

use std::path::Path;

use serde_json::Value;

use super::DemoError;
use super::cast::{OURS, PARTNERS};
use super::count::{self, Count, Lint, Opened, OpenedFile};
use super::invitation::LETTER;
use super::mail::{PeerError, Peers};
use super::place::Place;
use super::play::Play;
use super::stage::TRY;
use super::tool::{Asked, Tool};

/// A number that nobody has given out.
const UNKNOWN: &str = "999999";
/// Lines of XML that are shown, from this element on.
const EXCERPT: usize = 3;
const BEGINS: &str = "<ram:ID>";

//------------ Finale --------------------------------------------------------

/// What judges that are not the play itself found.
pub struct Finale {
    pub count: Count,
    pub lint: Lint,
    /// The last XML that openssl opened.
    pub sample: Option<Sample>,
    pub verdicts: Vec<Verdict>,
    /// What to do about the code that the forged letter was stopped by.
    pub remedy: String,
}

/// One XML that openssl opened.
pub struct Sample {
    pub file: String,
    /// Some lines, laid out by xmllint.
    pub excerpt: Vec<String>,
}

/// What an official is told.
pub struct Verdict {
    /// The number or the file.
    pub asked: String,
    pub verdict: String,
    pub reasons: Vec<String>,
}

/// The numbers and files that commands are tried on.
#[derive(Clone, Debug)]
pub struct Subjects {
    /// Issued, received, in force.
    pub good: String,
    /// Withdrawn after it was issued.
    pub ended: String,
    /// Nobody's number.
    pub unknown: String,
    /// Put off by the partner that greylists.
    pub late: String,
}

impl Subjects {
    /// Those of `play`.
    pub fn of(play: &Play) -> Subjects {
        let programme = &play.programme;
        let late = play.tally.fates().find(|fate| fate.from == OURS && fate.to == PARTNERS[1].code);
        Subjects {
            good: programme.repeat.number.clone(),
            ended: programme.withdrawal.number.clone(),
            unknown: programme.repeat.number.replace("000001", UNKNOWN),
            late: late.map(|fate| fate.number.clone()).unwrap_or_default(),
        }
    }
}

/// What is asked of whom; taken out of a play so that a thread can do it.
pub struct Questions {
    pub tool: Tool,
    pub peers: Peers,
    /// What the forged letter was stopped by.
    pub code: String,
    pub subjects: Subjects,
    pub opened: Opened,
    /// The code and URL of every gateway's queues.
    pub queues: Vec<(String, String)>,
    /// The code and folder of the partner without certpost.
    pub opener: (String, std::path::PathBuf),
    pub ground: std::path::PathBuf,
}

impl Questions {
    /// Those that `play` leaves, with the files that they are about.
    pub fn of(play: &Play) -> Result<Questions, DemoError> {
        let scenery = &play.scenery;
        let folder = scenery.ground.join(TRY);
        let programme = &play.programme;
        for (name, octets) in [
            ("certificate.json", &programme.spare.outgoing.body),
            ("bad.json", &programme.bad.outgoing.body),
            ("shown.json", &programme.altered),
        ] {
            std::fs::write(folder.join(name), octets)?;
        }
        let queue = |place: &&Place| (place.code.to_owned(), place.queue_url().to_owned());
        let opener = scenery.opener();
        Ok(Questions {
            tool: Tool::at(&scenery.ground),
            peers: scenery.peers.clone(),
            code: play
                .tally
                .quarantined
                .first()
                .map(|event| event.code.clone())
                .unwrap_or_default(),
            subjects: Subjects::of(play),
            opened: play.opened.clone(),
            queues: scenery.gateways().iter().map(queue).collect(),
            opener: (opener.code.to_owned(), opener.folder().to_owned()),
            ground: scenery.ground.clone(),
        })
    }

    /// Asks them; blocks for some seconds.
    pub fn ask(&self) -> Result<Finale, PeerError> {
        let border = PARTNERS[0].code;
        let Subjects { good, ended, unknown, late: _ } = &self.subjects;
        let shown = format!("{TRY}/shown.json");
        // What `open` is tried on.
        let certificate = format!("{TRY}/certificate.json");
        let sealed = self.tool.ask(OURS, &["seal", &certificate, "--to", border])?;
        std::fs::write(self.ground.join(TRY).join(LETTER), letter(sealed)?)?;
        let verdicts = [good, ended, &shown, unknown].map(|what| verdict(&self.tool, border, what));
        Ok(Finale {
            count: Count::take(&self.peers, &self.queues, &self.opener)?,
            lint: Lint::of(&self.opened.files)?,
            sample: self.opened.files.last().map(|file| self.sample(file)).transpose()?,
            verdicts: verdicts.into_iter().collect::<Result<_, _>>()?,
            remedy: remedy(&self.tool, &self.code)?,
        })
    }

    fn sample(&self, file: &OpenedFile) -> Result<Sample, PeerError> {
        let inside =
            |path: &Path| path.strip_prefix(&self.ground).unwrap_or(path).display().to_string();
        let laid_out = count::laid_out(&file.xml)?;
        let lines = laid_out.lines().skip_while(|line| !line.contains(BEGINS)).map(str::to_owned);
        Ok(Sample { file: inside(&file.xml), excerpt: lines.take(EXCERPT).collect() })
    }
}

fn verdict(tool: &Tool, of: &str, what: &str) -> Result<Verdict, PeerError> {
    let asked = tool.ask(of, &["verify", what, "--json"])?;
    let told: Value = serde_json::from_slice(&asked.out).unwrap_or_default();
    let reasons = told["reasons"].as_array().cloned().unwrap_or_default();
    Ok(Verdict {
        asked: what.to_owned(),
        verdict: told["verdict"].as_str().unwrap_or(asked.err.trim()).to_owned(),
        reasons: reasons.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

/// What `certpost check --explain` says to do about `code`.
fn remedy(tool: &Tool, code: &str) -> Result<String, PeerError> {
    let asked = tool.ask(OURS, &["check", "--explain", code, "--json"])?;
    let told: Value = serde_json::from_slice(&asked.out).unwrap_or_default();
    Ok(told["codes"][0]["remedy"].as_str().unwrap_or_default().to_owned())
}

/// The octets of a letter that `asked` printed.
pub fn letter(asked: Asked) -> Result<Vec<u8>, PeerError> {
    match asked.exit {
        Some(0) => Ok(asked.out),
        Some(_) | None => Err(PeerError::Failed { what: asked.line, words: asked.err }),
    }
}
