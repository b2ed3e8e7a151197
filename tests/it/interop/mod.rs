//! Letters between us and programs that we did not write, in every setting
//! that we offer.
//!
//! ```text
//! tests/peers/interop.toml -> we seal  -> adapter: decrypt, verify -> entity E?
//!                             adapter: sign, encrypt -> gates 1 to 8 -> entity E?
//! ```
//!
//! A row says what must come of it; a peer that can do what its row denies
//! fails the test as much as one that cannot do what its row says.

mod peer;
mod table;

use std::fmt::Write;
use std::time::Duration;

use certpost::inbound::prove::Gatehouse;
use certpost::letter::sealed_letter;
use certpost::smime::software::{ChosenBy, TRIED};
use certpost::smime::throwaway::KeyKind;
use certpost::smime::{
    ContentCipher, DecryptIdentity, Pin, RecipientKey, SealProfile, SignatureAlgorithm, seal, sign,
};

use self::peer::{Came, Met};
use self::table::{Peer, SealedBy, Setting, Table};
use crate::skipped::skipped;
use crate::smime_world::{
    BV, HM, Pair, facts, house, identity, issue, judge, keys, protected_entity,
};

/// Every key. The peers have the private ones but for `other-…`, which stand
/// for keys that a partner's next or last mailbox program has.
const KINDS: [(&str, KeyKind); 10] = [
    ("rsa-2048", KeyKind::Rsa2048),
    ("rsa-3072", KeyKind::Rsa3072),
    ("rsa-4096", KeyKind::Rsa4096),
    ("p-256", KeyKind::P256),
    ("p-384", KeyKind::P384),
    ("sign-rsa", KeyKind::Rsa3072),
    ("sign-p256", KeyKind::P256),
    ("sign-p384", KeyKind::P384),
    ("other-rsa", KeyKind::Rsa2048),
    ("other-p-256", KeyKind::P256),
];

#[test]
fn programs_that_we_did_not_write() {
    let table = Table::read();
    let settings = table.settings();
    for row in &table.row {
        assert!(table.peer.iter().any(|peer| peer.name == row.peer), "who is {}?", row.peer);
        assert!(
            settings.iter().any(|setting| row.speaks_of(setting)),
            "a row of {} speaks of no setting",
            row.peer
        );
    }
    let ground = Ground::new();
    what_partner_show_tells(&table, &settings, &ground);
    let meetings: Vec<Meeting<'_>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (table.peer.iter())
            .map(|peer| scope.spawn(|| ground.meeting(peer, &table, &settings)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let told = told(&settings, &meetings);
    println!("{told}");
    // `./test` shows it at its end.
    if let Some(path) = std::env::var_os("CERTPOST_TABLE") {
        std::fs::write(path, &told).unwrap();
    }
    for meeting in &meetings {
        if let Some(words) = &meeting.absent {
            skipped(&format!("interop with {}: {words}", meeting.peer.title));
        }
    }
    let wrong: Vec<&str> =
        meetings.iter().flat_map(|meeting| &meeting.wrong).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} cells are not as their rows say:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The program's own table says what the rows say.
fn what_partner_show_tells(table: &Table, settings: &[Setting], ground: &Ground) {
    assert_eq!(table.peer.len(), TRIED.len());
    for software in TRIED {
        let peer = table.peer.iter().find(|peer| peer.name == software.peer).unwrap();
        assert_eq!(peer.title, software.name);
        let mut seals_with = Vec::new();
        for setting in settings {
            let can = table.row(&peer.name, setting).cannot().is_none();
            match setting.sealed_by {
                SealedBy::Them if !can => {}
                SealedBy::Them => seals_with.push(setting.content),
                SealedBy::Us => {
                    let profile = ground.profile(setting);
                    let told = software.opens_with(&profile, &profile.recipients[0]);
                    assert_eq!(told, can, "{}: {setting}", software.name);
                }
            }
        }
        let of_it = table.row.iter().filter(|row| row.peer == peer.name);
        let chooses =
            of_it.filter_map(|row| row.cannot()).any(|words| words.ends_with("by itself"));
        assert_eq!(software.chosen_by == ChosenBy::Itself, chooses, "{}", software.name);
        for cipher in ContentCipher::ALL {
            let told = software.seals_with.contains(cipher);
            assert_eq!(told, seals_with.contains(cipher), "{}: {cipher}", software.name);
        }
    }
}

//------------ Ground --------------------------------------------------------

/// The keys, as files for the peers; BV signs, HM opens.
struct Ground {
    folder: tempfile::TempDir,
    pairs: Vec<(&'static str, Pair)>,
    entity: Vec<u8>,
    house: Gatehouse,
}

/// What came of one peer.
struct Meeting<'a> {
    peer: &'a Peer,
    version: String,
    /// Why it could not be met.
    absent: Option<String>,
    /// What came of each setting: None, it opens.
    cells: Vec<Option<String>>,
    wrong: Vec<String>,
}

impl Ground {
    fn new() -> Ground {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: String, octets: &[u8]| {
            std::fs::write(folder.path().join(name), octets).unwrap();
        };
        write("ca.pem".to_owned(), &keys().authority.x509_pem().unwrap());
        let make = |(name, kind): (&'static str, KeyKind)| {
            let pair = issue(|wanted| {
                wanted.key = kind;
                wanted.name = name.to_owned();
                wanted.email = format!("{name}@interop.example");
            });
            (name, pair)
        };
        let pairs: Vec<(&str, Pair)> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                KINDS.map(|kind| scope.spawn(move || make(kind))).into_iter().collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (name, (x509, key)) in pairs.iter().filter(|(name, _)| !name.starts_with("other-")) {
            write(format!("{name}.pem"), x509);
            write(format!("{name}.key"), key);
        }
        let mut house = house();
        // What the peers sign they sign now.
        house.signing_age = Duration::from_secs(20 * 366 * 86_400);
        house.signing_skew = house.signing_age;
        let (signers, openers): (Vec<_>, Vec<_>) =
            pairs.iter().partition(|(name, _)| name.starts_with("sign-"));
        house.identities = openers
            .iter()
            .map(|(_, (x509, key))| DecryptIdentity::from_pem(x509, key, None).unwrap())
            .collect();
        let trust = &mut house.partners[0].trust;
        trust.pins = signers.iter().map(|(_, (x509, _))| Pin::from_pem(x509).unwrap()).collect();
        trust.content = ContentCipher::ALL.to_vec();
        let entity = protected_entity();
        Ground { folder, pairs, entity, house }
    }

    fn pair(&self, name: &str) -> &Pair {
        &self.pairs.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn profile(&self, setting: &Setting) -> SealProfile {
        let recipient = |name| RecipientKey::from_pem(&self.pair(name).0).unwrap();
        SealProfile {
            recipients: setting.key.split('+').map(recipient).collect(),
            signature: setting.signature,
            content: setting.content,
            key_transport: setting.key_transport,
            form: setting.form,
        }
    }

    /// A letter of ours in this setting.
    fn sealed(&self, setting: &Setting) -> Vec<u8> {
        let profile = self.profile(setting);
        let signer = identity(self.pair(match setting.signature {
            SignatureAlgorithm::EcdsaP256Sha256 => "sign-p256",
            SignatureAlgorithm::EcdsaP384Sha384 => "sign-p384",
            SignatureAlgorithm::RsaPkcs1Sha256 | SignatureAlgorithm::RsaPssSha256 => "sign-rsa",
        }));
        let signed = sign(&self.entity, &signer, &profile, crate::smime_world::at()).unwrap();
        sealed_letter(&facts(), &seal(&signed, &profile).unwrap())
    }

    fn meeting<'a>(&self, peer: &'a Peer, table: &Table, settings: &[Setting]) -> Meeting<'a> {
        let asked: Vec<(String, &Setting)> = settings
            .iter()
            .enumerate()
            .map(|(at, setting)| (format!("{}-{at}", peer.name), setting))
            .collect();
        for (name, setting) in &asked {
            let given = match setting.sealed_by {
                SealedBy::Them => self.entity.clone(),
                SealedBy::Us => self.sealed(setting),
            };
            std::fs::write(self.folder.path().join(format!("{name}.in")), given).unwrap();
        }
        let mut meeting = Meeting {
            peer,
            version: String::new(),
            absent: None,
            cells: Vec::new(),
            wrong: Vec::new(),
        };
        let came = match peer::meet(peer, self.folder.path(), &asked) {
            Met::Absent(words) => {
                meeting.absent = Some(words);
                return meeting;
            }
            Met::Installed { version, came } => {
                meeting.version = version;
                came
            }
        };
        let is_of = peer.is_of(&meeting.version);
        if !is_of {
            let (rows, here) = (&peer.version, &meeting.version);
            meeting.absent = Some(format!("the rows speak of {rows}, and {here} is here"));
        }
        for (setting, came) in settings.iter().zip(came) {
            let came = self.judged(setting, came);
            let wanted = table.row(&peer.name, setting).cannot();
            let is_right = match (&came, wanted) {
                (None, None) => true,
                (Some(words), Some(wanted)) => words.contains(wanted),
                (None, Some(_)) | (Some(_), None) => false,
            };
            let came = match (came, wanted) {
                // Shorter, and without what is another each time.
                (Some(_), Some(wanted)) if is_right => Some(wanted.to_owned()),
                (came, _) => came,
            };
            if is_of && !is_right {
                let by = setting.sealed_by;
                let seen = came.as_deref().unwrap_or("it opens");
                let wanted = wanted.unwrap_or("opens");
                meeting.wrong.push(format!(
                    "{}, sealed by {by:?}: {setting}\n    row:  {wanted}\n    seen: {seen}",
                    peer.title
                ));
            }
            meeting.cells.push(came);
        }
        meeting
    }

    /// Whether the octets that came are right; why not, in words.
    fn judged(&self, setting: &Setting, came: Came) -> Option<String> {
        let octets = match came {
            Came::Cannot(words) => return Some(words),
            Came::Out(octets) => octets,
        };
        let entity = match setting.sealed_by {
            SealedBy::Us => octets,
            SealedBy::Them => {
                let header =
                    format!("Date: Mon, 23 Nov 2026 20:30:00 +0000\r\nFrom: {BV}\r\nTo: {HM}\r\n");
                match judge(&[header.into_bytes(), octets].concat(), &self.house) {
                    Ok(proven) => proven.entity,
                    Err(refusal) => return Some(format!("we refuse it: {refusal}")),
                }
            }
        };
        (entity != self.entity).then(|| "what was signed are other octets".to_owned())
    }
}

//------------ The table -----------------------------------------------------

/// Settings down, peers across; the peers' words below.
fn told(settings: &[Setting], meetings: &[Meeting<'_>]) -> String {
    let mut text = String::new();
    let mut reasons: Vec<String> = Vec::new();
    for sealed_by in [SealedBy::Us, SealedBy::Them] {
        let head = match sealed_by {
            SealedBy::Us => "sealed by us, opened by",
            SealedBy::Them => "opened by us, sealed by",
        };
        write!(text, "\n{head:<71}").unwrap();
        for meeting in meetings {
            let name = format!("{} {}", meeting.peer.name, meeting.version);
            write!(text, " {name:<19}").unwrap();
        }
        for (at, setting) in settings.iter().enumerate() {
            if setting.sealed_by != sealed_by {
                continue;
            }
            write!(text, "\n{setting}").unwrap();
            for meeting in meetings {
                let cell = match meeting.cells.get(at) {
                    None => "skipped".to_owned(),
                    Some(None) => "ok".to_owned(),
                    Some(Some(words)) => {
                        let reason = format!("{} {}: {words}", meeting.peer.name, meeting.version);
                        let known = reasons.iter().position(|known| *known == reason);
                        let number = known.unwrap_or_else(|| {
                            reasons.push(reason);
                            reasons.len() - 1
                        });
                        format!("cannot ({})", number + 1)
                    }
                };
                write!(text, " {cell:<19}").unwrap();
            }
        }
        text.push('\n');
    }
    for (number, reason) in reasons.iter().enumerate() {
        writeln!(text, "({}) {reason}", number + 1).unwrap();
    }
    text
}
