//! Acceptance: a submission is taken responsibility for, or refused.

use rusqlite::{OptionalExtension, params};

use crate::certificate::life::{self, Judgement, Version};
use crate::certificate::{ContentDigest, Facts};
use crate::clock::Timestamp;
use crate::delivery::{DeliveryId, Direction, EventKind, Kind, Reason, State, Trigger};
use crate::partner::PartnerCode;

use super::Ledger;
use super::columns::{content_digest, list_text, parsed};
use super::error::LedgerError;
use super::events::NewEvent;
use super::inbound::{Header, NewPublication, Outlet};
use super::keys::Keys;
use super::outbound::{Acceptance, Accepted, Rejection};
use super::writer::Commit;

impl Ledger {
    /// Takes responsibility for a submission.
    ///
    /// When it returns `New`, the certificate, its octets, its deliveries and
    /// their events are on disk. On `Duplicate` only an event is; on `Conflict`
    /// and `MessageIdReused` nothing is, and the street rejects.
    ///
    /// The same certificate for a partner that has no delivery of it yet is
    /// new for that partner alone. A withdrawal or a replaced one (40, 44)
    /// goes to every partner that has a delivery of the certificate in any
    /// state but refused; where nothing of it was ever attempted, both end
    /// withdrawn.
    pub async fn accept(&self, acceptance: Acceptance) -> Result<Accepted, LedgerError> {
        let size = acceptance.body.len();
        self.write(size, move |commit| commit.accept(&acceptance)).await
    }

    /// Refuses a submission: its publication on `certpost.rejected` and the
    /// event are on disk when it returns. The same again does nothing.
    pub async fn reject(&self, rejection: Rejection) -> Result<(), LedgerError> {
        let size = rejection.body.len();
        self.write(size, move |commit| commit.reject(&rejection)).await
    }
}

/// A version of a certificate on record.
struct Known {
    key: [u8; 16],
    version: Version,
}

impl Commit<'_> {
    fn accept(&mut self, new: &Acceptance) -> Result<Accepted, LedgerError> {
        let known = self.versions(&new.facts)?;
        let versions: Vec<Version> = known.iter().map(|known| known.version.clone()).collect();
        let version = Version { status: new.facts.status.clone(), digest: new.digest };
        let same = known.iter().find(|known| known.version.status == version.status);
        let judged = life::judge(&versions, &version);
        if judged == Judgement::Conflict {
            let (id, status) = (&new.facts.id, &new.facts.status);
            let words = format!(
                "{id} with status {status} is on record with other content; \
                 a change of what a certificate says needs a new number or a new status"
            );
            return Ok(Accepted::Conflict { words });
        }
        let same = same.filter(|_| judged == Judgement::Duplicate).map(|known| known.key);
        if let Some(words) = self.reused(new, same)? {
            return Ok(Accepted::MessageIdReused { words });
        }
        let issued = match same {
            Some(key) => key,
            // Out of its life's order (Judgement::Stale) it is sent all the
            // same: what is current is the receiver's to work out.
            None => self.enter(new)?,
        };
        if let Some(message_id) = &new.submission_message_id {
            self.sql
                .prepare_cached(
                    "INSERT INTO submission_id (message_id, issued) VALUES (?, ?)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![message_id, issued])?;
        }
        let mut deliveries = Vec::new();
        for partner in self.destinations(new)? {
            if same.is_none() || !self.has_delivery(issued, &partner)? {
                let delivery = self.deliver(new, issued, &partner)?;
                deliveries.push((partner, delivery));
            }
        }
        let (id, status) = (&new.facts.id, &new.facts.status);
        if deliveries.is_empty() && same.is_some() {
            self.tell(&NewEvent::new(Direction::Outbound, EventKind::Duplicate).of(id, status))?;
            return Ok(Accepted::Duplicate);
        }
        if deliveries.is_empty() {
            self.tell(&NewEvent::new(Direction::Outbound, EventKind::Accepted).of(id, status))?;
            self.tell(&NewEvent::new(Direction::Outbound, EventKind::NoPartner).of(id, status))?;
        }
        Ok(Accepted::New { deliveries })
    }

    fn versions(&self, facts: &Facts) -> Result<Vec<Known>, LedgerError> {
        let id = &facts.id;
        let mut statement = self.sql.prepare_cached(
            "SELECT key, status, digest FROM issued
             WHERE country = ? AND document_type = ? AND number = ?",
        )?;
        let rows = statement.query_map(
            params![id.country.as_str(), id.document_type.as_str(), id.number()],
            |row| {
                let version = Version { status: parsed(row, 1)?, digest: content_digest(row, 2)? };
                Ok(Known { key: row.get(0)?, version })
            },
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether the submission's message id stood on another certificate.
    fn reused(
        &self,
        new: &Acceptance,
        same: Option<[u8; 16]>,
    ) -> Result<Option<String>, LedgerError> {
        let Some(message_id) = &new.submission_message_id else { return Ok(None) };
        let first: Option<([u8; 16], String)> = self
            .sql
            .prepare_cached(
                "SELECT i.key, i.country || '/' || i.document_type || '/' || i.number
                    || ' with status ' || i.status
                 FROM submission_id s JOIN issued i ON i.key = s.issued WHERE s.message_id = ?",
            )?
            .query_row([message_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(first.filter(|(key, _)| Some(*key) != same).map(|(_, id)| {
            format!("this message_id was used for {id}; give every submission its own")
        }))
    }

    fn enter(&mut self, new: &Acceptance) -> Result<[u8; 16], LedgerError> {
        let key = self.key()?.into_bytes();
        let place = self.keep(&new.body)?;
        let (id, facts) = (&new.facts.id, &new.facts);
        self.sql
            .prepare_cached(
                "INSERT INTO issued (key, country, document_type, number, folded, status, digest,
                    digest_version, xml_sha256, import_country, transit, replaces, accepted_at,
                    producer, content_type, body)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                key,
                id.country.as_str(),
                id.document_type.as_str(),
                id.number(),
                id.folded_number(),
                facts.status.as_str(),
                new.digest.as_bytes(),
                ContentDigest::VERSION,
                new.xml_sha256,
                facts.import_country.as_str(),
                list_text(&facts.transit),
                list_text(&facts.replaces),
                self.at.millis(),
                new.producer,
                new.content_type.as_str(),
                place.to_string(),
            ])?;
        self.link(facts, None, self.at)?;
        Ok(key)
    }

    /// The partners that this goes to, each once.
    fn destinations(&self, new: &Acceptance) -> Result<Vec<PartnerCode>, LedgerError> {
        let mut partners: Vec<PartnerCode> = Vec::new();
        let mut of_record = Vec::new();
        if new.facts.status.is_ending() {
            let id = &new.facts.id;
            let mut statement = self.sql.prepare_cached(
                "SELECT d.partner, max(d.state <> 'refused') FROM issued i
                 JOIN delivery d ON d.issued = i.key
                 WHERE i.country = ? AND i.document_type = ? AND i.number = ? AND i.status <> ?
                 GROUP BY d.partner ORDER BY min(d.key)",
            )?;
            let rows = statement.query_map(
                params![
                    id.country.as_str(),
                    id.document_type.as_str(),
                    id.number(),
                    new.facts.status.as_str()
                ],
                |row| Ok((parsed::<PartnerCode>(row, 0)?, row.get::<_, bool>(1)?)),
            )?;
            of_record = rows.collect::<Result<Vec<_>, _>>()?;
        }
        let concerned = of_record.iter().filter(|(_, concerned)| *concerned);
        let concerned = concerned.map(|(partner, _)| partner);
        // Today's routes count only where nothing went before; partners that
        // the submission names count always.
        let chosen: Vec<&PartnerCode> = if of_record.is_empty() || new.named {
            concerned.chain(&new.partners).collect()
        } else {
            concerned.collect()
        };
        for partner in chosen {
            if !partners.contains(partner) {
                partners.push(partner.clone());
            }
        }
        Ok(partners)
    }

    fn has_delivery(&self, issued: [u8; 16], partner: &PartnerCode) -> Result<bool, LedgerError> {
        Ok(self
            .sql
            .prepare_cached("SELECT 1 FROM delivery WHERE issued = ? AND partner = ?")?
            .exists(params![issued, partner.as_str()])?)
    }

    /// Makes one delivery, after what it follows.
    fn deliver(
        &mut self,
        new: &Acceptance,
        issued: [u8; 16],
        partner: &PartnerCode,
    ) -> Result<DeliveryId, LedgerError> {
        let delivery = DeliveryId::from_uuid(self.key()?);
        let key = delivery.uuid().into_bytes();
        let before = self.predecessors(&new.facts, partner)?;
        self.sql
            .prepare_cached(
                "INSERT INTO delivery (key, kind, issued, partner, state, letter_id, accepted_at,
                    not_useful_after, due)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                key,
                Kind::Certificate.as_str(),
                issued,
                partner.as_str(),
                State::Waiting.as_str(),
                Keys::letter_id()?,
                self.at.millis(),
                new.not_useful_after.map(Timestamp::millis),
                self.at.plus(new.first_wait).millis(),
            ])?;
        self.touched.deliveries = true;
        self.tell(&NewEvent {
            delivery: Some(delivery),
            ..NewEvent::new(Direction::Outbound, EventKind::Accepted)
                .of(&new.facts.id, &new.facts.status)
                .with(partner)
        })?;
        let withdrawn = new.facts.status.is_ending() && self.withdraw(new, partner, delivery)?;
        let mut held_back = false;
        for predecessor in before.into_iter().filter(|_| !withdrawn) {
            if self.row(predecessor)?.state.lacks_verdict() {
                self.sql
                    .prepare_cached("INSERT INTO follows (predecessor, successor) VALUES (?, ?)")?
                    .execute(params![predecessor.uuid().into_bytes(), key])?;
                held_back = true;
            }
        }
        if held_back {
            self.sql
                .prepare_cached("UPDATE delivery SET due = NULL WHERE key = ?")?
                .execute([key])?;
        }
        Ok(delivery)
    }

    /// The partner's deliveries without a verdict that this one follows: of
    /// the same certificate, or of one that it replaces.
    fn predecessors(
        &self,
        facts: &Facts,
        partner: &PartnerCode,
    ) -> Result<Vec<DeliveryId>, LedgerError> {
        let id = &facts.id;
        let mut found = self.deliveries(
            "SELECT d.key FROM issued i JOIN delivery d ON d.issued = i.key AND d.partner = ?
             WHERE i.country = ? AND i.document_type = ? AND i.number = ?
             AND d.state IN ('waiting', 'sealed', 'sending', 'deferred', 'in-doubt')",
            params![partner.as_str(), id.country.as_str(), id.document_type.as_str(), id.number()],
        )?;
        for number in &facts.replaces {
            let folded = crate::certificate::number::fold(number);
            let replaced = self.deliveries(
                "SELECT d.key FROM issued i JOIN delivery d ON d.issued = i.key AND d.partner = ?
                 WHERE i.folded = ? AND i.number = ? AND i.country = ?
                 AND d.state IN ('waiting', 'sealed', 'sending', 'deferred', 'in-doubt')",
                params![partner.as_str(), folded, number, id.country.as_str()],
            )?;
            found.extend(
                replaced.into_iter().filter(|one| !found.contains(one)).collect::<Vec<_>>(),
            );
        }
        Ok(found)
    }

    /// Withdraws what was never attempted of a certificate at one partner;
    /// and the ending itself, if nothing of it ever was.
    fn withdraw(
        &mut self,
        new: &Acceptance,
        partner: &PartnerCode,
        ending: DeliveryId,
    ) -> Result<bool, LedgerError> {
        let id = &new.facts.id;
        let others: Vec<DeliveryId> = self.deliveries(
            "SELECT d.key FROM issued i JOIN delivery d ON d.issued = i.key AND d.partner = ?
                 WHERE i.country = ? AND i.document_type = ? AND i.number = ? AND d.key <> ?",
            params![
                partner.as_str(),
                id.country.as_str(),
                id.document_type.as_str(),
                id.number(),
                ending.uuid().into_bytes()
            ],
        )?;
        let reason = Reason::new("withdrawn", format!("status {} came first", new.facts.status));
        let (mut withdrawn, mut attempted) = (false, false);
        for other in others {
            let row = self.row(other)?;
            attempted |= row.attempts > 0;
            // An ending that waits behind something else still has to go.
            let ends = row.certificate.as_ref().is_some_and(|(_, status)| status.is_ending());
            if row.state.is_untried() && !ends {
                self.fence_off(other)?;
                self.step(&row, Trigger::Withdrawn, None, Some(&reason))?;
                withdrawn = true;
            }
        }
        if withdrawn && !attempted {
            let row = self.row(ending)?;
            let reason = Reason::new("withdrawn", "what it ends was never attempted");
            self.step(&row, Trigger::Withdrawn, None, Some(&reason))?;
            return Ok(true);
        }
        Ok(false)
    }

    fn reject(&mut self, rejection: &Rejection) -> Result<(), LedgerError> {
        let known: Option<bool> = self
            .sql
            .prepare_cached("SELECT published_at IS NULL FROM publication WHERE message_id = ?")?
            .query_row([&rejection.message_id], |row| row.get(0))
            .optional()?;
        if known == Some(true) {
            // It waits to be published: its producer will hear of it.
            return Ok(());
        }
        let mut headers = Vec::new();
        if let Some(original) = &rejection.original_message_id {
            headers.push(("x-certpost-message-id".to_owned(), Header::Text(original.clone())));
        }
        let findings = Header::Text(rejection.findings.clone());
        headers.push(("x-certpost-findings".to_owned(), findings));
        let total = Header::Number(i64::from(rejection.findings_total));
        headers.push(("x-certpost-findings-total".to_owned(), total));
        if known.is_some() {
            // Published before, and submitted again: whoever did is told again.
            self.publish_again(&rejection.message_id, &headers)?;
        } else {
            self.put_out(
                Outlet::Rejected,
                &NewPublication {
                    exchange: String::new(),
                    routing_key: "certpost.rejected".to_owned(),
                    message_id: rejection.message_id.clone(),
                    kind: None,
                    correlation_id: None,
                    content_type: rejection.content_type.clone(),
                    headers,
                    body: rejection.body.clone(),
                },
            )?;
        }
        // A conflict has an event of its own besides, as operators watch for it.
        let kinds: &[EventKind] = if rejection.reason.code.ends_with("conflict") {
            &[EventKind::Conflict, EventKind::Rejected]
        } else {
            &[EventKind::Rejected]
        };
        for kind in kinds {
            self.tell(&NewEvent {
                certificate: rejection.id.as_ref().map(|id| (id, None)),
                ..NewEvent::new(Direction::Outbound, *kind).because(Some(&rejection.reason))
            })?;
        }
        Ok(())
    }
}
