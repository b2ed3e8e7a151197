//! certpost.toml: who we are, our keys, our doors, our clocks.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::Table;
use zeroize::Zeroizing;

use super::doors::{self, Doors};
use super::faults::Faults;
use super::identity::{Identities, IdentityEntry};
use super::producer::{self, Producer};
use super::section::Section;
use super::{Keys, overrides, partners, queue};
use crate::certificate::number::CountryCode;
use crate::clock::Timestamp;
use crate::delivery::schedule::Clocks;
use crate::letter::{Address, Environment};
use crate::partner::{Partner, PartnerCode};
use crate::smime::{DecryptIdentity, SigningIdentity};

/// The tables of certpost.toml whose scalars the environment may override.
pub const TABLES: &[&str] = &["gateway", "queue", "ledger", "doors", "clock"];

//------------ Configuration -------------------------------------------------

/// Everything a gateway is told, parsed.
#[derive(Debug)]
pub struct Configuration {
    pub file: PathBuf,
    pub gateway: Gateway,
    /// Holds a password: never logged, never shown.
    pub queue_url: Zeroizing<String>,
    /// Where the broker's own pages are, which tell of its policies.
    pub management: Option<SocketAddr>,
    /// The SQLite file.
    pub ledger: PathBuf,
    pub doors: Doors,
    /// Each `[[identity]]` as it stands in the file.
    pub identities: Vec<IdentityEntry>,
    /// Our signing identities, each with the moment it begins; never empty
    /// where keys were read.
    pub signing: Vec<(Option<Timestamp>, SigningIdentity)>,
    /// Every identity that opens.
    pub decrypting: Vec<DecryptIdentity>,
    pub producers: Vec<Producer>,
    pub clocks: Clocks,
    pub partners: Vec<Partner>,
    /// What an operator should know although it works.
    pub notices: Vec<String>,
}

/// Who we are.
#[derive(Clone, Debug)]
pub struct Gateway {
    pub code: PartnerCode,
    /// Whose certificates we issue and receive.
    pub countries: Vec<CountryCode>,
    pub environment: Environment,
    /// From and MAIL FROM of all we send, To of all we take in.
    pub address: Address,
    /// EHLO and banner.
    pub hostname: String,
    pub accept_known_bad_openssl: bool,
}

impl Configuration {
    /// The identity that signs at `at`: the latest that has begun.
    pub fn signing_at(&self, at: Timestamp) -> Option<&SigningIdentity> {
        let begun = self.signing.iter().filter(|(from, _)| from.is_none_or(|from| from <= at));
        begun.max_by_key(|(from, _)| *from).map(|(_, identity)| identity)
    }

    /// The partner with `code`.
    pub fn partner(&self, code: &PartnerCode) -> Option<&Partner> {
        self.partners.iter().find(|partner| partner.code == *code)
    }
}

//------------ Reading -------------------------------------------------------

/// Reads certpost.toml at `file` and everything it names.
pub fn read(file: &Path, keys: Keys) -> Result<Configuration, Faults> {
    let mut faults = Faults::default();
    let Some(mut table) = parse(file, &mut faults) else {
        return Err(faults);
    };
    overrides::apply(&mut table, std::env::vars_os().filter_map(text_pair), file, &mut faults);
    let mut root = Section::new(table, "", file);

    let mut section = root.section("gateway", &mut faults);
    let partners_file = section.text("partners", &mut faults).unwrap_or("partners.toml".to_owned());
    let partners_file = section.path(&partners_file);
    let gateway = read_gateway(&mut section, &mut faults);
    section.finish(&mut faults);

    let (queue_url, management) = queue::read(root.section("queue", &mut faults), &mut faults);
    let ledger = read_ledger(root.section("ledger", &mut faults), &mut faults);
    let doors = doors::read(root.section("doors", &mut faults), keys, &mut faults);
    let mut identities = Identities::default();
    for section in root.sections("identity", &mut faults) {
        identities.read(section, keys, &mut faults);
    }
    identities.check(file, &mut faults);
    let producers = root
        .sections("producer", &mut faults)
        .into_iter()
        .filter_map(|section| producer::read(section, &mut faults))
        .collect();
    let clocks = read_clocks(root.section("clock", &mut faults), &mut faults);
    root.finish(&mut faults);

    let partners = match parse(&partners_file, &mut faults) {
        Some(table) => partners::read(Section::new(table, "", &partners_file), &mut faults),
        None => Vec::new(),
    };

    check_signatures(&identities.signing, &partners, &partners_file, &mut faults);

    match (gateway, queue_url, doors) {
        (Some(gateway), Some(queue_url), Some(doors)) if faults.is_empty() => Ok(Configuration {
            file: file.to_owned(),
            gateway,
            queue_url,
            management,
            ledger,
            doors,
            identities: identities.entries,
            signing: identities.signing,
            decrypting: identities.decrypting,
            producers,
            clocks,
            partners,
            notices: identities.notices,
        }),
        _ => Err(faults),
    }
}

/// Every partner's signature must be one that some identity of ours can make:
/// a key of another kind may be waiting for its day.
fn check_signatures(
    signing: &[(Option<Timestamp>, SigningIdentity)],
    partners: &[Partner],
    file: &Path,
    faults: &mut Faults,
) {
    for partner in partners {
        let unfit: Vec<_> = signing
            .iter()
            .filter_map(|(_, identity)| partner.seal.check_identity(identity).err())
            .collect();
        if unfit.len() == signing.len()
            && let Some(fault) = unfit.into_iter().next()
        {
            let key = format!("partner {}: seal.{}", partner.code, fault.key);
            faults.add(file, key, fault.words, fault.remedy);
        }
    }
}

fn text_pair((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

fn parse(file: &Path, faults: &mut Faults) -> Option<Table> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(fault) => {
            faults.add(
                file,
                "",
                format!("cannot be read: {fault}"),
                "name the right file, or put it there",
            );
            return None;
        }
    };
    match text.parse::<Table>() {
        Ok(table) => Some(table),
        Err(fault) => {
            // Not the line itself: it may be the one with the password.
            let line = fault.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            let words = format!("line {line}: is no TOML: {}", fault.message());
            faults.add(file, "", words, "mend that line");
            None
        }
    }
}

fn read_gateway(section: &mut Section<'_>, faults: &mut Faults) -> Option<Gateway> {
    let code: Option<PartnerCode> = section.required("code", "BV", faults);
    let countries = section.list::<CountryCode>("countries", faults);
    if countries.as_ref().is_some_and(Vec::is_empty) {
        section.fault("countries", "is an empty list", "name the countries we issue for", faults);
    }
    let countries = match (countries, &code) {
        (Some(countries), _) => countries,
        (None, Some(code)) => match code.as_str().parse() {
            Ok(country) => vec![country],
            Err(_) => {
                let words = format!("is missing, and the code {code} is no country");
                section.fault("countries", words, "write countries = [\"BV\"]", faults);
                Vec::new()
            }
        },
        (None, None) => Vec::new(),
    };
    let environment = section.choice(
        "environment",
        Environment::Live,
        &[("live", Environment::Live), ("training", Environment::Training)],
        faults,
    );
    let address: Option<Address> = section.required("address", "push@ecert.bv.example", faults);
    let hostname = section.text("hostname", faults);
    let accept_known_bad_openssl = section.yes("accept_known_bad_openssl", false, faults);
    let address = address?;
    let hostname = hostname.unwrap_or_else(|| address.domain().to_owned());
    if !hostname.split('.').all(|label| {
        !label.is_empty()
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    }) {
        section.fault(
            "hostname",
            format!("'{hostname}' is no host name"),
            "write one as ecert.bv.example",
            faults,
        );
    }
    Some(Gateway {
        code: code?,
        countries,
        environment,
        address,
        hostname,
        accept_known_bad_openssl,
    })
}

fn read_ledger(mut section: Section<'_>, faults: &mut Faults) -> PathBuf {
    let url = section.text("url", faults).unwrap_or("sqlite:var/certpost.db".to_owned());
    let named = match url.strip_prefix("sqlite:") {
        Some(named) if !named.is_empty() => named.strip_prefix("//").unwrap_or(named),
        _ => {
            section.fault(
                "url",
                format!("'{url}' is no ledger"),
                "write \"sqlite:\" and a file",
                faults,
            );
            "var/certpost.db"
        }
    };
    let path = section.path(named);
    section.finish(faults);
    path
}

fn read_clocks(mut section: Section<'_>, faults: &mut Faults) -> Clocks {
    let by = Clocks::default();
    let clocks = Clocks {
        retry: section.durations("retry", by.retry, faults),
        retry_factor: section.number("retry_factor", by.retry_factor, (1.0, 10.0), faults),
        retry_max: section.duration("retry_max", by.retry_max, faults),
        jitter: section.number("jitter", by.jitter, (0.0, 1.0), faults),
        give_up: section.duration("give_up", by.give_up, faults),
        final_reply: section.duration("final_reply", by.final_reply, faults),
        in_doubt_hold: section.duration("in_doubt_hold", by.in_doubt_hold, faults),
        smtp_reply: section.duration("smtp_reply", by.smtp_reply, faults),
        connect: section.duration("connect", by.connect, faults),
        lease: section.duration("lease", by.lease, faults),
        receipt_expected: section.duration("receipt_expected", by.receipt_expected, faults),
        receipt_warn: section.duration("receipt_warn", by.receipt_warn, faults),
        receipt_overdue: section.duration("receipt_overdue", by.receipt_overdue, faults),
        receipt_resend: section.durations("receipt_resend", by.receipt_resend, faults),
        receipt_close: section.duration("receipt_close", by.receipt_close, faults),
        signing_age: section.duration("signing_age", by.signing_age, faults),
        signing_skew: section.duration("signing_skew", by.signing_skew, faults),
        crl_stale: section.duration("crl_stale", by.crl_stale, faults),
    };
    section.finish(faults);
    clocks
}
