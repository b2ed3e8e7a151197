"""A certificate from JSON to XML and back, with lxml.

Driven by the element table that the bench writes down beside the keys: names,
order and plain fields are looked up, not spelled out. It judges nothing: a
code that is on no list passes, as does a day that no month has.
"""

import json
from pathlib import Path

from lxml import etree

RSM = "urn:un:unece:uncefact:data:standard:SPSCertificate:17"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21"
UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:21"
DATES = {None: f"{{{UDT}}}DateTimeString", "dateTime": f"{{{UDT}}}DateTime"}
INDICATORS = {None: f"{{{UDT}}}Indicator", "string": f"{{{UDT}}}IndicatorString"}
PARSER = {"resolve_entities": False, "no_network": True, "load_dtd": False}


class Table:
    """The element table, looked up both ways."""

    def __init__(self, path: Path):
        table = json.loads(path.read_text())
        self.types = table["types"]
        self.plain = table["plain"]
        for name, elements in self.types.items():
            space = RSM if name == "SPSCertificateType" else RAM
            for element in elements:
                element["tag"] = f"{{{space}}}{element['xml']}"
        self.by_tag = {name: {each["tag"]: each for each in elements}
                       for name, elements in self.types.items()}
        self.members = {each["of"]: {row["group"] or row["field"] for row in self.plain
                                     if row["of"] == each["of"]} for each in self.plain}

    def write(self, body: bytes) -> bytes:
        """The XML of a certificate that is JSON."""
        value = json.loads(body)
        root = etree.Element(f"{{{RSM}}}SPSCertificate", nsmap={"rsm": RSM, "ram": RAM, "udt": UDT})
        self._children(root, value, "SPSCertificateType")
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def read(self, octets: bytes) -> dict:
        """A certificate that is XML, as a dictionary in the names of the JSON."""
        root = etree.fromstring(octets, etree.XMLParser(**PARSER))
        return self._object(root, "SPSCertificateType")

    def _children(self, parent, value: dict, of: str) -> None:
        if of in self.members:
            value = self._unfolded(value, of)
        for element in self.types[of]:
            given = value.get(element["json"])
            if given is None:
                if element["absent"] is None:
                    continue
                given = element["absent"]
                if element["many"]:
                    given = [given]
            for each in given if element["many"] else (given,):
                self._element(parent, each, element)

    def _element(self, parent, value, element: dict) -> None:
        node = etree.SubElement(parent, element["tag"])
        kind = element["kind"]
        if kind == "node":
            self._children(node, value, element["of"])
            return
        leaf = value if isinstance(value, dict) else {"value": value}
        text = leaf.get("value", "")
        if text is True or text is False:
            text = "true" if text else "false"
        if kind in ("date", "indicator") and leaf.get("as") != "text" and text:
            forms = DATES if kind == "date" else INDICATORS
            node = etree.SubElement(node, forms[leaf.get("as")])
        for member, name in element["attributes"].items():
            if member in leaf:
                node.set(name, leaf[member])
        node.text = text

    def _unfolded(self, value: dict, of: str) -> dict:
        """The same object with its plain fields as tagged entries of a list."""
        if of == "SPSProcessType" and value.get("typeCode") != "ZZZ":
            return value
        if self.members[of].isdisjoint(value):
            return value
        value, lists = dict(value), {}
        for row in self.plain:
            if row["of"] != of:
                continue
            given = (value.get(row["group"]) or {}) if row["group"] else value
            given = given.get(row["field"])
            if given is None:
                continue
            entries = lists.setdefault(row["list"], [])
            entries += [_entry(row, each) for each in (given if row["many"] else (given,))]
        for name in self.members[of]:
            value.pop(name, None)
        for name, entries in lists.items():
            value[name] = entries + (value.get(name) or [])
        return value

    def _object(self, node, of: str) -> dict:
        found, known = {}, self.by_tag[of]
        for child in node:
            element = known.get(child.tag)
            if element is None:
                continue
            value = self._value(child, element)
            if element["many"]:
                found.setdefault(element["json"], []).append(value)
            else:
                found[element["json"]] = value
        return found

    def _value(self, node, element: dict):
        if element["kind"] == "node":
            return self._object(node, element["of"])
        if element["kind"] in ("date", "indicator") and len(node):
            node = node[0]
        if not node.attrib:
            return node.text or ""
        return {"value": node.text or "", **node.attrib}


def _entry(row: dict, value) -> dict:
    """The tagged entry that a plain field stands for."""
    tag, short = row["tag"], row["short"]
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, dict) and "value" not in value:
        entry = dict(value)
    elif isinstance(value, dict) and "unitCode" in value:
        entry = {"valueMeasure": value}
    else:
        entry = {short: value if short == "classCode" else [value]}
    if row["mark"] == "subject":
        entry["subject"] = tag
    else:
        entry[row["mark"]] = [tag, *entry.get(row["mark"], [])]
    return entry
