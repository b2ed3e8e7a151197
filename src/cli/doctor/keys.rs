//! Our identities, and the partners' keys, pins, anchors and CRLs.

use std::time::Duration;

use super::diagnosis::{Area, Checks, Verdict};
use super::fail;
use crate::clock::Timestamp;
use crate::config::files::{check_secret, read_secret};
use crate::config::{Configuration, IdentityEntry, IdentityPair};
use crate::partner::{Partner, State};
use crate::smime::{KeyForm, Pin};
use crate::tls::Acceptor;

/// How long before its end a certificate is warned about.
const SOON: Duration = Duration::from_secs(60 * 24 * 3600);

/// Our identities: pair, use, size, dates; and the door's own pair.
pub fn ours(configuration: &Configuration, now: Timestamp, checks: &mut Checks) {
    let mut pairs = Vec::new();
    for entry in &configuration.identities {
        // Who may not be read has been told of.
        if entry.secrets().any(|(_, file)| check_secret(file).is_err()) {
            continue;
        }
        match entry.load() {
            Ok(pair) => pairs.push((entry, pair)),
            Err(faults) => {
                for (key, words) in faults {
                    fail(checks, Area::Keys, format!("{}.{key}", entry.place), &words);
                }
            }
        }
    }
    let unread = pairs.len() < configuration.identities.len();
    for (entry, pair) in &pairs {
        let belongs = "its key belongs to its certificate, which may be used so";
        checks.ok(Area::Keys, format!("{}: pair", entry.place), belongs);
        identity(entry, pair, &pairs, now, checks);
    }
    let begun = |entry: &IdentityEntry| entry.signs && entry.from.is_none_or(|from| from <= now);
    if !unread && !pairs.iter().any(|(entry, _)| begun(entry)) {
        let remedy = "let one begin today: correct its from";
        checks.fail(Area::Keys, "signing", "no signing identity has begun", remedy);
    }
    for partner in &configuration.partners {
        let signing: Vec<_> = pairs.iter().filter_map(|(_, pair)| pair.signing.as_ref()).collect();
        let unfit: Vec<_> =
            signing.iter().filter_map(|one| partner.seal.check_identity(one).err()).collect();
        if let Some(fault) = unfit.first().filter(|_| unfit.len() == signing.len() && !unread) {
            let name = format!("{}: seal.{}", partner.code, fault.key);
            checks.fail(Area::Keys, name, fault.words.clone(), fault.remedy);
        }
    }
    door(configuration, now, checks);
}

/// Dates and size of one identity, seen beside the others.
fn identity(
    entry: &IdentityEntry,
    pair: &IdentityPair,
    all: &[(&IdentityEntry, IdentityPair)],
    now: Timestamp,
    checks: &mut Checks,
) {
    let (sign, open) = (pair.signing.as_ref(), pair.decrypting.as_ref());
    let Some((subject, from, until, form)) = sign
        .map(|one| (one.subject(), one.not_before(), one.not_after(), one.form()))
        .or(open.map(|one| (one.subject(), one.not_before(), one.not_after(), one.form())))
    else {
        return;
    };
    let begins = |entry: &IdentityEntry| entry.from.unwrap_or(Timestamp::from_millis(0));
    // Of those that have begun the latest signs; one replaced is past mending.
    let replaced = |other: &IdentityEntry| {
        other.signs && begins(other) <= now && begins(other) > begins(entry)
    };
    let signs = sign.is_some() && !all.iter().any(|(other, _)| replaced(other));
    let others_open = all.iter().any(|(other, pair)| {
        let holds = |until: Timestamp| other.place != entry.place && until > now;
        pair.decrypting.as_ref().is_some_and(|one| holds(one.not_after()))
    });
    let needed = signs || (open.is_some() && !others_open);
    let remedy = "have a new one issued, add it as an [[identity]] beside this one, and tell \
                  every partner (certs/README.md)";
    let window = Window { subject, from: from.max(begins(entry)), until };
    let name = format!("{}: dates", entry.place);
    // A signing identity that is to begin is not late.
    if entry.from.is_some_and(|from| from > now) && from <= begins(entry) {
        let words = format!("{subject} signs from {} on", begins(entry));
        checks.ok(Area::Keys, name, words);
    } else {
        window.check(name, now, needed, remedy, checks);
    }
    let name = format!("{}: size", entry.place);
    let remedy = "take RSA of 3072 bits or more, or P-256, for the next one";
    match form {
        KeyForm::Rsa(2048..3072) => checks.warn(
            Area::Keys,
            name,
            format!("{form}: still taken everywhere, and not to be made any more"),
            remedy,
        ),
        KeyForm::Rsa(3072..=4096) | KeyForm::P256 | KeyForm::P384 => {
            checks.ok(Area::Keys, name, form.to_string());
        }
        KeyForm::Rsa(_) | KeyForm::Other => {
            let words = format!("a key {form} is refused by our own gates, and by others'");
            checks.fail(Area::Keys, name, words, remedy);
        }
    }
}

/// The pair with which the SMTP door offers STARTTLS.
fn door(configuration: &Configuration, now: Timestamp, checks: &mut Checks) {
    let Some(pair) = &configuration.doors.smtp_tls else { return };
    if check_secret(&pair.key_file).is_err() {
        return;
    }
    let made = read_secret(&pair.key_file).and_then(|key| {
        let acceptor = Acceptor::from_pem(&pair.certificate, &key);
        acceptor.map_err(|fault| format!("{fault}; name the pair that belongs together"))
    });
    match made {
        Err(words) => return fail(checks, Area::Keys, "doors.smtp_key", &words),
        Ok(_acceptor) => {
            checks.ok(Area::Keys, "doors: pair", "the key belongs to the certificate");
        }
    }
    // A pin is whatever certificate has dates.
    if let Ok(x509) = Pin::from_pem(&pair.certificate) {
        let window = Window::of_pin(&x509);
        window.check("doors: dates".to_owned(), now, true, "have a new one issued", checks);
    }
}

/// What the partners gave us.
pub fn theirs(configuration: &Configuration, now: Timestamp, checks: &mut Checks) {
    for partner in &configuration.partners {
        let active = partner.state == State::Active;
        let name = |what: &str, n: usize| format!("{}: {what} {}", partner.code, n + 1);
        let recipients = partner.seal.recipients.iter().map(|key| Window {
            subject: key.subject(),
            from: key.not_before(),
            until: key.not_after(),
        });
        let remedy = "ask the partner for its new certificate, and add it to seal.recipients";
        several(recipients.collect(), active, now, remedy, |n| name("recipient", n), checks);
        let pins = partner.trust.pins.iter().map(Window::of_pin).collect();
        let remedy = "ask the partner for its new certificate, and add it to trust.signers";
        several(pins, active, now, remedy, |n| name("signer", n), checks);
        for (n, pin) in partner.trust.pins.iter().enumerate() {
            signer(pin, format!("{} use", name("signer", n)), active, checks);
        }
        let anchors: Vec<_> =
            partner.trust.anchors.iter().flat_map(|anchor| anchor.windows()).collect();
        let windows = anchors
            .iter()
            .map(|(subject, from, until)| Window { subject, from: *from, until: *until })
            .collect();
        let remedy = "ask the partner which authority took over, and add it to trust.anchors";
        several(windows, active, now, remedy, |n| name("anchor", n), checks);
        crls(partner, configuration.clocks.crl_stale, now, checks);
    }
}

/// Whether our own gates would take what a partner's signer signs.
fn signer(pin: &Pin, name: String, active: bool, checks: &mut Checks) {
    let taken = match pin.form() {
        KeyForm::Rsa(2048..=4096) | KeyForm::P256 | KeyForm::P384 => true,
        KeyForm::Rsa(_) | KeyForm::Other => false,
    };
    let words = match (taken, pin.may_sign()) {
        (true, true) => return checks.ok(Area::Keys, name, format!("{}, for mail", pin.form())),
        (false, _) => format!("its key is {}: letters signed with it are refused", pin.form()),
        (true, false) => "it may not sign mail: letters signed with it are refused".to_owned(),
    };
    let verdict = if active { Verdict::Fail } else { Verdict::Warn };
    let remedy =
        "ask the partner for a certificate for e-mail, with RSA 2048 to 4096, P-256 or P-384";
    checks.add(Area::Keys, name, verdict, words, Some(remedy.to_owned()));
}

/// Several of a kind: as long as one is good, the others only warn.
fn several(
    windows: Vec<Window<'_>>,
    active: bool,
    now: Timestamp,
    remedy: &str,
    name: impl Fn(usize) -> String,
    checks: &mut Checks,
) {
    let none = !windows.iter().any(|window| window.from <= now && now < window.until);
    for (n, window) in windows.iter().enumerate() {
        window.check(name(n), now, none && active, remedy, checks);
    }
}

fn crls(partner: &Partner, stale: Duration, now: Timestamp, checks: &mut Checks) {
    for (n, pin) in partner.trust.pins.iter().enumerate() {
        // One is named, so each is asked for.
        if !partner.trust.crls.is_empty() && !partner.trust.lists(pin) {
            checks.fail(
                Area::Keys,
                format!("{}: crl of signer {}", partner.code, n + 1),
                format!("no list of the authority of {}: its letters are held", pin.subject()),
                "add the authority's list to trust.crls, and have a timer renew it",
            );
        }
    }
    for (n, crl) in partner.trust.crls.iter().enumerate() {
        let name = format!("{}: crl {}", partner.code, n + 1);
        let (issuer, due) = (crl.issuer(), crl.due());
        let remedy = "fetch the authority's newest list into that file, and have a timer do it";
        if now <= due {
            checks.ok(Area::Keys, name, format!("the list of {issuer} is to be renewed by {due}"));
        } else if now <= due.plus(stale) {
            let words = format!("the list of {issuer} should have been renewed by {due}");
            checks.warn(Area::Keys, name, words, remedy);
        } else {
            let words =
                format!("the list of {issuer} was due on {due}: this partner's letters are held");
            checks.fail(Area::Keys, name, words, remedy);
        }
    }
}

//------------ Window --------------------------------------------------------

/// When a certificate is good for what it is here for.
struct Window<'a> {
    subject: &'a str,
    from: Timestamp,
    until: Timestamp,
}

impl<'a> Window<'a> {
    fn of_pin(pin: &'a Pin) -> Self {
        Window {
            subject: pin.subject(),
            from: pin.from.map_or(pin.not_before(), |from| from.max(pin.not_before())),
            until: pin.until.map_or(pin.not_after(), |until| until.min(pin.not_after())),
        }
    }

    /// Outside of it is a failure where `needed`, else a warning.
    fn check(&self, name: String, now: Timestamp, needed: bool, remedy: &str, checks: &mut Checks) {
        let Window { subject, from, until } = self;
        let outside = if needed { Verdict::Fail } else { Verdict::Warn };
        let (verdict, words) = if now >= *until {
            (outside, format!("{subject} ended on {until}"))
        } else if now < *from {
            (outside, format!("{subject} begins on {from} only"))
        } else if until.since(now) < SOON {
            let days = until.since(now).as_secs() / 86_400;
            (Verdict::Warn, format!("{subject} ends in {days} days, on {until}"))
        } else {
            (Verdict::Ok, format!("{subject} is good until {until}"))
        };
        let remedy = (verdict != Verdict::Ok).then(|| remedy.to_owned());
        checks.add(Area::Keys, name, verdict, words, remedy);
    }
}
