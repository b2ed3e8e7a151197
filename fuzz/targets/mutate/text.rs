//! XML and JSON, from afar: whole elements and members are left out, doubled,
//! moved, or filled with something else.

use super::Dice;

/// What to fill a text with.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "", " ", "70", "40", "851", "ZZ", "0", "-1.50", "12,5 kg", "1e9", "True", "FALSE", "ZZZ",
    "2026-10-07", "2026-10-07T24:00:00Z", "2026-02-30", "26/02/2024", "ADRPN", "ADEDL", "TTFT",
    "TTTM", "TTCO", "RPCOR", "OQV", "HS", "IPPCPCVP", " SPSFL ", "en", "zh-Hant", "KGM", "kg",
    "&amp;", "&#13;", "&#x9;", "]]&gt;", "\u{FEFF}", "\u{2028}", "\u{202E}", "e\u{301}", "\u{E9}",
    "\u{FA0E}", "\u{20000}", "\u{1F468}\u{200D}\u{1F33E}", "\u{F900}", "a\tb\nc", "<!-- - -->",
    "<![CDATA[<&]]>", "<y xmlns='u:v'/>", "<ram:Y>t<ram:Y/></ram:Y>", "text<y/>", "\\r\\n",
    "\\u0000", "\\ud83d\\ude00", "null", "true", "[]", "{}", "{\"value\":\"x\"}",
    "{\"value\":\"1\",\"unitCode\":\"KGM\"}", "{\"value\":\"x\",\"languageId\":\"he\"}",
    "{\"$xml\":{\"unknown\":[\"<y/>\"]}}", "{\"value\":\"2026-10-07\",\"as\":\"text\"}",
];

/// What to write behind the name in a start tag.
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    " languageID=\"en\"", " unitCode=\"KGM\"", " xml:lang='x'", " listID=''", " format=\"102\"",
    " xmlns:q='u:q' q:a=\"&#9;\"", " xmlns=''", " xsi:type='t'", " a='1' b=\"2\"", " schemeID=' '",
];

/// Turns one element or member; `false` where there is none.
pub fn turn(text: &mut Vec<u8>, dice: &mut Dice) -> bool {
    let spans = spans(text);
    if !spans.is_empty() {
        turn_one(text, &spans, dice);
    }
    !spans.is_empty()
}

fn turn_one(text: &mut Vec<u8>, spans: &[Span], dice: &mut Dice) {
    let one = &spans[dice.below(spans.len())];
    let other = &spans[dice.below(spans.len())];
    let copy = text[one.from..one.to].to_vec();
    let comma: &[u8] = if one.is_item { b"," } else { b"" };
    match dice.below(6) {
        0 => drop(text.splice(one.from..one.to, [])),
        1 => drop(text.splice(one.from..one.from, [&copy, comma].concat())),
        2 => drop(text.splice(other.from..other.to, copy)),
        3 => drop(text.splice(other.from..other.from, [&copy, comma].concat())),
        4 if !one.is_item => {
            let name = copy.iter().position(|octet| b" />".contains(octet)).unwrap_or(0);
            let at = one.from + name;
            let attribute = ATTRIBUTES[dice.below(ATTRIBUTES.len())];
            drop(text.splice(at..at, attribute.bytes()));
        }
        _ => {
            let word = WORDS[dice.below(WORDS.len())];
            let (from, to) = one.inside;
            let word = match one.is_item && dice.below(4) > 0 && !word.starts_with(['{', '[']) {
                true => format!("\"{word}\""),
                false => word.to_owned(),
            };
            drop(text.splice(from..to, word.into_bytes()));
        }
    }
}

//------------ Span ----------------------------------------------------------

/// An element, or an item between commas.
struct Span {
    from: usize,
    to: usize,
    /// Its content: of an element what is between its tags; of an item its
    /// value without its name.
    inside: (usize, usize),
    is_item: bool,
}

fn spans(text: &[u8]) -> Vec<Span> {
    match text.iter().find(|octet| !octet.is_ascii_whitespace()) {
        Some(b'{' | b'[') => items(text),
        Some(_) | None => elements(text),
    }
}

fn elements(text: &[u8]) -> Vec<Span> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(start) = next(text, at, b'<') {
        let Some(end) = next(text, start, b'>') else { break };
        at = end + 1;
        match text[start + 1..end] {
            [b'/', ..] => {
                if let Some((from, inside)) = open.pop() {
                    found.push(Span { from, to: at, inside: (inside, start), is_item: false });
                }
            }
            [b'?' | b'!', ..] => {}
            [.., b'/'] => {
                found.push(Span { from: start, to: at, inside: (at, at), is_item: false });
            }
            _ => open.push((start, at)),
        }
    }
    found
}

fn next(text: &[u8], from: usize, octet: u8) -> Option<usize> {
    text[from..].iter().position(|one| *one == octet).map(|at| from + at)
}

fn items(text: &[u8]) -> Vec<Span> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
    let (mut from, mut value) = (0, 0);
    let (mut in_string, mut escaped) = (false, false);
    for (at, octet) in text.iter().enumerate() {
        if in_string {
            in_string = escaped || *octet != b'"';
            escaped = !escaped && *octet == b'\\';
            continue;
        }
        match octet {
            b'"' => in_string = true,
            b':' => value = at + 1,
            b'{' | b'[' => {
                open.push((from, value));
                (from, value) = (at + 1, at + 1);
            }
            b',' | b'}' | b']' => {
                if at > from {
                    found.push(Span { from, to: at, inside: (value, at), is_item: true });
                }
                (from, value) = (at + 1, at + 1);
                if *octet != b',' {
                    (from, value) = open.pop().unwrap_or((at, at));
                }
            }
            _ => {}
        }
    }
    found
}
