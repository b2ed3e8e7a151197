//! What a row of the element table says, and the names made from it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, OnceLock};

use super::codes::List;
use super::table;

//------------ Type ----------------------------------------------------------

/// One complex type of the schema: its elements in the order it wants them.
pub struct Type {
    pub name: &'static str,
    pub elements: &'static [Element],
    /// Of each element what tells its name from most others.
    pub(super) keys: &'static [Key],
    /// The rows of the mandatory elements, a bit each.
    pub(super) mandatory: u32,
    /// The rows, sorted by their elements' names in JSON; made on first use.
    pub(super) by_json_name: OnceLock<Vec<u8>>,
}

impl Type {
    /// The elements in the order of their names in JSON, each with its row.
    pub(crate) fn by_json_name(&'static self) -> impl Iterator<Item = (u8, &'static Element)> {
        let rows = self.by_json_name.get_or_init(|| {
            let mut rows: Vec<(u8, &Element)> = (0u8..).zip(self.elements).collect();
            rows.sort_by_key(|(_, element)| element.json_name());
            rows.into_iter().map(|(row, _)| row).collect()
        });
        rows.iter().map(|row| (*row, &self.elements[usize::from(*row)]))
    }

    /// The element called `name` in XML, and where it stands in the order.
    pub fn element(&'static self, name: &str) -> Option<(u8, &'static Element)> {
        self.element_from(0, name)
    }

    /// As [`Type::element`], for one that is looked for from row `from` on:
    /// children mostly come in the order of the rows.
    pub(crate) fn element_from(
        &'static self,
        from: u8,
        name: &str,
    ) -> Option<(u8, &'static Element)> {
        let key = Key::of(name);
        let is = |row: &u8| {
            let place = usize::from(*row);
            self.keys.get(place) == Some(&key)
                && self.elements.get(place).is_some_and(|element| is_same(element.name, name))
        };
        let count = u8::try_from(self.elements.len()).unwrap_or(u8::MAX);
        let row = (from..count).find(is).or_else(|| (0..from.min(count)).find(is))?;
        Some((row, self.elements.get(usize::from(row))?))
    }

    /// The element that holds a document whose root has this type.
    pub(crate) fn root_name(&self) -> &'static str {
        self.name.strip_suffix("Type").unwrap_or(self.name)
    }

    /// Whether a document's root has this type.
    pub(crate) fn is_root(&self) -> bool {
        self.is(&table::ACKNOWLEDGEMENT) || self.is(&table::CERTIFICATE)
    }

    /// The element called `name` in JSON, and where it stands in the order.
    pub fn element_in_json(&'static self, name: &str) -> Option<(u8, &'static Element)> {
        (0u8..).zip(self.elements).find(|(_, element)| element.json_name() == name)
    }

    /// Whether both are the same type of the table.
    pub fn is(&self, other: &Type) -> bool {
        std::ptr::eq(self, other)
    }
}

/// The name alone: a type may hold itself.
impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl Eq for Type {}

//------------ Key -----------------------------------------------------------

/// The length of a name and its last octet: few names of a type have both the
/// same.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Key(u16);

impl Key {
    const fn of(name: &str) -> Self {
        let last = match name.as_bytes() {
            [.., last] => *last,
            [] => 0,
        };
        // Of the length the lowest octet does.
        Key(u16::from_le_bytes([last, name.len().to_le_bytes()[0]]))
    }

    pub(super) const fn of_all<const ROWS: usize>(names: &[&str]) -> [Self; ROWS] {
        let mut keys = [Key(0); ROWS];
        let mut row = 0;
        while row < ROWS {
            keys[row] = Key::of(names[row]);
            row += 1;
        }
        keys
    }
}

//------------ Element -------------------------------------------------------

/// One element of a type: a row of the table.
#[derive(Debug)]
pub struct Element {
    /// The local name in XML.
    pub name: &'static str,
    pub occurs: Occurs,
    pub kind: Kind,
    /// The name in JSON; made on first use.
    pub(super) json_name: OnceLock<String>,
}

impl Element {
    /// The name in JSON: made from the XML one by rule, with one exception.
    pub fn json_name(&self) -> &str {
        self.json_name.get_or_init(|| mechanical(self.name))
    }

    /// Whether an absent one may be written as an empty element: numbers and
    /// codes of a list may not, nothing being neither a number nor a code.
    pub fn may_be_empty(&self) -> bool {
        match &self.kind {
            Kind::Leaf(shape, list) => match shape {
                Shape::Text | Shape::DateTime => true,
                Shape::Id | Shape::Code => list.is_none_or(|list| list == List::PackagingLevel),
                Shape::Binary
                | Shape::Indicator
                | Shape::Measure
                | Shape::Numeric
                | Shape::Quantity => false,
            },
            // Nor may one that would have to hold such an element.
            Kind::Node(of) => {
                let mut mandatory = of.elements.iter().filter(|below| below.occurs.is_mandatory());
                mandatory.all(Element::may_be_empty)
            }
        }
    }

    /// What a mandatory one that is absent stands for: nothing, but for the
    /// level of a subdivision, which is `0`.
    pub fn absent_value(&self) -> &'static str {
        if self.name == "HierarchicalLevelCode" { "0" } else { "" }
    }
}

//------------ Kind ----------------------------------------------------------

/// What an element holds.
#[derive(Debug)]
pub enum Kind {
    /// A value, of a shape, perhaps from a code list.
    Leaf(Shape, Option<List>),
    /// Elements of its own.
    Node(&'static Type),
}

//------------ Occurs --------------------------------------------------------

/// How often an element stands in its parent, as UN/CEFACT annotates it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Occurs {
    Any,
    One,
    OneOrMore,
    Optional,
}

impl Occurs {
    /// Whether it may stand there more than once: a list in JSON.
    pub const fn repeats(self) -> bool {
        matches!(self, Occurs::Any | Occurs::OneOrMore)
    }

    /// Which of the rows of a type must be there, a bit each.
    pub(super) const fn mandatory(rows: &[Occurs]) -> u32 {
        let mut bits = 0;
        let mut row = 0;
        while row < rows.len() {
            if rows[row].is_mandatory() {
                bits |= 1 << row;
            }
            row += 1;
        }
        bits
    }

    /// Whether it must be there, if only empty.
    pub const fn is_mandatory(self) -> bool {
        matches!(self, Occurs::One | Occurs::OneOrMore)
    }
}

//------------ Shape ---------------------------------------------------------

/// The shape of a value: the unqualified data types of UN/CEFACT.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    Binary,
    Code,
    DateTime,
    Id,
    Indicator,
    Measure,
    Numeric,
    Quantity,
    Text,
}

impl Shape {
    /// The attributes the schema gives this shape. Those of a date or an
    /// indicator stand on its `DateTimeString` or `IndicatorString`.
    pub const fn attributes(self) -> &'static [&'static str] {
        match self {
            Shape::Binary => {
                &["format", "mimeCode", "encodingCode", "characterSetCode", "uri", "filename"]
            }
            Shape::Code => &[
                "listID",
                "listAgencyID",
                "listAgencyName",
                "listName",
                "listVersionID",
                "name",
                "languageID",
                "listURI",
                "listSchemeURI",
            ],
            Shape::DateTime | Shape::Indicator | Shape::Numeric => &["format"],
            Shape::Id => &[
                "schemeID",
                "schemeName",
                "schemeAgencyID",
                "schemeAgencyName",
                "schemeVersionID",
                "schemeDataURI",
                "schemeURI",
            ],
            Shape::Measure => &["unitCode", "unitCodeListVersionID"],
            Shape::Quantity => {
                &["unitCode", "unitCodeListID", "unitCodeListAgencyID", "unitCodeListAgencyName"]
            }
            Shape::Text => &["languageID", "languageLocaleID"],
        }
    }

    /// The attribute called `name` in XML.
    pub fn attribute(self, name: &str) -> Option<&'static str> {
        self.attributes().iter().copied().find(|known| *known == name)
    }

    /// Whether the value is a decimal number.
    pub const fn is_number(self) -> bool {
        matches!(self, Shape::Measure | Shape::Numeric | Shape::Quantity)
    }

    /// Whether blanks at the ends are no part of the value (XML Schema's
    /// `whiteSpace` `collapse`); only text keeps them.
    pub const fn collapses(self) -> bool {
        !matches!(self, Shape::Text)
    }
}

/// Whether two names are the same. Names are short: eight octets at a time, the
/// last eight once more, are sooner compared than handed to a routine.
fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let (Some(end), Some(other_end)) = (one.last_chunk::<8>(), other.last_chunk::<8>()) else {
        return one.iter().eq(other);
    };
    let same = |a: &[u8; 8], b: &[u8; 8]| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b);
    let (ones, _) = one.as_chunks::<8>();
    let (others, _) = other.as_chunks::<8>();
    same(end, other_end) && ones.iter().zip(others).all(|(a, b)| same(a, b))
}

//------------ Names ---------------------------------------------------------

/// The JSON name for an XML name: without `SPS`, `ID` as `Id`, `URI` as
/// `Uri`, the first letter small; `referencedDocument` is the one exception.
pub fn mechanical(name: &str) -> String {
    if name == "ReferenceSPSReferencedDocument" {
        return "referencedDocument".to_owned();
    }
    let name = name.replace("SPS", "").replace("ID", "Id").replace("URI", "Uri");
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

/// The JSON name of an attribute of any shape.
pub fn attribute_in_json(name: &'static str) -> &'static str {
    static NAMES: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
        let shapes = [
            Shape::Binary,
            Shape::Code,
            Shape::DateTime,
            Shape::Id,
            Shape::Measure,
            Shape::Quantity,
            Shape::Text,
        ];
        let all = shapes.into_iter().flat_map(|shape| shape.attributes());
        all.map(|name| (*name, mechanical(name))).collect()
    });
    NAMES.get(name).map_or(name, String::as_str)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::table::TYPES;
    use super::*;

    #[track_caller]
    fn check(xml: &str, json: &str) {
        assert_eq!(mechanical(xml), json);
    }

    #[test]
    fn names_are_made_by_rule() {
        check("SPSExchangedDocument", "exchangedDocument");
        check("ID", "id");
        check("ProductionBatchID", "productionBatchId");
        check("NatureIdentificationSPSCargo", "natureIdentificationCargo");
        check("ReferenceSPSReferencedDocument", "referencedDocument");
        check("ReExportSPSCountry", "reExportCountry");
        check("schemeDataURI", "schemeDataUri");
        check("uri", "uri");
    }

    #[test]
    fn same_names_are_the_same() {
        let all: Vec<&str> = TYPES.iter().flat_map(|of| of.elements).map(|e| e.name).collect();
        for one in &all {
            for other in &all {
                assert_eq!(is_same(one, other), one == other);
            }
            assert!(!is_same(one, &format!("{one}s")) && !is_same(one, &one[1..]));
        }
    }

    #[test]
    fn the_table_is_whole_and_names_are_unique_in_each_type() {
        let elements: usize = TYPES.iter().map(|of| of.elements.len()).sum();
        // 30 types and 154 elements, and the two roots with their children.
        assert_eq!((TYPES.len(), elements), (32, 157));
        for of in TYPES {
            let names: HashSet<_> = of.elements.iter().map(Element::json_name).collect();
            assert_eq!(names.len(), of.elements.len(), "{}", of.name);
        }
    }
}
