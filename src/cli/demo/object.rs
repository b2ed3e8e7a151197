//! What the demo came to, as one JSON object.

use schemars::JsonSchema;
use serde::Serialize;

use super::Shown;
use super::cast::{NOBODY, OURS, PARTNERS};
use super::count::Count;
use super::fate::Fate;
use super::finale::Finale;
use super::tally::Tally;

pub const SCHEMA: &str = "certpost/demo/1";

/// What the demo came to.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Whether every certificate had its end, and the counter found no fault.
    ok: bool,
    /// Every gateway of the demo is for training.
    #[schemars(extend("const" = "training"))]
    environment: &'static str,
    /// From the first step to the last judge's word; three decimals.
    #[schemars(range(min = 0))]
    seconds: f64,
    /// The partners of our gateway.
    partners: Vec<Row>,
    /// Recorded, with no partner to send them to.
    nobody: usize,
    inbound: Inbound,
    /// Why letters were not let in, submissions refused or dropped.
    stopped: Vec<Stopped>,
    killed: Option<Killed>,
    /// What a program that is not certpost counted.
    counted: Count,
    opened: Opened,
    verdicts: Vec<Verdict>,
    /// What did not come to its end, for a person.
    unended: Vec<String>,
}

/// What was counted of the certificates that went to one partner.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    code: &'static str,
    /// Published on our submissions queue.
    sent: usize,
    /// Its server took the letter.
    handed_over: usize,
    /// Its signed receipt came back and was proven.
    received: usize,
    /// It has the XML, the same to the last octet.
    opened: usize,
    /// Not yet handed over, and not rejected.
    waiting: usize,
    /// Why letters waited on the way.
    why: Vec<Why>,
}

/// Why letters waited.
#[derive(JsonSchema, Serialize)]
struct Why {
    code: String,
    /// The literal reply, or our own words where there was none.
    words: String,
    /// How many attempts ended like that.
    times: usize,
}

/// What came in at our gateway.
#[derive(JsonSchema, Serialize)]
struct Inbound {
    /// Certificates that were submitted at partners.
    sent: usize,
    /// Certificates that were proven and published.
    received: usize,
    /// Letters that a gate did not let pass.
    quarantined: usize,
}

/// Something that was stopped.
#[derive(JsonSchema, Serialize)]
struct Stopped {
    what: StoppedWhat,
    /// The certificate; absent if it is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    code: String,
    words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// What was stopped.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum StoppedWhat {
    BadSubmission,
    ForgedLetter,
    Repeat,
}

/// The kill of our gateway.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Killed {
    signal: i32,
    /// Letters that had been handed over, as far as the queues told.
    handed_over: usize,
    /// Letters that a mail server had taken, its reply kept back.
    kept_back: usize,
    /// From the kill until its door greeted again; three decimals.
    #[schemars(range(min = 0))]
    seconds_away: f64,
    /// Letters of which nobody knew whether they had arrived.
    in_doubt: usize,
    /// Of them, those that a receipt settled.
    settled_by_receipt: usize,
    /// Of them, those that were handed over again.
    sent_again: usize,
    /// Letters that came twice and were dropped by the partner.
    dropped: usize,
    /// Submissions that the broker gave back, and that were dropped as repeats.
    given_back: usize,
}

/// What the partner without certpost opened.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    opened: usize,
    /// As xmllint judged.
    well_formed: usize,
    trouble: Vec<String>,
}

/// What an official was told.
#[derive(JsonSchema, Serialize)]
struct Verdict {
    asked: String,
    verdict: String,
    reasons: Vec<String>,
}

impl Object {
    /// The object for `shown`.
    pub fn of(shown: &Shown) -> Object {
        let (play, finale) = (&shown.play, &shown.finale);
        let tally = &play.tally;
        Object {
            schema: SCHEMA,
            ok: shown.is_whole(),
            environment: "training",
            seconds: thousandths(shown.took),
            partners: PARTNERS.iter().map(|player| row(tally, player.code)).collect(),
            nobody: tally.count(OURS, NOBODY, Fate::is_whole),
            inbound: Inbound {
                sent: tally.inbound(|_| true),
                received: tally.inbound(|fate| fate.opened && fate.same),
                quarantined: tally.quarantined.len(),
            },
            stopped: stopped(tally, finale),
            killed: play.kill.map(|kill| Killed {
                signal: kill.signal,
                handed_over: kill.handed_over,
                kept_back: kill.held,
                seconds_away: thousandths(kill.away),
                in_doubt: tally.in_doubt(|_| true),
                settled_by_receipt: tally.in_doubt(Fate::is_settled_by_receipt),
                sent_again: tally.in_doubt(|fate| fate.handed_over),
                dropped: tally.dropped + play.opened.again,
                given_back: tally.given_back,
            }),
            counted: finale.count.clone(),
            opened: Opened {
                opened: play.opened.files.len(),
                well_formed: finale.lint.well_formed,
                trouble: play.opened.trouble.iter().chain(&finale.lint.words).cloned().collect(),
            },
            verdicts: finale.verdicts.iter().map(verdict).collect(),
            unended: shown.complaints(),
        }
    }
}

fn row(tally: &Tally, code: &'static str) -> Row {
    let count = |like: fn(&Fate) -> bool| tally.count(OURS, code, like);
    Row {
        code,
        sent: count(|_| true),
        handed_over: count(|fate| fate.handed_over),
        received: count(|fate| fate.received),
        opened: count(|fate| fate.opened && fate.same),
        waiting: count(Fate::is_waiting),
        why: tally
            .delays(code)
            .map(|(code, delay)| Why {
                code: code.to_owned(),
                words: delay.words.clone(),
                times: delay.times,
            })
            .collect(),
    }
}

fn stopped(tally: &Tally, finale: &Finale) -> Vec<Stopped> {
    let told = |what: StoppedWhat, event: &super::road::Happened| Stopped {
        what,
        id: Some(event.id.clone()).filter(|id| !id.is_empty()),
        code: event.code.clone(),
        words: event.words.clone(),
        remedy: None,
    };
    let forged = tally.quarantined.iter().map(|event| Stopped {
        remedy: Some(finale.remedy.clone()).filter(|remedy| !remedy.is_empty()),
        ..told(StoppedWhat::ForgedLetter, event)
    });
    // A repeat is dropped for what it is; its event has no reason beside that.
    let repeats = tally
        .repeated
        .iter()
        .map(|event| Stopped { code: "duplicate".to_owned(), ..told(StoppedWhat::Repeat, event) });
    let bad = finale.count.finding().map(|finding| Stopped {
        what: StoppedWhat::BadSubmission,
        id: tally.rejected.first().map(|event| event.id.clone()).filter(|id| !id.is_empty()),
        code: finding.code.clone(),
        words: finding.words.clone(),
        remedy: Some(finding.remedy.clone()),
    });
    forged.chain(bad).chain(repeats).collect()
}

fn verdict(verdict: &super::finale::Verdict) -> Verdict {
    Verdict {
        asked: verdict.asked.clone(),
        verdict: verdict.verdict.clone(),
        reasons: verdict.reasons.clone(),
    }
}

fn thousandths(time: std::time::Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}
