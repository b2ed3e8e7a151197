//! The other end of an SMTP connection, by script.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::process::Command;
use std::time::Duration;

use certpost::tls::{Acceptor, Encrypted};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const LIMIT: Duration = Duration::from_secs(20);

/// What the other end does, one step after another.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Sends these octets.
    Say(&'static str),
    /// Waits for a line that begins so.
    Hear(&'static str),
    /// Waits for the end of a text.
    Text,
    /// Reads some octets of a text, not its end.
    SomeText,
    /// TLS, as the server.
    Tls,
    /// Keeps the connection and says nothing until the client goes.
    Silence,
}

/// One connection, by `script`; then it is closed. What was heard.
pub async fn play(
    listener: &TcpListener,
    script: &[Step],
    acceptor: Option<&Acceptor>,
) -> Vec<String> {
    let played = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        let at = script.iter().position(|step| matches!(step, Step::Tls)).unwrap_or(script.len());
        let mut plain = BufReader::new(stream);
        if steps(&mut plain, &script[..at], &mut heard).await && at < script.len() {
            let stream: TcpStream = plain.into_inner();
            // A client that does not believe us ends the handshake.
            if let Ok(stream) = acceptor.unwrap().accept(stream, LIMIT).await {
                let mut stream: BufReader<Encrypted> = BufReader::new(stream);
                steps(&mut stream, &script[at + 1..], &mut heard).await;
            }
        }
        heard
    };
    tokio::time::timeout(LIMIT, played).await.expect("the script went on in time")
}

/// Whether the client stayed to the end.
async fn steps<S>(stream: &mut BufReader<S>, script: &[Step], heard: &mut Vec<String>) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for step in script {
        match step {
            Step::Say(text) => {
                if stream.write_all(text.as_bytes()).await.is_err() || stream.flush().await.is_err()
                {
                    return false;
                }
            }
            Step::Hear(begins) => {
                let mut line = String::new();
                match stream.read_line(&mut line).await {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => return false,
                }
                let good = line.starts_with(begins) && line.ends_with("\r\n");
                heard.push(line.trim_end().to_owned());
                assert!(good, "wanted {begins}, heard {heard:?}");
            }
            Step::Text => {
                let mut text = String::new();
                while !(text == ".\r\n" || text.ends_with("\r\n.\r\n")) {
                    match stream.read_line(&mut text).await {
                        Ok(1..) => {}
                        Ok(0) | Err(_) => {
                            heard.push(text);
                            return false;
                        }
                    }
                }
                heard.push(text);
            }
            Step::SomeText => {
                let mut line = String::new();
                stream.read_line(&mut line).await.unwrap();
            }
            Step::Silence => {
                let mut line = String::new();
                while matches!(stream.read_line(&mut line).await, Ok(1..)) {}
                heard.push(line);
                return false;
            }
            Step::Tls => unreachable!("split off"),
        }
    }
    true
}

/// A throw-away certificate for `mail.hm.example` and its key, PEM both.
pub fn certificate() -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=mail.hm.example", "-addext", "subjectAltName=DNS:mail.hm.example"])
        .args(["-days", "2", "-keyout", "key.pem", "-out", "x509.pem"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    (read("x509.pem"), read("key.pem"))
}

/// SHA-256 of the DER of a PEM certificate.
pub fn fingerprint(x509_pem: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let text = String::from_utf8(x509_pem.to_vec()).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let der = data_encoding::BASE64.decode(base64.as_bytes()).unwrap();
    Sha256::digest(der).into()
}
