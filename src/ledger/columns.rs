//! Columns: how our values stand in rows, and come back out of them.

use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::Type;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::certificate::{CertificateId, ContentDigest, CountryCode, Facts, Status};
use crate::clock::Timestamp;

/// A column of text that is one of our values.
pub(super) fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|fault| wrong(column, fault))
}

/// As [`parsed`], of a column that may be null.
pub(super) fn perhaps<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|fault| wrong(column, fault))).transpose()
}

/// A column that is a time.
pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

/// A column that is a time or null.
pub(super) fn perhaps_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
}

/// A column that is a key of ours.
pub(super) fn key(row: &Row<'_>, column: usize) -> rusqlite::Result<Uuid> {
    row.get::<_, [u8; 16]>(column).map(Uuid::from_bytes)
}

/// A column that is a content digest.
pub(super) fn content_digest(row: &Row<'_>, column: usize) -> rusqlite::Result<ContentDigest> {
    row.get::<_, [u8; 32]>(column).map(ContentDigest::from_bytes)
}

/// Three columns that are a certificate's id.
pub(super) fn certificate_id(row: &Row<'_>, first: usize) -> rusqlite::Result<CertificateId> {
    let country = parsed(row, first)?;
    let document_type = parsed(row, first + 1)?;
    let number: String = row.get(first + 2)?;
    CertificateId::new(country, document_type, &number).map_err(|fault| wrong(first + 2, fault))
}

/// Seven columns that are a certificate's facts: id, status, import country,
/// transit, replaces.
pub(super) fn facts(row: &Row<'_>, first: usize) -> rusqlite::Result<Facts> {
    let id = certificate_id(row, first)?;
    let status: Status = parsed(row, first + 3)?;
    let import_country: CountryCode = parsed(row, first + 4)?;
    Ok(Facts {
        id,
        status,
        import_country,
        transit: list(row, first + 5)?,
        replaces: list(row, first + 6)?,
    })
}

/// A column that is a JSON array.
pub(super) fn list<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Vec<T>> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|fault| wrong(column, fault))
}

/// A list as such a column holds it.
pub(super) fn list_text<T: serde::Serialize>(items: &[T]) -> String {
    serde_json::to_string(items).expect("lists of texts and numbers always serialise")
}

/// SHA-256 of octets.
pub(super) fn sha256(octets: &[u8]) -> [u8; 32] {
    Sha256::digest(octets).into()
}

/// Octets in lower-case hexadecimal digits.
pub(super) fn hex(octets: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(octets)
}

fn wrong<F: std::error::Error + Send + Sync + 'static>(column: usize, fault: F) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(fault))
}
