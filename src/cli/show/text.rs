//! The sheet on a terminal: 78 columns, whatever the script.

use unicode_width::UnicodeWidthStr;

use super::sheet::{Row, Sheet};
use super::words::Label;
use crate::cli::document::visible;
use crate::cli::paint::Paint;

const COLUMNS: usize = 78;
/// Where the values begin.
const MARGIN: usize = 4;

/// The sheet as text.
pub fn text(sheet: &Sheet, current: Option<&str>, is_training: bool, paint: Paint) -> String {
    let mut lines = Vec::new();
    if is_training {
        lines.push(paint.strong(&format!("*** {} ***", Label::TRAINING)));
    }
    lines.push(paint.strong(&sheet.title.to_string()));
    lines.extend(sheet.name.iter().map(|name| visible(name)));
    let current = current.map(|current| format!("; today: {current}")).unwrap_or_default();
    lines.push(format!("{}: {}{current}", Label::NUMBER, visible(&sheet.number)));
    for part in &sheet.parts {
        lines.push(String::new());
        lines.push(paint.strong(&part.heading.to_string()));
        for row in &part.rows {
            lines.extend(of_row(row, paint));
        }
    }
    lines.join("\n")
}

fn of_row(row: &Row, paint: Paint) -> Vec<String> {
    let mut lines = vec![format!("  {}", paint.faint(&row.label.to_string()))];
    for value in &row.lines {
        for line in value.lines() {
            let wrapped = wrapped(&visible(line), COLUMNS - MARGIN);
            lines.extend(wrapped.into_iter().map(|line| format!("{:MARGIN$}{line}", "")));
        }
    }
    lines
}

/// Lines of at most `most` columns. What has no blank to break at, as Chinese
/// has none, is broken anywhere.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive(' ') {
        if line.width() + word.trim_end().width() > most && !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        for letter in word.chars() {
            if line.width() + unicode_width::UnicodeWidthChar::width(letter).unwrap_or(0) > most {
                lines.push(std::mem::take(&mut line));
            }
            if !(line.is_empty() && letter == ' ') {
                line.push(letter);
            }
        }
    }
    let last = line.trim_end();
    if !last.is_empty() || lines.is_empty() {
        lines.push(last.to_owned());
    }
    lines
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_in_every_script() {
        let text =
            "The consignment was inspected. 硫酰氟熏蒸，64 g/m³，24小时，15.5 °C שלום e\u{301}";
        for most in [8, 20, 40] {
            let lines = wrapped(text, most);
            assert!(lines.iter().all(|line| line.width() <= most), "{lines:?}");
            let all = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(all(&lines.concat()), all(text), "nothing is lost");
        }
        assert_eq!(wrapped("", 10), [""]);
    }
}
