#!/usr/bin/env python3
"""Runs a command and says, as JSON, how it ended, what it printed, how long it
took and how much memory it had at its peak.

    measured.py COMMAND ARGUMENT...
"""

import json
import resource
import subprocess
import sys
import time

began = time.monotonic()
ran = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
print(json.dumps({
    "exit": ran.returncode,
    "out": ran.stdout.decode(errors="replace"),
    "words": ran.stderr.decode(errors="replace"),
    "seconds": time.monotonic() - began,
    "kib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
}))
