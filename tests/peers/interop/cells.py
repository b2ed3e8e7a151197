"""What each peer of the interop table is told on standard input, and answers.

A line in is `name, verb, key, content, key_transport, signature, form`, with
tabs between; `verb` is `open` or `seal`. The working folder holds the keys
(`rsa-2048.pem`, `rsa-2048.key`, ...), the authority `ca.pem`, and what is
asked about: `name.in`, a letter to open or the entity to sign and seal.
`name.out` is what comes of it: the octets that the signature proves, or the
sealed part with its header.

The first line out is `version` or `absent` with words; then each line is
`name, ok` or `name, cannot, words`: the peer's own words. Whatever else goes
wrong ends the program, and the test with it.
"""

import base64
import email
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

WAIT = 120  # seconds that one command may take


class Cannot(Exception):
    """The peer cannot do this; in its own words."""


@dataclass(frozen=True)
class Cell:
    """One thing to do."""

    name: str
    verb: str
    key: str
    content: str
    key_transport: str
    signature: str
    form: str

    @property
    def signer(self) -> str:
        """Whose key signs it."""
        return {"ecdsa-p256-sha256": "sign-p256", "ecdsa-p384-sha384": "sign-p384"}.get(
            self.signature, "sign-rsa")

    @property
    def digest(self) -> str:
        return self.signature.rpartition("-")[2]


def answer(version, opens, seals) -> None:
    """Does what standard input asks. `version` gives the peer's, or None;
    `opens` makes an entity of a cell and a letter, `seals` a sealed part of a
    cell and an entity."""
    found = version()
    if found is None:
        print("absent")
        return
    print("version", found, sep="\t", flush=True)
    for line in sys.stdin:
        cell = Cell(*line.rstrip("\n").split("\t"))
        given = Path(f"{cell.name}.in").read_bytes()
        try:
            out = opens(cell, given) if cell.verb == "open" else seals(cell, given)
        except Cannot as words:
            print(cell.name, "cannot", " ".join(str(words).split()), sep="\t", flush=True)
            continue
        Path(f"{cell.name}.out").write_bytes(out)
        print(cell.name, "ok", sep="\t", flush=True)


def refuse_unless_offered(cell: Cell, options: str) -> None:
    """Of what is chosen by an option, whether the peer's list has one at all."""
    for wanted, word, does in ((cell.signature, "pss", "sign with PSS"),
                               (cell.key_transport, "oaep", "seal with OAEP")):
        if word in wanted and word not in options.lower():
            raise Cannot(f"no option to {does}")


def run(*words, cwd=None, env=None) -> str:
    """A command's standard error; Cannot, with it, if the command fails."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT,
                          cwd=cwd, env=env, check=False)
    said = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        raise Cannot(said or f"{words[0]} ended with {done.returncode}")
    return said


# ---------- MIME around CMS ----------------------------------------------------


def unwrapped(entity: bytes) -> bytes:
    """The DER in an entity of application/pkcs7-mime."""
    return base64.b64decode(entity.split(b"\r\n\r\n", 1)[1])


def wrapped(smime_type: str, der: bytes) -> bytes:
    """An entity of application/pkcs7-mime with DER in it."""
    return (f"Content-Type: application/pkcs7-mime; smime-type={smime_type}; name=smime.p7m\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n").encode() + lines(der)


def lines(der: bytes) -> bytes:
    return base64.encodebytes(der).replace(b"\n", b"\r\n")


def parted(entity: bytes) -> tuple:
    """Of a signed entity: the content that stands beside its signature (None
    where it is inside), and the DER of the signature."""
    header = email.message_from_bytes(entity.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n")
    if header.get_content_type() != "multipart/signed":
        return None, unwrapped(entity)
    delimiter = b"\r\n--" + header.get_boundary().encode()
    _, content, signature, _ = (b"\r\n" + entity).split(delimiter)
    return content[2:], unwrapped(signature)


def joined(content: bytes, der: bytes, digest: str) -> bytes:
    """A multipart/signed of content and a signature."""
    micalg = digest.replace("sha", "sha-")
    head = ("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"
            f" micalg={micalg}; boundary=\"=_of_a_peer\"\r\n\r\n--=_of_a_peer\r\n")
    part = ("\r\n--=_of_a_peer\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n")
    return head.encode() + content + part.encode() + lines(der) + b"\r\n--=_of_a_peer--\r\n"
