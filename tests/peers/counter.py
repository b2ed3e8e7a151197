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
class Kill:
    """One kill: when, and how many things it caught on their way out. Only
    so many may come out once more because of it."""

    at: float
    posting: int          # deliveries between the attempt and its verdict
    publishing: int       # certificates between publishing and its mark


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


def outbound(published: list[Published], posted: list[Posted], kills: list[Kill]) -> Tally:
    """Submissions against letters."""
    again = []
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
        for first, second in zip(copies, copies[1:]):
            if first.replied:
                again.append(_Again(one.id, first.begun, first.taken, second.taken))
            else:
                tally.repeats += 1
    _judge_repeats(tally, again, [(kill.at, kill.posting) for kill in kills])
    _one_id_one_certificate(tally, {name: {copy.id for copy in posted
                                           if copy.message_id == name and copy.id}
                                    for name in {copy.message_id for copy in posted}})
    return tally


def inbound(pushed: list[Pushed], received: list[Received], kills: list[Kill]) -> Tally:
    """Letters pushed against certificates received."""
    again = []
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
        if len(names) > 1:
            tally.fault("twice", f"{one.id} was received under {len(names)} ids: "
                                 + " ".join(sorted(names)))
        tally.doubles += max(one.times - len(copies), 0)
        again += [_Again(one.id, first.at, first.at, second.at)
                  for first, second in zip(copies, copies[1:])]
    _judge_repeats(tally, again, [(kill.at, kill.publishing) for kill in kills])
    _one_id_one_certificate(tally, {name: {copy.id for copy in received
                                           if copy.message_id == name and copy.id}
                                    for name in {copy.message_id for copy in received}})
    return tally


def _differs(published: Published, posted: Posted) -> bool:
    if published.xml is not None:
        return published.xml != posted.xml
    return published.leaves != posted.leaves


@dataclass(frozen=True)
class _Again:
    """A thing that came out once more, and when it did before."""

    id: str
    begun: float
    done: float
    again: float

    @property
    def latest(self) -> float:
        """The latest kill that could be its excuse."""
        return min(self.again, self.done + GRACE)


def _judge_repeats(tally: Tally, repeats: list[_Again], kills: list[tuple]) -> None:
    """Finds each repeat its excuse: a kill in its time that caught something
    on its way out, and that excuses no other repeat. Taken in the order in
    which their time runs out, so that no excuse is wasted."""
    left = [[at, count] for at, count in sorted(kills)]
    for one in sorted(repeats, key=lambda one: one.latest):
        excuse = next((kill for kill in left if kill[1] > 0
                       and one.begun - SLACK <= kill[0] <= one.latest), None)
        if excuse:
            excuse[1] -= 1
            tally.repeats += 1
        else:
            tally.fault("twice", f"{one.id} came out again {one.again - one.done:.1f} s later, "
                                 "and no kill or cut between accounts for it")


def _one_id_one_certificate(tally: Tally, certificates: dict) -> None:
    for name, found in certificates.items():
        if len(found) > 1:
            tally.fault("strange", f"{name} carried {len(found)} certificates: "
                                   + " ".join(sorted(found)))
