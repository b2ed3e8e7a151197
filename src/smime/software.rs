//! What other programs open and make, as it was tried with them.
//!
//! The table holds versions that `tests/it/interop/` meets; it reads what must
//! come of each from `tests/peers/interop.toml`, and compares it with this.
//! A program that was not tried does not stand here.

use super::identity::{KeyForm, RecipientKey};
use super::profile::{ContentCipher, KeyTransport, SealProfile, SignatureAlgorithm, SignedForm};

//------------ Software ------------------------------------------------------

/// One program or library, in the version that was tried.
#[derive(Debug)]
pub struct Software {
    /// For people, with the version.
    pub name: &'static str,
    /// How `tests/peers/interop.toml` calls it.
    pub peer: &'static str,
    /// What it opens, what we should rather write first.
    pub content: &'static [ContentCipher],
    /// What it opens, the same.
    pub key_transport: &'static [KeyTransport],
    /// What it verifies.
    pub signature: &'static [SignatureAlgorithm],
    /// What it verifies.
    pub form: &'static [SignedForm],
    /// Whether it opens a letter by its RSA key where an elliptic-curve key
    /// stands among the recipients.
    pub beside_ec: BesideEc,
    /// What it seals with, best first.
    pub seals_with: &'static [ContentCipher],
    /// Who chooses among these.
    pub chosen_by: ChosenBy,
}

/// Who says what a program seals with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChosenBy {
    /// By the size of our key; nobody is asked.
    Itself,
    Operator,
}

/// What becomes of a letter that is for an elliptic-curve key as well.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BesideEc {
    Opens,
    /// It cannot read the structure at all.
    Unreadable,
}

/// One key of partners.toml, and what to write there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Need {
    /// The key below `[partner.seal]`.
    pub key: &'static str,
    /// A value of it, or words where it is a list of files.
    pub write: &'static str,
}

impl Software {
    /// What must change in `profile` before it opens our letters with one of
    /// the partner's keys; nothing, if it opens them.
    pub fn needs(&self, profile: &SealProfile) -> Vec<Need> {
        let mut needs = Vec::new();
        if let Some(first) = instead(self.content, profile.content) {
            needs.push(Need { key: "content", write: first.as_str() });
        }
        let is_rsa = |key: &RecipientKey| matches!(key.form(), KeyForm::Rsa(_));
        let has_rsa = profile.recipients.iter().any(is_rsa);
        let has_others = !profile.recipients.iter().all(is_rsa);
        if has_rsa && has_others && self.beside_ec == BesideEc::Unreadable {
            needs.push(Need { key: "recipients", write: "RSA certificates alone" });
        }
        if !profile.recipients.iter().any(|key| self.takes(profile, key)) {
            if has_rsa {
                let first = instead(self.key_transport, profile.key_transport);
                needs.extend(
                    first.map(|first| Need { key: "key_transport", write: first.as_str() }),
                );
            } else {
                needs.push(Need { key: "recipients", write: "an RSA certificate" });
                let first = instead(self.key_transport, KeyTransport::EcdhSha256);
                needs.extend(
                    first.map(|first| Need { key: "key_transport", write: first.as_str() }),
                );
            }
        }
        if let Some(first) = instead(self.signature, profile.signature) {
            needs.push(Need { key: "signature", write: first.as_str() });
        }
        if let Some(first) = instead(self.form, profile.form) {
            needs.push(Need { key: "form", write: first.as_str() });
        }
        needs
    }

    /// The ciphers that must be taken from it and are not among `taken`
    /// (`[partner.trust]`); nothing, if we open what it seals.
    pub fn untaken(&self, taken: &[ContentCipher]) -> Vec<ContentCipher> {
        let untaken = self.seals_with.iter().copied().filter(|cipher| !taken.contains(cipher));
        match self.chosen_by {
            ChosenBy::Itself => untaken.collect(),
            ChosenBy::Operator if self.seals_with.iter().any(|one| taken.contains(one)) => {
                Vec::new()
            }
            ChosenBy::Operator => untaken.take(1).collect(),
        }
    }

    /// Whether it opens letters of `profile` with `key`, one of its recipients.
    pub fn opens_with(&self, profile: &SealProfile, key: &RecipientKey) -> bool {
        self.needs(profile).is_empty() && self.takes(profile, key)
    }

    fn takes(&self, profile: &SealProfile, key: &RecipientKey) -> bool {
        self.key_transport.contains(&profile.key_transport_to(key))
    }
}

/// What to choose where `chosen` is not among `taken`.
fn instead<T: Copy + PartialEq>(taken: &[T], chosen: T) -> Option<T> {
    taken.first().filter(|_| !taken.contains(&chosen)).copied()
}

//------------ The table -----------------------------------------------------

const GCM_AND_CBC: &[ContentCipher] = &[ContentCipher::Aes256Gcm, ContentCipher::Aes256Cbc];
const CBC: &[ContentCipher] = &[ContentCipher::Aes256Cbc];
const EITHER_CBC: &[ContentCipher] = &[ContentCipher::Aes256Cbc, ContentCipher::Aes128Cbc];
const ALL_BUT_AES_128_GCM: &[ContentCipher] =
    &[ContentCipher::Aes256Gcm, ContentCipher::Aes256Cbc, ContentCipher::Aes128Cbc];
const PKCS1: &[KeyTransport] = &[KeyTransport::Pkcs1];
const EVERY_TRANSPORT: &[KeyTransport] =
    &[KeyTransport::OaepSha256, KeyTransport::EcdhSha256, KeyTransport::Pkcs1];
const EVERY_FORM: &[SignedForm] = &[SignedForm::Opaque, SignedForm::Detached];

/// What was tried.
pub const TRIED: &[Software] = &[
    Software {
        name: "OpenSSL (openssl cms) 3.0",
        peer: "openssl",
        content: GCM_AND_CBC,
        key_transport: EVERY_TRANSPORT,
        signature: SignatureAlgorithm::ALL,
        form: EVERY_FORM,
        beside_ec: BesideEc::Opens,
        seals_with: ALL_BUT_AES_128_GCM,
        chosen_by: ChosenBy::Operator,
    },
    Software {
        name: "Bouncy Castle 1.72",
        peer: "bouncycastle",
        content: GCM_AND_CBC,
        key_transport: EVERY_TRANSPORT,
        signature: SignatureAlgorithm::ALL,
        form: EVERY_FORM,
        beside_ec: BesideEc::Opens,
        seals_with: ALL_BUT_AES_128_GCM,
        chosen_by: ChosenBy::Operator,
    },
    Software {
        name: "GnuPG (gpgsm) 2.2",
        peer: "gpgsm",
        content: CBC,
        key_transport: PKCS1,
        signature: SignatureAlgorithm::ALL,
        form: EVERY_FORM,
        beside_ec: BesideEc::Opens,
        seals_with: EITHER_CBC,
        chosen_by: ChosenBy::Operator,
    },
    Software {
        name: "NSS (cmsutil) 3.87",
        peer: "nss",
        content: CBC,
        key_transport: PKCS1,
        signature: SignatureAlgorithm::ALL,
        form: EVERY_FORM,
        beside_ec: BesideEc::Unreadable,
        seals_with: EITHER_CBC,
        chosen_by: ChosenBy::Itself,
    },
    Software {
        name: "Python cryptography 50",
        peer: "cryptography",
        content: CBC,
        key_transport: PKCS1,
        signature: SignatureAlgorithm::ALL,
        form: EVERY_FORM,
        beside_ec: BesideEc::Unreadable,
        seals_with: EITHER_CBC,
        chosen_by: ChosenBy::Operator,
    },
];

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::super::throwaway::{Authority, KeyKind, Wanted, authority};
    use super::*;

    #[track_caller]
    fn check(peer: &str, profile: &SealProfile, wanted: &[(&str, &str)]) {
        let software = TRIED.iter().find(|software| software.peer == peer).unwrap();
        let needs = software.needs(profile);
        let needs: Vec<_> = needs.iter().map(|need| (need.key, need.write)).collect();
        assert_eq!(needs, wanted, "{peer}");
    }

    fn key(authority: &Authority, kind: KeyKind) -> RecipientKey {
        let wanted = Wanted { key: kind, ..Wanted::mail("x", "x@invalid.example") };
        RecipientKey::from_pem(&authority.issue_as(&wanted).unwrap().0).unwrap()
    }

    #[test]
    fn what_each_needs() {
        let authority = authority("software").unwrap();
        let (rsa, curve) = (key(&authority, KeyKind::Rsa2048), key(&authority, KeyKind::P256));
        let standard = SealProfile::standard(vec![rsa.clone()]);
        check("openssl", &standard, &[]);
        check("gpgsm", &standard, &[("content", "aes-256-cbc"), ("key_transport", "pkcs1")]);
        let old = SealProfile {
            content: ContentCipher::Aes256Cbc,
            key_transport: KeyTransport::Pkcs1,
            ..standard.clone()
        };
        TRIED.iter().for_each(|software| check(software.peer, &old, &[]));
        let both = SealProfile { recipients: vec![rsa, curve.clone()], ..old.clone() };
        check("gpgsm", &both, &[]);
        check("nss", &both, &[("recipients", "RSA certificates alone")]);
        let alone =
            SealProfile { recipients: vec![curve], key_transport: KeyTransport::EcdhSha256, ..old };
        check("bouncycastle", &alone, &[]);
        let needs = [("recipients", "an RSA certificate"), ("key_transport", "pkcs1")];
        check("gpgsm", &alone, &needs);
    }

    #[test]
    fn what_we_must_take() {
        use ContentCipher::{Aes128Cbc, Aes256Cbc, Aes256Gcm};
        let untaken = |peer: &str, taken: &[ContentCipher]| {
            TRIED.iter().find(|software| software.peer == peer).unwrap().untaken(taken)
        };
        assert_eq!(untaken("openssl", &[Aes256Gcm]), []);
        assert_eq!(untaken("gpgsm", &[Aes256Gcm]), [Aes256Cbc]);
        assert_eq!(untaken("gpgsm", &[Aes128Cbc]), []);
        assert_eq!(untaken("nss", &[Aes256Gcm, Aes256Cbc]), [Aes128Cbc]);
        assert_eq!(untaken("nss", &[Aes128Cbc, Aes256Cbc]), []);
    }
}
