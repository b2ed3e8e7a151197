//! The gate: whatever it lets pass, the reader reads to its end and keeps
//! its word; and it knows what it lets pass as text.

use crate::certificate::catalogue::Code;
use crate::sps::{SpsOctets, gate, read_document};

pub fn run(octets: &[u8]) {
    let octets = SpsOctets::domestic(octets);
    let passed = gate(&octets);
    let reading = read_document(&octets);
    let refused = reading.findings.iter().find(|finding| matches!(finding.code, Code::Gate(_)));
    match &passed {
        Ok(()) => {
            assert!(std::str::from_utf8(octets.as_bytes()).is_ok(), "it is no UTF-8");
            assert!(refused.is_none(), "the reader says {refused:?}");
            let fault = reading.findings.iter().find(|found| found.code == Code::DocumentNotRead);
            assert!(fault.is_none(), "the tokenizer breaks on it: {fault:?}");
        }
        Err(refusal) => {
            assert!(reading.certificate.is_none(), "it is read all the same");
            assert_eq!(refused.map(|finding| finding.code), Some(Code::Gate(refusal.code)));
            // Where it is: never beyond the end.
            let lines = octets.as_bytes().iter().filter(|octet| **octet == b'\n').count() + 1;
            let line = refused.and_then(|finding| finding.line).unwrap_or(0);
            assert!((1..=lines).contains(&(line as usize)), "line {line} of {lines}");
        }
    }
}
