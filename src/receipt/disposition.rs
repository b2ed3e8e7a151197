//! The Disposition field (RFC 8098, section 3.2.6), as peers write it.

use std::fmt;

use super::code::{Fault, ReceiptCode};
use super::fields::{kept, without_comments};
use crate::letter::entity::shown;

//------------ Disposition ---------------------------------------------------

/// What a gateway says became of a letter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Disposition {
    pub answer: Answer,
    /// What stood behind the modifier's colon; empty where nothing did.
    pub words: String,
    /// All of it behind the modes, as written.
    said: String,
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

/// Yes or no.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// Proven, and not readable or not taken.
    Negative,
    /// Proven and stored.
    Positive,
}

impl Disposition {
    /// Reads the field's value: any modes, any case, and the words that AS1
    /// and AS2 products put behind the modifier, or their bare colon.
    pub fn read(value: &str) -> Result<Disposition, Fault> {
        let fault = |words: &str| {
            Fault::new(ReceiptCode::Disposition, format!("{words}: {}", shown(value)))
        };
        let plain = without_comments(value);
        let (_modes, said) = plain.split_once(';').ok_or_else(|| fault("no type"))?;
        let whole = kept(said.trim());
        let (said, words) = said.split_once(':').unwrap_or((said, ""));
        let (kind, modifiers) = said.split_once('/').unwrap_or((said, ""));
        let lower = |text: &str| text.trim().to_ascii_lowercase();
        let modifiers: Vec<String> =
            modifiers.split(',').map(lower).filter(|modifier| !modifier.is_empty()).collect();
        let bad = |modifier: &String| matches!(modifier.as_str(), "error" | "failure");
        let known = |modifier: &String| bad(modifier) || modifier == "warning";
        if let Some(other) = modifiers.iter().find(|modifier| !known(modifier)) {
            return Err(fault(&format!("the modifier {} is not known", shown(other))));
        }
        let answer = match lower(kind).as_str() {
            "failed" => Answer::Negative,
            "processed" | "dispatched" if modifiers.iter().any(bad) => Answer::Negative,
            "processed" | "dispatched" => Answer::Positive,
            "displayed" | "deleted" => return Err(fault("a person's reader answered")),
            _ => return Err(fault("a type that is not known")),
        };
        Ok(Disposition { answer, words: kept(words.trim()), said: whole })
    }

    /// The sender of the receipt could not decrypt: the whole backlog would
    /// fail alike, so the lane waits.
    pub fn says_undecipherable(&self) -> bool {
        self.answer == Answer::Negative && self.word() == "decryption-failed"
    }

    /// A copy was taken before; of which octets, only a MIC would prove
    /// (pyas2lib sends none).
    pub fn says_duplicate(&self) -> bool {
        self.word() == "duplicate-document"
    }

    /// The first word behind the colon, with the blanks of some products
    /// taken for strokes.
    fn word(&self) -> String {
        self.words.trim_end_matches('.').to_ascii_lowercase().replace(' ', "-")
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &str, wanted: Option<(Answer, &str)>) {
        let read = Disposition::read(said).ok();
        let read = read.as_ref().map(|read| (read.answer, read.words.as_str()));
        assert_eq!(read, wanted, "{said}");
    }

    #[test]
    fn as_peers_write_it() {
        use Answer::{Negative, Positive};
        const AUTO: &str = "automatic-action/MDN-sent-automatically; ";
        for (said, wanted) in [
            ("processed", Some((Positive, ""))),
            ("Processed", Some((Positive, ""))),
            ("dispatched", Some((Positive, ""))),
            (
                "processed/warning: delivered-with-warnings",
                Some((Positive, "delivered-with-warnings")),
            ),
            ("processed/Warning: duplicate-document", Some((Positive, "duplicate-document"))),
            ("processed/Error: decryption-failed", Some((Negative, "decryption-failed"))),
            ("processed/error: authentication-failed", Some((Negative, "authentication-failed"))),
            ("processed/error:", Some((Negative, ""))),
            ("processed/error", Some((Negative, ""))),
            ("processed / error : x", Some((Negative, "x"))),
            ("processed/:", Some((Positive, ""))),
            ("failed/Failure: unsupported format", Some((Negative, "unsupported format"))),
            ("failed", Some((Negative, ""))),
            ("processed (a comment; here)", Some((Positive, ""))),
            ("processed/expired", None),
            ("displayed", None),
            ("deleted", None),
            ("denied", None),
            ("", None),
        ] {
            check(&format!("{AUTO}{said}"), wanted);
        }
        check("manual-action/MDN-sent-manually;processed", Some((Positive, "")));
        check("processed", None);
    }

    #[test]
    fn two_words_mean_more() {
        let read = |said: &str| Disposition::read(&format!("a/b; {said}")).unwrap();
        assert!(read("processed/Error: decryption-failed").says_undecipherable());
        assert!(read("failed/failure: Decryption failed").says_undecipherable());
        assert!(!read("processed/warning: decryption-failed").says_undecipherable());
        assert!(read("processed/Warning: duplicate-document").says_duplicate());
        assert!(!read("processed").says_duplicate());
    }
}
