//! Values: a string by itself, or an object with its attributes.

use serde_json::{Map, Value, json};

use super::Book;
use crate::certificate::codes::List;
use crate::certificate::element::{Shape, attribute_in_json};
use crate::certificate::rules::Strictness;

/// As many codes are told with their names.
const NAMED: usize = 30;

const NUMBER: &str = r"^-?[0-9]{1,20}(\.[0-9]+)?$";
/// With a plus sign, or no digit on one side of the point, or nothing at all.
const NUMBER_RECEIVED: &str = r"^([+-]?([0-9]{1,20}(\.[0-9]*)?|\.[0-9]+))?$";
const DAY: &str = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
const CLOCK: &str = r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?";
const ZONE: &str = "(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))";
/// The forms 102, 203, 204 and 205 of list 2379.
const DIGITS: &str = r"[0-9]{8}([0-9]{4}([0-9]{2}|[+-][0-9]{4})?)?";

impl Book {
    /// A reference to the definition of a shape's values, of a code list if
    /// there is one.
    pub(super) fn leaf(&mut self, shape: Shape, list: Option<List>) -> Value {
        match list {
            None => self.define(&format!("{shape:?}"), |book| {
                json!({
                    "description": words(shape),
                    "anyOf": [book.scalar(shape, false), book.with_attributes(shape)],
                    "examples": [example(shape)],
                })
            }),
            Some(list) => self.define(&format!("{list:?}{shape:?}"), |book| {
                let mut coded = book.leaf(shape, None);
                coded["description"] = json!(format!("{}{}", list.words(), named(list)));
                book.bind(list, &mut coded);
                coded
            }),
        }
    }

    /// A measure in an object, known from a text by its unit.
    pub(super) fn measured(&mut self) -> Value {
        self.define("Measured", |book| {
            let mut measure = book.with_attributes(Shape::Measure);
            measure["description"] = json!("a measure with its unit");
            measure["anyOf"] =
                json!([{"required": ["unitCode"]}, {"required": ["unitCodeListVersionId"]}]);
            measure
        })
    }

    /// Holds a value to its list, where an unknown code is refused. The
    /// document's own type is bound where it stands: elsewhere it is not.
    fn bind(&mut self, list: List, coded: &mut Value) {
        if self.strictness == Strictness::Received {
            return;
        }
        match list {
            List::Country => {
                coded["pattern"] = json!("^[A-Z]{2}$");
                coded["properties"] = json!({"value": {"pattern": "^[A-Z]{2}$"}});
            }
            List::Package | List::Status | List::Transport => {
                let value = self.define(&format!("{list:?}Value"), |_| {
                    let codes: Vec<&str> = list.codes().into_iter().map(|(code, _)| code).collect();
                    json!({"enum": codes})
                });
                coded["if"] = json!({"type": "string"});
                coded["then"] = value.clone();
                coded["else"] = json!({"properties": {"value": value}});
            }
            List::Cargo
            | List::DocumentName
            | List::GovernmentAction
            | List::Language
            | List::MeasuredAttribute
            | List::PackagingLevel
            | List::PartyRole
            | List::Process
            | List::Reference
            | List::Tag
            | List::Temperature
            | List::Unit => {}
        }
    }

    fn with_attributes(&mut self, shape: Shape) -> Value {
        let mut properties = Map::new();
        properties.insert("value".to_owned(), self.scalar(shape, true));
        for name in shape.attributes() {
            let mut attribute = Map::new();
            let words = match *name {
                "languageID" => "ISO 639-1 or BCP 47, as en; only when it is known",
                "unitCode" => "Rec 20, as KGM",
                "format" if shape == Shape::DateTime => "of list 2379: 102, 203, 204 or 205",
                "mimeCode" => "the media type, as application/pdf",
                _ => "",
            };
            if !words.is_empty() {
                attribute.insert("description".to_owned(), json!(words));
            }
            attribute.insert("type".to_owned(), json!(["string", "null"]));
            properties.insert(attribute_in_json(name).to_owned(), Value::Object(attribute));
        }
        let spelled = match shape {
            Shape::DateTime => Some("dateTime"),
            Shape::Indicator => Some("string"),
            Shape::Binary
            | Shape::Code
            | Shape::Id
            | Shape::Measure
            | Shape::Numeric
            | Shape::Quantity
            | Shape::Text => None,
        };
        if let Some(other) = spelled {
            let spelling = json!({
                "description": "how it is spelled in XML, where that is not our way",
                "enum": [other, "text", null],
            });
            properties.insert("as".to_owned(), spelling);
        }
        properties.insert("$xml".to_owned(), self.beside());
        json!({
            "type": "object",
            "properties": properties,
            "required": ["value"],
            "additionalProperties": false,
        })
    }

    /// The value itself. In an object a date may be digits alone: `format`
    /// says so there.
    fn scalar(&self, shape: Shape, in_object: bool) -> Value {
        let ours = self.strictness == Strictness::Submission;
        match shape {
            Shape::Binary => json!({"type": "string", "contentEncoding": "base64"}),
            Shape::DateTime => {
                let digits = if in_object { format!("|{DIGITS}") } else { String::new() };
                let day = if ours {
                    format!("{DAY}({CLOCK}{ZONE})?")
                } else {
                    format!("{DAY}({CLOCK})?{ZONE}?")
                };
                json!({"type": "string", "pattern": format!("^({day}{digits})?$")})
            }
            Shape::Indicator if ours => json!({"type": "boolean"}),
            Shape::Indicator => json!({"type": ["boolean", "string"]}),
            Shape::Measure | Shape::Numeric | Shape::Quantity => {
                json!({"type": "string", "pattern": if ours { NUMBER } else { NUMBER_RECEIVED }})
            }
            Shape::Code | Shape::Id | Shape::Text => json!({"type": "string"}),
        }
    }
}

fn words(shape: Shape) -> &'static str {
    match shape {
        Shape::Binary => "octets in base64 (RFC 4648, section 4), in one line",
        Shape::Code => "a code",
        Shape::DateTime => {
            "a day, as 2026-11-20, or a time with its zone, as 2026-11-20T10:15:00+01:00"
        }
        Shape::Id => "what something is known by",
        Shape::Indicator => "true or false, without quotes",
        Shape::Measure => {
            "a number in quotes, with a point and at most 20 digits before it; its unit is an attribute"
        }
        Shape::Numeric => "a number in quotes, as \"1\"",
        Shape::Quantity => "a number in quotes; how many",
        Shape::Text => {
            "text as it was typed; no control characters but tab and line end, which XML cannot hold"
        }
    }
}

/// The codes of a short list with their names; of a list of states those that
/// say what a certificate is.
fn named(list: List) -> String {
    let codes = list.codes();
    let shown: Vec<String> = match list {
        List::Status => ["39", "40", "41", "42", "44", "47", "64", "70"]
            .into_iter()
            .filter_map(|code| list.name(code).map(|name| format!("{code} {name}")))
            .collect(),
        _ if codes.len() <= NAMED => {
            codes.into_iter().map(|(code, name)| format!("{code} {name}")).collect()
        }
        _ => return String::new(),
    };
    format!(": {}", shown.join(", "))
}

fn example(shape: Shape) -> Value {
    match shape {
        Shape::Binary => json!({
            "value": "JVBERi0xLjQK", "mimeCode": "application/pdf", "filename": "invoice.pdf",
        }),
        Shape::Code | Shape::Id => json!("LOT 26-118"),
        Shape::DateTime => json!("2026-11-20T10:15:00+01:00"),
        Shape::Indicator => json!(true),
        Shape::Measure => json!({"value": "20500.00", "unitCode": "KGM"}),
        Shape::Numeric | Shape::Quantity => json!("12"),
        Shape::Text => json!({"value": "Apples", "languageId": "en"}),
    }
}
