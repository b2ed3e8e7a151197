//! Configuration: certpost.toml, partners.toml and the files they name.
