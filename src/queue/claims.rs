//! Submissions, as the broker hands them over.

use bytes::Bytes;
use futures_util::StreamExt;
use lapin::options::BasicAckOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Consumer};

use super::QueueError;
use super::broker::in_time;

/// Routing by name (CONTRACT section 1).
const PARTNERS: &str = "x-certpost-partners";
/// The end of a submission's use (CONTRACT section 1).
const NOT_USEFUL_AFTER: &str = "x-certpost-not-useful-after";

//------------ Claim ---------------------------------------------------------

/// One submission in our hands: the broker keeps it until it is acknowledged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    pub tag: u64,
    pub message_id: Option<String>,
    pub content_type: Option<String>,
    /// The user who published, checked by the broker.
    pub user_id: Option<String>,
    pub redelivered: bool,
    /// The header `x-certpost-partners`; `Err` says what it should be.
    pub partners: Option<Result<Vec<String>, String>>,
    /// The header `x-certpost-not-useful-after`, not read yet.
    pub not_useful_after: Option<Result<String, String>>,
    /// Shared, not copied, from here to the ledger.
    pub body: Bytes,
}

impl Claim {
    fn read(tag: u64, redelivered: bool, properties: &BasicProperties, body: Vec<u8>) -> Claim {
        let text = |field: &Option<ShortString>| field.as_ref().map(ToString::to_string);
        let header = |name: &str| {
            properties.headers().as_ref().and_then(|table: &FieldTable| table.inner().get(name))
        };
        Claim {
            tag,
            message_id: text(properties.message_id()),
            content_type: text(properties.content_type()),
            user_id: text(properties.user_id()),
            redelivered,
            partners: header(PARTNERS).map(codes),
            not_useful_after: header(NOT_USEFUL_AFTER).map(|value| {
                string(value).ok_or_else(|| {
                    format!("{NOT_USEFUL_AFTER} has to be a string, as 2026-11-23T20:30:00Z")
                })
            }),
            body: body.into(),
        }
    }
}

/// The codes of the header, as written; whether they are known is not ours.
fn codes(value: &AMQPValue) -> Result<Vec<String>, String> {
    let fault = || format!("{PARTNERS} has to be an array of strings or one string, as HM,GS");
    match value {
        AMQPValue::FieldArray(values) => {
            values.as_slice().iter().map(|value| string(value).ok_or_else(fault)).collect()
        }
        other => {
            let list = string(other).ok_or_else(fault)?;
            Ok(list
                .split(',')
                .map(|code| code.trim().to_owned())
                .filter(|c| !c.is_empty())
                .collect())
        }
    }
}

fn string(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => String::from_utf8(text.as_bytes().to_vec()).ok(),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}

//------------ UpTo ----------------------------------------------------------

/// How far an acknowledgement goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UpTo {
    /// This claim and every one before it.
    All,
    /// This claim.
    One,
}

//------------ Claims --------------------------------------------------------

/// The stream of submissions.
pub struct Claims {
    channel: Channel,
    consumer: Consumer,
}

impl Claims {
    pub(super) fn new(channel: Channel, consumer: Consumer) -> Self {
        Claims { channel, consumer }
    }

    /// The next submission; waits for it. May be dropped while it waits,
    /// nothing is lost. `None`: the broker cancelled us, the queue is gone.
    pub async fn next(&mut self) -> Result<Option<Claim>, QueueError> {
        match self.consumer.next().await {
            None => Ok(None),
            Some(Err(error)) => Err(QueueError::lost(error)),
            Some(Ok(claimed)) => Ok(Some(Claim::read(
                claimed.delivery_tag,
                claimed.redelivered,
                &claimed.properties,
                claimed.data,
            ))),
        }
    }

    /// Tells the broker that it may forget: only after the commit.
    pub async fn acknowledge(&self, tag: u64, up_to: UpTo) -> Result<(), QueueError> {
        let options = BasicAckOptions { multiple: up_to == UpTo::All };
        let told = in_time("take an acknowledgement", self.channel.basic_ack(tag, options));
        told.await?.map_err(QueueError::lost)
    }
}

impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Claims")
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use lapin::types::FieldArray;

    use super::*;

    fn long(text: &str) -> AMQPValue {
        AMQPValue::LongString(text.into())
    }

    #[track_caller]
    fn check(value: AMQPValue, wanted: Option<&[&str]>) {
        let read = codes(&value).ok();
        let wanted = wanted.map(|list| list.iter().map(|code| (*code).to_owned()).collect());
        assert_eq!(read, wanted, "{value:?}");
    }

    #[test]
    fn partner_headers() {
        check(long("HM"), Some(&["HM"]));
        check(long(" HM, GS ,"), Some(&["HM", "GS"]));
        check(long(""), Some(&[]));
        let array = |values: Vec<AMQPValue>| AMQPValue::FieldArray(FieldArray::from(values));
        check(array(vec![long("HM"), long("GS")]), Some(&["HM", "GS"]));
        check(array(vec![]), Some(&[]));
        check(array(vec![long("HM"), AMQPValue::LongInt(1)]), None);
        check(AMQPValue::LongInt(7), None);
        check(AMQPValue::LongString(vec![0xff].into()), None);
    }

    #[test]
    fn reads_what_is_there() {
        let mut headers = FieldTable::default();
        headers.insert(NOT_USEFUL_AFTER.into(), AMQPValue::Timestamp(1));
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_message_id("m-1".into())
            .with_headers(headers);
        let claim = Claim::read(3, true, &properties, b"{}".to_vec());
        assert_eq!(claim.message_id.as_deref(), Some("m-1"));
        assert_eq!(claim.content_type.as_deref(), Some("application/json"));
        assert_eq!((claim.user_id, claim.partners, claim.redelivered), (None, None, true));
        assert!(claim.not_useful_after.is_some_and(|read| read.is_err()));
    }
}
