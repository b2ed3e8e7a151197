//! The mailbox: where partners' letters come in.
