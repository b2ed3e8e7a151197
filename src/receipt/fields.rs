//! The fields of a machine part, and what stands in them.

use std::fmt;

use crate::letter::field::unfolded;

//------------ Group ---------------------------------------------------------

/// Fields that stand together, unfolded, in their order.
///
/// Generous: a line that is no field is passed over, for both RFC 8098 and
/// RFC 3464 have readers ignore what they do not know.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Group {
    fields: Vec<(String, String)>,
}

impl Group {
    /// Every group of `body`, parted by empty lines (RFC 3464, section 2.1).
    pub fn all(body: &[u8]) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut block: Vec<(String, Vec<u8>)> = Vec::new();
        let mut close = |block: &mut Vec<(String, Vec<u8>)>| {
            let named = block.drain(..).filter(|(name, _)| !name.is_empty());
            let fields: Vec<_> = named.map(|(name, value)| (name, unfolded(&value))).collect();
            if !fields.is_empty() {
                groups.push(Group { fields });
            }
        };
        for line in body.split(|octet| *octet == b'\n').take(MAX_LINES) {
            if line.trim_ascii().is_empty() {
                close(&mut block);
            } else if line.starts_with(b" ") || line.starts_with(b"\t") {
                if let Some((_, value)) = block.last_mut() {
                    value.extend_from_slice(line);
                }
            } else if let Some((name, value)) = field(line) {
                block.push((name, value.to_vec()));
            } else {
                // What follows it folded is not the field's above.
                block.push((String::new(), Vec::new()));
            }
        }
        close(&mut block);
        groups
    }

    /// All fields of `body`, as one group.
    pub fn joined(body: &[u8]) -> Group {
        Group { fields: Group::all(body).into_iter().flat_map(|group| group.fields).collect() }
    }

    /// Every value of that name.
    pub fn values(&self, name: &str) -> Vec<&str> {
        let same = |field: &&(String, String)| field.0.eq_ignore_ascii_case(name);
        self.fields.iter().filter(same).map(|(_, value)| value.as_str()).collect()
    }

    /// The first value of that name.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.values(name).first().copied()
    }
}

fn field(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = line.iter().position(|octet| *octet == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    Some((String::from_utf8_lossy(name).into_owned(), line.get(colon + 1..)?))
}

/// As many lines as any report has, a hundred recipients included.
const MAX_LINES: usize = 20_000;

//------------ MessageId -----------------------------------------------------

/// A Message-ID without its brackets: what a receipt names a letter by.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct MessageId(String);

impl MessageId {
    /// Reads one with brackets or without, in quotes, or with blanks inside,
    /// as RFC 3335's own example has it; nothing if no `@` is in it.
    pub fn read(value: &str) -> Option<MessageId> {
        let plain = |letter: &char| letter.is_ascii_graphic() && !matches!(letter, '<' | '>' | '"');
        let id: String = value.chars().filter(plain).collect();
        let whole = id.len() <= MAX_ID && id.contains('@') && value.is_ascii();
        whole.then_some(MessageId(id))
    }

    /// Without brackets.
    pub fn bare(&self) -> &str {
        &self.0
    }

    /// The part before the `@`: of our letters the letter's id.
    pub fn left(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

/// A machine part's lines are not folded, so they end at 998 octets.
const MAX_ID: usize = 900;

//------------ Words ---------------------------------------------------------

/// Words of the other side, as they are kept: cut at 500, control characters
/// escaped.
pub(super) fn kept(value: &str) -> String {
    let escape = |letter: char| -> String {
        if letter.is_control() { letter.escape_default().collect() } else { letter.to_string() }
    };
    value.chars().take(500).map(escape).collect()
}

/// A value without its comments (RFC 5322, section 3.2.2), nested ones too.
pub(super) fn without_comments(value: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            _ => out.push(letter),
        }
    }
    out.trim().to_owned()
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_fields() {
        let body = b"\r\nA: 1\r\nb : 2\r\n\t3\r\nno field\r\n folded\r\nA: 4\r\n\r\n\r\nA: 5\r\n";
        let groups = Group::all(body);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].values("a"), ["1", "4"]);
        assert_eq!(groups[0].first("B"), Some("2 3"));
        assert_eq!(Group::joined(body).values("A"), ["1", "4", "5"]);
        assert_eq!(Group::all(b""), []);
    }

    #[test]
    fn message_ids_of_peers() {
        for value in ["<a.b@c>", "a.b@c", " < a.b @ c > ", "\"<a.b@c>\"", "<\"a.b\"@c>", "<a.b@c"] {
            assert_eq!(MessageId::read(value).unwrap().to_string(), "<a.b@c>", "{value}");
        }
        assert_eq!(MessageId::read("<a.b@c>").unwrap().left(), "a.b");
        for value in ["", "<>", "a.b", "é@c", &"x@".repeat(500)] {
            assert_eq!(MessageId::read(value), None, "{value}");
        }
    }

    #[test]
    fn comments() {
        assert_eq!(without_comments("5.1.1 (no (such) box)"), "5.1.1");
    }
}
