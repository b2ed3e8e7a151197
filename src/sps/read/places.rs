//! Path and place of what is found in the document as a whole.
//!
//! A document is read without keeping where its elements stand. Only where
//! there is something to tell is the text walked once more, along the ways
//! that are asked for and no others.

use std::collections::{BTreeMap, HashMap};

use quick_xml::Reader as Tokens;
use quick_xml::events::Event;

use super::told::shown;
use super::{Place, Reader};
use crate::certificate::catalogue::Code;
use crate::certificate::rules::{self, Lacks, Placed, Strictness};
use crate::certificate::{Document, Finding};

impl Reader<'_> {
    /// Judges the document that has been read as a whole.
    pub(super) fn judge(&mut self, document: &Document) {
        let placed = rules::whole(document, Strictness::Received);
        if placed.is_empty() {
            return;
        }
        let mut wanted = Wanted::default();
        for (at, placed) in placed.iter().enumerate() {
            wanted.add(placed, at);
        }
        let mut found = vec![None; placed.len()];
        let root = document.root().of().root_name();
        self.walk(root, &wanted, &mut found);
        let mut told: Vec<(usize, Finding)> = placed
            .into_iter()
            .zip(found)
            .filter_map(|(placed, place)| {
                let (at, path) = place.unwrap_or_else(|| (0, format!("/{root}")));
                let path = match placed.lacks {
                    Lacks::Element(name) => format!("{path}/{name}"),
                    Lacks::Nothing | Lacks::Tag(_) => path,
                };
                let finding = Finding { path, ..placed.finding };
                (!self.is_told_absent(&finding, placed.lacks)).then_some((at, finding))
            })
            .collect();
        told.sort_by_key(|(at, _)| *at);
        for (at, finding) in told {
            self.push(at, finding);
        }
    }

    /// Whether the same element has been told to be absent.
    fn is_told_absent(&self, finding: &Finding, lacks: Lacks) -> bool {
        let absent = |told: &Finding| {
            matches!(told.code, Code::ElementAbsent | Code::ElementMissing)
                && told.path == finding.path
        };
        matches!(lacks, Lacks::Element(_)) && self.findings.iter().any(absent)
    }

    /// Walks the text along what is wanted, and notes where it stands.
    fn walk(&self, root: &'static str, wanted: &Wanted, found: &mut [Option<(usize, String)>]) {
        let mut tokens = Tokens::from_reader(self.octets);
        tokens.config_mut().check_end_names = false;
        let mut opens: Vec<Open<'_>> = Vec::new();
        let mut left = found.len();
        // How deep the walk is in what nobody asked for.
        let mut beside = 0_usize;
        while left > 0 {
            let at = usize::try_from(tokens.buffer_position()).unwrap_or(usize::MAX);
            let event = tokens.read_event();
            let (start, is_empty) = match &event {
                Ok(Event::Start(start)) => (start, false),
                Ok(Event::Empty(start)) => (start, true),
                Ok(Event::End(_)) => {
                    if beside > 0 {
                        beside -= 1;
                    } else {
                        opens.pop();
                    }
                    if opens.is_empty() {
                        return;
                    }
                    continue;
                }
                Ok(Event::Eof) | Err(_) => return,
                Ok(_) => continue,
            };
            let name = start.name().into_inner();
            let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
            let next = match opens.last_mut() {
                _ if beside > 0 => None,
                None => Some(Open::new(shown(&Place::new(root, 1, at)), wanted)),
                Some(open) => open.next(local, at, self.beyond.binary_search(&at).is_ok()),
            };
            match next {
                Some(open) => {
                    for finding in &open.wanted.here {
                        if let Some(slot) = found.get_mut(*finding).filter(|slot| slot.is_none()) {
                            *slot = Some((at, open.path.clone()));
                            left -= 1;
                        }
                    }
                    if !is_empty {
                        opens.push(open);
                    }
                }
                None if !is_empty => beside += 1,
                None => {}
            }
        }
    }
}

//------------ Wanted --------------------------------------------------------

/// The ways that are asked for, as a tree of their steps.
#[derive(Debug, Default)]
struct Wanted {
    /// The findings that are about this element.
    here: Vec<usize>,
    /// By the name of a child, and which one it is of those that were read.
    below: BTreeMap<&'static str, BTreeMap<usize, Wanted>>,
}

impl Wanted {
    fn add(&mut self, placed: &Placed, finding: usize) {
        let place = placed.way.iter().fold(self, |wanted, step| {
            wanted.below.entry(step.element.name).or_default().entry(step.index).or_default()
        });
        place.here.push(finding);
    }
}

//------------ Open ----------------------------------------------------------

/// An element on one of the ways.
struct Open<'w> {
    path: String,
    wanted: &'w Wanted,
    /// How many children of a name there were, and how many of them were read.
    counts: HashMap<&'static str, (u32, usize)>,
}

impl<'w> Open<'w> {
    fn new(path: String, wanted: &'w Wanted) -> Self {
        Open { path, wanted, counts: HashMap::new() }
    }

    /// The child called `local` that begins at `at`, if somebody asked for it;
    /// `is_beyond`: the schema has no place for it.
    fn next(&mut self, local: &str, at: usize, is_beyond: bool) -> Option<Open<'w>> {
        let (name, wanted) = self.wanted.below.get_key_value(local)?;
        let (written, read) = self.counts.entry(name).or_default();
        *written += 1;
        if is_beyond {
            return None;
        }
        let index = *read;
        *read += 1;
        let wanted = wanted.get(&index)?;
        let path = format!("{}{}", self.path, shown(&Place::new(name, *written, at)));
        Some(Open::new(path, wanted))
    }
}
