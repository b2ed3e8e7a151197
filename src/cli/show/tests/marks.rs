//! What has to be seen from afar: what is not issued, what says two things,
//! and what is no certificate at all.

use serde_json::Value;

use super::small::{ACK, RAM, Small, UDT, page_of, text_of, written};
use super::{about, page, run, text};
use crate::cli::answer::{Answer, Exit, Shared};
use crate::cli::paint::Paint;
use crate::cli::show::{Args, Sheet, Wanted};
use crate::letter::Environment;

fn with_status(code: &str) -> Small {
    Small { status: format!("<StatusCode>{code}</StatusCode>"), ..Small::default() }
}

#[track_caller]
fn check(small: &Small, english: &str, chinese: &str) {
    let (page, text) = (page_of(small), text_of(small));
    let (head, _) = page.split_once("<header>").unwrap();
    for wanted in ["class=\"mark\"", "class=\"banner\"", english, chinese] {
        assert!(head.contains(wanted), "{wanted} is not in {head}");
    }
    let first = format!("*** {english} · {chinese} ***");
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let (head, _) = text.split_once("Phytosanitary certificate").unwrap();
    assert_eq!(bare(head), bare(&first));
}

#[test]
fn every_status_but_issued_is_marked() {
    check(&with_status("17"), "NOT ISSUED – Requested (17)", "未签发 – 已请求 (17)");
    check(&with_status("26"), "NOT ISSUED – Subject to clearing (26)", "未签发 – 以结清为准 (26)");
    check(&with_status("999"), "NOT ISSUED – status not in the list", "未签发 – 状态不在代码表中");
    check(&with_status(""), "NOT ISSUED – no status stated", "未签发 – 未载状态");
    check(&with_status("47"), "DRAFT", "草稿");
    for code in (1..=150).map(|code| code.to_string()).filter(|code| code != "70") {
        assert!(page_of(&with_status(&code)).contains("class=\"banner\""), "{code}");
    }
    assert!(!page_of(&Small::default()).contains("class=\"banner\""));
}

#[test]
fn a_document_that_was_not_issued_is_marked_whatever_is_on_record() {
    let sheet = Sheet::of(&with_status("17").certificate());
    let of = |current| page::page(&sheet, &about(Some(current), Environment::Live));
    assert!(of("issued").contains("NOT ISSUED – Requested (17)"));
    let withdrawn = of("withdrawn");
    assert!(withdrawn.contains("WITHDRAWN") && withdrawn.contains("NOT ISSUED"), "{withdrawn}");
    let draft = Sheet::of(&with_status("47").certificate());
    let text =
        text::text(&draft, &about(Some("issued"), Environment::Live), None, Paint::default());
    assert!(text.starts_with("*** DRAFT"), "{text}");
}

#[test]
fn what_says_two_things_where_one_counts_is_marked() {
    let unclear = |names: [&str; 2], small: Small| {
        let [english, chinese] = names;
        check(
            &small,
            &format!("NOT CLEAR – more than one, or an unknown element: {english}"),
            &format!("不明确 – 内容不唯一或有未知元素：{chinese}"),
        );
    };
    let two = "<StatusCode>70</StatusCode><StatusCode>40</StatusCode>".to_owned();
    unclear(["status", "状态"], Small { status: two, ..Small::default() });
    for (document, names) in [
        ("<ID>N-2</ID>", ["number", "编号"]),
        ("<TypeCode>657</TypeCode>", ["type", "类型"]),
        ("<Statuscode>40</Statuscode>", ["status", "状态"]),
        ("<x:StatusCode xmlns:x=\"urn:x\">40</x:StatusCode>", ["status", "状态"]),
    ] {
        unclear(names, Small { document: document.to_owned(), ..Small::default() });
    }
    for (consignment, names) in [
        ("<ImportSPSCountry><ID>IQ</ID></ImportSPSCountry>", ["importing country", "进口国"]),
        ("<ImportCountry><ID>IQ</ID></ImportCountry>", ["importing country", "进口国"]),
        ("<ExportSPSCountry><ID>SD</ID></ExportSPSCountry>", ["exporting country", "出口国"]),
    ] {
        unclear(names, Small { consignment: consignment.to_owned(), ..Small::default() });
    }
    let same = "<StatusCode>70</StatusCode><StatusCode>70</StatusCode>".to_owned();
    unclear(["status", "状态"], Small { status: same, ..Small::default() });
    let odd = Small { document: "<Odd>1</Odd>".to_owned(), ..Small::default() };
    assert!(!page_of(&odd).contains("class=\"banner\""));
}

fn shown(xml: &str, html: bool, json: bool) -> Answer {
    let (_folder, path) = written(xml);
    let number = path.display().to_string();
    let wanted =
        Wanted { number, country: None, document_type: None, inbound: false, outbound: false };
    run(&Args { wanted, html }, &Shared { json, ..Shared::default() })
}

#[test]
fn an_answer_is_shown_as_one() {
    let of = |id: &str| {
        format!(
            "<ReferenceSPSReferencedDocument><IssueDateTime><u:DateTimeString>2026-09-14\
             </u:DateTimeString></IssueDateTime><TypeCode>851</TypeCode><RelationshipTypeCode>ACE\
             </RelationshipTypeCode><ID>{id}</ID></ReferenceSPSReferencedDocument>"
        )
    };
    let xml = format!(
        "<a:SPSAcknowledgement xmlns:a=\"{ACK}\" xmlns=\"{RAM}\" xmlns:u=\"{UDT}\">\
         <a:SPSAcknowledgementDocument><IssueDateTime><u:DateTimeString>2026-09-15T01:02:03Z\
         </u:DateTimeString></IssueDateTime><StatusCode>41</StatusCode>\
         <ReasonInformation languageID=\"en\">class code not valid</ReasonInformation>\
         <ReasonInformation languageID=\"fr\">Code SH invalide</ReasonInformation>\
         {}</a:SPSAcknowledgementDocument></a:SPSAcknowledgement>",
        of("NZL2026/MPI/0034512")
    );
    for html in [false, true] {
        let answer = shown(&xml, html, false);
        let out = String::from_utf8(answer.out).unwrap();
        assert_eq!(answer.exit, Exit::Yes, "{:?}", answer.remarks);
        for wanted in [
            "NZL2026/MPI/0034512",
            "Phytosanitary certificate 植物检疫证书 (851)",
            "2026-09-14",
            "2026-09-15T01:02:03Z",
            "Rejected 已拒绝 (41)",
            "class code not valid",
            "Code SH invalide",
            "ANSWER – not a certificate",
            "答复 – 非证书",
        ] {
            assert!(out.contains(wanted), "{wanted} is not in {out}");
        }
        assert!(!out.contains("certpost verify") && !out.contains("NOT ISSUED"), "{out}");
        assert!(!out.contains("By the names of the standard"), "{out}");
    }
    let json: Value = serde_json::from_slice(&shown(&xml, false, true).out).unwrap();
    assert_eq!(json["ok"], true);
    let document = &json["acknowledgement"]["acknowledgementDocument"];
    assert_eq!(document["statusCode"], "41");
}
