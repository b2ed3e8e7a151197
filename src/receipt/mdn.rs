//! What a receipt of ours says, and its machine part.

use data_encoding::BASE64;

use super::asked::Unsupported;
use super::owed::Owed;
use crate::clock::Timestamp;
use crate::letter::compose::message_id;
use crate::letter::xtext;
use crate::letter::{Address, Environment};
use crate::partner::PartnerCode;

//------------ MdnFacts ------------------------------------------------------

/// All that a receipt says.
#[derive(Clone, Debug)]
pub struct MdnFacts {
    /// 26 characters of base32, its own.
    pub letter_id: String,
    /// Our code, for the human part.
    pub gateway: PartnerCode,
    /// Our software and its version, as `certpost 1.0`.
    pub product: String,
    /// Us: for whom the receipt speaks.
    pub from: Address,
    pub at: Timestamp,
    pub environment: Environment,
    /// What was decided when the letter was judged.
    pub owed: Owed,
}

impl MdnFacts {
    /// The receipt's own Message-ID.
    pub fn message_id(&self) -> String {
        message_id(&self.letter_id, &self.from)
    }

    /// The Message-ID that is answered, as it may stand in a field.
    pub(super) fn answers(&self) -> Option<String> {
        let id = one_line(&self.owed.original_message_id, 900);
        let id = id.trim_start_matches('<').trim_end_matches('>').trim();
        (!id.is_empty()).then(|| format!("<{id}>"))
    }
}

//------------ Said ----------------------------------------------------------

/// What became of the letter. Nothing of this is said to whom no signature
/// proved: such a sender gets no receipt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said {
    /// Not readable or not taken; `words` may tell what is in it.
    Failed { reason: Reason, words: String },
    /// Stored.
    Processed,
    /// The receipt that is required cannot be made.
    Unsupported(Unsupported),
    /// Stored, with findings of which none is severe: code and words of each.
    Warned(Vec<(String, String)>),
}

impl Said {
    /// The Disposition field's value (RFC 8098, section 3.2.6), its words
    /// behind the modifier as AS1 products read them.
    fn disposition(&self) -> String {
        let said = match self {
            Said::Failed { .. } => "processed/error: unexpected-processing-error".to_owned(),
            Said::Processed => "processed".to_owned(),
            Said::Unsupported(what) => format!("failed/Failure: {}", what.as_str()),
            Said::Warned(_) => "processed/warning: delivered-with-warnings".to_owned(),
        };
        format!("automatic-action/MDN-sent-automatically; {said}")
    }
}

//------------ Reason --------------------------------------------------------

/// Why a proven letter was not taken: the words of Certpost-Reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    CertificateNotReadable,
    Conflict,
    Internal,
    NotForUs,
    Stale,
    TypeNotAgreed,
    WrongIssuer,
}

impl Reason {
    /// Every reason.
    pub const ALL: &'static [Reason] = &[
        Reason::CertificateNotReadable,
        Reason::Conflict,
        Reason::Internal,
        Reason::NotForUs,
        Reason::Stale,
        Reason::TypeNotAgreed,
        Reason::WrongIssuer,
    ];

    /// The word of Certpost-Reason.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::CertificateNotReadable => "certificate-not-readable",
            Reason::Conflict => "conflict",
            Reason::Internal => "internal",
            Reason::NotForUs => "not-for-us",
            Reason::Stale => "stale",
            Reason::TypeNotAgreed => "type-not-agreed",
            Reason::WrongIssuer => "wrong-issuer",
        }
    }

    /// What it means, for a person; with no number in it.
    pub const fn words(self) -> &'static str {
        match self {
            Reason::CertificateNotReadable => "the document is no certificate that can be read",
            Reason::Conflict => "another certificate with the same number and status is stored",
            Reason::Internal => "this gateway failed on it, and its operator has been told",
            Reason::NotForUs => "the certificate is for another country",
            Reason::Stale => "a later version of the certificate is stored",
            Reason::TypeNotAgreed => "documents of this kind were not agreed on",
            Reason::WrongIssuer => "the certificate is another country's than the signer's",
        }
    }
}

//------------ The machine part ----------------------------------------------

/// How a receipt travels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// Signed alone: what it says, every relay reads.
    InClear,
    /// Signed and sealed, as letters are.
    Sealed,
}

/// The fields of message/disposition-notification in their order (RFC 8098,
/// section 3.1), one line each. Of what stands in the certificate, a receipt
/// in clear says nothing but codes.
pub(super) fn machine_part(facts: &MdnFacts) -> String {
    let owed = &facts.owed;
    let mut out = String::with_capacity(1024);
    let mut field = |name: &str, value: &str| {
        out.push_str(&format!("{name}: {}\r\n", one_line(value, 990 - name.len())));
    };
    field("Reporting-UA", &format!("{}; {}", facts.from.domain(), facts.product));
    if let Some(original) = &owed.original_recipient {
        field("Original-Recipient", original);
    }
    field("Final-Recipient", &format!("rfc822;{}", facts.from));
    if let Some(answers) = facts.answers() {
        field("Original-Message-ID", &answers);
    }
    field("Disposition", &owed.said.disposition());
    match &owed.said {
        Said::Failed { reason, words } => {
            let words = match owed.form {
                Form::InClear => reason.words(),
                Form::Sealed => words,
            };
            field("Error", &format!("{}: {words}", reason.as_str()));
        }
        Said::Processed => {}
        Said::Unsupported(what) => field("Failure", what.as_str()),
        Said::Warned(findings) => {
            for (code, words) in findings.iter().take(MAX_WARNINGS) {
                match owed.form {
                    Form::InClear => field("Warning", code),
                    Form::Sealed => field("Warning", &format!("{code}: {words}")),
                }
            }
        }
    }
    field("Received-Content-MIC", &owed.mic.written());
    if let Said::Failed { reason, .. } = &owed.said {
        field("Certpost-Reason", reason.as_str());
    }
    if let (Some((id, status)), Form::Sealed) = (&owed.certificate, owed.form) {
        let items = [id.country.as_str(), id.document_type.as_str(), status.as_str(), id.number()];
        field("Certpost-Certificate", &items.map(xtext::encode_item).join("; "));
    }
    if let Some((algorithm, digest)) = &owed.document {
        let digest = BASE64.encode(digest);
        field("Certpost-Document-Digest", &format!("{algorithm}; {digest}"));
    }
    out
}

/// Printable ASCII on one line, at most `limit` octets of it: what a machine
/// part may hold, unfolded (RFC 8098, section 3.1).
fn one_line(value: &str, limit: usize) -> String {
    let plain = |letter: char| if letter.is_ascii_graphic() { letter } else { '?' };
    let words = value.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().map(plain).collect())
        .collect();
    words.join(" ").chars().take(limit).collect()
}

const MAX_WARNINGS: usize = 10;
