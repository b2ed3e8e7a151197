//! Keys: UUIDs of version 7 (RFC 9562, section 5.7), each later than the one
//! before, even where the clock stands still or is set back.

use uuid::{Builder, Uuid};

use crate::clock::Timestamp;

use super::error::LedgerError;

//------------ Keys ----------------------------------------------------------

/// The maker of keys of one writer.
#[derive(Debug, Default)]
pub(super) struct Keys {
    millis: u64,
    count: u16,
}

/// What fits in the 12 bits that stand behind the time (method 1 of RFC
/// 9562, section 6.2).
const COUNT_LIMIT: u16 = 0x0fff;

impl Keys {
    /// A maker whose keys are later than `last`, which another run made.
    pub(super) fn after(last: Option<Uuid>) -> Self {
        let octets = last.map_or([0; 16], Uuid::into_bytes);
        let [a, b, c, d, e, f, high, low, ..] = octets;
        Keys {
            millis: u64::from_be_bytes([0, 0, a, b, c, d, e, f]),
            count: u16::from_be_bytes([high, low]) & COUNT_LIMIT,
        }
    }

    /// The next key.
    pub(super) fn next(&mut self, at: Timestamp) -> Result<Uuid, LedgerError> {
        let now = u64::try_from(at.millis()).unwrap_or(0);
        if now > self.millis {
            (self.millis, self.count) = (now, 0);
        } else if self.count == COUNT_LIMIT {
            (self.millis, self.count) = (self.millis + 1, 0);
        } else {
            self.count += 1;
        }
        let mut tail = [0; 10];
        random(&mut tail)?;
        let [high, low] = self.count.to_be_bytes();
        (tail[0], tail[1]) = (high, low);
        Ok(Builder::from_unix_timestamp_millis(self.millis, &tail).into_uuid())
    }

    /// 128 random bits in base32: lower case, no padding, 26 characters.
    pub(super) fn letter_id() -> Result<String, LedgerError> {
        let mut octets = [0; 16];
        random(&mut octets)?;
        Ok(data_encoding::BASE32_NOPAD.encode(&octets).to_ascii_lowercase())
    }
}

fn random(octets: &mut [u8]) -> Result<(), LedgerError> {
    getrandom::fill(octets)
        .map_err(|fault| LedgerError::damaged(format!("the machine gives no randomness: {fault}")))
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_later_than_the_one_before() {
        let mut keys = Keys::default();
        let at = Timestamp::from_millis(1_795_465_800_000);
        let mut last = keys.next(at).unwrap();
        assert_eq!(last.get_version_num(), 7);
        for round in 0..10_000_i64 {
            let next = keys.next(Timestamp::from_millis(at.millis() - round % 3)).unwrap();
            assert!(next > last, "{next} after {last}");
            last = next;
        }
    }

    #[test]
    fn the_next_run_goes_on() {
        let at = Timestamp::from_millis(1_795_465_800_000);
        let mut keys = Keys::default();
        let last = (0..5_000).map(|_| keys.next(at).unwrap()).last().unwrap();
        let next = Keys::after(Some(last)).next(at).unwrap();
        assert!(next > last, "{next} after {last}");
    }

    #[test]
    fn letter_ids_have_26_characters() {
        let id = Keys::letter_id().unwrap();
        assert_eq!(id.len(), 26);
        assert!(id.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{id}");
        assert_ne!(id, Keys::letter_id().unwrap());
    }
}
