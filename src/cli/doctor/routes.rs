//! The way to each partner, gone as for a letter, without one.

use std::time::Duration;

use futures_util::future::join_all;

use super::diagnosis::{Area, Checks};
use crate::config::Configuration;
use crate::partner::{Partner, Route, State, TlsPolicy};
use crate::post::{self, Settings, Step, Stopped, Surveyed};

const CONNECT: Duration = Duration::from_secs(5);
const REPLY: Duration = Duration::from_secs(10);
/// For the whole road.
const ROAD: Duration = Duration::from_secs(15);

/// Goes all roads, side by side.
pub async fn examine(configuration: &Configuration) -> Checks {
    let settings = Settings {
        hostname: configuration.gateway.hostname.clone(),
        connect: CONNECT,
        reply: REPLY,
        final_reply: REPLY,
    };
    let all = configuration.partners.iter().map(|partner| async {
        let mut checks = Checks::default();
        road(partner, &settings, configuration.doors.max_letter, &mut checks).await;
        checks
    });
    let mut checks = Checks::default();
    for one in join_all(all).await {
        checks.extend(one);
    }
    checks
}

async fn road(partner: &Partner, settings: &Settings, max_letter: usize, checks: &mut Checks) {
    let name = |what: &str| format!("{}: {what}", partner.code);
    match (partner.state, &partner.route) {
        (State::Suspended, _) => {
            return checks.ok(Area::Routes, name("state"), "suspended: its road is not gone");
        }
        (State::Active, Route::Mx) => {
            return checks.fail(
                Area::Routes,
                name("route"),
                "the route \"mx\" is not offered by this version: its deliveries wait",
                "write route = \"smtp://\" and the host that takes its mail",
            );
        }
        (State::Active, Route::Smtp { .. } | Route::Smtps { .. }) => {}
    }
    let credentials = partner.credentials.as_ref();
    let survey = post::survey(&partner.route, &partner.tls, credentials, settings);
    match tokio::time::timeout(ROAD, survey).await {
        Ok(Ok(surveyed)) => seen(partner, &surveyed, max_letter, checks),
        Ok(Err(Stopped { step, words })) => {
            let remedy = remedy(partner, step);
            checks.fail(Area::Routes, name(step.as_str()), words, remedy);
        }
        Err(_elapsed) => {
            let words = format!("the road took longer than {} s", ROAD.as_secs());
            let remedy = remedy(partner, Step::Connect);
            checks.fail(Area::Routes, name(Step::Connect.as_str()), words, remedy);
        }
    }
}

/// A road that is open: what is offered at its end.
fn seen(partner: &Partner, surveyed: &Surveyed, max_letter: usize, checks: &mut Checks) {
    let name = |what: &str| format!("{}: {what}", partner.code);
    checks.ok(Area::Routes, name("connect"), format!("{} answers", surveyed.peer));
    match &surveyed.tls {
        Some(tls) => {
            let words = format!("{tls}; the certificate is as the entry demands");
            checks.ok(Area::Routes, name("certificate"), words);
        }
        None => checks.ok(Area::Routes, name("certificate"), "in clear, on this machine"),
    }
    if partner.credentials.is_some() {
        checks.ok(Area::Routes, name("auth"), "our user and password are taken");
    }
    let offers = surveyed.offers;
    let wanted = u64::try_from(max_letter).unwrap_or(u64::MAX);
    match offers.size_limit {
        Some(limit) if limit < wanted => checks.fail(
            Area::Routes,
            name("size"),
            format!("takes letters of {limit} octets, and ours may have {wanted}"),
            "ask the partner to raise its limit (attachments travel inside the certificate)",
        ),
        Some(limit) => {
            checks.ok(Area::Routes, name("size"), format!("takes letters of {limit} octets"));
        }
        None => checks.ok(Area::Routes, name("size"), "names no limit"),
    }
    let offered = |is: bool, word: &str| format!("{}{word}", if is { "" } else { "no " });
    let words =
        [offered(offers.dsn, "DSN"), offered(offers.pipelining, "PIPELINING")].join(" and ");
    checks.ok(Area::Routes, name("offers"), format!("{words}: works either way"));
}

fn remedy(partner: &Partner, step: Step) -> &'static str {
    let is_pinned = match &partner.tls {
        TlsPolicy::Off => false,
        TlsPolicy::Required(proof) => proof.pin.is_some(),
    };
    match step {
        Step::Dns => "correct the host in the partner's route, or look at this machine's resolver",
        Step::Connect => {
            "correct the partner's route, open the firewall on the way, or ask the partner \
             whether its mail server is up"
        }
        Step::Ehlo => "correct gateway.hostname, or ask the partner why its server refuses us",
        Step::Starttls => {
            "ask the partner to offer STARTTLS, and see that no firewall on the way removes it; \
             nothing is sent in clear"
        }
        Step::Certificate if is_pinned => {
            "ask the partner, by telephone, whether its certificate changed; then correct tls_pin"
        }
        Step::Certificate => {
            "ask the partner for the name and the authority of its certificate; then correct \
             tls_name or tls_ca"
        }
        Step::Auth => "ask for a new user and password, and write them into auth_file",
    }
}
