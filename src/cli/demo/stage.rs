//! Everything that stands and runs: places, programs, and their certain end.

use std::path::{Path, PathBuf};

use super::broker::PrivateBroker;
use super::cast::{OURS, PARTNERS, Part};
use super::gateway::Gateway;
use super::keys::Keyring;
use super::leash::{Ending, Ground, Leash, free_ports};
use super::mail::Peers;
use super::place::{Place, Ports, Receipt};
use super::{DemoError, broker};
use crate::runtime::Crew;
use crate::smime::SmimeError;

/// The folder of what is there to be tried by hand.
pub const TRY: &str = "try";

//------------ Scenery -------------------------------------------------------

/// What is written on disk for the demo.
pub struct Scenery {
    pub ground: PathBuf,
    pub program: PathBuf,
    pub peers: Peers,
    pub ours: Place,
    /// In the order of [`PARTNERS`].
    pub partners: Vec<Place>,
    /// Says that it is the first partner, and signs with a key that is not pinned.
    pub forger: Place,
}

impl Scenery {
    /// The place of `code`; ours, if it is nobody's.
    pub fn place(&self, code: &str) -> &Place {
        self.partners.iter().find(|place| place.code == code).unwrap_or(&self.ours)
    }

    /// Every place with a gateway, ours first.
    pub fn gateways(&self) -> Vec<&Place> {
        let partners = self.partners.iter().zip(PARTNERS);
        let theirs = partners.filter(|(_, player)| player.part.has_gateway());
        std::iter::once(&self.ours).chain(theirs.map(|(place, _)| place)).collect()
    }

    /// The partner that has no certpost.
    pub fn opener(&self) -> &Place {
        let opener = PARTNERS.iter().find(|player| player.part == Part::Openssl);
        self.place(opener.map_or("", |player| player.code))
    }
}

//------------ Stage ---------------------------------------------------------

/// Everything that runs; dropped in this order.
pub struct Stage {
    pub gateways: Vec<Gateway>,
    servers: Vec<Leash>,
    broker: PrivateBroker,
    ground: Ground,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // All are told at once, and then waited for one by one.
        self.gateways.iter_mut().for_each(Gateway::release);
        self.servers.iter_mut().for_each(Leash::release);
        self.gateways.clear();
        self.servers.clear();
        self.broker.release();
    }
}

impl Stage {
    /// Starts the broker, makes keys, writes every file, and starts all but
    /// the gateways. Each mail server keeps back its reply to letter number
    /// `hold`.
    pub async fn set(crew: &Crew, hold: u32) -> Result<(Stage, Scenery), DemoError> {
        let program = std::env::current_exe()?;
        let ground = Ground::new()?;
        let peers = Peers::at(ground.path())?;
        let vhosts = vhosts();
        let vhosts: Vec<&str> = vhosts.iter().map(String::as_str).collect();
        let broker = broker::PrivateBroker::start(ground.path(), &vhosts);
        let (broker, keys) = tokio::join!(broker, keyrings(crew));
        let broker = broker?;
        let scenery = scenery(program, &ground, peers, &broker, keys?)?;
        let mut stage = Stage { gateways: Vec::new(), servers: Vec::new(), broker, ground };
        for (place, player) in scenery.partners.iter().zip(PARTNERS) {
            match player.part {
                Part::Greylists => stage.servers.push(scenery.peers.greylisting(place, hold)?),
                Part::Openssl => {
                    stage.servers.push(scenery.peers.keeping(place, &scenery.ours, hold)?);
                }
                Part::Down | Part::Healthy => {}
            }
        }
        Ok((stage, scenery))
    }

    /// Starts a gateway, without waiting for it.
    pub fn start(
        &mut self,
        place: &Place,
        program: &Path,
        ending: Ending,
    ) -> Result<(), DemoError> {
        self.gateways.push(Gateway::start(place, program, ending)?);
        Ok(())
    }

    /// The running gateway of `code`.
    pub fn gateway(&mut self, code: &str) -> Option<&mut Gateway> {
        self.gateways.iter_mut().find(|gateway| gateway.code() == code)
    }

    /// How many mail servers run that are not certpost.
    pub fn servers(&self) -> usize {
        self.servers.len()
    }

    /// That every gateway and mail server still runs.
    pub fn alive(&mut self) -> Result<(), DemoError> {
        for gateway in &mut self.gateways {
            gateway.alive()?;
        }
        for server in &mut self.servers {
            if server.ended().is_some() {
                return Err(DemoError::Server { words: server.last_words() });
            }
        }
        Ok(())
    }

    /// Where everything lies.
    pub fn ground(&self) -> &Path {
        self.ground.path()
    }
}

/// A vhost for each gateway.
fn vhosts() -> Vec<String> {
    let theirs = super::cast::gateways().map(|player| player.code);
    std::iter::once(OURS).chain(theirs).map(str::to_ascii_lowercase).collect()
}

/// Ours first, then the partners'.
async fn keyrings(crew: &Crew) -> Result<Vec<Keyring>, DemoError> {
    let codes: Vec<&'static str> =
        std::iter::once(OURS).chain(PARTNERS.iter().map(|player| player.code)).collect();
    let made = codes.into_iter().map(|code| crew.run(move || Keyring::make(code)));
    let made = futures_util::future::try_join_all(made).await?;
    Ok(made.into_iter().collect::<Result<_, SmimeError>>()?)
}

fn scenery(
    program: PathBuf,
    ground: &Ground,
    peers: Peers,
    broker: &PrivateBroker,
    keys: Vec<Keyring>,
) -> Result<Scenery, DemoError> {
    let ground = ground.path();
    let [forger_port, ports @ ..] = free_ports::<16>()?;
    let mut ports = ports.chunks_exact(3);
    let mut keys = keys.into_iter();
    let mut place = |code: &'static str, fronted: bool| -> Option<Place> {
        let (keys, [mail, smtp, http]) = (keys.next()?, ports.next()?) else { return None };
        let ports = Ports { mail: if fronted { *mail } else { *smtp }, smtp: *smtp, http: *http };
        let url = broker.url(&code.to_ascii_lowercase());
        Some(Place::new(code, ground, code, ports, url, keys))
    };
    let ours = place(OURS, false).ok_or(DemoError::Keyless)?;
    let partners = PARTNERS
        .iter()
        .map(|player| place(player.code, player.part == Part::Greylists).ok_or(DemoError::Keyless));
    let partners = partners.collect::<Result<Vec<_>, _>>()?;
    let victim = &partners[0];
    let forger = Place::new(
        victim.code,
        ground,
        "forger",
        Ports { mail: forger_port, smtp: forger_port, http: forger_port },
        "amqp://127.0.0.1:1".to_owned(),
        victim.keys.of_a_stranger(victim.code)?,
    );
    let entries = partners.iter().zip(PARTNERS).map(|(place, player)| {
        (place, if player.part.has_gateway() { Receipt::Mdn } else { Receipt::None })
    });
    ours.furnish(&entries.collect::<Vec<_>>())?;
    for (place, player) in partners.iter().zip(PARTNERS) {
        if player.part.has_gateway() {
            place.furnish(&[(&ours, Receipt::Mdn)])?;
        }
    }
    forger.furnish(&[(&ours, Receipt::Mdn)])?;
    std::fs::create_dir(ground.join(TRY))?;
    std::os::unix::fs::symlink(&program, ground.join("certpost"))?;
    Ok(Scenery { ground: ground.to_owned(), program, peers, ours, partners, forger })
}
