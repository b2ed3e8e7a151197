//! The SMTP door (RFC 5321), for one mailbox.
//!
//! - [`conversation`]: one client, from the banner to the end.
//! - [`answers`]: what is said to each command; no I/O.
//! - [`lines`]: commands, strictly one line each.
//! - [`text`]: what comes after DATA, to CRLF `.` CRLF and nothing else.
//! - [`custody`]: a letter changes hands, and the reply to its dot.
//! - [`crowd`]: who is connected, and how much they have on the way.
//!
//! Offered: SIZE, 8BITMIME, PIPELINING, ENHANCEDSTATUSCODES, and STARTTLS
//! with a certificate. Not offered: DSN, which would oblige us to send
//! reports (RFC 3461, section 5.2.3), SMTPUTF8, CHUNKING, AUTH.

pub mod answers;
pub mod conversation;
pub mod crowd;
pub mod custody;
pub mod lines;
pub mod steps;
pub mod text;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::{DoorSettings, TakeIn};
use crate::runtime::Runtime;
use conversation::Conversation;
use crowd::Crowd;

/// After an accept that failed (no file descriptors, mostly): the others
/// that are connected need a moment to go.
const PAUSE: Duration = Duration::from_millis(100);
/// For one line to somebody who is not let in.
const TURN_AWAY: Duration = Duration::from_secs(2);

/// Serves the door until the runtime's token is cancelled.
pub async fn serve<T: TakeIn>(
    listener: TcpListener,
    settings: Arc<DoorSettings>,
    sink: Arc<T>,
    runtime: Runtime,
) {
    let crowd = Arc::new(Crowd::new(&settings.limits));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = runtime.token().cancelled() => return,
        };
        let (mut stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the SMTP door could not accept a connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection went before it began");
            continue;
        }
        match crowd.enter(peer.ip()) {
            Some(place) => {
                let conversation = Conversation::new(
                    peer,
                    Arc::clone(&settings),
                    Arc::clone(&sink),
                    place,
                    runtime.token().clone(),
                );
                runtime.spawn(conversation.hold(stream));
            }
            None => {
                tracing::info!(peer = %peer, "too many connections; one was turned away");
                let Some(seat) = crowd.wait_outside() else { continue };
                let line =
                    format!("421 4.7.0 {} too many connections, come again\r\n", settings.hostname);
                runtime.spawn(async move {
                    let told = stream.write_all(line.as_bytes());
                    tokio::time::timeout(TURN_AWAY, told).await.ok();
                    drop(seat);
                });
            }
        }
    }
}
