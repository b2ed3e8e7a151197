//! The sheet on a terminal, as wide as that is, whatever the script.

use unicode_width::UnicodeWidthStr;

use super::about::About;
use super::sheet::{Body, Part, Place, Rendering, Row, Sheet};
use super::statements::{Paragraph, Piece};
use super::values::Said;
use super::words::Label;
use crate::cli::columns::{isolated, visible, wrapped};
use crate::cli::paint::Paint;
use crate::cli::terminal::padded;

/// How wide a page is that goes to no terminal, and how narrow one may be.
const COLUMNS: usize = 80;
const NARROW: usize = 40;
/// Where values begin that stand beside their labels.
const BESIDE: usize = 34;

/// The sheet as text.
pub(super) fn text(sheet: &Sheet, about: &About, columns: Option<usize>, paint: Paint) -> String {
    let columns = columns.unwrap_or(COLUMNS).max(NARROW);
    let mut page = Page { lines: Vec::new(), columns, paint };
    for [english, chinese] in about.marks(&sheet.rendering) {
        page.strong(&format!("*** {english} · {chinese} ***"));
    }
    page.strong(&sheet.title.to_string());
    for name in &sheet.names {
        page.said(name, 0);
    }
    sheet.head.iter().for_each(|row| page.row(row));
    page.row(&Row::new(Label::TODAY, about.today().map(Said::ours).into_iter().collect()));
    let mut annexed = false;
    for part in &sheet.parts {
        if part.place == Place::Annex && !annexed {
            annexed = true;
            page.head(&Label::ANNEX);
        }
        page.part(part);
    }
    page.lines.push(String::new());
    let source = format!("{} · {} SHA-256 {}", about.source, about.format, about.sha256);
    page.faint(&source);
    page.faint(match sheet.rendering {
        Rendering::Answer => {
            "A rendering 打印件: what counts is the signed XML 以签名的 XML 答复为准"
        }
        Rendering::Certificate { .. } => {
            "A rendering 打印件: what counts is the signed XML 以签名的 XML 电子证书为准"
        }
    });
    page.lines.join("\n")
}

struct Page {
    lines: Vec<String>,
    columns: usize,
    paint: Paint,
}

impl Page {
    fn head(&mut self, label: &Label) {
        self.lines.push(String::new());
        self.strong(&label.to_string());
    }

    fn strong(&mut self, text: &str) {
        let lines = wrapped(text, self.columns);
        self.lines.extend(lines.iter().map(|line| self.paint.strong(line)));
    }

    fn faint(&mut self, text: &str) {
        let lines = wrapped(&visible(text), self.columns);
        self.lines.extend(lines.iter().map(|line| self.paint.faint(line)));
    }

    fn part(&mut self, part: &Part) {
        match &part.body {
            Body::Boxes(lines) => {
                let rows: Vec<&Row> =
                    lines.iter().flatten().filter(|row| !row.lines.is_empty()).collect();
                if let (Some(heading), false) = (&part.heading, rows.is_empty()) {
                    if *heading != Label::ANNEX {
                        self.head(heading);
                    }
                } else if !rows.is_empty() {
                    self.lines.push(String::new());
                }
                rows.into_iter().for_each(|row| self.row(row));
            }
            Body::Statement(paragraphs) if paragraphs.is_empty() => {}
            Body::Statement(paragraphs) => {
                part.heading.iter().for_each(|heading| self.head(heading));
                for paragraph @ Paragraph { said, pieces, whose } in paragraphs {
                    if pieces.is_empty() {
                        self.said(said, 2);
                    } else {
                        self.wording(paragraph, 2);
                    }
                    if let Some(whose) = whose {
                        let words = format!("({} · {})", whose.english, whose.chinese);
                        let lines = wrapped(&words, self.columns.saturating_sub(2));
                        let lines = lines.iter().map(|line| self.paint.faint(line));
                        let lines: Vec<String> = lines.map(|line| format!("  {line}")).collect();
                        self.lines.extend(lines);
                    }
                }
            }
            Body::Table(table) => {
                part.heading.iter().for_each(|heading| self.head(heading));
                for (cells, n) in table.rows.iter().zip(1_usize..) {
                    if n > 1 {
                        self.lines.push(String::new());
                    }
                    for (label, cell) in table.heads.iter().zip(cells) {
                        self.row(&Row::new(*label, cell.clone()));
                    }
                }
            }
        }
    }

    /// A label, and the values beside it; under it where there is no room.
    fn row(&mut self, row: &Row) {
        if row.lines.is_empty() {
            return;
        }
        let label = row.label.to_string();
        let beside = self.columns >= BESIDE * 2 && label.width() + 2 < BESIDE;
        let margin = if beside { BESIDE } else { 4 };
        let first = self.lines.len();
        row.lines.iter().for_each(|said| self.said(said, margin));
        let label = format!("  {}", self.paint.faint(&label));
        if beside {
            let (width, shown) = (row.label.to_string().width() + 2, label);
            let gap = " ".repeat(BESIDE.saturating_sub(width));
            if let Some(line) = self.lines.get_mut(first) {
                *line = format!("{shown}{gap}{}", line.trim_start_matches(' '));
            }
        } else {
            let lines = wrapped(&row.label.to_string(), self.columns.saturating_sub(2));
            let lines: Vec<String> =
                lines.iter().map(|line| format!("  {}", self.paint.faint(line))).collect();
            self.lines.splice(first..first, lines);
        }
    }

    fn said(&mut self, said: &Said, margin: usize) {
        // What was broken is isolated piece by piece.
        for line in said.told().lines() {
            let lines = wrapped(&visible(line), self.columns.saturating_sub(margin).max(8));
            let lines =
                lines.iter().map(|line| format!("{}{}", padded("", margin), isolated(line)));
            self.lines.extend(lines);
        }
    }

    /// Words of ours, in which only what is put in is isolated.
    fn wording(&mut self, Paragraph { said, pieces, .. }: &Paragraph, margin: usize) {
        let pieces = pieces.iter().map(|piece| match piece {
            Piece::Ours(text) => text.clone(),
            Piece::Theirs(text) => {
                let lines = text.lines().map(|line| isolated(&visible(line)));
                lines.collect::<Vec<_>>().join("\n")
            }
        });
        let language = said.language.iter().map(|language| format!(" [{}]", visible(language)));
        let text: String = pieces.chain(language).collect();
        for line in text.lines() {
            let lines = wrapped(line, self.columns.saturating_sub(margin).max(8));
            let lines = closed(lines).into_iter();
            self.lines.extend(lines.map(|line| format!("{}{line}", padded("", margin))));
        }
    }
}

/// Lines that were broken within an isolate, which none of them leaves open
/// (UAX 9, section 2.4).
fn closed(lines: Vec<String>) -> Vec<String> {
    let mut is_open = false;
    let closed = lines.into_iter().map(|line| {
        let begun = if is_open { format!("{ISOLATE}{line}") } else { line };
        is_open = begun.rfind(ISOLATE) > begun.rfind(END);
        if is_open { format!("{begun}{END}") } else { begun }
    });
    closed.collect()
}

const ISOLATE: char = '\u{2068}';
const END: char = '\u{2069}';

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::Environment;
    use crate::submission;
    use crate::submission::sample::ours;

    #[test]
    fn lines_keep_to_the_terminal() {
        let octets = std::fs::read(ours("re-export-657.json")).unwrap();
        let certificate = submission::from_json(&octets).unwrap();
        let about = About::of("a.json".into(), "json", &octets, None, Environment::Training);
        for columns in [Some(40), Some(72), None, Some(160)] {
            let text = text(&Sheet::of(&certificate), &about, columns, Paint::default());
            let most = columns.unwrap_or(COLUMNS);
            for line in text.lines() {
                assert!(line.width() <= most, "{} > {most}: {line}", line.width());
            }
            assert!(text.contains("TRAINING") && text.contains("\u{2068}"), "{text}");
        }
    }
}
