//! What a server's EHLO reply offers.

use crate::delivery::attempt::Reply;

//------------ Offers --------------------------------------------------------

/// The extensions we make use of (RFC 5321, section 4.1.1.1: keywords in any
/// case).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Offers {
    pub auth_login: bool,
    pub auth_plain: bool,
    /// RFC 3461.
    pub dsn: bool,
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 1870; a limit of 0 is none.
    pub size: bool,
    /// The limit in octets, if SIZE names one.
    pub size_limit: Option<u64>,
    /// RFC 3207.
    pub starttls: bool,
}

impl Offers {
    /// Reads the reply; its first line is a greeting.
    pub fn read(reply: &Reply) -> Self {
        let mut offers = Offers::default();
        for line in reply.text.lines().skip(1) {
            // Old servers write AUTH=LOGIN.
            let text = line.get(4..).unwrap_or_default().replace('=', " ").to_ascii_uppercase();
            let mut words = text.split_ascii_whitespace();
            match words.next() {
                Some("AUTH") => {
                    for mechanism in words {
                        offers.auth_login |= mechanism == "LOGIN";
                        offers.auth_plain |= mechanism == "PLAIN";
                    }
                }
                Some("DSN") => offers.dsn = true,
                Some("PIPELINING") => offers.pipelining = true,
                Some("SIZE") => {
                    offers.size = true;
                    let limit = words.next().and_then(|limit| limit.parse().ok());
                    offers.size_limit = limit.filter(|limit| *limit > 0);
                }
                Some("STARTTLS") => offers.starttls = true,
                Some(_) | None => {}
            }
        }
        offers
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::attempt::Phase;

    #[test]
    fn keywords() {
        let text = "250-DSN.example greets you\n250-size 1000\n250-AUTH=LOGIN\n250-AUTH PLAIN XOAUTH2\n250-STARTTLS\n250 Pipelining";
        let reply = Reply { phase: Phase::Ehlo, code: 250, text: text.to_owned() };
        let wanted = Offers {
            auth_login: true,
            auth_plain: true,
            dsn: false,
            pipelining: true,
            size: true,
            size_limit: Some(1000),
            starttls: true,
        };
        assert_eq!(Offers::read(&reply), wanted);
        let bare = Reply { phase: Phase::Ehlo, code: 250, text: "250 DSN".to_owned() };
        assert_eq!(Offers::read(&bare), Offers::default());
    }
}
