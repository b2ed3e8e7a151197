//! A letter changes hands: the reply to the final dot.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::timeout;

use super::answers::Transaction;
use crate::mailbox::{Incoming, TakeIn, Trouble};

impl Transaction {
    /// The envelope, once for each recipient.
    pub(super) fn incoming(self, peer: &SocketAddr, tls: Option<&str>) -> Vec<Incoming> {
        let one = |recipient| Incoming {
            reverse_path: self.reverse_path.clone(),
            recipient,
            peer: peer.to_string(),
            tls: tls.map(str::to_owned),
        };
        self.recipients.iter().copied().map(one).collect()
    }
}

/// Hands a letter over for each recipient, and says what to reply.
///
/// 250 is the promise that it is safe with us (RFC 5321, section 6.1); any
/// trouble of ours is a 4yz: the client keeps it and comes again.
pub(super) async fn hand_over<T: TakeIn>(
    sink: &T,
    incoming: Vec<Incoming>,
    letter: Vec<u8>,
    limit: Duration,
) -> &'static str {
    let peer = incoming.first().map(|first| first.peer.clone()).unwrap_or_default();
    let handed = async {
        let letters = std::iter::repeat_n(letter, incoming.len());
        for (incoming, octets) in incoming.into_iter().zip(letters) {
            sink.take_in(incoming, octets).await?;
        }
        Ok(())
    };
    match timeout(limit, handed).await {
        Ok(Ok(())) => "250 2.0.0 taken\r\n",
        Ok(Err(error @ Trouble::Full { .. })) => {
            tracing::error!(%peer, %error, "a letter was put off");
            "452 4.3.1 no room for now, come again\r\n"
        }
        Ok(Err(error @ Trouble::Failed { .. })) => {
            tracing::error!(%peer, %error, "a letter was put off");
            "451 4.3.0 our own trouble, come again\r\n"
        }
        Err(_elapsed) => {
            tracing::error!(%peer, "a letter was put off: the ledger is too slow");
            "451 4.3.0 our own trouble, come again\r\n"
        }
    }
}
