//! Letters: RFC 5322 octets, composed and read.
//!
//! - [`compose`]: what we send: entity E and the sealed letter around it.
//! - [`limits`] (gate 1), [`shape`] (gate 2), [`root`] (gate 3), [`inner`]
//!   (gate 6): what we take, each gate with a type of its own that only it
//!   can make.
//! - [`entity`]: what a proven entity says of itself, for gate 8.
//! - [`field`]: header fields, and the values in them.
//! - [`encode`]: transfer encodings, folding, encoded words.
//! - [`address`]: mailbox addresses. - [`xtext`]: odd characters in plain fields.
//!
//! Never here: keys, who may send what, a decision about the certificate.
//! **Invariant:** the only room that knows mail_parser, which sees single
//! field values and nothing larger: what nests is taken apart by [`shape`],
//! which does not recurse.

pub mod address;
pub mod compose;
pub mod encode;
pub mod entity;
pub mod field;
pub mod inner;
pub mod limits;
pub mod root;
pub mod shape;
pub mod xtext;

pub use address::Address;
pub use compose::{
    ContentKind, Environment, LetterFacts, certificate_entity, certificate_subject, file_name,
    letter_id, sealed_letter, size_of_letter,
};
pub use entity::Headers;
pub use limits::{LineEnds, MAX_LETTER};
