//! A certificate to JSON: always the shortest form.

use serde_json::{Map, Value, json};

use super::build::SCHEMA;
use crate::certificate::digest::truth;
use crate::certificate::element::{Element, Kind, Shape, attribute_in_json};
use crate::certificate::{Certificate, Extra, Item, Leaf, Node, Spelling};

/// The whole certificate; its depth is the tree's, which is bounded.
pub(super) fn certificate(certificate: &Certificate) -> Value {
    let mut object = Map::new();
    object.insert("schema".to_owned(), json!(SCHEMA));
    members(certificate.root(), &mut object);
    Value::Object(object)
}

fn members(node: &Node, object: &mut Map<String, Value>) {
    let mut spellings = Map::new();
    for (row, element) in (0u8..).zip(node.of().elements) {
        let items = node.row(row);
        if items.is_empty() {
            continue;
        }
        let name = element.json_name();
        let mut values = items.iter().map(|entry| item(element, &entry.item));
        let value = if element.occurs.repeats() {
            Some(Value::Array(values.collect()))
        } else {
            values.next()
        };
        object.extend(value.map(|value| (name.to_owned(), value)));
        if let (Kind::Leaf(Shape::Indicator, _), Some(Item::Leaf(leaf))) =
            (&element.kind, items.first().map(|entry| &entry.item))
            && truth(&leaf.text).is_some_and(|truth| truth.to_string() != leaf.text)
        {
            spellings.insert(name.to_owned(), json!(leaf.text));
        }
    }
    let extra = beyond(node.extra(), spellings);
    object.extend(extra.map(|extra| ("$xml".to_owned(), extra)));
}

fn item(element: &Element, item: &Item) -> Value {
    match (item, &element.kind) {
        (Item::Node(node), _) => {
            let mut object = Map::new();
            members(node, &mut object);
            Value::Object(object)
        }
        (Item::Leaf(leaf), Kind::Leaf(shape, _)) => value(*shape, leaf),
        (Item::Leaf(leaf), Kind::Node(_)) => json!(leaf.text),
    }
}

fn value(shape: Shape, leaf: &Leaf) -> Value {
    let value = match truth(&leaf.text) {
        Some(truth) if shape == Shape::Indicator => json!(truth),
        Some(_) | None => json!(leaf.text),
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
    let extra = beyond(leaf.extra(), Map::new());
    object.extend(extra.map(|extra| ("$xml".to_owned(), extra)));
    Value::Object(object)
}

/// The member `$xml`, where there is anything to say in it.
fn beyond(extra: Option<&Extra>, spellings: Map<String, Value>) -> Option<Value> {
    let mut object = Map::new();
    if !spellings.is_empty() {
        object.insert("spelling".to_owned(), Value::Object(spellings));
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
