#!/usr/bin/env python3
"""Partners that are not certpost: they take its letters, answer them with
receipts and reports, send letters that ask for receipts, and judge those.

    answers.py FOLDER      keys are made there; then a dialogue, JSON in lines

The first line written is `{"port": ...}`, where the mail server of all the
partners of PARTNERS listens. Then each line read is a request, `{"do": ...}`,
and gets a line: what the request's method returns, or `{"fault": words}`.
Python's standard library and the openssl command do all the work.
"""

import asyncio
import email
import email.policy
import hashlib
import json
import random
import smtplib
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from peers import certificates, keys, receipts, reports, sealing, sink  # noqa: E402

OURS = "push@ecert.bv.example"
PATIENCE = 20  # seconds that anything may take
# Each partner's signing key; all decrypt with one key.
PARTNERS = {"HM": keys.CURVE, "GS": keys.RSA, "AQ": keys.CURVE, "TF": keys.CURVE,
            "NU": keys.CURVE, "CK": keys.CURVE, "PN": keys.CURVE, "FK": keys.LARGE_CURVE,
            "IO": keys.RSA}


class Fault(Exception):
    """Something did not happen, or is not as it should be."""


def address(code: str) -> str:
    return f"push@ecert.{code.lower()}.example"


class Server(sink.Sink):
    """The mail server of all partners; what befalls a letter is told to it."""

    def __init__(self, ring: keys.Keys, scratch: Path):
        super().__init__("", sink.Chances(), 0)
        self._ring = ring
        self._scratch = scratch
        self.befalls: dict[str, list[str]] = {}
        self.holds = True  # letters that wait for their 250
        self.seen: dict[str, str] = {}  # digest of the octets, what it is about
        self.opened: dict[str, sealing.Opened] = {}

    def is_here(self, line: bytes) -> bool:
        own = [*(address(code) for code in PARTNERS), "gate@ecert.hm.example"]
        return any(f"<{each}>".encode() in line for each in own)

    async def released(self) -> None:
        while self.holds:
            await asyncio.sleep(0.01)
        self.holds = True

    def trouble(self, octets: bytes) -> str:
        about = self.about(octets)
        waits = self.befalls.get(about, [])
        return waits.pop(0) if waits else "none"

    def about(self, octets: bytes) -> str:
        """A certificate's number; of a receipt, the Message-ID that it answers."""
        digest = hashlib.sha256(octets).hexdigest()
        if digest not in self.seen:
            try:
                self.seen[digest] = self._about(octets, digest)
            except (sealing.Unproven, certificates.NoCertificate) as error:
                self.oddities.append(str(error))
                self.seen[digest] = f"odd: {error}"
        return self.seen[digest]

    def _about(self, octets: bytes, digest: str) -> str:
        report = email.message_from_bytes(octets, policy=email.policy.compat32)
        if report.get_content_type() != "multipart/signed":
            opened = sealing.open_letter(octets, self._ring, self._scratch)
            self.opened[digest] = opened
            report = email.message_from_bytes(opened.entity, policy=email.policy.compat32)
            if report.get_content_type() != "multipart/report":
                return certificates.read(opened.octets)[1]
        for part in report.walk():
            if part.get_content_type() == "message/disposition-notification":
                return str(part.get_payload()[0]["Original-Message-ID"])
        return "a receipt without a machine part"


class Peer:
    """What the dialogue can ask for; a method for each request."""

    def __init__(self, folder: Path, scratch: Path):
        self._folder = folder
        self._scratch = scratch
        self._pairs = _make_keys(folder)
        decrypt = self._pairs["decrypt"]
        anchor = self._pairs["authority"].x509
        self._keys = keys.Keys(anchor, self._pairs["own-sign"], self._pairs["own-decrypt"],
                               self._pairs["hm"], decrypt)
        # The judge of receipts looks for these names.
        for name, source in (("open.pem", decrypt.x509), ("open.key", decrypt.key),
                             ("ca.pem", anchor), ("signer.pem", self._keys.ours_sign.x509)):
            (folder / name).write_bytes(source.read_bytes())
        self.server = Server(self._keys, scratch)
        self.server.start()
        self._sent: dict[str, tuple[bytes, bytes, str]] = {}

    def answer(self, request: dict) -> dict:
        does = getattr(self, "do_" + request.pop("do"))
        return does(**request)

    # ------------ What came

    def _copies(self, about: str) -> list[sink.Taken]:
        letters = list(self.server.letters)
        return [one for one in letters if self.server.about(one.octets) == about]

    def _wait(self, about: str, count: int) -> list[sink.Taken]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            copies = self._copies(about)
            if len(copies) >= count:
                return copies
            time.sleep(0.02)
        raise Fault(f"{about} came {len(copies)} times, not {count}: {self.server.oddities}")

    def do_letters(self, about: str, count: int = 0) -> dict:
        """The copies of a letter, once there are `count`."""
        copies = self._wait(about, count)
        return {
            "count": len(copies),
            "different": len({one.octets for one in copies}),
            "messageIds": sorted({one.message_id for one in copies}),
            "mail": sorted({one.mail for one in copies}),
            "rcpt": sorted({one.rcpt for one in copies}),
            "asks": any(b"Disposition-Notification-To" in one.octets
                        or b"Disposition-Notification-To" in self._entity(one) for one in copies),
        }

    def _entity(self, one: sink.Taken) -> bytes:
        opened = self.server.opened.get(hashlib.sha256(one.octets).hexdigest())
        return opened.entity if opened else b""

    def do_befalls(self, about: str, what: list[str]) -> dict:
        """What befalls the next copies of a letter."""
        self.server.befalls[about] = what
        return {}

    def do_release(self) -> dict:
        """The letter that waits for its 250 gets it."""
        self.server.holds = False
        return {}

    def do_oddities(self) -> dict:
        return {"oddities": self.server.oddities}

    # ------------ Answering

    def _answered(self, number: str) -> tuple[reports.Answered, str]:
        first = self._wait(number, 1)[0]
        opened = self.server.opened[hashlib.sha256(first.octets).hexdigest()]
        partner = first.rcpt.partition("<")[2].partition(">")[0]
        letter = reports.Answered(OURS, partner, opened.message_id, opened.entity,
                                  opened.signed, opened.octets)
        return letter, partner.partition("ecert.")[2].partition(".")[0]

    def do_receipt(self, door: int, number: str, said: dict, signer: str = "",
                   form: str = "sealed", path: str = "") -> dict:
        """Answers the letter with this number, and says what the door said."""
        letter, partner = self._answered(number)
        original = said.get("original", "")
        if original == "elsewhere":
            left = letter.message_id.partition("@")[0]
            said = dict(said, original=f"{left}@elsewhere.example>")
        elif original.startswith("of "):
            # Of our receipt for the letter sent under that name.
            about = self._sent[f"{original[3:]}.id"][0].decode()
            said = dict(said, original=self._wait(about, 1)[0].message_id)
        outer, entity = reports.mdn(letter, dict(said, clear=form == "clear"))
        signer = signer or partner
        match form:
            case "sealed":
                octets = sealing.seal_entity(entity, outer, self._pairs[signer],
                                             self._keys.ours_decrypt.x509, self._scratch)
            case "clear":
                facts = {"us": OURS, "partner": letter.partner}
                octets = receipts.signed(self._folder, facts, entity, signer)
                octets = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            case "unsigned":
                octets = entity
            case "encrypted":
                octets = sealing.encrypt(entity, outer, self._keys.ours_decrypt.x509,
                                         self._scratch)
        self._sent["receipt"] = (octets, entity, path)
        return dict(self._push(door, octets, path), messageId=outer["Message-ID"])

    def do_report(self, door: int, number: str, said: dict, path: str = "") -> dict:
        """A report of the road about the letter with this number."""
        letter, _ = self._answered(number)
        id_of = letter.message_id.strip("<>").partition("@")[0]
        said = {"recipient": letter.partner, "envelope": id_of, **said}
        if said["envelope"] == "returned":
            said.pop("envelope")
            said["returned"] = letter.message_id
        octets = reports.dsn(OURS, said)
        if said["action"] == "formless":
            octets = reports.bounce(OURS, letter.message_id)
        return self._push(door, octets, path)

    def do_again(self, door: int, of: str = "receipt") -> dict:
        """The octets sent last, or under that name, once more."""
        octets, _, path = self._sent[of]
        return self._push(door, octets, path)

    def _push(self, door: int, octets: bytes, path: str) -> dict:
        with smtplib.SMTP("127.0.0.1", door, local_hostname="peer.example",
                          timeout=PATIENCE) as line:
            line.sendmail(path, [OURS], octets)
        return {"taken": True}

    # ------------ Asking

    def do_send(self, door: int, name: str, partner: str, number: str, **more) -> dict:
        """A letter with a certificate, kept under `name`.

        more: exporter, weight, status, spelling of the certificate; xml
        (instead of one); to (the signed one), asks (who gets the receipt; ""
        is nobody), options, signer, digest; inside and outside (pairs of what
        is written otherwise under the signature, and by a relay); befalls
        (what befalls the receipts for it).
        """
        outer = sealing.header(address(partner), more.get("to", OURS))
        asks = more.get("asks", address(partner))
        if asks:
            outer["Disposition-Notification-To"] = asks
            outer["Disposition-Notification-Options"] = more.get(
                "options", "signed-receipt-protocol=optional, pkcs7-signature; "
                "signed-receipt-micalg=optional, sha-256")
        made = certificates.invent(number, more.get("exporter", partner), "BV", random.Random(1))
        made = replace(made, weight=more.get("weight", "25000.00"))
        xml = certificates.spell(made, more.get("spelling", "indented"))
        xml = xml.replace(b"StatusCode>70<", f"StatusCode>{more.get('status', '70')}<".encode())
        xml = more["xml"].encode() if "xml" in more else xml
        entity = sealing.certificate_entity(outer, f"SPS certificate {number}", number, xml)
        entity = _rewritten(entity, more.get("inside"))
        octets = sealing.seal_entity(entity, outer, self._pairs[more.get("signer") or
                                                                partner.lower()],
                                     self._keys.ours_decrypt.x509, self._scratch,
                                     more.get("digest", "sha256"))
        octets = _rewritten(octets, more.get("outside"))
        self.server.befalls[outer["Message-ID"]] = more.get("befalls", [])
        path = address(partner)
        self._sent[name] = (octets, entity, path)
        self._sent[f"{name}.id"] = (outer["Message-ID"].encode(), xml, "")
        return dict(self._push(door, octets, path), messageId=outer["Message-ID"])

    def do_judge(self, of: str, count: int = 1) -> dict:
        """The receipts for the letter sent as `of`, once there are `count`;
        all of them judged."""
        message_id = self._sent[f"{of}.id"][0].decode()
        copies = self._wait(message_id, count)
        judged = [self._judge(of, message_id, one) for one in copies]
        return {"count": len(copies), "different": len({one.octets for one in copies}),
                "last": judged[-1]}

    def _judge(self, of: str, message_id: str, one: sink.Taken) -> dict:
        try:
            found = receipts.judge(one.octets, self._sent[of][1], self._folder, at=0)
        except receipts.Wrong as wrong:
            raise Fault(f"the receipt for {of}: {wrong}") from wrong
        fields = found["fields"]
        receipts.demand(fields["Original-Message-ID"] == message_id, "Original-Message-ID")
        receipts.demand(fields["Final-Recipient"] == f"rfc822;{OURS}", "Final-Recipient")
        document = fields.get("Certpost-Document-Digest")
        if document is not None:
            name, _, digest = document.partition("; ")
            octets = receipts.base64.b64decode(digest)
            wanted = hashlib.new(name.replace("-", ""), self._sent[f"{of}.id"][1]).digest()
            receipts.demand(octets == wanted, "Certpost-Document-Digest")
        outer = email.message_from_bytes(one.octets, policy=email.policy.SMTP)
        return {"fields": fields, "to": found["to"], "mail": one.mail, "rcpt": one.rcpt,
                "root": outer.get_content_type(), "messageId": one.message_id,
                "micalg": outer.get_param("micalg"), "sha256": hashlib.sha256(one.octets).hexdigest(),
                "asks": b"Disposition-Notification-To" in one.octets + self._entity(one)}


    # ------------ pyas2lib

    def _as1(self, python: str, *words: str) -> str:
        script = Path(__file__).with_name("as1.py")
        ran = subprocess.run([python, "-B", str(script), words[0], str(self._folder), *words[1:]],
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                             check=False)
        receipts.demand(ran.returncode == 0, ran.stderr.decode(errors="replace"))
        return ran.stdout.decode()

    def do_as1_send(self, door: int, python: str, number: str) -> dict:
        """A letter by pyas2lib, with a certificate."""
        message_id = sealing.header(address("IO"), OURS)["Message-ID"]
        made = certificates.invent(number, "IO", "BV", random.Random(1))
        (self._folder / "as1.xml").write_bytes(certificates.spell(made, "indented"))
        (self._folder / "as1.json").write_text(json.dumps(
            {"messageId": message_id, "subject": number}))
        self._as1(python, "send")
        return dict(self._push(door, (self._folder / "as1.eml").read_bytes(), address("IO")),
                    messageId=message_id)

    def do_as1_judge(self, python: str, about: str) -> dict:
        """What pyas2lib says of the receipt that came for that letter."""
        one = self._wait(about, 1)[0]
        letter = self._folder / "as1-receipt.eml"
        letter.write_bytes(one.octets)
        mic = (self._folder / "as1.mic").read_text()
        return {"said": json.loads(self._as1(python, "judge", str(letter))),
                "mic": f"{mic}, sha256".encode() in one.octets}

    def do_as1_receipt(self, door: int, python: str, number: str) -> dict:
        """Its receipt for a letter of ours, whose digest it is told."""
        letter, _ = self._answered(number)
        facts = {"messageId": letter.message_id, "mic": letter.mic("entity").split(",")[0]}
        self._as1(python, "answer", json.dumps(facts))
        return self._push(door, (self._folder / "as1.eml").read_bytes(), "")


def _rewritten(octets: bytes, pairs: list | None) -> bytes:
    for wrote, writes in pairs or []:
        receipts.demand(wrote.encode() in octets, f"no {wrote} to write otherwise")
        octets = octets.replace(wrote.encode(), writes.encode(), 1)
    return octets


def _make_keys(folder: Path) -> dict[str, keys.Pair]:
    """All keys of a run, by name; the stranger's is of the same authority."""
    anchor = keys.authority(folder)
    wanted = [("own-sign", OURS, "digitalSignature", keys.RSA),
              ("own-decrypt", OURS, "keyEncipherment", keys.RSA),
              ("decrypt", address("HM"), "keyEncipherment", keys.RSA),
              ("stranger", address("HM"), "digitalSignature", keys.CURVE)]
    wanted += [(code.lower(), address(code), "digitalSignature", kind)
               for code, kind in PARTNERS.items()]
    with ThreadPoolExecutor(4) as crew:
        pairs = crew.map(lambda one: keys.issue(folder, anchor, *one), wanted)
        return {"authority": anchor, **{one[0]: pair for one, pair in zip(wanted, pairs)}}


def main() -> int:
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        peer = Peer(folder, Path(scratch))
        print(json.dumps({"port": peer.server.port}), flush=True)
        for line in sys.stdin:
            try:
                said = peer.answer(json.loads(line))
            except (Fault, receipts.Wrong, sealing.Unproven, OSError, KeyError, TypeError,
                    smtplib.SMTPException, subprocess.TimeoutExpired) as error:
                said = {"fault": f"{type(error).__name__}: {error}"}
            print(json.dumps(said), flush=True)
        peer.server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
