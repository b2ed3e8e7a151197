//! `certpost submit`: puts certificates on the submissions queue.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::terminal::shown;
use super::{Answer, Exit, Shared, answer};
use crate::config::Keys;
use crate::outbound::admission;
use crate::partner::PartnerCode;
use crate::queue::topology::SUBMISSIONS;
use crate::queue::{Broker, HeaderField, Outgoing, PublishError, Publisher, QueueError};

const SCHEMA: &str = "certpost/submit/1";
const CONFIRM: Duration = Duration::from_secs(30);

/// Put certificates on the submissions queue, with confirm.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Certificates, XML or JSON; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Push to this partner in place of routing.
    #[arg(long, value_name = "CODE")]
    to: Option<PartnerCode>,
}

/// A file ready to be published.
struct Submission {
    file: PathBuf,
    outgoing: Outgoing,
    id: String,
}

/// Why a submission is not on the queue.
#[derive(Debug, thiserror::Error)]
enum Unsubmitted {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Unsubmitted {
    fn exit(&self) -> Exit {
        match self {
            Unsubmitted::Publish(
                PublishError::Returned { .. } | PublishError::Nacked | PublishError::TooLong { .. },
            ) => Exit::No,
            Unsubmitted::Publish(
                PublishError::Lost { .. } | PublishError::TimedOut { .. } | PublishError::Unclear,
            )
            | Unsubmitted::Queue(_) => Exit::CannotTell,
        }
    }
}

/// Publishes each file and says what the broker took.
pub fn run(args: &Args, shared: &Shared) -> Answer {
    let configuration = match super::configuration(shared, SCHEMA, Keys::Left) {
        Ok(configuration) => configuration,
        Err(answer) => return answer,
    };
    if let Some(code) = &args.to
        && configuration.partner(code).is_none()
    {
        return Answer::failure(
            shared,
            SCHEMA,
            Exit::Absent,
            format!("there is no partner {code}; see certpost partner list"),
        );
    }
    let mut submissions = Vec::new();
    for file in &args.files {
        match prepare(file, args.to.as_ref(), shared) {
            Ok(submission) => submissions.push(submission),
            Err(answer) => return answer,
        }
    }
    let published = super::wait_for(publish_all(&configuration.queue_url, &submissions));
    match published {
        Err(answer) => answer,
        Ok(Err((n, fault))) => {
            let words = format!("{}: {fault}", submissions[n].file.display());
            Answer::failure(shared, SCHEMA, fault.exit(), words)
        }
        Ok(Ok(())) => told(&submissions, shared),
    }
}

fn prepare(file: &Path, to: Option<&PartnerCode>, shared: &Shared) -> Result<Submission, Answer> {
    let fail = |exit, words| Err(Answer::failure(shared, SCHEMA, exit, words));
    let body = match answer::read_input(file, admission::MAX_BODY) {
        Ok(body) => body,
        Err(fault) => return fail(Exit::Absent, format!("{}: {fault}", file.display())),
    };
    if body.len() > admission::MAX_BODY {
        return fail(
            Exit::No,
            format!(
                "{}: larger than 9 MiB, which is the most a submission may have",
                file.display()
            ),
        );
    }
    let Some(content_type) = answer::content_type(&body) else {
        return fail(Exit::No, format!("{}: neither XML nor JSON", file.display()));
    };
    let (certificate, _warnings) = match admission::read(content_type, &body) {
        Ok(read) => read,
        Err(findings) => {
            let first = findings.first();
            let words = first
                .map(|finding| format!("{} {}: {}", finding.path, finding.words, finding.remedy));
            let words = shown(&words.unwrap_or_default());
            return fail(Exit::No, format!("{}: {words}; see certpost check", file.display()));
        }
    };
    let facts = match certificate.facts() {
        Ok(facts) => facts,
        Err(findings) => {
            let words = findings.first().map(|finding| shown(&finding.words)).unwrap_or_default();
            return fail(Exit::No, format!("{}: {words}; see certpost check", file.display()));
        }
    };
    let headers =
        to.map(|code| ("x-certpost-partners".to_owned(), HeaderField::Text(code.to_string())));
    let outgoing = Outgoing {
        exchange: SUBMISSIONS.to_owned(),
        routing_key: format!("{}.{}", facts.id.document_type, facts.import_country),
        message_id: Uuid::now_v7().to_string(),
        kind: None,
        correlation_id: Some(facts.id.to_string()),
        content_type: Some(content_type.as_str().to_owned()),
        headers: headers.into_iter().collect(),
        body,
    };
    Ok(Submission { file: file.to_owned(), outgoing, id: facts.id.to_string() })
}

/// Publishes in order; the number of the first that failed.
async fn publish_all(url: &str, submissions: &[Submission]) -> Result<(), (usize, Unsubmitted)> {
    let (broker, publisher) = connect(url).await.map_err(|fault| (0, fault.into()))?;
    for (n, submission) in submissions.iter().enumerate() {
        publish(&publisher, &submission.outgoing).await.map_err(|fault| (n, fault.into()))?;
    }
    broker.close().await;
    Ok(())
}

async fn publish(publisher: &Publisher, outgoing: &Outgoing) -> Result<(), PublishError> {
    publisher.publish(outgoing, CONFIRM).await?.confirmed().await
}

async fn connect(url: &str) -> Result<(Broker, Publisher), QueueError> {
    let broker = Broker::connect(url, "submit").await?;
    let publisher = broker.publisher().await?;
    Ok((broker, publisher))
}

fn told(submissions: &[Submission], shared: &Shared) -> Answer {
    if shared.json {
        let submitted = submissions.iter().map(SubmittedFile::of).collect();
        return Answer::json(Exit::Yes, &Submitted { schema: SCHEMA, ok: true, submitted });
    }
    let lines: Vec<_> = submissions
        .iter()
        .map(|submission| {
            let id = shown(&submission.id);
            format!("{}: {id} is on the queue", submission.file.display())
        })
        .collect();
    Answer::text(Exit::Yes, lines.join("\n"))
}

//------------ Submitted -----------------------------------------------------

/// The submissions that the broker confirmed.
#[derive(JsonSchema, Serialize)]
pub struct Submitted<'a> {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    #[schemars(extend("const" = true))]
    ok: bool,
    /// In the order they were named.
    submitted: Vec<SubmittedFile<'a>>,
}

/// One file on the queue.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct SubmittedFile<'a> {
    /// As it was named; `-` is standard input.
    file: String,
    /// `<issuing country>/<type>/<number>`.
    id: &'a str,
    /// The `message_id` it was published under, a UUID.
    message_id: &'a str,
}

impl<'a> SubmittedFile<'a> {
    fn of(submission: &'a Submission) -> Self {
        SubmittedFile {
            file: submission.file.display().to_string(),
            id: &submission.id,
            message_id: &submission.outgoing.message_id,
        }
    }
}
