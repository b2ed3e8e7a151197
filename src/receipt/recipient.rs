//! Recipients, as receipts and reports name them (RFC 8098, section 3.2.4;
//! RFC 3464, section 2.3.2).

use crate::letter::Address;

/// The name in `rfc822;name`, or in `rfc822; <name>`, or alone.
pub(super) fn recipient(value: &str) -> &str {
    let name = value.split_once(';').map_or(value, |(_type, name)| name);
    let name = name.trim().trim_matches('"').trim();
    name.strip_prefix('<').and_then(|name| name.strip_suffix('>')).unwrap_or(name).trim()
}

/// Whether `name` is that mailbox, the domain without case.
pub(super) fn is_mailbox(name: &str, address: &Address) -> bool {
    name.parse::<Address>().is_ok_and(|read| read == *address)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_recipients() {
        for value in ["rfc822;a@b", "RFC822; a@b", "rfc822;<a@b>", "a@b", "rfc822; \"a@b\" "] {
            assert_eq!(recipient(value), "a@b", "{value}");
        }
        let address: Address = "a@b.example".parse().unwrap();
        assert!(is_mailbox("a@B.Example", &address) && !is_mailbox("A@b.example", &address));
    }
}
