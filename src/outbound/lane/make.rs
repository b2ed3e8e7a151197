//! Making a letter: written, signed, sealed, and on record before it goes.

use std::sync::Arc;

use tracing::error;

use super::{Now, Worker};
use crate::delivery::Trigger;
use crate::ledger::{Claimed, LedgerError, SealRecord};
use crate::outbound::sealing::{self, Order, SealingError};
use crate::outbound::verdict;
use crate::telemetry::{enter, leave};

//------------ Made ----------------------------------------------------------

/// What making a letter came to.
pub(super) enum Made {
    /// The delivery is at an end, or another's.
    Ended,
    /// Not now, for a reason of our own that an operator must mend.
    Kept,
    /// A letter that may go.
    Ready(Box<Claimed>, Arc<[u8]>),
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
        if verdict::expires_at(&claimed, &now.configuration.clocks, at) <= at {
            self.end(&claimed, Trigger::Expired, "expired", "not handed over in time".to_owned())
                .await?;
            return Ok(Made::Ended);
        }
        if let Some(letter) = claimed.letter.take() {
            return Ok(Made::Ready(Box::new(claimed), letter.into()));
        }
        let Some(submission) = claimed.submission.take() else {
            self.end(
                &claimed,
                Trigger::Failed,
                "delivery.empty",
                "neither letter nor submission on record".to_owned(),
            )
            .await?;
            return Ok(Made::Ended);
        };
        enter("outbound.4", &claimed.delivery);
        let (partner, configuration) = (now.partner.clone(), now.configuration.clone());
        let (letter_id, id, status) =
            (claimed.letter_id.clone(), claimed.certificate.clone(), claimed.status.clone());
        let sealed = self.lanes.crew.run(move || {
            let order = Order {
                content_type: submission.content_type,
                body: &submission.body,
                letter_id: &letter_id,
                id: &id,
                status: &status,
            };
            sealing::seal(&order, &partner, &configuration, at)
        });
        let sealed = match sealed.await {
            Ok(Ok(sealed)) => sealed,
            Ok(Err(fault @ (SealingError::NoIdentity | SealingError::Smime(_)))) => {
                // Keys and OpenSSL are the operator's to mend; the certificate
                // is good, and waits.
                error!(partner.code = %self.code, delivery = %claimed.delivery, error = %fault, "nothing can be sealed");
                leave("outbound.4", &claimed.delivery);
                self.lanes.ledger.release(claimed.delivery, claimed.fence).await?;
                return Ok(Made::Kept);
            }
            Ok(Err(fault @ (SealingError::Certificate(_) | SealingError::TooLarge(_)))) => {
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
}
