//! When keys end: ours and the partners'.

use super::gateway::Configuration;
use crate::clock::Timestamp;
use crate::partner::PartnerCode;

//------------ Ending --------------------------------------------------------

/// A key, and when it is of no more use: its certificate's end, or that of its
/// window in partners.toml.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ending {
    /// Whose it is; absent: ours.
    pub partner: Option<PartnerCode>,
    pub used: KeyUse,
    /// The certificate's subject, for people.
    pub subject: String,
    /// SHA-256 of the certificate's DER, hex.
    pub sha256: String,
    pub until: Timestamp,
}

/// What a key is used for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUse {
    /// Ours, to open letters.
    Decrypt,
    /// A partner's, to which we encrypt.
    Recipient,
    /// Ours, to sign.
    Sign,
    /// A partner's, whose signatures are taken.
    Signer,
}

impl KeyUse {
    /// The word for it in metrics and events.
    pub const fn as_str(self) -> &'static str {
        match self {
            KeyUse::Decrypt => "decrypt",
            KeyUse::Recipient => "recipient",
            KeyUse::Sign => "sign",
            KeyUse::Signer => "signer",
        }
    }
}

impl Configuration {
    /// Every key in use, ours first; of a configuration whose private keys
    /// were read.
    pub fn endings(&self) -> Vec<Ending> {
        let mut all = Vec::new();
        let mut ours = |used, subject: &str, sha256, until| {
            all.push(Ending { partner: None, used, subject: subject.to_owned(), sha256, until });
        };
        for (_, key) in &self.signing {
            ours(KeyUse::Sign, key.subject(), key.sha256_hex(), key.not_after());
        }
        for key in &self.decrypting {
            ours(KeyUse::Decrypt, key.subject(), key.sha256_hex(), key.not_after());
        }
        for partner in &self.partners {
            let mut theirs = |used, subject: &str, sha256, until| {
                let (partner, subject) = (Some(partner.code.clone()), subject.to_owned());
                all.push(Ending { partner, used, subject, sha256, until });
            };
            for key in &partner.seal.recipients {
                theirs(KeyUse::Recipient, key.subject(), key.sha256_hex(), key.not_after());
            }
            for pin in &partner.trust.pins {
                let until = pin.until.map_or(pin.not_after(), |until| until.min(pin.not_after()));
                theirs(KeyUse::Signer, pin.subject(), pin.sha256_hex(), until);
            }
        }
        all
    }
}
