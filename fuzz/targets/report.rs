//! Reports: delivery status notifications (RFC 3464), and the receipts (RFC
//! 8098) that stand under a signature.

use crate::letter::LineEnds;
use crate::receipt::report::Report;
use crate::receipt::{Dsn, ReversePath};

pub fn run(octets: &[u8]) {
    for path in [ReversePath::Null, ReversePath::Address] {
        if let Ok(dsn) = Dsn::read(octets, LineEnds::CrlfOrLf, 1 << 20, path) {
            // What it is about can be said.
            std::hint::black_box((dsn.envelope_id.as_deref(), dsn.returned.as_ref()));
        }
    }
    if let Ok(report) = Report::of(octets) {
        std::hint::black_box(report.original_message_id());
    }
}
