//! `certpost bench`: what each stage costs, as a ratio to what it cannot do
//! without, measured in turns in one run.
//!
//! - [`document`]: reading and writing a certificate, against a bare pass of
//!   the tokenizer over the same octets;
//! - [`ratio`]: how two pieces of work are measured.

pub mod document;
pub mod ratio;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Exit, Shared};

const SCHEMA: &str = "certpost/bench/1";

/// Measures the stages, each against its yardstick.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How often each pair is measured; the medians are told.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub rounds: u32,
    /// Measures only the stages whose names hold these words.
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub only: String,
}

//------------ Stage ---------------------------------------------------------

/// One stage, measured.
#[derive(Clone, Debug)]
pub struct Stage {
    pub name: String,
    /// The octets of one piece of work.
    pub octets: usize,
    pub measured: ratio::Ratio,
    /// The ratio that is to be reached.
    pub limit: f64,
}

/// Measures all stages. Nothing is judged: a ratio above its limit is told,
/// and is no failure of the command.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let stages = document::stages(args);
    if shared.json {
        let stages = stages.iter().map(MeasuredStage::of).collect();
        return Answer::json(Exit::Yes, &Measured { schema: SCHEMA, ok: true, stages });
    }
    let head = format!(
        "{:<34} {:>10} {:>12} {:>12} {:>7} {:>7}",
        "stage", "octets", "yardstick", "work", "ratio", "limit"
    );
    let lines = stages.iter().map(line);
    Answer::text(Exit::Yes, std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n"))
}

/// What `certpost bench` answers.
#[derive(JsonSchema, Serialize)]
pub struct Measured {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Whether everything was measured; says nothing of the ratios.
    ok: bool,
    stages: Vec<MeasuredStage>,
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
    /// The ratio to be reached.
    limit: f64,
}

impl MeasuredStage {
    fn of(stage: &Stage) -> Self {
        MeasuredStage {
            stage: stage.name.clone(),
            octets: stage.octets,
            yardstick_microseconds: stage.measured.yardstick.as_secs_f64() * 1e6,
            work_microseconds: stage.measured.work.as_secs_f64() * 1e6,
            ratio: stage.measured.ratio,
            limit: stage.limit,
        }
    }
}

fn line(stage: &Stage) -> String {
    let micros = |time: std::time::Duration| format!("{:.1} us", time.as_secs_f64() * 1e6);
    format!(
        "{:<34} {:>10} {:>12} {:>12} {:>6.2}x {:>6.2}x",
        stage.name,
        stage.octets,
        micros(stage.measured.yardstick),
        micros(stage.measured.work),
        stage.measured.ratio,
        stage.limit
    )
}
