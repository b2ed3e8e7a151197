"""Processes that a run starts, and their certain end.

Every process is started in a group of its own and carries a mark in its
environment, so that children which leave the group (Erlang's port programs)
are found again and ended, by number, and nothing else is ever touched.
"""

import ctypes
import os
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

MARK = "CERTPOST_KILL_MARK"
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h


class Trouble(Exception):
    """Something of the test's own could not be started or did not end."""


class Brood:
    """All processes of one run."""

    def __init__(self):
        self.mark = uuid.uuid4().hex
        # Orphans of our children become ours, so that we can see them end.
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
        self._started: list[subprocess.Popen] = []

    def start(self, command: list, environment: dict, **more) -> subprocess.Popen:
        """Starts a command in a group of its own, with our mark."""
        child = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                 env=dict(environment, **{MARK: self.mark}),
                                 start_new_session=True, **more)
        self._started = [one for one in self._started if one.poll() is None]
        self._started.append(child)
        return child

    def end(self, child: subprocess.Popen, gently: float = 0.0) -> None:
        """Ends one child and its group: SIGTERM first if it may take its time."""
        if gently and child.poll() is None:
            _signal(child.pid, signal.SIGTERM)
            try:
                child.wait(gently)
            except subprocess.TimeoutExpired:
                pass
        _signal(child.pid, signal.SIGKILL)
        child.wait(10)

    def end_all(self) -> None:
        """Ends everything that is left, and waits until it is gone."""
        for child in self._started:
            self.end(child)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            left = self._marked()
            if not left and _none_to_reap():
                return
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.02)
        raise Trouble(f"processes {self._marked()} do not end")

    def _marked(self) -> list[int]:
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for place in Path("/proc").iterdir():
            if place.name.isdigit() and int(place.name) != os.getpid():
                try:
                    if wanted in (place / "environ").read_bytes().split(b"\0"):
                        found.append(int(place.name))
                except OSError:
                    pass
        return found


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def reachable(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def until(condition, seconds: float, what: str):
    """Waits for a condition, `seconds` at most; its value, or Trouble."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise Trouble(f"after {seconds:.0f} s still not: {what}")


def _none_to_reap() -> bool:
    """Takes note of the end of orphans; whether no child is left at all."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


def _signal(group: int, which: int) -> None:
    try:
        os.killpg(group, which)
    except (ProcessLookupError, PermissionError):
        pass
