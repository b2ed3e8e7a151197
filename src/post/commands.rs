//! MAIL and RCPT with their parameters, as offered (WIRE section 4).

use std::fmt::Write;

use super::offers::Offers;
use super::outcome::{Envelope, Unsendable};
use crate::letter::xtext;

/// MAIL FROM, with its line end.
///
/// `size` is what RFC 1870, section 3, counts: the letter's octets, without
/// dots stuffed in.
pub fn mail(envelope: &Envelope, size: usize, offers: &Offers) -> Result<String, Unsendable> {
    let from = envelope.from.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut command = format!("MAIL FROM:<{from}>");
    if offers.size {
        // Writing to a String does not fail.
        write!(command, " SIZE={size}").ok();
    }
    // A receipt asks for no report: no RET, no ENVID (RFC 3461, section 6.1).
    if offers.dsn && envelope.from.is_some() {
        let id = xtext::encode(&envelope.envelope_id);
        // RFC 3461, section 4.4: printable, at most 100 characters.
        let printable = envelope.envelope_id.bytes().all(|octet| (b' '..=b'~').contains(&octet));
        if id.is_empty() || id.len() > 100 || !printable {
            return Err(Unsendable::EnvelopeId);
        }
        write!(command, " RET=HDRS ENVID={id}").ok();
    }
    command.push_str("\r\n");
    Ok(command)
}

/// RCPT TO, with its line end.
pub fn rcpt(envelope: &Envelope, offers: &Offers) -> String {
    let to = &envelope.to;
    match (offers.dsn, &envelope.from) {
        (false, _) => format!("RCPT TO:<{to}>\r\n"),
        // RFC 3834, section 3.3.
        (true, None) => format!("RCPT TO:<{to}> NOTIFY=NEVER\r\n"),
        // RFC 3461, section 4.2: ORCPT holds exactly the address of RCPT.
        (true, Some(_)) => {
            let original = xtext::encode(&to.to_string());
            format!("RCPT TO:<{to}> NOTIFY=FAILURE,DELAY ORCPT=rfc822;{original}\r\n")
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(from: Option<&str>, to: &str) -> Envelope {
        Envelope {
            from: from.map(|from| from.parse().unwrap()),
            to: to.parse().unwrap(),
            envelope_id: "tnei5w5s46migarjcj6hevoihe".to_owned(),
        }
    }

    #[test]
    fn everything_offered() {
        let offers = Offers { dsn: true, size: true, ..Offers::default() };
        let letter = envelope(Some("push@ecert.bv.example"), "ecert+in=x@hm.example");
        assert_eq!(
            mail(&letter, 51_063, &offers).unwrap(),
            "MAIL FROM:<push@ecert.bv.example> SIZE=51063 RET=HDRS ENVID=tnei5w5s46migarjcj6hevoihe\r\n"
        );
        assert_eq!(
            rcpt(&letter, &offers),
            "RCPT TO:<ecert+in=x@hm.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ecert+2Bin+3Dx@hm.example\r\n"
        );
        let receipt = envelope(None, "push@hm.example");
        assert_eq!(mail(&receipt, 7, &offers).unwrap(), "MAIL FROM:<> SIZE=7\r\n");
        assert_eq!(rcpt(&receipt, &offers), "RCPT TO:<push@hm.example> NOTIFY=NEVER\r\n");
    }

    #[test]
    fn nothing_offered() {
        let letter = envelope(Some("a@b"), "c@d");
        assert_eq!(mail(&letter, 9, &Offers::default()).unwrap(), "MAIL FROM:<a@b>\r\n");
        assert_eq!(rcpt(&letter, &Offers::default()), "RCPT TO:<c@d>\r\n");
    }

    #[test]
    fn envelope_ids() {
        let offers = Offers { dsn: true, ..Offers::default() };
        for bad in ["", "a\r\nRCPT TO:<x@y>", &"x".repeat(101)] {
            let mut letter = envelope(Some("a@b"), "c@d");
            letter.envelope_id = bad.to_owned();
            assert_eq!(mail(&letter, 9, &offers), Err(Unsendable::EnvelopeId), "{bad:?}");
        }
    }
}
