#!/usr/bin/env python3
"""NSS's `cmsutil`, as a peer of the interop table."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from cells import (Cannot, Cell, answer, joined, parted, refuse_unless_offered, run, unwrapped,
                   wrapped)

KEYS = ("rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "sign-rsa", "sign-p256", "sign-p384")
STORE = tempfile.TemporaryDirectory(prefix="nss-")
DB = f"sql:{STORE.name}"


def version():
    if any(shutil.which(tool) is None for tool in ("cmsutil", "certutil", "pk12util", "openssl")):
        return None
    run("certutil", "-N", "-d", DB, "--empty-password")
    run("certutil", "-A", "-d", DB, "-n", "ca", "-t", "CT,C,C", "-i", "ca.pem")
    for key in KEYS:
        run("openssl", "pkcs12", "-export", "-in", f"{key}.pem", "-inkey", f"{key}.key",
            "-name", key, "-passout", "pass:once", "-out", f"{STORE.name}/{key}.p12")
        run("pk12util", "-i", f"{STORE.name}/{key}.p12", "-d", DB, "-W", "once")
    # The tools do not tell their version; Debian's package does.
    words = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libnss3-tools"],
                           capture_output=True, text=True, check=True).stdout
    return words.partition(":")[2].partition("-")[0]


def opens(cell: Cell, letter: bytes) -> bytes:
    middle, out = Path(f"{cell.name}.signed"), Path(f"{cell.name}.out")
    Path(f"{cell.name}.der").write_bytes(unwrapped(letter))
    run("cmsutil", "-D", "-d", DB, "-i", f"{cell.name}.der", "-o", middle)
    content, signature = parted(middle.read_bytes())
    Path(f"{cell.name}.p7s").write_bytes(signature)
    beside = []
    if content is not None:
        Path(f"{cell.name}.part").write_bytes(content)
        beside = ["-c", f"{cell.name}.part"]
    # Without -h a signature that is not good ends it with 1.
    run("cmsutil", "-D", "-d", DB, "-i", f"{cell.name}.p7s", "-o", out, *beside)
    return out.read_bytes()


def seals(cell: Cell, entity: bytes) -> bytes:
    refuse_unless_offered(cell, subprocess.run(["cmsutil"], capture_output=True, text=True,
                                               check=False).stderr)
    form = ["-T"] if cell.form == "detached" else []
    run("cmsutil", "-S", "-d", DB, "-N", cell.signer, "-H", cell.digest.upper(), "-G", *form,
        "-i", f"{cell.name}.in", "-o", f"{cell.name}.p7s")
    der = Path(f"{cell.name}.p7s").read_bytes()
    Path(f"{cell.name}.signed").write_bytes(
        wrapped("signed-data", der) if cell.form == "opaque" else joined(entity, der, cell.digest))
    run("cmsutil", "-E", "-d", DB, "-r", cell.key, "-i", f"{cell.name}.signed",
        "-o", f"{cell.name}.der")
    # The cipher cannot be asked for: it is what came out.
    der = Path(f"{cell.name}.der").read_bytes()
    ciphers = {"aes-128-cbc": bytes.fromhex("0609608648016503040102"),
               "aes-256-cbc": bytes.fromhex("060960864801650304012a")}
    used = [name for name, oid in ciphers.items() if oid in der]
    if used != [cell.content]:
        raise Cannot(f"cmsutil chooses {' '.join(used)} by itself")
    return wrapped("enveloped-data", der)


try:
    answer(version, opens, seals)
finally:
    STORE.cleanup()
