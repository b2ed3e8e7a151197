//! Deliveries: our duty to hand one certificate to one partner.

pub mod attempt;
