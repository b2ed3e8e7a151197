//! Which connections stand, by destination.
//!
//! A server that serves some connections and says 421 to one more is there
//! all the same: that counts against no circuit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

//------------ Standing ------------------------------------------------------

/// The connections that stand. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Standing(Arc<Mutex<HashMap<String, usize>>>);

impl Standing {
    /// Whether a connection to `destination` stands.
    pub fn is_at(&self, destination: &str) -> bool {
        self.lock().contains_key(destination)
    }

    /// Counts a connection to `destination`, until what it gives is dropped.
    pub fn count(&self, destination: String) -> Stand {
        *self.lock().entry(destination.clone()).or_default() += 1;
        Stand { standing: self.clone(), destination }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        // A count is whole at every line that could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//------------ Stand ---------------------------------------------------------

/// One connection that stands.
#[derive(Debug)]
pub struct Stand {
    standing: Standing,
    destination: String,
}

impl Drop for Stand {
    fn drop(&mut self) {
        let mut counts = self.standing.lock();
        if let Some(count) = counts.get_mut(&self.destination) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.destination);
            }
        }
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_until_the_last_is_gone() {
        let standing = Standing::default();
        let one = standing.count("mail.hm.example:25".to_owned());
        let other = standing.count("mail.hm.example:25".to_owned());
        drop(one);
        assert!(standing.is_at("mail.hm.example:25"));
        assert!(!standing.is_at("mail.gs.example:25"));
        drop(other);
        assert!(!standing.is_at("mail.hm.example:25"));
    }
}
