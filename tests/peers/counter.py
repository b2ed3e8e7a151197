"""The counter: what went in against what came out, both ways.

Pure: values in, a tally out. It knows certificates by issuing country, type
and number, which it reads itself, and believes nothing that the gateway says
about itself.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

# How long before a kill a thing may have come out, and still be repeated
# after it because the mark that it was done died with the process. Longer
# ago, a repeat has no excuse.
GRACE = 5.0
# By how much our own clock may note a thing later than it happened.
SLACK = 1.0


@dataclass(frozen=True)
class Published:
    """One certificate put on the submissions queue, confirmed."""

    id: str
    xml: bytes | None     # its octets, where it was submitted as XML
    leaves: Counter       # what it says
    times: int = 1        # how often it was published, under different ids


@dataclass(frozen=True)
class Posted:
    """One letter that the partner's mail server took."""

    begun: float
    taken: float
    replied: bool         # whether the server answered 250
    message_id: str
    id: str               # of the certificate proven to be in it; or empty
    xml: bytes
    leaves: Counter
    trouble: str = ""     # why it could not be opened, proven or read
    sha256: str = ""      # of the letter: a retry sends the same octets


@dataclass(frozen=True)
class Pushed:
    """One certificate that the partner pushed."""

    id: str
    xml: bytes
    taken: bool           # whether a 250 came for it
    times: int = 1        # how many 250s
    also: tuple = ()      # other octets with the same content, sent as well


@dataclass(frozen=True)
class Received:
    """One certificate that came out of certpost.received."""

    at: float
    message_id: str
    id: str
    xml: bytes
    trouble: str = ""     # what is wrong with it in itself


@dataclass
class Tally:
    """What came of one direction. Every fault is a line in `words`."""

    wanted: int = 0
    arrived: int = 0      # different certificates that came out
    lost: int = 0
    twice: int = 0        # under two ids, or again without an excuse
    forged: int = 0       # came out, never went in
    differs: int = 0      # came out with other content
    strange: int = 0      # came out and cannot be read or proven
    repeats: int = 0      # again under the same id, after a kill or a cut
    doubles: int = 0      # went in again and did not come out again
    words: list = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.twice or self.forged or self.differs or self.strange)

    def fault(self, name: str, words: str) -> None:
        """Counts one fault and keeps its words."""
        setattr(self, name, getattr(self, name) + 1)
        self.words.append(f"{name}: {words}")


def outbound(published: list[Published], posted: list[Posted], kills: list[float]) -> Tally:
    """Submissions against letters."""
    tally = Tally(wanted=len(published))
    known = {one.id: one for one in published}
    letters = defaultdict(list)
    for one in sorted(posted, key=lambda one: one.taken):
        if one.trouble:
            tally.fault("strange", f"letter {one.message_id}: {one.trouble}")
        elif one.id not in known:
            tally.fault("forged", f"{one.id} was posted and never submitted")
        else:
            if _differs(known[one.id], one):
                tally.fault("differs", f"{one.id} was posted with other content")
            letters[one.id].append(one)
    for one in published:
        copies = letters[one.id]
        if not copies:
            tally.fault("lost", f"{one.id} was submitted and never posted")
            continue
        tally.arrived += 1
        names = {copy.message_id for copy in copies}
        if len(names) > 1:
            tally.fault("twice", f"{one.id} was posted under {len(names)} Message-IDs: "
                                 + " ".join(sorted(names)))
        else:
            tally.doubles += one.times - 1
            if len({copy.sha256 for copy in copies}) > 1:
                tally.fault("differs", f"{one.id} was posted again in other octets, "
                                       "under the same Message-ID")
        _repeats(tally, one.id, [
            (copy.begun, copy.taken, not copy.replied) for copy in copies], kills)
    _one_id_one_certificate(tally, {name: {copy.id for copy in posted
                                           if copy.message_id == name and copy.id}
                                    for name in {copy.message_id for copy in posted}})
    return tally


def inbound(pushed: list[Pushed], received: list[Received], kills: list[float]) -> Tally:
    """Letters pushed against certificates received."""
    tally = Tally(wanted=sum(one.taken for one in pushed))
    known = {one.id: one for one in pushed}
    arrivals = defaultdict(list)
    for one in sorted(received, key=lambda one: one.at):
        if one.trouble:
            tally.fault("strange", f"received {one.message_id}: {one.trouble}")
        elif one.id not in known:
            tally.fault("forged", f"{one.id} was received and never pushed")
        else:
            if one.xml != known[one.id].xml and one.xml not in known[one.id].also:
                tally.fault("differs", f"{one.id} was received with other octets")
            arrivals[one.id].append(one)
    for one in pushed:
        copies = arrivals[one.id]
        if not copies:
            if one.taken:
                tally.fault("lost", f"{one.id} was taken with a 250 and never received")
            continue
        tally.arrived += 1
        names = {copy.message_id for copy in copies}
        unexcused = len(names) > 1
        if unexcused:
            tally.fault("twice", f"{one.id} was received under {len(names)} ids: "
                                 + " ".join(sorted(names)))
        again = _repeats(tally, one.id, [(copy.at, copy.at, False) for copy in copies], kills)
        if not unexcused and not again:
            tally.doubles += max(one.times - 1, 0)
    _one_id_one_certificate(tally, {name: {copy.id for copy in received
                                           if copy.message_id == name and copy.id}
                                    for name in {copy.message_id for copy in received}})
    return tally


def _differs(published: Published, posted: Posted) -> bool:
    if published.xml is not None:
        return published.xml != posted.xml
    return published.leaves != posted.leaves


def _repeats(tally: Tally, name: str, copies: list[tuple], kills: list[float]) -> int:
    """Judges each copy after the first: an excuse, or a fault. A copy is
    (begun, done, whether the answer to it was cut off)."""
    faults = 0
    for (begun, done, cut), (_, again, _) in zip(copies, copies[1:]):
        killed = any(begun - SLACK <= kill <= min(again, done + GRACE) for kill in kills)
        if cut or killed:
            tally.repeats += 1
        else:
            faults += 1
            tally.fault("twice", f"{name} came out again {again - done:.1f} s later, "
                                 "with no kill or cut between")
    return faults


def _one_id_one_certificate(tally: Tally, certificates: dict) -> None:
    for name, found in certificates.items():
        if len(found) > 1:
            tally.fault("strange", f"{name} carried {len(found)} certificates: "
                                   + " ".join(sorted(found)))
