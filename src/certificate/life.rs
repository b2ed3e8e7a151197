//! The life of a certificate: what one more version of it is.
//!
//! A number lives through statuses: draft, approval pending, approved, issued,
//! and an end (rejected, cancelled, replaced, withdrawn). Versions may arrive
//! in any order; the current state does not depend on it.
//!
//! A certificate is replaced by its own status (44), or by another certificate
//! that names it (tag `ADRPN`). It stays replaced when that other one is
//! withdrawn in its turn. Nothing issues a number a second time: what was
//! withdrawn stays so, and a new certificate takes a new number.

use schemars::JsonSchema;
use serde::Serialize;

use super::codes::{Language, List};
use super::digest::ContentDigest;
use super::facts::Facts;
use super::number::{CertificateId, Status};

//------------ Version -------------------------------------------------------

/// One version of a certificate: its status, and what it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Version {
    pub status: Status,
    pub digest: ContentDigest,
}

//------------ Judgement -----------------------------------------------------

/// What a version is against those on record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Judgement {
    /// The same status with other content: for an official to sort out.
    Conflict,
    /// The same again.
    Duplicate,
    /// Something we did not have.
    New,
    /// Something we did not have, from an earlier stage of life than one on
    /// record: recorded, but the state is not rolled back.
    Stale,
}

/// Judges `new` against the versions `known` of the same certificate.
pub fn judge(known: &[Version], new: &Version) -> Judgement {
    let mut same_status = known.iter().filter(|version| version.status == new.status).peekable();
    if same_status.peek().is_some() {
        return if same_status.any(|version| version.digest == new.digest) {
            Judgement::Duplicate
        } else {
            Judgement::Conflict
        };
    }
    let reached = known.iter().filter_map(|version| stage(&version.status)).max();
    match (stage(&new.status), reached) {
        (Some(stage), Some(reached)) if stage < reached => Judgement::Stale,
        (Some(_) | None, Some(_) | None) => Judgement::New,
    }
}

/// How far along its life a status stands; absent for a status that says
/// nothing about it.
fn stage(status: &Status) -> Option<u8> {
    Current::of(status).map(|current| match current {
        Current::Draft => 0,
        Current::ApprovalPending => 1,
        Current::Approved => 2,
        Current::Issued => 3,
        Current::Cancelled | Current::Rejected | Current::Replaced | Current::Withdrawn => 4,
    })
}

//------------ Current -------------------------------------------------------

/// What a certificate is today. The later in this list, the more it counts:
/// of two ends the harder one stands.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Current {
    Draft,
    ApprovalPending,
    Approved,
    Issued,
    Replaced,
    Cancelled,
    Rejected,
    Withdrawn,
}

impl Current {
    /// What a status of list 4405 makes of a certificate.
    pub fn of(status: &Status) -> Option<Self> {
        CODES.iter().find(|(_, code)| *code == status.as_str()).map(|(current, _)| *current)
    }

    /// The state for its word.
    pub fn named(word: &str) -> Option<Self> {
        CODES.iter().find(|(current, _)| current.as_str() == word).map(|(current, _)| *current)
    }

    /// The status of list 4405 that makes it.
    pub fn code(self) -> &'static str {
        CODES.iter().find(|(current, _)| *current == self).map_or("", |(_, code)| code)
    }

    /// The word for it, and the Chinese one.
    pub fn told(self) -> String {
        let chinese = List::Status.name_in(Language::Chinese, self.code()).unwrap_or_default();
        format!("{self} {chinese}")
    }

    /// The same once another certificate says that it replaces it: what ended
    /// harder stays as it ended.
    pub fn when_replaced(current: Option<Current>) -> Option<Current> {
        current.max(Some(Current::Replaced))
    }

    /// The word for it in `trace` and `verify`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Current::ApprovalPending => "approval-pending",
            Current::Approved => "approved",
            Current::Cancelled => "cancelled",
            Current::Draft => "draft",
            Current::Issued => "issued",
            Current::Rejected => "rejected",
            Current::Replaced => "replaced",
            Current::Withdrawn => "withdrawn",
        }
    }

    /// Whether a certificate in this state is good.
    pub const fn is_in_force(self) -> bool {
        matches!(self, Current::Issued)
    }
}

impl std::fmt::Display for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

const CODES: [(Current, &str); 8] = [
    (Current::Approved, "39"),
    (Current::Withdrawn, "40"),
    (Current::Rejected, "41"),
    (Current::ApprovalPending, "42"),
    (Current::Replaced, "44"),
    (Current::Draft, "47"),
    (Current::Cancelled, "64"),
    (Current::Issued, "70"),
];

/// What a certificate with the versions `known` is today, in whatever order
/// they came; absent if none of them says.
pub fn current(known: &[Version]) -> Option<Current> {
    known.iter().filter_map(|version| Current::of(&version.status)).max()
}

//------------ Replacements --------------------------------------------------

/// The certificates that a version with these facts ends by replacing them.
///
/// Only one that is issued (70) ends another, or was issued once, as its
/// withdrawal (40) says: a draft ends nothing. `ADRPN` gives a number alone; it
/// is one of the same issuing country and type. A certificate that names itself
/// ends nothing either.
pub fn replaced(facts: &Facts) -> Vec<CertificateId> {
    if !matches!(facts.status.as_str(), "40" | "70") {
        return Vec::new();
    }
    let (country, document_type) = (&facts.id.country, &facts.id.document_type);
    let mut found = Vec::new();
    for number in &facts.replaces {
        let named = CertificateId::new(country.clone(), document_type.clone(), number);
        // What is no number names no certificate.
        if let Ok(named) = named
            && named != facts.id
            && !found.contains(&named)
        {
            found.push(named);
        }
    }
    found
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    fn version(status: &str, digest: u8) -> Version {
        Version { status: status.parse().unwrap(), digest: ContentDigest::from_bytes([digest; 32]) }
    }

    #[track_caller]
    fn check(known: &[(&str, u8)], new: (&str, u8), wanted: Judgement) {
        let known: Vec<_> = known.iter().map(|(status, digest)| version(status, *digest)).collect();
        assert_eq!(judge(&known, &version(new.0, new.1)), wanted, "{known:?} {new:?}");
    }

    #[test]
    fn judgements() {
        check(&[], ("70", 1), Judgement::New);
        check(&[("70", 1)], ("70", 1), Judgement::Duplicate);
        check(&[("70", 1)], ("70", 2), Judgement::Conflict);
        check(&[("70", 1)], ("40", 1), Judgement::New);
        check(&[("70", 1), ("40", 2)], ("40", 2), Judgement::Duplicate);
        check(&[("70", 1), ("40", 2)], ("70", 1), Judgement::Duplicate);
        for end in ["40", "41", "44", "64"] {
            check(&[(end, 1)], ("70", 2), Judgement::Stale);
            check(&[("70", 1)], (end, 2), Judgement::New);
        }
        for early in ["39", "42", "47"] {
            check(&[("70", 1)], (early, 2), Judgement::Stale);
            check(&[(early, 1)], ("70", 2), Judgement::New);
        }
        check(&[("40", 1)], ("44", 2), Judgement::New);
        check(&[("40", 1)], ("122", 2), Judgement::New);
        check(&[("122", 1)], ("47", 2), Judgement::New);
    }

    #[test]
    fn replacements() {
        let facts = |status: &str, replaces: &[&str]| Facts {
            id: CertificateId::new("BV".parse().unwrap(), "851".parse().unwrap(), "N-2").unwrap(),
            status: status.parse().unwrap(),
            import_country: "HM".parse().unwrap(),
            transit: Vec::new(),
            replaces: replaces.iter().map(|number| (*number).to_owned()).collect(),
        };
        let named = |status: &str, replaces: &[&str]| {
            let found = replaced(&facts(status, replaces));
            found.iter().map(CertificateId::to_string).collect::<Vec<_>>()
        };
        assert_eq!(named("70", &["N-1", "N-2", "N-1", "N-0"]), ["BV/851/N-1", "BV/851/N-0"]);
        assert_eq!(named("40", &["N-1"]), ["BV/851/N-1"]);
        for ends_nothing in ["39", "41", "42", "44", "47", "64"] {
            assert_eq!(named(ends_nothing, &["N-1"]), [""; 0]);
        }
        assert_eq!(named("70", &["", &"9".repeat(300)]), [""; 0]);

        use Current::{Issued, Replaced, Withdrawn};
        assert_eq!(Current::when_replaced(None), Some(Replaced));
        assert_eq!(Current::when_replaced(Some(Issued)), Some(Replaced));
        assert_eq!(Current::when_replaced(Some(Withdrawn)), Some(Withdrawn));
    }

    /// Every order of arrival ends in the same state, and every version is
    /// judged new or stale once, and a duplicate when it comes again.
    #[test]
    fn every_order_of_arrival_ends_alike() {
        let all = ["47", "39", "70", "44", "40"];
        let mut orders = vec![Vec::new()];
        for _ in all {
            let longer = orders.iter().flat_map(|order: &Vec<&str>| {
                let left = all.iter().filter(|status| !order.contains(status));
                left.map(|status| [order.as_slice(), &[*status]].concat()).collect::<Vec<_>>()
            });
            orders = longer.collect();
        }
        assert_eq!(orders.len(), 120);
        for order in orders {
            let mut known = Vec::new();
            for status in &order {
                let new = version(status, 7);
                let judged = judge(&known, &new);
                assert!(matches!(judged, Judgement::New | Judgement::Stale), "{order:?}");
                let before = current(&known);
                known.push(new.clone());
                assert!(current(&known) >= before, "{order:?} rolled back");
                assert_eq!(judge(&known, &new), Judgement::Duplicate);
                assert_eq!(judge(&known, &version(status, 8)), Judgement::Conflict);
            }
            assert_eq!(current(&known), Some(Current::Withdrawn), "{order:?}");
        }
    }
}
