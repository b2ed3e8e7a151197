//! A worker's connection to its partner, while it is open.

use crate::config::Configuration;
use crate::outbound::standing::{Stand, Standing};
use crate::partner::Partner;
use crate::post::{self, Outcome, Session, Settings};

//------------ Connection ----------------------------------------------------

/// A worker's connection to its partner, while it is open.
#[derive(Default)]
pub(super) struct Connection {
    pub session: Option<Session>,
    stand: Option<Stand>,
    pub peer: Option<String>,
    pub tls: Option<String>,
}

impl Connection {
    /// Whether a transaction may begin on it as it is.
    pub async fn stands(&self) -> bool {
        match &self.session {
            Some(session) => session.is_usable().await,
            None => false,
        }
    }

    /// Makes sure that there is a connection on which a transaction may begin.
    pub async fn open(
        &mut self,
        partner: &Partner,
        configuration: &Configuration,
        standing: &Standing,
    ) -> Result<(), Outcome> {
        if self.stands().await {
            return Ok(());
        }
        self.close().await;
        let settings = Settings {
            hostname: configuration.gateway.hostname.clone(),
            connect: configuration.clocks.connect,
            reply: configuration.clocks.smtp_reply,
            final_reply: configuration.clocks.final_reply,
        };
        let credentials = partner.credentials.as_ref();
        let opened = post::connect(&partner.route, &partner.tls, credentials, &settings).await;
        let session = opened.map_err(|unreached| {
            (self.peer, self.tls) = (unreached.peer, unreached.tls);
            unreached.outcome
        })?;
        (self.peer, self.tls) = (Some(session.peer()), session.tls());
        self.session = Some(session);
        self.stand = Some(standing.count(partner.destination()));
        Ok(())
    }

    /// It carries no more letters.
    pub fn lost(&mut self) {
        (self.session, self.stand) = (None, None);
    }

    /// Says goodbye.
    pub async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            session.quit().await;
        }
        self.lost();
    }
}
