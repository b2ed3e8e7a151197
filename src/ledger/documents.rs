//! Documents: the certificates on record under a number, to be shown.

use std::fmt;

use crate::certificate::number::fold;
use crate::certificate::{CertificateId, Status};
use crate::delivery::Direction;
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{certificate_id, parsed, perhaps};
use super::error::LedgerError;
use super::lives;
use super::segments::Place;
use super::trace::Query;

//------------ Document ------------------------------------------------------

/// A certificate on record: of all its versions the one that says what it is
/// today, else the last.
#[derive(Clone, Debug)]
pub struct Document {
    pub id: CertificateId,
    pub status: Status,
    /// Outbound: issued by us. Inbound: received from `partner`.
    pub direction: Direction,
    pub partner: Option<PartnerCode>,
    /// What it is today, as `withdrawn`, if its statuses say.
    pub current: Option<String>,
    /// XML or JSON, as it was submitted or received.
    pub octets: Vec<u8>,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.id, self.direction)?;
        match &self.partner {
            Some(partner) => write!(f, ", from {partner})"),
            None => write!(f, ")"),
        }
    }
}

impl Ledger {
    /// The certificates on record under a number, oldest first; each once,
    /// with its latest version.
    pub async fn documents(&self, query: Query) -> Result<Vec<Document>, LedgerError> {
        self.study(move |reader| {
            let mut statement = reader.sql.prepare_cached(
                "SELECT country, document_type, number, 'outbound', NULL, status, body,
                    accepted_at
                 FROM issued WHERE folded = ?1
                 UNION ALL
                 SELECT country, document_type, number, 'inbound', partner, status, xml,
                    received_at
                 FROM arrival WHERE folded = ?1
                 ORDER BY 8",
            )?;
            let rows = statement.query_map([fold(&query.number)], |row| {
                let document = Document {
                    id: certificate_id(row, 0)?,
                    status: parsed(row, 5)?,
                    direction: parsed(row, 3)?,
                    partner: perhaps(row, 4)?,
                    current: None,
                    octets: Vec::new(),
                };
                Ok((document, parsed::<Place>(row, 6)?))
            })?;
            let mut found: Vec<(Document, Place)> = Vec::new();
            for row in rows {
                let (document, place) = row?;
                if !query.takes(&document.id, document.direction) {
                    continue;
                }
                let same = found.iter_mut().find(|(other, _)| {
                    other.id == document.id
                        && other.direction == document.direction
                        && other.partner == document.partner
                });
                match same {
                    Some(other) => *other = (document, place),
                    None => found.push((document, place)),
                }
            }
            drop(statement);
            let mut documents = Vec::new();
            for (document, place) in found {
                let life = lives::life(&reader.sql, &document.id, document.partner.as_ref())?;
                let current = life.current.map(|current| current.to_string());
                let octets = reader.octets(&place)?;
                documents.push(Document { current, octets, ..document });
            }
            Ok(documents)
        })
        .await
    }
}
