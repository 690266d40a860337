"""An entry of the rulebook as a tree of form fields, made from its model and its value. `posted` reads the form back.

Decides labels, hints and kinds of fields; `kelola/form.html` decides how they look. Knows no request and no file.
"""

import re
from collections.abc import Mapping
from datetime import date

from pydantic import BaseModel

from bot.core.reading import Path, Value
from bot.web.fields import DROP, KEY, NEW, REPEAL, Group, Groups, Input, Part, name_of
from bot.web.shapes import Kind, Shape, shape_of

HIDDEN = frozenset({"topik"})
"""Keys that a form does not show: a rule's topic stands at the head of its file."""
REPEALED = "dicabut"

_OPTIONS = {"sumber": "sumber", "digantikan_oleh": "sumber", "lihat": "aturan", "terkait": "aturan"}
_PATTERNS = (
    (r"^\d{4}(", "tahun, tahun-bulan, atau tahun-bulan-hari"),
    (r"^[a-z0-9]", "huruf kecil, angka, dan tanda hubung"),
    (r"^https?", "alamat lengkap yang diawali https://"),
)


def form(model: type[BaseModel], value: Value = None) -> Group:
    """The form of one entry; without a value, an empty one."""
    shape = shape_of(model)
    return Group("", (), "", _parts(shape, (), _mapping(value)))


def shown(value: Value) -> str:
    """A text as a field shows it: without spaces at its ends, lines divided by a line feed."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(value, str) else ""


def shown_item(value: Value) -> str:
    """An item of a list of texts as its one line."""
    return " ".join(shown(value).split("\n"))


def is_day(text: str) -> bool:
    """True for a date that a date field can show."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}


def _parts(shape: Shape, path: Path, value: Mapping[str, Value]) -> tuple[Part, ...]:
    return tuple(_part(inner, (*path, key), value.get(key)) for key, inner in shape.fields.items() if key not in HIDDEN)


def _part(shape: Shape, path: Path, value: Value) -> Part:
    name, label, hint = name_of(path), _label(str(path[-1])), _hint(shape, str(path[-1]))
    match shape.kind:
        case "group":
            hint = hint if shape.is_required else f"{hint} Boleh dikosongkan seluruhnya.".strip()
            return Group(name, path, label, _parts(shape, path, _mapping(value)), hint, shape.is_required)
        case "groups":
            items = value if isinstance(value, list) else []
            existing = tuple(_item(shape, (*path, i), f"{label} {i + 1}", item) for i, item in enumerate(items))
            blank = _item(shape, (*path, len(items)), f"Tambah {label.lower()}", None)
            return Groups(name, path, label, existing, blank, hint, shape.is_required)
        case "map":
            # The newest version first: it is the one that somebody comes to change.
            keys = sorted(_mapping(value), reverse=True) if shape.by_date else list(_mapping(value))
            existing = tuple(_keyed(shape, path, key, _mapping(value)[key], is_folded=i > 0) for i, key in enumerate(keys))
            return Groups(name, path, label, existing, _keyed(shape, path, None, None), hint, shape.is_required)
        case _:
            return _input(shape, path, value)


def _item(shape: Shape, path: Path, label: str, value: Value) -> Group:
    name = name_of(path)
    return Group(name, path, label, _parts(shape, path, _mapping(value)), drop=f"{name}/{DROP}" if value is not None else "")


def _keyed(shape: Shape, path: Path, key: str | None, value: Value, *, is_folded: bool = False) -> Group:
    here = (*path, NEW if key is None else key)
    name, label = name_of(here), _label(str(path[-1]))
    kind: Kind = "date" if shape.by_date and (not key or is_day(key)) else "line"
    hint = "Tanggal mulai berlaku." if shape.by_date else ""
    field = Input(kind, f"{name}/{KEY}", (*here, KEY), "Mulai berlaku" if shape.by_date else "Nama", hint, shown_item(key), is_required=True)
    return Group(
        name,
        here,
        f"Tambah {label.lower()}" if key is None else f"{label} {key}",
        _parts(shape, here, _mapping(value)),
        key=field,
        drop="" if key is None else f"{name}/{DROP}",
        repeal=f"{name}/{REPEAL}" if shape.values_may_be_null else "",
        is_repealed=value == REPEALED,
        is_folded=is_folded and shape.by_date,
    )


def _input(shape: Shape, path: Path, value: Value) -> Input:
    key = str(path[-1])
    items = value if isinstance(value, list) else [] if value is None else [value]
    text = "\n".join(filter(None, map(shown_item, items))) if shape.kind == "lines" else shown(value)
    kind = shape.kind
    # A browser empties a field whose value does not suit its kind: what is there must be shown, right or wrong.
    if (kind == "date" and text and not is_day(text)) or (kind == "number" and text and not re.fullmatch(r"[0-9]{1,9}", text)):
        kind = "line"
    if kind == "line" and "\n" in text:
        kind = "text"
    choices = ("", *shape.choices, *((text,) if text and text not in shape.choices else ())) if kind == "choice" else ()
    return Input(
        kind,
        name_of(path),
        path,
        _label(key),
        _hint(shape, key),
        text,
        shape.is_required,
        shape.max_length if kind in ("line", "text") else None,
        choices,
        shape.lowest,
        shape.highest,
        _OPTIONS.get(key, ""),
    )


def _label(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _hint(shape: Shape, key: str) -> str:
    said = [next((hint for start, hint in _PATTERNS if shape.pattern.startswith(start)), "")]
    if shape.kind == "lines":
        said = ["satu butir tiap baris", *said, "pilihan: " + ", ".join(shape.choices) if shape.choices else ""]
    if shape.most:
        said.append(f"paling banyak {shape.most}")
    if shape.max_length:
        said.append(f"{'tiap butir ' if shape.kind == 'lines' else ''}paling panjang {shape.max_length} huruf")
    if shape.lowest is not None and shape.highest is not None:
        said.append(f"angka {shape.lowest} sampai {shape.highest}")
    limits = "; ".join(filter(None, said))
    return " ".join(filter(None, (shape.description, f"{limits[0].upper()}{limits[1:]}." if limits else "")))
