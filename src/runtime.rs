//! The only starter of tasks and threads.
//!
//! Whoever wants something to run beside it asks here, so that one place
//! knows what is running, every task ends on the one cancellation token, and
//! a stop waits for all of them. `clippy.toml` bans `tokio::spawn` and
//! `std::thread::spawn` everywhere else.

use std::future::Future;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::process::Child;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

//------------ Runtime -------------------------------------------------------

/// The tasks of one running gateway, and the token that ends them.
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Runtime {
    /// A runtime with nothing running.
    pub fn new() -> Self {
        Self::default()
    }

    /// The token on which every task ends. A task that waits for anything
    /// waits for this as well.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Starts a task. It must end soon after [`Runtime::token`] is cancelled.
    #[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        tokio::spawn(self.tasks.track_future(task));
    }

    /// Tells every task to end and waits for them, `limit` at most.
    ///
    /// Returns whether all ended in time.
    pub async fn stop(&self, limit: Duration) -> bool {
        self.token.cancel();
        self.tasks.close();
        tokio::time::timeout(limit, self.tasks.wait()).await.is_ok()
    }
}

/// Starts a named thread, for work that blocks: the ledger's writer, the
/// crypto threads. It must end when its channel closes.
#[expect(clippy::disallowed_methods, reason = "the one place that starts threads")]
pub fn thread<F>(name: &str, work: F) -> io::Result<JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    std::thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// Starts the program that is running as another process, with pipes to its
/// standard input and output; it is killed when the answer is dropped.
///
/// Not by its path: an update may have put another file there.
#[expect(clippy::disallowed_methods, reason = "the one place that starts ourselves")]
pub fn ourselves(arguments: &[&str]) -> io::Result<Child> {
    tokio::process::Command::new("/proc/self/exe")
        .arg0(env!("CARGO_PKG_NAME"))
        .args(arguments)
        .env_clear()
        // An arena of its own size at once would fill the room it is given.
        .env("MIMALLOC_ARENA_RESERVE", "64MiB")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

//------------ Crew ----------------------------------------------------------

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads for work that keeps a core busy: reading
/// certificates, signing, sealing, opening.
///
/// One thread a core and a bounded queue before them: a thread per letter
/// costs a sixth of the road, and a queue without an end is a memory leak.
#[derive(Clone, Debug)]
pub struct Crew {
    jobs: mpsc::Sender<Job>,
}

impl Crew {
    /// Starts `threads` threads with room for `waiting` jobs before them.
    pub fn start(threads: usize, waiting: usize) -> io::Result<Crew> {
        let (jobs, queue) = mpsc::channel::<Job>(waiting.max(1));
        let queue = Arc::new(Mutex::new(queue));
        for n in 0..threads.max(1) {
            let queue = Arc::clone(&queue);
            thread(&format!("crew-{n}"), move || work(&queue))?;
        }
        Ok(Crew { jobs })
    }

    /// Has `job` done by one of the threads, and waits for it.
    ///
    /// # Errors
    ///
    /// [`CrewError`] if the job panicked or the crew has gone home.
    pub async fn run<T, F>(&self, job: F) -> Result<T, CrewError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (answer, done) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Whoever asked may have gone; then nobody wants the answer.
            let _gone = answer.send(job());
        });
        self.jobs.send(job).await.map_err(|_closed| CrewError)?;
        done.await.map_err(|_dropped| CrewError)
    }
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let job = match queue.lock() {
            Ok(mut queue) => queue.blocking_recv(),
            Err(_poisoned) => return,
        };
        let Some(job) = job else { return };
        // A job that panics is a bug of ours, and must not take a core away:
        // whoever asked learns of it by the answer that never comes.
        let _told_by_the_missing_answer =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
    }
}

/// A job ended without an answer: it panicked, which is a bug of ours, or the
/// program is ending.
#[derive(Debug, thiserror::Error)]
#[error("a job ended without an answer; if the program is not ending, report it")]
pub struct CrewError;

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panicking_job_leaves_the_crew_at_work() {
        let crew = Crew::start(1, 4).unwrap();
        assert!(crew.run(|| panic!("planted")).await.is_err());
        assert_eq!(crew.run(|| 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_stop_waits_for_every_task() {
        let runtime = Runtime::new();
        let token = runtime.token().clone();
        runtime.spawn(async move { token.cancelled().await });
        assert!(runtime.stop(Duration::from_secs(5)).await);
        let stuck = Runtime::new();
        stuck.spawn(std::future::pending());
        assert!(!stuck.stop(Duration::from_millis(10)).await);
    }
}
