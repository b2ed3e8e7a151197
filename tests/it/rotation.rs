//! Keys change while certificates travel, and none is lost or refused.

use std::collections::BTreeSet;
use std::time::Duration;

use certpost::clock::{Clock, Timestamp};
use certpost::smime::throwaway::{self, Wanted};

use crate::broker::Broker;
use crate::queues::Domestic;
use crate::road::{declared, xml};
use crate::world::{Gateway, wait_for};

const LONG: Duration = Duration::from_secs(30);
/// How many certificates travel at each step.
const EACH: usize = 6;

struct Sides {
    bv: Gateway,
    hm: Gateway,
    bv_side: Domestic,
    hm_side: Domestic,
    sent: BTreeSet<String>,
}

impl Sides {
    /// Certificates on their way; nobody waits for them.
    fn submit(&mut self, step: &str) {
        for n in 0..EACH {
            let number = format!("BV-{step}-{n}");
            self.bv_side.submit("application/xml", &number, None, xml(&number).as_bytes());
            self.sent.insert(number);
        }
    }

    fn read_again(gateway: &Gateway, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(gateway.folder.path(file)).unwrap();
        assert!(text.contains(from), "{text}");
        gateway.folder.write(file, text.replace(from, to));
        let read = |log: String| log.matches("the configuration was read again").count();
        let before = read(gateway.log());
        gateway.hang_up();
        wait_for("the new configuration", LONG, || (read(gateway.log()) > before).then_some(()));
    }
}

fn soon(seconds: u64) -> Timestamp {
    Clock::system().now().plus(Duration::from_secs(seconds))
}

#[test]
fn keys_change_under_load() {
    let Some(broker) = Broker::shared() else { return };
    let url = || broker.url(&broker.fresh_vhost());
    let (mut bv, mut hm) = Gateway::pair(url(), url());
    let authority = throwaway::authority("Second authority").unwrap();
    let opener = authority.issue("hm decrypt 2", "push@ecert.hm.example").unwrap();
    let mut wanted = Wanted::mail("bv sign 2", "push@ecert.bv.example");
    // An elliptic-curve key takes over from an RSA key.
    wanted.key = throwaway::KeyKind::P256;
    let curve = authority.issue_as(&wanted).unwrap();
    wanted.key = throwaway::KeyKind::Rsa2048;
    let signer = authority.issue_as(&wanted).unwrap();
    hm.folder.write("own-decrypt-2.pem", &opener.0);
    hm.folder.write_secret("own-decrypt-2.key", &opener.1);
    hm.folder.write("own-decrypt-3.pem", &curve.0);
    hm.folder.write_secret("own-decrypt-3.key", &curve.1);
    bv.folder.write("their-decrypt-2.pem", &opener.0);
    bv.folder.write("their-decrypt-3.pem", &curve.0);
    bv.folder.write("own-sign-2.pem", &signer.0);
    bv.folder.write_secret("own-sign-2.key", &signer.1);
    hm.folder.write("their-sign-2.pem", &signer.0);
    bv.start();
    hm.start();
    let (bv_side, hm_side) = (declared(&bv), declared(&hm));
    let mut sides = Sides { bv, hm, bv_side, hm_side, sent: BTreeSet::new() };

    // Their opening key: both open, we seal to both, the old one goes.
    sides.submit("OLD");
    let own = "[[identity]]\nx509 = \"own-decrypt.pem\"\nkey = \"own-decrypt.key\"\nuse = [\"decrypt\"]\n";
    let second = own.replace("own-decrypt", "own-decrypt-2");
    let third = own.replace("own-decrypt", "own-decrypt-3");
    Sides::read_again(&sides.hm, "certpost.toml", own, &format!("{own}{second}{third}"));
    sides.submit("OPENS");
    let recipient = "recipients = [\"their-decrypt.pem\"]";
    let two = "recipients = [\"their-decrypt.pem\", \"their-decrypt-2.pem\"]";
    Sides::read_again(&sides.bv, "partners.toml", recipient, two);
    sides.submit("BOTH");
    let mixed = "recipients = [\"their-decrypt-2.pem\", \"their-decrypt-3.pem\"]";
    Sides::read_again(&sides.bv, "partners.toml", two, mixed);
    sides.submit("CURVE");

    // Our signing key: they take both for a while, we switch on a date.
    let switch = soon(3);
    let (past, later, last) = (soon(0), soon(86_400), soon(10 * 86_400));
    let pins = format!(
        "signers = [{{file = \"their-sign.pem\", until = \"{later}\"}}, {{file = \"their-sign-2.pem\", from = \"{past}\", until = \"{last}\"}}]"
    );
    Sides::read_again(&sides.hm, "partners.toml", "signers = [\"their-sign.pem\"]", &pins);
    let sign = "[[identity]]\nx509 = \"own-sign.pem\"\nkey = \"own-sign.key\"\nuse = [\"sign\"]\n";
    let next = format!("{}from = \"{switch}\"\n", sign.replace("own-sign", "own-sign-2"));
    Sides::read_again(&sides.bv, "certpost.toml", sign, &format!("{sign}{next}"));
    sides.submit("SWITCH");
    wait_for("the switch", LONG, || (Clock::system().now() > switch).then_some(()));
    sides.submit("NEW");

    let taken = sides.hm_side.take("certpost.received", sides.sent.len());
    let mut signers = BTreeSet::new();
    let mut received = BTreeSet::new();
    for taken in &taken {
        let object = taken.json();
        received.insert(object["number"].as_str().unwrap().to_owned());
        signers.insert(object["signer"]["sha256"].as_str().unwrap().to_owned());
    }
    assert_eq!(received, sides.sent);
    assert_eq!(signers.len(), 2, "the old signing key and the new one: {signers:?}");
    for (gateway, word) in
        [(&sides.hm, "is refused"), (&sides.hm, "put aside"), (&sides.bv, "refused")]
    {
        let log = gateway.log();
        assert!(!log.contains(word), "{word}: {log}");
    }
    // The old signer has a successor; that one ends in ten days and has none.
    let told = |event: &serde_json::Value| event["event"] == "key-expiring";
    let events = sides.hm_side.events_until(told);
    let told: Vec<_> = events.iter().filter(|event| told(event)).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(
        (&told[0]["partner"], &told[0]["reason"]["code"]),
        (&"BV".into(), &"key.ends-in-14d".into())
    );
    assert!(told[0]["reason"]["words"].as_str().unwrap().contains("CN=bv sign 2"), "{told:#?}");
    assert_eq!((sides.hm.stop(), sides.bv.stop()), (Some(0), Some(0)));
}
