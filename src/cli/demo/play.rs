//! What happens, in order: all is sent, our gateway is killed on the way, a
//! forged letter comes, a partner comes back; until everything has its end.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::bars::Bars;
use super::cast::{self, Counts, OURS, PARTNERS, Part};
use super::count::Opened;
use super::leash::Ending;
use super::place::Place;
use super::programme::Programme;
use super::road::{self, Seen};
use super::stage::{Scenery, Stage, TRY};
use super::tally::Tally;
use super::tool::Tool;
use super::{DemoError, finale, mail};
use crate::runtime::{Crew, Runtime};

/// Nothing new for so long, which is many times the longest wait of a gateway,
/// and the rest is not waited for.
const STALL: Duration = Duration::from_secs(30);
/// How often the screen and the programs are looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// Nothing new for so long after the last end, and nothing more will come.
const QUIET: Duration = Duration::from_millis(1500);
/// How long one partner stays down, from the first submission on.
const DOWN: Duration = Duration::from_secs(14);
/// Our gateway is killed when each mail server that is not certpost has taken
/// one in so many of its letters, and has not said so of the last one.
const KILL_AFTER_ONE_IN: u32 = 8;
/// It is killed then at the latest, from the first submission on.
const KILL_AT: Duration = Duration::from_secs(20);
/// Things found and not yet counted.
const FOUND: usize = 256;
/// The forged letter, to be opened by hand.
pub const FORGED: &str = "forged.eml";

//------------ Play ----------------------------------------------------------

/// The play while it is on, and what came of it.
pub struct Play {
    pub stage: Stage,
    pub scenery: Scenery,
    pub programme: Programme,
    pub tally: Tally,
    pub opened: Opened,
    pub kill: Option<Kill>,
    /// How long the partner that was down was down.
    pub down: Option<Duration>,
    /// What our mail server said to the forged letter.
    pub forged_reply: Option<String>,
    began: Instant,
}

/// The end of our gateway, and its beginning again.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    /// The signal that the program died of, as its parent was told.
    pub signal: i32,
    /// How many letters had been handed over, as far as the queues told.
    pub handed_over: usize,
    /// How many mail servers had taken a letter and kept the reply back.
    pub held: usize,
    /// From the kill until its SMTP door greeted again.
    pub away: Duration,
}

impl Play {
    /// Sets the stage and starts every gateway but the one that is down.
    pub async fn open(certificates: u32, crew: &Crew, bars: &mut Bars) -> Result<Play, DemoError> {
        bars.say("starting a RabbitMQ node of our own; making throw-away keys and certificates");
        let written = crew.run(move || Programme::write(certificates));
        let hold = Counts::of(certificates).out[1].div_ceil(KILL_AFTER_ONE_IN);
        let (set, programme) = tokio::join!(Stage::set(crew, hold), written);
        let (mut stage, scenery) = set?;
        let programme = programme??;
        for (place, player) in std::iter::once((&scenery.ours, None))
            .chain(scenery.partners.iter().zip(PARTNERS.map(Some)))
        {
            let ending = if player.is_none() { Ending::AtOnce } else { Ending::Drained };
            match player.map(|player| player.part) {
                None | Some(Part::Greylists | Part::Healthy) => {
                    stage.start(place, &scenery.program, ending)?;
                }
                Some(Part::Down | Part::Openssl) => {}
            }
        }
        for gateway in &mut stage.gateways {
            gateway.ready().await?;
        }
        Ok(Play {
            stage,
            scenery,
            programme,
            tally: Tally::default(),
            opened: Opened::default(),
            kill: None,
            down: None,
            forged_reply: None,
            began: Instant::now(),
        })
    }

    /// Sends everything and counts until each has its end.
    pub async fn run(
        &mut self,
        runtime: &Runtime,
        crew: &Crew,
        bars: &mut Bars,
    ) -> Result<(), DemoError> {
        let (found, mut finds) = mpsc::channel(FOUND);
        for place in self.scenery.gateways() {
            road::watch(place.code, place.queue_url(), &found, runtime).await?;
        }
        let out = std::mem::take(&mut self.programme.out);
        let back = std::mem::take(&mut self.programme.back);
        self.tally.expect(OURS, &out);
        let mut ways = vec![(self.scenery.ours.queue_url().to_owned(), &out)];
        for (code, specimens) in &back {
            self.tally.expect(code, specimens);
            ways.push((self.scenery.place(code).queue_url().to_owned(), specimens));
        }
        let counts = &self.programme.counts;
        bars.say(&format!(
            "sending {} certificates out and {} in; {} is not there yet",
            counts.all_out(),
            counts.all_back(),
            down()
        ));
        self.began = Instant::now();
        // Counted while they are sent: a queue that nobody reads would hold up
        // the one that is written.
        let sending = futures_util::future::try_join_all(
            ways.iter().map(|(url, specimens)| road::submit(url, *specimens)),
        );
        let sending = async { sending.await.map(drop).map_err(DemoError::from) };
        tokio::try_join!(sending, self.go_on(&mut finds, crew, bars))?;
        Ok(())
    }

    async fn go_on(
        &mut self,
        finds: &mut mpsc::Receiver<Seen>,
        crew: &Crew,
        bars: &mut Bars,
    ) -> Result<(), DemoError> {
        let mut last = Instant::now();
        loop {
            let glance = Instant::now() + GLANCE;
            while let Ok(Some(seen)) = timeout_at(glance, finds.recv()).await {
                self.tally.note(seen);
                last = Instant::now();
            }
            if self.look() {
                last = Instant::now();
            }
            self.stage.alive()?;
            bars.draw(&self.tally, self.began.elapsed());
            if self.turn(crew, bars).await? {
                last = Instant::now();
            }
            let over = self.down.is_some() && self.tally.is_settled();
            if last.elapsed() > if over { QUIET } else { STALL } {
                bars.clear();
                return Ok(());
            }
        }
    }

    /// Whether the partner without certpost has opened more.
    fn look(&mut self) -> bool {
        let opener = self.scenery.opener();
        let opened = Opened::read(opener);
        let before = self.opened.files.len();
        let new = opened.files.get(before..).unwrap_or_default();
        for file in new {
            self.tally.opened(opener.code, &file.sha256);
        }
        let more = !new.is_empty();
        self.opened = opened;
        more
    }

    /// What happens next, if it is time; whether something did.
    async fn turn(&mut self, crew: &Crew, bars: &mut Bars) -> Result<bool, DemoError> {
        if self.kill.is_none() {
            let held = |place: &&Place| mail::holding(place).exists();
            let held = self.scenery.partners.iter().filter(held).count();
            if held < self.stage.servers() && self.began.elapsed() < KILL_AT {
                return Ok(false);
            }
            let handed_over = self.tally.handed_over();
            bars.say(&format!("killing {OURS}'s gateway with {handed_over} letters handed over"));
            self.kill = Some(self.kill_ours(handed_over, held).await?);
            bars.say(&format!("{OURS}'s gateway is back"));
            self.send_later().await?;
            self.forge(crew, bars).await?;
            return Ok(true);
        }
        let met = self.tally.delays(down()).next().is_some();
        if self.down.is_none() && met && self.began.elapsed() >= DOWN {
            let place = self.scenery.place(down());
            self.stage.start(place, &self.scenery.program, Ending::Drained)?;
            if let Some(gateway) = self.stage.gateway(down()) {
                gateway.ready().await?;
            }
            self.down = Some(self.began.elapsed());
            bars.say(&format!("{}'s gateway is up", down()));
            return Ok(true);
        }
        Ok(false)
    }

    async fn kill_ours(&mut self, handed_over: usize, held: usize) -> Result<Kill, DemoError> {
        let at = Instant::now();
        let ended = self.stage.gateway(OURS).map(|gateway| gateway.end()).transpose()?;
        self.stage.gateways.retain(|gateway| gateway.code() != OURS);
        // The shell that held it says 128 and the signal.
        let signal = ended.and_then(|ended| ended.signal().or(Some(ended.code()? - 128)));
        self.stage.start(&self.scenery.ours, &self.scenery.program, Ending::Drained)?;
        if let Some(gateway) = self.stage.gateway(OURS) {
            gateway.ready().await?;
        }
        Ok(Kill { signal: signal.unwrap_or_default(), handed_over, held, away: at.elapsed() })
    }

    /// What follows on what has arrived: a repeat, a replacement, a withdrawal,
    /// and a submission that is no certificate.
    async fn send_later(&mut self) -> Result<(), DemoError> {
        let programme = &self.programme;
        let new = [programme.replacement.clone(), programme.withdrawal.clone()];
        self.tally.expect(OURS, &new);
        self.tally.expect_refusal();
        self.tally.expect_repeat(&programme.repeat);
        road::submit(self.scenery.ours.queue_url(), programme.later()).await?;
        Ok(())
    }

    /// Has a letter made that says it is the first partner's, and posts it.
    async fn forge(&mut self, crew: &Crew, bars: &mut Bars) -> Result<(), DemoError> {
        self.tally.expect_forgery();
        let folder = self.scenery.ground.join(TRY);
        let certificate = self.scenery.ground.join("forger/certificate");
        std::fs::write(&certificate, &self.programme.forged.outgoing.body)?;
        let letter = folder.join(FORGED);
        let tool = Tool::at(&self.scenery.ground);
        let arguments = ["seal", "forger/certificate", "--to", OURS];
        let sealed = crew.run(move || tool.ask("forger", &arguments)).await??;
        std::fs::write(&letter, finale::letter(sealed)?)?;
        let (peers, from) = (self.scenery.peers.clone(), self.scenery.forger.code);
        let door = self.scenery.ours.ports.mail;
        let said = crew.run(move || peers.post(&letter, from, OURS, door)).await??;
        bars.say(&format!("posted a forged letter to {OURS}; its door said: {said}"));
        self.forged_reply = Some(said);
        Ok(())
    }
}

/// The partner that is down for a while.
fn down() -> &'static str {
    let mut down = cast::gateways().filter(|player| player.part == Part::Down);
    down.next().map_or("", |player| player.code)
}
