//! What receipt a proven letter asks for (RFC 8098, section 2).

use super::digest::named;
use crate::letter::Address;
use crate::letter::entity::ProvenEntity;
use crate::letter::field;
use crate::smime::DigestAlgorithm;

//------------ Asked ---------------------------------------------------------

/// What a letter asks under its signature. Whether the address is one of the
/// partner's own is for the caller to see.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asked {
    /// No receipt.
    Nothing,
    /// One, to this address.
    Receipt { to: Address, options: Options },
    /// Several fields or addresses, or what is none: no receipt may go out by
    /// itself (RFC 8098, section 2.1).
    Unclear,
}

impl Asked {
    /// Reads the signed header.
    pub fn read(entity: &ProvenEntity) -> Asked {
        Asked::of(
            &entity.values("Disposition-Notification-To"),
            &entity.values("Disposition-Notification-Options"),
        )
    }

    fn of(to: &[&str], options: &[&str]) -> Asked {
        match to {
            [] => Asked::Nothing,
            [one] => match field::mailbox(one) {
                Some(to) => Asked::Receipt { to, options: Options::read(options) },
                None => Asked::Unclear,
            },
            [_, _, ..] => Asked::Unclear,
        }
    }
}

//------------ Options -------------------------------------------------------

/// Disposition-Notification-Options, as far as they bind us.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Options {
    /// The algorithms, in the sender's order and spelling.
    micalgs: Vec<String>,
    unsupported: Option<Unsupported>,
}

/// What a sender requires and we have not: the words of RFC 3335, section
/// 5.3.2.2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unsupported {
    Format,
    MicAlgorithms,
}

impl Unsupported {
    /// The words behind `failed/Failure:`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unsupported::Format => "unsupported format",
            Unsupported::MicAlgorithms => "unsupported MIC-algorithms",
        }
    }
}

impl Options {
    /// Reads `attribute=importance, value, value; ...`, of every such field.
    /// What is not understood binds us only if it is required (RFC 8098,
    /// section 2.2).
    pub fn read(values: &[&str]) -> Options {
        let mut options = Options::default();
        for parameter in values.iter().flat_map(|value| value.split(';')).take(MAX_PARAMETERS) {
            let Some((attribute, said)) = parameter.split_once('=') else { continue };
            let mut said = said.split(',').map(|word| word.trim().trim_matches('"'));
            let required = said.next().is_some_and(|word| word.eq_ignore_ascii_case("required"));
            let said: Vec<&str> = said.filter(|word| !word.is_empty()).take(MAX_WORDS).collect();
            let (lacks, what) = match attribute.trim().to_ascii_lowercase().as_str() {
                "signed-receipt-protocol" => {
                    let known = |word: &&str| {
                        let word = word.to_ascii_lowercase();
                        matches!(word.as_str(), "pkcs7-signature" | "x-pkcs7-signature")
                    };
                    (!said.iter().any(known), Unsupported::Format)
                }
                "signed-receipt-micalg" => {
                    options.micalgs.extend(said.iter().map(|word| (*word).to_owned()));
                    (!said.iter().any(|word| named(word).is_some()), Unsupported::MicAlgorithms)
                }
                _ => (true, Unsupported::Format),
            };
            if required && lacks && options.unsupported.is_none() {
                options.unsupported = Some(what);
            }
        }
        options
    }

    /// The first algorithm that is allowed, from left to right.
    pub fn micalg(&self) -> Option<DigestAlgorithm> {
        self.micalgs.iter().find_map(|word| named(word))
    }

    /// The MIC's algorithm is the signature's (RFC 3335, section 5.3.1),
    /// spelled as the sender spells it.
    pub fn spelling(&self, digest: DigestAlgorithm) -> &str {
        let same = |word: &&String| named(word) == Some(digest);
        self.micalgs.iter().find(same).map_or(digest.as_str(), String::as_str)
    }

    /// What is required and cannot be had: answered as failed.
    pub fn unsupported(&self) -> Option<Unsupported> {
        self.unsupported
    }
}

const MAX_PARAMETERS: usize = 20;
const MAX_WORDS: usize = 20;

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        options: &str,
        micalg: Option<DigestAlgorithm>,
        spelling: &str,
        unsupported: Option<Unsupported>,
    ) {
        let read = Options::read(&[options]);
        assert_eq!(read.micalg(), micalg, "{options}");
        assert_eq!(read.spelling(DigestAlgorithm::Sha256), spelling, "{options}");
        assert_eq!(read.unsupported(), unsupported, "{options}");
    }

    #[test]
    fn options_of_peers() {
        use DigestAlgorithm::{Sha256, Sha512};
        use Unsupported::{Format, MicAlgorithms};
        check(
            "signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, sha-256",
            Some(Sha256),
            "sha-256",
            None,
        );
        check(
            "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required,sha1,SHA256;",
            Some(Sha256),
            "SHA256",
            None,
        );
        check(
            "Signed-Receipt-Micalg = Optional, sha512, rsa-sha256",
            Some(Sha512),
            "rsa-sha256",
            None,
        );
        check("signed-receipt-micalg=optional, sha1, md5", None, "sha-256", None);
        check("signed-receipt-micalg=required, sha1, md5", None, "sha-256", Some(MicAlgorithms));
        check("signed-receipt-protocol=optional, pgp-signature", None, "sha-256", None);
        check("signed-receipt-protocol=required, pgp-signature", None, "sha-256", Some(Format));
        check("x-other=optional, y", None, "sha-256", None);
        check("x-other=required, y", None, "sha-256", Some(Format));
        check("", None, "sha-256", None);
        check("rubbish; ;=,", None, "sha-256", None);
    }

    #[test]
    fn one_address_or_none() {
        let asked = |to: &[&str]| match Asked::of(to, &[]) {
            Asked::Receipt { to, .. } => to.to_string(),
            Asked::Nothing => "nothing".to_owned(),
            Asked::Unclear => "unclear".to_owned(),
        };
        assert_eq!(asked(&[]), "nothing");
        assert_eq!(asked(&["push@ecert.bv.example"]), "push@ecert.bv.example");
        assert_eq!(asked(&["BV <push@ecert.bv.example>"]), "push@ecert.bv.example");
        assert_eq!(asked(&["a@b, c@d"]), "unclear");
        assert_eq!(asked(&["a@b", "a@b"]), "unclear");
        assert_eq!(asked(&["x"]), "unclear");
    }
}
