//! Reports from the road: delivery status notifications (RFC 3464).
//!
//! Nobody signs them. They count by what strangers do not know, our envelope
//! id or the random half of our Message-ID, and whoever carried the letter
//! knows both: so a report fails or delays a delivery, and never confirms it.

use std::fmt;

use super::fields::{Group, MessageId, kept, without_comments};
use super::recipient::{is_mailbox, recipient};
use super::road::{self, Road};
use super::sent::{Deliveries, Sent};
use crate::letter::entity::shown;
use crate::letter::field::{Fields, unfolded};
use crate::letter::shape::{Part, Shaped, Tree};
use crate::letter::xtext;
use crate::letter::{Address, LineEnds};
use crate::refusal::{Code, Refusal};

//------------ ReversePath ---------------------------------------------------

/// Where a letter said it came from: MAIL FROM.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReversePath {
    Address,
    /// `<>`, as every report must have it (RFC 3464, section 2).
    Null,
    /// Not known: the letter's Return-Path is asked.
    Unknown,
}

//------------ Action --------------------------------------------------------

/// What became of a letter on its road (RFC 3464, section 2.3.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    Delayed,
    Delivered,
    Expanded,
    Failed,
    Relayed,
}

impl Action {
    fn read(value: &str) -> Option<Action> {
        match without_comments(value).to_ascii_lowercase().as_str() {
            "delayed" => Some(Action::Delayed),
            "delivered" => Some(Action::Delivered),
            "expanded" => Some(Action::Expanded),
            "failed" => Some(Action::Failed),
            "relayed" => Some(Action::Relayed),
            _ => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Action::Delayed => "delayed",
            Action::Delivered => "delivered",
            Action::Expanded => "expanded",
            Action::Failed => "failed",
            Action::Relayed => "relayed",
        })
    }
}

//------------ Status --------------------------------------------------------

/// An enhanced status code (RFC 3463): `5.1.1`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status {
    pub class: u16,
    pub subject: u16,
    pub detail: u16,
}

impl Status {
    fn read(value: &str) -> Option<Status> {
        let plain = without_comments(value);
        let mut parts = plain.split_whitespace().next()?.split('.');
        let mut number = || parts.next()?.parse().ok();
        let status = Status { class: number()?, subject: number()?, detail: number()? };
        (parts.next().is_none() && matches!(status.class, 2 | 4 | 5)).then_some(status)
    }

    /// About the address or the policy of the other side: three of these in a
    /// row suspend the partner.
    pub fn suspends(self) -> bool {
        self.class == 5 && matches!(self.subject, 1 | 7)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

//------------ RecipientReport -----------------------------------------------

/// What a report says of one recipient.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecipientReport {
    pub action: Action,
    pub status: Option<Status>,
    /// The literal reply that the road got, for a person.
    pub diagnostic: Option<String>,
    /// Until when the road goes on trying, as it is written.
    pub will_retry_until: Option<String>,
    names: Vec<String>,
}

impl RecipientReport {
    fn read(group: &Group) -> Option<RecipientReport> {
        let action = Action::read(group.first("Action")?)?;
        let names = ["Original-Recipient", "Final-Recipient"];
        let names = names.into_iter().flat_map(|name| group.values(name));
        Some(RecipientReport {
            action,
            status: group.first("Status").and_then(Status::read),
            diagnostic: group.first("Diagnostic-Code").map(kept),
            will_retry_until: group.first("Will-Retry-Until").map(shown),
            names: names.map(|value| recipient(value).to_owned()).collect(),
        })
    }

    /// Whether it is about that mailbox, written as it is or as xtext.
    pub fn is_about(&self, address: &Address) -> bool {
        self.names.iter().any(|name| {
            is_mailbox(name, address)
                || xtext::decode(name).is_some_and(|name| is_mailbox(&name, address))
        })
    }

    /// The class of the status; where the road wrote none, of the SMTP reply.
    pub fn class(&self) -> Option<u16> {
        let status = self.status.map(|status| status.class);
        status.or_else(|| {
            let (kind, reply) = self.diagnostic.as_deref()?.split_once(';')?;
            let digit = reply.trim_start().chars().next()?.to_digit(10)?;
            let smtp = kind.trim().eq_ignore_ascii_case("smtp") && matches!(digit, 4 | 5);
            smtp.then_some(u16::try_from(digit).ok()?)
        })
    }
}

//------------ Dsn -----------------------------------------------------------

/// A report, taken apart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Dsn {
    pub envelope_id: Option<String>,
    pub reporting_mta: Option<String>,
    /// The Message-ID of the header that came back.
    pub returned: Option<MessageId>,
    pub recipients: Vec<RecipientReport>,
}

impl Dsn {
    /// Reads a letter that is a report. Refused is what has no such shape, and
    /// what has a reverse path: nobody answers a report.
    pub fn read(
        octets: &[u8],
        line_ends: LineEnds,
        limit: usize,
        path: ReversePath,
    ) -> Result<Dsn, Refusal> {
        let letter = road::shaped(octets, line_ends, limit)?;
        match Road::of_shaped(&letter) {
            Road::DeliveryReport => {}
            Road::Other | Road::Sealed | Road::SignedReceipt | Road::UnsignedReceipt => {
                return Err(Refusal::new(Code::RootNotSmime, "the letter is no delivery report"));
            }
        }
        if !is_null(path, &letter) {
            let words = "a delivery report with a reverse path (RFC 3464, section 2)";
            return Err(Refusal::new(Code::RootNotSmime, words));
        }
        let tree = letter.tree();
        let part = |names: &[&str]| {
            let named = |part: &&Part| names.contains(&part.media_type.name.as_str());
            let part = tree.children(0).find(named)?;
            Tree::decoded(letter.octets(), part)
        };
        let Some(status) = part(STATUS_PARTS) else {
            let words = "a delivery report without its machine part";
            return Err(Refusal::new(Code::ShapeMalformed, words));
        };
        let groups = Group::all(&status);
        let first = |name: &str| groups.iter().find_map(|group| group.first(name));
        Ok(Dsn {
            envelope_id: first("Original-Envelope-Id").map(|id| id.trim().to_owned()),
            reporting_mta: first("Reporting-MTA").map(shown),
            returned: part(RETURNED_PARTS).and_then(|returned| returned_id(&returned)),
            recipients: groups.iter().filter_map(RecipientReport::read).collect(),
        })
    }

    /// The delivery it is about: by the envelope id or, where the road
    /// dropped that, by the header that came back.
    pub fn sent(&self, deliveries: &impl Deliveries) -> Option<Sent> {
        let by_envelope = self.envelope_id.as_deref().and_then(|id| {
            let plain = xtext::decode(id).filter(|plain| plain != id);
            let sent = deliveries.by_envelope(id);
            sent.or_else(|| plain.and_then(|plain| deliveries.by_envelope(&plain)))
        });
        by_envelope.or_else(|| deliveries.by_letter(self.returned.as_ref()?))
    }

    /// What it says of the recipient we sent to. Of others it may speak, and
    /// that is noted and no more.
    pub fn about(&self, address: &Address) -> Option<&RecipientReport> {
        self.recipients.iter().find(|report| report.is_about(address))
    }
}

/// The letters of ours that a bounce of no form names somewhere: each worth a
/// note on its delivery, and nothing more.
pub fn mentioned(octets: &[u8], us: &Address) -> Vec<MessageId> {
    let text = String::from_utf8_lossy(octets);
    let ours = format!("@{}", us.domain());
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&ours).take(MAX_MENTIONS) {
        let before = text.get(..at).unwrap_or_default();
        let left: String = before.chars().rev().take_while(char::is_ascii_alphanumeric).collect();
        // 26 characters of base32: an id of a letter, no mailbox.
        let id: String = left.chars().rev().collect();
        let id = MessageId::read(&format!("{id}{ours}")).filter(|_| id.len() == 26);
        found.extend(id.filter(|id| !found.contains(id)));
    }
    found
}

fn is_null(path: ReversePath, letter: &Shaped<'_>) -> bool {
    match path {
        ReversePath::Address => false,
        ReversePath::Null => true,
        ReversePath::Unknown => {
            let root = letter.tree().parts().first();
            let header = root.and_then(|root| letter.octets().get(root.header.clone()));
            let fields = Fields::read(header.unwrap_or(&[])).unwrap_or_default();
            let null = |value: &String| value.replace(' ', "") == "<>";
            fields.values("Return-Path").first().is_some_and(null)
        }
    }
}

/// The Message-ID of a returned header, cut or odd as that may be.
fn returned_id(returned: &[u8]) -> Option<MessageId> {
    let mut lines = returned.split(|octet| *octet == b'\n').peekable();
    while let Some(line) = lines.next() {
        if line.trim_ascii().is_empty() {
            return None;
        }
        let Some(value) = line
            .split_at_checked(NAME.len())
            .filter(|(name, _)| name.eq_ignore_ascii_case(NAME))
            .and_then(|(_, rest)| rest.trim_ascii_start().strip_prefix(b":"))
        else {
            continue;
        };
        let mut value = value.to_vec();
        while let Some(more) =
            lines.next_if(|line| line.starts_with(b" ") || line.starts_with(b"\t"))
        {
            value.extend_from_slice(more);
        }
        return MessageId::read(&unfolded(&value));
    }
    None
}

const MAX_MENTIONS: usize = 1_000;
const NAME: &[u8] = b"Message-ID";

/// RFC 3464, and its kin for eight bits (RFC 6533).
const STATUS_PARTS: &[&str] = &["message/delivery-status", "message/global-delivery-status"];
const RETURNED_PARTS: &[&str] =
    &["text/rfc822-headers", "message/rfc822", "message/global", "message/global-headers"];
