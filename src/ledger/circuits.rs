//! Circuits on record: which destinations are not reached.
//!
//! What a circuit does is `delivery::circuit`'s; here it is kept over a
//! restart, and the clocks of the lanes that lead there stand still with it.

use rusqlite::{Connection, params};

use crate::delivery::{Opened, Reason};
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::time;
use super::error::LedgerError;
use super::lanes::Cause;
use super::writer::Commit;

//------------ OpenCircuit ---------------------------------------------------

/// A destination that is not reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenCircuit {
    /// Host and port, as `mail.hm.example:25`.
    pub destination: String,
    pub opened: Opened,
    /// Why the last try failed.
    pub reason: Reason,
}

impl Ledger {
    /// Every circuit that is open.
    pub async fn circuits(&self) -> Result<Vec<OpenCircuit>, LedgerError> {
        self.read(|reader| circuits(&reader.sql)).await
    }

    /// A circuit opened, or its trial failed; the clocks of `partners`, who
    /// are reached there, stand still.
    pub async fn open_circuit(
        &self,
        circuit: OpenCircuit,
        partners: Vec<PartnerCode>,
    ) -> Result<(), LedgerError> {
        self.write(0, move |commit| commit.open_circuit(&circuit, &partners)).await
    }

    /// A circuit closed. The clocks of `partners` go on, and what was deferred
    /// for want of a road is due in its old place.
    pub async fn close_circuit(
        &self,
        destination: &str,
        partners: Vec<PartnerCode>,
    ) -> Result<(), LedgerError> {
        let destination = destination.to_owned();
        self.write(0, move |commit| commit.close_circuit(&destination, &partners)).await
    }
}

/// As [`Ledger::circuits`], for whoever reads by itself.
pub(super) fn circuits(sql: &Connection) -> Result<Vec<OpenCircuit>, LedgerError> {
    let mut statement = sql.prepare_cached(
        "SELECT destination, since, probes, probe_at, code, words FROM circuit
         ORDER BY destination",
    )?;
    let open = statement.query_map([], |row| {
        Ok(OpenCircuit {
            destination: row.get(0)?,
            opened: Opened { since: time(row, 1)?, trials: row.get(2)?, again_at: time(row, 3)? },
            reason: Reason::new(row.get::<_, String>(4)?, row.get::<_, String>(5)?),
        })
    })?;
    Ok(open.collect::<Result<_, _>>()?)
}

impl Commit<'_> {
    fn open_circuit(
        &mut self,
        circuit: &OpenCircuit,
        partners: &[PartnerCode],
    ) -> Result<(), LedgerError> {
        let opened = &circuit.opened;
        self.sql
            .prepare_cached(
                "INSERT INTO circuit (destination, since, probes, probe_at, code, words)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (destination) DO UPDATE SET
                 since = ?2, probes = ?3, probe_at = ?4, code = ?5, words = ?6",
            )?
            .execute(params![
                circuit.destination,
                opened.since.millis(),
                opened.trials,
                opened.again_at.millis(),
                circuit.reason.code,
                circuit.reason.words,
            ])?;
        for partner in partners {
            self.stand(partner, Cause::CutOff, true)?;
        }
        Ok(())
    }

    fn close_circuit(
        &mut self,
        destination: &str,
        partners: &[PartnerCode],
    ) -> Result<(), LedgerError> {
        self.sql
            .prepare_cached("DELETE FROM circuit WHERE destination = ?")?
            .execute([destination])?;
        for partner in partners {
            self.stand(partner, Cause::CutOff, false)?;
            self.sql
                .prepare_cached(
                    "UPDATE delivery SET due = accepted_at
                     WHERE partner = ? AND due IS NOT NULL AND lease_owner IS NULL
                     AND state = 'deferred' AND EXISTS (
                        SELECT 1 FROM attempt a
                        WHERE a.delivery = delivery.key AND a.n = delivery.attempts
                        AND a.phase IN ('connect', 'ehlo', 'starttls', 'auth'))",
                )?
                .execute([partner.as_str()])?;
        }
        self.touched.deliveries = true;
        Ok(())
    }
}
