//! Making a letter: written, signed, sealed, and on record before it goes.

use std::sync::Arc;

use tracing::{error, info};

use super::worker::{Now, Worker};
use crate::certificate::Facts;
use crate::delivery::{State, Trigger};
use crate::ledger::{Cargo, Claimed, LedgerError, SealRecord, Submission};
use crate::outbound::sealing::{self, Order, SealingError};
use crate::outbound::verdict;
use crate::smime::Signed;
use crate::telemetry::{enter, leave};

//------------ Made ----------------------------------------------------------

/// What making a letter came to.
pub(super) enum Made {
    /// The delivery is at an end, or another's.
    Ended,
    /// Not now, for a reason of our own that an operator must mend; the lease
    /// is still ours.
    Kept(Box<Claimed>),
    /// A letter that may go.
    Ready(Box<Claimed>, Arc<[u8]>),
}

/// What a letter is made from.
enum Work {
    Certificate(Facts, Submission),
    /// The entity that was signed too long ago.
    Aged(Facts, Vec<u8>),
    /// What the receipt says.
    Receipt(String),
}

impl Worker {
    /// Seals those that need it, side by side, so that they share a commit.
    pub(super) async fn make_all(
        &self,
        claimed: Vec<Claimed>,
        now: &Now,
    ) -> Vec<Result<Made, LedgerError>> {
        let mut sealing = Vec::with_capacity(claimed.len());
        for claimed in claimed {
            sealing.push(self.make(claimed, now));
        }
        futures_util::future::join_all(sealing).await
    }

    async fn make(&self, mut claimed: Claimed, now: &Now) -> Result<Made, LedgerError> {
        let at = self.lanes.clock.now();
        if claimed.state == State::HandedOver {
            // They have it: it has no end to come to, and may not go again.
            if claimed.not_useful_after.is_some_and(|after| after <= at) {
                self.lanes.ledger.let_be(claimed.delivery, claimed.fence).await?;
                return Ok(Made::Ended);
            }
        } else if verdict::expires_at(&claimed, &now.configuration.clocks, at) <= at {
            self.end(&claimed, Trigger::Expired, "expired", "not handed over in time".to_owned())
                .await?;
            return Ok(Made::Ended);
        }
        let is_aged = sealing::is_aged(&claimed, &now.configuration.clocks, at);
        if let Some(letter) = claimed.letter.take().filter(|_| !is_aged) {
            // Sealed for nobody: a receipt in clear.
            let for_nobody = claimed.recipients_sha256.is_empty();
            if for_nobody || claimed.recipients_sha256 == sealing::recipients(&now.partner) {
                return Ok(Made::Ready(Box::new(claimed), letter.into()));
            }
            return self.make_anew(claimed, now).await;
        }
        let signed = match is_aged {
            true => self.lanes.ledger.signed_octets(claimed.delivery).await?,
            false => None,
        };
        let work = match (claimed.cargo.clone(), claimed.submission.take(), signed) {
            (Cargo::Certificate(facts), Some(submission), _) => {
                Work::Certificate(facts, submission)
            }
            (Cargo::Certificate(facts), None, Some((entity, _))) => Work::Aged(facts, entity),
            (Cargo::Receipt(owed), _, _) => Work::Receipt(owed),
            (Cargo::Certificate(_), None, None) => {
                let words = "neither letter nor submission on record".to_owned();
                self.end(&claimed, Trigger::Failed, "delivery.empty", words).await?;
                return Ok(Made::Ended);
            }
        };
        enter("outbound.4", &claimed.delivery);
        let (partner, configuration) = (now.partner.clone(), now.configuration.clone());
        let letter_id = claimed.letter_id.clone();
        let sealed = self.lanes.crew.run(move || match work {
            Work::Certificate(facts, submission) => {
                let order = Order {
                    content_type: submission.content_type,
                    body: &submission.body,
                    letter_id: &letter_id,
                    id: &facts.id,
                    status: &facts.status,
                };
                sealing::check_objection(&facts, order.content_type, order.body, &partner)?;
                sealing::seal(&order, &partner, &configuration, at)
            }
            Work::Aged(facts, entity) => {
                let (id, status) = (&facts.id, &facts.status);
                sealing::sign_anew(&entity, (id, status), &letter_id, &partner, &configuration, at)
            }
            Work::Receipt(owed) => {
                sealing::seal_receipt(&owed, &letter_id, &partner, &configuration, at)
            }
        });
        let sealed = match sealed.await {
            Ok(Ok(sealed)) => sealed,
            Ok(Err(fault @ (SealingError::NoIdentity | SealingError::Smime(_)))) => {
                return Ok(self.keep(claimed, &fault));
            }
            Ok(Err(SealingError::Objection(code, words))) => {
                info!(partner.code = %self.code, delivery = %claimed.delivery, "not sent: {code}: {words}");
                self.end(&claimed, Trigger::Failed, code.as_str(), words).await?;
                return Ok(Made::Ended);
            }
            Ok(Err(
                fault @ (SealingError::Certificate(_)
                | SealingError::Receipt(_)
                | SealingError::TooLarge(_)),
            )) => {
                error!(partner.code = %self.code, delivery = %claimed.delivery, error = %fault, "cannot be sealed");
                self.end(&claimed, Trigger::Failed, "sealing.failed", fault.to_string()).await?;
                return Ok(Made::Ended);
            }
            Err(fault) => {
                error!(partner.code = %self.code, delivery = %claimed.delivery, error = %fault, "sealing ended");
                self.end(&claimed, Trigger::Failed, "sealing.failed", fault.to_string()).await?;
                return Ok(Made::Ended);
            }
        };
        let letter: Arc<[u8]> = sealed.letter.as_slice().into();
        let recorded = self.lanes.ledger.seal(SealRecord {
            delivery: claimed.delivery,
            fence: claimed.fence,
            entity: sealed.entity,
            signed: sealed.signed,
            letter: sealed.letter,
            xml_sha256: sealed.xml_sha256,
            signer_sha256: sealed.signer_sha256,
            recipients_sha256: sealed.recipients_sha256,
            signed_at: sealed.signed_at,
        });
        match recorded.await {
            Ok(()) => {
                leave("outbound.4", &claimed.delivery);
                Ok(Made::Ready(Box::new(claimed), letter))
            }
            Err(LedgerError::Fenced) => Ok(Made::Ended),
            Err(fault) => Err(fault),
        }
    }

    /// The partner's keys changed since the letter was sealed: the same signed
    /// octets are sealed for those of now.
    async fn make_anew(&self, claimed: Claimed, now: &Now) -> Result<Made, LedgerError> {
        let ledger = &self.lanes.ledger;
        let (delivery, fence) = (claimed.delivery, claimed.fence);
        let Some((entity, signed)) = ledger.signed_octets(delivery).await? else {
            let words = "a letter, and nothing signed, is on record".to_owned();
            self.end(&claimed, Trigger::Failed, "delivery.empty", words).await?;
            return Ok(Made::Ended);
        };
        enter("outbound.4", &delivery);
        let (partner, configuration) = (now.partner.clone(), now.configuration.clone());
        let signed_at = claimed.signed_at.unwrap_or(claimed.accepted_at);
        let recipients = sealing::recipients(&partner);
        let signed = Signed::from_stored(entity, signed);
        let order = claimed.clone();
        let sealed = self
            .lanes
            .crew
            .run(move || sealing::reseal(&order, signed, &partner, &configuration, signed_at));
        let letter = match sealed.await {
            Ok(Ok(letter)) => letter,
            Ok(Err(fault)) => return Ok(self.keep(claimed, &fault)),
            Err(fault) => return Ok(self.keep(claimed, &fault)),
        };
        match ledger.reseal(delivery, fence, letter.clone(), recipients).await {
            Ok(()) => {
                leave("outbound.4", &delivery);
                info!(partner.code = %self.code, %delivery, "sealed anew for the partner's new keys");
                Ok(Made::Ready(Box::new(claimed), letter.into()))
            }
            Err(LedgerError::Fenced) => Ok(Made::Ended),
            Err(fault) => Err(fault),
        }
    }

    /// Keys and OpenSSL are the operator's to mend; the certificate is good,
    /// and waits.
    fn keep(&self, claimed: Claimed, fault: &dyn std::fmt::Display) -> Made {
        error!(partner.code = %self.code, delivery = %claimed.delivery, error = %fault, "nothing can be sealed");
        leave("outbound.4", &claimed.delivery);
        Made::Kept(Box::new(claimed))
    }
}
