//! The sheet as a page to print: one file, no script, nothing from outside.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::about::About;
use super::sheet::{Body, Empty, Part, Place, Rendering, Row, Sheet, Table};
use super::statements::{Paragraph, Piece};
use super::values::Said;
use super::words::Label;
use crate::cli::columns::turns;

const STYLE: &str = include_str!("page.css");

/// The page.
pub(super) fn page(sheet: &Sheet, about: &About) -> String {
    let number = sheet.number();
    let marks = about.marks(&sheet.rendering);
    let style = format!("{STYLE}{}", margins(number, &marks));
    // Only this style is applied, whatever a value looks like.
    let digest = BASE64.encode(&Sha256::digest(style.as_bytes()));
    let mut out = String::with_capacity(32 * 1024);
    out.push_str(&format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{} {}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        escaped(sheet.title.english),
        escaped(number)
    ));
    mark_across(&mut out, &marks);
    out.push_str("<main>\n");
    header(&mut out, sheet, about);
    let mut place = Place::Form;
    for part in &sheet.parts {
        if part.place != place {
            place = part.place;
            let class = if place == Place::Annex { "annex" } else { "continuation" };
            out.push_str(&format!("<div class=\"{class}\">"));
            let heading = if place == Place::Annex { Label::ANNEX } else { Label::CONTINUATION };
            let number = format!("{} {}", Label::NUMBER.english, escaped(number));
            out.push_str(&format!(
                "<h2 class=\"sheet\"><span>{}</span> <span class=\"of\">{number}</span></h2></div>\n",
                label(&heading)
            ));
        }
        section(&mut out, part);
    }
    footer(&mut out, sheet, about);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

//------------ Around --------------------------------------------------------

/// What stands in the margins of every printed page.
fn margins(number: &str, marks: &[[String; 2]]) -> String {
    let words: Vec<String> = marks.iter().map(|[one, other]| format!("{one} {other}")).collect();
    let words = words.join("  ·  ");
    let no = Label::NUMBER.english;
    format!(
        "@page {{ @bottom-left {{ content: \"{}\"; }} @top-center {{ content: \"{}\"; }} }}\n",
        in_style(&format!("{no} {number}")),
        in_style(&words)
    )
}

/// A text within quotes in a style: letters that are more than letters by
/// their numbers (CSS Syntax 3, section 4.3.7).
fn in_style(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' => out.push(letter),
            letter if letter.is_control() || turns(letter) => out.push_str("\\fffd "),
            letter => out.push_str(&format!("\\{:x} ", u32::from(letter))),
        }
    }
    out
}

fn mark_across(out: &mut String, marks: &[[String; 2]]) {
    if marks.is_empty() {
        return;
    }
    out.push_str("<div class=\"mark\" aria-hidden=\"true\">");
    for [english, chinese] in marks {
        // Only the first word is large: it has to be read across a room.
        let english = english.split(" – ").next().unwrap_or_default();
        let chinese = chinese.split(" – ").next().unwrap_or_default();
        out.push_str(&format!(
            "<div>{}<span lang=\"zh-Hans\">{}</span></div>",
            escaped(english),
            escaped(chinese)
        ));
    }
    out.push_str("</div>\n");
}

fn header(out: &mut String, sheet: &Sheet, about: &About) {
    let marks = about.marks(&sheet.rendering);
    let marks = marks.iter().map(|[english, chinese]| {
        format!("{} <span lang=\"zh-Hans\">{}</span>", escaped(english), escaped(chinese))
    });
    let marks = marks.collect::<Vec<_>>().join(" · ");
    if !marks.is_empty() {
        out.push_str(&format!("<p class=\"banner\">{marks}</p>\n"));
    }
    out.push_str("<header>\n<div class=\"titles\">");
    out.push_str(&format!(
        "<h1>{}<span lang=\"zh-Hans\">{}</span></h1>",
        escaped(sheet.title.english),
        sheet.title.chinese
    ));
    out.push_str(&format!("<div class=\"names\">{}</div></div>\n", values(&sheet.names)));
    let today = about.today().map(Said::ours).into_iter().collect();
    let today = Row::new(Label::TODAY, today);
    out.push_str("<div class=\"number\">");
    sheet
        .head
        .iter()
        .chain([&today])
        .filter(|row| is_there(row))
        .for_each(|row| out.push_str(&boxed(row)));
    out.push_str("</div>\n</header>\n");
}

fn footer(out: &mut String, sheet: &Sheet, about: &About) {
    let (what, counts) = match sheet.rendering {
        Rendering::Answer => (
            "an electronic answer to a certificate. The answer is",
            "本页为电子答复的打印件，以经签名的 XML 答复为准。",
        ),
        Rendering::Certificate { .. } => (
            "an electronic certificate. The certificate is",
            "本页为电子证书的打印件，以经签名的 XML 电子证书为准。",
        ),
    };
    let today = match about.today() {
        _ if sheet.rendering == Rendering::Answer => String::new(),
        Some(today) => format!("On record here today 本系统当前记录: <b>{}</b>.", escaped(&today)),
        None => {
            "Its status today is not known to this page: <code>certpost verify</code> tells it. \
                 <span lang=\"zh-Hans\">本页不知其当前状态，请用 certpost verify 查询。</span>"
                .to_owned()
        }
    };
    out.push_str(&format!(
        "<footer>\n<p><b>This page is a rendering of {what} the signed XML.</b> \
         <span lang=\"zh-Hans\">{counts}</span></p>\n<p>From <span lang=\"zh-Hans\">来源</span>: <bdi>{}</bdi> \
         ({}); SHA-256 <code>{}</code>. {today}</p>\n</footer>\n",
        escaped(&about.source),
        about.format.to_uppercase(),
        about.sha256
    ));
}

//------------ Parts ---------------------------------------------------------

fn section(out: &mut String, part: &Part) {
    let is_signed = part.heading.is_some_and(|heading| heading.english == Label::SIGNED.english);
    let class = match part.place {
        Place::Annex | Place::Continuation => " class=\"behind\"",
        Place::Form if is_signed => " class=\"whole\"",
        Place::Form => "",
    };
    out.push_str(&format!("<section{class}>\n"));
    // The sheet has a heading of its own.
    let heading = part.heading.filter(|label| *label != Label::ANNEX);
    if let Some(heading) = heading {
        out.push_str(&format!("<h2>{}</h2>\n", label(&heading)));
    }
    match &part.body {
        Body::Boxes(lines) => {
            for line in lines {
                out.push_str("<div class=\"line\">");
                line.iter().for_each(|row| out.push_str(&boxed(row)));
                out.push_str("</div>\n");
            }
        }
        Body::Statement(paragraphs) => statement(out, paragraphs),
        Body::Table(table) => self::table(out, table),
    }
    out.push_str("</section>\n");
}

fn statement(out: &mut String, paragraphs: &[Paragraph]) {
    out.push_str("<div class=\"statement\">");
    if paragraphs.is_empty() {
        out.push_str(&nothing());
    }
    for Paragraph { said, pieces, whose } in paragraphs {
        out.push_str(&if pieces.is_empty() { value(said) } else { wording(said, pieces) });
        if let Some(whose) = whose {
            out.push_str(&format!("<p class=\"whose\">{}</p>", label(whose)));
        }
    }
    out.push_str("</div>\n");
}

fn table(out: &mut String, table: &Table) {
    let class = if table.heads.contains(&Label::CHEMICAL) {
        " class=\"treated\""
    } else if table.heads.contains(&Label::ITEM) {
        " class=\"items\""
    } else {
        ""
    };
    out.push_str(&format!("<table{class}>\n<thead><tr>"));
    for head in &table.heads {
        out.push_str(&format!("<th scope=\"col\">{}</th>", label(head)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for cell in row {
            out.push_str(&format!("<td>{}</td>", values(cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn is_there(row: &Row) -> bool {
    row.empty != Empty::Absent || !row.lines.is_empty()
}

fn boxed(row: &Row) -> String {
    let class = if row.empty == Empty::Room { "box room" } else { "box" };
    let inside = match (row.lines.is_empty(), row.empty) {
        (true, Empty::Kept) => nothing(),
        (true, Empty::Absent) => String::new(),
        (true, Empty::Room) => hint(&Label::ELECTRONIC, ""),
        (false, _) => values(&row.lines),
    };
    format!("<div class=\"{class}\"><div class=\"label\">{}</div>{inside}</div>", label(&row.label))
}

fn nothing() -> String {
    hint(&Label::NOTHING, "— ")
}

fn hint(label: &Label, before: &str) -> String {
    let Label { english, chinese, .. } = label;
    format!(
        "<div class=\"nothing\">{before}{english} <span lang=\"zh-Hans\">{chinese}</span></div>"
    )
}

fn values(lines: &[Said]) -> String {
    lines.iter().filter(|said| !said.is_blank()).map(value).collect()
}

/// A value: by its own direction, in its own language.
fn value(said: &Said) -> String {
    running("auto", said.language.as_deref(), &escaped(&said.text))
}

/// Words of ours: from left to right, around what runs as it does.
fn wording(said: &Said, pieces: &[Piece]) -> String {
    let inside = pieces.iter().map(|piece| match piece {
        Piece::Ours(text) => escaped(text),
        Piece::Theirs(text) => format!("<bdi>{}</bdi>", escaped(text)),
    });
    running("ltr", said.language.as_deref(), &inside.collect::<String>())
}

fn running(direction: &str, language: Option<&str>, inside: &str) -> String {
    match language {
        Some(language) => {
            let language = escaped(language);
            format!(
                "<div class=\"value\" dir=\"{direction}\" lang=\"{language}\">{inside} \
                 <small class=\"tongue\" lang=\"en\">{language}</small></div>"
            )
        }
        None => format!("<div class=\"value\" dir=\"{direction}\">{inside}</div>"),
    }
}

fn label(label: &Label) -> String {
    let n = label.n.map(|n| format!(" {n}")).unwrap_or_default();
    format!(
        "{}{n} <span class=\"zh\" lang=\"zh-Hans\">{}{n}</span>",
        escaped(label.english),
        label.chinese
    )
}

/// Text from outside, so that it stays text and turns nothing beside it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.replace("\r\n", "\n").chars() {
        match letter {
            '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\u{2424}'),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            '\u{0}'..='\u{1f}' => out.extend(char::from_u32(u32::from(letter) + 0x2400)),
            letter if turns(letter) => out.push_str(&format!("[U+{:04X}]", u32::from(letter))),
            letter if letter.is_control() => out.push('\u{FFFD}'),
            letter => out.push(letter),
        }
    }
    out
}
