"""One run: the stage is set, the kills are made, the counter counts."""

import math
import random
import time
from collections import Counter
from pathlib import Path

from peers import broker, counter, keys, pusher, queues, running, sink

import gateway
import steps
import traffic

END_DOUBLES = 30       # of each kind, when no more kills come
QUIET = 2.5            # seconds without anything new: nothing more will come
STUCK = 20.0           # seconds without progress: nothing more will come
BACKLOG = 150          # no more is fed while so much is under way
TROUBLE = sink.Chances(cut_taken=0.01, cut_lost=0.01, later=0.02)
FREE = 0.2             # share of kills at any moment, aimed at nothing
# A letter on which the gateway dies three times is put aside, as DELIVERY
# wants it. Killing is our doing, not the letter's: after two deaths it is
# let through before the next kill.
DEATHS = 2


class Judge:
    """Everything of one run."""

    def __init__(self, options, seed: int, folder: Path):
        self._options = options
        self._chance = random.Random(f"kills {seed}")
        self._seed = seed
        self._folder = folder
        self._certpost = options.certpost.resolve()
        self._deadline = time.monotonic() + options.limit
        self._aims = [one for one in options.aim.split(",") if one] or list(steps.ALL)
        unknown = set(self._aims) - set(steps.ALL)
        if unknown:
            raise SystemExit(f"kill: no such step: {' '.join(sorted(unknown))}")
        self._brood = running.Brood()
        self._current = None
        self._ends = []
        self.kills: list[counter.Kill] = []
        self.hits: Counter = Counter()
        self.items: Counter = Counter()
        self.aimed_misses: Counter = Counter()
        self.trouble: list[str] = []
        self._deaths: Counter = Counter()
        self._patience = STUCK

    def run(self) -> tuple[str, bool]:
        """The whole run: the numbers for the last line, and whether all is well."""
        if not self._certpost.is_file():
            return f"no binary {self._certpost}", False
        try:
            self._set_the_stage()
            try:
                self._kill_again_and_again()
                self._finish()
            except gateway.EndedByItself as error:
                self.trouble.append(str(error))
            finally:
                if self._current:
                    self._current.close()
            return self._count()
        except running.Trouble as error:
            return f"the stage could not be set: {error}", False
        finally:
            for end in reversed(self._ends):
                end()
            self._brood.end_all()

    # -- the stage

    def _set_the_stage(self) -> None:
        scratch = self._folder / "scratch"
        scratch.mkdir()
        self._scratch = scratch
        self._keys = keys.make(self._folder / "keys", gateway.OURS, gateway.THEIRS)
        self._traffic = traffic.Traffic(self._seed, self._keys, scratch)
        self._ends.append(self._traffic.close)
        self._traffic.prepare(self._options.certificates)
        self._sink = sink.Sink(gateway.THEIRS, TROUBLE, self._seed)
        self._sink.start()
        self._ends.append(self._sink.stop)
        self._broker = broker.Broker(self._brood, self._folder / "broker")
        self._broker.start()
        door, http = running.free_port(), running.free_port()
        self._config = gateway.configure(self._folder / "gateway", self._keys, self._broker.url,
                                         door, http, self._sink.port)
        self._log = open(self._folder / "gateway.log", "wb")
        self._ends.append(self._log.close)
        self._listener = queues.Listener(self._broker.parameters(), [
            queues.RECEIVED, queues.REJECTED, queues.EVENTS])
        self._publisher = queues.Publisher(self._broker.parameters())
        self._pusher = pusher.Pusher(door, gateway.THEIRS, gateway.OURS)
        for one in (self._listener, self._publisher, self._pusher):
            self._ends.append(one.stop)
            one.start()
        self._tell("the stage is set: keys, broker, mail server, letters")

    # -- the kills

    def _kill_again_and_again(self) -> None:
        # The first life is left alone until queues and door are there.
        self._current = self._born(False)
        self._wait(lambda: queues.waiting(self._broker.parameters(), queues.SUBMISSIONS) >= 0,
                   20, "certpost declares its queues")
        chunk = math.ceil(self._options.certificates / self._options.kills)
        while self._more_kills():
            self._feed(chunk)
            aim = self._choose()
            if self.kills:
                self._current = self._born(bool(aim) and self.aimed_misses[aim] > 1)
            self._one_kill(aim)
        self._tell(f"{len(self.kills)} kills made")

    def _more_kills(self) -> bool:
        if len(self.kills) < self._options.kills:
            wanted = True
        else:
            wanted = any(self.hits[step] < self._options.each for step in self._aims)
        if not wanted or len(self.kills) >= self._options.most:
            return False
        # A third of the time is kept for the rest of the road and the count.
        return self._deadline - time.monotonic() > self._options.limit / 3

    def _choose(self) -> str:
        """The step to aim at: one in which few kills have landed; or none."""
        if self._chance.random() < FREE:
            return ""
        fewest = min(self.hits[step] for step in self._aims)
        return self._chance.choice([s for s in self._aims if self.hits[s] <= fewest])

    def _one_kill(self, aim: str) -> None:
        self._spare()
        now = time.monotonic()
        if aim:
            left = self._chance.randint(1, 6)
            linger = 0.0 if self.aimed_misses[aim] > 1 else self._chance.choice((0, 0, .001, .004))

            def is_it(step, edge, _):
                nonlocal left
                left -= step == aim and edge == "enter"
                return left <= 0

            if self._current.watch(now + 3, is_it) and linger:
                self._current.watch(time.monotonic() + linger)
        else:
            self._current.watch(now + self._chance.uniform(0.02, 1.2))
        kill, open_steps = self._current.kill()
        self.kills.append(kill)
        self._deaths.update(self._current.open.between("inbound.5", "inbound.6"))
        for step, count in open_steps.items():
            self.hits[step] += 1
            self.items[step] += count
        if aim:
            self.aimed_misses[aim] = 0 if aim in open_steps else self.aimed_misses[aim] + 1

    def _spare(self) -> None:
        """Lets letters through on which the gateway has died often enough."""
        spared = {name for name, times in self._deaths.items() if times >= DEATHS}
        entered = set()

        def all_through(step, edge, name):
            if (step, edge) == ("inbound.5", "enter"):
                entered.add(name)
            elif (step, edge) == ("inbound.6", "leave"):
                spared.discard(name)
                # What is not opened again by now was committed as it died.
                spared.intersection_update(entered)
            return not spared

        for name in spared:
            del self._deaths[name]
        if spared and not self._current.watch(time.monotonic() + 10, all_through):
            self._tell(f"{len(spared)} letters are not opened within 10 s")

    def _feed(self, chunk: int) -> None:
        if self._under_way() < BACKLOG:
            if not self._traffic.feed(chunk, self._publisher, self._pusher):
                # All are through and kills are still to be made: more of them.
                self._traffic.prepare(chunk)
                self._traffic.feed(chunk, self._publisher, self._pusher)

    def _under_way(self) -> int:
        out = self._traffic.confirmed_out() - self._posted_names()
        coming = self._traffic.given_in() - self._received_names()
        return max(out, coming)

    def _born(self, narrow: bool) -> gateway.Gateway:
        return gateway.Gateway(self._brood, self._certpost, self._config, self._log, narrow)

    # -- the rest of the road, without kills

    def _finish(self) -> None:
        self._current = self._born(False)
        while self._traffic.feed(100, self._publisher, self._pusher):
            self._wait_for_all()
        self._wait_for_all()
        before = self._duplicates()
        self._traffic.doubles(END_DOUBLES, self._publisher, self._pusher)
        self._wait_for_all()
        self._wait(lambda: self._duplicates() - before >= 2 * END_DOUBLES, 8, "")
        self._wait_for_quiet()
        self._tell("the road is empty")
        code = self._current.stop(15)
        if code != 0:
            self.trouble.append(f"it did not end with 0 on SIGTERM but with {code}")

    def _wait_for_all(self) -> None:
        """Until everything that went in has come out, or nothing moves."""
        last, moved = None, time.monotonic()
        while time.monotonic() < self._deadline - self._options.limit / 6:
            if time.monotonic() > moved + self._patience:
                # What is lost by now stays lost, and is not waited for again.
                self._patience = QUIET
                return
            if self._publisher.open == 0 and self._pusher.open == 0 and self._under_way() <= 0:
                return
            state = (self._publisher.open, self._pusher.open, self._posted_names(),
                     self._received_names())
            if state != last:
                last, moved = state, time.monotonic()
            self._current.watch(time.monotonic() + 0.1)

    def _wait_for_quiet(self) -> None:
        """Until nothing new has come out for longer than any clock is set."""
        last, moved = None, time.monotonic()
        while time.monotonic() < min(moved + QUIET, self._deadline - self._options.limit / 8):
            state = len(self._sink.letters), len(self._listener.of(queues.RECEIVED))
            if state != last:
                last, moved = state, time.monotonic()
            self._current.watch(time.monotonic() + 0.1)

    def _wait(self, condition, seconds: float, what: str) -> None:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                if what:
                    raise running.Trouble(f"after {seconds:.0f} s still not: {what}")
                return
            self._current.watch(time.monotonic() + 0.05)

    def _posted_names(self) -> int:
        return len({letter.message_id for letter in list(self._sink.letters)})

    def _received_names(self) -> int:
        return len({one.correlation_id for one in self._listener.of(queues.RECEIVED)})

    def _duplicates(self) -> int:
        return sum(count for (_, event), count in self._events().items() if event == "duplicate")

    def _events(self) -> Counter:
        different = {one.message_id: one for one in self._listener.of(queues.EVENTS)}
        told = [queues.words_of(one) for one in different.values()]
        return Counter((one.get("direction", "?"), one.get("event", "?")) for one in told)

    # -- the count

    def _count(self) -> tuple[str, bool]:
        for one in (self._publisher, self._pusher, self._listener):
            one.stop()
        posted = traffic.posted(self._sink.letters, self._keys, self._scratch)
        arrived = self._listener.of(queues.RECEIVED)
        out = counter.outbound(self._traffic.published(), posted, self.kills)
        coming = counter.inbound(self._traffic.pushed(), traffic.received(arrived), self.kills)
        self._tell_events()
        self._tell_steps()
        self._tell_tallies(out, coming)
        faults = [*self._faults_of_the_run(out, coming)]
        for words in [*out.words[:12], *coming.words[:12]]:
            print(f"  {words}")
        for words in faults:
            print(f"  FAULT {words}")
        total = {name: getattr(out, name) + getattr(coming, name) for name in (
            "lost", "twice", "forged", "differs", "strange", "repeats", "doubles")}
        numbers = " ".join(f"{name}={value}" for name, value in total.items())
        line = (f"kills={len(self.kills)} certificates={out.wanted}+{coming.wanted} {numbers} "
                f"faults={len(faults)}")
        return line, out.good and coming.good and not faults

    def _faults_of_the_run(self, out: counter.Tally, coming: counter.Tally):
        yield from self.trouble
        if len(self.kills) < self._options.kills:
            yield f"only {len(self.kills)} kills of {self._options.kills}"
        for step in self._aims:
            if self.hits[step] < self._options.each:
                yield f"only {self.hits[step]} kills landed in {step} ({steps.ALL[step]})"
        for name, tally in (("out", out), ("in", coming)):
            if tally.wanted < self._options.certificates:
                yield f"only {tally.wanted} certificates went {name}"
        for one in self._listener.of(queues.REJECTED)[:5]:
            yield f"rejected: {one.message_id} {one.headers.get('x-certpost-findings')!r}"[:600]
        for words in self._traffic.refused()[:5]:
            yield f"refused at the SMTP door: {words}"
        for words in self._sink.oddities[:5]:
            yield f"at the partner's mail server: {words}"

    def _tell_events(self) -> None:
        told = ", ".join(f"{direction}.{event} {count}"
                         for (direction, event), count in sorted(self._events().items()))
        self._tell(f"events: {told or 'none'}")
        self._tell(f"mail server: {len(self._sink.letters)} letters taken, {self._sink.cuts} cuts, "
                   f"{self._sink.laters} times 451")

    def _tell_steps(self) -> None:
        self._tell("kills that landed in each step (things that were in it)")
        for step in self._aims:
            print(f"  {step:<11} {steps.ALL[step]:<26} {self.hits[step]:>4} ({self.items[step]})")

    def _tell_tallies(self, out: counter.Tally, coming: counter.Tally) -> None:
        names = ("wanted", "arrived", "lost", "twice", "forged", "differs", "strange", "repeats",
                 "doubles")
        print("kill: " + " " * 9 + "".join(f"{name:>9}" for name in names))
        for name, tally in (("outbound", out), ("inbound", coming)):
            print(f"kill: {name:<9}" + "".join(f"{getattr(tally, n):>9}" for n in names),
                  flush=True)

    @staticmethod
    def _tell(words: str) -> None:
        print(f"kill: {words}", flush=True)
