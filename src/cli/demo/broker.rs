//! A RabbitMQ node of our own: own name, ports, home and folders, loopback
//! only. It boots with a vhost and a user for each gateway, and with the
//! policies that the shipped definitions have.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use super::leash::{Ending, Leash, free_ports, secret};
use crate::queue::topology::{RECEIVED, SUBMISSIONS};
use crate::queue::{Broker, QueueError};

/// Where Debian's package puts the server. Not the wrapper on PATH: that one
/// wants the system's own user and folders.
const PACKAGE: &str = "/usr/lib/rabbitmq/lib";
/// What an operator imports; the demo lives on the same policies.
const DEFINITIONS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/queue-config/definitions.json"));
/// A node is up in five seconds; on a machine under load it takes longer.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// A port may be taken between looking and starting.
const TRIES: u8 = 3;
/// What the broker itself copies for `counter.py`: the exchange, and the queue
/// of the copies.
const COPIES: [(&str, &str); 2] =
    [(SUBMISSIONS, "counter.submitted"), (RECEIVED, "counter.received")];

//------------ BrokerError ---------------------------------------------------

/// Why there is no broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// RabbitMQ is not there; whoever runs the demo installs it.
    #[error(
        "RabbitMQ is not installed: there is no server in {PACKAGE}; run deploy/prerequisites demo"
    )]
    Absent,
    /// The node ended by itself; what it said is all there is to go by.
    #[error("the RabbitMQ node ended at its start; it said:\n{words}")]
    Ended { words: String },
    /// The node is there and lets nobody in; the machine is too slow, or ours is the fault.
    #[error("the RabbitMQ node did not let us in within {} s: {source}", PATIENCE.as_secs())]
    Late {
        #[source]
        source: QueueError,
    },
    /// The machine gave no file, port or program.
    #[error("the machine: {0}")]
    Machine(#[from] io::Error),
}

//------------ PrivateBroker -------------------------------------------------

/// A running node; ended when dropped.
#[derive(Debug)]
pub struct PrivateBroker {
    node: Leash,
    _epmd: Leash,
    port: u16,
    password: String,
}

impl PrivateBroker {
    /// Starts a node in `folder`, and waits until every vhost can be entered.
    pub async fn start(folder: &Path, vhosts: &[&str]) -> Result<PrivateBroker, BrokerError> {
        let server = server()?;
        let mut left = TRIES;
        loop {
            left -= 1;
            let mut broker = Self::spawn(&server, &folder.join(format!("broker-{left}")), vhosts)?;
            match broker.ready(vhosts).await {
                Err(BrokerError::Ended { .. }) if left > 0 => {}
                Err(fault) => return Err(fault),
                Ok(()) => return Ok(broker),
            }
        }
    }

    /// The URL of `vhost`, for its user.
    pub fn url(&self, vhost: &str) -> String {
        format!("amqp://{vhost}:{}@127.0.0.1:{}/{vhost}", self.password, self.port)
    }

    /// Tells the node to end, without waiting for it.
    pub fn release(&mut self) {
        self.node.release();
        self._epmd.release();
    }

    fn spawn(server: &Path, folder: &Path, vhosts: &[&str]) -> Result<PrivateBroker, BrokerError> {
        let [port, distribution, epmd] = free_ports()?;
        let password = secret()?;
        furnish(folder, port, &password, vhosts)?;
        let environment = environment(folder, port, distribution, epmd);
        let log = folder.join("console.log");
        let epmd = epmd.to_string();
        let arguments = ["-port", &epmd, "-address", "127.0.0.1"].map(OsStr::new);
        let start = |program: &OsStr, arguments: &[&OsStr]| {
            Leash::start(program, arguments, &environment, folder, &log, Ending::AtOnce)
        };
        let epmd = start(OsStr::new("epmd"), &arguments)?;
        let node = start(server.as_os_str(), &[])?;
        Ok(PrivateBroker { node, _epmd: epmd, port, password })
    }

    async fn ready(&mut self, vhosts: &[&str]) -> Result<(), BrokerError> {
        let deadline = Instant::now() + PATIENCE;
        for vhost in vhosts {
            loop {
                let refused = match Broker::connect(&self.url(vhost), "demo").await {
                    Ok(broker) => {
                        broker.close().await;
                        break;
                    }
                    Err(refused) => refused,
                };
                if self.node.ended().is_some() {
                    return Err(BrokerError::Ended { words: self.node.last_words() });
                }
                if Instant::now() > deadline {
                    return Err(BrokerError::Late { source: refused });
                }
                sleep(GLANCE).await;
            }
        }
        Ok(())
    }
}

/// The newest server of the package.
fn server() -> Result<PathBuf, BrokerError> {
    let entries = fs::read_dir(PACKAGE).map_err(|_no_package| BrokerError::Absent)?;
    let servers = entries.filter_map(|entry| {
        let folder = entry.ok()?.path();
        ["sbin/rabbitmq-server", "bin/rabbitmq-server"]
            .map(|inside| folder.join(inside))
            .into_iter()
            .find(|path| path.is_file())
    });
    servers.max().ok_or(BrokerError::Absent)
}

fn furnish(folder: &Path, port: u16, password: &str, vhosts: &[&str]) -> io::Result<()> {
    fs::create_dir_all(folder.join("home"))?;
    let cookie = folder.join("home/.erlang.cookie");
    let mut cookie =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o400).open(cookie)?;
    io::Write::write_all(&mut cookie, secret()?.as_bytes())?;
    let definitions = folder.join("definitions.json");
    fs::write(&definitions, definitions_of(password, vhosts).to_string())?;
    let settings = format!(
        "listeners.tcp.default = 127.0.0.1:{port}\n\
         load_definitions = {}\n\
         disk_free_limit.absolute = 50MB\n",
        definitions.display()
    );
    fs::write(folder.join("rabbitmq.conf"), settings)?;
    fs::write(folder.join("env.conf"), "")?;
    fs::write(folder.join("plugins"), "[].\n")
}

/// A vhost and a user of the same name for each gateway; in each vhost the
/// shipped policies, and the queues of the counter.
fn definitions_of(password: &str, vhosts: &[&str]) -> Value {
    // The broker's own form: four octets of salt, and the digest of both.
    let salt = &Sha256::digest(password)[..4];
    let digest = Sha256::new().chain_update(salt).chain_update(password).finalize();
    let hash = BASE64.encode(&[salt, digest.as_slice()].concat());
    let shipped: Value = serde_json::from_str(DEFINITIONS).unwrap_or_default();
    let shipped = shipped["policies"].as_array().cloned().unwrap_or_default();
    let policies: Vec<_> = vhosts
        .iter()
        .flat_map(|vhost| {
            shipped.iter().cloned().map(move |mut policy| {
                policy["vhost"] = json!(vhost);
                policy
            })
        })
        .collect();
    let copied = |make: fn(&str, &str, &str) -> Value| {
        let each = |vhost| COPIES.iter().map(move |(from, to)| make(vhost, from, to));
        vhosts.iter().flat_map(|vhost| each(*vhost)).collect::<Vec<_>>()
    };
    let each = |make: fn(&str, &str) -> Value| {
        vhosts.iter().map(|vhost| make(vhost, &hash)).collect::<Vec<_>>()
    };
    json!({
        "vhosts": each(|vhost, _hash| json!({"name": vhost})),
        "users": each(|vhost, hash| json!({
            "name": vhost, "password_hash": hash,
            "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "",
        })),
        "permissions": each(|vhost, _hash| json!({
            "user": vhost, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*",
        })),
        "policies": policies,
        // As certpost declares it, so that nothing published is missed.
        "exchanges": copied(|vhost, from, _to| json!({
            "vhost": vhost, "name": from, "type": "topic", "durable": true,
            "auto_delete": false, "internal": false, "arguments": {},
        })),
        "queues": copied(|vhost, _from, to| json!({
            "vhost": vhost, "name": to, "durable": true, "auto_delete": false, "arguments": {},
        })),
        "bindings": copied(|vhost, from, to| json!({
            "vhost": vhost, "source": from, "destination": to, "destination_type": "queue",
            "routing_key": "#", "arguments": {},
        })),
    })
}

fn environment(
    folder: &Path,
    port: u16,
    distribution: u16,
    epmd: u16,
) -> Vec<(&'static str, String)> {
    let at = |name: &str| folder.join(name).display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    vec![
        ("PATH", format!("{path}:/usr/sbin:/usr/bin:/sbin:/bin")),
        ("HOME", at("home")),
        ("LANG", "C.UTF-8".to_owned()),
        ("ERL_EPMD_PORT", epmd.to_string()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
        ("RABBITMQ_NODENAME", format!("certpost-demo-{port}@localhost")),
        ("RABBITMQ_DIST_PORT", distribution.to_string()),
        ("RABBITMQ_CONF_ENV_FILE", at("env.conf")),
        ("RABBITMQ_CONFIG_FILE", at("rabbitmq.conf")),
        ("RABBITMQ_ADVANCED_CONFIG_FILE", at("advanced.config")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins")),
        ("RABBITMQ_MNESIA_BASE", at("data")),
        ("RABBITMQ_LOG_BASE", at("log")),
        ("RABBITMQ_PID_FILE", at("id")),
        // The server's script then becomes the node, with no shell between.
        ("RUNNING_UNDER_SYSTEMD", "true".to_owned()),
        (
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1} \
             +sbwt none +sbwtdcpu none +sbwtdio none"
                .to_owned(),
        ),
    ]
}

//------------ Tests ---------------------------------------------------------

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vhost_has_its_user_and_the_shipped_policies() {
        let made = definitions_of("secret", &["bv", "hm"]);
        assert_eq!(made["users"][1]["name"], "hm");
        assert_eq!(made["policies"].as_array().map(Vec::len), Some(4));
        assert_eq!(made["bindings"][3]["destination"], "counter.received");
        assert!(
            made["policies"]
                .as_array()
                .unwrap()
                .iter()
                .all(|policy| policy["definition"].is_object())
        );
        assert!(!made.to_string().contains("secret"), "the password itself is written nowhere");
    }
}
