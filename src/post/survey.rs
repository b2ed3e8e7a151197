//! A look at a partner's server: the whole road, and no letter.

use std::fmt;

use super::connect::{Obstacle, Road};
use super::offers::Offers;
use super::outcome::Settings;
use crate::partner::{Credentials, Route, TlsPolicy};

//------------ Step ----------------------------------------------------------

/// One step of the road, in order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// The host's name has an address.
    Dns,
    /// The address takes a connection, and greets.
    Connect,
    /// The server answers EHLO.
    Ehlo,
    /// The server offers STARTTLS and begins it.
    Starttls,
    /// TLS comes about, and the certificate is as the entry demands.
    Certificate,
    /// The server takes our user and password.
    Auth,
}

impl Step {
    /// The step for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Step::Dns => "dns",
            Step::Connect => "connect",
            Step::Ehlo => "ehlo",
            Step::Starttls => "starttls",
            Step::Certificate => "certificate",
            Step::Auth => "auth",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//------------ Surveyed ------------------------------------------------------

/// A road that is open from end to end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Surveyed {
    /// Address and port of the server.
    pub peer: String,
    /// Version and suite, under TLS.
    pub tls: Option<String>,
    pub offers: Offers,
}

/// Where a road ends, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stopped {
    pub step: Step,
    /// One sentence for the operator.
    pub words: String,
}

/// Goes the road to the server of `route` as for a letter, looks at what it
/// offers, and says goodbye.
pub async fn survey(
    route: &Route,
    tls: &TlsPolicy,
    credentials: Option<&Credentials>,
    settings: &Settings,
) -> Result<Surveyed, Stopped> {
    match Road::new(settings).travel(route, tls, credentials).await {
        Ok(session) => {
            let (peer, tls, offers) = (session.peer(), session.tls(), session.offers);
            session.quit().await;
            Ok(Surveyed { peer, tls, offers })
        }
        Err(Obstacle { step, words, .. }) => Err(Stopped { step, words }),
    }
}
