//! Letters and their parts, from afar: whole lines are left out, doubled, moved
//! or written otherwise.

use super::Dice;

/// What to write as a line of its own.
#[rustfmt::skip]
const LINES: &[&str] = &[
    "", " ", ".", "--", "-----", "Content-Type: text/plain", "Content-Type: message/rfc822",
    "Content-Type: multipart/mixed; boundary=\"r\"", "Content-Type: application/xml; name=a.xml",
    "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b",
    "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
    "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
    "Content-Type: application/pkcs7-mime; smime-type=\"compressed-data\"",
    "Content-Type: application/x-pkcs7-signature; name*0=smime; name*1*=utf-8''.p7s",
    "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable",
    "Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: x-uuencode",
    "Content-Disposition: attachment; filename*=UTF-8''%00", "MIME-Version: 1.0 (of old)",
    "From: push@ecert.hm.example", "From: \"push@ecert.hm.example\" <a@b.example>",
    "From: =?utf-8?B?cHVzaEBlY2VydC5obS5leGFtcGxl?= <a@b.example>", "Sender: a@b.example",
    "To: push@ecert.bv.example", "Subject: =?utf-8?Q?a=00?=", "Message-ID: <a@ecert.hm.example>",
    "Disposition: automatic-action/MDN-sent-automatically; processed/error: x",
    "Original-Message-ID: <a@ecert.bv.example>", "Final-Recipient: rfc822; push@ecert.hm.example",
    "Received-content-MIC: AAAA, md5", "Action: failed", "Status: 5.1.1", "begin 644 a", "=", "====",
];

/// Turns one line; `false` where there is none.
pub fn turn(octets: &mut Vec<u8>, dice: &mut Dice) -> bool {
    let mut lines: Vec<&[u8]> = octets.split_inclusive(|octet| *octet == b'\n').collect();
    if lines.is_empty() {
        return false;
    }
    let (one, other) = (dice.below(lines.len()), dice.below(lines.len()));
    let end: &[u8] = if octets.windows(2).any(|two| two == b"\r\n") { b"\r\n" } else { b"\n" };
    let written = [LINES[dice.below(LINES.len())].as_bytes(), end].concat();
    let joined;
    match dice.below(7) {
        0 => drop(lines.remove(one)),
        1 => lines.insert(other, lines[one]),
        2 => lines.swap(one, other),
        3 => lines.insert(one, &written),
        4 => lines[one] = &written,
        // Folded (RFC 5322, section 2.2.3), or cut short.
        5 => {
            let (head, tail) = lines[one].split_at(dice.below(lines[one].len()));
            joined = [head, end, b" ", tail].concat();
            lines[one] = &joined;
        }
        _ => {
            let (from, to) = (one.min(other), one.max(other));
            lines.drain(from..to);
        }
    }
    *octets = lines.concat();
    true
}
