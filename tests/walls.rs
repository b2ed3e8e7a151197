//! The walls between rooms: what only one place may do, and why.
//!
//! The rows stand in `walls/table.rs`, who may import whom in
//! `walls/imports.rs`, names in `walls/naming.rs`; `walls/source.rs` reads
//! `src/` as code without comments, texts and tests. Whatever a lint of the compiler or of
//! clippy can see is left to it (`Cargo.toml`, `clippy.toml`).

#![allow(clippy::unwrap_used, reason = "all of this is a test")]

#[path = "walls/imports.rs"]
mod imports;
#[path = "walls/naming.rs"]
mod naming;
#[path = "walls/source.rs"]
mod source;
#[path = "walls/table.rs"]
mod table;

use std::path::Path;

use imports::IMPORTS;
use source::Source;
use table::WALLS;

#[test]
fn every_wall_stands() {
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").to_owned());
    let sources = Source::all(&Path::new(&root).join("src"));
    assert!(
        sources.len() > 20,
        "src/ has {} files: the walls are looking in the wrong place",
        sources.len()
    );
    let mut report = String::new();
    for source in &sources {
        for wall in WALLS {
            for (line, found) in wall.breaches(source) {
                report += &format!(
                    "\nsrc/{}:{line}: {found}\n    wall:   {}\n    reason: {}\n    remedy: {}\n",
                    source.path, wall.name, wall.reason, wall.remedy
                );
            }
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn a_planted_breach_of_each_wall_is_found() {
    for wall in WALLS {
        let (path, text) = wall.planted;
        let found = wall.breaches(&Source::new(path, text));
        let last = text.lines().count();
        assert!(
            found.iter().any(|(line, _)| *line == last),
            "the wall '{}' does not see what is planted in {path}: {found:?}",
            wall.name
        );
        let in_a_comment: String = text.lines().map(|line| format!("// {line}\n")).collect();
        let in_a_test = format!("//! A map.\n#[cfg(test)]\nmod tests {{\n{text}\n}}\n");
        if matches!(wall.rule, table::Rule::Only { .. } | table::Rule::Never { .. }) {
            assert!(
                wall.breaches(&Source::new(path, &in_a_comment)).is_empty(),
                "'{}' trips over a comment",
                wall.name
            );
            assert!(
                wall.breaches(&Source::new(path, &in_a_test)).is_empty(),
                "'{}' trips over a test",
                wall.name
            );
        }
    }
}

#[test]
fn every_wall_gives_its_reason_and_remedy() {
    for wall in WALLS {
        assert!(!wall.reason.is_empty() && !wall.remedy.is_empty(), "{}", wall.name);
    }
}

/// Pure rooms import ground and pure rooms, doors no street; the table itself
/// has to say so.
#[test]
fn the_table_of_imports_keeps_the_layers() {
    let ground = ["clock", "refusal", "runtime", "telemetry"];
    let pure =
        ["certificate", "sps", "submission", "letter", "smime", "partner", "delivery", "receipt"];
    let doors = ["queue", "tls", "post", "mailbox", "ledger", "config", "web"];
    for (room, allowed) in IMPORTS {
        for import in *allowed {
            let kept = if ground.contains(room) {
                false
            } else if pure.contains(room) {
                pure.contains(import) || matches!(*import, "clock" | "refusal")
            } else if doors.contains(room) {
                pure.contains(import) || ground.contains(import) || *import == "tls"
            } else {
                *import != "main" && (*room == "main" || *import != "cli")
            };
            assert!(kept, "{room} may not import {import}");
        }
    }
}
