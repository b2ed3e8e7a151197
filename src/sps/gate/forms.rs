//! The small forms of a DOCTYPE, each by its production; for tests.

use super::letters::meaning;
use super::names::{Name, continues_name};
use super::scan::Scanner;
use super::scope;
use super::{Edition, Stop, fourth};

/// Which literals an external identifier needs.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Literals {
    Both,
    /// Of a notation, the public one suffices (production 83).
    Public,
}

/// A text that outlives its document: there are few, and only in tests.
pub(super) fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

pub(super) fn parted(scanner: &mut Scanner<'_>) -> Result<(), Stop> {
    if scanner.blanks() { Ok(()) } else { Err(scanner.stop("a blank is missing here")) }
}

pub(super) fn end(scanner: &mut Scanner<'_>) -> Result<(), Stop> {
    if scanner.eat(">") {
        Ok(())
    } else {
        Err(scanner.stop("'>' is missing at the end of a declaration"))
    }
}

/// A QName (Namespaces, section 4).
pub(super) fn qualified<'a>(scanner: &mut Scanner<'a>, what: &str) -> Result<&'a str, Stop> {
    let at = scanner.at();
    let name = scanner.name(what)?;
    scope::qualified(at, Name::new(name))?;
    Ok(name)
}

/// An NCName (Namespaces, section 7: no colon in entities and notations).
pub(super) fn unprefixed<'a>(scanner: &mut Scanner<'a>, what: &str) -> Result<&'a str, Stop> {
    let at = scanner.at();
    let name = scanner.name(what)?;
    if name.contains(':') {
        return Err(Stop::namespace(at, format!("a colon stands in {what}")));
    }
    Ok(name)
}

/// ExternalID (production 75), if one stands here; PublicID (production 83).
pub(super) fn external(scanner: &mut Scanner<'_>, needed: Literals) -> Result<bool, Stop> {
    if scanner.eat("SYSTEM") {
        parted(scanner)?;
    } else if scanner.eat("PUBLIC") {
        parted(scanner)?;
        let quote = scanner.quote()?;
        let public = scanner.through(quote, "a public identifier")?;
        // PubidChar (production 13).
        let is_good = |octet: u8| {
            octet.is_ascii_alphanumeric() || b" \r\n-'()+,./:=?;!*#@$_%".contains(&octet)
        };
        if !public.iter().copied().all(is_good) {
            return Err(scanner.stop("a character of a public identifier is not allowed"));
        }
        let is_parted = scanner.blanks();
        if needed == Literals::Public && scanner.starts_with(">") {
            return Ok(true);
        }
        if !is_parted {
            return Err(scanner.stop("a blank is missing after a public identifier"));
        }
    } else {
        return Ok(false);
    }
    // SystemLiteral (production 11).
    let quote = scanner.quote()?;
    scanner.through(quote, "a system identifier")?;
    Ok(true)
}

/// A notation declaration (production 82).
pub(super) fn notation(scanner: &mut Scanner<'_>) -> Result<(), Stop> {
    parted(scanner)?;
    unprefixed(scanner, "a notation's name")?;
    parted(scanner)?;
    if !external(scanner, Literals::Public)? {
        return Err(scanner.stop("a notation has a SYSTEM or PUBLIC identifier"));
    }
    scanner.blanks();
    end(scanner)
}

/// EntityValue (production 9), as its replacement text: characters in place of
/// their numbers, references to entities as they stand (section 4.5).
pub(super) fn entity_value(scanner: &mut Scanner<'_>) -> Result<&'static str, Stop> {
    let quote = scanner.quote()?;
    let mut text = String::new();
    loop {
        text.push_str(scanner.run(|letter| !matches!(letter, '%' | '&' | '"' | '\'')));
        let start = scanner.at();
        if scanner.eat(quote) {
            // Those referred to are looked for where this one is referred to.
            scanner.referred();
            return Ok(kept(&text));
        }
        if scanner.starts_with("&") {
            scanner.reference()?;
            let reference = scanner.before().get(start..).unwrap();
            match reference.strip_prefix("&#") {
                Some(_) => text.extend(meaning(reference.trim_matches(['&', ';']))),
                None => text.push_str(reference),
            }
        } else if scanner.starts_with("%") {
            // Section 2.8: PEs in Internal Subset.
            return Err(scanner.stop("'%' stands in the value of an entity"));
        } else if scanner.is_done() {
            return Err(scanner.stop("the value of an entity does not end"));
        } else {
            scanner.at += 1;
            text.push_str(scanner.before().get(start..).unwrap());
        }
    }
}

/// An element type declaration (productions 45 to 51), behind its keyword.
pub(super) fn element(scanner: &mut Scanner<'_>) -> Result<(), Stop> {
    parted(scanner)?;
    qualified(scanner, "an element's name")?;
    parted(scanner)?;
    if !(scanner.eat("EMPTY") || scanner.eat("ANY")) {
        if !scanner.eat("(") {
            return Err(scanner.stop("a content model is missing here"));
        }
        scanner.blanks();
        if scanner.eat("#PCDATA") { mixed(scanner)? } else { children(scanner)? }
    }
    scanner.blanks();
    end(scanner)
}

/// Mixed (production 51), behind its `#PCDATA`.
fn mixed(scanner: &mut Scanner<'_>) -> Result<(), Stop> {
    let mut has_names = false;
    loop {
        scanner.blanks();
        if scanner.eat(")*") || (!has_names && scanner.eat(")")) {
            return Ok(());
        }
        if !scanner.eat("|") {
            return Err(scanner.stop("'|' or ')*' is missing in mixed content"));
        }
        scanner.blanks();
        qualified(scanner, "an element's name")?;
        has_names = true;
    }
}

/// children (productions 47 to 50), behind its first parenthesis.
fn children(scanner: &mut Scanner<'_>) -> Result<(), Stop> {
    // What parts the particles of each group that is open.
    let mut open: Vec<Option<&str>> = vec![None];
    loop {
        scanner.blanks();
        if scanner.eat("(") {
            open.push(None);
            continue;
        }
        qualified(scanner, "an element's name")?;
        repeated(scanner);
        loop {
            scanner.blanks();
            let Some(parting) = open.last_mut() else { return Ok(()) };
            if scanner.eat(")") {
                open.pop();
                repeated(scanner);
                if open.is_empty() {
                    return Ok(());
                }
                continue;
            }
            let Some(found) = ["|", ","].into_iter().find(|one| scanner.eat(one)) else {
                return Err(scanner.stop("'|', ',' or ')' is missing in a content model"));
            };
            if *parting.get_or_insert(found) != found {
                return Err(scanner.stop("'|' and ',' stand in one group"));
            }
            break;
        }
    }
}

fn repeated(scanner: &mut Scanner<'_>) {
    let _ = scanner.eat("?") || scanner.eat("*") || scanner.eat("+");
}

/// What an attribute's type makes of blanks in its value (section 3.3.3).
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Type {
    Text,
    Tokens,
}

/// AttType (productions 54 to 59).
pub(super) fn attribute_type(scanner: &mut Scanner<'_>) -> Result<Type, Stop> {
    if scanner.eat("CDATA") {
        return Ok(Type::Text);
    }
    let words = ["IDREFS", "IDREF", "ID", "ENTITIES", "ENTITY", "NMTOKENS", "NMTOKEN"];
    if words.into_iter().any(|word| scanner.eat(word)) {
        return Ok(Type::Tokens);
    }
    let is_notation = scanner.eat("NOTATION");
    if is_notation {
        parted(scanner)?;
    }
    if !scanner.eat("(") {
        return Err(scanner.stop("an attribute's type is missing here"));
    }
    loop {
        scanner.blanks();
        if is_notation {
            unprefixed(scanner, "a notation's name")?;
        } else {
            token(scanner)?;
        }
        scanner.blanks();
        if scanner.eat(")") {
            return Ok(Type::Tokens);
        }
        if !scanner.eat("|") {
            return Err(scanner.stop("'|' or ')' is missing in an attribute's type"));
        }
    }
}

/// Nmtoken (production 7).
fn token(scanner: &mut Scanner<'_>) -> Result<(), Stop> {
    let at = scanner.at();
    let token = scanner.run(|letter| continues_name(letter) || letter == ':');
    let is_one = match scanner.edition {
        Edition::Fourth => fourth::is_token(token),
        Edition::Fifth => !token.is_empty(),
    };
    if is_one { Ok(()) } else { Err(Stop::ill_formed(at, "a name token is missing here")) }
}
