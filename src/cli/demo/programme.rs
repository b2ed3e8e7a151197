//! Everything that is sent, written before anything is.

use super::cast::{Counts, NOBODY, OURS, PARTNERS, gateways};
use super::certificates::{Pad, Specimen, SpecimenError, alter, withdraw};

/// What goes where.
pub struct Programme {
    pub counts: Counts,
    /// From us, in the order in which it is submitted: a partner after the
    /// other, round and round.
    pub out: Vec<Specimen>,
    /// From each partner that has a gateway.
    pub back: Vec<(&'static str, Vec<Specimen>)>,
    /// Submitted once more, as it is.
    pub repeat: Specimen,
    /// What is replaced, and by what.
    pub replaced: Specimen,
    pub replacement: Specimen,
    /// A version of its own of what was issued.
    pub withdrawal: Specimen,
    /// A submission that is no certificate.
    pub bad: Specimen,
    /// What the forger says that HM issued.
    pub forged: Specimen,
    /// For whoever wants to send one by hand.
    pub spare: Specimen,
    /// The first of ours with another consignee.
    pub altered: Vec<u8>,
}

impl Programme {
    /// Writes `certificates` out, and what else is sent.
    pub fn write(certificates: u32) -> Result<Programme, SpecimenError> {
        let counts = Counts::of(certificates);
        let mut pad = Pad::new(OURS);
        let mut out = Vec::new();
        for (player, count) in PARTNERS.iter().zip(counts.out) {
            out.push(pad.issue(player.code, count)?);
        }
        out.push(pad.issue(NOBODY, counts.nobody)?);
        let mut forged = Vec::new();
        let mut back = Vec::new();
        for (player, count) in gateways().zip(counts.back) {
            let mut theirs = Pad::new(player.code);
            back.push((player.code, theirs.issue(OURS, count)?));
            if forged.is_empty() {
                forged = theirs.issue(OURS, 1)?;
            }
        }
        // The counts see to it that the first partner has three.
        let first = |n: usize| out[0][n].clone();
        let (repeat, replaced, ended) = (first(0), first(1), first(2));
        Ok(Programme {
            replacement: pad.replace(&replaced)?,
            withdrawal: withdraw(&ended)?,
            bad: pad.misspell(repeat.to)?,
            forged: forged.remove(0),
            spare: pad.issue(repeat.to, 1)?.remove(0),
            altered: alter(&repeat)?,
            out: in_turn(out),
            back,
            repeat,
            replaced,
            counts,
        })
    }

    /// What is submitted after the first have arrived.
    pub fn later(&self) -> [&Specimen; 4] {
        [&self.repeat, &self.replacement, &self.withdrawal, &self.bad]
    }
}

/// One of each, again and again, until all are out.
fn in_turn(lists: Vec<Vec<Specimen>>) -> Vec<Specimen> {
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(lists.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_written_and_nobody_waits_for_the_others() {
        let programme = Programme::write(20).unwrap();
        let to: Vec<_> = programme.out.iter().take(6).map(|specimen| specimen.to).collect();
        assert_eq!(to, ["HM", "GS", "AQ", "TF", "UM", "HM"]);
        assert_eq!(programme.out.len(), 20);
        assert_eq!(programme.repeat.id, programme.out[0].id);
        let numbers: std::collections::BTreeSet<_> = programme
            .out
            .iter()
            .chain([&programme.replacement, &programme.bad, &programme.spare])
            .map(|specimen| specimen.number.clone())
            .collect();
        assert_eq!(numbers.len(), 23, "no number is used twice");
    }
}
