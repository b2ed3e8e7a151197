//! What partners would refuse of a submission, told before anything is signed.
//!
//! A submission that a partner it is for would refuse is given back to its
//! producer, who alone can mend it. A partner through whose country the goods
//! only pass has no say in that: the certificate goes to those it is for, and
//! its delivery to this one ends as `failed`, with the reason on record and in
//! an event.

use crate::certificate::{Certificate, Facts, Finding, Level};
use crate::ledger::ContentType;
use crate::partner::{Form, Partner, routing};
use crate::sps::SpsOctets;
use crate::submission;

/// What `partner` would refuse or complain of, of a certificate that was
/// submitted as `body`.
pub fn objections(
    content_type: ContentType,
    body: &[u8],
    certificate: &Certificate,
    partner: &Partner,
) -> Vec<Finding> {
    match content_type {
        ContentType::Json => {
            submission::located(body, partner.objections(certificate, Form::Written))
        }
        ContentType::Xml => {
            partner.objections(certificate, Form::Ready(&SpsOctets::domestic(body)))
        }
    }
}

/// Why the delivery to a partner that is concerned only because the goods pass
/// through its country cannot be: the first thing that it would refuse.
///
/// What was accepted for the importing country's partner is not judged again: a
/// change of its entry in the meantime must not end what waits for it.
pub fn on_the_way(
    facts: &Facts,
    content_type: ContentType,
    body: &[u8],
    certificate: &Certificate,
    partner: &Partner,
) -> Option<Finding> {
    if !routing::only_passes(facts, partner) {
        return None;
    }
    let found = objections(content_type, body, certificate, partner);
    found.into_iter().find(|finding| finding.level == Level::Severe)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::certificate::profile::{Profile, Sent, Terms};
    use crate::certificate::rules::Strictness;
    use crate::submission::sample::ours;
    use crate::{sps, submission};

    fn example(name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(ours(&format!("{name}.json"))).unwrap()).unwrap()
    }

    fn read(value: &Value) -> Certificate {
        let text = value.to_string();
        submission::check_json(text.as_bytes(), Strictness::Received).0.unwrap()
    }

    /// What a profile has against a certificate, but for notes.
    fn against(profile: Profile, certificate: &Certificate, sent: Sent) -> Vec<String> {
        let countries: Vec<_> =
            profile.countries().iter().map(|code| code.parse().unwrap()).collect();
        let terms = Terms { who: "HM", profile, countries: &countries, sent };
        let found = terms.judge(certificate);
        assert!(found.iter().all(|finding| finding.code.levels().contains(&finding.level)));
        let told = found.iter().filter(|finding| finding.level != Level::Info);
        told.map(|f| format!("{} {} {}", f.level.as_str(), f.code, f.path)).collect()
    }

    fn written(profile: Profile, value: &Value) -> Vec<String> {
        against(profile, &read(value), Sent::Written(profile.writing()))
    }

    /// Breaks the example once, and sees what is found that was not before.
    #[track_caller]
    fn check(profile: Profile, pointer: &str, broken: Value, wanted: &[&str]) {
        check_of("phytosanitary-851", profile, pointer, broken, wanted);
    }

    #[track_caller]
    fn check_of(name: &str, profile: Profile, pointer: &str, broken: Value, wanted: &[&str]) {
        let mut value = example(name);
        let before = written(profile, &value);
        let (above, member) = pointer.rsplit_once('/').unwrap();
        let place = value.pointer_mut(above).unwrap();
        match (place, broken) {
            (Value::Object(object), Value::Null) => {
                assert!(object.remove(member).is_some(), "{pointer} is not there");
            }
            (Value::Object(object), broken) => drop(object.insert(member.to_owned(), broken)),
            (Value::Array(list), broken) => match member.parse::<usize>() {
                Ok(at) if at < list.len() => list[at] = broken,
                _ => list.push(broken),
            },
            (other, _) => panic!("{above} is {other}"),
        }
        let mut found = written(profile, &value);
        found.retain(|one| !before.contains(one));
        assert_eq!(found, wanted, "{pointer}");
        // A path leads to something, or to where something is missing.
        for one in &found {
            let path = one.split(' ').nth(2).unwrap();
            let missing = path.rsplit_once('/').map(|(above, _)| above).unwrap_or_default();
            let there = value.pointer(path).is_some() || value.pointer(missing).is_some();
            assert!(there, "{path} leads nowhere");
        }
    }

    const D: &str = "/exchangedDocument";
    const C: &str = "/consignment";
    const LINE: &str = "/consignment/includedConsignmentItem/0/includedTradeLineItem/0";

    #[test]
    fn the_standard_asks_nothing_more() {
        for name in ["phytosanitary-851", "re-export-657", "health-636"] {
            assert!(written(Profile::UnCefact, &example(name)).is_empty(), "{name}");
        }
        let country = format!("{C}/transitCountry/0/id");
        let severe = format!("severe profile.country {country}");
        for profile in [Profile::Andean, Profile::Ephyto, Profile::UnCefact] {
            check(profile, &country, json!("XI"), &[&severe]);
            check(profile, &country, json!("XK"), &[&severe]);
        }
        check(Profile::Traces, &country, json!("XI"), &[]);
        check(Profile::UnCefact, &country, json!("HM"), &[]);
        let address = format!("{C}/consignorParty/specifiedAddress/countryId");
        let warning = format!("warning profile.country {address}");
        check(Profile::UnCefact, &address, json!("XK"), &[&warning]);
    }

    #[test]
    fn the_andean_profile() {
        let check = |pointer: String, broken: Value, wanted: &str| {
            let wanted = wanted.replace("$D", D).replace("$C", C).replace("$L", LINE);
            let wanted: Vec<&str> = if wanted.is_empty() { vec![] } else { vec![&wanted] };
            check(Profile::Andean, &pointer, broken, &wanted);
        };
        assert!(written(Profile::Andean, &example("phytosanitary-851")).is_empty());
        let missing = "severe profile.element-missing";
        let signatory = "signatoryAuthentication/0";
        check(format!("{D}/issuerParty"), json!(null), &format!("{missing} $D/issuerParty"));
        check(
            format!("{D}/{signatory}/issueLocation"),
            json!(null),
            &format!("{missing} $D/{signatory}/issueLocation"),
        );
        check(
            format!("{D}/{signatory}/includedClause/0/id"),
            json!(null),
            &format!("{missing} $D/{signatory}/includedClause/0/id"),
        );
        check(
            format!("{C}/examinationEvent"),
            json!(null),
            &format!("{missing} $C/examinationEvent"),
        );
        check(
            format!("{C}/examinationEvent/occurrenceLocation/name/0"),
            json!(""),
            &format!("{missing} $C/examinationEvent"),
        );
        // What the region leaves open, the standard does not.
        check(format!("{D}/{signatory}/includedClause"), json!(null), "");
        check(format!("{D}/{signatory}/providerParty"), json!(null), "");
        check(format!("{C}/consignorParty/name"), json!(null), "");
        check(format!("{LINE}/commonName/0"), json!(""), "severe profile.empty $L/commonName/0");
        check(
            format!("{LINE}/productionBatchId/0"),
            json!(""),
            "warning profile.empty $L/productionBatchId/0",
        );
        check(
            format!("{LINE}/expiryDateTime"),
            json!([""]),
            "severe profile.empty $L/expiryDateTime/0",
        );
        // A value that is all of its entry stands at the field itself.
        check(
            format!("{D}/additionalDeclaration"),
            json!(["x", ""]),
            "severe profile.element-missing $D/additionalDeclaration/1/content",
        );
        check(format!("{LINE}/hsCode"), json!(""), "warning profile.empty $L/hsCode");
        check(
            format!("{LINE}/appliedProcess/0/treatmentType"),
            json!(""),
            "severe profile.empty $L/appliedProcess/0/treatmentType",
        );
        check(
            format!("{D}/additionalDeclaration/0"),
            json!({"content": ["x", ""]}),
            "severe profile.empty $D/additionalDeclaration/0/content/1",
        );
        check(
            format!("{LINE}/appliedProcess/0/fullTreatment"),
            json!({"description": ["x", ""]}),
            "severe profile.empty $L/appliedProcess/0/fullTreatment/description/1",
        );
        check(
            format!("{D}/includedNote"),
            json!([{"subject": "ADCO", "content": ["x"]}, {"subject": "NOTE", "content": ["x"]}]),
            "severe profile.tag $D/includedNote/1/subject",
        );
        check(
            format!("{LINE}/applicableClassification"),
            json!([{"systemName": ["EPPO"], "classCode": "MABSD"}]),
            "severe profile.tag $L/applicableClassification/0/systemName/0",
        );
        check(format!("{D}/statusCode"), json!("44"), "severe profile.status $D/statusCode");
        check(format!("{D}/statusCode"), json!("40"), "");
        let tag = "severe profile.tag-value";
        check(
            format!("{D}/financialLiability"),
            json!("123"),
            &format!("{tag} $D/financialLiability"),
        );
        check(
            format!("{D}/inspectionDate/0"),
            json!("May 1, 2020"),
            &format!("{tag} $D/inspectionDate/0"),
        );
        check(format!("{LINE}/hsCode"), json!("06021090"), &format!("{tag} $L/hsCode"));
        check(
            format!("{LINE}/plantPart"),
            json!(["x".repeat(71)]),
            &format!("{tag} $L/plantPart/0"),
        );
        check(
            format!("{LINE}/appliedProcess/0/treatmentMethod"),
            json!("x".repeat(257)),
            &format!("{tag} $L/appliedProcess/0/treatmentMethod"),
        );
        check(
            format!("{LINE}/otherQuantity"),
            json!({"value": "1.23456", "unit": "plants"}),
            &format!("{tag} $L/otherQuantity/value"),
        );
    }

    #[test]
    fn the_ephyto_profile() {
        let check = |pointer: String, broken: Value, wanted: &str| {
            let wanted = wanted.replace("$D", D).replace("$C", C).replace("$L", LINE);
            let wanted: Vec<&str> = if wanted.is_empty() { vec![] } else { vec![&wanted] };
            check(Profile::Ephyto, &pointer, broken, &wanted);
        };
        for name in ["phytosanitary-851", "re-export-657"] {
            assert!(written(Profile::Ephyto, &example(name)).is_empty(), "{name}");
        }
        check(format!("{D}/typeCode"), json!("853"), "severe profile.type $D/typeCode");
        check(format!("{D}/statusCode"), json!("47"), "severe profile.status $D/statusCode");
        check(format!("{D}/statusCode"), json!("44"), "warning profile.status $D/statusCode");
        check(format!("{D}/statusCode"), json!("40"), "");
        check(
            format!("{D}/includedNote"),
            json!([{"subject": "ADTLIL", "content": ["x"]}, {"subject": "ADCO", "content": ["x"]}]),
            "warning profile.tag $D/includedNote/0",
        );
        check(
            format!("{LINE}/additionalInformationNote"),
            json!([{"subject": "HS", "content": ["x"]}]),
            "warning profile.tag $L/additionalInformationNote/0",
        );
        check(
            format!("{LINE}/appliedProcess/0/fullTreatment"),
            json!(null),
            "severe profile.treatment $L/appliedProcess/0/fullTreatment",
        );
        let signatory = "signatoryAuthentication/0";
        let clause = format!("severe profile.clause $D/{}", "signatoryAuthentication");
        let first = format!("severe profile.clause $D/{signatory}/includedClause");
        check(format!("{D}/{signatory}/includedClause"), json!(null), &first);
        check(format!("{D}/signatoryAuthentication"), json!(null), &clause);
        check(
            format!("{D}/{signatory}/includedClause/1/id"),
            json!("3"),
            &format!("warning profile.clause $D/{signatory}/includedClause/1"),
        );
        check_of(
            "re-export-657",
            Profile::Ephyto,
            &format!("{D}/{signatory}/includedClause"),
            json!([{"id": "1"}]),
            &[&format!("warning profile.clause {D}/{signatory}/includedClause/0")],
        );
    }

    /// What the Hub's form lacks is a note, once for each element.
    #[test]
    fn what_the_hubs_form_lacks_is_a_note() {
        let mut value = example("re-export-657");
        let again = value[&D[1..]]["signatoryAuthentication"][0].clone();
        value[&D[1..]]["signatoryAuthentication"].as_array_mut().unwrap().push(again);
        let certificate = read(&value);
        let sent = Sent::Written(Profile::Ephyto.writing());
        let terms = Terms { who: "HM", profile: Profile::Ephyto, countries: &[], sent };
        let notes = terms.judge(&certificate);
        let paths: Vec<_> = notes.iter().map(|note| (note.level, note.path.as_str())).collect();
        let wanted = [
            format!("{D}/signatoryAuthentication/0"),
            format!("{C}/reExportCountry/0"),
            format!("{C}/consignorParty/specifiedAddress/cityName"),
            format!("{C}/consignorParty/specifiedAddress/countryId"),
        ];
        assert_eq!(paths, wanted.each_ref().map(|path| (Level::Info, path.as_str())));
        assert!(notes[2].words.ends_with("so in 2 places"), "{}", notes[2].words);
    }

    /// Of very many, some are told, and how many more there are.
    #[test]
    fn very_many_are_counted() {
        let mut value = example("phytosanitary-851");
        let note = json!({"subject": "X", "content": ["x"]});
        value[&D[1..]]["includedNote"] = json!(vec![note; 5_000]);
        let sent = Sent::Written(Profile::Andean.writing());
        let terms = Terms { who: "HM", profile: Profile::Andean, countries: &[], sent };
        let told = terms.judge(&read(&value));
        assert_eq!(told.len(), 201);
        assert_eq!(told[200].words, "4800 more findings are not told");
    }

    #[test]
    fn the_traces_profile() {
        let check = |pointer: String, broken: Value, wanted: &str| {
            let wanted = wanted.replace("$D", D).replace("$C", C);
            let wanted: Vec<&str> = if wanted.is_empty() { vec![] } else { vec![&wanted] };
            check_of("re-export-657", Profile::Traces, &pointer, broken, &wanted);
        };
        assert!(written(Profile::Traces, &example("re-export-657")).is_empty());
        let day = "warning profile.date";
        check(
            format!("{D}/issueDateTime"),
            json!("2026-11-02"),
            &format!("{day} $D/issueDateTime"),
        );
        check(
            format!("{D}/issueDateTime"),
            json!({"value": "20261102", "format": "102"}),
            &format!("{day} $D/issueDateTime"),
        );
        check(
            format!("{D}/signatoryAuthentication/1"),
            json!({"typeCode": "1", "providerParty": {"name": "x"}}),
            "warning profile.signatory $D/signatoryAuthentication/0",
        );
        // A note may say what it is about by its code alone.
        check(
            format!("{D}/includedNote"),
            json!([{"contentCode": ["D"], "subjectCode": {"value": "CHED_TYPE", "listId": "ched_note_subject_code"}}]),
            "",
        );
    }

    /// Ready XML goes as it is, and is judged as that.
    #[test]
    fn ready_xml_is_judged_as_it_is() {
        let golden = std::fs::read_to_string(ours("re-export-657.xml")).unwrap();
        let judged = |profile: Profile, text: &str| {
            let certificate = sps::read(&SpsOctets::domestic(text.as_bytes())).certificate.unwrap();
            against(profile, &certificate, Sent::AsItIs)
        };
        let (root, date) = ("/SPSCertificate/SPSExchangedDocument", "IssueDateTime[1]");
        let reference = "/ReferenceSPSReferencedDocument[1]";
        assert_eq!(judged(Profile::UnCefact, &golden), Vec::<String>::new());
        let strings = [
            format!("warning profile.date {root}/{date}"),
            format!("warning profile.date {root}{reference}/{date}"),
        ];
        assert_eq!(judged(Profile::Traces, &golden), strings);
        let typed = golden.replace("DateTimeString>", "DateTime>");
        assert_eq!(judged(Profile::Traces, &typed), Vec::<String>::new());
        let plain = golden.replace("<udt:DateTimeString>", "").replace("</udt:DateTimeString>", "");
        let plainly = [
            format!("severe profile.date {root}/{date}"),
            format!("severe profile.date {root}{reference}/{date}"),
        ];
        assert_eq!(judged(Profile::Traces, &plain), plainly);
        let missing =
            "severe profile.element-missing /SPSCertificate/SPSConsignment/ExaminationSPSEvent";
        let mut andean = plainly.to_vec();
        andean.push(missing.to_owned());
        assert_eq!(judged(Profile::Andean, &plain), andean);
        for text in [&plain, &typed] {
            assert_eq!(judged(Profile::Ephyto, text), strings[..1]);
        }
        assert_eq!(judged(Profile::Ephyto, &golden), Vec::<String>::new());
    }
}
