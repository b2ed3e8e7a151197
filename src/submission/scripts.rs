//! Text of every script is kept as it was typed, to the octet.

use serde_json::{Value, json};

use super::sample::{OURS, ours};
use super::{check_json, from_json, to_json};
use crate::certificate::Level;
use crate::certificate::catalogue::Code;
use crate::certificate::rules::Strictness;
use crate::sps::{SpsOctets, WriteOptions, read, write};

/// A language, and text that somebody's software would change on the way.
const SCRIPTS: &[(&str, &str)] = &[
    ("ar", "شهادة الصحة النباتية، ٦٤ غ/م³ — لَا إِلَٰهَ"),
    ("he", "תעודת בריאות הצמח, 20 ק״ג שָׁלוֹם"),
    ("fa", "می\u{200C}خواهم گواهی بهداشت گیاهی"),
    ("ur", "نباتاتی صحت کا سرٹیفکیٹ"),
    ("th", "ใบรับรองสุขอนามัยพืช น้ำผลไม้"),
    ("hi", "पादप स्वच्छता प्रमाणपत्र क्ष र्\u{200D}य"),
    ("ta", "தாவர சுகாதாரச் சான்றிதழ் கொ க\u{BC6}\u{BBE}"),
    ("km", "វិញ្ញាបនបត្រ\u{200B}ភូតគាមអនាម័យ"),
    ("my", "အပင်ကျန်းမာရေး"),
    ("ka", "ფიტოსანიტარული Ⴀ Ა"),
    ("am", "የዕፅዋት ጤና"),
    ("mn-Mong", "ᠮᠣᠩᠭᠣᠯ\u{180E}ᠠ \u{180B}"),
    ("zh-Hans", "植物检疫证书：苹果（鲜），64克/立方米"),
    ("zh-Hant", "植物檢疫證書"),
    // Extensions B and G, and ideographs kept for old code pages, which any
    // normalising turns into others.
    ("zh", "\u{20000}\u{2A6D6}\u{30000} \u{F900}\u{F914}\u{FA0E}\u{FA30}\u{2F800}"),
    ("ja", "ﾘﾝｺﾞ リンゴ が か\u{3099} 葛\u{E0100} ①㍿"),
    ("ko", "사과 \u{1109}\u{1161}\u{1100}\u{116A} ㄱ"),
    // The same to the eye, and another text: composed, apart, and in the
    // other order of marks.
    ("fr", "\u{E9}\u{C5}\u{212B}\u{2126}"),
    ("fr", "e\u{301}A\u{30A}"),
    ("vi", "ệ e\u{323}\u{302} e\u{302}\u{323} ẹ\u{302}"),
    ("tr", "İstanbul ıi Iİ ſ ẞ ß ﬁ ǆ"),
    ("el", "ΑΩ ς σ \u{1F71}\u{3AC} \u{37E};"),
    ("en", "\u{1F468}\u{200D}\u{1F33E}\u{1F3FD} \u{1F1E7}\u{1F1FB} ❤\u{FE0F} ❤\u{FE0E}"),
    // Blanks, marks of direction and of order within a text.
    ("en", " leading, trailing\u{A0}\u{2003}\u{3000} "),
    ("en", "a\u{FEFF}b\u{200E}c\u{200F}d\u{2028}e\u{2029}f\u{85}g\u{AD}h"),
    ("en", "\u{202E}devorppa\u{202C} \u{2067}x\u{2069}"),
    ("en", "one\rtwo\r\nthree\nfour\tfive"),
    ("en", "]]> <![CDATA[ & &amp; &#x41; <b> \" ' --> <?x?>"),
    ("en", "\u{E000}\u{F8FF}\u{10FFFD}\u{7F}\u{9F}\u{FFFD}"),
];

/// The members that hold text; every one of them is filled.
const TEXTS: &[&str] = &[
    "additionalDeclaration",
    "additionalInformation",
    "cityName",
    "commonName",
    "content",
    "description",
    "distinguishingMarks",
    "fullTreatment",
    "information",
    "intendedUse",
    "lineOne",
    "lineTwo",
    "marking",
    "name",
    "officialInformation",
    "reason",
    "scientificName",
    "statement",
];

/// Puts `text` into every value that is text; how many there were.
fn fill(value: &mut Value, is_text: bool, language: &str, text: &str) -> usize {
    match value {
        Value::String(words) if is_text => {
            *words = text.to_owned();
            1
        }
        Value::Array(items) => {
            items.iter_mut().map(|item| fill(item, is_text, language, text)).sum()
        }
        Value::Object(members) => {
            let is_leaf = members.contains_key("value");
            if is_text && is_leaf && members.contains_key("languageId") {
                members.insert("languageId".to_owned(), json!(language));
            }
            let mut count = 0;
            for (name, member) in members {
                let is_text = if is_leaf {
                    is_text && name == "value"
                } else {
                    TEXTS.contains(&name.as_str())
                };
                count += fill(member, is_text, language, text);
            }
            count
        }
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => 0,
    }
}

/// JSON → tree → XML → tree → JSON: the same text in every place.
#[test]
fn every_script_crosses_in_every_text() {
    for name in OURS {
        let example: Value =
            serde_json::from_slice(&std::fs::read(ours(&format!("{name}.json"))).unwrap()).unwrap();
        for (language, text) in SCRIPTS {
            let mut filled = example.clone();
            assert!(fill(&mut filled, false, language, text) > 8, "{name}");
            let place = || format!("{name}, {}", text.escape_unicode());
            let certificate = from_json(filled.to_string().as_bytes())
                .unwrap_or_else(|findings| panic!("{}: {findings:?}", place()));
            assert_eq!(to_json(&certificate), filled, "{}", place());
            let xml = write(&certificate, &WriteOptions::default());
            let reading = read(&SpsOctets::domestic(xml.as_bytes()));
            // Beside some tags a number is wanted, or a short text.
            let told = reading.findings.iter().find(|found| {
                found.level != Level::Info && !matches!(found.code, Code::TagForm | Code::TagLength)
            });
            assert_eq!(told, None, "{}", place());
            let again = reading.certificate.unwrap();
            assert_eq!(to_json(&again), filled, "{}", place());
            assert_eq!(again.content_digest(), certificate.content_digest());
        }
    }
}

/// What looks alike is not the same certificate.
#[test]
fn what_is_typed_otherwise_is_another_content() {
    let example = std::fs::read_to_string(ours("re-export-657.json")).unwrap();
    let digest = |text: &str| {
        let mut filled: Value = serde_json::from_str(&example).unwrap();
        fill(&mut filled, false, "en", text);
        from_json(filled.to_string().as_bytes()).unwrap().content_digest()
    };
    for (one, other) in [
        ("\u{E9}", "e\u{301}"),
        ("\u{F900}", "\u{8C48}"),
        ("が", "か\u{3099}"),
        ("葛", "葛\u{E0100}"),
        ("a", "\u{FF41}"),
        ("\u{212B}", "\u{C5}"),
        ("a\r\nb", "a\nb"),
        ("a b", "a\u{A0}b"),
        ("ab", "a\u{200B}b"),
    ] {
        assert_ne!(digest(one), digest(other), "{}", one.escape_unicode());
    }
}

/// XML's own rule of line ends (section 2.11) holds for what stands there
/// literally, and for nothing that is referred to.
#[test]
fn line_ends_are_xml_s() {
    let xml = std::fs::read_to_string(ours("re-export-657.xml")).unwrap();
    let put = |text: &str| {
        let changed = xml.replacen("Grytviken Provisions Ltd", text, 1);
        let reading = read(&SpsOctets::domestic(changed.as_bytes()));
        let json = to_json(&reading.certificate.unwrap());
        json["consignment"]["consigneeParty"]["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(put("a\r\nb\rc\nd"), "a\nb\nc\nd");
    assert_eq!(put("a&#13;&#10;b&#xD;c"), "a\r\nb\rc");
    assert_eq!(put("<![CDATA[a\r\nb]]>&#x2028;\u{85}"), "a\nb\u{2028}\u{85}");
}

/// What XML cannot hold is refused where it stands; nothing is dropped.
#[test]
fn what_xml_cannot_hold_is_refused_with_its_place() {
    let example = std::fs::read_to_string(ours("re-export-657.json")).unwrap();
    let line = 1 + example.lines().position(|line| line.contains("Grytviken Prov")).unwrap();
    for letter in ["\\u0000", "\\u0001", "\\u000b", "\\u001b", "\\ufffe", "\\uffff"] {
        let text = example.replacen("Grytviken Provisions", &format!("Gryt{letter}viken"), 1);
        let (_, findings) = check_json(text.as_bytes(), Strictness::Submission);
        let [found] = findings.as_slice() else { panic!("{letter}: {findings:?}") };
        assert_eq!(found.code.as_str(), "submission.illegal-character", "{letter}");
        assert_eq!(found.path, "/consignment/consigneeParty/name", "{letter}");
        assert_eq!(found.line.map(|line| line as usize), Some(line), "{letter}");
        assert!(found.words.contains(&letter[2..].to_uppercase()), "{}", found.words);
    }
    for half in ["\\ud83d", "\\udc68", "\\ud83dx"] {
        let text = example.replacen("Grytviken Provisions", half, 1);
        let findings = from_json(text.as_bytes()).unwrap_err();
        assert_eq!(findings[0].code.as_str(), "submission.not-json", "{half}: {findings:?}");
    }
}

/// The longest text that a submission has room for, in letters of four octets
/// that JSON may write with twelve.
#[test]
fn the_longest_text_crosses() {
    let example = std::fs::read_to_string(ours("re-export-657.json")).unwrap();
    let long = "\u{20000}".repeat(2 * 1024 * 1024);
    let text = example.replacen("Grytviken Provisions Ltd", &long, 1);
    assert!(text.len() < super::BODY_LIMIT);
    let certificate = from_json(text.as_bytes()).unwrap();
    let xml = write(&certificate, &WriteOptions::default());
    let again = read(&SpsOctets::domestic(xml.as_bytes())).certificate.unwrap();
    let json = to_json(&again);
    assert!(json["consignment"]["consigneeParty"]["name"] == long.as_str());
}
