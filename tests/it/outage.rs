//! Thirty days without a partner, in a minute.
//!
//! ```text
//!            .--> HM, AQ  one server, which takes a connection and hangs up
//! ledger --> |
//!            '--> GS      a server that works
//! ```
//!
//! Ledger, lanes, keys and SMTP are the real ones; the clock is the test's.
//! It goes on when every worker has done what there was to do.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certpost::clock::{Clock, Timestamp};
use certpost::config::Configuration;
use certpost::delivery::State;
use certpost::ledger::trace::{Query, TracedDelivery};
use certpost::ledger::{Access, Ledger};
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

const MINUTE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(15 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What real work may take.
const LIMIT: Duration = Duration::from_secs(60);

//------------ Server --------------------------------------------------------

/// A mail server that is there or hangs up, and counts.
struct Server {
    port: u16,
    is_up: AtomicBool,
    /// Connections that it hung up on.
    refused: AtomicUsize,
    /// Those that it is hanging up on just now, and the most there were.
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    /// The Message-ID of every letter, in order.
    letters: Mutex<Vec<String>>,
    count: watch::Sender<usize>,
}

impl Server {
    async fn start(is_up: bool, runtime: &Runtime) -> Arc<Server> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Arc::new(Server {
            port: listener.local_addr().unwrap().port(),
            is_up: AtomicBool::new(is_up),
            refused: AtomicUsize::new(0),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
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
        if !self.is_up.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(now, Ordering::SeqCst);
            stream.write_all(b"554 no service here\r\n").await?;
            // Until the client has gone.
            let mut line = String::new();
            let read = stream.read_line(&mut line).await;
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            return read.map(drop);
        }
        stream.write_all(b"220 hm ESMTP\r\n").await?;
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let reply = match line.get(..4).unwrap_or_default() {
                "DATA" => "354 go on\r\n",
                "QUIT" => return stream.write_all(b"221 bye\r\n").await,
                _ => "250 2.0.0 Ok\r\n",
            };
            let is_text = line.starts_with("DATA");
            stream.write_all(reply.as_bytes()).await?;
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

    async fn has(&self, letters: usize) {
        let mut count = self.count.subscribe();
        let all = count.wait_for(|count| *count >= letters);
        let came = tokio::time::timeout(LIMIT, all).await;
        assert!(came.is_ok(), "{} of {letters} letters came", self.letters.lock().unwrap().len());
    }
}

//------------ Outage --------------------------------------------------------

/// A run of the lanes on a ledger.
struct Run {
    ledger: Ledger,
    runtime: Runtime,
}

struct Outage {
    folder: Folder,
    clock: Clock,
    configuration: watch::Sender<Arc<Configuration>>,
    run: Option<Run>,
    /// Workers of the lanes, who looks after them, and the clockwork.
    sleepers: usize,
}

const HM_CONNECTIONS: usize = 4;

impl Outage {
    fn new(dead: u16, healthy: u16) -> Outage {
        let folder = Folder::with_keys();
        folder.write_gateway("BV", "HM");
        let mut partners = String::new();
        for (code, port, connections) in
            [("HM", dead, HM_CONNECTIONS), ("AQ", dead, 1), ("GS", healthy, 1)]
        {
            partners.push_str(&format!(
                "[[partner]]\ncode = \"{code}\"\naddress = \"ecert@nppo.hm.example\"\n\
                 route = \"smtp://127.0.0.1:{port}\"\ntls = \"none\"\nconnections = {connections}\n\
                 [partner.seal]\nrecipients = [\"hm-decrypt.pem\"]\n\
                 [partner.trust]\nsigners = [\"hm-sign.pem\"]\n"
            ));
        }
        folder.write("partners.toml", partners);
        let configuration = Configuration::load(Some(&folder.path("certpost.toml"))).unwrap();
        let mut outage = Outage {
            clock: Clock::simulated(Clock::system().now()),
            folder,
            configuration: watch::channel(Arc::new(configuration)).0,
            run: None,
            sleepers: HM_CONNECTIONS + 1 + 1 + 2,
        };
        outage.start();
        outage
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

    async fn restart(&mut self) {
        let Run { ledger, runtime } = self.run.take().unwrap();
        assert!(runtime.stop(LIMIT).await);
        drop(ledger);
        self.start();
        self.ledger().recover(15 * MINUTE).await.unwrap();
    }

    fn ledger(&self) -> &Ledger {
        &self.run.as_ref().unwrap().ledger
    }

    async fn accept(&self, number: &str, to: &str, not_useful_after: Option<Timestamp>) {
        let claim = Claim {
            tag: 1,
            message_id: None,
            content_type: Some("application/xml".to_owned()),
            user_id: None,
            redelivered: false,
            partners: Some(Ok(vec![to.to_owned()])),
            not_useful_after: not_useful_after.map(|at| Ok(at.to_string())),
            body: xml(number).into_bytes().into(),
        };
        let configuration = self.configuration.borrow().clone();
        let acceptance = admit(&claim, &configuration).unwrap();
        self.ledger().accept(acceptance).await.unwrap();
    }

    /// Lets everybody do what there is to do.
    async fn rest(&self) {
        let asleep = tokio::time::timeout(LIMIT, self.clock.all_asleep(self.sleepers)).await;
        assert!(asleep.is_ok(), "somebody goes on and on");
    }

    async fn delivery(&self, number: &str) -> TracedDelivery {
        let traced = self.ledger().trace(Query::number(number)).await.unwrap();
        traced.certificates.into_iter().next().unwrap().deliveries.remove(0)
    }
}

/// Nothing is lost, nothing expires that should not, what should does, in
/// its time; the server is tried as the schedule says and by one at a time;
/// the partner that is well waits for nothing; a restart in between changes
/// nothing; and when it is over everything goes in the order in which it came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_days() {
    let servers = Runtime::new();
    let dead = Server::start(false, &servers).await;
    let healthy = Server::start(true, &servers).await;
    let mut outage = Outage::new(dead.port, healthy.port);
    let began = outage.clock.now();
    let steps = 30 * 24 * 4;
    let mut sent: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut perishable = Vec::new();
    for step in 0..steps {
        for (to, every) in [("HM", 2), ("AQ", 30), ("GS", 6)] {
            if step % every == 0 {
                let number = format!("{to}-{step}");
                outage.accept(&number, to, None).await;
                sent.entry(to).or_default().push(number);
            }
        }
        if step % 300 == 7 {
            let number = format!("P-{step}");
            let until = outage.clock.now().plus(3 * DAY);
            outage.accept(&number, "HM", Some(until)).await;
            perishable.push((number, until));
        }
        // At the very time at which it was accepted.
        healthy.has(sent["GS"].len()).await;
        if step == steps / 2 {
            outage.restart().await;
        }
        outage.rest().await;
        outage.clock.advance(STEP);
        outage.rest().await;
    }

    // As the schedule says: 3 failures, 1, 5, 15, 30, 60, 90 minutes, then
    // every 2 hours, up to a quarter longer, and at the next step of the test;
    // one more at the restart.
    let tried = dead.refused.load(Ordering::SeqCst);
    assert!((3 + 6 + 30 * 24 * 4 / 11..=3 + 6 + 360 + 1).contains(&tried), "tried {tried} times");
    assert!(dead.most_at_once.load(Ordering::SeqCst) <= HM_CONNECTIONS + 1);
    assert_eq!(dead.letters.lock().unwrap().len(), 0);
    let lanes = outage.ledger().lanes().await.unwrap();
    for lane in &lanes {
        let wanted = lane.partner.as_str() != "GS";
        assert_eq!(lane.is_cut_off, wanted, "{lane:?}");
        assert_eq!(lane.still_since.is_some_and(|at| at < began.plus(DAY)), wanted, "{lane:?}");
    }

    dead.is_up.store(true, Ordering::SeqCst);
    let back = outage.clock.now();
    let all = sent["HM"].len() + sent["AQ"].len();
    let fresh = perishable.iter().filter(|(_, until)| *until > back).count();
    while outage.ledger().circuits().await.unwrap().len() == 1 {
        outage.clock.advance(STEP);
        outage.rest().await;
    }
    assert!(outage.clock.now().since(back) <= 3 * 60 * MINUTE, "one step of the schedule");
    dead.has(all + fresh).await;
    outage.rest().await;
    let letters = dead.letters.lock().unwrap().clone();
    assert_eq!(letters.len(), all + fresh, "each once");

    let mut attempts = 0;
    for (to, most) in [("HM", HM_CONNECTIONS * 8), ("AQ", 0)] {
        let mut places = Vec::new();
        for number in &sent[to] {
            let delivery = outage.delivery(number).await;
            assert_eq!(delivery.state, State::HandedOver, "{number}");
            let id = delivery.message_id.unwrap();
            places.push(letters.iter().position(|letter| *letter == id).unwrap());
            attempts += delivery.attempts.len();
        }
        let in_order = {
            let mut sorted = places.clone();
            sorted.sort_unstable();
            sorted
        };
        for (n, place) in places.iter().enumerate() {
            let found = in_order.iter().position(|other| other == place).unwrap();
            assert!(found.abs_diff(n) <= most, "{to}: number {n} went as number {found}");
        }
    }
    assert_eq!(attempts, all + 3, "three that found no server, and no others");
    for (number, until) in &perishable {
        let delivery = outage.delivery(number).await;
        let wanted = if *until > back { State::HandedOver } else { State::Expired };
        assert_eq!(delivery.state, wanted, "{number}");
        assert_eq!(delivery.attempts.len(), usize::from(wanted == State::HandedOver), "{number}");
    }
    let audit = outage.ledger().audit().await.unwrap();
    assert!(audit.faults.is_empty(), "{audit:?}");
    let Run { runtime, .. } = outage.run.take().unwrap();
    assert!(runtime.stop(LIMIT).await);
    servers.stop(LIMIT).await;
}
