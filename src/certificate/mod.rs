//! The sanitary or phytosanitary certificate: the document itself.
//!
//! - [`document`]: a certificate, and the answer to one;
//! - [`tree`] and [`leaf`]: what both are, generic over the element [`table`];
//! - [`element`]: what a row of that table says, and the JSON names;
//! - [`words`]: what an element is, for a person;
//! - [`codes`]: the code lists that values come from;
//! - `plain`: the plain fields that stand for ePhyto tags;
//! - [`value`], [`date`] and [`rules`]: what a value and a whole element must be;
//! - [`facts`] and [`number`]: what a certificate is known and routed by;
//! - [`digest`]: when two certificates are the same one;
//! - [`profile`]: what a partner's dialect asks beyond the standard;
//! - [`life`]: what one more version of a certificate is;
//! - [`finding`]: what is wrong with one;
//! - `likeness`: what somebody may have mistyped;
//! - [`catalogue`]: every code of a finding, with what it means and what to do.
//!
//! It knows no XML, no JSON text but the canonical form, and no partner.

pub mod catalogue;
pub mod codes;
pub mod date;
pub mod digest;
pub mod document;
pub mod element;
pub mod facts;
pub mod finding;
pub mod leaf;
pub mod life;
pub(crate) mod likeness;
pub mod number;
pub(crate) mod plain;
pub mod profile;
pub mod rules;
pub mod table;
pub mod tree;
pub mod value;
pub mod words;

pub use digest::ContentDigest;
pub use document::{Acknowledgement, Certificate, Document};
pub use facts::Facts;
pub use finding::{Area, Finding, Level, any_severe};
pub use leaf::{Extra, Leaf, Spelling};
pub use number::{CertificateId, CountryCode, DocumentType, NumberError, Status, fold};
pub use tree::{Item, Node};
