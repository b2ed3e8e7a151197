//! Who may import whom, and who does.

use super::source::{Source, find_word};
use super::table::Breach;

/// Who may import whom. A room that is not here may import nothing.
pub const IMPORTS: &[(&str, &[&str])] = &[
    // Ground.
    ("clock", &[]),
    ("confine", &[]),
    ("refusal", &[]),
    ("runtime", &[]),
    ("telemetry", &[]),
    // Pure. Layers of a letter and of what is sealed in it alternate, so
    // letter/ and smime/ take each other's proof types.
    ("certificate", &["clock", "refusal"]),
    ("sps", &["certificate", "clock", "refusal"]),
    ("submission", &["certificate", "clock", "refusal", "sps"]),
    ("letter", &["certificate", "clock", "refusal", "smime"]),
    ("smime", &["clock", "letter", "refusal"]),
    ("partner", &["certificate", "clock", "letter", "smime", "sps"]),
    ("delivery", &["certificate", "clock", "partner", "refusal"]),
    ("receipt", &["certificate", "clock", "delivery", "letter", "partner", "refusal", "smime"]),
    // Doors.
    ("queue", &["clock", "runtime"]),
    ("tls", &["clock", "partner"]),
    ("post", &["clock", "delivery", "letter", "partner", "tls"]),
    ("mailbox", &["clock", "letter", "refusal", "runtime", "telemetry", "tls"]),
    (
        "ledger",
        &[
            "certificate",
            "clock",
            "delivery",
            "letter",
            "partner",
            "receipt",
            "refusal",
            "runtime",
            "telemetry",
        ],
    ),
    ("config", &["certificate", "clock", "delivery", "letter", "partner", "smime", "sps"]),
    ("web", &["clock", "runtime", "telemetry", "tls"]),
    // Streets.
    (
        "outbound",
        &[
            "certificate",
            "clock",
            "config",
            "delivery",
            "ledger",
            "letter",
            "partner",
            "post",
            "queue",
            "receipt",
            "refusal",
            "runtime",
            "smime",
            "sps",
            "submission",
            "telemetry",
            "tls",
        ],
    ),
    (
        "inbound",
        &[
            "certificate",
            "clock",
            "config",
            "delivery",
            "ledger",
            "letter",
            "mailbox",
            "partner",
            "queue",
            "receipt",
            "refusal",
            "runtime",
            "smime",
            "sps",
            "submission",
            "telemetry",
        ],
    ),
    ("outlet", &["clock", "config", "ledger", "queue", "runtime", "telemetry"]),
    // The top.
    (
        "cli",
        &[
            "certificate",
            "clock",
            "config",
            "confine",
            "delivery",
            "inbound",
            "ledger",
            "letter",
            "mailbox",
            "outbound",
            "outlet",
            "partner",
            "post",
            "queue",
            "receipt",
            "refusal",
            "runtime",
            "smime",
            "sps",
            "submission",
            "telemetry",
            "tls",
            "web",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// Rooms that `source` imports and may not.
pub fn imports(source: &Source) -> Vec<Breach> {
    let allowed = IMPORTS.iter().find(|(room, _)| *room == source.room);
    let Some((_, allowed)) = allowed else {
        return vec![(1, format!("{} is in no row of IMPORTS", source.room))];
    };
    let used = imported(source).into_iter();
    used.filter(|(_, room)| *room != source.room && !allowed.contains(&room.as_str())).collect()
}

/// Every room that `source` names from the crate's root.
fn imported(source: &Source) -> Vec<Breach> {
    let mut used = Vec::new();
    for root in roots(&source.path) {
        for at in find_word(&source.code, &root) {
            if source.code[..at].trim_end().ends_with("::") && !root.starts_with("super") {
                continue;
            }
            if source.code[..at].ends_with("super::") {
                continue;
            }
            let rest = &source.code[at + root.len()..];
            for name in first_names(rest) {
                used.push((source.line_of(at), name));
            }
        }
    }
    used
}

/// The ways to write the crate's root in the file at `path`.
fn roots(path: &str) -> Vec<String> {
    let inside = path.trim_end_matches(".rs").trim_end_matches("/mod");
    let up = inside.split('/').count();
    let own = if path == "main.rs" { "certpost::" } else { "crate::" };
    let mut roots = vec![own.to_owned()];
    if !matches!(path, "main.rs" | "lib.rs") {
        roots.push("super::".repeat(up));
    }
    roots
}

/// The first name of a path, or of each path in a group.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim()
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .next()
            .unwrap_or("")
            .to_owned()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![name(rest)].into_iter().filter(|name| !name.is_empty()).collect();
    };
    let (mut depth, mut start, mut names) = (1, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                names.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            names.push(name(&group[start..at]));
            break;
        }
    }
    names.retain(|name| !name.is_empty() && name != "self");
    names
}

//------------ Tests ---------------------------------------------------------

#[test]
fn finds_imports_however_they_are_written() {
    #[track_caller]
    fn check(path: &str, code: &str, rooms: &[&str]) {
        let mut found: Vec<_> =
            imported(&Source::new(path, code)).into_iter().map(|(_, room)| room).collect();
        found.sort();
        found.dedup();
        assert_eq!(found, rooms, "{code}");
    }
    check("a/b.rs", "use crate::sps::{self, Xml};", &["sps"]);
    check("a/b.rs", "use crate::{sps::{x, y}, queue, self};", &["queue", "sps"]);
    check("a/b.rs", "fn f() -> crate::post::Reply {}", &["post"]);
    check("a/b.rs", "use super::super::post::Reply; use super::c;", &["post"]);
    check("a/mod.rs", "use super::post::Reply;", &["post"]);
    check("a/b/c.rs", "use super::super::post; use super::super::super::sps;", &["sps"]);
    check("main.rs", "use certpost::cli; use clap::Parser;", &["cli"]);
    check("a/b.rs", "pub(crate) fn f() {} // crate::post", &[]);
}
