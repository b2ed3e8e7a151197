//! Arrivals: certificates of partners, judged against what they sent before.

use rusqlite::params;

use crate::certificate::ContentDigest;
use crate::certificate::life::{self, Judgement, Version};
use crate::delivery::{EventKind, Reason};

use super::Ledger;
use super::columns::{content_digest, list_text, parsed, sha256};
use super::error::LedgerError;
use super::inbound::{Arrival, Outlet, OwedReceipt, Quarantine};
use super::lives;
use super::segments::Place;
use super::writer::Commit;

impl Ledger {
    /// Takes a proven certificate in, in one commit: judged among all that
    /// this partner sent of it; if new, kept with its publication and the
    /// event `received`; a duplicate is an event, with the reason `re-sent`
    /// where its octets are others; a conflict sets the letter aside, and
    /// overwrites nothing; a stale one is kept, and published to nobody.
    pub async fn receive(&self, arrival: Arrival) -> Result<Judgement, LedgerError> {
        let size = arrival.xml.len() + arrival.entity.len() + arrival.publication.body.len();
        self.write(size, move |commit| commit.receive(&arrival)).await
    }
}

struct Known {
    key: [u8; 16],
    version: Version,
    entity: Place,
}

impl Commit<'_> {
    fn receive(&mut self, arrival: &Arrival) -> Result<Judgement, LedgerError> {
        let known = self.sent_before(arrival)?;
        let versions: Vec<Version> = known.iter().map(|known| known.version.clone()).collect();
        let (id, status) = (&arrival.facts.id, &arrival.facts.status);
        let version = Version { status: status.clone(), digest: arrival.digest };
        let same = known.iter().find(|known| known.version.status == version.status);
        let judged = life::judge(&versions, &version);
        let partner = &arrival.partner;
        match judged {
            Judgement::New => {
                let key = self.keep_arrival(arrival, "new")?;
                self.judged(arrival.letter, "received", Some(key), None)?;
                let life = lives::life(self.sql, id, Some(partner))?;
                self.put_out(Outlet::Received, &arrival.publication.with(&life)?)?;
                self.tell_inbound(EventKind::Received, id, status, partner, None)?;
            }
            Judgement::Stale => {
                let key = self.keep_arrival(arrival, "stale")?;
                self.judged(arrival.letter, "stale", Some(key), None)?;
                let words = "an earlier stage of its life than one on record; nothing changes";
                let reason = Reason::new("stale", words);
                self.tell_inbound(EventKind::Stale, id, status, partner, Some(&reason))?;
            }
            Judgement::Duplicate => {
                self.judged(arrival.letter, "duplicate", same.map(|known| known.key), None)?;
                let sent_anew = same.is_some_and(|k| k.entity.digest != sha256(&arrival.entity));
                let words = "other octets with the same content";
                let reason = sent_anew.then(|| Reason::new("re-sent", words));
                self.tell_inbound(EventKind::Duplicate, id, status, partner, reason.as_ref())?;
            }
            Judgement::Conflict => {
                let quarantine = Quarantine {
                    code: "conflict".to_owned(),
                    gate: Some(11),
                    words: format!(
                        "{id} with status {status} is on record from {partner} with other \
                         content; an official has to ask them which one holds"
                    ),
                    partner: Some(partner.clone()),
                    held: false,
                    owed: None,
                };
                let first = same.map(|known| known.key);
                self.judged(arrival.letter, "quarantined", first, Some(&quarantine))?;
                let reason = Reason::new(quarantine.code, quarantine.words);
                self.tell_inbound(EventKind::Conflict, id, status, partner, Some(&reason))?;
            }
        }
        if let Some(owed) = &arrival.owed {
            let owed = match judged {
                Judgement::New | Judgement::Duplicate => &owed.taken,
                Judgement::Stale => &owed.stale,
                Judgement::Conflict => &owed.conflict,
            };
            let receipt = OwedReceipt {
                message_id: arrival.message_id.clone(),
                entity_sha256: sha256(&arrival.entity),
                owed: owed.clone(),
            };
            self.owe(arrival.letter, partner, &receipt)?;
        }
        Ok(judged)
    }

    fn sent_before(&self, arrival: &Arrival) -> Result<Vec<Known>, LedgerError> {
        let id = &arrival.facts.id;
        let mut statement = self.sql.prepare_cached(
            "SELECT key, status, digest, entity FROM arrival
             WHERE partner = ? AND country = ? AND document_type = ? AND number = ?",
        )?;
        let rows = statement.query_map(
            params![
                arrival.partner.as_str(),
                id.country.as_str(),
                id.document_type.as_str(),
                id.number()
            ],
            |row| {
                let version = Version { status: parsed(row, 1)?, digest: content_digest(row, 2)? };
                Ok(Known { key: row.get(0)?, version, entity: parsed(row, 3)? })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn keep_arrival(
        &mut self,
        arrival: &Arrival,
        judgement: &str,
    ) -> Result<[u8; 16], LedgerError> {
        let key = self.key()?.into_bytes();
        let received_at = self.taken_in_at(arrival.letter)?;
        let xml = self.keep(&arrival.xml)?;
        let entity = self.keep(&arrival.entity)?;
        let (id, facts) = (&arrival.facts.id, &arrival.facts);
        self.sql
            .prepare_cached(
                "INSERT INTO arrival (key, letter, partner, country, document_type, number,
                    folded, status, digest, digest_version, xml_sha256, import_country, transit,
                    replaces, received_at, judgement, xml, entity, message_id, signer_sha256,
                    signed_at, remarks)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                key,
                arrival.letter.uuid().into_bytes(),
                arrival.partner.as_str(),
                id.country.as_str(),
                id.document_type.as_str(),
                id.number(),
                id.folded_number(),
                facts.status.as_str(),
                arrival.digest.as_bytes(),
                ContentDigest::VERSION,
                xml.digest,
                facts.import_country.as_str(),
                list_text(&facts.transit),
                list_text(&facts.replaces),
                received_at.millis(),
                judgement,
                xml.to_string(),
                entity.to_string(),
                arrival.message_id,
                arrival.signer_sha256,
                arrival.signed_at.millis(),
                arrival.remarks.to_string(),
            ])?;
        self.link(facts, Some(&arrival.partner), received_at)?;
        Ok(key)
    }
}
