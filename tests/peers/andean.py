#!/usr/bin/env python3
"""The judge of what is sent to an Andean partner, from the facts alone.

    andean.py FACTS FILE...     FACTS is the folder with elements.tsv

Judges each FILE by the regional columns of elements.tsv (order, least and greatest
numbers), by the rule that no text is empty, by the tags and statuses as
enumerations and by the rules beside tags (ephyto_profile.json). Prints a line for
each file, `good` or the first thing that is wrong; ends with 0 either way.
"""

import csv
import datetime
import json
import re
import sys
import xml.etree.ElementTree as XML
from pathlib import Path

RSM = "{urn:un:unece:uncefact:data:standard:SPSCertificate:17}"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21}"
UDT = "{urn:un:unece:uncefact:data:standard:UnqualifiedDataType:21}"
# Of a tagged entry: where the tag stands, and where its values do.
TAGGED = {"SPSNoteType": ("Subject", ["Content"]),
          "SPSClassificationType": ("SystemName", ["ClassCode", "ClassName"]),
          "SPSProcessCharacteristicType": ("Description", ["Description"])}


class Wrong(Exception):
    """The document would be refused; the words say where and why."""


class Judge:
    def __init__(self, facts):
        self.types = {}
        with open(facts / "elements.tsv", encoding="utf-8") as table:
            for row in csv.DictReader(table, delimiter="\t"):
                self.types.setdefault(row["parent"], []).append(row)
        profile = json.loads((facts / "ephyto_profile.json").read_text(encoding="utf-8"))
        self.statuses = set(profile["status"])
        self.rules = {tag: told["rule"] for tag, told in profile["tags"].items()}

    def document(self, root):
        if root.tag != RSM + "SPSCertificate":
            raise Wrong(f"the root is {root.tag}")
        parts = [part for part in root if part.tag.startswith((RSM, RAM))]
        if [part.tag for part in parts] != [RSM + "SPSExchangedDocument", RSM + "SPSConsignment"]:
            raise Wrong("the root has other parts")
        for part in parts:
            self.node(part, part.tag[len(RSM):] + "Type", part.tag[len(RSM):])

    def node(self, node, of, path):
        rows = self.types[of]
        places = {row["element"]: place for place, row in enumerate(rows)}
        last = 0
        for child in node:
            name = child.tag.removeprefix(RAM)
            if name not in places:
                raise Wrong(f"{path}: {child.tag} is unknown")
            if places[name] < last:
                raise Wrong(f"{path}: {name} stands too late")
            last = places[name]
        for row in rows:
            found = [child for child in node if child.tag == RAM + row["element"]]
            if len(found) < int(row["regional_min"]):
                raise Wrong(f"{path}/{row['element']} is missing")
            if row["regional_max"] != "n" and len(found) > int(row["regional_max"]):
                raise Wrong(f"{path}/{row['element']} stands too often")
            for place, child in enumerate(found):
                below = f"{path}/{row['element']}[{place + 1}]"
                kind = row["type"].split(":")[1]
                if kind in self.types:
                    self.node(child, kind, below)
                else:
                    self.leaf(child, kind, below, row)
        self.beside_tag(node, of, path)

    def leaf(self, leaf, kind, path, row):
        if kind == "DateTimeType":
            if [child.tag for child in leaf] not in ([UDT + "DateTimeString"], [UDT + "DateTime"]):
                raise Wrong(f"{path} is no udt date")
            text = leaf[0].text or ""
        else:
            text = leaf.text or ""
        enumerated = kind in ("AcronymSubjectCodesType", "StatusCodeType")
        if not text and (kind in ("TextType", "DateTimeType") or enumerated):
            raise Wrong(f"{path} is empty")
        if kind == "AcronymSubjectCodesType" and text not in self.rules:
            raise Wrong(f"{path}: {text} is no tag")
        if row["code_table"] == "4405_status" and text not in self.statuses:
            raise Wrong(f"{path}: {text} is no status")

    def beside_tag(self, node, of, path):
        if of not in TAGGED:
            return
        where, values = TAGGED[of]
        tag = node.findtext(RAM + where) or ""
        rule = self.rules.get(tag)
        if not rule:
            return
        if of == "SPSClassificationType":
            values = ["ClassCode"] if tag == "HS" else ["ClassName"]
        found = [value.text or "" for name in values for value in node.findall(RAM + name)]
        if where == values[0]:
            found = found[1:]
        for text in found:
            if text and not obeys(rule, text):
                raise Wrong(f"{path}: beside {tag} stands {text[:40]!r}")


def obeys(rule, text):
    kind = rule["childType"]
    if kind == "string":
        return len(text) <= int(rule["childMaxLength"])
    if kind == "boolean":
        return text.lower() in ("true", "false")
    if kind == "integer":
        return bool(re.fullmatch(r"[0-9]{1,%s}" % rule["childTotalDigits"], text))
    if kind == "decimal":
        whole, _, behind = text.lstrip("-").partition(".")
        return (bool(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text))
                and len(whole + behind) <= int(rule["childTotalDigits"])
                and len(behind) <= int(rule["childFractionDigits"]))
    if kind == "dateTime":
        try:
            datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            return False
        return True
    raise SystemExit(f"andean.py: no rule is known for {kind}")


def main(facts, files):
    judge = Judge(Path(facts))
    for file in files:
        try:
            judge.document(XML.parse(file).getroot())
            print("good")
        except Wrong as wrong:
            print(wrong)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    main(sys.argv[1], sys.argv[2:])
