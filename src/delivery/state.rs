//! The closed lists: kinds, states, directions and events, as the contract
//! writes them. Outside programs hold on to these words.

use super::attempt::{NotOnList, closed_list};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

closed_list! {
    /// What a delivery carries. All kinds go through the same lanes,
    /// attempts and clocks.
    Kind:
    Acknowledgement "acknowledgement",
    Certificate "certificate",
    Inquiry "inquiry",
    Receipt "receipt",
}

closed_list! {
    /// How far a delivery has come.
    State:
    /// In the ledger; nothing made of it yet.
    Waiting "waiting",
    /// Written, signed and sealed; never attempted.
    Sealed "sealed",
    /// An attempt has begun and has no verdict.
    Sending "sending",
    /// Not now, said their side or the road; the same octets again when due.
    Deferred "deferred",
    /// They may have it or not: the final dot got no reply.
    InDoubt "in-doubt",
    /// Their server said 2xx to the final dot.
    HandedOver "handed-over",
    /// Their gateway proved it and said so in a signed receipt.
    Received "received",
    /// Their authority said yes or no.
    Answered "answered",
    /// Their server said 5yz.
    Refused "refused",
    /// A report came back: it was not delivered after all.
    Bounced "bounced",
    /// Its time ran out before anybody took it.
    Expired "expired",
    /// Withdrawn before the first attempt.
    Withdrawn "withdrawn",
    /// It could not be made, or their gateway could not read it.
    Failed "failed",
    /// Handed over; no receipt came in all its time.
    Unconfirmed "unconfirmed",
}

impl State {
    /// Whether nothing moves a delivery out of this state any more.
    pub const fn is_end(self) -> bool {
        match self {
            State::Waiting
            | State::Sealed
            | State::Sending
            | State::Deferred
            | State::InDoubt
            | State::HandedOver
            | State::Received
            | State::Answered => false,
            State::Refused
            | State::Bounced
            | State::Expired
            | State::Withdrawn
            | State::Failed
            | State::Unconfirmed => true,
        }
    }

    /// Whether nobody knows yet if the partner will have it: a successor
    /// (a withdrawal, a replacement) waits as long as this is so.
    pub const fn lacks_verdict(self) -> bool {
        match self {
            State::Waiting | State::Sealed | State::Sending | State::Deferred | State::InDoubt => {
                true
            }
            State::HandedOver
            | State::Received
            | State::Answered
            | State::Refused
            | State::Bounced
            | State::Expired
            | State::Withdrawn
            | State::Failed
            | State::Unconfirmed => false,
        }
    }

    /// Whether a lane may claim it when it is due.
    pub const fn is_pending(self) -> bool {
        self.lacks_verdict() && !matches!(self, State::Sending)
    }

    /// Whether no attempt can have been made.
    pub const fn is_untried(self) -> bool {
        matches!(self, State::Waiting | State::Sealed)
    }
}

closed_list! {
    /// Which way, or whom, an event is about.
    Direction:
    Outbound "outbound",
    Inbound "inbound",
    Partner "partner",
    Gateway "gateway",
}

closed_list! {
    /// What happened.
    ///
    /// Which events belong to which direction: [`EventKind::belongs_to`].
    EventKind:
    Accepted "accepted",
    Rejected "rejected",
    NoPartner "no-partner",
    Duplicate "duplicate",
    Conflict "conflict",
    Sealed "sealed",
    Resealed "resealed",
    Deferred "deferred",
    InDoubt "in-doubt",
    HandedOver "handed-over",
    ReceivedByPartner "received-by-partner",
    NotReadable "not-readable",
    Overdue "overdue",
    Resent "resent",
    Unconfirmed "unconfirmed",
    Answered "answered",
    Refused "refused",
    Bounced "bounced",
    Expired "expired",
    Withdrawn "withdrawn",
    Failed "failed",
    Contradiction "contradiction",
    TakenIn "taken-in",
    Quarantined "quarantined",
    Released "released",
    Received "received",
    Stale "stale",
    ReceiptSent "receipt-sent",
    Suspended "suspended",
    Resumed "resumed",
    KeyExpiring "key-expiring",
    Started "started",
    Stopped "stopped",
    DoorsClosed "doors-closed",
    DoorsOpened "doors-opened",
}

impl EventKind {
    /// Whether the contract lists this event under `direction`.
    pub const fn belongs_to(self, direction: Direction) -> bool {
        match self {
            EventKind::Duplicate | EventKind::Conflict => {
                matches!(direction, Direction::Outbound | Direction::Inbound)
            }
            EventKind::Accepted
            | EventKind::Rejected
            | EventKind::NoPartner
            | EventKind::Sealed
            | EventKind::Resealed
            | EventKind::Deferred
            | EventKind::InDoubt
            | EventKind::HandedOver
            | EventKind::ReceivedByPartner
            | EventKind::NotReadable
            | EventKind::Overdue
            | EventKind::Resent
            | EventKind::Unconfirmed
            | EventKind::Answered
            | EventKind::Refused
            | EventKind::Bounced
            | EventKind::Expired
            | EventKind::Withdrawn
            | EventKind::Failed
            | EventKind::Contradiction => matches!(direction, Direction::Outbound),
            EventKind::TakenIn
            | EventKind::Quarantined
            | EventKind::Released
            | EventKind::Received
            | EventKind::Stale
            | EventKind::ReceiptSent => matches!(direction, Direction::Inbound),
            EventKind::Suspended | EventKind::Resumed | EventKind::KeyExpiring => {
                matches!(direction, Direction::Partner)
            }
            EventKind::Started
            | EventKind::Stopped
            | EventKind::DoorsClosed
            | EventKind::DoorsOpened => matches!(direction, Direction::Gateway),
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_the_contract_s() {
        let states: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(
            states.join(" "),
            "waiting sealed sending deferred in-doubt handed-over received answered \
             refused bounced expired withdrawn failed unconfirmed"
        );
        let of = |direction: Direction| {
            let kinds: Vec<&str> = EventKind::ALL
                .iter()
                .filter(|kind| kind.belongs_to(direction))
                .map(|kind| kind.as_str())
                .collect();
            kinds.join(" ")
        };
        assert_eq!(
            of(Direction::Outbound),
            "accepted rejected no-partner duplicate conflict sealed resealed deferred in-doubt \
             handed-over received-by-partner not-readable overdue resent unconfirmed answered \
             refused bounced expired withdrawn failed contradiction"
        );
        assert_eq!(
            of(Direction::Inbound),
            "duplicate conflict taken-in quarantined released received stale receipt-sent"
        );
        assert_eq!(of(Direction::Partner), "suspended resumed key-expiring");
        assert_eq!(of(Direction::Gateway), "started stopped doors-closed doors-opened");
    }

    #[test]
    fn words_read_back() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse::<State>().unwrap(), *state);
        }
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse::<EventKind>().unwrap(), *kind);
        }
        assert!("send".parse::<State>().is_err());
    }
}
