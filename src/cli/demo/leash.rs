//! Programs on a leash: they end when we do, however we do.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use data_encoding::HEXLOWER;

/// Starts a program and waits for it; beside it, something waits for our end
/// of a pipe to close, which it does when we end, killed or not. Then the
/// program is ended by its id: with the first signal, and after ten seconds
/// with KILL.
const HOLD: &str = r#"
signal=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & program=$!
{
    read -r _ <&3
    kill -s "$signal" "$program"
    waited=0
    while [ "$waited" -lt 100 ] && kill -s 0 "$program"; do sleep 0.1; waited=$((waited + 1)); done
    kill -s KILL "$program"
} 2>/dev/null & hold=$!
wait "$program"; status=$?
kill -s KILL "$hold" 2>/dev/null
exit "$status"
"#;

//------------ Ending --------------------------------------------------------

/// How a program is told to end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// Nothing of it is kept, so nothing has to be tidied.
    AtOnce,
    /// It ends what is under way.
    Drained,
}

impl Ending {
    const fn signal(self) -> &'static str {
        match self {
            Ending::AtOnce => "KILL",
            Ending::Drained => "TERM",
        }
    }
}

//------------ Leash ---------------------------------------------------------

/// A running program; ended when dropped.
#[derive(Debug)]
pub struct Leash {
    hold: Child,
    pipe: Option<ChildStdin>,
    log: PathBuf,
}

impl Leash {
    /// Starts `program`; what it says goes to the file `log`.
    pub fn start(
        program: &OsStr,
        arguments: &[&OsStr],
        environment: &[(&str, String)],
        folder: &Path,
        log: &Path,
        ending: Ending,
    ) -> io::Result<Leash> {
        let said = File::options().create(true).append(true).open(log)?;
        let mut hold = Command::new("/bin/sh")
            .args(["-c", HOLD, "leash", ending.signal()])
            .arg(program)
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(said.try_clone()?)
            .stderr(said)
            // A terminal's Ctrl-C is for us; we end the others in order.
            .process_group(0)
            .spawn()?;
        let pipe = hold.stdin.take();
        Ok(Leash { hold, pipe, log: log.to_owned() })
    }

    /// The number of the program's own process, while it runs.
    pub fn number(&self) -> Option<u32> {
        let hold = self.hold.id();
        // The program is the first that the shell starts.
        let children = fs::read_to_string(format!("/proc/{hold}/task/{hold}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    /// How the program ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.hold.try_wait().ok().flatten()
    }

    /// Tells the program to end, without waiting for it.
    pub fn release(&mut self) {
        drop(self.pipe.take());
    }

    /// Ends the program, and says how it ended.
    pub fn end(&mut self) -> io::Result<ExitStatus> {
        self.release();
        // The shell sees to it that this takes no longer than eleven seconds.
        self.hold.wait()
    }

    /// The last lines that it said.
    pub fn last_words(&self) -> String {
        let said = fs::read(&self.log).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<_> = said.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // What ended before has nothing more to tell.
        let _ended = self.end();
    }
}

//------------ Ground --------------------------------------------------------

/// A folder of our own, for nobody else to read; removed when dropped.
#[derive(Debug)]
pub struct Ground(PathBuf);

impl Ground {
    /// Makes it under `$TMPDIR`, or else `/tmp`.
    pub fn new() -> io::Result<Ground> {
        let path = std::env::temp_dir().join(format!("certpost-demo-{}", secret()?));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Ground(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // What cannot be removed is under a temporary folder at least.
        let _removed = fs::remove_dir_all(&self.0);
    }
}

/// Sixteen octets that nobody can guess, in hexadecimal.
pub fn secret() -> io::Result<String> {
    let mut octets = [0; 16];
    getrandom::fill(&mut octets).map_err(io::Error::other)?;
    Ok(HEXLOWER.encode(&octets))
}

/// Ports that nobody listened on a moment ago.
pub fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    let mut ports = [0; N];
    let mut held = Vec::with_capacity(N);
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    fn leash(ground: &Ground, script: &str, ending: Ending) -> Leash {
        let arguments = [OsStr::new("-c"), OsStr::new(script)];
        let environment = [("PATH", "/usr/bin:/bin".to_owned())];
        let log = ground.path().join("log");
        Leash::start(OsStr::new("sh"), &arguments, &environment, ground.path(), &log, ending)
            .unwrap()
    }

    #[test]
    fn a_program_ends_with_its_leash_and_the_ground_is_gone() {
        let ground = Ground::new().unwrap();
        let path = ground.path().to_owned();
        let mut held = leash(&ground, "echo $$ > id; exec sleep 600", Ending::Drained);
        let id = path.join("id");
        let id = loop {
            match fs::read_to_string(&id) {
                Ok(id) if id.ends_with('\n') => break id.trim().to_owned(),
                Ok(_) | Err(_) => assert!(held.ended().is_none()),
            }
        };
        assert!(Path::new("/proc").join(&id).exists());
        drop(held);
        assert!(!Path::new("/proc").join(&id).exists());
        drop(ground);
        assert!(!path.exists());
    }

    #[test]
    fn what_ends_by_itself_is_told_with_its_last_words() {
        let ground = Ground::new().unwrap();
        let mut held = leash(&ground, "echo farewell; exit 7", Ending::AtOnce);
        let status = loop {
            if let Some(status) = held.ended() {
                break status;
            }
        };
        assert_eq!((status.code(), held.last_words().as_str()), (Some(7), "farewell"));
    }
}
