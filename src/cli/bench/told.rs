//! The answer of `certpost bench`: for people, and as JSON.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::ratio::median;
use super::{SCHEMA, Stage};

//------------ Measured ------------------------------------------------------

/// What `certpost bench` answers.
#[derive(JsonSchema, Serialize)]
pub struct Measured {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Whether the command did what it was asked; says nothing of the ratios.
    ok: bool,
    stages: Vec<MeasuredStage>,
    /// Stages against plain Python programs, in one thread each.
    peers: Vec<Peer>,
    /// The whole road, once for each kind of signing key.
    road: Vec<Road>,
    /// What could not be measured here.
    skipped: Vec<Skipped>,
}

/// One stage, by the medians of its rounds.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct MeasuredStage {
    stage: String,
    /// The octets of one piece of work.
    octets: usize,
    yardstick_microseconds: f64,
    work_microseconds: f64,
    /// Work to yardstick.
    ratio: f64,
    /// The ratio to be reached; null where there is none.
    limit: Option<f64>,
}

/// One stage of ours and of a plain Python program that does the same.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Peer {
    pub stage: String,
    pub certpost_microseconds: f64,
    pub python_microseconds: f64,
    /// How many times as fast as Python.
    pub times: f64,
    /// What `times` is to be; null where nothing is to be reached.
    pub goal: Option<f64>,
}

/// The whole road with one kind of signing key, by the medians of its turns.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Road {
    /// The kind of the signing key.
    pub key: String,
    /// Connections to the sink.
    pub connections: u32,
    /// What the mail sink takes from a sender that only sends, letters a second.
    pub sink_letters_per_second: f64,
    pub certpost: Traveller,
    /// Null where Python or its libraries are not there.
    pub python: Option<Traveller>,
    /// Letters a second, ours to Python's: the median over the turns.
    pub times: Option<f64>,
    /// What `times` is to be.
    pub goal: f64,
}

/// One program's letters.
#[derive(Clone, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Traveller {
    /// Letters in one turn.
    pub letters: u32,
    /// Octets of one letter.
    pub letter_octets: usize,
    /// Between the first and the last letter at the sink.
    pub letters_per_second: f64,
    /// Of the program's own processor time, between those two.
    pub processor_microseconds: f64,
    /// From the program's start to its first letter.
    pub first_letter_milliseconds: f64,
    /// The most memory that it held.
    pub peak_kibibytes: u64,
}

/// Something that could not be measured.
#[derive(JsonSchema, Serialize)]
pub struct Skipped {
    /// What.
    what: String,
    /// Why, and what to do about it.
    why: String,
}

impl Skipped {
    pub fn new(what: &str, why: String) -> Self {
        Skipped { what: what.to_owned(), why }
    }
}

impl Measured {
    pub fn new(stages: &[Stage], peers: Vec<Peer>, road: Vec<Road>, skipped: Vec<Skipped>) -> Self {
        let stages = stages.iter().map(MeasuredStage::of).collect();
        Measured { schema: SCHEMA, ok: true, stages, peers, road, skipped }
    }

    /// The same for people.
    pub fn table(&self) -> String {
        let mut lines = Vec::new();
        if !self.stages.is_empty() {
            lines.push(format!(
                "{:<34} {:>10} {:>12} {:>12} {:>7} {:>7}",
                "stage", "octets", "yardstick", "work", "ratio", "limit"
            ));
            lines.extend(self.stages.iter().map(MeasuredStage::line));
        }
        if !self.peers.is_empty() {
            lines.push(format!(
                "\n{:<34} {:>12} {:>12} {:>8} {:>8}",
                "against plain Python", "python", "certpost", "times", "goal"
            ));
            lines.extend(self.peers.iter().map(Peer::line));
        }
        for road in &self.road {
            lines.extend(road.lines());
        }
        lines.extend(
            self.skipped
                .iter()
                .map(|skipped| format!("\nskipped: {}: {}", skipped.what, skipped.why)),
        );
        lines.join("\n")
    }
}

impl MeasuredStage {
    fn of(stage: &Stage) -> Self {
        MeasuredStage {
            stage: stage.name.clone(),
            octets: stage.octets,
            yardstick_microseconds: micros(stage.measured.yardstick),
            work_microseconds: micros(stage.measured.work),
            ratio: stage.measured.ratio,
            limit: stage.limit,
        }
    }

    fn line(&self) -> String {
        let limit = self.limit.map_or("-".to_owned(), |limit| format!("{limit:.2}x"));
        format!(
            "{:<34} {:>10} {:>9.1} us {:>9.1} us {:>6.2}x {limit:>7}",
            self.stage,
            self.octets,
            self.yardstick_microseconds,
            self.work_microseconds,
            self.ratio,
        )
    }
}

impl Peer {
    fn line(&self) -> String {
        let goal = self.goal.map_or("-".to_owned(), |goal| format!("{goal:.1}x"));
        format!(
            "{:<34} {:>9.1} us {:>9.1} us {:>7.1}x {goal:>8}",
            self.stage, self.python_microseconds, self.certpost_microseconds, self.times,
        )
    }
}

impl Road {
    fn lines(&self) -> Vec<String> {
        let head = format!(
            "\n{:<34} {:>8} {:>11} {:>13} {:>13} {:>10}",
            format!("the road, {}, {} connections", self.key, self.connections),
            "letters",
            "letters/s",
            "CPU a letter",
            "first letter",
            "peak"
        );
        let mut lines = vec![head, self.certpost.line("certpost run, with its ledger")];
        if let Some(python) = &self.python {
            lines.push(python.line("plain Python worker, no ledger"));
        }
        lines.push(format!(
            "{:<34} {:>8} {:>11.0}",
            "the sink by itself", "", self.sink_letters_per_second
        ));
        if let Some(times) = self.times {
            let (what, goal) = ("certpost to Python", self.goal);
            lines.push(format!("{what:<34} {:>8} {times:>10.1}x   goal {goal:.1}x", ""));
        }
        lines
    }
}

impl Traveller {
    /// Each member's median over the turns.
    pub fn median(turns: impl Iterator<Item = Traveller>) -> Traveller {
        let turns: Vec<Traveller> = turns.collect();
        let of = |member: fn(&Traveller) -> f64| median(turns.iter().map(member));
        Traveller {
            letters: median(turns.iter().map(|turn| turn.letters)),
            letter_octets: median(turns.iter().map(|turn| turn.letter_octets)),
            letters_per_second: of(|turn| turn.letters_per_second),
            processor_microseconds: of(|turn| turn.processor_microseconds),
            first_letter_milliseconds: of(|turn| turn.first_letter_milliseconds),
            peak_kibibytes: median(turns.iter().map(|turn| turn.peak_kibibytes)),
        }
    }

    fn line(&self, name: &str) -> String {
        format!(
            "{name:<34} {:>8} {:>11.0} {:>10.0} us {:>10.0} ms {:>6.1} MiB",
            self.letters,
            self.letters_per_second,
            self.processor_microseconds,
            self.first_letter_milliseconds,
            peak(self.peak_kibibytes),
        )
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// KiB as MiB, near enough for a table.
fn peak(kibibytes: u64) -> f64 {
    f64::from(u32::try_from(kibibytes).unwrap_or(u32::MAX)) / 1024.0
}
