//! Every clock, and when to try again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

//------------ Clocks --------------------------------------------------------

/// The `[clock]` table: how long everything takes at most, so that tests and
/// demonstrations can run in seconds.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Clocks {
    /// The waits before the first attempts; the first entry is the very first.
    pub retry: Vec<Duration>,
    /// Each wait after the list is this much longer than the one before.
    pub retry_factor: f64,
    /// No wait is longer, jitter apart.
    pub retry_max: Duration,
    /// Up to this share of a wait is added, so that backlogs do not march in step.
    pub jitter: f64,
    /// A delivery that nobody takes for so long expires.
    pub give_up: Duration,
    /// The wait for a reply to the final dot (RFC 5321, section 4.5.3.2.6).
    pub final_reply: Duration,
    /// How long a receipt may settle a doubt before the same octets go again.
    pub in_doubt_hold: Duration,
    /// The wait for any other reply (RFC 5321, section 4.5.3.2).
    pub smtp_reply: Duration,
    /// The wait for a connection.
    pub connect: Duration,
    /// How long a claim holds without an attempt.
    pub lease: Duration,
    pub receipt_expected: Duration,
    pub receipt_warn: Duration,
    pub receipt_overdue: Duration,
    /// Counted from the first hand-over.
    pub receipt_resend: Vec<Duration>,
    pub receipt_close: Duration,
    /// A letter whose signature is older is signed anew before it is sealed anew.
    pub signing_age: Duration,
    /// How far ahead of ours a partner's clock may be.
    pub signing_skew: Duration,
    /// A CRL older than this holds letters.
    pub crl_stale: Duration,
}

impl Default for Clocks {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Clocks {
            retry: [0, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, 60 * MINUTE]
                .map(seconds)
                .to_vec(),
            retry_factor: 1.5,
            retry_max: seconds(2 * HOUR),
            jitter: 0.25,
            give_up: seconds(5 * DAY),
            final_reply: seconds(10 * MINUTE),
            in_doubt_hold: seconds(15 * MINUTE),
            smtp_reply: seconds(5 * MINUTE),
            connect: seconds(30),
            lease: seconds(60),
            receipt_expected: seconds(HOUR),
            receipt_warn: seconds(4 * HOUR),
            receipt_overdue: seconds(24 * HOUR),
            receipt_resend: vec![seconds(24 * HOUR), seconds(72 * HOUR)],
            receipt_close: seconds(7 * DAY),
            signing_age: seconds(45 * DAY),
            signing_skew: seconds(10 * MINUTE),
            crl_stale: seconds(7 * DAY),
        }
    }
}

/// A step of the clock that waits for a receipt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReceiptStep {
    /// It should be here by now.
    Expected,
    /// Somebody should look.
    Warn,
    Overdue,
    /// The same octets go again.
    Resend,
    /// None came in all its time.
    Close,
}

impl Clocks {
    /// The steps of the clock that waits for a receipt, each with its time
    /// after the first hand-over, the soonest first. None comes after the
    /// last, which closes.
    pub fn receipt_steps(&self) -> Vec<(Duration, ReceiptStep)> {
        let mut steps = vec![
            (self.receipt_expected, ReceiptStep::Expected),
            (self.receipt_warn, ReceiptStep::Warn),
            (self.receipt_overdue, ReceiptStep::Overdue),
        ];
        steps.extend(self.receipt_resend.iter().map(|after| (*after, ReceiptStep::Resend)));
        steps.retain(|(after, _)| *after < self.receipt_close);
        steps.sort_by_key(|(after, _)| *after);
        steps.push((self.receipt_close, ReceiptStep::Close));
        steps
    }

    /// How long to wait after `attempts` attempts, before the next.
    ///
    /// `jitter_fraction` is a random number from 0 to 1, drawn by the street.
    pub fn next(&self, attempts: u32, jitter_fraction: f64) -> Duration {
        let made = usize::try_from(attempts).unwrap_or(usize::MAX);
        let plain = match self.retry.get(made) {
            Some(wait) => wait.as_secs_f64(),
            None => {
                let last = self.retry.last().copied().unwrap_or(self.retry_max).as_secs_f64();
                let beyond = made.saturating_sub(self.retry.len()).saturating_add(1);
                let power = i32::try_from(beyond.min(1_000)).unwrap_or(1_000);
                last * self.retry_factor.max(1.0).powi(power)
            }
        };
        let capped = plain.min(self.retry_max.as_secs_f64());
        let with_jitter = capped * (1.0 + self.jitter.max(0.0) * jitter_fraction.clamp(0.0, 1.0));
        Duration::try_from_secs_f64(with_jitter).unwrap_or(self.retry_max)
    }

    /// Longer than the road to a server can take, up to MAIL: TCP, TLS, and
    /// every reply.
    pub fn longest_road(&self) -> Duration {
        /// Banner, EHLO, STARTTLS, EHLO again, AUTH with two challenges.
        const REPLIES: u32 = 7;
        self.connect * 2 + self.smtp_reply * REPLIES
    }

    /// When a delivery accepted at `accepted` expires.
    ///
    /// `stood_still` is how long its destination was given up for the while
    /// (circuit open, partner suspended); `not_useful_after` never stands still.
    pub fn expiry(
        &self,
        accepted: Timestamp,
        stood_still: Duration,
        not_useful_after: Option<Timestamp>,
    ) -> Timestamp {
        let given_up = accepted.plus(self.give_up).plus(stood_still);
        not_useful_after.map_or(given_up, |limit| limit.min(given_up))
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(attempts: u32, fraction: f64, minutes: f64) {
        let wait = Clocks::default().next(attempts, fraction).as_secs_f64() / 60.0;
        assert!((wait - minutes).abs() < 1e-6, "{attempts} attempts: {wait} minutes");
    }

    #[test]
    fn waits_as_the_contract_has_them() {
        for (attempts, minutes) in
            [0.0, 1.0, 5.0, 15.0, 30.0, 60.0, 90.0, 120.0, 120.0].into_iter().enumerate()
        {
            check(u32::try_from(attempts).unwrap(), 0.0, minutes);
        }
        check(1, 1.0, 1.25);
        check(5, 0.5, 67.5);
        check(u32::MAX, 1.0, 150.0);
    }

    #[test]
    fn odd_settings_do_no_harm() {
        let clocks = Clocks { retry: vec![], retry_factor: 0.0, jitter: -1.0, ..Clocks::default() };
        assert_eq!(clocks.next(0, 2.0), clocks.retry_max);
        assert_eq!(clocks.next(u32::MAX, f64::MAX), clocks.retry_max);
    }

    #[test]
    fn expires_at_the_earlier_of_the_two() {
        let clocks = Clocks::default();
        let at: Timestamp = "2026-11-23T20:30:00Z".parse().unwrap();
        let day = Duration::from_secs(DAY);
        assert_eq!(clocks.expiry(at, Duration::ZERO, None), at.plus(5 * day));
        assert_eq!(clocks.expiry(at, day, None), at.plus(6 * day));
        assert_eq!(clocks.expiry(at, day, Some(at.plus(day))), at.plus(day));
        assert_eq!(clocks.expiry(at, day, Some(at.plus(9 * day))), at.plus(6 * day));
    }
}
