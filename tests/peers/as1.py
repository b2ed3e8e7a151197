#!/usr/bin/env python3
"""An AS1 product: pyas2lib, with a letter's header around what it makes.

    as1.py send FOLDER           writes as1.eml, and as1.mic as pyas2lib has it
    as1.py judge FOLDER LETTER   what pyas2lib makes of our receipt for as1.eml
    as1.py answer FOLDER FACTS   writes as1.eml, its receipt for a letter of ours

FOLDER holds io.pem and io.key (the product's), own-sign.pem, own-decrypt.pem
(ours) and authority.pem; as1.json and as1.xml say what is sent. FACTS is JSON:
messageId and mic of our letter. Every signature, digest, cipher and verdict is
pyas2lib's; its AS2 names and HTTP headers are not used.

It signs a body alone. The header of the letter, with the address for the
receipt, is put under its signature here, since certpost believes nothing else.
"""

import base64
import binascii
import hashlib
import json
import re
import sys
from email import encoders, message, utils
from email.mime.multipart import MIMEMultipart
from pathlib import Path

# oscrypto 1.3.0 looks for a version of three digits, and finds none in 3.0.22.
_search = re.search
re.search = lambda pattern, text, *more: _search(
    pattern, re.sub(r"(OpenSSL \d\.\d\.\d)\d+", r"\1", text)
    if isinstance(text, str) else text, *more)
from pyas2lib import as2, cms, utils as as2_utils  # noqa: E402
re.search = _search

US = "push@ecert.bv.example"
THEM = "push@ecert.io.example"
NAME = "IO-AS2"  # what it calls itself in its receipts


def send(folder: Path) -> None:
    facts = json.loads((folder / "as1.json").read_text())
    payload = message.Message()
    for field, value in {
        "From": THEM, "To": US, "Date": utils.formatdate(), "Subject": facts["subject"],
        "Message-ID": facts["messageId"],
        "Disposition-Notification-To": THEM,
        "Disposition-Notification-Options": "signed-receipt-protocol=required, pkcs7-signature; "
                                            "signed-receipt-micalg=optional, sha256",
    }.items():
        payload[field] = value
    payload.set_payload((folder / "as1.xml").read_bytes())
    payload.set_type("application/xml")
    encoders.encode_base64(payload)
    del payload["MIME-Version"]

    # As pyas2lib's Message.build does.
    content = as2_utils.canonicalize(payload)
    mic = binascii.b2a_base64(hashlib.sha256(content).digest()).strip()
    signature = _signature(cms.sign_message(content, "sha256", _key(folder)))
    whole = MIMEMultipart("signed", protocol="application/pkcs7-signature", micalg="sha256")
    del whole["MIME-Version"]
    whole.attach(payload)
    whole.attach(signature)
    sealed = cms.encrypt_message(as2_utils.mime_to_bytes(whole), "aes_256_cbc",
                                 _partner(folder).load_encrypt_cert())
    (folder / "as1.mic").write_bytes(mic)
    _write(folder, facts["messageId"], [
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
        "Content-Transfer-Encoding: base64", "",
    ], base64.encodebytes(sealed))


def judge(folder: Path, letter: Path) -> dict:
    """What pyas2lib says of our receipt, and of the same for another message."""
    facts = json.loads((folder / "as1.json").read_text())
    said = {}
    for name, mic in (("right", (folder / "as1.mic").read_bytes()), ("other", b"AAAA")):
        sent = as2.Message(as2.Organization(as2_name=NAME), _partner(folder))
        sent.message_id = facts["messageId"].strip("<>")
        sent.mic = mic
        mdn = as2.Mdn()
        found = []
        status, detail = mdn.parse(letter.read_bytes(),
                                   lambda id, _: found.append(id) or sent)
        said[name] = {"status": status, "detail": detail, "digest": mdn.digest_alg,
                      "asked": found == [sent.message_id]}
    return said


def answer(folder: Path, facts: dict) -> None:
    us = as2.Partner(as2_name="BV", sign_alg="rsassa_pkcs1v15")
    received = as2.Message(us, as2.Organization(as2_name=NAME, sign_key=_pem(folder)))
    received.message_id = facts["messageId"].strip("<>")
    received.mic = facts["mic"].encode()
    received.digest_alg = "sha256"
    received.payload = message.Message()
    for field, value in {
        "as2-to": NAME, "as2-from": "BV",
        "disposition-notification-options": "signed-receipt-protocol=optional, pkcs7-signature;"
                                            " signed-receipt-micalg=optional, sha-256",
    }.items():
        received.payload[field] = value
    mdn = as2.Mdn()
    mdn.build(received, "processed")
    head = [f"{field}: {value}" for field, value in mdn.headers.items()
            if field.lower() not in ("message-id", "date")]
    _write(folder, f"<{mdn.message_id}>", [*head, ""], mdn.content)


def _write(folder: Path, message_id: str, head: list[str], body: bytes) -> None:
    lines = [f"From: {THEM}", f"To: {US}", f"Date: {utils.formatdate()}",
             f"Message-ID: {message_id}", "MIME-Version: 1.0"]
    if any(line.lower().startswith("mime-version") for line in head):
        lines.pop()
    text = "\r\n".join([*lines, *head]).encode() + b"\r\n" + body
    (folder / "as1.eml").write_bytes(text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


def _signature(octets: bytes) -> message.Message:
    part = message.Message()
    part.set_type("application/pkcs7-signature")
    part.set_param("name", "smime.p7s")
    part.set_payload(octets)
    encoders.encode_base64(part)
    del part["MIME-Version"]
    return part


def _pem(folder: Path) -> bytes:
    return (folder / "io.key").read_bytes() + (folder / "io.pem").read_bytes()


def _key(folder: Path):
    return as2.Organization(as2_name=NAME, sign_key=_pem(folder)).sign_key


def _partner(folder: Path) -> as2.Partner:
    read = lambda name: (folder / name).read_bytes()  # noqa: E731
    anchor = read("authority.pem")
    return as2.Partner(as2_name="BV", verify_cert=read("own-sign.pem"), verify_cert_ca=anchor,
                       encrypt_cert=read("own-decrypt.pem"), encrypt_cert_ca=anchor,
                       mdn_mode="ASYNC", mdn_digest_alg="sha256")


def main() -> int:
    match sys.argv[1:]:
        case ["send", folder]:
            send(Path(folder))
        case ["judge", folder, letter]:
            print(json.dumps(judge(Path(folder), Path(letter))))
        case ["answer", folder, facts]:
            answer(Path(folder), json.loads(facts))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
