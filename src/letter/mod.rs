//! Letters: RFC 5322 octets, composed and read.

pub mod address;
