//! xtext, and the parameters by which a report is asked for (RFC 3461).

use crate::letter::Address;

//------------ ReportRequest -------------------------------------------------

/// What a letter's envelope asks of the relays on its road. To be said only
/// where EHLO offered DSN (RFC 3461, section 5.2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReportRequest<'a> {
    /// A letter: its header back if it fails, and a word if it is delayed.
    /// Success is not asked for: it proves nothing that counts.
    FailureAndDelay { letter_id: &'a str },
    /// A receipt: nothing, ever (RFC 3461, section 6.1).
    Never,
}

impl ReportRequest<'_> {
    /// The parameters of MAIL, each with the blank before it; or nothing.
    pub fn of_mail(self) -> String {
        match self {
            ReportRequest::FailureAndDelay { letter_id } => {
                let envelope_id = encode(letter_id);
                // RFC 3461, section 5.4
                if envelope_id.is_empty() || envelope_id.len() > MAX_ENVELOPE_ID {
                    return " RET=HDRS".to_owned();
                }
                format!(" RET=HDRS ENVID={envelope_id}")
            }
            ReportRequest::Never => String::new(),
        }
    }

    /// The parameters of RCPT, each with the blank before it.
    pub fn of_rcpt(self, to: &Address) -> String {
        match self {
            ReportRequest::FailureAndDelay { .. } => {
                // RFC 3461, section 4.2: of exactly the address of RCPT.
                let original = format!("rfc822;{}", encode(&to.to_string()));
                if original.len() > MAX_ORIGINAL {
                    return " NOTIFY=FAILURE,DELAY".to_owned();
                }
                format!(" NOTIFY=FAILURE,DELAY ORCPT={original}")
            }
            ReportRequest::Never => " NOTIFY=NEVER".to_owned(),
        }
    }
}

const MAX_ENVELOPE_ID: usize = 100;
const MAX_ORIGINAL: usize = 500;

//------------ xtext ---------------------------------------------------------

/// `text` as xtext (RFC 3461, section 4): printable ASCII as it is, but for
/// `+` and `=`; every other octet as `+` and two capital digits.
pub fn encode(text: &str) -> String {
    encode_all_but(text, |octet| !matches!(octet, b'+' | b'='))
}

/// The same with `;` and `,` escaped too, for a value in a list.
pub fn encode_item(text: &str) -> String {
    encode_all_but(text, |octet| !matches!(octet, b'+' | b'=' | b';' | b','))
}

/// What xtext stands for; nothing if it is none.
pub fn decode(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'+' {
            octets.push(octet);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        octets.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(octets).ok()
}

fn encode_all_but(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_graphic() && plain(octet) {
            out.push(char::from(octet));
        } else {
            out.push_str(&format!("+{octet:02X}"));
        }
    }
    out
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        assert_eq!(encode(text), wanted);
        assert_eq!(decode(wanted).as_deref(), Some(text));
    }

    #[test]
    fn both_ways() {
        check("tnei5w5s46migarjcj6hevoihe", "tnei5w5s46migarjcj6hevoihe");
        check("ecert+in=x@hm.example", "ecert+2Bin+3Dx@hm.example");
        check("a b\r\nRCPT", "a+20b+0D+0ARCPT");
        check("é;,", "+C3+A9;,");
        assert_eq!(encode_item("a;b,c d"), "a+3Bb+2Cc+20d");
        assert_eq!(decode("a+3bb").as_deref(), Some("a;b"));
        for bad in ["+", "+4", "+zz", "+FF"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn parameters() {
        let to: Address = "push@ecert.hm.example".parse().unwrap();
        let asks = ReportRequest::FailureAndDelay { letter_id: "tnei5w5s46migarjcj6hevoihe" };
        assert_eq!(asks.of_mail(), " RET=HDRS ENVID=tnei5w5s46migarjcj6hevoihe");
        let wanted = " NOTIFY=FAILURE,DELAY ORCPT=rfc822;push@ecert.hm.example";
        assert_eq!(asks.of_rcpt(&to), wanted);
        assert_eq!(ReportRequest::Never.of_mail(), "");
        assert_eq!(ReportRequest::Never.of_rcpt(&to), " NOTIFY=NEVER");
        let long = ReportRequest::FailureAndDelay { letter_id: &"x".repeat(101) };
        assert_eq!(long.of_mail(), " RET=HDRS");
        let odd: Address = format!("{}@{}", "+".repeat(64), "x=".len()).parse().unwrap();
        assert!(asks.of_rcpt(&odd).ends_with(&format!("{}@2", "+2B".repeat(64))));
    }
}
