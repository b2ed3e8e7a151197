#!/usr/bin/env python3
"""The judge of receipts: Python's email package and the openssl command.

    receipts.py judge RECEIPT ENTITY FOLDER   judges a receipt of certpost
    receipts.py make FOLDER ENTITY            makes receipts for certpost to judge

`judge` decrypts the letter with `openssl cms -decrypt` if it is sealed (FOLDER
holds open.pem and open.key), verifies it with `openssl cms -verify` (ca.pem, and
signer.pem if only that one may have signed),
takes it apart with the email package, digests ENTITY itself and prints what it
found as JSON; it ends with 1 and words if anything is not as RFC 1847, 3335
and 8098 have it.

`make` writes right.eml and others, right and wrong, into FOLDER, which holds
partner.pem, partner.key, stranger.pem and stranger.key, and facts.json with
`us`, `partner` and `original`.
"""

import base64
import email
import email.policy
import hashlib
import json
import subprocess
import sys
from pathlib import Path

WAIT = 60  # seconds that one openssl command may take
AT = 1795465867  # when receipts are judged that tests/it/receipts.rs has made; 0: now
DIGESTS = {"sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512"}
# Both in the order of the drawing; what may be left out is not demanded.
HEADER = ["Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References",
          "Auto-Submitted"]
DEMANDED = ["Reporting-UA", "Final-Recipient", "Original-Message-ID", "Disposition",
            "Received-Content-MIC"]


class Wrong(Exception):
    """The receipt is not as it should be; the words say where."""


def demand(truth: object, words: str) -> None:
    if not truth:
        raise Wrong(words)


# ------------ Judging --------------------------------------------------------


def judge(letter: bytes, entity: bytes, folder: Path, at: int = AT) -> dict:
    demand(letter.count(b"\n") == letter.count(b"\r\n"), "a line without CRLF")
    demand(letter.isascii(), "an octet that is no ASCII")
    outer = email.message_from_bytes(letter, policy=email.policy.SMTP)
    demand(outer["Auto-Submitted"] == "auto-replied", "Auto-Submitted")
    if outer.get_content_type() == "multipart/signed":
        content = in_clear(letter, outer, folder, at)
        report, fields = judge_report(content, entity, outer.get_param("micalg"))
        demand(report.get_param("hp") == "clear", "hp")
        demand("HP-Outer" not in report, "HP-Outer in a receipt in clear")
        same(report, outer, HEADER)
    else:
        content = opened(letter, outer, folder, at)
        report, fields = judge_report(content, entity, None)
        demand(report.get_param("hp") == "cipher", "hp")
        demand(outer["Subject"] == "[...]", "the outer Subject tells something")
        same(report, outer, [name for name in HEADER if name != "Subject"])
        outside = [line.split(": ", 1) for line in report.get_all("HP-Outer")]
        demand([name for name, _ in outside] == HEADER, f"HP-Outer: {outside}")
        demand(all(outer[name] == value for name, value in outside), "HP-Outer is not the outer")
    human, _ = report.iter_parts()
    return {"to": outer["To"], "human": human.get_content(), "fields": fields}


def same(report, outer, names: list[str]) -> None:
    for name in names:
        demand(report.get_all(name) == outer.get_all(name), f"{name} differs inside")
        demand(len(report.get_all(name)) == 1, f"{name} does not stand once")


def in_clear(letter: bytes, outer, folder: Path, at: int) -> bytes:
    """The signed octets of a receipt in clear."""
    demand(outer.get_param("protocol") == "application/pkcs7-signature", "protocol")
    demand(outer.get_param("micalg") in DIGESTS, f"micalg is {outer.get_param('micalg')}")
    parts = list(outer.iter_parts())
    demand(len(parts) == 2, f"{len(parts)} parts")
    demand(parts[1].get_content_type() == "application/pkcs7-signature", "second part")
    # Without -binary: only so does the command make line ends canonical.
    content = verified(letter, folder, at, [])
    # The very octets between the delimiters are what was signed.
    boundary = b"--" + outer.get_boundary().encode()
    first = letter.split(b"\r\n" + boundary)[1].removeprefix(b"\r\n")
    demand(first == content, "the signed octets are not part 1 as it stands")
    return content


def opened(letter: bytes, outer, folder: Path, at: int) -> bytes:
    """The signed octets of a sealed receipt."""
    demand(outer.get_content_type() == "application/pkcs7-mime", "not sealed")
    demand(outer.get_param("smime-type") == "authEnveloped-data", "smime-type")
    signed = openssl(["-decrypt", "-recip", str(folder / "open.pem"),
                      "-inkey", str(folder / "open.key")], letter)
    return verified(signed, folder, at, ["-binary"])


def verified(signed: bytes, folder: Path, at: int, options: list[str]) -> bytes:
    options = [*options, "-attime", str(at)] if at else options
    # Where it is known whose signer it has to be, no other will do.
    if (folder / "signer.pem").exists():
        options = [*options, "-nointern", "-certfile", str(folder / "signer.pem")]
    return openssl(["-verify", "-CAfile", str(folder / "ca.pem"), "-purpose", "smimesign",
                    *options], signed)


def openssl(arguments: list[str], octets: bytes) -> bytes:
    run = subprocess.run(["openssl", "cms", *arguments], input=octets, capture_output=True,
                         timeout=WAIT, check=False)
    demand(run.returncode == 0, run.stderr.decode(errors="replace"))
    return run.stdout


def judge_report(content: bytes, entity: bytes, micalg: str | None):
    report = email.message_from_bytes(content, policy=email.policy.SMTP)
    demand(report.get_content_type() == "multipart/report", "what is signed is no report")
    demand(report.get_param("report-type") == "disposition-notification", "report-type")
    human, machine = report.iter_parts()
    demand(human.get_content_type() == "text/plain", "the human part")
    demand(machine.get_content_type() == "message/disposition-notification", "the machine part")
    fields = machine_fields(content)
    names = [name for name, _ in fields]
    demand(len(names) == len(set(names)), "a field stands twice")
    demand([name for name in names if name in DEMANDED] == DEMANDED, f"fields: {names}")
    values = dict(fields)
    digest, algorithm = (word.strip() for word in values["Received-Content-MIC"].split(","))
    # It is spelled as the sender of the letter spells it.
    plain = algorithm.lower().removeprefix("rsa-").replace("-", "")
    demand(plain in DIGESTS.values(), f"the MIC's algorithm is {algorithm}")
    demand(DIGESTS.get(micalg, plain) == plain, "the MIC's algorithm is not the signature's")
    wanted = hashlib.new(plain, entity).digest()
    demand(base64.b64decode(digest, validate=True) == wanted, "the MIC is not the entity's")
    return report, values


def machine_fields(report: bytes) -> list[tuple[str, str]]:
    """The machine part's fields as they stand: one line each."""
    head, _, rest = report.partition(b"Content-Type: message/disposition-notification\r\n")
    demand(head, "no machine part")
    _, _, body = rest.partition(b"\r\n\r\n")
    lines = body.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    demand(not any(line.startswith((" ", "\t")) for line in lines), "a folded line")
    return [tuple(line.split(": ", 1)) for line in lines]


# ------------ Making ---------------------------------------------------------


def make(folder: Path, entity: bytes) -> None:
    facts = json.loads((folder / "facts.json").read_text())
    digest = base64.b64encode(hashlib.sha256(entity).digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(entity + b"\r\n").digest()).decode()
    right = report(facts, "processed", f"{digest}, sha256")
    error = "processed/Error: unexpected-processing-error"
    duplicate = "processed/Warning: duplicate-document"
    made = {
        "right": signed(folder, facts, right, "partner"),
        "wrong-mic": signed(folder, facts, report(facts, "processed", f"{wrong}, sha-256"),
                            "partner"),
        "other-signer": signed(folder, facts, right, "stranger"),
        "no-mic": signed(folder, facts, report(facts, "processed", None), "partner"),
        "error": signed(folder, facts, report(facts, error, f"{digest}, SHA-256"), "partner"),
        "duplicate": signed(folder, facts, report(facts, duplicate, None), "partner"),
        "plain": header(facts) + right,
        "opaque": signed(folder, facts, right, "partner", "opaque"),
        "two-signers": signed(folder, facts, right, "partner", "two"),
        "sha1": signed(folder, facts, right, "partner", "sha1"),
    }
    made["altered"] = made["right"].replace(b"was taken", b"was given")
    demand(made["altered"] != made["right"], "nothing was altered")
    for name, letter in made.items():
        letter = letter.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        (folder / f"{name}.eml").write_bytes(letter)


def report(facts: dict, disposition: str, mic: str | None) -> bytes:
    """A report written by the email package, in the manner of AS2 products."""
    human = email.message.EmailMessage(policy=email.policy.SMTP)
    human.set_content("The letter was taken.\n")
    machine = email.message.Message(policy=email.policy.SMTP)
    machine["Content-Type"] = "message/disposition-notification"
    fields = [
        "Reporting-UA: a peer",
        f"Original-Recipient: rfc822; {facts['partner']}",
        f"Final-Recipient: rfc822; {facts['partner']}",
        f"Original-Message-ID: {facts['original']}",
        f"Disposition: automatic-action/MDN-sent-automatically; {disposition}",
    ]
    if mic is not None:
        fields.append(f"Received-Content-MIC: {mic}")
    body = "\r\n".join(fields) + "\r\n"
    whole = email.message.Message(policy=email.policy.SMTP)
    whole.add_header("Content-Type", "multipart/report", report_type="disposition-notification")
    machine.set_payload(body)
    for part in (human, machine):
        whole.attach(part)
    return whole.as_bytes(policy=email.policy.SMTP)


def header(facts: dict) -> bytes:
    lines = [f"From: {facts['partner']}", f"To: {facts['us']}", "Subject: MDN"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def signed(folder: Path, facts: dict, content: bytes, signer: str, *options: str) -> bytes:
    names = [signer]
    if "two" in options:
        names.append("stranger")
    keys = [word for name in names for word in ("-signer", str(folder / f"{name}.pem"),
                                                "-inkey", str(folder / f"{name}.key"))]
    digest = "sha1" if "sha1" in options else "sha256"
    opaque = ["-nodetach"] if "opaque" in options else []
    signature = openssl(["-sign", "-md", digest, "-binary", *opaque, *keys], content)
    return header(facts) + signature


def main() -> int:
    match sys.argv[1:]:
        case ["judge", letter, entity, folder]:
            found = judge(Path(letter).read_bytes(), Path(entity).read_bytes(), Path(folder))
            print(json.dumps(found))
        case ["make", folder, entity]:
            make(Path(folder), Path(entity).read_bytes())
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(1)
