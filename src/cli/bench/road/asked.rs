//! What the sink is asked: how many letters, and when.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How often a count is looked at: seldom enough to cost nothing.
const GLANCE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(10);

//------------ Told ----------------------------------------------------------

/// What the sink said, by its own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    pub letters: u64,
    pub first: Duration,
    pub last: Duration,
    pub now: Duration,
}

impl Told {
    /// Letters a second, between the first and the last.
    pub fn per_second(&self) -> f64 {
        let more = u32::try_from(self.letters.saturating_sub(1)).unwrap_or(u32::MAX);
        f64::from(more) / self.last.saturating_sub(self.first).as_secs_f64().max(1e-9)
    }
}

//------------ Asked ---------------------------------------------------------

/// A connection on which the sink is asked.
pub struct Asked(BufReader<TcpStream>);

impl Asked {
    /// Waits until the sink greets.
    pub async fn reach(port: u16) -> io::Result<Asked> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match TcpStream::connect(("127.0.0.1", port)).await {
                Ok(stream) => {
                    let mut asked = Asked(BufReader::new(stream));
                    asked.line().await?;
                    return Ok(asked);
                }
                Err(fault) if Instant::now() > deadline => return Err(fault),
                Err(_not_yet) => sleep(GLANCE).await,
            }
        }
    }

    /// Begins to count anew.
    pub async fn reset(&mut self) -> io::Result<()> {
        self.ask("XRESET").await.map(drop)
    }

    /// What was counted.
    pub async fn told(&mut self) -> io::Result<Told> {
        let answer = self.ask("XTOLD").await?;
        let mut numbers = answer.split_whitespace().skip(1).map(|number| number.parse::<u64>());
        let mut next = || numbers.next().and_then(Result::ok).ok_or(io::ErrorKind::InvalidData);
        let letters = next()?;
        let [first, last, now] = [next()?, next()?, next()?].map(Duration::from_micros);
        Ok(Told { letters, first, last, now })
    }

    /// The octets of the last letter.
    pub async fn last(&mut self) -> io::Result<Vec<u8>> {
        let answer = self.ask("XLAST").await?;
        let length = answer.split_whitespace().nth(1).and_then(|length| length.parse().ok());
        let mut octets = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
        self.0.read_exact(&mut octets).await?;
        Ok(octets)
    }

    /// Waits until `letters` came; `TimedOut` when none has for `stall`.
    pub async fn wait_for(&mut self, letters: u64, stall: Duration) -> io::Result<Told> {
        let (mut before, mut since) = (0, Instant::now());
        loop {
            let told = self.told().await?;
            if told.letters >= letters {
                return Ok(told);
            }
            if told.letters != before {
                (before, since) = (told.letters, Instant::now());
            }
            if since.elapsed() > stall {
                let words = format!("{} of {letters} letters came", told.letters);
                return Err(io::Error::new(io::ErrorKind::TimedOut, words));
            }
            sleep(GLANCE).await;
        }
    }

    async fn ask(&mut self, verb: &str) -> io::Result<String> {
        self.0.get_mut().write_all(format!("{verb}\r\n").as_bytes()).await?;
        self.line().await
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        timeout(PATIENCE, self.0.read_line(&mut line)).await??;
        Ok(line)
    }
}
