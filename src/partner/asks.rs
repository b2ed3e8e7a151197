//! What a partner would refuse of a certificate, before anybody signs it.

use super::Partner;
use crate::certificate::catalogue::Code;
use crate::certificate::profile::{Profile, Sent, Terms};
use crate::certificate::{Area, Certificate, Finding, Level};
use crate::sps::{self, SpsOctets};

//------------ Form ----------------------------------------------------------

/// What a partner would be sent.
#[derive(Clone, Copy, Debug)]
pub enum Form<'a> {
    /// Ready XML, which goes as it is.
    Ready(&'a SpsOctets<'a>),
    /// What we write of a submission in JSON.
    Written,
}

impl Partner {
    /// What this partner would refuse (severe) or complain of (warning) of a
    /// certificate, as it would be sent to it. Of ready XML the findings have
    /// their places; those of a submission in JSON are its reader's to place.
    ///
    /// Only what we send is judged so: what the partner sends is read by the
    /// standard, as anybody's.
    pub fn objections(&self, certificate: &Certificate, form: Form<'_>) -> Vec<Finding> {
        let sent = match form {
            Form::Ready(_) => Sent::AsItIs,
            Form::Written => Sent::Written(self.xml),
        };
        let terms = Terms {
            who: self.code.as_str(),
            profile: self.profile,
            countries: &self.xml_countries,
            sent,
        };
        let mut findings = terms.judge(certificate);
        if let Form::Ready(octets) = form {
            if self.profile == Profile::Andean {
                empties(&terms, octets, &mut findings);
                findings.extend(breaches(&terms, octets));
            }
            sps::locate(octets, &mut findings);
        }
        findings
    }

    /// What is told of a certificate for this partner: the `general` findings and
    /// its `objections`. Of two at one place the worse is told; and how often
    /// elements must stand is as the partner's own copy of the schema has it.
    pub fn told(&self, general: Vec<Finding>, objections: Vec<Finding>) -> Vec<Finding> {
        let own_copy = self.profile == Profile::Andean;
        let mut told = general;
        told.retain(|finding| {
            let absent = own_copy && finding.code == Code::ElementAbsent;
            let mut here = objections.iter().filter(|other| other.path == finding.path);
            !absent && !here.any(|other| other.level < finding.level)
        });
        let objections = objections.into_iter();
        let more: Vec<Finding> = objections
            .filter(|objection| {
                objection.path.is_empty()
                    || told.iter().all(|finding| finding.path != objection.path)
            })
            .collect();
        told.extend(more);
        told.sort_by_key(|finding| finding.level);
        told
    }
}

/// Where octets that go as they are break the schema: the reader reads all the
/// same, and whoever checks by a copy of the schema does not.
fn breaches(terms: &Terms<'_>, octets: &SpsOctets<'_>) -> Vec<Finding> {
    let read = sps::read(octets).findings.into_iter();
    let breaches =
        read.filter(|finding| finding.area == Area::Schema && finding.level == Level::Warning);
    let severe = breaches.map(|finding| {
        let words = format!("{} checks by the schema: {}", terms.who, finding.words);
        let breach = Finding::new(Code::ProfileSchema, finding.path, words, finding.remedy);
        match (finding.line, finding.column) {
            (Some(line), Some(column)) => breach.at_place(line, column),
            (_, _) => breach,
        }
    });
    severe.collect()
}

/// What is written empty in octets that go as they are. An element that holds
/// nothing else is told by the empty one in it, not as one that is missing.
fn empties(terms: &Terms<'_>, octets: &SpsOctets<'_>, findings: &mut Vec<Finding>) {
    for empty in sps::empties(octets) {
        findings.retain(|finding| {
            let within = empty.path.strip_prefix(&finding.path);
            finding.code != Code::ProfileMissing
                || !within.is_some_and(|rest| rest.starts_with('['))
        });
        findings.extend(terms.empty(empty.shape, empty.name, empty.path));
    }
}
