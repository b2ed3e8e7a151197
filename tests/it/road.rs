//! The road, both ways, with everything real.
//!
//! ```text
//! queue -> BV -> SMTP, S/MIME -> HM -> queue          and back
//! ```

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::Value;

use crate::broker::Broker;
use crate::conforms::faults;
use crate::queues::Domestic;
use crate::world::{Gateway, wait_for};

const LONG: Duration = Duration::from_secs(30);

/// Two gateways that run, and the domestic system of each; absent where there
/// is no broker to be had.
struct Road {
    bv: Gateway,
    hm: Gateway,
    bv_side: Domestic,
    hm_side: Domestic,
}

impl Road {
    fn open() -> Option<Road> {
        Road::open_with("")
    }

    /// With more at the end of BV's certpost.toml.
    fn open_with(more: &str) -> Option<Road> {
        let broker = Broker::shared()?;
        let url = || broker.url(&broker.fresh_vhost());
        let (mut bv, mut hm) = Gateway::pair(url(), url());
        let text = std::fs::read_to_string(bv.folder.path("certpost.toml")).unwrap();
        bv.folder.write("certpost.toml", format!("{text}{more}"));
        bv.start();
        hm.start();
        let (bv_side, hm_side) = (declared(&bv), declared(&hm));
        Some(Road { bv, hm, bv_side, hm_side })
    }
}

/// Connects once the gateway has declared its queues.
pub fn declared(gateway: &Gateway) -> Domestic {
    wait_for("declared queues", LONG, || {
        (gateway.log().contains("taking submissions") && gateway.log().contains("publishing"))
            .then_some(())
    });
    Domestic::connect(&gateway.url)
}

const IMPORT_AQ: &str = "<ram:ImportSPSCountry><ram:ID>AQ<";
const IMPORT_HM: &str = "<ram:ImportSPSCountry><ram:ID>HM<";

/// A ready certificate of BV for HM, with that number.
pub fn xml(number: &str) -> String {
    let text = include_str!("../golden/phytosanitary-851/certificate.xml");
    let from = text.find("<ram:ID>").unwrap() + "<ram:ID>".len();
    let to = from + text[from..].find("</ram:ID>").unwrap();
    format!("{}{number}{}", &text[..from], &text[to..]).replace(IMPORT_AQ, IMPORT_HM)
}

pub fn json(number: &str) -> Value {
    let mut certificate: Value =
        serde_json::from_str(include_str!("../../queue-config/examples/phytosanitary-851.json"))
            .unwrap();
    certificate["exchangedDocument"]["id"] = number.into();
    certificate["consignment"]["importCountry"]["id"] = "HM".into();
    certificate
}

/// A certificate of BV crosses to HM as XML and as JSON; the XML that was
/// submitted comes out the same to the last octet; the events tell of it; a
/// repeat does not cross twice; and both commands tell the story.
#[test]
fn out_and_in() {
    let Some(mut road) = Road::open() else { return };
    let ready = xml("BV-ROAD-1");
    road.bv_side.submit("application/xml", "m-1", None, ready.as_bytes());
    let taken = &road.hm_side.take("certpost.received", 1)[0];
    let received = taken.json();
    assert_eq!(
        BASE64.decode(received["xml"].as_str().unwrap().as_bytes()).unwrap(),
        ready.as_bytes()
    );
    assert_eq!(received["partner"], "BV");
    assert_eq!(received["id"], "BV/851/BV-ROAD-1");
    assert_eq!(taken.kind, "certificate");
    assert_eq!(taken.correlation_id, "BV/851/BV-ROAD-1");
    assert!(taken.message_id.starts_with("rcv-"));

    road.bv_side.submit("application/json", "m-2", None, json("BV-ROAD-2").to_string().as_bytes());
    let received = road.hm_side.take("certpost.received", 1)[0].json();
    assert_eq!(received["number"], "BV-ROAD-2");

    // The same again, under its own and under another id: nothing new crosses.
    road.bv_side.submit("application/xml", "m-1", None, ready.as_bytes());
    road.bv_side.submit("application/xml", "m-3", None, ready.as_bytes());
    road.bv_side.submit("application/xml", "m-4", None, xml("BV-ROAD-3").as_bytes());
    assert_eq!(road.hm_side.take("certpost.received", 1)[0].json()["number"], "BV-ROAD-3");
    let events = road.bv_side.events_until(|event| {
        event["event"] == "received-by-partner" && event["id"] == "BV/851/BV-ROAD-3"
    });
    let told = |event: &str| events.iter().filter(|one| one["event"] == event).count();
    assert_eq!(
        (told("accepted"), told("handed-over"), told("received-by-partner"), told("duplicate")),
        (3, 3, 3, 2),
        "{events:#?}"
    );
    let chained = |pair: &[Value]| pair[1]["previous"] == pair[0]["digest"];
    assert!(events.windows(2).all(chained), "{events:#?}");

    let (exit, out, _) = road.bv.answer(&["--json", "trace", "BV-ROAD-1"]);
    assert_eq!(exit, 0);
    let trace: Value = serde_json::from_slice(&out).unwrap();
    let sent = &trace["certificates"][0]["deliveries"][0];
    assert_eq!(sent["state"], "received");
    assert_eq!(sent["receipts"][0]["kind"], "mdn");
    assert_eq!(sent["receipts"][0]["disposition"], "processed");
    assert_eq!(sent["receipts"][0]["verified"], true);
    assert_eq!(sent["attempts"][0]["phase"], "end-of-data");
    assert!(sent["attempts"][0]["replies"].to_string().contains("250"));
    let (exit, out, _) = road.hm.answer(&["--json", "verify", "BV-ROAD-1"]);
    assert_eq!(
        (exit, serde_json::from_slice::<Value>(&out).unwrap()["verdict"].clone()),
        (0, "authentic".into())
    );
    for command in ["verify", "trace"] {
        assert_eq!(road.hm.answer(&["--json", command, "NOT-THERE"]).0, 3);
        assert_eq!(road.hm.answer(&["--json", command, "BV-ROAD-1"]).0, 0);
    }

    // A second gateway on the same ledger is refused, and a stop drains.
    let (exit, _, words) = road.bv.answer(&["run"]);
    assert_eq!(exit, 4, "{words}");
    assert_eq!(road.bv.stop(), Some(0));
    assert_eq!(road.hm.stop(), Some(0));
}

/// A certificate, one that replaces it and the withdrawal of that one cross in
/// an order that nobody wanted: what HM's domestic system is told, what HM's
/// official is told, and what both ledgers show is right all the same.
#[test]
fn a_life_crosses() {
    let Some(road) = Road::open() else { return };
    let numbered = |number: &str, replaces: Option<&str>, status: &str| {
        let mut certificate = json(number);
        certificate["exchangedDocument"]["statusCode"] = status.into();
        if let Some(replaces) = replaces {
            certificate["exchangedDocument"]["replacement"] =
                serde_json::json!({"certificateNumber": replaces});
        }
        certificate.to_string()
    };
    let crosses = |number: &str, replaces: Option<&str>, status: &str| {
        let body = numbered(number, replaces, status);
        let id = format!("{number} {status}");
        road.bv_side.submit("application/json", &id, None, body.as_bytes());
        let received = road.hm_side.take("certpost.received", 1)[0].json();
        assert_eq!(faults("received.schema.json", &received), [""; 0]);
        received
    };
    let verdict = |number: &str| {
        let (_, out, _) = road.hm.answer(&["--json", "verify", number]);
        serde_json::from_slice::<Value>(&out).unwrap()
    };
    // The new one is here before the old one.
    let new = crosses("BV-LIFE-2", Some("BV-LIFE-1"), "70");
    assert_eq!(new["current"], "issued");
    let unknown = serde_json::json!([{"id": "BV/851/BV-LIFE-1", "current": null}]);
    assert_eq!(new["replaces"], unknown);
    let early = verdict("BV-LIFE-1");
    assert_eq!(early["verdict"], "not-on-record");
    assert!(early["reasons"].to_string().contains("replaced by BV/851/BV-LIFE-2"), "{early}");
    let old = crosses("BV-LIFE-1", None, "70");
    assert_eq!(old["current"], "replaced");
    assert_eq!(old["replacedBy"][0]["id"], "BV/851/BV-LIFE-2");
    assert_eq!(verdict("BV-LIFE-1")["verdict"], "not-current");
    assert_eq!(verdict("BV-LIFE-2")["verdict"], "authentic");
    // The withdrawal of the new one brings the old one not back.
    let ended = crosses("BV-LIFE-2", Some("BV-LIFE-1"), "40");
    assert_eq!(ended["current"], "withdrawn");
    assert_eq!(ended["history"].as_array().unwrap().len(), 2);
    let late = verdict("BV-LIFE-1");
    assert_eq!((&late["verdict"], &late["current"]), (&"not-current".into(), &"replaced".into()));
    assert_eq!(late["replacedBy"][0]["current"], "withdrawn");
    for gateway in [&road.bv, &road.hm] {
        let (exit, out, _) = gateway.answer(&["--json", "trace", "BV-LIFE-1"]);
        assert_eq!(exit, 0);
        let trace: Value = serde_json::from_slice(&out).unwrap();
        let certificate = &trace["certificates"][0];
        assert_eq!(certificate["current"], "replaced");
        assert_eq!(certificate["history"].as_array().unwrap().len(), 2, "{certificate:#}");
        let (_, out, _) = gateway.answer(&["trace", "BV-LIFE-1"]);
        let words = String::from_utf8_lossy(&out).into_owned();
        assert!(words.contains("is replaced 已被替代\n"), "{words}");
        assert!(words.contains("replaced by  BV/851/BV-LIFE-2 (withdrawn)"), "{words}");
    }
}

/// Text of every script crosses JSON, XML, letter and queue to the octet, and a
/// number of any script is found again.
#[test]
fn every_script_crosses() {
    let Some(road) = Road::open() else { return };
    let texts = [
        ("ar", "شهادة الصحة النباتية، ٦٤ غ/م³"),
        ("he", "תעודת בריאות הצמח, שָׁלוֹם"),
        ("th", "ใบรับรองสุขอนามัยพืช น้ำ"),
        ("hi", "पादप स्वच्छता क्ष र्\u{200D}य"),
        ("ta", "தாவர கொ க\u{BC6}\u{BBE}"),
        ("km", "វិញ្ញាបនបត្រ\u{200B}ភូតគាមអនាម័យ"),
        ("zh", "植物检疫证书\u{20000}\u{2A6D6}\u{F900}\u{2F800}"),
        ("ja", "が か\u{3099} 葛\u{E0100} ﾘﾝｺﾞ"),
        ("ko", "사과 \u{1109}\u{1161}"),
        ("fr", "\u{E9} e\u{301} \u{212B} \u{C5}"),
        ("fa", "می\u{200C}خواهم"),
        ("en", "\u{1F468}\u{200D}\u{1F33E} ❤\u{FE0F} a\u{FEFF}b\u{2028}c\u{85}d\u{202E}e"),
        ("en", " one\rtwo\r\nthree\n.\nFrom four\n--\tfive "),
    ];
    let described: Vec<Value> = texts
        .iter()
        .map(|(language, text)| serde_json::json!({"value": text, "languageId": language}))
        .collect();
    for number in ["植检2026字第0001号", "شهادة/١٢", "\u{20000}".repeat(62).as_str()] {
        let mut certificate = json(number);
        let line = &mut certificate["consignment"]["includedConsignmentItem"][0]["includedTradeLineItem"]
            [0];
        line["description"] = described.clone().into();
        line["additionalDeclaration"] = described.clone().into();
        let document = &mut certificate["exchangedDocument"];
        document["issuerParty"]["name"] = texts[11].1.into();
        // As HM's entry has that date written.
        document["referencedDocument"][0]["issueDateTime"] =
            serde_json::json!({"value": "2026-10-01", "as": "text"});
        let body = certificate.to_string();
        road.bv_side.submit("application/json", number, None, body.as_bytes());
        let taken = &road.hm_side.take("certpost.received", 1)[0];
        let received = taken.json();
        assert_eq!(received["certificate"], certificate, "{number}");
        assert_eq!(received["findings"].to_string(), "[]");
        assert_eq!(taken.correlation_id, format!("BV/851/{number}"));
        let xml = BASE64.decode(received["xml"].as_str().unwrap().as_bytes()).unwrap();
        let xml = String::from_utf8(xml).unwrap();
        // A CR stands as a reference; everything else for itself.
        let written = |text: &str| xml.contains(&text.replace('\r', "&#13;"));
        assert!(texts.iter().all(|(_, text)| written(text)), "{xml}");
        for gateway in [&road.bv, &road.hm] {
            let (exit, out, _) = gateway.answer(&["--json", "trace", number]);
            let trace: Value = serde_json::from_slice(&out).unwrap();
            let id = trace["certificates"][0]["id"].as_str().unwrap_or_default().to_owned();
            assert_eq!((exit, id), (0, format!("BV/851/{number}")));
            let (exit, out, _) = gateway.answer(&["verify", number]);
            assert_eq!(exit, 0, "{}", String::from_utf8_lossy(&out));
        }
    }
}

/// Poison on the submissions queue comes back with findings, and the queue
/// goes on.
#[test]
fn poison() {
    let Some(road) = Road::open() else { return };
    let mut unknown = json("BV-POISON-1");
    unknown["consignment"]["nettWeight"] = "1".into();
    road.bv_side.submit("application/json", "p-1", None, b"this is not JSON");
    road.bv_side.submit("application/json", "p-2", None, unknown.to_string().as_bytes());
    road.bv_side.submit(
        "application/json",
        "p-3",
        Some("HM,XX"),
        json("BV-POISON-2").to_string().as_bytes(),
    );
    road.bv_side.submit("application/json", "p-4", None, &vec![b' '; 20_000_000]);
    road.bv_side.submit("text/plain", "p-5", None, b"{}");
    road.bv_side.submit("application/xml", "p-6", None, xml("BV-POISON-3").as_bytes());
    let rejected = road.bv_side.take("certpost.rejected", 5);
    for (taken, (id, code)) in rejected.iter().zip([
        ("p-1", "json"),
        ("p-2", "unknown-field"),
        ("p-3", "submission.unknown-partner"),
        ("p-4", "submission.too-large"),
        ("p-5", "submission.content-type"),
    ]) {
        assert_eq!(taken.header("x-certpost-message-id").as_deref(), Some(id));
        assert!(taken.message_id.starts_with("rej-"));
        let findings = taken.header("x-certpost-findings").unwrap();
        let read: Vec<Value> = serde_json::from_str(&findings).unwrap();
        assert!(read[0]["code"].as_str().unwrap().contains(code), "{id}: {findings}");
        for finding in &read {
            assert_eq!(faults("finding.schema.json", finding), [""; 0], "{id}");
        }
    }
    assert_eq!(rejected[3].body.len(), 20_000_000);
    assert_eq!(rejected[4].content_type, "text/plain");
    assert_eq!(road.hm_side.take("certpost.received", 1)[0].json()["number"], "BV-POISON-3");
}

/// A certificate for a country without a partner is kept and told of.
#[test]
fn no_partner_is_no_fault() {
    let Some(road) = Road::open() else { return };
    let text = xml("BV-NOWHERE-1").replace(IMPORT_HM, IMPORT_AQ);
    assert!(text.contains(IMPORT_AQ));
    road.bv_side.submit("application/xml", "n-1", None, text.as_bytes());
    let events = road.bv_side.events_until(|event| event["event"] == "no-partner");
    assert_eq!(events.last().unwrap()["id"], "BV/851/BV-NOWHERE-1");
    // The same by the command: known already.
    road.bv.folder.write("nowhere.xml", text);
    let file = road.bv.folder.path("nowhere.xml");
    let (exit, out, words) = road.bv.answer(&["--json", "submit", file.to_str().unwrap()]);
    assert_eq!(exit, 0, "{words}");
    let submitted: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(submitted["submitted"][0]["id"], "BV/851/BV-NOWHERE-1");
    road.bv_side.events_until(|event| event["event"] == "duplicate");
}

/// The door: only our mailbox and postmaster; what is no S/MIME is taken,
/// kept aside and told to nobody.
#[test]
fn the_door() {
    let Some(road) = Road::open() else { return };
    let mut stream = TcpStream::connect(("127.0.0.1", road.hm.smtp)).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let mut reply = |command: &str| {
        stream.write_all(command.as_bytes()).unwrap();
        let mut octets = Vec::new();
        let mut buffer = [0; 1024];
        loop {
            let n = stream.read(&mut buffer).unwrap();
            octets.extend_from_slice(&buffer[..n]);
            let text = String::from_utf8_lossy(&octets).into_owned();
            let last = text.lines().last().unwrap_or_default().to_owned();
            if n == 0 || (text.ends_with("\r\n") && last.as_bytes().get(3) == Some(&b' ')) {
                return text;
            }
        }
    };
    assert!(reply("").starts_with("220 "));
    assert!(reply("EHLO tester.example\r\n").starts_with("250"));
    assert!(reply("MAIL FROM:<a@b.example>\r\n").starts_with("250"));
    assert!(reply("RCPT TO:<nobody@ecert.hm.example>\r\n").starts_with("550 5.1.1"));
    assert!(reply("RCPT TO:<push@ecert.hm.example>\r\n").starts_with("250"));
    assert!(reply("DATA\r\n").starts_with("354"));
    assert!(reply("From: a@b.example\r\n\r\nhello\r\n.\r\n").starts_with("250"));
    assert!(reply("QUIT\r\n").starts_with("221"));
    let events = road.hm_side.events_until(|event| event["event"] == "quarantined");
    assert_eq!(events.last().unwrap()["reason"]["code"], "root.not-smime", "{events:#?}");
}

/// Where producers are listed, the broker-checked user, the type and the
/// number must be theirs.
#[test]
fn producers() {
    let listed = "[[producer]]\nuser = \"certpost\"\ntypes = [\"851\"]\nnumbers = \"^BV-P-\"\n";
    let Some(road) = Road::open_with(listed) else { return };
    let submit = |user, id, number| {
        road.bv_side.submit_as(user, "application/xml", id, None, xml(number).as_bytes());
    };
    submit(None, "u-1", "BV-P-1");
    submit(Some("certpost"), "u-2", "BV-Q-2");
    submit(Some("certpost"), "u-3", "BV-P-3");
    for (taken, id) in road.bv_side.take("certpost.rejected", 2).iter().zip(["u-1", "u-2"]) {
        assert_eq!(taken.header("x-certpost-message-id").as_deref(), Some(id));
        let findings = taken.header("x-certpost-findings").unwrap();
        assert!(findings.contains("submission.producer"), "{findings}");
    }
    assert_eq!(road.hm_side.take("certpost.received", 1)[0].json()["number"], "BV-P-3");
}

/// SIGHUP with faults: they are told, and the old configuration stays.
#[test]
fn a_faulty_configuration_changes_nothing() {
    let Some(road) = Road::open() else { return };
    let good = std::fs::read_to_string(road.bv.folder.path("partners.toml")).unwrap();
    road.bv.folder.write("partners.toml", good.replace("route = ", "rout = "));
    road.bv.hang_up();
    wait_for("told faults", LONG, || road.bv.log().contains("did you mean route?").then_some(()));
    road.bv_side.submit("application/xml", "h-1", None, xml("BV-HUP-1").as_bytes());
    assert_eq!(road.hm_side.take("certpost.received", 1)[0].json()["number"], "BV-HUP-1");
    // And a good one is taken: a suspended partner's deliveries wait.
    road.bv.folder.write("partners.toml", good.replace("tls = ", "state = \"suspended\"\ntls = "));
    road.bv.hang_up();
    wait_for("a configuration read", LONG, || {
        road.bv.log().contains("the configuration was read again").then_some(())
    });
    road.bv_side.submit("application/xml", "h-2", None, xml("BV-HUP-2").as_bytes());
    road.bv_side
        .events_until(|event| event["event"] == "accepted" && event["id"] == "BV/851/BV-HUP-2");
    let (_, out, _) = road.bv.answer(&["--json", "trace", "BV-HUP-2"]);
    let trace: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(trace["certificates"][0]["deliveries"][0]["state"], "waiting");
    road.bv.folder.write("partners.toml", good);
    road.bv.hang_up();
    assert_eq!(road.hm_side.take("certpost.received", 1)[0].json()["number"], "BV-HUP-2");
}

/// A partner that changed its key while it was down gets the same signed
/// octets sealed for the new key, not a letter that it cannot open.
#[test]
fn a_key_changed_while_a_letter_waited() {
    let Some(mut road) = Road::open() else { return };
    assert_eq!(road.hm.stop(), Some(0));
    road.bv_side.submit("application/xml", "k-1", None, xml("BV-KEY-1").as_bytes());
    road.bv_side.events_until(|event| event["event"] == "deferred");
    // HM's new key; the old one is gone.
    for (from, to) in [("own-sign", "own-decrypt")] {
        for ending in ["pem", "key"] {
            let octets = std::fs::read(road.hm.folder.path(&format!("{from}.{ending}"))).unwrap();
            road.hm.folder.write_secret(&format!("{to}.{ending}"), &octets);
        }
    }
    let new = std::fs::read(road.hm.folder.path("own-decrypt.pem")).unwrap();
    road.bv.folder.write("their-decrypt.pem", new);
    road.bv.hang_up();
    let events = road.bv_side.events_until(|event| event["event"] == "resealed");
    assert_eq!(events.last().unwrap()["id"], "BV/851/BV-KEY-1");
    road.hm.start();
    let received = road.hm_side.take("certpost.received", 1)[0].json();
    assert_eq!(received["number"], "BV-KEY-1");
    assert_eq!(
        BASE64.decode(received["xml"].as_str().unwrap().as_bytes()).unwrap(),
        xml("BV-KEY-1").as_bytes()
    );
}
