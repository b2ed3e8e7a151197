//! TLS, both sides of it.
//!
//! The only room that speaks `tokio_openssl`; with `smime` the only one that
//! speaks `openssl`. TLS 1.2 and 1.3, ECDHE and AEAD suites, nothing else.
//!
//! - [`client`]: the road to a partner. The other end proves itself by the
//!   public roots, by the authorities of the partner's entry, or by being
//!   exactly the pinned certificate.
//! - [`server`]: our own doors, from a PEM certificate and its key.
//!
//! It never falls back to an older version, to another suite or to clear
//! text: what does not come about is an error, and the caller decides.

pub mod client;
pub mod server;

use std::time::Duration;

use openssl::ssl::SslContextBuilder;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

pub use client::Connector;
pub use server::Acceptor;

/// A TCP stream under TLS.
pub type Encrypted = SslStream<TcpStream>;

/// TLS 1.2: ephemeral ECDH and AEAD only (SECURITY "Doors and house").
const SUITES_1_2: &str = "ECDHE+AESGCM:ECDHE+CHACHA20";
/// TLS 1.3: the AEAD suites of RFC 8446, section 9.1, without the CCM ones.
const SUITES_1_3: &str =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
const GROUPS: &str = "X25519:P-256:P-384";

/// The version and suite of a stream, as trace and log show them:
/// `TLSv1.3 TLS_AES_256_GCM_SHA384`.
pub fn describe(stream: &Encrypted) -> String {
    let ssl = stream.ssl();
    let suite = ssl.current_cipher().map_or("no suite", |cipher| cipher.name());
    format!("{} {suite}", ssl.version_str())
}

/// What both sides ask for.
fn harden(builder: &mut SslContextBuilder) -> Result<(), openssl::error::ErrorStack> {
    builder.set_min_proto_version(Some(openssl::ssl::SslVersion::TLS1_2))?;
    builder.set_cipher_list(SUITES_1_2)?;
    builder.set_ciphersuites(SUITES_1_3)?;
    builder.set_groups_list(GROUPS)
}

//------------ TlsError ------------------------------------------------------

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate, key or authority in our configuration cannot be used;
    /// the operator mends the file.
    #[error("{what} cannot be used for TLS: {source}")]
    Material {
        what: &'static str,
        #[source]
        source: openssl::error::ErrorStack,
    },
    /// The key is not the certificate's; the operator mends the configuration.
    #[error("the TLS key does not belong to the TLS certificate")]
    KeyMismatch,
    /// The other end did not prove that it is who it should be, or speaks no
    /// TLS that we take; the partner, or whoever stands between, has to act.
    #[error("no TLS with the other end: {words}")]
    Handshake { words: String },
    /// The certificate is not the pinned one; the partner says whether it
    /// changed, the operator then changes the pin.
    #[error("the server's certificate has the SHA-256 {found}, the pin says {pinned}")]
    Pin { found: String, pinned: String },
    /// The other end was silent during the handshake; tried again.
    #[error("TLS did not come about within {} s", limit.as_secs_f32())]
    TimedOut { limit: Duration },
}
