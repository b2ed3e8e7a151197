//! A document to JSON: always the shortest form.
//!
//! An entry that a plain field stands for leaves its list and is written as
//! that field; where the order of a list cannot be told from that, it is said
//! under `$xml.order`.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::certificate::digest::truth;
use crate::certificate::element::{Element, Kind, Shape, attribute_in_json};
use crate::certificate::plain::{Plain, Repeats, StandsFor, tag_name};
use crate::certificate::{Extra, Item, Leaf, Node, Spelling};

/// A whole document by its root; its depth is the tree's, which is bounded.
pub(super) fn document(root: &Node, schema: &str) -> Value {
    let mut object = Map::new();
    object.insert("schema".to_owned(), json!(schema));
    members(root, &mut object);
    Value::Object(object)
}

fn members(node: &Node, object: &mut Map<String, Value>) {
    let mut beside = Beside::default();
    for (row, element) in (0u8..).zip(node.of().elements) {
        let items: Vec<&Item> = node.row(row).iter().map(|entry| &entry.item).collect();
        let items = fields(node, element, items, object, &mut beside);
        element_member(element, &items, object);
        if let (Kind::Leaf(Shape::Indicator, _), Some(Item::Leaf(leaf))) =
            (&element.kind, items.first())
            && truth(&leaf.text).is_some_and(|truth| truth.to_string() != leaf.text)
        {
            beside.spellings.insert(element.json_name().to_owned(), json!(leaf.text.as_str()));
        }
    }
    for (plain, spelled) in std::mem::take(&mut beside.spelled) {
        let group = below(object, plain.group).and_then(|group| below(group, "$xml"));
        if let Some(spelling) = group.and_then(|beside| below(beside, "spelling")) {
            spelling.insert(plain.field.to_owned(), json!(spelled));
        }
    }
    object.extend(beside.into_value(node.extra()).map(|beside| ("$xml".to_owned(), beside)));
}

/// One element's member: a list if it may repeat, absent if there is none.
fn element_member(element: &Element, items: &[&Item], object: &mut Map<String, Value>) {
    let mut values = items.iter().map(|entry| item(element, entry));
    let value = if !element.occurs.repeats() {
        values.next()
    } else if items.is_empty() {
        None
    } else {
        Some(Value::Array(values.collect()))
    };
    object.extend(value.map(|value| (element.json_name().to_owned(), value)));
}

fn item(element: &Element, item: &Item) -> Value {
    match (item, &element.kind) {
        (Item::Node(node), _) => {
            let mut object = Map::new();
            members(node, &mut object);
            Value::Object(object)
        }
        (Item::Leaf(leaf), Kind::Leaf(shape, _)) => value(*shape, leaf),
        (Item::Leaf(leaf), Kind::Node(_)) => json!(leaf.text.as_str()),
    }
}

fn value(shape: Shape, leaf: &Leaf) -> Value {
    let value = match truth(&leaf.text) {
        Some(truth) if shape == Shape::Indicator => json!(truth),
        Some(_) | None => json!(leaf.text.as_str()),
    };
    let spelling = match (shape, leaf.spelling) {
        (Shape::DateTime, Spelling::Other) => Some("dateTime"),
        (Shape::Indicator, Spelling::Other) => Some("string"),
        (Shape::DateTime | Shape::Indicator, Spelling::Text) => Some("text"),
        (_, Spelling::Ours | Spelling::Other | Spelling::Text) => None,
    };
    if spelling.is_none() && leaf.attributes().is_empty() && leaf.extra().is_none() {
        return value;
    }
    let mut object = Map::new();
    object.insert("value".to_owned(), value);
    for name in shape.attributes() {
        let value = leaf.attribute(name);
        object.extend(value.map(|value| (attribute_in_json(name).to_owned(), json!(value))));
    }
    object.extend(spelling.map(|spelling| ("as".to_owned(), json!(spelling))));
    let beside = Beside::default().into_value(leaf.extra());
    object.extend(beside.map(|beside| ("$xml".to_owned(), beside)));
    Value::Object(object)
}

//------------ Plain fields --------------------------------------------------

/// Writes the items that plain fields stand for, and returns the others.
fn fields<'a>(
    node: &Node,
    element: &Element,
    items: Vec<&'a Item>,
    object: &mut Map<String, Value>,
    beside: &mut Beside,
) -> Vec<&'a Item> {
    let mut taken = HashSet::new();
    let mut found: Vec<(usize, &'static Plain, &Node)> = Vec::new();
    let mut rest = Vec::new();
    let mut steps = Vec::new();
    for item in items {
        let plain = item.node().and_then(|entry| {
            let (order, plain) = Plain::fitting(node, element.name, entry)?;
            // A second copy of what stands once stays in the list.
            (plain.repeats == Repeats::Yes || taken.insert(order)).then_some((order, plain, entry))
        });
        match plain {
            Some((order, plain, entry)) => {
                steps.push((order, plain.tag));
                found.push((order, plain, entry));
            }
            None => {
                steps.push((usize::MAX, "-"));
                rest.push(item);
            }
        }
    }
    if !steps.is_sorted_by_key(|(order, _)| *order) {
        let steps: Vec<&str> = steps.iter().map(|(_, tag)| *tag).collect();
        beside.orders.insert(element.json_name().to_owned(), json!(steps));
    }
    found.sort_by_key(|(order, _, _)| *order);
    for (_, plain, entry) in found {
        field(plain, entry, object, beside);
    }
    rest
}

/// One entry as its plain field, in the object or in the group of the object.
fn field(
    plain: &'static Plain,
    entry: &Node,
    object: &mut Map<String, Value>,
    beside: &mut Beside,
) {
    let said = entry.text("Content").unwrap_or_default();
    let (value, spelled) = match (plain.stands_for, truth(said)) {
        (StandsFor::Truth, Some(truth)) => {
            (json!(truth), (truth.to_string() != said).then_some(said))
        }
        (_, _) => (left_of(plain, entry), None),
    };
    let place = if plain.group.is_empty() { Some(object) } else { below(object, plain.group) };
    let Some(place) = place else { return };
    if plain.repeats == Repeats::Yes {
        let list = place.entry(plain.field).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(value);
        }
    } else {
        place.insert(plain.field.to_owned(), value);
    }
    beside.spelled.extend(spelled.map(|spelled| (plain, spelled.to_owned())));
}

/// The object called `name`, made if it is not there.
fn below<'a>(object: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    object.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

/// What is left of a tagged entry without its tag: one value by itself, if it
/// is the one that the field stands for; else the entry.
fn left_of(plain: &Plain, entry: &Node) -> Value {
    let mut object = Map::new();
    let tag = tag_name(entry.of());
    for (row, element) in (0u8..).zip(entry.of().elements) {
        let tags = usize::from(tag == Some(element.name));
        let items: Vec<&Item> = entry.row(row).iter().skip(tags).map(|entry| &entry.item).collect();
        element_member(element, &items, &mut object);
    }
    let beside = Beside::default().into_value(entry.extra());
    object.extend(beside.map(|beside| ("$xml".to_owned(), beside)));
    let alone = if object.len() == 1 { object.iter().next() } else { None };
    let short = match (plain.stands_for, alone) {
        (StandsFor::ClassCode, Some((name, value))) if name == "classCode" => Some(value),
        (StandsFor::ClassName, Some((name, value))) if name == "className" => only(value),
        (StandsFor::Content | StandsFor::Truth, Some((name, value))) if name == "content" => {
            only(value)
        }
        (StandsFor::Fact, Some((name, value))) if name == "description" => only(value),
        // With a unit it cannot be taken for a description.
        (StandsFor::Fact, Some((name, value))) if name == "valueMeasure" => {
            value.get("unitCode").map(|_| value)
        }
        (_, _) => None,
    };
    short.cloned().unwrap_or(Value::Object(object))
}

/// The only entry of a list.
fn only(list: &Value) -> Option<&Value> {
    match list.as_array().map(Vec::as_slice) {
        Some([alone]) => Some(alone),
        Some(_) | None => None,
    }
}

//------------ Beside --------------------------------------------------------

/// What the member `$xml` of an object says.
#[derive(Default)]
struct Beside {
    orders: Map<String, Value>,
    spellings: Map<String, Value>,
    /// How booleans of a group are spelled, for the group's own `$xml`.
    spelled: Vec<(&'static Plain, String)>,
}

impl Beside {
    /// The member, where there is anything to say in it.
    fn into_value(self, extra: Option<&Extra>) -> Option<Value> {
        let mut object = Map::new();
        if !self.orders.is_empty() {
            object.insert("order".to_owned(), Value::Object(self.orders));
        }
        if !self.spellings.is_empty() {
            object.insert("spelling".to_owned(), Value::Object(self.spellings));
        }
        if let Some(extra) = extra {
            if !extra.attributes().is_empty() {
                let attributes = extra.attributes().iter();
                let attributes: Map<String, Value> =
                    attributes.map(|(name, value)| (name.clone(), json!(value))).collect();
                object.insert("attributes".to_owned(), Value::Object(attributes));
            }
            if !extra.unknown.is_empty() {
                object.insert("unknown".to_owned(), json!(extra.unknown));
            }
        }
        (!object.is_empty()).then_some(Value::Object(object))
    }
}
