//! MAIL, RCPT, DATA, the dot, and what they come to (DELIVERY "Clocks").

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::time::{Instant, timeout, timeout_at};

use super::commands;
use super::octets::Canonical;
use super::offers::Offers;
use super::outcome::{Envelope, Outcome, Settings, Unsendable};
use super::reply::Status;
use super::verdict::{End, garbage, judge};
use super::wire::{Taken, Wire};
use crate::delivery::attempt::{Phase, Reply, Verdict};

/// After so many letters, or so long, a connection is not used again: many
/// servers, ours among them, end it then with a 421.
const LETTERS: u32 = 200;
const AGE: Duration = Duration::from_secs(240);
/// Text is written in pieces, each of which has to go out in time.
const PIECE: usize = 64 * 1024;
/// Nobody waits long for a goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

//------------ Session -------------------------------------------------------

/// A connection to a partner's server, for one transaction after another.
pub struct Session {
    pub(super) connection: AsyncSmtpConnection,
    pub(super) wire: Wire,
    pub(super) offers: Offers,
    /// The replies up to here: they go into the record of the first letter.
    pub(super) opening: Vec<Reply>,
    settings: Settings,
    peer: SocketAddr,
    tls: Option<String>,
    letters: u32,
    since: Instant,
    usable: bool,
}

impl Session {
    pub(super) fn new(
        connection: AsyncSmtpConnection,
        wire: Wire,
        offers: Offers,
        settings: &Settings,
        peer: SocketAddr,
        tls: Option<String>,
    ) -> Self {
        Session {
            connection,
            wire,
            offers,
            opening: Vec::new(),
            settings: settings.clone(),
            peer,
            tls,
            letters: 0,
            since: Instant::now(),
            usable: true,
        }
    }

    /// Address and port of the server.
    pub fn peer(&self) -> String {
        self.peer.to_string()
    }

    /// Version and suite, under TLS.
    pub fn tls(&self) -> Option<String> {
        self.tls.clone()
    }

    /// Whether another transaction may begin: asked before an attempt is
    /// committed, so that a connection gone stale is nobody's attempt.
    pub async fn is_usable(&self) -> bool {
        self.usable
            && self.letters < LETTERS
            && self.since.elapsed() < AGE
            && self.wire.is_quiet().await
    }

    /// One transaction.
    ///
    /// `before` is asked before MAIL and before the final dot. When it says
    /// no before MAIL, nothing is sent; before the dot, the connection is
    /// closed without it, and the server has nothing.
    ///
    /// `Err`: the letter itself cannot be sent by SMTP, and nothing was.
    pub async fn post<F>(
        &mut self,
        envelope: &Envelope,
        letter: &[u8],
        mut before: impl FnMut(Phase) -> F,
    ) -> Result<Outcome, Unsendable>
    where
        // Not AsyncFnMut: a task that holds one that borrows is not Send.
        F: Future<Output = bool>,
    {
        let letter = Canonical::read(letter)?;
        let mail = commands::mail(envelope, letter.len(), &self.offers)?;
        let rcpt = commands::rcpt(envelope, &self.offers);
        let mut record = Record { replies: std::mem::take(&mut self.opening) };
        let ended = if before(Phase::Mail).await {
            self.letters += 1;
            let ended = self.transact(&mail, &rcpt, letter, &mut before, &mut record).await;
            if !self.usable {
                self.wire.abort();
            }
            ended
        } else {
            End::new(Phase::Mail, Verdict::Deferred, "the delivery is another's now")
        };
        let deciding = record.replies.iter().rev().find(|reply| reply.phase == ended.phase);
        Ok(Outcome {
            verdict: ended.verdict,
            phase: ended.phase,
            status: deciding.and_then(Status::of),
            replies: record.replies,
            words: ended.words,
            is_unsafe: false,
            reusable: self.usable && self.letters < LETTERS && self.since.elapsed() < AGE,
        })
    }

    /// Says goodbye and closes.
    pub async fn quit(mut self) {
        if self.usable {
            // What the server makes of it changes nothing.
            timeout(GOODBYE, self.connection.command("QUIT\r\n")).await.ok();
        }
        self.wire.abort();
    }

    async fn transact<F>(
        &mut self,
        mail: &str,
        rcpt: &str,
        letter: Canonical<'_>,
        before: &mut impl FnMut(Phase) -> F,
        record: &mut Record,
    ) -> End
    where
        F: Future<Output = bool>,
    {
        let groups: &[(String, &[Phase])] = if self.offers.pipelining {
            &[(format!("{mail}{rcpt}DATA\r\n"), &[Phase::Mail, Phase::Rcpt, Phase::Data])]
        } else {
            &[
                (mail.to_owned(), &[Phase::Mail]),
                (rcpt.to_owned(), &[Phase::Rcpt]),
                ("DATA\r\n".to_owned(), &[Phase::Data]),
            ]
        };
        for (commands, phases) in groups {
            let ended = self.ask(commands, phases, record).await;
            if let Some(ended) = ended {
                // The server waits for text after its 354, or for the rest of
                // a transaction that it may think is open.
                self.usable = self.usable && !record.awaits_text() && self.reset().await;
                return ended;
            }
        }
        if let Some(ended) = self.text(letter, record).await {
            self.usable = false;
            return ended;
        }
        if !before(Phase::EndOfData).await {
            self.usable = false;
            let words = "the delivery is another's now; closed without the final dot";
            return End::new(Phase::Data, Verdict::Deferred, words);
        }
        self.dot(record).await
    }

    /// Sends commands that belong together and reads their replies, all of
    /// them. `None`: each was what is needed to go on.
    async fn ask(&mut self, commands: &str, phases: &[Phase], record: &mut Record) -> Option<End> {
        let mut ended = None;
        for (index, phase) in phases.iter().copied().enumerate() {
            let answered = if index == 0 {
                if !self.wire.is_quiet().await {
                    return Some(self.out_of_turn(phase, record));
                }
                timeout(self.settings.reply, self.connection.command(commands)).await
            } else {
                timeout(self.settings.reply, self.connection.read_response()).await
            };
            let failure = match &answered {
                Ok(Ok(_)) => "the server closed the connection".to_owned(),
                Ok(Err(error)) => format!("the connection was lost: {error}"),
                Err(_elapsed) => format!("no reply within {} s", self.settings.reply.as_secs_f32()),
            };
            match self.wire.take(phase) {
                Taken::Reply(reply) => {
                    let this = judge(phase, &reply);
                    self.usable = self.usable && reply.code != 421;
                    record.replies.push(reply);
                    ended = ended.or(this);
                }
                Taken::Garbage(reply) => {
                    self.usable = false;
                    record.replies.push(reply);
                    return ended.or_else(|| Some(garbage(phase)));
                }
                Taken::Part(reply) => {
                    self.usable = false;
                    record.replies.push(reply);
                    return ended.or_else(|| Some(End::new(phase, Verdict::Deferred, failure)));
                }
                Taken::Nothing => {
                    self.usable = false;
                    return ended.or_else(|| Some(End::new(phase, Verdict::Deferred, failure)));
                }
            }
            if !self.usable {
                break;
            }
        }
        ended
    }

    /// Sends the text, not its end. `None`: all of it is out, and the server
    /// is still quiet, as it has to be.
    async fn text(&mut self, letter: Canonical<'_>, record: &mut Record) -> Option<End> {
        let until = Instant::now() + self.settings.final_reply;
        let stuffed = letter.stuffed();
        let mut failure = None;
        for piece in stuffed.chunks(PIECE) {
            let soon = until.min(Instant::now() + self.settings.reply);
            match timeout_at(soon, self.wire.write_all(piece)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => failure = Some(format!("the connection was lost: {error}")),
                Err(_elapsed) => failure = Some("the server takes no more of the text".to_owned()),
            }
            if failure.is_some() {
                break;
            }
        }
        let quiet = self.wire.is_quiet().await;
        match failure {
            None if quiet => None,
            None => Some(self.out_of_turn(Phase::Data, record)),
            Some(words) => {
                let said = self.out_of_turn(Phase::Data, record);
                let decided = record
                    .replies
                    .last()
                    .is_some_and(|reply| reply.phase == Phase::Data && reply.code >= 400);
                Some(if decided { said } else { End::new(Phase::Data, Verdict::Deferred, words) })
            }
        }
    }

    /// The final dot. Once it is out, silence means doubt; as long as it is
    /// not, nobody can have taken the letter.
    async fn dot(&mut self, record: &mut Record) -> End {
        // The server may have gone while `before` was asked; one turn for the
        // runtime to hear of it.
        tokio::task::yield_now().await;
        if !self.wire.is_quiet().await {
            return self.out_of_turn(Phase::Data, record);
        }
        if let Some(words) = self.unwritten().await {
            self.usable = false;
            return End::new(Phase::Data, Verdict::Deferred, words);
        }
        let phase = Phase::EndOfData;
        let limit = self.settings.final_reply;
        let answered = timeout(limit, self.connection.read_response()).await;
        let failure = match &answered {
            Ok(Ok(_)) => "the server closed the connection after the final dot".to_owned(),
            Ok(Err(error)) => format!("the connection was lost after the final dot: {error}"),
            Err(_elapsed) => {
                format!("no reply to the final dot within {} s", limit.as_secs_f32())
            }
        };
        match self.wire.take(phase) {
            Taken::Reply(reply) => {
                let ended = judge(phase, &reply).unwrap_or_else(|| {
                    End::new(phase, Verdict::HandedOver, format!("the server said {}", reply.text))
                });
                self.usable = reply.code != 421
                    && ended.verdict != Verdict::InDoubt
                    && self.wire.is_quiet().await;
                record.replies.push(reply);
                ended
            }
            Taken::Garbage(reply) => {
                self.usable = false;
                record.replies.push(reply);
                let words = "what the server said to the final dot is no SMTP reply";
                End::new(phase, Verdict::InDoubt, words)
            }
            Taken::Part(reply) => {
                self.usable = false;
                record.replies.push(reply);
                End::new(phase, Verdict::InDoubt, failure)
            }
            Taken::Nothing => {
                self.usable = false;
                End::new(phase, Verdict::InDoubt, failure)
            }
        }
    }

    /// Writes the final dot; why it could not be.
    async fn unwritten(&self) -> Option<String> {
        match timeout(self.settings.reply, self.wire.write_all(b".\r\n")).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("the connection was lost before the dot: {error}")),
            Err(_elapsed) => Some("the server does not take the dot".to_owned()),
        }
    }

    /// The server spoke before it was asked, or went: by its word, if it is
    /// a no. A yes in advance is believed of nobody.
    fn out_of_turn(&mut self, phase: Phase, record: &mut Record) -> End {
        self.usable = false;
        match self.wire.take(phase) {
            Taken::Reply(reply) => {
                let said = (reply.code >= 400).then(|| judge(phase, &reply)).flatten();
                record.replies.push(reply);
                said.unwrap_or_else(|| {
                    End::new(phase, Verdict::Deferred, "the server replied before it was asked")
                })
            }
            Taken::Garbage(reply) | Taken::Part(reply) => {
                record.replies.push(reply);
                garbage(phase)
            }
            Taken::Nothing => {
                End::new(phase, Verdict::Deferred, "the server closed the connection")
            }
        }
    }

    /// Ends a transaction that the server may think is open.
    async fn reset(&mut self) -> bool {
        let asked = timeout(self.settings.reply, self.connection.command("RSET\r\n")).await;
        let taken = self.wire.take(Phase::Mail);
        asked.is_ok()
            && matches!(taken, Taken::Reply(reply) if reply.code == 250)
            && self.wire.is_quiet().await
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("peer", &self.peer).finish_non_exhaustive()
    }
}

//------------ Record --------------------------------------------------------

struct Record {
    replies: Vec<Reply>,
}

impl Record {
    fn awaits_text(&self) -> bool {
        self.replies.iter().any(|reply| reply.phase == Phase::Data && reply.code == 354)
    }
}
