//! The road to a server: address, TCP, TLS, EHLO, AUTH.
//!
//! STARTTLS is ours alone. lettre keeps what it has read across the upgrade,
//! so that replies slipped in before it would be believed after it; here the
//! server has to be quiet when TLS begins, or the connection ends.

use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials as Login, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Auth;
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;

use super::offers::Offers;
use super::outcome::{Outcome, Settings, Unreached};
use super::reply::Status;
use super::survey::Step;
use super::transaction::Session;
use super::verdict::{CLOSED_IN_REPLY, NO_REPLY};
use super::wire::{Stream, Taken, Wire};
use crate::delivery::attempt::{Phase, Reply, Verdict};
use crate::partner::Credentials;
use crate::partner::{Route, TlsPolicy};
use crate::tls::{Connector, TlsError, describe};

/// A connection to the server of `route`, ready for MAIL.
///
/// Whatever goes wrong here is about the route, not about a letter: the
/// outcome is always deferred.
///
/// # Errors
///
/// How far the road went, and with whom.
pub async fn connect(
    route: &Route,
    tls: &TlsPolicy,
    credentials: Option<&Credentials>,
    settings: &Settings,
) -> Result<Session, Unreached> {
    let mut road = Road::new(settings);
    match road.travel(route, tls, credentials).await {
        Ok(opened) => Ok(opened),
        Err(Obstacle { phase, step, words }) => {
            let deciding = road.replies.last().filter(|reply| reply.phase == phase);
            let outcome = Outcome {
                verdict: Verdict::Deferred,
                phase,
                status: deciding.and_then(Status::of),
                replies: road.replies,
                words,
                is_unsafe: matches!(step, Step::Certificate | Step::Starttls),
                reusable: false,
            };
            let peer = road.peer.map(|peer| peer.to_string());
            Err(Unreached { outcome, peer, tls: road.tls })
        }
    }
}

//------------ Road ----------------------------------------------------------

pub(super) struct Road<'a> {
    /// Whom TCP reached.
    peer: Option<SocketAddr>,
    /// Version and suite, once TLS is proven.
    tls: Option<String>,
    replies: Vec<Reply>,
    settings: &'a Settings,
}

/// Where the road ended, and why.
pub(super) struct Obstacle {
    phase: Phase,
    pub(super) step: Step,
    pub(super) words: String,
}

fn obstacle(phase: Phase, words: impl Display) -> Obstacle {
    let step = match phase {
        Phase::Connect => Step::Connect,
        Phase::Starttls => Step::Starttls,
        Phase::Auth => Step::Auth,
        Phase::Ehlo | Phase::Mail | Phase::Rcpt | Phase::Data | Phase::EndOfData => Step::Ehlo,
    };
    Obstacle { phase, step, words: words.to_string() }
}

fn unproven(phase: Phase, error: &TlsError) -> Obstacle {
    Obstacle { step: Step::Certificate, ..obstacle(phase, error) }
}

impl<'a> Road<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Road { peer: None, tls: None, replies: Vec::new(), settings }
    }

    pub(super) async fn travel(
        &mut self,
        route: &Route,
        tls: &TlsPolicy,
        credentials: Option<&Credentials>,
    ) -> Result<Session, Obstacle> {
        let (host, port) = match route {
            Route::Mx => {
                let words =
                    "the route \"mx\" is not offered by this version; write smtp://host:port";
                return Err(obstacle(Phase::Connect, words));
            }
            Route::Smtp { host, port } | Route::Smtps { host, port } => (host, *port),
        };
        let name = &self.settings.hostname;
        if name.is_empty() || !name.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(obstacle(Phase::Ehlo, "our own host name cannot stand in EHLO"));
        }
        let limit = self.settings.connect;
        let (stream, peer) = in_time(limit, Phase::Connect, tcp(host, port)).await??;
        self.peer = Some(peer);
        let wire = match (route, tls) {
            (Route::Smtps { .. }, TlsPolicy::Off) => {
                return Err(obstacle(
                    Phase::Connect,
                    "the route smtps:// wants tls = \"required\"",
                ));
            }
            (_, TlsPolicy::Off) => Wire::new(Stream::Plain(stream), peer),
            (Route::Smtps { .. }, TlsPolicy::Required(proof)) => {
                let fault = |error: TlsError| unproven(Phase::Connect, &error);
                let connector = Connector::new(proof).map_err(fault)?;
                let stream = connector.connect(stream, host, limit).await.map_err(fault)?;
                self.tls = Some(describe(&stream));
                Wire::new(Stream::Tls(Box::new(stream)), peer)
            }
            (_, TlsPolicy::Required(proof)) => {
                let fault = |error: TlsError| unproven(Phase::Starttls, &error);
                let connector = Connector::new(proof).map_err(fault)?;
                let (stream, banner) = self.starttls(stream, peer).await?;
                let stream = connector.connect(stream, host, limit).await.map_err(fault)?;
                self.tls = Some(describe(&stream));
                let wire = Wire::new(Stream::Tls(Box::new(stream)), peer);
                wire.replay(&banner);
                wire
            }
        };
        let connection = self.greet(&wire, self.tls.is_some() && !is_smtps(route)).await?;
        let Some(ehlo) = self.replies.last() else {
            return Err(obstacle(Phase::Ehlo, "no reply to EHLO"));
        };
        let offers = Offers::read(ehlo);
        let tls = self.tls.clone();
        let mut opened = Session::new(connection, wire, offers, self.settings, peer, tls);
        if let Some(credentials) = credentials {
            self.log_in(&mut opened, credentials).await?;
        }
        opened.opening = std::mem::take(&mut self.replies);
        Ok(opened)
    }

    /// Banner, EHLO and STARTTLS in clear; nothing that is said here is
    /// believed afterwards (RFC 3207, section 4.2).
    async fn starttls(
        &mut self,
        stream: TcpStream,
        peer: SocketAddr,
    ) -> Result<(TcpStream, Reply), Obstacle> {
        let wire = Wire::new(Stream::Plain(stream), peer);
        let banner = self.hear(&wire, Phase::Connect, 220).await?;
        let ehlo = format!("EHLO {}\r\n", self.settings.hostname);
        self.say(&wire, Phase::Ehlo, &ehlo).await?;
        let reply = self.hear(&wire, Phase::Ehlo, 250).await?;
        if !Offers::read(&reply).starttls {
            let words = "the server offers no STARTTLS, or somebody on the way removed it";
            return Err(obstacle(Phase::Starttls, words));
        }
        self.say(&wire, Phase::Starttls, "STARTTLS\r\n").await?;
        self.hear(&wire, Phase::Starttls, 220).await?;
        if !wire.is_quiet().await {
            let words = "octets in clear came after the reply to STARTTLS";
            return Err(obstacle(Phase::Starttls, words));
        }
        match wire.into_stream() {
            Stream::Plain(stream) => Ok((stream, banner)),
            Stream::Closed | Stream::Tls(_) => Err(obstacle(Phase::Starttls, "no stream")),
        }
    }

    async fn say(&self, wire: &Wire, phase: Phase, command: &str) -> Result<(), Obstacle> {
        if !wire.is_quiet().await {
            return Err(obstacle(phase, "the server spoke out of turn, or closed the connection"));
        }
        let written = in_time(self.settings.reply, phase, wire.write_all(command.as_bytes()));
        written.await?.map_err(|error| obstacle(phase, lost(&error)))
    }

    async fn hear(&mut self, wire: &Wire, phase: Phase, wanted: u16) -> Result<Reply, Obstacle> {
        let heard = in_time(self.settings.reply, phase, wire.reply()).await?;
        let failed = heard.err().map(|error| obstacle(phase, lost(&error)));
        self.note(wire, phase, wanted, failed)
    }

    /// Takes a reply off the wire, into the record, and looks at its code.
    fn note(
        &mut self,
        wire: &Wire,
        phase: Phase,
        wanted: u16,
        failed: Option<Obstacle>,
    ) -> Result<Reply, Obstacle> {
        match wire.take(phase) {
            Taken::Reply(reply) => {
                self.replies.push(reply.clone());
                match reply.code == wanted {
                    true => Ok(reply),
                    false => Err(obstacle(phase, format!("the server said {}", reply.text))),
                }
            }
            Taken::Garbage(reply) => {
                self.replies.push(reply);
                Err(obstacle(phase, NO_REPLY))
            }
            Taken::Part(reply) => {
                self.replies.push(reply);
                Err(failed.unwrap_or_else(|| obstacle(phase, CLOSED_IN_REPLY)))
            }
            Taken::Nothing => Err(failed.unwrap_or_else(|| {
                obstacle(phase, "the server closed the connection without a word")
            })),
        }
    }

    /// lettre's connection: it is shown the banner, and says EHLO.
    async fn greet(
        &mut self,
        wire: &Wire,
        banner_seen: bool,
    ) -> Result<AsyncSmtpConnection, Obstacle> {
        // Heard here first, so that each of the two has its own time.
        if !banner_seen {
            self.hear(wire, Phase::Connect, 220).await?;
        }
        let name = ClientId::Domain(self.settings.hostname.clone());
        let stream = Box::new(wire.clone());
        let greeting = AsyncSmtpConnection::connect_with_transport(stream, &name);
        let made = in_time(self.settings.reply, Phase::Ehlo, greeting).await;
        let failed = match &made {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(obstacle(Phase::Ehlo, lost(error))),
            Err(Obstacle { words, .. }) => Some(obstacle(Phase::Ehlo, words)),
        };
        self.note(wire, Phase::Ehlo, 250, failed)?;
        made?.map_err(|error| obstacle(Phase::Ehlo, lost(&error)))
    }

    /// AUTH, under TLS only (RFC 4954, section 4; PLAIN RFC 4616).
    async fn log_in(
        &mut self,
        opened: &mut Session,
        credentials: &Credentials,
    ) -> Result<(), Obstacle> {
        let fault = |words: &str| obstacle(Phase::Auth, words);
        if opened.tls().is_none() {
            return Err(fault("there is a password for this route, and none is sent without TLS"));
        }
        let mechanism = match opened.offers {
            Offers { auth_plain: true, .. } => Mechanism::Plain,
            Offers { auth_login: true, .. } => Mechanism::Login,
            Offers { .. } => return Err(fault("the server offers neither AUTH PLAIN nor LOGIN")),
        };
        let login = Login::new(credentials.user.clone(), credentials.password.to_string());
        let begin = Auth::new(mechanism, login.clone(), None)
            .map_err(|error| obstacle(Phase::Auth, error))?;
        let mut reply = self.ask(opened, begin).await?;
        // LOGIN asks for the user, then for the password.
        for _challenge in 0..2 {
            let Some(challenge) = reply.filter(|said| said.has_code(334)) else { break };
            let answer = Auth::new_from_response(mechanism, login.clone(), &challenge)
                .map_err(|_quotes_login| fault("the server's challenge cannot be answered"))?;
            reply = self.ask(opened, answer).await?;
        }
        match self.replies.last() {
            Some(reply) if reply.code == 235 => Ok(()),
            Some(reply) => Err(obstacle(Phase::Auth, format!("the server said {}", reply.text))),
            None => Err(fault("no reply to AUTH")),
        }
    }

    async fn ask(
        &mut self,
        opened: &mut Session,
        command: impl Display,
    ) -> Result<Option<lettre::transport::smtp::response::Response>, Obstacle> {
        let asked = in_time(self.settings.reply, Phase::Auth, opened.connection.command(command));
        let said = asked.await?.ok();
        match opened.wire.take(Phase::Auth) {
            Taken::Reply(reply) => {
                self.replies.push(reply);
                Ok(said)
            }
            Taken::Garbage(reply) => {
                self.replies.push(reply);
                Err(obstacle(Phase::Auth, NO_REPLY))
            }
            Taken::Part(reply) => {
                self.replies.push(reply);
                Err(obstacle(Phase::Auth, CLOSED_IN_REPLY))
            }
            Taken::Nothing => Err(obstacle(Phase::Auth, "the connection was lost")),
        }
    }
}

fn is_smtps(route: &Route) -> bool {
    match route {
        Route::Smtps { .. } => true,
        Route::Mx | Route::Smtp { .. } => false,
    }
}

/// The first address of `host` that takes a connection.
async fn tcp(host: &str, port: u16) -> Result<(TcpStream, SocketAddr), Obstacle> {
    let fault = |words: String| obstacle(Phase::Connect, words);
    let nameless = |words: String| Obstacle { step: Step::Dns, ..fault(words) };
    let addresses = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| nameless(format!("the host name {host} does not resolve: {error}")))?;
    let mut last = None;
    for address in addresses {
        let connected = TcpStream::connect(address).await;
        match connected.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return Ok((stream, address)),
            Err(error) => last = Some(fault(format!("no connection to {address}: {error}"))),
        }
    }
    Err(last.unwrap_or_else(|| nameless(format!("the host name {host} has no address"))))
}

async fn in_time<F: Future>(limit: Duration, phase: Phase, what: F) -> Result<F::Output, Obstacle> {
    tokio::time::timeout(limit, what).await.map_err(|_elapsed| {
        obstacle(phase, format!("nothing came within {} s", limit.as_secs_f32()))
    })
}

fn lost(error: &dyn Display) -> String {
    format!("the connection was lost: {error}")
}
