"""The partner's S/MIME software: the openssl command.

`seal` makes a letter as WIRE section 1 has it; `open_letter` decrypts and
verifies one, and says who it was for and what it held.
"""

import base64
import email
import email.policy
import os
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from .keys import Keys, Pair

WAIT = 60  # seconds that one openssl command may take


class Unproven(Exception):
    """The letter could not be opened or proven; the words say where."""


@dataclass(frozen=True)
class Opened:
    """What a proven letter holds."""

    message_id: str
    to: str
    subject: str
    octets: bytes
    entity: bytes    # what is signed
    signed: bytes    # and the entity around it, its signature in it


def seal(xml: bytes, number: str, sender: str, recipient: str, keys: Keys, scratch: Path) -> bytes:
    """A letter from the partner to us with this XML in it, sealed."""
    outer = header(sender, recipient)
    entity = certificate_entity(outer, f"SPS certificate HM 851 {number} 70", number, xml)
    return seal_entity(entity, outer, keys.theirs_sign, keys.ours_decrypt.x509, scratch)


def header(sender: str, recipient: str) -> dict:
    """The fields of a letter that stand outside; its Message-ID is new."""
    name = base64.b32encode(os.urandom(16)).decode().rstrip("=").lower()
    return {
        "Date": datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "From": sender,
        "To": recipient,
        "Subject": "[...]",
        "Message-ID": f"<{name}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
    }


def certificate_entity(outer: dict, subject: str, number: str, xml: bytes) -> bytes:
    """What is signed of a letter with a certificate in it."""
    entity = _fields({"MIME-Version": "1.0"}, dict(outer, Subject=subject), {
        "Certpost-Kind": "certificate; version=1",
        "Certpost-Environment": "live",
    })
    entity += "".join(f"HP-Outer: {field}: {value}\r\n" for field, value in outer.items()).encode()
    return entity + _fields({
        "Content-Type": 'application/xml; charset=utf-8; hp="cipher"',
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": f'attachment; filename="{number}.xml"',
    }) + b"\r\n" + _base64(xml)


def seal_entity(entity: bytes, outer: dict, signer: Pair, recipient: Path, scratch: Path,
                digest: str = "sha256") -> bytes:
    """A letter with this entity in it, signed and sealed."""
    signed = _openssl(scratch, entity, "cms", "-sign", "-binary", "-nodetach", "-cades",
                      "-md", digest, "-signer", signer.x509, "-inkey", signer.key,
                      "-outform", "DER")
    return encrypt(_pkcs7("signed-data") + b"\r\n" + _base64(signed), outer, recipient, scratch)


def encrypt(middle: bytes, outer: dict, recipient: Path, scratch: Path) -> bytes:
    """A letter with this in it, for whoever has the key of `recipient`."""
    sealed = _openssl(scratch, middle, "cms", "-encrypt", "-binary", "-aes-256-gcm",
                      "-recip", recipient, "-keyopt", "rsa_padding_mode:oaep",
                      "-keyopt", "rsa_oaep_md:sha256", "-outform", "DER")
    return (_fields(outer, {"MIME-Version": "1.0"}) + _pkcs7("authEnveloped-data")
            + b"\r\n" + _base64(sealed))


def open_letter(letter: bytes, keys: Keys, scratch: Path) -> Opened:
    """What the partner reads in a letter of ours, once it is proven."""
    outside = _parse(letter)
    if outside.get_content_type() != "application/pkcs7-mime":
        raise Unproven(f"root is {outside.get_content_type()}")
    middle = _openssl(scratch, outside.get_payload(decode=True), "cms", "-decrypt", "-binary",
                      "-inform", "DER", "-recip", keys.theirs_decrypt.x509,
                      "-inkey", keys.theirs_decrypt.key)
    between = _parse(middle)
    if between.get_param("smime-type") != "signed-data":
        raise Unproven("nothing signed inside")
    entity = _openssl(scratch, between.get_payload(decode=True), "cms", "-verify", "-binary",
                      "-inform", "DER", "-CAfile", keys.anchor, "-nointern",
                      "-certfile", keys.ours_sign.x509)
    inside = _parse(entity)
    return Opened(
        message_id=str(inside["Message-ID"] or ""),
        to=str(inside["To"] or ""),
        subject=str(inside["Subject"] or ""),
        octets=inside.get_payload(decode=True) or b"",
        entity=entity,
        signed=middle,
    )


def _parse(octets: bytes):
    return email.message_from_bytes(octets, policy=email.policy.compat32)


def _fields(*groups: dict) -> bytes:
    return "".join(f"{field}: {value}\r\n" for group in groups
                   for field, value in group.items()).encode("ascii")


def _pkcs7(kind: str) -> bytes:
    return _fields({
        "Content-Type": f"application/pkcs7-mime; smime-type={kind}; name=smime.p7m",
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": "attachment; filename=smime.p7m",
    })


def _base64(octets: bytes) -> bytes:
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def _openssl(scratch: Path, octets: bytes, *arguments) -> bytes:
    """Runs one openssl command over octets in a file of their own: some of
    its commands cannot take everything from a pipe."""
    given = scratch / base64.b16encode(os.urandom(12)).decode()
    given.write_bytes(octets)
    try:
        ran = subprocess.run(["openssl", *map(str, arguments), "-in", str(given)],
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT,
                             check=False)
    except subprocess.TimeoutExpired as error:
        raise Unproven(f"openssl {arguments[1]} took too long") from error
    finally:
        given.unlink()
    if ran.returncode != 0:
        words = ran.stderr.decode(errors="replace").strip().replace("\n", "; ")
        raise Unproven(f"openssl {arguments[0]} {arguments[1]}: {words[:400]}")
    return ran.stdout
