"""A private RabbitMQ node: own name, ports, folders and epmd, loopback only.

It is started through the package's inner script, because the one on PATH
changes the user. It boots with a definitions file that holds one vhost, one
user and its permissions; everything else is for certpost to declare.
"""

import base64
import glob
import hashlib
import json
import os
import secrets
import time
from pathlib import Path

import pika

from . import running

SCRIPTS = "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"
VHOST = "kill"
USER = "judge"
PATIENCE = 60  # seconds until a node must be up


class Broker:
    """A running node."""

    def __init__(self, brood: running.Brood, folder: Path):
        self._brood = brood
        self._folder = folder
        self._secret = secrets.token_hex(12)
        self.port = 0

    @property
    def url(self) -> str:
        """What stands in certpost's `queue.url`."""
        return f"amqp://{USER}:{self._secret}@127.0.0.1:{self.port}/{VHOST}"

    def parameters(self) -> pika.ConnectionParameters:
        """The same for pika; every wait has an end."""
        return pika.ConnectionParameters(
            host="127.0.0.1", port=self.port, virtual_host=VHOST,
            credentials=pika.PlainCredentials(USER, self._secret), heartbeat=0,
            connection_attempts=1, socket_timeout=5, stack_timeout=10,
            blocked_connection_timeout=20,
        )

    def start(self) -> None:
        """Starts the node and waits until a client can open a channel."""
        scripts = sorted(glob.glob(SCRIPTS))
        if not scripts:
            raise running.Trouble(f"rabbitmq-server is not installed: no {SCRIPTS}")
        self._folder.mkdir(parents=True)
        epmd = running.free_port()
        self.port = running.free_port()
        environment = self._environment(epmd, running.free_port())
        with open(self._folder / "console.log", "wb") as log:
            self._brood.start(["epmd", "-port", str(epmd), "-address", "127.0.0.1"],
                              environment, stdout=log, stderr=log)
            running.until(lambda: running.reachable(epmd), 10, "epmd answers")
            node = self._brood.start([scripts[-1]], environment, stdout=log, stderr=log)
        try:
            running.until(lambda: self._answers(node), PATIENCE, "the RabbitMQ node is up")
        except running.Trouble as trouble:
            raise running.Trouble(f"{trouble}\n{self._last_words()}") from None

    def _answers(self, node) -> bool:
        if node.poll() is not None:
            raise running.Trouble(f"the RabbitMQ node ended with {node.returncode}")
        if not running.reachable(self.port):
            return False
        try:
            connection = pika.BlockingConnection(self.parameters())
            connection.channel()
            connection.close()
            return True
        except (pika.exceptions.AMQPError, OSError):
            return False

    def _last_words(self) -> str:
        text = (self._folder / "console.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-20:])

    def _environment(self, epmd: int, distribution: int) -> dict:
        home = self._folder / "home"
        home.mkdir()
        cookie = home / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(10))
        os.chmod(cookie, 0o400)
        definitions = self._folder / "definitions.json"
        definitions.write_text(json.dumps(self._definitions()))
        settings = self._folder / "rabbitmq.conf"
        settings.write_text(
            f"listeners.tcp.default = 127.0.0.1:{self.port}\n"
            f"load_definitions = {definitions}\n"
            "disk_free_limit.absolute = 50MB\n"
            "vm_memory_high_watermark.absolute = 1GB\n"
        )
        (self._folder / "plugins").write_text("[].\n")
        name = f"certpost-kill-{os.getpid()}-{int(time.monotonic() * 1000)}"
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"{name}@localhost",
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(settings),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self._folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none",
        }

    def _definitions(self) -> dict:
        salt = secrets.token_bytes(4)
        proof = base64.b64encode(salt + hashlib.sha256(salt + self._secret.encode()).digest())
        return {
            "vhosts": [{"name": VHOST}],
            "users": [{"name": USER, "password_hash": proof.decode(), "tags": "",
                       "hashing_algorithm": "rabbit_password_hashing_sha256"}],
            "permissions": [{"user": USER, "vhost": VHOST, "configure": ".*", "write": ".*",
                             "read": ".*"}],
        }
