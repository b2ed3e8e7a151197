//! Admission: whether a submission is taken, and what of it is recorded.
//!
//! Pure: octets, headers and a configuration in; an [`Acceptance`] for the
//! ledger or a list of findings for the producer out. All that is wrong is
//! listed at once where one fault does not hide the next.

use super::objections;
use crate::certificate::catalogue::Code;
use crate::certificate::facts::Paths;
use crate::certificate::finding::{Finding, any_severe};
use crate::certificate::{Certificate, CertificateId, Facts};
use crate::clock::Timestamp;
use crate::config::{Configuration, Producer};
use crate::ledger::{Acceptance, ContentType};
use crate::letter;
use crate::partner::{PartnerCode, routing};
use crate::queue::Claim;
use crate::sps::{self, SpsOctets, SpsXml, WriteOptions};
use crate::submission;

/// The largest body taken, in octets.
pub const MAX_BODY: usize = 9 << 20;
/// The longest `message_id` taken, in octets.
const MAX_MESSAGE_ID: usize = 255;

//------------ Refused -------------------------------------------------------

/// A submission that is not taken, and why.
#[derive(Clone, Debug)]
pub struct Refused {
    /// At least one.
    pub findings: Vec<Finding>,
    /// What it was about, as far as that could be read.
    pub id: Option<CertificateId>,
}

impl From<Vec<Finding>> for Refused {
    fn from(findings: Vec<Finding>) -> Self {
        Refused { findings, id: None }
    }
}

impl From<Finding> for Refused {
    fn from(finding: Finding) -> Self {
        vec![finding].into()
    }
}

//------------ Admission -----------------------------------------------------

/// Judges a claim by the configuration of this moment.
pub fn admit(claim: &Claim, configuration: &Configuration) -> Result<Acceptance, Refused> {
    let content_type = check_outside(claim)?;
    let (certificate, warnings) = read(content_type, &claim.body)?;
    let paths = match content_type {
        ContentType::Json => Paths::Json,
        ContentType::Xml => Paths::Xml,
    };
    let facts = certificate.facts_by(paths).map_err(Refused::from)?;
    let mut findings = Vec::new();
    check_issuer(&facts, configuration, &mut findings);
    check_producer(claim, &facts, &configuration.producers, &mut findings);
    let partners = choose_partners(claim, &facts, configuration, &mut findings);
    check_partners(
        (content_type, &certificate),
        claim,
        (&facts, &partners),
        configuration,
        &mut findings,
    );
    let not_useful_after = read_not_useful_after(claim, &mut findings);
    let ready = SpsOctets::domestic(&claim.body);
    let xml = match content_type {
        ContentType::Json => sps::write(&certificate, &WriteOptions::default()),
        ContentType::Xml => SpsXml::ready(&ready),
    };
    check_letter(xml.as_bytes().len(), configuration.doors.max_letter, &mut findings);
    if !findings.is_empty() {
        // Of two at one place the worse is told.
        let told = warnings.into_iter().filter(|warning| {
            !findings.iter().any(|other| other.path == warning.path && other.level < warning.level)
        });
        let told: Vec<Finding> = told.collect();
        findings.extend(told);
        return Err(Refused { findings, id: Some(facts.id) });
    }
    Ok(Acceptance {
        submission_message_id: claim.message_id.clone(),
        producer: claim.user_id.clone(),
        content_type,
        body: claim.body.clone(),
        digest: certificate.content_digest(),
        xml_sha256: (content_type == ContentType::Xml).then(|| xml.sha256()),
        facts,
        partners,
        named: claim.partners.is_some(),
        not_useful_after,
        first_wait: configuration.clocks.next(0, 0.0),
    })
}

/// Reads a certificate from octets of our own side, whichever form they have.
///
/// The second part are findings that are not severe.
pub fn read(
    content_type: ContentType,
    body: &[u8],
) -> Result<(Certificate, Vec<Finding>), Vec<Finding>> {
    match content_type {
        ContentType::Json => {
            submission::from_json(body).map(|certificate| (certificate, Vec::new()))
        }
        ContentType::Xml => {
            let reading = sps::read(&SpsOctets::domestic(body));
            let findings = reading.findings;
            match reading.certificate {
                Some(certificate) if !any_severe(&findings) => Ok((certificate, findings)),
                _ => Err(findings),
            }
        }
    }
}

fn check_outside(claim: &Claim) -> Result<ContentType, Refused> {
    let mut findings = Vec::new();
    let essence = claim.content_type.as_deref().unwrap_or_default();
    let essence = essence.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let content_type = match essence.as_str() {
        "application/json" => Some(ContentType::Json),
        "application/xml" => Some(ContentType::Xml),
        _ => None,
    };
    if content_type.is_none() {
        let found = match essence.as_str() {
            "" => "no content_type".to_owned(),
            other => format!("content_type '{}'", other.chars().take(60).collect::<String>()),
        };
        findings.push(about_submission(
            Code::SubmissionContentType,
            format!("the submission has {found}"),
            "publish it with content_type application/json or application/xml",
        ));
    }
    if claim.body.len() > MAX_BODY {
        findings.push(about_submission(
            Code::SubmissionTooLarge,
            format!("the body has {} octets; {MAX_BODY} are taken", claim.body.len()),
            "send smaller attachments",
        ));
    }
    if claim.message_id.as_ref().is_some_and(|id| id.len() > MAX_MESSAGE_ID) {
        findings.push(about_submission(
            Code::SubmissionMessageId,
            "the message_id is longer than 255 octets",
            "send a shorter one, or none",
        ));
    }
    match content_type {
        Some(content_type) if findings.is_empty() => Ok(content_type),
        _ => Err(findings.into()),
    }
}

fn check_issuer(facts: &Facts, configuration: &Configuration, findings: &mut Vec<Finding>) {
    let ours = &configuration.gateway.countries;
    if !ours.contains(&facts.id.country) {
        let ours: Vec<_> = ours.iter().map(|country| country.as_str()).collect();
        findings.push(Finding::new(
            Code::SubmissionIssuingCountry,
            "/consignment/exportCountry/id",
            format!(
                "the certificate is issued by {}, and this gateway issues for {}",
                facts.id.country,
                ours.join(", ")
            ),
            "correct the exporting country, or add it to gateway.countries",
        ));
    }
}

fn check_producer(
    claim: &Claim,
    facts: &Facts,
    producers: &[Producer],
    findings: &mut Vec<Finding>,
) {
    if producers.is_empty() {
        return;
    }
    let number = facts.id.number();
    let user = claim.user_id.as_deref();
    let known = producers.iter().filter(|producer| Some(producer.user.as_str()) == user);
    let mut named = false;
    for producer in known {
        named = true;
        let type_agreed =
            producer.types.as_ref().is_none_or(|types| types.contains(&facts.id.document_type));
        let number_agreed =
            producer.numbers.as_ref().is_none_or(|pattern| pattern.is_match(number));
        if type_agreed && number_agreed {
            return;
        }
    }
    let (words, remedy) = match (user, named) {
        (None, _) => (
            "the submission does not say which broker user published it".to_owned(),
            "publish with user_id set to the broker user",
        ),
        (Some(user), false) => (
            format!("the broker user '{user}' is no [[producer]]"),
            "publish as a producer that certpost.toml lists",
        ),
        (Some(user), true) => (
            format!(
                "the producer '{user}' may not submit type {} with the number '{number}'",
                facts.id.document_type
            ),
            "correct type or number, or the producer's entry in certpost.toml",
        ),
    };
    findings.push(about_submission(Code::SubmissionProducer, words, remedy));
}

fn choose_partners(
    claim: &Claim,
    facts: &Facts,
    configuration: &Configuration,
    findings: &mut Vec<Finding>,
) -> Vec<PartnerCode> {
    let partners = &configuration.partners;
    match &claim.partners {
        None => routing::route(facts, partners),
        Some(Ok(wanted)) => routing::named(wanted, partners).unwrap_or_else(|unknown| {
            let known: Vec<_> = partners.iter().map(|partner| partner.code.as_str()).collect();
            findings.push(about_submission(
                Code::SubmissionUnknownPartner,
                format!("x-certpost-partners names '{unknown}', which is no partner"),
                format!("name some of: {}", known.join(", ")),
            ));
            Vec::new()
        }),
        Some(Err(words)) => {
            findings.push(about_submission(
                Code::SubmissionUnknownPartner,
                format!("x-certpost-partners cannot be read: {words}"),
                "send an array of strings, or one string with commas",
            ));
            Vec::new()
        }
    }
}

/// What the partners would refuse whom the certificate is for. One on the way
/// is judged when its letter is to be made.
fn check_partners(
    (content_type, certificate): (ContentType, &Certificate),
    claim: &Claim,
    (facts, partners): (&Facts, &[PartnerCode]),
    configuration: &Configuration,
    findings: &mut Vec<Finding>,
) {
    let named = matches!(claim.partners, Some(Ok(_)));
    for partner in partners.iter().filter_map(|code| configuration.partner(code)) {
        if !named && routing::only_passes(facts, partner) {
            continue;
        }
        let found = objections::objections(content_type, &claim.body, certificate, partner);
        if any_severe(&found) {
            findings.extend(found);
        }
    }
}

fn read_not_useful_after(claim: &Claim, findings: &mut Vec<Finding>) -> Option<Timestamp> {
    let read = match claim.not_useful_after.as_ref()? {
        Ok(text) => text.parse::<Timestamp>().map_err(|fault| fault.to_string()),
        Err(words) => Err(words.clone()),
    };
    read.map_err(|words| {
        findings.push(about_submission(
            Code::SubmissionNotUsefulAfter,
            format!("x-certpost-not-useful-after cannot be read: {words}"),
            "send it as 2026-11-30T00:00:00Z",
        ));
    })
    .ok()
}

fn check_letter(xml: usize, most: usize, findings: &mut Vec<Finding>) {
    let letter = letter::size_of_letter(xml);
    if letter > most {
        findings.push(about_submission(
            Code::SubmissionLetterTooLarge,
            format!("the letter would have about {letter} octets; {most} are allowed"),
            "send smaller attachments",
        ));
    }
}

fn about_submission(code: Code, words: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding::new(code, "", words, remedy)
}
