//! Keys and trust, handed over to a process of ours.
//!
//! What opens letters is a process of its own; it reads no files and is told
//! all that it knows through a pipe. Private keys cross it, so this is no
//! `Serialize` of the keys themselves, which any answer could come to hold:
//! whoever wants to hand them over names these types.

use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::x509::X509;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use zeroize::Zeroize;

use super::authority::{Anchor, Crl};
use super::identity::{DecryptIdentity, Own, Pin, X509Facts};
use super::path::PathRules;
use super::profile::{ContentCipher, Trust};
use super::{IdentityError, SmimeError};
use crate::clock::Timestamp;

//------------ HandedKey -----------------------------------------------------

/// A decrypting identity on its way: DER. Zeroed when it is dropped.
#[derive(Deserialize, Serialize)]
pub struct HandedKey {
    x509: ByteBuf,
    key: ByteBuf,
}

impl HandedKey {
    /// The identity, to be handed over.
    pub fn of(identity: &DecryptIdentity) -> Result<Self, SmimeError> {
        let hand = || -> Result<HandedKey, ErrorStack> {
            Ok(HandedKey {
                x509: ByteBuf::from(identity.facts().x509.to_der()?),
                key: ByteBuf::from(identity.private_key().private_key_to_pkcs8()?),
            })
        };
        hand().map_err(SmimeError::openssl("hand over a key"))
    }

    /// The identity that was handed over; it was checked by whoever read it
    /// from its files.
    pub fn identity(&self) -> Result<DecryptIdentity, IdentityError> {
        let x509 = X509::from_der(&self.x509).map_err(IdentityError::x509)?;
        let key = PKey::private_key_from_pkcs8(&self.key)
            .map_err(|source| IdentityError::Key { source })?;
        let facts = X509Facts::read(x509)?;
        Ok(DecryptIdentity(Arc::new(Own { facts, chain: Vec::new(), key })))
    }
}

impl Drop for HandedKey {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

//------------ HandedTrust ---------------------------------------------------

/// A partner's trust on its way: DER.
#[derive(Deserialize, Serialize)]
pub struct HandedTrust {
    pins: Vec<(ByteBuf, Option<Timestamp>, Option<Timestamp>)>,
    anchors: Vec<Vec<ByteBuf>>,
    crls: Vec<ByteBuf>,
    content: Vec<ContentCipher>,
    path: PathRules,
}

impl HandedTrust {
    /// The trust, to be handed over.
    pub fn of(trust: &Trust) -> Result<Self, SmimeError> {
        let der = |x509: &X509| x509.to_der().map(ByteBuf::from);
        let hand = || -> Result<HandedTrust, ErrorStack> {
            let pin = |pin: &Pin| Ok((der(&pin.facts().x509)?, pin.from, pin.until));
            let anchor = |anchor: &Anchor| anchor.x509s().iter().map(der).collect();
            let crl = |crl: &Crl| crl.facts().crl.to_der().map(ByteBuf::from);
            Ok(HandedTrust {
                pins: trust.pins.iter().map(pin).collect::<Result<_, ErrorStack>>()?,
                anchors: trust.anchors.iter().map(anchor).collect::<Result<_, _>>()?,
                crls: trust.crls.iter().map(crl).collect::<Result<_, _>>()?,
                content: trust.content.clone(),
                path: trust.path.clone(),
            })
        };
        hand().map_err(SmimeError::openssl("hand over a partner's trust"))
    }

    /// The trust that was handed over.
    pub fn trust(&self) -> Result<Trust, IdentityError> {
        let x509 = |der: &ByteBuf| X509::from_der(der).map_err(IdentityError::x509);
        let pins = self.pins.iter().map(|(der, from, until)| {
            let facts = Arc::new(X509Facts::read(x509(der)?)?);
            Ok(Pin { facts, from: *from, until: *until })
        });
        let anchors = self.anchors.iter().map(|all| {
            let all = all.iter().map(x509).collect::<Result<_, _>>()?;
            Ok(Anchor(Arc::new(all)))
        });
        Ok(Trust {
            pins: pins.collect::<Result<_, IdentityError>>()?,
            anchors: anchors.collect::<Result<_, IdentityError>>()?,
            crls: self.crls.iter().map(|der| Crl::from_pem(der)).collect::<Result<_, _>>()?,
            content: self.content.clone(),
            path: self.path.clone(),
        })
    }
}
