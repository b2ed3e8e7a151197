//! What a running gateway shows at its HTTP door: whether it is ready, and
//! its numbers.
//!
//! What happened is counted in the ledger, from this run's start on; what is
//! open is counted there too. Of its own it knows only what no ledger can:
//! whether the broker is there and the doors are open.
//!
//! - here: what is watched, and the sums since the start;
//! - `families`: the numbers, by their names.

mod families;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, watch};

use crate::config::Configuration;
use crate::delivery::{Direction, EventKind};
use crate::inbound::door::Door;
use crate::ledger::{Happened, Ledger, LedgerError, Mark};
use crate::letter::Environment;
use crate::mailbox::{Room, TakeIn};
use crate::queue::Presence;
use crate::web::{Figure, Sample, Watched};

use families::{ends, gauge, happened, open, sample};

/// How long the ledger may take to say whether it can be written.
const SOON: Duration = Duration::from_secs(5);

//------------ Vitals --------------------------------------------------------

/// What the numbers are taken from.
pub struct Vitals {
    pub configuration: watch::Receiver<Arc<Configuration>>,
    pub ledger: Ledger,
    pub door: Arc<Door>,
    /// Whether the SMTP door takes connections.
    pub is_open: Arc<AtomicBool>,
    pub submissions: Presence,
    pub publications: Presence,
    /// What has been counted since the start.
    pub counted: Mutex<Totals>,
}

/// What happened since the start, and how far it has been counted.
#[derive(Debug, Default)]
pub struct Totals {
    mark: Mark,
    accepted: u64,
    events: BTreeMap<Key, u64>,
}

/// Direction and kind of events, partner and code.
type Key = (Direction, EventKind, String, String);

impl Totals {
    /// Counts from `mark` on.
    pub fn from(mark: Mark) -> Self {
        Totals { mark, ..Totals::default() }
    }

    fn add(&mut self, happened: Happened) {
        let Happened { direction, kind, partner, code, times } = happened;
        let partner = partner.map(|partner| partner.to_string()).unwrap_or_default();
        // Any other reason may be in a partner's words.
        let code = code.filter(|_| kind == EventKind::Quarantined).unwrap_or_default();
        *self.events.entry((direction, kind, partner, code)).or_default() += times;
    }

    /// The sum of what `label` gives a label to, for each label.
    fn sums(&self, label: impl Fn(&Key) -> Option<Vec<String>>) -> Vec<Sample> {
        let mut sums: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        for (key, times) in &self.events {
            if let Some(labels) = label(key) {
                *sums.entry(labels).or_default() += times;
            }
        }
        sums.into_iter().map(|(labels, times)| Sample { labels, value: times as f64 }).collect()
    }
}

impl Watched for Vitals {
    async fn lacking(&self) -> Vec<String> {
        let mut lacking = Vec::new();
        for (presence, does) in
            [(&self.submissions, "nothing is taken"), (&self.publications, "nothing is published")]
        {
            if !presence.is_connected() {
                lacking.push(format!("no connection to the broker: {does}"));
            }
        }
        // The words of a fault may hold a path; the log has them.
        match tokio::time::timeout(SOON, self.ledger.writable()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => lacking.push("the ledger cannot be written".to_owned()),
            Err(_) => lacking.push("the ledger does not answer".to_owned()),
        }
        if !self.is_open.load(Ordering::Relaxed) {
            lacking.push("the SMTP door is closed".to_owned());
        }
        match self.door.room(0) {
            Room::Enough => {}
            Room::Short => lacking.push("the disk is nearly full: no letter is taken".to_owned()),
            Room::Closed => lacking.push("no letter is taken".to_owned()),
        }
        lacking
    }

    async fn figures(&self) -> Result<Vec<Figure>, String> {
        let fault = |fault: LedgerError| fault.to_string();
        let mut totals = self.counted.lock().await;
        loop {
            let counted = self.ledger.count_since(totals.mark.clone()).await.map_err(fault)?;
            totals.mark = counted.mark;
            totals.accepted += counted.accepted;
            counted.events.into_iter().for_each(|happened| totals.add(happened));
            if counted.is_whole {
                break;
            }
        }
        let waiting = self.ledger.waiting().await.map_err(fault)?;
        let lanes = self.ledger.lanes().await.map_err(fault)?;
        let now = self.ledger.clock().now();
        let configuration = self.configuration.borrow().clone();
        let mut figures = happened(&totals);
        figures.extend(open(&waiting, &lanes, &configuration, now));
        figures.extend(ends(&configuration, now));
        figures.extend(self.house(&configuration));
        Ok(figures)
    }
}

impl Vitals {
    /// The SMTP door, which counts as open while `serving` lasts.
    pub fn while_open(
        &self,
        serving: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let is_open = Arc::clone(&self.is_open);
        async move {
            is_open.store(true, Ordering::Relaxed);
            serving.await;
            is_open.store(false, Ordering::Relaxed);
        }
    }

    fn house(&self, configuration: &Configuration) -> Vec<Figure> {
        let yes = |yes: bool| f64::from(u8::from(yes));
        let environment = match configuration.gateway.environment {
            Environment::Live => "live",
            Environment::Training => "training",
        };
        let mut figures = vec![
            gauge(
                "broker_connected",
                "Whether there is a connection to the broker.",
                &["connection"],
                vec![
                    sample(&["publications"], yes(self.publications.is_connected())),
                    sample(&["submissions"], yes(self.submissions.is_connected())),
                ],
            ),
            gauge(
                "build_info",
                "Which certpost this is; always 1.",
                &["version", "environment"],
                vec![sample(&[env!("CARGO_PKG_VERSION"), environment], 1.0)],
            ),
        ];
        let folder = configuration.ledger.parent().unwrap_or(Path::new("."));
        if let Ok(facts) = rustix::fs::statvfs(folder) {
            let free = facts.f_bavail.saturating_mul(facts.f_frsize);
            figures.push(gauge(
                "disk_free_bytes",
                "Room left where the ledger lies.",
                &[],
                vec![sample(&[], free as f64)],
            ));
        }
        figures
    }
}
