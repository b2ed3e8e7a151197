#!/usr/bin/env python3
"""GnuPG's `gpgsm`, as a peer of the interop table.

It has a home of its own. Private keys are put there as its agent keeps them,
without a password: gpgsm 2.2 reads no PKCS#12 of today and none with an
elliptic-curve key.
"""

import hashlib
import os
import re
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

from cells import (WAIT, Cannot, Cell, answer, joined, parted, refuse_unless_offered, run,
                   unwrapped, wrapped)

KEYS = ("rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "sign-rsa", "sign-p256", "sign-p384")
# Short: the agent's socket lies in it.
HOME = tempfile.TemporaryDirectory(prefix="gpgsm-")
ENV = dict(os.environ, GNUPGHOME=HOME.name, LC_ALL="C")


def version():
    if any(shutil.which(tool) is None for tool in ("gpgsm", "gpg-agent", "gpgconf", "openssl")):
        return None
    words = subprocess.run(["gpgsm", "--version"], capture_output=True, text=True, check=True)
    home = Path(HOME.name)
    (home / "gpgsm.conf").write_text("batch\ndisable-crl-checks\ndisable-dirmngr\n")
    (home / "trustlist.txt").write_text(f"{fingerprint('ca')} S relax\n")
    (home / "private-keys-v1.d").mkdir(mode=0o700)
    gpgsm("--import", "ca.pem", *(f"{key}.pem" for key in KEYS))
    listed = subprocess.run(["gpgsm", "--list-keys", "--with-colons", "--with-keygrip"], env=ENV,
                            capture_output=True, text=True, check=True).stdout
    grips = dict(re.findall(r"^fpr:+([0-9A-F]{40}):.*\n(?:.*\n)*?grp:+([0-9A-F]{40})", listed,
                            re.MULTILINE))
    for key in KEYS:
        path = home / "private-keys-v1.d" / f"{grips[fingerprint(key)]}.key"
        path.write_bytes(private_key(f"{key}.key"))
    return re.search(r"\) (\S+)", words.stdout)[1]


def gpgsm(*words) -> str:
    return run("gpgsm", *words, env=ENV)


def proven(status: str, *words) -> None:
    """A command judged by its status lines: where another recipient stands
    before us, gpgsm opens the letter and ends with 2 all the same."""
    done = subprocess.run(["gpgsm", "--status-fd", "1", *words], env=ENV, capture_output=True,
                          stdin=subprocess.DEVNULL, text=True, timeout=WAIT, check=False)
    if f"[GNUPG:] {status}" not in done.stdout:
        raise Cannot(done.stderr)


def fingerprint(name: str) -> str:
    return hashlib.sha1(ssl.PEM_cert_to_DER_cert(Path(f"{name}.pem").read_text())).hexdigest().upper()


def opens(cell: Cell, letter: bytes) -> bytes:
    out, middle = Path(f"{cell.name}.out"), Path(f"{cell.name}.signed")
    Path(f"{cell.name}.der").write_bytes(unwrapped(letter))
    proven("DECRYPTION_OKAY", "--yes", "--decrypt", "--output", middle, f"{cell.name}.der")
    content, signature = parted(middle.read_bytes())
    Path(f"{cell.name}.p7s").write_bytes(signature)
    if content is None:
        proven("TRUST_FULLY", "--yes", "--verify", "--output", out, f"{cell.name}.p7s")
        return out.read_bytes()
    out.write_bytes(content)
    proven("TRUST_FULLY", "--verify", f"{cell.name}.p7s", out)
    return content


def seals(cell: Cell, entity: bytes) -> bytes:
    refuse_unless_offered(cell, subprocess.run(["gpgsm", "--dump-options"], capture_output=True,
                                               text=True, check=True).stdout)
    signature, middle = Path(f"{cell.name}.p7s"), Path(f"{cell.name}.signed")
    form = ["--detach-sign"] if cell.form == "detached" else ["--sign"]
    gpgsm("--yes", *form, "--digest-algo", cell.digest, "--local-user", fingerprint(cell.signer),
          "--output", signature, f"{cell.name}.in")
    der = signature.read_bytes()
    middle.write_bytes(wrapped("signed-data", der) if cell.form == "opaque"
                       else joined(entity, der, cell.digest))
    cipher = {"aes-128-cbc": "AES128", "aes-256-cbc": "AES256", "aes-256-gcm": "AES256.GCM"}[
        cell.content]
    gpgsm("--yes", "--encrypt", "--cipher-algo", cipher, "--recipient", fingerprint(cell.key),
          "--output", f"{cell.name}.der", middle)
    return wrapped("enveloped-data", Path(f"{cell.name}.der").read_bytes())


# ---------- Private keys as the agent keeps them --------------------------------


def private_key(path: str) -> bytes:
    """The key as a canonical S-expression."""
    text = subprocess.run(["openssl", "pkey", "-in", path, "-text", "-noout"],
                          capture_output=True, text=True, check=True).stdout
    octets = {name: bytes.fromhex(re.sub(r"[\s:]", "", digits))
              for name, digits in re.findall(r"^(\w+):((?:\n +[0-9a-f:]+)+)", text, re.MULTILINE)}
    if "modulus" not in octets:
        curve = {65: b"NIST P-256", 97: b"NIST P-384"}[len(octets["pub"])]
        return listed(b"private-key", listed(b"ecc", listed(b"curve", atom(curve)),
                      listed(b"q", atom(octets["pub"])), listed(b"d", atom(octets["priv"]))))
    numbers = {name: int.from_bytes(value) for name, value in octets.items()}
    p, q = sorted((numbers["prime1"], numbers["prime2"]))
    parts = {
        b"n": numbers["modulus"],
        b"e": int(re.search(r"^publicExponent: (\d+)", text, re.MULTILINE)[1]),
        b"d": numbers["privateExponent"], b"p": p, b"q": q, b"u": pow(p, -1, q),
    }
    return listed(b"private-key", listed(b"rsa", *(
        listed(name, atom(value.to_bytes(value.bit_length() // 8 + 1)))
        for name, value in parts.items())))


def atom(octets: bytes) -> bytes:
    return str(len(octets)).encode() + b":" + octets


def listed(name: bytes, *parts) -> bytes:
    return b"(" + atom(name) + b"".join(parts) + b")"


try:
    answer(version, opens, seals)
finally:
    # The agent of this home, and no other.
    subprocess.run(["gpgconf", "--homedir", HOME.name, "--kill", "gpg-agent"], check=False)
    subprocess.run(["gpgconf", "--homedir", HOME.name, "--remove-socketdir"], check=False)
    HOME.cleanup()
