//! The DOCTYPE by its grammar, for tests: XML 1.0, productions 28 to 76.
//!
//! The gate refuses every DOCTYPE. The W3C suite needs one in most of its
//! documents, and to say anything about the rest of them, the rule must be
//! switched off without anything ill-formed slipping through in its wake. So
//! this reads the internal subset as strictly as the rest is read. It checks
//! well-formedness and names; validity (which element may stand where) is no
//! question of the gate.

use std::rc::Rc;

use super::entities::{Declared, Entity, not_within};
use super::forms::{
    Literals, Type, attribute_type, element, end, entity_value, external, kept, notation, parted,
    qualified, unprefixed,
};
use super::scan::Scanner;
use super::{Code, Document, Extra, Rules, Stop, cut};

impl Rules {
    /// The DOCTYPE rule switched off, all else as in production.
    pub(super) const DOCTYPE_OFF: Rules = Rules { doctype: Extra::Checked, ..Rules::STRICT };
    /// Both rules switched off that have nothing to do with being well-formed.
    pub(super) const BOTH_OFF: Rules = Rules { instructions: Extra::Checked, ..Rules::DOCTYPE_OFF };
}

impl Document<'_> {
    /// The document type declaration (production 28), before the root, once
    /// (production 22).
    pub(super) fn read_doctype(&mut self) -> Result<(), Stop> {
        if self.elements > 0 || self.scanner.references.is_some() {
            return Err(self.scanner.stop("a DOCTYPE stands before the root, once"));
        }
        let (head, _) = self.scanner.before().split_once("?>").unwrap_or_default();
        let (_, standalone) = head.split_once("standalone").unwrap_or_default();
        let is_standalone = standalone.contains("yes");
        self.scanner.expect_entities();
        let mut subset = Subset {
            declared: Declared { is_standalone, ..Declared::default() },
            rules: self.rules,
            within: Vec::new(),
        };
        subset.doctype(&mut self.scanner)?;
        self.beyond.declared = Rc::new(subset.declared);
        Ok(())
    }
}

//------------ Subset --------------------------------------------------------

/// The internal subset, and what has been declared in it so far.
struct Subset {
    declared: Declared,
    rules: Rules,
    /// The parameter entities whose text is read, outermost first.
    within: Vec<String>,
}

impl Subset {
    fn doctype(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Stop> {
        let start = scanner.at();
        scanner.eat("<!DOCTYPE");
        parted(scanner)?;
        qualified(scanner, "the name of the root element")?;
        if scanner.blanks() && external(scanner, Literals::Both)? {
            self.declared.unseen = Some((start, "an external subset"));
            scanner.blanks();
        }
        if scanner.eat("[") {
            self.declarations(scanner)?;
            if !scanner.eat("]") {
                return Err(scanner.stop("the internal subset does not end, or no declaration"));
            }
            scanner.blanks();
        }
        end(scanner)
    }

    /// What stands between the brackets (productions 28a, 28b), or in a
    /// parameter entity between declarations (production 31).
    fn declarations(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Stop> {
        loop {
            scanner.blanks();
            if scanner.starts_with("<!--") {
                scanner.comment()?;
            } else if scanner.starts_with("<?") {
                let at = scanner.at();
                let target = scanner.instruction()?;
                match self.rules.instructions {
                    Extra::Checked => {}
                    Extra::Refused => {
                        let words =
                            format!("a processing instruction ('{}') is not taken", cut(target));
                        return Err(Stop::new(Code::XmlPi, at, words));
                    }
                }
            } else if scanner.starts_with("%") {
                self.parameter_reference(scanner)?;
            } else if scanner.eat("<!ELEMENT") {
                element(scanner)?;
            } else if scanner.eat("<!ATTLIST") {
                self.attributes(scanner)?;
            } else if scanner.eat("<!ENTITY") {
                self.entity(scanner)?;
            } else if scanner.eat("<!NOTATION") {
                notation(scanner)?;
            } else if scanner.starts_with("<![") {
                // Section 3.4: in the external subset alone.
                return Err(scanner.stop("a conditional section stands in the internal subset"));
            } else {
                return Ok(());
            }
        }
    }

    /// A reference between declarations (productions 28a and 69).
    fn parameter_reference(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Stop> {
        let start = scanner.at();
        let words = |words| Stop::ill_formed(start, words);
        scanner.eat("%");
        let name = unprefixed(scanner, "a parameter entity's name")?;
        if !scanner.eat(";") {
            return Err(scanner.stop("';' is missing after a parameter entity's name"));
        }
        self.declared.refers = true;
        match self.declared.parameter.get(name).copied() {
            Some(Entity::Internal(text)) => {
                not_within(&self.within, name).map_err(words)?;
                self.within.push(name.to_owned());
                let mut inner = scanner.beside(text);
                let read = self.declarations(&mut inner);
                self.within.pop();
                read.map_err(|stop| Stop { at: start, ..stop })?;
                // Section 2.8: PE Between Declarations.
                if !inner.is_done() {
                    return Err(words(format!("%{}; holds no whole declarations", cut(name))));
                }
            }
            Some(Entity::External | Entity::Unparsed) => {
                self.declared.unseen = Some((start, "an external parameter entity"));
            }
            None => self.declared.unseen = Some((start, "a parameter entity that is not declared")),
        }
        Ok(())
    }

    /// An attribute-list declaration (productions 52 and 53).
    fn attributes(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Stop> {
        parted(scanner)?;
        let element = qualified(scanner, "an element's name")?;
        loop {
            let parted_here = scanner.blanks();
            if scanner.eat(">") {
                return Ok(());
            }
            if !parted_here {
                return Err(scanner.stop("a blank or '>' is missing in an attribute list"));
            }
            let name = qualified(scanner, "an attribute's name")?;
            parted(scanner)?;
            if attribute_type(scanner)? == Type::Tokens {
                self.declared.tokens.push((element.to_owned(), kept(name)));
            }
            parted(scanner)?;
            // DefaultDecl (production 60).
            if scanner.eat("#REQUIRED") || scanner.eat("#IMPLIED") {
                continue;
            }
            if scanner.eat("#FIXED") {
                parted(scanner)?;
            }
            let raw = scanner.value(name.as_bytes())?;
            for (at, entity) in scanner.referred() {
                self.declared
                    .in_a_value(scanner, entity, &mut Vec::new())
                    .map_err(|words| Stop::ill_formed(at, words))?;
            }
            let known = &self.declared.defaults;
            if !known.iter().any(|(of, other, _)| of == element && *other == name) {
                self.declared.defaults.push((element.to_owned(), kept(name), kept(raw)));
            }
        }
    }

    /// An entity declaration (productions 70 to 76); the first of a name binds.
    fn entity(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Stop> {
        parted(scanner)?;
        let is_parameter = scanner.eat("%");
        if is_parameter {
            parted(scanner)?;
        }
        let name = unprefixed(scanner, "an entity's name")?.to_owned();
        parted(scanner)?;
        let entity = if external(scanner, Literals::Both)? {
            let start = scanner.at();
            if scanner.blanks() && !is_parameter && scanner.eat("NDATA") {
                parted(scanner)?;
                unprefixed(scanner, "a notation's name")?;
                Entity::Unparsed
            } else {
                scanner.at = start;
                Entity::External
            }
        } else {
            Entity::Internal(entity_value(scanner)?)
        };
        scanner.blanks();
        end(scanner)?;
        if is_parameter {
            self.declared.parameter.entry(name).or_insert(entity);
        } else {
            let inside = !self.within.is_empty();
            self.declared.general.entry(name).or_insert((entity, inside));
        }
        Ok(())
    }
}
