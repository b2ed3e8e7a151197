//! The same attacks over the SMTP door of a gateway that runs: each is kept
//! aside with its code, nothing is published but what was proven, and nobody
//! is told but a proven signer.
//!
//! ```text
//! attacker -> SMTP -> HM (gateway, ledger, broker) -> certpost.received: the good ones
//!                          `-> a mail server that counts what HM says to anybody
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certpost::clock::Clock;
use data_encoding::BASE64;
use openssl::cms::CmsContentInfo;
use openssl::pkey::PKey;
use openssl::x509::X509;

use super::craft::Craft;
use super::world::World;
use super::{Attack, table};
use crate::broker::Broker;
use crate::queues::Domestic;
use crate::road::declared;
use crate::world::wait_for;

const LONG: Duration = Duration::from_secs(60);

//------------ Mail ----------------------------------------------------------

/// A mail server that takes everything, for whatever HM says to anybody.
struct Mail {
    port: u16,
    letters: Arc<Mutex<Vec<String>>>,
}

impl Mail {
    fn start() -> Mail {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let letters = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&letters);
        // Ends with the test's own process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(&stream, &kept));
            }
        });
        Mail { port, letters }
    }

    /// What each letter was answered with, by its Message-ID: the reasons in
    /// the receipts, which their addressee alone can open.
    fn answers(&self, world: &World) -> BTreeMap<String, Vec<String>> {
        let mut answers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for letter in self.letters.lock().unwrap().iter() {
            let field = |name: &str| letter.lines().find_map(|line| line.strip_prefix(name));
            let about = field("In-Reply-To: ").unwrap_or("nothing").to_owned();
            let to = field("To: push@ecert.").and_then(|to| to.split_once('.'));
            let to = to.map_or("nobody", |(country, _)| country);
            let (x509, key) = world.pair(&format!("{to}-sign"));
            let x509 = X509::from_pem(x509).unwrap();
            let key = PKey::private_key_from_pem(key).unwrap();
            let sealed = CmsContentInfo::from_der(&body(letter.as_bytes())).unwrap();
            let signed = body(&sealed.decrypt(&key, &x509).unwrap());
            let entity = String::from_utf8_lossy(&signed).into_owned();
            let reason = entity.lines().find_map(|line| line.strip_prefix("Certpost-Reason: "));
            answers.entry(about).or_default().push(reason.unwrap_or(PROCESSED).to_owned());
        }
        answers
    }
}

/// The body of an entity, its base64 undone.
fn body(entity: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(entity).replace('\r', "");
    let (_, body) = text.split_once("\n\n").unwrap();
    BASE64.decode(body.replace('\n', "").as_bytes()).unwrap()
}

/// What is said where no reason against the letter is given.
const PROCESSED: &str = "processed";

fn serve(stream: &TcpStream, kept: &Mutex<Vec<String>>) {
    let mut out = stream;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut say = |words: &str| out.write_all(format!("{words}\r\n").as_bytes()).is_ok();
    if !say("220 sink.example") {
        return;
    }
    while let Some(command) = lines.next() {
        let word = command.get(..4).unwrap_or_default().to_ascii_uppercase();
        if word == "DATA" {
            say("354 go on");
            let text: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
            kept.lock().unwrap().push(text.join("\n"));
        }
        if !say(if word == "QUIT" { "221 bye" } else { "250 ok" }) || word == "QUIT" {
            return;
        }
    }
}

//------------ The door ------------------------------------------------------

/// Brings a letter to the door; what it says at the end of it.
fn bring(port: u16, letter: &[u8]) -> String {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let (mut out, mut lines) = (&stream, BufReader::new(&stream).lines());
    let mut reply = || loop {
        let line = lines.next().unwrap().unwrap();
        if line.as_bytes().get(3) != Some(&b'-') {
            return line;
        }
    };
    reply();
    for command in [
        "EHLO attacker.example\r\n",
        "MAIL FROM:<push@ecert.bv.example>\r\n",
        "RCPT TO:<push@ecert.hm.example>\r\n",
        "DATA\r\n",
    ] {
        out.write_all(command.as_bytes()).unwrap();
        let said = reply();
        assert!(said.starts_with(['2', '3']), "{command}: {said}");
    }
    let mut text = Vec::with_capacity(letter.len() + 5);
    for line in letter.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") && text.ends_with(b"\r\n") {
            text.push(b'.');
        }
        text.extend_from_slice(line);
    }
    if !text.ends_with(b"\r\n") {
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b".\r\n");
    // A door that has heard enough may close before it has read all.
    let _refused_already = out.write_all(&text);
    reply()
}

/// The next word of the gateway about a letter: its event, and the reason.
fn judged(domestic: &Domestic) -> (String, Option<String>) {
    let mut said = None;
    domestic.each_event(|event| {
        let kind = event["event"].as_str().unwrap_or_default();
        if ["quarantined", "received", "duplicate", "conflict", "stale"].contains(&kind) {
            said = Some((kind.to_owned(), event["reason"]["code"].as_str().map(str::to_owned)));
        }
        said.is_some()
    });
    said.expect("the gateway says what became of a letter")
}

/// The row's letter at the door, and what is wrong with what came of it. The
/// documents that are to be published, and the answers that are to be given,
/// are noted.
struct Tried<'a> {
    world: &'a World,
    domestic: &'a Domestic,
    published: Vec<Vec<u8>>,
    answers: BTreeMap<String, Vec<String>>,
    wrong: Vec<String>,
}

impl Tried<'_> {
    fn row(&mut self, attack: &Attack, craft: Craft<'_>) {
        let message_id = craft.message_id();
        let (letter, document) = craft.letter_and_document();
        let reply = bring(self.world.gateway.smtp, &letter);
        if let Some(wanted) = &attack.reply {
            if !reply.starts_with(wanted) {
                self.wrong.push(format!("{}: {reply}, not {wanted}", attack.name));
            }
            return;
        }
        assert!(reply.starts_with("250 "), "{}: {reply}", attack.name);
        let said = judged(self.domestic);
        let wanted = match &attack.code {
            Some(code) => ("quarantined".to_owned(), Some(code.clone())),
            None => ("received".to_owned(), None),
        };
        if said != wanted {
            self.wrong.push(format!("{}: {said:?}, not {wanted:?}", attack.name));
        }
        if attack.code.is_none() {
            self.published.push(document);
        }
        if attack.code.is_none() || attack.told.is_some() {
            let said = attack.told.as_deref().unwrap_or(PROCESSED).to_owned();
            self.answers.entry(message_id.clone()).or_default().push(said);
        }
        if attack.replayed {
            assert!(bring(self.world.gateway.smtp, &letter).starts_with("250 "));
            let said = judged(self.domestic);
            if said.0 != "duplicate" {
                self.wrong.push(format!("{} again: {said:?}", attack.name));
            }
            self.answers.entry(message_id).or_default().push(PROCESSED.to_owned());
        }
    }
}

#[test]
fn at_the_door_of_a_gateway() {
    let Some(broker) = Broker::shared() else { return };
    let table = table();
    let mail = Mail::start();
    let url = broker.url(&broker.fresh_vhost());
    let mut world = World::new(&table.cast, Clock::system().now(), url, mail.port);
    world.gateway.start();
    let domestic = declared(&world.gateway);
    let mut tried = Tried {
        world: &world,
        domestic: &domestic,
        published: Vec::new(),
        answers: BTreeMap::new(),
        wrong: Vec::new(),
    };
    // Bombs are measured elsewhere.
    for attack in table.attack.iter().filter(|attack| !attack.bomb || attack.reply.is_some()) {
        let craft = Craft::new(&world, &table.paths, &attack.name, &attack.steps);
        tried.row(attack, craft);
    }
    assert!(tried.wrong.is_empty(), "{}", tried.wrong.join("\n"));

    let received = domestic.take("certpost.received", tried.published.len());
    for (received, document) in received.iter().zip(&tried.published) {
        let object = received.json();
        let xml = BASE64.decode(object["xml"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(&xml, document, "{}", object["number"]);
    }
    // A hundred letters are sealed and sent, on a machine that may be busy.
    wait_for("receipts for all that may know", LONG * 4, || {
        let wanted: usize = tried.answers.values().map(Vec::len).sum();
        (mail.letters.lock().unwrap().len() >= wanted).then_some(())
    });
    let (wanted, published) = (tried.answers, tried.published.len());
    assert!(domestic.take_within("certpost.received", 1, Duration::from_secs(1)).is_empty());
    assert_eq!(world.gateway.stop(), Some(0));
    assert_eq!(mail.answers(&world), wanted, "nobody else is told anything");
    println!("{published} published, {} answered", wanted.len());
}
