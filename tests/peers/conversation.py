"""One SMTP conversation of a mail server that does as its script says.

The script is a list of steps, each for one moment of the conversation
(`behaviours.toml` names them). Whatever no step is about is answered as a
good server does, and strictly: only CRLF.CRLF ends the text, and what a
client should not do is noted as an oddity.
"""

import base64
import hashlib
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field

from peers.sink import BARE, MESSAGE_ID

MAILBOX = b"<ecert@nppo.hm.example>"
LOGIN = base64.b64encode(b"\0bv\0s3cret")
PATIENCE = 120        # seconds that a client may be silent
LARGEST = 32 << 20    # octets of a letter
ENOUGH = 64 << 20     # octets of a reply that nobody should go on reading
GOOD = {"banner": "220 mail.hm.example ESMTP", "starttls": "220 2.0.0 Go on",
        "auth": "235 2.7.0 In", "mail": "250 2.1.0 Ok", "rcpt": "250 2.1.5 Ok",
        "data": "354 Go on", "dot": "250 2.0.0 Taken"}
# What the client may say in clear where TLS is agreed on.
IN_CLEAR = (b"EHLO", b"STARTTLS", b"QUIT")


class Gone(Exception):
    """The conversation is over."""


@dataclass
class Journal:
    """What a server has seen; filled by its conversations."""

    connections: int = 0
    here: int = 0
    encrypted: int = 0
    holding: int = 0
    letters: list = field(default_factory=list)
    oddities: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def seen(self) -> dict:
        """Connections so far, those that came under TLS, those that now wait
        for a word from us; the letters taken; and what was odd."""
        with self.lock:
            return {"connections": self.connections, "encrypted": self.encrypted,
                    "holding": self.holding, "letters": list(self.letters),
                    "oddities": list(self.oddities)}

    def arrived(self) -> int:
        """Counts one more connection; how many there are now."""
        with self.lock:
            self.connections += 1
            self.here += 1
            return self.here

    def add(self, name: str, number: int) -> None:
        """Counts."""
        with self.lock:
            setattr(self, name, getattr(self, name) + number)


class Script:
    """The steps of a behaviour, and which of them are still to come."""

    def __init__(self, behaviour: dict):
        self.tls = behaviour.get("tls", "none")
        self.offers = behaviour.get("offers", [])
        self.most = behaviour.get("most", ENOUGH)
        self._steps = [dict(step) for step in behaviour.get("peer", [])]
        self._first: bytes | None = None
        self._lock = threading.Lock()

    def next(self, moment: str, letter: bytes) -> dict:
        """The step for this moment, if there is one; it is used up, unless it
        is for always. `letter` tells letters apart."""
        with self._lock:
            if letter and self._first is None:
                self._first = letter
            for step in self._steps:
                if step["at"] != moment or (step.get("first") and letter != self._first):
                    continue
                if not step.get("always"):
                    self._steps.remove(step)
                return step
        return {}


class Conversation:
    """One connection."""

    def __init__(self, connection: socket.socket, script: Script, journal: Journal,
                 contexts: dict[str, ssl.SSLContext]):
        connection.settimeout(PATIENCE)
        self._connection = connection
        self._script = script
        self._journal = journal
        self._contexts = contexts
        self._buffer = b""
        self._encrypted = False
        self._known = False
        self._letter = b""
        self._recipient = False

    def hold(self) -> None:
        """Talks SMTP until somebody has enough."""
        here = self._journal.arrived()
        try:
            if here > self._script.most:
                self._say("421 4.7.0 Too many connections from you\r\n")
                raise Gone
            self._answer("banner")
            while True:
                self._command(self._line())
        except (Gone, OSError):
            pass
        finally:
            self._journal.add("here", -1)
            self._connection.close()

    def _command(self, line: bytes) -> None:
        verb = line.split(b" ")[0].split(b":")[0].upper()
        if self._script.tls != "none" and not self._encrypted and verb not in IN_CLEAR:
            self._odd(f"in clear: {line[:60]!r}")
        if self._buffer and b"PIPELINING" not in self._keywords().encode():
            self._odd(f"more in one go than was offered: {self._buffer[:60]!r}")
        if verb == b"EHLO":
            self._answer("ehlo")
        elif verb == b"STARTTLS":
            self._starttls()
        elif verb == b"AUTH":
            self._known = line == b"AUTH PLAIN " + LOGIN and self._encrypted
            self._answer("auth")
        elif verb == b"MAIL":
            if "AUTH PLAIN" in self._script.offers and not self._known:
                self._odd("a letter without AUTH")
            # ENVID is the letter's own name (RFC 3461).
            self._letter = line.partition(b"ENVID=")[2].split(b" ")[0]
            self._recipient = False
            self._answer("mail")
        elif verb == b"RCPT":
            if MAILBOX not in line:
                self._odd(f"for somebody else: {line[:100]!r}")
            self._recipient = self._answer("rcpt").startswith("250")
        elif verb == b"DATA":
            self._data()
        elif verb in (b"RSET", b"NOOP"):
            self._recipient = False
            self._say("250 2.0.0 Ok\r\n")
        elif verb == b"QUIT":
            self._say("221 2.0.0 Bye\r\n")
            raise Gone
        else:
            self._odd(f"unknown command {line[:60]!r}")
            self._say("500 5.5.2 What?\r\n")

    # ------------ Moments ----------------------------------------------------

    def _answer(self, moment: str) -> str:
        """Does what the script has for a moment, or says what is good then;
        what was said."""
        return self._do(moment, self._script.next(moment, self._letter))

    def _do(self, moment: str, step: dict) -> str:
        pause = step.get("pause") or self._script.next("every", b"").get("pause", 0)
        if step.get("goes") == "away":
            self._cut()
        if step.get("goes") == "silent":
            self._connection.settimeout(None)
            self._hold(lambda: self._connection.recv(1024))
        if step.get("goes") == "deaf":
            self._hold(threading.Event().wait)
        if "endless" in step:
            piece = step["endless"] * (1 if pause else 500)
            told = [0]

            def say():
                self._say(piece, pause)
                told[0] += len(piece)
                return told[0] < ENOUGH

            self._hold(say)
            self._odd(f"{told[0]} octets of an endless reply were taken")
            raise Gone
        good = self._keywords() if moment == "ehlo" else GOOD[moment]
        words = step.get("says", good)
        self._say(words + "\r\n", pause)
        if words.startswith("421"):
            raise Gone
        return words

    def _keywords(self) -> str:
        offers = ["DSN", *self._script.offers]
        if self._script.tls != "none" and not self._encrypted:
            offers = ["STARTTLS"]
        lines = ["mail.hm.example", *offers]
        return "\r\n".join(f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines)

    def _starttls(self) -> None:
        if not self._answer("starttls").startswith("220"):
            return
        if self._buffer:
            self._odd("words in clear after STARTTLS")
        step = self._script.next("tls", b"")
        if "goes" in step:
            self._do("tls", step)
        shown = step.get("shows", "right")
        self._connection = self._contexts[shown].wrap_socket(self._connection, server_side=True)
        self._encrypted = True
        self._journal.add("encrypted", 1)

    def _data(self) -> None:
        if not self._recipient:
            self._say("503 5.5.1 RCPT first\r\n")
            return
        if not self._answer("data").startswith("354"):
            return
        step = self._script.next("text", self._letter)
        if step:
            self._ended(b"\r\n")
            self._do("text", step)
        lines = [b""]
        while lines[-1] != b".\r\n":
            lines.append(self._ended(b"\r\n"))
        text = b"".join(line[line.startswith(b"."):] for line in lines[:-1])
        self._taken(text)

    def _taken(self, text: bytes) -> None:
        """The final dot has come: whether the letter is kept is one thing,
        whether the client hears of it another."""
        if BARE.search(text):
            self._odd("bare CR or LF in the text")
        step = self._script.next("dot", self._letter)
        if step.get("keeps", not step):
            self._keep(text)
        self._do("dot", step)
        self._recipient = False

    def _keep(self, text: bytes) -> None:
        named = MESSAGE_ID.findall(text.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n"))
        if len(named) != 1:
            self._odd(f"{len(named)} Message-ID fields in a letter")
        with self._journal.lock:
            self._journal.letters.append({"messageId": named[0].decode() if named else "",
                                          "sha256": hashlib.sha256(text).hexdigest()})

    # ------------ Octets -----------------------------------------------------

    def _hold(self, what) -> None:
        """Does this again and again, counted as holding the client, until it
        has had enough, or we."""
        self._journal.add("holding", 1)
        try:
            while what():
                pass
        finally:
            self._journal.add("holding", -1)
        raise Gone

    def _cut(self) -> None:
        """Closes at once, with a reset."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def _say(self, words: str, pause: float = 0) -> None:
        octets = words.encode("latin-1")
        if not pause:
            self._connection.sendall(octets)
            return
        for octet in octets:
            self._connection.sendall(bytes([octet]))
            time.sleep(pause)

    def _line(self) -> bytes:
        return self._ended(b"\r\n")[:-2]

    def _ended(self, by: bytes) -> bytes:
        while by not in self._buffer:
            more = self._connection.recv(4096)
            if not more:
                raise Gone
            self._buffer += more
            if len(self._buffer) > LARGEST:
                raise Gone
        taken, _, self._buffer = self._buffer.partition(by)
        return taken + by

    def _odd(self, words: str) -> None:
        with self._journal.lock:
            self._journal.oddities.append(words)
