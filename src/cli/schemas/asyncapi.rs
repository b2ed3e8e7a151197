//! The queues as an AsyncAPI 3.0 document, seen from the domestic system.

use serde_json::{Map, Value, json};

use crate::queue::topology::{
    BINDING_KEY, EVENTS, EXCHANGES, QUEUE_TYPE, RECEIVED, REJECTED, SUBMISSIONS,
};

/// The version of AsyncAPI's AMQP bindings that is meant.
const BINDING: &str = "0.3.0";

/// The whole document. Its references lead to the schemas beside it.
pub fn asyncapi() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "certpost, the queues of one gateway",
            "version": "1",
            "description": "What a domestic system publishes and consumes. Operations are seen from there: it sends submissions, and receives the rest. Every object names its schema in the member schema; members are only ever added.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "127.0.0.1:5672",
                "pathname": "/",
                "protocol": "amqp",
                "protocolVersion": "0-9-1",
                "description": "RabbitMQ. Host and vhost are those of queue.url; each gateway has a vhost of its own.",
            },
        },
        "channels": channels(),
        "operations": operations(),
        "components": {"messages": publications()},
    })
}

//------------ Channels ------------------------------------------------------

fn channels() -> Value {
    json!({
        "submissions": {
            "address": "{type}.{importCountry}",
            "title": SUBMISSIONS,
            "description": format!("Certificates to push. The exchange feeds the queue of its own name with every key ({BINDING_KEY}); the key is for taps of your own."),
            "servers": [{"$ref": "#/servers/broker"}],
            "parameters": {
                "type": {"description": "the document type, as 851", "examples": ["851"]},
                "importCountry": {"description": "the importing country, as HM", "examples": ["HM"]},
            },
            "messages": named(&["submissionJson", "submissionXml"]),
            "bindings": {"amqp": {
                "is": "routingKey",
                "exchange": exchange(SUBMISSIONS),
                "bindingVersion": BINDING,
            }},
        },
        "rejected": consumed(REJECTED, "Submissions that were refused, as they came. No exchange of ours feeds it but the default one.", None, &["rejected"]),
        "received": consumed(RECEIVED, "Certificates taken in.", Some("<partner>.<type>.<status>"), &["received"]),
        "events": consumed(EVENTS, "What happened. Nobody has to read it; a full one holds up nothing else.", Some("<direction>.<event>"), &["event"]),
    })
}

/// A queue that the domestic system reads.
fn consumed(queue: &str, words: &str, key: Option<&str>, publications: &[&str]) -> Value {
    let (argument, value) = QUEUE_TYPE;
    let mut channel = json!({
        "address": queue,
        "title": queue,
        "description": words,
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": named(publications),
        "bindings": {"amqp": {
            "is": "queue",
            "queue": {
                "name": queue, "durable": true, "exclusive": false, "autoDelete": false, "vhost": "/",
            },
            "bindingVersion": BINDING,
        }},
        "x-arguments": {argument: value},
    });
    if let Some(key) = key.filter(|_| EXCHANGES.contains(&queue)) {
        // A binding of AsyncAPI is of a queue or of an exchange, never both.
        channel["x-exchange"] = exchange(queue);
        channel["x-routing-key"] = json!(key);
    }
    channel
}

fn exchange(name: &str) -> Value {
    json!({"name": name, "type": "topic", "durable": true, "autoDelete": false, "vhost": "/"})
}

fn named(publications: &[&str]) -> Value {
    let references = publications
        .iter()
        .map(|name| ((*name).to_owned(), json!({"$ref": format!("#/components/messages/{name}")})));
    Value::Object(references.collect())
}

//------------ Operations ----------------------------------------------------

fn operations() -> Value {
    let mut all = Map::new();
    all.insert(
        "submit".to_owned(),
        json!({
            "action": "send",
            "channel": {"$ref": "#/channels/submissions"},
            "summary": "Publish a certificate to be pushed: persistent, mandatory, and taken only when the broker confirms it.",
            "messages": [
                {"$ref": "#/channels/submissions/messages/submissionJson"},
                {"$ref": "#/channels/submissions/messages/submissionXml"},
            ],
            "bindings": {"amqp": {"deliveryMode": 2, "mandatory": true, "bindingVersion": BINDING}},
        }),
    );
    for (name, channel, publication, summary) in [
        (
            "takeRejected",
            "rejected",
            "rejected",
            "Take a submission that was refused, with the findings that say why.",
        ),
        (
            "takeReceived",
            "received",
            "received",
            "Take a certificate that was received. The same one may come again under the same message_id.",
        ),
        (
            "takeEvents",
            "events",
            "event",
            "Take an event. The same one may come again under the same message_id.",
        ),
    ] {
        let taken = json!({
            "action": "receive",
            "channel": {"$ref": format!("#/channels/{channel}")},
            "summary": summary,
            "messages": [{"$ref": format!("#/channels/{channel}/messages/{publication}")}],
            "bindings": {"amqp": {"ack": true, "bindingVersion": BINDING}},
        });
        all.insert(name.to_owned(), taken);
    }
    Value::Object(all)
}

//------------ Publications --------------------------------------------------

/// What goes over the channels. What AMQP calls properties, and AsyncAPI has
/// no word for, stands under `x-properties`.
fn publications() -> Value {
    let submitted = |words: &str, content_type: &str, body: Value| {
        json!({
            "title": words,
            "contentType": content_type,
            "headers": {"type": "object", "properties": {
                "x-certpost-partners": {
                    "description": "Push to these in place of routing: an AMQP array of strings, or one string with commas. An unknown code is refused.",
                    "anyOf": [
                        {"type": "array", "items": {"type": "string"}},
                        {"type": "string"},
                    ],
                },
                "x-certpost-not-useful-after": {
                    "description": "When it need not be pushed any more (RFC 3339).",
                    "type": "string",
                    "format": "date-time",
                },
            }},
            "payload": body,
            "x-properties": {
                "message_id": {
                    "description": "Optional, recorded, and not the identity; the same one with another certificate is refused. At most 255 octets.",
                    "type": "string",
                    "maxLength": 255,
                },
                "user_id": {
                    "description": "Checked by the broker; must be a [[producer]], where certpost.toml lists any.",
                    "type": "string",
                },
            },
        })
    };
    json!({
        "submissionJson": submitted(
            "A certificate as JSON, at most 9 MiB",
            "application/json",
            json!({"$ref": "./schema/submission.schema.json"}),
        ),
        "submissionXml": submitted(
            "A ready UN/CEFACT certificate, at most 9 MiB; sent on byte for byte",
            "application/xml",
            json!({"type": "string", "contentMediaType": "application/xml"}),
        ),
        "rejected": rejected(),
        "received": {
            "title": "A certificate taken in",
            "contentType": "application/json",
            "payload": {"$ref": "./schema/received.schema.json"},
            "bindings": {"amqp": {"messageType": "certificate", "bindingVersion": BINDING}},
            "x-properties": {
                "type": {"const": "certificate"},
                "message_id": {
                    "description": "rcv- and the SHA-256 of partner, NUL and content digest, hex: tell doubles by it.",
                    "type": "string",
                    "pattern": "^rcv-[0-9a-f]{64}$",
                },
                "correlation_id": {"description": "The certificate's id.", "type": "string"},
            },
        },
        "event": {
            "title": "What happened",
            "contentType": "application/json",
            "payload": {"$ref": "./schema/event.schema.json"},
            "x-properties": {
                "type": {"description": "The member event.", "type": "string"},
                "message_id": {
                    "description": "evt-<gateway>-<stream>-<seq>: tell doubles by it.",
                    "type": "string",
                    "pattern": "^evt-[A-Z][A-Z0-9-]{1,15}-[0-9]+-[0-9]+$",
                },
                "correlation_id": {
                    "description": "The certificate's id, if it is about one.",
                    "type": "string",
                },
            },
        },
    })
}

fn rejected() -> Value {
    json!({
        "title": "A submission that was refused: its own body and content type",
        "headers": {"type": "object", "properties": {
            "x-certpost-message-id": {
                "description": "The message_id it was published under, if it had one.",
                "type": "string",
            },
            "x-certpost-findings": {
                "description": "What is wrong, worst first: a JSON array in a string, of at most 20 findings and 16 KiB.",
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {
                    "type": "array",
                    "maxItems": 20,
                    "items": {"$ref": "./schema/finding.schema.json"},
                },
            },
            "x-certpost-findings-total": {
                "description": "How many findings there are.",
                "type": "integer",
                "minimum": 0,
            },
            "x-death": {
                "description": "The broker's own, where it dead-lettered the submission; then there are no findings.",
                "type": "array",
            },
        }},
        "payload": true,
        "x-properties": {
            "message_id": {
                "description": "rej- and the SHA-256 of the original id, NUL and the body, hex; the original one where the broker dead-lettered it.",
                "type": "string",
            },
            "content_type": {"description": "As it was published.", "type": "string"},
        },
    })
}
