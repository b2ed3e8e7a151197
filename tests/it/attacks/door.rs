//! The same attacks over the SMTP door of a gateway that runs.
