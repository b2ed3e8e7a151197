//! A file that holds a certificate: what it is, and what is wrong with it.

use std::path::Path;

use super::answer::read_input;
use crate::certificate::catalogue::Code;
use crate::certificate::rules::Strictness;
use crate::certificate::{Certificate, Finding, Level};
use crate::{sps, submission};

/// The largest file read: no letter is larger.
pub(super) const FILE_LIMIT: usize = 25 * 1024 * 1024;

//------------ Format --------------------------------------------------------

/// How a certificate is written in a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Json,
    Neither,
    Xml,
}

impl Format {
    /// By the first octet that is no blank: `<` is XML, `{` is JSON.
    pub(super) fn of(octets: &[u8]) -> Self {
        let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
        match octets.iter().find(|octet| !octet.is_ascii_whitespace()) {
            // The starts of UTF-16, which the gate refuses by its name.
            Some(b'<' | 0xFE | 0xFF | 0) => Format::Xml,
            Some(b'{') => Format::Json,
            Some(_) | None => Format::Neither,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Neither => "unknown",
            Format::Xml => "xml",
        }
    }
}

//------------ Document ------------------------------------------------------

/// A file, read and judged.
pub(super) struct Document {
    pub name: String,
    pub octets: Vec<u8>,
    pub format: Format,
    pub certificate: Option<Certificate>,
    pub findings: Vec<Finding>,
}

impl Document {
    /// Reads a file; the words if it is not there.
    pub(super) fn read(path: &Path, strictness: Strictness) -> Result<Self, String> {
        let name = path.display().to_string();
        let octets = read_input(path, FILE_LIMIT).map_err(|fault| format!("{name}: {fault}"))?;
        Ok(Self::judged(name, octets, strictness))
    }

    /// Judges octets as a certificate; `strictness` is for JSON, as XML is
    /// always read like a received one.
    pub(super) fn judged(name: String, octets: Vec<u8>, strictness: Strictness) -> Self {
        let format = Format::of(&octets);
        let limit = match format {
            Format::Json => submission::BODY_LIMIT,
            Format::Neither | Format::Xml => FILE_LIMIT,
        };
        let (certificate, findings) = if octets.len() > limit {
            let words = format!("the file is larger than {limit} octets");
            (None, vec![whole(Code::SubmissionTooLarge, words, "part the certificate in several")])
        } else {
            match format {
                Format::Json => submission::check_json(&octets, strictness),
                Format::Neither => {
                    let words = "the file begins neither with < (XML) nor with { (JSON)";
                    let finding = whole(Code::FileFormat, words.to_owned(), "give a certificate");
                    (None, vec![finding])
                }
                Format::Xml => {
                    let reading = sps::read(&sps::SpsOctets::domestic(&octets));
                    (reading.certificate, reading.findings)
                }
            }
        };
        Document { name, octets, format, certificate, findings }
    }

    /// How many findings have this level.
    pub(super) fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// The certificate's id, or as much of it as there is: nothing.
    pub(super) fn id(&self) -> Option<String> {
        let facts = self.certificate.as_ref()?.facts().ok()?;
        Some(facts.id.to_string())
    }

    /// The certificate's status as written.
    pub(super) fn status(&self) -> Option<String> {
        let document = self.certificate.as_ref()?.document()?;
        document.text("StatusCode").map(str::to_owned)
    }

    /// A finding on one line for a person.
    pub(super) fn line(&self, finding: &Finding) -> String {
        let level = match finding.level {
            Level::Info => "info",
            Level::Severe => "severe",
            Level::Warning => "warning",
        };
        let mut place = self.name.clone();
        if let (Some(line), Some(column)) = (finding.line, finding.column) {
            place.push_str(&format!(":{line}:{column}"));
        }
        let Finding { code, path, words, remedy, .. } = finding;
        let path = if path.is_empty() { String::new() } else { format!(" {path}") };
        let line = format!("{place}: {level} {code}{path}: {words}; {remedy}");
        line.chars().map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter }).collect()
    }
}

fn whole(code: Code, words: String, remedy: &str) -> Finding {
    Finding::new(code, "", words, remedy)
}
