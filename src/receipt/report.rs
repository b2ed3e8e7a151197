//! Step 5: the machine part of a proven report, its fields and its header.

use super::code::{Fault, ReceiptCode};
use super::fields::{Group, MessageId, kept, without_comments};
use super::proof::ProvenReport;
use crate::letter::Address;
use crate::letter::entity::{Protection, shown};
use crate::letter::field::{self, Fields};
use crate::letter::shape::{Part, Tree};
use crate::refusal::Code;

//------------ Report --------------------------------------------------------

/// What a proven report says (RFC 8098, section 3.1): made by step 5 alone.
#[derive(Clone, Debug)]
pub struct Report {
    fields: Group,
    /// How the header under the signature is marked.
    pub protection: Protection,
    /// The signed From and To, where each is one address.
    pub from: Option<Address>,
    pub to: Option<Address>,
}

impl Report {
    /// Step 5. Preamble, epilogue, the human part and whatever is returned
    /// are passed over; the machine part may be in any transfer encoding.
    pub fn read(proven: &ProvenReport) -> Result<Report, Fault> {
        Self::of(&proven.octets)
    }

    pub(crate) fn of(octets: &[u8]) -> Result<Report, Fault> {
        let tree = Tree::read_to(octets, 1).map_err(|refusal| {
            let broken = refusal.code == Code::ShapeMalformed;
            if broken { fault(&refusal.words) } else { refusal.into() }
        })?;
        let no_root = || fault("no report");
        let root = tree.parts().first().ok_or_else(no_root)?;
        let machine: Vec<&Part> = tree
            .children(0)
            .filter(|part| {
                matches!(
                    part.media_type.name.as_str(),
                    // The second one: RFC 6533.
                    "message/disposition-notification" | "message/global-disposition-notification"
                )
            })
            .collect();
        let machine = match machine.as_slice() {
            [one] => Tree::decoded(octets, one).ok_or_else(|| fault("no encoding that we know"))?,
            [] => return Err(fault("no machine part")),
            [_, _, ..] => return Err(fault("two machine parts")),
        };
        let fields = Group::joined(&machine);
        for (name, needed) in ONCE {
            match fields.values(name).len() {
                0 if needed == Needed::Yes => return Err(fault(&format!("no {name}"))),
                0 | 1 => {}
                _ => return Err(fault(&format!("{name} stands twice"))),
            }
        }
        let header = Fields::read(octets.get(root.header.clone()).unwrap_or(&[]))
            .map_err(|_no_header| fault("a report without a header"))?;
        let mailbox = |name| header.single(name).and_then(|value| field::mailbox(&value));
        Ok(Report {
            fields,
            protection: Protection::of(&root.media_type, false),
            from: mailbox("From"),
            to: mailbox("To"),
        })
    }

    /// Of which letter it speaks.
    pub fn original_message_id(&self) -> Option<MessageId> {
        MessageId::read(self.fields.first("Original-Message-ID")?)
    }

    /// For whom it speaks, as written.
    pub fn final_recipient(&self) -> &str {
        self.fields.first("Final-Recipient").unwrap_or_default()
    }

    /// The recipient as the sender had named it, where the report repeats it.
    pub fn original_recipient(&self) -> Option<&str> {
        self.fields.first("Original-Recipient")
    }

    /// The Disposition field.
    pub fn disposition(&self) -> &str {
        self.fields.first("Disposition").unwrap_or_default()
    }

    /// The Received-Content-MIC field.
    pub fn mic(&self) -> Option<String> {
        self.fields.first("Received-Content-MIC").map(without_comments)
    }

    /// The Certpost-Certificate field.
    pub fn certificate(&self) -> Option<&str> {
        self.fields.first("Certpost-Certificate")
    }

    /// The Certpost-Document-Digest field.
    pub fn document(&self) -> Option<&str> {
        self.fields.first("Certpost-Document-Digest")
    }

    /// Why not, by the closed list of our own kind.
    pub fn reason(&self) -> Option<String> {
        self.fields.first("Certpost-Reason").map(shown)
    }

    /// What went wrong, in the other side's words.
    pub fn words(&self) -> Vec<String> {
        let named = |name| self.fields.values(name).into_iter().map(kept);
        named("Error").chain(named("Failure")).chain(named("Warning")).take(MAX_WORDS).collect()
    }
}

fn fault(words: &str) -> Fault {
    Fault::new(ReceiptCode::Fields, words)
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Needed {
    No,
    Yes,
}

/// The fields that may not stand twice, and which of them must stand.
const ONCE: [(&str, Needed); 7] = [
    ("Original-Message-ID", Needed::No),
    ("Final-Recipient", Needed::Yes),
    ("Disposition", Needed::Yes),
    ("Received-Content-MIC", Needed::No),
    ("Certpost-Certificate", Needed::No),
    ("Certpost-Document-Digest", Needed::No),
    ("Certpost-Reason", Needed::No),
];

const MAX_WORDS: usize = 10;
