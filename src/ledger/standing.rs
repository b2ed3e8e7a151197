//! Standing: what is on record of a number, for a verdict on it.

use crate::certificate::number::fold;
use crate::certificate::{CertificateId, ContentDigest, Status};
use crate::clock::Timestamp;
use crate::delivery::Direction;
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{certificate_id, content_digest, parsed, perhaps, time};
use super::error::LedgerError;
use super::lives::{self, Life};
use super::reader::Reader;
use super::trace::Query;

//------------ Standing ------------------------------------------------------

/// One certificate on record, with all its versions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    pub id: CertificateId,
    /// Outbound: issued by us. Inbound: received from `partner`.
    pub direction: Direction,
    pub partner: Option<PartnerCode>,
    /// In the order in which they came; none of one that is only named, by a
    /// certificate that says to replace it.
    pub versions: Vec<StandingVersion>,
    pub life: Life,
    /// Letters set aside because they said other things under the same
    /// number and status.
    pub conflicts: u32,
}

/// One version of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StandingVersion {
    pub status: Status,
    pub digest: ContentDigest,
    pub at: Timestamp,
}

impl Ledger {
    /// The certificates on record under a number, oldest first.
    pub async fn standing(&self, query: Query) -> Result<Vec<Standing>, LedgerError> {
        self.study(move |reader| {
            let mut statement = reader.sql.prepare_cached(
                "SELECT country, document_type, number, 'outbound', NULL, status, digest,
                    accepted_at, 0
                 FROM issued WHERE folded = ?1
                 UNION ALL
                 SELECT country, document_type, number, 'inbound', partner, status, digest,
                    received_at,
                    (SELECT count(*) FROM event e WHERE e.folded = ?1 AND e.event = 'conflict'
                        AND e.direction = 'inbound'
                        AND e.id = country || '/' || document_type || '/' || number
                        AND instr(e.body, '\"partner\":\"' || partner || '\"') > 0)
                 FROM arrival WHERE folded = ?1
                 ORDER BY 8",
            )?;
            let rows = statement.query_map([fold(&query.number)], |row| {
                let version = StandingVersion {
                    status: parsed(row, 5)?,
                    digest: content_digest(row, 6)?,
                    at: time(row, 7)?,
                };
                Ok(Standing {
                    id: certificate_id(row, 0)?,
                    direction: parsed(row, 3)?,
                    partner: perhaps(row, 4)?,
                    versions: vec![version],
                    life: Life::default(),
                    conflicts: row.get(8)?,
                })
            })?;
            let mut found: Vec<Standing> = Vec::new();
            for row in rows {
                let one = row?;
                if !query.takes(&one.id, one.direction) {
                    continue;
                }
                let same = found.iter_mut().find(|other| {
                    other.id == one.id
                        && other.direction == one.direction
                        && other.partner == one.partner
                });
                match same {
                    Some(other) => other.versions.extend(one.versions),
                    None => found.push(one),
                }
            }
            drop(statement);
            for (id, partner) in named(reader, &query)? {
                let direction =
                    if partner.is_some() { Direction::Inbound } else { Direction::Outbound };
                let known = found.iter().any(|one| one.id == id && one.partner == partner);
                if query.takes(&id, direction) && !known {
                    let (versions, life) = (Vec::new(), Life::default());
                    found.push(Standing { id, direction, partner, versions, life, conflicts: 0 });
                }
            }
            for one in &mut found {
                one.life = lives::life(&reader.sql, &one.id, one.partner.as_ref())?;
            }
            Ok(found)
        })
        .await
    }
}

/// The certificates under a number that others say to replace.
fn named(
    reader: &Reader,
    query: &Query,
) -> Result<Vec<(CertificateId, Option<PartnerCode>)>, LedgerError> {
    let mut statement = reader.sql.prepare_cached(
        "SELECT DISTINCT country, document_type, replaced, nullif(partner, '') FROM replacement
         WHERE folded = ?",
    )?;
    let rows = statement
        .query_map([fold(&query.number)], |row| Ok((certificate_id(row, 0)?, perhaps(row, 3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
