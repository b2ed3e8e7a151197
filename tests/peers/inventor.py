"""Certificates drawn by lot over the whole table: as XML with all that real
files have and worse, and as JSON that a domestic system may submit."""

from . import converter, model, octets
from .lots import TRUTHS, Lots

OLD_TAGS = ("ADCO", "ADIP", "ADDI", "ADAO", "XYZ1", "spsfl", " SPSFL", "ZZZ", "")
MAY_BE_ABSENT = ("name", "actualDateTime", "providerParty", "className", "content",
                 "hierarchicalLevelCode", "examinationEvent", "includedClause",
                 "signatoryAuthentication", "occurrenceLocation", "personName", "marking")
MAY_BE_EMPTY = (*MAY_BE_ABSENT, "subject")
PREFIXES = (("rsm", "ram", "udt"), ("ns0", "ns1", "ns2"), ("urn", "urn1", "urn2"), ("", "a", "b"),
            ("r", "", "u"), ("p", "p1", ""))
FOREIGN = (("x", "urn:example:extra"), ("ex", "http://example.org/ns#"), ("", ""))


def random_xml(seed: int) -> bytes:
    """A certificate in XML."""
    return XmlInventor(seed).document()


def random_json(seed: int) -> dict:
    """A submission in JSON."""
    return JsonInventor(seed).document()


class XmlInventor:
    """Invents one certificate as nodes and spells it as octets."""

    def __init__(self, seed: int):
        self.lots = Lots(f"xml {seed}", converter.table())
        self.random, self.chance = self.lots.random, self.lots.chance
        self.table = self.lots.table
        self.density = self.random.choice((0.03, 0.1, 0.2, 0.35))
        self.strange = self.random.choice((0, 0, 0.01, 0.04))
        self.shuffled = self.chance(0.4)
        self.attributes = self.random.choice((0, 0.02, 0.08))

    def document(self) -> bytes:
        """The octets of the certificate."""
        root = self._node(model.CERTIFICATE, "SPSCertificate")
        root.children = [self._group(each, 0) for each in self.table.types[model.ROOT]]
        if self.chance(self.strange * 5):
            root.children.append(self._stranger(model.CONSIGNMENT))
        if self.chance(0.3):
            root.attributes.append(octets.Attribute("xsi", octets.XSI, "schemaLocation",
                                                    "urn:a a.xsd"))
        return Speller(self.lots).document(root)

    def _group(self, element: model.Element, depth: int) -> octets.Node:
        """An element with elements in it."""
        node = self._node(element.namespace, element.name)
        node.children = self._children(element.type, depth)
        if self.chance(self.strange):
            node.children.append(self._stranger(element.type))
        if self.chance(self.strange):
            self._beyond_maximum(node, element.type, depth)
        if element.member in ("consignorParty", "consigneeParty"):
            self._name_party(node)
        if self.shuffled:
            self.random.shuffle(node.children)
        self._foreign_attribute(node)
        return node

    def _name_party(self, node: octets.Node) -> None:
        """Gives a party that a certificate must have the name that it must have."""
        named = [each for each in node.children if each.name == "Name"]
        if not named:
            node.children.append(self._node(model.AGGREGATE, "Name", "Growers & Sons"))
        elif not named[0].text():
            named[0].children.insert(0, "Growers & Sons")

    def _children(self, type_: str, depth: int) -> list:
        """What the table says that stands in a type, by lot."""
        code, nodes = None, []
        for element in self.table.types[type_]:
            made = self._tagged(type_, element, code)
            if made is None:
                made = [self._element(type_, element, depth + 1)
                        for _ in range(self._count(element, depth))]
            if element.member == "typeCode" and made:
                code = made[0].text().strip()
            nodes += made
        return nodes

    def _count(self, element: model.Element, depth: int) -> int:
        """How often an element occurs."""
        share = self.density if depth < 5 else self.density * 0.8 ** depth
        if element.mandatory:
            count = 0 if element.member in MAY_BE_ABSENT and self.chance(0.1) else 1
        else:
            count = 1 if self.chance(share) else 0
        while count and element.many and count < 4 and self.chance(share):
            count += 1
        return count

    def _element(self, type_: str, element: model.Element, depth: int) -> octets.Node:
        """An element of any kind."""
        if element.kind == "group":
            return self._group(element, depth)
        value = self.lots.value(type_, element)
        free = not element.codes and element.type not in model.NUMBERS and element.kind != "boolean"
        if (not element.mandatory or element.member in MAY_BE_EMPTY) and free and self.chance(0.06):
            value = ""
        if type_ == model.TRADE_LINE and element.member == "description" and not value.strip():
            value = "Apples"
        if element.kind != "leaf":
            return self._typed(element, value)
        return self._leaf(element, value)

    def _leaf(self, element: model.Element, value: str, share: float | None = None) -> octets.Node:
        """An element with text in it."""
        node = self._node(element.namespace, element.name,
                          value if element.typed else self._blanks(value))
        drawn = self.lots.attributes(element, self.attributes if share is None else share)
        node.attributes = [octets.Attribute("", "", each.name, drawn[each.member])
                           for each in element.attributes if each.member in drawn]
        self._foreign_attribute(node)
        if self.chance(self.strange / 4):
            node.children.append(self._foreign())
        return node

    def _blanks(self, value: str) -> str:
        """A value that is no text, now and then with blanks around it."""
        return f"{self.random.choice(' ' + chr(10))} {value}\n\t" if value and self.chance(self.strange) \
            else value

    def _typed(self, element: model.Element, value: str) -> octets.Node:
        """A date or an indicator, in one of its spellings."""
        forms = {"date": ("DateTimeString", "DateTimeString", "DateTime", None),
                 "boolean": ("Indicator", "Indicator", "IndicatorString", None)}[element.kind]
        form = self.random.choice(forms)
        if element.kind == "boolean":
            value = self.random.choice(TRUTHS if form != "Indicator" else ("true", "false", "1", "0"))
        node = self._node(element.namespace, element.name)
        if form is None:
            node.children = [self._blanks(value)] if value else []
            return node
        inner = self._node(model.UNQUALIFIED, form, self._blanks(value))
        if form.endswith("String") and self.chance(self.attributes):
            inner.attributes.append(octets.Attribute("", "", "format", self.random.choice(("ISO 8601", ""))))
        node.children = [inner]
        return node

    def _tagged(self, type_: str, element: model.Element, code: str | None):
        """The entries of a list with tags; None if it is not one."""
        tagged = next((each for each in model.TAGGED.get(type_, ())
                       if each.list == element.member), None)
        if tagged is None:
            return None
        tags = [plain.tag for plain in tagged.fields if self.chance(self.density * 2)]
        tags += [tag for tag in tags if self.chance(0.15)]
        tags += [self.random.choice(OLD_TAGS) for _ in range(3) if self.chance(self.density)]
        every = [plain.tag for lists in model.TAGGED.values() for each in lists for plain in each.fields]
        tags += [self.random.choice(every) for _ in range(2) if self.chance(0.1)]
        if self.chance(0.5):
            self.random.shuffle(tags)
        return [self._entry(element, tag, self.chance(0.04)) for tag in tags]

    def _entry(self, element: model.Element, tag: str, marked: bool) -> octets.Node:
        """One note, classification or characteristic with this tag."""
        node = self._node(element.namespace, element.name)
        rows = {each.member: each for each in self.table.types[element.type]}
        key = next(each for each in ("subject", "systemName", "description") if each in rows)
        for row in self.table.types[element.type]:
            made = []
            if row.member == key:
                made = [self._leaf(row, tag, 0.5 if marked else 0)] if tag or self.chance(0.5) else []
                if key == "systemName" and (not made or self.chance(0.04)):
                    made.append(self._leaf(row, "Harmonized System"))
            if row.member == self._wanted(key, tag) or (row.member != key and self.chance(0.06)):
                count = self.random.choice((1, 1, 1, 1, 1, 2, 2, 3, 0)) if row.many else 1
                made += [self._said(row, tag) for _ in range(count)]
            if row.member == "className" and not made and self.chance(0.8):
                made = [self._leaf(row, "", 0)]
            node.children += made
        if key == "description" and not node.children:
            node.children = [self._leaf(rows[key], "")]
        self._foreign_attribute(node)
        if self.chance(self.strange / 2):
            node.children.append(self._stranger(element.type))
        return node

    def _wanted(self, key: str, tag: str) -> str:
        """The member in which an entry with this tag says what it says."""
        if key == "subject":
            return "content"
        if key == "systemName":
            return "classCode" if tag == "HS" else "className"
        return "valueMeasure" if tag in ("TTTM", "TTCO") and self.chance(0.8) else "description"

    def _said(self, row: model.Element, tag: str) -> octets.Node:
        """What a tagged entry says."""
        if row.type in model.NUMBERS:
            node = self._leaf(row, self.lots.number())
            if not node.attributes and self.chance(0.9):
                node.attributes = [octets.Attribute("", "", "unitCode", "CEL")]
            return node
        plain = next((each for each in model.LINE_NOTES if each.tag == tag), None)
        if plain and plain.boolean and self.chance(0.95):
            return self._leaf(row, self.random.choice((*TRUTHS, "1", "0")), 0.01)
        if tag in ("ADDIEDL", "ADDITLIL", "ADRD"):
            return self._leaf(row, self.lots.date(True), 0)
        if tag in ("SPSFL", "ADRP", "RPCST", "OQV"):
            return self._leaf(row, str(self.random.randint(1, 9)), 0)
        if tag == "RPCCO":
            return self._leaf(row, "BV", 0)
        value = "" if self.chance(0.05) else self.lots.value("", row)
        return self._leaf(row, value, self.random.choice((0, 0.2)))

    def _beyond_maximum(self, node: octets.Node, type_: str, depth: int) -> None:
        """Adds a second one of what may stand only once."""
        single = [each for each in self.table.types[type_] if not each.many and not each.codes
                  and any(child.name == each.name for child in node.children)]
        if single:
            element = self.random.choice(single)
            node.children.append(self._element(type_, element, depth + 3))

    def _stranger(self, type_: str) -> octets.Node:
        """An element that the type lacks: misplaced, or of somebody else."""
        if self.chance(0.5):
            return self._foreign()
        known = {each.name for each in self.table.types[type_]}
        others = [(home, each) for home, rows in self.table.types.items() for each in rows
                  if each.name not in known and each.kind == "leaf" and home != model.ROOT]
        home, element = self.random.choice(others)
        return self._leaf(element, self.lots.value(home, element))

    def _foreign(self) -> octets.Node:
        """An element of another namespace, or of none, now and then a nest."""
        prefix, namespace = self.random.choice(FOREIGN)
        node = octets.Node(prefix, namespace, self.random.choice(("Extra", "note", "Élément")))
        self._foreign_attribute(node, 0.5)
        if self.chance(0.7):
            node.children.append(self.lots.text())
        if self.chance(0.3):
            node.children.append(self._foreign())
        if self.chance(0.2):
            node.children.append(self._node(model.AGGREGATE, "Name", "inside"))
        return node

    def _foreign_attribute(self, node: octets.Node, share: float | None = None) -> None:
        """Now and then an attribute that the schema lacks."""
        if self.chance(self.strange if share is None else share):
            node.attributes.append(self.random.choice((
                octets.Attribute("x", "urn:example:extra", "mark", self.lots.text()),
                octets.Attribute("xml", octets.XML, "lang", "en"),
                octets.Attribute("", "", "note", "by hand"),
                octets.Attribute("xsi", octets.XSI, "nil", "true"))))

    def _node(self, namespace: str, name: str, text: str = "") -> octets.Node:
        return octets.Node("", namespace, name, [], [text] if text else [])


class Speller:
    """Writes nodes as octets, in a spelling drawn by lot."""

    def __init__(self, lots: Lots):
        self.lots, self.random, self.chance = lots, lots.random, lots.chance
        chosen = self.random.choice(PREFIXES)
        spaces = (model.CERTIFICATE, model.AGGREGATE, model.UNQUALIFIED)
        self.prefixes = dict(zip(spaces, chosen, strict=True))
        self.indented = self.chance(0.5)
        self.newline = self.random.choice(("\n", "\r\n"))
        self.comments = self.random.choice((0, 0, 0.02))
        self.odd = self.random.choice((0, 0, 0.05, 0.3))

    def document(self, root: octets.Node) -> bytes:
        """The whole file."""
        head = self.random.choice(('<?xml version="1.0" encoding="UTF-8"?>\n', "",
                                   "<?xml version='1.0' encoding='utf-8' standalone='no'?>\r\n"))
        comment = "<!-- by hand -->\n" if self.comments else ""
        return (head + comment + self._write(root, {"xml": octets.XML}, 0)
                + self.random.choice(("", "\n"))).encode()

    def _write(self, node: octets.Node, scope: dict, depth: int) -> str:
        """An element; `scope` is what is declared around it."""
        declared, scope = [], dict(scope)
        if depth == 0:
            for uri, prefix in self.prefixes.items():
                self._declare(prefix, uri, scope, declared)
        prefix = self._prefix(node)
        if prefix or node.namespace or scope.get(""):
            self._declare(prefix, node.namespace, scope, declared)
        attributes = []
        for each in node.attributes:
            if each.prefix:
                self._declare(each.prefix, each.namespace, scope, declared)
            name = f"{each.prefix}:{each.name}" if each.prefix else each.name
            attributes.append(f"{name}={self._quoted(each.value)}")
        self.random.shuffle(attributes)
        name = f"{prefix}:{node.name}" if prefix else node.name
        words = " ".join([name, *declared, *attributes])
        inside = self._inside(node, scope, depth)
        if not inside and self.chance(0.7):
            return f"<{words}{self.random.choice(('', ' '))}/>"
        return f"<{words}>{inside}</{name}{' ' if self.chance(self.odd) else ''}>"

    def _prefix(self, node: octets.Node) -> str:
        """The prefix of an element; now and then one of its own."""
        if node.namespace not in self.prefixes:
            return node.prefix
        if self.chance(self.odd / 20):
            return "own"
        return self.prefixes[node.namespace]

    def _declare(self, prefix: str, uri: str, scope: dict, declared: list) -> None:
        """Declares a prefix where it does not yet mean this namespace."""
        if scope.get(prefix, "") != uri:
            scope[prefix] = uri
            declared.append(f'{"xmlns:" + prefix if prefix else "xmlns"}="{uri}"')

    def _inside(self, node: octets.Node, scope: dict, depth: int) -> str:
        """What stands between the tags."""
        nested = bool(node.elements()) and len(node.elements()) == len(node.children)
        parts = []
        for child in node.children:
            if nested and self.indented:
                parts.append(self.newline + "  " * (depth + 1))
            if nested and self.chance(self.comments):
                parts.append("<!-- a remark -->")
            parts.append(self._text(child) if isinstance(child, str)
                         else self._write(child, scope, depth + 1))
        if nested and self.indented:
            parts.append(self.newline + "  " * depth)
        return "".join(parts)

    def _text(self, text: str) -> str:
        """Text, plainly or as CDATA, with references or a comment in it."""
        if self.chance(self.odd) and "]]>" not in text and "\r" not in text:
            return f"<![CDATA[{text}]]>"
        cut = self.random.randint(0, len(text)) if self.chance(self.comments) else None
        if cut is not None:
            return self._escaped(text[:cut]) + "<!-- within -->" + self._escaped(text[cut:])
        return self._escaped(text)

    def _escaped(self, text: str) -> str:
        return "".join(self._character(each) for each in text).replace("]]>", "]]&gt;")

    def _character(self, each: str) -> str:
        if each in "&<" or each == ">" and self.chance(0.5):
            return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}[each]
        if each == "\r" or self.chance(self.odd / 20):
            return self.random.choice((f"&#{ord(each)};", f"&#x{ord(each):X};"))
        return each

    def _quoted(self, value: str) -> str:
        """An attribute's value in either kind of quotes."""
        quote = self.random.choice("\"'")
        text = "".join(f"&#{ord(each)};" if each in "\r\n\t" + quote else self._character(each)
                       for each in value)
        return f"{quote}{text}{quote}"


class JsonInventor:
    """Invents one submission."""

    def __init__(self, seed: int):
        self.lots = Lots(f"json {seed}", converter.table())
        self.random, self.chance = self.lots.random, self.lots.chance
        self.table = self.lots.table
        self.density = self.random.choice((0.03, 0.1, 0.2, 0.35))
        self.attributes = self.random.choice((0, 0.02, 0.08))
        self.loose = self.random.choice((0, 0, 0.05))
        self.reexport = False

    def document(self) -> dict:
        """The submission, its members in any order."""
        value = {"schema": model.SCHEMA}
        value.update({each.member: self._group(each, 0) for each in self.table.types[model.ROOT]})
        return self._shuffled(value)

    def _group(self, element: model.Element, depth: int) -> dict:
        """An object of the standard."""
        value = {}
        for each in self.table.types[element.type]:
            if any(tagged.list == each.member for tagged in model.TAGGED.get(element.type, ())):
                continue
            entries = [self._value(element.type, each, depth + 1)
                       for _ in range(self._count(each, depth))]
            if entries:
                value[each.member] = entries if each.many else entries[0]
            elif self.chance(self.loose):
                value[each.member] = None
        if element.type == model.DOCUMENT:
            self.reexport = value["typeCode"] == "657"
        for tagged in model.tagged(element.type, value):
            self._plain_fields(value, tagged)
        if element.type == model.PROCESS and not model.tagged(element.type, value):
            self._characteristics(value)
        return value

    def _count(self, element: model.Element, depth: int) -> int:
        share = self.density if depth < 5 else self.density * 0.8 ** depth
        if element.mandatory:
            count = 0 if element.member in MAY_BE_ABSENT and self.chance(0.4) else 1
        else:
            count = 1 if self.chance(share) else 0
        while count and element.many and count < 4 and self.chance(share):
            count += 1
        return count

    def _value(self, type_: str, element: model.Element, depth: int):
        """A value of any kind."""
        if element.kind == "group":
            value = self._group(element, depth)
            if element.type == "SPSPartyType":
                value.setdefault("name", "Somebody")
            return value
        if element.kind == "boolean":
            return self.chance(0.5)
        text = self.lots.value(type_, element, zone=True)
        drawn = self.lots.attributes(element, self.attributes)
        if element.kind == "date" and self.chance(0.15):
            drawn = {"as": self.random.choice(("dateTime", "text"))}
        if type_ == model.DOCUMENT and element.member in ("typeCode", "statusCode", "id"):
            drawn = {}
        if element.type == "MeasureType":
            drawn["unitCode"] = self._unit(element)
        return self._leaf(text, drawn, [each.member for each in element.attributes])

    def _unit(self, element: model.Element) -> str:
        if "Weight" in element.name:
            return "KGM"
        if "Volume" in element.name:
            return "MTQ"
        return "DAY" if element.member == "durationMeasure" else "CEL"

    def _leaf(self, text: str, attributes: dict | None = None, known=("languageId",)):
        """A leaf in its shortest form, now and then in a longer one, as a
        typed serialiser writes it."""
        leaf = {"value": text, **(attributes or {})}
        if self.chance(self.loose):
            nulls = {each: None for each in known} if self.chance(0.3) else {}
            return {**nulls, **leaf}
        return text if len(leaf) == 1 else leaf

    def _plain_fields(self, value: dict, tagged: model.Tagged) -> None:
        """Draws plain fields, and entries that none fits."""
        for plain in tagged.fields:
            always = plain.tag == "TTFT"
            if plain.path[0] == "reExport" and not self.reexport:
                continue
            if always or self.chance(self.density * 2):
                self._set(value, plain)
        rest = []
        for plain in tagged.fields:
            taken = self._has(value, plain)
            if taken and not plain.many and self.chance(0.05):
                rest.append(self._entry(tagged, plain.tag))
        rest += [self._entry(tagged, self.random.choice(("ADCO", "ADIP", "XYZ1")))
                 for _ in range(2) if self.chance(self.density)]
        if rest:
            value[tagged.list] = rest

    def _has(self, value: dict, plain: model.Plain) -> bool:
        for step in plain.path:
            value = value.get(step, {})
        return value != {}

    def _set(self, value: dict, plain: model.Plain) -> None:
        """Sets one plain field."""
        for step in plain.path[:-1]:
            value = value.setdefault(step, {})
        count = self.random.randint(1, 3) if plain.many else 1
        entries = [self._said(plain) for _ in range(count)]
        value[plain.path[-1]] = entries if plain.many else entries[0]

    def _said(self, plain: model.Plain):
        """What a plain field says: a leaf, or an entry as an object."""
        if plain.boolean:
            return self.chance(0.5)
        if plain.tag in ("TTTM", "TTCO"):
            unit = "CEL" if plain.tag == "TTTM" else "A93"
            return {"value": self.random.choice(("0.5", "48", "-18")), "unitCode": unit}
        if plain.tag in ("ADDIEDL", "ADDITLIL", "ADRD"):
            return self._leaf(self.lots.date(True))
        if plain.tag in ("SPSFL", "ADRP", "RPCST", "OQV"):
            return self._leaf(str(self.random.randint(1, 9)))
        if plain.tag in ("HS", "RPCCO"):
            return self._leaf("080810" if plain.tag == "HS" else "BV")
        if self.chance(0.2):
            languages = self.random.sample(("en", "fr", "zh", "ar"), 2)
            return {plain.short: [{"value": self._words(), "languageId": each} for each in languages]}
        return self._leaf(self._words(), {"languageId": self.lots.language()}
                          if self.chance(0.5) else {})

    def _words(self) -> str:
        return self.lots.text()[:60]

    def _entry(self, tagged: model.Tagged, tag: str) -> dict:
        """An entry of the list, in mechanical names."""
        if tagged.tag == "subject":
            return {"subject": tag, "content": [self._words()]}
        if tagged.tag == "systemName":
            return {"systemName": [tag], "className": [self._words()]}
        return {"description": [tag, self._words()]}

    def _characteristics(self, value: dict) -> None:
        """Characteristics of a process that is no ePhyto treatment."""
        count = self.random.randint(0, 2)
        if count:
            value["applicableProcessCharacteristic"] = [
                {"description": [self.random.choice(("TTFT", "Speed")), self._words()]}
                for _ in range(count)]

    def _shuffled(self, value):
        if isinstance(value, list):
            return [self._shuffled(each) for each in value]
        if isinstance(value, dict):
            members = list(value.items())
            self.random.shuffle(members)
            return {key: self._shuffled(each) for key, each in members}
        return value
