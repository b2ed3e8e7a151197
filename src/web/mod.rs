//! The HTTP door: what a running gateway shows to programs that watch it.
//!
//! Three pages: `/healthz`, `/readyz` and `/metrics`. The only room that
//! speaks HTTP as a server, and the only one that knows Prometheus.
//!
//! - [`door`]: the pages, and how long anybody may take for one.
//! - [`figures`]: numbers with their names, and the text that they become.
//!
//! It knows no ledger and no broker: whoever is [`Watched`] says how things
//! are. It takes nothing in, changes nothing, and asks nobody who they are;
//! no page shows a certificate's number, an address or XML.

pub mod door;
pub mod figures;

pub use door::{Watched, serve};
pub use figures::{Figure, Kind, Sample};
