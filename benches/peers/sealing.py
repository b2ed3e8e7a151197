"""Signing and encrypting with `cryptography`, opening with it and asn1crypto.

The library writes AES-256-CBC and PKCS#1 v1.5 key transport, and no AES-GCM in
CMS; the bench has certpost write the same when it compares the two. It opens
what it encrypts and verifies nothing, so that verifying is done here: the
pinned signer, the digest, the signature over the signed attributes.
"""

import base64
import hashlib
import time
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import formatdate

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import pkcs7

SEALED = ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
          "Content-Transfer-Encoding: base64\r\n"
          "Content-Disposition: attachment; filename=smime.p7m\r\n\r\n")
SIGNED = SEALED.replace("enveloped-data", "signed-data").encode()
BINARY = [pkcs7.PKCS7Options.Binary]
PLAIN = [*BINARY, pkcs7.PKCS7Options.NoCapabilities]


class Refused(Exception):
    """A letter that does not prove who sent it."""


@dataclass(frozen=True)
class Keys:
    """Our own keys and the partner's, read once."""

    signer: x509.Certificate
    signing_key: object
    recipient: x509.Certificate
    pinned: bytes
    opener: x509.Certificate
    opening_key: object


def load_keys(files: dict) -> Keys:
    """Reads the PEM files that the bench names."""
    def certificate(name):
        with open(files[name], "rb") as file:
            return x509.load_pem_x509_certificate(file.read())

    def key(name):
        with open(files[name], "rb") as file:
            return serialization.load_pem_private_key(file.read(), None)

    signer = certificate("signer")
    return Keys(signer, key("signingKey"), certificate("recipient"),
                signer.public_bytes(serialization.Encoding.DER),
                certificate("opener"), key("openingKey"))


def seal(keys: Keys, sender: str, recipient: str, number: str, letter_id: str, xml: bytes) -> bytes:
    """The letter that carries `xml`: signed, encrypted, ready to be posted."""
    domain = sender.partition("@")[2]
    outer = (f"Date: {formatdate(time.time())}\r\nFrom: {sender}\r\nTo: {recipient}\r\n"
             f"Subject: [...]\r\nMessage-ID: <{letter_id}@{domain}>\r\n"
             "Auto-Submitted: auto-generated\r\n")
    inner = outer.replace("[...]", f"SPS certificate {number}")
    hints = "".join(f"HP-Outer: {line}\r\n" for line in outer.splitlines())
    entity = (f"MIME-Version: 1.0\r\n{inner}Certpost-Kind: certificate; version=1\r\n"
              f'{hints}Content-Type: application/xml; charset=utf-8; hp="cipher"\r\n'
              "Content-Transfer-Encoding: base64\r\n"
              f'Content-Disposition: attachment; filename="{number}.xml"\r\n\r\n').encode()
    entity += _base64(xml)
    signed = (pkcs7.PKCS7SignatureBuilder().set_data(entity)
              .add_signer(keys.signer, keys.signing_key, hashes.SHA256())
              .sign(serialization.Encoding.DER, PLAIN))
    sealed = (pkcs7.PKCS7EnvelopeBuilder().set_data(SIGNED + _base64(signed))
              .add_recipient(keys.recipient)
              .set_content_encryption_algorithm(algorithms.AES256)
              .encrypt(serialization.Encoding.DER, BINARY))
    return f"{outer}MIME-Version: 1.0\r\n{SEALED}".encode() + _base64(sealed)


def unseal(keys: Keys, letter: bytes) -> bytes:
    """The XML in a letter, if the pinned signer signed it."""
    sealed = message_from_bytes(letter).get_payload(decode=True)
    signed = pkcs7.pkcs7_decrypt_der(sealed, keys.opener, keys.opening_key, [])
    data = cms.ContentInfo.load(message_from_bytes(signed).get_payload(decode=True))["content"]
    entity = data["encap_content_info"]["content"].native
    _verify(keys, data, entity)
    return message_from_bytes(entity).get_payload(decode=True)


def _verify(keys: Keys, data: cms.SignedData, entity: bytes) -> None:
    if len(data["signer_infos"]) != 1:
        raise Refused("not one signer")
    if all(each.chosen.dump() != keys.pinned for each in data["certificates"]):
        raise Refused("not the pinned signer")
    info = data["signer_infos"][0]
    if info["digest_algorithm"]["algorithm"].native != "sha256":
        raise Refused("another digest")
    attributes = info["signed_attrs"]
    said = {each["type"].native: each["values"][0].native for each in attributes}
    if said["message_digest"] != hashlib.sha256(entity).digest():
        raise Refused("the digest is another one")
    # Signed is the SET OF, not the [0] that stands in the structure.
    octets = b"\x31" + attributes.dump()[1:]
    signature, key = info["signature"].native, keys.signer.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, octets, ec.ECDSA(hashes.SHA256()))
    else:
        key.verify(signature, octets, padding.PKCS1v15(), hashes.SHA256())


def _base64(octets: bytes) -> bytes:
    """Base64 at 76 characters a line, each with its CRLF."""
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")
