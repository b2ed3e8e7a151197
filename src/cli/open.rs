//! `certpost open`: gates 1 to 8 on one letter, without ledger or network.
//!
//! Nothing of a refused letter reaches standard output.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::answer::{Answer, Exit, Shared, read_input};
use super::terminal::shown;
use crate::certificate::Finding;
use crate::clock::{Clock, Timestamp};
use crate::config::Keys;
use crate::inbound::opening;
use crate::inbound::prove::{Gatehouse, Proven, prove};
use crate::inbound::terms::Terms;
use crate::letter::{LineEnds, MAX_LETTER};
use crate::partner::PartnerCode;
use crate::refusal::{Code, Refusal};
use crate::smime;
use crate::smime::verify::Signer;

/// The schema of what `--json` prints.
pub const SCHEMA: &str = "certpost/open/1";

/// Open a letter and print what it carries, if every gate lets it pass.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The letter: a file, or - for standard input.
    #[arg(value_name = "LETTER")]
    pub letter: PathBuf,
    /// Judge as if taken in at this time (RFC 3339); now, if not given.
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
    /// Print the signed entity instead of the document in it.
    #[arg(long)]
    pub entity: bool,
    /// Gates 9 and 10 as well: the document must be readable, and bind us.
    #[arg(long)]
    pub certificate: bool,
}

/// What is printed of a letter that passes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanted {
    /// The innermost part, transfer encoding undone.
    Document,
    /// Entity E, the signed octets.
    Entity,
}

impl Args {
    /// What to print.
    pub fn wanted(&self) -> Wanted {
        if self.entity { Wanted::Entity } else { Wanted::Document }
    }
}

/// Opens one letter.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let octets = match read_input(&args.letter, MAX_LETTER) {
        Ok(octets) => octets,
        Err(fault) => {
            let words = format!("{}: {fault}", args.letter.display());
            return Answer::failure(shared, SCHEMA, Exit::Absent, words);
        }
    };
    let configuration = match super::configuration(shared, SCHEMA, Keys::Read) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    if let Err(fault) = smime::self_test(configuration.gateway.accept_known_bad_openssl) {
        return Answer::failure(shared, SCHEMA, Exit::Usage, fault.to_string());
    }
    let at = args.at.unwrap_or_else(|| Clock::system().now());
    let terms = match Terms::of(&configuration) {
        Ok(terms) => terms,
        Err(fault) => return Answer::failure(shared, SCHEMA, Exit::Bug, fault.to_string()),
    };
    let read = |proven: &Proven| {
        opening::read_certificate(proven, &terms).map(|(_, _, findings)| findings)
    };
    let document: Option<DocumentGates<'_>> = if args.certificate { Some(&read) } else { None };
    answer(&octets, &terms.house, at, args.wanted(), document, shared)
}

/// The gates that read the document of a proven letter, and what they find.
pub type DocumentGates<'a> = &'a dyn Fn(&Proven) -> Result<Vec<Finding>, Refusal>;

/// The answer to one letter. `document` is the gates that read the document
/// (9, 10 and the country clause), where they are asked for.
pub fn answer(
    octets: &[u8],
    house: &Gatehouse,
    at: Timestamp,
    wanted: Wanted,
    document: Option<DocumentGates<'_>>,
    shared: &Shared,
) -> Answer {
    let proven = prove(octets, LineEnds::CrlfOrLf, house, at).and_then(|mut proven| {
        let found = document.map_or(Ok(Vec::new()), |gates| gates(&proven))?;
        // What is wrong with the document by itself is `check`'s to tell.
        proven.remarks.extend(found.into_iter().filter(|finding| finding.code.is_of_letter()));
        Ok(proven)
    });
    match proven {
        Ok(proven) => opened(proven, wanted, shared),
        Err(refusal) => refused(&refusal, shared),
    }
}

fn opened(proven: Proven, wanted: Wanted, shared: &Shared) -> Answer {
    let remarks =
        proven.remarks.iter().map(|remark| format!("{}: {}", remark.code, shown(&remark.words)));
    let remarks: Vec<String> = remarks.collect();
    let mut answer = if shared.json {
        Answer::json(Exit::Yes, &Opened::of(&proven))
    } else {
        Answer::octets(
            Exit::Yes,
            match wanted {
                Wanted::Document => proven.octets.as_bytes().to_vec(),
                Wanted::Entity => proven.entity,
            },
        )
    };
    answer.remarks.extend(remarks);
    answer
}

fn refused(refusal: &Refusal, shared: &Shared) -> Answer {
    let (word, exit) =
        if refusal.is_held() { ("held", Exit::CannotTell) } else { ("refused", Exit::No) };
    let answer =
        if shared.json { Answer::json(exit, &Unopened::of(refusal)) } else { Answer::new(exit) };
    answer.remark(format!("{word}: {}: {}", refusal.code, shown(&refusal.words)))
}

//------------ Opened --------------------------------------------------------

/// A letter that every gate let pass.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Opened<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    #[schemars(extend("const" = true))]
    ok: bool,
    /// Whose signer it was.
    partner: &'a PartnerCode,
    signer: &'a Signer,
    /// Of the innermost part, transfer encoding undone; hex.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    xml_sha256: String,
    /// Of the signed octets, hex.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    entity_sha256: String,
    /// Under the signature where that repeats the header.
    message_id: &'a str,
    /// Under the signature; null if it does not stand there.
    subject: Option<&'a str>,
    /// By the signer's clock.
    signed_at: Timestamp,
    /// What the letter says it carries, as `certificate`; null if it does not.
    kind: Option<&'a str>,
    /// The name the document was sent under; never a path.
    file_name: Option<&'a str>,
    /// What is odd about the letter, and no reason to refuse it.
    remarks: &'a [Finding],
}

impl<'a> Opened<'a> {
    fn of(proven: &'a Proven) -> Self {
        Opened {
            schema: SCHEMA,
            ok: true,
            partner: &proven.partner,
            signer: &proven.signer,
            xml_sha256: HEXLOWER.encode(&Sha256::digest(proven.octets.as_bytes())),
            entity_sha256: HEXLOWER.encode(&Sha256::digest(&proven.entity)),
            message_id: &proven.message_id,
            subject: proven.subject.as_deref(),
            signed_at: proven.signed_at,
            kind: proven.kind.as_deref(),
            file_name: proven.file_name.as_deref(),
            remarks: &proven.remarks,
        }
    }
}

//------------ Unopened ------------------------------------------------------

/// A letter that a gate did not let pass.
#[derive(JsonSchema, Serialize)]
pub struct Unopened<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    #[schemars(extend("const" = false))]
    ok: bool,
    /// The same as `refused`, where the letter is held rather than refused: it
    /// is judged again when there is a newer CRL.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<GateWords<'a>>,
    refused: GateWords<'a>,
}

/// A gate's no.
#[derive(Clone, JsonSchema, Serialize)]
struct GateWords<'a> {
    /// The first gate that said no.
    #[schemars(range(min = 1, max = 10))]
    gate: u8,
    code: Code,
    /// What was found and what is allowed, for our own operator.
    words: &'a str,
}

impl<'a> Unopened<'a> {
    fn of(refusal: &'a Refusal) -> Self {
        let refused = GateWords { gate: refusal.gate(), code: refusal.code, words: &refusal.words };
        let held = refusal.is_held().then(|| refused.clone());
        Unopened { schema: SCHEMA, ok: false, held, refused }
    }
}
