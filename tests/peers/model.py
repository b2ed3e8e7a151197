"""The certificate as a table: its elements, their JSON names, their order.

Elements come from `elements.tsv` and attributes from the XSD beside it, both
read when the program runs; the plain fields are section 3 of SUBMISSION.md.
"""

import csv
import re
import xml.etree.ElementTree as tree
from dataclasses import dataclass, field
from pathlib import Path

CERTIFICATE = "urn:un:unece:uncefact:data:standard:SPSCertificate:17"
AGGREGATE = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21"
UNQUALIFIED = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:21"
SCHEMA = "certpost/certificate/1"
STANDARDS = Path(__file__).resolve().parents[3] / "shared" / "standards"
ELEMENTS = STANDARDS / "sps17" / "elements.tsv"

ROOT = "SPSCertificate"
DOCUMENT = "SPSExchangedDocumentType"
CONSIGNMENT = "SPSConsignmentType"
TRADE_LINE = "SPSTradeLineItemType"
PROCESS = "SPSProcessType"
NUMBERS = ("NumericType", "MeasureType", "QuantityType")
XSD = "{http://www.w3.org/2001/XMLSchema}"


@dataclass(frozen=True)
class Attribute:
    """An attribute of a leaf, in XML and in JSON."""

    name: str
    member: str


@dataclass(frozen=True)
class Element:
    """One row of the table: an element in its parent."""

    namespace: str
    name: str
    member: str
    mandatory: bool
    many: bool
    type: str
    codes: str
    attributes: tuple

    @property
    def kind(self) -> str:
        """`group`, `date`, `boolean` or `leaf`."""
        if self.type.startswith("SPS"):
            return "group"
        return {"DateTimeType": "date", "IndicatorType": "boolean"}.get(self.type, "leaf")

    @property
    def typed(self) -> bool:
        """Whether its text is kept as typed; the XSD collapses the others'."""
        return self.type in ("TextType", "AcronymSubjectCodesType")


@dataclass
class Model:
    """All types; each is its elements in the order of the standard."""

    types: dict = field(default_factory=dict)
    codes: dict = field(default_factory=dict)

    def of_name(self, type_: str, namespace: str, name: str):
        """The element of a type with this name in XML, or None."""
        return next((each for each in self.types[type_]
                     if (each.namespace, each.name) == (namespace, name)), None)

    def of_member(self, type_: str, member: str):
        """The element of a type with this name in JSON, or None."""
        return next((each for each in self.types[type_] if each.member == member), None)


def member(name: str) -> str:
    """The JSON name of an element or attribute (rule 1)."""
    if name == "ReferenceSPSReferencedDocument":
        return "referencedDocument"
    short = name.replace("SPS", "").replace("ID", "Id").replace("URI", "Uri")
    return short[0].lower() + short[1:]


def load(elements: Path = ELEMENTS) -> Model:
    """Reads the table, and what lies beside it: `xsd/` and `codes/`."""
    attributes = _attributes(elements.parent / "xsd")
    model = Model()
    with open(elements, encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file, delimiter="\t"),
                      key=lambda row: (row["parent"], int(row["position"])))
    for row in rows:
        type_ = row["type"].partition(":")[2]
        model.types.setdefault(row["parent"], []).append(Element(
            AGGREGATE, row["element"], member(row["element"]), int(row["min"]) > 0,
            row["max"] == "n", type_, row["code_table"], attributes.get(type_, ())))
    model.types[ROOT] = [
        Element(CERTIFICATE, "SPSExchangedDocument", "exchangedDocument", True, False, DOCUMENT, "", ()),
        Element(CERTIFICATE, "SPSConsignment", "consignment", True, False, CONSIGNMENT, "", ())]
    for table in sorted((elements.parent / "codes").glob("*.tsv")):
        lines = table.read_text(encoding="utf-8").splitlines()[1:]
        model.codes[table.stem] = [line.split("\t")[0] for line in lines if line]
    return model


def _attributes(folder: Path) -> dict:
    """The attributes of every type of leaf, in the order of the XSD."""
    found = {}
    for file in sorted(folder.glob("*.xsd")):
        for type_ in tree.parse(file).getroot().iter(f"{XSD}complexType"):
            names = [each.get("name") for each in type_.iter(f"{XSD}attribute")]
            if type_.get("name") and names:
                found[type_.get("name")] = tuple(Attribute(name, member(name)) for name in names)
    # The choice inside a date or an indicator: its string form has these.
    for type_ in ("DateTimeType", "IndicatorType"):
        found[type_] = found["FormattedText"]
    return found


# ---------------------------------------------------------------- plain fields

@dataclass(frozen=True)
class Plain:
    """A plain field: where it stands, for which tag, and what it shortens."""

    path: tuple
    tag: str
    short: str
    many: bool
    boolean: bool


@dataclass(frozen=True)
class Tagged:
    """A list of tagged entries and its plain fields, in the order written."""

    list: str
    tag: str
    fields: tuple

    def field(self, tag: str):
        """The plain field for a tag, or None."""
        return next((each for each in self.fields if each.tag == tag), None)

    def heads(self) -> set:
        """The members that the plain fields add to the object."""
        return {each.path[0] for each in self.fields}


def _fields(words: str, short: str) -> tuple:
    """Plain fields from `path:TAG`; `[]` marks a list, `?` a boolean."""
    fields = []
    for word in words.split():
        path, tag = word.split(":")
        fields.append(Plain(tuple(re.sub(r"[\[\]?]", "", path).split(".")), tag, short,
                            "[]" in path, "?" in path))
    return tuple(fields)


# In the order of submission-example.xml: the marks of the document come after
# the replacement, though section 3 names them before it.
DOCUMENT_NOTES = _fields(
    "financialLiability:SPSFL additionalDeclaration[]:ADEDL importPermit[]:ADIPEDL "
    "inspectionDate[]:ADDIEDL officialInformation[]:ADAOEDL replacement.statement:ADRP "
    "replacement.certificateNumber:ADRPN replacement.reason:ADRPR "
    "replacement.issueDateTime:ADRD distinguishingMarks:DMCL", "content")
LINE_NOTES = _fields(
    "otherPackages:OPTND otherQuantity.value:OQV otherQuantity.unit:OQU "
    "distinguishingMarks:DMTLIL additionalDeclaration[]:ADTLIL importPermit[]:ADIPTLIL "
    "inspectionDate[]:ADDITLIL officialInformation[]:ADAOTLIL reExport.statement:RPCST "
    "reExport.originCountry[]:RPCCO reExport.certificateNumber:RPCRF "
    "reExport.isOriginal?:RPCOR reExport.isCertifiedCopy?:RPCTC reExport.isPacked?:RPCPK "
    "reExport.isRepacked?:RPCRP reExport.inOriginalContainers?:RPCOC "
    "reExport.inNewContainers?:RPCNC reExport.basedOnOriginalCertificate?:RPCPC "
    "reExport.basedOnAdditionalInspection?:RPCAI", "content")
CLASSES = (*_fields("hsCode:HS", "classCode"),
           *_fields("plantPart[]:IPPCPCVP condition[]:IPPCPCC", "className"))
TREATMENT = _fields(
    "treatmentType:TTL1 treatmentMethod:TTL2 chemical[]:TTCH concentration:TTCO "
    "temperature:TTTM additionalInformation:TTAI fullTreatment:TTFT", "description")

TAGGED = {
    DOCUMENT: (Tagged("includedNote", "subject", DOCUMENT_NOTES),),
    TRADE_LINE: (Tagged("additionalInformationNote", "subject", LINE_NOTES),
                 Tagged("applicableClassification", "systemName", CLASSES)),
    PROCESS: (Tagged("applicableProcessCharacteristic", "description", TREATMENT),),
}


def tagged(type_: str, value: dict) -> tuple:
    """The tagged lists of an object that have plain fields; those of a
    process only where its type code is ZZZ."""
    if type_ == PROCESS:
        code = value.get("typeCode")
        code = code.get("value") if isinstance(code, dict) else code
        return TAGGED[PROCESS] if code == "ZZZ" else ()
    return TAGGED.get(type_, ())
