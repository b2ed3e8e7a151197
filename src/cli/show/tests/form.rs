//! What an officer looks for on the form: each thing in its box, and a word
//! where it stands elsewhere.

use super::small::{Small, line, page_of, text_of};

fn note(list: &str, tag: &str, text: &str) -> String {
    format!("<{list}><Subject>{tag}</Subject><Content>{text}</Content></{list}>")
}

fn of_document(tag: &str, text: &str) -> String {
    note("IncludedSPSNote", tag, text)
}

fn of_line(tag: &str, text: &str) -> String {
    note("AdditionalInformationSPSNote", tag, text)
}

/// What stands between two labels of a page.
#[track_caller]
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("no {from} in {page}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to} behind {from} in {page}")).0
}

#[test]
fn marks_of_many_items_are_pointed_to() {
    let marked: String = (1..=4).map(|n| line(n, &of_line("DMTLIL", &format!("M{n}")))).collect();
    let see = "see the continuation: items 1–4";
    let box_of = |small: &Small| {
        between(&page_of(small), "Distinguishing marks", "Place of origin").to_owned()
    };
    let found = box_of(&Small { lines: marked.clone(), ..Small::default() });
    assert!(found.contains(see) && !found.contains("nothing stated"), "{found}");
    let document = of_document("DMCL", "ALL BLUE");
    let both = box_of(&Small { document, lines: marked, ..Small::default() });
    assert!(both.find("ALL BLUE").is_some_and(|at| both.find(see) > Some(at)), "{both}");
    // Each tag where the other belongs.
    let (document, lines) =
        (of_document("DMTLIL", "ALL RED"), line(1, &of_line("DMCL", "ONE RED")));
    let swapped = box_of(&Small { document, lines, ..Small::default() });
    assert!(swapped.contains("ALL RED") && swapped.contains("ONE RED"), "{swapped}");
    let plain: String = (1..=4).map(|n| line(n, "")).collect();
    let none = box_of(&Small { lines: plain, ..Small::default() });
    assert!(none.contains("nothing stated") && !none.contains(see), "{none}");
}

#[test]
fn a_declaration_stands_in_its_row_whatever_its_tags_age_and_level() {
    let rows = [
        ("ADAO", "Additional official information"),
        ("ADAOEDL", "Additional official information"),
        ("ADAOTLIL", "Additional official information"),
        ("ADCO", "Declaration (older tag)"),
        ("ADDI", "Date of inspection"),
        ("ADDIEDL", "Date of inspection"),
        ("ADDITLIL", "Date of inspection"),
        ("ADEDL", "Additional declaration <"),
        ("ADIP", "Import permit"),
        ("ADIPEDL", "Import permit"),
        ("ADIPTLIL", "Import permit"),
        ("ADTLIL", "Additional declaration <"),
    ];
    for (tag, label) in rows {
        let document = of_document(tag, "SAID-OF-ALL");
        let lines = line(1, &of_line(tag, "SAID-OF-ITEM"));
        let page = page_of(&Small { document, lines, ..Small::default() });
        let part = between(&page, "II. Additional declaration", "III. ");
        let row = part.split("class=\"label\">").find(|row| row.starts_with(label));
        let row = row.unwrap_or_else(|| panic!("{tag}: no {label} in {part}"));
        assert!(row.contains("SAID-OF-ALL") && row.contains("Item 1 "), "{tag}: {part}");
        assert!(row.contains("SAID-OF-ITEM"), "{tag}: {part}");
        assert!(!page.contains("By the names of the standard"), "{tag}: {page}");
    }
}

#[test]
fn a_replacement_is_pointed_to_where_declarations_stand() {
    for tag in ["ADRP", "ADRPN", "ADRD", "ADRPR"] {
        let small = Small { document: of_document(tag, "3"), ..Small::default() };
        let page = page_of(&small);
        let part = between(&page, "II. Additional declaration", "III. ");
        assert!(part.contains("see: Replaces a certificate"), "{tag}: {part}");
        assert!(!part.contains("nothing stated"), "{tag}: {part}");
        assert!(text_of(&small).contains("见：替代的证书"), "{tag}");
    }
    let page = page_of(&Small::default());
    assert!(!page.contains("see: Replaces"), "{page}");
}

#[test]
fn our_wording_keeps_its_direction_around_a_name_that_has_another() {
    let issuer = "الحجر الزراعي";
    let document = of_document("SPSFL", "1");
    let small = Small { issuer: issuer.to_owned(), document, ..Small::default() };
    let page = page_of(&small);
    let said = between(&page, "Financial liability", "class=\"whose\"");
    let chinese = format!("<div class=\"value\" dir=\"ltr\" lang=\"zh\"><bdi>{issuer}</bdi>及其");
    assert!(said.contains(&chinese), "{said}");
    assert!(said.contains(&format!("attach to <bdi>{issuer}</bdi> or to any")), "{said}");
    assert!(!said.contains("dir=\"auto\""), "{said}");
    let text = text_of(&small);
    assert!(text.contains(&format!("  \u{2068}{issuer}\u{2069}及其")), "{text}");
    // Every isolate ends on the line that it begins on.
    for line in text.lines() {
        let count = |isolate: char| line.matches(isolate).count();
        assert_eq!(count('\u{2068}'), count('\u{2069}'), "{line}");
    }
}

#[test]
fn a_file_that_is_elsewhere_stands_with_its_document() {
    let of = |n: usize| {
        format!(
            "<ReferenceSPSReferencedDocument><TypeCode name=\"kind {n}\">851</TypeCode>\
             <RelationshipTypeCode>DM</RelationshipTypeCode><ID>OTHER-{n}</ID>\
             <AttachmentBinaryObject filename=\"{n}.pdf\" mimeCode=\"application/pdf\" \
             uri=\"https://agency.example/{n}\"/></ReferenceSPSReferencedDocument>"
        )
    };
    let page = page_of(&Small { document: of(1) + &of(2), ..Small::default() });
    for n in [1, 2] {
        let row = between(&page, &format!("OTHER-{n}"), "</tr>");
        let file = format!("{n}.pdf, application/pdf, https://agency.example/{n}");
        assert!(row.contains(&file), "{row}");
        assert_eq!(page.matches(&format!("https://agency.example/{n}")).count(), 1, "{page}");
        let left = format!("referenced document 相关文件 {n} › kind of the document 文件类型");
        assert!(page.contains(&left), "{page}");
    }
}

#[test]
fn a_parent_that_stands_once_has_no_number() {
    let document = "<ReferenceSPSReferencedDocument><TypeCode name=\"k\">851</TypeCode>\
                    <ID>OTHER</ID></ReferenceSPSReferencedDocument>";
    let page = page_of(&Small { document: document.to_owned(), ..Small::default() });
    assert!(page.contains("referenced document 相关文件 › kind of the"), "{page}");
}

#[test]
fn only_the_first_signatory_has_the_documents_date() {
    let second = "<SignatorySPSAuthentication><ProviderSPSParty><Name>Operator BV</Name>\
                  </ProviderSPSParty></SignatorySPSAuthentication>";
    let page = page_of(&Small { document: second.to_owned(), ..Small::default() });
    let (_, parts) = page.split_once("Issue 1").unwrap();
    let (first, second) = parts.split_once("Issue 2").unwrap();
    assert!(first.contains("Date of issue") && first.contains("2026-02-18"), "{first}");
    assert!(!second.contains("Date of issue"), "{second}");
}

/// As TRACES writes them, whose first line is the sum of the others.
#[test]
fn items_have_the_numbers_that_they_are_given() {
    let of = |numbers: &[usize]| {
        let tagged = |n: &usize| line(*n, &of_line("ADTLIL", &format!("D{}", n + 1)));
        let lines = numbers.iter().map(tagged).collect();
        page_of(&Small { lines, ..Small::default() })
    };
    let given = of(&[0, 1, 5]);
    for wanted in ["0. Oranges", "5. Oranges", "Item 0 货物项 0: D1", "Item 5 货物项 5: D6"] {
        assert!(given.contains(wanted), "{wanted} is not in {given}");
    }
    assert!(!given.contains("number of the item"), "{given}");
    let many = of(&[0, 1, 2, 3, 7]);
    assert!(many.contains("see the continuation: items 0–3, 7"), "{many}");
    // Two with one number are told apart by their places.
    let twice = of(&[4, 4]);
    assert!(twice.contains("1. Oranges") && twice.contains("2. Oranges"), "{twice}");
    assert!(twice.contains("number of the item"), "{twice}");
}
