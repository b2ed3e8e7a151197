"""What goes through the gateway in a run, and what came of each piece.

Half of the submissions are XML, half JSON. Some certificates go in twice:
submissions under another `message_id`, letters as the same octets again, or
signed anew with the XML spelled otherwise. None of these may come out twice.
"""

import base64
import hashlib
import random
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from peers import certificates, counter, queues, sealing
from peers.keys import Keys
from peers.pusher import Parcel
from peers.queues import Submission

from gateway import OURS, THEIRS

OUT_TWICE = 0.05    # share of submissions published twice at once
IN_TWICE = 0.05     # share of letters pushed twice at once
IN_ANEW = 0.02      # share of certificates sealed anew and pushed as well
SEAL_WAIT = 300     # seconds for a letter to be sealed


@dataclass
class Out:
    """One certificate that goes out."""

    certificate: certificates.Certificate
    xml: bytes | None
    submissions: list[Submission]


@dataclass
class In:
    """One certificate that comes in: its letter, sealed in the background."""

    certificate: certificates.Certificate
    xml: bytes
    letter: Future
    anew: Future | None = None
    anew_xml: bytes = b""
    twice: bool = False
    parcels: list[Parcel] = field(default_factory=list)


class Traffic:
    """The certificates of one run, made as they are asked for."""

    def __init__(self, seed: int, keys: Keys, scratch: Path):
        self._chance = random.Random(f"traffic {seed}")
        self._run = f"{seed & 0xFFFFFFFF:08X}"
        self._keys = keys
        self._scratch = scratch
        # openssl does the work; two at once keep two cores busy.
        self._workers = ThreadPoolExecutor(max_workers=2)
        self.out: list[Out] = []
        self.coming: list[In] = []
        self._given_out = 0
        self._given_in = 0

    def close(self) -> None:
        """Ends the sealing, also of what was not asked for any more."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    def prepare(self, count: int) -> None:
        """Makes `count` more certificates for each direction."""
        for _ in range(count):
            self.out.append(self._make_out(len(self.out)))
            self.coming.append(self._make_in(len(self.coming)))

    def feed(self, count: int, publisher, pusher) -> int:
        """Sends up to `count` more each way; how many were left to send."""
        some = self.out[self._given_out:self._given_out + count]
        for one in some:
            for submission in one.submissions:
                publisher.publish(submission)
        self._given_out += len(some)
        letters = self.coming[self._given_in:self._given_in + count]
        for one in letters:
            self._push(one, one.xml, one.letter, 2 if one.twice else 1, pusher)
            if one.anew:
                self._push(one, one.anew_xml, one.anew, 1, pusher)
        self._given_in += len(letters)
        return max(len(some), len(letters))

    def doubles(self, count: int, publisher, pusher) -> None:
        """Sends some of what has long gone through once more, each way."""
        for one in self._chance.sample(self.out, min(count, len(self.out))):
            publisher.publish(self._again(one))
        for one in self._chance.sample(self.coming, min(count, len(self.coming))):
            self._push(one, one.xml, one.letter, 1, pusher)

    def confirmed_out(self) -> int:
        """How many certificates the broker has confirmed."""
        return sum(1 for one in self.out[:self._given_out]
                   if any(submission.confirmed for submission in one.submissions))

    def given_in(self) -> int:
        """How many certificates the pusher was given."""
        return self._given_in

    def published(self) -> list[counter.Published]:
        """What the broker confirmed."""
        found = []
        for one in self.out[:self._given_out]:
            times = sum(1 for submission in one.submissions if submission.confirmed)
            if times:
                spelled = one.xml or certificates.spell(one.certificate, "one line")
                found.append(counter.Published(one.certificate.id, one.xml,
                                               certificates.leaves(spelled), times))
        return found

    def pushed(self) -> list[counter.Pushed]:
        """What was pushed, and whether our door took it."""
        found = []
        for one in self.coming[:self._given_in]:
            times = sum(1 for parcel in one.parcels if parcel.taken)
            found.append(counter.Pushed(one.certificate.id, one.xml, times > 0, times,
                                        (one.anew_xml,) if one.anew else ()))
        return found

    def refused(self) -> list[str]:
        """Letters that our door refused for good, with its words."""
        return [f"{parcel.number}: {parcel.refused}" for one in self.coming
                for parcel in one.parcels if parcel.refused]

    def _make_out(self, n: int) -> Out:
        certificate = certificates.invent(f"BV-K-{self._run}-{n:05}", "BV", "HM", self._chance)
        if n % 2:
            xml, body, kind = None, certificates.plain(certificate), "application/json"
        else:
            xml = certificates.spell(certificate, self._chance.choice(certificates.SPELLINGS))
            body, kind = xml, "application/xml"
        first = Submission(certificate.number, f"sub-{self._run}-{n}", kind, "851.HM", body)
        one = Out(certificate, xml, [first])
        if self._chance.random() < OUT_TWICE:
            self._again(one)
        return one

    def _again(self, one: Out) -> Submission:
        """The same content under another `message_id`; JSON in another dress."""
        first = one.submissions[0]
        body = first.body if one.xml else certificates.plain(one.certificate, shuffled=True)
        again = Submission(first.number, f"{first.message_id}-{len(one.submissions) + 1}",
                           first.content_type, first.routing_key, body)
        one.submissions.append(again)
        return again

    def _make_in(self, n: int) -> In:
        certificate = certificates.invent(f"HM-K-{self._run}-{n:05}", "HM", "BV", self._chance)
        spelling = self._chance.choice(certificates.SPELLINGS)
        xml = certificates.spell(certificate, spelling)
        one = In(certificate, xml, self._seal(certificate, xml))
        one.twice = self._chance.random() < IN_TWICE
        if self._chance.random() < IN_ANEW:
            other = certificates.SPELLINGS[certificates.SPELLINGS.index(spelling) - 1]
            one.anew_xml = certificates.spell(certificate, other)
            one.anew = self._seal(certificate, one.anew_xml)
        return one

    def _seal(self, certificate, xml: bytes) -> Future:
        return self._workers.submit(sealing.seal, xml, certificate.number, THEIRS, OURS,
                                    self._keys, self._scratch)

    def _push(self, one: In, xml: bytes, letter: Future, times: int, pusher) -> None:
        for _ in range(times):
            parcel = Parcel(one.certificate.number, xml, letter.result(SEAL_WAIT))
            one.parcels.append(parcel)
            pusher.push(parcel)


def posted(letters: list, keys: Keys, scratch: Path) -> list[counter.Posted]:
    """Opens and reads every letter that the sink took, the same octets once."""
    different = {letter.octets for letter in letters}
    with ThreadPoolExecutor(max_workers=2) as workers:
        read = dict(zip(different, workers.map(
            lambda octets: _read_letter(octets, keys, scratch), different)))
    found = []
    for letter in letters:
        name, xml, said, trouble = read[letter.octets]
        found.append(counter.Posted(
            letter.begun, letter.taken, letter.replied, letter.message_id, name, xml, said,
            trouble, hashlib.sha256(letter.octets).hexdigest()))
    return found


def received(arrived: list[queues.Arrived]) -> list[counter.Received]:
    """Reads everything that came out of certpost.received."""
    return [counter.Received(one.at, one.message_id, *_read_received(one)) for one in arrived]


def _read_letter(octets: bytes, keys: Keys, scratch: Path) -> tuple:
    try:
        opened = sealing.open_letter(octets, keys, scratch)
        country, number = certificates.read(opened.octets)
    except (sealing.Unproven, certificates.NoCertificate) as error:
        return "", b"", Counter(), str(error)
    outer = octets.partition(b"\r\n\r\n")[0]
    trouble = ""
    if not opened.message_id or opened.message_id.encode() not in outer:
        trouble = f"Message-ID inside is {opened.message_id!r}, not the one outside"
    elif opened.to.strip().lower() != THEIRS:
        trouble = f"signed for {opened.to!r}"
    elif number.encode() in outer:
        trouble = "certificate number in the outer header"
    return (f"{country}/851/{number}", opened.octets, certificates.leaves(opened.octets),
            trouble)


def _read_received(one: queues.Arrived) -> tuple:
    value = queues.words_of(one)
    try:
        xml = base64.b64decode(value["xml"], validate=True)
        country, number = certificates.read(xml)
        said = (value["schema"], value["partner"], value["id"], value["xmlSha256"])
    except (KeyError, TypeError, ValueError, certificates.NoCertificate) as error:
        return "", b"", f"not as the contract has it: {error!r}"
    name = f"{country}/851/{number}"
    wanted = ("certpost/received/1", "HM", name, hashlib.sha256(xml).hexdigest())
    if said != wanted:
        return name, xml, f"says {said}, and is {wanted}"
    if one.kind != "certificate" or one.correlation_id != name:
        return name, xml, f"type {one.kind!r}, correlation_id {one.correlation_id!r}"
    if not one.message_id.startswith("rcv-"):
        return name, xml, f"message_id {one.message_id!r}"
    return name, xml, ""
