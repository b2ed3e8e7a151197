//! Inbound: from a letter taken in to a certificate published.

pub mod prove;
