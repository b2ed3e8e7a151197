//! `[[producer]]`: who may put submissions on the queue.

use super::faults::Faults;
use super::section::Section;
use crate::certificate::number::DocumentType;

//------------ Producer ------------------------------------------------------

/// Who may put submissions on the queue.
#[derive(Clone, Debug)]
pub struct Producer {
    /// As the broker checked it (`user_id`).
    pub user: String,
    /// Absent is all.
    pub types: Option<Vec<DocumentType>>,
    /// Which numbers; absent is all.
    pub numbers: Option<regex::Regex>,
}

/// Reads one entry.
pub(super) fn read(mut section: Section<'_>, faults: &mut Faults) -> Option<Producer> {
    let user = section.required_text("user", "issuing", faults);
    let types = section.list("types", faults);
    let numbers = section.text("numbers", faults).and_then(|pattern| {
        let built = regex::RegexBuilder::new(&pattern).size_limit(1 << 20).build();
        built
            .map_err(|fault| {
                section.fault(
                    "numbers",
                    format!("is no pattern: {fault}"),
                    "write a regular expression, as \"^BV-PC-\"",
                    faults,
                );
            })
            .ok()
    });
    section.finish(faults);
    Some(Producer { user: user?, types, numbers })
}
