//! partners.toml: who they are, the way there, their keys.

use data_encoding::HEXLOWER_PERMISSIVE;
use toml::Value;

use super::dialect;
use super::faults::Faults;
use super::files;
use super::section::Section;
use crate::certificate::number::{CountryCode, DocumentType};
use crate::clock::Timestamp;
use crate::letter::{Address, Headers};
use crate::partner::{
    Credentials, Partner, PartnerCode, ReceiptForm, Route, State, TlsPolicy, TlsProof,
};
use crate::smime::{
    Anchor, ContentCipher, Crl, KeyTransport, PathRules, Pin, RecipientKey, SealProfile,
    SignatureAlgorithm, SignedForm, Trust,
};

/// More connections than any agency's mail server would like.
const MOST_CONNECTIONS: f64 = 64.0;

/// Reads every `[[partner]]`.
pub fn read(mut root: Section<'_>, faults: &mut Faults) -> Vec<Partner> {
    let file = root.file();
    let mut partners: Vec<Partner> = Vec::new();
    for section in root.sections("partner", faults) {
        let place = section.key("code");
        let Some(partner) = read_partner(section, faults) else { continue };
        if partners.iter().any(|other| other.code == partner.code) {
            faults.add(
                file,
                place,
                format!("{} stands twice", partner.code),
                "give each partner one entry",
            );
        }
        partners.push(partner);
    }
    root.finish(faults);
    partners
}

fn read_partner(mut section: Section<'_>, faults: &mut Faults) -> Option<Partner> {
    let code: Option<PartnerCode> = section.required("code", "HM", faults);
    let name = section.text("name", faults);
    let countries = read_countries(&mut section, code.as_ref(), faults);
    let types: Option<Vec<DocumentType>> = section.list("types", faults);
    let transit = section.yes("transit", false, faults);
    let address: Option<Address> = section.required("address", "ecert@nppo.hm.example", faults);
    let senders: Vec<Address> = section.list("senders", faults).unwrap_or_default();
    let route: Option<Route> = section.required("route", "smtp://127.0.0.1:2526", faults);
    let tls = read_tls(&mut section, route.as_ref(), faults);
    let credentials = read_credentials(&mut section, faults);
    let relay = section.yes("relay", false, faults);
    let connections = section.number("connections", 4.0, (1.0, MOST_CONNECTIONS), faults) as usize;
    let receipt = section.choice(
        "receipt",
        ReceiptForm::Mdn,
        &[
            ("mdn", ReceiptForm::Mdn),
            ("mdn-signed", ReceiptForm::MdnSigned),
            ("none", ReceiptForm::None),
        ],
        faults,
    );
    let headers = section.choice(
        "headers",
        Headers::Protected,
        &[("protected", Headers::Protected), ("outer", Headers::Outer)],
        faults,
    );
    let state = section.choice(
        "state",
        State::Active,
        &[("active", State::Active), ("suspended", State::Suspended)],
        faults,
    );
    let aliases = section.list("aliases", faults).unwrap_or_default();
    let receipt_warnings = section.yes("receipt_warnings", false, faults);
    // Named by the contract; to take it and not to look would be a lie.
    if section.choice("xml_signature", false, &[("ignore", false), ("required", true)], faults) {
        section.fault(
            "xml_signature",
            "required is not offered by this version",
            "write \"ignore\", or wait with this partner",
            faults,
        );
    }
    let dialect = dialect::read(&mut section, &countries, faults);
    let seal = read_seal(section.section("seal", faults), faults);
    let trust = read_trust(section.section("trust", faults), faults);
    section.finish(faults);
    let code = code?;
    Some(Partner {
        name: name.unwrap_or_else(|| code.to_string()),
        code,
        countries,
        types,
        transit,
        address: address?,
        senders,
        route: route?,
        tls: tls?,
        credentials,
        relay,
        connections,
        receipt,
        receipt_warnings,
        headers,
        state,
        aliases,
        profile: dialect.profile,
        xml: dialect.xml,
        xml_countries: dialect.xml_countries,
        seal: seal?,
        trust: trust?,
    })
}

fn read_countries(
    section: &mut Section<'_>,
    code: Option<&PartnerCode>,
    faults: &mut Faults,
) -> Vec<CountryCode> {
    if let Some(countries) = section.list("countries", faults) {
        return countries;
    }
    // As for ourselves: the code, where that is a country's.
    match code.map(|code| code.as_str().parse::<CountryCode>()) {
        Some(Ok(country)) => vec![country],
        Some(Err(_)) => {
            section.fault(
                "countries",
                "is missing, and the code is no country",
                "write countries = [\"HM\"]",
                faults,
            );
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn read_tls(
    section: &mut Section<'_>,
    route: Option<&Route>,
    faults: &mut Faults,
) -> Option<TlsPolicy> {
    let required = section.choice("tls", true, &[("required", true), ("none", false)], faults);
    let ca = section.text("tls_ca", faults);
    let pin = section.text("tls_pin", faults);
    let name = section.text("tls_name", faults);
    if !required {
        if let Some(route) = route
            && !route.is_loopback()
        {
            section.fault(
                "tls",
                "none is for loopback only",
                "take it out, or route to 127.0.0.1",
                faults,
            );
        }
        if matches!(route, Some(Route::Smtps { .. })) {
            section.fault(
                "tls",
                "none contradicts smtps://",
                "write smtp://, or take it out",
                faults,
            );
        }
        return Some(TlsPolicy::Off);
    }
    let ca = match ca {
        Some(named) => match files::read_public(&section.path(&named)) {
            Ok(pem) => Some(pem),
            Err(words) => {
                split(section, "tls_ca", &words, faults);
                return None;
            }
        },
        None => None,
    };
    let pin = match pin {
        Some(text) => {
            let octets = HEXLOWER_PERMISSIVE.decode(text.replace(':', "").as_bytes()).ok();
            match octets.and_then(|octets| <[u8; 32]>::try_from(octets).ok()) {
                Some(pin) => Some(pin),
                None => {
                    section.fault(
                        "tls_pin",
                        "is no SHA-256",
                        "write 64 hexadecimal digits",
                        faults,
                    );
                    return None;
                }
            }
        }
        None => None,
    };
    Some(TlsPolicy::Required(TlsProof { ca, pin, name }))
}

/// The file has the user on its first line and the password on its second.
fn read_credentials(section: &mut Section<'_>, faults: &mut Faults) -> Option<Credentials> {
    let named = section.text("auth_file", faults)?;
    let octets = match files::read_secret(&section.path(&named)) {
        Ok(octets) => octets,
        Err(words) => {
            split(section, "auth_file", &words, faults);
            return None;
        }
    };
    let mut lines = std::str::from_utf8(&octets).unwrap_or_default().lines();
    match (lines.next(), lines.next()) {
        (Some(user), Some(password)) if !user.is_empty() && !password.is_empty() => {
            Some(Credentials::new(user.to_owned(), password.to_owned()))
        }
        _ => {
            section.fault(
                "auth_file",
                "lacks a user or a password",
                "write the user on line 1, the password on line 2",
                faults,
            );
            None
        }
    }
}

fn read_seal(mut section: Section<'_>, faults: &mut Faults) -> Option<SealProfile> {
    let named =
        required_list(&mut section, "recipients", "certs/partners/HM/encrypt-2026.pem", faults);
    let mut recipients = Vec::new();
    for named in &named {
        let read = files::read_public(&section.path(named));
        match read.and_then(|pem| RecipientKey::from_pem(&pem).map_err(|fault| fault.to_string())) {
            Ok(key) => recipients.push(key),
            Err(words) => split(&section, "recipients", &words, faults),
        }
    }
    let signature =
        section.parsed("signature", faults).unwrap_or(SignatureAlgorithm::RsaPkcs1Sha256);
    let content = section.parsed("content", faults).unwrap_or(ContentCipher::Aes256Gcm);
    let key_transport = section.parsed("key_transport", faults).unwrap_or(KeyTransport::OaepSha256);
    let form = section.parsed("form", faults).unwrap_or(SignedForm::Opaque);
    let profile = SealProfile { recipients, signature, content, key_transport, form };
    if !profile.recipients.is_empty() {
        for fault in profile.check() {
            section.fault(fault.key, fault.words, fault.remedy, faults);
        }
    }
    section.finish(faults);
    (!named.is_empty()).then_some(profile)
}

fn read_trust(mut section: Section<'_>, faults: &mut Faults) -> Option<Trust> {
    let signers = match section.take("signers") {
        Some(Value::Array(signers)) if !signers.is_empty() => signers,
        _ => {
            section.fault(
                "signers",
                "is missing",
                "write signers = [\"certs/partners/HM/sign-2026.pem\"]",
                faults,
            );
            Vec::new()
        }
    };
    let mut pins = Vec::new();
    for signer in signers {
        pins.extend(read_pin(&section, signer, faults));
    }
    let mut anchors = Vec::new();
    for named in section.list::<String>("anchors", faults).unwrap_or_default() {
        let read = files::read_public(&section.path(&named));
        match read.and_then(|pem| Anchor::from_pem(&pem).map_err(|fault| fault.to_string())) {
            Ok(anchor) => anchors.push(anchor),
            Err(words) => split(&section, "anchors", &words, faults),
        }
    }
    let mut crls = Vec::new();
    for named in section.list::<String>("crls", faults).unwrap_or_default() {
        let read = files::read_public(&section.path(&named));
        match read.and_then(|pem| Crl::from_pem(&pem).map_err(|fault| fault.to_string())) {
            Ok(crl) => crls.push(crl),
            Err(words) => split(&section, "crls", &words, faults),
        }
    }
    let content = section
        .list("content", faults)
        .unwrap_or_else(|| vec![ContentCipher::Aes256Gcm, ContentCipher::Aes128Gcm]);
    section.finish(faults);
    Some(Trust { pins, anchors, crls, content, path: PathRules::default() })
}

/// A pinned signer: a file, or `{ file, from, until }`.
fn read_pin(section: &Section<'_>, signer: Value, faults: &mut Faults) -> Option<Pin> {
    let (named, from, until) = match signer {
        Value::String(named) => (named, None, None),
        Value::Table(table) => {
            let mut inner = Section::new(table, section.key("signers"), section.file());
            let named = inner.required_text("file", "certs/partners/HM/sign-2026.pem", faults);
            let from = moment(&mut inner, "from", faults);
            let until = moment(&mut inner, "until", faults);
            inner.finish(faults);
            (named?, from, until)
        }
        other => {
            let words = format!("{other} is no signer");
            section.fault(
                "signers",
                words,
                "write a file's name, or { file, from, until }",
                faults,
            );
            return None;
        }
    };
    let read = files::read_public(&section.path(&named));
    match read.and_then(|pem| Pin::from_pem(&pem).map_err(|fault| fault.to_string())) {
        Ok(pin) => Some(pin.within(from, until)),
        Err(words) => {
            split(section, "signers", &words, faults);
            None
        }
    }
}

/// A moment in quotes, or as a date of TOML's own with a zone.
pub(super) fn moment(
    section: &mut Section<'_>,
    key: &'static str,
    faults: &mut Faults,
) -> Option<Timestamp> {
    let text = match section.take(key)? {
        Value::String(text) => text,
        Value::Datetime(date) => date.to_string(),
        other => other.to_string(),
    };
    match text.parse::<Timestamp>() {
        Ok(at) => Some(at),
        Err(fault) => {
            split(section, key, &fault.to_string(), faults);
            None
        }
    }
}

fn required_list(
    section: &mut Section<'_>,
    key: &'static str,
    example: &str,
    faults: &mut Faults,
) -> Vec<String> {
    let list = section.list::<String>(key, faults).unwrap_or_default();
    if list.is_empty() {
        section.fault(key, "is missing", format!("write {key} = [\"{example}\"]"), faults);
    }
    list
}

/// Our errors read `what is wrong; what to do`.
pub(super) fn split(section: &Section<'_>, key: &str, words: &str, faults: &mut Faults) {
    let (words, remedy) = words.split_once("; ").unwrap_or((words, "mend it"));
    section.fault(key, words, remedy, faults);
}
