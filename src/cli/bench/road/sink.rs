//! A mail server that takes everything and keeps nothing, as fast as it can:
//! the same for everybody who is measured.
//!
//! It offers PIPELINING and SIZE, and three verbs of its own: `XRESET` begins
//! to count anew, `XTOLD` answers `250 <letters> <first> <last> <now>` in
//! microseconds since it began, `XLAST` shows the last letter's octets.

use std::fmt::Write;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::runtime::Runtime;

const END: &[u8] = b"\r\n.\r\n";
const ROOM: usize = 256 * 1024;

/// Takes letters on `port` of loopback until the process is ended.
pub async fn serve(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let runtime = Runtime::new();
    let count = Arc::new(Count::new());
    loop {
        let (stream, _peer) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let count = Arc::clone(&count);
        runtime.spawn(async move {
            // A client that goes away is no fault of the sink's.
            let _gone = converse(stream, &count).await;
        });
    }
}

//------------ Count ---------------------------------------------------------

struct Count {
    began: Instant,
    letters: Mutex<Letters>,
}

#[derive(Default)]
struct Letters {
    count: u64,
    first: u128,
    last: u128,
    octets: Vec<u8>,
}

impl Count {
    fn new() -> Count {
        Count { began: Instant::now(), letters: Mutex::default() }
    }

    fn now(&self) -> u128 {
        self.began.elapsed().as_micros()
    }

    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, letter: &[u8]) {
        let now = self.now();
        let mut letters = self.letters();
        letters.count += 1;
        letters.last = now;
        if letters.count == 1 {
            letters.first = now;
        }
        letters.octets.clear();
        letters.octets.extend_from_slice(letter);
    }

    fn told(&self) -> String {
        let letters = self.letters();
        format!("250 {} {} {} {}\r\n", letters.count, letters.first, letters.last, self.now())
    }
}

//------------ One conversation ----------------------------------------------

async fn converse(mut stream: TcpStream, count: &Count) -> io::Result<()> {
    stream.write_all(b"220 sink.example ESMTP\r\n").await?;
    let mut said: Vec<u8> = Vec::with_capacity(ROOM);
    let mut text = false;
    loop {
        // What was looked through before need not be again.
        let mut seen = said.len().saturating_sub(END.len());
        if stream.read_buf(&mut said).await? == 0 {
            return Ok(());
        }
        let mut reply = String::new();
        let mut done = 0;
        loop {
            let rest = &said[done..];
            if text {
                let from = seen.saturating_sub(done);
                let Some(at) = memmem::find(&rest[from.min(rest.len())..], END) else { break };
                let length = from + at;
                count.take(&rest[..length + 2]);
                done += length + END.len();
                reply.push_str("250 taken\r\n");
                text = false;
                continue;
            }
            let Some(at) = memmem::find(rest, b"\r\n") else { break };
            let command = rest[..at].to_ascii_uppercase();
            done += at + 2;
            match command.get(..4).unwrap_or_default() {
                b"EHLO" => {
                    reply.push_str("250-sink.example\r\n250-PIPELINING\r\n250 SIZE 52428800\r\n");
                }
                b"DATA" => {
                    reply.push_str("354 go on\r\n");
                    // An empty letter begins with its end.
                    (text, seen) = (true, done.saturating_sub(2));
                }
                b"QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                b"XRES" => {
                    *count.letters() = Letters::default();
                    reply.push_str("250 counted anew\r\n");
                }
                b"XTOL" => reply.push_str(&count.told()),
                b"XLAS" => {
                    let octets = count.letters().octets.clone();
                    // Writing to a String does not fail.
                    let _written = write!(reply, "250 {}\r\n", octets.len());
                    stream.write_all(reply.as_bytes()).await?;
                    reply.clear();
                    stream.write_all(&octets).await?;
                }
                _ => reply.push_str("250 ok\r\n"),
            }
        }
        said.drain(..done);
        if !reply.is_empty() {
            stream.write_all(reply.as_bytes()).await?;
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::super::asked::Asked;
    use super::*;
    use crate::cli::demo::leash::free_ports;

    #[tokio::test]
    async fn counts_what_it_takes() {
        let [port] = free_ports().unwrap();
        let runtime = Runtime::new();
        runtime.spawn(async move { drop(serve(port).await) });
        let mut asked = Asked::reach(port).await.unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        // Pieces of any length; the second letter comes with the first's end.
        let talk = b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nA: b\r\n\r\nc\r\n.\r\nDATA\r\nA: c\r\n\r\n.d\r\n.\r\n";
        for piece in talk.chunks(7) {
            stream.write_all(piece).await.unwrap();
            stream.flush().await.unwrap();
            tokio::task::yield_now().await;
        }
        asked.wait_for(2, std::time::Duration::from_secs(10)).await.unwrap();
        assert_eq!(asked.last().await.unwrap(), b"A: c\r\n\r\n.d\r\n");
        asked.reset().await.unwrap();
        assert_eq!(asked.told().await.unwrap().letters, 0);
    }
}
