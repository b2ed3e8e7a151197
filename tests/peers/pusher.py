"""The partner's mail program: pushes letters at our door until each is taken.

A letter counts as taken when its 250 has come. Whatever else happens, the
door gone, a 451, a connection that ends after the final dot, the same octets
are sent again: the same letter may so arrive twice, and the gateway must
drop the double.
"""

import queue
import smtplib
import threading
import time
from dataclasses import dataclass, field

PATIENCE = 10  # seconds for one SMTP reply


@dataclass
class Parcel:
    """One letter on its way, and what became of it."""

    number: str
    xml: bytes
    letter: bytes
    tries: int = 0
    taken: float = 0.0          # time.monotonic() of its 250
    refused: str = ""           # a 5yz; it is not sent again
    done: threading.Event = field(default_factory=threading.Event)


class Pusher:
    """A few connections that carry parcels to a door."""

    def __init__(self, port: int, sender: str, recipient: str, connections: int = 3):
        self._port = port
        self._sender = sender
        self._recipient = recipient
        self._waiting: queue.Queue = queue.Queue(maxsize=100_000)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.open = 0
        self._threads = [threading.Thread(target=self._work, name=f"pusher-{n}", daemon=True)
                         for n in range(connections)]

    def start(self) -> None:
        """Begins to carry what is given."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends; what is not taken by now stays untaken."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(2 * PATIENCE)

    def push(self, parcel: Parcel) -> None:
        """Gives one more letter to carry."""
        with self._lock:
            self.open += 1
        self._waiting.put(parcel, timeout=PATIENCE)

    def _work(self) -> None:
        line = None
        while not self._stop.is_set():
            try:
                parcel = self._waiting.get(timeout=0.1)
            except queue.Empty:
                continue
            while not self._stop.is_set() and not parcel.done.is_set():
                line = self._try(line, parcel)
            with self._lock:
                self.open -= 1
        if line:
            line.close()

    def _try(self, line, parcel: Parcel):
        """One attempt; gives back the connection if it is still good."""
        try:
            if line is None:
                line = smtplib.SMTP("127.0.0.1", self._port, local_hostname="peer.hm.example",
                                    timeout=PATIENCE)
            parcel.tries += 1
            line.sendmail(self._sender, [self._recipient], parcel.letter)
            parcel.taken = time.monotonic()
            parcel.done.set()
            return line
        except smtplib.SMTPServerDisconnected:
            pass
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refusal:
            code, words = _reply(refusal)
            if 500 <= code < 600:
                parcel.refused = f"{code} {words}"
                parcel.done.set()
        except (OSError, smtplib.SMTPException):
            pass
        if line:
            line.close()
        # The door is gone or busy; try again soon, until told to stop.
        if not parcel.done.is_set():
            self._stop.wait(0.02)
        return None


def _reply(refusal) -> tuple[int, str]:
    if isinstance(refusal, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(refusal.recipients.values()))
    else:
        code, words = refusal.smtp_code, refusal.smtp_error
    return code, words.decode(errors="replace") if isinstance(words, bytes) else str(words)
