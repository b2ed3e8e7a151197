"""Phytosanitary certificates of our own making, as XML and as JSON.

`spell` writes one certificate as XML in one of several spellings, so that
"the same octets come out" is asked of more than one kind of file. `plain`
writes the same certificate as JSON in mechanical names (SUBMISSION.md).
`read` and `leaves` look at XML with Python's own parser, never with the
product's.
"""

import json
import random
import xml.etree.ElementTree as tree
from collections import Counter
from dataclasses import dataclass

CERTIFICATE = "urn:un:unece:uncefact:data:standard:SPSCertificate:17"
AGGREGATE = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21"
UNQUALIFIED = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:21"

GOODS = (
    ("Fresh apples", "Malus domestica", "鲜苹果"),
    ("Seed potatoes", "Solanum tuberosum", "种薯"),
    ("Cut roses", "Rosa hybrida", "切花玫瑰"),
    ("Pine sawn wood", "Pinus radiata", "松木锯材"),
)
SPELLINGS = ("indented", "one line", "other prefixes", "crlf and a comment")


class NoCertificate(Exception):
    """The octets are no certificate that can be read; the words say why."""


@dataclass(frozen=True)
class Certificate:
    """What tells one certificate of a run from another."""

    number: str
    exporter: str
    importer: str
    goods: tuple
    weight: str

    @property
    def id(self) -> str:
        """Issuing country, type and number, as CONTRACT writes an id."""
        return f"{self.exporter}/851/{self.number}"


def invent(number: str, exporter: str, importer: str, chance: random.Random) -> Certificate:
    """A certificate with this number and goods drawn by lot."""
    weight = f"{chance.randint(100, 90000)}.{chance.randint(0, 99):02}"
    return Certificate(number, exporter, importer, chance.choice(GOODS), weight)


def spell(certificate: Certificate, spelling: str) -> bytes:
    """The certificate as XML octets, in one of SPELLINGS."""
    lines = _lines(certificate)
    if spelling == "one line":
        text = "".join(line.strip() for line in lines)
    elif spelling == "crlf and a comment":
        text = "\r\n".join([lines[0], "<!-- by hand -->", *lines[1:]]) + "\r\n"
    else:
        text = "\n".join(lines) + "\n"
    if spelling == "other prefixes":
        for ours, others in (("rsm", "ns0"), ("ram", "a"), ("udt", "ns2")):
            text = text.replace(f"<{ours}:", f"<{others}:").replace(f"</{ours}:", f"</{others}:")
            text = text.replace(f"xmlns:{ours}=", f"xmlns:{others}=")
    return text.encode()


def plain(certificate: Certificate, shuffled: bool = False) -> bytes:
    """The certificate as JSON; `shuffled` writes the same with the members
    of every object the other way round and with blanks between them."""
    value = _tree(certificate)
    if shuffled:
        return json.dumps(_reversed(value), ensure_ascii=True, indent=3).encode()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read(octets: bytes) -> tuple[str, str]:
    """Issuing country and number of a certificate in XML."""
    root = _parse(octets)
    number = root.findtext(f"{{{CERTIFICATE}}}SPSExchangedDocument/{{{AGGREGATE}}}ID")
    country = root.findtext(
        f"{{{CERTIFICATE}}}SPSConsignment/{{{AGGREGATE}}}ExportSPSCountry/{{{AGGREGATE}}}ID")
    if not number or not country:
        raise NoCertificate("no number or no country of export")
    return country, number


def leaves(octets: bytes) -> Counter:
    """Everything that a certificate says: its filled leaves, each with its
    path and attributes. Empty elements and their order say nothing."""
    found = Counter()

    def walk(element, path):
        path = f"{path}/{element.tag.rpartition('}')[2]}"
        text = (element.text or "").strip()
        if text and len(element) == 0:
            attributes = tuple(sorted((k.rpartition("}")[2], v) for k, v in element.attrib.items()))
            found[(path, attributes, text)] += 1
        for child in element:
            if isinstance(child.tag, str):
                walk(child, path)

    walk(_parse(octets), "")
    return found


def _parse(octets: bytes):
    if b"<!DOCTYPE" in octets:
        raise NoCertificate("holds a DOCTYPE")
    try:
        root = tree.fromstring(octets)
    except tree.ParseError as error:
        raise NoCertificate(f"no XML: {error}") from error
    if root.tag != f"{{{CERTIFICATE}}}SPSCertificate":
        raise NoCertificate(f"root element {root.tag}")
    return root


def _lines(c: Certificate) -> list[str]:
    english, latin, chinese = c.goods
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:SPSCertificate xmlns:rsm="{CERTIFICATE}" xmlns:ram="{AGGREGATE}" xmlns:udt="{UNQUALIFIED}">
 <rsm:SPSExchangedDocument>
  <ram:Name/>
  <ram:ID>{c.number}</ram:ID>
  <ram:TypeCode>851</ram:TypeCode>
  <ram:StatusCode>70</ram:StatusCode>
  <ram:IssueDateTime><udt:DateTimeString>2026-11-20T10:15:00+01:00</udt:DateTimeString></ram:IssueDateTime>
  <ram:IssuerSPSParty><ram:Name>Plant Protection Service of {c.exporter}</ram:Name></ram:IssuerSPSParty>
  <ram:SignatorySPSAuthentication>
   <ram:ActualDateTime><udt:DateTimeString/></ram:ActualDateTime>
   <ram:IssueSPSLocation><ram:Name>Nyrøysa</ram:Name></ram:IssueSPSLocation>
   <ram:ProviderSPSParty>
    <ram:Name/>
    <ram:SpecifiedSPSPerson><ram:Name>A. Example</ram:Name></ram:SpecifiedSPSPerson>
   </ram:ProviderSPSParty>
   <ram:IncludedSPSClause><ram:ID>1</ram:ID><ram:Content/></ram:IncludedSPSClause>
   <ram:IncludedSPSClause><ram:ID>2</ram:ID><ram:Content/></ram:IncludedSPSClause>
  </ram:SignatorySPSAuthentication>
 </rsm:SPSExchangedDocument>
 <rsm:SPSConsignment>
  <ram:ExportExitDateTime><udt:DateTimeString>2026-11-22</udt:DateTimeString></ram:ExportExitDateTime>
  <ram:ConsignorSPSParty>
   <ram:Name>Growers &amp; Sons</ram:Name>
   <ram:SpecifiedSPSAddress>
    <ram:LineOne>Quay 3</ram:LineOne>
    <ram:CityName>Port of {c.exporter}</ram:CityName>
    <ram:CountryID>{c.exporter}</ram:CountryID>
   </ram:SpecifiedSPSAddress>
  </ram:ConsignorSPSParty>
  <ram:ConsigneeSPSParty>
   <ram:Name>Importers of {c.importer}</ram:Name>
   <ram:SpecifiedSPSAddress>
    <ram:LineOne>1 Harbour Road</ram:LineOne>
    <ram:CityName>Port of {c.importer}</ram:CityName>
    <ram:CountryID>{c.importer}</ram:CountryID>
   </ram:SpecifiedSPSAddress>
  </ram:ConsigneeSPSParty>
  <ram:ExportSPSCountry><ram:ID>{c.exporter}</ram:ID><ram:Name/></ram:ExportSPSCountry>
  <ram:ImportSPSCountry><ram:ID>{c.importer}</ram:ID><ram:Name/></ram:ImportSPSCountry>
  <ram:ExaminationSPSEvent><ram:OccurrenceSPSLocation><ram:Name/></ram:OccurrenceSPSLocation></ram:ExaminationSPSEvent>
  <ram:IncludedSPSConsignmentItem>
   <ram:IncludedSPSTradeLineItem>
    <ram:SequenceNumeric>1</ram:SequenceNumeric>
    <ram:Description languageID="en">{english}</ram:Description>
    <ram:Description languageID="zh">{chinese}</ram:Description>
    <ram:ScientificName>{latin}</ram:ScientificName>
    <ram:NetWeightMeasure unitCode="KGM">{c.weight}</ram:NetWeightMeasure>
    <ram:PhysicalSPSPackage>
     <ram:LevelCode>1</ram:LevelCode>
     <ram:TypeCode>CT</ram:TypeCode>
     <ram:ItemQuantity>1025</ram:ItemQuantity>
    </ram:PhysicalSPSPackage>
    <ram:OriginSPSCountry><ram:ID>{c.exporter}</ram:ID><ram:Name/></ram:OriginSPSCountry>
   </ram:IncludedSPSTradeLineItem>
  </ram:IncludedSPSConsignmentItem>
 </rsm:SPSConsignment>
</rsm:SPSCertificate>""".split("\n")


def _tree(c: Certificate) -> dict:
    english, latin, chinese = c.goods
    return {
        "schema": "certpost/certificate/1",
        "exchangedDocument": {
            "id": c.number,
            "typeCode": "851",
            "statusCode": "70",
            "issueDateTime": "2026-11-20T10:15:00+01:00",
            "issuerParty": {"name": f"Plant Protection Service of {c.exporter}"},
            "signatoryAuthentication": [{
                "issueLocation": {"name": ["Nyrøysa"]},
                "providerParty": {"specifiedPerson": {"name": "A. Example"}},
                "includedClause": [{"id": "1"}, {"id": "2"}],
            }],
        },
        "consignment": {
            "exportExitDateTime": "2026-11-22",
            "consignorParty": {
                "name": "Growers & Sons",
                "specifiedAddress": {"lineOne": "Quay 3", "cityName": f"Port of {c.exporter}",
                                     "countryId": c.exporter},
            },
            "consigneeParty": {
                "name": f"Importers of {c.importer}",
                "specifiedAddress": {"lineOne": "1 Harbour Road",
                                     "cityName": f"Port of {c.importer}",
                                     "countryId": c.importer},
            },
            "exportCountry": {"id": c.exporter},
            "importCountry": {"id": c.importer},
            "includedConsignmentItem": [{"includedTradeLineItem": [{
                "sequenceNumeric": "1",
                "description": [{"value": english, "languageId": "en"},
                                {"value": chinese, "languageId": "zh"}],
                "scientificName": [latin],
                "netWeightMeasure": {"value": c.weight, "unitCode": "KGM"},
                "physicalPackage": [{"levelCode": "1", "typeCode": "CT",
                                     "itemQuantity": "1025"}],
                "originCountry": [{"id": c.exporter}],
            }]}],
        },
    }


def _reversed(value):
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(list(value))}
    if isinstance(value, list):
        return [_reversed(each) for each in value]
    return value
