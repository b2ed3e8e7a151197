//! The reader: what it makes of a document is written again without a finding
//! that was not there before, and crosses to JSON and back as it is.

use super::check_written;
use crate::certificate::any_severe;
use crate::certificate::rules::Strictness;
use crate::sps::{SpsOctets, read};
use crate::submission::{check_json, to_json};

pub fn run(octets: &[u8]) {
    let reading = read(&SpsOctets::domestic(octets));
    assert_eq!(reading.refused.is_some(), any_severe(&reading.findings));
    let Some(certificate) = &reading.certificate else {
        assert!(reading.refused.is_some(), "nothing is read, and nothing is said against it");
        return;
    };
    check_written(certificate, &reading.findings, "read");
    let json = to_json(certificate).to_string();
    let (again, findings) = check_json(json.as_bytes(), Strictness::Received);
    assert!(
        again.as_ref() == Some(certificate),
        "the JSON says something else: {findings:?}\n{json}"
    );
    let of_form = findings.iter().find(|found| found.code.as_str().starts_with("submission."));
    assert!(of_form.is_none(), "the JSON is not as it should be: {of_form:?}\n{json}");
}
