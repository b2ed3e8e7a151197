//! Who is there: HM, whose gateway is attacked; BV, GS and AQ, its partners;
//! and everybody who only says so. Who they are stands in `attacks.toml`.

use std::collections::BTreeMap;

use certpost::clock::Timestamp;
use certpost::config::Configuration;
use certpost::inbound::terms::Terms;
use certpost::smime::throwaway::{self, Authority, KeyKind, Purpose, Wanted};
use serde::Deserialize;

use super::cms::Pair;
use super::craft::moved;
use crate::world::Gateway;

/// The table's part about who is there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    authorities: Vec<AuthorityRow>,
    identities: Vec<IdentityRow>,
    partners: Vec<PartnerRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityRow {
    name: String,
    /// When its list should have been replaced.
    list_until: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct IdentityRow {
    name: String,
    of: String,
    authority: String,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    usage: Option<String>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    revoked: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartnerRow {
    code: String,
    countries: Vec<String>,
    signers: Vec<String>,
    anchors: Vec<String>,
    lists: Vec<String>,
    content: Vec<String>,
    headers: String,
}

//------------ World ---------------------------------------------------------

pub struct World {
    pub at: Timestamp,
    pub gateway: Gateway,
    /// What the gateway hands to the processes that open letters.
    pub terms: Terms,
    pairs: BTreeMap<String, Pair>,
}

impl World {
    /// The cast, with a gateway of HM at a broker, which posts what it has to
    /// say to a mail server at that port.
    pub fn new(cast: &Cast, at: Timestamp, url: String, mail: u16) -> World {
        let gateway = Gateway::bare("HM", url);
        let folder = &gateway.folder;
        let authorities: BTreeMap<&str, Authority> = cast
            .authorities
            .iter()
            .map(|row| (row.name.as_str(), throwaway::authority(&row.name).unwrap()))
            .collect();
        let mut pairs = BTreeMap::new();
        for row in &cast.identities {
            pairs.insert(
                row.name.clone(),
                authorities[row.authority.as_str()].issue_as(&row.wanted(at)).unwrap(),
            );
        }
        for row in &cast.authorities {
            let authority = &authorities[row.name.as_str()];
            folder.write(&format!("{}.pem", row.name), authority.x509_pem().unwrap());
            let Some(until) = &row.list_until else { continue };
            let revoked: Vec<&[u8]> = cast
                .identities
                .iter()
                .filter(|identity| identity.revoked && identity.authority == row.name)
                .map(|identity| pairs[&identity.name].0.as_slice())
                .collect();
            let list = authority.crl(&revoked, moved(at, "-30d"), moved(at, until));
            folder.write(&format!("{}.crl", row.name), list.unwrap());
        }
        for (name, (x509, key)) in &pairs {
            folder.write(&format!("{name}.pem"), x509);
            folder.write_secret(&format!("{name}.key"), key);
        }
        folder.write(
            "certpost.toml",
            format!(
                "[gateway]\ncode = \"HM\"\naddress = \"push@ecert.hm.example\"\n\
                 [queue]\nurl = \"{}\"\n[doors]\nsmtp = \"127.0.0.1:{}\"\nhttp = \"127.0.0.1:{}\"\n\
                 [[identity]]\nx509 = \"hm-sign.pem\"\nkey = \"hm-sign.key\"\nuse = [\"sign\"]\n\
                 [[identity]]\nx509 = \"hm-open.pem\"\nkey = \"hm-open.key\"\nuse = [\"decrypt\"]\n\
                 [clock]\nretry = [\"0s\", \"200ms\"]\nretry_max = \"1s\"\n",
                gateway.url, gateway.smtp, gateway.http
            ),
        );
        let partners: String = cast.partners.iter().map(|row| row.entry(mail)).collect();
        folder.write("partners.toml", partners);
        let file = folder.path("certpost.toml");
        let configuration = match Configuration::load(Some(&file)) {
            Ok(configuration) => configuration,
            Err(faults) => {
                let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
                panic!("{all:#?}");
            }
        };
        let terms = Terms::of(&configuration).unwrap();
        World { at, gateway, terms, pairs }
    }

    pub fn pair(&self, name: &str) -> &Pair {
        self.pairs.get(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }
}

impl IdentityRow {
    fn wanted(&self, at: Timestamp) -> Wanted {
        let mut wanted = Wanted::mail(&self.name, &format!("push@ecert.{}.example", self.of));
        match self.key.as_deref() {
            None => {}
            Some("rsa-1024") => wanted.key = KeyKind::Rsa1024,
            Some("p-256") => wanted.key = KeyKind::P256,
            Some(other) => panic!("no key is called {other}"),
        }
        match self.usage.as_deref() {
            None => {}
            Some("server") => wanted.purpose = Purpose::Server,
            Some(other) => panic!("no usage is called {other}"),
        }
        if let Some(from) = &self.from {
            wanted.not_before = moved(at, from);
        }
        if let Some(until) = &self.until {
            wanted.not_after = moved(at, until);
        }
        wanted
    }
}

impl PartnerRow {
    fn entry(&self, mail: u16) -> String {
        let small = self.code.to_lowercase();
        let files = |names: &[String], ending: &str| {
            let names: Vec<String> = names.iter().map(|name| format!("{name}{ending}")).collect();
            format!("{names:?}")
        };
        format!(
            "[[partner]]\ncode = \"{}\"\ncountries = {:?}\naddress = \"push@ecert.{small}.example\"\n\
             route = \"smtp://127.0.0.1:{mail}\"\ntls = \"none\"\nheaders = \"{}\"\n\
             [partner.seal]\nrecipients = [\"{small}-sign.pem\"]\n\
             [partner.trust]\nsigners = {}\nanchors = {}\ncrls = {}\ncontent = {:?}\n\n",
            self.code,
            self.countries,
            self.headers,
            files(&self.signers, ".pem"),
            files(&self.anchors, ".pem"),
            files(&self.lists, ".crl"),
            self.content,
        )
    }
}
