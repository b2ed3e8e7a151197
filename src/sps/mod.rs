//! UN/CEFACT SPS certificate XML: written, gated and read.
