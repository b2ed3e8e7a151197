//! Durations and sizes, as people write them in a configuration.

use std::time::Duration;

/// The longest duration taken: ten years. More is a slip of the pen.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// A duration: a number and one of `ms`, `s`, `m`, `h`, `d`, as `90s`,
/// `1.5h`. At most ten years.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("'{text}' is no duration; write a number and ms, s, m, h or d, as \"15m\"");
    let split = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return Err(wrong()),
    };
    let plain = !number.is_empty()
        && number.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.')
        && number.starts_with(|c: char| c.is_ascii_digit());
    let number: f64 = number.parse().ok().filter(|_| plain).ok_or_else(wrong)?;
    let read = Duration::try_from_secs_f64(number * seconds).ok();
    read.filter(|read| *read <= LONGEST)
        .ok_or_else(|| format!("'{text}' is longer than ten years; write a shorter duration"))
}

/// A size in octets: a number and `B`, `KiB`, `MiB` or `GiB`, as `25MiB`.
pub fn size(text: &str) -> Result<usize, String> {
    let wrong = || {
        format!("'{text}' is no size; write a whole number and B, KiB, MiB or GiB, as \"25MiB\"")
    };
    let split = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let factor: usize = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    let number: usize = number.trim_end().parse().map_err(|_not_a_number| wrong())?;
    number.checked_mul(factor).ok_or_else(wrong)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in
            [("0s", 0), ("1m", 60_000), ("200ms", 200), ("1.5h", 5_400_000), ("5d", 432_000_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "s", "-1s", "1 s", "1w", "1e9d", "inf s", "nans", "99999d", ".5s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, octets) in [("25MiB", 26_214_400), ("1KiB", 1024), ("7B", 7)] {
            assert_eq!(size(text), Ok(octets), "{text}");
        }
        for text in ["", "25", "25MB", "-1B", "1.5MiB", "99999999999999999999GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
