//! Lanes for a test: a real ledger, real keys, real SMTP over loopback, and a
//! clock that goes on when the test says so.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certpost::clock::{Clock, Timestamp};
use certpost::config::Configuration;
use certpost::ledger::trace::{Query, TracedDelivery};
use certpost::ledger::{Access, Ledger, Outlet};
use certpost::outbound::admission::admit;
use certpost::outbound::clockwork::Clockwork;
use certpost::outbound::lane::Lanes;
use certpost::queue::Claim;
use certpost::runtime::{Crew, Runtime};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::road::xml;
use crate::world::Folder;

/// What real work may take.
pub const LIMIT: Duration = Duration::from_secs(60);

//------------ Server --------------------------------------------------------

/// How a mail server answers.
#[derive(Clone, Copy, Debug)]
pub enum Mood {
    /// It takes everything.
    Well,
    /// It takes a connection and hangs up.
    Down,
    /// It answers a command that begins so with that.
    Says(&'static str, &'static str),
}

/// A mail server, which counts.
pub struct Server {
    pub port: u16,
    pub mood: Mutex<Mood>,
    /// Connections.
    pub connections: AtomicUsize,
    /// Those that it hung up on.
    pub refused: AtomicUsize,
    /// Answers that were not the usual ones.
    pub said: AtomicUsize,
    /// The Message-ID of every letter, in order.
    pub letters: Mutex<Vec<String>>,
    count: watch::Sender<usize>,
}

impl Server {
    pub async fn start(mood: Mood, runtime: &Runtime) -> Arc<Server> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Arc::new(Server {
            port: listener.local_addr().unwrap().port(),
            mood: Mutex::new(mood),
            connections: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            said: AtomicUsize::new(0),
            letters: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let (serving, spawner) = (Arc::clone(&server), runtime.clone());
        let token = runtime.token().clone();
        runtime.spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = token.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                let (server, token) = (Arc::clone(&serving), token.clone());
                spawner.spawn(async move {
                    tokio::select! {
                        () = token.cancelled() => {}
                        _ended = server.serve(accepted.unwrap().0) => {}
                    }
                });
            }
        });
        server
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        self.connections.fetch_add(1, Ordering::SeqCst);
        if matches!(self.mood(), Mood::Down) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return stream.write_all(b"554 no service here\r\n").await;
        }
        stream.write_all(b"220 hm ESMTP\r\n").await?;
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let reply = match line.get(..4).unwrap_or_default() {
                "DATA" => "354 go on\r\n",
                "QUIT" => return stream.write_all(b"221 bye\r\n").await,
                _ => "250 2.0.0 Ok\r\n",
            };
            let reply = match self.mood() {
                Mood::Says(command, answer) if line.starts_with(command) => {
                    self.said.fetch_add(1, Ordering::SeqCst);
                    answer
                }
                Mood::Well | Mood::Down | Mood::Says(..) => reply,
            };
            let is_text = reply.starts_with("354");
            stream.write_all(reply.as_bytes()).await?;
            if reply.starts_with("421") {
                return Ok(());
            }
            line.clear();
            if is_text {
                let mut id = String::new();
                while line != ".\r\n" {
                    line.clear();
                    stream.read_line(&mut line).await?;
                    if let Some(text) = line.strip_prefix("Message-ID: ").filter(|_| id.is_empty())
                    {
                        id = text.trim_end().to_owned();
                    }
                }
                line.clear();
                self.letters.lock().unwrap().push(id);
                self.count.send_modify(|count| *count += 1);
                stream.write_all(b"250 2.0.0 Ok\r\n").await?;
            }
        }
        Ok(())
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    /// From now on it is like this.
    pub fn turns(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// How often it did not answer as usual.
    pub fn said(&self) -> usize {
        self.said.load(Ordering::SeqCst)
    }

    /// Waits until it took so many letters.
    pub async fn has(&self, letters: usize) {
        let mut count = self.count.subscribe();
        let all = count.wait_for(|count| *count >= letters);
        let came = tokio::time::timeout(LIMIT, all).await;
        assert!(came.is_ok(), "{} of {letters} letters came", self.letters.lock().unwrap().len());
    }
}

//------------ Street --------------------------------------------------------

/// A run of the lanes on a ledger.
struct Run {
    ledger: Ledger,
    runtime: Runtime,
}

/// The outbound street without its queue.
pub struct Street {
    folder: Folder,
    pub clock: Clock,
    configuration: watch::Sender<Arc<Configuration>>,
    run: Option<Run>,
    /// Workers of the lanes, who looks after them, and the clockwork.
    sleepers: usize,
}

/// A partner's entry: code, port of its server, connections, and what else
/// its entry says.
pub type Entry<'a> = (&'a str, u16, usize, &'a str);

impl Street {
    /// A street to these partners, that runs.
    pub fn to(partners: &[Entry<'_>]) -> Street {
        let folder = Folder::with_keys();
        folder.write_gateway("BV", "HM");
        let mut street = Street {
            clock: Clock::simulated(Clock::system().now()),
            configuration: watch::channel(Arc::new(written(&folder, partners))).0,
            folder,
            run: None,
            sleepers: partners.iter().map(|(_, _, connections, _)| connections).sum::<usize>() + 2,
        };
        street.start();
        street
    }

    /// The configuration is read again, with these clocks.
    pub fn clocks(&self, clocks: &str) {
        let path = self.folder.path("certpost.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        self.folder.write("certpost.toml", format!("{text}[clock]\n{clocks}\n"));
        let read = Configuration::load(Some(&path)).unwrap();
        self.configuration.send_replace(Arc::new(read));
    }

    /// The partners' file is read again.
    pub fn reread(&self, partners: &[Entry<'_>]) {
        self.configuration.send_replace(Arc::new(written(&self.folder, partners)));
    }

    /// Starts the lanes, as `certpost run` does.
    fn start(&mut self) {
        let path: &Path = &self.folder.path("ledger.db");
        let code = "BV".parse().unwrap();
        let ledger = Ledger::open(path, &code, Access::Run, self.clock.clone()).unwrap();
        let runtime = Runtime::new();
        let lanes = Lanes {
            configuration: self.configuration.subscribe(),
            clock: self.clock.clone(),
            crew: Crew::start(2, 64).unwrap(),
            ledger: ledger.clone(),
            runtime: runtime.clone(),
        };
        let clockwork = Clockwork {
            configuration: self.configuration.subscribe(),
            ledger: ledger.clone(),
            runtime: runtime.clone(),
        };
        runtime.spawn(lanes.run());
        runtime.spawn(async move { clockwork.run().await.unwrap() });
        self.run = Some(Run { ledger, runtime });
    }

    /// The program ends and starts again.
    pub async fn restart(&mut self) {
        let Run { ledger, runtime } = self.run.take().unwrap();
        assert!(runtime.stop(LIMIT).await);
        drop(ledger);
        self.start();
        self.ledger().recover(Duration::from_secs(900)).await.unwrap();
    }

    pub fn ledger(&self) -> &Ledger {
        &self.run.as_ref().unwrap().ledger
    }

    /// Accepts a certificate for one partner.
    pub async fn accept(&self, number: &str, to: &str, not_useful_after: Option<Timestamp>) {
        self.take(number, Some(Ok(vec![to.to_owned()])), not_useful_after).await;
    }

    /// Accepts a certificate for the partners that it concerns.
    pub async fn accept_for_all(&self, number: &str) {
        self.take(number, None, None).await;
    }

    async fn take(
        &self,
        number: &str,
        partners: Option<Result<Vec<String>, String>>,
        not_useful_after: Option<Timestamp>,
    ) {
        let claim = Claim {
            tag: 1,
            message_id: None,
            content_type: Some("application/xml".to_owned()),
            user_id: None,
            redelivered: false,
            partners,
            not_useful_after: not_useful_after.map(|at| Ok(at.to_string())),
            body: xml(number).into_bytes().into(),
        };
        let configuration = self.configuration.borrow().clone();
        let acceptance = admit(&claim, &configuration).unwrap();
        self.ledger().accept(acceptance).await.unwrap();
    }

    /// Lets everybody do what there is to do.
    pub async fn rest(&self) {
        let asleep = tokio::time::timeout(LIMIT, self.clock.all_asleep(self.sleepers)).await;
        assert!(asleep.is_ok(), "somebody goes on and on");
    }

    /// A certificate's one delivery.
    pub async fn delivery(&self, number: &str) -> TracedDelivery {
        self.deliveries(number).await.remove(0)
    }

    /// The deliveries of a certificate.
    pub async fn deliveries(&self, number: &str) -> Vec<TracedDelivery> {
        let traced = self.ledger().trace(Query::number(number)).await.unwrap();
        traced.certificates.into_iter().next().unwrap().deliveries
    }

    /// Lets some minutes go by, one at a time.
    pub async fn minutes(&self, count: u32) {
        for _minute in 0..count {
            self.rest().await;
            self.clock.advance(Duration::from_secs(60));
        }
        self.rest().await;
    }

    /// Every event so far, as `direction.event`.
    pub async fn events(&self) -> Vec<String> {
        let events = self.ledger().unpublished(Outlet::Events, 10_000).await.unwrap();
        events.into_iter().map(|event| event.routing_key).collect()
    }

    /// Ends the run.
    pub async fn stop(mut self) {
        let Run { runtime, .. } = self.run.take().unwrap();
        assert!(runtime.stop(LIMIT).await);
    }
}

fn written(folder: &Folder, partners: &[Entry<'_>]) -> Configuration {
    let entries: Vec<String> = partners
        .iter()
        .map(|(code, port, connections, more)| {
            format!(
                "[[partner]]\ncode = \"{code}\"\naddress = \"ecert@nppo.hm.example\"\n\
                 route = \"smtp://127.0.0.1:{port}\"\nconnections = {connections}\n{more}\n\
                 [partner.seal]\nrecipients = [\"hm-decrypt.pem\"]\n\
                 [partner.trust]\nsigners = [\"hm-sign.pem\"]\n"
            )
        })
        .collect();
    folder.write("partners.toml", entries.concat());
    Configuration::load(Some(&folder.path("certpost.toml"))).unwrap()
}
