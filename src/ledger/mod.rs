//! The ledger: what we have taken responsibility for.
