//! S/MIME: identities, signing, sealing, opening, verifying.
