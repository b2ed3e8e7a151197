//! What can be said against a receipt: the closed list of codes.
//!
//! A contract, as `refusal` is: outside programs hold on to the codes. Each
//! belongs to one of the thirteen steps in which a receipt is checked.

use std::fmt;

use crate::refusal;

macro_rules! codes {
    ($($step:literal $variant:ident $code:literal $effect:ident $meaning:literal $remedy:literal,)+) => {
        /// Why a receipt does not count, or counts for nothing more. Ordered
        /// by step, as they are passed.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum ReceiptCode {
            /// A refusal of gates 1 to 5, or a signer's CRL that is stale.
            Gate(refusal::Code),
            $(#[doc = concat!("`", $code, "`: ", $meaning)] $variant,)+
        }

        impl ReceiptCode {
            /// Every code of receipts alone, in the order of the steps; the
            /// gates' are [`refusal::Code::ALL`]'s.
            pub const ALL: &'static [ReceiptCode] = &[$(ReceiptCode::$variant,)+];

            /// The step that says so.
            pub const fn step(self) -> u8 {
                match self { ReceiptCode::Gate(_) => 1, $(ReceiptCode::$variant => $step,)+ }
            }

            /// The code as operators and outside programs know it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    ReceiptCode::Gate(code) => code.as_str(),
                    $(ReceiptCode::$variant => $code,)+
                }
            }

            /// What comes of it.
            pub const fn effect(self) -> Effect {
                match self {
                    ReceiptCode::Gate(refusal::Code::SignerCrlStale) => Effect::Held,
                    ReceiptCode::Gate(_) => Effect::Quarantine,
                    $(ReceiptCode::$variant => Effect::$effect,)+
                }
            }

            /// What it means, for our operator.
            pub const fn meaning(self) -> &'static str {
                match self {
                    ReceiptCode::Gate(code) => code.meaning(),
                    $(ReceiptCode::$variant => $meaning,)+
                }
            }

            /// What our operator does about it.
            pub const fn remedy(self) -> &'static str {
                match self {
                    ReceiptCode::Gate(code) => code.remedy(),
                    $(ReceiptCode::$variant => $remedy,)+
                }
            }
        }
    };
}

//------------ Effect --------------------------------------------------------

/// What comes of a receipt that does not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Somebody has to look: it may be forged, or their rule is another.
    Alarm,
    /// Held until the CRL is fetched, then judged again.
    Held,
    /// Shown with the delivery; it moves nothing.
    Hint,
    /// Both: shown, and somebody has to look.
    HintAndAlarm,
    /// Kept for 30 days and judged again if its delivery turns up.
    Kept,
    /// Recorded; the delivery goes on waiting for a receipt that counts.
    NotReceived,
    /// Set aside with its octets and the code.
    Quarantine,
    /// Recorded with a delivery whose end stands.
    Recorded,
}

//------------ ReceiptCode ---------------------------------------------------

codes! {
    2 Shape "receipt-shape" HintAndAlarm
        "The letter calls itself a receipt and is not one signed report in two parts (RFC 3335, section 5.2)."
        "Compare it with certpost inspect; the partner mends what composes it.",
    2 Unsigned "receipt-unsigned" HintAndAlarm
        "The receipt is not signed, so anybody can have written it."
        "The partner's software answers with a signed receipt; ask for one in its settings.",
    3 Weak "receipt-weak" HintAndAlarm
        "The receipt's signature is of a kind that can be forged: its digest, its key, its attributes or the number of its signers."
        "The partner signs once, with SHA-256 and RSA of 2048 to 4096 bits, P-256 or P-384.",
    4 Signature "receipt-signature" HintAndAlarm
        "The receipt's signature does not hold, or is nobody's pinned signer's."
        "Ask the partner by another way; pin its new certificate if it has one.",
    4 NotSealed "receipt-not-sealed" HintAndAlarm
        "The receipt is proven and came in clear, and the partner's entry asks for sealed ones."
        "Set receipt = \"mdn-signed\" in the partner's entry if its software cannot seal receipts.",
    5 Fields "receipt-fields" Alarm
        "The machine part is missing, or one of its fields is missing or stands twice (RFC 8098, section 3.1)."
        "The partner mends what composes it.",
    6 Unknown "receipt-unknown" Kept
        "The receipt is for a letter that was never sent from here, as far as the ledger knows."
        "Nothing, if the ledger was brought back from a copy; else ask the partner what it answered.",
    7 OtherPartner "receipt-other-partner" Alarm
        "The receipt is signed by another partner than the one the letter went to."
        "Treat it as a forgery until the partner who signed it has explained it.",
    8 Recipient "receipt-recipient" Alarm
        "The receipt speaks for another mailbox than the one the letter went to."
        "Add the name to the partner's aliases if it is theirs.",
    9 NotOurs "receipt-not-ours" Alarm
        "The receipt's signed From or To is another's: it was made for somebody else."
        "Add the From to the partner's senders if it is theirs; else ask who passed it on.",
    10 Disposition "receipt-disposition" Hint
        "The receipt says nothing that a gateway says: a person's mail program answered, or the words cannot be read (RFC 8098, section 3.2.6)."
        "The partner lets its gateway answer, and nobody read the mailbox by hand.",
    11 NoMic "receipt-no-mic" NotReceived
        "The receipt has no Received-Content-MIC, so it proves nothing of which octets arrived (RFC 3335, section 5.2.1)."
        "The partner's software has to write one.",
    11 MicForm "receipt-mic-form" NotReceived
        "The Received-Content-MIC is no digest in base64 with the name of its algorithm."
        "The partner mends its software.",
    11 MicAlgorithm "receipt-mic-algorithm" NotReceived
        "The digest is not SHA-256, SHA-384 or SHA-512."
        "The partner's software uses the algorithm that our letter asks for.",
    11 MicDiffers "receipt-mic-differs" Alarm
        "The digest is not that of the entity we signed: other octets arrived, or the partner digests by another rule."
        "Look which of our octets it fits, if any; a relay that changes letters fits none.",
    12 Contradicts "receipt-contradicts" Alarm
        "The receipt names another certificate or document than the letter held."
        "Ask the partner which certificate it stored.",
    13 Repeat "receipt-repeat" Recorded
        "The receipt says again what an earlier one said."
        "Nothing.",
    13 Late "receipt-late" Recorded
        "The receipt comes after the delivery's end, and says otherwise. The end stands."
        "Ask the partner which of the two is so.",
}

impl fmt::Display for ReceiptCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//------------ Fault ---------------------------------------------------------

/// One step's no to a receipt: its code, and what was found.
///
/// The words are for our operator and the ledger; nobody outside is told.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{code}: {words}")]
pub struct Fault {
    pub code: ReceiptCode,
    pub words: String,
}

impl Fault {
    /// A fault with `code`, explained by `words`.
    pub fn new(code: ReceiptCode, words: impl Into<String>) -> Self {
        Fault { code, words: words.into() }
    }
}

impl From<refusal::Refusal> for Fault {
    fn from(refusal: refusal::Refusal) -> Self {
        Fault { code: ReceiptCode::Gate(refusal.code), words: refusal.words }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_says_something_and_stands_in_its_order() {
        let mut names: Vec<&str> = ReceiptCode::ALL.iter().map(|code| code.as_str()).collect();
        let steps: Vec<u8> = ReceiptCode::ALL.iter().map(|code| code.step()).collect();
        assert!(steps.is_sorted() && steps.iter().all(|step| (2..=13).contains(step)));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ReceiptCode::ALL.len());
        for code in ReceiptCode::ALL {
            assert!(code.as_str().starts_with("receipt-"), "{code}");
            assert!(code.meaning().ends_with('.') && code.remedy().ends_with('.'), "{code}");
        }
        let stale = ReceiptCode::Gate(refusal::Code::SignerCrlStale);
        assert_eq!(stale.effect(), Effect::Held);
        assert_eq!(ReceiptCode::Gate(refusal::Code::OctetsNul).effect(), Effect::Quarantine);
    }
}
