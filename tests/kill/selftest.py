"""The judge judged: made-up roads, of which it must call only the good one good.

Needs no product, no broker and no keys. Every case is one small change to a
road on which all is well; the judge must find it, and by its right name.
"""

from collections import Counter
from dataclasses import replace

from peers import certificates, counter, sink
from peers.counter import Kill, Posted, Published, Pushed, Received

import steps

KILLS = [Kill(100.0, 1, 1), Kill(200.0, 1, 1)]


def run() -> int:
    """All cases; the last line says how it went."""
    failed = []
    cases = [*_outbound_cases(), *_inbound_cases(), *_other_cases()]
    for name, good in cases:
        if not good:
            failed.append(name)
        print(f"self-test: {'ok' if good else 'FAILED'}  {name}")
    verdict = "FAILED" if failed else "ok"
    print(f"kill: {verdict} self-test cases={len(cases)} failed={len(failed)}")
    return 1 if failed else 0


# -- outbound

def _letters() -> list[Posted]:
    return [Posted(n, n + 0.1, True, f"<{n}@bv>", f"BV/851/{n}", b"<x/>", Counter(a=1), "", "s")
            for n in range(5)]


def _published() -> list[Published]:
    return [Published(f"BV/851/{n}", b"<x/>" if n % 2 else None, Counter(a=1)) for n in range(5)]


def _out(letters, published=None, **wanted) -> bool:
    tally = counter.outbound(published or _published(), letters, KILLS)
    return _as_wanted(tally, wanted)


def _outbound_cases():
    yield "outbound: all is well", _out(_letters())
    yield "outbound: one lost", _out(_letters()[1:], lost=1)
    yield "outbound: all lost", _out([], lost=5)
    two = replace(_letters()[2], message_id="<other@bv>", begun=50, taken=50.1)
    yield "outbound: one certificate under two Message-IDs", _out([*_letters(), two], twice=2)
    near = [replace(one, begun=one.begun + 95, taken=one.taken + 95) for one in _letters()]
    after = replace(near[1], begun=102, taken=102.1)
    yield "outbound: once more after a kill is excused", _out([*near, after], repeats=1)
    other = replace(near[2], begun=102, taken=102.1)
    yield "outbound: a kill that caught one excuses one", _out([*near, after, other],
                                                              repeats=1, twice=1)
    late = replace(_letters()[1], begun=102, taken=102.1)
    yield "outbound: a kill long after is no excuse", _out([*_letters(), late], twice=1)
    early = replace(near[1], begun=99, taken=99.1)
    yield "outbound: once more before any kill", _out([*near, early], twice=1)
    cut = [replace(one, replied=False) if one.message_id == "<1@bv>" else one
           for one in _letters()]
    yield "outbound: once more after a cut is excused", _out([*cut, late], repeats=1)
    anew = replace(late, sha256="t")
    yield "outbound: once more, in other octets", _out([*cut, anew], repeats=1, differs=1)
    forged = replace(_letters()[0], id="BV/851/99", message_id="<99@bv>")
    yield "outbound: one that was never submitted", _out([*_letters(), forged], forged=1)
    sealed = replace(_letters()[0], trouble="cannot be decrypted", id="", message_id="<77@bv>")
    yield "outbound: one that cannot be opened", _out([*_letters(), sealed], strange=1)
    octets = [replace(one, xml=b"<y/>") for one in _letters()]
    yield "outbound: other octets where XML was submitted", _out(octets, differs=2)
    said = [replace(one, leaves=Counter(a=2)) for one in _letters()]
    yield "outbound: other content where JSON was submitted", _out(said, differs=3)
    shared = [replace(one, message_id="<0@bv>") for one in _letters()[:2]] + _letters()[2:]
    yield "outbound: two certificates under one Message-ID", _out(shared, strange=1)
    twice = [replace(one, times=2) for one in _published()]
    yield "outbound: doubles dropped are counted", _out(_letters(), twice, doubles=5)


# -- inbound

def _arrivals() -> list[Received]:
    return [Received(n, f"rcv-{n}", f"HM/851/{n}", b"<x/>") for n in range(5)]


def _pushed() -> list[Pushed]:
    return [Pushed(f"HM/851/{n}", b"<x/>", True) for n in range(5)]


def _in(arrivals, pushed=None, **wanted) -> bool:
    return _as_wanted(counter.inbound(pushed or _pushed(), arrivals, KILLS), wanted)


def _inbound_cases():
    yield "inbound: all is well", _in(_arrivals())
    yield "inbound: one lost", _in(_arrivals()[:-1], lost=1)
    untaken = [replace(_pushed()[0], taken=False, times=0), *_pushed()[1:]]
    yield "inbound: without a 250 nothing is owed", _in(_arrivals()[1:], untaken)
    two = replace(_arrivals()[3], message_id="rcv-other", at=99)
    yield "inbound: one certificate under two ids", _in([*_arrivals(), two], twice=2)
    again = replace(_arrivals()[3], at=90)
    yield "inbound: again with no kill between", _in([*_arrivals(), again], twice=1)
    near = [replace(one, at=one.at + 95) for one in _arrivals()]
    after = replace(near[4], at=101)
    yield "inbound: again after a kill is excused", _in([*near, after], repeats=1)
    both = [*near, after, replace(near[3], at=101)]
    yield "inbound: a kill that caught one excuses one", _in(both, repeats=1, twice=1)
    forged = replace(_arrivals()[0], id="HM/851/99", message_id="rcv-99")
    yield "inbound: one that was never pushed", _in([*_arrivals(), forged], forged=1)
    octets = [replace(_arrivals()[0], xml=b"<y/>"), *_arrivals()[1:]]
    yield "inbound: other octets", _in(octets, differs=1)
    anew = [replace(_pushed()[0], also=(b"<y/>",), times=2), *_pushed()[1:]]
    yield "inbound: sealed anew, either spelling is right", _in(octets, anew, doubles=1)
    sick = replace(_arrivals()[0], trouble="no XML in it", id="", message_id="rcv-88")
    yield "inbound: one that cannot be read", _in([*_arrivals(), sick], strange=1)


# -- the log, the mail server, the certificates

def _other_cases():
    text = b'2026-11-23T20:30:00Z TRACE certpost::steps: step="outbound.5" edge="enter" id=7f-1'
    json = (b'{"level":"TRACE","fields":{"step":"inbound.3","edge":"leave","id":"q9"},'
            b'"target":"certpost::steps"}')
    colour = (b'\x1b[2m2026\x1b[0m \x1b[35mTRACE\x1b[0m certpost::steps\x1b[2m:\x1b[0m '
              b'\x1b[3mstep\x1b[0m\x1b[2m=\x1b[0m"inbound.8" \x1b[3medge\x1b[0m\x1b[2m=\x1b[0m'
              b'"enter" \x1b[3mid\x1b[0m\x1b[2m=\x1b[0m44')
    yield "log: text", steps.read(text) == ("outbound.5", "enter", b"7f-1")
    yield "log: JSON", steps.read(json) == ("inbound.3", "leave", b"q9")
    yield "log: colours", steps.read(colour) == ("inbound.8", "enter", b"44")
    event = text.replace(b"outbound.5", b"inbound.7").replace(b"7f-1", b"evt-BV-0-17")
    yield "log: an event's publication is not counted", steps.read(event) is None
    yield "log: any other line", steps.read(b"INFO certpost: started, step by step") is None
    seen = steps.Open()
    for told in (("outbound.5", "enter", b"a"), ("outbound.5", "leave", b"a"),
                 ("outbound.6", "enter", b"a"), ("outbound.5", "enter", b"b"),
                 ("inbound.7", "enter", b"c"), ("inbound.7", "leave", b"c")):
        seen.note(*told)
    landed = seen.at_death(0.0)
    yield "log: where a kill landed", landed == {"outbound.5": 1, "outbound.6": 1}
    yield "log: what a kill caught", (
        seen.between("outbound.5", "outbound.7") == {b"a", b"b"}
        and seen.between("inbound.7", "inbound.8") == {b"c"})
    yield "mail server: a bare LF is seen", bool(sink.BARE.search(b"a\r\nb\nc\r\n"))
    yield "mail server: a bare CR is seen", bool(sink.BARE.search(b"a\r\nb\rc\r\n"))
    yield "mail server: CRLF is none", not sink.BARE.search(b"a\r\n\r\nb\r\n")
    made = certificates.Certificate("N-1", "BV", "HM", certificates.GOODS[0], "12.50")
    spelled = {name: certificates.spell(made, name) for name in certificates.SPELLINGS}
    yield "certificates: every spelling is another", len(set(spelled.values())) == len(spelled)
    said = [certificates.leaves(octets) for octets in spelled.values()]
    yield "certificates: and says the same", all(one == said[0] for one in said)
    heavier = replace(made, weight="12.51")
    yield "certificates: another weight is seen", certificates.leaves(
        certificates.spell(heavier, "one line")) != said[0]
    yield "certificates: who and which", certificates.read(
        spelled["other prefixes"]) == ("BV", "N-1")


def _as_wanted(tally: counter.Tally, wanted: dict) -> bool:
    names = ("lost", "twice", "forged", "differs", "strange", "repeats", "doubles")
    found = {name: getattr(tally, name) for name in names if getattr(tally, name)}
    red = any(name not in ("repeats", "doubles") for name in wanted)
    return found == wanted and tally.good is not red
