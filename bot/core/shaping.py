"""What YAML says, into the shape of a model; and pydantic's errors into Problems that HR can act on. Knows no check across files."""

from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.core.problem import Problem, did_you_mean
from bot.core.reading import Path, Reading, dotted
from bot.core.rulebook import RuleFile


def shape(model: type[BaseModel], reading: Reading) -> tuple[BaseModel | None, list[Problem]]:
    """The model that a reading fills, or every Problem that keeps it from it. Rules get the topic at the head of their file."""
    value: Any = reading.value
    if model is RuleFile and isinstance(value, dict) and isinstance(value.get("aturan"), list):
        for rule in value["aturan"]:
            if isinstance(rule, dict):
                rule.setdefault("topik", value.get("topik"))
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, [_explain(reading, model, detail) for detail in _causes(error.errors(include_url=False))]


def _causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without what only follows from another mistake: a key that is missing because it is misspelt, a list that is
    empty because its only item is wrong.
    """
    paths = [detail["loc"] for detail in details]
    unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    kept = []
    for detail in details:
        path = detail["loc"]
        misspelt = detail["type"] == "missing" and any(
            u[:-1] == path[:-1] and get_close_matches(str(u[-1]), [str(path[-1])], cutoff=0.6) for u in unknown
        )
        emptied = detail["type"] == "too_short" and any(len(other) > len(path) and other[: len(path)] == path for other in paths)
        if not misspelt and not emptied:
            kept.append(detail)
    return kept


def _explain(reading: Reading, model: type[BaseModel], detail: ErrorDetails) -> Problem:
    path: Path = tuple(step for step in detail["loc"] if step != "[key]")
    name = str(path[-1]) if path else ""
    context = detail.get("ctx", {})
    given = str(detail.get("input"))[:60]
    match detail["type"]:
        case "missing":
            what, fix = f"Kunci `{name}` belum ada.", f"Tambahkan `{name}:` di bagian ini."
        case "extra_forbidden":
            known = _keys_at(model, path[:-1])
            what = f"Kunci `{name}` tidak dikenal." + did_you_mean(name, known)
            fix = "Betulkan ejaannya atau hapus. Yang dikenal: " + ", ".join(sorted(known)) + "." if known else "Hapus kunci itu."
        case "string_too_long":
            what = f"Isi terlalu panjang: {len(str(detail.get('input')))} huruf."
            fix = f"Persingkat menjadi paling banyak {context.get('max_length')} huruf."
        case "string_too_short" | "too_short":
            what, fix = f"Isi `{name}` kosong atau terlalu pendek.", "Isi paling sedikit satu."
        case "too_long":
            what, fix = f"`{name}` terlalu banyak.", f"Paling banyak {context.get('max_length')} butir."
        case "string_pattern_mismatch":
            what = f"Bentuk `{given}` tidak sesuai."
            fix = _PATTERN_FIXES.get(name, "Pakai huruf kecil, angka, dan tanda hubung saja.")
        case "enum" | "literal_error":
            expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
            what = f"`{given}` bukan pilihan yang dikenal." + did_you_mean(given, expected.split(", "))
            fix = f"Pilih salah satu: {expected}."
        case "value_error":
            what, fix = f"`{given}` keliru: {context.get('error')}.", "Betulkan nilainya."
        case "date_from_datetime_parsing" | "date_parsing" | "date_type" | "date_from_datetime_inexact":
            what, fix = f"`{given}` bukan tanggal yang ada.", "Tulis tahun-bulan-hari, misalnya 2027-02-14."
        case "int_parsing" | "int_type" | "greater_than_equal" | "less_than_equal":
            what, fix = f"`{given}` bukan angka yang wajar di sini.", "Tulis angka bulat."
        case "string_type":
            what, fix = f"`{name}` harus berupa teks.", 'Tulis satu baris teks; beri tanda petik "…" bila memuat titik dua.'
        case "list_type" | "tuple_type":
            what, fix = f"`{name}` harus berupa daftar.", "Tulis tiap butir di baris sendiri, diawali `- `."
        case "model_type" | "dict_type" | "model_attributes_type":
            what, fix = f"`{name}` harus berisi kunci dan isi.", "Tulis `kunci: isi` yang menjorok di bawahnya."
        case other:
            what, fix = f"Isi `{given}` tidak sesuai ({other}).", "Bandingkan dengan contoh-aturan.yaml."
    line, column = reading.place(path)
    return Problem(reading.file, line, column, dotted(path), what, fix)


_PATTERN_FIXES = {
    "tanggal": "Tulis tahun, tahun-bulan, atau tahun-bulan-hari.",
    "kapan": "Tulis tahun, tahun-bulan, atau tahun-bulan-hari.",
    "tautan": "Tulis alamat lengkap yang diawali https://",
}


def _keys_at(model: type[BaseModel], path: Path) -> set[str]:
    """The YAML keys allowed at a path of a file, found in its JSON Schema; empty when the path leads nowhere."""
    schema = _schema_of(model)
    node = schema
    for step in path:
        node = _follow(schema, node)
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            node = (
                node.get("properties", {}).get(step) or node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), {})
            )
        if not isinstance(node, dict):
            return set()
    return set(_follow(schema, node).get("properties", {}))


@cache
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _follow(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while True:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in node:
            node = next((option for option in node["anyOf"] if option.get("type") != "null"), {})
        else:
            return node
