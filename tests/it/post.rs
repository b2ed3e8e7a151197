//! Posting to a server that follows a script: what each story comes to.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::time::Duration;

use certpost::delivery::attempt::Phase::{
    self, Auth, Connect, Data, Ehlo, EndOfData, Mail, Rcpt, Starttls,
};
use certpost::delivery::attempt::Verdict::{self, Deferred, HandedOver, InDoubt, Refused};
use certpost::partner::{Route, TlsPolicy, TlsProof};
use certpost::post::{self, Credentials, Envelope, Outcome, Settings};
use certpost::tls::Acceptor;
use tokio::net::TcpListener;

use crate::peer::Step::{self, Hear, Say, Silence, SomeText, Text, Tls};
use crate::peer::{certificate, fingerprint, play};

const LETTER: &[u8] = b"Subject: [...]\r\n\r\n.dot\r\nlast\r\n";
const ON_THE_WIRE: &str = "Subject: [...]\r\n\r\n..dot\r\nlast\r\n.\r\n";

const BANNER: [Step; 3] =
    [Say("220 mail.hm.example ESMTP\r\n"), Hear("EHLO bv.example"), Say("250 mail.hm.example\r\n")];
const TO_DATA: [Step; 6] = [
    Hear("MAIL FROM:<push@bv.example>"),
    Say("250 2.1.0 Ok\r\n"),
    Hear("RCPT TO:<push@hm.example>"),
    Say("250 2.1.5 Ok\r\n"),
    Hear("DATA"),
    Say("354 go on\r\n"),
];
const QUIT: [Step; 2] = [Hear("QUIT"), Say("221 bye\r\n")];

fn settings() -> Settings {
    Settings {
        hostname: "bv.example".to_owned(),
        connect: Duration::from_secs(10),
        reply: Duration::from_secs(10),
        final_reply: Duration::from_secs(10),
    }
}

fn impatient() -> Settings {
    let limit = Duration::from_millis(200);
    Settings { reply: limit, final_reply: limit, ..settings() }
}

fn envelope() -> Envelope {
    Envelope {
        from: Some("push@bv.example".parse().unwrap()),
        to: "push@hm.example".parse().unwrap(),
        envelope_id: "tnei5w5s46migarjcj6hevoihe".to_owned(),
    }
}

async fn listen() -> (TcpListener, Route) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let route = format!("smtp://{}", listener.local_addr().unwrap()).parse().unwrap();
    (listener, route)
}

/// One letter against one script; what it came to and what the server heard.
async fn one(script: &[Step], settings: &Settings) -> (Outcome, Vec<String>) {
    let (listener, route) = listen().await;
    let client = async {
        match post::connect(&route, &TlsPolicy::Off, None, settings).await {
            Err(unreached) => unreached.outcome,
            Ok(mut opened) => {
                let outcome = opened.post(&envelope(), LETTER, async |_| true).await.unwrap();
                if outcome.reusable {
                    opened.quit().await;
                }
                outcome
            }
        }
    };
    tokio::join!(client, play(&listener, script, None))
}

#[track_caller]
fn assert_came_to(outcome: &Outcome, verdict: Verdict, phase: Phase, last: &str) {
    assert_eq!((outcome.verdict, outcome.phase), (verdict, phase), "{outcome:?}");
    let said = outcome.replies.last().map(|reply| reply.text.as_str()).unwrap_or_default();
    assert_eq!(said, last, "{outcome:?}");
}

async fn check(steps: &[&[Step]], verdict: Verdict, phase: Phase, last: &str) -> Outcome {
    let script: Vec<Step> = BANNER.iter().copied().chain(steps.concat()).collect();
    let (outcome, _) = one(&script, &settings()).await;
    assert_came_to(&outcome, verdict, phase, last);
    outcome
}

#[tokio::test]
async fn a_letter_is_handed_over_to_the_octet() {
    let script =
        [&BANNER[..], &TO_DATA, &[Text, Say("250-2.0.0 taken\r\n250 2.0.0 as 7\r\n")], &QUIT];
    let (outcome, heard) = one(&script.concat(), &settings()).await;
    assert_came_to(&outcome, HandedOver, EndOfData, "250-2.0.0 taken\n250 2.0.0 as 7");
    assert!(outcome.reusable && outcome.code() == Some(250));
    assert_eq!(outcome.status.map(|status| status.to_string()).as_deref(), Some("2.0.0"));
    let phases: Vec<Phase> = outcome.replies.iter().map(|reply| reply.phase).collect();
    assert_eq!(phases, [Connect, Ehlo, Mail, Rcpt, Data, EndOfData]);
    assert_eq!(heard[4], ON_THE_WIRE);
}

#[tokio::test]
async fn offers_are_taken_up_in_one_write() {
    let script = [
        &[
            Say("220 hm\r\n"),
            Hear("EHLO"),
            Say("250-hm\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 DSN\r\n"),
            Hear("MAIL FROM:<push@bv.example> SIZE=30 RET=HDRS ENVID=tnei5w5s46migarjcj6hevoihe"),
            Hear("RCPT TO:<push@hm.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;push@hm.example"),
            Hear("DATA"),
            Say("250 a\r\n250 b\r\n354 c\r\n"),
            Text,
            Say("250 d\r\n"),
        ][..],
        &QUIT,
    ];
    let (outcome, _) = one(&script.concat(), &settings()).await;
    assert_came_to(&outcome, HandedOver, EndOfData, "250 d");
    let texts: Vec<&str> = outcome.replies.iter().skip(2).map(|reply| &*reply.text).collect();
    assert_eq!(texts, ["250 a", "250 b", "354 c", "250 d"]);
}

#[tokio::test]
async fn each_no_at_each_phase() {
    let until = |length: usize| &TO_DATA[..length];
    let reset: &[Step] = &[Hear("RSET"), Say("250 Ok\r\n"), Hear("QUIT"), Say("221 bye\r\n")];
    for (length, phase) in [(1, Mail), (3, Rcpt), (5, Data)] {
        let no = |text| [Say(text)];
        let steps: &[&[Step]] = &[until(length), &no("450 4.2.0 greylisted\r\n"), reset];
        assert!(check(steps, Deferred, phase, "450 4.2.0 greylisted").await.reusable);
        let steps: &[&[Step]] = &[until(length), &no("421 4.3.2 closing\r\n")];
        assert!(!check(steps, Deferred, phase, "421 4.3.2 closing").await.reusable);
        let verdict = if phase == Mail { Deferred } else { Refused };
        let steps: &[&[Step]] = &[until(length), &no("550 5.7.1 not from you\r\n"), reset];
        let outcome = check(steps, verdict, phase, "550 5.7.1 not from you").await;
        assert_eq!(outcome.status.map(|status| (status.subject, status.detail)), Some((7, 1)));
        let steps: &[&[Step]] = &[until(length), &no("what?\r\n")];
        check(steps, Deferred, phase, "what?").await;
        let last = ["250 mail.hm.example", "250 2.1.0 Ok", "250 2.1.5 Ok"][length / 2];
        check(&[until(length)], Deferred, phase, last).await;
    }
    let dot = |text: &'static str| [TO_DATA.as_slice(), &[Text, Say(text)]].concat();
    check(&[&dot("450 4.3.1 full\r\n"), &QUIT], Deferred, EndOfData, "450 4.3.1 full").await;
    check(&[&dot("421 4.3.2 bye\r\n")], Deferred, EndOfData, "421 4.3.2 bye").await;
    check(&[&dot("552 5.3.4 big\r\n"), &QUIT], Refused, EndOfData, "552 5.3.4 big").await;
    check(&[&dot("354 what\r\n")], InDoubt, EndOfData, "354 what").await;
    check(&[&dot("what?\r\n")], InDoubt, EndOfData, "what?").await;
    check(&[&dot("250-cut off")], InDoubt, EndOfData, "250-cut off").await;
    check(&[&TO_DATA, &[Text]], InDoubt, EndOfData, "354 go on").await;
}

#[tokio::test]
async fn before_mail_everything_is_deferred() {
    let come = async |script: &[Step], phase, last: &str| {
        let (outcome, _) = one(script, &settings()).await;
        assert_came_to(&outcome, Deferred, phase, last);
        assert!(!outcome.reusable);
    };
    come(&[], Connect, "").await;
    come(&[Say("554 5.7.1 go away\r\n")], Connect, "554 5.7.1 go away").await;
    come(&[Say("421 busy\r\n")], Connect, "421 busy").await;
    come(&[Say("SSH-2.0-x\r\n")], Connect, "SSH-2.0-x").await;
    come(&[Say("220 hm\r\n"), Hear("EHLO"), Say("502 what\r\n")], Ehlo, "502 what").await;
    // lettre alone would not survive these two.
    come(&[Say("220 hm\r\n"), Hear("EHLO"), Say("250- \r\n450 \r\n")], Ehlo, "250- \n450 ").await;
    come(
        &[Say("220 hm\r\n"), Hear("EHLO"), Say("550-\x07\r\n550  \r\n")],
        Ehlo,
        "550-\\u{7}\n550  ",
    )
    .await;
    let route: Route = "smtp://127.0.0.1:1".parse().unwrap();
    let unreached = post::connect(&route, &TlsPolicy::Off, None, &settings()).await.unwrap_err();
    assert_eq!((unreached.peer, unreached.tls), (None, None));
    let outcome = unreached.outcome;
    assert_came_to(&outcome, Deferred, Connect, "");
    let unreached =
        post::connect(&Route::Mx, &TlsPolicy::Off, None, &settings()).await.unwrap_err();
    let outcome = unreached.outcome;
    assert!(outcome.words.contains("mx"), "{}", outcome.words);
}

#[tokio::test]
async fn silence_is_deferred_before_the_dot_and_in_doubt_after_it() {
    let come = async |steps: &[&[Step]], verdict, phase| {
        let (outcome, heard) = one(&steps.concat(), &impatient()).await;
        assert_eq!((outcome.verdict, outcome.phase), (verdict, phase), "{outcome:?}");
        assert!(!outcome.reusable);
        heard
    };
    come(&[&[Silence]], Deferred, Connect).await;
    come(&[&BANNER, &TO_DATA[..1], &[Silence]], Deferred, Mail).await;
    come(&[&BANNER, &TO_DATA[..5], &[Silence]], Deferred, Data).await;
    // One octet, then another: not a reply in time.
    come(&[&BANNER, &TO_DATA[..1], &[Say("2"), Say("5"), Silence]], Deferred, Mail).await;
    let heard = come(&[&BANNER, &TO_DATA, &[Text, Silence]], InDoubt, EndOfData).await;
    assert_eq!(heard[4..], [ON_THE_WIRE.to_owned(), String::new()], "nothing after the dot");
}

/// A reply that nobody asked for would be taken for that to the next command.
#[tokio::test]
async fn a_yes_in_advance_is_not_believed() {
    let early = [Hear("MAIL"), Say("250 a\r\n250 b\r\n")];
    check(&[&early, &[Silence]], Deferred, Rcpt, "250 b").await;
    let early = [&TO_DATA[..5], &[Say("354 go on\r\n250 taken\r\n"), Silence]].concat();
    let outcome = check(&[&early], Deferred, Data, "250 taken").await;
    assert!(!outcome.reusable);
    let early = [&TO_DATA[..5], &[Say("354 go on\r\n552 5.3.4 too big\r\n"), Silence]].concat();
    check(&[&early], Refused, Data, "552 5.3.4 too big").await;
}

#[tokio::test]
async fn pipelined_refusals_are_told_by_the_first() {
    let offer = [Say("220 hm\r\n"), Hear("EHLO"), Say("250-hm\r\n250 PIPELINING\r\n")];
    let group = [Hear("MAIL"), Hear("RCPT"), Hear("DATA")];
    let reset = [Hear("RSET"), Say("250 Ok\r\n"), Hear("QUIT"), Say("221 bye\r\n")];
    let script = [&offer[..], &group, &[Say("250 a\r\n550 5.1.1 b\r\n503 c\r\n")], &reset].concat();
    let (outcome, _) = one(&script, &settings()).await;
    assert_came_to(&outcome, Refused, Rcpt, "503 c");
    assert_eq!((outcome.code(), outcome.reusable), (Some(550), true));
    assert_eq!(outcome.status.map(|status| status.to_string()).as_deref(), Some("5.1.1"));
    // The server waits for a text for nobody: closed, not one octet of it.
    let script = [&offer[..], &group, &[Say("250 a\r\n450 b\r\n354 c\r\n"), Silence]].concat();
    let (outcome, heard) = one(&script, &settings()).await;
    assert_came_to(&outcome, Deferred, Rcpt, "354 c");
    assert_eq!((outcome.reusable, heard.last().map(String::as_str)), (false, Some("")));
}

#[tokio::test]
async fn the_fence_stops_it_before_mail_and_before_the_dot() {
    for stop in [Mail, EndOfData] {
        let (listener, route) = listen().await;
        let mut asked = Vec::new();
        let client = async {
            let mut opened =
                post::connect(&route, &TlsPolicy::Off, None, &settings()).await.unwrap();
            let envelope = envelope();
            let outcome = opened.post(&envelope, LETTER, |phase| {
                asked.push(phase);
                std::future::ready(phase != stop)
            });
            let outcome = outcome.await.unwrap();
            if outcome.reusable {
                opened.quit().await;
            }
            outcome
        };
        let script = match stop {
            Mail => [&BANNER[..], &QUIT].concat(),
            _ => [&BANNER[..], &TO_DATA, &[Text]].concat(),
        };
        let (outcome, heard) = tokio::join!(client, play(&listener, &script, None));
        assert_eq!(outcome.verdict, Deferred);
        assert_eq!(outcome.phase, if stop == Mail { Mail } else { Data });
        assert_eq!(asked, if stop == Mail { vec![Mail] } else { vec![Mail, EndOfData] });
        let last = heard.last().unwrap();
        let wanted = if stop == Mail { "QUIT" } else { ON_THE_WIRE.trim_end_matches(".\r\n") };
        assert_eq!(last, wanted);
    }
}

#[tokio::test]
async fn what_is_not_canonical_is_never_sent() {
    let (listener, route) = listen().await;
    let client = async {
        let mut opened = post::connect(&route, &TlsPolicy::Off, None, &settings()).await.unwrap();
        for bad in [&b"a\n.\r\n"[..], b"a\r\n.\r", b"a", b"a\0\r\n", b"a\r.\r\n"] {
            opened.post(&envelope(), bad, async |_| true).await.unwrap_err();
        }
        assert!(opened.is_usable().await);
        opened.quit().await;
    };
    let script = [&BANNER[..], &QUIT].concat();
    tokio::join!(client, play(&listener, &script, None));
}

/// A connection that breaks while the lane is asked whether the delivery is
/// still its own: the dot was not sent, so there is no doubt.
#[tokio::test]
async fn a_server_gone_before_the_dot_is_no_doubt() {
    let (listener, route) = listen().await;
    let (gone, told) = tokio::sync::watch::channel(false);
    let client = async {
        let mut opened = post::connect(&route, &TlsPolicy::Off, None, &settings()).await.unwrap();
        let before = |phase| {
            let mut told = told.clone();
            async move {
                if phase == EndOfData {
                    told.wait_for(|gone| *gone).await.unwrap();
                }
                true
            }
        };
        opened.post(&envelope(), LETTER, before).await.unwrap()
    };
    let server = async {
        let heard = play(&listener, &[&BANNER[..], &TO_DATA, &[SomeText]].concat(), None).await;
        gone.send(true).unwrap();
        heard
    };
    let (outcome, _) = tokio::join!(client, server);
    assert_came_to(&outcome, Deferred, Data, "354 go on");
    assert!(!outcome.reusable);
}

#[tokio::test]
async fn several_letters_on_one_connection() {
    let (listener, route) = listen().await;
    let letter = [&TO_DATA[..], &[Text, Say("250 Ok\r\n")]].concat();
    let script = [&BANNER[..], &letter, &letter, &letter, &[Hear("QUIT")]].concat();
    let client = async {
        let mut opened = post::connect(&route, &TlsPolicy::Off, None, &settings()).await.unwrap();
        for replies in [6, 4, 4] {
            assert!(opened.is_usable().await);
            let outcome = opened.post(&envelope(), LETTER, async |_| true).await.unwrap();
            assert_eq!((outcome.verdict, outcome.replies.len()), (HandedOver, replies));
        }
        opened.quit().await;
    };
    let ((), heard) = tokio::join!(client, play(&listener, &script, None));
    assert_eq!(heard.iter().filter(|text| *text == ON_THE_WIRE).count(), 3);
}

/// The future of a transaction goes into a task.
#[tokio::test]
async fn a_transaction_can_be_a_task() {
    let (listener, route) = listen().await;
    let runtime = certpost::runtime::Runtime::new();
    let (told, verdict) = tokio::sync::oneshot::channel();
    runtime.spawn(async move {
        let mut opened = post::connect(&route, &TlsPolicy::Off, None, &settings()).await.unwrap();
        let ours = std::sync::Arc::new(true);
        let fence = async |_phase: Phase| {
            tokio::task::yield_now().await;
            *ours
        };
        let outcome = opened.post(&envelope(), LETTER, fence).await.unwrap();
        told.send(outcome.verdict).unwrap();
    });
    let script = [&BANNER[..], &TO_DATA, &[Text, Say("250 Ok\r\n")]].concat();
    play(&listener, &script, None).await;
    assert_eq!(verdict.await, Ok(HandedOver));
    assert!(runtime.stop(Duration::from_secs(5)).await);
}

//------------ TLS -----------------------------------------------------------

const STARTTLS: [Step; 5] = [
    Say("220 mail.hm.example ESMTP\r\n"),
    Hear("EHLO"),
    Say("250-hm\r\n250 STARTTLS\r\n"),
    Hear("STARTTLS"),
    Say("220 go on\r\n"),
];
const UNDER_TLS: [Step; 3] = [Tls, Hear("EHLO"), Say("250-hm\r\n250 AUTH LOGIN PLAIN\r\n")];

/// One letter under TLS; what it came to, and what was heard.
async fn secure(
    script: &[Step],
    proof: TlsProof,
    credentials: Option<&Credentials>,
    pems: &(Vec<u8>, Vec<u8>),
) -> (Outcome, Option<String>, Vec<String>) {
    let (listener, route) = listen().await;
    let route = match script.first() {
        Some(Tls) => route.to_string().replace("smtp:", "smtps:").parse().unwrap(),
        _ => route,
    };
    let acceptor = Acceptor::from_pem(&pems.0, &pems.1).unwrap();
    let policy = TlsPolicy::Required(proof);
    let client = async {
        match post::connect(&route, &policy, credentials, &settings()).await {
            Err(unreached) => (unreached.outcome, unreached.tls),
            Ok(mut opened) => {
                let outcome = opened.post(&envelope(), LETTER, async |_| true).await.unwrap();
                (outcome, opened.tls())
            }
        }
    };
    let ((outcome, tls), heard) = tokio::join!(client, play(&listener, script, Some(&acceptor)));
    (outcome, tls, heard)
}

fn letter() -> Vec<Step> {
    [&TO_DATA[..], &[Text, Say("250 Ok\r\n")]].concat()
}

#[tokio::test]
async fn proven_by_pin_or_by_authority_and_name() {
    let pems = certificate();
    let script = [&STARTTLS[..], &UNDER_TLS, &letter()].concat();
    let pin = TlsProof { pin: Some(fingerprint(&pems.0)), ..TlsProof::default() };
    let name = Some("mail.hm.example".to_owned());
    let named = TlsProof { ca: Some(pems.0.clone()), name, ..TlsProof::default() };
    for proof in [pin.clone(), named.clone()] {
        let (outcome, tls, _) = secure(&script, proof, None, &pems).await;
        assert_came_to(&outcome, HandedOver, EndOfData, "250 Ok");
        assert!(tls.is_some_and(|tls| tls.starts_with("TLSv1.3 TLS_")));
        let phases: Vec<Phase> = outcome.replies.iter().map(|reply| reply.phase).collect();
        assert_eq!(phases, [Connect, Ehlo, Starttls, Ehlo, Mail, Rcpt, Data, EndOfData]);
    }
    let script = [&[Tls][..], &STARTTLS[..1], &UNDER_TLS[1..], &letter()].concat();
    let (outcome, tls, _) = secure(&script, pin, None, &pems).await;
    assert_came_to(&outcome, HandedOver, EndOfData, "250 Ok");
    assert!(tls.is_some());
}

#[tokio::test]
async fn not_proven_is_deferred_and_nothing_goes() {
    let (pems, other) = (certificate(), certificate());
    let script = [&STARTTLS[..], &UNDER_TLS, &letter()].concat();
    let name = |name: &str| Some(name.to_owned());
    let own = || Some(pems.0.clone());
    for proof in [
        TlsProof::default(),
        TlsProof { pin: Some(fingerprint(&other.0)), ..TlsProof::default() },
        TlsProof { ca: Some(other.0.clone()), name: name("mail.hm.example"), pin: None },
        TlsProof { ca: own(), name: name("mail.gs.example"), pin: None },
        TlsProof { ca: own(), ..TlsProof::default() },
    ] {
        let (outcome, _, heard) = secure(&script, proof.clone(), None, &pems).await;
        assert_came_to(&outcome, Deferred, Starttls, "220 go on");
        assert_eq!(heard.len(), 2, "EHLO and STARTTLS, and nothing under {proof:?}: {heard:?}");
    }
}

#[tokio::test]
async fn starttls_absent_or_tampered_with() {
    let pems = certificate();
    let pin = TlsProof { pin: Some(fingerprint(&pems.0)), ..TlsProof::default() };
    let (outcome, _, heard) = secure(&BANNER, pin.clone(), None, &pems).await;
    assert_came_to(&outcome, Deferred, Starttls, "250 mail.hm.example");
    assert_eq!(heard.len(), 1);
    let no = [&STARTTLS[..4], &[Say("454 4.7.0 not now\r\n")]].concat();
    let (outcome, _, _) = secure(&no, pin.clone(), None, &pems).await;
    assert_came_to(&outcome, Deferred, Starttls, "454 4.7.0 not now");
    // Slipped in by somebody on the way, to be believed under TLS.
    let injected = [&STARTTLS[..4], &[Say("220 go on\r\n250 hm\r\n250 Ok\r\n"), Silence]].concat();
    let (outcome, _, heard) = secure(&injected, pin, None, &pems).await;
    assert_eq!((outcome.verdict, outcome.phase), (Deferred, Starttls), "{outcome:?}");
    assert_eq!(heard.last().map(String::as_str), Some(""), "{heard:?}");
}

#[tokio::test]
async fn a_password_goes_under_tls_only() {
    let pems = certificate();
    let pin = || TlsProof { pin: Some(fingerprint(&pems.0)), ..TlsProof::default() };
    let credentials = Credentials::new("bv".to_owned(), "s3cret".to_owned());
    let plain = [Hear("AUTH PLAIN AGJ2AHMzY3JldA=="), Say("235 2.7.0 in\r\n")];
    let script = [&STARTTLS[..], &UNDER_TLS, &plain, &letter()].concat();
    let (outcome, _, _) = secure(&script, pin(), Some(&credentials), &pems).await;
    assert_came_to(&outcome, HandedOver, EndOfData, "250 Ok");
    let only_login = [Tls, Hear("EHLO"), Say("250-hm\r\n250 AUTH LOGIN\r\n")];
    let login = [
        Hear("AUTH LOGIN"),
        Say("334 VXNlcm5hbWU6\r\n"),
        Hear("YnY="),
        Say("334 UGFzc3dvcmQ6\r\n"),
        Hear("czNjcmV0"),
        Say("235 2.7.0 in\r\n"),
    ];
    let script = [&STARTTLS[..], &only_login, &login, &letter()].concat();
    let (outcome, _, _) = secure(&script, pin(), Some(&credentials), &pems).await;
    assert_came_to(&outcome, HandedOver, EndOfData, "250 Ok");
    let no = [Hear("AUTH PLAIN"), Say("535 5.7.8 no\r\n")];
    let script = [&STARTTLS[..], &UNDER_TLS, &no].concat();
    let (outcome, _, _) = secure(&script, pin(), Some(&credentials), &pems).await;
    assert_came_to(&outcome, Deferred, Auth, "535 5.7.8 no");
    assert!(!format!("{outcome:?} {credentials:?}").contains("s3cret"));
    let none = [Tls, Hear("EHLO"), Say("250 hm\r\n")];
    let script = [&STARTTLS[..], &none].concat();
    let (outcome, _, _) = secure(&script, pin(), Some(&credentials), &pems).await;
    assert_eq!((outcome.verdict, outcome.phase), (Deferred, Auth));
    let (listener, route) = listen().await;
    let settings = settings();
    let client = post::connect(&route, &TlsPolicy::Off, Some(&credentials), &settings);
    let (outcome, heard) = tokio::join!(client, play(&listener, &BANNER, None));
    assert_eq!(outcome.unwrap_err().outcome.phase, Auth);
    assert_eq!(heard, ["EHLO bv.example"]);
}

#[tokio::test]
async fn a_text_cut_off_by_the_server() {
    let big = [b"Subject: x\r\n\r\n".to_vec(), b"0123456789abcde\r\n".repeat(500_000)].concat();
    for (words, verdict) in [("552 5.3.4 too big\r\n", Refused), ("421 4.3.2 bye\r\n", Deferred)] {
        let (listener, route) = listen().await;
        let settings = settings();
        let client = async {
            let mut opened = post::connect(&route, &TlsPolicy::Off, None, &settings).await.unwrap();
            opened.post(&envelope(), &big, async |_| true).await.unwrap()
        };
        let script = [&BANNER[..], &TO_DATA, &[SomeText, Say(words)]].concat();
        let (outcome, _) = tokio::join!(client, play(&listener, &script, None));
        assert_eq!(outcome.phase, Data, "{outcome:?}");
        // A reset may swallow the server's last words; then it is deferred.
        let told = outcome.replies.iter().any(|reply| reply.phase == Data && reply.code != 354);
        assert_eq!(outcome.verdict, if told { verdict } else { Deferred }, "{outcome:?}");
    }
}
