//! Partners' dialects: what their entries say, and what they would refuse.
//!
//! ```text
//! partners.toml: profile -> check, seal, admission: findings before a signature
//!                        -> the writer: the same certificate, four ways
//! ```

use std::time::Duration;

use certpost::certificate::Finding;
use certpost::certificate::profile::{Dates, Profile, ReferenceDate, WriteOptions};
use certpost::config::Configuration;
use certpost::delivery::State;
use certpost::outbound::admission::admit;
use certpost::queue::Claim;
use certpost::runtime::Runtime;
use serde_json::{Value, json};

use crate::broker::Broker;
use crate::road::declared;
use crate::street::{Mood, Server, Street};
use crate::world::{Folder, Gateway};

const LIMIT: Duration = Duration::from_secs(20);

/// A folder in which BV's gateway has the partner HM, with these keys in its
/// entry and perhaps more entries behind it.
fn folder(keys: &str, more: &str) -> Folder {
    let folder = Folder::with_keys();
    write(&folder, keys, more);
    folder
}

/// As [`folder`], in one whose keys are made: that takes its time.
fn write(folder: &Folder, keys: &str, more: &str) {
    folder.write_gateway("BV", "HM");
    let text = std::fs::read_to_string(folder.path("partners.toml")).unwrap();
    let entry = |code: &str, keys: &str| {
        text.replace("code = \"HM\"\n", &format!("code = \"{code}\"\n{keys}\n"))
    };
    let more = if more.is_empty() { String::new() } else { entry("GS", more) };
    folder.write("partners.toml", format!("{}\n{more}", entry("HM", keys)));
}

fn read(folder: &Folder) -> Result<Configuration, Vec<String>> {
    Configuration::load(Some(&folder.path("certpost.toml")))
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

//------------ Entries -------------------------------------------------------

/// The profile says how documents are written; an explicit key wins.
#[test]
fn entries_say_how_documents_are_written() {
    let folder = Folder::with_keys();
    let check = |keys: &str, profile: Profile, xml: WriteOptions, countries: &[&str]| {
        write(&folder, keys, "");
        let configuration = read(&folder).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let partner = &configuration.partners[0];
        assert_eq!((partner.profile, partner.xml), (profile, xml), "{keys}");
        let told: Vec<_> = partner.xml_countries.iter().map(|code| code.as_str()).collect();
        assert_eq!(told, countries, "{keys}");
    };
    let plain = WriteOptions {
        empty_mandatory: true,
        reference_date: ReferenceDate::Text,
        dates: Dates::AsIs,
    };
    let udt = WriteOptions { reference_date: ReferenceDate::Udt, ..plain };
    let strings = WriteOptions { dates: Dates::Strings, ..plain };
    check("", Profile::UnCefact, plain, &[]);
    check("profile = \"un-cefact\"", Profile::UnCefact, plain, &[]);
    check("profile = \"ephyto\"", Profile::Ephyto, strings, &[]);
    let andean = WriteOptions { empty_mandatory: false, dates: Dates::Strings, ..udt };
    check("profile = \"andean\"", Profile::Andean, andean, &[]);
    let traces = WriteOptions { dates: Dates::Typed, ..udt };
    check("profile = \"traces\"", Profile::Traces, traces, &["XI", "XK"]);
    // What is said wins.
    check("xml_reference_date = \"udt\"", Profile::UnCefact, udt, &[]);
    let bare = WriteOptions { empty_mandatory: false, ..plain };
    check("xml_empty_mandatory = false", Profile::UnCefact, bare, &[]);
    check("profile = \"traces\"\nxml_countries = [\"XI\"]", Profile::Traces, traces, &["XI"]);
    check("profile = \"traces\"\nxml_countries = []", Profile::Traces, traces, &[]);
    check("countries = [\"GB\", \"XI\"]", Profile::UnCefact, plain, &["XI"]);
}

#[test]
fn entries_that_contradict_themselves_are_refused() {
    let folder = Folder::with_keys();
    let check = |keys: &str, key: &str, remedy: &str| {
        write(&folder, keys, "");
        let faults = read(&folder).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:#?}");
        assert!(faults[0].contains(key) && faults[0].contains(remedy), "{faults:#?}");
    };
    let mended = "name another profile";
    check(
        "profile = \"andean\"\nxml_empty_mandatory = true",
        "partner[1].xml_empty_mandatory",
        mended,
    );
    for profile in ["andean", "traces"] {
        check(
            &format!("profile = \"{profile}\"\nxml_reference_date = \"text\""),
            "partner[1].xml_reference_date",
            mended,
        );
    }
    check("profile = \"eu\"", "partner[1].profile", "\"traces\"");
    check("xml_countries = [\"FR\"]", "partner[1].xml_countries", "XI, XK");
}

/// `partner list` and `show` tell it.
#[test]
fn the_partner_commands_tell_the_profile() {
    let folder = folder("profile = \"traces\"", "");
    let (exit, out, _) = folder.certpost(&["partner", "show", "HM"]);
    let out = String::from_utf8(out).unwrap();
    assert!(exit == 0 && out.contains("profile      traces, takes XI, XK for a country"), "{out}");
    let (_, out, _) = folder.certpost(&["partner", "list"]);
    assert!(String::from_utf8(out).unwrap().contains("traces"));
    let (_, out, _) = folder.certpost(&["--json", "partner", "list"]);
    let list: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(list["partners"][0]["profile"], "traces");
    assert_eq!(list["partners"][0]["xmlCountries"], json!(["XI", "XK"]));
}

//------------ Commands ------------------------------------------------------

/// A submission for HM, as JSON.
fn submission() -> Value {
    let text = include_str!("../../queue-config/examples/phytosanitary-851.json");
    let mut certificate: Value = serde_json::from_str(text).unwrap();
    certificate["consignment"]["importCountry"]["id"] = "HM".into();
    certificate
}

/// `level code path` of what `check --partner HM` finds in a file, but for notes.
#[track_caller]
fn checked(folder: &Folder, file: &str) -> (i32, Vec<String>) {
    let (exit, out, _) = folder.certpost(&["--json", "check", file, "--partner", "HM"]);
    let answer: Value = serde_json::from_slice(&out).unwrap();
    let findings = answer["files"][0]["findings"].as_array().unwrap();
    let told = findings.iter().filter(|finding| finding["level"] != "info");
    let told = told.map(|finding| {
        assert!(finding["path"] == "" || finding["line"].is_u64(), "{finding:#}");
        let text = |member: &str| finding[member].as_str().unwrap().to_owned();
        format!("{} {} {}", text("level"), text("code"), text("path"))
    });
    (exit, told.collect())
}

#[test]
fn check_tells_what_a_partner_would_refuse() {
    let folder = Folder::with_keys();
    let check = |keys: &str, change: &dyn Fn(&mut Value), exit: i32, wanted: &[&str]| {
        write(&folder, keys, "");
        let mut value = submission();
        change(&mut value);
        folder.write("a.json", format!("{value:#}"));
        assert_eq!(
            checked(&folder, "a.json"),
            (exit, wanted.iter().map(|&w| w.to_owned()).collect())
        );
    };
    let transit = "severe profile.country /consignment/transitCountry/0/id";
    let xi = |value: &mut Value| value["consignment"]["transitCountry"][0]["id"] = "XI".into();
    check("", &|_| {}, 0, &[]);
    check("", &xi, 1, &[transit]);
    check("xml_countries = [\"XI\"]", &xi, 0, &[]);
    check("profile = \"andean\"", &|_| {}, 0, &[]);
    let no_event = |value: &mut Value| {
        value["consignment"].as_object_mut().unwrap().remove("examinationEvent");
    };
    let missing = "severe profile.element-missing /consignment/examinationEvent";
    check("profile = \"andean\"", &no_event, 1, &[missing]);
    check("profile = \"ephyto\"", &no_event, 0, &[]);
    // The worse finding of two at one place: the general one is a warning.
    let note = |value: &mut Value| {
        value["exchangedDocument"]["includedNote"] = json!([{"subject": "X", "content": ["x"]}]);
    };
    let tag = "/exchangedDocument/includedNote/0/subject";
    check("profile = \"andean\"", &note, 1, &[&format!("severe profile.tag {tag}")]);
    check("profile = \"ephyto\"", &note, 0, &[&format!("warning tag.unknown {tag}")]);
    let day = |value: &mut Value| {
        value["exchangedDocument"]["issueDateTime"] = "2026-11-02".into();
        let days = ["referencedDocument", "signatoryAuthentication", "inspectionDate"];
        let document = value["exchangedDocument"].as_object_mut().unwrap();
        days.iter().for_each(|name| drop(document.remove(*name)));
        value["consignment"].as_object_mut().unwrap().remove("exportExitDateTime");
        let lines =
            &mut value["consignment"]["includedConsignmentItem"][0]["includedTradeLineItem"];
        for line in lines.as_array_mut().unwrap() {
            line.as_object_mut().unwrap().remove("appliedProcess");
        }
    };
    let date = "warning profile.date /exchangedDocument/issueDateTime";
    check("profile = \"traces\"", &day, 0, &[date]);
}

/// Ready XML is judged as it is: what is written empty is seen, and what the
/// partner's own copy of the schema does not want is not missed.
#[test]
fn check_judges_ready_xml_as_it_is() {
    let folder = folder("profile = \"andean\"", "");
    let golden = include_str!("../golden/phytosanitary-851/certificate.xml");
    let golden =
        golden.replace("<ram:ImportSPSCountry><ram:ID>AQ<", "<ram:ImportSPSCountry><ram:ID>HM<");
    folder.write("a.xml", &golden);
    let (exit, told) = checked(&folder, "a.xml");
    assert_eq!(exit, 1);
    assert!(
        told.iter().all(|line| line.starts_with("severe profile.empty /SPSCertificate/")),
        "{told:#?}"
    );
    assert_eq!(told.len(), golden.matches("/>").count(), "{told:#?}");
    // Without them it is as that partner wants it, and nothing else is told.
    let mut bare = golden.clone();
    while let Some(end) = bare.find("/>") {
        let start = bare[..end].rfind('<').unwrap();
        bare.replace_range(start..end + 2, "");
    }
    folder.write("b.xml", &bare);
    assert_eq!(checked(&folder, "b.xml"), (0, Vec::new()));
    // What the reader bears, a check by the schema does not.
    let misplaced =
        bare.replacen("<ram:ExportSPSCountry>", "<ram:Stranger/><ram:ExportSPSCountry>", 1);
    folder.write("d.xml", misplaced);
    let stranger = "/SPSCertificate/SPSConsignment/Stranger[1]";
    assert_eq!(checked(&folder, "d.xml"), (1, vec![format!("severe profile.schema {stranger}")]));
    // One that is missing is told once, by the empty one in it.
    let event = "<ram:ExaminationSPSEvent><ram:OccurrenceSPSLocation><ram:Name>";
    let from = bare.find(event).unwrap() + event.len();
    let to = from + bare[from..].find('<').unwrap();
    bare.replace_range(from..to, "");
    folder.write("c.xml", &bare);
    let name =
        "/SPSCertificate/SPSConsignment/ExaminationSPSEvent[1]/OccurrenceSPSLocation[1]/Name[1]";
    assert_eq!(checked(&folder, "c.xml"), (1, vec![format!("severe profile.empty {name}")]));
}

#[test]
fn seal_signs_nothing_that_would_be_refused() {
    let folder = folder("profile = \"ephyto\"", "");
    let mut value = submission();
    folder.write("good.json", value.to_string());
    let (exit, letter, words) = folder.certpost(&["seal", "good.json", "--to", "HM"]);
    assert!(exit == 0 && !letter.is_empty(), "{words}");
    value["exchangedDocument"]["statusCode"] = "47".into();
    folder.write("bad.json", value.to_string());
    let (exit, letter, words) = folder.certpost(&["seal", "bad.json", "--to", "HM"]);
    assert_eq!((exit, letter.len()), (1, 0));
    assert!(words.contains("nothing was signed") && words.contains("profile.status"), "{words}");
    let (exit, out, _) = folder.certpost(&["--json", "seal", "bad.json", "--to", "HM"]);
    let answer: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((exit, &answer["ok"]), (1, &json!(false)));
    assert_eq!(answer["findings"][0]["code"], "profile.status");
    assert_eq!(answer["findings"][0]["path"], "/exchangedDocument/statusCode");
}

//------------ Admission -----------------------------------------------------

fn claim(value: &Value, partners: Option<&str>) -> Claim {
    Claim {
        tag: 1,
        message_id: None,
        content_type: Some("application/json".to_owned()),
        user_id: None,
        redelivered: false,
        partners: partners.map(|code| Ok(vec![code.to_owned()])),
        not_useful_after: None,
        body: value.to_string().into_bytes().into(),
    }
}

fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}", finding.code, finding.path)).collect()
}

/// A partner that the certificate is for has its say before it is accepted; one
/// on the way has none, unless the submission names it.
#[test]
fn a_submission_that_would_be_refused_is_rejected() {
    let folder = folder("profile = \"andean\"", "transit = true\nprofile = \"andean\"");
    let configuration = read(&folder).unwrap();
    let good = submission();
    let accepted = admit(&claim(&good, None), &configuration).unwrap();
    let codes: Vec<_> = accepted.partners.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes, ["HM", "GS"]);
    let mut bad = good.clone();
    bad["consignment"].as_object_mut().unwrap().remove("examinationEvent");
    let refused = admit(&claim(&bad, None), &configuration).unwrap_err();
    assert_eq!(told(&refused.findings), ["profile.element-missing /consignment/examinationEvent"]);
    assert!(refused.findings[0].words.starts_with("HM wants "), "{:?}", refused.findings);
    assert!(refused.findings[0].line.is_some());
    assert_eq!(refused.id.unwrap().to_string(), "BV/851/BV-PC-2026-0005120");
    // Ready XML: of two findings at one place the worse comes back.
    let stranger = include_str!("../golden/profiles/andean.xml");
    let stranger = stranger
        .replacen("<ram:ImportSPSCountry><ram:ID>AQ<", "<ram:ImportSPSCountry><ram:ID>HM<", 1)
        .replacen("<ram:ExportSPSCountry>", "<ram:Stranger/><ram:ExportSPSCountry>", 1);
    let ready = Claim {
        content_type: Some("application/xml".to_owned()),
        body: stranger.into_bytes().into(),
        ..claim(&good, None)
    };
    let refused = admit(&ready, &configuration).unwrap_err();
    let mut findings = told(&refused.findings);
    findings.retain(|finding| !finding.starts_with("element.absent "));
    assert_eq!(findings, ["profile.schema /SPSCertificate/SPSConsignment/Stranger[1]"]);
    // The importing country's partner takes it; the other is only on the way.
    write(&folder, "", "transit = true\nprofile = \"andean\"");
    let configuration = read(&folder).unwrap();
    let accepted = admit(&claim(&bad, None), &configuration).unwrap();
    assert_eq!(accepted.partners.len(), 2);
    let refused = admit(&claim(&bad, Some("GS")), &configuration).unwrap_err();
    assert!(refused.findings[0].words.starts_with("GS wants "), "{:?}", refused.findings);
}

/// A delivery to a partner on the way that would refuse it ends before anything
/// is signed, with the reason on record and in an event; the others go.
#[tokio::test]
async fn a_partner_on_the_way_stops_nobody_else() {
    let servers = Runtime::new();
    let server = Server::start(Mood::Well, &servers).await;
    let plain = "tls = \"none\"\nreceipt = \"none\"";
    let strict = format!("{plain}\ntransit = true\nprofile = \"andean\"");
    let street = Street::to(&[("HM", server.port, 1, plain), ("GS", server.port, 1, &strict)]);
    street.accept_for_all("N-1").await;
    server.has(1).await;
    street.rest().await;
    let deliveries = street.deliveries("N-1").await;
    let ends: Vec<_> =
        deliveries.iter().map(|delivery| (delivery.partner.as_str(), delivery.state)).collect();
    assert_eq!(ends, [("HM", State::HandedOver), ("GS", State::Failed)]);
    assert!(deliveries[1].attempts.is_empty() && deliveries[1].letter_sha256.is_none());
    let events = street.ledger().unpublished(certpost::ledger::Outlet::Events, 100).await.unwrap();
    let failed = events.iter().find(|event| event.routing_key == "outbound.failed").unwrap();
    let event: Value = serde_json::from_slice(&failed.body).unwrap();
    assert_eq!((&event["partner"], &event["final"]), (&json!("GS"), &json!(true)), "{event:#}");
    assert_eq!(event["reason"]["code"], "profile.empty", "{event:#}");
    street.stop().await;
    servers.stop(LIMIT).await;
}

/// Over the whole road: what the partner would refuse comes back to the producer
/// with its findings, mended it crosses in the partner's dialect, and the other
/// side reads it by the standard.
#[test]
fn the_road_to_a_partner_with_a_profile() {
    let Some(broker) = Broker::shared() else { return };
    let url = || broker.url(&broker.fresh_vhost());
    let (mut bv, mut hm) = Gateway::pair(url(), url());
    let text = std::fs::read_to_string(bv.folder.path("partners.toml")).unwrap();
    let text = text.replace("code = \"HM\"\n", "code = \"HM\"\nprofile = \"andean\"\n");
    bv.folder.write("partners.toml", text);
    bv.start();
    hm.start();
    let (bv_side, hm_side) = (declared(&bv), declared(&hm));
    let mut value = submission();
    let event = value["consignment"]["examinationEvent"].take();
    bv_side.submit("application/json", "p-1", None, value.to_string().as_bytes());
    let rejected = bv_side.take("certpost.rejected", 1);
    assert_eq!(rejected[0].header("x-certpost-message-id").as_deref(), Some("p-1"));
    let findings = rejected[0].header("x-certpost-findings").unwrap();
    let findings: Vec<Value> = serde_json::from_str(&findings).unwrap();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0]["code"], "profile.element-missing");
    assert_eq!(findings[0]["path"], "/consignment/examinationEvent");
    assert!(findings[0]["words"].as_str().unwrap().starts_with("HM wants "));
    assert_eq!(rejected[0].body, value.to_string().into_bytes());
    value["consignment"]["examinationEvent"] = event;
    bv_side.submit("application/json", "p-2", None, value.to_string().as_bytes());
    let received = hm_side.take("certpost.received", 1)[0].json();
    let xml = data_encoding::BASE64.decode(received["xml"].as_str().unwrap().as_bytes()).unwrap();
    let golden = include_str!("../golden/profiles/andean.xml");
    let golden = golden.replacen(
        "<ram:ImportSPSCountry><ram:ID>AQ<",
        "<ram:ImportSPSCountry><ram:ID>HM<",
        1,
    );
    assert_eq!(String::from_utf8(xml).unwrap(), golden);
    // The standard misses what that dialect leaves out, and takes it.
    let told = received["findings"].as_array().unwrap();
    assert!(
        !told.is_empty() && told.iter().all(|one| one["code"] == "element.absent"),
        "{told:#?}"
    );
    assert_eq!((bv.stop(), hm.stop()), (Some(0), Some(0)));
}
