"""Values drawn by lot: texts, codes, numbers, dates, languages.

What is drawn is mostly what the code lists and rules allow.
"""

import base64
import random

from . import model

TEXTS = (
    "Fresh apples", "Malus domestica", "Nyrøysa", "鲜苹果", "冷处理，14天，0.5 °C或以下",
    "شهادة الصحة النباتية", "תעודה פיטוסניטרית", "\u202bmixed \u202aabc\u202c ابجد\u202c",
    "Les fruits proviennent d'un lieu exempt", "a < b && c > d", 'she said "yes"', "]]>",
    "two\nlines", "tab\there", " blanks around ", "no\u00a0break", "e\u0301 is not é", "🌾 wheat",
    "Ω≈ç√∫", "x" * 300, "0", "null", "-", "1,2 & 3", "\u200fالتفاح\u200f", "日本語のリンゴ",
    "ผลไม้", "&amp; kept", "<ram:Name/>", "a\rb", "end\u2028of line", "Größe", "ADEDL", "TTFT", "  ",
)
TOKENS = ("BV-1", "A/B:77", "0815", "N° 18", "LOT-8888", "x_y.z", "批号7", "00")
LANGUAGES = ("en", "fr", "zh", "ar", "es", "ru", "nn", "zh-Hant", "pt-BR", "sr-Latn-RS")
UNITS = ("KGM", "TNE", "GRM", "MTQ", "LTR", "H87", "CEL", "HUR", "MIN", "DAY", "KX", "NAR", "C62",
         "A93")
STATUS = ("70", "70", "70", "40", "39", "41", "44", "47", "42", "64")
DOCUMENTS = ("851", "851", "851", "657", "852", "853", "636", "856")
COUNTRIES = ("BV", "HM", "GS", "AQ")
TRUTHS = ("true", "false", "True", "False", "TRUE", "FALSE", "tRue")


class Lots:
    """Draws values; the same seed draws the same ones."""

    def __init__(self, seed: str, table: model.Model):
        self.random = random.Random(seed)
        self.table = table

    def chance(self, share: float) -> bool:
        """Whether a lot that falls on `share` of all draws has fallen."""
        return self.random.random() < share

    def text(self) -> str:
        """A text; now and then two joined."""
        text = self.random.choice(TEXTS)
        return f"{text} {self.random.choice(TEXTS)}" if self.chance(0.15) else text

    def language(self) -> str:
        """A language tag."""
        return self.random.choice(LANGUAGES)

    def number(self) -> str:
        """A number, as a string, with the zeros that matter."""
        whole = self.random.choice((0, 1, 7, 40, 1025, 20500, 10 ** 19 + 1))
        sign = "-" if self.chance(0.1) else ""
        return f"{sign}{whole}" + self.random.choice(("", "", ".0", ".00", ".250", ".123456789"))

    def date(self, zone: bool) -> str:
        """A day, or a time; with `zone` never a time without one."""
        day = f"{self.random.randint(1990, 2031)}-{self.random.randint(1, 12):02}-" \
              f"{self.random.randint(1, 28):02}"
        if self.chance(0.05):
            day = "2024-02-29"
        if self.chance(0.5):
            return day
        zones = ("Z", "+01:00", "-03:00", "+05:45") if zone else ("", "Z", "+12:00")
        return f"{day}T{self.random.randint(0, 23):02}:{self.random.randint(0, 59):02}:" \
               f"{self.random.randint(0, 59):02}{self.random.choice(zones)}"

    def binary(self, wild: bool) -> str:
        """Some octets in base64."""
        if wild and self.chance(0.05):
            return "this is not base64!"
        return base64.b64encode(self.random.randbytes(self.random.randint(1, 40))).decode()

    def value(self, type_: str, element: model.Element, zone: bool = False) -> str:
        """A value for a leaf, a date or an indicator, in an element of `type_`."""
        if element.member in ("exportCountry", "importCountry"):
            return self.random.choice(COUNTRIES)
        if type_ == model.DOCUMENT and element.member in ("typeCode", "statusCode"):
            return self.random.choice(DOCUMENTS if element.member == "typeCode" else STATUS)
        if type_ == model.PROCESS and element.member == "typeCode" and self.chance(0.7):
            return "ZZZ"
        if element.codes:
            return self.random.choice([code for code in self.table.codes[element.codes]
                                       if code not in ("XI", "XK")])
        if element.member == "countryId":
            return self.random.choice(COUNTRIES)
        if element.member == "levelCode":
            return self.random.choice("12345")
        if element.kind == "date":
            return self.date(zone)
        if element.kind == "boolean":
            return self.random.choice(TRUTHS[:2])
        if element.type in model.NUMBERS:
            return self.number()
        if element.type == "BinaryObjectType":
            return self.binary(not zone)
        if element.type.endswith(("IDType", "CodeType")):
            return self.random.choice(TOKENS)
        return self.text()

    def attributes(self, element: model.Element, share: float) -> dict:
        """Attributes of a leaf by their JSON names; each falls with `share`."""
        return {each.member: self._attribute(each) for each in element.attributes
                if self.chance(share * (4 if each.name in ("languageID", "unitCode") else 1))}

    def _attribute(self, attribute: model.Attribute) -> str:
        fixed = {"languageID": LANGUAGES, "languageLocaleID": LANGUAGES, "unitCode": UNITS,
                 "format": ("ISO 8601", "x", ""), "mimeCode": ("application/pdf", "image/png"),
                 "filename": ("a.pdf", "鲜.pdf", "a \"b\" <c>.pdf")}
        if attribute.name in fixed:
            return self.random.choice(fixed[attribute.name])
        if attribute.name.upper().endswith("URI"):
            return self.random.choice(("urn:x:1", "http://example.org/a?b=1&c=2"))
        if attribute.name.lower().endswith("name"):
            return self.random.choice(TEXTS[:20])
        return self.random.choice(TOKENS)
