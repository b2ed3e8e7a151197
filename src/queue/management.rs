//! The broker's own pages: the one place that tells which policies hold.
//!
//! One request in plain HTTP, to this machine itself, with the user and the
//! password of `queue.url`. AMQP has no word for policies.

use std::net::SocketAddr;
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::topology::{POLICIES, QUEUES, Value};
use super::{QueueError, address};

/// For the whole request.
const ANSWER: Duration = Duration::from_secs(10);
/// The largest answer read: a list of queues with two members each.
const LIMIT: u64 = 1 << 20;

//------------ Unruled -------------------------------------------------------

/// A queue on which not all holds that has to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unruled {
    pub queue: &'static str,
    /// Each value that should hold, as `overflow = reject-publish`.
    pub missing: Vec<String>,
}

/// The queues on which some value of a policy of ours does not hold, whatever
/// the policies there are called; asked of the pages at `at`.
pub async fn policies(at: SocketAddr, amqp_url: &str) -> Result<Vec<Unruled>, ManagementError> {
    let uri = address::read(amqp_url)?;
    let user = &uri.authority.userinfo;
    let login = BASE64.encode(format!("{}:{}", user.username, user.password).as_bytes());
    // 1.0: the answer comes whole, and the connection ends with it.
    let request = format!(
        "GET /api/queues/{}?columns=name,effective_policy_definition HTTP/1.0\r\n\
         Host: {at}\r\nAuthorization: Basic {login}\r\n\r\n",
        escaped(&uri.vhost)
    );
    let answered = tokio::time::timeout(ANSWER, ask(at, &request)).await;
    let answer = answered.map_err(|_late| ManagementError::Answer("nothing in 10 s".to_owned()))?;
    unruled(&answer.map_err(ManagementError::Unreachable)?)
}

async fn ask(at: SocketAddr, request: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(at).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LIMIT).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// What an answer says of our queues; one that is not there is nobody's fault
/// here.
fn unruled(answer: &[u8]) -> Result<Vec<Unruled>, ManagementError> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    match status {
        "200" => {}
        "401" | "403" => return Err(ManagementError::Forbidden),
        _ => return Err(ManagementError::Answer(format!("status '{}'", status.escape_default()))),
    }
    let list: Json = serde_json::from_str(body)
        .map_err(|fault| ManagementError::Answer(format!("no JSON: {fault}")))?;
    let mut all = Vec::new();
    for queue in QUEUES {
        let found = list.as_array().into_iter().flatten().find(|one| one["name"] == queue);
        let Some(found) = found else { continue };
        let holds = &found["effective_policy_definition"];
        let wanted = POLICIES.iter().filter(|policy| policy.queues.contains(&queue));
        let wanted = wanted.flat_map(|policy| policy.values);
        let missing: Vec<String> = wanted
            .filter(|(key, value)| match value {
                Value::Number(number) => holds[*key].as_u64() != Some(*number),
                Value::Text(text) => holds[*key].as_str() != Some(text),
            })
            .map(|(key, value)| match value {
                Value::Number(number) => format!("{key} = {number}"),
                Value::Text(text) => format!("{key} = \"{text}\""),
            })
            .collect();
        if !missing.is_empty() {
            all.push(Unruled { queue, missing });
        }
    }
    Ok(all)
}

/// A name as one step of a path.
fn escaped(name: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
    let write = |octet: u8| match plain(octet) {
        true => char::from(octet).to_string(),
        false => format!("%{octet:02X}"),
    };
    name.bytes().map(write).collect()
}

//------------ ManagementError -----------------------------------------------

/// Why nothing is known of the policies; always the operator's turn.
#[derive(Debug, thiserror::Error)]
pub enum ManagementError {
    /// Something else answers there.
    #[error("what answers at queue.management_url is not the broker's management: {0}")]
    Answer(String),
    /// The user of queue.url may not look.
    #[error("the user of queue.url may not see the broker's management pages")]
    Forbidden,
    /// `queue.url` cannot be read.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Nobody is there.
    #[error("nothing answers at queue.management_url: {0}")]
    Unreachable(#[source] std::io::Error),
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_hold_is_named() {
        let bounded = r#"{"max-length-bytes":2147483648,"overflow":"reject-publish"}"#;
        let queues = format!(
            r#"[{{"name":"other","effective_policy_definition":[]}},
                {{"name":"certpost.events","effective_policy_definition":{bounded}}},
                {{"name":"certpost.rejected","effective_policy_definition":[]}},
                {{"name":"certpost.submissions","effective_policy_definition":{bounded}}}]"#
        );
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{queues}");
        let found = unruled(answer.as_bytes()).unwrap();
        let missing = |n: usize| found[n].missing.join(" ");
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((found[0].queue, found[1].queue), (QUEUES[0], QUEUES[1]));
        assert!(missing(0).contains("delivery-limit = 1000"), "{found:?}");
        assert!(!missing(0).contains("overflow"), "{found:?}");
        assert_eq!(missing(1), "max-length-bytes = 2147483648 overflow = \"reject-publish\"");
    }

    #[test]
    fn no_answer_is_no_yes() {
        let refused = unruled(b"HTTP/1.1 401 Unauthorized\r\n\r\n{}");
        assert!(matches!(refused, Err(ManagementError::Forbidden)));
        for bad in [&b""[..], b"220 mail ESMTP\r\n", b"HTTP/1.1 200 OK\r\n\r\n<html>"] {
            assert!(matches!(unruled(bad), Err(ManagementError::Answer(_))), "{bad:?}");
        }
        assert_eq!(escaped("/"), "%2F");
    }
}
