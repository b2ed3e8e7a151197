//! certpost: an SMTP push-delivery broker for government e-certificates.

pub mod certificate;
pub mod clock;
pub mod letter;
pub mod partner;
pub mod refusal;
pub mod runtime;
