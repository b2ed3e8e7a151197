//! What passes the gate and what does not, form by form.

use super::*;

#[track_caller]
fn check_text(text: impl AsRef<[u8]>, wanted: Option<Code>) {
    let text = text.as_ref();
    let found = check(text, Rules::STRICT).err().map(|fault| fault.code);
    assert_eq!(found, wanted, "{}", String::from_utf8_lossy(text));
}

#[test]
fn what_passes() {
    for text in [
        "<a/>",
        "<a></a>",
        "<a ></a >",
        "\u{FEFF}<?xml version=\"1.0\" encoding='utf-8' standalone='yes'?>\n<a/>",
        "<?xml version='1.0'?><!-- - --><a/><!---->\n",
        "<a b='1' c=\"'\">&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;&#xD;</a>",
        "<a><![CDATA[<&]] >]]></a>",
        "<a>></a>",
        "<a xmlns='u' xmlns:p='v' p:b='' b=''><p:b xmlns=''/></a>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='x'/>",
        "<é·/>",
        "<a>\u{7F}\u{85}\u{FFFD}</a>",
    ] {
        check_text(text, None);
    }
}

#[test]
fn what_is_ill_formed() {
    for text in [
        "",
        " ",
        " <?xml version='1.0'?><a/>",
        "<?xml?><a/>",
        "<?xml version='1.1'?><a/>",
        "<?xml version='1.0' standalone='maybe'?><a/>",
        "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>",
        "<?xml encoding='UTF-8'?><a/>",
        "<?XML version='1.0'?><a/>",
        "<a>",
        "<a><b></a></b>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a/>&#32;",
        "<a b/>",
        "<a b=1/>",
        "<a b='1'c='2'/>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<a b='&'/>",
        "<a b='&x;'/>",
        "<a>&</a>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<a>&#xFFFE;</a>",
        "<a>&#xD800;</a>",
        "<a>&#x110000;</a>",
        "<a>&#99999999999999999999;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#X41;</a>",
        "<a>]]></a>",
        "<a><!-- -- --></a>",
        "<a><!-- ---></a>",
        "<a><!--",
        "<a><![CDATA[</a>",
        "<![CDATA[]]><a/>",
        "<a><![cdata[]]></a>",
        "<a>\u{1}</a>",
        "<a>\u{FFFF}</a>",
        "<a b='\u{0}'/>",
        "< a/>",
        "<1/>",
        "<a></ a>",
        "<a/ >",
        "<a",
        "<a b='",
        "<a><!DOCTYPE a></a>",
        "<a></a></a>",
        "<·/>",
    ] {
        check_text(text, Some(Code::XmlNotWellFormed));
    }
}

#[test]
fn what_else_is_refused() {
    check_text("<!DOCTYPE a><a/>", Some(Code::XmlDoctype));
    check_text("<a/><?b?>", Some(Code::XmlPi));
    check_text("<a><?b c?></a>", Some(Code::XmlPi));
    check_text("<?xml-stylesheet href='x'?><a/>", Some(Code::XmlPi));
    check_text("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", Some(Code::XmlEncoding));
    check_text(b"<a>\xFF</a>", Some(Code::XmlEncoding));
    check_text(b"\xFF\xFE<\0a\0/\0>\0", Some(Code::XmlEncoding));
    check_text(b"\0<\0a\0/\0>", Some(Code::XmlEncoding));
    check_text(b"<\0a\0/\0>\0", Some(Code::XmlEncoding));
    for text in [
        "<p:a/>",
        "<a p:b=''/>",
        "<a:b:c xmlns:a='u'/>",
        "<:a/>",
        "<a:/>",
        "<a xmlns:p='u'><p:1/></a>",
        "<a xmlns:p=''/>",
        "<a xmlns:xml='u'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns:xmlns='u'/>",
        "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<xmlns:a/>",
        "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>",
        "<a xmlns:p='u' xmlns:q='&#117;' p:b='' q:b=''/>",
        "<a><b xmlns:p='u'/><p:c/></a>",
    ] {
        check_text(text, Some(Code::XmlNamespace));
    }
}

#[test]
fn bounds() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    check_text(nested(64), None);
    check_text(nested(65), Some(Code::XmlTooDeep));
    check_text(nested(100_000), Some(Code::XmlTooDeep));
    check_text(format!("<a>{}</a>", "<b/>".repeat(199_999)), None);
    check_text(format!("<a>{}</a>", "<b/>".repeat(200_000)), Some(Code::XmlTooLarge));
    let attributes: String = (0..300).map(|n| format!(" b{n}=''")).collect();
    check_text(format!("<a{attributes}/>"), Some(Code::XmlTooLarge));
    let bindings: String = (0..200).map(|n| format!(" xmlns:b{n}='u'")).collect();
    check_text(format!("<a{bindings}><a{bindings}/></a>"), Some(Code::XmlTooLarge));
}

#[test]
fn says_where() {
    let fault = check("<a>\n  é<b></a>".as_bytes(), Rules::STRICT).unwrap_err();
    assert_eq!((fault.line, fault.column), (2, 7));
    assert_eq!(
        fault.refusal().to_string(),
        "xml.not-well-formed: line 2, column 7: </a> stands where <b> is open"
    );
}

/// Octets are looked over in blocks and stretches: wherever a fault stands in
/// them, and whatever stands around it, it is found, and at its place.
#[test]
fn what_is_no_text_is_found_at_every_place() {
    let faults: [(&[u8], Code); 9] = [
        (b"\x00", Code::XmlNotWellFormed),
        (b"\x08", Code::XmlNotWellFormed),
        (b"\x0B", Code::XmlNotWellFormed),
        (b"\x0C", Code::XmlNotWellFormed),
        (b"\x1F", Code::XmlNotWellFormed),
        ("\u{FFFE}".as_bytes(), Code::XmlNotWellFormed),
        ("\u{FFFF}".as_bytes(), Code::XmlNotWellFormed),
        (b"\xE6\xBC", Code::XmlEncoding),
        (b"\xED\xA0\x80", Code::XmlEncoding),
    ];
    for filling in ["x", "x\n", "\t\r\u{7F}", "é", "漢", "ï¿½\u{FFFD}", "\u{10FFFF}", "x漢"] {
        let filling = filling.repeat(400);
        for at in filling.char_indices().map(|(at, _)| at).take_while(|at| *at < 400) {
            let (before, after) = filling.split_at(at);
            let cut_short = [b"<a>", before.as_bytes(), b"\xE6\xBC"].concat();
            check_text(cut_short, Some(Code::XmlEncoding));
            check_text(format!("<a>{before}\u{FFFD}{after}</a>"), None);
            for (fault, code) in faults {
                let text = [b"<a>", before.as_bytes(), fault, after.as_bytes(), b"</a>"].concat();
                let found = check(&text, Rules::STRICT).unwrap_err();
                let wanted = place(&text, "<a>".len() + at);
                assert_eq!((found.code, (found.line, found.column)), (code, wanted), "{found:?}");
            }
        }
    }
}

/// Names are read octet by octet where they are plain, and else by letters.
#[test]
fn names_of_either_kind() {
    for (name, wanted) in [
        ("a", None),
        ("a-b.c_d9", None),
        ("é", None),
        ("aé", None),
        ("aéb", None),
        ("p:a", None),
        ("p:é", None),
        ("p:aé", None),
        ("é:a", None),
        ("p:a:b", Some(Code::XmlNamespace)),
        ("p:a:", Some(Code::XmlNamespace)),
        ("p:", Some(Code::XmlNamespace)),
        (":p", Some(Code::XmlNamespace)),
        ("p:1", Some(Code::XmlNamespace)),
        ("p:-", Some(Code::XmlNamespace)),
        ("p:·", Some(Code::XmlNamespace)),
        ("q:a", Some(Code::XmlNamespace)),
        ("é:é:é", Some(Code::XmlNamespace)),
        ("1", Some(Code::XmlNotWellFormed)),
        ("-a", Some(Code::XmlNotWellFormed)),
        ("·", Some(Code::XmlNotWellFormed)),
        ("a×", Some(Code::XmlNotWellFormed)),
        ("a$", Some(Code::XmlNotWellFormed)),
    ] {
        check_text(format!("<a xmlns:p='u' xmlns:é='v'><{name}/></a>"), wanted);
        check_text(format!("<a xmlns:p='u' xmlns:é='v'><{name}></{name}></a>"), wanted);
        check_text(format!("<a xmlns:p='u' xmlns:é='v' {name}=''/>"), wanted);
    }
    // A longer name than the one that is open, and a shorter one.
    check_text("<ab><abc></ab></ab>", Some(Code::XmlNotWellFormed));
    check_text("<ab></abc>", Some(Code::XmlNotWellFormed));
    check_text("<ab></a>", Some(Code::XmlNotWellFormed));
    check_text("<ab></ab\n>", None);
}

/// A prefix is looked up once for a row of elements, and anew when what is
/// declared changes.
#[test]
fn a_prefix_is_known_no_longer_than_it_is_bound() {
    let namespace = Some(Code::XmlNamespace);
    check_text("<a><b xmlns:p='u'><p:c/><p:c/></b></a>", None);
    check_text("<a><b xmlns:p='u'><p:c/></b><p:c/></a>", namespace);
    check_text("<a><p:b xmlns:p='u'/><p:b/></a>", namespace);
    check_text("<a><p:b xmlns:p='u'></p:b><p:b/></a>", namespace);
    check_text("<a xmlns:p='u'><p:b/><xmlns:b/></a>", namespace);
    let fault = check(b"<a xmlns:1='u'/>", Rules::STRICT).unwrap_err();
    assert_eq!(fault.words, "'1' is no prefix");
    // Many attributes are compared by sorting, few each with each.
    for count in 1..20 {
        let several: String = (0..count).map(|n| format!(" b{n}=''")).collect();
        check_text(format!("<a{several}/>"), None);
        for n in [0, count / 2, count - 1] {
            let repeated = format!("<a{several} b{n}=''/>");
            check_text(repeated, Some(Code::XmlNotWellFormed));
        }
    }
}

#[track_caller]
fn check_doctype(subset: &str, body: &str, rules: Rules, wanted: Option<Code>) {
    let text = format!("<!DOCTYPE a{subset}>{body}");
    let found = check(text.as_bytes(), rules).err();
    assert_eq!(found.as_ref().map(|fault| fault.code), wanted, "{text}: {found:?}");
}

#[test]
fn what_a_doctype_may_hold() {
    for (subset, body) in [
        ("", "<a/>"),
        ("[]", "<a/>"),
        (" [ ] ", "<a/>"),
        ("[<!ELEMENT a (b|(c,d)*|e?)+> <!ELEMENT b (#PCDATA|c)*><!ELEMENT c (#PCDATA)>]", "<a/>"),
        ("[<!ELEMENT a ANY><!ELEMENT b EMPTY ><!-- c --><?p i?>]", "<a/>"),
        ("[<!ATTLIST a b CDATA #REQUIRED c (d|e) 'd' f NOTATION (g) #IMPLIED>]", "<a/>"),
        ("[<!ATTLIST a b CDATA #FIXED '&lt;&#38;'><!ATTLIST a>]", "<a/>"),
        ("[<!NOTATION n PUBLIC 'p'><!NOTATION m SYSTEM ''><!NOTATION o PUBLIC 'p' 's'>]", "<a/>"),
        ("[<!ENTITY e SYSTEM 's' NDATA n><!ENTITY f PUBLIC 'p' 's'>]", "<a/>"),
        ("[<!ENTITY e '<b>&#38;f;</b>'><!ENTITY f 'g'>]", "<a h='&f;'>&e;</a>"),
        ("[<!ENTITY e '&e;'>]", "<a/>"),
        ("[<!ENTITY e '<p:b/>'>]", "<a xmlns:p='u'>&e;</a>"),
        ("[<!ENTITY % p '<!ENTITY e \"f\">'>%p;]", "<a>&e;</a>"),
        ("[<!ATTLIST a xmlns:p CDATA 'u'>]", "<a><p:b xmlns:p='v'/></a>"),
        ("[<!ATTLIST a xmlns:p CDATA 'u'>]", "<a><p:b/></a>"),
    ] {
        check_doctype(subset, body, Rules::BOTH_OFF, None);
        check_doctype(subset, body, Rules::STRICT, Some(Code::XmlDoctype));
    }
    check_doctype("[<?p i?>]", "<a/>", Rules::DOCTYPE_OFF, Some(Code::XmlPi));
    // What cannot be seen.
    check_doctype(" SYSTEM 's'", "<a/>", Rules::BOTH_OFF, Some(Code::XmlDoctype));
    check_doctype(
        "[<!ENTITY e SYSTEM 's'>]",
        "<a>&e;</a>",
        Rules::BOTH_OFF,
        Some(Code::XmlDoctype),
    );
    check_doctype("[%p;]", "<a>&e;</a>", Rules::BOTH_OFF, Some(Code::XmlDoctype));
    // And what is seen in spite of it.
    let ill_formed = Some(Code::XmlNotWellFormed);
    check_doctype(" SYSTEM 's'", "<a>", Rules::BOTH_OFF, ill_formed);
    check_doctype(" SYSTEM 's'[<!ELEMENT a>]", "<a/>", Rules::BOTH_OFF, ill_formed);
}

#[test]
fn what_is_ill_formed_in_a_doctype() {
    for (subset, body) in [
        ("", ""),
        ("", "<!DOCTYPE a><a/>"),
        ("b", "</a>"),
        ("[", "<a/>"),
        ("[]]", "<a/>"),
        ("[ x ]", "<a/>"),
        (" SYSTEM", "<a/>"),
        (" SYSTEM 's", "<a/>"),
        (" SYSTEM's'", "<a/>"),
        (" PUBLIC 'p'", "<a/>"),
        (" PUBLIC 'p''s'", "<a/>"),
        (" PUBLIC '{' 's'", "<a/>"),
        ("[<!ELEMENT a>]", "<a/>"),
        ("[<!ELEMENT a any>]", "<a/>"),
        ("[<!ELEMENT a()>]", "<a/>"),
        ("[<!ELEMENT a ()>]", "<a/>"),
        ("[<!ELEMENT a (b,c|d)>]", "<a/>"),
        ("[<!ELEMENT a (b>]", "<a/>"),
        ("[<!ELEMENT a (b ?)>]", "<a/>"),
        ("[<!ELEMENT a b>]", "<a/>"),
        ("[<!ELEMENT a (#PCDATA|b)>]", "<a/>"),
        ("[<!ELEMENT a (b|#PCDATA)*>]", "<a/>"),
        ("[<!ATTLIST a b CDATA>]", "<a/>"),
        ("[<!ATTLIST a b CDATA ''c CDATA ''>]", "<a/>"),
        ("[<!ATTLIST a b TEXT #IMPLIED>]", "<a/>"),
        ("[<!ATTLIST a b ID#IMPLIED>]", "<a/>"),
        ("[<!ATTLIST a b () #IMPLIED>]", "<a/>"),
        ("[<!ATTLIST a b NOTATION(c) #IMPLIED>]", "<a/>"),
        ("[<!ATTLIST a b CDATA '<'>]", "<a/>"),
        ("[<!ATTLIST a b CDATA '&e;'><!ENTITY e 'late'>]", "<a/>"),
        ("[<!NOTATION n>]", "<a/>"),
        ("[<!ENTITY e>]", "<a/>"),
        ("[<!ENTITY e 'f' 'g'>]", "<a/>"),
        ("[<!ENTITY e '&'>]", "<a/>"),
        ("[<!ENTITY e '&#0;'>]", "<a/>"),
        ("[<!ENTITY e '%'>]", "<a/>"),
        ("[<!ENTITY % p 'q'><!ENTITY e '%p;'>]", "<a/>"),
        ("[<!ENTITY % p 'ANY'><!ELEMENT a %p;>]", "<a/>"),
        ("[<!ENTITY % p '<!ELEMENT a '>%p; ANY>]", "<a/>"),
        ("[<!ENTITY % p '%p;'>%p;]", "<a/>"),
        ("[<!ENTITY % p ']'>%p;]", "<a/>"),
        ("[<!ENTITY % p '&#37;p;'>%p;]", "<a/>"),
        ("[<!ENTITY % p SYSTEM 's' NDATA n>]", "<a/>"),
        ("[<!ENTITY e SYSTEM 's'NDATA n>]", "<a/>"),
        ("[<![INCLUDE[]]>]", "<a/>"),
        ("[<?xml version='1.0'?>]", "<a/>"),
        ("[<!-- -- -->]", "<a/>"),
        ("[<!ENTITY e '<b>'>]", "<a>&e;</a>"),
        ("[<!ENTITY e '</a><a>'>]", "<a>&e;</a>"),
        ("[<!ENTITY e '&#38;'>]", "<a>&e;</a>"),
        ("[<!ENTITY e '&f;'><!ENTITY f '&e;'>]", "<a>&e;</a>"),
        ("[<!ENTITY e '&e;'>]", "<a b='&e;'/>"),
        ("[<!ENTITY e '&#60;'>]", "<a b='&e;'/>"),
        ("[<!ENTITY e SYSTEM 's'>]", "<a b='&e;'/>"),
        ("[<!ENTITY e SYSTEM 's' NDATA n>]", "<a>&e;</a>"),
        ("[]", "<a>&e;</a>"),
    ] {
        check_doctype(subset, body, Rules::BOTH_OFF, Some(Code::XmlNotWellFormed));
    }
    for (subset, body) in [
        ("[<!ELEMENT :b ANY>]", "<a/>"),
        ("[<!ENTITY e:f 'g'>]", "<a/>"),
        ("[]", "<a>&e:f;</a>"),
        ("[<!NOTATION n:m SYSTEM 's'>]", "<a/>"),
        ("[<!ENTITY e '<p:b/>'>]", "<a>&e;</a>"),
        ("[<!ATTLIST a xmlns:p CDATA ''>]", "<a/>"),
    ] {
        check_doctype(subset, body, Rules::BOTH_OFF, Some(Code::XmlNamespace));
    }
    // What a parameter entity declares counts for nothing where the document
    // stands alone.
    let text = "<?xml version='1.0' standalone='yes'?>\
        <!DOCTYPE a [<!ENTITY % p '<!ENTITY e \"f\">'>%p;]><a>&e;</a>";
    assert!(check(text.as_bytes(), Rules::BOTH_OFF).is_err());
}

#[test]
fn the_fourth_edition_knows_fewer_names() {
    let fourth = Rules { edition: Edition::Fourth, ..Rules::BOTH_OFF };
    let ill_formed = Some(Code::XmlNotWellFormed);
    for name in ["\u{132}", "a\u{309A}\u{200D}", "\u{37F}"] {
        check_text(format!("<{name}/>"), None);
        check_doctype(&format!("[<!ELEMENT {name} ANY>]"), "<a/>", Rules::BOTH_OFF, None);
        check_doctype(&format!("[<!ELEMENT {name} ANY>]"), "<a/>", fourth, ill_formed);
    }
    check_doctype("[<!ELEMENT \u{E9}\u{387} ANY>]", "<a/>", fourth, None);
    check_doctype("[<!ATTLIST a b (\u{132}) #IMPLIED>]", "<a/>", fourth, ill_formed);
    check_text("<\u{10000}/>", ill_formed);
}
