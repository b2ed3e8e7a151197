//! The one screen at the end, for three people: operator, official, developer.

use std::fmt::{Arguments, Write};

use super::Shown;
use super::cast::{NOBODY, OURS, PARTNERS, Part, gateways};
use super::fate::Fate;
use super::tally::Tally;
use crate::certificate::Level;
use crate::certificate::codes::List;
use crate::cli::paint::Paint;

/// How wide a screen is.
pub const COLUMNS: usize = 80;
/// How far what belongs to a line above stands in.
const UNDER: usize = 4;
/// How wide the first words of a line are.
const NAME: usize = 16;

//------------ Page ----------------------------------------------------------

struct Page {
    text: String,
    paint: Paint,
}

impl Page {
    fn line(&mut self, words: Arguments<'_>) {
        // Writing to a string does not fail.
        let _written = writeln!(self.text, "{words}");
    }

    fn head(&mut self, words: &str) {
        let words = self.paint.strong(words);
        self.line(format_args!("\n{words}"));
    }

    /// Words under the line above, as many lines as they need.
    fn under(&mut self, words: &str) {
        for line in wrapped(words, COLUMNS - 1 - UNDER) {
            let line = self.paint.faint(&line);
            self.line(format_args!("{:UNDER$}{line}", ""));
        }
    }

    /// A name, and words beside it, as many lines as they need.
    fn beside(&mut self, name: &str, words: &str) {
        let mut name = name;
        for line in wrapped(words, COLUMNS - 1 - NAME - 2) {
            self.line(format_args!("  {name:<NAME$}{line}"));
            name = "";
        }
    }
}

/// The screen for `shown`.
pub fn text(shown: &Shown, paint: Paint) -> String {
    let mut page = Page { text: String::new(), paint };
    let title = paint.strong("certpost demo");
    let training = paint.level(Level::Warning, "TRAINING");
    let took = shown.took.as_secs_f64();
    page.line(format_args!("\n{title}: {training}, nothing here is in force. {took:.1} s in all"));
    table(&mut page, shown);
    stopped(&mut page, shown);
    killed(&mut page, shown);
    opened(&mut page, shown);
    border(&mut page, shown);
    page.text
}

fn table(page: &mut Page, shown: &Shown) {
    page.head(&format!(
        "{:<NAME$}  {:>6}  {:>11}  {:>8}  {:>6}  {:>7}",
        format!("From {OURS} to"),
        "sent",
        "handed over",
        "received",
        "opened",
        "waiting"
    ));
    let tally = &shown.play.tally;
    for player in PARTNERS {
        let name = format!("{} {}", player.code, player.part.words());
        let receipts = player.part.has_gateway();
        row(page, &name, receipts, |like| tally.count(OURS, player.code, like));
        for (_, delay) in tally.delays(player.code) {
            page.under(&format!("{} x {}", delay.times, delay.words));
        }
        let silent = tally.count(OURS, player.code, Fate::is_settled_by_receipt);
        if silent > 0 {
            page.under(&format!(
                "{silent} with a receipt before, or instead of, a reply on record"
            ));
        }
        match player.part {
            Part::Down => {
                let down = shown.play.down.map(|down| down.as_secs_f64()).unwrap_or_default();
                page.under(&format!("its gateway was started after {down:.1} s"));
            }
            Part::Openssl => {
                page.under(
                    "its entry says receipt = \"none\": handed over is all that can be known",
                );
            }
            Part::Greylists | Part::Healthy => {}
        }
    }
    let nobodys = tally.count(OURS, NOBODY, |_| true);
    let recorded = tally.count(OURS, NOBODY, Fate::is_whole);
    page.line(format_args!(
        "{:<NAME$}  {nobodys:>6}  {:>11}  {:>8}  {:>6}  {:>7}",
        format!("{NOBODY} no partner"),
        "-",
        "-",
        "-",
        "-"
    ));
    page.under(&format!("{recorded} recorded, with nobody to send them to"));
    let from: Vec<_> = gateways().map(|player| player.code).collect();
    row(page, &format!("{} to {OURS}", from.join(" ")), true, |like| tally.inbound(like));
}

/// Counts what is like that.
type Counting<'a> = &'a dyn Fn(fn(&Fate) -> bool) -> usize;

fn row(page: &mut Page, name: &str, receipts: bool, count: impl Fn(fn(&Fate) -> bool) -> usize) {
    let count: Counting<'_> = &count;
    let received = if receipts { count(|fate| fate.received).to_string() } else { "-".to_owned() };
    page.line(format_args!(
        "{name:<NAME$}  {:>6}  {:>11}  {received:>8}  {:>6}  {:>7}",
        count(|_| true),
        count(|fate| fate.handed_over),
        count(|fate| fate.opened && fate.same),
        count(Fate::is_waiting),
    ));
}

fn stopped(page: &mut Page, shown: &Shown) {
    let (play, programme) = (&shown.play, &shown.play.programme);
    page.head("Stopped, and followed");
    for event in &play.tally.quarantined {
        page.beside("forged letter", &format!("{}: {}", event.code, event.words));
    }
    if let Some(reply) = &play.forged_reply {
        page.beside("", &format!("(the door had told its sender no more than: {reply})"));
    }
    page.beside("", &format!("remedy: {}", shown.finale.remedy));
    if let Some(finding) = shown.finale.count.finding() {
        let words = format!("{} at {}: {}", finding.code, finding.path, finding.words);
        page.beside("bad submission", &words);
        page.beside("", &format!("remedy: {}", finding.remedy));
    }
    for event in &play.tally.repeated {
        page.beside("repeat", &format!("{} came again: not sent again", event.id));
    }
    let replaced = format!("{} by {}", programme.replaced.number, programme.replacement.number);
    page.beside("replaced", &format!("{replaced}: {}", end(&play.tally, &programme.replacement)));
    let withdrawn = &programme.withdrawal;
    let status = List::Status.told(&withdrawn.status).unwrap_or_default();
    let words = format!("{}, status {} {status}", withdrawn.number, withdrawn.status);
    page.beside("withdrawn", &format!("{words}: {}", end(&play.tally, withdrawn)));
}

/// How far one certificate came.
fn end(tally: &Tally, specimen: &super::certificates::Specimen) -> &'static str {
    match tally.fate(specimen) {
        Some(fate) if fate.received => "received",
        Some(fate) if fate.opened => "handed over and opened",
        Some(fate) if fate.handed_over => "handed over",
        Some(_) | None => "not sent",
    }
}

fn killed(page: &mut Page, shown: &Shown) {
    let (tally, count) = (&shown.play.tally, &shown.finale.count);
    page.head("What a kill -9 cost, counted by a Python script from the broker's own copies");
    if let Some(kill) = shown.play.kill {
        page.beside(
            &format!("{OURS}'s gateway"),
            &format!(
                "ended by signal {} after {} letters, with {} more taken whose replies were \
                 kept back; its door greeted again after {:.1} s",
                kill.signal,
                kill.handed_over,
                kill.held,
                kill.away.as_secs_f64()
            ),
        );
    }
    let doubles = tally.dropped + shown.play.opened.again;
    let words = format!(
        "letters on the way: {}; settled by a receipt: {}; sent again: {}; came twice and \
         dropped: {doubles}",
        tally.in_doubt(|_| true),
        tally.in_doubt(Fate::is_settled_by_receipt),
        tally.in_doubt(|fate| fate.handed_over),
    );
    page.beside("in doubt", &words);
    if tally.given_back > 0 {
        let words = format!("gave submissions back, dropped as repeats: {}", tally.given_back);
        page.beside("the broker", &words);
    }
    let sums = format!(
        "{} submitted: {} came out, {} repeated, {} refused, {} for {NOBODY}",
        count.submitted, count.came_out, count.repeats, count.refused, count.nobody
    );
    page.beside("counter.py", &sums);
    let faults = format!(
        "lost {}, twice {}, forged {}, altered {}",
        count.lost, count.twice, count.forged, count.differs
    );
    let faults =
        if count.is_good() { page.paint.good(&faults) } else { page.paint.strong(&faults) };
    page.line(format_args!("  {:<NAME$}{faults}", ""));
}

fn opened(page: &mut Page, shown: &Shown) {
    let (opened, lint) = (&shown.play.opened, &shown.finale.lint);
    let code = shown.play.scenery.opener().code;
    page.head(&format!(
        "{code}'s openssl opened {} of {} letters; xmllint --nonet: {} well formed",
        opened.files.len(),
        opened.files.len() + opened.trouble.len(),
        lint.well_formed
    ));
    let trouble = opened.trouble.iter().chain(&lint.words);
    trouble.take(3).for_each(|words| page.beside("trouble", words));
    if let Some(sample) = &shown.finale.sample {
        page.line(format_args!("  {}", sample.file));
        for line in &sample.excerpt {
            let line = page.paint.faint(&cut(line, COLUMNS - 1 - UNDER));
            page.line(format_args!("{:UNDER$}{line}", ""));
        }
    }
}

fn border(page: &mut Page, shown: &Shown) {
    page.head(&format!("At {}'s border (certpost verify)", PARTNERS[0].code));
    for verdict in &shown.finale.verdicts {
        // The first clause of the last reason; the command tells the rest.
        let last = verdict.reasons.last().map(String::as_str).unwrap_or_default();
        let clause = last.split(';').next().unwrap_or_default();
        page.beside(&verdict.verdict, &format!("{}: {clause}", verdict.asked));
    }
}

/// `words` in lines of `width` characters at most, broken at blanks where
/// there are some.
fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in plain(words).split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let used = lines.last().map_or(0, |line| line.chars().count());
            let gap = usize::from(used > 0);
            if used + gap + word.len() <= width {
                if let Some(line) = lines.last_mut() {
                    line.push_str(&" ".repeat(gap));
                    line.extend(&word);
                }
                break;
            }
            if used == 0 {
                let rest = word.split_off(width);
                if let Some(line) = lines.last_mut() {
                    line.extend(&word);
                }
                word = rest;
            }
            lines.push(String::new());
        }
    }
    lines
}

/// The first `width` characters of `words`.
pub fn cut(words: &str, width: usize) -> String {
    plain(words).chars().take(width).collect()
}

/// What somebody else wrote, with nothing in it that moves a cursor.
fn plain(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_and_never_lost() {
        let words = "451 4.7.1 come again in a while";
        let lines = wrapped(words, 12);
        assert!(lines.iter().all(|line| line.chars().count() <= 12), "{lines:?}");
        assert_eq!(lines.join(" "), words);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("\x1b[2Jno", 9), ["[2Jno"]);
        assert_eq!(cut("four", 2), "fo");
    }
}
