//! The numbers, by their names.

use std::collections::BTreeMap;

use super::{Key, Totals};
use crate::clock::Timestamp;
use crate::config::{Configuration, Ending};
use crate::delivery::{Direction, EventKind, Verdict};
use crate::ledger::{LaneAccount, Outlet, Waiting};
use crate::partner::{Partner, State};
use crate::web::{Figure, Kind, Sample};

/// What happened since the start.
pub(super) fn happened(totals: &Totals) -> Vec<Figure> {
    use Direction::{Inbound, Outbound};
    let of = |kind: EventKind| {
        let sums = totals.sums(|key| (key.0 == Outbound && key.1 == kind).then(Vec::new));
        sums.first().map_or(0.0, |sample| sample.value)
    };
    // Each verdict is told by the event of its own name.
    let verdict =
        |kind: EventKind| Verdict::ALL.iter().find(|verdict| verdict.as_str() == kind.as_str());
    let inbound = |wanted: &'static [EventKind]| {
        move |(direction, kind, partner, _): &Key| {
            let is_it = *direction == Inbound && wanted.contains(kind);
            is_it.then(|| vec![partner.clone(), kind.as_str().to_owned()])
        }
    };
    let taken = totals.sums(|key| (key.1 == EventKind::TakenIn).then(Vec::new));
    vec![
        counter(
            "submissions_total",
            "Submissions since the start, by what they came to.",
            &["result"],
            vec![
                sample(&["accepted"], totals.accepted as f64),
                sample(&["rejected"], of(EventKind::Rejected) + of(EventKind::Conflict)),
                sample(&["duplicate"], of(EventKind::Duplicate)),
            ],
        ),
        counter(
            "attempts_total",
            "Attempts to hand a letter over since the start, by verdict.",
            &["partner", "verdict"],
            totals.sums(|(direction, kind, partner, _)| {
                let verdict = verdict(*kind).filter(|_| *direction == Outbound)?;
                Some(vec![partner.clone(), verdict.as_str().to_owned()])
            }),
        ),
        counter(
            "receipts_total",
            "Evidence of partners on letters of ours since the start, and the want of it.",
            &["partner", "event"],
            totals.sums(|(direction, kind, partner, _)| {
                const RECEIPTS: &[EventKind] = &[
                    EventKind::ReceivedByPartner,
                    EventKind::NotReadable,
                    EventKind::Overdue,
                    EventKind::Unconfirmed,
                    EventKind::Bounced,
                ];
                let is_it = *direction == Outbound && RECEIPTS.contains(kind);
                is_it.then(|| vec![partner.clone(), kind.as_str().to_owned()])
            }),
        ),
        counter(
            "letters_taken_in_total",
            "Letters taken in at the door since the start.",
            &[],
            vec![sample(&[], taken.first().map_or(0.0, |sample| sample.value))],
        ),
        counter(
            "letters_quarantined_total",
            "Letters set aside since the start, by the code of the refusal.",
            &["code"],
            totals.sums(|(_, kind, _, code)| {
                (*kind == EventKind::Quarantined).then(|| vec![code.clone()])
            }),
        ),
        counter(
            "certificates_received_total",
            "Certificates proven and read since the start, by partner and judgement.",
            &["partner", "judgement"],
            totals.sums(inbound(&[
                EventKind::Received,
                EventKind::Duplicate,
                EventKind::Conflict,
                EventKind::Stale,
            ])),
        ),
        counter(
            "events_total",
            "Events since the start.",
            &["direction", "event"],
            totals.sums(|(direction, kind, _, _)| {
                Some(vec![direction.as_str().to_owned(), kind.as_str().to_owned()])
            }),
        ),
    ]
}

/// What is open now.
pub(super) fn open(
    waiting: &Waiting,
    lanes: &[LaneAccount],
    configuration: &Configuration,
    now: Timestamp,
) -> Vec<Figure> {
    let mut oldest: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for open in &waiting.deliveries {
        let one = oldest.entry(open.partner.as_str()).or_insert(open.oldest);
        *one = open.oldest.min(*one);
    }
    // Who has nothing open has nothing old; a number that is not there cannot
    // be told from one that nobody counts.
    let age = |code: &str| oldest.get(code).map_or(0.0, |at| now.since(*at).as_secs_f64());
    let partners = &configuration.partners;
    let outlet = |outlet: &Outlet| match outlet {
        Outlet::Events => "events",
        Outlet::Received => "received",
        Outlet::Rejected => "rejected",
    };
    let lane = |partner: &Partner| lanes.iter().find(|lane| lane.partner == partner.code);
    let yes = |yes: bool| f64::from(u8::from(yes));
    let of_each = |value: &dyn Fn(&Partner) -> f64| {
        partners.iter().map(|one| sample(&[one.code.as_str()], value(one))).collect()
    };
    let each = |(which, rows): &(Outlet, u64)| sample(&[outlet(which)], *rows as f64);
    vec![
        gauge(
            "deliveries",
            "Deliveries that nobody has taken and that have not ended, by partner and state.",
            &["partner", "state"],
            waiting
                .deliveries
                .iter()
                .map(|open| {
                    sample(&[open.partner.as_str(), open.state.as_str()], open.deliveries as f64)
                })
                .collect(),
        ),
        gauge(
            "oldest_delivery_seconds",
            "How long ago the oldest of them was accepted.",
            &["partner"],
            partners
                .iter()
                .map(|partner| sample(&[partner.code.as_str()], age(partner.code.as_str())))
                .collect(),
        ),
        gauge(
            "partner_active",
            "Whether the partner's deliveries go out: 0 is suspended.",
            &["partner"],
            of_each(&|partner| {
                let is_suspended = lane(partner).is_some_and(|lane| lane.suspension.is_some());
                yes(partner.state == State::Active && !is_suspended)
            }),
        ),
        gauge(
            "circuit_open",
            "Whether the partner's server is left alone because it was not reached.",
            &["partner"],
            of_each(&|partner| yes(lane(partner).is_some_and(|lane| lane.is_cut_off))),
        ),
        gauge(
            "refusals_in_a_row",
            "Refusals (5.1.x, 5.7.x) since the last letter taken; the third suspends the partner.",
            &["partner"],
            of_each(&|partner| lane(partner).map_or(0.0, |lane| f64::from(lane.refusals))),
        ),
        gauge(
            "stood_still_seconds",
            "How long clock.give_up has stood still for the partner's deliveries, in all.",
            &["partner"],
            of_each(&|partner| {
                lane(partner).map_or(0.0, |lane| {
                    let now_still = lane.still_since.map_or(0.0, |at| now.since(at).as_secs_f64());
                    lane.stood.as_secs_f64() + now_still
                })
            }),
        ),
        gauge(
            "letters_waiting",
            "Letters taken in that nobody has judged.",
            &[],
            vec![sample(&[], waiting.letters as f64)],
        ),
        gauge(
            "unpublished",
            "What the broker has not confirmed, by outlet.",
            &["outlet"],
            waiting.unpublished.iter().map(each).collect(),
        ),
    ]
}

/// When keys end: ours and the partners'.
pub(super) fn ends(configuration: &Configuration, now: Timestamp) -> Vec<Figure> {
    let mut ours: BTreeMap<Vec<String>, f64> = BTreeMap::new();
    let mut theirs: BTreeMap<Vec<String>, f64> = BTreeMap::new();
    for Ending { partner, used, sha256, until, .. } in configuration.endings() {
        let left = (until.millis() - now.millis()) as f64 / 1000.0;
        let used = used.as_str().to_owned();
        match partner {
            Some(code) => theirs.insert(vec![code.to_string(), used, sha256], left),
            None => ours.insert(vec![used, sha256], left),
        };
    }
    let samples = |all: BTreeMap<Vec<String>, f64>| {
        all.into_iter().map(|(labels, value)| Sample { labels, value }).collect()
    };
    vec![
        gauge(
            "identity_left_seconds",
            "Until an identity of ours ends; below 0 it has.",
            &["use", "sha256"],
            samples(ours),
        ),
        gauge(
            "partner_key_left_seconds",
            "Until a key of a partner's ends; below 0 it has.",
            &["partner", "use", "sha256"],
            samples(theirs),
        ),
    ]
}

fn counter(
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    samples: Vec<Sample>,
) -> Figure {
    Figure { name, help, kind: Kind::Counter, labels, samples }
}

pub(super) fn gauge(
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    samples: Vec<Sample>,
) -> Figure {
    Figure { name, help, kind: Kind::Gauge, labels, samples }
}

pub(super) fn sample(labels: &[&str], value: f64) -> Sample {
    Sample { labels: labels.iter().map(|label| (*label).to_owned()).collect(), value }
}
