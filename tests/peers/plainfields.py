"""Plain fields: tagged entries of a list, folded into members of the object
and unfolded again (SUBMISSION.md, rule 12, section 3, `$xml.order`)."""

from . import model

TRUTH = {"true": True, "false": False, "1": True, "0": False}
REST = "-"


class Clash(Exception):
    """An entry and a plain field cannot both be; pointer and words."""


def fold(tagged: model.Tagged, value: dict) -> None:
    """Takes entries out of the list of an object, into its plain fields."""
    labels, rest, taken = [], [], set()
    for entry in value.pop(tagged.list, []):
        plain = tagged.field(_tag(tagged, entry))
        short = shorten(plain, _without_tag(tagged, entry)) if plain else None
        if short is None or plain.tag in taken and not plain.many:
            labels.append(REST)
            rest.append(entry)
        else:
            labels.append(plain.tag)
            taken.add(plain.tag)
            _put(value, plain, short)
    if rest:
        value[tagged.list] = rest
    if labels != _our_order(tagged, labels):
        value.setdefault("$xml", {}).setdefault("order", {})[tagged.list] = labels


def unfold(tagged: model.Tagged, value: dict) -> None:
    """Turns the plain fields of an object into entries of its list."""
    rest = value.pop(tagged.list, None) or []
    waiting = {REST: list(rest)}
    for plain in tagged.fields:
        waiting[plain.tag] = [_with_tag(tagged, plain, entry) for entry in _take(value, plain)]
    for number, entry in enumerate(rest):
        _refuse_tag_with_free_field(tagged, waiting, number, entry)
    order = ((value.get("$xml") or {}).get("order") or {}).get(tagged.list) or []
    ours = [plain.tag for plain in tagged.fields] + [REST]
    entries = [waiting[label].pop(0) for label in order if waiting.get(label)]
    entries += [entry for label in ours for entry in waiting[label]]
    for head in tagged.heads():
        value.pop(head, None)
    if entries:
        value[tagged.list] = entries


def shorten(plain: model.Plain, left: dict):
    """What is left of an entry in its shortest form; None if it does not fit
    the field. Of a boolean it is the text, which says how it was spelled."""
    if plain.boolean:
        texts = left.get("content")
        fits = (set(left) == {"content"} and len(texts) == 1 and isinstance(texts[0], str)
                and texts[0].lower() in TRUTH)
        return texts[0] if fits else None
    if set(left) == {plain.short}:
        leaf = left[plain.short]
        if not isinstance(leaf, list):
            return leaf
        if len(leaf) == 1:
            return leaf[0]
    if set(left) == {"valueMeasure"} and "unitCode" in _members(left["valueMeasure"]):
        return left["valueMeasure"]
    return left


def lengthen(plain: model.Plain, short, spelling: str | None) -> dict:
    """The entry without its tag, from its shortest form."""
    if plain.boolean:
        if not isinstance(short, bool):
            raise Clash(f"/{'/'.join(plain.path)} boolean-wanted")
        good = isinstance(spelling, str) and TRUTH.get(spelling.lower()) is short
        return {"content": [spelling if good else str(short).lower()]}
    if isinstance(short, dict) and "value" not in short:
        return dict(short)
    if "unitCode" in _members(short):
        return {"valueMeasure": short}
    return {plain.short: short if plain.short == "classCode" else [short]}


def _tag(tagged: model.Tagged, entry: dict):
    """The tag of an entry; None if it has none, or one with attributes."""
    tag = entry.get(tagged.tag)
    if isinstance(tag, list):
        tag = tag[0] if tag else None
    return tag if isinstance(tag, str) else None


def _without_tag(tagged: model.Tagged, entry: dict) -> dict:
    left = dict(entry)
    tag = left.pop(tagged.tag)
    if isinstance(tag, list) and len(tag) > 1:
        left[tagged.tag] = tag[1:]
    return left


def _with_tag(tagged: model.Tagged, plain: model.Plain, short) -> dict:
    value, spelling = short
    entry = lengthen(plain, value, spelling)
    if tagged.tag == "subject":
        if entry.get("subject") is not None:
            raise Clash(f"/{'/'.join(plain.path)}/subject stands for itself")
        entry["subject"] = plain.tag
    else:
        entry[tagged.tag] = [plain.tag, *(entry.get(tagged.tag) or [])]
    return entry


def _put(value: dict, plain: model.Plain, short) -> None:
    """Sets a plain field in an object, or adds to it."""
    for step in plain.path[:-1]:
        value = value.setdefault(step, {})
    last = plain.path[-1]
    if plain.many:
        value.setdefault(last, []).append(short)
    elif plain.boolean:
        value[last] = TRUTH[short.lower()]
        if short not in ("true", "false"):
            value.setdefault("$xml", {}).setdefault("spelling", {})[last] = short
    else:
        value[last] = short


def _take(value: dict, plain: model.Plain) -> list:
    """The entries of a plain field in an object, each with its spelling."""
    for step in plain.path[:-1]:
        value = value.get(step) or {}
    given = value.get(plain.path[-1])
    if given is None:
        return []
    if plain.many:
        return [(each, None) for each in given]
    spelling = ((value.get("$xml") or {}).get("spelling") or {}).get(plain.path[-1])
    return [(given, spelling)]


def _our_order(tagged: model.Tagged, labels: list) -> list:
    """The same labels in the order in which the list would be written."""
    ours = [plain.tag for plain in tagged.fields] + [REST]
    return sorted(labels, key=ours.index)


def _refuse_tag_with_free_field(tagged, waiting, number, entry) -> None:
    plain = tagged.field(_tag(tagged, entry))
    if plain and (plain.many or not waiting[plain.tag]):
        if shorten(plain, _without_tag(tagged, entry)) is not None:
            raise Clash(f"/{tagged.list}/{number} write {'.'.join(plain.path)}")


def _members(leaf) -> dict:
    return leaf if isinstance(leaf, dict) else {}
