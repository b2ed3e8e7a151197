//! Certificates made up for tests: our own three, and random ones.

use std::path::{Path, PathBuf};

use crate::certificate::element::{Kind, Shape, Type};
use crate::certificate::{Certificate, Document, Extra, Item, Leaf, Node, Spelling, table};

/// Our own three certificates, by name.
pub(crate) const OURS: [&str; 3] = ["phytosanitary-851", "re-export-657", "health-636"];

/// A file of our own certificates: `<name>.json` is the example that people
/// read, `<name>.xml` what it becomes.
pub(crate) fn ours(file: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match file.strip_suffix(".xml") {
        Some(name) => root.join("tests/golden").join(name).join("certificate.xml"),
        None => root.join("queue-config/examples").join(file),
    }
}

/// A file of the shared folder beside the project, where it is there.
pub(crate) fn shared(file: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/standards").join(file);
    let octets = std::fs::read(&path).ok();
    if octets.is_none() {
        crate::skipped::skipped(&format!("sample: ../shared/standards/{file} is not there"));
    }
    octets
}

/// A certificate made from a seed, over the whole table.
pub(crate) fn random(seed: u64) -> Certificate {
    let mut dice = Dice(seed | 1);
    Certificate::new(node(&mut dice, &table::CERTIFICATE, 1))
}

/// An acknowledgement made from a seed, over all that one may hold.
pub(crate) fn random_acknowledgement(seed: u64) -> Document {
    let mut dice = Dice(seed | 1);
    Document::new(node(&mut dice, &table::ACKNOWLEDGEMENT, 1))
}

/// xorshift64*: enough to choose with.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

fn node(dice: &mut Dice, of: &'static Type, depth: usize) -> Node {
    let mut node = Node::new(of);
    for element in of.elements {
        let wanted = if element.occurs.is_mandatory() { 9 } else { 8_usize.saturating_sub(depth) };
        let times = match (dice.below(12) < wanted, element.occurs.repeats()) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 1 + dice.below(if depth < 6 { 3 } else { 1 }),
        };
        for place in 0..times {
            let item = match &element.kind {
                Kind::Leaf(..)
                    if place == 0 && dice.below(4) > 0 && tag_of(of) == Some(element.name) =>
                {
                    Item::Leaf(tag(dice))
                }
                Kind::Leaf(..) if of.is(&table::PROCESS) && dice.below(3) > 0 => {
                    Item::Leaf(Leaf::new("ZZZ"))
                }
                Kind::Leaf(..) if of.is(&table::NOTE) && dice.below(5) == 0 => {
                    Item::Leaf(Leaf::new(dice.pick(&["True", "FALSE", "true", "false", "1", ""])))
                }
                Kind::Node(_) if depth > 8 => continue,
                Kind::Node(of) => Item::Node(self::node(dice, of, depth + 1)),
                Kind::Leaf(shape, _) => Item::Leaf(leaf(dice, *shape)),
            };
            assert!(node.push(element.name, item));
        }
    }
    if dice.below(15) == 0 {
        extra(dice, node.extra_mut());
    }
    node
}

/// The element of an entry that may hold an ePhyto tag.
fn tag_of(of: &Type) -> Option<&'static str> {
    crate::certificate::plain::tag_name(of)
}

/// A tag, now and then with something that makes it none.
fn tag(dice: &mut Dice) -> Leaf {
    let tags: Vec<&str> = crate::certificate::plain::PLAIN.iter().map(|plain| plain.tag).collect();
    let mut leaf = Leaf::new(match dice.below(12) {
        0 => dice.pick(&["ADCO", "ADIP", "XYZ", "", " ADEDL"]),
        _ => dice.pick(&tags),
    });
    if dice.below(12) == 0 {
        leaf.set("languageID", "en");
    }
    leaf
}

fn leaf(dice: &mut Dice, shape: Shape) -> Leaf {
    let text = match shape {
        Shape::Binary => dice.pick(&["", "JVBERi0xLjQK", "AA==", "not base64"]).to_owned(),
        Shape::Code | Shape::Id => dice
            .pick(&["1", "70", "851", "CT", "BV", "A \u{a0}b", "<&\">'", "号-7", "é"])
            .to_owned(),
        Shape::DateTime => dice
            .pick(&["", "2026-11-20", "2026-11-20T10:15:00+01:00", "2026-11-20T10:15:00"])
            .to_owned(),
        Shape::Indicator => dice.pick(&["true", "false", "TRUE", "False", "1", "0"]).to_owned(),
        Shape::Measure | Shape::Numeric | Shape::Quantity => {
            dice.pick(&["0", "20500.00", "-0.5", "12345678901234567890.1"]).to_owned()
        }
        Shape::Text => text(dice),
    };
    let mut leaf = Leaf::new(text);
    for name in shape.attributes() {
        if dice.below(6) == 0 {
            let value = text_of(dice, 2);
            leaf.set(name, value);
        }
    }
    if matches!(shape, Shape::DateTime | Shape::Indicator) {
        let spellings: &[Spelling] = if leaf.attributes().is_empty() {
            &[Spelling::Ours, Spelling::Other, Spelling::Text]
        } else {
            &[Spelling::Ours, Spelling::Other]
        };
        leaf.spelling = dice.pick(spellings);
    }
    if dice.below(25) == 0 {
        extra(dice, leaf.extra_mut());
    }
    leaf
}

fn extra(dice: &mut Dice, extra: &mut Extra) {
    // Anything may stand in the name of a namespace.
    let namespaces = ["urn:stranger", "u:}a{", "http://x/?a=1&b=\"<>'\t"];
    match dice.below(3) {
        0 => {
            let name = format!("{{{}}}note", dice.pick(&namespaces));
            extra.set(name, text_of(dice, 3));
        }
        1 => extra.set("plain", text_of(dice, 3)),
        _ => extra.unknown.push(
            "<q:x xmlns:q=\"urn:q\" a=\"&lt;&quot;\" q:b=\"&#xA;\">é&amp;<y>&#xD;]]&gt;</y></q:x>"
                .to_owned(),
        ),
    }
}

fn text(dice: &mut Dice) -> String {
    text_of(dice, 6)
}

fn text_of(dice: &mut Dice, most: usize) -> String {
    let pieces = [
        "Apples",
        " ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "&",
        "<",
        ">",
        "]]>",
        "\"",
        "'",
        "&amp;",
        "é",
        "苹果",
        "تفاح",
        "\u{1F34E}",
        "\u{FFFD}",
        "\u{85}",
        "\u{2028}",
        "\\",
        "{}",
        "e\u{301}",
        "ADEDL",
        "-->",
    ];
    let count = dice.below(most + 1);
    (0..count).map(|_| dice.pick(&pieces)).collect()
}
