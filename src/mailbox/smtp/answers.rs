//! What is said to each command; no I/O.
//!
//! `smtp_proto` has the grammar; what we offer, and whom we take letters for,
//! is decided here. Replies carry the codes of RFC 5321 and RFC 3463.

use std::borrow::Cow;

use smtp_proto::{Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MailFrom, RcptTo, Request};

use crate::letter::address::Address;
use crate::mailbox::{DoorSettings, Recipient, Room};

/// RFC 5321, section 4.5.3.1.3.
const PATH: usize = 256;
/// Told in advance, refused in advance (RFC 1870, section 6.1).
const TOO_BIG: &str = "552 5.3.4 too big";

//------------ State ---------------------------------------------------------

/// How far a client has come.
#[derive(Debug, Default)]
pub struct State {
    greeted: bool,
    pub transaction: Option<Transaction>,
}

/// From MAIL to the end of the text.
#[derive(Debug)]
pub struct Transaction {
    /// Absent for the null reverse path.
    pub reverse_path: Option<String>,
    /// Each once.
    pub recipients: Vec<Recipient>,
    asked: u32,
}

/// What is said, and what follows.
#[derive(Debug, Eq, PartialEq)]
pub struct Answer {
    /// Lines without their ends.
    pub lines: Vec<String>,
    pub next: Next,
}

/// What follows a reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// The next command.
    Command,
    /// The connection ends.
    Leave,
    /// The handshake.
    Tls,
    /// The text of a letter.
    Text,
}

impl Answer {
    fn new(line: impl Into<String>) -> Self {
        Answer { lines: vec![line.into()], next: Next::Command }
    }

    fn then(line: impl Into<String>, next: Next) -> Self {
        Answer { lines: vec![line.into()], next }
    }

    /// Whether the client was refused something.
    pub fn is_refusal(&self) -> bool {
        self.lines.iter().any(|line| line.starts_with('5'))
    }
}

impl State {
    /// The answer to one command, CRLF included.
    pub fn answer(
        &mut self,
        line: &[u8],
        settings: &DoorSettings,
        encrypted: bool,
        room: impl FnOnce(usize) -> Room,
    ) -> Answer {
        let request = match Request::parse(&mut line.iter()) {
            Ok(request) => request,
            // A SIZE beyond all numbers is no fault of grammar.
            Err(Error::InvalidParameter { .. }) if declared(line) > settings.max_letter => {
                return Answer::new(TOO_BIG);
            }
            Err(error) => return Answer::new(fault(&error)),
        };
        match request {
            Request::Ehlo { .. } => {
                self.greeted = true;
                self.transaction = None;
                offers(settings, encrypted)
            }
            Request::Helo { .. } => {
                self.greeted = true;
                self.transaction = None;
                Answer::new(format!("250 {}", settings.hostname))
            }
            Request::StartTls => match &settings.tls {
                Some(_) if encrypted => Answer::new("503 5.5.1 already under TLS"),
                // RFC 3207, section 4: no parameters; what was said is void.
                Some(_) => {
                    *self = State::default();
                    Answer::then("220 2.0.0 go on with TLS", Next::Tls)
                }
                None => Answer::new("502 5.5.1 STARTTLS is not offered"),
            },
            Request::Mail { from } => self.mail(&from, line, settings, room),
            Request::Rcpt { to } => self.rcpt(&to, line, settings),
            Request::Data => match &self.transaction {
                None => Answer::new("503 5.5.1 MAIL first"),
                Some(transaction) if transaction.recipients.is_empty() => {
                    Answer::new("554 5.5.1 no recipient is taken")
                }
                Some(_) => Answer::then("354 end with CRLF . CRLF", Next::Text),
            },
            Request::Rset => {
                self.transaction = None;
                Answer::new("250 2.0.0 forgotten")
            }
            Request::Noop { .. } => Answer::new("250 2.0.0 nothing done"),
            Request::Quit => {
                Answer::then(format!("221 2.0.0 {} bye", settings.hostname), Next::Leave)
            }
            // RFC 5321, section 3.5.3: we neither confirm nor deny.
            Request::Vrfy { .. } => Answer::new("252 2.5.0 send and see"),
            Request::Help { .. } => {
                Answer::new("214 2.0.0 this door takes sealed letters for one mailbox (RFC 5321)")
            }
            // What follows is no command, and must not be taken for one.
            Request::Bdat { .. } | Request::Burl { .. } => {
                Answer::then("502 5.5.1 CHUNKING is not offered", Next::Leave)
            }
            Request::Lhlo { .. }
            | Request::Auth { .. }
            | Request::Expn { .. }
            | Request::Etrn { .. }
            | Request::Atrn { .. } => Answer::new("502 5.5.1 not offered"),
        }
    }

    fn mail(
        &mut self,
        from: &MailFrom<Cow<'_, str>>,
        line: &[u8],
        settings: &DoorSettings,
        room: impl FnOnce(usize) -> Room,
    ) -> Answer {
        if !self.greeted {
            return Answer::new("503 5.5.1 EHLO first");
        }
        if self.transaction.is_some() {
            return Answer::new("503 5.5.1 a sender is given already");
        }
        let body = MAIL_BODY_7BIT | MAIL_BODY_8BITMIME;
        let (size, flags) = (from.size, from.flags & body);
        let reverse_path = from.address.clone().into_owned();
        let plain = MailFrom { address: from.address.clone(), size, flags, ..MailFrom::default() };
        if *from != plain {
            return Answer::new("555 5.5.4 a parameter of MAIL is not offered");
        }
        if reverse_path.len() > PATH {
            return Answer::new("501 5.1.7 the reverse path is too long");
        }
        let size = declared(line);
        if size > settings.max_letter {
            return Answer::new(TOO_BIG);
        }
        match room(size) {
            Room::Enough => {}
            Room::Short => return Answer::new("452 4.3.1 no room for now, come again"),
            Room::Closed => return Answer::new("451 4.3.0 closed for now, come again"),
        }
        self.transaction = Some(Transaction {
            reverse_path: (!reverse_path.is_empty()).then_some(reverse_path),
            recipients: Vec::new(),
            asked: 0,
        });
        Answer::new("250 2.1.0 sender noted")
    }

    fn rcpt(&mut self, to: &RcptTo<Cow<'_, str>>, line: &[u8], settings: &DoorSettings) -> Answer {
        let Some(transaction) = &mut self.transaction else {
            return Answer::new("503 5.5.1 MAIL first");
        };
        if transaction.asked >= settings.limits.recipients {
            return Answer::new("452 4.5.3 too many recipients");
        }
        transaction.asked += 1;
        if to.orcpt.is_some() || to.flags != 0 || to.rrvs != 0 {
            return Answer::new("555 5.5.4 a parameter of RCPT is not offered");
        }
        let Some(recipient) = recipient(&to.address, line, &settings.mailbox) else {
            return Answer::new("550 5.1.1 no such mailbox here");
        };
        if !transaction.recipients.contains(&recipient) {
            transaction.recipients.push(recipient);
        }
        Answer::new("250 2.1.5 recipient taken")
    }
}

/// The value of SIZE; 0 if there is none. The grammar's own reading starts
/// anew when a number overflows.
fn declared(line: &[u8]) -> usize {
    let words = line.split(u8::is_ascii_whitespace);
    let mut value = words.filter_map(|word| {
        let (name, value) = word.split_at_checked(5)?;
        name.eq_ignore_ascii_case(b"SIZE=").then_some(value)
    });
    let digits = value.next_back().unwrap_or_default().iter();
    digits.fold(0_usize, |sum, digit| {
        sum.saturating_mul(10).saturating_add(usize::from(digit.saturating_sub(b'0')))
    })
}

/// Whom an address names here.
fn recipient(address: &str, line: &[u8], mailbox: &Address) -> Option<Recipient> {
    // The grammar gives `<Postmaster>` (RFC 5321, section 4.1.1.3) as an empty
    // address, and `<>` as well: which it was stands in the line.
    if address.is_empty() {
        let path = line.iter().skip_while(|octet| **octet != b'<').skip(1);
        let path: Vec<u8> = path.take_while(|octet| **octet != b'>').copied().collect();
        let named = path.trim_ascii().eq_ignore_ascii_case(b"postmaster");
        return named.then_some(Recipient::Postmaster);
    }
    let address: Address = address.parse().ok()?;
    if address.same_mailbox(mailbox) {
        Some(Recipient::Mailbox)
    } else if address.domain() == mailbox.domain()
        && address.local().eq_ignore_ascii_case("postmaster")
    {
        Some(Recipient::Postmaster)
    } else {
        None
    }
}

fn offers(settings: &DoorSettings, encrypted: bool) -> Answer {
    let mut lines = vec![
        format!("250-{}", settings.hostname),
        format!("250-SIZE {}", settings.max_letter),
        "250-8BITMIME".to_owned(),
        "250-PIPELINING".to_owned(),
    ];
    if settings.tls.is_some() && !encrypted {
        lines.push("250-STARTTLS".to_owned());
    }
    lines.push("250 ENHANCEDSTATUSCODES".to_owned());
    Answer { lines, next: Next::Command }
}

fn fault(error: &Error) -> &'static str {
    match error {
        Error::UnknownCommand => "500 5.5.1 no such command",
        Error::InvalidSenderAddress => "553 5.1.7 the reverse path is no address",
        Error::InvalidRecipientAddress => "553 5.1.3 the recipient is no address",
        Error::UnsupportedParameter { .. } => "555 5.5.4 a parameter is not offered",
        Error::InvalidParameter { .. } => "501 5.5.4 a parameter cannot be read",
        Error::NeedsMoreData { .. }
        | Error::SyntaxError { .. }
        | Error::ResponseTooLong
        | Error::InvalidResponse { .. } => "501 5.5.2 the command cannot be read",
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::Limits;

    fn settings() -> DoorSettings {
        DoorSettings {
            hostname: "ecert.bv.example".to_owned(),
            mailbox: "push@ecert.bv.example".parse().unwrap(),
            max_letter: 1000,
            tls: None,
            limits: Limits { recipients: 4, ..Limits::default() },
        }
    }

    /// The first codes of the answers to some commands, one after another.
    #[track_caller]
    fn check(room: Room, commands: &[(&str, &str)]) {
        let settings = settings();
        let mut state = State::default();
        for (command, wanted) in commands {
            let line = format!("{command}\r\n");
            let answer = state.answer(line.as_bytes(), &settings, false, |_| room);
            assert!(answer.lines[0].starts_with(wanted), "{command}: {answer:?}");
        }
    }

    #[test]
    fn a_transaction() {
        let commands = [
            ("MAIL FROM:<a@b>", "503"),
            ("EHLO x", "250-ecert.bv.example"),
            ("RCPT TO:<push@ecert.bv.example>", "503"),
            ("DATA", "503"),
            ("MAIL FROM:<a@b> SIZE=1000 BODY=8BITMIME", "250 2.1.0"),
            ("MAIL FROM:<a@b>", "503"),
            ("DATA", "554 5.5.1"),
            ("RCPT TO:<other@ecert.bv.example>", "550 5.1.1"),
            ("rcpt to:<PUSH@Ecert.BV.example>", "250 2.1.5"),
            ("RCPT TO:<push@ecert.bv.example>", "250 2.1.5"),
            ("RCPT TO:<postmaster>", "250 2.1.5"),
            ("RCPT TO:<postmaster>", "452 4.5.3"),
            ("DATA", "354"),
            ("RSET", "250"),
            ("DATA", "503"),
            ("MAIL FROM:<>", "250"),
            ("EHLO x", "250"),
            ("DATA", "503"),
            ("QUIT", "221"),
        ];
        check(Room::Enough, &commands);
    }

    #[test]
    fn refusals() {
        let commands = [
            ("HELO x", "250 "),
            ("MAIL FROM:<a@b> SIZE=1001", "552 5.3.4"),
            ("MAIL FROM:<a@b> SIZE=99999999999999999999", "552 5.3.4"),
            ("MAIL FROM:<a@b> size=99999999999999999999999", "552 5.3.4"),
            ("MAIL FROM:<a@b> SMTPUTF8", "555 5.5.4"),
            ("MAIL FROM:<a@b> BODY=BINARYMIME", "555 5.5.4"),
            ("MAIL FROM:<a@b> RET=HDRS", "555 5.5.4"),
            ("MAIL FROM:<a@b> ENVID=x", "555 5.5.4"),
            ("MAIL FROM:<a@b> AUTH=<>", "555 5.5.4"),
            ("MAIL FROM:<a@b> WHAT=x", "555 5.5.4"),
            ("MAIL FROM:<a b>", "5"),
            ("MAIL a@b", "501"),
            ("STARTTLS", "502"),
            ("BDAT 3 LAST", "502"),
            ("AUTH PLAIN AAAA", "502"),
            ("VRFY push", "252"),
            ("HELP", "214"),
            ("NOOP x", "250"),
            ("WHAT", "500"),
            ("MAIL FROM:<a@b>", "250"),
            ("RCPT TO:<push@ecert.bv.example> NOTIFY=NEVER", "555"),
            ("RCPT TO:<>", "550"),
        ];
        check(Room::Enough, &commands);
        check(Room::Short, &[("EHLO x", "250"), ("MAIL FROM:<a@b>", "452 4.3.1")]);
        check(Room::Closed, &[("EHLO x", "250"), ("MAIL FROM:<a@b>", "451 4.3.0")]);
    }

    #[test]
    fn recipients() {
        let mailbox: Address = "push@ecert.bv.example".parse().unwrap();
        let named = |path: &str| {
            let line = format!("RCPT TO:<{path}>\r\n");
            let Ok(Request::Rcpt { to }) = Request::parse(&mut line.as_bytes().iter()) else {
                return None;
            };
            recipient(&to.address, line.as_bytes(), &mailbox)
        };
        assert_eq!(named("push@ecert.bv.example"), Some(Recipient::Mailbox));
        assert_eq!(named("@relay.example:push@ecert.bv.example"), Some(Recipient::Mailbox));
        assert_eq!(named("Postmaster"), Some(Recipient::Postmaster));
        assert_eq!(named("PostMaster@ecert.bv.EXAMPLE"), Some(Recipient::Postmaster));
        for other in
            ["", "push", "push@hm.example", "postmaster@hm.example", "push+x@ecert.bv.example"]
        {
            assert_eq!(named(other), None, "{other:?}");
        }
    }
}
