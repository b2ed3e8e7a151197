//! `certpost check --explain`: what a code means and what to do about it; and
//! the page of all codes, which is generated from the same words.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Exit, Shared};
use super::paint::Paint;
use crate::certificate::{Area, Level, catalogue};
use crate::receipt::{DsnCode, ReceiptCode};
use crate::refusal;

const SCHEMA: &str = "certpost/explain/1";

/// What a person asks for to see every code.
const ALL: &str = "all";

/// Explains one code, or with `all` every one.
pub fn run(code: &str, shared: &Shared) -> Answer {
    let found: Vec<Explained> =
        every().into_iter().filter(|known| code == ALL || known.code == code).collect();
    if found.is_empty() {
        let mut near: Vec<&str> = every().iter().map(|known| known.code).collect();
        near.retain(|known| alike(known, code));
        let common =
            |known: &&str| known.chars().zip(code.chars()).take_while(|(a, b)| a == b).count();
        near.sort_by_key(|known| std::cmp::Reverse(common(known)));
        near.truncate(5);
        let hint = match near.as_slice() {
            [] => "certpost check --explain all lists every code".to_owned(),
            near => format!("did you mean {}?", near.join(", ")),
        };
        return Answer::failure(shared, SCHEMA, Exit::Absent, format!("no code {code}; {hint}"));
    }
    if shared.json {
        return Answer::json(Exit::Yes, &Codes { schema: SCHEMA, ok: true, codes: found });
    }
    let told: Vec<String> = found.iter().map(|code| code.told(shared.paint)).collect();
    Answer::text(Exit::Yes, told.join("\n\n"))
}

/// Whether a code shares a part with what was typed.
fn alike(code: &str, typed: &str) -> bool {
    let mut parts = typed.split(['.', '-', ':']).filter(|part| part.len() > 2);
    parts.any(|part| code.contains(part))
}

//------------ Explained -----------------------------------------------------

/// What `certpost check --explain` answers.
#[derive(JsonSchema, Serialize)]
pub struct Codes {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Always true: what cannot be explained is a failure.
    ok: bool,
    codes: Vec<Explained>,
}

/// A code, with its words.
#[derive(JsonSchema, Serialize)]
struct Explained {
    code: &'static str,
    /// Of a finding: what it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    area: Option<Area>,
    /// Of a finding: the levels it is told at, the usual one first.
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<&'static [Level]>,
    /// Of a refusal: the number of the gate that refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<u8>,
    /// Of a receipt that does not count: the step that found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u8>,
    /// What it means, in a sentence or two.
    meaning: &'static str,
    /// What to do about it.
    remedy: &'static str,
}

/// Every code there is: findings by name, refusals by gate, receipts by step,
/// reports.
fn every() -> Vec<Explained> {
    let findings = catalogue::Code::ALL.iter().map(|code| Explained {
        code: code.as_str(),
        area: Some(code.area()),
        levels: Some(code.levels()),
        gate: None,
        step: None,
        meaning: code.meaning(),
        remedy: code.remedy(),
    });
    let refusals = refusal::Code::ALL.iter().map(|code| Explained {
        code: code.as_str(),
        area: None,
        levels: None,
        gate: Some(code.gate()),
        step: None,
        meaning: code.meaning(),
        remedy: code.remedy(),
    });
    let receipts = ReceiptCode::ALL.iter().map(|code| Explained {
        code: code.as_str(),
        area: None,
        levels: None,
        gate: None,
        step: Some(code.step()),
        meaning: code.meaning(),
        remedy: code.remedy(),
    });
    let reports = DsnCode::ALL.iter().map(|code| Explained {
        code: code.as_str(),
        area: None,
        levels: None,
        gate: None,
        step: None,
        meaning: code.meaning(),
        remedy: code.remedy(),
    });
    findings.chain(refusals).chain(receipts).chain(reports).collect()
}

impl Explained {
    fn told(&self, paint: Paint) -> String {
        let kind = match (self.area.zip(self.levels), self.gate, self.step) {
            (Some((area, levels)), _, _) => {
                format!("a finding: {}, {}", names(levels), area.as_str())
            }
            (None, Some(gate), _) => format!("a refusal of gate {gate}"),
            (None, None, Some(step)) => format!("of a receipt, step {step}"),
            (None, None, None) => "of a report from the road".to_owned(),
        };
        format!(
            "{} ({kind})\n  {}\n  What to do: {}",
            paint.strong(self.code),
            self.meaning,
            self.remedy
        )
    }
}

fn names(levels: &[Level]) -> String {
    let names: Vec<&str> = levels.iter().map(|level| level.as_str()).collect();
    names.join(" or ")
}

//------------ The page ------------------------------------------------------

/// The page of all codes, `queue-config/CODES.md`.
pub fn page() -> String {
    let mut out = String::from(
        "# Every code\n\n\
         Made from the program's own catalogue; a test compares. `certpost check --explain CODE` says the same.\n\
         Codes are never given another meaning and never taken away.\n\n\
         ## Findings\n\n\
         What is wrong with a certificate, with a submission, or with the letter that brought one. `severe`: it cannot\n\
         be used, and a submission is refused; `warning`: it is used, and somebody should mend its source; `info`: worth\n\
         knowing.\n\n\
         | code | level | area | what it means | what to do |\n|---|---|---|---|---|\n",
    );
    let cell = |text: &str| text.replace('|', "\\|");
    for code in every() {
        if let (Some(area), Some(levels)) = (code.area, code.levels) {
            out.push_str(&format!(
                "| `{}` | {} | {} | {} | {} |\n",
                code.code,
                names(levels),
                area.as_str(),
                cell(code.meaning),
                cell(code.remedy)
            ));
        }
    }
    out.push_str(
        "\n## Refusals\n\n\
         Why a gate refused a letter: it lies in quarantine with its code, and nobody outside is told. The gates are\n\
         passed in this order, and the first that refuses is the one told. Those of gate 9 are findings as well: for\n\
         them `certpost check` is the gate.\n\n\
         | gate | code | what it means | what to do |\n|---|---|---|---|\n",
    );
    for code in every() {
        if let Some(gate) = code.gate {
            out.push_str(&format!(
                "| {gate} | `{}` | {} | {} |\n",
                code.code,
                cell(code.meaning),
                cell(code.remedy)
            ));
        }
    }
    out.push_str(
        "\n## Receipts\n\n\
         Why a receipt does not count, or counts for less. It is judged in thirteen steps; the first that says no is the\n\
         one told.\n\n\
         | step | code | what it means | what to do |\n|---|---|---|---|\n",
    );
    for code in every() {
        if let Some(step) = code.step {
            out.push_str(&format!(
                "| {step} | `{}` | {} | {} |\n",
                code.code,
                cell(code.meaning),
                cell(code.remedy)
            ));
        }
    }
    out.push_str(
        "\n## Reports from the road\n\n\
         What a relay says of a letter of ours (RFC 3464). Nobody signs it: it may fail or delay a delivery, and never\n\
         confirms one.\n\n\
         | code | what it means | what to do |\n|---|---|---|\n",
    );
    for code in DsnCode::ALL {
        out.push_str(&format!(
            "| `{}` | {} | {} |\n",
            code.as_str(),
            cell(code.meaning()),
            cell(code.remedy())
        ));
    }
    out
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_explained() {
        let shared = Shared::default();
        let told = |code: &str| {
            let answer = run(code, &shared);
            (answer.exit, String::from_utf8(answer.out).unwrap(), answer.remarks.join("\n"))
        };
        let (exit, out, _) = told("country.unknown");
        assert_eq!(exit, Exit::Yes);
        assert!(out.contains("ISO 3166-1") && out.contains("What to do: "), "{out}");
        assert!(told("octets.nul").1.contains("gate 1"));
        assert_eq!(told("all").1.matches("What to do: ").count(), every().len());
        let (exit, out, remarks) = told("country.unknwon");
        assert_eq!((exit, out.as_str()), (Exit::Absent, ""));
        assert!(remarks.contains("country.unknown"), "{remarks}");
        assert!(told("zzz").2.contains("--explain all"));
    }

    #[test]
    fn the_page_is_what_the_program_says() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/queue-config/CODES.md");
        if std::env::var_os("CERTPOST_WRITE_GOLDEN").is_some() {
            std::fs::write(file, page()).unwrap();
        }
        let written = std::fs::read_to_string(file).unwrap();
        assert!(
            written == page(),
            "queue-config/CODES.md is not what `explain` makes: \
            run the tests with CERTPOST_WRITE_GOLDEN=1"
        );
    }
}
