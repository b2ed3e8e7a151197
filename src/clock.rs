//! Time: the one place that asks the machine what time it is.
//!
//! Every pure room takes a [`Timestamp`] as an argument; only streets and
//! doors hold a [`Clock`]. `clippy.toml` bans `SystemTime::now` elsewhere.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::sync::watch;

//------------ Timestamp -----------------------------------------------------

/// A moment in UTC, written as RFC 3339 with milliseconds and `Z`.
///
/// Every contract of ours wants it so. Held in whole milliseconds since
/// 1970-01-01.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd)]
#[schemars(extend(
    "format" = "date-time",
    "pattern" = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"
))]
pub struct Timestamp(#[schemars(with = "String")] i64);

impl Timestamp {
    /// The latest moment that can be shown: the last but one day of 9999,
    /// which leaves room for every zone.
    pub const MAX: Timestamp = Timestamp(253_402_207_200_000);

    /// A moment from milliseconds since 1970-01-01T00:00:00Z, cut to the
    /// years 1970 to 9999.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < 0 {
            Timestamp(0)
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Timestamp(millis)
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> i64 {
        self.0 / 1000
    }

    /// This moment and `span` later; stops at [`Timestamp::MAX`].
    pub fn plus(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This moment and `span` earlier; stops at 1970.
    pub fn minus(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_sub(millis))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// As a Date field has it (RFC 5322, section 3.3), always `+0000`.
    pub fn rfc5322(self) -> String {
        self.zoned().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    fn zoned(self) -> jiff::Zoned {
        jiff::Timestamp::from_millisecond(self.0)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(jiff::tz::TimeZone::UTC)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.zoned().strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read: jiff::Timestamp = text
            .parse()
            .map_err(|source| TimestampError { text: text.chars().take(40).collect(), source })?;
        Ok(Timestamp::from_millis(read.as_millisecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

//------------ TimestampError ------------------------------------------------

/// A text that is no RFC 3339 time with a zone; whoever wrote it mends it.
#[derive(Debug, thiserror::Error)]
#[error("'{text}' is no time; write it as 2026-11-23T20:30:00Z (RFC 3339, with a zone)")]
pub struct TimestampError {
    text: String,
    #[source]
    source: jiff::Error,
}

//------------ Clock ---------------------------------------------------------

/// Where a street reads the time: the machine's, or a test's.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Simulated(Arc<Simulation>),
    System,
}

/// A clock of a test: the time, and until when others wait, each with a
/// number of its own.
#[derive(Debug)]
struct Simulation {
    millis: watch::Sender<i64>,
    asleep: watch::Sender<BTreeSet<(i64, u64)>>,
    sleepers: AtomicU64,
}

/// One that waits.
struct Sleeper<'a> {
    simulation: &'a Simulation,
    place: (i64, u64),
}

impl<'a> Sleeper<'a> {
    fn new(simulation: &'a Simulation, until: i64) -> Self {
        let place = (until, simulation.sleepers.fetch_add(1, Ordering::Relaxed));
        simulation.asleep.send_modify(|asleep| {
            asleep.insert(place);
        });
        Sleeper { simulation, place }
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.simulation.asleep.send_modify(|asleep| {
            asleep.remove(&self.place);
        });
    }
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Clock(Source::System)
    }

    /// A clock that stands still at `at` until [`Clock::advance`].
    pub fn simulated(at: Timestamp) -> Self {
        Clock(Source::Simulated(Arc::new(Simulation {
            millis: watch::Sender::new(at.millis()),
            asleep: watch::Sender::default(),
            sleepers: AtomicU64::new(0),
        })))
    }

    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Simulated(simulation) => Timestamp::from_millis(*simulation.millis.borrow()),
            Source::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }

    /// Moves a simulated clock on; the machine's own clock is left alone.
    pub fn advance(&self, span: Duration) {
        if let Source::Simulated(simulation) = &self.0 {
            let on = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
            simulation.millis.send_modify(|millis| *millis = millis.saturating_add(on));
        }
    }

    /// Waits for `span` by this clock: a street waits so, and a test can let
    /// a month go by.
    pub async fn sleep(&self, span: Duration) {
        let until = self.now().plus(span).millis();
        match &self.0 {
            Source::System => tokio::time::sleep(span).await,
            Source::Simulated(simulation) => {
                let _sleeper = Sleeper::new(simulation, until);
                let mut millis = simulation.millis.subscribe();
                // The sender is ours: it is there as long as we are.
                let _there = millis.wait_for(|millis| *millis >= until).await;
            }
        }
    }

    /// Waits until `count` wait on a simulated clock for a time to come:
    /// everybody has done what there was to do by now.
    pub async fn all_asleep(&self, count: usize) {
        if let Source::Simulated(simulation) = &self.0 {
            let mut asleep = simulation.asleep.subscribe();
            // As above.
            let later = |asleep: &BTreeSet<(i64, u64)>| {
                asleep.range((self.now().millis() + 1, 0)..).count() >= count
            };
            let _there = asleep.wait_for(later).await;
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_the_two_forms() {
        let at: Timestamp = "2026-11-23T21:30:00.5+01:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-23T20:30:00.500Z");
        assert_eq!(at.rfc5322(), "Mon, 23 Nov 2026 20:30:00 +0000");
        assert_eq!(at.plus(Duration::from_secs(1)).since(at), Duration::from_secs(1));
        assert_eq!(at.since(at.plus(Duration::from_secs(1))), Duration::ZERO);
        assert!("2026-11-23T20:30:00".parse::<Timestamp>().is_err());
        assert!("26/02/2024".parse::<Timestamp>().is_err());
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-30T22:00:00.000Z");
    }

    #[tokio::test]
    async fn a_month_goes_by() {
        let month = Duration::from_secs(30 * 86_400);
        let clock = Clock::simulated(Timestamp::from_millis(0));
        let test = async {
            clock.all_asleep(1).await;
            clock.advance(month - Duration::from_millis(1));
            clock.all_asleep(1).await;
            clock.advance(Duration::from_millis(1));
        };
        tokio::join!(clock.sleep(month), test);
        assert_eq!(clock.now(), Timestamp::from_millis(0).plus(month));
    }
}
