//! The sanitary or phytosanitary certificate: the document itself.

pub mod finding;
pub mod number;
