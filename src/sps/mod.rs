//! UN/CEFACT SPS certificate XML: written, gated and read.

pub mod octets;

pub use octets::SpsOctets;
