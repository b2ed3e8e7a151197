//! Findings: what is wrong with a certificate, for the one who can mend it.

use serde::Serialize;

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

//------------ Finding -------------------------------------------------------

/// One thing wrong with a certificate, or with the submission that holds it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub level: Level,
    pub area: Area,
    /// `area.code` of the catalogue, as `country.unknown`.
    pub code: &'static str,
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
    /// A severe finding without a place in the text.
    pub fn severe(
        area: Area,
        code: &'static str,
        path: impl Into<String>,
        words: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Finding {
            level: Level::Severe,
            area,
            code,
            path: path.into(),
            line: None,
            column: None,
            words: words.into(),
            remedy: remedy.into(),
        }
    }

    /// The same finding at another level.
    pub fn at_level(self, level: Level) -> Self {
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
