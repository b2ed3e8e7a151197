//! The HTTP door of a running gateway.
//!
//! ```text
//! submissions -> BV -> HM <- a stranger's letter
//!                 \_ /metrics, /readyz, /healthz _/
//! ```

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::broker::Broker;
use crate::road::{declared, xml};
use crate::world::{Gateway, wait_for};

const LONG: Duration = Duration::from_secs(30);

/// One request; status, content type and body.
fn ask(port: u16, request: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: bv\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let kind = head.lines().find_map(|line| line.strip_prefix("content-type: "));
    (status, kind.unwrap_or_default().to_owned(), body.to_owned())
}

/// The numbers of a page, by name and labels as they are written.
pub fn numbers(gateway: &Gateway) -> BTreeMap<String, f64> {
    let (status, kind, body) = ask(gateway.http, "GET /metrics");
    assert_eq!((status, &*kind), (200, "text/plain; version=0.0.4; charset=utf-8"), "{body}");
    parse(&body)
}

/// Reads the text format, version 0.0.4, strictly: of each family HELP, TYPE,
/// then its samples, all together and only once.
fn parse(page: &str) -> BTreeMap<String, f64> {
    let name = regex::Regex::new("^certpost_[a-z_]+$").unwrap();
    let sample =
        regex::Regex::new(r#"^([a-z_]+)(\{([a-z_0-9]+="([^"\\\n]|\\["\\n])*",?)+\})? (\S+)$"#)
            .unwrap();
    assert!(page.ends_with('\n'));
    let (mut numbers, mut families) = (BTreeMap::new(), Vec::new());
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let help = line.strip_prefix("# HELP ").unwrap_or_else(|| panic!("no HELP: {line}"));
        let (family, words) = help.split_once(' ').unwrap();
        assert!(name.is_match(family) && words.ends_with('.'), "{line}");
        assert!(!families.contains(&family), "{family} stands twice");
        families.push(family);
        let kind = lines.next().unwrap();
        let kind = kind.strip_prefix(&format!("# TYPE {family} ")).unwrap();
        assert_eq!(kind == "counter", family.ends_with("_total"), "{family} is a {kind}");
        assert!(matches!(kind, "counter" | "gauge"), "{kind}");
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let parts = sample.captures(line).unwrap_or_else(|| panic!("no sample: {line}"));
            assert_eq!(&parts[1], family, "{line}");
            let value: f64 = parts.get(5).unwrap().as_str().parse().unwrap();
            assert!(kind == "gauge" || value >= 0.0, "{line}");
            let key = line[..line.len() - parts[5].len() - 1].to_owned();
            assert!(numbers.insert(key, value).is_none(), "twice: {line}");
        }
    }
    numbers
}

#[track_caller]
pub fn told(numbers: &BTreeMap<String, f64>, key: &str) -> f64 {
    let key = format!("certpost_{key}");
    *numbers.get(&key).unwrap_or_else(|| panic!("no {key} in {numbers:#?}"))
}

/// What the story made is what the pages say; they hold nothing of what
/// crossed; and when the broker goes the gateway is alive and not ready.
#[test]
fn pages() {
    // Its own: it is taken away.
    let Some(broker) = Broker::start() else { return };
    let (mut bv, mut hm) = Gateway::pair(broker.url("bv"), broker.url("hm"));
    bv.start();
    hm.start();
    let (bv_side, hm_side) = (declared(&bv), declared(&hm));
    let ready = || ask(bv.http, "GET /readyz");
    wait_for("a ready gateway", LONG, || (ready().0 == 200).then_some(()));
    assert_eq!(ready().2, "ready\n");
    assert_eq!(ask(bv.http, "GET /healthz").2, "alive\n");
    assert_eq!(ask(bv.http, "GET /").0, 404);
    assert_eq!(ask(bv.http, "POST /metrics").0, 405);
    let before = numbers(&bv);
    assert_eq!(told(&before, "submissions_total{result=\"accepted\"}"), 0.0);

    for (message_id, number) in [("w-1", "BV-WEB-1"), ("w-2", "BV-WEB-2"), ("w-3", "BV-WEB-1")] {
        bv_side.submit("application/xml", message_id, None, xml(number).as_bytes());
    }
    bv_side.submit("application/json", "w-4", None, b"this is not JSON");
    hm_side.take("certpost.received", 2);
    letter_of_a_stranger(&hm);
    let done = |numbers: &BTreeMap<String, f64>| {
        numbers.get("certpost_submissions_total{result=\"rejected\"}") == Some(&1.0)
            && numbers.get("certpost_unpublished{outlet=\"events\"}") == Some(&0.0)
            && numbers.get("certpost_attempts_total{partner=\"HM\",verdict=\"handed-over\"}")
                == Some(&2.0)
            && numbers
                .get("certpost_events_total{direction=\"outbound\",event=\"received-by-partner\"}")
                == Some(&2.0)
    };
    let bv_numbers =
        wait_for("BV's numbers", LONG, || Some(numbers(&bv)).filter(|numbers| done(numbers)));
    for (key, value) in [
        ("submissions_total{result=\"accepted\"}", 2.0),
        ("submissions_total{result=\"duplicate\"}", 1.0),
        ("submissions_total{result=\"rejected\"}", 1.0),
        ("events_total{direction=\"outbound\",event=\"handed-over\"}", 2.0),
        ("unpublished{outlet=\"rejected\"}", 0.0),
        ("oldest_delivery_seconds{partner=\"HM\"}", 0.0),
        ("partner_active{partner=\"HM\"}", 1.0),
        // The two receipts.
        ("letters_taken_in_total", 2.0),
        ("broker_connected{connection=\"submissions\"}", 1.0),
        ("broker_connected{connection=\"publications\"}", 1.0),
    ] {
        assert_eq!(told(&bv_numbers, key), value, "{key}");
    }
    let version = env!("CARGO_PKG_VERSION");
    let build = format!("build_info{{environment=\"live\",version=\"{version}\"}}");
    assert_eq!(told(&bv_numbers, &build), 1.0);
    let keys = bv_numbers.iter().filter(|(key, _)| key.contains("left_seconds{"));
    assert_eq!(keys.clone().filter(|(_, left)| **left > 86_400.0).count(), 4, "{keys:?}");
    let refused = "certpost_letters_quarantined_total{code=\"root.not-smime\"}";
    let hm_numbers = wait_for("HM's numbers", LONG, || {
        Some(numbers(&hm)).filter(|numbers| numbers.get(refused) == Some(&1.0))
    });
    assert_eq!(told(&hm_numbers, "letters_taken_in_total"), 3.0);
    let received = "certificates_received_total{judgement=\"received\",partner=\"BV\"}";
    assert_eq!(told(&hm_numbers, received), 2.0);
    for gateway in [&bv, &hm] {
        let (_, _, page) = ask(gateway.http, "GET /metrics");
        for secret in ["WEB-", "@", "<", "push", "certpost.db"] {
            assert!(!page.contains(secret), "{secret} stands in {page}");
        }
    }

    // The partner's server goes: what waits for it is counted.
    assert_eq!(hm.stop(), Some(0));
    bv_side.submit("application/xml", "w-5", None, xml("BV-WEB-3").as_bytes());
    let waits = wait_for("a delivery that waits", LONG, || {
        let deferred = "certpost_deliveries{partner=\"HM\",state=\"deferred\"}";
        Some(numbers(&bv)).filter(|numbers| numbers.get(deferred) == Some(&1.0))
    });
    assert!(told(&waits, "oldest_delivery_seconds{partner=\"HM\"}") > 0.0);
    assert!(told(&waits, "attempts_total{partner=\"HM\",verdict=\"deferred\"}") >= 1.0);

    drop((bv_side, hm_side));
    drop(broker);
    let (_, _, words) = wait_for("an unready gateway", LONG, || {
        Some(ready()).filter(|(status, ..)| *status == 503)
    });
    assert!(words.contains("no connection to the broker"), "{words}");
    assert_eq!(ask(bv.http, "GET /healthz").0, 200);
    wait_for("numbers of a lonely gateway", LONG, || {
        let alone = numbers(&bv);
        let connected = "certpost_broker_connected{connection=\"submissions\"}";
        (alone.get(connected) == Some(&0.0)).then_some(())
    });
    assert_eq!(bv.stop(), Some(0));
}

/// A letter in clear, from nobody we know.
fn letter_of_a_stranger(to: &Gateway) {
    let mut stream = TcpStream::connect(("127.0.0.1", to.smtp)).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let lines = [
        "",
        "EHLO stranger.example\r\n",
        "MAIL FROM:<a@stranger.example>\r\n",
        "RCPT TO:<push@ecert.hm.example>\r\n",
        "DATA\r\n",
        "From: a@stranger.example\r\nSubject: hello\r\n\r\nhello\r\n.\r\n",
    ];
    for line in lines {
        stream.write_all(line.as_bytes()).unwrap();
        let mut reply = [0; 2048];
        let read = stream.read(&mut reply).unwrap();
        assert!(matches!(reply[0], b'2' | b'3'), "{}", String::from_utf8_lossy(&reply[..read]));
    }
}

/// A second gateway on the port of the first is refused, by name.
#[test]
fn a_port_that_is_taken() {
    let Some(broker) = Broker::shared() else { return };
    let (bv, _hm) = Gateway::pair(broker.url(&broker.fresh_vhost()), String::new());
    let _held = std::net::TcpListener::bind(("127.0.0.1", bv.http)).unwrap();
    let (exit, _, words) = bv.answer(&["run"]);
    assert_eq!(exit, 2, "{words}");
    assert!(words.contains("change doors.http"), "{words}");
}

/// Reading our own parser: it is strict enough to be worth something.
#[test]
#[should_panic(expected = "stands twice")]
fn the_parser_looks() {
    let one = "# HELP certpost_a A.\n# TYPE certpost_a gauge\ncertpost_a{b=\"c\"} 1\n";
    assert_eq!(parse(one).len(), 1);
    parse(&one.repeat(2));
}
