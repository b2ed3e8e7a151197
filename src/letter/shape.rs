//! Gate 2: shape. What nests is taken apart here, without recursion and with
//! both depth and number counted, before anything else reads it.

use std::borrow::Cow;
use std::ops::Range;

use super::encode::Transfer;
use super::field::{Fields, MediaType};
use super::limits::{self, Bounded};
use crate::refusal::{Code, Refusal};

/// The deepest nesting taken.
pub const MAX_DEPTH: usize = 10;
/// The most parts taken.
pub const MAX_PARTS: usize = 100;

//------------ Part ----------------------------------------------------------

/// One entity of a MIME tree, by where it stands.
#[derive(Clone, Debug)]
pub struct Part {
    /// 0: the root.
    pub depth: usize,
    /// Which part it is in; none: the root.
    pub parent: Option<usize>,
    pub media_type: MediaType,
    pub header: Range<usize>,
    pub body: Range<usize>,
}

//------------ Tree ----------------------------------------------------------

/// The parts of an entity, in the order in which they stand.
#[derive(Clone, Debug)]
pub struct Tree {
    parts: Vec<Part>,
}

impl Tree {
    /// Takes `octets` apart: header and body, parts of multiparts, letters in
    /// message/rfc822.
    pub fn read(octets: &[u8]) -> Result<Tree, Refusal> {
        Self::read_to(octets, MAX_DEPTH)
    }

    /// The same, but what is broken deeper than `sure` is left unread: a
    /// report returns what others wrote, often cut. The limits hold all the
    /// same.
    pub fn read_to(octets: &[u8], sure: usize) -> Result<Tree, Refusal> {
        let broken = |refusal: &Refusal| refusal.code == Code::ShapeMalformed;
        let mut waiting = vec![(0..octets.len(), 0, None)];
        let mut parts: Vec<Part> = Vec::new();
        while let Some((range, depth, parent)) = waiting.pop() {
            if depth >= MAX_DEPTH {
                return Err(Refusal::new(
                    Code::ShapeTooDeep,
                    format!("parts within parts, more than {MAX_DEPTH} deep"),
                ));
            }
            if parts.len() + waiting.len() >= MAX_PARTS {
                return Err(too_many());
            }
            let part = match part(octets, range, depth, parent) {
                Err(refusal) if depth > sure && broken(&refusal) => continue,
                read => read?,
            };
            let index = parts.len();
            let mut inside = match inside(octets, &part, MAX_PARTS - index) {
                Err(refusal) if depth >= sure && broken(&refusal) => Vec::new(),
                read => read?,
            };
            // The first one is read next.
            inside.reverse();
            waiting.extend(inside.into_iter().map(|range| (range, depth + 1, Some(index))));
            parts.push(part);
        }
        Ok(Tree { parts })
    }

    /// The root alone, and nothing that is inside it.
    pub fn root(octets: &[u8]) -> Result<Part, Refusal> {
        part(octets, 0..octets.len(), 0, None)
    }

    /// The octets of a part, transfer encoding undone; nothing if it cannot be.
    pub fn decoded(octets: &[u8], part: &Part) -> Option<Vec<u8>> {
        let fields = Fields::read(octets.get(part.header.clone())?).ok()?;
        let encoding = fields.values("Content-Transfer-Encoding");
        Transfer::of(encoding.first().map(String::as_str))?.decode(octets.get(part.body.clone())?)
    }

    /// Every part, the root first.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The parts right inside the part numbered `index`.
    pub fn children(&self, index: usize) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.parent == Some(index))
    }
}

/// As many parameters of a type as are taken apart.
const MAX_PARAMETERS: usize = 100;

fn part(
    octets: &[u8],
    range: Range<usize>,
    depth: usize,
    parent: Option<usize>,
) -> Result<Part, Refusal> {
    let all = octets.get(range.clone()).unwrap_or(&[]);
    let end = limits::header_end(all);
    let header = all.get(..end).unwrap_or(&[]);
    limits::check_header(header)?;
    let fields = Fields::read(header)
        .map_err(|_no_header| malformed("a header with a line that is no field"))?;
    if fields.count("Content-Type") > 1 || fields.count("Content-Transfer-Encoding") > 1 {
        return Err(malformed("a part with two types, or two transfer encodings"));
    }
    let types = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Content-Type"));
    let parameters = types.flat_map(|(_, value)| value).filter(|octet| **octet == b';').count();
    if parameters > MAX_PARAMETERS {
        return Err(malformed("a part whose type has more than 100 parameters"));
    }
    let after = all.get(end..).unwrap_or(&[]);
    let blank = if after.starts_with(b"\r\n") { 2 } else { usize::from(!after.is_empty()) };
    let start = range.start;
    Ok(Part {
        depth,
        parent,
        media_type: fields.media_type(),
        header: start..start + end,
        body: start + end + blank..range.end,
    })
}

/// What is inside a part: where each entity stands.
fn inside(octets: &[u8], part: &Part, limit: usize) -> Result<Vec<Range<usize>>, Refusal> {
    // RFC 2046, section 5.2.1, and its kin for eight bits (RFC 6532).
    if matches!(part.media_type.name.as_str(), "message/rfc822" | "message/global") {
        return Ok(vec![part.body.clone()]);
    }
    if !part.media_type.is_multipart() {
        return Ok(Vec::new());
    }
    let boundary = part.media_type.parameter("boundary").unwrap_or_default();
    if boundary.is_empty() || boundary.len() > 200 {
        return Err(malformed("a multipart without a boundary"));
    }
    let parts = delimited(octets, part.body.clone(), boundary.as_bytes(), limit)?;
    if parts.is_empty() {
        return Err(malformed("a multipart whose boundary never comes"));
    }
    Ok(parts)
}

/// The ranges between delimiter lines (RFC 2046, section 5.1.1). The line end
/// before a delimiter belongs to the delimiter.
fn delimited(
    octets: &[u8],
    body: Range<usize>,
    boundary: &[u8],
    limit: usize,
) -> Result<Vec<Range<usize>>, Refusal> {
    let mut ranges = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = body.start;
    for line in octets.get(body.clone()).unwrap_or(&[]).split_inclusive(|octet| *octet == b'\n') {
        let line_start = at;
        at += line.len();
        let Some(delimiter) = delimiter(line, boundary) else { continue };
        if let Some(start) = open {
            ranges.push(start..before_line_end(octets, start, line_start));
            if ranges.len() > limit {
                return Err(too_many());
            }
        }
        match delimiter {
            Delimiter::Close => return Ok(ranges),
            Delimiter::Next => open = Some(at),
        }
    }
    // No closing delimiter: lenient readers take the rest as the last part,
    // others see none. What can be read two ways is not read at all.
    Err(malformed("a multipart that is not closed"))
}

enum Delimiter {
    Close,
    Next,
}

fn delimiter(line: &[u8], boundary: &[u8]) -> Option<Delimiter> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match rest {
        b"" => Some(Delimiter::Next),
        b"--" => Some(Delimiter::Close),
        _ => None,
    }
}

fn before_line_end(octets: &[u8], start: usize, end: usize) -> usize {
    let text = octets.get(start..end).unwrap_or(&[]);
    let text = text.strip_suffix(b"\n").map_or(text, |t| t.strip_suffix(b"\r").unwrap_or(t));
    start + text.len()
}

fn too_many() -> Refusal {
    Refusal::new(Code::ShapeTooManyParts, format!("more than {MAX_PARTS} parts"))
}

fn malformed(words: &str) -> Refusal {
    Refusal::new(Code::ShapeMalformed, words)
}

//------------ Shaped --------------------------------------------------------

/// A letter whose shape is known.
///
/// ```compile_fail
/// fn skip(octets: &[u8]) {
///     let _ = certpost::letter::shape::shape(octets);
/// }
/// ```
pub struct Shaped<'a> {
    octets: Cow<'a, [u8]>,
    tree: Tree,
}

impl Shaped<'_> {
    /// The parts.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The octets, with CRLF.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    pub(super) fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.octets.get(range.clone()).unwrap_or(&[])
    }
}

/// Gate 2.
pub fn shape(letter: Bounded<'_>) -> Result<Shaped<'_>, Refusal> {
    shape_to(letter, MAX_DEPTH)
}

/// Gate 2 for a letter that may be a report: what is broken deeper than
/// `sure` is left unread.
pub fn shape_to(letter: Bounded<'_>, sure: usize) -> Result<Shaped<'_>, Refusal> {
    if letter.header().is_empty() {
        return Err(malformed("a letter without a header"));
    }
    let octets = letter.into_octets();
    let tree = Tree::read_to(&octets, sure)?;
    Ok(Shaped { octets, tree })
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(octets: &[u8], wanted: Result<&[(usize, &[u8])], Code>) {
        let tree = Tree::read(octets);
        let read = tree.as_ref().map(|tree| {
            tree.parts()
                .iter()
                .map(|part| (part.depth, octets.get(part.body.clone()).unwrap()))
                .collect::<Vec<_>>()
        });
        assert_eq!(read.as_deref().map_err(|refusal| refusal.code), wanted);
    }

    #[test]
    fn trees() {
        check(b"A: b\r\n\r\nbody", Ok(&[(0, b"body")]));
        check(b"\r\nbody", Ok(&[(0, b"body")]));
        check(b"", Ok(&[(0, b"")]));
        let two = b"Content-Type: multipart/mixed; boundary=x\r\n\r\npre\r\n--x\r\n\r\none\r\n\
            --x \r\nA: b\r\n\r\ntwo\r\n\r\n--x--\r\nepilogue";
        let body = two.get(45..).unwrap();
        check(two, Ok(&[(0, body), (1, b"one"), (1, b"two\r\n")]));
        let open = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\none";
        check(open, Err(Code::ShapeMalformed));
        check(b"Content-Type: multipart/mixed\r\n\r\n", Err(Code::ShapeMalformed));
        check(b"Content-Type: a/b\r\nContent-type: c/d\r\n\r\n", Err(Code::ShapeMalformed));
    }

    #[test]
    fn what_is_broken_deep_inside_is_left() {
        let letter = b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\none\r\n--x\r\n\
            Content-Type: message/rfc822\r\n\r\n\
            Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\ncut\r\n--x--\r\n";
        assert!(Tree::read(letter).is_err() && Tree::read_to(letter, 0).is_ok());
        assert_eq!(Tree::read_to(letter, 1).unwrap().parts().len(), 4);
        let letters = b"Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
        assert_eq!(Tree::read_to(&letters, 1).unwrap_err().code, Code::ShapeTooDeep);
    }

    #[test]
    fn bombs() {
        let letters = b"Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
        check(&letters, Err(Code::ShapeTooDeep));
        let mut parts = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n".to_vec();
        parts.extend(b"--x\r\n\r\n\r\n".repeat(50_000));
        parts.extend(b"--x--");
        check(&parts, Err(Code::ShapeTooManyParts));
        let mut nested = Vec::new();
        for n in 0..50_000 {
            nested.extend(
                format!("Content-Type: multipart/mixed; boundary=\"{n}\"\r\n\r\n--{n}\r\n")
                    .into_bytes(),
            );
        }
        assert!(Tree::read(&nested).is_err());
        for n in (0..50_000).rev() {
            nested.extend(format!("\r\n--{n}--\r\n").into_bytes());
        }
        check(&nested, Err(Code::ShapeTooDeep));
    }
}
