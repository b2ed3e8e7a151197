"""Throw-away keys, made with the openssl command.

`make`: one authority, and for each of two gateways one key to sign and one to
decrypt, RSA-2048, as CONTRACT section 3 wants them in files. `servers`: one
authority, and certificates of mail servers, P-256.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

WAIT = 60  # seconds that one openssl command may take
RSA = ("RSA", "rsa_keygen_bits:2048")
CURVE = ("EC", "ec_paramgen_curve:P-256")
LARGE_CURVE = ("EC", "ec_paramgen_curve:P-384")


class KeyTrouble(Exception):
    """openssl could not make a key; the words are its own."""


@dataclass(frozen=True)
class Pair:
    """An X.509 certificate and its private key, both PEM files."""

    x509: Path
    key: Path


@dataclass(frozen=True)
class Keys:
    """All the keys of a run, in one folder."""

    anchor: Path
    ours_sign: Pair
    ours_decrypt: Pair
    theirs_sign: Pair
    theirs_decrypt: Pair


def make(folder: Path, ours: str, theirs: str) -> Keys:
    """Makes the keys of gateway `ours` and partner `theirs` (addresses)."""
    folder.mkdir(parents=True, exist_ok=True)
    anchor = authority(folder)
    return Keys(
        anchor=anchor.x509,
        ours_sign=issue(folder, anchor, "ours-sign", ours, "digitalSignature"),
        ours_decrypt=issue(folder, anchor, "ours-decrypt", ours, "keyEncipherment"),
        theirs_sign=issue(folder, anchor, "theirs-sign", theirs, "digitalSignature"),
        theirs_decrypt=issue(folder, anchor, "theirs-decrypt", theirs, "keyEncipherment"),
    )


def servers(folder: Path, hosts: dict[str, str]) -> dict[str, Pair]:
    """Keys of mail servers, all of one authority (authority.pem in the
    folder): name of the key to host name."""
    folder.mkdir(parents=True, exist_ok=True)
    anchor = authority(folder, CURVE)
    return {name: _certify(folder, anchor, _pair(folder, name, CURVE), "digitalSignature",
                           "serverAuth", f"DNS:{host}")
            for name, host in hosts.items()}


def authority(folder: Path, kind: tuple = RSA) -> Pair:
    """An authority's own X.509 certificate and key."""
    pair = _pair(folder, "authority", kind)
    _openssl(
        "req", "-x509", "-new", "-sha256", "-days", "30", "-key", pair.key, "-out", pair.x509,
        "-subj", "/O=Throw-away/CN=Authority of the kill test",
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )
    return pair


def issue(folder: Path, anchor: Pair, name: str, address: str, usage: str,
          kind: tuple = RSA) -> Pair:
    """A key for `address`, and its certificate by `anchor`."""
    pair = _pair(folder, name, kind)
    return _certify(folder, anchor, pair, usage, "emailProtection", f"email:{address}")


def _certify(folder: Path, anchor: Pair, pair: Pair, usage: str, purpose: str,
             subject: str) -> Pair:
    name = pair.x509.stem
    request = folder / f"{name}.req"
    extensions = folder / f"{name}.ext"
    extensions.write_text(
        "basicConstraints=critical,CA:FALSE\n"
        f"keyUsage=critical,{usage}\n"
        f"extendedKeyUsage={purpose}\n"
        f"subjectAltName={subject}\n"
        "subjectKeyIdentifier=hash\n"
        "authorityKeyIdentifier=keyid\n"
    )
    _openssl("req", "-new", "-sha256", "-key", pair.key, "-out", request,
             "-subj", f"/O=Throw-away/CN={name} {subject.partition(':')[2]}")
    _openssl("x509", "-req", "-sha256", "-days", "30", "-in", request, "-extfile", extensions,
             "-CA", anchor.x509, "-CAkey", anchor.key, "-set_serial", str(_serial()),
             "-out", pair.x509)
    return pair


def _pair(folder: Path, name: str, kind: tuple) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    _openssl("genpkey", "-algorithm", kind[0], "-pkeyopt", kind[1], "-out", pair.key)
    os.chmod(pair.key, 0o600)
    return pair


def _serial() -> int:
    return int.from_bytes(os.urandom(8), "big") >> 1 | 1


def _openssl(*arguments) -> None:
    made = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=WAIT, check=False)
    if made.returncode != 0:
        raise KeyTrouble(f"openssl {arguments[0]}: {made.stderr.decode(errors='replace')}")
