//! The JSON Schema of a certificate's JSON (2020-12), made from the element
//! table and the plain fields.
//!
//! - here: objects, lists and plain fields;
//! - [`leaf`]: values, their forms and attributes.
//!
//! It says what a text can be held against before it is published. What it
//! cannot say (two fields that exclude each other, a day that no month has)
//! the reader in [`super::build`] does; it alone judges.

mod leaf;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::certificate::codes::List;
use crate::certificate::digest::SCHEMA;
use crate::certificate::element::{Element, Kind, Occurs, Shape, Type, mechanical};
use crate::certificate::plain::{Plain, Repeats, StandsFor};
use crate::certificate::rules::{self, Strictness};
use crate::certificate::{CertificateId, Level, Node, table};

/// The schema of a whole certificate.
///
/// [`Strictness::Received`] is every `certpost/certificate/1`, as we write it
/// too; [`Strictness::Submission`] is what may be published.
pub(super) fn certificate(strictness: Strictness) -> Value {
    let mut schema = document(&table::CERTIFICATE, SCHEMA, strictness);
    schema["examples"] = json!([example()]);
    schema
}

/// The schema of a document whose root has the type `of`.
pub(super) fn document(of: &'static Type, schema: &str, strictness: Strictness) -> Value {
    let mut book = Book { strictness, defs: Map::new() };
    let mut root = Map::new();
    root.insert("type".to_owned(), json!("object"));
    let mut properties = Map::new();
    properties.insert("schema".to_owned(), json!({"const": schema}));
    let required = book.members(of, &mut properties, &[]);
    root.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        root.insert("required".to_owned(), json!(required));
    }
    root.insert("additionalProperties".to_owned(), json!(false));
    root.insert("$defs".to_owned(), Value::Object(book.defs));
    Value::Object(root)
}

//------------ Book ----------------------------------------------------------

/// The definitions made so far: one for each type, shape and form in use.
struct Book {
    strictness: Strictness,
    defs: Map<String, Value>,
}

impl Book {
    /// A reference to the definition `name`, which is made if it is not there.
    fn define(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.defs.contains_key(name) {
            // A type may hold itself: its name is taken first.
            self.defs.insert(name.to_owned(), Value::Null);
            let made = make(self);
            self.defs.insert(name.to_owned(), made);
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }

    fn node(&mut self, of: &'static Type) -> Value {
        let name = of.name.trim_start_matches("SPS").trim_end_matches("Type");
        self.define(name, |book| book.object(of, &[], of.name))
    }

    /// A tagged entry without its tag, as a plain field holds it where more
    /// than one value is left.
    fn entry(&mut self, of: &'static Type, tag: &'static [&'static str]) -> Value {
        let name = of.name.trim_start_matches("SPS").trim_end_matches("Type");
        let words = format!("{} without its tag", of.name);
        self.define(&format!("{name}Entry"), |book| book.object(of, tag, &words))
    }

    fn object(&mut self, of: &'static Type, without: &[&str], words: &str) -> Value {
        let mut properties = Map::new();
        let required = self.members(of, &mut properties, without);
        let mut object = Map::new();
        object.insert("description".to_owned(), json!(words));
        object.insert("type".to_owned(), json!("object"));
        object.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            object.insert("required".to_owned(), json!(required));
        }
        object.insert("additionalProperties".to_owned(), json!(false));
        Value::Object(object)
    }

    /// Elements, plain fields and `$xml`; the names of those that must be there.
    fn members(
        &mut self,
        of: &'static Type,
        properties: &mut Map<String, Value>,
        without: &[&str],
    ) -> Vec<&'static str> {
        let essential: Vec<&str> = match self.strictness {
            Strictness::Received => Vec::new(),
            // What the rules miss in an element that holds nothing.
            Strictness::Submission => rules::node(&Node::new(of), self.strictness)
                .into_iter()
                .filter(|(_, fault)| fault.level == Level::Severe)
                .map(|(element, _)| element.json_name())
                .collect(),
        };
        for element in of.elements.iter().filter(|element| !without.contains(&element.name)) {
            let name = element.json_name();
            let member = self.member(of, element, essential.contains(&name));
            properties.insert(name.to_owned(), member);
        }
        for name in Plain::names(of, "") {
            let member = match Plain::find(of, "", name) {
                Some((_, plain)) => self.plain(plain),
                None => self.group(of, name),
            };
            properties.insert(name.to_owned(), member);
        }
        properties.insert("$xml".to_owned(), self.beside());
        essential
    }

    fn member(&mut self, of: &'static Type, element: &'static Element, essential: bool) -> Value {
        let one = match &element.kind {
            Kind::Leaf(shape, list) => self.leaf(*shape, *list),
            Kind::Node(below) => self.node(below),
        };
        let mut member = Map::new();
        member.insert("description".to_owned(), json!(self.words(of, element, essential)));
        let tight = if essential { tight(of, element) } else { Map::new() };
        if element.occurs.repeats() {
            let kinds = if essential { json!("array") } else { json!(["array", "null"]) };
            member.insert("type".to_owned(), kinds);
            member.insert("items".to_owned(), one);
        } else {
            member.extend(perhaps_null(one, essential));
        }
        member.extend(tight);
        Value::Object(member)
    }

    /// The element's name in XML, how often it stands there, what it is a code of.
    fn words(&self, of: &Type, element: &Element, essential: bool) -> String {
        let mut words = element.name.to_owned();
        words.push_str(match element.occurs {
            Occurs::Any => ", any number",
            Occurs::One => ", once",
            Occurs::OneOrMore => ", once or more",
            Occurs::Optional => ", at most once",
        });
        if element.occurs.is_mandatory() && !essential && element.may_be_empty() {
            words.push_str(match element.absent_value() {
                "" => "; left out here, it is written empty",
                _ => "; left out here, it is written 0",
            });
        }
        if of.is(&table::EXCHANGED_DOCUMENT) && element.name == "TypeCode" {
            let named = |code| List::DocumentName.name(code).map(|name| format!("{code} {name}"));
            let usual = ["851", "657", "852", "853", "636", "856"].into_iter().filter_map(named);
            let usual: Vec<String> = usual.collect();
            words.push_str("; usually ");
            words.push_str(&usual.join(", "));
        }
        words
    }

    //--- Plain fields

    fn group(&mut self, of: &'static Type, group: &str) -> Value {
        let mut properties = Map::new();
        for name in Plain::names(of, group) {
            if let Some((_, plain)) = Plain::find(of, group, name) {
                properties.insert(name.to_owned(), self.plain(plain));
            }
        }
        properties.insert("$xml".to_owned(), self.beside());
        json!({
            "description": "plain fields for ePhyto tags",
            "type": ["object", "null"],
            "properties": properties,
            "additionalProperties": false,
        })
    }

    fn plain(&mut self, plain: &'static Plain) -> Value {
        let one = match plain.stands_for {
            StandsFor::ClassCode => self.define("PlainClassCode", |book| {
                let values = vec![book.leaf(Shape::Code, None)];
                plain_form(values, book.entry(&table::CLASSIFICATION, &[]))
            }),
            StandsFor::ClassName => self.define("PlainClassName", |book| {
                let values = vec![book.leaf(Shape::Text, None)];
                plain_form(values, book.entry(&table::CLASSIFICATION, &[]))
            }),
            StandsFor::Content => self.define("PlainContent", |book| {
                let values = vec![book.leaf(Shape::Text, None)];
                plain_form(values, book.entry(&table::NOTE, &["Subject"]))
            }),
            StandsFor::Fact => self.define("PlainFact", |book| {
                let values = vec![book.leaf(Shape::Text, None), book.measured()];
                plain_form(values, book.entry(&table::PROCESS_CHARACTERISTIC, &[]))
            }),
            StandsFor::Truth => json!({"type": "boolean"}),
        };
        let named = List::Tag.name(plain.tag).unwrap_or_default();
        let list = mechanical(plain.list);
        let mut member = Map::new();
        let words = format!("ePhyto tag {} ({named}), for an entry of {list}", plain.tag);
        member.insert("description".to_owned(), json!(words));
        match plain.repeats {
            Repeats::Yes => {
                member.insert("type".to_owned(), json!(["array", "null"]));
                member.insert("items".to_owned(), one);
            }
            Repeats::No => member.extend(perhaps_null(one, false)),
        }
        Value::Object(member)
    }

    //--- Beyond the schema

    /// The member `$xml`.
    fn beside(&mut self) -> Value {
        self.define("Xml", |book| {
            let texts = |words: &str| {
                json!({
                    "description": words,
                    "type": ["object", "null"],
                    "additionalProperties": {"type": "string"},
                })
            };
            let mut properties = Map::new();
            let order = json!({
                "description": "the tags of a list in the file's order, where it is not ours; - is the next plain entry",
                "type": ["object", "null"],
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            });
            properties.insert("order".to_owned(), order);
            let spelling = texts("how a boolean was spelled, by field");
            properties.insert("spelling".to_owned(), spelling);
            if book.strictness == Strictness::Received {
                let attributes = texts("attributes that the standard lacks, as {namespace}name");
                properties.insert("attributes".to_owned(), attributes);
                let unknown = json!({
                    "description": "elements that the standard lacks, misplaced or too many, as exclusive C14N",
                    "type": ["array", "null"],
                    "items": {"type": "string"},
                });
                properties.insert("unknown".to_owned(), unknown);
            }
            json!({
                "description": "how the XML was spelled, and what JSON has no name for; a reader may ignore it, a producer never needs it",
                "type": ["object", "null"],
                "properties": properties,
                "additionalProperties": false,
            })
        })
    }
}

/// `one`, or null where it may be absent.
fn perhaps_null(one: Value, essential: bool) -> Map<String, Value> {
    match one {
        Value::Object(one) if essential => one,
        one => {
            let mut either = Map::new();
            either.insert("anyOf".to_owned(), json!([one, {"type": "null"}]));
            either
        }
    }
}

/// A plain field: a value, or the whole entry without its tag.
fn plain_form(mut values: Vec<Value>, entry: Value) -> Value {
    values.push(entry);
    json!({
        "description": "what is left of the tagged entry without its tag: one value, or an object",
        "anyOf": values,
    })
}

/// What a member must be besides, where a certificate is none without it.
fn tight(of: &Type, element: &Element) -> Map<String, Value> {
    let rest = match (&element.kind, element.name) {
        (_, _) if element.occurs.repeats() => json!({"minItems": 1}),
        (Kind::Node(_), _) => json!({"minProperties": 1}),
        (Kind::Leaf(..), "TypeCode") if of.is(&table::EXCHANGED_DOCUMENT) => {
            json!({"pattern": "^[0-9]{1,3}$", "properties": {"value": {"pattern": "^[0-9]{1,3}$"}}})
        }
        (Kind::Leaf(..), "ID") if of.is(&table::EXCHANGED_DOCUMENT) => {
            let said =
                json!({"pattern": "[^ \\t\\r\\n]", "maxLength": CertificateId::NUMBER_LIMIT});
            let mut rest = said.clone();
            rest["properties"] = json!({"value": said});
            rest
        }
        (Kind::Leaf(..), _) => {
            json!({"minLength": 1, "properties": {"value": {"minLength": 1}}})
        }
    };
    match rest {
        Value::Object(rest) => rest,
        _ => Map::new(),
    }
}

/// The least that is a certificate.
fn example() -> Value {
    json!({
        "schema": SCHEMA,
        "exchangedDocument": {
            "id": "BV-PC-2026-0004711",
            "typeCode": "851",
            "statusCode": "70",
            "issueDateTime": "2026-11-20",
        },
        "consignment": {
            "consignorParty": {"name": "Bouvet Orchards"},
            "consigneeParty": {"name": "Heard Fruit"},
            "exportCountry": {"id": "BV"},
            "importCountry": {"id": "HM"},
            "includedConsignmentItem": [{"includedTradeLineItem": [{
                "sequenceNumeric": "1",
                "description": [{"value": "Apples", "languageId": "en"}],
                "netWeightMeasure": {"value": "20500.00", "unitCode": "KGM"},
                "hsCode": "080810",
            }]}],
        },
    })
}
