#!/usr/bin/python3
"""Planted bugs: each must turn the judge red, and for the right reason.

    tests/kill/planted.py [name ...] [--target DIR]

For each patch in planted/ the tree is copied to a temporary folder, the patch
applied, the binary built in a target folder of its own (kept, so that the
next build is quick; begun with what is built already of other crates), and
the judge run on it with smaller numbers and its kills aimed at the steps
where the bug lives.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = 1800   # seconds for one build
RUN = 240      # and for one run of the judge, its end included
TRIES = 3      # runs of a patch, each with a seed of its own
NEEDED = ("Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo", "build.rs", "src",
          "tests", "fuzz", "queue-config", "certpost.toml", "partners.toml")

# What must be red, and where the kills are aimed. An aim that is empty means
# anywhere.
BUGS = {
    "acknowledge-before-commit": ("lost", "outbound.2,outbound.3", 20),
    "no-dedup": ("twice", "inbound.5,inbound.6", 12),
}


class Unplanted(Exception):
    """A patch does not fit any more, or what it makes does not build."""


def main() -> int:
    """Plants each bug; the last line says whether all were found."""
    options = _options()
    for which in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(which, lambda number, _: sys.exit(128 + number))
    names = options.name or sorted(BUGS)
    missed = []
    for name in names:
        try:
            found = _judge(name, options.target)
        except Unplanted as error:
            print(f"planted: {name}: {error}")
            found = False
        if not found:
            missed.append(name)
    verdict = f"FAILED not found: {' '.join(missed)}" if missed else "ok"
    print(f"planted: {verdict} bugs={len(names)} found={len(names) - len(missed)}")
    return 1 if missed else 0


def _judge(name: str, target: Path) -> bool:
    if name not in BUGS:
        raise Unplanted(f"no such bug; there are {' '.join(sorted(BUGS))}")
    fault, aim, kills = BUGS[name]
    folder = Path(tempfile.mkdtemp(prefix="certpost-planted-"))
    try:
        _copy(folder)
        _apply(HERE / "planted" / f"{name}.patch", folder)
        binary = _build(folder, target)
        for _ in range(TRIES):
            line = _run(binary, aim, kills)
            print(f"planted: {name}: {line}", flush=True)
            count = re.search(rf"\b{fault}=([0-9]+)", line)
            if line.startswith("kill: FAILED") and count and int(count[1]) > 0:
                print(f"planted: {name}: found, {fault}={count[1]}", flush=True)
                return True
        return False
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(folder: Path) -> None:
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        elif source.exists():
            shutil.copy2(source, folder / name)
    # Cargo wants the files of every target that the manifest names.
    for name in re.findall(r'^path = "((?:tests|benches)/[^"]+)"',
                           (ROOT / "Cargo.toml").read_text(), re.MULTILINE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("fn main() {}\n")


def _apply(patch: Path, folder: Path) -> None:
    """Applies a patch; lines may have moved and some of their neighbours
    changed, so three ways are tried, the strictest first."""
    if not patch.is_file():
        raise Unplanted(f"no {patch.relative_to(ROOT)}")
    alone = dict(os.environ, GIT_CEILING_DIRECTORIES=str(folder.parent))
    ways = (["git", "apply", "--recount", str(patch)],
            ["git", "apply", "--recount", "-C1", str(patch)],
            ["patch", "-p1", "-F3", "--no-backup-if-mismatch", "--batch", "-i", str(patch)])
    words = ""
    for way in ways:
        if shutil.which(way[0]):
            done = subprocess.run(way, cwd=folder, env=alone, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=60, check=False)
            if done.returncode == 0:
                return
            words = done.stderr or done.stdout
    raise Unplanted(f"the patch does not apply: {words.strip()[:600]}")


def _build(folder: Path, target: Path) -> Path:
    _begin_with_what_is_there(target)
    command = ["cargo", "build", "--bin", "certpost", "--manifest-path",
               str(folder / "Cargo.toml")]
    done = subprocess.run(command, env=dict(os.environ, CARGO_TARGET_DIR=str(target)),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=BUILD, check=False)
    if done.returncode != 0:
        raise Unplanted(f"it does not build:\n{done.stderr[-3000:]}")
    return target / "debug" / "certpost"


def _begin_with_what_is_there(target: Path) -> None:
    """Copies what is built of other crates: only certpost itself differs.
    Cargo goes by the times of the files, which the copy keeps."""
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
    if target.exists() or not built.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    for part in (".fingerprint", "build", "deps"):
        if (built / part).is_dir():
            shutil.copytree(built / part, target / "debug" / part,
                            ignore=shutil.ignore_patterns("*certpost*", "*.tmp*", "it-*",
                                                          "walls-*", "rmeta*", "rustc*"))


def _run(binary: Path, aim: str, kills: int) -> str:
    """One run of the judge; its last line."""
    command = [sys.executable, str(HERE / "run.py"), "--certpost", str(binary),
               "--kills", str(kills), "--most", str(2 * kills), "--each", "1",
               "--certificates", str(10 * kills), "--limit", str(RUN - 60), "--aim", aim,
               "--seed", str(random.SystemRandom().getrandbits(32))]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True) as judge:
        try:
            told = judge.communicate(timeout=RUN)[0]
        except BaseException:
            # SIGTERM, not SIGKILL: it has processes of its own to end.
            judge.terminate()
            judge.wait(30)
            raise
    lines = [line for line in told.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing said"


def _options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("name", nargs="*", metavar="|".join(sorted(BUGS)),
                        help="which bug; all if none is named")
    parser.add_argument("--target", type=Path, default=ROOT / "target" / "planted",
                        help="where to build")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
