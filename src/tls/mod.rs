//! TLS, both sides of it.
