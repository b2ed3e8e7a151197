//! Partners: the agencies abroad that we push to and take in from.

pub mod code;
