//! `certpost verify`: the verdict for an official, on a number or on the
//! certificate itself.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Exit, Shared};
use super::document::Examined;
use super::terminal::shown;
use super::trace::Wanted;
use crate::certificate::codes::List;
use crate::certificate::life::Current;
use crate::certificate::rules::Strictness;
use crate::certificate::{ContentDigest, Facts};
use crate::config::Keys;
use crate::delivery::Direction;
use crate::ledger::trace::Query;
use crate::ledger::{Life, Other, Standing};
use crate::letter::Environment;

const SCHEMA: &str = "certpost/verify/1";

/// Says whether a certificate is authentic and in force.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub wanted: Wanted,
}

/// Looks up a number, or the certificate in a file: an argument that names a
/// file, or `-`, is a file.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let configuration = match super::configuration(shared, SCHEMA, Keys::Left) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    let mut query = args.wanted.query();
    let path = Path::new(&args.wanted.number);
    let presented = if args.wanted.number == "-" || path.is_file() {
        match Presented::read(path) {
            Ok(presented) => Some(presented),
            Err(words) => return Verification::cannot_tell(words).answer(shared),
        }
    } else {
        None
    };
    if let Some(presented) = &presented {
        let id = &presented.facts.id;
        query = Query {
            number: id.number().to_owned(),
            country: Some(id.country.clone()),
            document_type: Some(id.document_type.clone()),
            ..query
        };
    }
    let found = super::wait_for(async {
        let ledger = super::trace::open(&configuration)?;
        ledger.standing(query).await
    });
    let environment = configuration.gateway.environment;
    match found {
        Ok(Ok(found)) => judge(&found, presented.as_ref(), environment).answer(shared),
        Ok(Err(fault)) => Verification::cannot_tell(fault.to_string()).answer(shared),
        Err(answer) => answer,
    }
}

//------------ Presented -----------------------------------------------------

/// A certificate that somebody shows.
pub struct Presented {
    pub facts: Facts,
    pub digest: ContentDigest,
}

impl Presented {
    fn read(path: &Path) -> Result<Self, String> {
        let file = Examined::read(path, Strictness::Received)?;
        let name = &file.name;
        let Some(certificate) = file.certificate() else {
            return Err(format!("{name} holds no certificate that can be read; try `check`"));
        };
        let facts = certificate.facts().map_err(|missing| {
            format!("{name} lacks what a certificate is known by: {missing:?}")
        })?;
        Ok(Presented { digest: certificate.content_digest(), facts })
    }
}

//------------ Verdict -------------------------------------------------------

/// The verdicts of this command.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(rename = "Verification")]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is what was issued, and in force.
    Authentic,
    /// Something must be mended or told apart first.
    CannotTell,
    /// What is presented says other things than what is on record.
    Differs,
    /// It is what was issued, and is withdrawn, replaced or not yet in force.
    NotCurrent,
    /// Nothing like it was issued or received here.
    NotOnRecord,
    /// What is set aside under this number may be forged; not told yet.
    Suspect,
    /// This gateway is for training: nothing of it is in force.
    Training,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Verdict::Authentic => "authentic",
            Verdict::CannotTell => "cannot-tell",
            Verdict::Differs => "differs",
            Verdict::NotCurrent => "not-current",
            Verdict::NotOnRecord => "not-on-record",
            Verdict::Suspect => "suspect",
            Verdict::Training => "training",
        }
    }

    /// The word for it in Chinese.
    const fn chinese(self) -> &'static str {
        match self {
            Verdict::Authentic => "真实有效",
            Verdict::CannotTell => "无法判定",
            Verdict::Differs => "与记录不符",
            Verdict::NotCurrent => "真实但现已失效或尚未生效",
            Verdict::NotOnRecord => "无记录",
            Verdict::Suspect => "存疑",
            Verdict::Training => "培训用，无效",
        }
    }

    const fn exit(self) -> Exit {
        match self {
            Verdict::Authentic => Exit::Yes,
            Verdict::CannotTell => Exit::CannotTell,
            Verdict::Differs | Verdict::NotCurrent | Verdict::Suspect | Verdict::Training => {
                Exit::No
            }
            Verdict::NotOnRecord => Exit::Absent,
        }
    }
}

//------------ Verification --------------------------------------------------

/// A verdict with its reasons.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verification {
    pub verdict: Verdict,
    pub exit: Exit,
    pub id: Option<String>,
    pub reasons: Vec<String>,
    /// What a number may mean where it means several: never chosen from.
    pub candidates: Vec<String>,
    /// What the one that is meant is today, and who says to replace it.
    pub life: Life,
}

impl Verification {
    fn new(verdict: Verdict, id: Option<String>, reasons: Vec<String>) -> Self {
        let (exit, life) = (verdict.exit(), Life::default());
        Verification { verdict, exit, id, reasons, candidates: Vec::new(), life }
    }

    fn cannot_tell(words: String) -> Self {
        Verification::new(Verdict::CannotTell, None, vec![words])
    }

    fn answer(&self, shared: &Shared) -> Answer {
        if shared.json {
            let object = Verified {
                schema: SCHEMA,
                verdict: self.verdict,
                id: self.id.as_deref(),
                reasons: &self.reasons,
                differences: Vec::new(),
                candidates: &self.candidates,
                current: self.life.current,
                replaced_by: &self.life.replaced_by,
            };
            return Answer::json(self.exit, &object);
        }
        let id = self.id.as_deref().unwrap_or("-");
        let (word, chinese) = (self.verdict.as_str(), self.verdict.chinese());
        let mut lines = vec![format!("{word} {chinese}: {}", shown(id))];
        // The parts of the id in words: the country, and the type.
        let mut parts = id.split('/');
        let country = parts.next().and_then(|code| List::Country.told(code));
        let kind = parts.next().and_then(|code| List::DocumentName.told(code));
        let named: Vec<String> = kind.into_iter().chain(country).collect();
        if !named.is_empty() {
            lines.push(format!("  {}", named.join(", ")));
        }
        let details = self.reasons.iter().chain(&self.candidates);
        lines.extend(details.map(|words| format!("  {}", shown(words))));
        Answer::text(self.exit, lines.join("\n"))
    }
}

//------------ Verified ------------------------------------------------------

/// The verdict on a number, or on the certificate itself.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    verdict: Verdict,
    /// `<issuing country>/<type>/<number>`; null if no single one is meant.
    id: Option<&'a str>,
    /// Why, for a person.
    reasons: &'a [String],
    /// Where what is presented says other things; not told yet.
    differences: Vec<Difference>,
    /// What the number may mean, where it means several; else absent.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    candidates: &'a [String],
    /// What it is today, as `withdrawn`; null if that is not known, or if no
    /// single one is meant.
    current: Option<Current>,
    /// Which certificates say to replace it.
    replaced_by: &'a [Other],
}

/// One place where two certificates say different things.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// A JSON Pointer into the certificate.
    pub path: String,
    /// What stands there; null if nothing does.
    pub presented: Option<String>,
    pub on_record: Option<String>,
}

//------------ Judging -------------------------------------------------------

/// The verdict on what is on record, and on what is `presented` of it.
pub fn judge(
    found: &[Standing],
    presented: Option<&Presented>,
    environment: Environment,
) -> Verification {
    // A file has one exact number; a typed one may mean several that look alike.
    let found: Vec<&Standing> = match presented {
        Some(presented) => found.iter().filter(|one| one.id == presented.facts.id).collect(),
        None => found.iter().collect(),
    };
    let shown = presented.map(|presented| presented.facts.id.to_string());
    // One that others only name is asked about where there is none of it.
    let named: Vec<&Standing> = found.clone();
    let found: Vec<&Standing> = found.into_iter().filter(|one| !one.versions.is_empty()).collect();
    let standing = match found.as_slice() {
        [] => {
            let words = "nothing under this number was issued or received here".to_owned();
            let named = named.iter().flat_map(|one| replacements(&one.life));
            let reasons = std::iter::once(words).chain(named).collect();
            return Verification::new(Verdict::NotOnRecord, shown, reasons);
        }
        [standing] => *standing,
        several => {
            let words = "the number means several; narrow it with --country, --type, --in, --out";
            let candidates = several.iter().map(|one| described(one)).collect();
            return Verification {
                exit: Exit::Absent,
                candidates,
                ..Verification::new(Verdict::CannotTell, None, vec![words.to_owned()])
            };
        }
    };
    let (verdict, mut reasons) = weigh(standing, presented, environment);
    if standing.conflicts > 0 {
        reasons.push(format!(
            "{} letter(s) with other content under the same number and status are set aside; \
             ask the issuer",
            standing.conflicts
        ));
    }
    reasons.extend(replacements(&standing.life));
    let life = standing.life.clone();
    Verification { life, ..Verification::new(verdict, Some(standing.id.to_string()), reasons) }
}

/// Who says to replace it, and what has become of that one.
fn replacements(life: &Life) -> Vec<String> {
    let said = |other: &Other| {
        let id = &other.id;
        match other.current {
            Some(current) if current.is_in_force() => {
                format!("replaced by {id}, which is {current}: that one holds")
            }
            Some(current) => format!("replaced by {id}, which is {current} itself"),
            None => format!("replaced by {id}"),
        }
    };
    life.replaced_by.iter().map(said).collect()
}

fn weigh(
    standing: &Standing,
    presented: Option<&Presented>,
    environment: Environment,
) -> (Verdict, Vec<String>) {
    let about = described(standing);
    if let Some(presented) = presented {
        let status = &presented.facts.status;
        let mut same_status = standing.versions.iter().filter(|v| v.status == *status).peekable();
        if same_status.peek().is_none() {
            let words = format!("no version with status {status} is on record; {about}");
            return (Verdict::NotOnRecord, vec![words]);
        }
        if !same_status.any(|version| version.digest == presented.digest) {
            let words =
                format!("what is presented says other things than what is on record; {about}");
            return (Verdict::Differs, vec![words]);
        }
    }
    let in_force = standing.life.current.is_some_and(|current| current.is_in_force());
    let verdict = if in_force { Verdict::Authentic } else { Verdict::NotCurrent };
    match environment {
        Environment::Live => (verdict, vec![about]),
        Environment::Training => {
            let would = format!("on a live gateway: {}", verdict.as_str());
            (Verdict::Training, vec![format!("this gateway is for training; {about}"), would])
        }
    }
}

fn described(standing: &Standing) -> String {
    let current = standing.life.current.map_or("of unknown state", |current| current.as_str());
    let from = match (&standing.partner, standing.direction) {
        (Some(partner), _) => format!("received from {partner}"),
        (None, Direction::Outbound) => "issued here".to_owned(),
        (None, other) => other.to_string(),
    };
    let last = standing.versions.last();
    let at = last.map(|version| format!(", last on {}", version.at)).unwrap_or_default();
    format!("{} is {current}, {from}{at}", standing.id)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::certificate::CertificateId;
    use crate::ledger::StandingVersion;

    fn id(number: &str) -> CertificateId {
        CertificateId::new("HM".parse().unwrap(), "851".parse().unwrap(), number).unwrap()
    }

    fn standing(number: &str, versions: &[(&str, u8)]) -> Standing {
        let at = "2026-11-23T20:30:00Z".parse().unwrap();
        let version = |(status, content): &(&str, u8)| StandingVersion {
            status: status.parse().unwrap(),
            digest: ContentDigest::from_bytes([*content; 32]),
            at,
        };
        Standing {
            id: id(number),
            direction: Direction::Inbound,
            partner: Some("HM".parse().unwrap()),
            versions: versions.iter().map(version).collect(),
            life: Life { current: current(versions), ..Life::default() },
            conflicts: 0,
        }
    }

    fn current(versions: &[(&str, u8)]) -> Option<Current> {
        versions.iter().filter_map(|(status, _)| Current::of(&status.parse().unwrap())).max()
    }

    fn presented(number: &str, status: &str, content: u8) -> Presented {
        Presented {
            facts: Facts {
                id: id(number),
                status: status.parse().unwrap(),
                import_country: "BV".parse().unwrap(),
                transit: vec![],
                replaces: vec![],
            },
            digest: ContentDigest::from_bytes([content; 32]),
        }
    }

    #[track_caller]
    fn check(found: &[Standing], presented: Option<Presented>, verdict: &str, exit: u8) {
        let judged = judge(found, presented.as_ref(), Environment::Live);
        assert_eq!((judged.verdict.as_str(), judged.exit.code()), (verdict, exit), "{judged:?}");
    }

    #[test]
    fn verdicts() {
        let issued = standing("N-1", &[("70", 1)]);
        let ended = standing("N-1", &[("40", 2), ("70", 1)]);
        let alike = standing("N.1", &[("70", 1)]);
        check(&[], None, "not-on-record", 3);
        check(std::slice::from_ref(&issued), None, "authentic", 0);
        check(std::slice::from_ref(&ended), None, "not-current", 1);
        check(&[standing("N-1", &[("47", 1)])], None, "not-current", 1);
        check(&[issued.clone(), alike.clone()], None, "cannot-tell", 3);
        let both = [issued.clone(), alike];
        check(&both, Some(presented("N-1", "70", 1)), "authentic", 0);
        check(&both, Some(presented("N-1", "70", 2)), "differs", 1);
        check(&both, Some(presented("N-1", "39", 1)), "not-on-record", 3);
        check(&both, Some(presented("N-2", "70", 1)), "not-on-record", 3);
        check(&[ended], Some(presented("N-1", "70", 1)), "not-current", 1);
        let training = judge(&[issued], None, Environment::Training);
        assert_eq!((training.verdict.as_str(), training.exit.code()), ("training", 1));
        assert_eq!(training.reasons[1], "on a live gateway: authentic");
    }

    /// What is replaced is told with who replaced it, and whether that one holds.
    #[test]
    fn replaced_ones_name_what_replaced_them() {
        #[track_caller]
        fn check(current: Current, by: &[(&str, Option<Current>)], reasons: &[&str]) {
            let other = |(id, current): &(&str, Option<Current>)| Other {
                id: (*id).to_owned(),
                current: *current,
            };
            let replaced_by: Vec<Other> = by.iter().map(other).collect();
            let life = Life { current: Some(current), replaced_by, ..Life::default() };
            let found = Standing { life, ..standing("N-1", &[("70", 1)]) };
            let judged = judge(&[found], None, Environment::Live);
            assert_eq!((judged.verdict, judged.exit), (Verdict::NotCurrent, Exit::No));
            assert_eq!(judged.reasons[1..], *reasons);
        }
        use Current::{Issued, Replaced, Withdrawn};
        check(
            Replaced,
            &[("HM/851/N-2", Some(Issued))],
            &["replaced by HM/851/N-2, which is issued: that one holds"],
        );
        check(
            Withdrawn,
            &[("HM/851/N-2", Some(Withdrawn)), ("HM/851/N-3", None)],
            &["replaced by HM/851/N-2, which is withdrawn itself", "replaced by HM/851/N-3"],
        );
        check(Replaced, &[], &[]);
        // One that is only named is not on record, and not one of several.
        let by = Other { id: "HM/851/N-2".to_owned(), current: Some(Issued) };
        let named = Standing {
            life: Life { current: Some(Replaced), replaced_by: vec![by], ..Life::default() },
            ..standing("N-1", &[])
        };
        let judged = judge(std::slice::from_ref(&named), None, Environment::Live);
        assert_eq!(judged.verdict, Verdict::NotOnRecord);
        assert_eq!(judged.reasons.len(), 2, "{judged:?}");
        check_one(&[named, standing("N 1", &[("70", 1)])]);
        #[track_caller]
        fn check_one(found: &[Standing]) {
            let judged = judge(found, None, Environment::Live);
            assert_eq!(judged.verdict, Verdict::Authentic, "{judged:?}");
        }
    }

    #[test]
    fn json_is_one_object() {
        let shared = Shared { json: true, ..Shared::default() };
        let found = [standing("N-1", &[("70", 1)]), standing("N 1", &[("70", 1)])];
        let answer = judge(&found, None, Environment::Live).answer(&shared);
        let object: Value = serde_json::from_slice(&answer.out).unwrap();
        assert_eq!(object["schema"], "certpost/verify/1");
        assert_eq!(object["verdict"], "cannot-tell");
        assert_eq!(object["candidates"].as_array().unwrap().len(), 2);
    }
}
