//! `[doors]`: where we listen.

use std::net::SocketAddr;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::faults::Faults;
use super::partners::split;
use super::section::Section;
use super::{Keys, files};

/// The largest letter taken or sent, in octets, unless `doors.max_letter` says less.
const MAX_LETTER: usize = 25 << 20;
/// A limit below this would refuse ordinary certificates.
const LEAST_LETTER: usize = 64 << 10;
/// How much memory a process may take that opens letters.
const OPENING_MEMORY: usize = 1 << 30;
/// What opening takes at most, in lengths of the letter.
const OPENING_SHARE: usize = 40;

//------------ Doors ---------------------------------------------------------

/// Where we listen.
#[derive(Clone, Debug)]
pub struct Doors {
    pub smtp: SocketAddr,
    pub http: SocketAddr,
    /// PEM certificate chain and key for STARTTLS.
    pub smtp_tls: Option<SmtpTls>,
    /// Octets.
    pub max_letter: usize,
    /// How much memory a process may take that opens letters, in octets.
    pub opening_memory: usize,
}

/// What the SMTP door proves itself with.
#[derive(Clone)]
pub struct SmtpTls {
    pub certificate: Vec<u8>,
    /// Empty where keys were left.
    pub key: Zeroizing<Vec<u8>>,
    pub key_file: PathBuf,
}

impl std::fmt::Debug for SmtpTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmtpTls(…)")
    }
}

/// Reads the table.
pub(super) fn read(mut section: Section<'_>, keys: Keys, faults: &mut Faults) -> Option<Doors> {
    let smtp = section.parsed::<SocketAddr>("smtp", faults);
    let http = section.parsed::<SocketAddr>("http", faults);
    let opening_memory = section.size("opening_memory", OPENING_MEMORY, faults);
    let max_letter = section.size("max_letter", MAX_LETTER, faults);
    if !(LEAST_LETTER..=MAX_LETTER).contains(&max_letter) {
        section.fault("max_letter", "is out of bounds", "write a size from 64KiB to 25MiB", faults);
    }
    if opening_memory / OPENING_SHARE < max_letter + LEAST_LETTER {
        let words = "is too little: a good letter would be refused for want of memory";
        let least = (max_letter + LEAST_LETTER) * OPENING_SHARE;
        let remedy = format!("write {}MiB or more, or lower max_letter", least.div_ceil(1 << 20));
        section.fault("opening_memory", words, remedy, faults);
    }
    let certificate = section.text("smtp_certificate", faults);
    let key = section.text("smtp_key", faults);
    let smtp_tls = match (certificate, key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => {
            let certificate = files::read_public(&section.path(&certificate))
                .map_err(|words| split(&section, "smtp_certificate", &words, faults));
            let key_file = section.path(&key);
            let key = match keys {
                Keys::Read => files::read_secret(&key_file)
                    .map_err(|words| split(&section, "smtp_key", &words, faults)),
                Keys::Left => Ok(Zeroizing::new(Vec::new())),
            };
            let pair = certificate.ok().zip(key.ok());
            pair.map(|(certificate, key)| SmtpTls { certificate, key, key_file })
        }
        (Some(_), None) => {
            let words = "is missing beside smtp_certificate";
            section.fault("smtp_key", words, "write both or neither", faults);
            None
        }
        (None, Some(_)) => {
            let words = "is missing beside smtp_key";
            section.fault("smtp_certificate", words, "write both or neither", faults);
            None
        }
    };
    section.finish(faults);
    let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
    Some(Doors {
        smtp: smtp.unwrap_or(loopback(2525)),
        http: http.unwrap_or(loopback(8025)),
        smtp_tls,
        max_letter,
        opening_memory,
    })
}
