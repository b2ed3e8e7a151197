//! Partners: the agencies abroad that we push to and take in from.

pub mod code;
pub mod route;

pub use code::PartnerCode;
pub use route::{Route, TlsPolicy, TlsProof};
