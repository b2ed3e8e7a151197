//! Every octet of a sealed part flipped, and letters changed at random: what
//! comes out is the proven document unchanged, or nothing.

use std::collections::BTreeMap;
use std::time::Instant;

use data_encoding::BASE64_MIME;

use super::craft::{Craft, Layer, Step};
use super::world::World;
use super::{Table, table, world};
use certpost::cli::{Answer, Exit, Shared, inspect, open};

/// The steps of a row of the table, and a document so small that all its
/// octets can be tried.
fn steps(table: &Table, name: &str) -> Vec<Step> {
    let mut steps = table.attack.iter().find(|row| row.name == name).unwrap().steps.clone();
    let small = Step::Set { r#in: Layer::Document, text: "<a>植物</a>".to_owned(), times: 1 };
    let facts = steps.iter().rposition(|step| matches!(step, Step::Facts { .. }));
    steps.insert(facts.map_or(0, |at| at + 1), small);
    steps
}

/// Gates 1 to 8: the document is none that gate 10 would take.
fn opened(world: &World, letter: &[u8]) -> Answer {
    open::answer(
        letter,
        &world.terms.house,
        world.at,
        open::Wanted::Document,
        None,
        &Shared::default(),
    )
}

/// A letter made anew with another layer in it.
fn with(world: &World, table: &Table, name: &str, layer: Layer, octets: Vec<u8>) -> Vec<u8> {
    let mut craft = Craft::new(world, &table.paths, name, &steps(table, name));
    *craft.at(layer) = octets;
    craft.letter_and_document().0
}

/// What was judged, by what came of it.
#[derive(Default)]
struct Tally {
    unchanged: usize,
    refused: BTreeMap<String, usize>,
}

impl Tally {
    /// Judges a letter; another document than this one must never come out.
    fn judge(&mut self, world: &World, letter: &[u8], document: &[u8], words: &dyn Fn() -> String) {
        let answer = opened(world, letter);
        match answer.exit {
            Exit::Yes => {
                assert_eq!(answer.out, document, "{}: another document", words());
                self.unchanged += 1;
            }
            Exit::No | Exit::CannotTell => {
                assert_eq!(answer.out, b"", "{}: printed", words());
                let said = answer.remarks[0].split(": ").nth(1).unwrap_or_default().to_owned();
                *self.refused.entry(said).or_default() += 1;
            }
            other => panic!("{}: {other:?}", words()),
        }
    }
}

#[test]
fn every_octet_of_the_sealed_part() {
    let table = table();
    let world = world(&table);
    // In CBC nothing but the signature holds: what becomes of the header of
    // the entity around it may leave the letter as good as it was.
    for name in ["none-at-all", "none-at-all-in-cbc"] {
        let mut craft = Craft::new(&world, &table.paths, name, &steps(&table, name));
        let sealed = craft.peek(Layer::Sealed).to_vec();
        let (letter, document) = craft.letter_and_document();
        let text = String::from_utf8(letter).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let began = Instant::now();
        let mut tally = Tally::default();
        let mut open = Vec::new();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << (at % 8);
            let letter = format!("{head}\r\n\r\n{}", BASE64_MIME.encode(&changed));
            let before = tally.unchanged;
            tally.judge(&world, letter.as_bytes(), &document, &|| format!("{name}, octet {at}"));
            if tally.unchanged > before {
                open.push(at);
            }
        }
        println!(
            "{name}: {} octets flipped in {:?}: {} opened unchanged (at {open:?}), refused {:?}",
            sealed.len(),
            began.elapsed(),
            tally.unchanged,
            tally.refused
        );
        // GCM: a version number, which says nothing. CBC: case of the header's words.
        assert!(tally.unchanged <= 64, "{name}: {}", tally.unchanged);
    }
}

//------------ Mutations -----------------------------------------------------

/// SplitMix64: the same letters for the same seed, everywhere.
struct Lot(u64);

impl Lot {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// One to four changes: an octet, a bit, a cut, a piece twice, swapped,
    /// moved or gone, or a word that readers look for.
    fn change(&mut self, octets: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            if octets.is_empty() {
                return;
            }
            let at = self.below(octets.len());
            let piece = at..(at + 1 + self.below(40)).min(octets.len());
            match self.below(8) {
                0 => octets[at] = self.next().to_le_bytes()[0],
                1 => octets[at] ^= 1 << self.below(8),
                2 if self.below(8) == 0 => octets.truncate(at),
                2 | 3 => drop(octets.drain(piece)),
                4 => {
                    let again = octets[piece].to_vec();
                    let to = self.below(octets.len());
                    octets.splice(to..to, again);
                }
                5 => octets.insert(at, self.next().to_le_bytes()[0]),
                6 => {
                    let other = self.below(octets.len());
                    octets.swap(at, other);
                }
                _ => {
                    let word = WORDS[self.below(WORDS.len())];
                    octets.splice(at..at, word.bytes());
                }
            }
        }
    }
}

const WORDS: [&str; 12] = [
    "\r\n",
    "\r\n\r\n",
    "From: push@ecert.gs.example\r\n",
    "Content-Type: text/plain\r\n",
    "Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n",
    "\r\n--q--\r\n",
    "--=_q\r\n",
    "Content-Transfer-Encoding: 7bit\r\n",
    "=",
    "; boundary=\"",
    "<a/>",
    "\u{0}",
];

/// `$CERTPOST_MUTATIONS` letters, 10,000 if it is not set, from the seed
/// `$CERTPOST_SEED`, which is printed.
#[test]
fn letters_changed_at_random() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let count = number("CERTPOST_MUTATIONS").unwrap_or(10_000);
    let seed = number("CERTPOST_SEED").unwrap_or_else(|| getrandom::u64().unwrap());
    println!("{count} letters from CERTPOST_SEED={seed}");
    let table = table();
    let world = world(&table);
    let good = ["none-at-all", "none-at-all-detached", "none-at-all-in-cbc"];
    let layers = [Layer::Signed, Layer::Middle, Layer::Sealed, Layer::Letter];
    let made: Vec<_> = good
        .iter()
        .map(|name| {
            let mut craft = Craft::new(&world, &table.paths, name, &steps(&table, name));
            let octets: Vec<_> = layers.iter().map(|layer| craft.peek(*layer).to_vec()).collect();
            let document = craft.peek(Layer::Document).to_vec();
            (octets, document)
        })
        .collect();
    let began = Instant::now();
    let mut tally = Tally::default();
    let mut lot = Lot(seed);
    for n in 0..count {
        let which = lot.below(good.len());
        let layer = lot.below(layers.len());
        let (octets, document) = &made[which];
        let mut changed = octets[layer].clone();
        lot.change(&mut changed);
        let letter = with(&world, &table, good[which], layers[layer], changed);
        let words = || format!("letter {n} of seed {seed}: {}, {:?}", good[which], layers[layer]);
        tally.judge(&world, &letter, document, &words);
        let _shown = inspect::answer(&letter, &Shared::default());
    }
    println!(
        "in {:?}: {} unchanged, refused {:?}",
        began.elapsed(),
        tally.unchanged,
        tally.refused
    );
    // None of the three is refused as it is.
    for (n, name) in good.iter().enumerate() {
        let letter = made[n].0[3].clone();
        let answer = opened(&world, &letter);
        assert_eq!(answer.out, made[n].1, "{name}: {:?}", answer.remarks);
    }
}
