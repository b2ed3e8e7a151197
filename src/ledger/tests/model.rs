//! The property: no sequence of commands, kills between them, reaches a
//! state that the table of transitions does not allow, loses what was
//! accepted, or lets a lane commit that has lost its lease.
//!
//! The commands' triggers are drawn from the table itself. A small model does
//! each command beside the ledger; after each one the two are compared, row
//! for row. At the end everything is drained: whatever still waits must go.

use std::collections::HashMap;

use proptest::prelude::*;
use rusqlite::types::Value;

use crate::certificate::life::{Judgement, Version, judge};
use crate::delivery::{Reason, State, TRANSITIONS, Trigger, decide};

use super::*;

const PARTNERS: [&str; 2] = ["HM", "GS"];
const STATUSES: [&str; 4] = ["70", "40", "44", "47"];

#[derive(Clone, Debug)]
enum Command {
    Accept { number: u8, status: usize, content: u8, to: u8, replaces: Option<u8>, short: bool },
    Advance { seconds: u64 },
    Apply { delivery: usize, trigger: Trigger },
    Begin { hand: usize },
    Claim { to: usize, limit: usize },
    Conclude { hand: usize, verdict: Verdict },
    Crash,
    End { hand: usize, trigger: Trigger },
    Expire,
    Judge { from: usize, number: u8, status: usize, content: u8 },
    Publish { outlet: usize, count: usize },
    Release { hand: usize },
    Seal { hand: usize },
    SetAside { to: usize, aside: bool },
    TakeIn,
}

fn command() -> impl Strategy<Value = Command> {
    let hand = 0..6_usize;
    let trigger = prop::sample::select(TRANSITIONS).prop_map(|(_, trigger, _, _)| trigger).boxed();
    let verdict = prop::sample::select(Verdict::ALL).boxed();
    let name = (0..3_u8, prop::sample::select(vec![0_usize, 0, 0, 1, 1, 2, 3]), 0..8_u8);
    prop_oneof![
        6 => (name.clone(), 0..4_u8, prop::option::weighted(0.2, 0..3_u8), prop::bool::weighted(0.2))
            .prop_map(|((number, status, content), to, replaces, short)| Command::Accept {
                number, status, content: content / 7, to, replaces, short,
            }),
        2 => prop::sample::select(vec![1_u64, 60, 300, 900, 5_000])
            .prop_map(|seconds| Command::Advance { seconds }),
        4 => (0..10_usize, trigger.clone())
            .prop_map(|(delivery, trigger)| Command::Apply { delivery, trigger }),
        7 => hand.clone().prop_map(|hand| Command::Begin { hand }),
        6 => (0..2_usize, 1..4_usize).prop_map(|(to, limit)| Command::Claim { to, limit }),
        6 => (hand.clone(), verdict)
            .prop_map(|(hand, verdict)| Command::Conclude { hand, verdict }),
        2 => Just(Command::Crash),
        2 => (hand.clone(), trigger).prop_map(|(hand, trigger)| Command::End { hand, trigger }),
        1 => Just(Command::Expire),
        2 => (0..2_usize, name).prop_map(|(from, (number, status, content))| Command::Judge {
            from, number, status, content: content / 7,
        }),
        1 => (0..3_usize, 0..4_usize)
            .prop_map(|(outlet, count)| Command::Publish { outlet, count }),
        1 => hand.clone().prop_map(|hand| Command::Release { hand }),
        7 => hand.prop_map(|hand| Command::Seal { hand }),
        2 => (0..2_usize, any::<bool>())
            .prop_map(|(to, aside)| Command::SetAside { to, aside }),
        2 => Just(Command::TakeIn),
    ]
}

/// What the model knows of a delivery; what the ledger's row must say.
#[derive(Clone, Debug)]
struct Duty {
    delivery: DeliveryId,
    number: u8,
    status: usize,
    to: usize,
    accepted_at: Timestamp,
    not_useful_after: Option<Timestamp>,
    state: State,
    due: Option<Timestamp>,
    is_leased: bool,
    /// The fence that may still commit.
    fence: Option<i64>,
    attempts: u32,
    is_under_way: bool,
    behind: Vec<DeliveryId>,
}

/// A lane's hold on a delivery, lost or not.
#[derive(Clone, Debug)]
struct Hand {
    claimed: Claimed,
    attempt: u32,
}

#[derive(Default)]
struct Model {
    duties: Vec<Duty>,
    hands: Vec<Hand>,
    issued: HashMap<u8, Vec<(usize, u8)>>,
    arrived: HashMap<(usize, u8), Vec<(usize, u8)>>,
    letters: Vec<LetterId>,
    received: usize,
    /// Which partners are suspended.
    aside: [bool; 2],
}

fn number(n: u8) -> String {
    format!("N-{n}")
}

fn versions(n: u8, known: &[(usize, u8)]) -> Vec<Version> {
    known.iter().map(|(status, content)| version(n, *status, *content)).collect()
}

fn version(n: u8, status: usize, content: u8) -> Version {
    let status = STATUSES[status];
    Version { status: status.parse().unwrap(), digest: digest(&number(n), status, content) }
}

impl Model {
    fn at(&mut self, delivery: DeliveryId) -> &mut Duty {
        self.duties.iter_mut().find(|duty| duty.delivery == delivery).unwrap()
    }

    /// What the ledger's `step` should do.
    fn step(&mut self, of: DeliveryId, trigger: Trigger, now: Timestamp, due: Option<Timestamp>) {
        let duty = self.at(of);
        let (before, after) = (duty.state, decide(duty.state, trigger).unwrap().state);
        duty.state = after;
        if before != after {
            if after == State::Sending {
                duty.due = None;
            } else if after != State::Sealed {
                duty.due = after.is_pending().then(|| due.unwrap_or(now));
                duty.is_leased = false;
            }
        }
        if before.lacks_verdict() && !after.lacks_verdict() {
            self.at(of).behind.clear();
            for duty in &mut self.duties {
                let was_behind = duty.behind.contains(&of);
                duty.behind.retain(|other| *other != of);
                if was_behind && duty.behind.is_empty() && duty.due.is_none() {
                    duty.due = Some(now);
                }
            }
        }
    }

    fn accept(&mut self, command: &Command) -> (Judgement, Vec<usize>) {
        let Command::Accept { number, status, content, to, .. } = command else { unreachable!() };
        let known = self.issued.entry(*number).or_default();
        let judged = judge(&versions(*number, known), &version(*number, *status, *content));
        if judged == Judgement::Conflict {
            return (judged, vec![]);
        }
        if judged != Judgement::Duplicate {
            known.push((*status, *content));
        }
        let of_record: Vec<&Duty> = self
            .duties
            .iter()
            .filter(|duty| duty.number == *number && duty.status != *status)
            .collect();
        let is_ending = matches!(STATUSES[*status], "40" | "44");
        let mut to: Vec<usize> = (0..2).filter(|bit| to & (1 << bit) != 0).collect();
        if is_ending && !of_record.is_empty() {
            to.clear();
            for duty in &of_record {
                let mut all = of_record.iter().filter(|other| other.to == duty.to);
                if !to.contains(&duty.to) && all.any(|other| other.state != State::Refused) {
                    to.push(duty.to);
                }
            }
            // In the order of each partner's first delivery, refused or not.
            to.sort_by_key(|to| of_record.iter().position(|duty| duty.to == *to));
        }
        let has = |to: &usize| {
            let mut same = self.duties.iter().filter(|d| d.number == *number && d.to == *to);
            same.any(|duty| duty.status == *status)
        };
        to.retain(|to| judged != Judgement::Duplicate || !has(to));
        (judged, to)
    }

    fn deliver(&mut self, delivery: DeliveryId, to: usize, command: &Command, now: Timestamp) {
        let Command::Accept { number, status, replaces, short, .. } = command else {
            unreachable!()
        };
        let is_ending = |status: usize| matches!(STATUSES[status], "40" | "44");
        let before: Vec<DeliveryId> = self
            .duties
            .iter()
            .filter(|duty| duty.to == to && duty.state.lacks_verdict())
            .filter(|duty| duty.number == *number || Some(duty.number) == *replaces)
            .map(|duty| duty.delivery)
            .collect();
        let same: Vec<DeliveryId> = self
            .duties
            .iter()
            .filter(|duty| duty.to == to && duty.number == *number)
            .map(|duty| duty.delivery)
            .collect();
        self.duties.push(Duty {
            delivery,
            number: *number,
            status: *status,
            to,
            accepted_at: now,
            not_useful_after: short.then(|| now.plus(Duration::from_secs(1_000))),
            state: State::Waiting,
            due: Some(now),
            is_leased: false,
            fence: None,
            attempts: 0,
            is_under_way: false,
            behind: vec![],
        });
        let (mut withdrawn, mut attempted) = (false, false);
        for other in same.into_iter().filter(|_| is_ending(*status)) {
            let duty = self.at(other);
            attempted |= duty.attempts > 0;
            if duty.state.is_untried() && !is_ending(duty.status) {
                duty.fence = None;
                self.step(other, Trigger::Withdrawn, now, None);
                withdrawn = true;
            }
        }
        if withdrawn && !attempted {
            self.step(delivery, Trigger::Withdrawn, now, None);
            return;
        }
        let behind: Vec<DeliveryId> =
            before.into_iter().filter(|other| self.at(*other).state.lacks_verdict()).collect();
        let duty = self.at(delivery);
        if !behind.is_empty() {
            (duty.behind, duty.due) = (behind, None);
        }
    }

    fn crash(&mut self, now: Timestamp) {
        for at in 0..self.duties.len() {
            let duty = &mut self.duties[at];
            let delivery = duty.delivery;
            if duty.is_under_way {
                (duty.is_under_way, duty.is_leased, duty.fence) = (false, false, None);
                self.step(delivery, Trigger::Crashed, now, Some(now.plus(HOLD)));
            } else if duty.is_leased {
                duty.give_back();
            }
        }
    }
}

impl Duty {
    fn give_back(&mut self) {
        (self.is_leased, self.fence, self.due) = (false, None, Some(self.accepted_at));
    }
}

struct Bench {
    world: World,
    model: Model,
}

impl Bench {
    async fn perform(&mut self, command: &Command) {
        let now = self.world.clock.now();
        match command {
            Command::Accept { number: n, status, content, to, replaces, short } => {
                let codes: Vec<&str> =
                    (0..2).filter(|bit| to & (1 << bit) != 0).map(|bit| PARTNERS[bit]).collect();
                let mut new = acceptance(&number(*n), STATUSES[*status], *content, &codes);
                new.facts.replaces = replaces.iter().map(|n| number(*n)).collect();
                new.not_useful_after = short.then(|| now.plus(Duration::from_secs(1_000)));
                let (judged, to) = self.model.accept(command);
                match self.world.ledger().accept(new).await.unwrap() {
                    Accepted::Conflict { .. } => assert_eq!(judged, Judgement::Conflict),
                    Accepted::Duplicate => {
                        assert_eq!((judged, to.len()), (Judgement::Duplicate, 0));
                    }
                    Accepted::MessageIdReused { words } => panic!("{words}"),
                    Accepted::New { deliveries } => {
                        let codes: Vec<&str> =
                            deliveries.iter().map(|(to, _)| to.as_str()).collect();
                        assert_eq!(codes, to.iter().map(|to| PARTNERS[*to]).collect::<Vec<_>>());
                        for ((_, delivery), to) in deliveries.into_iter().zip(to) {
                            self.model.deliver(delivery, to, command, now);
                        }
                    }
                }
            }
            Command::Advance { seconds } => {
                self.world.clock.advance(Duration::from_secs(*seconds));
            }
            Command::Apply { delivery, trigger } => self.apply(*delivery, *trigger, now).await,
            Command::Begin { hand } => self.begin(*hand, now).await,
            Command::Claim { to, limit } => self.claim(*to, *limit, now).await,
            Command::Conclude { hand, verdict } => self.conclude(*hand, *verdict, now).await,
            Command::Crash => {
                self.world.crash().await;
                self.model.crash(now);
            }
            Command::End { hand, trigger } => self.end(*hand, *trigger, now).await,
            Command::Expire => {
                let expired = self.world.ledger().expire(100, FOR_EVER).await.unwrap();
                let over: Vec<DeliveryId> = self
                    .model
                    .duties
                    .iter()
                    .filter(|duty| duty.state.is_pending())
                    .filter(|duty| duty.not_useful_after.is_some_and(|limit| limit <= now))
                    .map(|duty| duty.delivery)
                    .collect();
                assert_eq!(expired.len(), over.len());
                // In the ledger's order, as one may set another free.
                for delivery in expired {
                    assert!(over.contains(&delivery));
                    self.model.at(delivery).fence = None;
                    self.model.step(delivery, Trigger::Expired, now, None);
                }
            }
            Command::Judge { from, number: n, status, content } => {
                let Some(letter) = self.model.letters.first().copied() else { return };
                self.world.ledger().begin_opening(letter).await.unwrap();
                let known = self.model.arrived.entry((*from, *n)).or_default();
                let wanted = judge(&versions(*n, known), &version(*n, *status, *content));
                if matches!(wanted, Judgement::New | Judgement::Stale) {
                    known.push((*status, *content));
                }
                let (name, status) = (number(*n), STATUSES[*status]);
                let arrival = arrival(letter, PARTNERS[*from], &name, status, *content);
                let judged = self.world.ledger().receive(arrival).await.unwrap();
                assert_eq!(judged, wanted);
                self.model.received += usize::from(judged == Judgement::New);
                self.model.letters.remove(0);
            }
            Command::Publish { outlet, count } => {
                let outlet = [Outlet::Received, Outlet::Events, Outlet::Rejected][*outlet];
                let ledger = self.world.ledger();
                let rows: Vec<i64> = ledger
                    .unpublished(outlet, *count)
                    .await
                    .unwrap()
                    .iter()
                    .map(|publication| publication.row)
                    .collect();
                ledger.published(outlet, &rows).await.unwrap();
                if outlet == Outlet::Received {
                    self.model.received -= rows.len();
                }
            }
            Command::Release { hand } => {
                let Some(hand) = self.hand(*hand) else { return };
                let claimed = &hand.claimed;
                self.world.ledger().release(claimed.delivery, claimed.fence).await.unwrap();
                let duty = self.model.at(claimed.delivery);
                if duty.fence == Some(claimed.fence)
                    && duty.is_leased
                    && duty.state != State::Sending
                {
                    duty.give_back();
                }
            }
            Command::Seal { hand } => self.seal(*hand, now).await,
            Command::SetAside { to, aside } => {
                let (ledger, code) = (self.world.ledger(), partner(PARTNERS[*to]));
                let was = match aside {
                    true => ledger.suspend(&code, Reason::new("operator", "test"), None).await,
                    false => ledger.resume(&code, None).await,
                };
                assert_eq!(was.unwrap().is_some(), self.model.aside[*to]);
                self.model.aside[*to] = *aside;
            }
            Command::TakeIn => {
                let id = self.world.ledger().take_in(super::letter("a letter")).await.unwrap();
                self.model.letters.push(id);
            }
        }
    }

    /// One of the last holds, or none if there never was any.
    fn hand(&self, at: usize) -> Option<Hand> {
        let last: Vec<&Hand> = self.model.hands.iter().rev().take(6).collect();
        last.get(at % last.len().max(1)).map(|hand| (*hand).clone())
    }

    async fn apply(&mut self, at: usize, trigger: Trigger, now: Timestamp) {
        let count = self.model.duties.len();
        if count == 0 {
            return;
        }
        let duty = self.model.duties[at % count].clone();
        let outcome = self.world.ledger().apply(duty.delivery, trigger, None, None).await;
        let on_its_way = duty.is_under_way && trigger == Trigger::RelayGaveUp;
        let from_here = trigger.is_lane_end() && !duty.is_under_way;
        let taken = trigger.is_evidence() || from_here;
        if taken && (on_its_way || decide(duty.state, trigger).is_ok()) {
            if !on_its_way {
                self.model.step(duty.delivery, trigger, now, None);
            }
            if from_here {
                self.model.at(duty.delivery).fence = None;
            }
            assert_eq!(outcome.unwrap(), self.model.at(duty.delivery).state);
        } else {
            assert!(matches!(outcome, Err(LedgerError::Impossible(_))), "{outcome:?}");
        }
    }

    async fn claim(&mut self, to: usize, limit: usize, now: Timestamp) {
        let claims = self.world.ledger().claim(&partner(PARTNERS[to]), limit, LEASE).await.unwrap();
        let mut due: Vec<&Duty> = self
            .model
            .duties
            .iter()
            .filter(|duty| duty.to == to && duty.due.is_some_and(|due| due <= now))
            .filter(|duty| !self.model.aside[duty.to])
            .collect();
        due.sort_by_key(|duty| (duty.due, duty.delivery));
        let wanted: Vec<DeliveryId> = due.iter().take(limit).map(|duty| duty.delivery).collect();
        let claimed: Vec<DeliveryId> = claims.iter().map(|claimed| claimed.delivery).collect();
        assert_eq!(claimed, wanted);
        for claimed in claims {
            let rivals = self.model.hands.iter().filter(|h| h.claimed.delivery == claimed.delivery);
            assert!(rivals.clone().all(|hand| hand.claimed.fence < claimed.fence));
            let duty = self.model.at(claimed.delivery);
            assert!(!duty.is_under_way && duty.behind.is_empty());
            duty.is_leased = true;
            duty.due = Some(now.plus(LEASE));
            duty.fence = Some(claimed.fence);
            self.model.hands.push(Hand { claimed, attempt: 0 });
        }
    }

    async fn seal(&mut self, hand: usize, now: Timestamp) {
        let Some(hand) = self.hand(hand) else { return };
        let delivery = hand.claimed.delivery;
        let outcome = self.world.ledger().seal(sealed(&hand.claimed)).await;
        let duty = self.model.at(delivery);
        let untouched = duty.state == State::Waiting;
        let trigger = if untouched { Trigger::Sealed } else { Trigger::SealedAnew };
        if duty.fence != Some(hand.claimed.fence) || !duty.is_leased {
            assert!(matches!(outcome, Err(LedgerError::Fenced)), "{outcome:?}");
        } else if decide(duty.state, trigger).is_ok() {
            outcome.unwrap();
            self.model.step(delivery, trigger, now, None);
        } else {
            assert!(matches!(outcome, Err(LedgerError::Impossible(_))), "{outcome:?}");
        }
    }

    async fn begin(&mut self, hand: usize, now: Timestamp) {
        let Some(hand) = self.hand(hand) else { return };
        let (delivery, fence) = (hand.claimed.delivery, hand.claimed.fence);
        let outcome = self.world.ledger().begin(delivery, fence).await;
        let aside = self.model.aside;
        let duty = self.model.at(delivery);
        if duty.fence != Some(fence) || !duty.is_leased || aside[duty.to] {
            assert!(matches!(outcome, Err(LedgerError::Fenced)), "{outcome:?}");
        } else if decide(duty.state, Trigger::Begun).is_ok() {
            duty.attempts += 1;
            duty.is_under_way = true;
            let n = outcome.unwrap();
            assert_eq!(n, duty.attempts);
            self.model.step(delivery, Trigger::Begun, now, None);
            let mut hands = self.model.hands.iter_mut();
            hands
                .find(|hand| hand.claimed.fence == fence && hand.claimed.delivery == delivery)
                .unwrap()
                .attempt = n;
        } else {
            assert!(matches!(outcome, Err(LedgerError::Impossible(_))), "{outcome:?}");
        }
    }

    async fn conclude(&mut self, hand: usize, verdict: Verdict, now: Timestamp) {
        let Some(hand) = self.hand(hand) else { return };
        let (delivery, fence) = (hand.claimed.delivery, hand.claimed.fence);
        let conclusion = conclusion(delivery, fence, hand.attempt, verdict, now);
        let due = conclusion.due;
        let outcome = self.world.ledger().conclude(conclusion).await;
        let duty = self.model.at(delivery);
        if duty.fence == Some(fence) && duty.is_under_way && duty.attempts == hand.attempt {
            (duty.is_under_way, duty.is_leased) = (false, false);
            self.model.step(delivery, verdict.into(), now, due);
            assert_eq!(outcome.unwrap(), self.model.at(delivery).state);
        } else {
            assert!(matches!(outcome, Err(LedgerError::Fenced)), "{outcome:?}");
        }
    }

    async fn end(&mut self, hand: usize, trigger: Trigger, now: Timestamp) {
        let Some(hand) = self.hand(hand) else { return };
        let (delivery, fence) = (hand.claimed.delivery, hand.claimed.fence);
        let reason = Reason::new("test", "words");
        let outcome = self.world.ledger().end(delivery, fence, trigger, reason).await;
        let duty = self.model.at(delivery);
        if duty.fence != Some(fence) {
            assert!(matches!(outcome, Err(LedgerError::Fenced)), "{outcome:?}");
        } else if !duty.is_under_way && trigger.is_lane_end() && decide(duty.state, trigger).is_ok()
        {
            self.model.step(delivery, trigger, now, None);
            assert_eq!(outcome.unwrap(), self.model.at(delivery).state);
        } else {
            assert!(matches!(outcome, Err(LedgerError::Impossible(_))), "{outcome:?}");
        }
    }

    /// The ledger's rows are the model's, one for one.
    async fn compare(&self) {
        let ledger = self.world.ledger();
        let rows = ledger
            .study(|reader| {
                let mut statement = reader.sql.prepare_cached(
                    "SELECT state, due, lease_until IS NOT NULL, attempts, under_way
                     FROM delivery ORDER BY key",
                )?;
                let rows = statement.query_map([], |row| {
                    (0..5).map(|column| row.get::<_, Value>(column)).collect::<Result<Vec<_>, _>>()
                })?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
            .await
            .unwrap();
        let wanted: Vec<Vec<Value>> = self
            .model
            .duties
            .iter()
            .map(|duty| {
                vec![
                    Value::Text(duty.state.to_string()),
                    duty.due.map_or(Value::Null, |due| Value::Integer(due.millis())),
                    Value::Integer(i64::from(duty.is_leased)),
                    Value::Integer(i64::from(duty.attempts)),
                    Value::Integer(i64::from(duty.is_under_way)),
                ]
            })
            .collect();
        assert_eq!(rows, wanted);
        let letters = ledger.waiting_letters(100).await.unwrap();
        let letters: Vec<LetterId> = letters.iter().map(|letter| letter.id).collect();
        // Those open at a kill come one by one afterwards.
        let shown = letters.len();
        assert_eq!(letters, self.model.letters[..shown]);
        assert_eq!(shown == 0, self.model.letters.is_empty());
        let received = ledger.unpublished(Outlet::Received, 100).await.unwrap();
        assert_eq!(received.len(), self.model.received);
    }

    /// Everything that still waits goes, and nothing is left.
    async fn drain(&mut self) {
        self.perform(&Command::Crash).await;
        for to in 0..2 {
            self.perform(&Command::SetAside { to, aside: false }).await;
        }
        for _round in 0..50 {
            self.world.clock.advance(Duration::from_secs(86_400));
            let now = self.world.clock.now();
            for (to, code) in PARTNERS.into_iter().enumerate() {
                let before = self.model.hands.len();
                self.claim(to, 100, now).await;
                for at in before..self.model.hands.len() {
                    let claimed = self.model.hands[at].claimed.clone();
                    let ledger = self.world.ledger();
                    if claimed.letter.is_none() {
                        ledger.seal(sealed(&claimed)).await.unwrap();
                        self.model.step(claimed.delivery, Trigger::Sealed, now, None);
                    }
                    let (delivery, fence) = (claimed.delivery, claimed.fence);
                    let n = ledger.begin(delivery, fence).await.unwrap();
                    self.model.step(delivery, Trigger::Begun, now, None);
                    let end = conclusion(delivery, fence, n, Verdict::HandedOver, now);
                    ledger.conclude(end).await.unwrap();
                    let duty = self.model.at(delivery);
                    duty.attempts = n;
                    duty.is_leased = false;
                    self.model.step(delivery, Trigger::HandedOver, now, None);
                    assert_eq!(claimed.partner.as_str(), code);
                }
            }
        }
        self.compare().await;
        assert!(self.model.duties.iter().all(|duty| !duty.state.lacks_verdict()));
        assert_eq!(self.world.ledger().audit().await.unwrap().faults, []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn no_sequence_reaches_an_impossible_state(
        commands in prop::collection::vec(command(), 1..70)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench { world: World::new(), model: Model::default() };
            for command in &commands {
                bench.perform(command).await;
                bench.compare().await;
            }
            bench.drain().await;
        });
    }
}
