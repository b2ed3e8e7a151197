//! The schema, whole, and its version.
//!
//! Times are milliseconds since 1970, keys are UUIDs of version 7 made by us,
//! codes are the words of the contract. A *place* names octets in a segment
//! file (see `segments`). `due` is when somebody shall look at a row next; it
//! is null where nobody shall, and the partial indexes hold only the others.
//! A leased row is due when its lease ends.

use rusqlite::Connection;

use crate::partner::PartnerCode;

use super::columns::{facts, perhaps, time};
use super::error::LedgerError;
use super::lives;

/// The version in `user_version`. A change of the schema is one more step in
/// [`prepare`], never a change of a step.
pub(super) const VERSION: i64 = 2;

/// Makes the schema, or brings it to the version that we know: a step each,
/// whole or not at all.
pub(super) fn prepare(sql: &Connection) -> Result<(), LedgerError> {
    let found = version(sql)?;
    if found == 0 {
        sql.execute_batch(&format!("BEGIN IMMEDIATE; {FIRST} PRAGMA user_version = 1; COMMIT;"))?;
    }
    if found < 2 {
        let step = sql.unchecked_transaction()?;
        step.execute_batch(SECOND)?;
        link_all(&step)?;
        step.pragma_update(None, "user_version", 2)?;
        step.commit()?;
    }
    check(sql)
}

/// Links of certificates that came before links were kept.
fn link_all(sql: &Connection) -> Result<(), LedgerError> {
    for select in [
        "SELECT country, document_type, number, status, import_country, transit, replaces,
            accepted_at, NULL FROM issued WHERE replaces <> '[]' ORDER BY key",
        "SELECT country, document_type, number, status, import_country, transit, replaces,
            received_at, partner FROM arrival WHERE replaces <> '[]' ORDER BY key",
    ] {
        let mut statement = sql.prepare(select)?;
        let rows = statement.query_map([], |row| {
            Ok((facts(row, 0)?, time(row, 7)?, perhaps::<PartnerCode>(row, 8)?))
        })?;
        for row in rows {
            let (facts, at, partner) = row?;
            lives::link(sql, &facts, partner.as_ref(), at)?;
        }
    }
    Ok(())
}

/// Checks that the schema is one we know.
pub(super) fn check(sql: &Connection) -> Result<(), LedgerError> {
    let found = version(sql)?;
    if found == VERSION {
        Ok(())
    } else if found > VERSION {
        Err(LedgerError::NewerSchema { found, known: VERSION })
    } else if found > 0 {
        Err(LedgerError::OlderSchema { found, known: VERSION })
    } else {
        Err(LedgerError::damaged(format!("its schema has the version {found}")))
    }
}

fn version(sql: &Connection) -> Result<i64, LedgerError> {
    Ok(sql.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

const FIRST: &str = "
-- Whose ledger this is: one row.
CREATE TABLE gateway (code TEXT NOT NULL, made_at INTEGER NOT NULL);

-- How far each segment file is synced and named by commits.
CREATE TABLE segment (file INTEGER PRIMARY KEY, length INTEGER NOT NULL);

-- Our own certificates: one row a version, as accepted.
CREATE TABLE issued (
    key BLOB PRIMARY KEY,
    country TEXT NOT NULL, document_type TEXT NOT NULL, number TEXT NOT NULL,
    folded TEXT NOT NULL, status TEXT NOT NULL,
    digest BLOB NOT NULL, digest_version INTEGER NOT NULL, xml_sha256 BLOB,
    import_country TEXT NOT NULL, transit TEXT NOT NULL, replaces TEXT NOT NULL,
    accepted_at INTEGER NOT NULL, producer TEXT,
    content_type TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX issued_version ON issued (country, document_type, number, status);
CREATE INDEX issued_folded ON issued (folded);

-- Which message ids submissions came under.
CREATE TABLE submission_id (
    message_id TEXT PRIMARY KEY,
    issued BLOB NOT NULL REFERENCES issued (key)
) WITHOUT ROWID;

-- Our duties. `issued` for a certificate; `answers` and `owed`, what it says, for
-- a receipt. `receipt_due`: the next step of the clock that waits for one.
-- `runs_from`: the first attempt, earlier by as long as the lane had stood
-- still until then; `give_up` counts from there by the lane's own clock.
-- `held`: deferred after a 5.1.x or 5.7.x, until the lane decides.
CREATE TABLE delivery (
    key BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    issued BLOB REFERENCES issued (key),
    answers BLOB REFERENCES letter (key),
    partner TEXT NOT NULL, state TEXT NOT NULL, letter_id TEXT NOT NULL,
    accepted_at INTEGER NOT NULL, not_useful_after INTEGER,
    due INTEGER, lease_owner BLOB, lease_until INTEGER, fence INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, under_way INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER, runs_from INTEGER, held INTEGER NOT NULL DEFAULT 0,
    entity TEXT, signed TEXT, letter TEXT, xml_sha256 BLOB,
    signer_sha256 TEXT, recipients_sha256 TEXT, signed_at INTEGER,
    handed_over_at INTEGER, receipt_due INTEGER, receipt_step INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER, owed TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX delivery_letter_id ON delivery (letter_id);
CREATE INDEX delivery_issued ON delivery (issued, partner);
CREATE INDEX delivery_pending ON delivery (partner, due, key) WHERE due IS NOT NULL;
CREATE INDEX delivery_receipts ON delivery (partner, due, key)
    WHERE due IS NOT NULL AND owed IS NOT NULL;
CREATE INDEX delivery_leased ON delivery (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE INDEX delivery_under_way ON delivery (under_way) WHERE under_way = 1;
CREATE INDEX delivery_receipt ON delivery (receipt_due) WHERE receipt_due IS NOT NULL;
CREATE INDEX delivery_answers ON delivery (answers) WHERE answers IS NOT NULL;
CREATE INDEX delivery_perishable ON delivery (not_useful_after)
    WHERE not_useful_after IS NOT NULL
    AND state IN ('waiting', 'sealed', 'deferred', 'in-doubt');
CREATE INDEX delivery_tried ON delivery (partner, runs_from)
    WHERE runs_from IS NOT NULL AND state IN ('deferred', 'in-doubt');
CREATE INDEX delivery_held ON delivery (partner) WHERE held = 1;

-- Which delivery waits for the verdict of which.
CREATE TABLE follows (
    predecessor BLOB NOT NULL REFERENCES delivery (key),
    successor BLOB NOT NULL REFERENCES delivery (key),
    PRIMARY KEY (predecessor, successor)
) WITHOUT ROWID;
CREATE INDEX follows_successor ON follows (successor);

-- One SMTP transaction each. No verdict while it is under way.
CREATE TABLE attempt (
    delivery BLOB NOT NULL REFERENCES delivery (key), n INTEGER NOT NULL,
    started_at INTEGER NOT NULL, ended_at INTEGER,
    peer TEXT, tls TEXT, phase TEXT, verdict TEXT, replies TEXT NOT NULL DEFAULT '[]',
    code TEXT, words TEXT,
    PRIMARY KEY (delivery, n)
) WITHOUT ROWID;

-- Evidence from the other side on a delivery of ours.
CREATE TABLE receipt (
    key BLOB PRIMARY KEY,
    delivery BLOB REFERENCES delivery (key), letter BLOB REFERENCES letter (key),
    kind TEXT NOT NULL, at INTEGER NOT NULL, disposition TEXT,
    verified INTEGER NOT NULL, signer_sha256 TEXT, code TEXT, words TEXT
) WITHOUT ROWID;
CREATE INDEX receipt_delivery ON receipt (delivery);

-- Letters at our door. `message_id` and `entity_sha256` of what was proven;
-- `about`: the letter of ours that a receipt nobody waits for speaks of. `opening`: an opening has begun and not ended. `suspect`:
-- it, or another that was open beside it, ended a run; it is opened alone.
CREATE TABLE letter (
    key BLOB PRIMARY KEY,
    taken_in_at INTEGER NOT NULL, octets TEXT NOT NULL, reverse_path TEXT, peer TEXT NOT NULL,
    state TEXT NOT NULL, opening INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,
    suspect INTEGER NOT NULL DEFAULT 0,
    judged_at INTEGER, gate INTEGER, code TEXT, words TEXT, partner TEXT,
    arrival BLOB REFERENCES arrival (key),
    message_id TEXT, entity_sha256 BLOB, about TEXT
) WITHOUT ROWID;
CREATE INDEX letter_proven ON letter (partner, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX letter_kept ON letter (about) WHERE state = 'kept';
CREATE INDEX letter_waiting ON letter (key) WHERE state = 'waiting';
CREATE INDEX letter_opening ON letter (opening) WHERE opening = 1;

-- Certificates of partners: one row a version, for ever.
CREATE TABLE arrival (
    key BLOB PRIMARY KEY,
    letter BLOB NOT NULL REFERENCES letter (key), partner TEXT NOT NULL,
    country TEXT NOT NULL, document_type TEXT NOT NULL, number TEXT NOT NULL,
    folded TEXT NOT NULL, status TEXT NOT NULL,
    digest BLOB NOT NULL, digest_version INTEGER NOT NULL, xml_sha256 BLOB NOT NULL,
    import_country TEXT NOT NULL, transit TEXT NOT NULL, replaces TEXT NOT NULL,
    received_at INTEGER NOT NULL, judgement TEXT NOT NULL,
    xml TEXT NOT NULL, entity TEXT NOT NULL, message_id TEXT NOT NULL,
    signer_sha256 TEXT NOT NULL, signed_at INTEGER NOT NULL, remarks TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX arrival_version
    ON arrival (partner, country, document_type, number, status);
CREATE UNIQUE INDEX arrival_digest ON arrival (partner, digest, digest_version);
CREATE INDEX arrival_folded ON arrival (folded);

-- What waits to be published, and what was.
CREATE TABLE publication (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    outlet TEXT NOT NULL, exchange TEXT NOT NULL, routing_key TEXT NOT NULL,
    message_id TEXT NOT NULL, kind TEXT, correlation_id TEXT, content_type TEXT,
    headers TEXT NOT NULL, body TEXT NOT NULL,
    made_at INTEGER NOT NULL, published_at INTEGER
);
CREATE UNIQUE INDEX publication_message_id ON publication (message_id);
CREATE INDEX publication_waiting ON publication (outlet, row) WHERE published_at IS NULL;

-- What happened, chained. `body` is the event without its digest.
CREATE TABLE event (
    stream INTEGER NOT NULL, seq INTEGER NOT NULL,
    direction TEXT NOT NULL, event TEXT NOT NULL, folded TEXT, id TEXT,
    body TEXT NOT NULL, digest BLOB NOT NULL
);
CREATE UNIQUE INDEX event_place ON event (stream, seq);
CREATE INDEX event_folded ON event (folded, seq) WHERE folded IS NOT NULL;
-- The head of each chain, and how far its events are published.
CREATE TABLE stream (
    stream INTEGER PRIMARY KEY, seq INTEGER NOT NULL, digest BLOB NOT NULL,
    published INTEGER NOT NULL DEFAULT 0
);

-- Partners that an operator or a lane has set aside: a row while it lasts.
CREATE TABLE suspension (
    partner TEXT PRIMARY KEY, since INTEGER NOT NULL, code TEXT NOT NULL, words TEXT NOT NULL,
    who TEXT
) WITHOUT ROWID;

-- Each lane's account. Its clock stands still while one of the last three is
-- 1: its circuit is open, it is suspended here, it is suspended in
-- partners.toml. `stood`: for how long it has, in milliseconds, until
-- `still_since`. `refusals`, `bounces`: 5.1.x and 5.7.x in a row.
-- `turns`: how often it was suspended or resumed here.
CREATE TABLE lane (
    partner TEXT PRIMARY KEY,
    refusals INTEGER NOT NULL DEFAULT 0, bounces INTEGER NOT NULL DEFAULT 0,
    stood INTEGER NOT NULL DEFAULT 0, still_since INTEGER,
    cut_off INTEGER NOT NULL DEFAULT 0, suspended INTEGER NOT NULL DEFAULT 0,
    set_aside INTEGER NOT NULL DEFAULT 0, turns INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Destinations that are not reached: a row while the circuit is open.
CREATE TABLE circuit (
    destination TEXT PRIMARY KEY, since INTEGER NOT NULL, probes INTEGER NOT NULL,
    probe_at INTEGER NOT NULL, code TEXT NOT NULL, words TEXT NOT NULL
) WITHOUT ROWID;
";

const SECOND: &str = "
-- Who says to replace whom: certificates of ours where `partner` is empty, else
-- of that partner; of one issuing country and type. `folded` is of the one
-- replaced, which may not be on record. `at`: when it was first said.
CREATE TABLE replacement (
    partner TEXT NOT NULL, country TEXT NOT NULL, document_type TEXT NOT NULL,
    replaced TEXT NOT NULL, folded TEXT NOT NULL, number TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (partner, country, document_type, replaced, number)
) WITHOUT ROWID;
CREATE INDEX replacement_of ON replacement (partner, country, document_type, number);
CREATE INDEX replacement_folded ON replacement (folded);
";
