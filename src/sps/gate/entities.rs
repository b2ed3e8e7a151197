//! Entities that a DOCTYPE declares, and what refers to them; for tests.
//!
//! A reference is followed into the replacement text, which must be what the
//! place of the reference takes: content (production 43), or what an
//! attribute's value may hold (production 10). What an external entity holds
//! is not in the document and cannot be judged from it. A document that has
//! no other fault is refused for that, by [`Code::XmlDoctype`] and in words
//! that say so, so that nobody counts it among what was seen to be ill-formed.

use std::collections::HashMap;
use std::rc::Rc;

use super::forms::kept;
use super::letters::meaning;
use super::names::Name;
use super::scan::{Attribute, Scanner};
use super::{Document, Edition, Stop, cut};
use crate::refusal::Code;

/// How many references are followed, one inside another counted again.
const REFERENCE_LIMIT: usize = 100_000;

//------------ Declared ------------------------------------------------------

/// What an entity is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entity {
    External,
    /// Its replacement text (section 4.5).
    Internal(&'static str),
    Unparsed,
}

/// What a DOCTYPE declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// The general entities, and whether a parameter entity declared them.
    pub general: HashMap<String, (Entity, bool)>,
    pub parameter: HashMap<String, Entity>,
    /// Default values of attributes: of which element, which attribute.
    pub defaults: Vec<(String, &'static str, &'static str)>,
    /// Attributes of another type than CDATA: of which element, which one.
    pub tokens: Vec<(String, &'static str)>,
    /// What of it is not in the document.
    pub unseen: Option<(usize, &'static str)>,
    /// Whether a parameter entity is referred to.
    pub refers: bool,
    pub is_standalone: bool,
}

impl Declared {
    /// The entity `name`, if it must be and is declared (section 4.1: Entity
    /// Declared); none where a declaration may stand out of sight.
    fn entity(&self, name: &str) -> Result<Option<Entity>, String> {
        match self.general.get(name) {
            Some((_, true)) if self.is_standalone => {
                let name = cut(name);
                Err(format!("a parameter entity declares {name}, and the document stands alone"))
            }
            Some((entity, _)) => Ok(Some(*entity)),
            None if (self.unseen.is_some() || self.refers) && !self.is_standalone => Ok(None),
            None => Err(format!("the entity {} is not declared", cut(name))),
        }
    }

    /// Whether the entity `name` may stand in an attribute's value (section
    /// 3.1: No External Entity References, No < in Attribute Values).
    pub(super) fn in_a_value(
        &self,
        scanner: &Scanner<'_>,
        name: &str,
        within: &mut Vec<String>,
    ) -> Result<(), String> {
        let text = match self.entity(name)? {
            Some(Entity::External) => {
                return Err(format!("the value refers to an external entity, {}", cut(name)));
            }
            Some(Entity::Internal(text)) => text,
            Some(Entity::Unparsed) => return Err(format!("{} is not parsed", cut(name))),
            None => return Ok(()),
        };
        not_within(within, name)?;
        within.push(name.to_owned());
        let mut inner = scanner.beside(text);
        inner.run(|letter| !matches!(letter, '<' | '&'));
        while !inner.is_done() {
            if inner.starts_with("<") {
                return Err(format!("{} brings '<' into an attribute's value", cut(name)));
            }
            inner.reference().map_err(|stop| stop.words)?;
            inner.run(|letter| !matches!(letter, '<' | '&'));
        }
        for (_, name) in inner.referred() {
            self.in_a_value(scanner, name, within)?;
        }
        within.pop();
        Ok(())
    }
}

/// No entity refers to itself (section 4.1: No Recursion).
pub(super) fn not_within(within: &[String], name: &str) -> Result<(), String> {
    if within.iter().any(|other| other == name) {
        return Err(format!("the entity {} refers to itself", cut(name)));
    }
    if within.len() > 100 {
        return Err("entities refer to each other more than 100 deep".to_owned());
    }
    Ok(())
}

//------------ Beyond --------------------------------------------------------

/// What lies beyond the document's text, on the way through it.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    pub declared: Rc<Declared>,
    /// The entities whose text this is, outermost first.
    within: Vec<String>,
    unseen: Option<Stop>,
    references: usize,
}

impl Beyond {
    /// Makes an element's attributes what the declarations make of them: those
    /// that it has by default (section 3.3.2), entities replaced, and blanks
    /// dropped where the type is not CDATA (section 3.3.3).
    pub(super) fn complete<'a>(&self, at: usize, name: &[u8], attributes: &mut Vec<Attribute<'a>>) {
        for (element, attribute, raw) in &self.declared.defaults {
            if element.as_bytes() == name
                && !attributes.iter().any(|other| other.name.text == attribute.as_bytes())
            {
                attributes.push(Attribute { at, name: Name::new(attribute), raw });
            }
        }
        for attribute in attributes {
            let mut raw = attribute.raw.to_owned();
            for (entity, (what, _)) in &self.declared.general {
                // A second round for entities in entities; namespaces need no more.
                for _ in 0..2 {
                    if let Entity::Internal(text) = what {
                        raw = raw.replace(&format!("&{entity};"), text);
                    }
                }
            }
            let is_of = |(of, one): &(String, &str)| {
                of.as_bytes() == name && one.as_bytes() == attribute.name.text
            };
            if self.declared.tokens.iter().any(is_of) {
                raw = raw.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            }
            if raw != attribute.raw {
                attribute.raw = kept(&raw);
            }
        }
    }
}

impl Document<'_> {
    pub(super) fn entities_in_a_value(&mut self) -> Result<(), Stop> {
        for (at, name) in self.scanner.referred() {
            let declared = Rc::clone(&self.beyond.declared);
            let mut within = self.beyond.within.clone();
            declared
                .in_a_value(&self.scanner, name, &mut within)
                .map_err(|words| Stop::ill_formed(at, words))?;
        }
        Ok(())
    }

    pub(super) fn entities_in_content(&mut self) -> Result<(), Stop> {
        for (at, name) in self.scanner.referred() {
            let words = |words| Stop::ill_formed(at, words);
            match self.beyond.declared.entity(name).map_err(words)? {
                Some(Entity::External) => {
                    self.beyond.unseen = Some(unseen(at, "an external entity"))
                }
                Some(Entity::Internal(text)) => {
                    not_within(&self.beyond.within, name).map_err(words)?;
                    self.content_of(name, text).map_err(|stop| Stop { at, ..stop })?;
                }
                Some(Entity::Unparsed) => {
                    return Err(words(format!("{} is not parsed (section 4.1)", cut(name))));
                }
                None => {}
            }
        }
        Ok(())
    }

    /// The replacement text of an entity, which must be content in itself
    /// (section 4.3.2).
    fn content_of(&mut self, name: &str, text: &'static str) -> Result<(), Stop> {
        self.beyond.references += 1;
        if self.beyond.references > REFERENCE_LIMIT {
            return Err(Stop::new(Code::XmlTooLarge, 0, "too many references"));
        }
        let mut within = self.beyond.within.clone();
        within.push(name.to_owned());
        let mut inner = Document {
            scanner: self.scanner.beside(text),
            rules: self.rules,
            scope: self.scope.clone(),
            open: Vec::new(),
            elements: self.elements,
            attributes: Vec::new(),
            beyond: Beyond {
                declared: Rc::clone(&self.beyond.declared),
                within,
                unseen: None,
                references: self.beyond.references,
            },
        };
        loop {
            inner.scanner.text_run()?;
            inner.entities_in_content()?;
            if inner.scanner.is_done() && inner.open.is_empty() {
                break;
            }
            inner.content()?;
        }
        self.elements = inner.elements;
        self.beyond.references = inner.beyond.references;
        self.beyond.unseen = self.beyond.unseen.take().or(inner.beyond.unseen);
        Ok(())
    }

    /// At the end: refuses what could not be seen.
    pub(super) fn nothing_unseen(&mut self) -> Result<(), Stop> {
        if let Some((at, what)) = self.beyond.declared.unseen {
            return Err(unseen(at, what));
        }
        self.beyond.unseen.take().map_or(Ok(()), Err)
    }
}

fn unseen(at: usize, what: &str) -> Stop {
    Stop::new(
        Code::XmlDoctype,
        at,
        format!("what cannot be seen from here may be at fault: {what}"),
    )
}

//------------ Scanner -------------------------------------------------------

/// What only a DOCTYPE brings.
impl<'a> Scanner<'a> {
    pub(super) fn names_by(&mut self, edition: Edition) {
        self.edition = edition;
    }

    /// Another text, under the same rules, where entities may be declared.
    pub(super) fn beside<'b>(&self, text: &'b str) -> Scanner<'b> {
        Scanner {
            octets: text.as_bytes(),
            at: 0,
            edition: self.edition,
            references: Some(Vec::new()),
        }
    }

    /// From here on entities may be declared.
    pub(super) fn expect_entities(&mut self) {
        self.references = Some(Vec::new());
    }

    /// The entities referred to since this was last asked.
    pub(super) fn referred(&mut self) -> Vec<(usize, &'a str)> {
        self.references.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What stands before this place.
    pub(super) fn before(&self) -> &'a str {
        str::from_utf8(&self.octets[..self.at]).unwrap()
    }

    pub(super) fn run(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = str::from_utf8(&self.octets[self.at..]).unwrap();
        let run = rest.split_once(|letter| !wanted(letter)).map_or(rest, |(run, _)| run);
        self.at += run.len();
        run
    }

    /// A reference to whatever it be, behind its '&' (productions 66 and 68).
    pub(super) fn any_reference(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let body = if self.starts_with("#") {
            self.run(|letter| letter.is_ascii_alphanumeric() || letter == '#')
        } else {
            self.name("an entity's name")?
        };
        if !self.eat(";") {
            return Err(Stop::ill_formed(start, "a reference does not end: ';' is missing"));
        }
        if body.starts_with('#') && meaning(body).is_none() {
            return Err(Stop::ill_formed(start, format!("&{}; is no legal character", cut(body))));
        }
        if body.contains(':') {
            return Err(Stop::namespace(start, "a colon stands in an entity's name"));
        }
        if meaning(body).is_none() {
            self.references.as_mut().unwrap().push((start, body));
        }
        Ok(())
    }
}
