//! `tests/peers/interop.toml`, read: what is tried, and what must come of it.

use std::fmt;
use std::path::Path;

use certpost::smime::{ContentCipher, KeyTransport, SignatureAlgorithm, SignedForm};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub peer: Vec<Peer>,
    setting: Vec<Several>,
    pub row: Vec<Row>,
}

//------------ Peer ----------------------------------------------------------

/// A program that we did not write.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    pub name: String,
    /// For people, with the version that the rows speak of.
    pub title: String,
    /// The version, or how it begins.
    pub version: String,
    /// The adapter and its arguments, from the root of the project; `$PYTHON`
    /// is the environment that `as1.sh` makes.
    pub program: Vec<String>,
    /// What must be there for the adapter to be started at all: paths, and
    /// commands.
    #[serde(default)]
    pub needs: Vec<String>,
}

impl Peer {
    /// Whether the rows speak of what is installed.
    pub fn is_of(&self, installed: &str) -> bool {
        installed
            .strip_prefix(&self.version)
            .is_some_and(|rest| !rest.starts_with(char::is_numeric))
    }
}

//------------ Setting -------------------------------------------------------

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum SealedBy {
    Them,
    Us,
}

/// One way to seal a letter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    pub sealed_by: SealedBy,
    /// Whose key: `p-256`; with `+`, of which the first one opens.
    pub key: String,
    pub content: ContentCipher,
    pub key_transport: KeyTransport,
    pub signature: SignatureAlgorithm,
    pub form: SignedForm,
}

impl Setting {
    /// The key that opens.
    pub fn opener(&self) -> &str {
        self.key.split('+').next().unwrap()
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setting { key, content, key_transport, signature, form, .. } = self;
        let (content, transport) = (content.as_str(), key_transport.as_str());
        let (signature, form) = (signature.as_str(), form.as_str());
        write!(f, "{key:<20} {content:<11} {transport:<11} {signature:<17} {form:<8}")
    }
}

/// Settings: one for each choice of a member of each list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Several {
    sealed_by: Vec<SealedBy>,
    key: Vec<String>,
    content: Vec<ContentCipher>,
    key_transport: Vec<KeyTransport>,
    signature: Vec<SignatureAlgorithm>,
    form: Vec<SignedForm>,
}

impl Several {
    fn each(&self) -> Vec<Setting> {
        let mut all = Vec::new();
        for &sealed_by in &self.sealed_by {
            for key in &self.key {
                for &content in &self.content {
                    for &key_transport in &self.key_transport {
                        for &signature in &self.signature {
                            for &form in &self.form {
                                let key = key.clone();
                                all.push(Setting {
                                    sealed_by,
                                    key,
                                    content,
                                    key_transport,
                                    signature,
                                    form,
                                });
                            }
                        }
                    }
                }
            }
        }
        all
    }
}

//------------ Row -----------------------------------------------------------

/// What must come of some settings with one peer. A list that is left out
/// stands for everything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub peer: String,
    pub sealed_by: SealedBy,
    key: Option<Vec<String>>,
    content: Option<Vec<ContentCipher>>,
    key_transport: Option<Vec<KeyTransport>>,
    signature: Option<Vec<SignatureAlgorithm>>,
    form: Option<Vec<SignedForm>>,
    /// `opens`, or `cannot: ` and words that the peer says.
    verdict: String,
}

impl Row {
    pub fn speaks_of(&self, setting: &Setting) -> bool {
        fn has<T: PartialEq>(list: Option<&Vec<T>>, one: &T) -> bool {
            list.is_none_or(|list| list.contains(one))
        }
        self.sealed_by == setting.sealed_by
            && has(self.key.as_ref(), &setting.key)
            && has(self.content.as_ref(), &setting.content)
            && has(self.key_transport.as_ref(), &setting.key_transport)
            && has(self.signature.as_ref(), &setting.signature)
            && has(self.form.as_ref(), &setting.form)
    }

    /// None: it opens. Else the peer's words.
    pub fn cannot(&self) -> Option<&str> {
        match self.verdict.strip_prefix("cannot: ") {
            Some(words) => Some(words),
            None => {
                assert_eq!(self.verdict, "opens", "a verdict is `opens` or `cannot: words`");
                None
            }
        }
    }
}

impl Table {
    pub fn read() -> Table {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/interop.toml");
        toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    /// Every setting, each once.
    pub fn settings(&self) -> Vec<Setting> {
        let mut all: Vec<Setting> = Vec::new();
        for setting in self.setting.iter().flat_map(Several::each) {
            if !all.contains(&setting) {
                all.push(setting);
            }
        }
        all
    }

    /// The one row that speaks of a setting with a peer.
    pub fn row(&self, peer: &str, setting: &Setting) -> &Row {
        let of_it = |row: &&Row| row.peer == peer && row.speaks_of(setting);
        let rows: Vec<&Row> = self.row.iter().filter(of_it).collect();
        let [row] = rows.as_slice() else {
            panic!("{} rows speak of {peer}, {:?}: {setting}", rows.len(), setting.sealed_by);
        };
        row
    }
}
