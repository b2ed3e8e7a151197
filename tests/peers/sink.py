"""The partner's mail server: takes letters, strictly, and sometimes fails.

Octets are taken as RFC 5321 has them: only CRLF.CRLF ends the data, a bare
CR or LF is refused and noted. Trouble is drawn by lot: a 451 after the final
dot; a connection cut after the final dot, before the reply, with the letter
taken or not taken (the sender cannot know which).
"""

import asyncio
import random
import re
import threading
import time
from dataclasses import dataclass

LARGEST = 32 * 1024 * 1024
PATIENCE = 120  # seconds that a client may be silent
BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(<[^<>\r\n]*>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Taken:
    """One letter that the server took, as often as it took it."""

    begun: float      # time.monotonic() at its MAIL command
    taken: float      # and when its final dot had come
    replied: bool     # whether a 250 was sent after that
    message_id: str
    octets: bytes
    mail: str = ""    # the MAIL command, as it came
    rcpt: str = ""    # and RCPT


@dataclass(frozen=True)
class Chances:
    """How often, out of one, which trouble befalls a letter."""

    cut_taken: float = 0.0
    cut_lost: float = 0.0
    later: float = 0.0


class Sink:
    """An SMTP server on a loopback port, in a thread of its own."""

    def __init__(self, mailbox: str, chances: Chances, seed: int):
        self.mailbox = mailbox
        self.chances = chances
        self.letters: list[Taken] = []
        self.oddities: list[str] = []
        self.cuts = 0
        self.laters = 0
        self.port = 0
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sink", daemon=True)

    def start(self) -> None:
        """Listens; returns when it does."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the SMTP sink does not listen")

    def stop(self) -> None:
        """Closes the port and every connection."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LARGEST))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader, writer) -> None:
        try:
            await _Conversation(self, reader, writer).hold()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError,
                asyncio.TimeoutError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def is_here(self, line: bytes) -> bool:
        """Whether a RCPT command names a mailbox of this server."""
        return f"<{self.mailbox}>".lower().encode() in line.lower()

    async def released(self) -> None:
        """Comes back when a letter that waits for its 250 may have it."""

    def trouble(self, octets: bytes) -> str:
        """What befalls a letter, by lot."""
        del octets
        drawn = self._chance.random()
        for name in ("cut_taken", "cut_lost", "later"):
            share = getattr(self.chances, name)
            if drawn < share:
                return name
            drawn -= share
        return "none"


class _Conversation:
    """One connection."""

    def __init__(self, sink: Sink, reader, writer):
        self._sink = sink
        self._reader = reader
        self._writer = writer
        self._begun = 0.0
        self._sender = False
        self._recipient = False
        self._mail_line = ""
        self._rcpt_line = ""

    async def hold(self) -> None:
        """Talks SMTP until the client has enough."""
        await self._say("220 sink.hm.example ESMTP")
        while True:
            line = await self._line()
            verb = line[:4].upper()
            if verb == b"EHLO":
                self._forget()
                await self._say("250-sink.hm.example", f"250-SIZE {LARGEST}", "250-PIPELINING",
                                "250-8BITMIME", "250-DSN", "250 ENHANCEDSTATUSCODES")
            elif verb in (b"HELO", b"RSET", b"NOOP"):
                self._forget()
                await self._say("250 2.0.0 Ok")
            elif verb == b"MAIL":
                await self._mail(line)
            elif verb == b"RCPT":
                await self._rcpt(line)
            elif verb == b"DATA":
                if not await self._data():
                    return
            elif verb == b"QUIT":
                await self._say("221 2.0.0 Bye")
                return
            else:
                self._odd(f"unknown command {line[:60]!r}")
                await self._say("500 5.5.2 What?")

    async def _mail(self, line: bytes) -> None:
        self._begun = time.monotonic()
        self._mail_line = line.decode("latin-1")
        self._sender = True
        self._recipient = False
        await self._say("250 2.1.0 Ok")

    async def _rcpt(self, line: bytes) -> None:
        if not self._sender:
            await self._say("503 5.5.1 MAIL first")
        elif not self._sink.is_here(line):
            self._odd(f"letter for somebody else: {line[:100]!r}")
            await self._say("550 5.1.1 Not here")
        else:
            self._recipient = True
            self._rcpt_line = line.decode("latin-1")
            await self._say("250 2.1.5 Ok")

    async def _data(self) -> bool:
        if not self._recipient:
            await self._say("503 5.5.1 RCPT first")
            return True
        await self._say("354 Go on")
        octets = await self._octets()
        taken = time.monotonic()
        befalls = self._sink.trouble(octets)
        if befalls == "later":
            self._sink.laters += 1
            await self._say("451 4.3.0 Not now, by lot")
        elif befalls in ("cut_taken", "cut_lost"):
            self._sink.cuts += 1
            if befalls == "cut_taken":
                self._keep(octets, taken, False)
            self._writer.transport.abort()
            return False
        elif befalls == "waits":
            self._keep(octets, taken, True)
            await self._sink.released()
            await self._say("250 2.0.0 Taken, at last")
        elif BARE.search(octets):
            self._odd("bare CR or LF in the data")
            await self._say("554 5.6.0 Bare CR or LF")
        else:
            self._keep(octets, taken, True)
            await self._say("250 2.0.0 Taken")
        self._forget()
        return True

    async def _octets(self) -> bytes:
        """The data up to CRLF.CRLF, its doubled dots undone (RFC 5321, 4.5.2)."""
        lines = []
        while True:
            line = await self._ended(b"\r\n")
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)

    def _keep(self, octets: bytes, taken: float, replied: bool) -> None:
        head = octets.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n")
        found = MESSAGE_ID.findall(head)
        if len(found) != 1:
            self._odd(f"{len(found)} Message-ID fields in a letter")
        name = found[0].decode("latin-1") if found else ""
        self._sink.letters.append(Taken(self._begun, taken, replied, name, octets,
                                        self._mail_line, self._rcpt_line))

    def _odd(self, words: str) -> None:
        self._sink.oddities.append(words)

    def _forget(self) -> None:
        self._sender = False
        self._recipient = False

    async def _line(self) -> bytes:
        return (await self._ended(b"\r\n"))[:-2]

    async def _ended(self, by: bytes) -> bytes:
        return await asyncio.wait_for(self._reader.readuntil(by), PATIENCE)

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await asyncio.wait_for(self._writer.drain(), PATIENCE)
