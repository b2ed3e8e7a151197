#!/usr/bin/python3
"""kill -9: nothing lost, nothing twice, nothing forged.

Runs `certpost run` against a real broker and a real mail server, kills it
again and again while certificates go out and come in, and compares what went
in with what came out. Shares no code with the product.

    tests/kill/run.py --certpost target/debug/certpost
    tests/kill/run.py --self-test

The last line is `kill: ok …` (exit 0) or `kill: FAILED …` (exit 1).
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True


def main() -> int:
    """Reads the command line, runs, and tells."""
    options = _options()
    if options.self_test:
        import selftest
        return selftest.run()
    for which in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(which, lambda number, _: sys.exit(128 + number))
    try:
        import judge
    except ImportError as error:
        print(f"kill: FAILED {error}; apt-get install python3-pika, and use /usr/bin/python3")
        return 1
    seed = random.SystemRandom().getrandbits(32) if options.seed is None else options.seed
    print(f"kill: seed={seed} (give it back with --seed {seed})", flush=True)
    # Threads of ours must not keep the one that kills waiting.
    sys.setswitchinterval(0.0005)
    folder = Path(tempfile.mkdtemp(prefix="certpost-kill-"))
    began = time.monotonic()
    try:
        line, good = judge.Judge(options, seed, folder).run()
    finally:
        if options.keep:
            print(f"kill: kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"kill: {'ok' if good else 'FAILED'} seed={seed} {line} "
          f"seconds={time.monotonic() - began:.0f}")
    return 0 if good else 1


def _options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--certpost", type=Path, default=Path("target/debug/certpost"),
                        help="the binary to judge")
    parser.add_argument("--seed", type=int, help="of an earlier run, to draw the same lots")
    parser.add_argument("--kills", type=int, default=50, help="at least so many")
    parser.add_argument("--most", type=int, default=180, help="and at most so many")
    parser.add_argument("--each", type=int, default=5, help="kills that must land in each step")
    parser.add_argument("--certificates", type=int, default=1000, help="each way, at least")
    parser.add_argument("--aim", default="", help="only at these steps: outbound.2,inbound.6")
    parser.add_argument("--limit", type=int, default=230, help="seconds for the whole run")
    parser.add_argument("--keep", action="store_true", help="keep folder and log")
    parser.add_argument("--self-test", action="store_true",
                        help="show that the judge itself turns red; needs no product")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
