//! A RabbitMQ node of our own: own name, ports, folders and home, loopback
//! only. It ends with whoever started it: a shell waits on a pipe from us,
//! and stops node and epmd when the pipe closes, however that came about.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so by ending"
)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Where the package puts the server; not the wrapper on PATH, which wants
/// the system's user and configuration.
const PACKAGE: &str = "/usr/lib/rabbitmq/lib";
/// Gateways of demos and tests, a vhost each.
const GATEWAYS: [&str; 4] = ["bv", "hm", "gs", "aq"];
/// Vhosts for tests that want one to themselves.
const FRESH: usize = 52;
/// A vhost into which queue-config/definitions.json was imported.
pub const IMPORTED: &str = "imported";
/// May do everything, everywhere.
pub const USER: &str = "certpost";
/// May publish and consume, not declare.
pub const NARROW: &str = "narrow";

const SCRIPT: &str = r#"
epmd </dev/null & epmd=$!
"$SERVER" </dev/null & node=$!
read -r word
kill -TERM $node
( trap 'kill $nap' TERM; sleep 20 & nap=$!; wait $nap && kill -KILL $node ) >/dev/null & late=$!
wait $node
kill $late $epmd
wait $late $epmd
rm -rf "$FOLDER"
"#;

//------------ Broker --------------------------------------------------------

/// A running node; stopped when dropped.
pub struct Broker {
    child: Child,
    /// Closing it stops the node.
    stop: Option<ChildStdin>,
    out: BufReader<ChildStdout>,
    port: u16,
    pages: u16,
    fresh: AtomicUsize,
    _folder: TempDir,
}

impl Broker {
    /// Starts a node, and waits until it has booted. `None`, with a printed
    /// line, where RabbitMQ is not installed.
    pub fn start() -> Option<Broker> {
        let Some(server) = server() else {
            crate::skipped::skipped(&format!("what needs a broker: no RabbitMQ in {PACKAGE}"));
            return None;
        };
        let folder = tempfile::Builder::new().prefix("certpost-broker-").tempdir().unwrap();
        let [port, pages, distribution, epmd] = free_ports();
        furnish(folder.path(), port, pages);
        let at = |name: &str| folder.path().join(name);
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT])
            .env("SERVER", server)
            .env("FOLDER", folder.path())
            .env("HOME", at("home"))
            .env("RABBITMQ_CONF_ENV_FILE", at("env.conf"))
            .env("RABBITMQ_CONFIG_FILE", at("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", at("data"))
            .env("RABBITMQ_LOG_BASE", at("log"))
            .env("RABBITMQ_NODENAME", format!("certpost-{port}@localhost"))
            .env("RABBITMQ_DIST_PORT", distribution.to_string())
            .env("ERL_EPMD_PORT", epmd.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            // The server script then becomes the node itself, without a shell
            // between that would swallow our signal.
            .env("RUNNING_UNDER_SYSTEMD", "true")
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
            )
            .env_remove("NOTIFY_SOCKET")
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let stop = child.stdin.take();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("completed with") {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "RabbitMQ did not start: {said}");
        }
        let fresh = AtomicUsize::new(0);
        Some(Broker { child, stop, out, port, pages, fresh, _folder: folder })
    }

    /// One node for all tests that do not hurt it.
    pub fn shared() -> Option<&'static Broker> {
        static SHARED: OnceLock<Option<Broker>> = OnceLock::new();
        SHARED.get_or_init(Broker::start).as_ref()
    }

    /// The URL of a vhost, for a user who may do everything.
    pub fn url(&self, vhost: &str) -> String {
        self.url_as(USER, vhost)
    }

    /// The URL of a vhost for `user`, whose password is its name.
    pub fn url_as(&self, user: &str, vhost: &str) -> String {
        format!("amqp://{user}:{user}@127.0.0.1:{}/{vhost}", self.port)
    }

    /// The URL of the node's management pages, where [`USER`] may look.
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.pages)
    }

    /// The name of a vhost that no other test has.
    pub fn fresh_vhost(&self) -> String {
        let number = self.fresh.fetch_add(1, Ordering::SeqCst);
        assert!(number < FRESH, "more vhosts are wanted than were made");
        format!("fresh-{number}")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.stop.take());
        // Node and epmd have our pipe as their output: its end is theirs.
        let mut rest = Vec::new();
        self.out.read_to_end(&mut rest).ok();
        self.child.wait().ok();
    }
}

fn server() -> Option<PathBuf> {
    let entries = std::fs::read_dir(PACKAGE).ok()?;
    let mut servers: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join("sbin/rabbitmq-server")))
        .filter(|path| path.exists())
        .collect();
    servers.sort();
    servers.pop()
}

fn free_ports() -> [u16; 4] {
    let held = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn furnish(folder: &Path, port: u16, pages: u16) {
    for name in ["home", "data", "log"] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("env.conf", "");
    write("enabled_plugins", "[rabbitmq_management].\n");
    let mut settings = String::new();
    writeln!(settings, "listeners.tcp.1 = 127.0.0.1:{port}").unwrap();
    writeln!(settings, "management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {pages}").unwrap();
    writeln!(settings, "load_definitions = {}", folder.join("definitions.json").display()).unwrap();
    settings.push_str("log.console = false\nlog.file = node.log\n");
    settings.push_str("disk_free_limit.absolute = 50MB\n");
    write("rabbitmq.conf", &settings);
    write("definitions.json", &definitions().to_string());
}

/// Users, vhosts, and in one of them what we ship.
fn definitions() -> Value {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/queue-config/definitions.json");
    let mut all: Value = serde_json::from_str(&std::fs::read_to_string(shipped).unwrap()).unwrap();
    for list in ["policies", "queues", "exchanges", "bindings"] {
        for thing in all[list].as_array_mut().unwrap() {
            thing["vhost"] = json!(IMPORTED);
        }
    }
    let mut vhosts: Vec<String> = GATEWAYS.map(str::to_owned).to_vec();
    vhosts.push(IMPORTED.to_owned());
    vhosts.extend((0..FRESH).map(|number| format!("fresh-{number}")));
    all["users"] = [USER, NARROW]
        .map(|name| {
            json!({"name": name, "password_hash": hash(name),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": if name == USER { "management" } else { "" }})
        })
        .to_vec()
        .into();
    let may = |user: &str, vhost: &String, configure: &str| json!({"user": user, "vhost": vhost, "configure": configure, "write": ".*", "read": ".*"});
    let permissions = vhosts
        .iter()
        .flat_map(|vhost| [may(USER, vhost, ".*"), may(NARROW, vhost, "^$")])
        .collect::<Vec<Value>>();
    all["permissions"] = permissions.into();
    all["vhosts"] = vhosts.iter().map(|name| json!({"name": name})).collect::<Vec<_>>().into();
    all
}

/// RabbitMQ's salted hash: salt, then SHA-256 of salt and password.
fn hash(password: &str) -> String {
    let salt = [1_u8, 2, 3, 4];
    let digest = Sha256::new().chain_update(salt).chain_update(password).finalize();
    BASE64.encode(&[&salt[..], &digest[..]].concat())
}
