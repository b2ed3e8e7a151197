//! Findings: what is wrong with a certificate, for the one who can mend it.

use serde::Serialize;

use super::catalogue::Code;

//------------ Level ---------------------------------------------------------

/// How bad a finding is; the IPPC Hub's three levels, worst first.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The certificate cannot be used as it is.
    Severe,
    /// It can be used; somebody should mend its source.
    Warning,
    /// Worth knowing.
    Info,
}

impl Level {
    /// The level as the contracts write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Severe => "severe",
            Level::Warning => "warning",
        }
    }
}

//------------ Area ----------------------------------------------------------

/// Which part of the rules a finding is about; the IPPC Hub's three areas.
#[derive(
    Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// An element that must be there.
    MandatoryElements,
    /// A value that does not mean what its place wants.
    Mapping,
    /// The form of the document.
    Schema,
}

impl Area {
    /// The area as the contracts write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Area::MandatoryElements => "mandatory-elements",
            Area::Mapping => "mapping",
            Area::Schema => "schema",
        }
    }
}

//------------ Finding -------------------------------------------------------

/// One thing wrong with a certificate, or with the submission that holds it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub level: Level,
    pub area: Area,
    /// What it is, as the catalogue has it.
    pub code: Code,
    /// Local names with positions (XML) or a JSON Pointer; `""` is the whole.
    pub path: String,
    /// Counted from 1; absent where there is no text to point into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Counted from 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What is wrong.
    pub words: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    /// A finding at the usual level of its code, without a place in the text.
    pub fn new(
        code: Code,
        path: impl Into<String>,
        words: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let level = code.levels().first().copied().unwrap_or(Level::Severe);
        Finding {
            level,
            area: code.area(),
            code,
            path: path.into(),
            line: None,
            column: None,
            words: words.into(),
            remedy: remedy.into(),
        }
    }

    /// The same finding at another level, one of those its code has.
    pub fn at_level(self, level: Level) -> Self {
        debug_assert!(self.code.levels().contains(&level), "{} is never {level:?}", self.code);
        Finding { level, ..self }
    }

    /// The same finding with its place in the text.
    pub fn at_place(self, line: u32, column: u32) -> Self {
        Finding { line: Some(line), column: Some(column), ..self }
    }
}

/// Whether any of `findings` is severe.
pub fn any_severe(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.level == Level::Severe)
}
