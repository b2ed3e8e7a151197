//! Line and column of what a JSON Pointer points to (RFC 6901).
//!
//! Documents are read without places, which costs nothing; only where there is
//! something to tell are the places looked for, all in one walk.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::certificate::Finding;

/// Gives every finding without a place the place of what its path points to;
/// what is missing is placed where it is missing from.
pub(super) fn locate(octets: &[u8], findings: &mut [Finding]) {
    // A good document is not read a second time.
    if findings.iter().all(|finding| finding.line.is_some()) {
        return;
    }
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let mut wanted = Wanted::default();
    for (at, finding) in findings.iter().enumerate() {
        if finding.line.is_none() {
            wanted.add(&finding.path, at);
        }
    }
    let Ok(whole) = serde_json::from_str::<&RawValue>(text) else { return };
    let mut found = Vec::new();
    walk(text, whole.get(), &wanted, &mut found);
    let mut place = Place::default();
    found.sort_unstable();
    for (offset, at) in found {
        place.advance(text, offset);
        if let Some(finding) = findings.get_mut(at) {
            *finding = as_typed(finding, text.get(offset..).unwrap_or_default())
                .at_place(place.line, place.column);
        }
    }
}

/// A remedy that quotes a number quotes it digit for digit, as it was typed.
fn as_typed(finding: &Finding, typed: &str) -> Finding {
    let end = typed.find(|letter: char| !(letter.is_ascii_digit() || "+-.eE".contains(letter)));
    let number = typed.get(..end.unwrap_or(typed.len())).unwrap_or_default();
    let quoted = finding.remedy.starts_with(QUOTE) && !number.is_empty() && number.len() <= 60;
    let remedy = if quoted { format!("{QUOTE}\"{number}\"") } else { finding.remedy.clone() };
    Finding { remedy, ..finding.clone() }
}

/// How a remedy that quotes a number begins.
const QUOTE: &str = "write it in quotes: ";

//------------ Wanted --------------------------------------------------------

/// The pointers that are looked for, as a tree of their steps.
#[derive(Debug, Default)]
struct Wanted {
    /// The findings that point here.
    here: Vec<usize>,
    below: BTreeMap<String, Wanted>,
}

impl Wanted {
    fn add(&mut self, pointer: &str, finding: usize) {
        let steps = pointer.split('/').skip(1);
        let steps = steps.map(|step| step.replace("~1", "/").replace("~0", "~"));
        let place = steps.fold(self, |wanted, step| wanted.below.entry(step).or_default());
        place.here.push(finding);
    }

    /// Every finding that points here or below.
    fn all(&self, into: &mut Vec<usize>) {
        into.extend(&self.here);
        self.below.values().for_each(|below| below.all(into));
    }
}

/// Finds the offsets of what is wanted in `part` of `text`. Its depth is that
/// of the pointers, which whoever made them has bounded.
fn walk(text: &str, part: &str, wanted: &Wanted, found: &mut Vec<(usize, usize)>) {
    let offset = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    found.extend(wanted.here.iter().map(|finding| (offset, *finding)));
    if wanted.below.is_empty() {
        return;
    }
    let members = members(part);
    for (step, below) in &wanted.below {
        // The last of doubled members, which is what was found to be too many.
        match members.iter().rev().find(|(name, _)| name == step) {
            Some((_, member)) => walk(text, member, below, found),
            None => {
                let mut missing = Vec::new();
                below.all(&mut missing);
                found.extend(missing.into_iter().map(|finding| (offset, finding)));
            }
        }
    }
}

/// The members of an object, or the entries of a list, as they were typed.
fn members(part: &str) -> Vec<(String, &str)> {
    if part.starts_with('[') {
        let entries: Vec<&RawValue> = serde_json::from_str(part).unwrap_or_default();
        return entries.iter().enumerate().map(|(at, raw)| (at.to_string(), raw.get())).collect();
    }
    let members: Result<Members<'_>, _> = serde_json::from_str(part);
    members.map(|members| members.0).unwrap_or_default()
}

//------------ Members -------------------------------------------------------

/// The members of an object in the order they were typed, doubled ones too.
struct Members<'a>(Vec<(String, &'a str)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsTyped;

        impl<'de> serde::de::Visitor<'de> for AsTyped {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
                    members.push((name, raw.get()));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(AsTyped)
    }
}

//------------ Place ---------------------------------------------------------

/// A place in a text, counted on from the one before.
struct Place {
    offset: usize,
    line: u32,
    column: u32,
}

impl Default for Place {
    fn default() -> Self {
        Place { offset: 0, line: 1, column: 1 }
    }
}

impl Place {
    fn advance(&mut self, text: &str, offset: usize) {
        for letter in text.get(self.offset..offset).unwrap_or_default().chars() {
            if letter == '\n' {
                self.line = self.line.saturating_add(1);
                self.column = 1;
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
        self.offset = offset;
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::catalogue::Code;

    #[track_caller]
    fn check(text: &str, pointer: &str, line: u32, column: u32) {
        let mut findings = [Finding::new(Code::DateNone, pointer, "", "")];
        locate(text.as_bytes(), &mut findings);
        assert_eq!((findings[0].line, findings[0].column), (Some(line), Some(column)), "{pointer}");
    }

    #[test]
    fn pointers_become_places() {
        let text = "{\"é\": 1,\n  \"a\": [ {\"b~/c\": true},\n 7 ], \"d\": 1, \"d\": 2}";
        check(text, "", 1, 1);
        check(text, "/é", 1, 7);
        check(text, "/a", 2, 8);
        check(text, "/a/0/b~0~1c", 2, 19);
        check(text, "/a/1", 3, 2);
        check(text, "/d", 3, 20);
        // What is missing, where it is missing from.
        check(text, "/a/0/x/y", 2, 10);
        check(text, "/a/9", 2, 8);
        check("[]", "/x", 1, 1);
    }
}
