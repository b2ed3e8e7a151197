"""XML octets: read into nodes that keep their prefixes; written again.

Python's usual trees forget prefixes, and exclusive C14N keeps them; hence
this small one over expat.
"""

import xml.parsers.expat as expat
from dataclasses import dataclass, field

XML = "http://www.w3.org/XML/1998/namespace"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class NotReadable(Exception):
    """The octets are no XML that a certificate may be; the words say why."""


@dataclass
class Attribute:
    """An attribute as it stands in the file."""

    prefix: str
    namespace: str
    name: str
    value: str

    @property
    def key(self) -> str:
        """Its name as `$xml.attributes` has it."""
        return f"{{{self.namespace}}}{self.name}" if self.namespace else self.name


@dataclass
class Node:
    """An element as it stands in the file; comments are gone."""

    prefix: str
    namespace: str
    name: str
    attributes: list = field(default_factory=list)
    children: list = field(default_factory=list)

    def text(self) -> str:
        """The text that stands directly in the element."""
        return "".join(each for each in self.children if isinstance(each, str))

    def elements(self) -> list:
        """The elements that stand directly in the element."""
        return [each for each in self.children if isinstance(each, Node)]


def read(octets: bytes) -> Node:
    """The root element of a document."""
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(octets, True)
    except expat.ExpatError as error:
        raise NotReadable(f"no XML: {error}") from error
    return builder.root


def canonical(node: Node) -> str:
    """The node as exclusive C14N without comments."""
    return _canonical(node, {})


def escape_text(text: str) -> str:
    """Text as libxml2 writes it between tags; the example came from there."""
    return (text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace("\r", "&#13;"))


def escape_value(text: str) -> str:
    """Text as libxml2 writes it in an attribute."""
    return (escape_text(text).replace('"', "&quot;").replace("\t", "&#9;")
            .replace("\n", "&#10;"))


class _Builder:
    """Puts the parser's events together."""

    def __init__(self):
        self.root = None
        self._open = []
        self._scopes = [{"": "", "xml": XML}]

    def start(self, tag, pairs):
        """An element begins."""
        pairs = list(zip(pairs[::2], pairs[1::2], strict=True))
        scope = dict(self._scopes[-1])
        for name, value in pairs:
            if name == "xmlns":
                scope[""] = value
            elif name.startswith("xmlns:"):
                scope[name[6:]] = value
        self._scopes.append(scope)
        prefix, name = _split(tag)
        node = Node(prefix, _find(scope, prefix), name)
        for name, value in pairs:
            if name != "xmlns" and not name.startswith("xmlns:"):
                prefix, local = _split(name)
                namespace = _find(scope, prefix) if prefix else ""
                node.attributes.append(Attribute(prefix, namespace, local, value))
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, _):
        """An element ends."""
        self._open.pop()
        self._scopes.pop()

    def characters(self, text):
        """Text, in one or several pieces."""
        self._open[-1].children.append(text)


def _refuse_doctype(*_):
    raise NotReadable("holds a DOCTYPE")


def _split(name: str) -> tuple:
    prefix, _, local = name.rpartition(":")
    return prefix, local


def _find(scope: dict, prefix: str) -> str:
    if prefix not in scope:
        raise NotReadable(f"prefix {prefix} has no namespace")
    return scope[prefix]


def _canonical(node: Node, rendered: dict) -> str:
    """`rendered` is what elements around have declared in the output."""
    used = {node.prefix: node.namespace}
    used.update({each.prefix: each.namespace for each in node.attributes if each.prefix})
    used.pop("xml", None)
    fresh = {prefix: uri for prefix, uri in used.items() if rendered.get(prefix, "") != uri}
    words = [node.prefix + ":" + node.name if node.prefix else node.name]
    for prefix, uri in sorted(fresh.items()):
        words.append(f'{"xmlns:" + prefix if prefix else "xmlns"}="{_canonical_value(uri)}"')
    for each in sorted(node.attributes, key=lambda each: (each.namespace, each.name)):
        name = f"{each.prefix}:{each.name}" if each.prefix else each.name
        words.append(f'{name}="{_canonical_value(each.value)}"')
    inside = "".join(_canonical(each, {**rendered, **fresh}) if isinstance(each, Node)
                     else _canonical_text(each) for each in node.children)
    return f"<{' '.join(words)}>{inside}</{words[0]}>"


def _canonical_text(text: str) -> str:
    return (text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace("\r", "&#xD;"))


def _canonical_value(text: str) -> str:
    return (text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
            .replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;"))
