//! What is shown while the play is on: bars that move on a terminal, and
//! plain lines in a pipe.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::cast::{OURS, PARTNERS};
use super::screen::{COLUMNS, cut};
use super::tally::Tally;
use crate::cli::paint::Paint;

/// How wide a bar is.
const BAR: usize = 44;
/// How often a line is written where nothing can be moved.
const LINE_EVERY: Duration = Duration::from_secs(5);

//------------ Bars ----------------------------------------------------------

/// The screen of a play, on standard error.
pub struct Bars {
    moves: bool,
    paint: Paint,
    blocks: [char; 3],
    /// How many lines stand there and will be written anew.
    drawn: usize,
    said_at: Duration,
}

impl Bars {
    /// As standard error wants it.
    pub fn for_remarks() -> Bars {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok());
        let wide = locale.is_some_and(|locale| locale.to_ascii_uppercase().contains("UTF"));
        Bars {
            moves: std::io::stderr().is_terminal() && !dumb,
            paint: Paint::for_remarks(),
            blocks: if wide { ['█', '▒', '·'] } else { ['#', '=', '.'] },
            drawn: 0,
            said_at: Duration::ZERO,
        }
    }

    /// A line that stays.
    pub fn say(&mut self, words: &str) {
        self.clear();
        write_out(&format!("{words}\n"));
    }

    /// Takes away what moves.
    pub fn clear(&mut self) {
        if self.drawn > 0 {
            write_out(&format!("\x1b[{}A\x1b[J", self.drawn));
            self.drawn = 0;
        }
    }

    /// Shows how far everything is, `at` after the first submission.
    pub fn draw(&mut self, tally: &Tally, at: Duration) {
        if self.moves {
            let lines = self.lines(tally, at);
            let mut text = String::new();
            if self.drawn > 0 {
                text = format!("\x1b[{}A", self.drawn);
            }
            for line in &lines {
                text.push_str("\x1b[2K");
                text.push_str(line);
                text.push('\n');
            }
            // There may be fewer than before.
            text.push_str("\x1b[J");
            self.drawn = lines.len();
            write_out(&text);
        } else if at >= self.said_at + LINE_EVERY {
            self.said_at = at;
            let counted = PARTNERS.iter().map(|player| {
                let all = tally.count(OURS, player.code, |_| true);
                let done = tally.count(OURS, player.code, |fate| fate.handed_over);
                format!("{} {done}/{all}", player.code)
            });
            let counted: Vec<_> = counted.collect();
            let (came, all) = (tally.inbound(|fate| fate.opened), tally.inbound(|_| true));
            let (seconds, counted) = (at.as_secs_f64(), counted.join(", "));
            write_out(&format!("{seconds:>5.1} s  handed over: {counted}; in {came}/{all}\n"));
        }
    }

    fn lines(&self, tally: &Tally, at: Duration) -> Vec<String> {
        let (mut lines, mut reasons) = (Vec::new(), Vec::new());
        for player in PARTNERS {
            let sent = tally.count(OURS, player.code, |_| true);
            let over = tally.count(OURS, player.code, |fate| fate.handed_over);
            let opened = tally.count(OURS, player.code, |fate| fate.handed_over && fate.opened);
            let name = format!("{} {}", player.code, player.part.words());
            lines.push(self.line(&name, [opened, over, sent]));
            let latest = tally.delays(player.code).max_by_key(|(_, delay)| delay.seen);
            if let Some((_, delay)) = latest.filter(|_| over < sent) {
                let why = format!("{} waits: {}", player.code, delay.words);
                reasons.push(self.paint.faint(&cut(&why, COLUMNS - 1)));
            }
        }
        let (came, all) = (tally.inbound(|fate| fate.opened), tally.inbound(|_| true));
        lines.push(self.line(&format!("into {OURS}"), [came, came, all.max(1)]));
        let legend = format!(
            "{:>5.1} s   {} opened  {} handed over  {} waiting",
            at.as_secs_f64(),
            self.blocks[0],
            self.blocks[1],
            self.blocks[2],
        );
        lines.push(self.paint.faint(&legend));
        lines.extend(reasons);
        lines
    }

    fn line(&self, name: &str, [done, half, all]: [usize; 3]) -> String {
        let cells = |count: usize| count.saturating_mul(BAR).checked_div(all).unwrap_or(BAR);
        let (done_cells, half_cells) = (cells(done).min(BAR), cells(half).min(BAR));
        let run = |block: usize, cells: usize| self.blocks[block].to_string().repeat(cells);
        let bar = format!(
            "{}{}{}",
            self.paint.good(&run(0, done_cells)),
            run(1, half_cells.saturating_sub(done_cells)),
            self.paint.faint(&run(2, BAR.saturating_sub(half_cells.max(done_cells)))),
        );
        format!("{name:<17}{bar} {half:>5}/{all}")
    }
}

fn write_out(text: &str) {
    let mut out = std::io::stderr().lock();
    // A closed standard error leaves nobody to tell.
    let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_and_says_how_far_it_is() {
        let bars = Bars {
            moves: true,
            paint: Paint::default(),
            blocks: ['#', '=', '.'],
            drawn: 0,
            said_at: Duration::ZERO,
        };
        let line = bars.line("GS greylists", [1, 2, 4]);
        let bar = "###########===========......................";
        assert_eq!(line, format!("GS greylists     {bar}     2/4"));
        assert!(bars.line("GS greylists", [0, 0, 99_999]).chars().count() < COLUMNS);
    }
}
