//! Mutants of good certificates: each element left out, doubled, emptied,
//! mistyped. None breaks the reader, and none is told more than once.

use std::ops::{Range, RangeInclusive};

use super::super::sample::ours;
use super::octets;
use crate::certificate::{Finding, Level};
use crate::sps::read;

/// An element in a text: the whole, and its name in the start tag.
struct Span {
    whole: Range<usize>,
    name: Range<usize>,
    is_leaf: bool,
}

/// Every element below the root; the texts have no comments and no CDATA.
fn spans(text: &str) -> Vec<Span> {
    let mut opens: Vec<Span> = Vec::new();
    let mut spans = Vec::new();
    let mut at = text.find("?>").unwrap();
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        let end = start + text[start..].find('>').unwrap() + 1;
        let tag = &text[start..end];
        if tag.starts_with("</") {
            let open = opens.pop().unwrap();
            spans.push(Span { whole: open.whole.start..end, ..open });
        } else {
            if let Some(above) = opens.last_mut() {
                above.is_leaf = false;
            }
            let length = tag[1..].find([' ', '>', '/']).unwrap();
            let name = start + 1..start + 1 + length;
            let span = Span { whole: start..end, name, is_leaf: true };
            if tag.ends_with("/>") { spans.push(span) } else { opens.push(span) }
        }
        at = end;
    }
    // The root is the last to be closed.
    spans.pop();
    spans
}

#[track_caller]
fn check(text: &str, count: RangeInclusive<usize>, what: &str) -> Vec<Finding> {
    let findings = read(&octets(text)).findings;
    assert!(count.contains(&findings.len()), "{what}: {findings:#?}");
    for finding in &findings {
        assert!(finding.line.is_some() && !finding.words.is_empty(), "{what}: {finding:?}");
        assert!(finding.code.levels().contains(&finding.level), "{what}: {finding:?}");
    }
    findings
}

#[test]
fn no_mutant_is_told_twice() {
    let mut told = 0;
    let mut severe = 0;
    for name in ["phytosanitary-851", "re-export-657"] {
        let good = std::fs::read_to_string(ours(&format!("{name}.xml"))).unwrap();
        for Span { whole, name, is_leaf } in spans(&good) {
            let element = &good[whole.clone()];
            let (before, after) = (&good[..whole.start], &good[whole.end..]);
            let typed = &good[name];
            let mistyped = element
                .replace(&format!("<{typed}"), &format!("<{typed}x"))
                .replace(&format!("</{typed}"), &format!("</{typed}x"));
            let emptied = match is_leaf {
                true => format!("<{typed}/>"),
                false => element.to_owned(),
            };
            let mutants = [
                ("left out", String::new(), 0..=1),
                ("doubled", element.repeat(2), 0..=1),
                ("emptied", emptied, 0..=1),
                ("mistyped", mistyped, 1..=1),
            ];
            for (what, mutant, count) in mutants {
                let what = format!("{typed} {what}: {element}");
                let findings = check(&format!("{before}{mutant}{after}"), count, &what);
                told += findings.len();
                severe += findings.iter().filter(|f| f.level == Level::Severe).count();
            }
        }
    }
    assert!(told > 700 && severe > 40, "{told} findings, {severe} of them severe");
}
