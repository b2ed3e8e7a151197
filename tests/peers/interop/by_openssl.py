#!/usr/bin/env python3
"""The `openssl cms` command, as a peer of the interop table."""

import re
import shutil
import subprocess
from pathlib import Path

from cells import Cell, answer, run


def version():
    if shutil.which("openssl") is None:
        return None
    words = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True)
    return re.search(r"OpenSSL (\S+)", words.stdout)[1]


def opens(cell: Cell, letter: bytes) -> bytes:
    run("openssl", "cms", "-decrypt", "-in", f"{cell.name}.in", "-out", f"{cell.name}.signed",
        "-recip", f"{cell.key}.pem", "-inkey", f"{cell.key}.key")
    # The command makes line ends of a part beside its signature canonical only
    # without -binary.
    binary = ["-binary"] if cell.form == "opaque" else []
    run("openssl", "cms", "-verify", "-in", f"{cell.name}.signed", "-out", f"{cell.name}.out",
        "-CAfile", "ca.pem", "-purpose", "smimesign", *binary)
    return Path(f"{cell.name}.out").read_bytes()


def seals(cell: Cell, entity: bytes) -> bytes:
    form = ["-nodetach"] if cell.form == "opaque" else []
    padding = []
    if "pss" in cell.signature:
        padding = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"]
    run("openssl", "cms", "-sign", "-binary", *form, "-in", f"{cell.name}.in",
        "-out", f"{cell.name}.signed", "-md", cell.digest,
        "-signer", f"{cell.signer}.pem", "-inkey", f"{cell.signer}.key", *padding)
    transport = {
        "oaep-sha256": ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256",
                        "-keyopt", "rsa_mgf1_md:sha256"],
        "pkcs1": [],
        "ecdh-sha256": ["-keyopt", "ecdh_kdf_md:sha256"],
    }[cell.key_transport]
    run("openssl", "cms", "-encrypt", f"-{cell.content}", "-in", f"{cell.name}.signed",
        "-out", f"{cell.name}.out", "-recip", f"{cell.key}.pem", *transport)
    sealed = Path(f"{cell.name}.out").read_bytes()
    return sealed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


answer(version, opens, seals)
