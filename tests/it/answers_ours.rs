//! What certpost answers to the letters of partners.

use serde_json::{Value, json};

use crate::answers_office::{Office, Peer, words};
use crate::queues::Taken;

//------------ Asking --------------------------------------------------------

/// A letter of a partner that asks for a receipt, and what it gets.
struct Asking {
    name: &'static str,
    partner: &'static str,
    /// What the letter has beside the usual; its number is `N` and the row's.
    with: Value,
    /// What is done with it instead of sending it for the first time.
    again: bool,
    /// The disposition that is answered; nothing if there is no receipt.
    answers: Option<&'static str>,
    /// The reason that is given.
    reason: Option<&'static str>,
    /// What is told of it on the queue.
    told: &'static str,
    /// How many letters answer this one by then.
    receipts: u64,
    /// Fields that the receipt has in just these words.
    fields: &'static [(&'static str, &'static str)],
}

pub const PROCESSED: &str = "automatic-action/MDN-sent-automatically; processed";
const WARNED: &str =
    "automatic-action/MDN-sent-automatically; processed/warning: delivered-with-warnings";
const REFUSED: &str =
    "automatic-action/MDN-sent-automatically; processed/error: unexpected-processing-error";

fn asking(name: &'static str, with: Value) -> Asking {
    Asking {
        name,
        partner: "HM",
        with,
        again: false,
        answers: Some(PROCESSED),
        reason: None,
        told: "received",
        receipts: 1,
        fields: &[],
    }
}

fn refused(name: &'static str, reason: &'static str, told: &'static str, with: Value) -> Asking {
    Asking { answers: Some(REFUSED), reason: Some(reason), told, ..asking(name, with) }
}

fn silent(name: &'static str, told: &'static str, with: Value) -> Asking {
    Asking { answers: None, told, receipts: 0, ..asking(name, with) }
}

#[rustfmt::skip]
fn letters() -> Vec<Asking> {
    let sha = |options: &str| json!({"options": format!(
        "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, {options}")});
    vec![
        Asking { fields: &[("Certpost-Certificate", "HM; 851; 70; N-0")],
            ..asking("a certificate", json!({})) },
        Asking { again: true, receipts: 2, told: "duplicate",
            ..asking("the same letter again: the very same receipt", json!({"number": "N-0"})) },
        Asking { told: "duplicate", ..asking("the same content in a new letter: its own receipt",
            json!({"number": "N-0"})) },
        Asking { told: "duplicate", ..asking("the same content spelled otherwise",
            json!({"number": "N-0", "spelling": "one line"})) },
        refused("no certificate inside", "certificate-not-readable",
            "quarantined:certificate.not-readable", json!({"xml": "<a/>"})),
        Asking { again: true, receipts: 2, ..refused("the same again: the very same receipt",
            "certificate-not-readable", "quarantined:certificate.not-readable", json!({})) },
        refused("same number and status, other content", "conflict", "conflict",
            json!({"number": "N-0", "weight": "1.00"})),
        Asking { ..asking("a withdrawal", json!({"status": "40"})) },
        refused("older than what there is", "stale", "stale", json!({"number": "N-7"})),
        refused("of another partner's country", "wrong-issuer", "quarantined:binding.country",
            json!({"exporter": "AQ"})),
        refused("the signed To is another's", "not-for-us", "quarantined:binding.recipient",
            json!({"to": "push@ecert.aq.example"})),
        refused("labelled an inquiry", "type-not-agreed", "quarantined:binding.kind",
            json!({"inside": [["Kind: certificate", "Kind: inquiry"]]})),
        refused("from a training gateway", "not-for-us", "quarantined:binding.environment",
            json!({"inside": [["Environment: live", "Environment: training"]]})),
        asking("a relay wrote another Message-ID outside",
            json!({"outside": [["Message-ID: <", "Message-ID: <relay."]]})),
        asking("asks with a name before the address",
            json!({"asks": "Gateway of HM <push@ecert.hm.example>"})),
        asking("asks for it at another address of its own",
            json!({"asks": "gate@ecert.hm.example"})),
        silent("asks for no receipt", "received", json!({"asks": ""})),
        silent("asks for it elsewhere", "received", json!({"asks": "spy@elsewhere.example"})),
        silent("asks for it at another partner's", "received",
            json!({"asks": "push@ecert.aq.example"})),
        silent("asks for it at two places", "received",
            json!({"asks": "push@ecert.hm.example, push@ecert.aq.example"})),
        silent("signed by one of the same authority", "quarantined:signer.not-pinned",
            json!({"signer": "stranger"})),
        silent("signed by another partner", "quarantined:binding.sender",
            json!({"signer": "aq"})),
        Asking { partner: "TF", ..silent("from who gets no receipts", "received", json!({})) },
        Asking { partner: "PN", ..asking("from who wants remarks, without any", json!({})) },
        Asking { partner: "PN", answers: Some(WARNED), ..asking("from who wants remarks",
            json!({"outside": [["[...]", "rewritten"]]})) },
        asking("remarks that nobody wants", json!({"outside": [["[...]", "rewritten"]]})),
        Asking { fields: &[("micalg", "sha256")], ..asking("asks for sha256", sha("sha256")) },
        Asking { fields: &[("micalg", "rsa-sha256")],
            ..asking("asks for several", sha("sha1, SHA-512, rsa-sha256")) },
        Asking { partner: "FK", fields: &[("micalg", "SHA-384")],
            with: json!({"digest": "sha384", "options": sha("SHA-384")["options"]}),
            ..asking("signs by SHA-384", json!({})) },
        Asking { answers: Some("automatic-action/MDN-sent-automatically; failed/Failure: unsupported MIC-algorithms"),
            ..asking("requires SHA-1", json!({"options":
                "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=required, sha1"})) },
        Asking { partner: "GS", ..asking("from who wants it in clear", json!({})) },
        Asking { partner: "GS", ..refused("no certificate, answered in clear",
            "certificate-not-readable", "quarantined:certificate.not-readable",
            json!({"xml": "<a/>"})) },
    ]
}

/// What certpost answers, and to whom.
pub fn our_answers(office: &Office, peer: &Peer) {
    let letters = letters();
    let door = office.gateway.smtp;
    println!("our answers to their letters:");
    let mut ids: Vec<(String, String)> = Vec::new();
    let inbound = |event: &Value| {
        event["direction"] == "inbound"
            && !matches!(event["event"].as_str(), Some("taken-in" | "receipt-sent"))
    };
    let before = office.events.borrow().iter().filter(|event| inbound(event)).count();
    for (at, row) in letters.iter().enumerate() {
        let own = format!("N-{at}");
        let message_id = if row.again {
            peer.ask(&json!({"do": "again", "door": door, "of": ids[at - 1].0}));
            ids[at - 1].1.clone()
        } else {
            let mut request = row.with.clone();
            request["do"] = "send".into();
            request["door"] = door.into();
            request["name"] = own.clone().into();
            request["partner"] = row.partner.into();
            if request.get("number").is_none() {
                request["number"] = own.clone().into();
            }
            peer.ask(&request)["messageId"].as_str().unwrap().to_owned()
        };
        let name = if row.again { ids[at - 1].0.clone() } else { own };
        ids.push((name.clone(), message_id));
        office.told(row.name, inbound, before + at + 1);
        let last =
            office.events.borrow().iter().filter(|event| inbound(event)).map(words).next_back();
        let last = last.unwrap();
        let told = last.split(':').next().unwrap() == row.told || last == row.told;
        assert!(told, "{}: {last}", row.name);
        let Some(disposition) = row.answers else { continue };
        let receipts = peer.ask(&json!({"do": "judge", "of": name, "count": row.receipts}));
        let receipt = &receipts["last"];
        let fields = &receipt["fields"];
        println!("  {:50} {:12} {}", row.name, last, fields["Disposition"].as_str().unwrap());
        assert_eq!(fields["Disposition"], disposition, "{}", row.name);
        assert_eq!(fields["Certpost-Reason"].as_str(), row.reason, "{}", row.name);
        assert_eq!(fields["Error"].is_null(), row.reason.is_none(), "{}", row.name);
        assert_eq!(fields["Warning"].is_null(), disposition != WARNED, "{}", row.name);
        assert_eq!(receipts["different"], 1, "{}", row.name);
        let to = match row.with["asks"].as_str() {
            Some(asks) if asks.starts_with("gate@") => asks.to_owned(),
            _ => format!("push@ecert.{}.example", row.partner.to_lowercase()),
        };
        assert_eq!(receipt["to"], *to, "{}", row.name);
        let mail = receipt["mail"].as_str().unwrap();
        assert!(mail.starts_with("MAIL FROM:<> "), "{}: {mail}", row.name);
        assert!(!mail.contains("RET=") && !mail.contains("ENVID="), "{}: {mail}", row.name);
        assert_eq!(receipt["rcpt"], *format!("RCPT TO:<{to}> NOTIFY=NEVER"), "{}", row.name);
        assert_eq!(receipt["asks"], false, "{}: a receipt asks for none", row.name);
        let clear = row.partner == "GS";
        let root = if clear { "multipart/signed" } else { "application/pkcs7-mime" };
        assert_eq!(receipt["root"], root, "{}", row.name);
        if clear {
            assert!(fields["Certpost-Certificate"].is_null(), "{}: a number in clear", row.name);
        }
        for (field, wanted) in row.fields {
            let found = match *field {
                "micalg" => fields["Received-Content-MIC"].as_str().unwrap().split(", ").nth(1),
                other => fields[other].as_str(),
            };
            assert_eq!(found, Some(*wanted), "{}: {field}", row.name);
        }
    }
    // Each receipt is told of once for each time that it went.
    let sent = |event: &Value| event["event"] == "receipt-sent";
    let wanted = letters.iter().filter(|row| row.answers.is_some()).count();
    office.told("receipt-sent", sent, wanted);
    assert_eq!(office.events.borrow().iter().filter(|event| sent(event)).count(), wanted);
    for (at, row) in letters.iter().enumerate() {
        let came = peer.letters(&ids[at].1, 0)["count"].as_u64().unwrap();
        let again = letters.get(at + 1).is_some_and(|next| next.again);
        assert_eq!(came, row.receipts + u64::from(again), "{}", row.name);
        if row.answers.is_none() {
            println!("  {:50} no receipt", row.name);
        }
    }
    // Asked for elsewhere is a remark that the domestic system sees.
    let published = letters.iter().filter(|row| row.told == "received").count();
    let received = office.side.take("certpost.received", published);
    let remarked = |number: &str| {
        let one = received.iter().map(Taken::json).find(|one| one["number"] == number).unwrap();
        one["findings"].to_string().contains("receipt-elsewhere")
    };
    for (at, row) in letters.iter().enumerate() {
        if row.told == "received" {
            let elsewhere = row.answers.is_none() && row.name.starts_with("asks for it");
            assert_eq!(remarked(&format!("N-{at}")), elsewhere, "{}", row.name);
        }
    }
}
