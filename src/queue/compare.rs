//! What is on the broker, beside what has to be there. Nothing is changed.

use lapin::protocol::AMQPSoftError;

use super::broker::{close, in_time, soft, words};
use super::thing::Thing;
use super::topology::{EXCHANGES, QUEUES};
use super::{Broker, QueueError};

//------------ Compared ------------------------------------------------------

/// One exchange or queue, and how it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compared {
    /// As `queue certpost.events`.
    pub what: String,
    pub standing: Standing,
}

/// How something on the broker stands to what it has to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It is not there.
    Absent,
    /// It is there and is another, in the broker's words.
    Differs { words: String },
    /// It is there and is as it has to be.
    Same,
    /// It is there; the broker does not let us compare it.
    Unseen,
}

impl Broker {
    /// Compares every exchange and queue with what it has to be.
    ///
    /// Each is looked for first. A declaration of what is there changes
    /// nothing, and the broker refuses one that does not equal what it has.
    pub async fn compare(&self) -> Result<Vec<Compared>, QueueError> {
        let exchanges = EXCHANGES.map(Thing::Exchange).into_iter();
        let things = exchanges.chain(QUEUES.map(Thing::Queue));
        let mut all = Vec::new();
        for thing in things {
            let standing = self.standing(thing).await?;
            all.push(Compared { what: thing.to_string(), standing });
        }
        Ok(all)
    }

    async fn standing(&self, thing: Thing) -> Result<Standing, QueueError> {
        for passive in [true, false] {
            // A refusal closes the channel.
            let channel = self.channel().await?;
            let Err(error) = in_time("look", thing.declare(&channel, passive)).await? else {
                close(&channel).await;
                continue;
            };
            return match soft(&error) {
                Some(AMQPSoftError::NOTFOUND) => Ok(Standing::Absent),
                Some(AMQPSoftError::PRECONDITIONFAILED) => {
                    Ok(Standing::Differs { words: words(&error) })
                }
                Some(AMQPSoftError::ACCESSREFUSED) => Ok(Standing::Unseen),
                Some(_) | None => Err(QueueError::Lost { source: Box::new(error) }),
            };
        }
        Ok(Standing::Same)
    }
}
