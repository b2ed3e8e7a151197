#!/usr/bin/env python3
"""The counter of `certpost demo`: what was submitted against what came out.

    counter.py FACTS

It shares no code with certpost and believes nothing that certpost says. The
broker itself puts a copy of everything published to certpost.submissions and
certpost.received into two queues of ours; the partner that has no certpost
has the XML that the openssl command opened. A certificate is known by what
stands in it: issuing country, type, number, status and importing country,
read here from its JSON or XML. FACTS is a JSON file:

    {"gateways": {"BV": "amqp://..."}, "opened": {"TF": "folder"}}

Answers with one JSON object; every fault has a line in `words`.
"""

import base64
import json
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

SUBMITTED, RECEIVED, REJECTED = "counter.submitted", "counter.received", "certpost.rejected"
WAYS = ("SPSConsignment/ExportSPSCountry/ID", "SPSExchangedDocument/TypeCode",
        "SPSExchangedDocument/ID", "SPSExchangedDocument/StatusCode",
        "SPSConsignment/ImportSPSCountry/ID")


def main(facts: dict) -> dict:
    import pika  # The judge below needs none.

    submitted, bodies, came, came_xml, back = Counter(), {}, Counter(), {}, []
    names, again = {}, 0
    for code, url in facts["gateways"].items():
        connection = pika.BlockingConnection(pika.URLParameters(url))
        channel = connection.channel()
        for properties, body in everything(channel, SUBMITTED):
            key = known_by(body)
            submitted[key] += 1
            bodies.setdefault(key, (properties.content_type, body))
        for properties, body in everything(channel, RECEIVED):
            xml = base64.b64decode(json.loads(body)["xml"], validate=True)
            place = (code, known_by(xml))
            # The contract: one name for one certificate; the reader drops a
            # second one of the same name.
            if properties.message_id in names.setdefault(place, set()):
                again += 1
                continue
            names[place].add(properties.message_id)
            came[place] += 1
            came_xml[place] = xml
        back += [(code, properties, body) for properties, body in everything(channel, REJECTED)]
        connection.close()
    letters = 0
    for code, folder in facts["opened"].items():
        told = (Path(folder) / "opened.jsonl").read_text(encoding="ascii").splitlines()
        for one in map(json.loads, told):
            letters += 1
            if one["again"] or "xml" not in one:
                again += one["again"]
                continue
            xml = Path(one["xml"]).read_bytes()
            place = (code, known_by(xml))
            came[place] += 1
            came_xml[place] = xml
    return judge(facts, submitted, bodies, came, came_xml, back) | {
        "again": again, "letters": letters}


def judge(facts, submitted, bodies, came, came_xml, back) -> dict:
    words, places = [], {*facts["gateways"], *facts["opened"]}
    refused = {known_by(body) for _, _, body in back}
    lost = twice = forged = differs = nowhere = 0
    for key in submitted:
        place = (key[4], key)
        if key in refused:
            if came[place]:
                forged += 1
                words.append(f"forged: {key} was refused and came out")
        elif key[4] not in places:
            nowhere += 1
        elif not came[place]:
            lost += 1
            words.append(f"lost: {key} was submitted and never came out")
    for place, times in came.items():
        if place[1] not in submitted or place[0] != place[1][4]:
            forged += 1
            words.append(f"forged: {place} came out and was never submitted")
            continue
        if times > 1:
            twice += 1
            words.append(f"twice: {place} came out {times} times")
        content_type, body = bodies[place[1]]
        if content_type == "application/xml" and body != came_xml[place]:
            differs += 1
            words.append(f"differs: {place} came out with other octets")
    return {
        "submitted": sum(submitted.values()), "repeats": sum(submitted.values()) - len(submitted),
        "cameOut": sum(came.values()), "refused": len(back), "nobody": nowhere,
        "lost": lost, "twice": twice, "forged": forged, "differs": differs,
        "rejected": [{"by": code, "findings": findings(properties)}
                     for code, properties, _ in back],
        "words": words[:20],
    }


def everything(channel, queue: str):
    """All that lies in `queue`, in order; it is empty then."""
    while True:
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            return
        yield properties, body


def findings(properties) -> list:
    return json.loads((properties.headers or {}).get("x-certpost-findings", "[]"))


def known_by(octets: bytes) -> tuple:
    return of_json(octets) if octets.lstrip()[:1] == b"{" else of_xml(octets)


def of_xml(octets: bytes) -> tuple:
    root = ElementTree.fromstring(octets)
    ways = ("/".join("{*}" + name for name in way.split("/")) for way in WAYS)
    return tuple((root.findtext(way) or "").strip() for way in ways)


def of_json(octets: bytes) -> tuple:
    body = json.loads(octets)
    document, consignment = body["exchangedDocument"], body["consignment"]
    return tuple(plain(value) for value in (
        consignment["exportCountry"]["id"], document["typeCode"], document["id"],
        document["statusCode"], consignment["importCountry"]["id"]))


def plain(value) -> str:
    return value["value"] if isinstance(value, dict) else value


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
