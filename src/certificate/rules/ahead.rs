//! Dates that lie ahead of the time at which they are read.

use std::time::Duration;

use super::super::catalogue::Code;
use super::super::document::Certificate;
use super::super::facts::Paths;
use super::super::finding::Finding;
use super::measures::is_day_before;
use crate::clock::Timestamp;

/// How far ahead a certificate may be issued: some are written for a day to
/// come, and clocks differ. A year that was mistyped is farther off.
const LENIENCE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// A certificate that was issued later than `at`, when it was there already:
/// when its letter was signed, or today.
pub fn ahead(certificate: &Certificate, paths: Paths, at: Timestamp) -> Option<Finding> {
    let issued = certificate.document()?.text("IssueDateTime")?;
    let latest = at.plus(LENIENCE);
    let is_ahead = match issued.parse::<Timestamp>() {
        Ok(issued) => latest < issued,
        Err(_) => is_day_before(&latest.to_string(), issued),
    };
    is_ahead.then(|| {
        let path = paths.of(&["SPSExchangedDocument", "IssueDateTime"]);
        let words = format!("the certificate was issued on {issued}, and it is {at}");
        Finding::new(Code::DateFuture, path, words, "look which day is meant, and at the clocks")
    })
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::super::super::table;
    use super::super::super::tree::Node;
    use super::*;

    #[test]
    fn three_months_ahead_are_no_future() {
        let at = "2026-08-23T10:00:00Z".parse().unwrap();
        for (issued, wanted) in [
            ("2026-11-20", false),
            ("2026-11-21", false),
            ("2026-11-22", true),
            ("2026-11-21T09:59:00Z", false),
            ("2026-11-21T10:01:00Z", true),
            ("2026-11-21T20:00:00+14:00", false),
            ("2126-11-20", true),
            ("1926-11-20", false),
            ("next week", false),
        ] {
            let document = Node::new(&table::EXCHANGED_DOCUMENT).with("IssueDateTime", issued);
            let root = Node::new(&table::CERTIFICATE).with_node("SPSExchangedDocument", document);
            let found = ahead(&Certificate::new(root), Paths::Xml, at);
            assert_eq!(found.is_some(), wanted, "{issued}");
        }
    }
}
