//! The SMTP door: Python's smtplib, and raw sockets that do not behave.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by ending")]

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certpost::mailbox::{DoorSettings, Incoming, Limits, Recipient, Room, TakeIn, Trouble, serve};
use certpost::partner::{Route, TlsPolicy, TlsProof};
use certpost::post::{self, Envelope, Settings};
use certpost::runtime::Runtime;
use certpost::tls::Acceptor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::peer::{certificate, fingerprint};

const SOON: Duration = Duration::from_secs(30);
const MAX: usize = 100_000;

//------------ World ---------------------------------------------------------

/// What the sink does with a letter.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Full,
    Keeps,
    Slow,
    Trouble,
}

struct Sink {
    kept: Mutex<Vec<(Incoming, Vec<u8>)>>,
    mood: Mutex<Mood>,
    room: Mutex<Room>,
    /// A slow sink says here that a letter came, and waits there to go on.
    came: Semaphore,
    go_on: Semaphore,
}

impl TakeIn for Sink {
    async fn take_in(&self, incoming: Incoming, octets: Vec<u8>) -> Result<(), Trouble> {
        let mood = *self.mood.lock().unwrap();
        let words = || "by order of the test".to_owned();
        match mood {
            Mood::Full => return Err(Trouble::Full { words: words() }),
            Mood::Trouble => return Err(Trouble::Failed { words: words() }),
            Mood::Slow => {
                self.came.add_permits(1);
                self.go_on.acquire().await.unwrap().forget();
            }
            Mood::Keeps => {}
        }
        self.kept.lock().unwrap().push((incoming, octets));
        Ok(())
    }

    fn room(&self, _octets: usize) -> Room {
        *self.room.lock().unwrap()
    }
}

struct World {
    sink: Arc<Sink>,
    at: SocketAddr,
    runtime: Runtime,
}

impl World {
    async fn new(limits: Limits, tls: Option<Acceptor>) -> World {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let sink = Arc::new(Sink {
            kept: Mutex::default(),
            mood: Mutex::new(Mood::Keeps),
            room: Mutex::new(Room::Enough),
            came: Semaphore::new(0),
            go_on: Semaphore::new(0),
        });
        let settings = Arc::new(DoorSettings {
            hostname: "ecert.bv.example".to_owned(),
            mailbox: "push@ecert.bv.example".parse().unwrap(),
            max_letter: MAX,
            tls,
            limits,
        });
        let runtime = Runtime::new();
        runtime.spawn(serve(listener, settings, Arc::clone(&sink), runtime.clone()));
        World { sink, at, runtime }
    }

    async fn usual() -> World {
        World::new(Limits::default(), None).await
    }

    async fn client(&self) -> Client {
        let mut client = self.silent_client().await;
        client.says("220 ecert.bv.example").await;
        client
    }

    async fn silent_client(&self) -> Client {
        Client { stream: TcpStream::connect(self.at).await.unwrap(), heard: Vec::new() }
    }

    fn kept(&self) -> Vec<(Incoming, Vec<u8>)> {
        self.sink.kept.lock().unwrap().clone()
    }

    async fn stop(self) {
        assert!(self.runtime.stop(SOON).await, "the door ends");
    }
}

/// A raw socket.
struct Client {
    stream: TcpStream,
    heard: Vec<u8>,
}

impl Client {
    async fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.write_all(octets.as_ref()).await.unwrap();
    }

    /// The next reply, whole; it has to begin so.
    #[track_caller]
    fn says(&mut self, begins: &str) -> impl Future<Output = String> {
        let caller = std::panic::Location::caller();
        async move {
            let reply = tokio::time::timeout(SOON, self.reply()).await.expect("a reply in time");
            assert!(reply.starts_with(begins), "wanted {begins}, heard {reply:?}, at {caller}");
            reply
        }
    }

    async fn reply(&mut self) -> String {
        let mut begin = 0;
        loop {
            let line = self.heard[begin..].windows(2).position(|pair| pair == b"\r\n");
            let Some(end) = line.map(|end| begin + end + 2) else {
                if self.stream.read_buf(&mut self.heard).await.unwrap_or(0) == 0 {
                    return format!("(closed) {}", String::from_utf8_lossy(&self.heard));
                }
                continue;
            };
            if self.heard.get(begin + 3) == Some(&b' ') {
                let reply = self.heard.drain(..end).collect();
                return String::from_utf8(reply).unwrap();
            }
            begin = end;
        }
    }

    async fn closed(&mut self) {
        self.says("(closed) ").await;
    }

    /// Up to the 354.
    async fn data(&mut self) {
        for (command, reply) in [
            ("EHLO peer.example", "250"),
            ("MAIL FROM:<peer@hm.example>", "250 2.1.0"),
            ("RCPT TO:<push@ecert.bv.example>", "250 2.1.5"),
            ("DATA", "354"),
        ] {
            self.send(format!("{command}\r\n")).await;
            self.says(reply).await;
        }
    }
}

//------------ Letters -------------------------------------------------------

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_letters_of_smtplib() {
    let pems = certificate();
    let acceptor = Acceptor::from_pem(&pems.0, &pems.1).unwrap();
    let world = World::new(Limits::default(), Some(acceptor)).await;
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    std::fs::write(&authority, &pems.0).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/letters.py");
    let port = world.at.port().to_string();
    for (letters, authority) in [("200", None), ("20", Some(&authority))] {
        let mut python = Command::new("python3");
        python.args([script, &port, "5", letters]).args(authority);
        let done = tokio::task::block_in_place(|| python.output().unwrap());
        let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        let wanted = 5 * letters.parse::<usize>().unwrap();
        assert_eq!(said, wanted.to_string(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let kept = world.kept();
    assert_eq!(kept.len(), 1100);
    assert_eq!(kept.iter().filter(|(incoming, _)| incoming.tls.is_some()).count(), 100);
    let mut texts: Vec<&[u8]> = kept.iter().map(|(_, octets)| octets.as_slice()).collect();
    assert!(texts.iter().all(|text| text.ends_with(b"\r\n\r\n.\r\n..\r\n.x\r\nend\r\n")));
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 1000, "1,000 letters, 100 of them twice");
    world.stop().await;
}

/// Our own post to our own door, STARTTLS and all.
#[tokio::test]
async fn our_own_post() {
    let pems = certificate();
    let acceptor = Acceptor::from_pem(&pems.0, &pems.1).unwrap();
    let world = World::new(Limits::default(), Some(acceptor)).await;
    let route: Route = format!("smtp://{}", world.at).parse().unwrap();
    let pin = TlsProof { pin: Some(fingerprint(&pems.0)), ..TlsProof::default() };
    let settings = Settings {
        hostname: "ecert.hm.example".to_owned(),
        connect: SOON,
        reply: SOON,
        final_reply: SOON,
    };
    let mut envelope = Envelope {
        from: Some("push@ecert.hm.example".parse().unwrap()),
        to: "push@ecert.bv.example".parse().unwrap(),
        envelope_id: "x".to_owned(),
    };
    let policy = TlsPolicy::Required(pin);
    let mut opened = post::connect(&route, &policy, None, &settings).await.unwrap();
    for number in 0..10 {
        let letter = format!("Subject: {number}\r\n\r\n.\r\n");
        let outcome = opened.post(&envelope, letter.as_bytes(), async |_| true).await.unwrap();
        assert_eq!(outcome.verdict.as_str(), "handed-over", "{outcome:?}");
    }
    envelope.from = None;
    envelope.to = "Postmaster@ecert.bv.example".parse().unwrap();
    opened.post(&envelope, b"a: b\r\n", async |_| true).await.unwrap();
    let big = b"0123456789abcdef\r\n".repeat(MAX / 16);
    let outcome = opened.post(&envelope, &big, async |_| true).await.unwrap();
    assert_eq!((outcome.verdict.as_str(), outcome.code()), ("refused", Some(552)));
    opened.quit().await;
    let kept = world.kept();
    assert_eq!(kept.len(), 11);
    assert_eq!(kept[3].1, b"Subject: 3\r\n\r\n.\r\n");
    assert_eq!(kept[3].0.reverse_path.as_deref(), Some("push@ecert.hm.example"));
    assert_eq!(
        (kept[10].0.reverse_path.as_deref(), kept[10].0.recipient),
        (None, Recipient::Postmaster)
    );
    assert!(kept[0].0.tls.as_deref().is_some_and(|tls| tls.starts_with("TLSv1.3")));
    world.stop().await;
}

#[tokio::test]
async fn everything_in_one_write() {
    let world = World::usual().await;
    let mut client = world.client().await;
    let group = "EHLO x\r\nMAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<PUSH@ecert.bv.example>\r\n\
                 RCPT TO:<postmaster>\r\nRCPT TO:<no@ecert.bv.example>\r\nDATA\r\n";
    client.send(group).await;
    for reply in ["250-", "250 2.1.0", "250 2.1.5", "250 2.1.5", "550 5.1.1", "354"] {
        client.says(reply).await;
    }
    client.send("a: b\r\n\r\n8 bit: \u{e4}\r\n.\r\nNOOP\r\nMAIL FROM:<>\r\nQUIT\r\n").await;
    for reply in ["250 2.0.0 taken", "250 2.0.0", "250 2.1.0", "221"] {
        client.says(reply).await;
    }
    client.closed().await;
    let kept = world.kept();
    let to: Vec<Recipient> = kept.iter().map(|(incoming, _)| incoming.recipient).collect();
    assert_eq!(to, [Recipient::Mailbox, Recipient::Postmaster]);
    assert_eq!(kept[1].1, "a: b\r\n\r\n8 bit: \u{e4}\r\n".as_bytes());
    world.stop().await;
}

/// The same text by many false ends: never two letters, never a command.
#[tokio::test]
async fn smuggling() {
    let world = World::usual().await;
    for end in [
        "\n.\n",
        "\n.\r\n",
        "\r.\r\n",
        "\r.\r",
        "\r\n.\n",
        "\r\n.\r",
        "\n\n.\n\n",
        "\r\r\n.\r\r\n",
        "\r\n.\r\r\n",
        "\r\n\0.\r\n",
        "\r\n.\0\r\n",
        "\n\r\n.\n\r\n",
        "x\r.\r\nx",
    ] {
        let mut client = world.client().await;
        client.data().await;
        let hidden = "MAIL FROM:<x@y>\r\nRCPT TO:<push@ecert.bv.example>\r\nDATA\r\nFrom: x\r\n";
        client.send(format!("From: a\r\n\r\nhello{end}{hidden}\r\n.\r\n")).await;
        let reply = client.says("554 5.6.0").await;
        assert!(!reply.contains("hello"), "{reply}");
        client.send("NOOP\r\n").await;
        client.says("250 2.0.0").await;
    }
    assert_eq!(world.kept(), []);
    world.stop().await;
}

#[tokio::test]
async fn too_big() {
    let world = World::usual().await;
    let mut client = world.client().await;
    client.send(format!("EHLO x\r\nMAIL FROM:<a@b> SIZE={}\r\n", MAX + 1)).await;
    assert!(client.says("250-").await.contains(&format!("SIZE {MAX}\r\n")));
    client.says("552 5.3.4").await;
    client.data().await;
    client.send("x".repeat(MAX) + "\r\n.\r\n").await;
    client.says("552 5.3.4").await;
    client.data().await;
    client.send("x".repeat(MAX - 2) + "\r\n.\r\n").await;
    client.says("250 2.0.0").await;
    client.data().await;
    let line = "x".repeat(MAX / 2);
    // Without end: the door does not wait for it.
    for _ in 0..6 {
        if client.stream.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    client.says("552 5.3.4").await;
    client.closed().await;
    assert_eq!(world.kept().len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn our_own_trouble_is_never_final() {
    let limits = Limits { take_in: Duration::from_millis(100), ..Limits::default() };
    let world = World::new(limits, None).await;
    let mut client = world.client().await;
    for (mood, wanted) in [
        (Mood::Trouble, "451 4.3.0"),
        (Mood::Full, "452 4.3.1"),
        (Mood::Slow, "451 4.3.0"),
        (Mood::Keeps, "250 2.0.0"),
    ] {
        *world.sink.mood.lock().unwrap() = mood;
        client.data().await;
        client.send("a: b\r\n.\r\n").await;
        let reply = client.says(wanted).await;
        assert!(!reply.contains("test"), "{reply}");
    }
    for (room, wanted) in [(Room::Short, "452 4.3.1"), (Room::Closed, "451 4.3.0")] {
        *world.sink.room.lock().unwrap() = room;
        client.send("MAIL FROM:<a@b>\r\n").await;
        client.says(wanted).await;
    }
    world.stop().await;
    let world = World::new(Limits { in_flight: 65_536, ..Limits::default() }, None).await;
    let (mut one, mut two) = (world.client().await, world.client().await);
    one.data().await;
    one.send("x".repeat(100)).await;
    two.data().await;
    two.send("x".repeat(70_000) + "\r\n.\r\n").await;
    two.says("452 4.3.1").await;
    drop((one, two));
    world.stop().await;
}

//------------ Who does not behave -------------------------------------------

#[tokio::test]
async fn nobody_speaks_before_the_banner() {
    let limits = Limits { greeting_wait: SOON, ..Limits::default() };
    let world = World::new(limits, None).await;
    let mut client = world.silent_client().await;
    client.send("EHLO x\r\nMAIL FROM:<a@b>\r\n").await;
    client.says("554 5.5.0").await;
    client.closed().await;
    world.stop().await;
}

#[tokio::test]
async fn nothing_goes_between_starttls_and_the_handshake() {
    let pems = certificate();
    let acceptor = Acceptor::from_pem(&pems.0, &pems.1).unwrap();
    let world = World::new(Limits::default(), Some(acceptor)).await;
    let mut client = world.client().await;
    client.send("EHLO x\r\n").await;
    assert!(client.says("250").await.contains("250-STARTTLS\r\n"));
    client.send("STARTTLS\r\nMAIL FROM:<a@b>\r\n").await;
    client.says("554 5.5.0").await;
    client.closed().await;
    // Not TLS at all: no reply in clear.
    let mut client = world.client().await;
    client.send("STARTTLS\r\n").await;
    client.says("220 2.0.0").await;
    client.send("MAIL FROM:<a@b>\r\n").await;
    let reply = client.says("(closed)").await;
    assert!(!reply.contains("250"), "{reply}");
    world.stop().await;
}

#[tokio::test]
async fn a_text_without_a_354_is_no_commands() {
    let world = World::usual().await;
    let mut client = world.client().await;
    client
        .send("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<no@x>\r\nDATA\r\nRSET\r\nMAIL FROM:<x@y>\r\n")
        .await;
    for reply in ["250", "250", "550", "554 5.5.1", "554 5.5.0"] {
        client.says(reply).await;
    }
    client.closed().await;
    let mut client = world.client().await;
    client.send("EHLO x\r\nBDAT 30 LAST\r\nMAIL FROM:<x@y>\r\n").await;
    client.says("250").await;
    client.says("502").await;
    client.closed().await;
    world.stop().await;
}

#[tokio::test]
async fn commands_are_lines() {
    let world = World::usual().await;
    let mut client = world.client().await;
    client.send("NOOP\nNO\rOP\r\nNO\0OP\r\nNOOP \u{e4}\r\nNOOP\r\n").await;
    for reply in ["500 5.5.2", "500 5.5.2", "500 5.5.2", "500 5.5.2", "250"] {
        client.says(reply).await;
    }
    client.send("NOOP ".to_owned() + &"x".repeat(5000)).await;
    client.says("500 5.5.2").await;
    client.closed().await;
    world.stop().await;
}

#[tokio::test]
async fn limits() {
    let limits = Limits { commands: 10, errors: 3, ..Limits::default() };
    let world = World::new(limits, None).await;
    let mut client = world.client().await;
    client.send("NOOP\r\n".repeat(11)).await;
    for _ in 0..10 {
        client.says("250").await;
    }
    client.says("421 4.7.0").await;
    client.closed().await;
    let mut client = world.client().await;
    client.send("WHAT\r\n".repeat(4)).await;
    for _ in 0..3 {
        client.says("500").await;
    }
    client.says("421 4.7.0").await;
    client.closed().await;
    world.stop().await;
    let limits = Limits { per_address: 2, ..Limits::default() };
    let world = World::new(limits, None).await;
    let (_one, two) = (world.client().await, world.client().await);
    let mut three = world.silent_client().await;
    three.says("421 4.7.0").await;
    three.closed().await;
    drop(two);
    // The place is free once the door has seen that the client went.
    let again = async {
        loop {
            let mut client = world.silent_client().await;
            if client.reply().await.starts_with("220") {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, again).await.unwrap();
    world.stop().await;
}

#[tokio::test]
async fn slow_clients_are_shown_out() {
    let short = Duration::from_millis(150);
    let world = World::new(Limits { idle: short, ..Limits::default() }, None).await;
    let mut client = world.client().await;
    // Octets alone are no command.
    client.send("NO").await;
    client.says("421 4.4.2").await;
    client.closed().await;
    world.stop().await;
    let world = World::new(Limits { transaction: short, ..Limits::default() }, None).await;
    let mut client = world.client().await;
    client.data().await;
    // One octet after another, until the door has had enough.
    let drip = async {
        loop {
            client.stream.writable().await.unwrap();
            if client.stream.try_write(b"x").is_err() {
                tokio::task::yield_now().await;
            }
            match client.stream.try_read_buf(&mut client.heard) {
                Ok(1..) => return,
                Ok(0) => panic!("closed without a word"),
                Err(_nothing_yet) => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(SOON, drip).await.unwrap();
    let reply = client.says("").await;
    assert!(reply.starts_with("421 4.4.2") || reply.starts_with("552"), "{reply}");
    assert_eq!(world.kept(), []);
    world.stop().await;
}

#[tokio::test]
async fn a_stop_lets_a_letter_in_and_tells_the_idle() {
    let world = World::usual().await;
    *world.sink.mood.lock().unwrap() = Mood::Slow;
    let (mut idle, mut busy, mut halfway) =
        (world.client().await, world.client().await, world.client().await);
    busy.data().await;
    busy.send("a: b\r\n.\r\n").await;
    world.sink.came.acquire().await.unwrap().forget();
    halfway.data().await;
    halfway.send("c: d\r\n").await;
    let runtime = world.runtime.clone();
    let stop = runtime.stop(SOON);
    let rest = async {
        idle.says("421 4.3.2").await;
        idle.closed().await;
        world.sink.go_on.add_permits(2);
        busy.says("250 2.0.0 taken").await;
        busy.says("421 4.3.2").await;
        halfway.send("e: f\r\n.\r\n").await;
        halfway.says("250 2.0.0 taken").await;
        halfway.says("421 4.3.2").await;
        drop((idle, busy, halfway));
    };
    let (stopped, ()) = tokio::join!(stop, rest);
    assert!(stopped);
    assert_eq!(world.kept().len(), 2);
    assert!(TcpStream::connect(world.at).await.is_err(), "the door is closed");
}

#[tokio::test]
async fn a_transaction_that_outlasts_the_stop_is_ended() {
    let limits = Limits { grace: Duration::from_millis(100), ..Limits::default() };
    let world = World::new(limits, None).await;
    let mut client = world.client().await;
    client.data().await;
    client.send("a: b\r\n").await;
    let runtime = world.runtime.clone();
    let (stopped, ()) = tokio::join!(runtime.stop(SOON), async {
        client.says("421 4.3.2").await;
        drop(client);
    });
    assert!(stopped);
    assert_eq!(world.kept(), []);
}
