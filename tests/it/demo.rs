//! `certpost demo`, as a new user meets it: what it counts, what its judge is
//! worth, that every command it names works, and that nothing is left of it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const CERTPOST: &str = env!("CARGO_BIN_EXE_certpost");

/// A running demo; told to end when dropped, also by a test that fails.
struct Demo(Option<Child>);

impl Demo {
    fn start() -> (Demo, ChildStderr) {
        let mut child = Command::new(CERTPOST)
            .args(["demo", "--certificates", "30"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = child.stderr.take().unwrap();
        (Demo(Some(child)), said)
    }

    /// As a terminal's Ctrl-C does; what it had shown.
    fn interrupt(mut self) -> Output {
        let child = self.0.take().unwrap();
        interrupt(&child);
        child.wait_with_output().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.0.iter().for_each(interrupt);
    }
}

fn interrupt(child: &Child) {
    let id = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(id, Signal::INT).unwrap();
}

/// ```text
/// certpost demo -> the screen, the commands -> each is run as it stands
///               <- Ctrl-C -> no file and no program is left
/// ```
#[test]
fn every_command_that_the_demo_names_works_and_nothing_is_left() {
    let (demo, said_by_it) = Demo::start();
    let mut said = String::new();
    let mut lines = BufReader::new(said_by_it).lines();
    let ground = loop {
        let line = lines.next().unwrap_or_else(|| panic!("it ended, and said:\n{said}")).unwrap();
        match line.strip_prefix("  cd ") {
            Some(ground) => break ground.to_owned(),
            None => said.push_str(&format!("{line}\n")),
        }
    };
    // A command stands in by two blanks, what belongs to it by more. The last
    // one is for openssl, and ends the invitation.
    let mut commands: Vec<String> = Vec::new();
    while !commands.iter().any(|line| line.contains("-verify -CAfile")) {
        let line = lines.next().unwrap().unwrap();
        match (line.strip_prefix("      "), line.strip_prefix("  "), commands.last_mut()) {
            (Some(_), _, Some(last)) => last.push_str(&format!("\n{line}")),
            (None, Some(command), _) => commands.push(command.to_owned()),
            _ => {}
        }
    }
    // Who asks what, and with which exit code it is answered.
    let wanted = [
        ("BV/certpost.toml trace ", 0),
        ("BV/certpost.toml doctor", 0),
        ("BV/certpost.toml check ", 1),
        ("BV/certpost.toml submit ", 0),
        ("HM/certpost.toml open ", 0),
        ("BV/certpost.toml open ", 1),
        ("openssl cms ", 0),
    ];
    for (named, code) in wanted {
        let line = commands.iter().find(|line| line.contains(named));
        let line = line.unwrap_or_else(|| panic!("no {named} in {commands:?}"));
        let (found, out) = run(line, &ground);
        assert_eq!(found, code, "{line}\n{out}");
    }
    let mut verdicts = Vec::new();
    for line in commands.iter().filter(|line| line.contains(" verify ")) {
        let (code, out) = run(line, &ground);
        // The word, and behind a blank the same in Chinese.
        verdicts.push((code, out.split([':', ' ']).next().unwrap().to_owned()));
        if code == 1 && out.starts_with("training") {
            verdicts.push((code, out.lines().last().unwrap().trim().to_owned()));
        }
    }
    let wanted = [
        (1, "training"),
        (1, "on a live gateway: authentic"),
        (1, "training"),
        (1, "on a live gateway: not-current"),
        (1, "differs"),
        (3, "not-on-record"),
    ];
    assert_eq!(verdicts, wanted.map(|(code, word)| (code, word.to_owned())));
    let ended = demo.interrupt();
    assert!(ended.status.success(), "{ended:?}\n{said}");
    assert!(!Path::new(&ground).exists(), "files are left");
    assert_eq!(programs_in(&ground), Vec::<String>::new(), "programs are left");
    let screen = String::from_utf8(ended.stdout).unwrap();
    for words in ["TRAINING", "451 4.7.1", "Connection refused", "signer.not-pinned", "remedy: "] {
        assert!(screen.contains(words), "no {words} in\n{screen}");
    }
    assert!(screen.contains("lost 0, twice 0, forged 0, altered 0"), "{screen}");
    let wide = screen.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None, "wider than a terminal");
    assert!(!screen.contains('\x1b'), "no colour in a pipe");
}

/// Runs a line in `ground`, and gives its exit code and what it said.
fn run(line: &str, ground: &str) -> (i32, String) {
    let ran = Command::new("bash").args(["-c", line]).current_dir(ground).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    (ran.status.code().unwrap(), said + &String::from_utf8_lossy(&ran.stderr))
}

/// Every program whose command line names `ground`.
fn programs_in(ground: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(ground)).collect()
}

/// The counter is worth what it finds: each fault that is planted is counted.
#[test]
fn the_counter_of_the_demo_turns_red() {
    let script = r#"
import json, sys
from collections import Counter
sys.path.insert(0, sys.argv[1])
import counter
def key(n, to="HM"): return ("BV", "851", f"N-{n}", "70", to)
facts = {"gateways": {"BV": "", "HM": ""}, "opened": {"TF": ""}}
def told(submitted, came, xml=b"<a/>"):
    bodies = {one: ("application/xml", b"<a/>") for one in submitted}
    places = Counter(came)
    found = counter.judge(facts, Counter(submitted), bodies, places, {p: xml for p in places}, [])
    return {name: found[name] for name in ("lost", "twice", "forged", "differs", "nobody")}
one, other, tf, um = key(1), key(2), key(3, "TF"), key(4, "UM")
print(json.dumps([
    told([one, tf, um], [("HM", one), ("TF", tf)]),
    told([one, other], [("HM", one)]),
    told([one], [("HM", one), ("HM", one)]),
    told([one], [("HM", one), ("HM", other)]),
    told([one], [("TF", one), ("HM", one)]),
    told([one], [("HM", one)], b"<b/>"),
]))
"#;
    let peers = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/demo/peers");
    let ran = Command::new("python3").args(["-B", "-c", script, peers]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let found: Vec<Value> = serde_json::from_slice(&ran.stdout).unwrap();
    let counts = found.iter().map(|one| {
        ["lost", "twice", "forged", "differs", "nobody"].map(|name| one[name].as_u64().unwrap())
    });
    let wanted = [
        [0, 0, 0, 0, 1],
        [1, 0, 0, 0, 0],
        [0, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 1, 0],
    ];
    assert_eq!(counts.collect::<Vec<_>>(), wanted);
}
