//! Reports from the road, in the manner of those who write them.

use proptest::prelude::*;

use super::*;
use crate::delivery::{Trigger, decide};
use crate::receipt::dsn::mentioned;
use crate::receipt::effect::Counts;

/// A report with these groups and this as its third part.
fn letter(groups: &str, third: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.hm.example\r\nTo: {BV}\r\n\
         Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b/1\"\r\n\r\n\
         This is a report.\r\n\r\n--b/1\r\nContent-Description: Notification\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry.\r\n\r\n--b/1\r\n\
         Content-Type: message/delivery-status\r\n\r\n{groups}\r\n--b/1\r\n{third}\r\n--b/1--\r\n"
    )
}

fn postfix() -> String {
    letter(
        &format!(
            "Reporting-MTA: dns; mx.bv.example\r\nOriginal-Envelope-Id: {LETTER}\r\n\
             X-Postfix-Queue-ID: 4F1\r\nX-Postfix-Sender: rfc822; {BV}\r\n\
             Arrival-Date: Mon, 23 Nov 2026 20:30:01 +0000 (UTC)\r\n\r\n\
             Final-Recipient: rfc822; {HM}\r\nOriginal-Recipient: rfc822;{HM}\r\n\
             Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.hm.example\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 <{HM}>: Recipient address\r\n    rejected: User unknown\r\n"
        ),
        &format!(
            "Content-Type: text/rfc822-headers\r\n\r\nMessage-Id: <{LETTER}@ecert.bv.example>\r\n"
        ),
    )
}

fn exim() -> String {
    letter(
        &format!(
            "Reporting-MTA: dns; mx.bv.example\r\n\r\nAction: failed\r\n\
             Final-Recipient: rfc822;{HM}\r\nStatus: 5.0.0\r\nRemote-MTA: dns; mx.hm.example\r\n\
             Diagnostic-Code: smtp; 550 Administrative prohibition\r\n"
        ),
        &format!(
            "Content-type: message/rfc822\r\n\r\nReturn-path: <{BV}>\r\nFrom nobody\r\n\
             Message-ID:\r\n <{LETTER}@ecert.bv.example>\r\n\
             Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nand cut here"
        ),
    )
}

fn exchange() -> String {
    letter(
        &format!(
            "Reporting-MTA: dns;EX01.hm.example\r\nReceived-From-MTA: dns;mx.hm.example\r\n\
             Arrival-Date: Mon, 23 Nov 2026 20:30:01 +0000\r\n\r\n\
             Original-Recipient: rfc822;{HM}\r\nFinal-Recipient: rfc822;box@internal.hm.example\r\n\
             Action: delayed\r\nStatus: 4.4.7\r\nDiagnostic-Code: smtp;400 4.4.7 Message delayed\r\n\
             Will-Retry-Until: Wed, 25 Nov 2026 20:30:01 +0000\r\nX-Display-Name: Push\r\n"
        ),
        &format!(
            "Content-Type: message/rfc822\r\n\r\nMESSAGE-ID: <{LETTER}@ecert.bv.example>\r\n\r\n"
        ),
    )
}

fn webmail() -> String {
    let whole = letter(
        &format!(
            "Reporting-MTA: dns; relay.example\r\nX-Original-Message-ID: <{LETTER}@ecert.bv.example>\r\n\r\n\
             Final-Recipient: rfc822; {HM}\r\nAction: failed\r\nStatus: 4.4.1 (no answer)\r\n\
             Diagnostic-Code: smtp; The recipient server did not accept our requests to connect.\r\n"
        ),
        &format!(
            "Content-Type: message/rfc822\r\n\r\nX-Received: by 10.0.0.1\r\nMessage-ID: <{LETTER}@ecert.bv.example>\r\n\r\n"
        ),
    );
    whole.replace(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b/1\"",
        "Content-Type: multipart/report; boundary=\"b/1\"; report-type=delivery-status",
    )
}

fn read(letter: &str) -> Result<Dsn, crate::refusal::Refusal> {
    Dsn::read(letter.as_bytes(), LineEnds::Crlf, MAX_LETTER, ReversePath::Unknown)
}

#[track_caller]
fn check(letter: &str, wanted: DsnEffect) {
    let dsn = read(letter).unwrap();
    let table = table(State::HandedOver);
    let sent = dsn.sent(&table).unwrap();
    let report = dsn.about(&sent.to).unwrap();
    assert_eq!(effect(report, sent.state), wanted, "{dsn:?}");
}

#[test]
fn samples() {
    check(&postfix(), DsnEffect::Bounced { counts: Counts::TowardsSuspension });
    check(&exim(), DsnEffect::Bounced { counts: Counts::No });
    check(&exchange(), DsnEffect::Note);
    check(&webmail(), DsnEffect::SendAgain);
    let dsn = read(&postfix()).unwrap();
    assert_eq!(dsn.envelope_id.as_deref(), Some(LETTER));
    assert_eq!(dsn.reporting_mta.as_deref(), Some("dns; mx.bv.example"));
    let report = &dsn.recipients[0];
    assert!(report.diagnostic.as_ref().unwrap().ends_with("rejected: User unknown"));
    let delayed = read(&exchange()).unwrap();
    let until = delayed.recipients[0].will_retry_until.as_deref();
    assert_eq!(until, Some("Wed, 25 Nov 2026 20:30:01 +0000"));
    for action in ["relayed", "Delivered", "EXPANDED (list)"] {
        check(&postfix().replace("Action: failed", &format!("Action: {action}")), DsnEffect::Note);
    }
    check(&postfix().replace("Status: 5.1.1\r\n", ""), DsnEffect::Bounced { counts: Counts::No });
    check(&exim().replace("5.0.0", "x").replace("smtp; 550", "x; y"), DsnEffect::Note);
    let global = postfix().replace("message/delivery-status", "message/global-delivery-status");
    check(&global, DsnEffect::Bounced { counts: Counts::TowardsSuspension });
}

#[test]
fn correlated_by_what_strangers_do_not_know() {
    let table = table(State::HandedOver);
    let known = |letter: &str| read(letter).unwrap().sent(&table).is_some();
    assert!(known(&postfix()) && known(&exim()));
    assert!(known(&postfix().replace(&format!("<{LETTER}@"), "<other@")), "by the envelope id");
    assert!(known(&postfix().replace(&format!("Id: {LETTER}"), "Id: other")), "by the header");
    assert!(!known(&exim().replace(LETTER, "other")));
    assert!(!known(&postfix().replace(LETTER, &LETTER.to_uppercase())), "case counts");
    let dsn = read(&postfix().replace(HM, "someone@else.example")).unwrap();
    assert!(dsn.about(&table.0.to).is_none(), "of another recipient: noted and no more");
    let encoded = postfix().replace(&format!("rfc822;{HM}"), "rfc822;push+40ecert.hm.example");
    let encoded = encoded.replace(&format!("rfc822; {HM}"), "rfc822;x@y.example");
    assert!(read(&encoded).unwrap().about(&table.0.to).is_some(), "as xtext");
}

#[test]
fn no_report() {
    let read = |letter: &str, path| {
        let dsn = Dsn::read(letter.as_bytes(), LineEnds::Crlf, MAX_LETTER, path);
        dsn.map_err(|refusal| refusal.code.as_str()).map(|_| ())
    };
    assert_eq!(read(&postfix(), ReversePath::Null), Ok(()));
    assert_eq!(read(&postfix(), ReversePath::Address), Err("root.not-smime"));
    let bare = postfix().replace("Return-Path: <>\r\n", "");
    assert_eq!(read(&bare, ReversePath::Unknown), Err("root.not-smime"));
    assert_eq!(read("From: a@b\r\n\r\nsorry", ReversePath::Null), Err("root.not-smime"));
    let no_part = postfix().replace("message/delivery-status", "text/plain");
    assert_eq!(read(&no_part, ReversePath::Null), Err("shape.malformed"));
    let empty = letter("", "");
    assert_eq!(read(&empty, ReversePath::Null), Ok(()));
}

#[test]
fn a_bounce_of_no_form_may_name_a_letter() {
    let us = BV.parse().unwrap();
    let text = format!(
        "Sorry, {BV}.\n> Message-ID: <{LETTER}@ecert.bv.example>\n{LETTER}@ecert.bv.example"
    );
    let found = mentioned(text.as_bytes(), &us);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].left(), LETTER);
    assert_eq!(mentioned(b"@ecert.bv.example \xff@", &us), []);
}

/// The effect is what the table of transitions does.
#[test]
fn effects() {
    let report = |status: &str| {
        let dsn = read(&postfix().replace("5.1.1", status)).unwrap();
        dsn.recipients.first().unwrap().clone()
    };
    for state in State::ALL.iter().copied() {
        for (status, trigger) in [("5.7.1", Trigger::Bounced), ("4.4.7", Trigger::RelayGaveUp)] {
            let effect = effect(&report(status), state);
            let step = decide(state, trigger);
            match effect.trigger() {
                Some(named) => {
                    assert_eq!(named, trigger);
                    assert!(step.is_ok(), "{state} {status}");
                }
                None => assert!(step.map_or(true, |step| step.state == state), "{state} {status}"),
            }
            let contradicts =
                matches!(state, State::Received | State::Answered | State::Unconfirmed);
            assert_eq!(effect.code(Action::Failed) == DsnCode::Contradicts, contradicts, "{state}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_groups_never_panic(groups in "[ -~\r\n]{0,300}", octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let groups = groups.replace('\r', "").replace('\n', "\r\n");
        let _ = read(&letter(&groups, &groups));
        let _ = mentioned(&octets, &BV.parse().unwrap());
        let _ = Dsn::read(&octets, LineEnds::CrlfOrLf, MAX_LETTER, ReversePath::Unknown);
    }
}
