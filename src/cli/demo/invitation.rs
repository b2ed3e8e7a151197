//! What can be tried while the demo stays up; each line works as it stands.

use std::path::Path;

use super::cast::{OURS, PARTNERS};
use super::finale::Subjects;
use super::play::FORGED;
use super::stage::TRY;
use super::tool::line;

/// The letter that is there to be opened.
pub const LETTER: &str = "letter.eml";

/// The commands in `ground`, for three people.
pub fn invitation(ground: &Path, subjects: &Subjects, opener: &str) -> String {
    let border = PARTNERS[0].code;
    let Subjects { good, ended, unknown, late } = subjects;
    let file = |name: &str| format!("{TRY}/{name}");
    let (certificate, bad, shown) =
        (file("certificate.json"), file("bad.json"), file("shown.json"));
    let (letter, forged) = (file(LETTER), file(FORGED));
    let mut text =
        format!("\nIt stays up until Ctrl-C. In another terminal:\n\n  cd {}\n", ground.display());
    let mut group = |who: &str, lines: &[String]| {
        text.push_str(&format!("\n{who}\n"));
        lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    };
    group("Operator", &[line(OURS, &["trace", late]), line(OURS, &["doctor"])]);
    group(
        &format!("Official at {border}'s border"),
        &[good, ended, &shown, unknown].map(|what| line(border, &["verify", what])),
    );
    group(
        "Developer",
        &[
            line(OURS, &["check", &bad]),
            line(OURS, &["submit", &certificate]),
            line(border, &["open", &letter]),
            line(OURS, &["open", &forged]),
            format!(
                "openssl cms -decrypt -in {opener}/mail/000001.eml \\\n      -recip {opener}/certs/own/decrypt.pem -inkey {opener}/certs/own/decrypt.key |\n      openssl cms -verify -CAfile {opener}/certs/anchors/anchor.pem"
            ),
        ],
    );
    text
}
