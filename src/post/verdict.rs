//! The table of verdicts: by phase and code (DELIVERY "Clocks").

use super::reply::Status;
use crate::delivery::attempt::{Phase, Reply, Verdict};

/// What came where a reply was wanted, in the operator's words.
pub(super) const NO_REPLY: &str = "what the server said is no SMTP reply";
pub(super) const CLOSED_IN_REPLY: &str =
    "the server closed the connection in the middle of its reply";

//------------ End -----------------------------------------------------------

/// Where a transaction ended, and what that means.
pub(super) struct End {
    pub phase: Phase,
    pub verdict: Verdict,
    pub words: String,
}

impl End {
    pub fn new(phase: Phase, verdict: Verdict, words: impl Into<String>) -> Self {
        End { phase, verdict, words: words.into() }
    }
}

/// What is no reply says neither yes nor no; before the dot, that is no.
pub(super) fn garbage(phase: Phase) -> End {
    End::new(phase, Verdict::Deferred, NO_REPLY)
}

/// The table of verdicts. `None`: the reply is what was hoped for.
pub(super) fn judge(phase: Phase, reply: &Reply) -> Option<End> {
    let end = |verdict| Some(End::new(phase, verdict, format!("the server said {}", reply.text)));
    match (phase, reply.code) {
        (Phase::Data, 354) => None,
        (Phase::Data, 200..=399) => {
            Some(End::new(phase, Verdict::Deferred, "the server wants no text, and refuses none"))
        }
        (_, 200..=299) => None,
        // RFC 5321, section 4.3.2: no 3yz belongs here.
        (Phase::EndOfData, 300..=399) => end(Verdict::InDoubt),
        (_, 300..=399) => end(Verdict::Deferred),
        // Too big for the server (RFC 3463, 5.3.4): told from SIZE, it is
        // about this letter even at MAIL.
        (Phase::Mail, 552) if too_big(reply) => end(Verdict::Refused),
        // Before RCPT a 5yz is about the route.
        (Phase::Connect | Phase::Ehlo | Phase::Starttls | Phase::Auth | Phase::Mail, _) => {
            end(Verdict::Deferred)
        }
        (Phase::Rcpt | Phase::Data | Phase::EndOfData, 500..) => end(Verdict::Refused),
        (Phase::Rcpt | Phase::Data | Phase::EndOfData, _) => end(Verdict::Deferred),
    }
}

fn too_big(reply: &Reply) -> bool {
    Status::of(reply).is_none_or(|status| (status.subject, status.detail) == (3, 4))
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(phase: Phase, text: &str, wanted: Option<Verdict>) {
        let code = text[..3].parse().unwrap();
        let reply = Reply { phase, code, text: text.to_owned() };
        assert_eq!(judge(phase, &reply).map(|end| end.verdict), wanted, "{phase} {text}");
    }

    #[test]
    fn verdicts() {
        use Phase::{Data, EndOfData, Mail, Rcpt};
        use Verdict::{Deferred, InDoubt, Refused};
        for phase in [Mail, Rcpt, EndOfData] {
            check(phase, "250 2.0.0 Ok", None);
        }
        for phase in [Mail, Rcpt, Data, EndOfData] {
            check(phase, "421 4.3.2 bye", Some(Deferred));
            check(phase, "450 4.2.0 greylisted", Some(Deferred));
        }
        for phase in [Rcpt, Data, EndOfData] {
            check(phase, "550 5.1.1 no such user", Some(Refused));
        }
        check(Mail, "550 5.7.1 not from you", Some(Deferred));
        check(Mail, "552 5.3.4 too big", Some(Refused));
        check(Mail, "552 too big", Some(Refused));
        check(Mail, "552 5.2.2 full", Some(Deferred));
        check(Rcpt, "251 2.1.5 will forward", None);
        check(Rcpt, "354 go on", Some(Deferred));
        check(Data, "354 go on", None);
        check(Data, "250 Ok", Some(Deferred));
        check(EndOfData, "354 go on", Some(InDoubt));
    }
}
