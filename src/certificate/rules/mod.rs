//! What a certificate must be: its values, its elements, and what these say
//! together. Each rule has one place here and one code in the catalogue.
//!
//! - [`forms`], [`listed`] and [`units`]: a value by itself, its code list, its unit;
//! - [`essentials`]: what an element lacks;
//! - [`whole`]: the walk over the document, to what its values say together;
//! - [`tags`] and [`notes`]: the ePhyto tags, by themselves and side by side;
//! - [`treatment`], [`re_export`], [`replacement`], [`statements`]: what the
//!   tags and clauses of one subject must say;
//! - [`attachment`], [`measures`], [`parties`]: files, amounts and periods,
//!   countries and lines;
//! - [`ahead`]: dates of tomorrow;
//! - [`way`]: where in the document a finding is.
//!
//! The XML reader and the JSON reader ask here, for each element that they
//! have just closed and once for the whole, and put path and place to the
//! faults. How hard a fault is depends on whose document it is: ours, before
//! we send it, or a partner's.

mod ahead;
mod attachment;
mod essentials;
mod forms;
mod listed;
mod measures;
mod notes;
mod parties;
mod re_export;
mod replacement;
mod statements;
pub(super) mod tags;
mod treatment;
mod units;
mod way;
mod whole;

use super::finding::Level;
pub use ahead::ahead;
pub use essentials::{node, wants_essentials};
pub use forms::leaf;
pub use way::{Lacks, Placed, Step};
pub use whole::whole;

//------------ Strictness ----------------------------------------------------

/// Whose document is judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Strictness {
    /// One that came from elsewhere: severe is only what makes it unusable.
    Received,
    /// One of our own domestic system: what we would be ashamed to send is
    /// refused.
    Submission,
}

impl Strictness {
    fn level(self) -> Level {
        match self {
            Strictness::Received => Level::Warning,
            Strictness::Submission => Level::Severe,
        }
    }
}

//------------ Words ---------------------------------------------------------

/// A text from outside, short enough to be shown.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(60).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    let letter = |letter: char| match letter {
        // What cannot be seen, or looks like a blank and is none.
        control if control.is_control() => format!("U+{:04X}", u32::from(control)),
        blank if blank.is_whitespace() && blank != ' ' => format!("U+{:04X}", u32::from(blank)),
        other => other.to_string(),
    };
    format!("'{}{more}'", cut.chars().map(letter).collect::<String>())
}
