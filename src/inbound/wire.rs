//! Questions and answers on a pipe: four octets of length, most significant
//! first, and MessagePack.

use std::io::{self, ErrorKind, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// No question and no answer is longer, in octets: letters have 25 MiB.
const LIMIT: usize = 1 << 29;

/// A question or answer with its length. Zeroed when dropped: one of them
/// holds keys.
pub fn frame(said: &impl Serialize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut octets = Zeroizing::new(vec![0; 4]);
    rmp_serde::encode::write(&mut *octets, said).map_err(io::Error::other)?;
    let length = octets.len() - 4;
    let head = u32::try_from(length).ok().filter(|_| length <= LIMIT).ok_or_else(too_long)?;
    octets.splice(..4, head.to_be_bytes());
    Ok(octets)
}

fn length(head: [u8; 4]) -> io::Result<usize> {
    usize::try_from(u32::from_be_bytes(head)).ok().filter(|it| *it <= LIMIT).ok_or_else(too_long)
}

fn meant<T: DeserializeOwned>(octets: &[u8]) -> io::Result<T> {
    rmp_serde::from_slice(octets).map_err(|fault| io::Error::new(ErrorKind::InvalidData, fault))
}

fn too_long() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "a question or answer of more than 512 MiB")
}

/// Reads one; nothing if the other side has closed the pipe between two.
pub fn read<T: DeserializeOwned>(pipe: &mut impl Read) -> io::Result<Option<T>> {
    let mut head = [0; 4];
    match pipe.read_exact(&mut head) {
        Err(fault) if fault.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut octets = Zeroizing::new(vec![0; length(head)?]);
    pipe.read_exact(&mut octets)?;
    meant(&octets).map(Some)
}

/// Writes one.
pub fn write(pipe: &mut impl Write, said: &impl Serialize) -> io::Result<()> {
    pipe.write_all(&frame(said)?)?;
    pipe.flush()
}

/// As [`read`], of a pipe that must not be closed.
pub async fn receive<T: DeserializeOwned>(pipe: &mut (impl AsyncRead + Unpin)) -> io::Result<T> {
    let mut head = [0; 4];
    pipe.read_exact(&mut head).await?;
    let mut octets = Zeroizing::new(vec![0; length(head)?]);
    pipe.read_exact(&mut octets).await?;
    meant(&octets)
}

/// Sends a [`frame`].
pub async fn send(pipe: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> io::Result<()> {
    pipe.write_all(frame).await?;
    pipe.flush().await
}
