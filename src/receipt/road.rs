//! Which road a letter takes: decided by its root, before anything else.

use crate::letter::shape::{self, Shaped};
use crate::letter::{LineEnds, inner, limits};
use crate::refusal::Refusal;

//------------ Road ----------------------------------------------------------

/// The roads (WIRE, section 0).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Road {
    /// A report from the road (RFC 3464): unsigned by nature.
    DeliveryReport,
    /// None of these: quarantine, and no answer.
    Other,
    /// Encrypted: the gates of a sealed letter.
    Sealed,
    /// A signed receipt in clear.
    SignedReceipt,
    /// A receipt that nobody signed: a hint at most.
    UnsignedReceipt,
}

impl Road {
    /// The road of a letter, after gates 1 and 2 as reports need them.
    pub fn of(octets: &[u8], line_ends: LineEnds, limit: usize) -> Result<Road, Refusal> {
        shaped(octets, line_ends, limit).map(|letter| Road::of_shaped(&letter))
    }

    /// The same of a letter whose shape is known.
    pub fn of_shaped(letter: &Shaped<'_>) -> Road {
        let Some(root) = letter.tree().parts().first() else { return Road::Other };
        let media_type = &root.media_type;
        let receipt_inside = || inner::in_clear(letter).is_ok();
        if media_type.is_pkcs7() {
            return match media_type.parameter("smime-type") {
                // Signed and not encrypted is refused by gate 3, unless it is
                // a receipt, which may come opaque as well.
                Some(kind) if kind.eq_ignore_ascii_case("signed-data") && receipt_inside() => {
                    Road::SignedReceipt
                }
                Some(_) | None => Road::Sealed,
            };
        }
        if media_type.name == "multipart/signed" {
            // By what part 1 calls itself, so that a broken signature is the
            // receipt road's to name.
            let calls_itself = letter.tree().children(0).next();
            let receipt = calls_itself.is_some_and(|part| part.media_type.is_receipt());
            return if receipt { Road::SignedReceipt } else { Road::Other };
        }
        if media_type.is_report("delivery-status") {
            return Road::DeliveryReport;
        }
        if media_type.is_receipt() { Road::UnsignedReceipt } else { Road::Other }
    }
}

/// Gates 1 and 2. What a report returns from others lies deeper than the
/// letter's own parts, and is left unread if it is broken; a signed report is
/// read by itself once it is proven.
pub(super) fn shaped(
    octets: &[u8],
    line_ends: LineEnds,
    limit: usize,
) -> Result<Shaped<'_>, Refusal> {
    shape::shape_to(limits::bound(octets, line_ends, limit)?, OWN_PARTS)
}

/// The depth of the letter's own parts.
const OWN_PARTS: usize = 1;

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::MAX_LETTER;

    #[track_caller]
    fn check(content_type: &str, body: &str, wanted: Road) {
        let letter = format!("From: a@b\r\nContent-Type: {content_type}\r\n\r\n{body}");
        let road = Road::of(letter.as_bytes(), LineEnds::Crlf, MAX_LETTER);
        assert_eq!(road.unwrap(), wanted, "{content_type}");
    }

    #[test]
    fn by_the_root() {
        const PARTS: &str = "--x\r\n\r\n--x--\r\n";
        check("application/pkcs7-mime; smime-type=authEnveloped-data", "", Road::Sealed);
        check("application/x-pkcs7-mime; smime-type=enveloped-data", "", Road::Sealed);
        check("application/pkcs7-mime; smime-type=signed-data", "", Road::Sealed);
        check(
            "multipart/report; boundary=x; Report-Type=\"Delivery-Status\"",
            PARTS,
            Road::DeliveryReport,
        );
        check(
            "multipart/report; report-type=disposition-notification; boundary=x",
            PARTS,
            Road::UnsignedReceipt,
        );
        check("multipart/report; report-type=feedback-report; boundary=x", PARTS, Road::Other);
        check("multipart/signed; boundary=x", PARTS, Road::Other);
        check("text/plain", "", Road::Other);
        let part = "Content-Type: multipart/report; boundary=y;\r\n \
            report-type=disposition-notification\r\n\r\n--y\r\n\r\n--y--\r\n";
        check(
            "multipart/signed; boundary=x",
            &format!("--x\r\n{part}--x--\r\n"),
            Road::SignedReceipt,
        );
        let wrapped = format!("--x\r\n\r\n--x\r\n{part}--x--\r\n");
        check("multipart/signed; boundary=x", &wrapped, Road::Other);
    }
}
