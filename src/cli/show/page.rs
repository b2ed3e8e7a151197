//! The sheet as a page to print: one file, no script, nothing from outside.

use super::sheet::Sheet;
use super::words::Label;

const STYLE: &str = "
@page { size: A4; margin: 15mm; }
body { font: 10.5pt/1.4 'Noto Sans', 'Noto Sans CJK SC', 'DejaVu Sans', sans-serif; color: #111;
    max-width: 180mm; margin: 8mm auto; }
h1 { font-size: 16pt; margin: 0; } h1 small, h2 small, th small { color: #555; font-weight: normal; }
h2 { font-size: 11pt; margin: 5mm 0 1mm; border-bottom: 1px solid #333; break-after: avoid; }
table { width: 100%; border-collapse: collapse; } tr { break-inside: avoid; }
th { width: 32%; text-align: left; vertical-align: top; padding: .8mm 3mm .8mm 0; font-weight: 600; }
th small { display: block; font-size: 8.5pt; }
td { padding: .8mm 0; vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere; }
.number { font-size: 13pt; margin: 2mm 0 0; } .note { color: #555; }
.training { position: fixed; inset: 0; display: flex; align-items: center; justify-content: center;
    font-size: 52pt; font-weight: 700; color: rgba(200, 0, 0, .16); transform: rotate(-32deg);
    text-align: center; pointer-events: none; }
.banner { border: 2px solid #b00; color: #b00; padding: 2mm 4mm; font-weight: 700; }
";

/// The page. `is_training` marks it across.
pub fn page(sheet: &Sheet, current: Option<&str>, is_training: bool) -> String {
    let mut out = String::with_capacity(16 * 1024);
    let title = format!("{} {}", sheet.title.english, sheet.number);
    out.push_str(&format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <title>{}</title><style>{STYLE}</style></head><body>\n",
        escaped(&title)
    ));
    if is_training {
        let Label { english, chinese, .. } = Label::TRAINING;
        out.push_str(&format!(
            "<div class=\"training\" aria-hidden=\"true\">{english}<br>{chinese}</div>\
             <p class=\"banner\">{english} · {chinese}</p>\n"
        ));
    }
    out.push_str(&format!("<h1>{}</h1>\n", label(&sheet.title)));
    for name in &sheet.name {
        out.push_str(&format!("<p class=\"note\" dir=\"auto\">{}</p>\n", escaped(name)));
    }
    let Label { english, chinese, .. } = Label::NUMBER;
    out.push_str(&format!(
        "<p class=\"number\">{english} {chinese}: <b>{}</b></p>\n",
        escaped(&sheet.number)
    ));
    if let Some(current) = current {
        out.push_str(&format!("<p class=\"note\">On record here: {}</p>\n", escaped(current)));
    }
    for part in &sheet.parts {
        out.push_str(&format!("<h2>{}</h2>\n<table>\n", label(&part.heading)));
        for row in &part.rows {
            let lines = row.lines.iter().map(|line| {
                // Each line by its own direction.
                format!("<div dir=\"auto\">{}</div>", escaped(line))
            });
            out.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
                label(&row.label),
                lines.collect::<String>()
            ));
        }
        out.push_str("</table>\n");
    }
    out.push_str(
        "<p class=\"note\">Made from an electronic certificate. What counts is the signed \
         electronic certificate, not this page.</p>\n</body></html>\n",
    );
    out
}

fn label(label: &Label) -> String {
    let n = label.n.map(|n| format!(" {n}")).unwrap_or_default();
    format!("{}{n} <small lang=\"zh\">{}{n}</small>", escaped(label.english), label.chinese)
}

/// Text from outside, so that it stays text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            letter if letter.is_control() => out.push('\u{FFFD}'),
            letter => out.push(letter),
        }
    }
    out
}
