//! `certpost trace`: the whole story of a number, both directions, with the
//! literal replies.

use serde_json::Value;

use super::answer::{Answer, Exit, Shared};
use super::terminal::shown;
use crate::certificate::codes::List;
use crate::certificate::life::Current;
use crate::certificate::{CountryCode, DocumentType};
use crate::clock::Clock;
use crate::config::{Configuration, Keys};
use crate::delivery::{Direction, Kind, Reason};
use crate::ledger::trace::{Query, TraceAnswer, TracedAttempt, TracedCertificate, TracedDelivery};
use crate::ledger::{Access, Ledger, LedgerError, Other, Step};

const SCHEMA: &str = "certpost/trace/1";

/// Tells the whole story of a certificate number.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub wanted: Wanted,
}

/// What is looked up; `verify` takes the same.
#[derive(Clone, Debug, clap::Args)]
pub struct Wanted {
    /// The number, as printed; blanks, points and case do not matter.
    #[arg(value_name = "NUMBER")]
    pub number: String,
    /// Only certificates issued by this country.
    #[arg(long, value_name = "CODE")]
    pub country: Option<CountryCode>,
    /// Only certificates of this type, as 851.
    #[arg(long = "type", value_name = "CODE")]
    pub document_type: Option<DocumentType>,
    /// Only what came in.
    #[arg(long = "in", conflicts_with = "outbound")]
    pub inbound: bool,
    /// Only what went out.
    #[arg(long = "out")]
    pub outbound: bool,
}

impl Wanted {
    /// As the ledger is asked.
    pub fn query(&self) -> Query {
        let direction = match (self.inbound, self.outbound) {
            (true, false) => Some(Direction::Inbound),
            (false, true) => Some(Direction::Outbound),
            (true, true) | (false, false) => None,
        };
        Query {
            number: self.number.clone(),
            country: self.country.clone(),
            document_type: self.document_type.clone(),
            direction,
        }
    }
}

/// Looks the number up in the configured ledger, beside a living `run` or
/// without one.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let configuration = match super::configuration(shared, SCHEMA, Keys::Left) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    let query = args.wanted.query();
    let traced = super::wait_for(async {
        let ledger = open(&configuration)?;
        ledger.trace(query).await
    });
    match traced {
        Ok(Ok(traced)) => answer(&traced, shared),
        Ok(Err(fault)) => Answer::failure(shared, SCHEMA, Exit::CannotTell, fault.to_string()),
        Err(answer) => answer,
    }
}

/// The configured ledger, for reading.
pub(super) fn open(configuration: &Configuration) -> Result<Ledger, LedgerError> {
    let code = &configuration.gateway.code;
    Ledger::open(&configuration.ledger, code, Access::Tool, Clock::system())
}

/// The answer to what the ledger found.
pub fn answer(traced: &TraceAnswer, shared: &Shared) -> Answer {
    let exit = if traced.certificates.is_empty() { Exit::Absent } else { Exit::Yes };
    if shared.json {
        return Answer::json(exit, traced);
    }
    if traced.certificates.is_empty() {
        return Answer::new(exit).remark(format!("{} is not on record", shown(&traced.number)));
    }
    let mut story = Story(Vec::new());
    for certificate in &traced.certificates {
        story.certificate(certificate);
    }
    Answer::text(exit, story.0.join("\n"))
}

//------------ Story ---------------------------------------------------------

/// The lines of a trace for a person.
struct Story(Vec<String>);

impl Story {
    fn line(&mut self, depth: usize, words: &str) {
        self.0.push(format!("{:width$}{}", "", shown(words), width = depth * 2));
    }

    fn certificate(&mut self, certificate: &TracedCertificate) {
        if !self.0.is_empty() {
            self.0.push(String::new());
        }
        let status = certificate.status.as_ref().map_or("-", |status| status.as_str());
        let named = List::Status.told(status).map(|name| format!(" ({name})")).unwrap_or_default();
        let status = format!("{status}{named}");
        let life = &certificate.life;
        let current = life.current.map_or("unknown".to_owned(), Current::told);
        let (id, direction) = (&certificate.id, certificate.direction);
        match (&certificate.partner, certificate.accepted_at) {
            (Some(partner), Some(at)) => {
                let words = format!("{id}, status {status}: came in from {partner}; is {current}");
                self.line(0, &words);
                self.line(1, &format!("taken in     {at}"));
            }
            (None, Some(at)) => {
                self.line(0, &format!("{id}, status {status}: went out; is {current}"));
                let producer = certificate.producer.as_deref();
                let by = producer.map(|user| format!(" from {user}")).unwrap_or_default();
                self.line(1, &format!("accepted     {at}{by}"));
            }
            (_, None) => self.line(0, &format!("{id}, {direction}: never taken")),
        }
        self.others("replaced by ", &life.replaced_by);
        self.others("replaces    ", &life.replaces);
        // One version alone is its own history.
        if life.history.len() > 1 {
            self.line(1, "history");
            for Step { status, stage, at, by } in &life.history {
                let stage = stage.map_or("-", Current::as_str);
                let said = match (status, by) {
                    (Some(status), _) => format!("status {status}"),
                    (None, by) => format!("by {}", by.as_deref().unwrap_or("-")),
                };
                self.line(2, &format!("{at} {stage} ({said})"));
            }
        }
        if let Some(sha256) = &certificate.sha256 {
            self.line(1, &format!("XML SHA-256  {sha256}"));
        }
        if let Some(letter) = &certificate.letter {
            self.line(1, &format!("letter       {}", letter.message_id));
            let (at, signer) = (letter.signed_at, &letter.signer_sha256);
            self.line(1, &format!("signed       {at} by {signer}"));
        }
        for delivery in &certificate.deliveries {
            self.delivery(delivery);
        }
        self.line(1, "events");
        for event in &certificate.events {
            self.event(event);
        }
    }

    fn others(&mut self, how: &str, others: &[Other]) {
        for Other { id, current } in others {
            let current = current.map_or("not on record", Current::as_str);
            self.line(1, &format!("{how} {id} ({current})"));
        }
    }

    fn delivery(&mut self, delivery: &TracedDelivery) {
        let (partner, state) = (&delivery.partner, delivery.state);
        let due = delivery.due.map(|due| format!(", due {due}")).unwrap_or_default();
        match delivery.kind {
            Kind::Receipt => self.line(1, &format!("receipt to {partner}: {state}{due}")),
            Kind::Acknowledgement | Kind::Certificate | Kind::Inquiry => {
                self.line(1, &format!("to {partner}: {state}{due}"));
            }
        }
        if let Some(Reason { code, words }) = &delivery.waits {
            self.line(2, &format!("waits        {words} ({code})"));
        }
        self.line(2, &format!("delivery     {}", delivery.delivery));
        if let Some(message_id) = &delivery.message_id {
            self.line(2, &format!("letter       {message_id}"));
        }
        for attempt in &delivery.attempts {
            self.attempt(attempt);
        }
        for receipt in &delivery.receipts {
            let disposition = receipt.disposition.as_deref().unwrap_or("-");
            let proven = if receipt.verified { "verified" } else { "not proven" };
            let (kind, at) = (&receipt.kind, receipt.at);
            self.line(2, &format!("receipt      {at} {kind}: {disposition}, {proven}"));
            if let Some(reason) = &receipt.reason {
                self.line(3, &format!("because      {}: {}", reason.code, reason.words));
            }
        }
    }

    fn attempt(&mut self, attempt: &TracedAttempt) {
        let verdict = attempt.verdict.map_or("under way", |verdict| verdict.as_str());
        let phase = attempt.phase.map(|phase| format!(" at {phase}")).unwrap_or_default();
        let peer = attempt.peer.as_deref().unwrap_or("no connection");
        let tls = attempt.tls.as_deref().unwrap_or("no TLS");
        let (n, at) = (attempt.n, attempt.started_at);
        self.line(2, &format!("attempt {n}    {at} {verdict}{phase} ({peer}, {tls})"));
        for reply in &attempt.replies {
            let part = |name: &str| reply.get(name).and_then(Value::as_str).unwrap_or("");
            for text in part("text").lines() {
                self.line(3, &format!("{:<12} {text}", part("phase")));
            }
        }
        if let Some(reason) = &attempt.reason {
            let part = |name: &str| reason.get(name).and_then(Value::as_str).unwrap_or("");
            self.line(3, &format!("because      {}: {}", part("code"), part("words")));
        }
    }

    fn event(&mut self, event: &Value) {
        let part = |name: &str| event.get(name).and_then(Value::as_str);
        let partner = part("partner").map(|partner| format!(" {partner}")).unwrap_or_default();
        let reason = event.get("reason").and_then(|reason| {
            let part = |name: &str| reason.get(name).and_then(Value::as_str);
            Some(format!(" ({}: {})", part("code")?, part("words")?))
        });
        let at = part("at").unwrap_or("-");
        let kind = part("event").unwrap_or("-");
        self.line(2, &format!("{at} {kind}{partner}{}", reason.unwrap_or_default()));
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Phase, State, Verdict};
    use crate::ledger::Life;

    fn traced() -> TraceAnswer {
        let at = "2026-11-23T20:30:00Z".parse().unwrap();
        let attempt = TracedAttempt {
            n: 1,
            started_at: at,
            ended_at: Some(at),
            peer: Some("127.0.0.1:2526".to_owned()),
            tls: None,
            phase: Some(Phase::Rcpt),
            verdict: Some(Verdict::Deferred),
            replies: vec![serde_json::json!({
                "phase": "rcpt", "code": 450, "text": "450 4.2.0 grey\u{1b}[2J\n450 listed"
            })],
            reason: None,
        };
        let delivery = TracedDelivery {
            delivery: "019a0000-0000-7000-8000-000000000000".parse().unwrap(),
            kind: Kind::Certificate,
            partner: "HM".parse().unwrap(),
            state: State::Deferred,
            message_id: None,
            letter_sha256: None,
            xml_sha256: None,
            due: Some(at),
            waits: Some(Reason::new("circuit.open", "its server is not reached")),
            attempts: vec![attempt],
            receipts: vec![],
        };
        TraceAnswer {
            schema: SCHEMA,
            number: "N-1".to_owned(),
            certificates: vec![TracedCertificate {
                id: "BV/851/N-1".to_owned(),
                direction: Direction::Outbound,
                status: Some("70".parse().unwrap()),
                life: Life { current: Some(Current::Issued), ..Life::default() },
                sha256: None,
                content_sha256: None,
                accepted_at: Some(at),
                partner: None,
                producer: None,
                letter: None,
                deliveries: vec![delivery],
                events: vec![],
            }],
        }
    }

    #[test]
    fn a_story_has_the_literal_replies_and_moves_no_cursor() {
        let answer = answer(&traced(), &Shared::default());
        assert_eq!(answer.exit, Exit::Yes);
        let text = String::from_utf8(answer.out).unwrap();
        let head = "BV/851/N-1, status 70 (Issued 已签发): went out; is issued 已签发";
        assert!(text.contains(head), "{text}");
        assert!(text.contains("rcpt         450 4.2.0 grey<U+001B>[2J\n"), "{text}");
        assert!(text.contains("rcpt         450 listed\n"), "{text}");
    }

    #[test]
    fn what_is_not_there_is_exit_3_and_still_an_object() {
        let none = TraceAnswer { certificates: vec![], ..traced() };
        let plain = answer(&none, &Shared::default());
        assert_eq!((plain.exit, plain.out.len()), (Exit::Absent, 0));
        let json = answer(&none, &Shared { json: true, ..Shared::default() });
        assert_eq!(json.exit, Exit::Absent);
        assert!(
            String::from_utf8(json.out).unwrap().starts_with("{\"schema\":\"certpost/trace/1\"")
        );
    }
}
