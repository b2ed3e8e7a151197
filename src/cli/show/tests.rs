//! The whole way: nothing that a certificate holds is left off, and nothing of
//! it does anything.

mod form;
mod marks;
mod small;

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::certificate::codes::List;
use crate::certificate::{Extra, Item, Node};
use crate::cli::columns::visible;
use crate::cli::paint::Paint;
use crate::submission::sample::random;

const EXAMPLES: [&str; 5] =
    ["phytosanitary-851", "re-export-657", "sanitary-852", "veterinary-853", "health-636"];

fn example(name: &str) -> (Vec<u8>, Certificate) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("queue-config/examples").join(format!("{name}.json"));
    let octets = std::fs::read(path).unwrap();
    let certificate = submission::from_json(&octets).unwrap();
    (octets, certificate)
}

fn about(current: Option<&str>, environment: Environment) -> About {
    let current = current.map(str::to_owned);
    About::of("file a.json".into(), "json", b"", current, environment)
}

/// The text of a page, without its markup.
fn unescaped(page: &str) -> String {
    let page = page.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    page.replace("&#39;", "'").replace("&amp;", "&")
}

/// What is left when blanks, line ends and isolates do not count.
fn bare(text: &str) -> String {
    let counts = |c: &char| !matches!(c, ' ' | '\n' | '\t' | '\u{2068}' | '\u{2069}');
    visible(&text.chars().filter(counts).collect::<String>())
}

/// Everything that a node says: values, attributes, what no schema knows.
fn said(node: &Node, found: &mut Vec<(String, String)>) {
    for (element, item) in node.entries() {
        match item {
            Item::Node(node) => said(node, found),
            // Files are told by their digests.
            Item::Leaf(_) if element.name == "AttachmentBinaryObject" => {}
            Item::Leaf(leaf) => {
                found.push((format!("{}/{}", node.of().name, element.name), leaf.text.to_string()));
                let attributes = leaf.attributes().iter();
                found.extend(attributes.map(|(name, value)| {
                    (format!("{}/{}@{name}", node.of().name, element.name), value.to_string())
                }));
                beyond(leaf.extra(), found);
            }
        }
    }
    beyond(node.extra(), found);
}

fn beyond(extra: Option<&Extra>, found: &mut Vec<(String, String)>) {
    let Some(extra) = extra else { return };
    found.extend(extra.attributes().iter().cloned());
    found.extend(extra.unknown.iter().map(|xml| ("beyond".to_owned(), xml.clone())));
}

/// What a page says in other words: tags by the label they stand for, and
/// booleans by a tick.
fn is_said_otherwise(value: &str) -> bool {
    let boolean = ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word));
    boolean || value == "ZZZ" || List::Tag.name(value).is_some()
}

#[track_caller]
fn check_whole(certificate: &Certificate) {
    let sheet = Sheet::of(certificate);
    let about = about(None, Environment::Live);
    let page = bare(&unescaped(&page::page(&sheet, &about)));
    let text = bare(&text::text(&sheet, &about, None, Paint::default()));
    let mut all = Vec::new();
    said(certificate.root(), &mut all);
    for (place, value) in all.iter().filter(|(_, value)| !is_said_otherwise(value)) {
        // Line by line: only their order is kept between them.
        for line in value.lines().map(bare).filter(|line| !line.is_empty()) {
            assert!(page.contains(&line), "{place}: {line:?} is not on the page");
            assert!(text.contains(&line), "{place}: {line:?} is not in the text");
        }
    }
}

#[test]
fn everything_of_the_examples_is_on_the_page() {
    EXAMPLES.iter().for_each(|name| check_whole(&example(name).1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn everything_of_any_certificate_is_on_the_page(seed in any::<u64>()) {
        check_whole(&random(seed));
    }
}

#[test]
fn text_stays_text_and_nothing_is_loaded() {
    let (octets, _) = example("phytosanitary-851");
    let evil = "</style><script>alert(1)</script><img src=x onerror='a'>\\\"{}\u{202e}";
    let text = String::from_utf8(octets).unwrap();
    let evil = serde_json::to_string(evil).unwrap();
    let evil = evil.trim_matches('"');
    let text = text.replace("MV Lars Island", evil).replace("BV-PC-2026-0005120", evil);
    let (certificate, _) = submission::check_json(text.as_bytes(), Strictness::Received);
    let certificate = certificate.unwrap();
    let about = about(Some("withdrawn"), Environment::Training);
    let page = page::page(&Sheet::of(&certificate), &about);
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.contains("&lt;script&gt;") && page.contains("[U+202E]"));
    assert!(!page.contains('\u{202e}'));
    let (before, style) = page.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(style.as_bytes());
    let policy = format!("style-src 'sha256-{}'", data_encoding::BASE64.encode(&digest));
    assert!(before.contains("default-src 'none'") && before.contains(&policy), "{before}");
    assert!(!page.contains(" style=") && !page.contains("http:") && !page.contains("https:"));
    assert!(!style.contains("@import") && !style.contains("url("));
}

#[test]
fn what_is_not_valid_is_marked_across_and_at_the_head() {
    let (_, certificate) = example("phytosanitary-851");
    let sheet = Sheet::of(&certificate);
    let live = page::page(&sheet, &about(Some("issued"), Environment::Live));
    assert!(!live.contains("class=\"mark\"") && !live.contains("class=\"banner\""));
    let training = page::page(&sheet, &about(Some("withdrawn"), Environment::Training));
    for wanted in ["class=\"mark\"", "TRAINING", "培训用", "WITHDRAWN", "已撤销"] {
        assert!(training.contains(wanted), "{wanted}");
    }
    let text =
        text::text(&sheet, &about(Some("replaced"), Environment::Live), None, Paint::default());
    assert!(text.starts_with("*** REPLACED · 已被替代 ***"), "{text}");
}

#[test]
fn the_models_wording_stands_only_where_a_clause_is_named() {
    let (octets, certificate) = example("phytosanitary-851");
    let page = |certificate: &Certificate| {
        page::page(&Sheet::of(certificate), &about(None, Environment::Live))
    };
    // Clause 1 has a text of its own, clause 2 only its number.
    let own = page(&certificate);
    assert!(!own.contains("for clause 1;") && own.contains("for clause 2;"), "{own}");
    assert!(own.contains("They are deemed to be practically free"));
    let none = String::from_utf8(octets).unwrap().replace("\"id\": \"2\"", "\"id\": \"7\"");
    let (none, _) = submission::check_json(none.as_bytes(), Strictness::Received);
    assert!(!page(&none.unwrap()).contains("They are deemed"));
    let re_export = page(&example("re-export-657").1);
    assert!(re_export.contains("☒ original ☐ certified true copy"), "{re_export}");
    assert!(!page(&example("health-636").1).contains("ISPM 12"));
}

#[test]
fn of_several_on_record_none_is_chosen_and_the_state_of_one_is_told() {
    let (octets, certificate) = example("phytosanitary-851");
    let facts = certificate.facts().unwrap();
    let record = |direction: &str| OnRecord {
        id: facts.id.clone(),
        status: facts.status.clone(),
        direction: direction.parse().unwrap(),
        partner: None,
        current: Some("replaced".to_owned()),
        octets: octets.clone(),
    };
    let wanted = Wanted {
        number: "BV-PC-2026-0005120".to_owned(),
        country: None,
        document_type: None,
        inbound: false,
        outbound: false,
    };
    let args = Args { wanted, html: true };
    let of = |found: &[OnRecord]| of_found(&args, &Shared::default(), found, Environment::Training);
    let one = of(&[record("outbound")]);
    assert_eq!(one.exit, Exit::Yes);
    let page = String::from_utf8(one.out).unwrap();
    for wanted in ["TRAINING", "REPLACED", "On record here today", "Replaced 已被替代", "outbound"]
    {
        assert!(page.contains(wanted), "{wanted}");
    }
    let both = of(&[record("outbound"), record("inbound")]);
    assert_eq!((both.exit, both.out.len()), (Exit::Absent, 0));
    assert!(both.remarks[0].contains("(outbound)") && both.remarks[0].contains("(inbound)"));
    assert_eq!(of(&[]).exit, Exit::Absent);
}

/// What the form of a type has no place for still says what it is.
#[test]
fn what_is_left_is_told_by_its_tag() {
    let (octets, _) = example("re-export-657");
    let text = String::from_utf8(octets).unwrap().replace("\"657\"", "\"851\"");
    let (certificate, _) = submission::check_json(text.as_bytes(), Strictness::Received);
    let about = about(None, Environment::Live);
    let page = page::page(&Sheet::of(&certificate.unwrap()), &about);
    assert!(page.contains("原产缔约方 › text of the note 附注内容: BV"), "{page}");
}

#[test]
fn many_items_are_continued() {
    let (_, certificate) = example("phytosanitary-851");
    let mut consignment = certificate.consignment().unwrap().clone();
    let line = certificate.trade_lines().next().unwrap().clone();
    let item = consignment.node_mut("IncludedSPSConsignmentItem").unwrap();
    for _ in 0..40 {
        item.push("IncludedSPSTradeLineItem", Item::Node(line.clone()));
    }
    let document = certificate.document().unwrap().clone();
    let root = Node::new(&crate::certificate::table::CERTIFICATE)
        .with_node("SPSExchangedDocument", document)
        .with_node("SPSConsignment", consignment);
    let page = page::page(&Sheet::of(&Certificate::new(root)), &about(None, Environment::Live));
    assert!(page.contains("see the continuation: items 1–42"), "{page}");
    assert!(page.contains("class=\"continuation\"") && page.contains("<thead>"));
}

/// The page of the re-export example, as a browser is given it.
#[test]
fn the_page_is_the_golden_one() {
    let (octets, certificate) = example("re-export-657");
    let about =
        About::of("file re-export-657.json".into(), "json", &octets, None, Environment::Training);
    let page = page::page(&Sheet::of(&certificate), &about);
    let golden: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/re-export-657/page.html");
    if std::env::var_os("CERTPOST_WRITE_GOLDEN").is_some() {
        std::fs::write(&golden, &page).unwrap();
    }
    assert_eq!(page, std::fs::read_to_string(golden).unwrap());
}
