"""certpost and the second converter on the same documents, side by side."""

import json
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import converter, inventor

SHOWN = 20
REFUSALS_SHOWN = 5
REFUSALS_TAKEN = 0.02


@dataclass
class Tally:
    """What came of one direction."""

    agreed: int = 0
    disagreed: list = field(default_factory=list)
    refused: list = field(default_factory=list)

    @property
    def all(self) -> int:
        """How many documents there were."""
        return self.agreed + len(self.disagreed) + len(self.refused)

    def __str__(self) -> str:
        return f"{self.agreed} agreed, {len(self.disagreed)} disagreed, {len(self.refused)} refused"


@dataclass(frozen=True)
class Case:
    """One document, what to make of it, and what we make of it."""

    seed: int
    direction: str
    document: bytes
    ours: object


def run(options) -> int:
    """Compares and prints; the exit code."""
    directions = [("xml to json", _xml_to_json), ("json to xml", _json_to_xml)]
    if options.back:
        directions.append(("xml to json to xml", _back))
    total, good = Tally(), True
    schema = _Schema(options.xsd)
    for name, make in directions:
        tally = _direction(options, make, schema)
        print(f"{name}: {tally}")
        good = good and not tally.disagreed and len(tally.refused) <= REFUSALS_TAKEN * tally.all
        total.agreed += tally.agreed
        total.disagreed += tally.disagreed
        total.refused += tally.refused
    for line in total.disagreed[:SHOWN] + total.refused[:REFUSALS_SHOWN]:
        print(line)
    if options.xsd:
        print(f"xmllint: {schema.judged} documents of certpost's, {len(schema.invalid)} not valid")
        good = good and schema.judged > 0 and not schema.invalid
        for line in schema.invalid[:SHOWN]:
            print(line)
    print(total)
    return 0 if good else 1


class _Schema:
    """What xmllint says of the XML that certpost writes from submissions."""

    # What libxml2 cannot bear (decimals of more than 24 digits), and what the
    # schema is narrower in than the agreed spellings: a day as udt:DateTime,
    # and dates without a child.
    BEYOND = (b'"as":', str(10 ** 19 + 1).encode())

    def __init__(self, xsd):
        self.xsd = xsd
        self.judged = 0
        self.invalid: list = []

    def judge(self, case: Case, xml: bytes) -> None:
        """Judges one document, if it is of those that can be judged."""
        judged = self.xsd and case.direction == "json to xml"
        if not judged or any(each in case.document for each in self.BEYOND):
            return
        answer = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", self.xsd, "-"],
                                input=xml, capture_output=True, timeout=60, check=False)
        self.judged += 1
        if answer.returncode != 0:
            said = answer.stderr.decode(errors="replace").splitlines()
            self.invalid.append(f"seed {case.seed}: {(said or [''])[0]}")


def _direction(options, make, schema: _Schema) -> Tally:
    """All documents of one direction, two at a time."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="certpost-peer-") as folder, \
            ThreadPoolExecutor(max_workers=2) as pool:
        seeds = range(options.seed, options.seed + options.count)
        for case, answer in pool.map(lambda seed: _ask(options.certpost, folder, make(seed)), seeds):
            _judge(tally, case, answer)
            if answer.returncode == 0:
                schema.judge(case, answer.stdout)
    return tally


def _ask(certpost: Path, folder: str, case: Case):
    """What certpost makes of a document."""
    file = Path(folder) / f"{case.seed}"
    file.write_bytes(case.document)
    form = case.direction.rpartition(" ")[2]
    answer = subprocess.run([certpost, "convert", file, "--to", form], capture_output=True,
                            timeout=60, check=False)
    file.unlink()
    return case, answer


def _judge(tally: Tally, case: Case, answer) -> None:
    """Counts one answer."""
    said = f"seed {case.seed}, {case.direction}"
    if answer.returncode != 0:
        lines = answer.stderr.decode(errors="replace").splitlines()
        severe = [line for line in lines if " severe " in line]
        tally.refused.append(f"{said}: refused, exit {answer.returncode}: {(severe or lines or [''])[0]}")
    elif difference := _difference(case, answer.stdout):
        tally.disagreed.append(f"{said}: {difference}")
    else:
        tally.agreed += 1


def _difference(case: Case, theirs: bytes) -> str | None:
    """The first difference, in words; None if there is none."""
    if case.direction == "xml to json to xml":
        # Prefixes of foreign attributes are not laid down: compare what it says.
        return first_path(case.ours, converter.xml_to_json(theirs), "")
    if isinstance(case.ours, bytes):
        return _first_octet(case.ours, theirs)
    try:
        return first_path(case.ours, json.loads(theirs), "")
    except ValueError as error:
        return f"no JSON: {error}"


def _first_octet(ours: bytes, theirs: bytes) -> str | None:
    if ours == theirs:
        return None
    size = min(len(ours), len(theirs))
    place = next((each for each in range(size) if ours[each] != theirs[each]), size)
    around = slice(max(0, place - 60), place + 60)
    return (f"octet {place}: ours {ours[around].decode(errors='replace')!r}, "
            f"theirs {theirs[around].decode(errors='replace')!r}")


def first_path(ours, theirs, path: str) -> str | None:
    """The first path at which two JSON values differ, with both values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        pairs = [(key, ours.get(key, "(absent)"), theirs.get(key, "(absent)"))
                 for key in sorted(set(ours) | set(theirs))]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(number, *both) for number, both in enumerate(zip(ours, theirs, strict=True))]
    elif type(ours) is type(theirs) and ours == theirs:
        return None
    else:
        return f"{path or '/'}: ours {_brief(ours)}, theirs {_brief(theirs)}"
    for key, left, right in pairs:
        if found := first_path(left, right, f"{path}/{key}"):
            return found
    return None


def _brief(value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 200 else f"{text[:200]}…"


def _xml_to_json(seed: int) -> Case:
    document = inventor.random_xml(seed)
    return Case(seed, "xml to json", document, converter.xml_to_json(document))


def _json_to_xml(seed: int) -> Case:
    value = inventor.random_json(seed)
    return Case(seed, "json to xml", json.dumps(value, ensure_ascii=False).encode(),
                converter.json_to_xml(value))


def _back(seed: int) -> Case:
    """The JSON of a random XML, to be written as XML again."""
    value = converter.xml_to_json(inventor.random_xml(seed))
    return Case(seed, "xml to json to xml", json.dumps(value, ensure_ascii=False).encode(), value)
