//! What the demo shows: a table, or one JSON object.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::gateway::Place;
use super::road::{Fate, Tally};

pub const SCHEMA: &str = "certpost/demo/1";

//------------ Shown ---------------------------------------------------------

/// What the demo came to.
#[derive(JsonSchema, Serialize)]
pub struct Shown {
    /// The schema of this object.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// Whether every certificate had its end.
    ok: bool,
    /// From the first step to the last certificate's end; three decimals.
    #[schemars(range(min = 0))]
    seconds: f64,
    /// The two gateways, each as the other's partner.
    partners: [Row; 2],
    inbound: Inbound,
}

/// What came in at both gateways together.
#[derive(JsonSchema, Serialize)]
struct Inbound {
    /// Certificates that were proven and published.
    received: usize,
    /// Letters that a gate did not let pass.
    quarantined: usize,
}

/// What was counted of the certificates that went to one gateway.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    code: &'static str,
    #[serde(skip)]
    from: &'static str,
    /// Published on the other's submissions queue.
    sent: usize,
    /// Its server took the letter.
    handed_over: usize,
    /// It proved the letter and published the certificate.
    received: usize,
    /// Not yet handed over, and not rejected.
    waiting: usize,
}

fn row(tally: &Tally, from: &'static str, code: &'static str) -> Row {
    let count = |like: fn(&Fate) -> bool| {
        tally.fates().filter(|(_, fate)| fate.to == code && fate.from == from && like(fate)).count()
    };
    Row {
        code,
        from,
        sent: count(|_fate| true),
        handed_over: count(|fate| fate.handed_over),
        received: count(|fate| fate.received),
        waiting: count(|fate| !fate.handed_over && fate.rejected.is_none()),
    }
}

fn rows(tally: &Tally, places: &[Place; 2]) -> [Row; 2] {
    let [one, other] = [places[0].code, places[1].code];
    [row(tally, one, other), row(tally, other, one)]
}

/// The object of the contract.
pub fn shown(tally: &Tally, places: &[Place; 2], took: Duration) -> Shown {
    let partners = rows(tally, places);
    let received = partners.iter().map(|row| row.received).sum();
    Shown {
        schema: SCHEMA,
        ok: tally.is_whole(),
        seconds: (took.as_secs_f64() * 1000.0).round() / 1000.0,
        partners,
        inbound: Inbound { received, quarantined: tally.quarantined.len() },
    }
}

/// The same for a person, with the story of one certificate.
pub fn text(tally: &Tally, places: &[Place; 2], took: Duration, story: &str) -> String {
    let mut text = format!(
        "\nThe road, both ways: a broker of our own, two gateways, keys made a moment ago. {:.1} s\n\n",
        took.as_secs_f64()
    );
    let mut line = |words: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        let _written = writeln!(text, "{words}");
    };
    line(format_args!("  from  to    sent  handed over  received  waiting"));
    for row in rows(tally, places) {
        line(format_args!(
            "  {:<4}  {:<4} {:>5}  {:>11}  {:>8}  {:>7}",
            row.from, row.code, row.sent, row.handed_over, row.received, row.waiting
        ));
    }
    let (all, same) = (tally.fates().count(), tally.fates().filter(|(_, fate)| fate.same).count());
    line(format_args!(
        "\n  the same to the last octet: {same} of {all}; quarantined: {}",
        tally.quarantined.len()
    ));
    line(format_args!(
        "  handed over: the partner's server took the letter, sealed and signed, over TLS"
    ));
    line(format_args!(
        "  received:    the partner's gateway proved it and published it on certpost.received\n"
    ));
    line(format_args!("{story}"));
    text
}

/// Every certificate without its end, a line each.
pub fn complaints(tally: &Tally) -> Vec<String> {
    let fates = tally.fates().filter(|(_, fate)| !fate.is_whole());
    fates
        .map(|(id, fate)| format!("{id}: {}", fate.missing()))
        .chain(tally.quarantined.iter().map(|words| format!("quarantined: {words}")))
        .chain(tally.lost.iter().cloned())
        .collect()
}

/// What can be tried while the demo stays up; each line works as it stands.
pub fn invitation(ground: &Path, program: &Path, number: &str) -> String {
    let (ground, program) = (ground.display(), program.display());
    format!(
        "It stays up until Ctrl-C. In another terminal:\n\n\
         \x20 cd {ground}\n\
         \x20 {program} --config BV/certpost.toml trace {number}\n\
         \x20 {program} --config HM/certpost.toml verify {number}\n\
         \x20 {program} --config BV/certpost.toml submit certificate\n\
         \x20 {program} --config BV/certpost.toml partner list\n\
         \x20 cat BV/certpost.toml BV/partners.toml\n\
         \x20 tail -f BV/gateway.log HM/gateway.log\n"
    )
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::super::gateway::Keyring;
    use super::*;

    #[test]
    fn the_object_is_as_its_schema_says() {
        let place = |code| {
            Place::new(code, Path::new("/"), 25, String::new(), Keyring::make(code).unwrap())
        };
        let shown = shown(&Tally::default(), &[place("BV"), place("HM")], Duration::from_secs(9));
        let object = serde_json::to_value(&shown).unwrap();
        crate::conforms::conforms(&object);
        assert_eq!(object["partners"][0]["code"], "HM");
    }
}
