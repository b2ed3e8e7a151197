//! Rejections: what a producer gets back, and how much of it fits a header.

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::admission::Refused;
use crate::certificate::finding::Finding;
use crate::delivery::Reason;
use crate::ledger::Rejection;
use crate::queue::Claim;

/// A larger header breaks the broker connection.
const MOST_FINDINGS: usize = 20;
const MOST_OCTETS: usize = 16 << 10;

/// The rejection of a claim.
pub fn reject(claim: Claim, refused: Refused) -> Rejection {
    let mut findings = refused.findings;
    findings.sort_by_key(|finding| finding.level);
    let reason = match findings.first() {
        Some(first) => Reason { code: first.code.as_str().to_owned(), words: first.words.clone() },
        None => Reason { code: "submission.refused".to_owned(), words: String::new() },
    };
    Rejection {
        message_id: rejection_id(claim.message_id.as_deref().unwrap_or_default(), &claim.body),
        original_message_id: claim.message_id,
        content_type: claim.content_type,
        body: claim.body,
        findings_total: u32::try_from(findings.len()).unwrap_or(u32::MAX),
        findings: limited(&findings),
        id: refused.id,
        reason,
    }
}

/// `rej-` and the digest of the original id, a NUL and the body: the same
/// submission rejected again is the same rejection.
fn rejection_id(original: &str, body: &[u8]) -> String {
    let digest =
        Sha256::new().chain_update(original).chain_update([0]).chain_update(body).finalize();
    format!("rej-{}", HEXLOWER.encode(&digest))
}

/// As many findings as the header holds, worst first, as a JSON array.
fn limited(findings: &[Finding]) -> String {
    let mut text = String::from("[");
    for finding in findings.iter().take(MOST_FINDINGS) {
        let one = serde_json::to_value(shortened(finding)).unwrap_or(Value::Null).to_string();
        // A comma and the closing bracket.
        if text.len() + one.len() + 2 > MOST_OCTETS {
            break;
        }
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&one);
    }
    text.push(']');
    text
}

/// A finding whose texts quote a certificate may be of any length.
fn shortened(finding: &Finding) -> Finding {
    let short = |text: &str| text.chars().take(400).collect::<String>();
    Finding {
        path: short(&finding.path),
        words: short(&finding.words),
        remedy: short(&finding.remedy),
        ..finding.clone()
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::catalogue::Code;

    #[test]
    fn a_header_never_passes_its_limit() {
        let wide = "鲜".repeat(5_000);
        let finding = Finding::new(Code::DateNone, wide.clone(), wide.clone(), wide);
        let text = limited(&vec![finding; 30]);
        assert!(text.len() <= MOST_OCTETS, "{}", text.len());
        let read: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert!(!read.is_empty() && read.len() <= MOST_FINDINGS);
    }

    #[test]
    fn the_same_again_has_the_same_name() {
        assert_eq!(rejection_id("a", b"b"), rejection_id("a", b"b"));
        assert_ne!(rejection_id("a", b"b"), rejection_id("ab", b""));
    }
}
