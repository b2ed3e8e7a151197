//! The stream under `lettre`.
//!
//! lettre's reader has no bound on a line, chokes on what is not UTF-8, on
//! a code without a text and on a line of blanks, and keeps nothing. So it
//! reads here: what comes in is kept literally for the record, capped, and
//! shown to lettre line by line in a form that it can bear. What a reply
//! means is judged by [`super::reply`], from the literal octets.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::reply::{self, Read, line_code};
use crate::delivery::attempt::{Phase, Reply};
use crate::tls::Encrypted;

/// Of one reply, or of a few that belong together.
const REPLY_OCTETS: usize = 64 * 1024;
/// Of one line; RFC 5321, section 4.5.3.1.5, has 512.
const LINE_OCTETS: usize = 4096;
/// Of a line as lettre sees it; it takes 1,000.
const SHOWN_OCTETS: usize = 900;

//------------ Stream --------------------------------------------------------

/// What a wire runs over.
pub(super) enum Stream {
    Closed,
    Plain(TcpStream),
    Tls(Box<Encrypted>),
}

impl Stream {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Closed => Poll::Ready(Ok(())),
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, into),
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Closed => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, octets),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, octets),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Closed => Poll::Ready(Ok(())),
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Closed => Poll::Ready(Ok(())),
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }
}

//------------ Wire ----------------------------------------------------------

/// The stream, shared by lettre's connection and by us who own it.
#[derive(Clone)]
pub(super) struct Wire {
    shared: Arc<Mutex<Shared>>,
    peer: SocketAddr,
}

struct Shared {
    stream: Stream,
    /// Received and not yet taken as a reply.
    received: Vec<u8>,
    /// The line that is not complete yet.
    line: Vec<u8>,
    /// Lines for lettre.
    shown: Vec<u8>,
    ended: bool,
}

/// What stands on the wire where a reply was wanted.
pub(super) enum Taken {
    Reply(Reply),
    /// No reply, whatever might follow.
    Garbage(Reply),
    /// The beginning of one, and then no more.
    Part(Reply),
    Nothing,
}

impl Wire {
    pub(super) fn new(stream: Stream, peer: SocketAddr) -> Self {
        let shared = Shared {
            stream,
            received: Vec::new(),
            line: Vec::new(),
            shown: Vec::new(),
            ended: false,
        };
        Wire { shared: Arc::new(Mutex::new(shared)), peer }
    }

    /// Shows lettre a reply that came before TLS, as if it came now.
    pub(super) fn replay(&self, reply: &Reply) {
        let mut shared = self.lock();
        for line in reply.text.lines() {
            show(line.as_bytes(), &mut shared.shown);
        }
    }

    /// Takes the first reply of what was received.
    pub(super) fn take(&self, phase: Phase) -> Taken {
        let mut shared = self.lock();
        let read = reply::read(&shared.received);
        if let Read::Whole { code, octets } = read {
            let taken: Vec<u8> = shared.received.drain(..octets).collect();
            return Taken::Reply(reply::literal(phase, code, &taken));
        }
        let mut taken = std::mem::take(&mut shared.received);
        if taken.is_empty() {
            return Taken::Nothing;
        }
        taken.truncate(LINE_OCTETS);
        let literal = reply::literal(phase, 0, &taken);
        if read == Read::Garbage { Taken::Garbage(literal) } else { Taken::Part(literal) }
    }

    /// Waits for one whole reply: for the words before TLS, which lettre
    /// never sees. `Ok` also when what came is none; [`Wire::take`] tells.
    pub(super) async fn reply(&self) -> io::Result<()> {
        poll_fn(|cx| {
            loop {
                let mut shared = self.lock();
                if reply::read(&shared.received) != Read::Part {
                    return Poll::Ready(Ok(()));
                }
                ready!(shared.poll_fill(cx))?;
                if shared.ended {
                    return Poll::Ready(Ok(()));
                }
            }
        })
        .await
    }

    /// Reads what is there without waiting. Whether the other end is quiet
    /// and the connection stands.
    pub(super) async fn is_quiet(&self) -> bool {
        poll_fn(|cx| {
            let mut shared = self.lock();
            let failed = matches!(shared.poll_fill(cx), Poll::Ready(Err(_)));
            Poll::Ready(!failed && !shared.ended && shared.received.is_empty())
        })
        .await
    }

    /// Writes past lettre: the text of a letter.
    pub(super) async fn write_all(&self, mut octets: &[u8]) -> io::Result<()> {
        while !octets.is_empty() {
            let written = poll_fn(|cx| self.lock().stream.poll_write(cx, octets)).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            octets = &octets[written..];
        }
        poll_fn(|cx| self.lock().stream.poll_flush(cx)).await
    }

    /// Closes the connection at once, whatever is on the way.
    pub(super) fn abort(&self) {
        self.lock().stream = Stream::Closed;
    }

    /// The stream itself; for TLS to go on with. The wire is closed.
    pub(super) fn into_stream(self) -> Stream {
        std::mem::replace(&mut self.lock().stream, Stream::Closed)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Reads once from the stream; lines that are complete are shown.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut room = [0_u8; 4096];
        let mut into = ReadBuf::new(&mut room);
        ready!(self.stream.poll_read(cx, &mut into))?;
        let octets = into.filled();
        self.ended = octets.is_empty();
        if self.received.len() + octets.len() > REPLY_OCTETS {
            return Poll::Ready(Err(too_long()));
        }
        self.received.extend_from_slice(octets);
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.len() > LINE_OCTETS {
                return Poll::Ready(Err(too_long()));
            }
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                show(&line, &mut self.shown);
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the reply is too long")
}

/// One line as lettre can bear it.
fn show(line: &[u8], shown: &mut Vec<u8>) {
    let text = |octets: &[u8]| -> String {
        let printable = octets.iter().take(SHOWN_OCTETS);
        let text: String = printable
            .map(|octet| if matches!(octet, b' '..=b'~') { char::from(*octet) } else { '?' })
            .collect();
        text.trim().to_owned()
    };
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let plain = match line_code(line) {
        // No code: lettre stops at it, as it should.
        None => format!("? {}\r\n", text(line)),
        Some((code, last)) => {
            // lettre knows x0z to x5z only (as RFC 5321, section 4.2, does).
            let code = if code % 100 >= 60 { code / 100 * 100 + 50 } else { code };
            let mut rest = text(line.get(4..).unwrap_or_default());
            if rest.is_empty() {
                rest.push('-');
            }
            format!("{code}{}{rest}\r\n", if last { ' ' } else { '-' })
        }
    };
    shown.extend_from_slice(plain.as_bytes());
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut shared = self.lock();
        while shared.shown.is_empty() {
            ready!(shared.poll_fill(cx))?;
            if shared.ended {
                return Poll::Ready(Ok(()));
            }
        }
        let length = shared.shown.len().min(into.remaining());
        into.put_slice(&shared.shown[..length]);
        shared.shown.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.lock().stream.poll_write(cx, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lock().stream.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lock().stream.poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.peer)
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &[u8], wanted: &str) {
        let mut shown = Vec::new();
        show(line, &mut shown);
        assert_eq!(String::from_utf8(shown).unwrap(), wanted);
    }

    #[test]
    fn shows_what_can_be_borne() {
        check(b"250 Ok\r\n", "250 Ok\r\n");
        check(b"250\r\n", "250 -\r\n");
        check(b"250-  \r\n", "250--\r\n");
        check(b"550 Empf\xe4nger\n", "550 Empf?nger\r\n");
        check(b"570-x\r\n", "550-x\r\n");
        check(b"hello\r\n", "? hello\r\n");
    }
}
