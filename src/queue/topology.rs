//! What has to be on the broker: one table.
//!
//! CONTRACT section 1. `queue-config/definitions.json` says the same to an
//! operator who imports it, and a test here compares the two. Policies cannot
//! be declared over AMQP; they stand here for that test and for whoever can
//! ask the broker about them.

/// The exchange and the queue of submissions.
pub const SUBMISSIONS: &str = "certpost.submissions";
/// The queue of submissions refused.
pub const REJECTED: &str = "certpost.rejected";
/// The exchange and the queue of certificates taken in.
pub const RECEIVED: &str = "certpost.received";
/// The exchange and the queue of events.
pub const EVENTS: &str = "certpost.events";

/// Topic exchanges, durable.
pub const EXCHANGES: [&str; 3] = [SUBMISSIONS, RECEIVED, EVENTS];
/// Quorum queues, durable.
pub const QUEUES: [&str; 4] = [SUBMISSIONS, REJECTED, RECEIVED, EVENTS];
/// The one argument of every queue: a client cannot change it by policy.
pub const QUEUE_TYPE: (&str, &str) = ("x-queue-type", "quorum");
/// Each exchange feeds the queue of its own name with everything.
pub const BINDING_KEY: &str = "#";

//------------ Policy --------------------------------------------------------

/// A policy on queues; `pattern` is a regular expression over their names.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub name: &'static str,
    pub pattern: &'static str,
    /// Those of ours that the pattern takes.
    pub queues: &'static [&'static str],
    pub values: &'static [(&'static str, Value)],
}

/// A value in a policy.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    Number(u64),
    Text(&'static str),
}

/// At-least-once dead-lettering works with reject-publish only.
pub const POLICIES: [Policy; 2] = [
    Policy {
        name: "certpost-submissions",
        pattern: r"^certpost\.submissions$",
        queues: &[SUBMISSIONS],
        values: &[
            ("delivery-limit", Value::Number(1000)),
            ("dead-letter-exchange", Value::Text("")),
            ("dead-letter-routing-key", Value::Text(REJECTED)),
            ("dead-letter-strategy", Value::Text("at-least-once")),
            ("overflow", Value::Text("reject-publish")),
        ],
    },
    Policy {
        name: "certpost-bounded",
        pattern: r"^certpost\.(received|events|rejected)$",
        queues: &[RECEIVED, EVENTS, REJECTED],
        values: &[
            ("max-length-bytes", Value::Number(2_147_483_648)),
            ("overflow", Value::Text("reject-publish")),
        ],
    },
];

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Map, Value as Json, json};

    use super::*;

    const DEFINITIONS: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/queue-config/definitions.json"));

    fn written(list: &str) -> BTreeSet<String> {
        let all: Json = serde_json::from_str(DEFINITIONS).unwrap();
        all[list].as_array().unwrap().iter().map(Json::to_string).collect()
    }

    /// The same list, from the table; keys in the order of the file.
    #[track_caller]
    fn check(list: &str, table: Vec<Json>) {
        let table: BTreeSet<String> = table.iter().map(Json::to_string).collect();
        assert_eq!(written(list), table, "{list}");
    }

    #[test]
    fn definitions_say_the_same() {
        let exchanges = EXCHANGES.map(|name| {
            json!({"name": name, "vhost": "/", "type": "topic", "durable": true,
                "auto_delete": false, "internal": false, "arguments": {}})
        });
        check("exchanges", exchanges.to_vec());
        let (key, value) = QUEUE_TYPE;
        let queues = QUEUES.map(|name| {
            json!({"name": name, "vhost": "/", "durable": true, "auto_delete": false,
                "arguments": {key: value}})
        });
        check("queues", queues.to_vec());
        let bindings = EXCHANGES.map(|name| {
            json!({"source": name, "vhost": "/", "destination": name,
                "destination_type": "queue", "routing_key": BINDING_KEY, "arguments": {}})
        });
        check("bindings", bindings.to_vec());
        let policies = POLICIES.map(|policy| {
            let pattern = regex::Regex::new(policy.pattern).unwrap();
            for queue in QUEUES {
                assert_eq!(pattern.is_match(queue), policy.queues.contains(&queue), "{queue}");
            }
            let mut definition = Map::new();
            for (key, value) in policy.values {
                let value = match value {
                    Value::Number(number) => json!(number),
                    Value::Text(text) => json!(text),
                };
                definition.insert((*key).to_owned(), value);
            }
            json!({"vhost": "/", "name": policy.name, "pattern": policy.pattern,
                "apply-to": "queues", "definition": definition, "priority": 0})
        });
        check("policies", policies.to_vec());
        check("vhosts", vec![json!({"name": "/"})]);
        // Users, and what they may, are the operator's to say.
        check("users", vec![]);
        check("permissions", vec![]);
    }
}
