#!/usr/bin/python3
"""A second converter between certificate XML and certificate JSON.

Written from SUBMISSION.md, the tables beside it and nothing else, so that
where it and certpost disagree, one of the two has misread the words.

    converter.py to-json FILE
    converter.py to-xml FILE
    converter.py digest FILE
    converter.py random-xml SEED
    converter.py random-json SEED
    converter.py compare --certpost target/debug/certpost --count 1000 --seed 1
"""

import argparse
import copy
import hashlib
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from peers import model, octets, plainfields  # noqa: E402 (a script finds its package first)

# What a certificate must say; never written empty, never invented (rule 10).
NEEDED = {
    model.ROOT: ("exchangedDocument", "consignment"),
    model.DOCUMENT: ("id", "typeCode", "statusCode", "issueDateTime"),
    model.CONSIGNMENT: ("consignorParty", "consigneeParty", "exportCountry", "importCountry",
                        "includedConsignmentItem"),
    "SPSConsignmentItemType": ("includedTradeLineItem",),
    model.TRADE_LINE: ("description",),
}
# Mandatory elements that say something else than nothing when absent.
WHEN_ABSENT = {"hierarchicalLevelCode": "0"}
DATES = {"DateTimeString": None, "DateTime": "dateTime"}
INDICATORS = {"Indicator": None, "IndicatorString": "string"}
PREFIXES = {model.CERTIFICATE: "rsm", model.AGGREGATE: "ram", model.UNQUALIFIED: "udt",
            octets.XML: "xml"}
BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_TABLE = []


class Refused(Exception):
    """The document cannot be converted; where and why."""


def table() -> model.Model:
    """The element table that is in use."""
    if not _TABLE:
        use(model.ELEMENTS)
    return _TABLE[0]


def use(elements: Path) -> None:
    """Reads another element table."""
    _TABLE[:] = [model.load(elements)]


def xml_to_json(document: bytes) -> dict:
    """A certificate in XML as JSON, with plain fields."""
    value = _mechanical(document)
    _each_group(value, model.ROOT, _fold)
    return value


def json_to_xml(value: dict) -> bytes:
    """A certificate in JSON as XML: one line, strict order."""
    value = _tidy(value)
    if value.pop("schema", model.SCHEMA) != model.SCHEMA:
        raise Refused(f"/schema is not {model.SCHEMA}")
    _each_group(value, model.ROOT, _unfold)
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for uri, prefix in PREFIXES.items() if prefix != "xml")
    text = (f"<?xml version='1.0' encoding='UTF-8'?>\n<rsm:SPSCertificate{spaces}"
            f"{_foreign_attributes(value)}>{_write_children(value, model.ROOT, '')}"
            "</rsm:SPSCertificate>")
    return text.encode()


def content_digest(value: dict) -> str:
    """SHA-256 of the canonical certificate (CONTRACT.md): mechanical names,
    plain fields written out in our order, sorted keys, no blanks."""
    value = _without_spelling(value)
    canonical = json.dumps(_mechanical(json_to_xml(value)), ensure_ascii=False, sort_keys=True,
                           separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


# ------------------------------------------------------------------ XML to JSON

def _mechanical(document: bytes) -> dict:
    """A certificate in XML as JSON in mechanical names only."""
    try:
        root = octets.read(document)
    except octets.NotReadable as error:
        raise Refused(str(error)) from error
    if (root.namespace, root.name) != (model.CERTIFICATE, "SPSCertificate"):
        raise Refused(f"the root is {root.name}")
    return {"schema": model.SCHEMA, **_read_group(root, model.ROOT)}


def _read_group(node: octets.Node, type_: str) -> dict:
    """An element with elements in it, as an object."""
    found, unknown = {}, []
    for child in node.elements():
        element = table().of_name(type_, child.namespace, child.name)
        if element is None or not element.many and element in found:
            unknown.append(octets.canonical(child))
        else:
            found.setdefault(element, []).append(_read(child, element))
    value = {}
    for element, values in found.items():
        if not (element.mandatory and len(values) == 1 and _says_nothing(values[0], element)):
            value[element.member] = values if element.many else values[0]
    return _with_rest(value, node.attributes, unknown)


def _read(node: octets.Node, element: model.Element):
    """An element of the standard as JSON."""
    if element.kind == "group":
        return _read_group(node, element.type)
    if element.kind == "leaf":
        return _read_leaf(node, element, None, node.elements())
    forms = DATES if element.kind == "date" else INDICATORS
    inner = next((each for each in node.elements()
                  if each.namespace == model.UNQUALIFIED and each.name in forms), None)
    if inner is None:
        return _read_leaf(node, element, "text", node.elements())
    others = [each for each in node.elements() if each is not inner] + inner.elements()
    return _read_leaf(inner, element, forms[inner.name], others, node.attributes)


def _read_leaf(node, element, form, others, outer=()):
    """A leaf in its shortest form: a string, or an object with attributes.
    `outer` are those around a typed date or indicator; the schema has none."""
    known = {}
    if element.kind == "leaf" or node.name in ("DateTimeString", "IndicatorString"):
        known = {each.name: each.member for each in element.attributes}
    value, rest = {"value": _collapsed(node.text(), element)}, list(outer)
    for each in node.attributes:
        if not each.namespace and each.name in known:
            value[known[each.name]] = each.value
        else:
            rest.append(each)
    if form:
        value["as"] = form
    _with_rest(value, rest, [octets.canonical(each) for each in others])
    return value["value"] if len(value) == 1 else value


def _collapsed(text: str, element: model.Element) -> str:
    """Codes, ids, numbers and dates without the blanks that the XSD collapses;
    base64 without any, and what is not base64 as typed."""
    words = [word for word in re.split("[ \t\r\n]+", text) if word]
    if element.type == "BinaryObjectType":
        joined = "".join(words)
        return joined if BASE64.fullmatch(joined) else text
    return text if element.typed else " ".join(words)


def _with_rest(value: dict, attributes: list, unknown: list) -> dict:
    """Adds what the schema lacks, as `$xml`."""
    foreign = {each.key: each.value for each in attributes
               if (each.namespace, each.name) != (octets.XSI, "schemaLocation")}
    if foreign:
        value.setdefault("$xml", {})["attributes"] = foreign
    if unknown:
        value.setdefault("$xml", {})["unknown"] = unknown
    return value


def _says_nothing(value, element: model.Element) -> bool:
    """Whether a mandatory element says no more than if it were absent."""
    if element.kind == "date" and isinstance(value, dict) and set(value) == {"value", "as"}:
        value = value["value"]
    return value in ("", {}, WHEN_ABSENT.get(element.member, ""))


def _each_group(value: dict, type_: str, work) -> None:
    """Does work on an object and then on every object below it."""
    work(value, type_)
    for element in table().types[type_]:
        if element.kind == "group":
            for child in _list(value.get(element.member)):
                if isinstance(child, dict):
                    _each_group(child, element.type, work)


def _fold(value: dict, type_: str) -> None:
    """Plain fields in place of tagged entries, and booleans as such."""
    for tagged in model.tagged(type_, value):
        plainfields.fold(tagged, value)
    for element in table().types[type_]:
        if element.kind == "boolean" and element.member in value:
            _read_boolean(value, element.member)


def _read_boolean(value: dict, member: str) -> None:
    """The text of an indicator as a boolean, its spelling beside it."""
    leaf = value[member]
    text = leaf["value"] if isinstance(leaf, dict) else leaf
    truth = plainfields.TRUTH.get(text.lower())
    if truth is None:
        return
    value[member] = {**leaf, "value": truth} if isinstance(leaf, dict) else truth
    if text not in ("true", "false"):
        value.setdefault("$xml", {}).setdefault("spelling", {})[member] = text


# ------------------------------------------------------------------ JSON to XML

def _tidy(value, member: str = ""):
    """A copy without nulls and with `{"value": "x"}` as `"x"` (rule 4)."""
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    if not isinstance(value, dict):
        return value
    value = {key: _tidy(each, key) for key, each in value.items() if each is not None}
    if set(value) == {"value"} and member != "otherQuantity":
        return value["value"]
    return value


def _unfold(value: dict, type_: str) -> None:
    """Tagged entries in place of plain fields; booleans as they are spelled."""
    for tagged in model.tagged(type_, value):
        _check_groups_of_fields(tagged, value)
        try:
            plainfields.unfold(tagged, value)
        except plainfields.Clash as clash:
            raise Refused(str(clash)) from clash
    spelling = (value.get("$xml") or {}).get("spelling") or {}
    for element in table().types[type_]:
        if element.kind == "boolean" and element.member in value:
            value[element.member] = _spelled(value[element.member], spelling.get(element.member))


def _check_groups_of_fields(tagged: model.Tagged, value: dict) -> None:
    """Refuses unknown members of `replacement`, `otherQuantity`, `reExport`."""
    for head in tagged.heads():
        known = {plain.path[1] for plain in tagged.fields if plain.path[0] == head and plain.path[1:]}
        if known and isinstance(value.get(head), dict):
            for member in set(value[head]) - known - {"$xml"}:
                raise Refused(f"/{head}/{member} unknown-field")


def _spelled(leaf, spelling):
    """The text of an indicator, from a boolean and how it was spelled."""
    truth = leaf.get("value") if isinstance(leaf, dict) else leaf
    if not isinstance(truth, bool):
        return leaf
    good = isinstance(spelling, str) and plainfields.TRUTH.get(spelling.lower()) is truth
    text = spelling if good else str(truth).lower()
    return {**leaf, "value": text} if isinstance(leaf, dict) else text


def _write_children(value: dict, type_: str, pointer: str) -> str:
    """Everything inside an element that has elements in it."""
    _check_members(value, type_, pointer)
    parts = []
    for element in table().types[type_]:
        here = f"{pointer}/{element.member}"
        given = value.get(element.member)
        if element.many != isinstance(given, list) and given is not None:
            raise Refused(f"{here} {'list-wanted' if element.many else 'no-list-wanted'}")
        if element.member in NEEDED.get(type_, ()) and given in (None, "", []):
            raise Refused(f"{here} missing")
        entries = _list(given)
        if not entries and element.mandatory:
            entries = [{} if element.kind == "group" else WHEN_ABSENT.get(element.member, "")]
        if element.mandatory and not element.many and entries == [""]:
            entries = [WHEN_ABSENT.get(element.member, "")]
        parts += [_write(each, element, here) for each in entries]
    return "".join(parts) + _unknown(value)


def _check_members(value: dict, type_: str, pointer: str) -> None:
    """Refuses what is no object, and members that the table lacks."""
    if not isinstance(value, dict):
        raise Refused(f"{pointer} object-wanted")
    known = {each.member for each in table().types[type_]} | {"$xml"}
    for member in value:
        if member not in known:
            raise Refused(f"{pointer}/{member} unknown-field")


def _write(value, element: model.Element, pointer: str) -> str:
    """One element of the standard."""
    name = f"{PREFIXES[element.namespace]}:{element.name}"
    if element.kind == "group":
        inside = _write_children(value, element.type, pointer)
        return _tags(name, _foreign_attributes(value), inside)
    leaf = value if isinstance(value, dict) else {"value": value}
    text = leaf.get("value", "")
    if not isinstance(text, str):
        raise Refused(f"{pointer} {'number-not-string' if element.type in model.NUMBERS else 'string-wanted'}")
    _check_leaf(leaf, element, pointer)
    if element.kind == "leaf":
        return _tags(name, _attributes(leaf, element) + _foreign_attributes(leaf),
                     octets.escape_text(text) + _unknown(leaf))
    return _tags(name, _foreign_attributes(leaf),
                 _write_typed(text, leaf, element, pointer) + _unknown(leaf))


def _write_typed(text: str, leaf: dict, element: model.Element, pointer: str) -> str:
    """What stands inside a date or an indicator."""
    forms = DATES if element.kind == "date" else INDICATORS
    form = leaf.get("as")
    if form == "text":
        return octets.escape_text(text)
    name = next((each for each, said in forms.items() if said == form), None)
    if name is None:
        raise Refused(f"{pointer}/as unknown: {form}")
    return _tags(f"udt:{name}", _attributes(leaf, element), octets.escape_text(text))


def _check_leaf(leaf: dict, element: model.Element, pointer: str) -> None:
    """Refuses members that a leaf of this type has not."""
    known = {each.member for each in element.attributes} | {"value", "$xml"}
    if element.kind != "leaf":
        known.add("as")
    for member, value in leaf.items():
        if member not in known:
            raise Refused(f"{pointer}/{member} unknown-field")
        if member != "$xml" and not isinstance(value, str):
            raise Refused(f"{pointer}/{member} string-wanted")


def _attributes(leaf: dict, element: model.Element) -> str:
    """The attributes that the schema has, in its order."""
    return "".join(f' {each.name}="{octets.escape_value(leaf[each.member])}"'
                   for each in element.attributes if each.member in leaf)


def _foreign_attributes(value: dict) -> str:
    """The attributes that the schema lacks, sorted by their keys."""
    words, fresh = [], 0
    for key, text in sorted((_xml(value).get("attributes") or {}).items()):
        namespace, _, name = key[1:].rpartition("}") if key.startswith("{") else ("", "", key)
        if namespace and namespace not in PREFIXES:
            words.append(f' xmlns:ns{fresh}="{octets.escape_value(namespace)}"')
            name, fresh = f"ns{fresh}:{name}", fresh + 1
        elif namespace:
            name = f"{PREFIXES[namespace]}:{name}"
        words.append(f' {name}="{octets.escape_value(text)}"')
    return "".join(words)


def _unknown(value: dict) -> str:
    """The elements that the schema lacks, as they were kept."""
    return "".join(_xml(value).get("unknown") or [])


def _xml(value: dict) -> dict:
    return value.get("$xml") or {}


def _tags(name: str, attributes: str, inside: str) -> str:
    return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"


def _list(given) -> list:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def _without_spelling(value):
    """A copy without `$xml.order` and `$xml.spelling`."""
    if isinstance(value, list):
        return [_without_spelling(each) for each in value]
    if not isinstance(value, dict):
        return value
    value = {key: _without_spelling(each) for key, each in value.items() if key != "$xml"} | (
        {"$xml": copy.deepcopy(value["$xml"])} if _xml(value) else {})
    for name in ("order", "spelling"):
        _xml(value).pop(name, None)
    return value


# ----------------------------------------------------------------- command line

def main() -> int:
    """Reads the command line and does what it says."""
    options = _options()
    use(options.elements)
    try:
        return _do(options)
    except Refused as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 1


def _do(options) -> int:
    if options.what == "compare":
        from peers import agreement
        return agreement.run(options)
    if options.what.startswith("random"):
        from peers import inventor
        made = (inventor.random_xml(options.seed) if options.what == "random-xml"
                else _text(inventor.random_json(options.seed)))
    elif options.what == "to-json":
        made = _text(xml_to_json(options.file.read_bytes()))
    elif options.what == "to-xml":
        made = json_to_xml(json.loads(options.file.read_bytes()))
    else:
        made = f"{content_digest(_read_either(options.file.read_bytes()))}\n".encode()
    sys.stdout.buffer.write(made)
    return 0


def _read_either(document: bytes) -> dict:
    """A certificate as JSON, from either form."""
    return xml_to_json(document) if document.lstrip()[:1] == b"<" else json.loads(document)


def _text(value: dict) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--elements", type=Path, default=model.ELEMENTS, help="elements.tsv")
    commands = parser.add_subparsers(dest="what", required=True)
    for name in ("to-json", "to-xml", "digest"):
        commands.add_parser(name).add_argument("file", type=Path)
    for name in ("random-xml", "random-json"):
        commands.add_parser(name).add_argument("seed", type=int)
    compare = commands.add_parser("compare")
    compare.add_argument("--certpost", type=Path, required=True, help="the binary to judge")
    compare.add_argument("--count", type=int, default=1000, help="documents of each kind")
    compare.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    compare.add_argument("--elements", type=Path, default=argparse.SUPPRESS, help="elements.tsv")
    compare.add_argument("--xsd", type=Path, help="the schema, for xmllint to judge by")
    compare.add_argument("--back", action="store_true",
                         help="also write the JSON of each random XML as XML again; "
                              "it must say the same")
    return parser.parse_args()


def random_xml(seed: int) -> bytes:
    """A certificate in XML, drawn by lot over the whole table."""
    from peers import inventor
    return inventor.random_xml(seed)


def random_json(seed: int) -> dict:
    """A submission in JSON, drawn by lot over the whole table."""
    from peers import inventor
    return inventor.random_json(seed)


if __name__ == "__main__":
    # The modules beside this one shall see this one, not a second copy.
    sys.modules["peers.converter"] = sys.modules["__main__"]
    sys.exit(main())
