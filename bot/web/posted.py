"""What a browser posted for a form of `forms`, as a value of the rulebook again. Judges nothing: the checks of the core do.

Whatever is in the fields ends up in the value, so that a form with mistakes can be shown again with everything typed.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel

from bot.core.reading import Path, Value
from bot.web.fields import DROP, KEY, NEW, REPEAL, key_of, name_of
from bot.web.forms import HIDDEN, REPEALED, shown, shown_item
from bot.web.shapes import Shape, shape_of

MAX_FIELDS = 5000
MAX_ITEMS = 200
"""Items of one list, or versions of one rule: a page with thousands would be too large for any browser."""
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _Nothing:
    """A field that was left empty; other than null, which may be written down."""


_NOTHING: Final = _Nothing()


def read_form(model: type[BaseModel], posted: Mapping[str, str], old: Value = None) -> Value:
    """The entry that was filled in. `old` is the value the form was made of: what it shows is taken over as it was written,
    and so is what it does not show. Fields that were not posted count as empty, names of no field as absent.

    Raises ValueError, in Indonesian, when there are too many fields or items.
    """
    if len(posted) > MAX_FIELDS:
        raise ValueError(f"Formulir terlalu besar: {len(posted)} isian, paling banyak {MAX_FIELDS}.")
    return _group(shape_of(model), (), posted, old)


def _group(shape: Shape, path: Path, posted: Mapping[str, str], old: Value) -> dict[str, Value]:
    before = old if isinstance(old, dict) else {}
    read: dict[str, Value] = {}
    # What is there keeps its order; the rest comes in the order of the model.
    for key in dict.fromkeys((*before, *shape.fields)):
        if key not in shape.fields or key in HIDDEN:
            if key in before:
                read[key] = before[key]
            continue
        value = _value(shape.fields[key], (*path, key), posted, before.get(key))
        if not isinstance(value, _Nothing):
            read[key] = value
        elif key in before and not before[key]:
            read[key] = before[key]  # an empty list or a null that somebody wrote down stays
    return read


def _value(shape: Shape, path: Path, posted: Mapping[str, str], old: Value) -> "Value | _Nothing":
    match shape.kind:
        case "group":
            group = _group(shape, path, posted, old)
            return _NOTHING if _is_blank(group) else group
        case "groups":
            items = list(_items(shape, path, posted, old if isinstance(old, list) else []))
            return items or _NOTHING
        case "map":
            keyed = _map(shape, path, posted, old if isinstance(old, dict) else {})
            return keyed or _NOTHING
        case "lines":
            known = {shown_item(item): item for item in old} if isinstance(old, list) else {}
            lines = [line.strip() for line in _typed(posted, name_of(path)).split("\n")]
            return [known.get(line, line) for line in lines if line] or _NOTHING
        case _:
            text = _typed(posted, name_of(path))
            return _NOTHING if not text else old if isinstance(old, str) and shown(old) == text else text


def _typed(posted: Mapping[str, str], name: str) -> str:
    return shown(_INVISIBLE.sub("", posted.get(name, "")))


def _steps(path: Path, posted: Mapping[str, str]) -> list[str]:
    """The steps that were posted below a path, each once, in the order of the form."""
    start = f"{name_of(path)}/"
    steps = list(dict.fromkeys(name[len(start) :].split("/")[0] for name in posted if name.startswith(start) and "/" in name[len(start) :]))
    if len(steps) > MAX_ITEMS:
        raise ValueError(f"Terlalu banyak butir: {len(steps)}, paling banyak {MAX_ITEMS}.")
    return steps


def _items(shape: Shape, path: Path, posted: Mapping[str, str], old: list[Value]) -> Iterator[Value]:
    for index in sorted({int(step) for step in _steps(path, posted) if re.fullmatch(r"[0-9]{1,4}", step)}):
        here = (*path, index)
        if posted.get(f"{name_of(here)}/{DROP}"):
            continue
        before = old[index] if index < len(old) else None
        item = _group(shape, here, posted, before)
        if _is_blank(item) or _is_emptied(shape, item, before):
            continue
        yield item


def _map(shape: Shape, path: Path, posted: Mapping[str, str], old: Mapping[str, Value]) -> dict[str, Value]:
    read: dict[str, Value] = {}
    for step in _steps(path, posted):
        here = (*path, NEW if step == NEW else key_of(step))
        name, before = name_of(here), None if step == NEW else old.get(key_of(step))
        if posted.get(f"{name}/{DROP}"):
            continue
        typed = shown_item(_typed(posted, f"{name}/{KEY}"))
        key = key_of(step) if step != NEW and shown_item(key_of(step)) == typed else typed
        item: Value = REPEALED if posted.get(f"{name}/{REPEAL}") and shape.values_may_be_null else _group(shape, here, posted, before)
        if not key and isinstance(item, dict) and (_is_blank(item) or _is_emptied(shape, item, before)):
            continue
        # Two equal dates, or none: kept under a key that the checks refuse, so that nothing typed is lost.
        while key in read:
            key = f"{key} (ganda)".strip()
        read[key] = item
    return {key: read[key] for key in (*(k for k in old if k in read), *(k for k in read if k not in old))}


def _is_blank(item: Mapping[str, Value]) -> bool:
    return not any(item.values())


def _is_emptied(shape: Shape, item: Mapping[str, Value], before: Value) -> bool:
    """True when every field that must be filled in was emptied, which is one way to remove an item."""
    required = [key for key, inner in shape.fields.items() if inner.is_required]
    return isinstance(before, dict) and any(before.get(key) for key in required) and not any(item.get(key) for key in required)
