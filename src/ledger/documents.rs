//! Documents: the certificates on record under a number, to be shown.

use std::fmt;

use crate::certificate::CertificateId;
use crate::certificate::life::{self, Version};
use crate::certificate::number::fold;
use crate::certificate::{ContentDigest, Status};
use crate::delivery::Direction;
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{certificate_id, parsed, perhaps};
use super::error::LedgerError;
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

/// Versions of one certificate: its whole history, and the one to show.
struct Versions {
    document: Document,
    place: Place,
    versions: Vec<Version>,
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
            let mut found: Vec<Versions> = Vec::new();
            for row in rows {
                let (document, place) = row?;
                if !query.takes(&document.id, document.direction) {
                    continue;
                }
                let version = Version {
                    status: document.status.clone(),
                    // Only the statuses say what is current.
                    digest: ContentDigest::from_bytes([0; 32]),
                };
                let same = found.iter_mut().find(|other| {
                    other.document.id == document.id
                        && other.document.direction == document.direction
                        && other.document.partner == document.partner
                });
                match same {
                    Some(other) => {
                        other.versions.push(version);
                        (other.document, other.place) = (document, place);
                    }
                    None => found.push(Versions { document, place, versions: vec![version] }),
                }
            }
            drop(statement);
            let mut documents = Vec::new();
            for Versions { document, place, versions } in found {
                let current = life::current(&versions).map(|current| current.to_string());
                let octets = reader.octets(&place)?;
                documents.push(Document { current, octets, ..document });
            }
            Ok(documents)
        })
        .await
    }
}
