//! Posting: our SMTP transaction towards a partner.
