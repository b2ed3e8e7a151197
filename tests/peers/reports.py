"""Receipts and reports that a partner or the road sends us, as text.

`mdn` draws what a receipt signs, as WIRE section 2 has it; `dsn` a report of
the road, as section 4 has it; `bounce` one that has no form at all. What is
right is what is left out: every other value is said by the test.
"""

import base64
import hashlib
from dataclasses import dataclass

from . import sealing


@dataclass(frozen=True)
class Answered:
    """A letter of ours, as far as an answer to it needs to know."""

    us: str
    partner: str
    message_id: str
    entity: bytes
    signed: bytes
    document: bytes

    def mic(self, of: str) -> str | None:
        """A Received-Content-MIC: the right one, or another."""
        octets = {"signed": self.signed, "xml": self.document,
                  "lf": self.entity.replace(b"\r\n", b"\n"),
                  "other": self.entity + b"\r\n"}.get(of, self.entity)
        match of:
            case "none":
                return None
            case "sha1":
                return _digest("sha1", octets) + ", sha1"
            case "garbage":
                return "not base64 at all, sha-256"
            case "as2":  # as products spell it
                return _digest("sha256", octets).rstrip("=") + ",rsa-sha256"
        return _digest("sha256", octets) + ", sha-256"


def mdn(letter: Answered, said: dict) -> tuple[dict, bytes]:
    """The header of a receipt for `letter`, and the report that it signs.

    `said` may hold disposition, mic (see `Answered.mic`), fields (further
    ones of the machine part), original, recipient, to, asks (for a receipt
    for the receipt) and clear (a report that is sent in clear says so).
    """
    original = said.get("original", letter.message_id)
    outer = dict(sealing.header(letter.partner, said.get("to", letter.us)), **{
        "In-Reply-To": original, "References": original, "Auto-Submitted": "auto-replied"})
    if said.get("asks"):
        outer["Disposition-Notification-To"] = letter.partner
    inner = dict(outer, Subject="Disposition notification")
    lines = [f"{field}: {value}" for field, value in inner.items()]
    if said.get("clear"):
        protection = "clear"
        outer = inner
    else:
        protection = "cipher"
        lines = ["MIME-Version: 1.0", *lines,
                 *(f"HP-Outer: {field}: {value}" for field, value in outer.items())]
    boundary = "=_" + outer["Message-ID"].strip("<>").partition("@")[0] + ".r"
    machine = [
        "Reporting-UA: ecert.peer.example; openssl",
        f"Final-Recipient: rfc822;{said.get('recipient', letter.partner)}",
        f"Original-Message-ID: {original}",
        "Disposition: automatic-action/MDN-sent-automatically; "
        + said.get("disposition", "processed"),
    ]
    mic = letter.mic(said.get("mic", "entity"))
    if mic is not None:
        machine.append(f"Received-Content-MIC: {mic}")
    machine += said.get("fields", [])
    lines += [
        "Content-Type: multipart/report; report-type=disposition-notification;",
        f' boundary="{boundary}"; hp="{protection}"',
        "", f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii", "Content-Transfer-Encoding: 7bit", "",
        "The gateway opened the letter named below.", "", f"--{boundary}",
        "Content-Type: message/disposition-notification", "Content-Transfer-Encoding: 7bit", "",
        *machine, "", f"--{boundary}--", "",
    ]
    return outer, "\r\n".join(lines).encode("ascii")


def dsn(us: str, said: dict) -> bytes:
    """A report (RFC 3464): action, status, recipient, envelope (the id of the
    one it came with) or returned (the Message-ID in the header that came back)."""
    recipient = said["recipient"]
    message = ["Reporting-MTA: dns; relay.peer.example"]
    if "envelope" in said:
        message.append(f"Original-Envelope-Id: {said['envelope']}")
    about = [f"Original-Recipient: rfc822;{recipient}", f"Final-Recipient: rfc822;{recipient}",
             f"Action: {said['action']}", f"Status: {said['status']}",
             f"Diagnostic-Code: smtp; {said.get('reply', '550 no')}"]
    if said["action"] == "delayed":
        about.append("Will-Retry-Until: Fri, 27 Nov 2026 20:30:00 +0000")
    boundary = "report-of-the-road"
    lines = [
        "From: MAILER-DAEMON@relay.peer.example", f"To: {us}", "Subject: Undelivered",
        f"Message-ID: {sealing.header('x@relay.peer.example', us)['Message-ID']}",
        "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        f' boundary="{boundary}"',
        "", f"--{boundary}", "Content-Type: text/plain", "", "It could not be delivered.", "",
        f"--{boundary}", "Content-Type: message/delivery-status", "",
        *message, "", *about, "", f"--{boundary}",
        "Content-Type: text/rfc822-headers", "",
        f"From: {us}", f"Message-ID: {said.get('returned', '<unknown@elsewhere.example>')}",
        "Subject: [...]", "", f"--{boundary}--", "",
    ]
    return "\r\n".join(lines).encode("ascii")


def bounce(us: str, message_id: str) -> bytes:
    """What an old mail server writes: words, and the letter's header below."""
    lines = [
        "From: postmaster@relay.peer.example", f"To: {us}", "Subject: failure notice", "",
        "Sorry, it didn't work out. The header of your letter:", "",
        f"From: {us}", f"Message-ID: {message_id}", "Subject: [...]", "",
    ]
    return "\r\n".join(lines).encode("ascii")


def _digest(name: str, octets: bytes) -> str:
    return base64.b64encode(hashlib.new(name, octets).digest()).decode()
