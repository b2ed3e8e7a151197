//! The receipt that a letter is owed, from its judgement to the sending.
//!
//! Decided with the letter and kept in the same commit; composed and signed
//! when its turn comes, and the same octets ever after.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::asked::Unsupported;
use super::digest::{self, Mic};
use super::mdn::{Form, Reason, Said};
use crate::certificate::{CertificateId, Status};
use crate::letter::Address;
use crate::smime::DigestAlgorithm;

//------------ Owed ----------------------------------------------------------

/// A receipt of ours before it is composed: all that it says but for who
/// says it, and when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owed {
    /// The signed Disposition-Notification-To: one of the partner's own.
    pub to: Address,
    pub form: Form,
    /// Of the letter that is answered: the inner one.
    pub original_message_id: String,
    /// Only if the letter had such a field (RFC 8098, section 2.3).
    pub original_recipient: Option<String>,
    pub said: Said,
    /// Of the octets whose signature was proven.
    pub mic: Mic,
    /// Absent if none could be read.
    pub certificate: Option<(CertificateId, Status)>,
    /// Of the XML, its transfer encoding undone.
    pub document: Option<(DigestAlgorithm, Vec<u8>)>,
}

impl Owed {
    /// As the ledger keeps it: JSON, read by [`Owed::read`] alone. Equal
    /// ones have equal texts.
    pub fn text(&self) -> String {
        let written = Written {
            to: self.to.to_string(),
            sealed: self.form == Form::Sealed,
            original_message_id: self.original_message_id.clone(),
            original_recipient: self.original_recipient.clone(),
            said: WrittenSaid::of(&self.said),
            mic: self.mic.written(),
            certificate: self.certificate.as_ref().map(|(id, status)| WrittenCertificate {
                country: id.country.to_string(),
                document_type: id.document_type.to_string(),
                number: id.number().to_owned(),
                status: status.to_string(),
            }),
            document: self
                .document
                .as_ref()
                .map(|(algorithm, octets)| (algorithm.as_str().to_owned(), BASE64.encode(octets))),
        };
        serde_json::to_string(&written)
            .expect("what is owed is made of texts, which always serialise")
    }

    /// Reads what [`Owed::text`] wrote.
    pub fn read(text: &str) -> Result<Owed, Unreadable> {
        let written: Written =
            serde_json::from_str(text).map_err(|fault| Unreadable(fault.to_string()))?;
        let unreadable = |what: &str| Unreadable(format!("its {what} cannot be read"));
        let certificate = match written.certificate {
            Some(written) => Some(written.read().ok_or_else(|| unreadable("certificate"))?),
            None => None,
        };
        let document = match written.document {
            Some((algorithm, octets)) => {
                let read = digest::named(&algorithm)
                    .and_then(|algorithm| Some((algorithm, digest::from_base64(&octets)?)));
                Some(read.ok_or_else(|| unreadable("document digest"))?)
            }
            None => None,
        };
        Ok(Owed {
            to: written.to.parse().map_err(|_no_address| unreadable("address"))?,
            form: if written.sealed { Form::Sealed } else { Form::InClear },
            original_message_id: written.original_message_id,
            original_recipient: written.original_recipient,
            said: written.said.read().ok_or_else(|| unreadable("reason"))?,
            mic: Mic::read(&written.mic).map_err(|fault| Unreadable(fault.words))?,
            certificate,
            document,
        })
    }
}

/// What the ledger says is owed, and is none of ours: a newer version's, or damage.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the receipt that is owed cannot be read: {0}")]
pub struct Unreadable(String);

//------------ As JSON -------------------------------------------------------

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    to: String,
    sealed: bool,
    original_message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_recipient: Option<String>,
    said: WrittenSaid,
    mic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<WrittenCertificate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<(String, String)>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenCertificate {
    country: String,
    document_type: String,
    number: String,
    status: String,
}

impl WrittenCertificate {
    fn read(self) -> Option<(CertificateId, Status)> {
        let (country, kind) = (self.country.parse().ok()?, self.document_type.parse().ok()?);
        let id = CertificateId::new(country, kind, &self.number).ok()?;
        Some((id, self.status.parse().ok()?))
    }
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenSaid {
    Failed { reason: String, words: String },
    Processed,
    Unsupported(String),
    Warned(Vec<(String, String)>),
}

impl WrittenSaid {
    fn of(said: &Said) -> Self {
        match said {
            Said::Failed { reason, words } => {
                WrittenSaid::Failed { reason: reason.as_str().to_owned(), words: words.clone() }
            }
            Said::Processed => WrittenSaid::Processed,
            Said::Unsupported(what) => WrittenSaid::Unsupported(what.as_str().to_owned()),
            Said::Warned(findings) => WrittenSaid::Warned(findings.clone()),
        }
    }

    fn read(self) -> Option<Said> {
        Some(match self {
            WrittenSaid::Failed { reason, words } => {
                let reason = Reason::ALL.iter().find(|known| known.as_str() == reason)?;
                Said::Failed { reason: *reason, words }
            }
            WrittenSaid::Processed => Said::Processed,
            WrittenSaid::Unsupported(what) => {
                let known = [Unsupported::Format, Unsupported::MicAlgorithms];
                Said::Unsupported(*known.iter().find(|known| known.as_str() == what)?)
            }
            WrittenSaid::Warned(findings) => Said::Warned(findings),
        })
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let id =
            CertificateId::new("BV".parse().unwrap(), "851".parse().unwrap(), "N/1 é").unwrap();
        let plain = Owed {
            to: "push@ecert.bv.example".parse().unwrap(),
            form: Form::Sealed,
            original_message_id: "<a@b>".to_owned(),
            original_recipient: None,
            said: Said::Processed,
            mic: Mic::new(&[7; 32], DigestAlgorithm::Sha256, "SHA256"),
            certificate: None,
            document: None,
        };
        let whole = Owed {
            form: Form::InClear,
            original_recipient: Some("rfc822;x@y".to_owned()),
            certificate: Some((id, "70".parse().unwrap())),
            document: Some((DigestAlgorithm::Sha384, vec![9; 48])),
            ..plain.clone()
        };
        let said = [
            Said::Processed,
            Said::Warned(vec![("a.b".to_owned(), "words".to_owned())]),
            Said::Unsupported(Unsupported::MicAlgorithms),
            Said::Failed { reason: Reason::Stale, words: "older".to_owned() },
        ];
        for said in said {
            for owed in [&plain, &whole] {
                let owed = Owed { said: said.clone(), ..owed.clone() };
                assert_eq!(Owed::read(&owed.text()).unwrap(), owed);
            }
        }
        assert!(Owed::read("{}").is_err());
        assert!(
            Owed::read(&plain.text().replace("sha-256", "md5").replace("SHA256", "md5")).is_err()
        );
    }
}
