#!/usr/bin/python3
"""Partners' mail servers that misbehave, each as a table says.

    scripted.py TABLE FOLDER

TABLE is `behaviours.toml`, which explains itself, or one like it. For each of its entries a
server listens on a port of 127.0.0.1 of its own; FOLDER gets the keys of
their TLS, with `authority.pem`. When all listen, one line of JSON: the ports
by partner, and the pin of the certificate that is the right one. Then for
each line on standard input one of JSON: what every server has seen so far
(`Server.seen`). It ends when its standard input does.
"""

import hashlib
import json
import socket
import ssl
import sys
import threading
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from peers import conversation, keys  # noqa: E402 (a script finds its package first)

HOST = "mail.hm.example"
# Name of a key, and the host that its certificate is for.
SHOWN = {"right": HOST, "stranger": HOST, "wrong-name": "mail.gs.example"}
# A receiver this narrow takes no more than a few thousand octets before it
# reads: whoever writes to it has to wait.
NARROW = {(socket.SOL_SOCKET, socket.SO_RCVBUF): 2048,
          (socket.IPPROTO_TCP, socket.TCP_MAXSEG): 536}


class Server:
    """One partner's mail server, in threads of its own."""

    def __init__(self, behaviour: dict, contexts: dict[str, ssl.SSLContext]):
        self.script = conversation.Script(behaviour)
        self.journal = conversation.Journal()
        self.contexts = contexts
        self._narrow = behaviour.get("narrow", "")
        self._listener = socket.socket()
        if self._narrow:
            for option, value in NARROW.items():
                self._listener.setsockopt(*option, value)
        self._listener.bind(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        if not behaviour.get("down"):
            self._listener.listen(64)
            threading.Thread(target=self._accept, daemon=True).start()

    def seen(self) -> dict:
        """What it has seen so far."""
        return self.journal.seen()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._narrow == "first":
                self._narrow = ""
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
            talk = conversation.Conversation(connection, self.script, self.journal, self.contexts)
            threading.Thread(target=talk.hold, daemon=True).start()


def contexts(folder: Path) -> tuple[dict[str, ssl.SSLContext], str]:
    """A TLS server for each certificate, and the pin of the right one."""
    made = {}
    pairs = keys.servers(folder, SHOWN)
    for name, pair in pairs.items():
        made[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made[name].load_cert_chain(pair.x509, pair.key)
    der = ssl.PEM_cert_to_DER_cert(pairs["right"].x509.read_text())
    return made, hashlib.sha256(der).hexdigest()


def main(table: Path, folder: Path) -> None:
    """Listens, says where, and answers until nobody asks any more."""
    behaviours = tomllib.loads(table.read_text())["behaviour"]
    shown, pin = contexts(folder)
    servers = {one["partner"]: Server(one, shown) for one in behaviours}
    _tell({"ports": {name: server.port for name, server in servers.items()}, "pin": pin})
    for _ in sys.stdin:
        _tell({name: server.seen() for name, server in servers.items()})


def _tell(words: dict) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
