//! A file that holds a certificate: what it is, and what is wrong with it.

use std::path::Path;

use super::answer::read_input;
use super::paint::Paint;
use crate::certificate::catalogue::Code;
use crate::certificate::codes::List;
use crate::certificate::facts::Paths;
use crate::certificate::likeness::is_like;
use crate::certificate::rules::Strictness;
use crate::certificate::{Certificate, Document, Finding, Level, any_severe};
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

//------------ Examined ------------------------------------------------------

/// A file, read and judged.
pub(super) struct Examined {
    pub name: String,
    pub octets: Vec<u8>,
    pub format: Format,
    pub document: Option<Document>,
    /// Worst first, those of a level in the order of the document.
    pub findings: Vec<Finding>,
    /// What of the octets is no content.
    pub unsaid: sps::Unsaid,
}

impl Examined {
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
        let mut unsaid = sps::Unsaid::default();
        let (document, mut findings) = if octets.len() > limit {
            let words = format!("the file is larger than {limit} octets");
            let remedy = "part the certificate in several";
            (None, vec![Finding::new(Code::SubmissionTooLarge, "", words, remedy)])
        } else {
            match format {
                Format::Json => submission::check_document(&octets, strictness),
                Format::Neither => {
                    let words = "the file begins neither with < (XML) nor with { (JSON)";
                    (None, vec![Finding::new(Code::FileFormat, "", words, "give a certificate")])
                }
                Format::Xml => {
                    let reading = sps::read_document(&sps::SpsOctets::domestic(&octets));
                    unsaid = reading.unsaid;
                    (reading.certificate, reading.findings)
                }
            }
        };
        sort(&mut findings);
        Examined { name, octets, format, document, findings, unsaid }
    }

    /// The certificate, if it is one.
    pub(super) fn certificate(&self) -> Option<&Certificate> {
        match &self.document {
            Some(Document::Certificate(certificate)) => Some(certificate),
            Some(Document::Acknowledgement(_)) | None => None,
        }
    }

    /// How many findings have this level.
    pub(super) fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// The certificate's id; absent if it cannot be told, or is an answer's.
    pub(super) fn id(&self) -> Option<String> {
        let facts = self.certificate()?.facts().ok()?;
        Some(facts.id.to_string())
    }

    /// Why a certificate that can be read cannot be named: a submission of it is
    /// refused; one of a partner's is taken for what it is, but not recorded.
    pub(super) fn unnamed(&self) -> Vec<Finding> {
        let paths = self.paths();
        let level = if paths == Paths::Json { Level::Severe } else { Level::Warning };
        let Some(certificate) = self.certificate().filter(|_| !any_severe(&self.findings)) else {
            return Vec::new();
        };
        let missing = certificate.facts_by(paths).err().unwrap_or_default();
        // What has been told to be missing need not be told to be missed.
        let is_told = |missing: &Finding| {
            missing.code == Code::FactsMissing
                && self.findings.iter().any(|told| is_of_way(told, &missing.path))
        };
        let untold = missing.into_iter().filter(|missing| !is_told(missing));
        untold.map(|finding| finding.at_level(level)).collect()
    }

    /// How the paths of its findings are written.
    pub(super) fn paths(&self) -> Paths {
        match self.format {
            Format::Json => Paths::Json,
            Format::Neither | Format::Xml => Paths::Xml,
        }
    }

    /// The status as written.
    pub(super) fn status(&self) -> Option<String> {
        self.document.as_ref()?.status().map(str::to_owned)
    }

    /// Its type and its status in words, as far as the lists know them.
    pub(super) fn named(&self) -> Option<String> {
        let kind = self.certificate().and_then(Certificate::document);
        let kind = kind.and_then(|document| document.text("TypeCode"));
        let kind = kind.and_then(|code| List::DocumentName.told(code));
        let status = self.status().and_then(|code| List::Status.told(&code));
        let words: Vec<String> = kind.into_iter().chain(status).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// A finding on one line for a person, so that an editor can go there.
    pub(super) fn line(&self, finding: &Finding, paint: Paint) -> String {
        line(&self.name, finding, paint)
    }
}

/// Puts the worst first, those of a level as they stand in the text.
pub(super) fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| {
        (finding.level, finding.line.is_none(), finding.line, finding.column)
    });
}

/// Whether a finding says that something on the way to `path` is absent, or
/// stands there by a mistyped name or as text alone.
fn is_of_way(told: &Finding, path: &str) -> bool {
    let plain = |path: &str| path.replace("[1]", "");
    let (found, wanted) = (plain(&told.path), plain(path));
    let steps: Vec<(&str, &str)> = found.split('/').zip(wanted.split('/')).collect();
    let Some(((found, wanted), before)) = steps.split_last() else { return false };
    let same_way = before.iter().all(|(found, wanted)| found == wanted);
    same_way
        && told.path.matches('/').count() < steps.len()
        && match told.code {
            Code::ElementAbsent | Code::ElementEmpty | Code::TextStray => found == wanted,
            Code::ElementUnknown => is_like(found, wanted),
            Code::AttributeUnknown => found == wanted && told.remedy.contains("as an element"),
            _ => false,
        }
}

/// A finding about the file called `name`, on one line for a person.
pub(super) fn line(name: &str, finding: &Finding, paint: Paint) -> String {
    let mut place = name.to_owned();
    if let (Some(line), Some(column)) = (finding.line, finding.column) {
        place.push_str(&format!(":{line}:{column}"));
    }
    let Finding { level, code, path, words, remedy, .. } = finding;
    let path = if path.is_empty() { String::new() } else { format!(" {}", visible(path)) };
    format!(
        "{}: {} {}{}: {}; {}",
        visible(&place),
        paint.level(*level, level.as_str()),
        paint.strong(code.as_str()),
        paint.faint(&path),
        visible(words),
        visible(remedy)
    )
}

/// Text from outside as it may be shown on a terminal.
pub(super) use super::terminal::shown as visible;
