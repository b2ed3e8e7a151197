//! `certpost inspect`: what a letter is made of, without any key.
//!
//! Nothing shown here is proven: that takes `open`.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Exit, Shared, read_input};
use super::terminal;
use crate::letter::entity::shown;
use crate::letter::shape::{self, Tree};
use crate::letter::{LineEnds, MAX_LETTER, limits};
use crate::smime::der::Malformed;
use crate::smime::describe::{Layer, NameWords, describe};

/// The schema of what `--json` prints.
pub const SCHEMA: &str = "certpost/inspect/1";

/// Show what a letter is made of; needs no key and proves nothing.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The letter: a file, or - for standard input.
    #[arg(value_name = "LETTER")]
    pub letter: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    match read_input(&args.letter, MAX_LETTER) {
        Ok(octets) => answer(&octets, shared),
        Err(fault) => {
            let words = format!("{}: {fault}", args.letter.display());
            Answer::failure(shared, SCHEMA, Exit::Absent, words)
        }
    }
}

/// The answer for a letter's octets.
pub fn answer(octets: &[u8], shared: &Shared) -> Answer {
    let shaped = limits::bound(octets, LineEnds::CrlfOrLf, MAX_LETTER).and_then(shape::shape);
    let shaped = match shaped {
        Ok(shaped) => shaped,
        Err(refusal) => {
            let words =
                format!("not readable: {}: {}", refusal.code, terminal::shown(&refusal.words));
            return Answer::failure(shared, SCHEMA, Exit::No, words);
        }
    };
    let entities = entities(shaped.octets());
    if shared.json {
        let octets = octets.len();
        return Answer::json(Exit::Yes, &Inspected { schema: SCHEMA, ok: true, octets, entities });
    }
    let mut text = format!("letter, {} octets; nothing below is proven\n", octets.len());
    for (index, entity) in entities.iter().enumerate() {
        if index > 0 {
            text.push_str("signed content\n");
        }
        entity.write(&mut text);
    }
    Answer::text(Exit::Yes, text)
}

//------------ Inspected -----------------------------------------------------

/// What a letter is made of. Nothing of it is proven.
#[derive(JsonSchema, Serialize)]
pub struct Inspected {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    #[schemars(extend("const" = true))]
    ok: bool,
    /// Of the whole letter.
    octets: usize,
    /// The letter, then what signatures in it carry in clear; at most eight.
    entities: Vec<Entity>,
}

//------------ Entity --------------------------------------------------------

/// One MIME entity: the letter, or what a signature carries in clear.
#[derive(Clone, Debug, JsonSchema, Serialize)]
struct Entity {
    /// In the order they stand in the entity.
    parts: Vec<PartWords>,
}

/// One part of it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct PartWords {
    /// How many parts it lies in.
    depth: usize,
    /// The media type, without parameters.
    #[serde(rename = "type")]
    media_type: String,
    /// Of the body, as it is encoded.
    octets: usize,
    /// What the part is as an S/MIME structure, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    smime: Option<Layer>,
    /// Why the structure cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

/// The letter's entity and those that signatures in it carry in clear.
fn entities(letter: &[u8]) -> Vec<Entity> {
    let mut entities = Vec::new();
    let mut waiting = VecDeque::from([letter.to_vec()]);
    while let Some(octets) = waiting.pop_front() {
        let Ok(tree) = Tree::read(&octets) else { continue };
        let mut parts = Vec::new();
        for part in tree.parts() {
            let name = &part.media_type.name;
            let mut words = PartWords {
                depth: part.depth,
                media_type: shown(name),
                octets: part.body.len(),
                smime: None,
                fault: None,
            };
            if part.media_type.is_pkcs7() || name.ends_with("pkcs7-signature") {
                match Tree::decoded(&octets, part).as_deref().map(describe) {
                    Some(Ok((layer, content))) => {
                        words.smime = Some(layer);
                        waiting.extend(content);
                    }
                    Some(Err(Malformed(fault))) => words.fault = Some(fault.to_owned()),
                    None => words.fault = Some("the transfer encoding cannot be undone".to_owned()),
                }
            }
            parts.push(words);
        }
        entities.push(Entity { parts });
        if entities.len() >= ENTITY_LIMIT {
            break;
        }
    }
    entities
}

impl Entity {
    fn write(&self, text: &mut String) {
        for part in &self.parts {
            let indent = "  ".repeat(part.depth + 1);
            line(text, &indent, &format!("{}, {} octets", part.media_type, part.octets));
            if let Some(layer) = &part.smime {
                write_layer(text, &format!("{indent}  "), layer);
            }
            if let Some(fault) = &part.fault {
                line(text, &indent, &format!("  not readable: {fault}"));
            }
        }
    }
}

fn write_layer(text: &mut String, indent: &str, layer: &Layer) {
    match layer {
        Layer::Other { content_type, octets } => {
            line(text, indent, &format!("{content_type}, {octets} octets: not taken"));
        }
        Layer::Sealed { content_type, octets, trailing, cipher, nonce, tag, recipients } => {
            line(text, indent, &format!("{content_type}, {octets} octets, {cipher}"));
            if let Some(nonce) = nonce {
                let tag = tag.map_or_else(|| "no tag".to_owned(), |tag| format!("tag {tag}"));
                line(text, indent, &format!("nonce {nonce} octets, {tag}"));
            }
            write_trailing(text, indent, *trailing);
            for recipient in recipients {
                let words = format!("to {} by {}", name(&recipient.name), recipient.algorithm);
                line(text, indent, &words);
            }
        }
        Layer::Signed { content_type, octets, trailing, detached, signers, certificates } => {
            let form = if *detached { "content outside" } else { "content inside" };
            line(text, indent, &format!("{content_type}, {octets} octets, {form}"));
            write_trailing(text, indent, *trailing);
            for signer in signers {
                let time = signer.signing_time.map_or_else(String::new, |t| format!(" at {t}"));
                let words = format!(
                    "signed by {}{time}: {}, {}; attributes: {}",
                    name(&signer.name),
                    signer.digest,
                    signer.signature,
                    signer.attributes.join(", ")
                );
                line(text, indent, &words);
            }
            for x509 in certificates {
                let words = format!(
                    "brings the certificate of {} ({}), {} to {}, SHA-256 {}",
                    x509.subject, x509.key, x509.not_before, x509.not_after, x509.sha256
                );
                line(text, indent, &words);
            }
        }
    }
}

fn write_trailing(text: &mut String, indent: &str, trailing: usize) {
    if trailing > 0 {
        line(text, indent, &format!("{trailing} octets follow the structure"));
    }
}

fn name(name: &NameWords) -> String {
    let parts = [
        name.issuer.as_ref().map(|issuer| format!("issuer {issuer}")),
        name.serial.as_ref().map(|serial| format!("serial {serial}")),
        name.key_id.as_ref().map(|id| format!("key {id}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "nobody named".to_owned() } else { parts.join(", ") }
}

fn line(text: &mut String, indent: &str, words: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{indent}{}", terminal::shown(words));
}

/// More layers than any letter has.
const ENTITY_LIMIT: usize = 8;
