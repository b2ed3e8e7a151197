//! A peer's adapter, told everything at once; `tests/peers/interop/cells.py`
//! says how it is spoken to.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use super::table::{Peer, SealedBy, Setting};

/// What came of one setting.
#[derive(Clone, Debug)]
pub enum Came {
    /// The octets that were asked for.
    Out(Vec<u8>),
    /// In the peer's words.
    Cannot(String),
}

/// What came of all of them.
pub enum Met {
    /// With the words why.
    Absent(String),
    Installed {
        version: String,
        came: Vec<Came>,
    },
}

/// Has `peer` do `asked`; each has a name, and its octets lie in `name.in`.
pub fn meet(peer: &Peer, folder: &Path, asked: &[(String, &Setting)]) -> Met {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    for needed in &peer.needs {
        // An absolute path stays as it is when it is joined to another.
        if !std::env::split_paths(&path).any(|folder| folder.join(needed).exists()) {
            return Met::Absent(format!("{needed} is not there"));
        }
    }
    let told = folder.join(format!("{}.told", peer.name));
    let lines: Vec<String> = asked.iter().map(|(name, setting)| line(name, setting)).collect();
    std::fs::write(&told, lines.concat()).unwrap();
    let [program, arguments @ ..] = peer.program.as_slice() else {
        panic!("{} has no program", peer.name);
    };
    let program = match program.as_str() {
        "$PYTHON" => match crate::venv::python() {
            Some(python) => python,
            None => return Met::Absent("pip could not install it".to_owned()),
        },
        program => program,
    };
    let run = Command::new(program)
        .args(arguments.iter().map(|word| match word.strip_prefix("tests/") {
            Some(_) => root.join(word).into_os_string(),
            None => word.into(),
        }))
        .current_dir(folder)
        .stdin(Stdio::from(File::open(told).unwrap()))
        .output();
    let run = match run {
        Ok(run) => run,
        Err(fault) => return Met::Absent(format!("{program}: {fault}")),
    };
    let (said, complained) =
        (String::from_utf8(run.stdout).unwrap(), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{}: {}\n{complained}\n{said}", peer.name, run.status);
    let mut lines = said.lines();
    let version = match lines.next().and_then(|first| first.strip_prefix("version\t")) {
        Some(version) => version.to_owned(),
        None => return Met::Absent("it is not installed".to_owned()),
    };
    let came = asked.iter().map(|(name, _)| {
        let line = lines.next().unwrap_or_else(|| panic!("{} ended: {complained}", peer.name));
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            [about, "ok"] if about == name => {
                Came::Out(std::fs::read(folder.join(format!("{name}.out"))).unwrap())
            }
            [about, "cannot", words] if about == name => Came::Cannot((*words).to_owned()),
            _ => panic!("{}: {line}\n{complained}", peer.name),
        }
    });
    Met::Installed { version, came: came.collect() }
}

fn line(name: &str, setting: &Setting) -> String {
    let verb = match setting.sealed_by {
        SealedBy::Them => "seal",
        SealedBy::Us => "open",
    };
    let Setting { content, key_transport, signature, form, .. } = setting;
    let key = setting.opener();
    format!("{name}\t{verb}\t{key}\t{content}\t{key_transport}\t{signature}\t{form}\n")
}
