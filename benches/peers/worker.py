"""A plain Python worker: what a good programmer would write in a week.

usage: worker.py SETUP

One process: takes submissions from the queue with aio-pika, writes the XML
with lxml, signs and encrypts with cryptography, posts with aiosmtplib over
connections that stay open, and acknowledges what was taken. Keys are read
once. It has no ledger, judges no certificate and asks for no receipt.
"""

import asyncio
import json
import sys
import uuid
from pathlib import Path

import aio_pika
import aiosmtplib

from certificate import Table
from sealing import load_keys, seal


async def work(setup: dict) -> None:
    """Works until the process is ended."""
    keys, table = load_keys(setup["keys"]), Table(Path(setup["elements"]))
    sender, recipient = setup["sender"], setup["recipient"]
    idle: asyncio.Queue = asyncio.Queue()
    for _ in range(setup["connections"]):
        smtp = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=setup["smtp"], use_tls=False, start_tls=False)
        await smtp.connect()
        idle.put_nowait(smtp)
    connection = await aio_pika.connect(setup["queueUrl"])
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=setup["prefetch"])
    queue = await channel.get_queue("certpost.submissions")

    async def post(submission) -> None:
        xml = table.write(submission.body)
        number = submission.correlation_id.rpartition("/")[2]
        letter = seal(keys, sender, recipient, number, uuid.uuid4().hex, xml)
        smtp = await idle.get()
        try:
            await smtp.sendmail(sender, [recipient], letter)
        finally:
            idle.put_nowait(smtp)
        await submission.ack()

    await queue.consume(post)
    await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(work(json.loads(Path(sys.argv[1]).read_text())))
