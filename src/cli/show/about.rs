//! What certpost knows of a certificate beside what it says: where it was
//! taken from, and what it is today.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::sheet::Rendering;
use super::words::Label;
use crate::certificate::codes::{Language, List};
use crate::certificate::life::Current;
use crate::letter::Environment;

//------------ About ---------------------------------------------------------

/// What stands around the certificate.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// The file, or the record in the ledger, in words.
    pub source: String,
    /// `xml` or `json`.
    pub format: &'static str,
    /// Of the octets, hex.
    pub sha256: String,
    /// What it is today, where the ledger knows, as `withdrawn`.
    pub current: Option<String>,
    pub environment: Environment,
}

impl About {
    pub fn of(
        source: String,
        format: &'static str,
        octets: &[u8],
        current: Option<String>,
        environment: Environment,
    ) -> About {
        let sha256 = HEXLOWER.encode(&Sha256::digest(octets));
        About { source, format, sha256, current, environment }
    }

    pub fn is_training(&self) -> bool {
        self.environment == Environment::Training
    }

    /// What it is today, in both languages.
    pub fn today(&self) -> Option<String> {
        let current = self.current.as_deref()?;
        let named = Current::named(current).and_then(|current| List::Status.told(current.code()));
        Some(named.unwrap_or_else(|| current.to_owned()))
    }

    /// What is to be seen from afar: that it is not valid, or no longer, or not
    /// yet. What it is today goes before what the document says; a document that
    /// was not issued is none of the one that was.
    pub fn marks(&self, rendering: &Rendering) -> Vec<[String; 2]> {
        let label = |label: Label| [label.english.to_owned(), label.chinese.to_owned()];
        let mut marks = Vec::new();
        if self.is_training() {
            marks.push(label(Label::TRAINING));
        }
        match rendering {
            Rendering::Answer => marks.push(label(Label::NO_CERTIFICATE)),
            Rendering::Certificate { status, unclear } => {
                marks.extend(unclear_mark(unclear));
                let today = self.current.as_deref().and_then(Current::named);
                marks.extend(today.and_then(|current| mark(current.code())));
                marks.extend(mark(status));
                marks.dedup();
            }
        }
        marks
    }
}

/// Across a certificate that does not say one thing of each.
fn unclear_mark(of: &[[&str; 2]]) -> Option<[String; 2]> {
    let (english, chinese): (Vec<&str>, Vec<&str>) = of.iter().map(|[a, b]| (*a, *b)).unzip();
    let mark = [
        format!("{}: {}", Label::UNCLEAR.english, english.join(", ")),
        format!("{}：{}", Label::UNCLEAR.chinese, chinese.join("、")),
    ];
    (!of.is_empty()).then_some(mark)
}

/// What is written across a certificate with a status that is not "issued".
fn mark(status: &str) -> Option<[String; 2]> {
    let name = |language| List::Status.name_in(language, status);
    let [english, chinese] = match status {
        "70" => return None,
        "39" => ["APPROVED – not issued", "已批准 – 未签发"],
        "40" => ["WITHDRAWN", "已撤销"],
        "41" => ["REJECTED", "已拒绝"],
        "42" => ["APPROVAL PENDING", "待批准"],
        "44" => ["REPLACED", "已被替代"],
        "47" => ["DRAFT", "草稿"],
        "64" => ["CANCELLED", "已取消"],
        "" => ["NOT ISSUED – no status stated", "未签发 – 未载状态"],
        listed => match (name(Language::English), name(Language::Chinese)) {
            (Some(english), Some(chinese)) => {
                return Some([
                    format!("NOT ISSUED – {english} ({listed})"),
                    format!("未签发 – {chinese} ({listed})"),
                ]);
            }
            (_, _) => ["NOT ISSUED – status not in the list", "未签发 – 状态不在代码表中"],
        },
    };
    Some([english.to_owned(), chinese.to_owned()])
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Status;

    #[test]
    fn every_state_of_a_life_has_its_status_and_only_issued_no_mark() {
        for code in ["39", "40", "41", "42", "44", "47", "64", "70"] {
            let status: Status = code.parse().unwrap();
            let current = Current::of(&status).unwrap();
            assert_eq!(Current::named(current.as_str()).map(Current::code), Some(code));
            assert_eq!(mark(code).is_none(), code == "70", "{code}");
            // A life's own status has its own words.
            assert!(mark(code).is_none_or(|[mark, _]| !mark.contains('(')), "{code}");
        }
        let about = |current: Option<&str>, environment| {
            About::of("a".into(), "xml", b"", current.map(str::to_owned), environment)
        };
        let of = |status: &str| Rendering::Certificate {
            status: status.to_owned(),
            unclear: Vec::new(),
        };
        let withdrawn = about(Some("withdrawn"), Environment::Training);
        let marks = withdrawn.marks(&of("70"));
        assert_eq!(marks.len(), 2);
        assert_eq!(marks[1], ["WITHDRAWN", "已撤销"]);
        assert_eq!(withdrawn.today().as_deref(), Some("Withdrawn 已撤销"));
        assert_eq!(withdrawn.marks(&of("40")), marks);
        assert!(about(Some("issued"), Environment::Live).marks(&of("70")).is_empty());
        assert_eq!(about(Some("issued"), Environment::Live).marks(&of("47"))[0][1], "草稿");
        assert_eq!(about(None, Environment::Live).marks(&of("47"))[0][1], "草稿");
    }
}
