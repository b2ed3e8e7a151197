"""`certpost run` as an operator starts it: two files of configuration, one
process. It is watched through its log alone, and ended with SIGKILL."""

import fcntl
import os
import select
import signal
import subprocess
import time
from collections import deque
from pathlib import Path

from peers import counter, running
from peers.keys import Keys

import steps

PIPE_SIZE = 1031  # F_SETPIPE_SZ of fcntl.h
OURS = "push@ecert.bv.example"
THEIRS = "ecert@nppo.hm.example"


class EndedByItself(Exception):
    """The gateway ended without being killed; the words are its last."""


def configure(folder: Path, keys: Keys, queue_url: str, door: int, http: int, sink: int) -> Path:
    """Writes certpost.toml and partners.toml; the path of the first."""
    folder.mkdir(parents=True)
    (folder / "certpost.toml").write_text(f"""\
[gateway]
code = "BV"
countries = ["BV"]
address = "{OURS}"
hostname = "ecert.bv.example"
partners = "partners.toml"
[queue]
url = "{queue_url}"
[ledger]
url = "sqlite:var/certpost.db"
[doors]
smtp = "127.0.0.1:{door}"
http = "127.0.0.1:{http}"
[[identity]]
x509 = "{keys.ours_sign.x509}"
key = "{keys.ours_sign.key}"
use = ["sign"]
[[identity]]
x509 = "{keys.ours_decrypt.x509}"
key = "{keys.ours_decrypt.key}"
use = ["decrypt"]
[clock]
retry = ["0s", "200ms", "500ms"]
retry_factor = 1.5
retry_max = "1s"
jitter = 0.25
give_up = "1h"
final_reply = "10s"
in_doubt_hold = "1s"
smtp_reply = "10s"
connect = "2s"
lease = "60s"
""")
    (folder / "partners.toml").write_text(f"""\
[[partner]]
code = "HM"
name = "Plant Protection Service of HM"
countries = ["HM"]
address = "{THEIRS}"
route = "smtp://127.0.0.1:{sink}"
tls = "none"
connections = 4
receipt = "none"
[partner.seal]
recipients = ["{keys.theirs_decrypt.x509}"]
signature = "rsa-pkcs1-sha256"
content = "aes-256-gcm"
key_transport = "oaep-sha256"
[partner.trust]
signers = ["{keys.theirs_sign.x509}"]
anchors = ["{keys.anchor}"]
content = ["aes-256-gcm", "aes-128-gcm"]
""")
    (folder / "var").mkdir()
    return folder / "certpost.toml"


class Gateway:
    """One life of the gateway, from its start to its death."""

    def __init__(self, brood: running.Brood, certpost: Path, config: Path, log, narrow: bool):
        """`narrow` gives it a small pipe for its log, so that it cannot run
        far ahead of whoever reads it."""
        self._brood = brood
        self._log = log
        self._rest = b""
        self.open = steps.Open()
        self.tail: deque = deque(maxlen=60)
        reading, writing = os.pipe()
        if narrow:
            fcntl.fcntl(writing, PIPE_SIZE, 4096)
        os.set_blocking(reading, False)
        self._reading = reading
        self.born = time.monotonic()
        self._child = brood.start(
            [certpost, "run", "--config", config],
            {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(config.parent),
             "NO_COLOR": "1", "RUST_BACKTRACE": "1",
             "RUST_LOG": "info,certpost::steps=trace"},
            cwd=config.parent, stdout=subprocess.DEVNULL, stderr=writing)
        os.close(writing)

    def watch(self, until: float, aim=None) -> bool:
        """Reads the log until a moment; or, with `aim`, until the line that
        `aim` says yes to has been read, and then at once no further."""
        while True:
            wait = until - time.monotonic()
            if wait <= 0:
                return False
            if select.select([self._reading], [], [], min(wait, 0.2))[0]:
                octets = os.read(self._reading, 65536)
                if not octets:
                    if self._child.poll() is None:
                        self._child.wait(10)
                    raise EndedByItself(self._words())
                if self._take(octets, aim):
                    return True

    def kill(self) -> tuple[counter.Kill, dict[str, int]]:
        """SIGKILL; then the log to its end. The kill, and in what it landed."""
        at = time.monotonic()
        self._child.send_signal(signal.SIGKILL)
        status = self._child.wait(30)
        death = time.monotonic()
        self._drain()
        if status != -signal.SIGKILL:
            raise EndedByItself(self._words())
        caught = counter.Kill(at, len(self.open.between("outbound.5", "outbound.7")),
                              len(self.open.between("inbound.7", "inbound.8")))
        return caught, self.open.at_death(death)

    def stop(self, seconds: float) -> int | None:
        """SIGTERM, and its exit code; None if it had to be killed."""
        self._child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self._child.poll() is None and time.monotonic() < deadline:
            try:
                self.watch(time.monotonic() + 0.05)
            except EndedByItself:
                break
        code = self._child.poll()
        self._brood.end(self._child)
        self._drain()
        return code

    def close(self) -> None:
        """Ends it however it stands."""
        self._brood.end(self._child)
        if self._reading >= 0:
            os.close(self._reading)
            self._reading = -1

    def _take(self, octets: bytes, aim) -> bool:
        self._log.write(octets)
        lines = (self._rest + octets).split(b"\n")
        self._rest = lines.pop()
        hit = False
        for line in lines:
            told = steps.read(line)
            if told:
                self.open.note(*told)
                if aim and not hit and aim(*told):
                    hit = True
            else:
                self.tail.append(line)
        return hit

    def _drain(self) -> None:
        while self._reading >= 0:
            try:
                octets = os.read(self._reading, 65536)
            except BlockingIOError:
                if not select.select([self._reading], [], [], 5)[0]:
                    break
                continue
            if not octets:
                break
            self._take(octets, None)
        self.close()

    def _words(self) -> str:
        last = b"\n".join(list(self.tail)[-25:]).decode(errors="replace")
        return f"it ended by itself with {self._child.poll()}; its last words:\n{last}"
