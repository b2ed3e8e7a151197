//! `certpost seal`: the letter that `run` would send, without a ledger.

use std::path::PathBuf;

use super::answer::{self, Answer, Exit, Shared, read_input};
use super::document;
use super::paint::Paint;
use super::terminal::shown;
use crate::certificate::any_severe;
use crate::clock::Clock;
use crate::config::Keys;
use crate::letter;
use crate::outbound::admission::{self, MAX_BODY};
use crate::outbound::objections;
use crate::outbound::sealing::{self, Order, SealingError};
use crate::partner::PartnerCode;
use crate::smime;

const SCHEMA: &str = "certpost/seal/1";

/// Print the letter that `run` would send.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The certificate, as JSON or XML: a file, or - for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The partner's code.
    #[arg(long, value_name = "CODE")]
    pub to: PartnerCode,
}

/// Seals one certificate for one partner.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let fail = |exit, words: String| Answer::failure(shared, SCHEMA, exit, words);
    let named = args.file.display();
    let body = match read_input(&args.file, MAX_BODY) {
        Ok(body) if body.len() > MAX_BODY => {
            return fail(
                Exit::No,
                format!("{named}: larger than 9 MiB, which is the most a submission may have"),
            );
        }
        Ok(body) => body,
        Err(fault) => return fail(Exit::Absent, format!("{named}: {fault}")),
    };
    let configuration = match super::configuration(shared, SCHEMA, Keys::Read) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    let Some(partner) = configuration.partner(&args.to) else {
        return fail(
            Exit::Absent,
            format!("there is no partner {}; see certpost partner list", args.to),
        );
    };
    if let Err(fault) = smime::self_test(configuration.gateway.accept_known_bad_openssl) {
        return fail(Exit::Usage, fault.to_string());
    }
    let Some(content_type) = answer::content_type(&body) else {
        return fail(Exit::No, format!("{named}: neither XML nor JSON"));
    };
    let read = admission::read(content_type, &body)
        .and_then(|(certificate, _warnings)| Ok((certificate.facts()?, certificate)));
    let (facts, certificate) = match read {
        Ok(read) => read,
        Err(findings) => {
            let first = findings
                .first()
                .map(|finding| format!("{} {}: {}", finding.path, finding.words, finding.remedy));
            return fail(
                Exit::No,
                format!("{named}: {}; see certpost check", shown(&first.unwrap_or_default())),
            );
        }
    };
    let objections = objections::objections(content_type, &body, &certificate, partner);
    if any_severe(&objections) {
        let name = named.to_string();
        let words = format!("{name}: {} would refuse it; nothing was signed", partner.code);
        let answer = Answer::failure_for(shared, SCHEMA, Exit::No, words, &objections);
        let lines =
            objections.iter().map(|finding| document::line(&name, finding, Paint::for_remarks()));
        return lines.fold(answer, Answer::remark);
    }
    let mut random = [0; 16];
    if let Err(fault) = getrandom::fill(&mut random) {
        return fail(Exit::Bug, format!("the machine gives no random octets: {fault}"));
    }
    let letter_id = letter::letter_id(random);
    let order = Order {
        content_type,
        body: &body,
        letter_id: &letter_id,
        id: &facts.id,
        status: &facts.status,
    };
    match sealing::seal(&order, partner, &configuration, Clock::system().now()) {
        Ok(sealed) => {
            let name = named.to_string();
            let lines = objections
                .iter()
                .map(|finding| document::line(&name, finding, Paint::for_remarks()));
            lines.fold(Answer::octets(Exit::Yes, sealed.letter), Answer::remark)
        }
        Err(fault @ SealingError::TooLarge(_)) => {
            fail(Exit::No, format!("submission.letter-too-large: {fault}"))
        }
        Err(
            fault @ (SealingError::Certificate(_)
            | SealingError::Objection(..)
            | SealingError::Receipt(_)),
        ) => fail(Exit::No, fault.to_string()),
        Err(fault @ (SealingError::NoIdentity | SealingError::Smime(_))) => {
            fail(Exit::Usage, fault.to_string())
        }
    }
}
