//! Who plays in the demo, and how much each has to send.

/// The gateway that the demo is about.
pub const OURS: &str = "BV";
/// A country whose agency nobody has an entry for.
pub const NOBODY: &str = "UM";

//------------ Player --------------------------------------------------------

/// One partner of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Player {
    pub code: &'static str,
    pub part: Part,
}

/// What is special about a partner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// Its gateway is not there for a while.
    Down,
    /// Its mail server puts off whom it does not know.
    Greylists,
    Healthy,
    /// It has a mail server and the openssl command, and no certpost.
    Openssl,
}

/// The partners, in the order of the screen.
pub const PARTNERS: [Player; 4] = [
    Player { code: "HM", part: Part::Healthy },
    Player { code: "GS", part: Part::Greylists },
    Player { code: "AQ", part: Part::Down },
    Player { code: "TF", part: Part::Openssl },
];

impl Part {
    /// Whether it runs a gateway of certpost.
    pub const fn has_gateway(self) -> bool {
        match self {
            Part::Down | Part::Greylists | Part::Healthy => true,
            Part::Openssl => false,
        }
    }

    /// The words for it on the screen.
    pub const fn words(self) -> &'static str {
        match self {
            Part::Down => "down at first",
            Part::Greylists => "greylists",
            Part::Healthy => "healthy",
            Part::Openssl => "openssl only",
        }
    }
}

/// The partners that run certpost.
pub fn gateways() -> impl Iterator<Item = Player> {
    PARTNERS.into_iter().filter(|player| player.part.has_gateway())
}

//------------ Counts --------------------------------------------------------

/// How many certificates go where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Counts {
    /// To each of [`PARTNERS`].
    pub out: [u32; 4],
    /// To [`NOBODY`].
    pub nobody: u32,
    /// From each partner that has a gateway.
    pub back: [u32; 3],
}

/// The first partner gets these at least: one is replaced, one withdrawn, one
/// repeated.
const FIRST_AT_LEAST: u32 = 3;

impl Counts {
    /// Shares `certificates` out: one in fifty is nobody's, the rest goes
    /// evenly to the partners, and a fifth as many come in. Nobody gets none.
    pub fn of(certificates: u32) -> Counts {
        let nobody = (certificates / 50).max(1);
        let mut out = shares(certificates.saturating_sub(nobody));
        out[0] = out[0].max(FIRST_AT_LEAST);
        Counts { out, nobody, back: shares(certificates / 5) }
    }

    /// All that go out.
    pub fn all_out(&self) -> u32 {
        self.out.iter().sum::<u32>() + self.nobody
    }

    /// All that come in.
    pub fn all_back(&self) -> u32 {
        self.back.iter().sum()
    }
}

fn shares<const N: usize>(whole: u32) -> [u32; N] {
    let places = u32::try_from(N).unwrap_or(u32::MAX).max(1);
    let mut left = whole % places;
    [(); N].map(|()| {
        let more = u32::from(left > 0);
        left -= more;
        (whole / places + more).max(1)
    })
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_gets_a_share() {
        let usual = Counts::of(300);
        assert_eq!((usual.all_out(), usual.all_back()), (300, 60));
        assert_eq!(usual, Counts { out: [74, 74, 73, 73], nobody: 6, back: [20, 20, 20] });
        let least = Counts::of(1);
        assert_eq!(least, Counts { out: [3, 1, 1, 1], nobody: 1, back: [1, 1, 1] });
        assert_eq!(Counts::of(100_000).all_out(), 100_000);
    }
}
