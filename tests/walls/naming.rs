//! Names that say nothing, and those that a standard gave.

use super::source::{Source, find_word};
use super::table::Breach;

const NO_WORDS: &[&str] = &[
    "message", "messages", "data", "info", "process", "handle", "handler", "manager", "context",
    "payload", "util", "utils",
];

/// Names after a standard, where the standard's word is the only one.
const EXCUSED: &[(&str, &str)] = &[
    ("message_id", "RFC 5322 and AMQP both call it so"),
    ("MessageId", "RFC 5322 and AMQP both call it so"),
    ("original_message_id", "the field of RFC 8098, and AMQP's id of what was refused"),
    ("message_digest", "the CMS attribute (RFC 5652, section 11.2)"),
    ("MessageDigest", "the CMS attribute (RFC 5652, section 11.2)"),
    ("Payload", "the Cryptographic Payload of RFC 9788"),
    ("payload", "the Cryptographic Payload of RFC 9788"),
    ("MessageIdReused", "the refusal submission.message-id-reused"),
    ("ContentInfo", "the CMS type (RFC 5652, section 3)"),
    ("content_info", "the CMS type (RFC 5652, section 3)"),
    ("SignerInfo", "the CMS type (RFC 5652, section 5.3)"),
    ("signer_info", "the CMS type (RFC 5652, section 5.3)"),
    ("RecipientInfo", "the CMS type (RFC 5652, section 6.2)"),
    ("recipient_info", "the CMS type (RFC 5652, section 6.2)"),
    ("EncapsulatedContentInfo", "the CMS type (RFC 5652, section 5.2)"),
    ("EncryptedContentInfo", "the CMS type (RFC 5652, section 6.1)"),
    ("SignedData", "the CMS type (RFC 5652, section 5.1)"),
    ("signed_data", "the CMS type (RFC 5652, section 5.1)"),
    ("EnvelopedData", "the CMS type (RFC 5652, section 6.1)"),
    ("enveloped_data", "the CMS type (RFC 5652, section 6.1)"),
    ("AuthEnvelopedData", "the CMS type (RFC 5083)"),
    ("auth_enveloped_data", "the CMS type (RFC 5083)"),
    ("Data", "the SMTP command DATA, and the CMS type id-data"),
    ("EndOfData", "the phase end-of-data of the contract"),
    ("data", "the SMTP command DATA"),
    ("DATA", "the SMTP command DATA, and the CMS type id-data"),
    ("ID_DATA", "the CMS type id-data"),
    ("SIGNED_DATA", "the CMS type (RFC 5652, section 5.1)"),
    ("ENVELOPED_DATA", "the CMS type (RFC 5652, section 6.1)"),
    ("AUTH_ENVELOPED_DATA", "the CMS type (RFC 5083)"),
    ("process", "the certificate's own AppliedSPSProcess"),
    ("AppliedProcess", "the certificate's own AppliedSPSProcess"),
    ("Info", "the level of a finding in the contract"),
    ("is_data", "the SMTP command DATA"),
    ("MAX_MESSAGE_ID", "RFC 5322 and AMQP both call it so"),
    ("CONTEXT_0", "the tag class of ASN.1"),
    ("CONTEXT_0_PRIMITIVE", "the tag class of ASN.1"),
    ("CONTEXT_1", "the tag class of ASN.1"),
    ("CONTEXT_1_PRIMITIVE", "the tag class of ASN.1"),
    ("CONTEXT_2", "the tag class of ASN.1"),
];

/// Items of ours whose names hold a banned word.
pub fn names(source: &Source) -> Vec<Breach> {
    const ITEMS: &[&str] =
        &["struct", "enum", "trait", "type", "fn", "mod", "const", "static", "union"];
    let mut found = Vec::new();
    for item in ITEMS {
        for at in find_word(&source.code, item) {
            let rest = source.code[at + item.len()..].trim_start();
            let name: &str = rest
                .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .next()
                .unwrap_or("");
            let banned = words_of(name).into_iter().any(|word| NO_WORDS.contains(&word.as_str()));
            let getter = *item == "fn" && name.starts_with("get_");
            let excused = EXCUSED.iter().any(|(excused, _)| *excused == name)
                || (source.path == "smime/ffi.rs"
                    && (name.starts_with("CMS_") || name.starts_with("X509_")));
            if getter || (banned && !excused) {
                found.push((source.line_of(at), name.to_owned()));
            }
        }
    }
    found
}

/// The words of `a_name` or `AName`, in small letters.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small_before = false;
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && small_before) {
            words.push(String::new());
        }
        small_before = letter.is_lowercase() || letter.is_ascii_digit();
        if letter != '_' {
            words.last_mut().unwrap().extend(letter.to_lowercase());
        }
    }
    words
}

//------------ Tests ---------------------------------------------------------

#[test]
fn splits_names_into_words() {
    assert_eq!(words_of("DeliveryManager"), ["delivery", "manager"]);
    assert_eq!(words_of("message_id"), ["message", "id"]);
    assert_eq!(words_of("SPSData2Info"), ["spsdata2", "info"]);
    assert!(
        names(&Source::new("a/b.rs", "let data = 1; fn metadata() {} pub fn message_id() {}"))
            .is_empty()
    );
    assert_eq!(names(&Source::new("a/b.rs", "pub fn get_x() {}\nstruct ProcessInfo;")).len(), 2);
}
