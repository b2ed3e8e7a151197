#!/usr/bin/env python3
"""A plain mail server for `certpost demo`; it knows nothing of certpost.

    mail.py serve FACTS     serves until it is ended
    mail.py post FACTS      posts one letter and prints what the server said

FACTS is a JSON file. `serve` greylists the first letters of every sender, if
`greylist` says for how many seconds; then it hands each letter on to `next`
(a port on this machine) and repeats what was said there, or keeps it in
`keep` and opens it with the openssl command alone: `openssl cms -decrypt`
with our key, `openssl cms -verify` with the sender's certificate. Once, when
it has taken as many letters as `hold` says, it makes the file `holding` and
keeps its reply back until the sender is gone.
"""

import email
import email.policy
import hashlib
import json
import math
import queue
import re
import smtplib
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

LARGEST = 32 * 1024 * 1024
PATIENCE = 120  # seconds that the other side may be silent
HELD = 30  # seconds that a reply is kept back at most
PATH = re.compile(rb"(?:FROM|TO):\s*<([^<>\s]*)>", re.IGNORECASE)


class Server(socketserver.ThreadingTCPServer):
    """Takes letters for one mailbox."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, facts: dict):
        self.name, self.mailbox = facts["name"], facts["mailbox"]
        self.greylist, self.next = facts.get("greylist", 0), facts.get("next")
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(facts["certificate"], facts["key"])
        self.hold, self.holding = facts.get("hold"), Path(facts.get("holding", ""))
        self.taken = 0
        self.first_seen: dict[bytes, float] = {}
        self.lock = threading.Lock()
        self.opener = None if self.next else Opener(facts)
        super().__init__(("127.0.0.1", facts["port"]), Session)

    def early(self, sender: bytes) -> float:
        """For how many seconds more `sender` is greylisted."""
        with self.lock:
            first = self.first_seen.setdefault(sender, time.monotonic())
        return first + self.greylist - time.monotonic()

    def is_to_be_held(self) -> bool:
        """Whether the reply to the letter that was just taken is."""
        with self.lock:
            self.taken += 1
            return self.taken == self.hold


class Session(socketserver.StreamRequestHandler):
    """One connection, as RFC 5321 has it."""

    timeout = PATIENCE

    def handle(self) -> None:
        self.relay = None
        try:
            self.say(f"220 {self.server.name} ESMTP")
            self.commands(encrypted=False)
        except (OSError, ValueError):
            pass  # The other side went away, or is no mail program.
        finally:
            if self.relay:
                self.relay.close()

    def say(self, *lines: str) -> None:
        for last, line in enumerate(lines, 1 - len(lines)):
            text = line if last == 0 else line.replace(" ", "-", 1)
            self.wfile.write(text.encode("ascii", "replace") + b"\r\n")
        self.wfile.flush()

    def commands(self, encrypted: bool) -> None:
        sender = recipient = None
        while line := self.rfile.readline(2048):
            verb = line.strip().upper()
            if verb.startswith(b"EHLO"):
                offers = ["SIZE 26214400", "8BITMIME", "ENHANCEDSTATUSCODES"]
                if not encrypted:
                    offers.append("STARTTLS")
                self.say(*(f"250 {words}" for words in [self.server.name, *offers]))
            elif verb == b"STARTTLS" and not encrypted:
                self.say("220 2.0.0 go on with TLS")
                self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                # What came in clear after STARTTLS is thrown away with the old reader.
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb")
                return self.commands(encrypted=True)
            elif verb.startswith(b"MAIL FROM:"):
                sender, recipient = PATH.search(line)[1], None
                self.say("250 2.1.0 sender noted")
            elif verb.startswith(b"RCPT TO:"):
                recipient = self.recipient(sender, PATH.search(line)[1])
            elif verb == b"DATA" and recipient:
                self.say("354 end with CRLF . CRLF")
                reply = self.take(sender, recipient, self.letter())
                if sender and reply.startswith("250") and self.server.is_to_be_held():
                    self.hold_back()
                self.say(reply)
                sender = recipient = None
            elif verb in (b"RSET", b"NOOP"):
                sender = recipient = None
                self.say("250 2.0.0 so be it")
            elif verb == b"QUIT":
                return self.say("221 2.0.0 bye")
            else:
                self.say("503 5.5.1 not now")

    def recipient(self, sender: bytes | None, address: bytes) -> bytes | None:
        if sender is None or address.decode("ascii").lower() != self.server.mailbox:
            return self.say(f"550 5.1.1 <{address.decode('ascii')}>: no such mailbox here")
        left = self.server.early(sender)
        if left > 0:
            self.say(f"451 4.7.1 <{self.server.mailbox}>: greylisted, "
                     f"come again in {math.ceil(left)} seconds")
            return None
        self.say("250 2.1.5 recipient taken")
        return address

    def letter(self) -> bytes:
        lines, size = [], 0
        while (line := self.rfile.readline(LARGEST)) != b".\r\n":
            size += len(line)
            if not line.endswith(b"\r\n") or size > LARGEST:
                raise ValueError("no line end of SMTP, or no end")
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def hold_back(self) -> None:
        """Says nothing until the other side is gone."""
        self.server.holding.touch()
        self.connection.settimeout(HELD)
        try:
            self.connection.recv(1)
        except TimeoutError:
            self.connection.settimeout(PATIENCE)

    def take(self, sender: bytes, recipient: bytes, letter: bytes) -> str:
        """The reply to the final dot."""
        if self.server.opener:
            return self.server.opener.keep(letter)
        try:
            if not self.relay:
                self.relay = connect(self.server.next, self.server.name)
            return told(*transact(self.relay, sender.decode(), recipient.decode(), letter))
        except (OSError, smtplib.SMTPException):
            self.relay = None
            return "451 4.3.0 our own gateway takes nothing now"


class Opener(threading.Thread):
    """Keeps letters, and opens them with the openssl command."""

    def __init__(self, facts: dict):
        super().__init__(daemon=True)
        self.facts, self.folder = facts, Path(facts["keep"])
        self.waiting, self.seen, self.count = queue.Queue(), set(), 0
        self.lock = threading.Lock()
        for inside in ("mail", "opened"):
            (self.folder / inside).mkdir(parents=True, exist_ok=True)
        self.start()

    def keep(self, letter: bytes) -> str:
        with self.lock:
            self.count += 1
            path = self.folder / "mail" / f"{self.count:06}.eml"
        path.write_bytes(letter)
        self.waiting.put(path)
        return f"250 2.0.0 kept as {path.name}"

    def run(self) -> None:
        with open(self.folder / "opened.jsonl", "a", encoding="ascii") as journal:
            while True:
                print(json.dumps(self.open(self.waiting.get())), file=journal, flush=True)

    def open(self, path: Path) -> dict:
        name = email.message_from_bytes(path.read_bytes())["Message-ID"]
        told = {"letter": str(path), "again": name in self.seen}
        self.seen.add(name)
        try:
            signed = cms(path.read_bytes(), "-decrypt", "-recip", self.facts["recipient"],
                         "-inkey", self.facts["recipient_key"])
            # The sender's own certificate and no other may have signed.
            entity = cms(signed, "-verify", "-CAfile", self.facts["anchor"], "-nointern",
                         "-certfile", self.facts["signer"], "-purpose", "smimesign", "-binary")
        except subprocess.SubprocessError as fault:
            words = getattr(fault, "stderr", None) or str(fault).encode()
            return told | {"trouble": words.decode(errors="replace").strip()[-400:]}
        xml = email.message_from_bytes(entity, policy=email.policy.SMTP).get_payload(decode=True)
        opened = self.folder / "opened" / path.with_suffix(".xml").name
        opened.write_bytes(xml)
        return told | {"xml": str(opened), "sha256": hashlib.sha256(xml).hexdigest()}


def cms(octets: bytes, *arguments: str) -> bytes:
    run = subprocess.run(["openssl", "cms", *arguments], input=octets, capture_output=True,
                         timeout=PATIENCE, check=True)
    return run.stdout


def connect(port: int, name: str) -> smtplib.SMTP:
    """A connection to a server on this machine, encrypted."""
    smtp = smtplib.SMTP("127.0.0.1", port, local_hostname=name, timeout=PATIENCE)
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    smtp.starttls(context=unchecked)
    smtp.ehlo()
    return smtp


def transact(smtp: smtplib.SMTP, sender: str, recipient: str, letter: bytes) -> tuple:
    """One letter; the first reply that is no yes, or the last one."""
    for step in (lambda: smtp.mail(sender), lambda: smtp.rcpt(recipient)):
        code, words = step()
        if code >= 300:
            smtp.rset()
            return code, words
    return smtp.data(letter)


def told(code: int, words: bytes) -> str:
    return f"{code} {words.decode('ascii', 'replace').splitlines()[-1]}"


def post(facts: dict) -> None:
    with connect(facts["port"], facts["name"]) as smtp:
        letter = Path(facts["letter"]).read_bytes()
        print(told(*transact(smtp, facts["sender"], facts["recipient"], letter)))


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    if sys.argv[1] == "serve":
        Server(given).serve_forever()
    else:
        post(given)
