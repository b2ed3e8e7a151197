//! A certificate as JSON: what is taken is rendered and taken again as it is,
//! and what a submission may be is written without any finding of form.

use super::check_written;
use crate::certificate::any_severe;
use crate::certificate::rules::Strictness;
use crate::submission::{check_json, to_json};

pub fn run(octets: &[u8]) {
    for strictness in [Strictness::Submission, Strictness::Received] {
        let (certificate, findings) = check_json(octets, strictness);
        let places = findings.iter().filter_map(|finding| finding.line);
        let lines = octets.iter().filter(|octet| **octet == b'\n').count() + 1;
        assert!(places.into_iter().all(|line| (1..=lines).contains(&(line as usize))));
        let Some(certificate) = certificate.filter(|_| !any_severe(&findings)) else {
            assert!(any_severe(&findings), "it is refused without a word");
            continue;
        };
        if certificate.has_extras() {
            // XML in JSON may be spelled in any way, and may be anything, also
            // what the schema has: it is settled once it was XML.
            super::reader::run(super::written(&certificate, "taken").as_bytes());
            continue;
        }
        check_written(&certificate, &findings, "taken");
        let json = to_json(&certificate).to_string();
        let (again, told) = check_json(json.as_bytes(), strictness);
        assert!(again.as_ref() == Some(&certificate), "rendered otherwise: {told:?}\n{json}");
        assert!(!any_severe(&told), "what was rendered is refused: {told:?}\n{json}");
    }
}
