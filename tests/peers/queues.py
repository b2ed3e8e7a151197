"""The domestic system: publishes submissions, listens to what comes out.

Publishing is persistent, mandatory and confirmed; what the broker did not
confirm is published again under the same id, as a careful producer does.
Listening only notes: what, under which id, when.
"""

import json
import queue
import threading
import time
from dataclasses import dataclass, field

import pika
import pika.exceptions

SUBMISSIONS = "certpost.submissions"
RECEIVED = "certpost.received"
REJECTED = "certpost.rejected"
EVENTS = "certpost.events"
AGAIN = 0.05  # seconds before another try at a broker or a queue not there yet


@dataclass
class Submission:
    """One certificate to publish, and whether the broker confirmed it."""

    number: str
    message_id: str
    content_type: str
    routing_key: str
    body: bytes
    confirmed: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Arrived:
    """One thing that came out of a queue."""

    at: float
    queue: str
    message_id: str
    kind: str
    correlation_id: str
    headers: dict
    body: bytes


class Publisher:
    """Publishes submissions one after the other in a thread of its own."""

    def __init__(self, parameters: pika.ConnectionParameters):
        self._parameters = parameters
        self._waiting: queue.Queue = queue.Queue(maxsize=100_000)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.open = 0
        self._channel = None
        self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)

    def start(self) -> None:
        """Begins to publish what is given."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; what is not confirmed by now stays so."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def publish(self, submission: Submission) -> None:
        """Gives one more submission to publish."""
        with self._lock:
            self.open += 1
        self._waiting.put(submission, timeout=10)

    def _work(self) -> None:
        link = None
        while not self._stop.is_set():
            try:
                submission = self._waiting.get(timeout=0.1)
            except queue.Empty:
                continue
            while not self._stop.is_set() and not submission.done.is_set():
                link = self._try(link, submission)
            with self._lock:
                self.open -= 1
        _close(link)

    def _try(self, link, submission: Submission):
        try:
            if link is None:
                link = pika.BlockingConnection(self._parameters)
                self._channel = link.channel()
                self._channel.confirm_delivery()
            self._channel.basic_publish(
                SUBMISSIONS, submission.routing_key, submission.body,
                pika.BasicProperties(content_type=submission.content_type, delivery_mode=2,
                                     message_id=submission.message_id),
                mandatory=True)
            submission.confirmed = time.monotonic()
            submission.done.set()
            return link
        except (pika.exceptions.AMQPError, OSError):
            # Not declared yet, returned, or not confirmed: once more.
            _close(link)
            self._stop.wait(AGAIN)
            return None


class Listener:
    """Takes everything from some queues in a thread of its own."""

    def __init__(self, parameters: pika.ConnectionParameters, queues: list[str]):
        self._parameters = parameters
        self._queues = queues
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="listener", daemon=True)
        self._known: set[tuple] = set()
        self.arrived: list[Arrived] = []

    def start(self) -> None:
        """Begins to listen, as soon as the queues are there."""
        self._thread.start()

    def stop(self) -> None:
        """Ends."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def of(self, name: str) -> list[Arrived]:
        """What came out of one queue so far."""
        return [one for one in list(self.arrived) if one.queue == name]

    def _work(self) -> None:
        while not self._stop.is_set():
            link = None
            try:
                link = pika.BlockingConnection(self._parameters)
                channel = link.channel()
                channel.basic_qos(prefetch_count=200)
                for name in self._queues:
                    channel.basic_consume(name, self._note(name))
                while not self._stop.is_set():
                    link.process_data_events(time_limit=0.1)
            except (pika.exceptions.AMQPError, OSError):
                self._stop.wait(AGAIN)
            finally:
                _close(link)

    def _note(self, name: str):
        def note(channel, method, properties, body):
            name_and_id = (name, properties.message_id, body)
            if method.redelivered and name_and_id in self._known:
                # Our own connection broke before our acknowledgement: not
                # the gateway's doing.
                channel.basic_ack(method.delivery_tag)
                return
            self._known.add(name_and_id)
            self.arrived.append(Arrived(
                time.monotonic(), name, properties.message_id or "", properties.type or "",
                properties.correlation_id or "", dict(properties.headers or {}), body))
            channel.basic_ack(method.delivery_tag)
        return note


def waiting(parameters: pika.ConnectionParameters, name: str) -> int:
    """How much is ready in a queue; -1 if it is not there."""
    link = None
    try:
        link = pika.BlockingConnection(parameters)
        return link.channel().queue_declare(name, passive=True).method.message_count
    except (pika.exceptions.AMQPError, OSError):
        return -1
    finally:
        _close(link)


def words_of(arrived: Arrived) -> dict:
    """The JSON object of something that arrived; empty if it is none."""
    try:
        value = json.loads(arrived.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _close(link) -> None:
    if link is not None and link.is_open:
        try:
            link.close()
        except (pika.exceptions.AMQPError, OSError):
            pass
