//! One client, from the banner to the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::answers::{Next, State, Transaction};
use super::crowd::Place;
use super::custody::hand_over;
use super::lines::{self, Line};
use super::steps::Steps;
use super::text::{Fault, Fed, Text};
use crate::mailbox::{DoorSettings, Limits, TakeIn};
use crate::tls::describe;

/// What is read at once.
const PIECE: usize = 16 * 1024;
/// Replies to pipelined commands are sent together, up to so many octets.
const OUT: usize = 8 * 1024;
/// A client that is shown the door is listened to for so long, and so many
/// octets: a socket closed over unread octets takes our last reply with it.
const FAREWELL: Duration = Duration::from_secs(2);
const FAREWELL_OCTETS: usize = 256 * 1024;

//------------ Conversation --------------------------------------------------

/// A client, and what we know of it.
pub struct Conversation<T> {
    peer: SocketAddr,
    settings: Arc<DoorSettings>,
    sink: Arc<T>,
    place: Place,
    token: CancellationToken,
    since: Instant,
    commands: u32,
    errors: u32,
    /// Set once the gateway stops: what is in progress ends by then.
    stop_by: Option<Instant>,
    steps: Steps,
}

/// How one part of a conversation ended.
enum Ended {
    /// Closed, by whom does not matter.
    Over,
    /// A last word was said, and whatever comes is not for us.
    ShownOut,
    Tls,
}

/// What came of waiting for octets.
enum Heard {
    Octets,
    Closed,
    Late,
    Stopping,
}

impl<T: TakeIn> Conversation<T> {
    /// Somebody who has just come.
    pub fn new(
        peer: SocketAddr,
        settings: Arc<DoorSettings>,
        sink: Arc<T>,
        place: Place,
        token: CancellationToken,
    ) -> Self {
        let since = Instant::now();
        Conversation {
            peer,
            settings,
            sink,
            place,
            token,
            since,
            commands: 0,
            errors: 0,
            stop_by: None,
            steps: Steps::new(peer),
        }
    }

    /// The whole of it.
    pub async fn hold(mut self, mut stream: TcpStream) {
        let host = self.settings.hostname.clone();
        // RFC 5321, section 3.1: the client waits for the banner. One who
        // does not is no mail server, or speaks for somebody else.
        let wait = self.limits().greeting_wait;
        let mut first = [0_u8; 1];
        match timeout(wait, stream.peek(&mut first)).await {
            Err(_quiet) => {}
            Ok(Ok(1..)) => {
                let line = format!("554 5.5.0 {host} spoken to before the banner\r\n");
                self.show_out(&mut stream, &line).await;
                return;
            }
            Ok(Ok(0) | Err(_)) => return,
        }
        let banner = format!("220 {host} ESMTP certpost\r\n");
        match self.talk(&mut stream, banner, None).await {
            Ended::Over => {}
            Ended::ShownOut => self.farewell(&mut stream).await,
            Ended::Tls => {
                let Some(acceptor) = self.settings.tls.clone() else { return };
                let limit = self.limits().idle.min(Duration::from_secs(60));
                match acceptor.accept(stream, limit).await {
                    Err(error) => {
                        tracing::info!(peer = %self.peer, %error, "no TLS at the SMTP door")
                    }
                    Ok(mut stream) => {
                        let tls = Some(describe(&stream));
                        match self.talk(&mut stream, String::new(), tls).await {
                            Ended::Over | Ended::Tls => {}
                            Ended::ShownOut => self.farewell(&mut stream).await,
                        }
                    }
                }
            }
        }
    }

    /// Commands and letters, until something else comes.
    async fn talk<S>(&mut self, stream: &mut S, banner: String, tls: Option<String>) -> Ended
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut state = State::default();
        let mut octets = Vec::new();
        let mut out = banner;
        let mut until = Instant::now() + self.limits().idle;
        let mut transaction_by = None;
        loop {
            let length = match lines::first(&octets) {
                Line::Whole(length) => length,
                Line::Bad(length) => {
                    octets.drain(..length);
                    out.push_str("500 5.5.2 a command is one line of ASCII, ended by CRLF\r\n");
                    self.commands += 1;
                    self.errors += 1;
                    if let Some(line) = self.too_much(false) {
                        out.push_str(&line);
                        return self.last_word(stream, &out).await;
                    }
                    continue;
                }
                Line::TooLong => {
                    out.push_str("500 5.5.2 no command is so long\r\n");
                    return self.last_word(stream, &out).await;
                }
                Line::Part => {
                    if !self.send(stream, &mut out).await {
                        return Ended::Over;
                    }
                    self.steps.answered();
                    let by = transaction_by.unwrap_or(until).min(until);
                    let busy = state.transaction.is_some();
                    match self.hear(stream, &mut octets, by, busy).await {
                        Heard::Octets => continue,
                        Heard::Closed => return Ended::Over,
                        Heard::Late => out.push_str("421 4.4.2 too slow, closing\r\n"),
                        Heard::Stopping => out.push_str("421 4.3.2 closing down, come again\r\n"),
                    }
                    return self.last_word(stream, &out).await;
                }
            };
            let line: Vec<u8> = octets.drain(..length).collect();
            self.commands += 1;
            let sink = Arc::clone(&self.sink);
            let encrypted = tls.is_some();
            let busy = state.transaction.is_some();
            if is_verb(&line, b"RCPT") {
                self.steps.begin("inbound.1");
            }
            let answer = state.answer(&line, &self.settings, encrypted, |size| sink.room(size));
            self.errors += u32::from(answer.is_refusal());
            let leaves = answer.next == Next::Leave;
            if let Some(line) = self.too_much(busy || leaves) {
                out.push_str(&line);
                return self.last_word(stream, &out).await;
            }
            for line in &answer.lines {
                out.push_str(line);
                out.push_str("\r\n");
            }
            until = Instant::now() + self.limits().idle;
            if state.transaction.is_none() {
                transaction_by = None;
            } else if transaction_by.is_none() {
                transaction_by = Some(Instant::now() + self.limits().transaction);
            }
            match answer.next {
                Next::Leave => return self.last_word(stream, &out).await,
                Next::Tls if octets.is_empty() => {
                    return if self.send(stream, &mut out).await {
                        Ended::Tls
                    } else {
                        Ended::Over
                    };
                }
                Next::Tls => {
                    // Said in clear by whoever, and to be believed under TLS.
                    let line = "554 5.5.0 nothing goes between STARTTLS and the handshake\r\n";
                    return self.last_word(stream, line).await;
                }
                Next::Text => {
                    let by = transaction_by.unwrap_or(until);
                    transaction_by = None;
                    let Some(transaction) = state.transaction.take() else { continue };
                    if !self.send(stream, &mut out).await {
                        return Ended::Over;
                    }
                    match self.letter(stream, &mut octets, by, transaction, tls.as_deref()).await {
                        Ok(line) => out.push_str(line),
                        Err(ended) => return ended,
                    }
                    until = Instant::now() + self.limits().idle;
                }
                Next::Command if is_verb(&line, b"DATA") && !octets.is_empty() => {
                    // A letter was sent without waiting for the 354 that it did
                    // not get: none of it may be taken for commands.
                    out.push_str("554 5.5.0 nothing goes behind DATA but after a 354\r\n");
                    return self.last_word(stream, &out).await;
                }
                Next::Command if out.len() > OUT => {
                    if !self.send(stream, &mut out).await {
                        return Ended::Over;
                    }
                }
                Next::Command => {}
            }
        }
    }

    /// The text after 354, and what becomes of it: the reply to the dot.
    async fn letter<S>(
        &mut self,
        stream: &mut S,
        octets: &mut Vec<u8>,
        by: Instant,
        transaction: Transaction,
        tls: Option<&str>,
    ) -> Result<&'static str, Ended>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut text = Text::new(self.settings.max_letter, self.place.memory());
        self.steps.begin("inbound.2");
        loop {
            let fed = text.feed(octets);
            let last_word = match fed {
                Fed::End(at) => {
                    octets.drain(..at);
                    break;
                }
                Fed::Endless => "552 5.3.4 too big\r\n",
                Fed::More => {
                    octets.clear();
                    match self.hear(stream, octets, by, true).await {
                        Heard::Octets => continue,
                        Heard::Closed => return Err(Ended::Over),
                        Heard::Late => "421 4.4.2 too slow, closing\r\n",
                        Heard::Stopping => "421 4.3.2 closing down, come again\r\n",
                    }
                }
            };
            return Err(self.last_word(stream, last_word).await);
        }
        self.steps.answered();
        let (letter, memory) = match text.finish() {
            Ok(taken) => taken,
            Err(fault) => {
                self.errors += 1;
                tracing::info!(peer = %self.peer, ?fault, "a letter was refused at the SMTP door");
                return Ok(match fault {
                    Fault::Octets => "554 5.6.0 bare CR, bare LF or NUL\r\n",
                    Fault::NoMemory => "452 4.3.1 no room for now, come again\r\n",
                    Fault::TooLarge => "552 5.3.4 too big\r\n",
                });
            }
        };
        let incoming = transaction.incoming(&self.peer, tls);
        let reply = hand_over(&*self.sink, incoming, letter, self.limits().take_in).await;
        drop(memory);
        self.steps.begin("inbound.4");
        Ok(reply)
    }

    /// Waits for octets, `by` at the latest, or until the gateway stops.
    async fn hear<S>(
        &mut self,
        stream: &mut S,
        into: &mut Vec<u8>,
        by: Instant,
        busy: bool,
    ) -> Heard
    where
        S: AsyncRead + Unpin,
    {
        let grace = self.limits().grace;
        let (token, stop_by) = (&self.token, &mut self.stop_by);
        let stopping = async {
            token.cancelled().await;
            if busy {
                sleep_until(*stop_by.get_or_insert_with(|| Instant::now() + grace)).await;
            }
        };
        into.reserve(PIECE);
        let mut limited = stream.take(PIECE as u64);
        tokio::select! {
            read = limited.read_buf(into) => match read {
                Ok(0) | Err(_) => Heard::Closed,
                Ok(_) => Heard::Octets,
            },
            () = sleep_until(by) => Heard::Late,
            () = stopping => Heard::Stopping,
        }
    }

    /// Sends what is to be said. Whether it went out.
    async fn send<S>(&self, stream: &mut S, out: &mut String) -> bool
    where
        S: AsyncWrite + Unpin,
    {
        if out.is_empty() {
            return true;
        }
        let sent = timeout(self.limits().idle, async {
            stream.write_all(out.as_bytes()).await?;
            stream.flush().await
        });
        let sent = matches!(sent.await, Ok(Ok(())));
        out.clear();
        sent
    }

    async fn last_word<S>(&self, stream: &mut S, out: &str) -> Ended
    where
        S: AsyncWrite + Unpin,
    {
        if self.send(stream, &mut out.to_owned()).await { Ended::ShownOut } else { Ended::Over }
    }

    async fn show_out(&self, stream: &mut TcpStream, line: &str) {
        if let Ended::ShownOut = self.last_word(stream, line).await {
            self.farewell(stream).await;
        }
    }

    /// Closes so that the last word arrives.
    async fn farewell<S>(&self, stream: &mut S)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let rest = async {
            stream.shutdown().await?;
            let mut sink = [0_u8; 4096];
            let mut seen = 0;
            while seen < FAREWELL_OCTETS {
                match stream.read(&mut sink).await? {
                    0 => break,
                    read => seen += read,
                }
            }
            std::io::Result::Ok(())
        };
        // However it ends: the client is gone.
        timeout(FAREWELL, rest).await.ok();
    }

    /// The last word to a client who has had enough of us.
    fn too_much(&self, in_transaction: bool) -> Option<String> {
        let limits = self.limits();
        let word = if self.errors > limits.errors {
            "too many errors"
        } else if self.commands > limits.commands {
            "too many commands"
        } else if self.since.elapsed() > limits.life && !in_transaction {
            "connected for too long"
        } else {
            return None;
        };
        Some(format!("421 4.7.0 {} {word}, come again\r\n", self.settings.hostname))
    }

    fn limits(&self) -> &Limits {
        &self.settings.limits
    }
}

fn is_verb(line: &[u8], verb: &[u8; 4]) -> bool {
    line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(verb))
}
