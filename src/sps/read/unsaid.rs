//! What a document's octets say that is no content, so that whoever turns
//! them into JSON is told what does not come along.

//------------ Unsaid --------------------------------------------------------

/// What stands in a document and is no content.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Unsaid {
    /// Whether there are blanks between elements.
    pub blanks: bool,
    /// Whether blanks stand in codes, numbers, dates or base64.
    pub collapsed: bool,
    /// How many comments there are.
    pub comments: u32,
    /// How many mandatory elements are written and hold nothing.
    pub empty: usize,
    /// Whether prefixes are others than ours.
    pub prefixes: bool,
    /// Whether elements stand in another order than the schema's.
    pub reordered: bool,
    /// Whether a place of a schema is named.
    pub schema_location: bool,
}

impl Unsaid {
    /// A line for each, in words; none where nothing is left unsaid.
    pub fn lines(&self) -> Vec<String> {
        let comments = match self.comments {
            0 => None,
            1 => Some("a comment".to_owned()),
            n => Some(format!("{n} comments")),
        };
        let empty = match self.empty {
            0 => None,
            1 => Some("that a mandatory element was written empty, not left out".to_owned()),
            n => Some(format!("that {n} mandatory elements were written empty, not left out")),
        };
        let flags = [
            (self.prefixes, "the prefixes of its namespaces"),
            (self.schema_location, "xsi:schemaLocation"),
            (self.blanks, "the blanks between elements"),
            (self.collapsed, "blanks around and in codes, numbers, dates and base64"),
            (self.reordered, "the order of different elements"),
        ];
        let flags = flags.into_iter().filter(|(is, _)| *is).map(|(_, words)| words.to_owned());
        flags.chain(comments).chain(empty).collect()
    }
}
