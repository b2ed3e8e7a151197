//! A source file as the walls see it: code alone, with its lines kept.
//!
//! Comments and the insides of texts are blanked, so that a wall does not
//! trip over words; what stands under `#[cfg(test)]` is blanked as well, so
//! that a test may use what its room may not.

use std::fs;
use std::path::Path;

use regex::Regex;

//------------ Source --------------------------------------------------------

/// One file under `src/`.
pub struct Source {
    /// Seen from `src/`, as `smime/ffi.rs`.
    pub path: String,
    /// The folder under `src/`, or the file's name without `.rs`.
    pub room: String,
    /// As it stands in the file.
    pub text: String,
    /// The same lines without comments, texts and tests.
    pub code: String,
}

impl Source {
    /// The file at `path` with `text` in it.
    pub fn new(path: &str, text: &str) -> Source {
        let room = path.split('/').next().unwrap_or(path).trim_end_matches(".rs").to_owned();
        let code = without_tests(&without_words(text));
        Source { path: path.to_owned(), room, text: text.to_owned(), code }
    }

    /// Every file under `folder`, in order of path.
    pub fn all(folder: &Path) -> Vec<Source> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(&next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    let inside = path.strip_prefix(folder).unwrap().to_str().unwrap();
                    found.push(Source::new(inside, &fs::read_to_string(&path).unwrap()));
                }
            }
        }
        let tests: Vec<_> = found.iter().flat_map(Source::test_modules).collect();
        found.retain(|source| !tests.iter().any(|test| test.is_match(&source.path)));
        found.sort_by(|one, other| one.path.cmp(&other.path));
        found
    }

    /// The files of every `#[cfg(test)] mod name;` in this one.
    fn test_modules(&self) -> Vec<Regex> {
        let beside = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let declared =
            Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\(\w+\))?\s+)?mod\s+(\w+)\s*;").unwrap();
        let code = without_words(&self.text);
        let named = declared.captures_iter(&code).map(|found| found[1].to_owned());
        named.map(|name| Regex::new(&format!("^{beside}/{name}(\\.rs$|/)")).unwrap()).collect()
    }

    /// The number of the line in which the octet at `at` stands.
    pub fn line_of(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }

    /// The lines on which `word` stands in code, not as a part of a name.
    pub fn lines_with(&self, word: &str) -> Vec<usize> {
        let mut lines: Vec<_> = find_word(&self.code, word).map(|at| self.line_of(at)).collect();
        lines.dedup();
        lines
    }

    /// Lines that are not blank in code: what a reader has to read, tests
    /// not counted, comments counted.
    pub fn length(&self) -> usize {
        let tests = without_words(&self.text);
        let kept = without_tests(&tests);
        let gone = tests.lines().zip(kept.lines()).filter(|(all, left)| all != left).count();
        self.text.lines().count() - gone
    }
}

/// Where `word` stands in `code` with no letter of a name before or behind.
pub fn find_word<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let of_a_name = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'_';
    let edge = move |side: Option<&u8>, end: Option<&u8>| match (side, end) {
        (Some(side), Some(end)) => !(of_a_name(*side) && of_a_name(*end)),
        _ => true,
    };
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let (octets, word) = (code.as_bytes(), word.as_bytes());
        let before = at.checked_sub(1).and_then(|before| octets.get(before));
        edge(before, word.first()) && edge(octets.get(at + word.len()), word.last())
    })
}

//------------ Blanking ------------------------------------------------------

/// The same text with blanks in place of comments and of what stands in
/// quotes; line ends stay.
fn without_words(text: &str) -> String {
    let octets = text.as_bytes();
    let mut code = octets.to_vec();
    let mut at = 0;
    while at < octets.len() {
        let rest = &octets[at..];
        let end = at
            + match rest {
                [b'/', b'/', ..] => until(rest, b"\n"),
                [b'/', b'*', ..] => block_comment(rest),
                [b'"', ..] => quoted(rest),
                [b'r', b'"' | b'#', ..] | [b'b', b'r', b'"' | b'#', ..]
                    if !after_a_name(octets, at) && raw(rest).is_some() =>
                {
                    raw(rest).unwrap()
                }
                [b'\'', ..] => character(rest),
                _ => 0,
            };
        for blank in &mut code[at..end] {
            if *blank != b'\n' {
                *blank = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8(code).unwrap()
}

fn after_a_name(octets: &[u8], at: usize) -> bool {
    at > 0 && (octets[at - 1].is_ascii_alphanumeric() || octets[at - 1] == b'_')
}

fn until(rest: &[u8], end: &[u8]) -> usize {
    rest.windows(end.len()).position(|window| window == end).unwrap_or(rest.len())
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw(rest: &[u8]) -> Option<usize> {
    let start = until(rest, b"r") + 1;
    let hashes = rest[start..].iter().take_while(|octet| **octet == b'#').count();
    if rest.get(start + hashes) != Some(&b'"') {
        return None;
    }
    let mut end = vec![b'"'];
    end.extend(std::iter::repeat_n(b'#', hashes));
    let inside = start + hashes + 1;
    Some((inside + until(&rest[inside..], &end) + end.len()).min(rest.len()))
}

/// A character in quotes; nothing for a lifetime.
fn character(rest: &[u8]) -> usize {
    match rest {
        [_, b'\\', _, tail @ ..] => 3 + until(tail, b"'") + 1,
        [_, tail @ ..] => {
            let width = std::str::from_utf8(&tail[..tail.len().min(4)])
                .or_else(|fault| std::str::from_utf8(&tail[..fault.valid_up_to()]))
                .ok()
                .and_then(|text| text.chars().next())
                .map_or(1, char::len_utf8);
            if tail.get(width) == Some(&b'\'') { width + 2 } else { 0 }
        }
        [] => 0,
    }
}

/// The same code with blanks in place of every item under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut left = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(at) = code[from..].find(MARK).map(|at| from + at) {
        let end = at + item(&code.as_bytes()[at..]);
        for blank in &mut left[at..end] {
            if *blank != b'\n' {
                *blank = b' ';
            }
        }
        from = end;
    }
    String::from_utf8(left).unwrap()
}

/// The length of an item with its attributes: to its `;` or its last `}`.
fn item(rest: &[u8]) -> usize {
    let mut depth = 0;
    for (at, octet) in rest.iter().enumerate() {
        match octet {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' => depth -= 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

//------------ Tests ---------------------------------------------------------

#[test]
fn blanks_words_and_tests_and_nothing_else() {
    #[track_caller]
    fn check(text: &str, code: &str) {
        assert_eq!(Source::new("a/b.rs", text).code, code);
    }
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ d */ e", "a                   e");
    check(r#"f("a\"b", x)"#, "f(      , x)");
    check(r##"f(r#"a"b"#, x)"##, "f(        , x)");
    check("f(br\"\\\", x)", "f(     , x)");
    check("f('\"', '\\'', 'a)", "f(   ,     , 'a)");
    check("f('é', '\\u{e9}')", "f(    ,         )");
    check("for_r\"x\"", "for_r   ");
    check(
        "a;\n#[cfg(test)]\nmod t {\n  b();\n}\nc;",
        &format!("a;\n{}\n{}\n{}\n \nc;", " ".repeat(12), " ".repeat(7), " ".repeat(6)),
    );
    check("#[cfg(test)] use a; b;", &format!("{} b;", " ".repeat(19)));
    let tests = Source::new("a/b/mod.rs", "#[cfg(test)]\nmod w3c;\nmod other;").test_modules();
    assert_eq!(tests.len(), 1);
    assert!(tests[0].is_match("a/b/w3c.rs") && !tests[0].is_match("a/b/w3c2.rs"));
    let lines = Source::new("a.rs", "x tokio::spawn(y)\nmy_tokio::spawn2\ntokio::spawn_all")
        .lines_with("tokio::spawn");
    assert_eq!(lines, [1]);
    assert_eq!(Source::new("a.rs", "a\n// b\n#[cfg(test)]\nmod t {\n  b();\n}\n").length(), 2);
}
