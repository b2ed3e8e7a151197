//! One gateway of the demo at work, in a process of its own.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::leash::{Ending, Leash};
use super::place::Place;

const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(50);

//------------ GatewayError --------------------------------------------------

/// Why a gateway of the demo is not up.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It ended by itself; its last words say why.
    #[error("the gateway {code} ended ({status}); it said:\n{words}")]
    Ended { code: &'static str, status: String, words: String },
    /// It runs and does not open its door.
    #[error("the gateway {code} did not open its SMTP door within {} s; it said:\n{words}", PATIENCE.as_secs())]
    Late { code: &'static str, words: String },
    /// The machine gave no file or program.
    #[error("the machine: {0}")]
    Machine(#[from] io::Error),
}

//------------ Gateway -------------------------------------------------------

/// A gateway at work, in a process of its own; ended when dropped.
#[derive(Debug)]
pub struct Gateway {
    code: &'static str,
    smtp: u16,
    leash: Leash,
}

impl Gateway {
    /// Starts `program run` in `place`.
    pub fn start(place: &Place, program: &Path, ending: Ending) -> Result<Gateway, GatewayError> {
        let configuration = place.configuration();
        let arguments = [OsStr::new("--config"), configuration.as_os_str(), OsStr::new("run")];
        let environment = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", place.folder().display().to_string()),
            ("LANG", "C.UTF-8".to_owned()),
            ("RUST_LOG", std::env::var("RUST_LOG").unwrap_or("info".to_owned())),
        ];
        let log = place.folder().join("gateway.log");
        let leash = Leash::start(
            program.as_os_str(),
            &arguments,
            &environment,
            place.folder(),
            &log,
            ending,
        )?;
        Ok(Gateway { code: place.code, smtp: place.ports.smtp, leash })
    }

    /// Waits until its SMTP door greets.
    pub async fn ready(&mut self) -> Result<(), GatewayError> {
        let deadline = Instant::now() + PATIENCE;
        while !self.greets().await {
            self.alive()?;
            if Instant::now() > deadline {
                return Err(GatewayError::Late { code: self.code, words: self.leash.last_words() });
            }
            sleep(GLANCE).await;
        }
        // Another program may have taken the port and greet in its place.
        self.alive()
    }

    /// That it still runs.
    pub fn alive(&mut self) -> Result<(), GatewayError> {
        match self.leash.ended() {
            None => Ok(()),
            Some(status) => {
                let words = self.leash.last_words();
                Err(GatewayError::Ended { code: self.code, status: status.to_string(), words })
            }
        }
    }

    /// Ends it as it was started to end, and says how it ended.
    pub fn end(&mut self) -> io::Result<ExitStatus> {
        self.leash.end()
    }

    /// Whose it is.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// Tells it to end, without waiting for it.
    pub fn release(&mut self) {
        self.leash.release();
    }

    async fn greets(&self) -> bool {
        let mut greeting = [0; 4];
        let asked = timeout(Duration::from_secs(2), async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.smtp)).await?;
            stream.read_exact(&mut greeting).await
        });
        matches!(asked.await, Ok(Ok(_read))) && greeting == *b"220 "
    }
}
