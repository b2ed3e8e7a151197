//! What became of every certificate, counted from what the domestic systems
//! find on their queues.

use std::collections::BTreeMap;

use super::cast::{self, OURS, PARTNERS};
use super::certificates::Specimen;
use super::fate::Fate;
use super::road::{Arrived, Happened, Seen};

//------------ Delay ---------------------------------------------------------

/// Why letters to a partner waited.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delay {
    /// How many attempts ended like that.
    pub times: usize,
    /// What the first one was told: the server's own reply, or our own words
    /// where there was none.
    pub words: String,
    /// When it was met last, counted in events.
    pub seen: u64,
}

//------------ Tally ---------------------------------------------------------

/// What became of every certificate, and what else happened.
#[derive(Debug, Default)]
pub struct Tally {
    /// By what is one certificate in one status.
    fates: BTreeMap<String, Fate>,
    /// By partner and code, of letters from us.
    delays: BTreeMap<(String, String), Delay>,
    /// Letters that our gates did not let pass.
    pub quarantined: Vec<Happened>,
    /// The submission that was to come twice, each time that it was dropped.
    pub repeated: Vec<Happened>,
    /// Others that were dropped: the broker gives back what a kill left
    /// unacknowledged.
    pub given_back: usize,
    /// Submissions refused; the bad one is expected.
    pub rejected: Vec<Happened>,
    /// Letters that came a second time and were dropped by the partner.
    pub dropped: usize,
    pub lost: Vec<String>,
    /// Events so far.
    seen: u64,
    /// The certificate that is submitted twice, where one is.
    repeat: Option<String>,
    /// Whether one submission is expected to be refused.
    bad: bool,
    /// Whether one letter is expected to be stopped.
    forged: bool,
}

impl Tally {
    /// Expects `specimens` to go out from `from`.
    pub fn expect(&mut self, from: &'static str, specimens: &[Specimen]) {
        for specimen in specimens {
            let fate = Fate::new(from, specimen);
            self.fates.insert(key(&specimen.id, &specimen.status), fate);
        }
    }

    /// Expects one submission to be refused.
    pub fn expect_refusal(&mut self) {
        self.bad = true;
    }

    /// Expects this one to be submitted once more, and dropped.
    pub fn expect_repeat(&mut self, specimen: &Specimen) {
        self.repeat = Some(specimen.id.clone());
    }

    /// Expects one letter to be stopped.
    pub fn expect_forgery(&mut self) {
        self.forged = true;
    }

    /// Takes note of what was found.
    pub fn note(&mut self, seen: Seen) {
        match seen {
            Seen::Arrived(arrived) => self.arrived(&arrived),
            Seen::Happened(happened) => self.happened(happened),
            Seen::Lost { words } => self.lost.push(words),
        }
    }

    /// Takes note of a certificate that somebody has opened.
    pub fn arrived(&mut self, arrived: &Arrived) {
        let fate = self.fates.get_mut(&key(&arrived.id, &arrived.status));
        if let Some(fate) = fate.filter(|fate| fate.to == arrived.by) {
            fate.opened = true;
            fate.same = fate.xml_sha256 == arrived.xml_sha256;
        }
    }

    /// Takes note of XML that `by` has opened, of which nothing is known but
    /// its digest.
    pub fn opened(&mut self, by: &str, xml_sha256: &str) {
        let mut fates = self.fates.values_mut();
        if let Some(fate) = fates.find(|fate| fate.to == by && fate.xml_sha256 == xml_sha256) {
            (fate.opened, fate.same) = (true, true);
        }
    }

    fn happened(&mut self, event: Happened) {
        self.seen += 1;
        let fate = self.fates.get_mut(&key(&event.id, &event.status));
        let fate = fate.filter(|fate| fate.from == event.by);
        match event.what.as_str() {
            "outbound.handed-over" => {
                if let Some(fate) = fate {
                    fate.handed_over = true;
                }
            }
            "outbound.received-by-partner" => {
                if let Some(fate) = fate {
                    fate.received = true;
                }
            }
            "outbound.no-partner" => {
                if let Some(fate) = fate {
                    fate.recorded = true;
                }
            }
            "outbound.deferred" if event.by == OURS => {
                let delay = self.delays.entry((event.partner, event.code));
                let delay = delay.or_insert(Delay { times: 0, words: event.words, seen: 0 });
                (delay.times, delay.seen) = (delay.times + 1, self.seen);
            }
            "outbound.in-doubt" => {
                if let Some(fate) = fate {
                    fate.doubted = true;
                }
            }
            "outbound.duplicate" if self.repeat.as_ref() == Some(&event.id) => {
                self.repeated.push(event);
            }
            "outbound.duplicate" => self.given_back += 1,
            "outbound.rejected" => self.rejected.push(event),
            "outbound.refused" | "outbound.failed" | "outbound.conflict" | "outbound.expired"
            | "outbound.bounced" => match fate {
                Some(fate) => fate.rejected = Some(format!("{} {}", event.code, event.words)),
                None => self.lost.push(format!("{}: {} {}", event.what, event.code, event.words)),
            },
            "inbound.duplicate" => self.dropped += 1,
            "inbound.quarantined" => self.quarantined.push(event),
            _ => {}
        }
    }

    /// Whether every certificate has its end, one way or another.
    pub fn is_settled(&self) -> bool {
        let stopped = self.quarantined.len() >= usize::from(self.forged)
            && self.repeated.len() >= usize::from(self.repeat.is_some())
            && self.rejected.len() >= usize::from(self.bad);
        !self.lost.is_empty() || stopped && self.fates.values().all(Fate::is_settled)
    }

    /// What did not end as it has to, a line each.
    pub fn complaints(&self) -> Vec<String> {
        let unended = self.fates.iter().filter(|(_, fate)| !fate.is_whole());
        let mut lines: Vec<_> =
            unended.map(|(key, fate)| format!("{key}: {}", fate.missing())).collect();
        // What cannot be read has no id by which it could be told apart.
        let rejected = self.rejected.iter().skip(usize::from(self.bad));
        lines.extend(rejected.map(|event| format!("{}: {} {}", event.id, event.code, event.words)));
        let past = self.quarantined.iter().skip(usize::from(self.forged));
        lines.extend(past.map(|event| format!("quarantined: {} {}", event.code, event.words)));
        if self.forged && self.quarantined.is_empty() {
            lines.push("the forged letter was not stopped".to_owned());
        }
        if self.bad && self.rejected.is_empty() {
            lines.push("the bad submission was not refused".to_owned());
        }
        if self.repeat.is_some() && self.repeated.is_empty() {
            lines.push("the repeat was not dropped".to_owned());
        }
        lines.extend(self.lost.iter().cloned());
        lines
    }

    /// How many that go from `from` to `to` are like that.
    pub fn count(&self, from: &str, to: &str, like: fn(&Fate) -> bool) -> usize {
        let fates = self.fates.values();
        fates.filter(|fate| fate.from == from && fate.to == to && like(fate)).count()
    }

    /// How many letters of ours were handed over.
    pub fn handed_over(&self) -> usize {
        PARTNERS.iter().map(|to| self.count(OURS, to.code, |fate| fate.handed_over)).sum()
    }

    /// How many of ours that were in doubt are like that.
    pub fn in_doubt(&self, like: fn(&Fate) -> bool) -> usize {
        let ours = self.fates.values().filter(|fate| fate.from == OURS && fate.doubted);
        ours.filter(|fate| like(fate)).count()
    }

    /// How many that came to us are like that.
    pub fn inbound(&self, like: fn(&Fate) -> bool) -> usize {
        cast::gateways().map(|from| self.count(from.code, OURS, like)).sum()
    }

    /// Why letters to `partner` waited, by code.
    pub fn delays<'a>(&'a self, partner: &'a str) -> impl Iterator<Item = (&'a str, &'a Delay)> {
        let of = self.delays.iter().filter(move |((to, _), _)| to == partner);
        of.map(|((_, code), delay)| (code.as_str(), delay))
    }

    /// What became of one certificate in one status.
    pub fn fate(&self, specimen: &Specimen) -> Option<&Fate> {
        self.fates.get(&key(&specimen.id, &specimen.status))
    }

    /// Every certificate with its fate.
    pub fn fates(&self) -> impl Iterator<Item = &Fate> {
        self.fates.values()
    }
}

fn key(id: &str, status: &str) -> String {
    format!("{id} status {status}")
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::cast::NOBODY;
    use crate::cli::demo::certificates::Pad;

    fn told(by: &'static str, what: &str, of: &Specimen) -> Seen {
        Seen::Happened(Happened {
            by,
            what: what.to_owned(),
            id: of.id.clone(),
            status: of.status.clone(),
            ..Happened::default()
        })
    }

    fn came(by: &'static str, of: &Specimen, xml_sha256: &str) -> Seen {
        let (id, status) = (of.id.clone(), of.status.clone());
        Seen::Arrived(Arrived { by, id, status, xml_sha256: xml_sha256.to_owned() })
    }

    #[test]
    fn a_certificate_has_its_end_when_both_sides_say_so() {
        let sent = Pad::new("BV").issue("HM", 2).unwrap();
        let mut tally = Tally::default();
        tally.expect("BV", &sent);
        for specimen in &sent {
            tally.note(told("BV", "outbound.handed-over", specimen));
        }
        tally.note(told("BV", "outbound.received-by-partner", &sent[0]));
        tally.note(came("BV", &sent[0], &sent[0].xml_sha256));
        assert!(!tally.is_settled(), "opened at the wrong side");
        tally.note(came("HM", &sent[0], &sent[0].xml_sha256));
        assert!(tally.complaints().len() == 1, "the first is whole");
        tally.note(came("HM", &sent[1], &sent[0].xml_sha256));
        assert!(tally.is_settled());
        let words =
            format!("{} status 70: opened, but its octets are others than were sent", sent[1].id);
        assert_eq!(tally.complaints(), [words]);
    }

    #[test]
    fn each_partner_has_an_end_of_its_own() {
        let mut pad = Pad::new("BV");
        let (nobodys, plain) = (pad.issue(NOBODY, 1).unwrap(), pad.issue("TF", 1).unwrap());
        let mut tally = Tally::default();
        tally.expect("BV", &nobodys);
        tally.expect("BV", &plain);
        tally.note(told("BV", "outbound.no-partner", &nobodys[0]));
        tally.note(told("BV", "outbound.handed-over", &plain[0]));
        assert_eq!(tally.complaints().len(), 1, "nobody has opened it");
        tally.opened("TF", &plain[0].xml_sha256);
        assert!(tally.complaints().is_empty() && tally.is_settled());
    }

    #[test]
    fn what_must_be_stopped_is_missed_and_what_must_not_is_told() {
        let mut pad = Pad::new("BV");
        let (bad, twice) = (pad.misspell("HM").unwrap(), pad.issue("HM", 1).unwrap().remove(0));
        let mut tally = Tally::default();
        tally.expect_refusal();
        tally.expect_forgery();
        tally.expect_repeat(&twice);
        assert!(!tally.is_settled());
        assert_eq!(tally.complaints().len(), 3);
        tally.note(told("BV", "outbound.rejected", &bad));
        tally.note(told("BV", "outbound.duplicate", &bad));
        assert_eq!((tally.given_back, tally.complaints().len()), (1, 2));
        tally.note(told("BV", "outbound.duplicate", &twice));
        tally.note(told("BV", "inbound.quarantined", &bad));
        assert!(tally.complaints().is_empty() && tally.is_settled());
        tally.note(told("BV", "inbound.quarantined", &bad));
        assert_eq!(tally.complaints().len(), 1);
    }
}
