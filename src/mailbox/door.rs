//! What a door is told, and whom it hands letters to.

use std::future::Future;
use std::time::Duration;

use crate::letter::address::Address;
use crate::tls::Acceptor;

//------------ DoorSettings --------------------------------------------------

/// Who we are at this door, and what we bear.
#[derive(Clone, Debug)]
pub struct DoorSettings {
    /// Our name in banner and EHLO reply.
    pub hostname: String,
    /// The one mailbox; its domain's postmaster is taken as well
    /// (RFC 5321, section 4.5.1).
    pub mailbox: Address,
    /// The largest letter, in octets.
    pub max_letter: usize,
    /// STARTTLS is offered when set.
    pub tls: Option<Acceptor>,
    pub limits: Limits,
}

//------------ Limits --------------------------------------------------------

/// What one client, and all together, may ask of us (SECURITY "Doors and
/// house"; RFC 5321, section 4.5.3.2).
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address (of IPv6: from one /64).
    pub per_address: usize,
    /// How long a client may be silent between two commands.
    pub idle: Duration,
    /// From MAIL to the reply to the dot, however slowly octets drip in.
    pub transaction: Duration,
    /// A connection's whole life; then 421 at the next command.
    pub life: Duration,
    /// Commands on one connection.
    pub commands: u32,
    /// Commands refused on one connection.
    pub errors: u32,
    /// RCPT commands in one transaction.
    pub recipients: u32,
    /// How long we listen before the banner, for those who cannot wait.
    pub greeting_wait: Duration,
    /// How long the ledger may take before the client is told to come again.
    pub take_in: Duration,
    /// What a transaction in progress is given when the gateway stops.
    pub grace: Duration,
    /// Octets of letters in memory at once, all connections together.
    pub in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 256,
            per_address: 64,
            idle: Duration::from_secs(300),
            transaction: Duration::from_secs(300),
            life: Duration::from_secs(300),
            commands: 1_000,
            errors: 20,
            recipients: 100,
            greeting_wait: Duration::from_millis(20),
            take_in: Duration::from_secs(120),
            grace: Duration::from_secs(20),
            in_flight: 128 * 1024 * 1024,
        }
    }
}

//------------ Incoming ------------------------------------------------------

/// The envelope with which a letter came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Incoming {
    /// MAIL FROM; absent for the null reverse path.
    pub reverse_path: Option<String>,
    pub recipient: Recipient,
    /// Address and port of the client.
    pub peer: String,
    /// Version and suite, under TLS.
    pub tls: Option<String>,
}

/// For whom a letter is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Recipient {
    /// Our gateway.
    Mailbox,
    /// The people who run it.
    Postmaster,
}

//------------ Room ----------------------------------------------------------

/// Whether another letter can be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Room {
    Enough,
    /// The disk is nearly full: 452 4.3.1.
    Short,
    /// The ledger cannot be written: 451 4.3.0, before any octet comes.
    Closed,
}

//------------ TakeIn --------------------------------------------------------

/// Who takes letters into custody.
pub trait TakeIn: Send + Sync + 'static {
    /// Takes a letter. `Ok` means that it is committed and synced: the client
    /// is told 250 and may forget it.
    fn take_in(
        &self,
        incoming: Incoming,
        octets: Vec<u8>,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Whether there is room for a letter of `octets`.
    fn room(&self, octets: usize) -> Room;
}

/// We could not keep a letter; the client comes again, our operator sees why
/// in our own log.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// No room: 452 4.3.1.
    #[error("no room for another letter: {words}")]
    Full { words: String },
    /// Anything else: 451 4.3.0.
    #[error("the letter could not be kept: {words}")]
    Failed { words: String },
}
