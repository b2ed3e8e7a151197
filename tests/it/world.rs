//! The world of a test: folders with keys and files, gateways that run.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use certpost::smime::throwaway;

use crate::conforms::conforms;

//------------ Folder --------------------------------------------------------

/// A folder of its own, gone with the test.
pub struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    /// An empty folder.
    pub fn empty() -> Self {
        Folder { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder with the keys of a gateway (`own-…`) and of its partner
    /// (`hm-…`), both of one authority.
    pub fn with_keys() -> Self {
        let folder = Folder { folder: tempfile::tempdir().unwrap() };
        let authority = throwaway::authority("Test authority").unwrap();
        folder.write("authority.pem", authority.x509_pem().unwrap());
        for (name, address) in [("own", "push@ecert.bv.example"), ("hm", "ecert@nppo.hm.example")] {
            for used in ["sign", "decrypt"] {
                let (x509, key) = authority.issue(&format!("{name} {used}"), address).unwrap();
                folder.write(&format!("{name}-{used}.pem"), &x509);
                folder.write_secret(&format!("{name}-{used}.key"), &key);
            }
        }
        folder
    }

    /// Writes the configuration of gateway `us` with the partner `them`, with
    /// the keys of [`Folder::with_keys`].
    pub fn write_gateway(&self, us: &str, them: &str) {
        self.write(
            "certpost.toml",
            format!(
                "[gateway]\ncode = \"{us}\"\naddress = \"push@ecert.bv.example\"\n\
                 [queue]\nurl = \"amqp://127.0.0.1:5672/%2f\"\n\
                 [[identity]]\nx509 = \"own-sign.pem\"\nkey = \"own-sign.key\"\nuse = [\"sign\"]\n\
                 [[identity]]\nx509 = \"own-decrypt.pem\"\nkey = \"own-decrypt.key\"\nuse = [\"decrypt\"]\n"
            ),
        );
        self.write(
            "partners.toml",
            format!(
                "[[partner]]\ncode = \"{them}\"\naddress = \"ecert@nppo.hm.example\"\nroute = \"smtp://127.0.0.1:2526\"\n\
                 tls = \"none\"\n[partner.seal]\nrecipients = [\"hm-decrypt.pem\"]\n\
                 [partner.trust]\nsigners = [\"hm-sign.pem\"]\n"
            ),
        );
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, octets: impl AsRef<[u8]>) {
        fs::write(self.path(name), octets).unwrap();
    }

    /// What the program answers in it.
    #[track_caller]
    pub fn certpost(&self, args: &[&str]) -> (i32, Vec<u8>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certpost"));
        command.current_dir(self.path(".")).args(args);
        answered(command, args)
    }

    /// Writes a file that only its owner may read.
    pub fn write_secret(&self, name: &str, octets: impl AsRef<[u8]>) {
        self.write(name, octets);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// What a command that was given `args` answered: exit code, standard output,
/// standard error. An answer in JSON is as its schema says.
#[track_caller]
fn answered(mut command: Command, args: &[&str]) -> (i32, Vec<u8>, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    if args.contains(&"--json") {
        conforms(&serde_json::from_slice(&output.stdout).unwrap());
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("it ends by itself"), output.stdout, words)
}

//------------ Ports and waiting ---------------------------------------------

/// A port of loopback that is free now, and that no connection is given for its
/// own end: those are above 32767 (`ip_local_port_range`).
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Where another run of the tests is not likely to begin.
    let begin = std::process::id().wrapping_mul(97);
    let free = (0..10_000).find_map(|_| {
        let n = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 20_000 + u16::try_from(n % 10_000).unwrap();
        TcpListener::bind(("127.0.0.1", port)).ok().map(|_listener| port)
    });
    free.expect("a port from 20000 to 29999 is free")
}

/// Waits until `condition` gives something; fails after `limit`.
#[track_caller]
pub fn wait_for<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "no {what} within {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

//------------ Gateway -------------------------------------------------------

/// A gateway: a folder with its configuration, and the program while it runs.
pub struct Gateway {
    pub code: &'static str,
    pub folder: Folder,
    pub url: String,
    pub smtp: u16,
    pub http: u16,
    child: Option<Child>,
}

impl Gateway {
    /// Two gateways that are each other's partner, not yet running.
    pub fn pair(bv_url: String, hm_url: String) -> (Gateway, Gateway) {
        let authority = throwaway::authority("Test authority").unwrap();
        let made = [("BV", bv_url), ("HM", hm_url)].map(|(code, url)| Gateway {
            code,
            folder: Folder { folder: tempfile::tempdir().unwrap() },
            url,
            smtp: free_port(),
            http: free_port(),
            child: None,
        });
        for (n, name) in ["bv", "hm"].iter().enumerate() {
            for used in ["sign", "decrypt"] {
                let address = format!("push@ecert.{name}.example");
                let (x509, key) = authority.issue(&format!("{name} {used}"), &address).unwrap();
                made[n].folder.write(&format!("own-{used}.pem"), &x509);
                made[n].folder.write_secret(&format!("own-{used}.key"), &key);
                made[1 - n].folder.write(&format!("their-{used}.pem"), &x509);
            }
        }
        let ports = [made[0].smtp, made[1].smtp];
        for (n, (us, them)) in [("BV", "HM"), ("HM", "BV")].iter().enumerate() {
            made[n].configure(us, them, ports[1 - n]);
        }
        let [bv, hm] = made;
        (bv, hm)
    }

    /// A gateway whose folder is empty as yet.
    pub fn bare(code: &'static str, url: String) -> Gateway {
        let folder = Folder { folder: tempfile::tempdir().unwrap() };
        Gateway { code, folder, url, smtp: free_port(), http: free_port(), child: None }
    }

    /// A gateway of BV with the keys of [`Folder::with_keys`], not yet
    /// running: with these lines in `[clock]`, and this partners.toml.
    pub fn alone(url: String, clock: &str, partners: &str) -> Gateway {
        let (smtp, http) = (free_port(), free_port());
        let folder = Folder::with_keys();
        folder.write("partners.toml", partners);
        let gateway = Gateway { code: "BV", folder, url, smtp, http, child: None };
        gateway.write_own("BV", clock);
        gateway
    }

    fn write_own(&self, us: &str, clock: &str) {
        let small = us.to_lowercase();
        let gateway = format!(
            "[gateway]\ncode = \"{us}\"\naddress = \"push@ecert.{small}.example\"\n\
             [queue]\nurl = \"{}\"\n[doors]\nsmtp = \"127.0.0.1:{}\"\nhttp = \"127.0.0.1:{}\"\n\
             [[identity]]\nx509 = \"own-sign.pem\"\nkey = \"own-sign.key\"\nuse = [\"sign\"]\n\
             [[identity]]\nx509 = \"own-decrypt.pem\"\nkey = \"own-decrypt.key\"\nuse = [\"decrypt\"]\n\
             [clock]\n{clock}",
            self.url, self.smtp, self.http,
        );
        self.folder.write("certpost.toml", gateway);
    }

    fn configure(&self, us: &str, them: &str, their_port: u16) {
        let their_small = them.to_lowercase();
        let clock = "retry = [\"0s\", \"200ms\", \"500ms\"]\nretry_max = \"1s\"\nin_doubt_hold = \"500ms\"\n";
        self.write_own(us, clock);
        let partner = format!(
            "[[partner]]\ncode = \"{them}\"\nname = \"Plant Protection Service of {them}\"\ncountries = [\"{them}\"]\n\
             address = \"push@ecert.{their_small}.example\"\nroute = \"smtp://127.0.0.1:{their_port}\"\ntls = \"none\"\n\
             [partner.seal]\nrecipients = [\"their-decrypt.pem\"]\n\
             [partner.trust]\nsigners = [\"their-sign.pem\"]\ncontent = [\"aes-256-gcm\", \"aes-128-gcm\", \"aes-256-cbc\"]\n",
        );
        self.folder.write("partners.toml", partner);
    }

    /// Runs `certpost` with this gateway's configuration.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certpost"));
        command.arg("--config").arg(self.folder.path("certpost.toml")).args(args);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CERTPOST_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// What a command answered: exit code, standard output, standard error.
    /// An answer in JSON is as its schema says.
    #[track_caller]
    pub fn answer(&self, args: &[&str]) -> (i32, Vec<u8>, String) {
        answered(self.command(args), args)
    }

    /// Starts `certpost run` and waits until its door is open.
    pub fn start(&mut self) {
        self.start_logging("info");
    }

    /// As [`Gateway::start`], with a log filtered in this way.
    pub fn start_logging(&mut self, filter: &str) {
        let log = fs::File::create(self.folder.path("log")).unwrap();
        let mut run = self.command(&["run"]);
        run.env("RUST_LOG", filter).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = run.spawn();
        self.child = Some(child.unwrap());
        let port = self.smtp;
        wait_for("open SMTP door", Duration::from_secs(20), || {
            let child = self.child.as_mut().unwrap();
            if let Some(status) = child.try_wait().unwrap() {
                panic!(
                    "certpost run ended with {status}: {}",
                    fs::read_to_string(self.folder.path("log")).unwrap()
                );
            }
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
    }

    /// Kills the processes that open letters for it; how many there were.
    pub fn kill_openers(&self) -> usize {
        let us = self.child.as_ref().unwrap().id().to_string();
        let mut killed = 0;
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            // Its fields behind the name: state, then the parent.
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1));
            let id = entry.file_name().to_string_lossy().parse().ok();
            if let (true, Some(id)) =
                (parent == Some(&us), id.and_then(rustix::process::Pid::from_raw))
            {
                killed += usize::from(
                    rustix::process::kill_process(id, rustix::process::Signal::KILL).is_ok(),
                );
            }
        }
        killed
    }

    /// Tells it to read its configuration again.
    pub fn hang_up(&self) {
        let id = i32::try_from(self.child.as_ref().unwrap().id()).unwrap();
        let pid = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }

    /// Tells it to stop, and waits for its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let mut child = self.child.take()?;
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let status =
            wait_for("end of certpost run", Duration::from_secs(40), || child.try_wait().unwrap());
        status.code()
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path("log")).unwrap_or_default()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone = child.kill();
            let _gone = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("---- log of {} ----\n{}", self.code, self.log());
        }
    }
}
