//! The server's side: our own doors.

use std::pin::Pin;
use std::time::Duration;

use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslAcceptor, SslMethod, SslOptions};
use openssl::x509::X509;
use tokio::net::TcpStream;

use super::{Encrypted, TlsError, harden};

//------------ Acceptor ------------------------------------------------------

/// Makes TLS of what came in at one of our doors.
#[derive(Clone)]
pub struct Acceptor(SslAcceptor);

impl Acceptor {
    /// From our certificate with its chain and its unencrypted key, PEM both.
    pub fn from_pem(x509_pem: &[u8], key_pem: &[u8]) -> Result<Self, TlsError> {
        let material = |what| move |source| TlsError::Material { what, source };
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())
            .map_err(material("the TLS library"))?;
        harden(&mut builder).map_err(material("the list of suites"))?;
        builder.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::CIPHER_SERVER_PREFERENCE);
        let key = PKey::private_key_from_pem(key_pem).map_err(material("the TLS key"))?;
        let mut chain =
            X509::stack_from_pem(x509_pem).map_err(material("the TLS certificate"))?.into_iter();
        let own = chain.next().ok_or_else(|| TlsError::Material {
            what: "the TLS certificate",
            source: openssl::error::ErrorStack::get(),
        })?;
        let belongs = own.public_key().is_ok_and(|public| public.public_eq(&key));
        if !belongs {
            return Err(TlsError::KeyMismatch);
        }
        builder.set_certificate(&own).map_err(material("the TLS certificate"))?;
        builder.set_private_key(&key).map_err(material("the TLS key"))?;
        for x509 in chain {
            builder.add_extra_chain_cert(x509).map_err(material("the TLS certificate"))?;
        }
        Ok(Acceptor(builder.build()))
    }

    /// The handshake, as the server.
    pub async fn accept(&self, stream: TcpStream, limit: Duration) -> Result<Encrypted, TlsError> {
        let handshake = |words: String| TlsError::Handshake { words };
        let ssl = Ssl::new(self.0.context()).map_err(|stack| handshake(stack.to_string()))?;
        let mut stream =
            Encrypted::new(ssl, stream).map_err(|stack| handshake(stack.to_string()))?;
        match tokio::time::timeout(limit, Pin::new(&mut stream).accept()).await {
            Err(_elapsed) => Err(TlsError::TimedOut { limit }),
            Ok(Ok(())) => Ok(stream),
            Ok(Err(error)) => Err(handshake(error.to_string())),
        }
    }
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}
