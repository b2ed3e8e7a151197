//! The broker's URL, and how it may be shown.

use std::fmt;

use lapin::uri::AMQPUri;

use super::QueueError;

/// The heartbeat we ask for, in seconds; a URL may name another.
const HEARTBEAT: u16 = 20;
/// For the TCP connection and the handshake, in milliseconds.
const CONNECT: u64 = 10_000;

/// Reads a URL, with a heartbeat and a time limit in any case.
pub(super) fn read(url: &str) -> Result<AMQPUri, QueueError> {
    // The parser's own words may quote the URL, and with it the password.
    let fault = |words: &str| QueueError::Address { words: words.to_owned() };
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    if !matches!(scheme, Some("amqp" | "amqps")) {
        return Err(fault("it begins with neither amqp:// nor amqps://"));
    }
    let mut uri: AMQPUri = url
        .parse()
        .map_err(|_quotes_url: String| fault("host, port, vhost or a parameter cannot be read"))?;
    // The parser takes an IPv6 literal for no host at all, and localhost for it.
    if let Some(literal) = ipv6(url) {
        uri.authority.host = literal.to_owned();
    }
    uri.query.heartbeat.get_or_insert(HEARTBEAT);
    uri.query.connection_timeout.get_or_insert(CONNECT);
    Ok(uri)
}

/// The IPv6 address between brackets, if the host is one.
fn ipv6(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    place.strip_prefix('[')?.split_once(']').map(|(literal, _)| literal)
}

//------------ Redacted ------------------------------------------------------

/// A URL without its password and parameters, for logs and answers.
pub struct Redacted<'a>(pub &'a str);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return f.write_str("(no URL)");
        };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        // The last @: a password may hold one, unescaped.
        let (user, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (login.split(':').next(), place),
            None => (None, rest),
        };
        write!(f, "{}://", scheme.escape_default())?;
        if let Some(user) = user {
            write!(f, "{}@", user.escape_default())?;
        }
        write!(f, "{}", place.escape_default())
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, wanted: &str) {
        assert_eq!(Redacted(url).to_string(), wanted);
    }

    #[test]
    fn shows_no_password() {
        check("amqp://127.0.0.1:5672/%2f", "amqp://127.0.0.1:5672/%2f");
        check("amqps://u:s3cret@h:5671/bv", "amqps://u@h:5671/bv");
        check("amqp://u:a@b:c@h/bv?heartbeat=5", "amqp://u@h/bv");
        check("u:p@h", "(no URL)");
    }

    #[test]
    fn reads() {
        let uri = read("amqp://127.0.0.1:5672/%2f").unwrap();
        assert_eq!((uri.vhost.as_str(), uri.query.heartbeat), ("/", Some(HEARTBEAT)));
        assert_eq!(read("amqp://h/bv?heartbeat=5").unwrap().query.heartbeat, Some(5));
        for bad in
            ["", "h:5672", "http://h", "amqp://u:s3cret@h:x/", "amqp://u:s3cret@h?heartbeat=x"]
        {
            let error = read(bad).unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
