//! What certpost knows of a certificate beside what it says: where it was
//! taken from, and what it is today.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::words::Label;
use crate::certificate::codes::List;
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
    /// yet. `status` is the one that the document holds.
    pub fn marks(&self, status: &str) -> Vec<[String; 2]> {
        let mut marks = Vec::new();
        if self.is_training() {
            let Label { english, chinese, .. } = Label::TRAINING;
            marks.push([english.to_owned(), chinese.to_owned()]);
        }
        let today = self.current.as_deref().and_then(Current::named);
        let today = today.map_or(status, |current| current.code());
        if let Some([english, chinese]) = mark(today) {
            marks.push([english.to_owned(), chinese.to_owned()]);
        }
        marks
    }
}

/// What is written across a certificate with a status that is not "issued"; of
/// one that says no status of its own life, nothing.
fn mark(status: &str) -> Option<[&'static str; 2]> {
    Some(match status {
        "39" => ["APPROVED – not issued", "已批准 – 未签发"],
        "40" => ["WITHDRAWN", "已撤销"],
        "41" => ["REJECTED", "已拒绝"],
        "42" => ["APPROVAL PENDING", "待批准"],
        "44" => ["REPLACED", "已被替代"],
        "47" => ["DRAFT", "草稿"],
        "64" => ["CANCELLED", "已取消"],
        _ => return None,
    })
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
        }
        let about = |current: Option<&str>, environment| {
            About::of("a".into(), "xml", b"", current.map(str::to_owned), environment)
        };
        let withdrawn = about(Some("withdrawn"), Environment::Training);
        let marks = withdrawn.marks("70");
        assert_eq!(marks.len(), 2);
        assert_eq!(marks[1], ["WITHDRAWN", "已撤销"]);
        assert_eq!(withdrawn.today().as_deref(), Some("Withdrawn 已撤销"));
        assert!(about(Some("issued"), Environment::Live).marks("47").is_empty());
        assert_eq!(about(None, Environment::Live).marks("47")[0][1], "草稿");
    }
}
