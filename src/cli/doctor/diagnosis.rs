//! A diagnosis: checks, their verdicts, and how they are shown.

use schemars::JsonSchema;
use serde::Serialize;

use crate::certificate::Level;
use crate::cli::document::visible;
use crate::cli::paint::Paint;

const SCHEMA: &str = "certpost/doctor/1";

//------------ Area ----------------------------------------------------------

/// What a check is about, in the order in which they are shown.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// certpost.toml, partners.toml and the certificates they name.
    Configuration,
    /// Who may read the files with secrets.
    Files,
    /// Our keys and the partners', with their dates.
    Keys,
    /// The library that opens letters.
    OpenSsl,
    /// Where we listen.
    Doors,
    /// Room for the ledger.
    Disk,
    /// What is on record.
    Ledger,
    /// What waits at the partners, and why.
    Lanes,
    /// The machine's time.
    Clock,
    /// The queues and their policies.
    Broker,
    /// The way to each partner.
    Routes,
}

impl Area {
    const fn as_str(self) -> &'static str {
        match self {
            Area::Configuration => "configuration",
            Area::Files => "files",
            Area::Keys => "keys",
            Area::OpenSsl => "openssl",
            Area::Doors => "doors",
            Area::Disk => "disk",
            Area::Ledger => "ledger",
            Area::Lanes => "lanes",
            Area::Clock => "clock",
            Area::Broker => "broker",
            Area::Routes => "routes",
        }
    }
}

//------------ Verdict -------------------------------------------------------

/// What a check came to.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// In order.
    Ok,
    /// It works; somebody should look, or it could not be seen.
    Warn,
    /// Something does not work until it is mended.
    Fail,
}

//------------ Check ---------------------------------------------------------

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Check {
    pub area: Area,
    /// What was looked at, within the area.
    pub name: String,
    pub verdict: Verdict,
    /// What was found, for a person.
    pub words: String,
    /// What to do about it; null where nothing is to be done.
    pub remedy: Option<String>,
}

//------------ Checks --------------------------------------------------------

/// Checks as they are made.
#[derive(Clone, Debug, Default)]
pub struct Checks(Vec<Check>);

impl Checks {
    /// Something is in order.
    pub fn ok(&mut self, area: Area, name: impl Into<String>, words: impl Into<String>) {
        self.add(area, name.into(), Verdict::Ok, words.into(), None);
    }

    /// Somebody should look.
    pub fn warn(
        &mut self,
        area: Area,
        name: impl Into<String>,
        words: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(area, name.into(), Verdict::Warn, words.into(), Some(remedy.into()));
    }

    /// Something does not work.
    pub fn fail(
        &mut self,
        area: Area,
        name: impl Into<String>,
        words: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(area, name.into(), Verdict::Fail, words.into(), Some(remedy.into()));
    }

    /// As bad as `verdict` says.
    pub fn add(
        &mut self,
        area: Area,
        name: String,
        verdict: Verdict,
        words: String,
        remedy: Option<String>,
    ) {
        self.0.push(Check { area, name, verdict, words, remedy });
    }

    /// The checks of another part as well.
    pub fn extend(&mut self, others: Checks) {
        self.0.extend(others.0);
    }

    /// Whether a check of one of `areas` failed.
    pub fn failed(&self, areas: &[Area]) -> bool {
        self.0.iter().any(|check| check.verdict == Verdict::Fail && areas.contains(&check.area))
    }
}

//------------ Diagnosis -----------------------------------------------------

/// Whether everything that the gateway stands on is in order.
#[derive(JsonSchema, Serialize)]
pub struct Diagnosis {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Whether no check failed.
    ok: bool,
    /// How many failed.
    fails: usize,
    /// How many warn.
    warnings: usize,
    /// By area.
    checks: Vec<Check>,
}

impl Diagnosis {
    /// Of all checks.
    pub fn of(checks: Checks) -> Self {
        let mut checks = checks.0;
        checks.sort_by_key(|check| check.area);
        let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
        let (fails, warnings) = (count(Verdict::Fail), count(Verdict::Warn));
        Diagnosis { schema: SCHEMA, ok: fails == 0, fails, warnings, checks }
    }

    /// Whether no check failed.
    pub fn ok(&self) -> bool {
        self.ok
    }

    /// For a person: by area, what is in order in a line, remedies below; the
    /// sum of it comes last.
    pub fn lines(&self, paint: Paint) -> Vec<String> {
        let mut lines = Vec::new();
        let mut area = None;
        for check in &self.checks {
            if area != Some(check.area) {
                lines.push(paint.strong(check.area.as_str()));
                area = Some(check.area);
            }
            let verdict = match check.verdict {
                Verdict::Ok => paint.good("ok  "),
                Verdict::Warn => paint.level(Level::Warning, "warn"),
                Verdict::Fail => paint.level(Level::Severe, "fail"),
            };
            lines.push(format!("  {verdict}  {}: {}", visible(&check.name), visible(&check.words)));
            lines.extend(check.remedy.iter().map(|remedy| format!("        {}", visible(remedy))));
        }
        let good = self.checks.len() - self.fails - self.warnings;
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let (fails, warnings) =
            (format!("{} failed", self.fails), plural(self.warnings, "warning"));
        let fails = match self.fails {
            0 => paint.good(&fails),
            _ => paint.level(Level::Severe, &fails),
        };
        let warnings = match self.warnings {
            0 => warnings,
            _ => paint.level(Level::Warning, &warnings),
        };
        lines.push(format!("{good} ok, {warnings}, {fails}"));
        lines
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouped_by_area_with_the_sum_last() {
        let mut checks = Checks::default();
        checks.fail(Area::Routes, "HM: connect", "refused", "ask them");
        checks.ok(Area::Files, "identity[1].key", "ours alone");
        checks.warn(Area::Files, "ledger", "another's", "become it");
        assert!(checks.failed(&[Area::Routes]) && !checks.failed(&[Area::Files]));
        let diagnosis = Diagnosis::of(checks);
        assert!(!diagnosis.ok());
        let wanted = [
            "files",
            "  ok    identity[1].key: ours alone",
            "  warn  ledger: another's",
            "        become it",
            "routes",
            "  fail  HM: connect: refused",
            "        ask them",
            "1 ok, 1 warning, 1 failed",
        ];
        assert_eq!(diagnosis.lines(Paint::default()), wanted);
        assert!(diagnosis.lines(Paint::always()).join("").contains("\u{1b}[31m"));
    }
}
