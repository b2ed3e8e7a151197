//! Letters are opened where there is nothing to be had, and one that ends its
//! opener ends nothing else.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::broker::Broker;
use crate::road::{declared, json as submission};
use crate::world::{Gateway, wait_for};

const SOON: Duration = Duration::from_secs(20);

/// The kernel's word for it, not ours.
#[test]
fn a_process_that_opens_letters_is_confined() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_certpost"))
        .args(["prove", "--memory", "67108864"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let of = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", process.id())).unwrap();
    // Strict or filtered: 2 is a list of permitted calls.
    let status = wait_for("the list of permitted calls", SOON, || {
        Some(of("status")).filter(|status| status.contains("Seccomp:\t2\n"))
    });
    assert!(status.contains("NoNewPrivs:\t1\n"), "{status}");
    let limits = of("limits");
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line.strip_prefix(name).unwrap().split_whitespace().take(2).map(str::to_owned).collect()
    };
    let data: Vec<String> = limit("Max data size");
    assert_eq!(data, ["67108864", "67108864"]);
    let core: Vec<String> = limit("Max core file size");
    assert_eq!(core, ["0", "0"]);
    // The end of what it is asked is its end.
    drop(process.stdin.take());
    let mut answered = Vec::new();
    process.stdout.take().unwrap().read_to_end(&mut answered).unwrap();
    assert_eq!((process.wait().unwrap().code(), answered), (Some(0), Vec::new()));
}

/// What opens a letter dies of it, thrice, and the letter is put aside; the
/// gateway goes on, and the next letter comes in.
#[test]
fn a_letter_that_ends_its_opener_is_put_aside() {
    let Some(broker) = Broker::shared() else { return };
    let url = || broker.url(&broker.fresh_vhost());
    let (mut bv, mut hm) = Gateway::pair(url(), url());
    hm.start_logging("info,certpost::steps=trace");
    bv.start();
    let (bv_side, hm_side) = (declared(&bv), declared(&hm));

    // It takes long enough to open to be interrupted in it.
    let mut large = submission("BV-LARGE-1");
    let scan = "JVBERi0x".repeat(1 << 20);
    large["exchangedDocument"]["referencedDocument"] = json!([{
        "relationshipTypeCode": "ZZZ", "id": "SCAN",
        "attachmentBinaryObject": [{"value": scan, "mimeCode": "application/pdf", "filename": "scan.pdf"}],
    }]);
    bv_side.submit("application/json", "l-1", None, large.to_string().as_bytes());
    for opening in 1..=3 {
        wait_for("an opening that has begun", SOON, || {
            let log = hm.log();
            let begun = log.lines().filter(|line| {
                line.contains("step=\"inbound.5\"") && line.contains("edge=\"enter\"")
            });
            (begun.count() >= opening).then_some(())
        });
        assert!(hm.kill_openers() > 0);
    }
    let events = hm_side.events_until(|event| event["event"] == "quarantined");
    let aside = events.last().unwrap();
    assert_eq!(aside["reason"]["code"], "opening.crashed", "{aside}");

    let small = submission("BV-SMALL-1");
    bv_side.submit("application/json", "s-1", None, small.to_string().as_bytes());
    assert_eq!(hm_side.take("certpost.received", 1)[0].json()["number"], "BV-SMALL-1");
    let log = hm.log();
    assert_eq!(log.matches("a letter ended its reader, and is tried again").count(), 2);
    assert_eq!(log.matches("a letter ended its reader, which is a bug").count(), 1);
    assert_eq!((hm.stop(), bv.stop()), (Some(0), Some(0)));
}
