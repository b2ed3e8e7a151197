//! Who is connected, and how much they have on the way.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::mailbox::Limits;

/// Memory is counted in pieces.
const PIECE: usize = 64 * 1024;
/// Of those who are turned away, so many are told why.
const OUTSIDE: usize = 32;

//------------ Crowd ---------------------------------------------------------

/// All connections of one door.
pub struct Crowd {
    places: Arc<Semaphore>,
    outside: Arc<Semaphore>,
    pieces: Arc<Semaphore>,
    per_address: usize,
    present: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Crowd {
    /// Nobody yet.
    pub fn new(limits: &Limits) -> Self {
        Crowd {
            places: Arc::new(Semaphore::new(limits.connections)),
            outside: Arc::new(Semaphore::new(OUTSIDE)),
            pieces: Arc::new(Semaphore::new(limits.in_flight / PIECE)),
            per_address: limits.per_address,
            present: Arc::default(),
        }
    }

    /// A place for a client from `address`, if there is one.
    pub fn enter(&self, address: IpAddr) -> Option<Place> {
        let seat = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let neighbourhood = neighbourhood(address);
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let count = present.entry(neighbourhood).or_insert(0);
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(Place {
            neighbourhood,
            present: Arc::clone(&self.present),
            pieces: Arc::clone(&self.pieces),
            _seat: seat,
        })
    }

    /// A moment to tell somebody why there is no place.
    pub fn wait_outside(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.outside).try_acquire_owned().ok()
    }
}

/// One who has a whole IPv6 network has 2^64 addresses.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

//------------ Place ---------------------------------------------------------

/// One client's place; given back when dropped.
pub struct Place {
    neighbourhood: IpAddr,
    present: Arc<Mutex<HashMap<IpAddr, usize>>>,
    pieces: Arc<Semaphore>,
    _seat: OwnedSemaphorePermit,
}

impl Place {
    /// Memory for a letter, none of it taken yet.
    pub fn memory(&self) -> Memory {
        Memory { pieces: Arc::clone(&self.pieces), held: None, octets: 0 }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = present.get_mut(&self.neighbourhood) {
            *count -= 1;
            if *count == 0 {
                present.remove(&self.neighbourhood);
            }
        }
    }
}

//------------ Memory --------------------------------------------------------

/// What one letter takes of the memory for all.
pub struct Memory {
    pieces: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    octets: usize,
}

impl Memory {
    /// Takes as much as a letter of `octets` needs. Whether there was so much.
    pub fn reach(&mut self, octets: usize) -> bool {
        let wanted = octets.saturating_sub(self.octets).div_ceil(PIECE);
        if wanted == 0 {
            return true;
        }
        let count = u32::try_from(wanted).unwrap_or(u32::MAX);
        let Ok(more) = Arc::clone(&self.pieces).try_acquire_many_owned(count) else {
            return false;
        };
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        self.octets += wanted * PIECE;
        true
    }
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_memory_come_back() {
        let limits =
            Limits { connections: 3, per_address: 2, in_flight: 4 * PIECE, ..Limits::default() };
        let crowd = Crowd::new(&limits);
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let first = crowd.enter(one).unwrap();
        let second = crowd.enter("::ffff:192.0.2.1".parse().unwrap()).unwrap();
        assert!(crowd.enter(one).is_none(), "two of one address");
        let third = crowd.enter("2001:db8::1".parse().unwrap()).unwrap();
        assert!(crowd.enter("192.0.2.2".parse().unwrap()).is_none(), "three in all");
        drop((second, third));
        let again = crowd.enter(one).unwrap();
        let mut memory = first.memory();
        assert!(memory.reach(1) && memory.reach(PIECE) && memory.reach(4 * PIECE));
        assert!(!memory.reach(4 * PIECE + 1) && !again.memory().reach(1));
        drop(memory);
        assert!(again.memory().reach(4 * PIECE));
    }

    #[test]
    fn one_network_of_ipv6_is_one_address() {
        let network = |text: &str| neighbourhood(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("192.0.2.9"), "192.0.2.9");
    }
}
