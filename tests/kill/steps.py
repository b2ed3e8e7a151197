"""The durable steps, as the gateway tells them on stderr.

Each step writes one line when it is entered and one when it is left; both
forms of the log (text and JSON) are read, colours or not. A step that was
entered and not left when the process died is a step in which a kill landed.
"""

import re
import time

OUTBOUND = {
    "outbound.1": "claim",
    "outbound.2": "commit of the acceptance",
    "outbound.3": "acknowledge",
    "outbound.4": "seal and commit",
    "outbound.5": "commit of the attempt",
    "outbound.6": "SMTP transaction",
    "outbound.7": "commit of the verdict",
}
INBOUND = {
    "inbound.1": "RCPT and room",
    "inbound.2": "octets streamed",
    "inbound.3": "commit with sync",
    "inbound.4": "the 250",
    "inbound.5": "open, prove, judge",
    "inbound.6": "the one commit",
    "inbound.7": "publish and confirm",
    "inbound.8": "mark",
}
ALL = {**OUTBOUND, **INBOUND}

OTHERS = (b"evt-", b"rej-")
STALE = 30.0  # an entry this old at death has lost its leave, not its life

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
STEP = re.compile(rb'\bstep"?\s*[=:]\s*"?((?:outbound|inbound)\.[0-9]+)')
EDGE = re.compile(rb'\bedge"?\s*[=:]\s*"?(enter|leave)\b')
NAME = re.compile(rb'\bid"?\s*[=:]\s*"?([^"\s,}]+)')


def read(line: bytes):
    """Step, edge and id of a log line, or None if it tells no step. Events
    and rejections are published by the same steps as certificates, and are
    not what is counted: their ids tell them apart."""
    if b"step" not in line:
        return None
    line = COLOUR.sub(b"", line)
    step, edge, name = STEP.search(line), EDGE.search(line), NAME.search(line)
    if not step or not edge or (name and name[1].startswith(OTHERS)):
        return None
    return step[1].decode(), edge[1].decode(), name[1] if name else b""


class Open:
    """The steps of one life of the process that are entered and not left."""

    def __init__(self):
        self._entered: dict[tuple, list[float]] = {}
        self._begun: dict[tuple, int] = {}
        self._ended: dict[tuple, int] = {}

    def note(self, step: str, edge: str, name: bytes) -> None:
        """Takes one line of the log."""
        if edge == "enter":
            self._begun[step, name] = self._begun.get((step, name), 0) + 1
            self._entered.setdefault((step, name), []).append(time.monotonic())
        else:
            self._ended[step, name] = self._ended.get((step, name), 0) + 1
            times = self._entered.get((step, name))
            if times:
                times.pop()

    def between(self, first: str, last: str) -> set[bytes]:
        """The things that have entered `first` and not left `last`."""
        return {name for (step, name), times in self._begun.items()
                if step == first and times > self._ended.get((last, name), 0)}

    def at_death(self, death: float) -> dict[str, int]:
        """How many things were in each step when the process died."""
        found: dict[str, int] = {}
        for (step, _), times in self._entered.items():
            fresh = sum(1 for at in times if death - at < STALE)
            if fresh:
                found[step] = found.get(step, 0) + fresh
        return found
