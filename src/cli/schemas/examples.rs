//! One short object for each schema that has one. A test holds each against
//! its schema.

use serde_json::{Value, json};

const SHA256: &str = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
const ID: &str = "BV/851/BV-PC-2026-0004711";

/// The example for the schema in `file`.
pub(super) fn of(file: &str) -> Option<Value> {
    let example = match file {
        "check.schema.json" => json!({
            "schema": "certpost/check/1",
            "ok": false,
            "files": [{
                "file": "a.xml", "format": "xml", "id": ID, "status": "70", "sha256": SHA256,
                "severe": 1, "warning": 0, "info": 0, "findings": [finding()],
            }],
        }),
        "convert.schema.json" => json!({
            "schema": "certpost/convert/1", "ok": false, "findings": [finding()],
        }),
        "demo.schema.json" => json!({
            "schema": "certpost/demo/1",
            "ok": true,
            "environment": "training",
            "seconds": 31.933,
            "partners": [{
                "code": "GS", "sent": 74, "handedOver": 74, "received": 74, "opened": 74,
                "waiting": 0,
                "why": [{
                    "code": "smtp.rcpt",
                    "words": "the server said 451 4.7.1 <push@ecert.gs.example>: greylisted, come again in 5 seconds",
                    "times": 119,
                }],
            }],
            "nobody": 6,
            "inbound": {"sent": 60, "received": 60, "quarantined": 1},
            "stopped": [
                {
                    "what": "forged-letter", "code": "signer.not-pinned",
                    "words": "the signer is nobody's pinned signer",
                },
                {
                    "what": "bad-submission", "code": "date.none",
                    "words": "'5 October 2026' is no date",
                    "remedy": "write 2026-11-20, or 2026-11-20T10:15:00+01:00",
                },
                {"what": "repeat", "id": ID, "code": "duplicate", "words": ""},
            ],
            "killed": {
                "signal": 9, "handedOver": 75, "keptBack": 2, "secondsAway": 0.428, "inDoubt": 6,
                "settledByReceipt": 1, "sentAgain": 5, "dropped": 1, "givenBack": 0,
            },
            "counted": {
                "submitted": 364, "repeats": 1, "cameOut": 356, "refused": 1, "nobody": 6,
                "lost": 0, "twice": 0, "forged": 0, "differs": 0, "again": 1, "letters": 74,
                "rejected": [{"by": "BV", "findings": []}],
                "words": [],
            },
            "opened": {"opened": 73, "wellFormed": 73, "trouble": []},
            "verdicts": [{
                "asked": "N-1", "verdict": "not-on-record",
                "reasons": ["nothing under this number was issued or received here"],
            }],
            "unended": [],
        }),
        "doctor.schema.json" => json!({
            "schema": "certpost/doctor/1",
            "ok": false,
            "fails": 1,
            "warnings": 0,
            "checks": [
                {
                    "area": "files", "name": "identity[1].key", "verdict": "ok",
                    "words": "certs/own/sign.key is readable by us alone", "remedy": null,
                },
                {
                    "area": "routes", "name": "HM: connect", "verdict": "fail",
                    "words": "no connection to 192.0.2.7:25: Connection refused (os error 111)",
                    "remedy": "correct the partner's route, open the firewall on the way, or ask the partner whether its mail server is up",
                },
            ],
        }),
        "event.schema.json" => json!({
            "schema": "certpost/event/1",
            "stream": 0,
            "seq": 17,
            "at": "2026-11-23T20:30:00.000Z",
            "direction": "outbound",
            "event": "handed-over",
            "id": ID,
            "status": "70",
            "partner": "HM",
            "delivery": "019a0000-0000-7000-8000-000000000000",
            "final": false,
            "previous": SHA256,
            "digest": SHA256,
        }),
        "failure.schema.json" => json!({
            "schema": "certpost/check/1",
            "ok": false,
            "error": {"exit": 3, "words": "a.xml: No such file or directory (os error 2)"},
        }),
        "finding.schema.json" => finding(),
        "open.schema.json" => json!({
            "schema": "certpost/open/1",
            "ok": false,
            "refused": {
                "gate": 7, "code": "signer.not-pinned",
                "words": "signed by CN=HM sign, which is pinned for nobody",
            },
        }),
        "partner-list.schema.json" => json!({
            "schema": "certpost/partner-list/1",
            "partners": [{
                "code": "HM", "name": "Plant Protection Service of HM", "state": "active",
                "countries": ["HM"], "types": ["851", "657"], "transit": false,
                "profile": "un-cefact", "xmlCountries": [],
                "address": "ecert@nppo.hm.example", "route": "smtp://127.0.0.1:2526",
                "tls": "required", "connections": 4, "recipients": [SHA256], "signers": [SHA256],
            }],
        }),
        "run.schema.json" => json!({
            "schema": "certpost/run/1",
            "ok": false,
            "error": {"exit": 4, "words": "certpost: the ledger: another run holds it"},
        }),
        "seal.schema.json" => json!({
            "schema": "certpost/seal/1",
            "ok": false,
            "error": {"exit": 3, "words": "there is no partner XX; see certpost partner list"},
        }),
        "show.schema.json" => json!({
            "schema": "certpost/show/1",
            "ok": false,
            "error": {"exit": 3, "words": "N-1 is not on record"},
        }),
        "submit.schema.json" => json!({
            "schema": "certpost/submit/1",
            "ok": true,
            "submitted": [
                {"file": "a.xml", "id": ID, "messageId": "019a0000-0000-7000-8000-000000000000"},
            ],
        }),
        "verify.schema.json" => json!({
            "schema": "certpost/verify/1",
            "verdict": "authentic",
            "id": ID,
            "reasons": [format!("{ID} is issued, issued here, last on 2026-11-23T20:30:00.000Z")],
            "differences": [],
            "current": "issued",
            "replacedBy": [],
        }),
        _ => return None,
    };
    Some(example)
}

fn finding() -> Value {
    json!({
        "level": "severe",
        "area": "mapping",
        "code": "country.unknown",
        "path": "/SPSCertificate/SPSConsignment/ImportSPSCountry[1]/ID[1]",
        "line": 12,
        "column": 5,
        "words": "'Norway' is no country code (ISO 3166-1 alpha-2) we know",
        "remedy": "write \"NO\"",
    })
}
