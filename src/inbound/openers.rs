//! Openers: processes of our own that open letters (`certpost prove`).
//!
//! A letter is what a stranger wrote, and the first thing done with it is to
//! parse it, in part by code in C. So that happens where there is nothing to
//! be had: in a process without network, broker, ledger or files, which knows
//! the decrypting keys and the partners' certificates and nothing else, and is
//! bounded in memory and time. One that dies is replaced, and the letter it
//! died of is known by that.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::opening::{Answer, Ask};
use super::terms::HandedTerms;
use super::wire;
use crate::config::Configuration;
use crate::runtime;
use crate::smime::SmimeError;

/// A letter that takes longer to open is given up. 25 MiB take a second.
const PATIENCE: Duration = Duration::from_secs(60);

//------------ Openers -------------------------------------------------------

/// As many processes as may open letters at once, started when needed.
#[derive(Clone)]
pub struct Openers(Arc<Room>);

struct Room {
    /// How much memory each may take, in octets.
    memory: usize,
    seats: Arc<Semaphore>,
    idle: Mutex<Vec<Opener>>,
    told: Mutex<Told>,
}

/// What the openers are to judge by.
#[derive(Clone, Default)]
struct Told {
    configuration: Option<Arc<Configuration>>,
    /// The terms of it, on the wire.
    frame: Arc<Zeroizing<Vec<u8>>>,
    generation: u64,
}

struct Opener {
    /// Killed when it is dropped.
    _process: Child,
    questions: ChildStdin,
    answers: ChildStdout,
    /// Which terms it was told.
    generation: u64,
}

impl Openers {
    /// Room for `count` processes of at most `memory` octets each.
    pub fn new(count: usize, memory: usize) -> Openers {
        Openers(Arc::new(Room {
            memory,
            seats: Arc::new(Semaphore::new(count.max(1))),
            idle: Mutex::default(),
            told: Mutex::default(),
        }))
    }

    /// From now on letters are judged by `configuration`.
    ///
    /// # Errors
    ///
    /// Its keys cannot be handed over; the terms before stay in force.
    pub fn judge_by(&self, configuration: Arc<Configuration>) -> Result<(), OpenerError> {
        let mut told = held(&self.0.told);
        if told.configuration.as_ref().is_some_and(|known| Arc::ptr_eq(known, &configuration)) {
            return Ok(());
        }
        let frame = wire::frame(&Ask::Terms(HandedTerms::of(&configuration)?))?;
        *told = Told {
            configuration: Some(configuration),
            frame: Arc::new(frame),
            generation: told.generation + 1,
        };
        Ok(())
    }

    /// A process that knows the terms, for one letter; waits for one.
    ///
    /// # Errors
    ///
    /// None can be started; the machine's trouble, and no letter's.
    pub async fn session(&self) -> Result<Session, OpenerError> {
        let seat = Arc::clone(&self.0.seats).acquire_owned().await;
        let seat = seat.map_err(|closed| OpenerError::Pipe(io::Error::other(closed)))?;
        let mut opener = match self.idle() {
            Some(opener) => opener,
            None => start(self.0.memory)?,
        };
        let told = held(&self.0.told).clone();
        if opener.generation != told.generation {
            match opener.dialogue(&told.frame).await? {
                Answer::Ready => opener.generation = told.generation,
                Answer::Fault(words) => return Err(OpenerError::Terms(words)),
                _ => return Err(OpenerError::Terms("it answered something else".to_owned())),
            }
        }
        Ok(Session { room: self.clone(), opener: Some(opener), _seat: seat })
    }

    fn idle(&self) -> Option<Opener> {
        held(&self.0.idle).pop()
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is held has no state between two statements that could be broken.
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(memory: usize) -> Result<Opener, OpenerError> {
    let mut process = runtime::ourselves(&["prove", "--memory", &memory.to_string()])?;
    let (Some(questions), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
        return Err(OpenerError::Pipe(io::Error::other("it has no pipes")));
    };
    Ok(Opener { _process: process, questions, answers, generation: 0 })
}

impl Opener {
    async fn dialogue(&mut self, frame: &[u8]) -> io::Result<Answer> {
        let talk = async {
            wire::send(&mut self.questions, frame).await?;
            wire::receive(&mut self.answers).await
        };
        match tokio::time::timeout(PATIENCE, talk).await {
            Ok(answer) => answer,
            Err(_elapsed) => {
                let words = format!("no answer in {} s", PATIENCE.as_secs());
                Err(io::Error::new(io::ErrorKind::TimedOut, words))
            }
        }
    }
}

//------------ Session -------------------------------------------------------

/// A process that opens one letter.
pub struct Session {
    room: Openers,
    /// Taken out while it is asked: whoever stops waiting leaves an answer in
    /// the pipe that is nobody's, and the process is ended.
    opener: Option<Opener>,
    _seat: OwnedSemaphorePermit,
}

impl Session {
    /// Asks, and waits for the answer a minute at most.
    ///
    /// # Errors
    ///
    /// The process died of it, or was ended because it took too long.
    pub async fn ask(&mut self, ask: &Ask) -> Result<Answer, OpenerError> {
        let frame = wire::frame(ask)?;
        let mut opener = self.opener.take().ok_or(OpenerError::Gone)?;
        let answer = opener.dialogue(&frame).await?;
        self.opener = Some(opener);
        Ok(answer)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(opener) = self.opener.take() {
            held(&self.room.0.idle).push(opener);
        }
    }
}

//------------ OpenerError ---------------------------------------------------

/// A process that opens letters could not be had, or is gone.
#[derive(Debug, thiserror::Error)]
pub enum OpenerError {
    /// It died before, of the same letter.
    #[error("the process that opens letters is gone")]
    Gone,
    /// Our keys could not be handed over; a bug of ours, or memory ran out.
    #[error(transparent)]
    Handed(#[from] SmimeError),
    /// It could not be started, or died.
    #[error("the process that opens letters: {0}")]
    Pipe(#[from] io::Error),
    /// It does not understand the terms; a bug of ours.
    #[error("the process that opens letters does not take the terms: {0}")]
    Terms(String),
}
