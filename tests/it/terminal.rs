//! What a real terminal makes of hostile names: tmux runs the program and
//! tells what stands on its screen.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::skipped::skipped;
use crate::world::{Folder, wait_for};

/// A terminal of 100 columns that runs one command and stays.
struct Terminal {
    socket: std::path::PathBuf,
}

impl Terminal {
    /// `None`, and said so, where there is no tmux.
    fn running(folder: &Folder, script: &str) -> Option<Terminal> {
        let terminal = Terminal { socket: folder.path("tmux") };
        let script = format!("printf 'BEGIN\\n'; {script}; printf 'END\\n'; exec cat");
        let arguments = ["new-session", "-d", "-x", "100", "-y", "40", &script];
        match terminal.tmux(&arguments) {
            Ok(output) => assert!(output.status.success(), "{output:?}"),
            Err(_) => {
                skipped("what a terminal shows: no tmux");
                return None;
            }
        }
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> std::io::Result<std::process::Output> {
        let mut command = Command::new("tmux");
        command.args(["-u", "-f", "/dev/null", "-S"]).arg(&self.socket).args(arguments);
        command.env("LC_ALL", "C.UTF-8").env_remove("TMUX").output()
    }

    /// The lines on the screen once the command has ended.
    fn screen(&self) -> Vec<String> {
        wait_for("end of the command", Duration::from_secs(30), || {
            let output = self.tmux(&["capture-pane", "-p"]).unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let lines: Vec<String> = text.trim_end().lines().map(str::to_owned).collect();
            lines.iter().any(|line| line == "END").then_some(lines)
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _gone = self.tmux(&["kill-server"]);
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}

/// A file's name that would wipe the screen, a number that would read as
/// another, and names in scripts of every width: what certpost says about them
/// stands on the screen as certpost said it.
#[test]
fn nothing_foreign_moves_the_cursor() {
    let folder = Folder::empty();
    let golden = include_str!("../golden/re-export-657/certificate.xml");
    let hostile = golden
        .replacen(
            "<ram:ID>HM-RE-2026-000318</ram:ID>",
            "<ram:ID>318\u{202E}doog :\u{202C}\u{9B}2J</ram:ID>",
            1,
        )
        .replacen("<ram:ID>GS</ram:ID>", "<ram:ID>葡萄שלום\u{2067}</ram:ID>", 1);
    assert!(hostile.contains("\u{202E}") && hostile.contains("\u{2067}"));
    let file = folder.path("a\u{1B}[2J\u{1B}[1;1Hgood\u{1B}]0;x.xml");
    std::fs::write(&file, hostile).unwrap();
    let program = quoted(Path::new(env!("CARGO_BIN_EXE_certpost")));
    let script = format!("{program} check {}", quoted(&file));
    let Some(terminal) = Terminal::running(&folder, &script) else { return };
    let lines = terminal.screen();
    let screen = lines.concat();
    assert_eq!(lines[0], "BEGIN", "{lines:#?}");
    assert_eq!(lines.last().unwrap(), "END", "{lines:#?}");
    assert!(screen.contains("a<U+001B>[2J<U+001B>[1;1Hgood<U+001B>]0;x.xml"), "{lines:#?}");
    assert!(screen.contains("country.unknown"), "{lines:#?}");
    assert!(screen.contains("葡萄") && screen.contains("שלום"), "{lines:#?}");
    assert!(screen.contains("<U+2067>"), "{lines:#?}");
    assert!(!screen.contains('\u{202E}') && !screen.contains('\u{9B}'), "{lines:#?}");
    // No line is longer than the terminal is wide, counted as it counts.
    use unicode_width::UnicodeWidthStr;
    assert!(lines.iter().all(|line| line.width() <= 100), "{lines:#?}");
}
