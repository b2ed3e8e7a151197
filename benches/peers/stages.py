"""The stages of the plain Python programs, done when told.

usage: stages.py SETUP

Reads lines `seal COUNT` and `open COUNT`, does the stage so often, and answers
with a line: the seconds that it took. `seal` writes the XML of the submission,
signs and encrypts; `open` decrypts the letter, verifies its signature and
reads the XML.
"""

import json
import sys
import time
import uuid
from pathlib import Path

from certificate import Table
from sealing import load_keys, seal, unseal


def main(setup: dict) -> None:
    """Works until its input ends."""
    keys, table = load_keys(setup["keys"]), Table(Path(setup["elements"]))
    submission = Path(setup["submission"]).read_bytes()
    letter = Path(setup["letter"]).read_bytes()

    def seal_one() -> None:
        xml = table.write(submission)
        seal(keys, setup["sender"], setup["recipient"], "N-1", uuid.uuid4().hex, xml)

    def open_one() -> None:
        found = table.read(unseal(keys, letter))
        assert found["exchangedDocument"]["id"]

    stages = {"seal": seal_one, "open": open_one}
    for line in sys.stdin:
        stage, count = line.split()
        work, started = stages[stage], time.perf_counter()
        for _ in range(int(count)):
            work()
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
