//! xtext: how odd characters stand in plain fields (RFC 3461, section 4).

//------------ xtext ---------------------------------------------------------

/// `text` as xtext (RFC 3461, section 4): printable ASCII as it is, but for
/// `+` and `=`; every other octet as `+` and two capital digits.
pub fn encode(text: &str) -> String {
    encode_all_but(text, |octet| !matches!(octet, b'+' | b'='))
}

/// The same with `;` and `,` escaped too, for a value in a list.
pub fn encode_item(text: &str) -> String {
    encode_all_but(text, |octet| !matches!(octet, b'+' | b'=' | b';' | b','))
}

/// What xtext stands for; nothing if it is none.
pub fn decode(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'+' {
            octets.push(octet);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        octets.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(octets).ok()
}

fn encode_all_but(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_graphic() && plain(octet) {
            out.push(char::from(octet));
        } else {
            out.push_str(&format!("+{octet:02X}"));
        }
    }
    out
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        assert_eq!(encode(text), wanted);
        assert_eq!(decode(wanted).as_deref(), Some(text));
    }

    #[test]
    fn both_ways() {
        check("tnei5w5s46migarjcj6hevoihe", "tnei5w5s46migarjcj6hevoihe");
        check("ecert+in=x@hm.example", "ecert+2Bin+3Dx@hm.example");
        check("a b\r\nRCPT", "a+20b+0D+0ARCPT");
        check("é;,", "+C3+A9;,");
        assert_eq!(encode_item("a;b,c d"), "a+3Bb+2Cc+20d");
        assert_eq!(decode("a+3bb").as_deref(), Some("a;b"));
        for bad in ["+", "+4", "+zz", "+FF"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
