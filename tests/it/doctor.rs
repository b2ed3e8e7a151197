//! `certpost doctor`, in a world that is well and in worlds that are not.
//!
//! ```text
//! files, keys, doors, disk, ledger, clock   broker   the partner's server
//!                        \_______ doctor ______/________/
//! ```

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::thread::JoinHandle;

use certpost::clock::Timestamp;
use certpost::smime::throwaway::{self, Purpose, Wanted};
use certpost::tls::Acceptor;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use serde_json::Value;

use crate::broker::Broker;
use crate::peer::{self, Step, play};
use crate::world::Gateway;

/// A gateway whose broker is there, and whose partner's server is played once.
struct World {
    bv: Gateway,
    /// Where the partner's server is looked for.
    port: u16,
}

impl World {
    fn new() -> Option<World> {
        let broker = Broker::shared()?;
        let (bv, hm) = Gateway::pair(broker.url(&broker.fresh_vhost()), String::new());
        Some(World { port: hm.smtp, bv })
    }

    /// Changes a file of the gateway's.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.bv.folder.path(file)).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        self.bv.folder.write(file, text.replace(from, to));
    }

    /// Has the partner's server go through `script` once.
    fn server(&self, script: &'static [Step], pair: Option<(Vec<u8>, Vec<u8>)>) -> JoinHandle<()> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let acceptor = pair.map(|(x509, key)| Acceptor::from_pem(&x509, &key).unwrap());
                play(&listener, script, acceptor.as_ref()).await;
            });
        })
    }

    /// What doctor says, and its exit code.
    fn ask(&self) -> (i32, Value) {
        let (exit, out, words) = self.bv.answer(&["--json", "doctor"]);
        let answer = serde_json::from_slice(&out).unwrap_or_else(|_| panic!("{words}"));
        (exit, answer)
    }

    /// Exactly this one check fails, with this remedy.
    #[track_caller]
    fn fails(&self, area: &str, name: &str, remedy: &str) {
        let (exit, answer) = self.ask();
        let all = answer["checks"].as_array().unwrap();
        let failed: Vec<&Value> = all.iter().filter(|one| one["verdict"] == "fail").collect();
        assert_eq!((exit, failed.len()), (1, 1), "{failed:#?}");
        let one = failed[0];
        assert_eq!((&one["area"], &one["name"]), (&area.into(), &name.into()), "{one:#}");
        assert!(one["remedy"].as_str().unwrap().contains(remedy), "{one:#}");
    }
}

const CLEAR: &[Step] = &[
    Step::Say("220 mail.hm.example ESMTP\r\n"),
    Step::Hear("EHLO ecert.bv.example"),
    Step::Say("250-mail.hm.example\r\n250-SIZE 52428800\r\n250-DSN\r\n250 PIPELINING\r\n"),
    Step::Hear("QUIT"),
    Step::Say("221 2.0.0 Bye\r\n"),
];
const SMALL: &[Step] = &[
    Step::Say("220 mail.hm.example ESMTP\r\n"),
    Step::Hear("EHLO ecert.bv.example"),
    Step::Say("250-mail.hm.example\r\n250 SIZE 1000000\r\n"),
    Step::Hear("QUIT"),
    Step::Say("221 2.0.0 Bye\r\n"),
];
const STRIPPED: &[Step] = &[
    Step::Say("220 mail.hm.example ESMTP\r\n"),
    Step::Hear("EHLO ecert.bv.example"),
    Step::Say("250-mail.hm.example\r\n250 PIPELINING\r\n"),
];
const SECURE: &[Step] = &[
    Step::Say("220 mail.hm.example ESMTP\r\n"),
    Step::Hear("EHLO ecert.bv.example"),
    Step::Say("250-mail.hm.example\r\n250 STARTTLS\r\n"),
    Step::Hear("STARTTLS"),
    Step::Say("220 2.0.0 Ready\r\n"),
    Step::Tls,
    Step::Hear("EHLO ecert.bv.example"),
    Step::Say("250-mail.hm.example\r\n250-SIZE 52428800\r\n250 PIPELINING\r\n"),
    Step::Hear("QUIT"),
    Step::Say("221 2.0.0 Bye\r\n"),
];

/// All is well, before the gateway ran and while it runs; and doctor leaves
/// nothing behind.
#[test]
fn well() {
    let Some(mut world) = World::new() else { return };
    let server = world.server(CLEAR, None);
    let (exit, answer) = world.ask();
    server.join().unwrap();
    assert_eq!((exit, &answer["ok"]), (0, &true.into()), "{answer:#}");
    let find = |answer: &Value, area: &str, name: &str| {
        let mut all = answer["checks"].as_array().unwrap().iter();
        let found = all.find(|one| one["area"] == area && one["name"] == name);
        found.unwrap_or_else(|| panic!("no {area} {name}: {answer:#}")).clone()
    };
    for (area, name, verdict) in [
        ("configuration", "reads", "ok"),
        ("files", "identity[1].key", "ok"),
        ("keys", "identity[2]: pair", "ok"),
        ("keys", "identity[2]: dates", "ok"),
        ("keys", "identity[1]: size", "warn"),
        ("keys", "HM: recipient 1", "ok"),
        ("keys", "HM: signer 1", "ok"),
        ("keys", "HM: signer 1 use", "ok"),
        ("openssl", "self-test", "ok"),
        ("doors", "smtp", "ok"),
        ("disk", "inodes", "ok"),
        ("ledger", "opens", "warn"),
        ("clock", "time", "ok"),
        ("broker", "queue certpost.events", "warn"),
        ("broker", "policies", "warn"),
        ("routes", "HM: size", "ok"),
        ("routes", "HM: offers", "ok"),
    ] {
        assert_eq!(find(&answer, area, name)["verdict"], verdict, "{area} {name}: {answer:#}");
    }
    assert!(!world.bv.folder.path("var").exists(), "doctor made a ledger");

    world.bv.start();
    crate::world::wait_for("queues", std::time::Duration::from_secs(30), || {
        world.bv.log().contains("taking submissions").then_some(())
    });
    let server = world.server(CLEAR, None);
    let (exit, answer) = world.ask();
    server.join().unwrap();
    assert_eq!(exit, 0, "{answer:#}");
    for (area, name, words) in [
        ("doors", "smtp", "is held, and a gateway runs"),
        ("ledger", "opens", "schema 2"),
        ("ledger", "chain", "follow one another"),
        ("broker", "queue certpost.events", "as it has to be"),
        ("broker", "exchange certpost.events", "as it has to be"),
        ("clock", "time", "not before the newest event"),
    ] {
        let found = find(&answer, area, name);
        assert_eq!(found["verdict"], "ok", "{found:#}");
        assert!(found["words"].as_str().unwrap().contains(words), "{found:#}");
    }
    assert_eq!(world.bv.stop(), Some(0));
    let before = listing(&world.bv);
    let server = world.server(CLEAR, None);
    assert_eq!(world.ask().0, 0);
    server.join().unwrap();
    assert_eq!(listing(&world.bv), before, "doctor changed the ledger's folder");
    // For people: the sum comes last.
    let server = world.server(CLEAR, None);
    let (exit, out, _) = world.bv.answer(&["doctor"]);
    server.join().unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(exit, 0, "{text}");
    assert!(text.trim_end().ends_with("0 failed"), "{text}");
}

/// What lies in the ledger's folder, but for the index in memory that all who
/// read share.
fn listing(gateway: &Gateway) -> Vec<(String, u64, std::time::SystemTime)> {
    let entries = fs::read_dir(gateway.folder.path("var")).unwrap().map(|entry| entry.unwrap());
    let mut all: Vec<_> = entries
        .map(|entry| {
            let facts = entry.metadata().unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, facts.len(), facts.modified().unwrap())
        })
        .collect();
    all.retain(|(name, _, _)| !name.ends_with("-shm"));
    all.sort();
    all
}

/// Keys: readable by others, of another certificate, out of their time.
#[test]
fn bad_keys() {
    let Some(world) = World::new() else { return };
    let path = world.bv.folder.path("own-sign.key");
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let server = world.server(CLEAR, None);
    world.fails("files", "identity[1].key", "chmod 600");
    server.join().unwrap();

    fs::copy(world.bv.folder.path("own-decrypt.key"), &path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let server = world.server(CLEAR, None);
    world.fails("keys", "identity[1].key", "belong together");
    server.join().unwrap();

    let authority = throwaway::authority("Another authority").unwrap();
    let day = |text: &str| text.parse::<Timestamp>().unwrap();
    let wanted = Wanted {
        not_before: day("2020-01-01T00:00:00Z"),
        not_after: day("2021-01-01T00:00:00Z"),
        ..Wanted::mail("bv sign", "push@ecert.bv.example")
    };
    let (x509, key) = authority.issue_as(&wanted).unwrap();
    world.bv.folder.write("own-sign.pem", x509);
    world.bv.folder.write_secret("own-sign.key", key);
    let server = world.server(CLEAR, None);
    world.fails("keys", "identity[1]: dates", "certs/README.md");
    server.join().unwrap();
}

/// Theirs: the only signer is past its end; a CRL that nobody renewed.
#[test]
fn bad_keys_of_theirs() {
    let Some(world) = World::new() else { return };
    let pinned = "signers = [\"their-sign.pem\"]";
    let ended = "signers = [{ file = \"their-sign.pem\", until = \"2024-01-01T00:00:00Z\" }]";
    world.edit("partners.toml", pinned, ended);
    let server = world.server(CLEAR, None);
    world.fails("keys", "HM: signer 1", "trust.signers");
    server.join().unwrap();

    let authority = throwaway::authority("Authority of HM").unwrap();
    let server = Wanted { purpose: Purpose::Server, ..Wanted::mail("hm", "push@ecert.hm.example") };
    world.bv.folder.write("server.pem", authority.issue_as(&server).unwrap().0);
    let (server, another) = (world.server(CLEAR, None), "signers = [\"server.pem\"]");
    world.edit("partners.toml", ended, another);
    world.fails("keys", "HM: signer 1 use", "for e-mail");
    server.join().unwrap();

    let day = |text: &str| text.parse::<Timestamp>().unwrap();
    let list = authority.crl(&[], day("2024-01-01T00:00:00Z"), day("2024-02-01T00:00:00Z"));
    world.bv.folder.write("hm.crl", list.unwrap());
    let signer = authority.issue("hm", "push@ecert.hm.example").unwrap();
    world.bv.folder.write("listed.pem", signer.0);
    let listed = "signers = [\"listed.pem\"]\ncrls = [\"hm.crl\"]";
    world.edit("partners.toml", another, listed);
    let server = world.server(CLEAR, None);
    world.fails("keys", "HM: crl 1", "newest list");
    server.join().unwrap();

    let list = authority.crl(&[], day("2024-01-01T00:00:00Z"), day("2049-02-01T00:00:00Z"));
    world.bv.folder.write("hm.crl", list.unwrap());
    let other = format!("{pinned}\ncrls = [\"hm.crl\"]");
    world.edit("partners.toml", listed, &other);
    let server = world.server(CLEAR, None);
    world.fails("keys", "HM: crl of signer 1", "authority's list");
    server.join().unwrap();
}

/// The broker: not there; one of our queues is another's.
#[test]
fn bad_broker() {
    let Some(world) = World::new() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(&world.bv.url, properties).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let classic =
            channel.queue_declare("certpost.events".into(), options, FieldTable::default());
        classic.await.unwrap();
    });
    let server = world.server(CLEAR, None);
    world.fails("broker", "queue certpost.events", "vhost of its own");
    server.join().unwrap();

    let url = world.bv.url.clone();
    world.edit("certpost.toml", &url, "amqp://127.0.0.1:1/%2f");
    let server = world.server(CLEAR, None);
    world.fails("broker", "connection", "start the broker");
    server.join().unwrap();
}

/// The broker's own pages tell which policies hold: all where ours were
/// imported, none where the gateway declared its queues alone; and they tell
/// nothing to a user who may not look.
#[test]
fn policies() {
    let Some(mut world) = World::new() else { return };
    let Some(broker) = Broker::shared() else { return };
    let pages = format!("management_url = \"{}\"\n[doors]", broker.management_url());
    world.edit("certpost.toml", "[doors]", &pages);
    let told = |world: &World| {
        let server = world.server(CLEAR, None);
        let (exit, answer) = world.ask();
        server.join().unwrap();
        assert_eq!(exit, 0, "{answer:#}");
        let all = answer["checks"].as_array().unwrap().iter();
        let policies = all.filter(|one| one["name"] == "policies");
        let words = policies.map(|one| {
            format!("{} {}", one["verdict"].as_str().unwrap(), one["words"].as_str().unwrap())
        });
        words.collect::<Vec<String>>()
    };
    world.bv.start();
    crate::world::wait_for("queues", std::time::Duration::from_secs(30), || {
        world.bv.log().contains("taking submissions").then_some(())
    });
    world.bv.stop();
    let lacking = told(&world);
    assert_eq!(lacking.len(), 4, "{lacking:#?}");
    assert!(lacking[0].starts_with("warn certpost.submissions lacks delivery-limit = 1000,"));

    let fresh = world.bv.url.clone();
    world.edit("certpost.toml", &fresh, &broker.url(crate::broker::IMPORTED));
    // The broker's pages are some seconds behind what was imported at its start.
    crate::world::wait_for("the policies", std::time::Duration::from_secs(60), || {
        (told(&world) == ["ok hold on every queue of ours"]).then_some(())
    });

    let narrow = broker.url_as(crate::broker::NARROW, crate::broker::IMPORTED);
    world.edit("certpost.toml", &broker.url(crate::broker::IMPORTED), &narrow);
    let unseen = told(&world);
    assert!(unseen[0].contains("may not see the broker's management pages"), "{unseen:#?}");
}

/// The road: nobody there, no STARTTLS, another's certificate, letters too
/// large for it; and one that is as it should be, under TLS.
#[test]
fn bad_roads() {
    let Some(world) = World::new() else { return };
    world.fails("routes", "HM: connect", "firewall");

    let server = world.server(SMALL, None);
    world.fails("routes", "HM: size", "raise its limit");
    server.join().unwrap();

    let (x509, key) = peer::certificate();
    world.bv.folder.write("ca.pem", &x509);
    let named = "tls_ca = \"ca.pem\"\ntls_name = \"mail.hm.example\"";
    world.edit("partners.toml", "tls = \"none\"", named);
    let server = world.server(STRIPPED, None);
    world.fails("routes", "HM: starttls", "STARTTLS");
    server.join().unwrap();

    let server = world.server(SECURE, Some((x509.clone(), key.clone())));
    let (exit, answer) = world.ask();
    server.join().unwrap();
    assert_eq!(exit, 0, "{answer:#}");

    world.edit("partners.toml", "mail.hm.example", "mail.gs.example");
    let server = world.server(SECURE, Some((x509.clone(), key.clone())));
    world.fails("routes", "HM: certificate", "tls_name");
    server.join().unwrap();

    let pin = format!("tls_pin = \"{}\"", "00".repeat(32));
    world.edit("partners.toml", "tls_name = \"mail.gs.example\"", &pin);
    let server = world.server(SECURE, Some((x509, key)));
    world.fails("routes", "HM: certificate", "tls_pin");
    server.join().unwrap();

    let route = format!("route = \"smtp://127.0.0.1:{}\"", world.port);
    world.edit("partners.toml", &route, "route = \"mx\"");
    world.fails("routes", "HM: route", "smtp://");
}

/// One key for both uses works, and is warned about.
#[test]
fn one_key_for_both() {
    let Some(world) = World::new() else { return };
    let text = fs::read_to_string(world.bv.folder.path("certpost.toml")).unwrap();
    let (before, rest) = text.split_once("use = [\"sign\"]").unwrap();
    let (_, after) = rest.split_once("[clock]").unwrap();
    let both = format!("{before}use = [\"sign\", \"decrypt\"]\n[clock]{after}");
    world.bv.folder.write("certpost.toml", both);
    let server = world.server(CLEAR, None);
    let (exit, answer) = world.ask();
    server.join().unwrap();
    let mut all = answer["checks"].as_array().unwrap().iter();
    let notice = all.find(|one| one["name"] == "notice").unwrap();
    assert_eq!((exit, &notice["verdict"]), (0, &"warn".into()), "{answer:#}");
    assert!(notice["remedy"].as_str().unwrap().contains("make two"), "{notice:#}");
}

/// A configuration with faults: each is told, and nothing else is guessed.
#[test]
fn bad_configuration() {
    let (bv, _hm) = Gateway::pair("amqp://127.0.0.1:1/%2f".to_owned(), String::new());
    let text = fs::read_to_string(bv.folder.path("partners.toml")).unwrap();
    bv.folder.write("partners.toml", text.replace("route = ", "rout = "));
    let (exit, out, _) = bv.answer(&["--json", "doctor"]);
    let answer: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((exit, &answer["fails"]), (1, &2.into()), "{answer:#}");
    let remedies = answer["checks"].to_string();
    assert!(remedies.contains("did you mean route?"), "{answer:#}");
}

/// Somebody else has the SMTP door's port; the ledger is another gateway's.
#[test]
fn bad_house() {
    let Some(mut world) = World::new() else { return };
    let held = std::net::TcpListener::bind(("127.0.0.1", world.bv.smtp)).unwrap();
    let server = world.server(CLEAR, None);
    world.fails("doors", "smtp", "doors.smtp");
    server.join().unwrap();
    drop(held);

    world.bv.start();
    assert_eq!(world.bv.stop(), Some(0));
    world.edit("certpost.toml", "code = \"BV\"", "code = \"GS\"\ncountries = [\"BV\"]");
    let server = world.server(CLEAR, None);
    world.fails("ledger", "opens", "gateway.code");
    server.join().unwrap();
}
