//! The way to a partner's mailbox, and how it is proven.

use std::fmt;
use std::str::FromStr;

//------------ Route ---------------------------------------------------------

/// Where a partner's letters are posted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Route {
    /// The mail exchangers of the address's domain (RFC 5321, section 5).
    Mx,
    /// `smtp://host:port`: STARTTLS unless the entry says `tls = "none"`.
    Smtp { host: String, port: u16 },
    /// `smtps://host:port`: TLS from the first octet (RFC 8314, section 3.3).
    Smtps { host: String, port: u16 },
}

impl Route {
    /// Whether the other end is this machine: a loopback address or `localhost`.
    pub fn is_loopback(&self) -> bool {
        match self {
            Route::Mx => false,
            Route::Smtp { host, .. } | Route::Smtps { host, .. } => {
                host == "localhost"
                    || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

impl Route {
    /// Host and port of the server, as `mail.hm.example:25`; nothing where
    /// the address's domain names it. Routes to the same are one destination.
    pub fn destination(&self) -> Option<String> {
        match self {
            Route::Mx => None,
            Route::Smtp { host, port } | Route::Smtps { host, port } if host.contains(':') => {
                Some(format!("[{}]:{port}", host.to_ascii_lowercase()))
            }
            Route::Smtp { host, port } | Route::Smtps { host, port } => {
                Some(format!("{}:{port}", host.to_ascii_lowercase()))
            }
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Route::Mx => return f.write_str("mx"),
            Route::Smtp { host, port } => ("smtp", host, port),
            Route::Smtps { host, port } => ("smtps", host, port),
        };
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "mx" {
            return Ok(Route::Mx);
        }
        let fault = || RouteError { text: text.chars().take(80).collect() };
        let (scheme, rest) = text.split_once("://").ok_or_else(fault)?;
        let default_port = match scheme {
            "smtp" => 25,
            "smtps" => 465,
            _ => return Err(fault()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[') {
            Some(literal) => {
                let (host, after) = literal.split_once(']').ok_or_else(fault)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_not_ipv6| fault())?;
                (host, after.strip_prefix(':'))
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_not_a_port| fault())?,
            None => default_port,
        };
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b".-:".contains(&octet);
        if host.is_empty() || !host.bytes().all(plain) || port == 0 {
            return Err(fault());
        }
        let host = host.to_owned();
        Ok(match scheme {
            "smtps" => Route::Smtps { host, port },
            _ => Route::Smtp { host, port },
        })
    }
}

//------------ RouteError ----------------------------------------------------

/// A text that is no route; the operator mends partners.toml.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{text}' is no route; write smtp://host:port, smtps://host:port or mx")]
pub struct RouteError {
    text: String,
}

//------------ TlsPolicy -----------------------------------------------------

/// What is asked of the road to a partner. There is no downgrade.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TlsPolicy {
    /// No TLS; only to this machine itself.
    Off,
    /// TLS or nothing goes.
    Required(TlsProof),
}

/// How the other end proves who it is. All absent: the public roots and the
/// route's host name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TlsProof {
    /// Trusted authorities, PEM, in place of the public roots.
    pub ca: Option<Vec<u8>>,
    /// SHA-256 of the server certificate's DER; in place of any authority.
    pub pin: Option<[u8; 32]>,
    /// The name in the server certificate, in place of the route's host.
    pub name: Option<String>,
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: Option<&str>) {
        let read = text.parse::<Route>().ok().map(|route| route.to_string());
        assert_eq!(read.as_deref(), wanted, "{text:?}");
    }

    #[test]
    fn forms() {
        check("mx", Some("mx"));
        check("smtp://127.0.0.1:2526", Some("smtp://127.0.0.1:2526"));
        check("smtp://mail.hm.example", Some("smtp://mail.hm.example:25"));
        check("smtps://mail.hm.example", Some("smtps://mail.hm.example:465"));
        check("smtp://[::1]:2526", Some("smtp://[::1]:2526"));
        for bad in [
            "",
            "smtp://",
            "http://x",
            "smtp://a b",
            "smtp://h:0",
            "smtp://h:99999",
            "smtp://h\r\n:1",
        ] {
            check(bad, None);
        }
    }
}
