//! The road seen from the domestic systems: what they put on the queue, and
//! what they find on theirs.

use std::collections::BTreeMap;
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
    HandedOver { by: &'static str, id: String },
    Lost { words: String },
    Quarantined { words: String },
    Received { by: &'static str, id: String, xml_sha256: String },
    Rejected { id: Option<String>, words: String },
}

/// Puts `specimens` on the queue, each confirmed by the broker.
pub async fn submit(url: &str, specimens: &[Specimen]) -> Result<(), QueueError> {
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
            lost = read_all(events, &found, &token, |body| event(code, body)) => lost,
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
    let id = body["id"].as_str()?.to_owned();
    let xml = BASE64.decode(body["xml"].as_str()?.as_bytes()).ok()?;
    Some(Seen::Received { by, id, xml_sha256: HEXLOWER.encode(&Sha256::digest(xml)) })
}

/// A publication on `certpost.events`, if it is about an end.
fn event(by: &'static str, body: &Value) -> Option<Seen> {
    let id = body["id"].as_str().map(str::to_owned);
    let reason = &body["reason"];
    let words = || {
        format!(
            "{} {}",
            reason["code"].as_str().unwrap_or("-"),
            reason["words"].as_str().unwrap_or("-")
        )
    };
    match (body["direction"].as_str()?, body["event"].as_str()?) {
        ("outbound", "handed-over") => Some(Seen::HandedOver { by, id: id? }),
        ("outbound", "rejected" | "refused" | "failed" | "no-partner" | "conflict") => {
            Some(Seen::Rejected { id, words: words() })
        }
        ("inbound", "quarantined") => Some(Seen::Quarantined { words: words() }),
        _ => None,
    }
}

//------------ Tally ---------------------------------------------------------

/// What became of every certificate.
#[derive(Debug, Default)]
pub struct Tally {
    fates: BTreeMap<String, Fate>,
    pub quarantined: Vec<String>,
    pub lost: Vec<String>,
}

/// What became of one.
#[derive(Clone, Debug)]
pub struct Fate {
    pub from: &'static str,
    pub to: &'static str,
    pub number: String,
    xml_sha256: String,
    pub handed_over: bool,
    pub received: bool,
    /// Whether the octets that came are those that were sent.
    pub same: bool,
    pub rejected: Option<String>,
}

impl Fate {
    /// Whether this one has its end: handed over, and published at the peer
    /// with the same octets.
    pub fn is_whole(&self) -> bool {
        self.handed_over && self.received && self.same
    }

    /// What is missing, in words.
    pub fn missing(&self) -> String {
        match (&self.rejected, self.handed_over, self.received) {
            (Some(words), _, _) => format!("not sent by {}: {words}", self.from),
            (None, false, false) => format!("not handed over by {}", self.from),
            (None, true, false) => {
                format!("handed over by {}, not published by {}", self.from, self.to)
            }
            (None, false, true) => format!(
                "published by {}, but {} does not know it was handed over",
                self.to, self.from
            ),
            (None, true, true) => "published, but its octets are others than were sent".to_owned(),
        }
    }
}

impl Tally {
    /// Expects `specimens` to go from one gateway to the other.
    pub fn expect(&mut self, from: &'static str, to: &'static str, specimens: &[Specimen]) {
        for specimen in specimens {
            let fate = Fate {
                from,
                to,
                number: specimen.number.clone(),
                xml_sha256: specimen.xml_sha256.clone(),
                handed_over: false,
                received: false,
                same: false,
                rejected: None,
            };
            self.fates.insert(specimen.id.clone(), fate);
        }
    }

    /// Takes note of what was found.
    pub fn note(&mut self, seen: Seen) {
        match seen {
            Seen::HandedOver { by, id } => {
                if let Some(fate) = self.fates.get_mut(&id).filter(|fate| fate.from == by) {
                    fate.handed_over = true;
                }
            }
            Seen::Lost { words } => self.lost.push(words),
            Seen::Quarantined { words } => self.quarantined.push(words),
            Seen::Received { by, id, xml_sha256 } => {
                if let Some(fate) = self.fates.get_mut(&id).filter(|fate| fate.to == by) {
                    fate.received = true;
                    fate.same = fate.xml_sha256 == xml_sha256;
                }
            }
            Seen::Rejected { id, words } => match id.and_then(|id| self.fates.get_mut(&id)) {
                Some(fate) => fate.rejected = Some(words),
                None => self.lost.push(words),
            },
        }
    }

    /// Whether every certificate has its end, one way or another.
    pub fn is_settled(&self) -> bool {
        !self.lost.is_empty()
            || self.fates.values().all(|fate| {
                fate.is_whole() || fate.rejected.is_some() || (fate.handed_over && fate.received)
            })
    }

    /// Whether everything went well.
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty()
            && self.quarantined.is_empty()
            && self.fates.values().all(Fate::is_whole)
    }

    /// Every certificate with its fate, in order of its id.
    pub fn fates(&self) -> impl Iterator<Item = (&str, &Fate)> {
        self.fates.iter().map(|(id, fate)| (id.as_str(), fate))
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::demo::certificates::specimens;

    #[test]
    fn a_certificate_has_its_end_when_both_sides_say_so() {
        let sent = specimens("BV", "HM", 2).unwrap();
        let mut tally = Tally::default();
        tally.expect("BV", "HM", &sent);
        let xml = |n: usize| sent[n].xml_sha256.clone();
        tally.note(Seen::HandedOver { by: "BV", id: sent[0].id.clone() });
        tally.note(Seen::Received { by: "BV", id: sent[0].id.clone(), xml_sha256: xml(0) });
        assert!(!tally.is_settled(), "received at the wrong side");
        tally.note(Seen::Received { by: "HM", id: sent[0].id.clone(), xml_sha256: xml(0) });
        tally.note(Seen::HandedOver { by: "BV", id: sent[1].id.clone() });
        tally.note(Seen::Received { by: "HM", id: sent[1].id.clone(), xml_sha256: xml(0) });
        assert!(tally.is_settled() && !tally.is_whole());
        let words: Vec<_> = tally
            .fates()
            .filter(|(_, fate)| !fate.is_whole())
            .map(|(_, fate)| fate.missing())
            .collect();
        assert_eq!(words, ["published, but its octets are others than were sent"]);
    }

    #[test]
    fn reads_the_two_queues() {
        let came = json!({"id": "BV/851/1", "xml": BASE64.encode(b"<a/>")});
        let digest = HEXLOWER.encode(&Sha256::digest(b"<a/>"));
        assert_eq!(
            arrival("HM", &came),
            Some(Seen::Received { by: "HM", id: "BV/851/1".to_owned(), xml_sha256: digest })
        );
        assert_eq!(arrival("HM", &json!({"id": "BV/851/1"})), None);
        let told = json!({"direction": "outbound", "event": "handed-over", "id": "BV/851/1"});
        assert_eq!(
            event("BV", &told),
            Some(Seen::HandedOver { by: "BV", id: "BV/851/1".to_owned() })
        );
        assert_eq!(
            event("BV", &json!({"direction": "outbound", "event": "sealed", "id": "x"})),
            None
        );
        let held = json!({"direction": "inbound", "event": "quarantined", "reason": {"code": "signer.not-pinned", "words": "who?"}});
        assert_eq!(
            event("HM", &held),
            Some(Seen::Quarantined { words: "signer.not-pinned who?".to_owned() })
        );
    }
}
