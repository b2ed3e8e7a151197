//! Gate 3: the sealed part is the root entity, alone; exactly one From.
//!
//! Nothing deeper, before or after is looked for. Whether the sender is known
//! is for `inbound` to say; SPF, DKIM and display names prove nothing.

use super::address::Address;
use super::field::{self, Fields};
use super::shape::{Shaped, Tree};
use crate::refusal::{Code, Refusal};

//------------ Outer ---------------------------------------------------------

/// The outer header: nobody signed it, and it is believed in nothing. The
/// From only chooses whose entry to try first.
#[derive(Clone, Debug)]
pub struct Outer {
    pub from: Address,
    /// Every field, unfolded.
    fields: Vec<(String, String)>,
}

impl Outer {
    /// The values of a field, unfolded.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.fields
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The value if the field stands exactly once.
    pub fn single(&self, name: &str) -> Option<&str> {
        match self.values(name).as_slice() {
            [one] => Some(*one),
            [] | [_, _, ..] => None,
        }
    }
}

//------------ SealedPart ----------------------------------------------------

/// The sealed part of a letter, transfer encoding undone.
///
/// ```compile_fail
/// let part = certpost::letter::root::SealedPart { der: Vec::new() };
/// ```
pub struct SealedPart {
    der: Vec<u8>,
}

impl SealedPart {
    pub(crate) fn into_der(self) -> Vec<u8> {
        self.der
    }
}

/// The one address of the one outer From; it proves nothing.
pub fn from(letter: &Shaped<'_>) -> Option<Address> {
    let root = letter.tree().parts().first()?;
    let fields = Fields::read(letter.slice(&root.header)).ok()?;
    match fields.values("From").as_slice() {
        [one] => field::mailbox(one),
        [] | [_, _, ..] => None,
    }
}

/// Gate 3.
pub fn root(letter: &Shaped<'_>) -> Result<(Outer, SealedPart), Refusal> {
    let refuse = |code, words: &str| Err(Refusal::new(code, words));
    let Some(root) = letter.tree().parts().first() else {
        return refuse(Code::RootNotSmime, "an empty letter");
    };
    let fields = Fields::read(letter.slice(&root.header))
        .map_err(|_no_header| Refusal::new(Code::ShapeMalformed, "no header"))?;
    let name = root.media_type.name.as_str();
    if name == "multipart/signed" {
        return refuse(Code::RootNotEncrypted, "the letter is signed and not encrypted");
    }
    if !root.media_type.is_pkcs7() {
        let deeper = letter.tree().parts().iter().any(|part| part.media_type.is_pkcs7());
        if deeper && name != "multipart/report" {
            return refuse(Code::RootNotAlone, "an S/MIME part is not the whole letter");
        }
        let shown: String = name.chars().take(60).flat_map(char::escape_default).collect();
        return refuse(Code::RootNotSmime, &format!("the letter is {shown}, not S/MIME"));
    }
    match root.media_type.parameter("smime-type").map(str::to_ascii_lowercase).as_deref() {
        // Absent, the structure itself says what it is (gate 4).
        None | Some("authenveloped-data" | "enveloped-data") => {}
        Some("signed-data") => {
            return refuse(Code::RootNotEncrypted, "the letter is signed and not encrypted");
        }
        Some(_) => return refuse(Code::RootNotSmime, "an smime-type that is not taken"),
    }
    let Some(from) = from(letter) else {
        return refuse(Code::RootFromCount, "not exactly one From with exactly one address");
    };
    let der = Tree::decoded(letter.octets(), root);
    let Some(der) = der else {
        return refuse(Code::CmsMalformed, "the transfer encoding cannot be undone");
    };
    let fields =
        fields.iter().map(|(name, value)| (name.to_owned(), field::unfolded(value))).collect();
    Ok((Outer { from, fields }, SealedPart { der }))
}
