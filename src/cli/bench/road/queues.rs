//! What is put on the queues, and what is sent past them.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::cli::bench::{certificate, numbered};
use crate::queue::topology::SUBMISSIONS;
use crate::queue::{Broker, Outgoing, QueueError};

const CONFIRM: Duration = Duration::from_secs(30);
/// Publications that wait for their confirms.
const WINDOW: usize = 200;

/// Puts `count` certificates on the submissions queue of a vhost; each is
/// confirmed when this returns.
pub async fn fill(url: &str, count: u32) -> Result<(), QueueError> {
    let broker = Broker::connect(url, "bench").await?;
    broker.declare().await?;
    let publisher = broker.publisher().await?;
    let mut waiting = VecDeque::new();
    for n in 1..=count {
        waiting.push_back(publisher.publish(&outgoing(n), CONFIRM).await?);
        if waiting.len() > WINDOW
            && let Some(oldest) = waiting.pop_front()
        {
            oldest.confirmed().await?;
        }
    }
    for confirmation in waiting {
        confirmation.confirmed().await?;
    }
    broker.close().await;
    Ok(())
}

fn outgoing(n: u32) -> Outgoing {
    Outgoing {
        exchange: SUBMISSIONS.to_owned(),
        routing_key: "851.AQ".to_owned(),
        message_id: format!("bench-{n}"),
        kind: None,
        correlation_id: Some(format!("BV/851/{}", numbered(n))),
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        body: certificate(n),
    }
}

/// Sends the same letter again and again over one connection, with the next
/// envelope behind each letter.
pub async fn send(port: u16, letter: &[u8], count: u32) -> io::Result<()> {
    const ENVELOPE: &[u8] = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n";
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?);
    stream.get_ref().set_nodelay(true)?;
    answer(&mut stream, b"220").await?;
    stream.get_mut().write_all(ENVELOPE).await?;
    let text = [letter, b".\r\n", ENVELOPE].concat();
    for _ in 0..count {
        answer(&mut stream, b"354").await?;
        stream.get_mut().write_all(&text).await?;
    }
    answer(&mut stream, b"354").await
}

/// Reads until a line begins with `code`.
async fn answer(stream: &mut BufReader<TcpStream>, code: &[u8]) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.starts_with(code) {
            return Ok(());
        }
    }
}
