//! Endings: a word in good time about keys that will end, ours and theirs.
//!
//! Once for each key at each step, whatever is started again in between; not
//! for a key whose successor is in place already.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{error, warn};

use crate::clock::Timestamp;
use crate::config::{Configuration, Ending};
use crate::delivery::Reason;
use crate::ledger::{Ledger, LedgerError};
use crate::runtime::Runtime;

/// How often it looks; the steps are days.
const EVERY: Duration = Duration::from_secs(3600);
/// How many days before its end a key is spoken of. At 0 it has ended.
const STEPS: [u64; 6] = [0, 1, 7, 14, 30, 60];

//------------ Endings -------------------------------------------------------

/// What looks after keys that will end.
pub struct Endings {
    pub configuration: watch::Receiver<Arc<Configuration>>,
    pub ledger: Ledger,
    pub runtime: Runtime,
}

impl Endings {
    /// Looks at once, every hour and whenever the configuration is another,
    /// until the runtime's token is cancelled.
    pub async fn run(mut self) {
        let token = self.runtime.token().clone();
        let clock = self.ledger.clock().clone();
        loop {
            let configuration = self.configuration.borrow_and_update().clone();
            if let Err(fault) = self.look(&configuration, clock.now()).await {
                error!(error = %fault, "nobody is told of keys that will end");
            }
            tokio::select! {
                () = token.cancelled() => return,
                () = clock.sleep(EVERY) => {}
                changed = self.configuration.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn look(&self, configuration: &Configuration, now: Timestamp) -> Result<(), LedgerError> {
        for (ending, reason) in due(&configuration.endings(), now) {
            let told = self.ledger.note_ending(ending.partner.clone(), reason.clone()).await?;
            if told {
                let partner = ending.partner.as_ref().map_or("ours", |code| code.as_str());
                warn!(partner.code = partner, code = reason.code, "{}", reason.words);
            }
        }
        Ok(())
    }
}

/// The keys to speak of, each with what is said: always the same words at the
/// same step.
fn due(endings: &[Ending], now: Timestamp) -> Vec<(&Ending, Reason)> {
    let due = endings.iter().filter_map(|ending| {
        let days = ending.until.since(now).as_secs() / DAY;
        let has_ended = now >= ending.until;
        let step =
            *STEPS.iter().find(|step| if has_ended { **step == 0 } else { days < **step })?;
        let is_successor = |other: &&Ending| {
            other.partner == ending.partner
                && other.used == ending.used
                && other.until > ending.until
                && other.until.since(now).as_secs() / DAY >= step.max(1)
        };
        if endings.iter().any(|other| is_successor(&other)) {
            return None;
        }
        let Ending { used, subject, sha256, until, .. } = ending;
        let (code, remedy) = match step {
            0 => ("key.ended".to_owned(), "put its successor in place now"),
            days => (format!("key.ends-in-{days}d"), "put its successor beside it in good time"),
        };
        let used = used.as_str();
        let words = format!("the {used} key of {subject} ({sha256}) ends on {until}; {remedy}");
        Some((ending, Reason::new(code, words)))
    });
    due.collect()
}

const DAY: u64 = 86_400;

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KeyUse;

    const NOW: &str = "2026-11-25T12:00:00Z";

    fn ending(partner: Option<&str>, used: KeyUse, until: &str) -> Ending {
        Ending {
            partner: partner.map(|code| code.parse().unwrap()),
            used,
            subject: "CN=HM sign".to_owned(),
            sha256: until.to_owned(),
            until: until.parse().unwrap(),
        }
    }

    #[track_caller]
    fn check(endings: &[Ending], wanted: &[&str]) {
        let due = due(endings, NOW.parse().unwrap());
        let codes: Vec<&str> = due.iter().map(|(_, reason)| &*reason.code).collect();
        assert_eq!(codes, wanted);
    }

    #[test]
    fn each_step_has_its_word() {
        for (until, wanted) in [
            ("2027-03-01T00:00:00Z", None),
            ("2027-01-24T12:00:00Z", None),
            ("2027-01-24T11:59:59Z", Some("key.ends-in-60d")),
            ("2026-12-20T00:00:00Z", Some("key.ends-in-30d")),
            ("2026-12-05T00:00:00Z", Some("key.ends-in-14d")),
            ("2026-12-01T00:00:00Z", Some("key.ends-in-7d")),
            ("2026-11-26T00:00:00Z", Some("key.ends-in-1d")),
            ("2026-11-25T12:00:00Z", Some("key.ended")),
            ("2020-01-01T00:00:00Z", Some("key.ended")),
        ] {
            check(&[ending(None, KeyUse::Sign, until)], wanted.as_slice());
        }
    }

    #[test]
    fn a_successor_in_place_ends_the_talk() {
        let old = ending(Some("HM"), KeyUse::Signer, "2026-12-01T00:00:00Z");
        let new = ending(Some("HM"), KeyUse::Signer, "2028-12-01T00:00:00Z");
        check(&[old.clone(), new], &[]);
        // Neither another use nor another partner's is one, nor one that ends too.
        let other_use = ending(Some("HM"), KeyUse::Recipient, "2028-12-01T00:00:00Z");
        let other = ending(Some("GS"), KeyUse::Signer, "2028-12-01T00:00:00Z");
        let brief = ending(Some("HM"), KeyUse::Signer, "2026-12-01T12:00:00Z");
        check(&[old, other_use, other, brief], &["key.ends-in-7d", "key.ends-in-7d"]);
    }
}
