//! The road seen from the domestic systems: what they put on the queue, and
//! what they find on theirs.

use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::certificates::Specimen;
use crate::queue::topology::{EVENTS, RECEIVED};
use crate::queue::{Broker, Claims, QueueError, UpTo};
use crate::runtime::Runtime;

const CONFIRM: Duration = Duration::from_secs(30);
const PREFETCH: u16 = 256;

//------------ Seen ----------------------------------------------------------

/// Something found on a domestic queue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Seen {
    /// A certificate on `certpost.received`.
    Arrived(Arrived),
    Happened(Happened),
    /// A queue cannot be read any more.
    Lost {
        words: String,
    },
}

/// A certificate that a gateway took in; its digest is made anew.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Arrived {
    pub by: &'static str,
    pub id: String,
    pub status: String,
    pub xml_sha256: String,
}

/// An event of a gateway.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Happened {
    pub by: &'static str,
    /// `<direction>.<event>`.
    pub what: String,
    pub id: String,
    pub status: String,
    pub partner: String,
    pub code: String,
    pub words: String,
}

/// Puts `specimens` on the queue, each confirmed by the broker.
pub async fn submit<'a>(
    url: &str,
    specimens: impl IntoIterator<Item = &'a Specimen>,
) -> Result<(), QueueError> {
    let broker = Broker::connect(url, "demo").await?;
    let publisher = broker.publisher().await?;
    for specimen in specimens {
        publisher.publish(&specimen.outgoing, CONFIRM).await?.confirmed().await?;
    }
    broker.close().await;
    Ok(())
}

/// Begins to read what the gateway `code` publishes.
pub async fn watch(
    code: &'static str,
    url: &str,
    found: &mpsc::Sender<Seen>,
    runtime: &Runtime,
) -> Result<(), QueueError> {
    let broker = Broker::connect(url, "demo").await?;
    broker.declare().await?;
    let received = broker.claims_of(RECEIVED, PREFETCH).await?;
    let events = broker.claims_of(EVENTS, PREFETCH).await?;
    let (token, found) = (runtime.token().clone(), found.clone());
    runtime.spawn(async move {
        let lost = tokio::select! {
            () = token.cancelled() => None,
            lost = read_all(received, &found, &token, |body| arrival(code, body)) => lost,
            lost = read_all(events, &found, &token, |body| happened(code, body)) => lost,
        };
        if let Some(words) = lost {
            // Whoever watched may have gone; then nobody wants to know.
            let _gone = found.send(Seen::Lost { words }).await;
        }
        broker.close().await;
    });
    Ok(())
}

/// Reads a queue until the end, and says why it ended.
async fn read_all(
    mut claims: Claims,
    found: &mpsc::Sender<Seen>,
    token: &CancellationToken,
    read: impl Fn(&Value) -> Option<Seen>,
) -> Option<String> {
    loop {
        let claim = tokio::select! {
            () = token.cancelled() => return None,
            claim = claims.next() => claim,
        };
        let claim = match claim {
            Ok(Some(claim)) => claim,
            Ok(None) => return Some("a queue is gone".to_owned()),
            Err(fault) => return Some(fault.to_string()),
        };
        let body = serde_json::from_slice(&claim.body).unwrap_or_default();
        if let Some(seen) = read(&body)
            && found.send(seen).await.is_err()
        {
            return None;
        }
        if let Err(fault) = claims.acknowledge(claim.tag, UpTo::One).await {
            return Some(fault.to_string());
        }
    }
}

/// A publication on `certpost.received`; the digest is made anew from the
/// octets that came.
fn arrival(by: &'static str, body: &Value) -> Option<Seen> {
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let xml = BASE64.decode(body["xml"].as_str()?.as_bytes()).ok()?;
    let xml_sha256 = HEXLOWER.encode(&Sha256::digest(xml));
    Some(Seen::Arrived(Arrived { by, id: text("id")?, status: text("status")?, xml_sha256 }))
}

/// A publication on `certpost.events`.
fn happened(by: &'static str, body: &Value) -> Option<Seen> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(Seen::Happened(Happened {
        by,
        what: format!("{}.{}", body["direction"].as_str()?, body["event"].as_str()?),
        id: text(&body["id"]),
        status: text(&body["status"]),
        partner: text(&body["partner"]),
        code: text(&body["reason"]["code"]),
        words: text(&body["reason"]["words"]),
    }))
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_two_queues() {
        let came = json!({"id": "BV/851/1", "status": "70", "xml": BASE64.encode(b"<a/>")});
        let arrived = Arrived {
            by: "HM",
            id: "BV/851/1".to_owned(),
            status: "70".to_owned(),
            xml_sha256: HEXLOWER.encode(&Sha256::digest(b"<a/>")),
        };
        assert_eq!(arrival("HM", &came), Some(Seen::Arrived(arrived)));
        assert_eq!(arrival("HM", &json!({"id": "BV/851/1", "status": "70"})), None);
        let held = json!({"direction": "inbound", "event": "quarantined",
            "reason": {"code": "signer.not-pinned", "words": "who?"}});
        let wanted = Happened {
            by: "HM",
            what: "inbound.quarantined".to_owned(),
            code: "signer.not-pinned".to_owned(),
            words: "who?".to_owned(),
            ..Happened::default()
        };
        assert_eq!(happened("HM", &held), Some(Seen::Happened(wanted)));
    }
}
