//! The broker: whether it lets us in, and whether its queues are ours.

use std::time::Duration;

use super::diagnosis::{Area, Checks};
use crate::config::Configuration;
use crate::queue::{self, Broker, QueueError, Redacted, Standing};

const CONNECT: Duration = Duration::from_secs(5);
/// For everything that is asked after that.
const ANSWER: Duration = Duration::from_secs(15);

/// Asks the broker; nothing on it is changed.
pub async fn examine(configuration: &Configuration) -> Checks {
    let mut checks = Checks::default();
    let url = &configuration.queue_url;
    let connected = tokio::time::timeout(CONNECT, Broker::connect(url, "doctor")).await;
    let late = || QueueError::TimedOut { what: "let us in", limit: CONNECT };
    let broker = match connected.unwrap_or_else(|_elapsed| Err(late())) {
        Ok(broker) => broker,
        Err(fault) => {
            checks.fail(Area::Broker, "connection", fault.to_string(), remedy(&fault));
            return checks;
        }
    };
    let words = format!("{} lets us in", Redacted(url));
    checks.ok(Area::Broker, "connection", words);
    match tokio::time::timeout(ANSWER, topology(&broker, &mut checks)).await {
        Ok(Ok(())) => policies(configuration, &mut checks).await,
        Ok(Err(fault)) => {
            checks.fail(Area::Broker, "topology", fault.to_string(), remedy(&fault));
        }
        Err(_elapsed) => checks.fail(
            Area::Broker,
            "topology",
            format!("the broker did not answer within {} s", ANSWER.as_secs()),
            "look at the broker's own log",
        ),
    }
    broker.close().await;
    checks
}

async fn topology(broker: &Broker, checks: &mut Checks) -> Result<(), QueueError> {
    for compared in broker.compare().await? {
        let name = compared.what;
        match compared.standing {
            Standing::Same => checks.ok(Area::Broker, name, "as it has to be"),
            Standing::Unseen => {
                let words = "is there; our user may not compare it";
                checks.ok(Area::Broker, name, words);
            }
            Standing::Absent => checks.warn(
                Area::Broker,
                name,
                "is not there",
                "import queue-config/definitions.json; or let `run`, if its user may, declare it",
            ),
            Standing::Differs { words } => checks.fail(
                Area::Broker,
                name,
                format!("is another than it has to be: {words}"),
                "move what it holds elsewhere and delete it, or give the gateway a vhost of its \
                 own in queue.url: it does not start on this one",
            ),
        }
    }
    Ok(())
}

async fn policies(configuration: &Configuration, checks: &mut Checks) {
    let remedy = "import the policies of queue-config/definitions.json (queue-config/README.md)";
    let Some(management) = configuration.management else {
        let words = "cannot be seen over AMQP, and bindings neither";
        let remedy = "name the broker's management pages in queue.management_url, or compare \
                      with queue-config/definitions.json by hand";
        return checks.warn(Area::Broker, "policies", words, remedy);
    };
    match queue::policies(management, &configuration.queue_url).await {
        Ok(unruled) if unruled.is_empty() => {
            checks.ok(Area::Broker, "policies", "hold on every queue of ours");
        }
        Ok(unruled) => {
            for queue in unruled {
                let words = format!("{} lacks {}", queue.queue, queue.missing.join(", "));
                checks.warn(Area::Broker, "policies", words, remedy);
            }
        }
        Err(fault) => checks.warn(
            Area::Broker,
            "policies",
            format!("cannot be seen: {fault}"),
            "enable rabbitmq_management, and give our user the tag `management`",
        ),
    }
}

fn remedy(fault: &QueueError) -> &'static str {
    match fault {
        QueueError::Address { .. } => "correct queue.url",
        QueueError::Login { .. } => {
            "correct user, password or vhost in queue.url, or give them on the broker"
        }
        QueueError::Unreachable { .. } | QueueError::TimedOut { .. } | QueueError::Lost { .. } => {
            "start the broker, open the way to it, or correct queue.url"
        }
        QueueError::Differs { .. } | QueueError::Absent { .. } => {
            "import queue-config/definitions.json"
        }
    }
}
