//! What becomes of one certificate, and what has to.

use super::cast::{NOBODY, PARTNERS, Part};
use super::certificates::Specimen;

//------------ Wanted --------------------------------------------------------

/// The end that a certificate has to come to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanted {
    /// Handed over, and opened by a partner that sends no receipts.
    Opened,
    /// Recorded; nobody to send it to.
    Recorded,
    /// Handed over, published by the partner's gateway, its receipt back.
    Received,
}

//------------ Fate ----------------------------------------------------------

/// What became of one.
#[derive(Clone, Debug)]
pub struct Fate {
    pub from: &'static str,
    pub to: &'static str,
    pub id: String,
    pub number: String,
    wanted: Wanted,
    pub xml_sha256: String,
    pub handed_over: bool,
    /// A crash once left unknown whether its letter had arrived.
    pub doubted: bool,
    /// The partner opened and proved it, and has the XML.
    pub opened: bool,
    /// The partner's signed receipt came back and was proven.
    pub received: bool,
    /// Whether the octets that came are those that were sent.
    pub same: bool,
    /// On record, with nobody to send it to.
    pub recorded: bool,
    pub rejected: Option<String>,
}

impl Fate {
    /// What goes out from `from`, with nothing known of it yet.
    pub fn new(from: &'static str, specimen: &Specimen) -> Fate {
        Fate {
            from,
            to: specimen.to,
            id: specimen.id.clone(),
            number: specimen.number.clone(),
            wanted: wanted(specimen.to),
            xml_sha256: specimen.xml_sha256.clone(),
            handed_over: false,
            doubted: false,
            opened: false,
            received: false,
            same: false,
            recorded: false,
            rejected: None,
        }
    }

    /// Whether this one has its end.
    pub fn is_whole(&self) -> bool {
        match self.wanted {
            Wanted::Opened => self.handed_over && self.opened && self.same,
            // A receipt settles a doubt: then no reply says that it was handed over.
            Wanted::Received => self.received && self.opened && self.same,
            Wanted::Recorded => self.recorded,
        }
    }

    /// Whether it can come to nothing else any more.
    pub fn is_settled(&self) -> bool {
        self.is_whole() || self.rejected.is_some() || (self.opened && !self.same)
    }

    /// Whether it is not handed over yet, and still may be.
    pub fn is_waiting(&self) -> bool {
        match self.wanted {
            Wanted::Opened | Wanted::Received => {
                !self.handed_over && !self.received && self.rejected.is_none()
            }
            Wanted::Recorded => !self.recorded,
        }
    }

    /// Whether a receipt proves what no reply on record says: it was faster
    /// than the record of the reply, or the reply was lost.
    pub fn is_settled_by_receipt(&self) -> bool {
        self.received && !self.handed_over
    }

    /// What is missing, in words.
    pub fn missing(&self) -> String {
        let (from, to) = (self.from, self.to);
        match (&self.rejected, self.handed_over, self.opened) {
            (Some(words), _, _) => format!("not sent by {from}: {words}"),
            (None, false, false) => format!("not handed over by {from}"),
            (None, true, false) => format!("handed over by {from}, not opened by {to}"),
            (None, false, true) => {
                format!("opened by {to}, but {from} does not know that it was handed over")
            }
            (None, true, true) if !self.same => {
                "opened, but its octets are others than were sent".to_owned()
            }
            (None, true, true) => format!("opened by {to}, but no receipt came to {from}"),
        }
    }
}

fn wanted(to: &str) -> Wanted {
    let partner = PARTNERS.iter().find(|player| player.code == to);
    match partner.map(|player| player.part) {
        Some(Part::Openssl) => Wanted::Opened,
        Some(Part::Down | Part::Greylists | Part::Healthy) => Wanted::Received,
        None if to == NOBODY => Wanted::Recorded,
        None => Wanted::Received,
    }
}
