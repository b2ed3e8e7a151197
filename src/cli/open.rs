//! `certpost open`: gates 1 to 8 on one letter, without ledger or network.
//!
//! Nothing of a refused letter reaches standard output.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::{Answer, Exit, Shared, read_input};
use crate::clock::{Clock, Timestamp};
use crate::config::Keys;
use crate::inbound::prove::{Gatehouse, Proven, prove};
use crate::inbound::{self, judge};
use crate::letter::{LineEnds, MAX_LETTER};
use crate::refusal::Refusal;
use crate::smime;

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
    let read = |proven: &Proven| {
        judge::read_certificate(
            proven,
            configuration.partner(&proven.partner),
            &configuration.gateway,
        )
        .map(|_read| ())
    };
    let document: Option<DocumentGates<'_>> = if args.certificate { Some(&read) } else { None };
    answer(&octets, &inbound::gatehouse(&configuration), at, args.wanted(), document, shared)
}

/// The gates that read the document of a proven letter.
pub type DocumentGates<'a> = &'a dyn Fn(&Proven) -> Result<(), Refusal>;

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
    let proven = prove(octets, LineEnds::CrlfOrLf, house, at).and_then(|proven| {
        document.map_or(Ok(()), |gates| gates(&proven))?;
        Ok(proven)
    });
    match proven {
        Ok(proven) => opened(proven, wanted, shared),
        Err(refusal) => refused(&refusal, shared),
    }
}

fn opened(proven: Proven, wanted: Wanted, shared: &Shared) -> Answer {
    let remarks = proven.remarks.iter().map(|remark| format!("{}: {}", remark.code, remark.words));
    let remarks: Vec<String> = remarks.collect();
    let mut answer = if shared.json {
        Answer::json(Exit::Yes, &object(&proven))
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

fn object(proven: &Proven) -> Value {
    json!({
        "schema": SCHEMA,
        "ok": true,
        "partner": proven.partner,
        "signer": proven.signer,
        "xmlSha256": HEXLOWER.encode(&Sha256::digest(proven.octets.as_bytes())),
        "entitySha256": HEXLOWER.encode(&Sha256::digest(&proven.entity)),
        "messageId": proven.message_id,
        "subject": proven.subject,
        "signedAt": proven.signed_at,
        "kind": proven.kind,
        "fileName": proven.file_name,
        "remarks": proven.remarks,
    })
}

fn refused(refusal: &Refusal, shared: &Shared) -> Answer {
    let (word, exit) =
        if refusal.is_held() { ("held", Exit::CannotTell) } else { ("refused", Exit::No) };
    let answer = if shared.json {
        let mut object = json!({"schema": SCHEMA, "ok": false});
        object[word] =
            json!({"gate": refusal.gate(), "code": refusal.code, "words": refusal.words});
        if refusal.is_held() {
            object["refused"] = object[word].clone();
        }
        Answer::json(exit, &object)
    } else {
        Answer::new(exit)
    };
    answer.remark(format!("{word}: {}: {}", refusal.code, refusal.words))
}
