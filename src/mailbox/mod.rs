//! The mailbox: where partners leave their letters.
//!
//! A door, no policy: it takes a letter's octets, hands them to whoever
//! [`TakeIn`] is, and says 250 when that one has them safe. It never opens a
//! letter, and no reply of it depends on what a letter contains, its line
//! ends and its size aside.
//!
//! - [`door`]: what a door is told, and whom it hands letters to.
//! - [`smtp`]: the SMTP door.

pub mod door;
pub mod smtp;

pub use door::{DoorSettings, Incoming, Limits, Recipient, Room, TakeIn, Trouble};
pub use smtp::serve;
