//! Text from outside in the columns of a terminal: whatever the script, and
//! whatever hides in it.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How wide the terminal is that standard output goes to; absent where it goes
/// to none.
pub fn of_output() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    // One that does not know says 0.
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}

/// Text with what would be obeyed and not seen made visible: control characters
/// as their pictures, and characters that turn the direction of text by their
/// numbers (Unicode, UAX 9). A line's own direction is kept by [`isolated`].
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => out.push(' '),
            '\u{0}'..='\u{1f}' => {
                out.extend(char::from_u32(u32::from(letter) + 0x2400));
            }
            '\u{7f}' => out.push('\u{2421}'),
            '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\u{2424}'),
            letter if turns(letter) => out.push_str(&format!("[U+{:04X}]", u32::from(letter))),
            letter if letter.is_control() => out.push('\u{FFFD}'),
            letter => out.push(letter),
        }
    }
    out
}

/// Whether a character turns the direction of what follows it.
pub fn turns(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text that may run from right to left, kept from turning what stands beside
/// it (UAX 9, section 2.4).
pub fn isolated(text: &str) -> String {
    if text.chars().any(is_right_to_left) {
        format!("\u{2068}{text}\u{2069}")
    } else {
        text.to_owned()
    }
}

/// The scripts that run from right to left: Hebrew, Arabic and their
/// neighbours.
fn is_right_to_left(letter: char) -> bool {
    matches!(
        letter,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}'
    )
}

/// Lines of at most `most` columns. What has no blank to break at, as Chinese
/// has none, is broken anywhere.
pub fn wrapped(text: &str, most: usize) -> Vec<String> {
    broken(text, most, &[' '])
}

/// As [`wrapped`], for the names of a path, which have no blanks.
pub fn wrapped_path(path: &str, most: usize) -> Vec<String> {
    broken(path, most, &['/'])
}

/// Lines of at most `most` columns, broken behind one of `after` where there
/// is one.
fn broken(text: &str, most: usize, after: &[char]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive(after) {
        let fits = line.width() + word.trim_end().width() <= most;
        // A long word is begun on its line rather than leave that half empty.
        let is_long = word.trim_end().width() > most;
        if !fits && !is_long && !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        for letter in word.chars() {
            if line.width() + letter.width().unwrap_or(0) > most && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            if !(line.is_empty() && letter == ' ') {
                line.push(letter);
            }
        }
    }
    let last = line.trim_end();
    if !last.is_empty() || lines.is_empty() {
        lines.push(last.to_owned());
    }
    lines
}

/// Text of at most `most` columns, with a sign where something is cut off.
pub fn cut(text: &str, most: usize) -> String {
    if text.width() <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    for letter in text.chars() {
        if out.width() + letter.width().unwrap_or(0) + 1 > most {
            break;
        }
        out.push(letter);
    }
    out.push('…');
    out
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_in_every_script() {
        let text =
            "The consignment was inspected. 硫酰氟熏蒸，64 g/m³，24小时，15.5 °C שלום e\u{301}";
        for most in [8, 20, 40] {
            let lines = wrapped(text, most);
            assert!(lines.iter().all(|line| line.width() <= most), "{lines:?}");
            let all = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(all(&lines.concat()), all(text), "nothing is lost");
        }
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("木木", 1), ["木", "木"]);
    }

    #[test]
    fn what_would_be_obeyed_is_seen() {
        assert_eq!(visible("a\u{1b}[2J\u{7f}\u{9b}\u{85}"), "a␛[2J␡\u{FFFD}␤");
        assert_eq!(visible("number \u{202e}1-N\u{2069}"), "number [U+202E]1-N[U+2069]");
        assert_eq!(visible("תפוח 苹果"), "תפוח 苹果");
    }

    #[test]
    fn right_to_left_stays_in_its_place() {
        assert_eq!(isolated("תפוח"), "\u{2068}תפוח\u{2069}");
        assert_eq!(isolated("apples 苹果"), "apples 苹果");
        assert_eq!(isolated("תפוח").width(), 4, "isolates take no column");
    }

    #[test]
    fn columns_are_filled_and_kept_to() {
        assert_eq!(crate::cli::terminal::padded("苹果", 6), "苹果  ");
        assert_eq!(cut("苹果树", 5), "苹果…");
        assert_eq!(cut("苹果树", 6), "苹果树");
    }
}
