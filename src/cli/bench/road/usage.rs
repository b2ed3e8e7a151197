//! What a running program has used, as Linux tells it.

use std::fs;
use std::io;
use std::time::Duration;

/// Ticks a second of `/proc/<n>/stat`, whatever the kernel's own clock.
const TICKS: u32 = 100;

//------------ Usage ---------------------------------------------------------

/// Processor time and memory of a program.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// In its own code and in the kernel for it.
    pub processor: Duration,
    /// The most that was resident.
    pub peak_kibibytes: u64,
}

impl Usage {
    /// Of the program with the number `number`.
    pub fn of(number: Option<u32>) -> io::Result<Usage> {
        let number = number.ok_or(io::ErrorKind::NotFound)?;
        let stat = fs::read_to_string(format!("/proc/{number}/stat"))?;
        let status = fs::read_to_string(format!("/proc/{number}/status"))?;
        read(&stat, &status).ok_or(io::ErrorKind::InvalidData.into())
    }
}

fn read(stat: &str, status: &str) -> Option<Usage> {
    // The name in brackets may hold blanks; user and system time are the
    // twelfth and thirteenth field after it.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let ticks: u32 =
        fields.next()?.parse::<u32>().ok()?.checked_add(fields.next()?.parse().ok()?)?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let peak_kibibytes = peak.split_whitespace().next()?.parse().ok()?;
    Some(Usage { processor: Duration::from_secs(1) * ticks / TICKS, peak_kibibytes })
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_writes() {
        let stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1 0 1";
        let usage = read(stat, "Name:\tx\nVmHWM:\t   1234 kB\n").unwrap();
        assert_eq!((usage.processor.as_millis(), usage.peak_kibibytes), (3_000, 1_234));
        assert!(Usage::of(Some(std::process::id())).unwrap().peak_kibibytes > 0);
    }
}
