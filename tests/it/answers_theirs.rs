//! What partners and the road answer to our letters, and what comes of each.

use std::time::Duration;

use serde_json::{Value, json};

use crate::answers_office::{Office, Peer, words};
use crate::world::wait_for;

const LONG: Duration = Duration::from_secs(30);

//------------ Row -----------------------------------------------------------

/// A letter of ours, what its partner and the road do, and what comes of it.
struct Row {
    name: &'static str,
    partner: &'static str,
    /// What befalls the letter on the partner's mail server.
    befalls: &'static [&'static str],
    /// How much is told before anything is done.
    first: usize,
    /// What is done then, one after another.
    does: Vec<Value>,
    state: &'static str,
    /// Told of the certificate after `accepted` and `sealed`.
    told: &'static [&'static str],
    /// Told of the letters that are set aside.
    aside: &'static [&'static str],
    /// How the receipts and reports on record are shown with the delivery.
    shown: &'static [&'static str],
    /// How often the letter comes, always in the same octets.
    copies: u64,
}

fn row(name: &'static str, does: Vec<Value>, state: &'static str) -> Row {
    Row {
        name,
        partner: "HM",
        befalls: &[],
        first: 1,
        does,
        state,
        told: &["handed-over"],
        aside: &[],
        shown: &[],
        copies: 1,
    }
}

fn said(said: Value) -> Value {
    json!({"do": "receipt", "said": said})
}

fn by(signer: &str) -> Value {
    json!({"do": "receipt", "said": {}, "signer": signer})
}

fn form(form: &str) -> Value {
    json!({"do": "receipt", "said": {}, "form": form})
}

fn reported(action: &str, status: &str) -> Value {
    json!({"do": "report", "said": {"action": action, "status": status}})
}

pub const RECEIVED: &[&str] = &["handed-over", "received-by-partner"];
fn release() -> Value {
    json!({"do": "release"})
}

const ERROR: &str = "processed/error: unexpected-processing-error";

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    let good = || said(json!({}));
    let no = || said(json!({"disposition": ERROR, "fields": [
        "Error: certificate-not-readable: number missing",
        "Certpost-Reason: certificate-not-readable"]}));
    let mic = |of: &str| said(json!({"mic": of}));
    let once: &[&str] = &["mdn processed verified"];
    let doubted: &[&str] = &["mdn"];
    vec![
        Row { told: RECEIVED, shown: once, ..row("good, sealed", vec![good()], "received") },
        Row { partner: "GS", told: RECEIVED, shown: once,
            ..row("good, in clear, as their entry says", vec![form("clear")], "received") },
        Row { partner: "GS", told: RECEIVED, shown: once,
            ..row("sealed, though in clear would do", vec![good()], "received") },
        Row { told: RECEIVED, shown: once,
            ..row("good, and asks for a receipt for itself", vec![said(json!({"asks": true}))],
                "received") },
        Row { told: RECEIVED, shown: once,
            ..row("digest spelled as products do", vec![mic("as2")], "received") },
        Row { aside: &["quarantined:receipt-not-sealed"],
            ..row("in clear, though their entry says sealed", vec![form("clear")], "handed-over") },
        Row { told: &["handed-over", "contradiction:receipt-mic-differs"], shown: doubted,
            ..row("digest of other octets", vec![mic("other")], "handed-over") },
        Row { told: &["handed-over", "contradiction:receipt-mic-differs"], shown: doubted,
            ..row("digest of the XML alone", vec![mic("xml")], "handed-over") },
        Row { told: &["handed-over", "contradiction:receipt-mic-differs"], shown: doubted,
            ..row("digest of bare line feeds", vec![mic("lf")], "handed-over") },
        Row { told: &["handed-over", "contradiction:receipt-mic-differs", "received-by-partner"],
            shown: &["mdn", "mdn processed verified"],
            ..row("wrong digest, then right", vec![mic("other"), good()], "received") },
        Row { told: &["handed-over", "contradiction:receipt-no-mic"], shown: doubted,
            ..row("no digest", vec![mic("none")], "handed-over") },
        Row { told: &["handed-over", "contradiction:receipt-mic-algorithm"], shown: doubted,
            ..row("digest by SHA-1", vec![mic("sha1")], "handed-over") },
        Row { told: &["handed-over", "contradiction:receipt-mic-form"], shown: doubted,
            ..row("digest that is none", vec![mic("garbage")], "handed-over") },
        Row { aside: &["quarantined:receipt-other-partner"],
            ..row("signed by another partner", vec![by("aq")], "handed-over") },
        Row { aside: &["quarantined:receipt-signature"],
            ..row("signed by one of the same authority", vec![by("stranger")], "handed-over") },
        Row { aside: &["quarantined:receipt-unsigned"],
            ..row("signed by nobody", vec![form("unsigned")], "handed-over") },
        Row { aside: &["quarantined:receipt-unsigned"],
            ..row("sealed, and signed by nobody", vec![form("encrypted")], "handed-over") },
        row("for a letter that is not ours", vec![said(json!({
            "original": "<aaaaaaaaaaaaaaaaaaaaaaaaaa@ecert.bv.example>"}))], "handed-over"),
        Row { told: RECEIVED, shown: &["mdn processed verified", "mdn processed verified"],
            ..row("good, twice", vec![good(), json!({"do": "again"})], "received") },
        Row { told: &["handed-over", "not-readable:certificate-not-readable"],
            shown: &["mdn processed/error: unexpected-processing-error verified"],
            ..row("no, with a reason", vec![no()], "failed") },
        Row { told: &["handed-over", "not-readable:certificate-not-readable",
                "contradiction:receipt-late"],
            shown: &["mdn processed/error: unexpected-processing-error verified",
                "mdn processed verified"],
            ..row("no, then yes", vec![no(), good()], "failed") },
        Row { told: &["handed-over", "received-by-partner", "contradiction:receipt-late"],
            shown: &["mdn processed verified",
                "mdn processed/error: unexpected-processing-error verified"],
            ..row("yes, then no", vec![good(), no()], "received") },
        Row { told: &["handed-over", "contradiction:receipt-recipient"], shown: doubted,
            ..row("for another mailbox",
                vec![said(json!({"recipient": "push@ecert.aq.example"}))], "handed-over") },
        Row { told: &["handed-over", "contradiction:receipt-not-ours"], shown: doubted,
            ..row("to another gateway",
                vec![said(json!({"to": "push@ecert.aq.example"}))], "handed-over") },
        Row { told: &["handed-over", "contradiction:receipt-contradicts"], shown: doubted,
            ..row("names another document", vec![said(json!({"fields": [
                "Certpost-Document-Digest: sha-256; HP9OOO4mODmRvvorzN78ZVMPVQNINQZ2u4L6MBpvhfM="
            ]}))], "handed-over") },
        Row { shown: doubted, ..row("a person's mail program answers", vec![json!({"do": "receipt",
            "said": {"disposition": "displayed", "mic": "none"}})], "handed-over") },
        Row { shown: &["mdn processed/Warning: duplicate-document"],
            ..row("a copy was there, no digest", vec![said(json!({
                "disposition": "processed/Warning: duplicate-document", "mic": "none"}))],
                "handed-over") },
        Row { partner: "NU", shown: &["mdn processed/error: decryption-failed verified"],
            told: &["handed-over", "not-readable:receipt-says"],
            ..row("they cannot decrypt",
                vec![said(json!({"disposition": "processed/error: decryption-failed"}))],
                "failed") },
        Row { befalls: &["cut_taken"], told: &["in-doubt:smtp.end-of-data", "received-by-partner"],
            shown: once, ..row("no reply to the dot, then a receipt", vec![good()], "received") },
        Row { befalls: &["cut_taken"], told: &["in-doubt:smtp.end-of-data", "handed-over"],
            copies: 2, ..row("no reply to the dot, no receipt", vec![], "handed-over") },
        Row { befalls: &["waits"], first: 0, told: &["received-by-partner"], shown: once,
            ..row("a receipt before the reply to the dot", vec![good(), release()], "received") },
        Row { befalls: &["waits"], first: 0, shown: &["dsn failed"],
            told: &["bounced:dsn-failed", "contradiction:smtp.end-of-data"],
            ..row("report: failed 5.2.1, before the reply to the dot",
                vec![reported("failed", "5.2.1"), release()], "bounced") },
        Row { befalls: &["waits"], first: 0, shown: &["dsn failed"],
            ..row("report: failed 4.4.7, before the reply to the dot",
                vec![reported("failed", "4.4.7"), release()], "handed-over") },

        Row { told: &["handed-over", "bounced:dsn-failed"], shown: &["dsn failed"],
            ..row("report: failed 5.1.1", vec![reported("failed", "5.1.1")], "bounced") },
        Row { told: &["handed-over", "bounced:dsn-failed"], shown: &["dsn failed"],
            ..row("report: failed, by the header that came back",
                vec![json!({"do": "report", "said": {"action": "failed", "status": "5.2.1",
                    "envelope": "returned"}})], "bounced") },
        Row { told: &["handed-over", "deferred:dsn-failed", "handed-over"], copies: 2,
            shown: &["dsn failed"],
            ..row("report: failed 4.4.7", vec![reported("failed", "4.4.7")], "handed-over") },
        Row { told: &["handed-over", "deferred:dsn-failed", "handed-over", "deferred:dsn-failed",
                "handed-over", "received-by-partner"], copies: 3,
            shown: &["dsn failed", "dsn failed", "mdn processed verified"],
            ..row("report: failed 4.4.7, twice, then a receipt", vec![
                reported("failed", "4.4.7"), json!({"do": "letters", "count": 2}),
                reported("failed", "4.4.7"), json!({"do": "letters", "count": 3}), good()],
                "received") },
        Row { shown: &["dsn delayed"],
            ..row("report: delayed", vec![reported("delayed", "4.4.1")], "handed-over") },
        Row { shown: &["dsn delivered"],
            ..row("report: delivered is no receipt",
                vec![reported("delivered", "2.0.0")], "handed-over") },
        Row { aside: &["quarantined:dsn-unknown"],
            ..row("report: failed, for another's letter",
                vec![json!({"do": "report", "said": {"action": "failed", "status": "5.1.1",
                    "envelope": "aaaaaaaaaaaaaaaaaaaaaaaaaa"}})], "handed-over") },
        Row { shown: &["dsn"], ..row("report: failed, for another recipient",
                vec![json!({"do": "report", "said": {"action": "failed", "status": "5.1.1",
                    "recipient": "push@ecert.aq.example"}})], "handed-over") },
        Row { aside: &["quarantined:root.not-smime"],
            ..row("report: with a reverse path",
                vec![json!({"do": "report", "said": {"action": "failed", "status": "5.1.1"},
                    "path": "push@ecert.hm.example"})], "handed-over") },
        Row { told: &["handed-over", "received-by-partner", "contradiction:dsn-contradicts"],
            shown: &["mdn processed verified", "dsn failed"],
            ..row("report: failed, after a receipt",
                vec![good(), reported("failed", "5.1.1")], "received") },
        Row { told: &["handed-over", "bounced:dsn-failed", "contradiction:receipt-late"],
            shown: &["dsn failed", "mdn processed verified"],
            ..row("a receipt, after a report: failed",
                vec![reported("failed", "5.2.1"), good()], "bounced") },
        Row { aside: &["quarantined:root.not-smime"], shown: &["dsn"],
            ..row("a bounce of no form names our letter",
                vec![reported("formless", "")], "handed-over") },
        Row { partner: "CK", told: &["handed-over", "bounced:dsn-failed"], shown: &["dsn failed"],
            ..row("report: first of three 5.1.x", vec![reported("failed", "5.1.1")], "bounced") },
        Row { partner: "CK", told: &["handed-over", "bounced:dsn-failed"], shown: &["dsn failed"],
            ..row("report: second of three", vec![reported("failed", "5.7.1")], "bounced") },
        Row { partner: "CK", told: &["handed-over", "bounced:dsn-failed"], shown: &["dsn failed"],
            ..row("report: third of three", vec![reported("failed", "5.1.10")], "bounced") },
        Row { partner: "TF", ..row("no receipt is asked of who sends none", vec![], "handed-over") },
    ]
}

/// What the partner and the road answer, and what comes of each.
pub fn their_answers(office: &Office, peer: &Peer) {
    let rows = rows();
    let number = |at: usize| format!("BV-A-{at:02}");
    for (at, row) in rows.iter().enumerate() {
        if row.befalls.is_empty() {
            office.submit(&number(at), row.partner);
        }
    }
    // Three letters are answered in the reverse of their order.
    for at in (rows.len()..rows.len() + 3).rev() {
        office.submit(&number(at), "HM");
    }
    let aside = |event: &Value| event["event"] == "quarantined";
    let aside_before = office.events.borrow().iter().filter(|event| aside(event)).count();
    let mut set_aside = aside_before;
    let mut receipts = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let number = number(at);
        if !row.befalls.is_empty() {
            // Its turn comes before the doubt is over.
            peer.ask(&json!({"do": "befalls", "about": number, "what": row.befalls}));
            office.submit(&number, row.partner);
        }
        peer.letters(&number, 1);
        office.told_of(&number, &row.told[..row.first]);
        for request in &row.does {
            let mut request = request.clone();
            request["door"] = office.gateway.smtp.into();
            match request["do"].as_str() {
                Some("again") => {}
                Some("letters") => {
                    let copies = request["count"].as_u64().unwrap();
                    peer.letters(&number, copies);
                    let handed_over = vec!["handed-over"; usize::try_from(copies).unwrap()];
                    office.told_of(&number, &handed_over);
                    continue;
                }
                Some("release") => request = json!({"do": "release"}),
                _ => request["number"] = number.clone().into(),
            }
            if request["do"] == "release" {
                // What was done so far is on record before the reply comes.
                wait_for(row.name, LONG, || {
                    (!shown(&office.delivery(&number)).is_empty()).then_some(())
                });
            }
            let answer = peer.ask(&request);
            receipts.extend(answer["messageId"].as_str().map(str::to_owned));
        }
        office.told_of(&number, row.told);
        set_aside += row.aside.len();
        office.told(row.name, aside, set_aside);
        let last =
            office.events.borrow().iter().filter(|event| aside(event)).map(words).next_back();
        if let Some(wanted) = row.aside.last() {
            assert_eq!(last.as_deref(), Some(*wanted), "{}", row.name);
        }
        let copies = peer.letters(&number, row.copies);
        wait_for(row.name, LONG, || {
            let delivery = office.delivery(&number);
            (shown(&delivery).len() >= row.shown.len()).then_some(())
        });
        let asks = row.partner != "TF";
        assert_eq!(copies["asks"], asks, "{}", row.name);
    }
    for at in (rows.len()..rows.len() + 3).rev() {
        let door = office.gateway.smtp;
        peer.ask(&json!({"do": "receipt", "said": {}, "door": door, "number": number(at)}));
        office.told_of(&number(at), RECEIVED);
    }
    // Now that all is quiet: nothing happened that no row speaks of.
    let log = office.gateway.log();
    println!("their answers to our letters:");
    for (at, row) in rows.iter().enumerate() {
        let number = number(at);
        let delivery = office.delivery(&number);
        let copies = peer.letters(&number, row.copies);
        let told = office.all_of(&number);
        println!(
            "  {:45} {:12} {}",
            row.name,
            delivery["state"].as_str().unwrap(),
            told.join(", ")
        );
        assert_eq!(delivery["state"], row.state, "{}", row.name);
        assert_eq!(told, row.told, "{}", row.name);
        assert_eq!(shown(&delivery), row.shown, "{}", row.name);
        assert_eq!((&copies["count"], &copies["different"]), (&json!(row.copies), &json!(1)));
        assert_eq!(copies["messageIds"].as_array().unwrap().len(), 1, "{}", row.name);
    }
    let quarantined = office.events.borrow().iter().filter(|event| aside(event)).count();
    assert_eq!(quarantined, set_aside, "letters set aside");
    for receipt in receipts {
        let answers = peer.letters(&receipt, 0);
        assert_eq!(answers["count"], 0, "a receipt is never answered");
    }
    assert!(log.contains("receipt-unknown"), "a receipt for no letter of ours is kept");
    for partner in ["NU", "CK"] {
        let suspended =
            |event: &Value| event["event"] == "suspended" && event["partner"] == partner;
        assert_eq!(office.events.borrow().iter().filter(|e| suspended(e)).count(), 1, "{partner}");
    }
    assert_eq!(office.events.borrow().iter().filter(|e| e["event"] == "suspended").count(), 2);
}

/// The receipts and reports on record with a delivery, a line each.
fn shown(delivery: &Value) -> Vec<String> {
    let receipts = delivery["receipts"].as_array().unwrap();
    let line = |receipt: &Value| {
        let mut line = receipt["kind"].as_str().unwrap().to_owned();
        if let Some(disposition) = receipt["disposition"].as_str() {
            line.push(' ');
            line.push_str(disposition);
        }
        if receipt["verified"] == true {
            line.push_str(" verified");
        }
        line
    };
    receipts.iter().map(line).collect()
}
