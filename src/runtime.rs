//! The only starter of tasks and threads.
//!
//! Whoever wants something to run beside it asks here, so that one place
//! knows what is running, every task ends on the one cancellation token, and
//! a stop waits for all of them. `clippy.toml` bans `tokio::spawn` and
//! `std::thread::spawn` everywhere else.

use std::future::Future;
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

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
