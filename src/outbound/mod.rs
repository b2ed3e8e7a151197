//! Outbound: from a submission to a letter handed over.
