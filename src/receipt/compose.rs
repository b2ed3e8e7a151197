//! The receipts that we send: the report, and the two letters around it.

use super::mdn::{Form, MdnFacts, Said, machine_part};
use crate::letter::Environment;
use crate::letter::compose::{HIDDEN_SUBJECT, letter_around, plain_id};
use crate::letter::encode::append_field;
use crate::smime::{self, SealProfile, Signed, SigningIdentity, SmimeError};

//------------ ReceiptLetter -------------------------------------------------

/// A receipt ready to be posted, and what is kept as evidence. Stored once:
/// sent again, it is the same one (RFC 8098, section 2.1).
#[derive(Clone, Debug)]
pub struct ReceiptLetter {
    /// The octets that are signed: a readable letter.
    pub entity: Vec<u8>,
    /// The entity with its signature: what a new sealing encrypts again.
    pub signed: Vec<u8>,
    /// The octets that are posted, with the null reverse path.
    pub letter: Vec<u8>,
}

/// Composes, signs and, in the form that is owed, seals a receipt. Its signature has the
/// digest of the MIC (RFC 3335, section 5.3.1).
pub fn receipt_letter(
    facts: &MdnFacts,
    identity: &SigningIdentity,
    profile: &SealProfile,
) -> Result<ReceiptLetter, SmimeError> {
    let entity = report_entity(facts);
    let (digest, at) = (facts.owed.mic.algorithm, facts.at);
    match facts.owed.form {
        Form::InClear => {
            let boundary = boundary(facts, 's');
            let signed = smime::sign_apart(&entity, identity, profile, digest, &boundary, at)?;
            let mut head = String::with_capacity(1024);
            append_fields(&mut head, &outer_fields(facts, SUBJECT));
            append_field(&mut head, "MIME-Version", "1.0");
            let (_, signed) = signed.into_parts();
            let letter = [head.as_bytes(), &signed].concat();
            Ok(ReceiptLetter { entity, signed, letter })
        }
        Form::Sealed => {
            let signed = smime::sign_with(&entity, identity, profile, digest, at)?;
            let sealed = smime::seal(&signed, profile)?;
            let letter = letter_around(&outer_fields(facts, HIDDEN_SUBJECT), &sealed);
            let (_, signed) = signed.into_parts();
            Ok(ReceiptLetter { entity, signed, letter })
        }
    }
}

/// The same signed octets sealed for other keys, under the same Message-ID;
/// `facts.at` is when they were signed.
pub fn sealed_again(
    facts: &MdnFacts,
    signed: &Signed,
    profile: &SealProfile,
) -> Result<Vec<u8>, SmimeError> {
    let sealed = smime::seal(signed, profile)?;
    Ok(letter_around(&outer_fields(facts, HIDDEN_SUBJECT), &sealed))
}

//------------ The report ----------------------------------------------------

/// The multipart/report that is signed (RFC 6522; RFC 8098, section 3), with
/// the header repeated under the signature (RFC 9788).
pub fn report_entity(facts: &MdnFacts) -> Vec<u8> {
    let mut out = String::with_capacity(4096);
    let protection = match facts.owed.form {
        Form::InClear => {
            append_fields(&mut out, &outer_fields(facts, SUBJECT));
            "clear"
        }
        Form::Sealed => {
            append_field(&mut out, "MIME-Version", "1.0");
            append_fields(&mut out, &outer_fields(facts, SUBJECT));
            // Absent is live.
            if facts.environment == Environment::Training {
                append_field(&mut out, "Certpost-Environment", facts.environment.as_str());
            }
            for (name, value) in outer_fields(facts, HIDDEN_SUBJECT) {
                append_field(&mut out, "HP-Outer", &format!("{name}: {value}"));
            }
            "cipher"
        }
    };
    let boundary = boundary(facts, 'r');
    let content_type = format!(
        "multipart/report; report-type=disposition-notification; boundary=\"{boundary}\"; \
         hp=\"{protection}\""
    );
    append_field(&mut out, "Content-Type", &content_type);
    let human = wrapped(&human_words(facts));
    let machine = machine_part(facts);
    out.push_str(&format!(
        "\r\n--{boundary}\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         Content-Language: en\r\n\
         Content-Transfer-Encoding: 7bit\r\n\r\n\
         {human}\r\n--{boundary}\r\n\
         Content-Type: message/disposition-notification\r\n\
         Content-Transfer-Encoding: 7bit\r\n\r\n\
         {machine}\r\n--{boundary}--\r\n"
    ));
    out.into_bytes()
}

/// The fields that stand outside and, repeated, inside.
fn outer_fields(facts: &MdnFacts, subject: &str) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("Date", facts.at.rfc5322()),
        ("From", facts.from.to_string()),
        ("To", facts.owed.to.to_string()),
        ("Subject", subject.to_owned()),
        ("Message-ID", facts.message_id()),
    ];
    if let Some(answers) = facts.answers() {
        // RFC 3834, section 3.1.6
        fields.push(("In-Reply-To", answers.clone()));
        fields.push(("References", answers));
    }
    // RFC 3834, section 5.2: on a receipt never auto-generated.
    fields.push(("Auto-Submitted", "auto-replied".to_owned()));
    fields
}

fn append_fields(out: &mut String, fields: &[(&'static str, String)]) {
    for (name, value) in fields {
        append_field(out, name, value);
    }
}

/// A delimiter that base64 cannot hold; the two of a letter differ in their
/// last letter, because some readers look for the bare text.
fn boundary(facts: &MdnFacts, layer: char) -> String {
    format!("=_{}.{layer}", plain_id(&facts.letter_id))
}

//------------ The human part ------------------------------------------------

/// One of four texts; no number, nobody's name.
fn human_words(facts: &MdnFacts) -> String {
    let gateway = &facts.gateway;
    let proven = format!("The gateway of {gateway} opened the letter named below");
    match &facts.owed.said {
        Said::Failed { reason, .. } if *reason == NOT_READABLE => format!(
            "{proven} and proved who signed it, but cannot read the certificate: {}. \
             Nothing of it was stored as a certificate.",
            reason.words()
        ),
        Said::Failed { reason, .. } => not_accepted(&proven, reason.words()),
        Said::Processed => format!(
            "{proven}, proved who signed it and stored what it holds. This says nothing about \
             the decision of the authority."
        ),
        Said::Unsupported(what) => not_accepted(&proven, what.as_str()),
        Said::Warned(_) => format!(
            "{proven}, proved who signed it and stored what it holds, with the remarks below. \
             This says nothing about the decision of the authority."
        ),
    }
}

fn not_accepted(proven: &str, words: &str) -> String {
    format!("{proven} and proved who signed it, but did not accept it: {words}.")
}

/// Lines of 78 at most, each ended.
fn wrapped(words: &str) -> String {
    let mut out = String::with_capacity(words.len() + 16);
    let mut column = 0;
    for word in words.split(' ') {
        if column > 0 && column + 1 + word.len() > 78 {
            out.push_str("\r\n");
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out.push_str("\r\n");
    out
}

const SUBJECT: &str = "Disposition notification";
const NOT_READABLE: super::mdn::Reason = super::mdn::Reason::CertificateNotReadable;
