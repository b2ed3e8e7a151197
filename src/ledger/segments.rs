//! Segments: the octets of submissions, letters and publications, in
//! append-only files, one a month, beside the rows that name them.
//!
//! A record is a mark, its length, its SHA-256, and the octets. Commits name
//! it by a [`Place`]. The writer appends inside its transaction and syncs
//! before it commits, and each commit records how long the file is by then:
//! so what lies beyond is the torn or unnamed tail of a run that ended, and is
//! cut off when the next run opens the ledger. Whoever reads checks the digest.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::clock::Timestamp;

use super::columns::{hex, sha256};
use super::error::LedgerError;

const MARK: [u8; 4] = *b"CPS1";
const HEADER: usize = 4 + 8 + 32;
/// Files that a reader keeps open.
const OPEN_LIMIT: usize = 32;

//------------ Place ---------------------------------------------------------

/// Where octets lie, and their digest: `2026-11:1234:56:<hex>`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    /// Year and month as one number: 202611.
    file: u32,
    offset: u64,
    length: u64,
    pub(super) digest: [u8; 32],
}

/// The most that is read back at once, in octets.
const AT_ONCE: u64 = 32 << 20;

impl Place {
    /// How many of `places`, from the first on, are read back at once: as many
    /// as stay within 32 MiB together, and one at the least.
    pub(super) fn at_once<'p>(places: impl Iterator<Item = &'p Place>) -> usize {
        let mut whole = 0u64;
        let fitting = places.take_while(|place| {
            let first = whole == 0;
            whole = whole.saturating_add(place.length);
            first || whole <= AT_ONCE
        });
        fitting.count()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.file / 100, self.file % 100);
        write!(f, "{year:04}-{month:02}:{}:{}:{}", self.offset, self.length, hex(&self.digest))
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let mut parts = text.split(':');
            let (year, month) = parts.next()?.split_once('-')?;
            let year: u32 = year.parse().ok()?;
            let file = year.checked_mul(100)?.checked_add(month.parse().ok()?)?;
            let offset = parts.next()?.parse().ok()?;
            let length = parts.next()?.parse().ok()?;
            let digest = data_encoding::HEXLOWER.decode(parts.next()?.as_bytes()).ok()?;
            let digest = digest.try_into().ok()?;
            parts.next().is_none().then_some(Place { file, offset, length, digest })
        };
        read().ok_or_else(|| PlaceError { text: text.chars().take(120).collect() })
    }
}

/// A text that names no octets: damage.
#[derive(Debug, thiserror::Error)]
#[error("'{text}' names no octets")]
pub(super) struct PlaceError {
    text: String,
}

//------------ Folder --------------------------------------------------------

/// The folder of the segment files: beside the ledger, with its name.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder that belongs to the ledger at `path`.
    pub(super) fn of(path: &Path) -> Self {
        let mut name = path.as_os_str().to_owned();
        name.push("-octets");
        Folder(PathBuf::from(name))
    }

    /// Makes the folder, durably, if it is not there.
    pub(super) fn prepare(&self) -> Result<(), LedgerError> {
        if self.0.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&self.0).map_err(|source| self.trouble(&self.0, source))?;
        self.0.parent().map_or(Ok(()), |parent| self.sync(parent))
    }

    fn file(&self, file: u32) -> PathBuf {
        self.0.join(format!("{:04}-{:02}.seg", file / 100, file % 100))
    }

    fn sync(&self, folder: &Path) -> Result<(), LedgerError> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let synced = File::open(folder).and_then(|open| open.sync_all());
        synced.map_err(|source| self.trouble(folder, source))
    }

    fn trouble(&self, path: &Path, source: io::Error) -> LedgerError {
        LedgerError::Octets { path: path.to_owned(), source }
    }
}

//------------ Appender ------------------------------------------------------

/// The one writer of segments.
#[derive(Debug)]
pub(super) struct Appender {
    folder: Folder,
    /// The files appended to since they were opened, and their ends.
    ends: HashMap<u32, End>,
}

#[derive(Debug)]
struct End {
    open: File,
    /// Where the next record goes.
    length: u64,
    /// Where the last commit left it.
    committed: u64,
}

impl Appender {
    /// An appender to `folder`, where commits left the files as `known` says.
    ///
    /// What lies beyond is cut off; what is missing is damage.
    pub(super) fn open(folder: Folder, known: &HashMap<u32, u64>) -> Result<Self, LedgerError> {
        folder.prepare()?;
        for (file, length) in known {
            let path = folder.file(*file);
            let found = fs::metadata(&path).map(|found| found.len());
            let found = found.map_err(|source| folder.trouble(&path, source))?;
            if found < *length {
                return Err(LedgerError::damaged(format!(
                    "{} has {found} octets, and commits name {length}",
                    path.display()
                )));
            }
            if found > *length {
                let cut = OpenOptions::new().write(true).open(&path).and_then(|open| {
                    open.set_len(*length)?;
                    open.sync_all()
                });
                cut.map_err(|source| folder.trouble(&path, source))?;
            }
        }
        Ok(Appender { folder, ends: HashMap::new() })
    }

    /// Appends octets; they are durable after the next [`Appender::sync`].
    pub(super) fn append(
        &mut self,
        octets: &[u8],
        at: Timestamp,
        committed: impl FnOnce(u32) -> Result<u64, LedgerError>,
    ) -> Result<Place, LedgerError> {
        let file = month(at);
        if !self.ends.contains_key(&file) {
            let path = self.folder.file(file);
            let length = committed(file)?;
            let fresh = !path.exists();
            let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
            let open = open.map_err(|source| self.folder.trouble(&path, source))?;
            // Without a row of its own it was made by a run that never committed.
            open.set_len(length).map_err(|source| self.folder.trouble(&path, source))?;
            if fresh {
                self.folder.sync(&self.folder.0)?;
            }
            self.ends.insert(file, End { open, length, committed: length });
        }
        let Some(end) = self.ends.get_mut(&file) else {
            return Err(LedgerError::damaged("a segment that was opened is not open"));
        };
        let digest = sha256(octets);
        let length = octets.len() as u64;
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&MARK);
        header[4..12].copy_from_slice(&length.to_be_bytes());
        header[12..].copy_from_slice(&digest);
        let written = end
            .open
            .write_all_at(&header, end.length)
            .and_then(|()| end.open.write_all_at(octets, end.length + HEADER as u64));
        written.map_err(|source| self.folder.trouble(&self.folder.file(file), source))?;
        let place = Place { file, offset: end.length, length, digest };
        end.length += HEADER as u64 + length;
        Ok(place)
    }

    /// Where every file ends now, to come back to with [`Appender::back_to`].
    pub(super) fn marks(&self) -> Vec<(u32, u64)> {
        self.ends.iter().map(|(file, end)| (*file, end.length)).collect()
    }

    /// Forgets what was appended since `marks` were taken.
    pub(super) fn back_to(&mut self, marks: &[(u32, u64)]) {
        for (file, end) in &mut self.ends {
            let mark = marks.iter().find(|(marked, _)| marked == file);
            end.length = mark.map_or(end.committed, |(_, length)| *length);
        }
    }

    /// Makes all that was appended durable; the files and their lengths, for
    /// the commit to record.
    pub(super) fn sync(&mut self) -> Result<Vec<(u32, u64)>, LedgerError> {
        let mut grown = Vec::new();
        for (file, end) in &self.ends {
            if end.length > end.committed {
                let synced = end.open.sync_data();
                synced.map_err(|source| self.folder.trouble(&self.folder.file(*file), source))?;
                grown.push((*file, end.length));
            }
        }
        Ok(grown)
    }

    /// The commit that names what was appended is done; files of other
    /// months are closed.
    pub(super) fn committed(&mut self, at: Timestamp) {
        let current = month(at);
        self.ends.retain(|file, end| {
            end.committed = end.length;
            *file == current
        });
    }

    /// The commit failed: everything since the last one is forgotten.
    pub(super) fn forget(&mut self) {
        for end in self.ends.values_mut() {
            end.length = end.committed;
        }
    }
}

//------------ Library -------------------------------------------------------

/// A reader of segments.
#[derive(Debug)]
pub(super) struct Library {
    folder: Folder,
    open: HashMap<u32, File>,
}

impl Library {
    pub(super) fn new(folder: Folder) -> Self {
        Library { folder, open: HashMap::new() }
    }

    /// The octets at `place`, if they are still those that were written.
    pub(super) fn read(&mut self, place: &Place) -> Result<Vec<u8>, LedgerError> {
        let path = self.folder.file(place.file);
        let trouble = |source| LedgerError::Octets { path: path.clone(), source };
        if !self.open.contains_key(&place.file) {
            if self.open.len() >= OPEN_LIMIT {
                self.open.clear();
            }
            self.open.insert(place.file, File::open(&path).map_err(trouble)?);
        }
        let Some(open) = self.open.get(&place.file) else {
            return Err(LedgerError::damaged("a segment that was opened is not open"));
        };
        let wrong = |words: &str| {
            LedgerError::damaged(format!("{words} at {}, octet {}", path.display(), place.offset))
        };
        let mut header = [0; HEADER];
        open.read_exact_at(&mut header, place.offset).map_err(trouble)?;
        let same = header[..4] == MARK
            && header[4..12] == place.length.to_be_bytes()
            && header[12..] == place.digest;
        if !same {
            return Err(wrong("no record of what is named"));
        }
        let length = usize::try_from(place.length).map_err(|_fault| wrong("too long a record"))?;
        let mut octets = vec![0; length];
        open.read_exact_at(&mut octets, place.offset + HEADER as u64).map_err(trouble)?;
        if sha256(&octets) == place.digest { Ok(octets) } else { Err(wrong("changed octets")) }
    }
}

/// Year and month of `at`, as 202611.
fn month(at: Timestamp) -> u32 {
    let text = at.to_string();
    let number = |range| text.get(range).and_then(|part: &str| part.parse::<u32>().ok());
    number(0..4).unwrap_or(1970) * 100 + number(5..7).unwrap_or(1)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_read_back_at_once_is_bounded() {
        let places = |lengths: &[u64]| {
            let place =
                |length: &u64| Place { file: 202_611, offset: 0, length: *length, digest: [0; 32] };
            let places: Vec<Place> = lengths.iter().map(place).collect();
            Place::at_once(places.iter())
        };
        assert_eq!(places(&[]), 0);
        assert_eq!(places(&[1, 2, 3]), 3);
        assert_eq!(places(&[AT_ONCE, 1]), 1);
        assert_eq!(places(&[AT_ONCE + 1, 1]), 1);
        assert_eq!(places(&[AT_ONCE / 2, AT_ONCE / 2, 1]), 2);
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::of(&dir.path().join("a.db"));
        let mut appender = Appender::open(folder.clone(), &HashMap::new()).unwrap();
        let november = at("2026-11-30T23:59:59Z");
        let december = november.plus(Duration::from_secs(2));
        let one = appender.append(b"one", november, |_| Ok(0)).unwrap();
        let two = appender.append(b"", december, |_| Ok(0)).unwrap();
        let three = appender.append(&[7; 100_000], november, |_| Ok(0)).unwrap();
        let mut grown = appender.sync().unwrap();
        grown.sort_unstable();
        assert_eq!(grown.iter().map(|(file, _)| *file).collect::<Vec<_>>(), [202_611, 202_612]);
        let mut library = Library::new(folder);
        for (place, octets) in [(one, b"one".to_vec()), (two, vec![]), (three, vec![7; 100_000])] {
            let place: Place = place.to_string().parse().unwrap();
            assert_eq!(library.read(&place).unwrap(), octets);
        }
        assert!(one.to_string().starts_with("2026-11:0:3:"));
    }

    #[test]
    fn a_torn_tail_is_cut_and_a_missing_one_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::of(&dir.path().join("a.db"));
        let now = at("2026-11-23T20:30:00Z");
        let mut appender = Appender::open(folder.clone(), &HashMap::new()).unwrap();
        let kept = appender.append(b"kept", now, |_| Ok(0)).unwrap();
        let known = HashMap::from_iter(appender.sync().unwrap());
        appender.committed(now);
        appender.append(b"torn", now, |_| Ok(0)).unwrap();
        drop(appender);

        let mut appender = Appender::open(folder.clone(), &known).unwrap();
        let path = folder.file(202_611);
        assert_eq!(fs::metadata(&path).unwrap().len(), known[&202_611]);
        let next = appender.append(b"next", now, |file| Ok(known[&file])).unwrap();
        let mut library = Library::new(folder.clone());
        assert_eq!(library.read(&kept).unwrap(), b"kept");
        assert_eq!(library.read(&next).unwrap(), b"next");

        drop(appender);
        OpenOptions::new().write(true).open(&path).unwrap().set_len(10).unwrap();
        let fault = Appender::open(folder, &known).unwrap_err().to_string();
        assert!(fault.contains("2026-11.seg has 10 octets"), "{fault}");
    }

    #[test]
    fn changed_octets_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::of(&dir.path().join("a.db"));
        let now = at("2026-11-23T20:30:00Z");
        let mut appender = Appender::open(folder.clone(), &HashMap::new()).unwrap();
        let place = appender.append(b"20500.00", now, |_| Ok(0)).unwrap();
        appender.sync().unwrap();
        let open = OpenOptions::new().write(true).open(folder.file(202_611)).unwrap();
        open.write_all_at(b"3", HEADER as u64).unwrap();
        assert!(matches!(Library::new(folder).read(&place), Err(LedgerError::Damaged { .. })));
    }
}
