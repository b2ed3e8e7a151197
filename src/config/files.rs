//! The files a configuration names: certificates, keys, secrets.

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use zeroize::Zeroizing;

/// No certificate, key, CRL or secret is larger than this.
const LIMIT: u64 = 16 << 20;

/// A file that everybody may read.
pub fn read_public(path: &Path) -> Result<Vec<u8>, String> {
    let file = fs::File::open(path).map_err(|fault| unreadable(path, &fault))?;
    let mut octets = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut octets).map_err(|fault| unreadable(path, &fault))?;
    if octets.len() as u64 > LIMIT {
        return Err(format!("{} is larger than 16 MiB; name the right file", path.display()));
    }
    Ok(octets)
}

/// A file that only the service's own user may read.
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    check_secret(path)?;
    read_public(path).map(Zeroizing::new)
}

/// Whether only the service's own user may read a file.
///
/// One that its group or others may read is refused, and so is one that
/// belongs to somebody else than that user or root: whoever owns a file can
/// change who reads it.
pub fn check_secret(path: &Path) -> Result<(), String> {
    let facts = fs::metadata(path).map_err(|fault| unreadable(path, &fault))?;
    let us = rustix::process::geteuid().as_raw();
    if facts.mode() & 0o077 != 0 {
        return Err(format!(
            "{} may be read or written by others than its owner (mode {:04o}); run chmod 600 {}",
            path.display(),
            facts.mode() & 0o7777,
            path.display()
        ));
    }
    if facts.uid() != us && facts.uid() != 0 {
        return Err(format!(
            "{} belongs to user {}, and certpost runs as user {us}; run chown {us} {}",
            path.display(),
            facts.uid(),
            path.display()
        ));
    }
    Ok(())
}

/// The first line of a secret file, without its line end.
pub fn read_secret_line(path: &Path) -> Result<Zeroizing<String>, String> {
    let octets = read_secret(path)?;
    let text = std::str::from_utf8(&octets)
        .map_err(|_not_text| format!("{} is not UTF-8 text; write it anew", path.display()))?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn unreadable(path: &Path, fault: &std::io::Error) -> String {
    format!("cannot read {}: {fault}; put the file there or correct the path", path.display())
}
