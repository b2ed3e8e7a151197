//! What a command answers: octets, words and an exit code.

use std::io::Read;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::paint::Paint;
use crate::certificate::Finding;
use crate::ledger::ContentType;

//------------ Exit ----------------------------------------------------------

/// The exit codes of every command, as the contract has them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// 0: yes.
    Yes,
    /// 1: no.
    No,
    /// 2: usage or configuration.
    Usage,
    /// 3: what was named is not there.
    Absent,
    /// 4: cannot tell now; something outside must change first.
    CannotTell,
    /// 70: a bug of ours.
    Bug,
}

impl Exit {
    /// The number the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::Usage => 2,
            Exit::Absent => 3,
            Exit::CannotTell => 4,
            Exit::Bug => 70,
        }
    }
}

//------------ Answer --------------------------------------------------------

/// What a command leaves behind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// For standard output, exactly.
    pub out: Vec<u8>,
    /// For standard error, a line each.
    pub remarks: Vec<String>,
    pub exit: Exit,
}

impl Answer {
    /// An answer of `exit` with nothing to print.
    pub fn new(exit: Exit) -> Self {
        Answer { out: Vec::new(), remarks: Vec::new(), exit }
    }

    /// An answer that prints `octets` as they are.
    pub fn octets(exit: Exit, octets: Vec<u8>) -> Self {
        Answer { out: octets, remarks: Vec::new(), exit }
    }

    /// An answer that prints `text` and a line end.
    pub fn text(exit: Exit, text: impl Into<String>) -> Self {
        let mut out = text.into().into_bytes();
        if !out.is_empty() && !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        Answer { out, remarks: Vec::new(), exit }
    }

    /// An answer that prints one JSON object on one line.
    pub fn json(exit: Exit, object: &impl Serialize) -> Self {
        match serde_json::to_string(object) {
            Ok(text) => Answer::text(exit, text),
            Err(fault) => {
                Answer::new(Exit::Bug).remark(format!("certpost: the answer is no JSON: {fault}"))
            }
        }
    }

    /// A failure: words for a person, or with `--json` an object of `schema`
    /// with `ok: false` and an `error`.
    pub fn failure(shared: &Shared, schema: &str, exit: Exit, words: impl Into<String>) -> Self {
        Answer::failure_for(shared, schema, exit, words, &[])
    }

    /// As [`Answer::failure`], for what `findings` say of a certificate.
    pub fn failure_for(
        shared: &Shared,
        schema: &str,
        exit: Exit,
        words: impl Into<String>,
        findings: &[Finding],
    ) -> Self {
        let words = words.into();
        let mut answer = if shared.json {
            let error = Cause { exit: exit.code(), words: &words };
            Answer::json(exit, &Failure { schema, ok: false, error, findings })
        } else {
            Answer::new(exit)
        };
        answer.remarks.push(words);
        answer
    }

    /// The same answer with one more line for standard error.
    pub fn remark(mut self, line: impl Into<String>) -> Self {
        self.remarks.push(line.into());
        self
    }
}

//------------ Failure -------------------------------------------------------

/// The answer of a command that could not do what it was asked.
#[derive(JsonSchema, Serialize)]
pub struct Failure<'a> {
    /// The schema of the command's own answers, as `certpost/check/1`.
    #[schemars(regex(pattern = "^certpost/[a-z-]+/[0-9]+$"))]
    schema: &'a str,
    #[schemars(extend("const" = false))]
    ok: bool,
    error: Cause<'a>,
    /// What is wrong with the certificate, where that is why; one of them at
    /// least is severe.
    #[serde(skip_serializing_if = "<[Finding]>::is_empty")]
    findings: &'a [Finding],
}

/// Why it could not.
#[derive(JsonSchema, Serialize)]
struct Cause<'a> {
    /// The exit code: 1 no, 2 usage or configuration, 3 what was named is not
    /// there, 4 cannot tell now, 70 a bug.
    #[schemars(extend("enum" = [1, 2, 3, 4, 70]))]
    exit: u8,
    /// What is wrong, for a person.
    words: &'a str,
}

//------------ Shared --------------------------------------------------------

/// What every command is told.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// `--config FILE`.
    pub config: Option<PathBuf>,
    /// `--json`.
    pub json: bool,
    /// Whether standard output wants colour; never with `--json`.
    pub paint: Paint,
    /// How wide the terminal is; absent where standard output is none.
    pub columns: Option<usize>,
}

/// The octets of a file, or of standard input where `path` is `-`; `limit`
/// octets at most are read, plus one to see that there were more.
pub fn read_input(path: &Path, limit: usize) -> std::io::Result<Vec<u8>> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut octets = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut octets)?;
    } else {
        let file = std::fs::File::open(path)?;
        // At once and not by doubling; one more, or the end is looked for in more.
        let size = file.metadata()?.len().min(limit).saturating_add(1);
        octets.reserve_exact(usize::try_from(size).unwrap_or_default());
        file.take(limit).read_to_end(&mut octets)?;
    }
    Ok(octets)
}

/// Which form a certificate's file has: XML if its first octet that is no
/// blank is `<`, JSON if it is `{`. A byte order mark is passed over.
pub fn content_type(octets: &[u8]) -> Option<ContentType> {
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    match octets.iter().find(|octet| !octet.is_ascii_whitespace()) {
        Some(b'<') => Some(ContentType::Xml),
        Some(b'{') => Some(ContentType::Json),
        Some(_) | None => None,
    }
}
