//! Certificates in the dialects that come in: what is found, to the last finding.
//!
//! ```text
//! tests/dialects/<name>.xml -> certpost check -> exactly these findings
//!                           -> certpost convert, both ways -> the same again
//! ```

use std::path::{Path, PathBuf};

use certpost::cli::{Exit, Shared, check, convert};
use serde_json::Value;

use crate::skipped::skipped;

fn dialect(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialects").join(name)
}

/// `line level code path` of every finding; the way down to a trade line is cut
/// short.
fn found(file: PathBuf) -> Vec<String> {
    let shared = Shared { json: true, ..Shared::default() };
    let answer = check::run(&check::Args { files: vec![file], ..check::Args::default() }, &shared);
    let answer: Value = serde_json::from_slice(&answer.out).unwrap();
    let findings = answer["files"][0]["findings"].as_array().unwrap();
    let told = findings.iter().map(|finding| {
        let text = |member: &str| finding[member].as_str().unwrap();
        let path = text("path")
            .replace("/SPSCertificate/SPSExchangedDocument/", "D/")
            .replace("/SPSCertificate/SPSConsignment/", "C/")
            .replace("C/IncludedSPSConsignmentItem[1]/IncludedSPSTradeLineItem", "L");
        format!("{} {} {} {path}", finding["line"], text("level"), text("code"))
    });
    told.collect()
}

#[track_caller]
fn check_found(name: &str, wanted: &[&str]) {
    assert_eq!(found(dialect(name)), wanted, "{name}");
}

/// Prefixes of any kind, typed dates, several signatories, notes by their code,
/// attachments by their address, countries and systems beyond the lists: none of
/// it is a finding.
#[test]
fn good_certificates_have_no_false_findings() {
    check_found("ephyto.xml", &[]);
    check_found("traces.xml", &[]);
    check_found("britain.xml", &[]);
}

/// What the Andean copy of the schema lets out and the standard does not is a
/// warning each, and the signature inside is a note.
#[test]
fn what_the_andean_form_lets_out_is_a_warning() {
    check_found(
        "andean.xml",
        &[
            "3 warning element.absent D/Name",
            "12 warning element.absent D/ReferenceSPSReferencedDocument[1]/RelationshipTypeCode",
            "16 warning element.absent D/SignatorySPSAuthentication[1]/ActualDateTime",
            "18 warning element.absent D/SignatorySPSAuthentication[1]/ProviderSPSParty[1]/Name",
            "19 warning element.absent D/SignatorySPSAuthentication[1]/IncludedSPSClause[1]/Content",
            "25 warning element.absent C/ExportSPSCountry[1]/Name",
            "26 warning element.absent C/ImportSPSCountry[1]/Name",
            "36 warning element.absent L[1]/ApplicableSPSClassification[1]/ClassName",
            "38 warning element.absent L[1]/OriginSPSCountry[1]/Name",
            "38 warning element.absent L[1]/OriginSPSCountry[1]/SubordinateSPSCountrySubDivision[1]/HierarchicalLevelCode",
            "16 info clause.missing D/SignatorySPSAuthentication[1]/IncludedSPSClause",
            "42 info signature.present /SPSCertificate/Signature[1]",
        ],
    );
}

/// Each fault is told once, by its one finding at its level.
#[test]
fn a_fault_in_a_dialect_is_one_finding() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, from: &str, to: &str, wanted: &str| {
        let text = std::fs::read_to_string(dialect(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        let before = found(dialect(name));
        let file = folder.path().join(name);
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let mut told = found(file);
        told.retain(|one| !before.contains(one));
        assert_eq!(told, [wanted], "{name}: {to}");
    };
    let typed = "<urn2:DateTime>2026-07-03T12:08:18+02:00</urn2:DateTime></urn1:IssueDateTime>";
    let date = |text: &str| format!("<urn2:DateTime>{text}</urn2:DateTime></urn1:IssueDateTime>");
    let check_date = |text: &str, wanted: &str| check("traces.xml", typed, &date(text), wanted);
    check_date("2026-07-03", "8 warning date.form D/IssueDateTime[1]");
    check_date("2026-07-03T12:08:18", "8 warning date.form D/IssueDateTime[1]");
    check_date("03/07/2026", "8 severe date.none D/IssueDateTime[1]");
    let traces = |from: &str, to: &str, wanted: &str| check("traces.xml", from, to, wanted);
    traces(">ADEDL<", ">ADEDX<", "33 warning tag.unknown D/IncludedSPSNote[3]/Subject[1]");
    traces(">70</urn1:St", ">7000</urn1:St", "7 severe status.unknown D/StatusCode[1]");
    traces(">XI<", ">XA<", "71 severe country.unknown C/ExportSPSCountry[1]/ID[1]");
    traces(">XK<", ">xk<", "101 severe country.unknown L[2]/OriginSPSCountry[1]/ID[1]");
    traces(">NA<", ">none<", "86 severe package.unknown L[1]/PhysicalSPSPackage[1]/TypeCode[1]");
    traces(
        ">CN Code (",
        ">National code (",
        "97 info classification.unknown L[2]/ApplicableSPSClassification[1]/SystemName[1]",
    );
    traces(
        "<urn1:LevelCode name=",
        "<urn1:LevelCode label=",
        "85 warning attribute.unknown L[1]/PhysicalSPSPackage[1]/LevelCode[1]",
    );
    let britain = |from: &str, to: &str, wanted: &str| check("britain.xml", from, to, wanted);
    britain(
        ">EPPO<",
        ">EPPQ<",
        "31 info classification.unknown L[1]/ApplicableSPSClassification[1]/SystemName[1]",
    );
    let andean = |from: &str, to: &str, wanted: &str| check("andean.xml", from, to, wanted);
    andean(">640.5<", ">640,5<", "35 severe number.none L[1]/NetWeightMeasure[1]");
    andean(
        "<ram:SequenceNumeric>1<",
        "<ram:SequenceNumeric>1,0<",
        "32 severe number.none L[1]/SequenceNumeric[1]",
    );
    andean(">Arándanos frescos<", "><", "31 severe element.missing L[1]/Description");
    check(
        "ephyto.xml",
        ">JVBERi0xLjQK<",
        ">JVBERi0xLjQ<",
        "23 warning attachment.not-base64 D/ReferenceSPSReferencedDocument[1]/AttachmentBinaryObject[1]",
    );
}

/// Each crosses to JSON and back without loss.
#[test]
fn dialects_cross_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let converted = |file: &Path, to| {
        let args = convert::Args { file: file.to_owned(), to: Some(to), explain: false };
        let answer = convert::run(&args, &Shared::default());
        assert_eq!(answer.exit, Exit::Yes, "{}: {:?}", file.display(), answer.remarks);
        answer.out
    };
    for name in ["ephyto.xml", "andean.xml", "traces.xml", "britain.xml"] {
        let once = converted(&dialect(name), convert::To::Json);
        let file = |text: &[u8], name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let xml = converted(&file(&once, "a.json"), convert::To::Xml);
        let again = converted(&file(&xml, "a.xml"), convert::To::Json);
        assert!(once == again, "{name}");
    }
}

/// Norway's test certificate, with its faults on purpose. Each was judged by hand
/// against the file.
#[test]
fn norways_sample_to_the_last_finding() {
    let file = "../shared/standards/sps17/samples/norway-nppo-test.xml";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if !path.is_file() {
        skipped(&format!("Norway's sample: {file} is not there"));
        return;
    }
    assert_eq!(
        found(path),
        [
            // A date of inspection that is none.
            "34 warning tag.form D/IncludedSPSNote[5]/Content[1]",
            // The signatory stands before the references; in each of them the
            // attachment stands behind what it is about.
            "84 warning element.order D/ReferenceSPSReferencedDocument[1]",
            "89 warning element.order D/ReferenceSPSReferencedDocument[1]/AttachmentBinaryObject[1]",
            "96 warning element.order D/ReferenceSPSReferencedDocument[2]/AttachmentBinaryObject[1]",
            // 2023-10-04T07:49:49, without a zone.
            "99 warning date.form D/ReferenceSPSReferencedDocument[3]/IssueDateTime[1]",
            "103 warning element.order D/ReferenceSPSReferencedDocument[3]/AttachmentBinaryObject[1]",
            "110 warning element.order D/ReferenceSPSReferencedDocument[4]/AttachmentBinaryObject[1]",
            "116 warning element.order D/ReferenceSPSReferencedDocument[5]/AttachmentBinaryObject[1]",
            // Neither a type nor a name.
            "116 warning attachment.type-missing D/ReferenceSPSReferencedDocument[5]/AttachmentBinaryObject[1]",
            // 55 letters, which is no number of whole groups.
            "122 warning attachment.not-base64 D/ReferenceSPSReferencedDocument[6]/AttachmentBinaryObject[1]",
            "122 warning element.order D/ReferenceSPSReferencedDocument[6]/AttachmentBinaryObject[1]",
            // A country of transit stands first, equipment behind the parties.
            "127 warning element.order C/TransitSPSCountry[1]",
            "149 warning element.order C/UtilizedSPSTransportEquipment[1]",
            // The voyage stands behind the ship.
            "181 warning element.order C/MainCarriageSPSTransportMovement[2]/ID[1]",
            // Eight digits of a national tariff, where the mapping has six.
            "203 warning tag.length L[1]/ApplicableSPSClassification[1]/ClassCode[1]",
            // Notes stand behind classifications, a period behind what it is of.
            "218 warning element.order L[1]/AdditionalInformationSPSNote[1]",
            // Facts of a re-export in a certificate that is none.
            "218 warning re-export.type L[1]/AdditionalInformationSPSNote[1]",
            // A treatment has no notes.
            "347 warning element.unknown L[1]/AppliedSPSProcess[1]/AdditionalInformationSPSNote[1]",
            "351 warning element.order L[1]/AppliedSPSProcess[1]/CompletionSPSPeriod[1]",
            "386 warning tag.empty L[2]/ApplicableSPSClassification[1]/ClassCode",
            "402 warning treatment.full-missing L[2]/AppliedSPSProcess[1]",
            "64 info clause.missing D/SignatorySPSAuthentication[1]/IncludedSPSClause",
            // The file's name tells the type.
            "89 info attachment.type-missing D/ReferenceSPSReferencedDocument[1]/AttachmentBinaryObject[1]",
            "96 info attachment.type-missing D/ReferenceSPSReferencedDocument[2]/AttachmentBinaryObject[1]",
            "103 info attachment.type-missing D/ReferenceSPSReferencedDocument[3]/AttachmentBinaryObject[1]",
            "110 info attachment.type-missing D/ReferenceSPSReferencedDocument[4]/AttachmentBinaryObject[1]",
        ]
    );
}
