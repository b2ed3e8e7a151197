//! Which programs open a partner's letters, and what others would need.

use schemars::JsonSchema;
use serde::Serialize;

use crate::partner::Partner;
use crate::smime::software::{Software, TRIED};

//------------ SealWords -----------------------------------------------------

/// How letters to it are signed and sealed.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SealWords {
    /// The kind of each recipient key: `RSA-3072`, `P-256`.
    keys: Vec<String>,
    /// `aes-256-gcm` or `aes-256-cbc`.
    content: &'static str,
    /// `oaep-sha256`, `pkcs1` or `ecdh-sha256`; elliptic-curve keys are always
    /// reached by the last.
    key_transport: &'static str,
    /// `rsa-pkcs1-sha256`, `rsa-pss-sha256`, `ecdsa-p256-sha256` or
    /// `ecdsa-p384-sha384`.
    signature: &'static str,
    /// `opaque` or `detached`.
    form: &'static str,
}

impl SealWords {
    /// The words for `partner`.
    pub(super) fn of(partner: &Partner) -> Self {
        let seal = &partner.seal;
        SealWords {
            keys: seal.recipients.iter().map(|key| key.form().to_string()).collect(),
            content: seal.content.as_str(),
            key_transport: seal.key_transport.as_str(),
            signature: seal.signature.as_str(),
            form: seal.form.as_str(),
        }
    }

    /// For a person.
    pub(super) fn line(&self) -> String {
        let SealWords { keys, content, key_transport, signature, form } = self;
        format!(
            "content {content}, key_transport {key_transport}, signature {signature}, form {form}; \
             to {}",
            keys.join(" and ")
        )
    }
}

//------------ SoftwareWords -------------------------------------------------

/// One program, and whether letters go both ways with what the partner's entry
/// says.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SoftwareWords {
    /// Its name, and the version that was tried.
    name: &'static str,
    /// What `seal.content` may be for it, best first.
    content: Vec<&'static str>,
    /// What `seal.key_transport` may be for it, best first.
    key_transport: Vec<&'static str>,
    /// What `seal.signature` may be for it.
    signature: Vec<&'static str>,
    /// What `seal.form` may be for it.
    form: Vec<&'static str>,
    /// Whether it opens our letters.
    opens_ours: bool,
    /// The kinds of the recipient keys that it opens them with.
    with: Vec<String>,
    /// Whether we open what it seals.
    is_opened: bool,
    /// What must change in partners.toml before letters go both ways.
    needs: Vec<NeedWords>,
}

/// One key of partners.toml, and what to write there.
#[derive(JsonSchema, Serialize)]
pub struct NeedWords {
    /// `seal.content`, `trust.content` ...
    key: String,
    /// A value of it, or words where it is a list of files.
    write: &'static str,
}

impl SoftwareWords {
    /// The words for each program that was tried.
    pub(super) fn all(partner: &Partner) -> Vec<SoftwareWords> {
        TRIED.iter().map(|software| SoftwareWords::of(software, partner)).collect()
    }

    fn of(software: &Software, partner: &Partner) -> SoftwareWords {
        let seal = &partner.seal;
        let opener = seal.recipients.iter().filter(|key| software.opens_with(seal, key));
        let needed = software.needs(seal);
        let opens_ours = needed.is_empty();
        let mut needs: Vec<NeedWords> = needed
            .into_iter()
            .map(|need| NeedWords { key: format!("seal.{}", need.key), write: need.write })
            .collect();
        let untaken = software.untaken(&partner.trust.content);
        let is_opened = untaken.is_empty();
        needs.extend(
            untaken.into_iter().map(|cipher| NeedWords {
                key: "trust.content".to_owned(),
                write: cipher.as_str(),
            }),
        );
        SoftwareWords {
            name: software.name,
            content: software.content.iter().map(|one| one.as_str()).collect(),
            key_transport: software.key_transport.iter().map(|one| one.as_str()).collect(),
            signature: software.signature.iter().map(|one| one.as_str()).collect(),
            form: software.form.iter().map(|one| one.as_str()).collect(),
            opens_ours,
            with: opener.map(|key| key.form().to_string()).collect(),
            is_opened,
            needs,
        }
    }

    /// For a person; `keys` are all the recipient keys.
    pub(super) fn line(&self, seal: &SealWords) -> String {
        let SoftwareWords {
            name, content, key_transport, opens_ours, with, is_opened, needs, ..
        } = self;
        let ours = match (opens_ours, with == &seal.keys) {
            (true, true) => "opens our letters".to_owned(),
            (true, false) => format!("opens our letters with its {} key", with.join(" or ")),
            (false, _) => "does not open our letters".to_owned(),
        };
        let theirs = if *is_opened { "we open its letters" } else { "we refuse its letters" };
        let mut line = format!(
            "{name} (content {}; key_transport {}): {ours}, {theirs}",
            content.join(", "),
            key_transport.join(", ")
        );
        for (at, need) in needs.iter().enumerate() {
            line.push_str(if at == 0 { "; needs " } else { ", " });
            let NeedWords { key, write } = need;
            match key.as_str() {
                "seal.recipients" => line.push_str(&format!("{key}: {write}")),
                "trust.content" => line.push_str(&format!("\"{write}\" in {key}")),
                _ => line.push_str(&format!("{key} = \"{write}\"")),
            }
        }
        line
    }
}
