//! The client's side: proving who a partner's mail server is.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use data_encoding::HEXLOWER;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::ssl::{ConnectConfiguration, SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509VerifyResult};
use tokio::net::TcpStream;

use super::{Encrypted, TlsError, describe, harden};
use crate::partner::TlsProof;

//------------ Connector -----------------------------------------------------

/// Makes TLS of a TCP stream to one partner. Made once and shared: reading
/// certificates costs more than a letter.
#[derive(Clone, Debug)]
pub struct Connector {
    connector: SslConnector,
    pin: Option<[u8; 32]>,
    name: Option<String>,
}

impl Connector {
    /// What `proof` asks for.
    pub fn new(proof: &TlsProof) -> Result<Self, TlsError> {
        let material = |what| move |source| TlsError::Material { what, source };
        let mut builder =
            SslConnector::builder(SslMethod::tls_client()).map_err(material("the TLS library"))?;
        harden(&mut builder).map_err(material("the list of suites"))?;
        if let Some(pem) = &proof.ca {
            let store = authorities(pem).map_err(material("tls_ca"))?;
            builder.set_cert_store(store);
        }
        Ok(Connector { connector: builder.build(), pin: proof.pin, name: proof.name.clone() })
    }

    /// TLS on `stream`, to a server that the route calls `host`.
    ///
    /// Nothing of ours is sent before the proof is complete.
    pub async fn connect(
        &self,
        stream: TcpStream,
        host: &str,
        limit: Duration,
    ) -> Result<Encrypted, TlsError> {
        let handshake = |words: String| TlsError::Handshake { words };
        let name = self.name.as_deref().unwrap_or(host);
        let mut ssl = self
            .configuration()
            .and_then(|configuration| configuration.into_ssl(name))
            .map_err(|stack| handshake(stack.to_string()))?;
        // After a handshake that failed the library tells no more whose
        // certificate it was.
        let shown = Arc::new(OnceLock::new());
        if let Some(pin) = self.pin {
            let shown = shown.clone();
            // The pin stands in place of any authority: at depth 0 the
            // certificate itself decides, whatever the chain says.
            ssl.set_verify_callback(SslVerifyMode::PEER, move |_chain, store| {
                let wanted = store.error_depth() != 0
                    || store.current_cert().is_some_and(|x509| {
                        shown.get_or_init(|| fingerprint(x509)).as_ref() == Some(&pin)
                    });
                if wanted {
                    store.set_error(X509VerifyResult::OK);
                }
                wanted
            });
        }
        let mut stream =
            Encrypted::new(ssl, stream).map_err(|stack| handshake(stack.to_string()))?;
        match tokio::time::timeout(limit, Pin::new(&mut stream).connect()).await {
            Err(_elapsed) => return Err(TlsError::TimedOut { limit }),
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                if let Some(pin) = &self.pin
                    && let Some(found) = shown.get()
                    && found.as_ref() != Some(pin)
                {
                    return Err(pin_fault(found.as_ref(), pin));
                }
                let result = stream.ssl().verify_result();
                let words = match result == X509VerifyResult::OK {
                    true => error.to_string(),
                    false => result.error_string().to_owned(),
                };
                return Err(handshake(words));
            }
        }
        // Looked at once more, outside the library's chain building.
        if let Some(pin) = &self.pin {
            match stream.ssl().peer_certificate() {
                Some(x509) => match fingerprint(&x509) {
                    Some(found) if found == *pin => {}
                    other => return Err(pin_fault(other.as_ref(), pin)),
                },
                None => return Err(handshake("the server showed no certificate".to_owned())),
            }
        }
        tracing::debug!(tls = %describe(&stream), "TLS with a partner's server");
        Ok(stream)
    }

    fn configuration(&self) -> Result<ConnectConfiguration, ErrorStack> {
        let mut configuration = self.connector.configure()?;
        configuration.set_verify_hostname(self.pin.is_none());
        Ok(configuration)
    }
}

/// The authorities of a PEM file, in place of the public roots.
fn authorities(pem: &[u8]) -> Result<openssl::x509::store::X509Store, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    for x509 in X509::stack_from_pem(pem)? {
        store.add_cert(x509)?;
    }
    // An authority of an entry may itself be an intermediate one.
    store.set_flags(openssl::x509::verify::X509VerifyFlags::PARTIAL_CHAIN)?;
    Ok(store.build())
}

fn fingerprint(x509: &openssl::x509::X509Ref) -> Option<[u8; 32]> {
    (*x509.digest(MessageDigest::sha256()).ok()?).try_into().ok()
}

fn pin_fault(found: Option<&[u8; 32]>, pin: &[u8; 32]) -> TlsError {
    TlsError::Pin {
        found: found.map_or_else(|| "unknown".to_owned(), |digest| HEXLOWER.encode(digest)),
        pinned: HEXLOWER.encode(pin),
    }
}
