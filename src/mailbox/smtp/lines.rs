//! Commands, strictly one line each.

/// Of a command with its line end. RFC 5321, section 4.5.3.1.4, has 512, its
/// extensions more.
pub const LINE: usize = 4096;

//------------ Line ----------------------------------------------------------

/// What stands at the beginning of what a client sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Line {
    /// A command of so many octets, CRLF included.
    Whole(usize),
    /// So many octets that end in a line end, and are no command: a bare CR
    /// or LF, NUL, or characters that are not ASCII.
    Bad(usize),
    /// The end has not come yet.
    Part,
    /// No command is so long.
    TooLong,
}

/// Finds the first command (RFC 5321, section 2.3.8: CRLF ends it, nothing
/// else does).
pub fn first(octets: &[u8]) -> Line {
    let window = &octets[..octets.len().min(LINE)];
    match window.iter().position(|octet| *octet == b'\n') {
        None if octets.len() >= LINE => Line::TooLong,
        None => Line::Part,
        Some(end) => {
            let line = &window[..end];
            let good = |text: &[u8]| text.iter().all(|octet| matches!(octet, b'\t' | b' '..=b'~'));
            match line.strip_suffix(b"\r") {
                Some(text) if good(text) => Line::Whole(end + 1),
                Some(_) | None => Line::Bad(end + 1),
            }
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(octets: &[u8], wanted: Line) {
        assert_eq!(first(octets), wanted, "{:?}", String::from_utf8_lossy(octets));
    }

    #[test]
    fn forms() {
        check(b"NOOP\r\nQUIT\r\n", Line::Whole(6));
        check(b"NOOP", Line::Part);
        check(b"NOOP\r", Line::Part);
        check(b"NOOP\n", Line::Bad(5));
        check(b"NO\rOP\r\n", Line::Bad(7));
        check(b"NO\0OP\r\n", Line::Bad(7));
        check("NÖÖP\r\n".as_bytes(), Line::Bad(8));
        check(&[b'x'; LINE], Line::TooLong);
        check(&[&[b'x'; LINE - 2][..], b"\r\n"].concat(), Line::Whole(LINE));
    }
}
